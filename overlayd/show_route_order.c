/* Routes in the order of VRF and prefix, for show ip route: what lib/base/ordered.c
 * must know of their table.  A table of any size is shown in order, and nothing
 * waits for it. */
#include <string.h>

#include "overlayd/show_int.h"

static uint64_t number(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* Exact for IPv4; of IPv6 the last bytes and the length are left. */
static void ranks(const struct route *r, uint64_t *ret, uint64_t *ret2)
{
	if (r->family == 4) {
		*ret = (uint64_t)r->vrf << 40 | number(r->b, 4) << 8 | r->len;
		*ret2 = 0;
	} else {
		*ret = (uint64_t)r->vrf << 48 | number(r->b, 6);
		*ret2 = number(r->b + 6, 8);
	}
}

static const struct slab *routes_of(const struct show *s)
{
	return s->family == 6 ? &s->c->routes6.slab : &s->c->routes4.slab;
}

static bool route_is_wanted(const struct show *s, const struct route *r)
{
	struct prefix p;

	if (!(r->s.q & Q_LIVE) || (s->vrf && r->vrf != s->vrf) || !show_route_may_have(s, r))
		return false;
	if (!s->prefix.family)
		return true;
	p = route_prefix(r);
	return prefix_covers(&s->prefix, &p);
}

static uint32_t walk_last(const void *show)
{
	return routes_of(show)->used;
}

static bool walk_key(const void *show, uint32_t id, struct ordered_key *ret)
{
	const struct route *r = slab_at(routes_of(show), id);

	if (!route_is_wanted(show, r))
		return false;
	ranks(r, &ret->rank, &ret->rank2);
	memset(ret->b, 0, sizeof(ret->b));
	memcpy(ret->b, r->b, family_bits(r->family) / 8);
	ret->b[16] = r->len;
	return true;
}

static int walk_compare(const void *show, const uint8_t *a, const uint8_t *b)
{
	(void)show;
	return memcmp(a, b, 17);
}

static int route_compare_key(const struct route *r, const struct ordered_key *k)
{
	struct ordered_key own;
	int c;

	ranks(r, &own.rank, &own.rank2);
	c = ordered_compare_rank(&own, k);
	if (c || r->family == 4)
		return c;
	c = memcmp(r->b, k->b, 16);
	return c ? c : (int)r->len - (int)k->b[16];
}

static uint32_t walk_scan(const void *show, uint32_t from, uint32_t to,
		const struct ordered_key *low, const struct ordered_key *high, uint32_t *ids)
{
	const struct slab *slab = routes_of(show);
	uint32_t n = 0;

	for (uint32_t id = from; id < to; id++) {
		const struct route *r = slab_at(slab, id);

		if ((r->s.q & Q_LIVE) && (!high || route_compare_key(r, high) <= 0) &&
				(!low || route_compare_key(r, low) > 0) && route_is_wanted(show, r))
			ids[n++] = id;
	}
	return n;
}

static uint32_t walk_split(const void *show, uint32_t *ids, uint32_t n,
		const struct ordered_key *pivot)
{
	const struct slab *slab = routes_of(show);
	uint32_t small = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = ids[i];
		const struct route *r = slab_at(slab, id);
		bool is_small = !(r->s.q & Q_LIVE) || route_compare_key(r, pivot) <= 0;

		ids[i] = ids[small];
		ids[small] = id;
		small += is_small;
	}
	return small;
}

struct ordered *show_route_walk(const struct show *s)
{
	static const struct ordered_table type = { walk_last, walk_key, walk_compare, walk_scan,
		walk_split };

	return ordered_new(&type, s->c->seed);
}
