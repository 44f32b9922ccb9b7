/* Addresses that somebody wants to reach: gateways of routes, and next hops
 * that bgpd asks about.  Looked up by longest match among the routes that are
 * in the kernel, in the table of the VRF; done again when a route that covers
 * the address changes. */
#define _GNU_SOURCE /* qsort_r */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/state.h"

struct watch_key {
	uint32_t vrf;
	struct ip_addr addr;
};

struct watch *watch_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->watches.slab, id) : NULL;
}

static uint32_t key_hash(const struct overlay_core *c, const struct watch_key *k)
{
	return hash32(hash_bytes(hash_u64(c->seed, k->vrf), &k->addr, sizeof(k->addr)));
}

static bool key_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct watch *w = watch_at(ctx, id);
	const struct watch_key *k = key;

	return w->vrf == k->vrf && ip_equal(&w->addr, &k->addr);
}

uint32_t watch_find(const struct overlay_core *c, uint32_t vrf, const struct ip_addr *a)
{
	struct watch_key k = { vrf, *a };

	return htab_find(&c->watches.by_key, key_hash(c, &k), key_equal, c, &k);
}

uint32_t watch_get(struct overlay_core *c, uint32_t vrf, const struct ip_addr *a)
{
	struct watch_key k = { vrf, *a };
	uint32_t id = watch_find(c, vrf, a);
	struct watch *w;

	if (id)
		return id;
	id = slab_new(&c->watches.slab);
	w = watch_at(c, id);
	w->s.q = Q_LIVE;
	w->vrf = vrf;
	w->addr = *a;
	w->dirty = true;
	htab_insert(&c->watches.by_key, key_hash(c, &k), id);
	*vec_push(&c->watch_sorted) = id;
	c->watch_unsorted = c->watch_due = true;
	return id;
}

void watch_put(struct overlay_core *c, uint32_t id)
{
	struct watch *w = watch_at(c, id);
	struct watch_key k = { w->vrf, w->addr };

	if (w->refs || w->feed || w->told || w->s.q & ~Q_LIVE)
		return;
	htab_remove(&c->watches.by_key, key_hash(c, &k), id);
	w->s.q = 0;
	c->watch_unsorted = true; /* it is left out by the next sorting */
	for (size_t i = 0; i < c->watch_sorted.n; i++)
		if (c->watch_sorted.v[i] == id)
			c->watch_sorted.v[i] = 0;
	slab_put(&c->watches.slab, id);
}

/* ---- which watches a prefix covers */

static int id_compare(const void *va, const void *vb, void *ctx)
{
	const struct watch *a = watch_at(ctx, *(const uint32_t *)va);
	const struct watch *b = watch_at(ctx, *(const uint32_t *)vb);

	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	return ip_compare(&a->addr, &b->addr);
}

static void watch_sort(struct overlay_core *c)
{
	size_t n = 0;

	if (!c->watch_unsorted)
		return;
	c->watch_unsorted = false;
	for (size_t i = 0; i < c->watch_sorted.n; i++)
		if (c->watch_sorted.v[i])
			c->watch_sorted.v[n++] = c->watch_sorted.v[i];
	c->watch_sorted.n = n;
	if (n)
		qsort_r(c->watch_sorted.v, n, sizeof(uint32_t), id_compare, c);
}

void watch_touch(struct overlay_core *c, uint32_t vrf, const struct prefix *p)
{
	struct ip_addr first = prefix_addr(p);
	size_t lo = 0, hi;

	if (c->watch_sorted.n == 0)
		return;
	watch_sort(c);
	hi = c->watch_sorted.n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct watch *w = watch_at(c, c->watch_sorted.v[mid]);

		if (w->vrf < vrf || (w->vrf == vrf && ip_compare(&w->addr, &first) < 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < c->watch_sorted.n; lo++) {
		struct watch *w = watch_at(c, c->watch_sorted.v[lo]);

		if (w->vrf != vrf || !prefix_contains(p, &w->addr))
			return;
		w->dirty = c->watch_due = true;
	}
}

void watch_touch_all(struct overlay_core *c)
{
	struct watch *w;
	uint32_t id;

	slab_foreach (id, w, &c->watches.slab)
		w->dirty = c->watch_due = true;
}

/* ---- looking up */

struct found {
	bool resolved, connected;
	uint32_t metric;
	unsigned n;
	struct khop hops[WATCH_HOPS_MAX];
};

/* Keeps the hops over links that run; sets the address itself as the gateway
 * where it is on the link. */
static void found_set(const struct overlay_core *c, struct found *f, const struct ip_addr *a,
		const struct khop *hops, unsigned n, uint32_t metric)
{
	struct found g = { .metric = metric };

	for (unsigned i = 0; i < n && g.n < WATCH_HOPS_MAX; i++) {
		const struct link *l = link_at(c, link_by_ifindex(c, hops[i].oif));

		if (!l || !link_runs(l))
			continue;
		g.hops[g.n] = hops[i];
		if (!hops[i].gateway.family) {
			g.hops[g.n].gateway = *a;
			g.connected = true;
		}
		g.n++;
	}
	g.resolved = g.n > 0;
	if (g.resolved && (!f->resolved || metric < f->metric))
		*f = g;
}

/* Would the route be resolved through itself? */
static bool is_own_route(const struct overlay_core *c, const struct route *r,
		const struct watch *w)
{
	uint8_t proto;
	const struct spec *s = spec_at(c, route_wanted(c, r, &proto));

	for (unsigned i = 0; s && i < s->n; i++)
		if (s->hops[i].vrf == w->vrf && ip_equal(&s->hops[i].addr, &w->addr))
			return true;
	return false;
}

/* The hops of one route; true if it settles the matter, also by discarding. */
static bool found_in(const struct overlay_core *c, const struct route *r, const struct watch *w,
		struct found *f)
{
	struct khop hops[WATCH_HOPS_MAX];
	bool discards = false;

	for (uint32_t id = r->foreign; id; id = foreign_at(c, id)->next) {
		const struct foreign *e = foreign_at(c, id);

		if (e->type == RTN_UNICAST)
			found_set(c, f, &w->addr, e->hops, e->n, e->proto ? e->metric : 0);
		else
			discards = true;
	}
	if (r->a_type == RTN_UNICAST && !is_own_route(c, r, w))
		found_set(c, f, &w->addr, hops, group_hops(c, r->a_nhid, hops, WATCH_HOPS_MAX),
				KOBJ_METRIC);
	else if (r->a_type && r->a_type != RTN_UNICAST)
		discards = true;
	return f->resolved || discards;
}

static bool hops_equal(const struct khop *a, const struct khop *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (a[i].oif != b[i].oif || !ip_equal(&a[i].gateway, &b[i].gateway))
			return false;
	return true;
}

static bool watch_resolve(struct overlay_core *c, struct watch *w)
{
	const struct vrf *v = vrf_at(c, w->vrf);
	const uint32_t *lens = v->lens[w->addr.family == 6];
	struct found f = { .resolved = false };
	unsigned len;
	bool changed;

	w->dirty = false;
	for (len = family_bits(w->addr.family) + 1; len-- > 0;) {
		struct prefix p;
		const struct route *r;

		if (!lens[len])
			continue;
		p = prefix_make(&w->addr, (uint8_t)len);
		r = route_at(c, route_find(c, w->vrf, &p));
		if (r && route_is_present(r) && found_in(c, r, w, &f))
			break;
	}
	changed = w->resolved != f.resolved || w->connected != f.connected || w->n != f.n ||
		  w->metric != f.metric || w->by_default != (f.resolved && len == 0) ||
		  !hops_equal(w->hops, f.hops, f.n);
	w->resolved = f.resolved;
	w->connected = f.connected;
	w->by_default = f.resolved && len == 0;
	w->metric = f.metric;
	w->n = (uint8_t)f.n;
	memcpy(w->hops, f.hops, f.n * sizeof(f.hops[0]));
	return changed;
}

void watches_resolve(struct overlay_core *c)
{
	struct watch *w;
	uint32_t id;

	c->watch_due = false;
	slab_foreach (id, w, &c->watches.slab) {
		if (!w->dirty)
			continue;
		if (watch_resolve(c, w) && w->refs)
			c->specs_due = true;
		/* Also when nothing changed: it may not have been told yet. */
		if (w->feed)
			feed_tell(c, FEED_NEXTHOP, id, &w->s);
	}
}
