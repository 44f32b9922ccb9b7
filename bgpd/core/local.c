/* From overlayd: where each of its messages goes, and what is kept of them.
 * See local.h. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/local.h"
#include "bgpd/core/nexthop.h"
#include "lib/base/hash.h"

static struct local *local_of(const struct bgp_core *c)
{
	return &core_door(c)->local;
}

void local_fini(struct local *l)
{
	vec_free(&l->addresses);
	vec_free(&l->ifaces);
	vec_free(&l->vrfs);
	htab_fini(&l->vrf_names);
	vec_free(&l->routes);
}

/* ---- VRFs ---- */

static uint32_t vrf_hash(const struct bgp_core *c, const char *name)
{
	return (uint32_t)hash_bytes(c->seed, name, strlen(name));
}

static bool vrf_equal(const void *ctx, uint32_t id, const void *name)
{
	return strcmp(((const struct local *)ctx)->vrfs.v[id - 1].name, name) == 0;
}

static struct local_vrf *vrf_find(const struct bgp_core *c, const char *name)
{
	struct local *l = local_of(c);
	uint32_t id = htab_find(&l->vrf_names, vrf_hash(c, name), vrf_equal, l, name);

	return id ? &l->vrfs.v[id - 1] : NULL;
}

static struct local_vrf *vrf_new(struct bgp_core *c, const char *name)
{
	struct local *l = local_of(c);

	vec_push(&l->vrfs);
	htab_insert(&l->vrf_names, vrf_hash(c, name), (uint32_t)l->vrfs.n);
	return &l->vrfs.v[l->vrfs.n - 1];
}

/* The last one takes its place. */
static void vrf_remove(struct bgp_core *c, struct local_vrf *v)
{
	struct local *l = local_of(c);
	uint32_t id = (uint32_t)(v - l->vrfs.v) + 1, last = (uint32_t)l->vrfs.n;

	htab_remove(&l->vrf_names, vrf_hash(c, v->name), id);
	if (id != last) {
		*v = l->vrfs.v[last - 1];
		htab_remove(&l->vrf_names, vrf_hash(c, v->name), last);
		htab_insert(&l->vrf_names, vrf_hash(c, v->name), id);
	}
	l->vrfs.n--;
}

uint32_t local_vrf_l3vni(const struct bgp_core *c, const char *vrf)
{
	const struct local_vrf *v = vrf_find(c, vrf);

	return v ? v->l3vni : 0;
}

/* True if it differs from what the instance had. */
static bool instance_vrf_set(struct bgp_instance *i)
{
	const struct local_vrf *v = vrf_find(i->core, i->name);
	static const struct local_vrf none;
	bool same;

	if (!v)
		v = &none;
	same = i->table == v->table && i->l3vni == v->l3vni &&
	       ip_equal(&i->vtep, &v->vtep) &&
	       memcmp(&i->rmac, &v->rmac, sizeof(i->rmac)) == 0 && i->l3vni_up == v->up;
	i->table = v->table;
	i->l3vni = v->l3vni;
	i->vtep = v->vtep;
	i->rmac = v->rmac;
	i->l3vni_up = v->up;
	return !same;
}

static void vrf_changed(struct bgp_core *c, const char *name)
{
	struct bgp_instance *i;
	bool came;

	evpn_config_later(c->evpn);
	reload_automatic(c, name);
	i = core_instance_find(c, name);
	if (!i)
		return;
	came = !i->table;
	if (!instance_vrf_set(i))
		return;
	if (i->vrf)
		vrf_link_config(i->vrf);
	for (size_t n = 0; came && i->table && n < i->peers.n; n++)
		fsm_hurry(i->peers.v[n]);
}

static void feed_vrf(struct bgp_core *c, const struct feed_msg *m)
{
	struct local_vrf *v = vrf_find(c, m->vrf);

	if (m->add) {
		if (!v)
			v = vrf_new(c, m->vrf);
		*v = (struct local_vrf){ 0 };
		memcpy(v->name, m->vrf, sizeof(v->name));
		v->table = m->vrf_info.table;
		v->l3vni = m->vrf_info.l3vni;
		v->vtep = m->vrf_info.vtep;
		v->rmac = m->vrf_info.rmac;
		v->up = m->vrf_info.up;
	} else if (v) {
		vrf_remove(c, v);
	}
	vrf_changed(c, m->vrf);
}

/* ---- interfaces and addresses ---- */

static bool is_loopback_iface(const struct local *l, uint32_t ifindex)
{
	const struct iface *f;

	vec_foreach(f, &l->ifaces)
		if (f->ifindex == ifindex)
			return strcmp(f->name, "lo") == 0 || strcmp(f->name, f->vrf) == 0 ||
			       strncmp(f->name, "dummy", 5) == 0;
	return false;
}

static bool router_id_update(struct bgp_instance *i)
{
	if (!i || !instance_router_id_update(i))
		return false;
	vrf_link_config(i->vrf);
	if (i->index == 0)
		evpn_config(i->core->evpn);
	return true;
}

/* An address of this VRF came or went; who has none takes the default instance's id. */
static void update_router_ids(struct bgp_core *c, const char *vrf)
{
	struct bgp_instance *i = core_instance_find(c, vrf);

	if (!router_id_update(i) || i->index != 0)
		return;
	for (size_t n = 1; n < c->instances.n; n++)
		router_id_update(c->instances.v[n]);
}

bool local_address_is_ours(const struct bgp_core *c, const char *vrf, const struct ip_addr *addr)
{
	const struct iface_addr *a;

	vec_foreach(a, &local_of(c)->addresses)
		if (ip_equal(&a->addr, addr) && strcmp(a->vrf, vrf) == 0)
			return true;
	return false;
}

uint32_t local_ifindex(const struct bgp_core *c, const char *vrf, const char *name)
{
	const struct iface *f;

	vec_foreach(f, &local_of(c)->ifaces)
		if (strcmp(f->name, name) == 0 && strcmp(f->vrf, vrf) == 0)
			return f->ifindex;
	return 0;
}

/* An address of ours came or went: peers on its subnet need not wait, or are
 * gone (fast external failover). */
static void subnet_changed(struct bgp_core *c, const struct iface_addr *a, bool up)
{
	struct bgp_instance *i = core_instance_find(c, a->vrf);
	struct prefix subnet = prefix_make(&a->addr, a->len);

	if (i)
		nexthops_own_changed(i->nexthops);
	for (size_t n = 0; i && n < i->peers.n; n++) {
		struct peer *p = i->peers.v[n];

		if (!prefix_contains(&subnet, &p->config.addr))
			continue;
		if (up)
			fsm_hurry(p);
		else if (i->config->fast_external_failover && !p->ibgp && !p->config.ebgp_multihop &&
				p->session->up)
			fsm_reset(p, DOWN_INTERFACE, CEASE_CONFIG);
	}
}

static void feed_address(struct bgp_core *c, const struct feed_msg *m)
{
	struct local *l = local_of(c);
	struct iface_addr *a = NULL, *x, was;

	vec_foreach(x, &l->addresses)
		if (x->ifindex == m->address.ifindex && ip_equal(&x->addr, &m->address.addr) &&
				strcmp(x->vrf, m->vrf) == 0) {
			a = x;
			break;
		}
	if (m->add) {
		bool is_new = !a;

		if (!a)
			a = vec_push(&l->addresses);
		*a = (struct iface_addr){ .ifindex = m->address.ifindex, .addr = m->address.addr,
			.len = m->address.len };
		memcpy(a->vrf, m->vrf, sizeof(a->vrf));
		a->loopback = is_loopback_iface(l, a->ifindex);
		was = *a;
		update_router_ids(c, was.vrf);
		if (is_new)
			subnet_changed(c, &was, true);
	} else if (a) {
		was = *a;
		vec_remove(&l->addresses, (size_t)(a - l->addresses.v));
		update_router_ids(c, was.vrf);
		subnet_changed(c, &was, false);
	}
}

static void feed_interface(struct bgp_core *c, const struct feed_msg *m)
{
	struct local *l = local_of(c);
	struct iface *f = NULL;
	bool was_up = false;

	for (size_t n = 0; n < l->ifaces.n; n++)
		if (l->ifaces.v[n].ifindex == m->interface.ifindex)
			f = &l->ifaces.v[n];
	if (f)
		was_up = f->up;
	if (m->add) {
		if (!f)
			f = vec_push(&l->ifaces);
		*f = (struct iface){ .ifindex = m->interface.ifindex, .up = m->interface.up };
		memcpy(f->vrf, m->vrf, sizeof(f->vrf));
		memcpy(f->name, m->interface.name, sizeof(f->name));
	} else if (f) {
		vec_remove(&l->ifaces, (size_t)(f - l->ifaces.v));
	}
	if (was_up == (m->add && m->interface.up))
		return;
	for (size_t n = 0; n < l->addresses.n; n++)
		if (l->addresses.v[n].ifindex == m->interface.ifindex) {
			struct iface_addr a = l->addresses.v[n];

			subnet_changed(c, &a, !was_up);
		}
}

/* ---- routes to redistribute ---- */

static int route_compare(const struct kept_route *a, const struct kept_route *b)
{
	int d = strcmp(a->vrf, b->vrf);

	if (!d)
		d = prefix_compare(&a->prefix, &b->prefix);
	return d ? d : (int)a->proto - b->proto;
}

static size_t route_place(const struct local *l, const struct kept_route *r)
{
	size_t lo = 0, hi = l->routes.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (route_compare(&l->routes.v[mid], r) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void keep_route(struct local *l, const struct feed_msg *m)
{
	struct kept_route r = { .prefix = m->local_route.prefix, .proto = m->local_route.proto,
		.metric = m->local_route.metric, .tag = m->local_route.tag,
		.ifindex = m->local_route.ifindex, .gateway = m->local_route.gateway };
	size_t at;
	bool there;

	memcpy(r.vrf, m->vrf, sizeof(r.vrf));
	at = route_place(l, &r);
	there = at < l->routes.n && route_compare(&l->routes.v[at], &r) == 0;
	if (!m->add) {
		if (there)
			vec_remove(&l->routes, at);
		return;
	}
	if (!there) {
		vec_push(&l->routes);
		memmove(&l->routes.v[at + 1], &l->routes.v[at],
				(l->routes.n - at - 1) * sizeof(l->routes.v[0]));
	}
	l->routes.v[at] = r;
}

static void feed_route(struct bgp_core *c, const struct feed_msg *m)
{
	struct bgp_instance *i = core_instance_find(c, m->vrf);

	/* Kernel routes come because an instance subscribed to them. */
	if (m->local_route.proto != FEED_KERNEL)
		keep_route(local_of(c), m);
	if (i)
		origin_feed(i->origin, m);
}

void local_instance_new(struct bgp_instance *i)
{
	instance_vrf_set(i);
}

void local_instance_replay(struct bgp_instance *i)
{
	struct local *l = local_of(i->core);
	const struct kept_route *r;

	vec_foreach(r, &l->routes) {
		struct feed_msg m = { .type = FEED_LOCAL_ROUTE, .add = true };

		if (strcmp(r->vrf, i->name) != 0)
			continue;
		memcpy(m.vrf, r->vrf, sizeof(m.vrf));
		m.local_route.prefix = r->prefix;
		m.local_route.proto = r->proto;
		m.local_route.metric = r->metric;
		m.local_route.tag = r->tag;
		m.local_route.ifindex = r->ifindex;
		m.local_route.gateway = r->gateway;
		origin_feed(i->origin, &m);
	}
}

/* ---- snapshots ---- */

void local_feed_up(struct bgp_core *c)
{
	struct local *l = local_of(c);

	for (size_t n = 0; n < l->addresses.n; n++)
		l->addresses.v[n].stale = true;
	for (size_t n = 0; n < l->ifaces.n; n++)
		l->ifaces.v[n].stale = true;
	for (size_t n = 0; n < l->vrfs.n; n++)
		l->vrfs.v[n].stale = true;
	for (size_t n = 0; n < l->routes.n; n++)
		l->routes.v[n].stale = true;
}

static void sweep_addresses(struct bgp_core *c)
{
	struct local *l = local_of(c);

	for (size_t n = l->addresses.n; n-- > 0;) {
		struct iface_addr a = l->addresses.v[n];

		if (!a.stale)
			continue;
		vec_remove(&l->addresses, n);
		update_router_ids(c, a.vrf);
		subnet_changed(c, &a, false);
	}
}

static void sweep(struct bgp_core *c)
{
	struct local *l = local_of(c);

	sweep_addresses(c);
	for (size_t n = l->ifaces.n; n-- > 0;)
		if (l->ifaces.v[n].stale)
			vec_remove(&l->ifaces, n);
	for (size_t n = l->routes.n; n-- > 0;)
		if (l->routes.v[n].stale)
			vec_remove(&l->routes, n);
	for (size_t n = l->vrfs.n; n-- > 0;) {
		char name[16];

		if (!l->vrfs.v[n].stale)
			continue;
		memcpy(name, l->vrfs.v[n].name, sizeof(name));
		vrf_remove(c, &l->vrfs.v[n]);
		vrf_changed(c, name);
	}
	for (size_t n = 0; n < c->instances.n; n++)
		if (c->instances.v[n])
			origin_feed_end(c->instances.v[n]->origin);
}

void local_feed_down(struct bgp_core *c)
{
	for (size_t n = 0; n < c->instances.n; n++)
		if (c->instances.v[n])
			origin_feed_down(c->instances.v[n]->origin);
	evpn_feed_down(c->evpn);
}

void local_feed(struct bgp_core *c, const struct feed_msg *m)
{
	struct bgp_instance *i;

	switch (m->type) {
	case FEED_VRF:
		feed_vrf(c, m);
		break;
	case FEED_INTERFACE:
		feed_interface(c, m);
		break;
	case FEED_ADDRESS:
		feed_address(c, m);
		break;
	case FEED_LOCAL_ROUTE:
		feed_route(c, m);
		break;
	case FEED_NEXTHOP:
		i = core_instance_find(c, m->vrf);
		if (i)
			nexthop_feed(i, m);
		break;
	case FEED_END:
		sweep(c);
		evpn_config_due(c->evpn);
		evpn_feed_end(c->evpn);
		break;
	default:
		evpn_config_due(c->evpn);
		evpn_feed(c->evpn, m);
		break;
	}
}
