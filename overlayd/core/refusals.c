/* What the kernel refused: kept with its words beside the object, and tried
 * again after a while, or when something changed that may have been the cause. */
#include <stdio.h>

#include "overlayd/core/state.h"

#define RETRY_FIRST MONO_SEC(1)
#define RETRY_LAST MONO_SEC(60)

const struct refusal *refusal_find(const struct overlay_core *c, const struct obj_state *s)
{
	return s->q & Q_REFUSED ? slab_at(&c->refusals, s->refusal) : NULL;
}

void refusal_forget(struct overlay_core *c, struct obj_state *s)
{
	struct refusal *r;

	if (!(s->q & Q_REFUSED))
		return;
	r = slab_at(&c->refusals, s->refusal);
	r->s.q = 0;
	slab_put(&c->refusals, s->refusal);
	s->refusal = 0;
	s->q &= ~Q_REFUSED;
}

static mono_t retry_after(unsigned fails)
{
	mono_t t = RETRY_FIRST;

	while (fails-- > 1 && t < RETRY_LAST)
		t *= 2;
	return t < RETRY_LAST ? t : RETRY_LAST;
}

static void refusal_log(struct overlay_core *c, const struct refusal *r)
{
	struct strbuf b = { 0 };

	class_rows[r->cls].describe(c, r->id, &b);
	core_log(c, "%s can't be %s: %s", sb_str(&b),
			r->verb == VERB_DELETE ? "deleted" : "set up", r->text);
	sb_free(&b);
}

void refuse(struct overlay_core *c, enum obj_class cls, enum verb verb, uint32_t id,
		struct obj_state *s, int error, const char *text)
{
	bool known = s->q & Q_REFUSED, same, in_a_row;
	struct refusal *r;

	if (!known) {
		s->refusal = slab_new(&c->refusals);
		s->q |= Q_REFUSED;
	}
	r = slab_at(&c->refusals, s->refusal);
	same = known && r->error == error && r->verb == verb;
	/* Whatever the reason: one that changes is no reason for haste. */
	in_a_row = known && (r->verb == VERB_WAIT) == (verb == VERB_WAIT);
	if (!in_a_row) {
		r->since = c->now;
		r->fails = 0;
	}
	r->s.q = Q_LIVE;
	r->cls = cls;
	r->verb = verb;
	r->id = id;
	r->error = error;
	r->at = c->now;
	r->fails = (uint8_t)(r->fails < 200 ? r->fails + 1 : 200);
	/* What is waited for announces itself. */
	r->retry_at = verb == VERB_WAIT ? MONO_NEVER : c->now + retry_after(r->fails);
	snprintf(r->text, sizeof(r->text), "%s%s%s", text[0] ? text : errno_text(error),
			text[0] && verb != VERB_WAIT ? ": " : "",
			text[0] && verb != VERB_WAIT ? errno_text(error) : "");
	if (r->retry_at < c->retry_next)
		c->retry_next = r->retry_at;
	c->count.refusals += !same;
	/* Once is often a race with a link that comes or goes. */
	if (r->fails == 2 && verb != VERB_WAIT)
		refusal_log(c, r);
	if (cls == OBJ_ROUTE)
		feed_tell(c, FEED_LOCAL_ROUTE, id, s);
}

/* Something changed that may have been the cause. */
void refusals_retry_all(struct overlay_core *c)
{
	struct refusal *r;
	uint32_t id;

	slab_foreach (id, r, &c->refusals) {
		r->retry_at = c->now;
		obj_dirty(c, r->cls, r->id, obj_state_at(c, r->cls, r->id));
	}
}

void refusals_tick(struct overlay_core *c)
{
	struct refusal *r;
	uint32_t id;

	if (c->now < c->retry_next)
		return;
	c->retry_next = MONO_NEVER;
	slab_foreach (id, r, &c->refusals) {
		if (r->retry_at <= c->now)
			obj_dirty(c, r->cls, r->id, obj_state_at(c, r->cls, r->id));
		else if (r->retry_at < c->retry_next)
			c->retry_next = r->retry_at;
	}
}

bool refusal_holds(const struct overlay_core *c, const struct obj_state *s, enum verb v)
{
	const struct refusal *r = refusal_find(c, s);

	return r && r->verb == v && r->retry_at > c->now;
}
