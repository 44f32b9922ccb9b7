/* Lists of next hops as bgpd and the configuration give them, shared by all
 * routes that have the same, and what they resolve to: next hops on links.
 *
 *	hop with a VNI		the VTEP, on the L3VNI's bridge, whose neighbour and
 *				FDB entries lead to the router MAC and the tunnel
 *	hop with an interface	as it is
 *	hop with an address	what watch.c found for it */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "overlayd/core/nexthops.h"

struct spec_key {
	uint32_t vrf;
	uint8_t family, type;
	unsigned n;
	const struct hop *hops;
};

struct spec *spec_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->specs.slab, id) : NULL;
}

static bool key_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct spec *s = spec_at(ctx, id);
	const struct spec_key *k = key;

	return s->vrf == k->vrf && s->family == k->family && s->type == k->type && s->n == k->n &&
	       (k->n == 0 || memcmp(s->hops, k->hops, k->n * sizeof(*k->hops)) == 0);
}

static uint32_t key_hash(const struct overlay_core *c, const struct spec_key *k)
{
	uint64_t h = hash_u64(c->seed, (uint64_t)k->vrf << 16 | k->family << 8 | k->type);

	return hash32(hash_bytes(h, k->hops, k->n * sizeof(*k->hops)));
}

/* The VTEP as a gateway of the route's family: an IPv6 route takes no IPv4
 * next-hop object, but one mapped into IPv6 (RFC 4291 section 2.5.5.2). */
static struct ip_addr evpn_gateway(uint8_t family, const struct ip_addr *vtep)
{
	struct ip_addr a = { .family = 6 };

	if (family == 4 || vtep->family == 6)
		return *vtep;
	a.b[10] = a.b[11] = 0xff;
	memcpy(a.b + 12, vtep->b, 4);
	return a;
}

/* Neighbour and FDB entry of a router behind a VTEP. */
static void evpn_hop_use(struct overlay_core *c, uint8_t family, const struct hop *h, int change)
{
	struct ip_addr gw = evpn_gateway(family, &h->addr);
	uint32_t nid = neigh_get(c, h->vni, &gw), mid = mac_get(c, h->vni, &h->rmac);
	struct neigh *n = neigh_at(c, nid);
	struct mac *m = mac_at(c, mid);

	n->nh_refs += (uint32_t)change;
	m->nh_refs += (uint32_t)change;
	if (change > 0) {
		n->nh_mac = h->rmac;
		m->nh_vtep = vtep_get(c, &h->addr);
	} else if (m->nh_refs == 0) {
		m->nh_vtep = 0;
	}
	obj_dirty(c, OBJ_NEIGH, nid, &n->s);
	obj_dirty(c, OBJ_MAC, mid, &m->s);
}

static bool hop_is_watched(const struct hop *h)
{
	return h->addr.family && !h->vni && !h->ifindex;
}

static void spec_use(struct overlay_core *c, const struct spec *s, int change)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct hop *h = &s->hops[i];

		if (h->vni) {
			evpn_hop_use(c, s->family, h, change);
		} else if (hop_is_watched(h)) {
			uint32_t w = watch_get(c, h->vrf, &h->addr);

			watch_at(c, w)->refs += (uint32_t)change;
			watch_put(c, w);
		}
	}
}

uint32_t spec_ref(struct overlay_core *c, uint32_t vrf, uint8_t family, uint8_t type,
		const struct hop *hops, unsigned n)
{
	struct spec_key k = { vrf, family, type, n, hops };
	uint32_t h = key_hash(c, &k), id = htab_find(&c->specs.by_key, h, key_equal, c, &k);
	struct spec *s;

	if (id) {
		spec_at(c, id)->refs++;
		return id;
	}
	id = slab_new(&c->specs.slab);
	s = spec_at(c, id);
	s->s.q = Q_LIVE;
	s->family = family;
	s->type = type;
	s->vrf = vrf;
	s->n = (uint16_t)n;
	s->hops = n ? xmemdup(hops, n * sizeof(*hops)) : NULL;
	s->hash = h;
	s->refs = 1;
	s->resolved = type != RTN_UNICAST;
	htab_insert(&c->specs.by_key, h, id);
	spec_use(c, s, 1);
	*vec_push(&c->specs_new) = id;
	return id;
}

void spec_unref(struct overlay_core *c, uint32_t id)
{
	struct spec *s = spec_at(c, id);

	if (--s->refs)
		return;
	spec_use(c, s, -1);
	if (s->group)
		group_release(c, s->group);
	htab_remove(&c->specs.by_key, s->hash, id);
	free(s->hops);
	s->s.q = 0;
	slab_put(&c->specs.slab, id);
}

/* ---- resolution */

struct resolved {
	struct member m[KNEXTHOP_MAX];
	unsigned n;
};

static void resolved_add(struct overlay_core *c, struct resolved *r, const struct spec *s,
		const struct khop *hop, bool onlink, uint32_t weight)
{
	uint32_t leaf = leaf_ref(c, s->family, hop, onlink);

	for (unsigned i = 0; i < r->n; i++) {
		if (r->m[i].leaf != leaf)
			continue;
		r->m[i].weight += weight;
		leaf_unref(c, leaf);
		return;
	}
	if (r->n == KNEXTHOP_MAX) {
		leaf_unref(c, leaf);
		return;
	}
	r->m[r->n++] = (struct member){ leaf, weight };
}

static void resolve_evpn(struct overlay_core *c, struct resolved *r, const struct spec *s,
		const struct hop *h)
{
	const struct vni *v = vni_at(c, vni_find(c, h->vni));
	const struct link *b = v ? link_at(c, v->bridge) : NULL;
	struct khop hop = { evpn_gateway(s->family, &h->addr), 0 };

	if (!v || !vni_is_up(c, v) || !link_runs(b))
		return;
	hop.oif = b->a.ifindex;
	resolved_add(c, r, s, &hop, true, h->weight);
}

/* Is the address on a subnet of that link?  If not the kernel must be told to
 * believe us. */
static bool is_on_link(const struct overlay_core *c, uint32_t ifindex, const struct ip_addr *a)
{
	const struct addr *e;
	uint32_t id;

	if (ip_is_link_local(a))
		return true;
	slab_foreach (id, e, &c->addrs.slab) {
		struct prefix p;

		if (!e->present || e->ifindex != ifindex)
			continue;
		p = prefix_make(&e->addr, e->len);
		if (prefix_contains(&p, a))
			return true;
	}
	return false;
}

static void resolve_interface(struct overlay_core *c, struct resolved *r, const struct spec *s,
		const struct hop *h)
{
	const struct link *l = link_at(c, link_by_ifindex(c, h->ifindex));
	struct khop hop = { h->addr, h->ifindex };

	if (!l || !link_runs(l))
		return;
	resolved_add(c, r, s, &hop, h->addr.family && !is_on_link(c, h->ifindex, &h->addr),
			h->weight);
}

static void resolve_watched(struct overlay_core *c, struct resolved *r, const struct spec *s,
		const struct hop *h)
{
	const struct watch *w = watch_at(c, watch_find(c, h->vrf, &h->addr));

	if (!w || !w->resolved)
		return;
	for (unsigned i = 0; i < w->n; i++) {
		struct khop hop = w->hops[i];

		/* Several ways to one next hop share its weight. */
		resolved_add(c, r, s, &hop, hop.gateway.family && !is_on_link(c, hop.oif, &hop.gateway),
				h->weight);
	}
}

static int member_compare(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;

	return a->leaf < b->leaf ? -1 : a->leaf > b->leaf;
}

/* The kernel's weights are 1 to 256. */
static void weights_scale(struct resolved *r)
{
	uint32_t max = 1;

	for (unsigned i = 0; i < r->n; i++)
		if (r->m[i].weight > max)
			max = r->m[i].weight;
	for (unsigned i = 0; i < r->n; i++) {
		if (max > 255)
			r->m[i].weight = (uint32_t)((uint64_t)r->m[i].weight * 255 / max);
		if (r->m[i].weight == 0)
			r->m[i].weight = 1;
	}
}

static bool same_members(const struct group *g, const struct resolved *r)
{
	return g && g->n_w == r->n && (r->n == 0 || memcmp(g->w, r->m, r->n * sizeof(r->m[0])) == 0);
}

static void spec_resolve(struct overlay_core *c, uint32_t id)
{
	struct spec *s = spec_at(c, id);
	struct resolved r = { .n = 0 };
	bool was = s->resolved;

	if (s->type != RTN_UNICAST)
		return;
	for (unsigned i = 0; i < s->n; i++) {
		const struct hop *h = &s->hops[i];

		if (h->vni)
			resolve_evpn(c, &r, s, h);
		else if (h->ifindex)
			resolve_interface(c, &r, s, h);
		else if (h->addr.family)
			resolve_watched(c, &r, s, h);
	}
	weights_scale(&r);
	qsort(r.m, r.n, sizeof(r.m[0]), member_compare);
	s->resolved = r.n > 0;
	if (s->resolved && !s->group)
		s->group = group_claim(c, id, r.m, r.n);
	if (s->group && !same_members(group_at(c, s->group), &r))
		group_set(c, s->group, r.m, r.n);
	for (unsigned i = 0; i < r.n; i++)
		leaf_unref(c, r.m[i].leaf);
	if (was != s->resolved) {
		s->toggled = true;
		c->toggled_due = true;
	}
}

void specs_resolve(struct overlay_core *c)
{
	struct spec *s;
	uint32_t id;

	for (size_t i = 0; i < c->specs_new.n && !c->specs_due; i++)
		if (spec_at(c, c->specs_new.v[i])->s.q & Q_LIVE)
			spec_resolve(c, c->specs_new.v[i]);
	c->specs_new.n = 0;
	if (!c->specs_due)
		return;
	c->specs_due = false;
	slab_foreach (id, s, &c->specs.slab)
		spec_resolve(c, id);
}
