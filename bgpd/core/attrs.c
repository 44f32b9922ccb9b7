/* Interned attribute sets: see attrs.h.  Every UPDATE that comes in asks for
 * one, so this is among the hottest places of a load.
 *
 * Sets lie in blocks of 1 MiB, in units of 8 bytes; the id of a set is the
 * number of its first unit, so an id needs no table to become a pointer.
 * Freed room is kept in lists by size and used again. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/attrs.h"
#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"
#include "lib/base/wr.h"
#include "lib/base/xalloc.h"

#define UNIT ATTRS_UNIT
#define BLOCK_UNITS (1u << ATTRS_BLOCK_BITS)
#define CLASS_EXACT 128 /* up to this many units a list for each size; above, powers of two */
#define DYING 64
#define IN_DYING ATTRS_DYING /* in refs: is in that ring, referred to again or not */
#define CLASS_COUNT (CLASS_EXACT + 8)

struct next_hop {
	struct attrs_next_hop nh; /* first: attrs_next_hop() returns it */
	uint32_t refs, hash;
};

struct attrs_table {
	struct attrs_blocks room; /* first: attrs.h relies on it */
	uint64_t seed;
	uint32_t n_blocks;
	uint32_t at;			/* next fresh unit; 0 before the first block */
	uint32_t free[CLASS_COUNT];	/* heads of the lists, linked through `refs` */
	struct htab by_value;
	/* The last sets that lost their last reference.  They are let go of when as
	 * many others have followed: by then their slot in by_value has come from
	 * memory; and one that is wanted again until then, as in a flap, is there. */
	uint32_t dying[DYING];
	unsigned dying_at;
	uint32_t dead;			/* of those without a reference */
	struct slab next_hops;
	struct htab next_hop_by_addr;
	uint32_t last_next_hop;
};

/* What a lookup compares with. */
struct wanted {
	const struct route_attrs *a;
	uint32_t next_hop, med, local_pref;
	uint16_t end[PART_COUNT];
	uint8_t tail[12]; /* originator, weight, tag: as many as `has` says */
	uint8_t tail_len;
};

struct attrs_table *attrs_table_new(uint64_t seed)
{
	struct attrs_table *t = xcalloc(1, sizeof(*t));

	t->seed = seed;
	slab_init(&t->next_hops, sizeof(struct next_hop));
	return t;
}

void attrs_table_free(struct attrs_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->n_blocks; i++)
		free(t->room.blocks[i]);
	free(t->room.blocks);
	htab_fini(&t->by_value);
	slab_fini(&t->next_hops);
	htab_fini(&t->next_hop_by_addr);
	free(t);
}

/* ---- room ---- */

static struct attrs *at(const struct attrs_table *t, uint32_t id)
{
	return attrs_at_(t, id);
}

/* The list for a set of so many units, and the units that it then takes. */
static unsigned size_class(uint32_t units, uint32_t *ret_units)
{
	unsigned c = CLASS_EXACT;

	if (units <= CLASS_EXACT) {
		*ret_units = units;
		return units - 1;
	}
	for (*ret_units = CLASS_EXACT * 2; *ret_units < units; *ret_units *= 2)
		c++;
	return c;
}

static uint32_t room_new(struct attrs_table *t, uint32_t bytes)
{
	uint32_t units, id, left;
	unsigned c = size_class((bytes + UNIT - 1) / UNIT, &units);

	id = t->free[c];
	if (id) {
		t->free[c] = at(t, id)->refs;
		return id;
	}
	left = t->n_blocks ? t->n_blocks * BLOCK_UNITS - t->at : 0;
	if (left < units) {
		/* What is left of the old block is at most one large set's room: lost. */
		if ((t->n_blocks & (t->n_blocks - 1)) == 0)
			t->room.blocks = xrealloc(t->room.blocks,
					sizeof(*t->room.blocks) * (t->n_blocks ? t->n_blocks * 2 : 1));
		t->room.blocks[t->n_blocks] = xmalloc((size_t)BLOCK_UNITS * UNIT);
		t->at = t->n_blocks++ * BLOCK_UNITS;
		if (t->at == 0)
			t->at = 1; /* id 0 is no set */
	}
	id = t->at;
	t->at += units;
	return id;
}

static uint32_t set_bytes(const struct attrs *s)
{
	unsigned tail = (unsigned)__builtin_popcount(s->has & (HAS_ORIGINATOR | HAS_WEIGHT | HAS_TAG));

	return (uint32_t)sizeof(*s) + s->end[PART_COUNT - 1] + 4 * tail;
}

static void room_put(struct attrs_table *t, uint32_t id)
{
	struct attrs *s = at(t, id);
	uint32_t units;
	unsigned c = size_class((set_bytes(s) + UNIT - 1) / UNIT, &units);

	s->refs = t->free[c];
	t->free[c] = id;
}

/* ---- next hops ---- */

static struct next_hop *next_hop_at(const struct attrs_table *t, uint32_t id)
{
	return slab_at(&t->next_hops, id);
}

static bool next_hop_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct route_attrs *a = key;
	const struct next_hop *n = next_hop_at(ctx, id);

	return ip_equal(&n->nh.addr, &a->next_hop) &&
	       ip_equal(&n->nh.link_local, &a->next_hop_link_local);
}

static bool next_hop_addr_equal(const void *ctx, uint32_t id, const void *key)
{
	return ip_equal(&next_hop_at(ctx, id)->nh.addr, key);
}

/* The id, without a reference, which comes with the set that needs it. */
static uint32_t next_hop_intern(struct attrs_table *t, const struct route_attrs *a)
{
	uint32_t hash, id = t->last_next_hop;
	struct next_hop *n;

	if (a->next_hop.family == 0)
		return 0;
	if (id && next_hop_equal(t, id, a))
		return id;
	/* By the address alone, so that attrs_next_hop_find() can look it up. */
	hash = (uint32_t)hash_bytes(t->seed, &a->next_hop, sizeof(a->next_hop));
	id = htab_find(&t->next_hop_by_addr, hash, next_hop_equal, t, a);
	if (!id) {
		id = slab_new(&t->next_hops);
		n = next_hop_at(t, id);
		n->nh = (struct attrs_next_hop){ a->next_hop, a->next_hop_link_local };
		n->hash = hash;
		htab_insert(&t->next_hop_by_addr, hash, id);
	}
	t->last_next_hop = id;
	return id;
}

static void next_hop_unref(struct attrs_table *t, uint32_t id)
{
	struct next_hop *n;

	if (!id)
		return;
	n = next_hop_at(t, id);
	assert(n->refs > 0);
	if (--n->refs)
		return;
	htab_remove(&t->next_hop_by_addr, n->hash, id);
	slab_put(&t->next_hops, id);
	if (t->last_next_hop == id)
		t->last_next_hop = 0;
}

const struct attrs_next_hop *attrs_next_hop(const struct attrs_table *t, uint32_t nh)
{
	static const struct attrs_next_hop none;

	return nh ? &next_hop_at(t, nh)->nh : &none;
}

uint32_t attrs_next_hop_count(const struct attrs_table *t)
{
	return t->next_hops.used;
}

uint32_t attrs_next_hop_find(const struct attrs_table *t, const struct ip_addr *addr)
{
	uint32_t hash = (uint32_t)hash_bytes(t->seed, addr, sizeof(*addr));

	return htab_find(&t->next_hop_by_addr, hash, next_hop_addr_equal, t, addr);
}

/* ---- sets ---- */

static void tail_add(struct wanted *w, uint8_t bit, uint32_t v)
{
	if (!(w->a->has & bit))
		return;
	memcpy(w->tail + w->tail_len, &v, 4);
	w->tail_len = (uint8_t)(w->tail_len + 4);
}

static uint32_t wanted_fill(struct attrs_table *t, struct wanted *w, const struct route_attrs *a)
{
	uint32_t end = 0;
	uint64_t h;

	w->a = a;
	w->med = a->has & HAS_MED ? a->med : 0;
	w->local_pref = a->has & HAS_LOCAL_PREF ? a->local_pref : 0;
	w->next_hop = next_hop_intern(t, a);
	w->tail_len = 0;
	if (a->has & (HAS_ORIGINATOR | HAS_WEIGHT | HAS_TAG)) {
		tail_add(w, HAS_ORIGINATOR, a->originator_id);
		tail_add(w, HAS_WEIGHT, a->weight);
		tail_add(w, HAS_TAG, a->tag);
	}
	h = hash_mix(t->seed ^ ((uint64_t)w->next_hop << 32 | (uint32_t)a->has << 8 | a->origin),
			(uint64_t)w->med << 32 | w->local_pref);
	for (unsigned i = 0; i < PART_COUNT; i++) {
		if (a->part[i].len) {
			h = hash_bytes(h + i, a->part[i].p, a->part[i].len);
			end += a->part[i].len;
		}
		w->end[i] = (uint16_t)end;
	}
	assert(end <= UINT16_MAX);
	if (w->tail_len)
		h = hash_bytes(h, w->tail, w->tail_len);
	return (uint32_t)(h ^ h >> 32);
}

static bool set_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct attrs *s = at(ctx, id);
	const struct wanted *w = key;
	const struct route_attrs *a = w->a;

	if (s->next_hop != w->next_hop || s->has != a->has || s->origin != a->origin ||
			s->med != w->med || s->local_pref != w->local_pref ||
			memcmp(s->end, w->end, sizeof(s->end)) != 0)
		return false;
	for (unsigned i = 0; i < PART_COUNT; i++)
		if (a->part[i].len &&
				memcmp(s->data + w->end[i] - a->part[i].len, a->part[i].p,
						a->part[i].len) != 0)
			return false;
	return memcmp(s->data + s->end[PART_COUNT - 1], w->tail, w->tail_len) == 0;
}

static uint32_t set_new(struct attrs_table *t, const struct wanted *w, uint32_t hash)
{
	const struct route_attrs *a = w->a;
	uint32_t id = room_new(t,
			(uint32_t)sizeof(struct attrs) + w->end[PART_COUNT - 1] + w->tail_len);
	struct attrs *s = at(t, id);
	unsigned hops = as_path_hops(a->part[PART_AS_PATH]);

	*s = (struct attrs){
		.hash = hash,
		.next_hop = w->next_hop,
		.med = w->med,
		.local_pref = w->local_pref,
		.neighbor_as = as_path_neighbor(a->part[PART_AS_PATH]),
		.as_hops = (uint16_t)hops,
		.has = a->has,
		.origin = a->origin,
	};
	memcpy(s->end, w->end, sizeof(s->end));
	for (unsigned i = 0; i < PART_COUNT; i++)
		if (a->part[i].len)
			memcpy(s->data + w->end[i] - a->part[i].len, a->part[i].p, a->part[i].len);
	memcpy(s->data + w->end[PART_COUNT - 1], w->tail, w->tail_len);
	if (w->next_hop)
		next_hop_at(t, w->next_hop)->refs++;
	htab_insert(&t->by_value, hash, id);
	return id;
}

uint32_t attrs_intern(struct attrs_table *t, const struct route_attrs *a)
{
	struct wanted w;
	uint32_t hash = wanted_fill(t, &w, a);
	uint32_t id = htab_find(&t->by_value, hash, set_equal, t, &w);

	if (!id) {
		id = set_new(t, &w, hash);
	} else if (at(t, id)->refs == IN_DYING) {
		t->dead--;
		if (w.next_hop)
			next_hop_at(t, w.next_hop)->refs++;
	}
	at(t, id)->refs++;
	return id;
}

static void leave_dying(struct attrs_table *t, uint32_t id)
{
	struct attrs *s = at(t, id);

	s->refs &= ~IN_DYING;
	if (s->refs)
		return;
	t->dead--;
	htab_remove(&t->by_value, s->hash, id);
	room_put(t, id);
}

void attrs_last_ref_gone(struct attrs_table *t, uint32_t id)
{
	struct attrs *s = at(t, id);
	uint32_t *place;

	t->dead++;
	/* A next hop is not kept for the dead; its number may come to mean another
	 * one, but then so does the set. */
	next_hop_unref(t, s->next_hop);
	if (s->refs)
		return;
	s->refs = IN_DYING;
	htab_prefetch(&t->by_value, s->hash);
	place = &t->dying[t->dying_at++ % DYING];
	if (*place)
		leave_dying(t, *place);
	*place = id;
}

static uint32_t tail_get(const struct attrs *s, uint8_t bit)
{
	unsigned before = (unsigned)__builtin_popcount(
			s->has & (HAS_ORIGINATOR | HAS_WEIGHT | HAS_TAG) & (bit - 1u));
	uint32_t v = 0;

	if (s->has & bit)
		memcpy(&v, s->data + s->end[PART_COUNT - 1] + 4 * before, 4);
	return v;
}

uint32_t attrs_originator(const struct attrs *a)
{
	return tail_get(a, HAS_ORIGINATOR);
}

uint32_t attrs_weight(const struct attrs *a)
{
	return tail_get(a, HAS_WEIGHT);
}

uint32_t attrs_tag(const struct attrs *a)
{
	return tail_get(a, HAS_TAG);
}

void attrs_open(const struct attrs_table *t, uint32_t id, struct route_attrs *ret)
{
	const struct attrs *s = at(t, id);
	const struct attrs_next_hop *nh = attrs_next_hop(t, s->next_hop);

	ret->has = s->has;
	ret->origin = s->origin;
	ret->med = s->med;
	ret->local_pref = s->local_pref;
	ret->originator_id = attrs_originator(s);
	ret->weight = attrs_weight(s);
	ret->tag = attrs_tag(s);
	ret->next_hop = nh->addr;
	ret->next_hop_link_local = nh->link_local;
	for (unsigned i = 0; i < PART_COUNT; i++)
		ret->part[i] = attrs_part(s, (enum attr_part)i);
}

uint32_t attrs_live(const struct attrs_table *t)
{
	return t->by_value.n - t->dead;
}

size_t attrs_bytes(const struct attrs_table *t)
{
	return (size_t)t->n_blocks * BLOCK_UNITS * UNIT + slab_bytes(&t->next_hops) +
	       htab_bytes(&t->by_value) + htab_bytes(&t->next_hop_by_addr);
}
