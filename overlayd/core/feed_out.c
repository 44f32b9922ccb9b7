/* What bgpd is told of what is local.  Pulled: objects that may have changed
 * stand on a list, once each, and are looked at when the connection has room;
 * so an interface that flaps a thousand times is told once.  Each object keeps
 * what was told last, to take it back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wr.h"
#include "overlayd/core/state.h"

#define ROOM 1024 /* what one object needs at most */

static void name_copy(char *dst, const char *src)
{
	snprintf(dst, FEED_NAME_MAX, "%s", src);
}

/* Of what would be said: what was said last differs or not. */
static uint64_t msg_hash(const struct overlay_core *c, const struct feed_msg *m)
{
	uint8_t buf[512];
	struct wr w = wr_init(buf, sizeof(buf));

	feed_encode(&w, m);
	return hash_bytes(c->seed, buf, wr_len(&w)) | 1;
}

/* Writes it unless bgpd knows just that. */
static void tell_once(struct overlay_core *c, struct wr *w, struct feed_msg *m, bool *told,
		uint64_t *told_hash)
{
	uint64_t h = msg_hash(c, m);

	if (m->add ? (*told && *told_hash == h) : !*told)
		return;
	feed_encode(w, m);
	*told = m->add;
	*told_hash = h;
}

static void out_interface(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct link *l = link_at(c, id);
	struct feed_msg m = { .type = FEED_INTERFACE, .add = l->present };
	uint32_t vrf = l->present ? link_vrf(c, l) : l->told_vrf;

	name_copy(m.interface.name, l->name);
	/* Another index, or another VRF, is another interface to bgpd. */
	if (l->told && (!l->present || l->told_vrf != vrf || l->told_ifindex != l->a.ifindex)) {
		m.add = false;
		m.interface.ifindex = l->told_ifindex;
		name_copy(m.vrf, vrf_at(c, l->told_vrf)->name);
		feed_encode(w, &m);
		l->told = false;
		m.add = l->present;
	}
	if (!l->present)
		return;
	name_copy(m.vrf, vrf_at(c, vrf)->name);
	m.interface.ifindex = l->a.ifindex;
	m.interface.mtu = l->a.mtu;
	m.interface.mac = l->a.mac;
	m.interface.up = link_runs(l);
	l->told_vrf = vrf;
	l->told_ifindex = l->a.ifindex;
	tell_once(c, w, &m, &l->told, &l->told_hash);
}

static void out_address(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct addr *a = addr_at(c, id);
	const struct link *l = link_at(c, link_by_ifindex(c, a->ifindex));
	struct feed_msg m = { .type = FEED_ADDRESS };
	uint32_t vrf = l ? link_vrf(c, l) : VRF_DEFAULT;
	bool add = a->present && l;

	m.address.ifindex = a->ifindex;
	m.address.addr = a->addr;
	m.address.len = a->len;
	if (a->told && (!add || a->told_vrf != vrf)) {
		name_copy(m.vrf, vrf_at(c, a->told_vrf)->name);
		feed_encode(w, &m);
		a->told = false;
	}
	if (!add || a->told)
		return;
	m.add = true;
	name_copy(m.vrf, vrf_at(c, vrf)->name);
	feed_encode(w, &m);
	a->told = true;
	a->told_vrf = vrf;
}

static void out_vrf(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct vrf *v = vrf_at(c, id);
	const struct link *l = link_at(c, v->link);
	const struct vni *n = v->l3vni ? vni_at(c, vni_find(c, v->l3vni)) : NULL;
	struct feed_msg m = { .type = FEED_VRF, .add = id == VRF_DEFAULT || v->configured || l };

	name_copy(m.vrf, v->name);
	m.vrf_info.table = v->table;
	m.vrf_info.ifindex = l ? l->a.ifindex : 0;
	if (n && c->config) {
		m.vrf_info.l3vni = v->l3vni;
		m.vrf_info.vtep = c->config->underlay_source;
		m.vrf_info.rmac = router_mac(c);
		m.vrf_info.up = vni_is_up(c, n);
	}
	tell_once(c, w, &m, &v->told, &v->told_hash);
}

static void out_vni(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct vni *v = vni_at(c, id);
	struct feed_msg m = { .type = FEED_VNI, .add = v->configured && !v->is_l3 };

	name_copy(m.vrf, vrf_at(c, v->vrf)->name);
	m.vni.vni = v->vni;
	m.vni.up = vni_is_up(c, v);
	if (c->config)
		m.vni.vtep = c->config->underlay_source;
	tell_once(c, w, &m, &v->told, &v->told_hash);
}

static void out_mac(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct mac *e = mac_at(c, id);
	struct feed_msg m = { .type = FEED_LOCAL_MAC };
	uint8_t flags = 0;

	m.add = mac_is_local(c, e, &flags);
	if (m.add ? e->told == (flags | MAC_TOLD) : !e->told)
		return;
	m.mac.vni = e->vni;
	m.mac.mac = e->mac;
	m.mac.flags = m.add ? flags : e->told & ~MAC_TOLD;
	feed_encode(w, &m);
	e->told = m.add ? flags | MAC_TOLD : 0;
}

static void out_neigh(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct neigh *n = neigh_at(c, id);
	const struct vni *v = vni_at(c, vni_find(c, n->vni));
	struct feed_msg m = { .type = FEED_LOCAL_MAC };
	struct mac_addr mac;
	uint8_t flags = 0;
	bool add = neigh_is_local(c, n, &flags);

	mac = n->own && v ? v->gateway_mac : n->a_mac;
	if (add && n->told == (flags | MAC_TOLD) &&
			memcmp(&n->told_mac, &mac, sizeof(mac)) == 0)
		return;
	m.mac.vni = n->vni;
	m.mac.ip = n->ip;
	if (n->told && (!add || memcmp(&n->told_mac, &mac, sizeof(mac)) != 0)) {
		m.mac.mac = n->told_mac;
		m.mac.flags = n->told & ~MAC_TOLD;
		feed_encode(w, &m);
		n->told = 0;
	}
	if (!add)
		return;
	m.add = true;
	m.mac.mac = n->told_mac = mac;
	m.mac.flags = flags;
	feed_encode(w, &m);
	n->told = flags | MAC_TOLD;
}

static void local_route_fill(const struct overlay_core *c, const struct route *r, uint8_t proto,
		struct feed_msg *m)
{
	const struct static_route *s;
	const struct hop *h;

	if (proto == FEED_STATIC) {
		s = static_at(c, route_static(c, r));
		m->local_route.tag = s->tag;
		h = spec_at(c, s->spec)->n ? &spec_at(c, s->spec)->hops[0] : NULL;
		if (h) {
			m->local_route.gateway = h->addr;
			m->local_route.ifindex = h->ifindex;
		}
		return;
	}
	for (uint32_t id = r->foreign; id; id = foreign_at(c, id)->next) {
		const struct foreign *e = foreign_at(c, id);

		if ((e->proto == 0) != (proto == FEED_CONNECTED) || e->n == 0)
			continue;
		m->local_route.metric = e->proto ? e->metric : 0;
		m->local_route.gateway = e->hops[0].gateway;
		m->local_route.ifindex = e->hops[0].oif;
		return;
	}
}

static void out_local_route(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct route *r = route_at(c, id);
	uint8_t proto = route_local_proto(c, r), told = r->told & ROUTE_TOLD_PROTO;
	struct feed_msg m = { .type = FEED_LOCAL_ROUTE };

	name_copy(m.vrf, vrf_at(c, r->vrf)->name);
	m.local_route.prefix = route_prefix(r);
	if (told && told != proto) {
		m.local_route.proto = told;
		feed_encode(w, &m);
	}
	if (proto) {
		uint16_t sum;

		m.add = true;
		m.local_route.proto = proto;
		local_route_fill(c, r, proto, &m);
		sum = (uint16_t)msg_hash(c, &m);
		if (told != proto || sum != r->told_sum)
			feed_encode(w, &m);
		r->told_sum = sum;
	}
	r->told = (uint8_t)((r->told & ~ROUTE_TOLD_PROTO) | proto);
}

static void out_route_status(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct route *r = route_at(c, id);
	const struct refusal *f = r->w_spec ? refusal_find(c, &r->s) : NULL;
	struct feed_msg m = { .type = FEED_ROUTE_STATUS, .add = true };

	if (!f && !(r->told & ROUTE_TOLD_BAD))
		return;
	r->told = (uint8_t)(f ? r->told | ROUTE_TOLD_BAD : r->told & ~ROUTE_TOLD_BAD);
	name_copy(m.vrf, vrf_at(c, r->vrf)->name);
	m.route_status.prefix = route_prefix(r);
	if (f) {
		m.route_status.error = f->error;
		snprintf(m.route_status.reason, sizeof(m.route_status.reason), "%.*s",
				(int)sizeof(m.route_status.reason) - 1, f->text);
	}
	feed_encode(w, &m);
}

static void out_nexthop(struct overlay_core *c, struct wr *w, uint32_t id)
{
	struct watch *e = watch_at(c, id);
	struct feed_msg m = { .type = FEED_NEXTHOP, .add = true };

	if (!e->feed || e->dirty)
		return; /* when it was looked up it is told */
	name_copy(m.vrf, vrf_at(c, e->vrf)->name);
	m.nexthop.addr = e->addr;
	m.nexthop.resolved = e->resolved;
	m.nexthop.connected = e->connected;
	m.nexthop.by_default = e->by_default &&
			       !vrf_at(c, e->vrf)->via_default[e->addr.family == 6];
	m.nexthop.metric = e->metric;
	m.nexthop.ifindex = e->n ? e->hops[0].oif : 0;
	tell_once(c, w, &m, &e->told, &e->told_hash);
}

static void out_end(struct overlay_core *c, struct wr *w)
{
	struct feed_msg m = { .type = FEED_END, .add = true };

	c->end_due = false;
	feed_encode(w, &m);
}

static struct obj_state *tell_state(struct overlay_core *c, const struct tell *t)
{
	switch (t->kind) {
	case FEED_INTERFACE:
		return &link_at(c, t->id)->s;
	case FEED_ADDRESS:
		return &addr_at(c, t->id)->s;
	case FEED_VRF:
		return &vrf_at(c, t->id)->s;
	case FEED_VNI:
		return &vni_at(c, t->id)->s;
	case FEED_LOCAL_MAC:
		return t->id & TELL_NEIGH ? &neigh_at(c, t->id & ~TELL_NEIGH)->s :
					    &mac_at(c, t->id)->s;
	case FEED_LOCAL_ROUTE:
		return &route_at(c, t->id)->s;
	case FEED_NEXTHOP:
		return &watch_at(c, t->id)->s;
	}
	abort(); /* a kind that nobody tells */
}

static void out_one(struct overlay_core *c, struct wr *w, const struct tell *t)
{
	switch (t->kind) {
	case FEED_INTERFACE:
		out_interface(c, w, t->id);
		link_put(c, t->id);
		break;
	case FEED_ADDRESS:
		out_address(c, w, t->id);
		addr_put(c, t->id);
		break;
	case FEED_VRF:
		out_vrf(c, w, t->id);
		break;
	case FEED_VNI:
		out_vni(c, w, t->id);
		break;
	case FEED_LOCAL_MAC:
		if (t->id & TELL_NEIGH) {
			out_neigh(c, w, t->id & ~TELL_NEIGH);
			neigh_put(c, t->id & ~TELL_NEIGH);
		} else {
			out_mac(c, w, t->id);
			mac_put(c, t->id);
		}
		break;
	case FEED_LOCAL_ROUTE:
		out_local_route(c, w, t->id);
		out_route_status(c, w, t->id);
		route_put(c, t->id);
		break;
	case FEED_NEXTHOP:
		out_nexthop(c, w, t->id);
		watch_put(c, t->id);
		break;
	}
}

void feed_tell(struct overlay_core *c, uint8_t kind, uint32_t id, struct obj_state *s)
{
	struct tell *t;

	if (!c->feed_up || s->q & Q_TELL)
		return;
	s->q |= Q_TELL;
	t = vec_push(&c->tells);
	t->kind = kind;
	t->id = id;
}

/* Everything is looked at; END follows when the list is empty. */
static void snapshot_start(struct overlay_core *c)
{
	struct link *l;
	struct addr *a;
	struct vrf *v;
	struct vni *n;
	struct mac *m;
	struct neigh *e;
	struct route *r;
	struct watch *w;
	uint32_t id;

	c->snapshot_due = false;
	c->end_due = true;
	slab_foreach (id, v, &c->vrfs.slab)
		feed_tell(c, FEED_VRF, id, &v->s);
	slab_foreach (id, l, &c->links.slab)
		feed_tell(c, FEED_INTERFACE, id, &l->s);
	slab_foreach (id, a, &c->addrs.slab)
		feed_tell(c, FEED_ADDRESS, id, &a->s);
	slab_foreach (id, n, &c->vnis.slab)
		feed_tell(c, FEED_VNI, id, &n->s);
	slab_foreach (id, m, &c->macs.slab)
		feed_tell(c, FEED_LOCAL_MAC, id, &m->s);
	slab_foreach (id, e, &c->neighs.slab)
		feed_tell(c, FEED_LOCAL_MAC, id | TELL_NEIGH, &e->s);
	slab_foreach (id, r, &c->routes4.slab)
		if (r->foreign || r->statics)
			feed_tell(c, FEED_LOCAL_ROUTE, id, &r->s);
	slab_foreach (id, r, &c->routes6.slab)
		if (r->foreign || r->statics)
			feed_tell(c, FEED_LOCAL_ROUTE, id | ROUTE_V6, &r->s);
	slab_foreach (id, w, &c->watches.slab)
		feed_tell(c, FEED_NEXTHOP, id, &w->s);
}

static void told_forget(struct overlay_core *c)
{
	struct link *l;
	struct addr *a;
	struct vrf *v;
	struct vni *n;
	struct mac *m;
	struct neigh *e;
	struct route *r;
	struct watch *w;
	uint32_t id;

	for (size_t i = c->tell_head; i < c->tells.n; i++)
		tell_state(c, &c->tells.v[i])->q &= ~Q_TELL;
	c->tells.n = c->tell_head = 0;
	slab_foreach (id, l, &c->links.slab)
		l->told = false;
	slab_foreach (id, a, &c->addrs.slab)
		a->told = false;
	slab_foreach (id, v, &c->vrfs.slab)
		v->told = v->subscribed = false;
	slab_foreach (id, n, &c->vnis.slab)
		n->told = false;
	slab_foreach (id, m, &c->macs.slab)
		m->told = 0;
	slab_foreach (id, e, &c->neighs.slab)
		e->told = 0;
	slab_foreach (id, r, &c->routes4.slab)
		r->told = 0;
	slab_foreach (id, r, &c->routes6.slab)
		r->told = 0;
	slab_foreach (id, w, &c->watches.slab)
		w->told = false;
}

void feed_up(struct overlay_core *c)
{
	c->feed_up = true;
	c->feed_stale = true;
	c->feed_gen++;
	c->end_due = false;
	c->snapshot_due = c->synced; /* else when the kernel has been listed */
}

/* What bgpd said stays wanted, and in the kernel, until it has said it anew. */
void feed_down(struct overlay_core *c)
{
	if (!c->feed_up)
		return;
	told_forget(c);
	c->feed_up = false;
	c->feed_stale = true;
	c->snapshot_due = c->end_due = false;
}

bool feed_is_due(const struct overlay_core *c)
{
	if (!c->feed_up || !c->synced)
		return false;
	/* What is known is about to change. */
	if (c->plan_due || c->watch_due || c->connected_due || c->learn_due)
		return false;
	return c->snapshot_due || c->end_due || c->tell_head < c->tells.n;
}

size_t feed_out(struct overlay_core *c, void *buf, size_t size)
{
	struct wr w = wr_init(buf, size);

	if (!c->feed_up || size < ROOM)
		return 0;
	if (!feed_is_due(c))
		return 0;
	if (c->snapshot_due)
		snapshot_start(c);
	while (c->tell_head < c->tells.n && wr_left(&w) >= ROOM) {
		struct tell t = c->tells.v[c->tell_head++];

		tell_state(c, &t)->q &= ~Q_TELL;
		out_one(c, &w, &t);
	}
	if (c->tell_head == c->tells.n) {
		c->tells.n = c->tell_head = 0;
		if (c->end_due && wr_left(&w) >= ROOM)
			out_end(c, &w);
	}
	return wr_len(&w);
}
