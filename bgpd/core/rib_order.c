/* A table in show order, for shows: what lib/base/ordered.c must know of it.  The
 * scan is what counts: it looks at each destination some thirty times in a walk. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"
#include "lib/base/xalloc.h"

struct rib_order {
	const struct rib *rib;
	uint64_t seed; /* of that table: another one may lie where it lay */
	struct ordered *walk;
	bool (*want)(const void *ctx, const uint8_t *key);
	const void *ctx;
};

static inline uint64_t number(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

/* Address and length: all of an IPv4 key. */
static inline uint64_t ipv4_rank(const uint8_t *key)
{
	uint32_t v;

	memcpy(&v, key, 4);
	return (uint64_t)__builtin_bswap32(v) << 8 | key[4];
}

/* After the route distinguisher: the type, then as much of the rest as 55 bits hold.
 * It begins with four bytes that are nearly always 0: a bit says whether they are. */
static inline uint64_t evpn_rank(const uint8_t *key)
{
	uint64_t head = number(key + 9) >> 32, next = number(key + 13);

	if (key[0] == EVPN_PREFIX) /* the length, byte 14, goes last */
		next = (uint64_t)key[13] << 56 | number(key + 15) >> 8;
	return (uint64_t)key[0] << 56 |
	       (head ? (uint64_t)1 << 55 | head << 23 | next >> 41 : next >> 9);
}

static inline void ranks(enum family f, const uint8_t *key, uint64_t *ret, uint64_t *ret2)
{
	switch (f) {
	case FAM_IPV4_UNICAST:
		*ret = ipv4_rank(key);
		*ret2 = 0;
		break;
	case FAM_EVPN:
		*ret = number(key + 1);
		*ret2 = evpn_rank(key);
		break;
	case FAM_IPV4_VPN:
		*ret = number(key);
		*ret2 = ipv4_rank(key + 8);
		break;
	default: /* IPv6, with or without a route distinguisher */
		*ret = number(key);
		*ret2 = number(key + 8);
		break;
	}
}

static inline bool is_there(const struct rib *rib, const struct dest *d)
{
	return dest_is_live(rib, d) && d->paths;
}

static uint32_t order_last(const void *table)
{
	const struct rib_order *o = table;

	return o->rib->dests.used;
}

static int order_compare(const void *table, const uint8_t *a, const uint8_t *b)
{
	const struct rib_order *o = table;

	return nlri_compare(o->rib->family, a, b);
}

static bool order_key(const void *table, uint32_t id, struct ordered_key *ret)
{
	const struct rib_order *o = table;
	const struct dest *d = dest_at(o->rib, id);

	if (!is_there(o->rib, d) || (o->want && !o->want(o->ctx, d->key)))
		return false;
	ranks(o->rib->family, d->key, &ret->rank, &ret->rank2);
	memcpy(ret->b, d->key, o->rib->key_size);
	return true;
}

/* A key in place against one that was noted. */
static inline int dest_compare(enum family f, const struct dest *d, const struct ordered_key *k)
{
	struct ordered_key own;
	int c;

	ranks(f, d->key, &own.rank, &own.rank2);
	c = ordered_compare_rank(&own, k);
	return c || f == FAM_IPV4_UNICAST || f == FAM_IPV4_VPN ? c : nlri_compare(f, d->key, k->b);
}

static inline __uint128_t both(uint64_t rank, uint64_t rank2)
{
	return (__uint128_t)rank << 64 | rank2;
}

/* f is a constant where this is inlined. */
static inline __attribute__((always_inline)) uint32_t scan(const struct rib_order *o, enum family f,
		uint32_t from, uint32_t to, const struct ordered_key *low,
		const struct ordered_key *high, uint32_t *ids)
{
	const struct rib *rib = o->rib;
	const __uint128_t first = low ? both(low->rank, low->rank2) : 0,
			  last = high ? both(high->rank, high->rank2) : ~(__uint128_t)0;
	uint32_t n = 0;

	for (uint32_t id = from; id < to; id++) {
		const struct dest *d = dest_at(rib, id);
		uint64_t rank, rank2;
		__uint128_t v;

		ranks(f, d->key, &rank, &rank2);
		v = both(rank, rank2);
		if (v < first || v > last || !is_there(rib, d))
			continue;
		if ((v == last && high && dest_compare(f, d, high) > 0) ||
				(v == first && low && dest_compare(f, d, low) <= 0) ||
				(o->want && !o->want(o->ctx, d->key)))
			continue;
		ids[n++] = id;
	}
	return n;
}

/* IPv4: the same with one comparison, and no jumps that depend on the data. */
static uint32_t scan_ipv4(const struct rib *rib, uint32_t from, uint32_t to, uint64_t low,
		uint64_t high, uint32_t *ids)
{
	uint32_t n = 0;

	for (uint32_t id = from; id < to;) {
		const struct dest *d = dest_at(rib, id);
		uint32_t size = rib->dests.size, end = (id | ((1u << SLAB_BLOCK_BITS) - 1)) + 1;

		for (end = end < to ? end : to; id < end; id++) {
			ids[n] = id;
			n += (d->paths != 0) & (d->key[4] != 0xff) &
			     (ipv4_rank(d->key) - low <= high - low);
			d = (const void *)((const uint8_t *)d + size);
		}
	}
	return n;
}

static uint32_t order_scan(const void *table, uint32_t from, uint32_t to,
		const struct ordered_key *low, const struct ordered_key *high, uint32_t *ids)
{
	const struct rib_order *o = table;

	switch (o->rib->family) {
	case FAM_IPV4_UNICAST:
		if (!o->want)
			return scan_ipv4(o->rib, from, to, low ? low->rank + 1 : 0,
					high ? high->rank : UINT64_MAX, ids);
		return scan(o, FAM_IPV4_UNICAST, from, to, low, high, ids);
	case FAM_IPV4_VPN:
		return scan(o, FAM_IPV4_VPN, from, to, low, high, ids);
	case FAM_EVPN:
		return scan(o, FAM_EVPN, from, to, low, high, ids);
	case FAM_IPV6_VPN:
		return scan(o, FAM_IPV6_VPN, from, to, low, high, ids);
	default:
		return scan(o, FAM_IPV6_UNICAST, from, to, low, high, ids);
	}
}

static inline __attribute__((always_inline)) uint32_t split(const struct rib *rib, enum family f,
		uint32_t *ids, uint32_t n, const struct ordered_key *pivot)
{
	uint32_t small = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = ids[i];
		const struct dest *d = dest_at(rib, id);
		bool is_small = !dest_is_live(rib, d) || dest_compare(f, d, pivot) <= 0;

		ids[i] = ids[small];
		ids[small] = id;
		small += is_small;
	}
	return small;
}

static uint32_t order_split(const void *table, uint32_t *ids, uint32_t n,
		const struct ordered_key *pivot)
{
	const struct rib *rib = ((const struct rib_order *)table)->rib;

	switch (rib->family) {
	case FAM_IPV4_UNICAST:
		return split(rib, FAM_IPV4_UNICAST, ids, n, pivot);
	case FAM_EVPN:
		return split(rib, FAM_EVPN, ids, n, pivot);
	case FAM_IPV4_VPN:
		return split(rib, FAM_IPV4_VPN, ids, n, pivot);
	default:
		return split(rib, rib->family, ids, n, pivot);
	}
}

struct rib_order *rib_order_new(const struct rib *rib,
		bool (*want)(const void *ctx, const uint8_t *key), const void *ctx)
{
	static const struct ordered_table type = { order_last, order_key, order_compare, order_scan,
		order_split };
	struct rib_order *o = xcalloc(1, sizeof(*o));

	o->rib = rib;
	o->seed = rib->seed;
	o->walk = ordered_new(&type, rib->seed);
	o->want = want;
	o->ctx = ctx;
	ordered_resume(o->walk);
	return o;
}

void rib_order_free(struct rib_order *o)
{
	if (!o)
		return;
	ordered_free(o->walk);
	free(o);
}

void rib_order_resume(struct rib_order *o, const struct rib *rib)
{
	/* Another table: its ids say nothing to this walk, the keys do. */
	if (o->rib != rib || o->seed != rib->seed)
		ordered_rest(o->walk);
	o->rib = rib;
	o->seed = rib->seed;
	ordered_resume(o->walk);
}

uint32_t rib_order_next(struct rib_order *o)
{
	uint32_t soon = ordered_soon(o->walk);

	/* Paths lie anywhere. */
	if (soon && dest_at(o->rib, soon)->paths)
		__builtin_prefetch(path_at(o->rib, dest_at(o->rib, soon)->paths));
	return ordered_next(o->walk, o);
}

void rib_order_rest(struct rib_order *o)
{
	ordered_rest(o->walk);
}
