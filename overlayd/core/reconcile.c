/* The difference between wanted and actual, as batches of requests: first what
 * goes away of links and addresses, then what others stand on (links, FDB,
 * next hops) before what stands on it (routes), then the rest that goes away,
 * in reverse.  So a change makes the new way before it breaks the old one.
 *
 * An object is on its class's list when either half changed.  A batch takes
 * from the lists as much as fits; only when it is answered is the next one
 * filled.  What the kernel refuses is kept with its words and tried again
 * after a while. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/nexthops.h"

#define RETRY_FIRST MONO_SEC(1)
#define RETRY_LAST MONO_SEC(60)
#define DELETE_BLOCK 256

static void *at_link(const struct overlay_core *c, uint32_t id)
{
	return link_at(c, id);
}
static void *at_addr(const struct overlay_core *c, uint32_t id)
{
	return addr_at(c, id);
}
static void *at_mac(const struct overlay_core *c, uint32_t id)
{
	return mac_at(c, id);
}
static void *at_flood(const struct overlay_core *c, uint32_t id)
{
	return flood_at(c, id);
}
static void *at_neigh(const struct overlay_core *c, uint32_t id)
{
	return neigh_at(c, id);
}
static void *at_leaf(const struct overlay_core *c, uint32_t id)
{
	return leaf_at(c, id);
}
static void *at_group(const struct overlay_core *c, uint32_t id)
{
	return group_at(c, id);
}
static void *at_route(const struct overlay_core *c, uint32_t id)
{
	return route_at(c, id);
}

#define ROW(n) #n, at_##n, n##_diff, n##_encode, n##_done, n##_describe, n##_put
const struct class_row class_rows[OBJ_CLASSES] = {
	[OBJ_LINK] = { ROW(link), 1u << DUMP_LINK },
	[OBJ_ADDR] = { ROW(addr), 1u << DUMP_ADDR },
	[OBJ_MAC] = { ROW(mac), 1u << DUMP_FDB },
	[OBJ_FLOOD] = { ROW(flood), 1u << DUMP_FDB },
	[OBJ_NEIGH] = { ROW(neigh), 1u << DUMP_NEIGH4 | 1u << DUMP_NEIGH6 },
	[OBJ_LEAF] = { ROW(leaf), 1u << DUMP_NEXTHOP },
	[OBJ_GROUP] = { ROW(group), 1u << DUMP_NEXTHOP },
	[OBJ_ROUTE] = { ROW(route), 1u << DUMP_NEXTHOP | 1u << DUMP_ROUTE4 | 1u << DUMP_ROUTE6 },
};

static struct obj_state *state_of(const struct overlay_core *c, enum obj_class cls, uint32_t id)
{
	return class_rows[cls].at(c, id);
}

void obj_dirty(struct overlay_core *c, enum obj_class cls, uint32_t id, struct obj_state *s)
{
	if (s->q & Q_DIRTY)
		return;
	s->q |= Q_DIRTY;
	*vec_push(&c->queues[cls].dirty) = id;
}

/* ---- refusals */

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
	bool known = s->q & Q_REFUSED, same;
	struct refusal *r;

	if (!known) {
		s->refusal = slab_new(&c->refusals);
		s->q |= Q_REFUSED;
	}
	r = slab_at(&c->refusals, s->refusal);
	same = known && r->error == error && r->verb == verb;
	r->s.q = Q_LIVE;
	r->cls = cls;
	r->verb = verb;
	r->id = id;
	r->error = error;
	r->at = c->now;
	r->fails = same ? (uint8_t)(r->fails < 200 ? r->fails + 1 : 200) : 1;
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
		obj_dirty(c, r->cls, r->id, state_of(c, r->cls, r->id));
	}
}

void reconcile_tick(struct overlay_core *c)
{
	struct refusal *r;
	uint32_t id;

	if (c->now < c->retry_next)
		return;
	c->retry_next = MONO_NEVER;
	slab_foreach (id, r, &c->refusals) {
		if (r->retry_at <= c->now)
			obj_dirty(c, r->cls, r->id, state_of(c, r->cls, r->id));
		else if (r->retry_at < c->retry_next)
			c->retry_next = r->retry_at;
	}
}

static bool is_held_back(const struct overlay_core *c, const struct obj_state *s, enum verb v)
{
	const struct refusal *r = refusal_find(c, s);

	return r && r->verb == v && r->retry_at > c->now;
}

/* ---- filling a batch */

static bool put_request(struct overlay_core *c, struct nlw *w, enum obj_class cls, uint32_t id,
		enum verb v)
{
	struct obj_state *s = state_of(c, cls, id);
	struct flight f = { .cls = cls, .verb = v, .id = id };
	size_t before = w->len;

	if (!class_rows[cls].encode(c, w, c->seq, id, v, &f))
		return false;
	if (w->len == before)
		return true; /* it found a reason not to ask */
	s->q |= Q_FLYING;
	*vec_push(&c->flights) = f;
	c->seq++;
	return true;
}

/* An entry of a VXLAN device takes per-CPU memory, which the kernel can't make
 * while it adds one: it searches what a worker made before, who runs between
 * batches.  In batches of 1,000 an entry cost 26 us, in such ones 8. */
static size_t adds_max(enum obj_class cls)
{
	return cls == OBJ_MAC || cls == OBJ_FLOOD ? 128 : SIZE_MAX;
}

/* Takes objects off the list until the batch is full (false). */
static bool fill_adds(struct overlay_core *c, struct nlw *w, enum obj_class cls)
{
	struct queue *q = &c->queues[cls];
	size_t last = adds_max(cls);

	while (q->head < q->dirty.n) {
		uint32_t id = q->dirty.v[q->head];
		struct obj_state *s = state_of(c, cls, id);
		enum verb v = class_rows[cls].diff(c, id);

		if ((v == VERB_ADD || v == VERB_DELETE) && is_held_back(c, s, v))
			v = VERB_WAIT;
		if (v == VERB_ADD && (last-- == 0 || !put_request(c, w, cls, id, v)))
			return false;
		q->head++;
		s->q &= ~Q_DIRTY;
		if (v == VERB_DELETE && !(s->q & Q_DELETE)) {
			s->q |= Q_DELETE;
			*vec_push(&q->dels) = id;
		} else if (v == VERB_NONE) {
			if (s->q & Q_REFUSED && cls == OBJ_ROUTE)
				feed_tell(c, FEED_LOCAL_ROUTE, id, s);
			refusal_forget(c, s);
			class_rows[cls].put(c, id);
		}
	}
	q->dirty.n = q->head = 0;
	return true;
}

/* Finds what is to be deleted before anything is made. */
static void find_deletes(struct overlay_core *c, enum obj_class cls)
{
	struct queue *q = &c->queues[cls];

	for (size_t i = q->head; i < q->dirty.n; i++) {
		uint32_t id = q->dirty.v[i];
		struct obj_state *s = state_of(c, cls, id);

		if (class_rows[cls].diff(c, id) == VERB_DELETE && !(s->q & Q_DELETE) &&
				!is_held_back(c, s, VERB_DELETE)) {
			s->q |= Q_DELETE;
			*vec_push(&q->dels) = id;
		}
	}
}

/* Which deletions come next matters to the kernel's tree (net/ipv4/fib_trie.c),
 * which grows and shrinks its nodes as they thin out on one side.  1 M /24s one
 * beside the other take 39 s of its time from the first to the last, 6 s from
 * the last to the first, 3.5 s in blocks at random; a table like the Internet's
 * takes 4.8 s from the last to the first, 2.1 s as it came, and in such blocks. */
static void draw_block(struct overlay_core *c, struct queue *q)
{
	size_t left = q->dels.n - q->del_head, from;

	q->del_block = left;
	if (left <= DELETE_BLOCK)
		return;
	q->del_block = DELETE_BLOCK;
	c->draw = hash_u64(c->seed, c->draw + 1);
	from = q->del_head + c->draw % (left - DELETE_BLOCK + 1);
	for (size_t i = 0; i < DELETE_BLOCK; i++) {
		uint32_t id = q->dels.v[q->del_head + i];

		q->dels.v[q->del_head + i] = q->dels.v[from + i];
		q->dels.v[from + i] = id;
		__builtin_prefetch(route_at(c, q->dels.v[q->del_head + i]));
	}
}

static bool fill_deletes(struct overlay_core *c, struct nlw *w, enum obj_class cls)
{
	struct queue *q = &c->queues[cls];

	while (q->del_head < q->dels.n) {
		struct obj_state *s;
		enum verb v;
		uint32_t id;

		if (cls == OBJ_ROUTE && q->del_block == 0)
			draw_block(c, q);
		id = q->dels.v[q->del_head];
		s = state_of(c, cls, id);
		v = class_rows[cls].diff(c, id);
		if (v == VERB_DELETE && !put_request(c, w, cls, id, v))
			return false;
		q->del_head++;
		q->del_block -= cls == OBJ_ROUTE;
		s->q &= ~Q_DELETE;
		if (v != VERB_DELETE)
			obj_dirty(c, cls, id, s); /* it is wanted again */
	}
	q->dels.n = q->del_head = 0;
	return true;
}

static bool fill_probes(struct overlay_core *c, struct nlw *w)
{
	while (c->probes.n) {
		uint32_t id = c->probes.v[c->probes.n - 1];
		struct neigh *n = neigh_at(c, id);
		const struct vni *v = vni_at(c, vni_find(c, n->vni));
		const struct link *b = v ? link_at(c, v->bridge) : NULL;

		if (b && b->present && n->present) {
			struct flight f = { .cls = OBJ_NEIGH, .probe = true, .id = id };

			if (!kobj_encode_probe(w, c->seq, b->a.ifindex, &n->ip))
				return false;
			*vec_push(&c->flights) = f;
			c->seq++;
			c->count.probes++;
		}
		n->s.q &= ~Q_PROBE;
		c->probes.n--;
	}
	return true;
}

static void fill(struct overlay_core *c, struct nlw *w)
{
	static const enum obj_class deleted_last[] = { OBJ_ROUTE, OBJ_GROUP, OBJ_LEAF, OBJ_NEIGH,
		OBJ_FLOOD, OBJ_MAC };

	find_deletes(c, OBJ_LINK);
	find_deletes(c, OBJ_ADDR);
	if (!fill_deletes(c, w, OBJ_LINK) || !fill_deletes(c, w, OBJ_ADDR))
		return;
	for (enum obj_class cls = 0; cls < OBJ_CLASSES; cls++)
		if (!fill_adds(c, w, cls))
			return;
	for (size_t i = 0; i < sizeof(deleted_last) / sizeof(deleted_last[0]); i++)
		if (!fill_deletes(c, w, deleted_last[i]))
			return;
	fill_probes(c, w);
}

size_t reconcile_fill(struct overlay_core *c, void *buf, size_t size)
{
	struct nlw w = nlw_init(buf, size);

	c->flight_seq = c->seq;
	c->flights.n = 0;
	fill(c, &w);
	if (w.len == 0)
		return 0;
	nlw_flag_last(&w, NLM_F_ACK);
	c->flight_last = c->seq - 1;
	c->flying = true;
	c->asked_at = c->now;
	c->count.batches++;
	c->count.requests += c->flights.n;
	return w.len;
}

/* ---- answers */

/* It is gone, which is what was asked. */
static bool is_as_good(const struct flight *f, int error)
{
	return f->verb == VERB_DELETE && (error == ENOENT || error == ESRCH || error == ENODEV ||
							 error == EADDRNOTAVAIL || error == ENXIO);
}

static void landed(struct overlay_core *c)
{
	c->flying = false;
	for (size_t i = 0; i < c->flights.n; i++) {
		struct flight f = c->flights.v[i];
		struct obj_state *s;

		if (f.probe)
			continue;
		s = state_of(c, f.cls, f.id);
		s->q &= ~Q_FLYING;
		if (f.error)
			continue;
		refusal_forget(c, s);
		class_rows[f.cls].done(c, &f);
	}
	c->flights.n = 0;
}

void reconcile_reply(struct overlay_core *c, const struct nlmsg *m)
{
	struct flight *f;
	char text[96];
	int error;

	if (!c->flying || m->seq - c->flight_seq > c->flight_last - c->flight_seq)
		return; /* late: of a batch that was given up */
	if (kobj_decode_ack(m, &error, text, sizeof(text)) != 1)
		return;
	f = &c->flights.v[m->seq - c->flight_seq];
	error = -error;
	if (error > 0 && !f->probe && !is_as_good(f, error)) {
		struct obj_state *s = state_of(c, f->cls, f->id);

		f->error = error;
		refuse(c, f->cls, f->verb, f->id, s, error, text);
		/* Our picture may be wrong. */
		if (refusal_find(c, s)->fails < 3)
			resync_want(c, class_rows[f->cls].dumps, RETRY_FIRST);
	}
	if (m->seq == c->flight_last)
		landed(c);
}

void reconcile_lost(struct overlay_core *c)
{
	c->flying = false;
	c->count.lost++;
	for (size_t i = 0; i < c->flights.n; i++) {
		struct obj_state *s = state_of(c, c->flights.v[i].cls, c->flights.v[i].id);

		s->q &= ~Q_FLYING;
		obj_dirty(c, c->flights.v[i].cls, c->flights.v[i].id, s);
	}
	c->flights.n = 0;
	resync_want(c, DUMP_ALL, 0);
}

bool reconcile_is_idle(const struct overlay_core *c)
{
	for (int i = 0; i < OBJ_CLASSES; i++)
		if (c->queues[i].dirty.n || c->queues[i].dels.n)
			return false;
	return !c->flying && !c->probes.n;
}
