/* What the kernel says of our own deletions.  Of forwarding entries and
 * neighbours that go it does not say who asked, so all it says of them must be
 * read: three notifications for each MAC with an address, as dear as their
 * deletion.  When most of what there is goes, as with a peer that fails, it is
 * cheaper not to listen, and to list what is left. */
#include "overlayd/core/state.h"

#define LEAST 1000	  /* deletions */
#define HOLD MONO_MSEC(200) /* others may follow */

static void set(struct overlay_core *c, bool on)
{
	struct overlay_effect *fx = vec_push(&c->effects);

	fx->type = OVERLAY_FX_DELETIONS_UNHEARD;
	fx->value = on;
	c->unheard_since = on ? c->now : 0;
}

static size_t deletions_due(const struct overlay_core *c)
{
	size_t n = 0;

	for (enum obj_class cls = 0; cls < OBJ_CLASSES; cls++)
		if (1u << cls & OBJ_ENTRIES)
			n += c->queues[cls].dels.n;
	return n;
}

void unheard_begin(struct overlay_core *c)
{
	size_t n = deletions_due(c);
	size_t all = c->macs.slab.live + c->floods.slab.live + c->neighs.slab.live;

	if (c->unheard_since && n)
		c->unheard_since = c->now;
	else if (!c->unheard_since && n >= LEAST && n >= all / 2)
		set(c, true);
}

mono_t unheard_deadline(const struct overlay_core *c)
{
	if (!c->unheard_since || deletions_due(c) || reconcile_classes_in_air(c) & OBJ_ENTRIES)
		return MONO_NEVER;
	return c->unheard_since + HOLD;
}

void unheard_end(struct overlay_core *c)
{
	if (c->now < unheard_deadline(c))
		return;
	set(c, false);
	resync_want(c, 1u << DUMP_FDB | 1u << DUMP_NEIGH4 | 1u << DUMP_NEIGH6, 0);
}
