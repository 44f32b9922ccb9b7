/* Next-hop objects of the kernel, of both kinds: leaves.c has single next hops,
 * groups.c what routes point to, specs.c the lists of next hops that are wanted
 * and what they resolve to. */
#include "overlayd/core/nexthops.h"

uint32_t kid_new(struct overlay_core *c)
{
	do {
		if (++c->next_kid < KID_FIRST)
			c->next_kid = KID_FIRST;
	} while (leaf_by_kid(c, c->next_kid) || group_by_kid(c, c->next_kid));
	return c->next_kid;
}

void nexthop_actual(struct overlay_core *c, const struct knexthop *k, bool gone)
{
	uint32_t leaf = leaf_by_kid(c, k->id), group = group_by_kid(c, k->id);

	/* Another daemon's are only to be stepped around. */
	if (k->proto != KOBJ_PROTO && k->id < KID_FIRST && !leaf && !group)
		return;
	if (leaf && (gone || k->is_group))
		leaf_lost(c, leaf);
	if (group && (gone || !k->is_group))
		group_lost(c, group);
	if (gone)
		return;
	if (k->is_group)
		group_actual(c, k);
	else
		leaf_actual(c, k);
}

void nexthops_link_lost(struct overlay_core *c, uint32_t ifindex)
{
	struct leaf *l;
	uint32_t id;

	slab_foreach (id, l, &c->leaves.slab)
		if (l->oif == ifindex && l->present)
			leaf_lost(c, id);
	c->specs_due = true;
}
