/* Configuration to wanted objects: links, addresses, VNIs (static routes are in
 * plan_routes.c).  Runs whole whenever the configuration or the set of links
 * changes; cheap, as these objects are few.
 *
 *	vrf NAME		VRF device NAME
 *	  vni N			bridge l3brN, VXLAN device vxlanN
 *	bridge-domain ID	bridge brID
 *	  vni N			VXLAN device vxlanN
 *	interface NAME		GRE device, or one that is there */
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>

#include "overlayd/core/state.h"

#define TABLE_FIRST 10000 /* of tables that we choose, so that they differ from people's */
#define TABLES 50000

/* mac.own, neigh.own */
#define OWN 1
#define OWN_NO_MORE 2

/* A link with this name is wanted, in this role. */
static struct link *want(struct overlay_core *c, const char *name, enum link_role role)
{
	struct link *l = link_at(c, link_get(c, name));

	if (!l->wanted) {
		l->wanted = true;
		l->want = 0;
		l->role = ROLE_NONE;
		l->create = false;
		l->vni = 0;
		l->table_of = 0;
		memset(&l->w, 0, sizeof(l->w));
		l->master[0] = 0;
	}
	if (role > l->role || l->role == ROLE_NONE)
		l->role = role;
	l->want |= KLINK_SET_UP;
	l->w.flags = IFF_UP;
	return l;
}

static void want_master(struct link *l, const char *master)
{
	snprintf(l->master, sizeof(l->master), "%s", master);
	l->want |= KLINK_SET_MASTER | KLINK_SET_MARK;
	l->enslaved = true;
}

/* The VRF whose device has that table, 0 if there is none. */
static uint32_t table_owner(const struct overlay_core *c, uint32_t table)
{
	const struct vrf *v;
	uint32_t id;

	slab_foreach (id, v, &c->vrfs.slab)
		if (v->link && link_at(c, v->link)->a.table == table)
			return id;
	return 0;
}

static bool table_is_taken(const struct overlay_core *c, uint32_t table, uint32_t but)
{
	const struct vrf *v;
	uint32_t id;

	slab_foreach (id, v, &c->vrfs.slab)
		if (id != but && v->table == table)
			return true;
	return false;
}

/* That of a device of others is what it is.  Else what is configured, or the
 * device's own, so that a restart moves nothing, or what follows from the name. */
static uint32_t table_choose(const struct overlay_core *c, uint32_t id, uint32_t configured)
{
	const struct vrf *v = vrf_at(c, id);
	const struct link *l = link_at(c, link_find(c, v->name));
	uint32_t table;

	if (l && l->present && l->a.kind == KLINK_VRF && !(configured && link_is_ours(l)))
		return l->a.table;
	if (configured)
		return configured;
	if (v->table)
		return v->table;
	table = (uint32_t)(hash_bytes(0, v->name, strlen(v->name)) % TABLES);
	while (table_is_taken(c, TABLE_FIRST + table, id))
		table = (table + 1) % TABLES;
	return TABLE_FIRST + table;
}

/* Locally administered, from the underlay address: differs between boxes and
 * stays over restarts. */
struct mac_addr router_mac(const struct overlay_core *c)
{
	struct mac_addr m = { { 0x02, 0x57 } };
	const struct ip_addr *a = &c->config->underlay_source;
	uint32_t h = a->family == 4 ? ip4_u32(a) : hash32(hash_bytes(0, a->b, sizeof(a->b)));

	m.b[2] = (uint8_t)(h >> 24);
	m.b[3] = (uint8_t)(h >> 16);
	m.b[4] = (uint8_t)(h >> 8);
	m.b[5] = (uint8_t)h;
	return m;
}

/* The same on all boxes that know the VNI. */
static struct mac_addr gateway_mac(const struct overlay_bridge_domain *bd)
{
	static const struct mac_addr none;
	const struct overlay_gateway *g;
	uint32_t n = bd->vni ? bd->vni : bd->id;

	vec_foreach (g, &bd->gateways)
		if (memcmp(&g->mac, &none, sizeof(none)) != 0)
			return g->mac;
	return (struct mac_addr){ { 0x02, 0x57, 0x47, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			(uint8_t)n } };
}

static struct vni *want_vni(struct overlay_core *c, uint32_t number, bool is_l3, uint32_t vrf)
{
	uint32_t id = vni_find(c, number);
	struct vni *v;

	if (!id) {
		id = slab_new(&c->vnis.slab);
		v = vni_at(c, id);
		v->s.q = Q_LIVE;
		v->vni = number;
		htab_insert(&c->vnis.by_key, hash32(hash_u64(c->seed, number)), id);
	}
	v = vni_at(c, id);
	if (v->configured) {
		core_log(c, "VNI %u is used twice", number);
		return NULL;
	}
	v->configured = true;
	v->is_l3 = is_l3;
	v->vrf = vrf;
	v->domain = 0;
	v->suppress = false;
	memset(&v->gateway_mac, 0, sizeof(v->gateway_mac));
	return v;
}

static void want_vxlan(struct overlay_core *c, struct vni *v, struct link *bridge, bool suppress,
		uint32_t mtu)
{
	char name[IFNAMSIZ];
	struct link *l;

	v->suppress = suppress;
	v->bridge = link_find(c, bridge->name);
	bridge->vni = v->vni;
	snprintf(name, sizeof(name), "vxlan%u", v->vni);
	if (c->config->underlay_source.family == 0) {
		v->vxlan = 0;
		return;
	}
	l = want(c, name, v->is_l3 ? ROLE_L3VNI : ROLE_L2VNI);
	l->create = true;
	l->vni = v->vni;
	l->w.kind = KLINK_VXLAN;
	l->w.vni = v->vni;
	l->w.port = c->config->vxlan_port;
	l->w.local = c->config->underlay_source;
	l->w.port_suppress = suppress;
	l->want |= KLINK_SET_PORT;
	if (mtu) {
		l->w.mtu = mtu;
		l->want |= KLINK_SET_MTU;
	}
	want_master(l, bridge->name);
	v->vxlan = link_find(c, name);
}

static struct link *want_bridge(struct overlay_core *c, const char *name, enum link_role role,
		const char *vrf)
{
	struct link *l = want(c, name, role);

	l->create = true;
	l->w.kind = KLINK_BRIDGE;
	if (vrf[0] && strcmp(vrf, "default") != 0)
		want_master(l, vrf);
	else
		l->want |= KLINK_SET_MASTER;
	return l;
}

static void plan_via_default(struct overlay_core *c, struct vrf *v, const bool allowed[2])
{
	if (memcmp(v->via_default, allowed, sizeof(v->via_default)) == 0)
		return;
	memcpy(v->via_default, allowed, sizeof(v->via_default));
	watch_touch_all(c); /* told again */
}

static void plan_vrf(struct overlay_core *c, const struct overlay_vrf *cfg)
{
	uint32_t id = vrf_get(c, cfg->name);
	struct vrf *v = vrf_at(c, id);
	char name[IFNAMSIZ];
	struct link *l;
	struct vni *vni;

	v->configured = true;
	v->l3vni = cfg->l3vni;
	plan_via_default(c, v, cfg->resolve_via_default);
	if (id != VRF_DEFAULT) {
		uint32_t table = table_choose(c, id, cfg->table);

		vrf_set_table(c, id, table);
		l = want(c, cfg->name, ROLE_VRF);
		l->create = true;
		l->w.kind = KLINK_VRF;
		l->w.table = cfg->table ? cfg->table : table;
		if (cfg->table && !l->present)
			l->table_of = table_owner(c, cfg->table);
	}
	if (!cfg->l3vni)
		return;
	vni = want_vni(c, cfg->l3vni, true, id);
	if (!vni)
		return;
	snprintf(name, sizeof(name), "l3br%u", cfg->l3vni);
	l = want_bridge(c, name, ROLE_L3BRIDGE, cfg->name);
	l->w.mac = router_mac(c);
	l->w.has_mac = true;
	l->want |= KLINK_SET_MAC;
	want_vxlan(c, vni, l, false, 0);
}

static void want_addr(struct overlay_core *c, const char *link, const struct overlay_ifaddr *a,
		uint32_t flags)
{
	const struct link *l = link_at(c, link_find(c, link));
	struct addr *e;

	if (!l || !l->present)
		return; /* the plan runs again when it is there */
	e = addr_at(c, addr_get(c, l->a.ifindex, &a->addr, a->len));
	e->wanted = true;
	e->w_flags = flags;
}

static void plan_domain(struct overlay_core *c, const struct overlay_bridge_domain *cfg)
{
	const struct overlay_gateway *g;
	const struct overlay_name *m;
	char name[IFNAMSIZ];
	struct link *l, *port;
	struct vni *vni;

	snprintf(name, sizeof(name), "br%u", cfg->id);
	l = want_bridge(c, name, ROLE_BRIDGE, cfg->vrf);
	if (cfg->gateways.n) {
		l->w.mac = gateway_mac(cfg);
		l->w.has_mac = true;
		l->want |= KLINK_SET_MAC;
	}
	if (cfg->mtu) {
		l->w.mtu = cfg->mtu;
		l->want |= KLINK_SET_MTU;
	}
	vec_foreach (g, &cfg->gateways)
		want_addr(c, name, &g->addr, IFA_F_NODAD);
	vec_foreach (m, &cfg->members) {
		port = want(c, m->name, ROLE_INTERFACE);
		want_master(port, name);
	}
	if (!cfg->vni)
		return;
	vni = want_vni(c, cfg->vni, false, cfg->vrf[0] ? vrf_get(c, cfg->vrf) : VRF_DEFAULT);
	if (!vni)
		return;
	vni->domain = cfg->id;
	if (cfg->gateways.n)
		vni->gateway_mac = l->w.mac;
	want_vxlan(c, vni, l, cfg->arp_suppress, cfg->mtu);
}

static void plan_interface(struct overlay_core *c, const struct overlay_interface *cfg)
{
	struct link *l = want(c, cfg->name, cfg->is_tunnel ? ROLE_TUNNEL : ROLE_INTERFACE);
	const struct overlay_ifaddr *a;

	if (cfg->is_tunnel) {
		l->create = true;
		l->w.kind = cfg->tunnel.source.family == 6 ? KLINK_GRE6 : KLINK_GRE;
		l->w.local = cfg->tunnel.source;
		l->w.remote = cfg->tunnel.destination;
		l->w.has_key = cfg->tunnel.has_key;
		l->w.key = cfg->tunnel.key;
		l->w.ttl = cfg->tunnel.ttl;
	}
	if (cfg->shutdown)
		l->w.flags = 0;
	if (cfg->mtu) {
		l->w.mtu = cfg->mtu;
		l->want |= KLINK_SET_MTU;
	}
	if (cfg->vrf[0] && strcmp(cfg->vrf, "default") != 0)
		want_master(l, cfg->vrf);
	else if (cfg->vrf[0])
		l->want |= KLINK_SET_MASTER;
	vec_foreach (a, &cfg->addrs)
		want_addr(c, cfg->name, a, 0);
}

static bool mac_is_zero(const struct mac_addr *m)
{
	static const struct mac_addr none;

	return memcmp(m, &none, sizeof(none)) == 0;
}

/* Our own MAC and addresses in a segment: never learned from elsewhere. */
static void plan_own(struct overlay_core *c)
{
	const struct overlay_bridge_domain *bd;
	const struct overlay_gateway *g;
	const struct vni *v;
	struct neigh *n;
	struct mac *m;
	uint32_t id;

	for (size_t i = 0; i < c->own_macs.n; i++)
		mac_at(c, c->own_macs.v[i])->own = OWN_NO_MORE;
	for (size_t i = 0; i < c->own_neighs.n; i++)
		neigh_at(c, c->own_neighs.v[i])->own = OWN_NO_MORE;
	vec_foreach (bd, &c->config->bridge_domains) {
		v = vni_at(c, bd->vni ? vni_find(c, bd->vni) : 0);
		if (!v || mac_is_zero(&v->gateway_mac))
			continue;
		id = mac_get(c, v->vni, &v->gateway_mac);
		m = mac_at(c, id);
		if (!m->own)
			*vec_push(&c->own_macs) = id;
		m->own = OWN;
		learn_mac(c, id);
		vec_foreach (g, &bd->gateways) {
			id = neigh_get(c, v->vni, &g->addr.addr);
			n = neigh_at(c, id);
			if (!n->own)
				*vec_push(&c->own_neighs) = id;
			n->own = OWN;
			learn_neigh(c, id);
		}
	}
	for (size_t i = c->own_macs.n; i-- > 0;) {
		id = c->own_macs.v[i];
		m = mac_at(c, id);
		if (m->own != OWN_NO_MORE)
			continue;
		m->own = 0;
		vec_remove(&c->own_macs, i);
		learn_mac(c, id);
		obj_dirty(c, OBJ_MAC, id, &m->s);
	}
	for (size_t i = c->own_neighs.n; i-- > 0;) {
		id = c->own_neighs.v[i];
		n = neigh_at(c, id);
		if (n->own != OWN_NO_MORE)
			continue;
		n->own = 0;
		vec_remove(&c->own_neighs, i);
		learn_neigh(c, id);
		obj_dirty(c, OBJ_NEIGH, id, &n->s);
	}
}

/* Did we put it into its bridge, perhaps before we were started? */
static bool is_put_by_us(const struct link *l)
{
	return l->enslaved || (l->a.is_port && l->a.port_cost == KOBJ_PORT_COST);
}

/* Links that are not wanted any more give back what we did to them. */
static void plan_release(struct overlay_core *c)
{
	struct link *l;
	uint32_t id;

	slab_foreach (id, l, &c->links.slab) {
		if (!l->wanted && l->present && !link_is_ours(l) && is_put_by_us(l)) {
			l->wanted = l->enslaved = true;
			l->create = false;
			l->want = KLINK_SET_MASTER;
			l->master[0] = 0;
			l->role = ROLE_NONE;
		} else if (l->wanted && l->enslaved && !(l->want & KLINK_SET_MASTER)) {
			l->want |= KLINK_SET_MASTER;
			l->master[0] = 0;
		}
		if (l->wanted && !l->master[0] && l->present && l->a.master == 0)
			l->enslaved = false;
		obj_dirty(c, OBJ_LINK, id, &l->s);
	}
}

static void plan_vnis_changed(struct overlay_core *c)
{
	struct vni *v;
	uint32_t id;

	slab_foreach (id, v, &c->vnis.slab) {
		const struct link *x = link_at(c, v->vxlan), *b = link_at(c, v->bridge);
		uint32_t vxlan = x ? x->a.ifindex : 0, bridge = b ? b->a.ifindex : 0;
		bool up = vni_is_up(c, v);

		if (vxlan != v->was_vxlan || bridge != v->was_bridge || up != v->was_up) {
			v->was_vxlan = vxlan;
			v->was_bridge = bridge;
			v->was_up = up;
			v->entries_due = v->learn_due = true;
			c->entries_due = c->specs_due = c->learn_due = true;
			if (up) /* what was listed of its devices before was not for us */
				resync_want(c, c->dumped & (1u << DUMP_FDB | 1u << DUMP_NEIGH4 |
								   1u << DUMP_NEIGH6), 0);
		}
		feed_tell(c, v->is_l3 ? FEED_VRF : FEED_VNI, v->is_l3 ? v->vrf : id,
				v->is_l3 ? &vrf_at(c, v->vrf)->s : &v->s);
	}
}

void plan_run(struct overlay_core *c)
{
	const struct overlay_bridge_domain *bd;
	const struct overlay_interface *ifp;
	const struct overlay_vrf *vrf;
	struct link *l;
	struct addr *a;
	struct vrf *v;
	struct vni *n;
	uint32_t id;

	c->plan_due = false;
	if (!c->config)
		return;
	slab_foreach (id, l, &c->links.slab)
		l->wanted = false;
	slab_foreach (id, a, &c->addrs.slab)
		a->wanted = false;
	slab_foreach (id, v, &c->vrfs.slab) {
		v->configured = id == VRF_DEFAULT;
		v->l3vni = 0;
	}
	slab_foreach (id, n, &c->vnis.slab)
		n->configured = false;
	vec_foreach (vrf, &c->config->vrfs)
		plan_vrf(c, vrf);
	vec_foreach (bd, &c->config->bridge_domains)
		plan_domain(c, bd);
	vec_foreach (ifp, &c->config->interfaces)
		plan_interface(c, ifp);
	plan_release(c);
	plan_own(c);
	plan_vnis_changed(c);
	slab_foreach (id, a, &c->addrs.slab)
		obj_dirty(c, OBJ_ADDR, id, &a->s);
	slab_foreach (id, v, &c->vrfs.slab) {
		if (!v->configured)
			plan_via_default(c, v, (const bool[2]){ false, false });
		if (!v->configured && !v->link && !v->of_nobody)
			vrf_set_table(c, id, 0);
		feed_tell(c, FEED_VRF, id, &v->s);
	}
	plan_statics(c);
	sysctl_plan(c);
}
