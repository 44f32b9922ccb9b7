/* What bgpd says, as wanted objects.  Each carries the number of the snapshot
 * that it was last said in; at END what is of an older one is no longer wanted,
 * so bgpd may die and come back, and only the difference is touched. */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/state.h"

static int hop_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hop));
}

/* Canonical, so that routes with the same next hops share them. */
static unsigned hops_make(struct overlay_core *c, const struct feed_msg *m, uint32_t vrf, struct hop *hops)
{
	unsigned n = m->route.n_nexthops;

	memset(hops, 0, n * sizeof(*hops));
	for (unsigned i = 0; i < n; i++) {
		const struct feed_nexthop *f = &m->route.nexthops[i];

		hops[i].addr = f->addr;
		hops[i].ifindex = f->ifindex;
		hops[i].vni = f->vni;
		hops[i].rmac = f->rmac;
		hops[i].weight = (uint16_t)(f->weight < 1      ? 1 :
					    f->weight > 0xffff ? 0xffff :
								 f->weight);
		hops[i].vrf = f->vrf[0] ? vrf_get(c, f->vrf) : vrf;
	}
	qsort(hops, n, sizeof(*hops), hop_compare);
	return n;
}

static bool is_discard(const struct feed_msg *m)
{
	const struct feed_nexthop *f = &m->route.nexthops[0];

	return m->route.n_nexthops == 1 && f->addr.family == 0 && f->ifindex == 0 && f->vni == 0;
}

static void route_forget(struct overlay_core *c, uint32_t id)
{
	struct route *r = route_at(c, id);
	uint32_t old = r->w_spec;

	if (!old)
		return;
	r->w_spec = 0;
	spec_unref(c, old);
	route_dirty(c, id);
}

static void route_taken(struct overlay_core *c, uint32_t id)
{
	struct route *r = route_at(c, id);

	/* Not said since bgpd is back: no news, END will tell. */
	if (!r->w_spec || (c->feed_stale && r->gen != c->feed_gen))
		return;
	r->s.q |= Q_TAKEN;
	route_forget(c, id);
}

static void in_route(struct overlay_core *c, const struct feed_msg *m)
{
	uint32_t vrf = vrf_get(c, m->vrf), id, spec, old;
	struct hop hops[FEED_NEXTHOPS_MAX];
	struct route *r;

	if (!m->add) {
		id = route_find(c, vrf, &m->route.prefix);
		if (id)
			route_taken(c, id);
		return;
	}
	id = route_get(c, vrf, &m->route.prefix);
	r = route_at(c, id);
	if (is_discard(m))
		spec = spec_ref(c, vrf, m->route.prefix.family, RTN_BLACKHOLE, NULL, 0);
	else
		spec = spec_ref(c, vrf, m->route.prefix.family, RTN_UNICAST, hops,
				hops_make(c, m, vrf, hops));
	old = r->w_spec;
	r->w_spec = spec;
	if (old)
		spec_unref(c, old);
	r->gen = c->feed_gen;
	r->s.q &= (uint16_t)~Q_TAKEN;
	r->w_distance = m->route.distance;
	r->w_metric = m->route.metric;
	r->w_tag = m->route.tag;
	route_dirty(c, id);
}

/* As of routes: what was not said since bgpd is back is not withdrawn either. */
static bool is_unsaid(const struct overlay_core *c, bool wanted, uint8_t gen)
{
	return !wanted || (c->feed_stale && gen != c->feed_gen);
}

static void mark_taken(struct obj_state *s, bool taken)
{
	s->q = (uint16_t)(taken ? s->q | Q_TAKEN : s->q & ~Q_TAKEN);
}

static void in_vtep(struct overlay_core *c, const struct feed_msg *m)
{
	uint32_t id = flood_get(c, m->vtep.vni, &m->vtep.addr);
	struct flood *f = flood_at(c, id);

	obj_dirty(c, OBJ_FLOOD, id, &f->s); /* or it would stay, if it is new and not wanted */
	if (!m->add && is_unsaid(c, f->wanted, f->gen))
		return;
	mark_taken(&f->s, !m->add);
	f->wanted = m->add;
	f->gen = c->feed_gen;
}

static void in_mac(struct overlay_core *c, const struct feed_msg *m)
{
	uint32_t id = mac_get(c, m->mac.vni, &m->mac.mac);
	struct mac *e = mac_at(c, id);

	obj_dirty(c, OBJ_MAC, id, &e->s);
	if (!m->add && is_unsaid(c, e->w_vtep, e->gen))
		return;
	mark_taken(&e->s, !m->add);
	e->w_vtep = m->add ? vtep_get(c, &m->mac.vtep) : 0;
	e->w_flags = m->mac.flags;
	e->w_seq = m->mac.seq;
	e->gen = c->feed_gen;
}

static void in_mac_ip(struct overlay_core *c, const struct feed_msg *m)
{
	uint32_t id = neigh_get(c, m->mac.vni, &m->mac.ip);
	struct neigh *n = neigh_at(c, id);
	struct mac *e;
	uint32_t mac;

	obj_dirty(c, OBJ_NEIGH, id, &n->s);
	if (!m->add && is_unsaid(c, n->wanted, n->gen))
		return;
	/* Withdrawn after the address was said to be at another MAC: no news. */
	if (!m->add && n->wanted && memcmp(&n->w_mac, &m->mac.mac, sizeof(n->w_mac)) != 0)
		return;
	mark_taken(&n->s, !m->add);
	/* The MAC is wanted for the address, too, and perhaps for nothing else. */
	mac = m->add ? mac_get(c, m->mac.vni, &m->mac.mac) : n->w_mac_id;
	e = mac_at(c, mac);
	if (!e->w_vtep)
		mark_taken(&e->s, !m->add);
	n->w_flags = m->mac.flags;
	n->gen = c->feed_gen;
	neigh_want(c, id, m->add ? mac : 0, m->add ? vtep_get(c, &m->mac.vtep) : 0);
}

static void in_watch(struct overlay_core *c, const struct feed_msg *m)
{
	uint32_t id = watch_get(c, vrf_get(c, m->vrf), &m->nexthop.addr);
	struct watch *w = watch_at(c, id);

	w->feed = m->add;
	w->gen = c->feed_gen;
	if (!m->add) {
		w->told = false;
		watch_put(c, id);
		return;
	}
	w->told_hash = 0; /* asked again: answered again */
	feed_tell(c, FEED_NEXTHOP, id, &w->s);
}

static void tell_routes(struct overlay_core *c, struct table *t, uint32_t v6, uint32_t vrf)
{
	struct route *r;
	uint32_t id;

	slab_foreach (id, r, &t->slab)
		if (r->vrf == vrf && (r->foreign || r->told))
			feed_tell(c, FEED_LOCAL_ROUTE, id | v6, &r->s);
}

static void in_subscribe(struct overlay_core *c, const struct feed_msg *m)
{
	uint32_t vrf = vrf_get(c, m->vrf);

	vrf_at(c, vrf)->subscribed = m->add;
	tell_routes(c, &c->routes4, 0, vrf);
	tell_routes(c, &c->routes6, ROUTE_V6, vrf);
}

/* Routes of older snapshots are not wanted; ours in the kernel that nobody
 * asked for may be deleted from now on. */
static void sweep_routes(struct overlay_core *c, struct table *t, uint32_t v6)
{
	struct route *r;
	uint32_t id;

	slab_foreach (id, r, &t->slab) {
		if (r->w_spec && r->gen != c->feed_gen)
			route_forget(c, id | v6);
		else if (r->a_type && !r->w_spec)
			route_dirty(c, id | v6);
	}
}

static void sweep_macs(struct overlay_core *c)
{
	struct flood *f;
	struct neigh *n;
	struct mac *m;
	uint32_t id;

	slab_foreach (id, n, &c->neighs.slab) {
		if (n->wanted && n->gen != c->feed_gen)
			neigh_want(c, id, 0, 0);
		obj_dirty(c, OBJ_NEIGH, id, &n->s);
	}
	slab_foreach (id, m, &c->macs.slab) {
		if (m->gen != c->feed_gen)
			m->w_vtep = 0;
		obj_dirty(c, OBJ_MAC, id, &m->s);
	}
	slab_foreach (id, f, &c->floods.slab) {
		if (f->gen != c->feed_gen)
			f->wanted = false;
		obj_dirty(c, OBJ_FLOOD, id, &f->s);
	}
}

static void in_end(struct overlay_core *c)
{
	struct watch *w;
	struct leaf *l;
	struct group *g;
	uint32_t id;

	c->feed_synced = true;
	c->feed_stale = false;
	sweep_routes(c, &c->routes4, 0);
	sweep_routes(c, &c->routes6, ROUTE_V6);
	sweep_macs(c);
	slab_foreach (id, w, &c->watches.slab)
		if (w->feed && w->gen != c->feed_gen) {
			w->feed = w->told = false;
			watch_put(c, id);
		}
	slab_foreach (id, l, &c->leaves.slab)
		obj_dirty(c, OBJ_LEAF, id, &l->s);
	slab_foreach (id, g, &c->groups.slab)
		obj_dirty(c, OBJ_GROUP, id, &g->s);
}

void feed_in(struct overlay_core *c, const struct feed_msg *m)
{
	switch (m->type) {
	case FEED_HELLO:
		break;
	case FEED_END:
		in_end(c);
		break;
	case FEED_ROUTE:
		in_route(c, m);
		break;
	case FEED_VTEP:
		in_vtep(c, m);
		break;
	case FEED_REMOTE_MAC:
		if (m->mac.ip.family)
			in_mac_ip(c, m);
		else
			in_mac(c, m);
		break;
	case FEED_NEXTHOP_WATCH:
		in_watch(c, m);
		break;
	case FEED_SUBSCRIBE:
		in_subscribe(c, m);
		break;
	default:
		core_log(c, "bgpd sent a %s, which is ours to send", feed_type_text(m->type));
	}
}
