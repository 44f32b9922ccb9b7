/* The difference between wanted and actual, as batches of requests: first what
 * goes away of links and addresses, then what others stand on (links, FDB,
 * next hops) before what stands on it (routes), then the rest that goes away,
 * in reverse.  So a change makes the new way before it breaks the old one.
 *
 * An object is on its class's list when either half changed.  A batch takes
 * from the lists as much as fits, of entries those of a VNI together: thousands
 * of devices' tables don't fit into a cache.  While the kernel works on one the next ones
 * are filled (BATCHES_MAX), so it never waits for us; it takes them in order,
 * so what holds within a batch holds from one to the next:
 *
 * - An object is in one batch at a time: met on its list while it is in the air
 *   it is passed over, and looked at again when it lands.
 * - What others may stand on is not taken away while such are in the air: what
 *   they need is only known when they have landed.
 * - Links and addresses are known by notifications alone, which are read when
 *   nothing is in the air; nothing is sent after them until then. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/nexthops.h"

#define DELETE_BLOCK 256
#define SHELVES 256 /* of entries, by VNI */
#define AHEAD 8	    /* objects */

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
	[OBJ_LINK] = { ROW(link), 1u << DUMP_LINK, 0 },
	[OBJ_ADDR] = { ROW(addr), 1u << DUMP_ADDR, 0 },
	[OBJ_MAC] = { ROW(mac), 1u << DUMP_FDB, offsetof(struct mac, vni) },
	[OBJ_FLOOD] = { ROW(flood), 1u << DUMP_FDB, offsetof(struct flood, vni) },
	[OBJ_NEIGH] = { ROW(neigh), 1u << DUMP_NEIGH4 | 1u << DUMP_NEIGH6,
			offsetof(struct neigh, vni) },
	[OBJ_LEAF] = { ROW(leaf), 1u << DUMP_NEXTHOP, 0 },
	[OBJ_GROUP] = { ROW(group), 1u << DUMP_NEXTHOP, 0 },
	[OBJ_ROUTE] = { ROW(route), 1u << DUMP_NEXTHOP | 1u << DUMP_ROUTE4 | 1u << DUMP_ROUTE6, 0 },
};

struct obj_state *obj_state_at(const struct overlay_core *c, enum obj_class cls, uint32_t id)
{
	return class_rows[cls].at(c, id);
}

/* Asks the memory for an object that will be looked at soon. */
static void obj_ahead(const struct overlay_core *c, enum obj_class cls, uint32_t id)
{
	const char *object = class_rows[cls].at(c, id);

	__builtin_prefetch(object, 1);
	__builtin_prefetch(object + 64, 1);
}

void reconcile_init(struct overlay_core *c)
{
	for (int i = 0; i < OBJ_CLASSES; i++) {
		idqueue_init(&c->queues[i].dirty, class_rows[i].vni ? SHELVES : 1);
		idqueue_init(&c->queues[i].dels, class_rows[i].vni ? SHELVES : 1);
	}
}

void reconcile_fini(struct overlay_core *c)
{
	for (int i = 0; i < OBJ_CLASSES; i++) {
		idqueue_free(&c->queues[i].dirty);
		idqueue_free(&c->queues[i].dels);
	}
	for (int i = 0; i < BATCHES_MAX; i++)
		vec_free(&c->batches[i].flights);
	vec_free(&c->probes);
}

static uint32_t vni_of(enum obj_class cls, const struct obj_state *s)
{
	size_t at = class_rows[cls].vni;

	return at ? *(const uint32_t *)((const char *)s + at) : 0;
}

void obj_dirty(struct overlay_core *c, enum obj_class cls, uint32_t id, struct obj_state *s)
{
	if (s->q & Q_DIRTY)
		return;
	s->q |= Q_DIRTY;
	idqueue_push(&c->queues[cls].dirty, vni_of(cls, s), id);
}

static void obj_delete(struct overlay_core *c, enum obj_class cls, uint32_t id, struct obj_state *s)
{
	s->q |= Q_DELETE;
	idqueue_push(&c->queues[cls].dels, vni_of(cls, s), id);
}

/* ---- filling a batch */

static void flight_add(struct overlay_core *c, const struct flight *f)
{
	struct batch *b = &c->batches[c->batches_sent % BATCHES_MAX];

	*vec_push(&b->flights) = *f;
	b->classes |= 1u << f->cls;
	c->seq++;
}

static bool put_request(struct overlay_core *c, struct nlw *w, enum obj_class cls, uint32_t id,
		enum verb v)
{
	struct obj_state *s = obj_state_at(c, cls, id);
	struct flight f = { .cls = cls, .verb = v, .id = id };
	size_t before = w->len;

	if (!class_rows[cls].encode(c, w, c->seq, id, v, &f))
		return false;
	if (w->len == before)
		return true; /* it found a reason not to ask */
	s->q |= v == VERB_DELETE ? Q_FLYING | Q_LEAVING : Q_FLYING;
	flight_add(c, &f);
	return true;
}

/* Takes objects off the list until the batch is full (false). */
static bool fill_adds(struct overlay_core *c, struct nlw *w, enum obj_class cls)
{
	struct idqueue *q = &c->queues[cls].dirty;
	struct idqueue_shelf *shelf;

	while ((shelf = idqueue_shelf(q))) {
		uint32_t id = shelf->ids.v[shelf->head];
		struct obj_state *s = obj_state_at(c, cls, id);
		enum verb v;

		if (shelf->head + AHEAD < shelf->end)
			obj_ahead(c, cls, shelf->ids.v[shelf->head + AHEAD]);
		if (s->q & Q_FLYING) {
			idqueue_take(q, shelf);
			s->q &= ~Q_DIRTY;
			continue;
		}
		v = class_rows[cls].diff(c, id);
		if ((v == VERB_ADD || v == VERB_DELETE) && refusal_holds(c, s, v))
			v = VERB_WAIT;
		if (v == VERB_ADD && !put_request(c, w, cls, id, v))
			return false;
		idqueue_take(q, shelf);
		s->q &= ~Q_DIRTY;
		if (v == VERB_DELETE && !(s->q & Q_DELETE)) {
			obj_delete(c, cls, id, s);
		} else if (v == VERB_NONE) {
			if (s->q & Q_REFUSED && cls == OBJ_ROUTE)
				feed_tell(c, FEED_LOCAL_ROUTE, id, s);
			refusal_forget(c, s);
			class_rows[cls].put(c, id);
		}
	}
	return true;
}

/* Finds what is to be deleted before anything is made, of a class with one shelf. */
static void find_deletes(struct overlay_core *c, enum obj_class cls)
{
	const struct idqueue_shelf *shelf = &c->queues[cls].dirty.shelves[0];

	for (size_t i = shelf->head; i < shelf->ids.n; i++) {
		uint32_t id = shelf->ids.v[i];
		struct obj_state *s = obj_state_at(c, cls, id);

		if (!(s->q & (Q_FLYING | Q_DELETE)) && class_rows[cls].diff(c, id) == VERB_DELETE &&
				!refusal_holds(c, s, VERB_DELETE))
			obj_delete(c, cls, id, s);
	}
}

/* Which deletions come next matters to the kernel's tree (net/ipv4/fib_trie.c),
 * which grows and shrinks its nodes as they thin out on one side.  1 M /24s one
 * beside the other take 39 s of its time from the first to the last, 6 s from
 * the last to the first, 3.5 s in blocks at random; a table like the Internet's
 * takes 4.8 s from the last to the first, 2.1 s as it came, and in such blocks. */
static void draw_block(struct overlay_core *c, struct queue *q, const struct idqueue_shelf *shelf)
{
	size_t left = shelf->end - shelf->head, from;
	uint32_t *ids = shelf->ids.v + shelf->head;

	q->del_block = left;
	if (left <= DELETE_BLOCK)
		return;
	q->del_block = DELETE_BLOCK;
	c->draw = hash_u64(c->seed, c->draw + 1);
	from = c->draw % (left - DELETE_BLOCK + 1);
	for (size_t i = 0; i < DELETE_BLOCK; i++) {
		uint32_t id = ids[i];

		ids[i] = ids[from + i];
		ids[from + i] = id;
		__builtin_prefetch(route_at(c, ids[i]));
	}
}

static bool fill_deletes(struct overlay_core *c, struct nlw *w, enum obj_class cls)
{
	struct queue *q = &c->queues[cls];
	struct idqueue_shelf *shelf;

	while ((shelf = idqueue_shelf(&q->dels))) {
		struct obj_state *s;
		enum verb v;
		uint32_t id;

		if (cls == OBJ_ROUTE && q->del_block == 0)
			draw_block(c, q, shelf);
		else if (cls != OBJ_ROUTE && shelf->head + AHEAD < shelf->end)
			obj_ahead(c, cls, shelf->ids.v[shelf->head + AHEAD]);
		id = shelf->ids.v[shelf->head];
		s = obj_state_at(c, cls, id);
		v = s->q & Q_FLYING ? VERB_WAIT : class_rows[cls].diff(c, id);
		if (v == VERB_DELETE && !put_request(c, w, cls, id, v))
			return false;
		idqueue_take(&q->dels, shelf);
		q->del_block -= cls == OBJ_ROUTE;
		s->q &= ~Q_DELETE;
		if (v != VERB_DELETE)
			obj_dirty(c, cls, id, s); /* it is wanted again */
	}
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
			flight_add(c, &f);
			c->count.probes++;
		}
		n->s.q &= ~Q_PROBE;
		c->probes.n--;
	}
	return true;
}

unsigned reconcile_classes_in_air(const struct overlay_core *c)
{
	unsigned classes = 0;

	for (unsigned n = c->batches_landed; n != c->batches_sent; n++)
		classes |= c->batches[n % BATCHES_MAX].classes;
	return classes;
}

/* May objects of this class be deleted, with those in the air?  A group takes
 * with it the routes that point to it, a leaf the groups that it empties. */
static bool may_delete(enum obj_class cls, unsigned in_air)
{
	return !((cls == OBJ_GROUP && in_air & 1u << OBJ_ROUTE) ||
			(cls == OBJ_LEAF && in_air & 1u << OBJ_GROUP));
}

static void fill(struct overlay_core *c, struct nlw *w)
{
	static const enum obj_class deleted_last[] = { OBJ_ROUTE, OBJ_GROUP, OBJ_LEAF, OBJ_NEIGH,
		OBJ_FLOOD, OBJ_MAC };
	unsigned in_air = reconcile_classes_in_air(c);

	find_deletes(c, OBJ_LINK);
	find_deletes(c, OBJ_ADDR);
	if (!fill_deletes(c, w, OBJ_LINK) || !fill_deletes(c, w, OBJ_ADDR))
		return;
	for (enum obj_class cls = 0; cls < OBJ_CLASSES; cls++)
		if (!fill_adds(c, w, cls))
			return;
	for (size_t i = 0; i < sizeof(deleted_last) / sizeof(deleted_last[0]); i++)
		if (may_delete(deleted_last[i], in_air) && !fill_deletes(c, w, deleted_last[i]))
			return;
	fill_probes(c, w);
}

bool reconcile_is_in_air(const struct overlay_core *c)
{
	return c->batches_sent != c->batches_landed;
}

bool reconcile_takes_notifications(const struct overlay_core *c)
{
	return !(reconcile_classes_in_air(c) & ~OBJ_ENTRIES);
}

bool reconcile_may_fill(const struct overlay_core *c)
{
	return c->batches_sent - c->batches_landed < BATCHES_MAX &&
	       !(reconcile_classes_in_air(c) & (1u << OBJ_LINK | 1u << OBJ_ADDR));
}

size_t reconcile_fill(struct overlay_core *c, void *buf, size_t size)
{
	struct nlw w = nlw_init(buf, size);
	struct batch *b;

	if (!reconcile_is_in_air(c)) {
		c->batches_sent = c->batches_landed = 0; /* they must not wrap */
		c->routes_asked = false;
	}
	b = &c->batches[c->batches_sent % BATCHES_MAX];
	b->seq = c->seq;
	b->classes = 0;
	b->flights.n = 0;
	fill(c, &w);
	unheard_begin(c);
	if (w.len == 0)
		return 0;
	nlw_flag_last(&w, NLM_F_ACK);
	if (!reconcile_is_in_air(c))
		c->asked_at = c->now;
	c->batches_sent++;
	c->routes_asked |= (b->classes & 1u << OBJ_ROUTE) != 0;
	c->count.batches++;
	c->count.requests += b->flights.n;
	return w.len;
}

/* ---- answers */

/* It is gone, which is what was asked. */
static bool is_as_good(const struct flight *f, int error)
{
	return f->verb == VERB_DELETE && (error == ENOENT || error == ESRCH || error == ENODEV ||
							 error == EADDRNOTAVAIL || error == ENXIO);
}

/* What an entry is to be depends on itself and on its VNI's devices, whose changes
 * make it dirty: so it is looked at now, while it is at hand, and not once more. */
static void entry_landed(struct overlay_core *c, enum obj_class cls, uint32_t id, struct obj_state *s)
{
	if (s->q & Q_DIRTY)
		return;
	if (class_rows[cls].diff(c, id) == VERB_NONE)
		class_rows[cls].put(c, id);
	else
		obj_dirty(c, cls, id, s);
}

/* Asks the memory for what of flight i will be looked at soon: the object, and,
 * when that has come, its place in the table that it will be taken out of. */
static void landed_ahead(const struct overlay_core *c, const struct batch *b, size_t i)
{
	const struct flight *f;

	if (i + AHEAD < b->flights.n)
		obj_ahead(c, b->flights.v[i + AHEAD].cls, b->flights.v[i + AHEAD].id);
	if (i + AHEAD / 2 >= b->flights.n)
		return;
	f = &b->flights.v[i + AHEAD / 2];
	if (f->verb != VERB_DELETE)
		return;
	if (f->cls == OBJ_MAC)
		mac_soon(c, mac_at(c, f->id)->vni, &mac_at(c, f->id)->mac);
	else if (f->cls == OBJ_NEIGH)
		neigh_soon(c, neigh_at(c, f->id)->vni, &neigh_at(c, f->id)->ip);
}

static void landed(struct overlay_core *c, const struct batch *b)
{
	c->batches_landed++;
	c->asked_at = c->now;
	sending_works(c, true);
	for (size_t i = 0; i < b->flights.n; i++) {
		struct flight f = b->flights.v[i];
		struct obj_state *s;
		bool in_doubt, is_entry = 1u << f.cls & OBJ_ENTRIES;

		landed_ahead(c, b, i);
		if (f.probe)
			continue;
		s = obj_state_at(c, f.cls, f.id);
		in_doubt = s->q & Q_DOUBT;
		s->q &= ~(Q_FLYING | Q_LEAVING | Q_DOUBT);
		if (!is_entry || in_doubt || f.error)
			obj_dirty(c, f.cls, f.id, s);
		if (f.error)
			continue;
		refusal_forget(c, s);
		if (in_doubt)
			continue;
		class_rows[f.cls].done(c, &f);
		if (is_entry)
			entry_landed(c, f.cls, f.id, s);
	}
}

void reconcile_reply(struct overlay_core *c, const struct nlmsg *m)
{
	const struct batch *b = &c->batches[c->batches_landed % BATCHES_MAX];
	struct flight *f;
	char text[96];
	int error;

	/* Answers come in order; others are of a batch that was given up. */
	if (!reconcile_is_in_air(c) || m->seq - b->seq >= b->flights.n)
		return;
	if (kobj_decode_ack(m, &error, text, sizeof(text)) != 1)
		return;
	f = &b->flights.v[m->seq - b->seq];
	error = -error;
	if (error == ENOENT && f->cls == OBJ_MAC && f->verb == VERB_DELETE) {
		mac_not_there(f);
	} else if (error > 0 && !f->probe && !is_as_good(f, error)) {
		struct obj_state *s = obj_state_at(c, f->cls, f->id);

		f->error = error;
		refuse(c, f->cls, f->verb, f->id, s, error, text);
		/* Our picture may be wrong. */
		if (refusal_find(c, s)->fails < 3)
			resync_want(c, class_rows[f->cls].dumps, MONO_SEC(1));
	}
	if (m->seq - b->seq == b->flights.n - 1)
		landed(c, b);
}

void reconcile_lost(struct overlay_core *c)
{
	c->count.lost++;
	for (; reconcile_is_in_air(c); c->batches_landed++) {
		const struct batch *b = &c->batches[c->batches_landed % BATCHES_MAX];

		for (size_t i = 0; i < b->flights.n; i++) {
			const struct flight *f = &b->flights.v[i];
			struct obj_state *s = obj_state_at(c, f->cls, f->id);

			if (f->probe)
				continue;
			s->q &= ~(Q_FLYING | Q_LEAVING | Q_DOUBT);
			obj_dirty(c, f->cls, f->id, s);
		}
	}
	resync_want(c, DUMP_ALL, 0);
}

bool reconcile_is_idle(const struct overlay_core *c)
{
	for (int i = 0; i < OBJ_CLASSES; i++)
		if (c->queues[i].dirty.n || c->queues[i].dels.n)
			return false;
	return !reconcile_is_in_air(c) && !c->probes.n;
}
