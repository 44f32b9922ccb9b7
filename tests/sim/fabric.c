/* Fabrics: what leafs are configured with, and what each of them must end up
 * with in its kernel.  See fabric.h. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/xalloc.h"
#include "tests/sim/fabric.h"

#define FABRIC_AS 65000

void fabric_random(struct fabric *f, struct rng *rng)
{
	*f = (struct fabric){ .n = 2 + (int)rng_below(rng, 5) };
	for (int i = 1; i <= f->n; i++) {
		struct fabric_leaf *l = &f->leaf[i];

		for (int v = 0; v < FABRIC_VRFS; v++) {
			l->vrf[v] = rng_below(rng, 4) != 0;
			l->configured[v] = l->vrf[v] && rng_below(rng, 4) != 0;
		}
		for (int v = 0; v < FABRIC_VNIS; v++)
			l->vni[v] = rng_below(rng, 3) != 0 && (v >= FABRIC_VRFS || l->vrf[v]);
	}
	for (int h = 0; h < FABRIC_HOSTS; h++) {
		int leaf = 1 + (int)rng_below(rng, (uint64_t)f->n);

		f->host[h].vni = (int)rng_below(rng, FABRIC_VNIS);
		if (f->leaf[leaf].vni[f->host[h].vni])
			f->host[h].leaf = leaf;
	}
}

static void add_peer(struct bgp_config *c, struct instance_config *i, int other, bool client)
{
	struct peer_config *p = vec_push(&i->peers);

	peer_config_init(p);
	p->addr = sim_addr(other);
	p->remote_as = FABRIC_AS;
	p->connect_retry = 10;
	p->family[FAM_EVPN] = &peer_family_on;
	if (client)
		peer_config_family(c, p, FAM_EVPN)->route_reflector_client = true;
}

struct bgp_config *fabric_config(const struct fabric *f, int router)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *d = vec_push(&c->instances);

	instance_config_init(d);
	d->as = FABRIC_AS;
	d->hold = 90;
	d->keepalive = 30;
	d->evpn.advertise_all_vni = true;
	if (router)
		add_peer(c, d, 0, false);
	for (int i = 1; !router && i <= f->n; i++)
		add_peer(c, d, i, true);
	for (int v = 0; v < FABRIC_VRFS; v++) {
		struct instance_config *i;

		if (!f->leaf[router].configured[v])
			continue;
		i = vec_push(&c->instances);
		instance_config_init(i);
		memset(i->vrf, 0, sizeof(i->vrf));
		snprintf(i->vrf, sizeof(i->vrf), "v%d", v);
		i->as = FABRIC_AS;
		i->family[FAM_IPV4_UNICAST].redistribute[FEED_CONNECTED].on = true;
		i->evpn.advertise[0] = true;
	}
	snprintf(c->hostname, sizeof(c->hostname), "r%d", router);
	return c;
}

/* ---- what is local ---- */

static struct prefix fabric_subnet(int leaf, int vrf)
{
	struct ip_addr a = ip4(0xac100000u + ((uint32_t)vrf << 16) + ((uint32_t)leaf << 8));

	return prefix_make(&a, 24);
}

static struct ip_addr fabric_host_ip(int host, int vni)
{
	return ip4(0xac180000u + ((uint32_t)vni << 16) + (uint32_t)host + 1);
}

static struct mac_addr fabric_host_mac(int host)
{
	return (struct mac_addr){ { 2, 0, 0, 0, 0, (uint8_t)host } };
}

static struct mac_addr fabric_rmac(int leaf)
{
	return (struct mac_addr){ { 2, 0xaa, 0, 0, 0, (uint8_t)leaf } };
}

static struct feed_msg in_vrf(uint8_t type, bool add, int vrf)
{
	struct feed_msg m = { .type = type, .add = add };

	if (vrf < 0)
		snprintf(m.vrf, sizeof(m.vrf), "default");
	else
		snprintf(m.vrf, sizeof(m.vrf), "v%d", vrf);
	return m;
}

void fabric_report_vrf(struct sim *s, int router, int vrf, bool there)
{
	struct feed_msg m = in_vrf(FEED_VRF, there, vrf);

	m.vrf_info.table = 1000u + (uint32_t)vrf;
	m.vrf_info.l3vni = 4000u + (uint32_t)vrf;
	m.vrf_info.vtep = sim_addr(router);
	m.vrf_info.rmac = fabric_rmac(router);
	m.vrf_info.up = true;
	overlay_report(s, router, &m);
	m = in_vrf(FEED_LOCAL_ROUTE, there, vrf);
	m.local_route.prefix = fabric_subnet(router, vrf);
	m.local_route.proto = FEED_CONNECTED;
	m.local_route.ifindex = 10u + (uint32_t)vrf;
	overlay_report(s, router, &m);
}

void fabric_report_host(struct sim *s, const struct fabric *f, int router, int host, bool there)
{
	int vni = f->host[host].vni;
	struct feed_msg m = { .type = FEED_LOCAL_MAC, .add = there };

	m.mac.vni = 100u + (uint32_t)vni;
	m.mac.mac = fabric_host_mac(host);
	if (vni < FABRIC_VRFS)
		m.mac.ip = fabric_host_ip(host, vni);
	overlay_report(s, router, &m);
}

void fabric_report(struct sim *s, const struct fabric *f, int router)
{
	const struct fabric_leaf *l = &f->leaf[router];

	for (int v = 0; v < FABRIC_VRFS; v++)
		if (l->vrf[v])
			fabric_report_vrf(s, router, v, true);
	for (int v = 0; v < FABRIC_VNIS; v++) {
		struct feed_msg m = in_vrf(FEED_VNI, true, v < FABRIC_VRFS ? v : -1);

		m.vni.vni = 100u + (uint32_t)v;
		m.vni.vtep = sim_addr(router);
		m.vni.up = true;
		if (l->vni[v])
			overlay_report(s, router, &m);
	}
	for (int h = 0; h < FABRIC_HOSTS; h++)
		if (f->host[h].leaf == router)
			fabric_report_host(s, f, router, h, true);
}

/* ---- what must be there ---- */


static unsigned expect_route(int router, int vrf, const struct prefix *p, int from)
{
	const struct feed_msg *m;
	struct mac_addr rmac = fabric_rmac(from);
	struct ip_addr vtep = sim_addr(from);
	char name[16], text[PREFIX_TEXT_MAX];

	snprintf(name, sizeof(name), "v%d", vrf);
	m = overlay_route(router, name, prefix_text(p, text));
	if (m && m->route.n_nexthops == 1 && ip_equal(&m->route.nexthops[0].addr, &vtep) &&
			m->route.nexthops[0].vni == 4000u + (uint32_t)vrf &&
			memcmp(&m->route.nexthops[0].rmac, &rmac, sizeof(rmac)) == 0)
		return 0;
	printf("r%d: vrf %s: %s of r%d is %s\n", router, name, text, from,
			m ? "wrong" : "not there");
	return 1;
}

static unsigned expect_routes(const struct fabric *f, int router, unsigned *n)
{
	unsigned wrong = 0;

	for (int v = 0; v < FABRIC_VRFS; v++) {
		if (!f->leaf[router].vrf[v])
			continue;
		for (int i = 1; i <= f->n; i++) {
			struct prefix p = fabric_subnet(i, v);

			if (i == router || !f->leaf[i].configured[v])
				continue;
			wrong += expect_route(router, v, &p, i);
			++*n;
		}
		/* Hosts of VNIs with a gateway in this VRF, as host routes (symmetric IRB). */
		for (int h = 0; h < FABRIC_HOSTS; h++) {
			struct ip_addr ip = fabric_host_ip(h, v);
			struct prefix p = prefix_make(&ip, 32);

			if (!f->host[h].leaf || f->host[h].leaf == router || f->host[h].vni != v)
				continue;
			wrong += expect_route(router, v, &p, f->host[h].leaf);
			++*n;
		}
	}
	return wrong;
}

static unsigned expect_vtep(int router, int vni, int other)
{
	struct ip_addr a = sim_addr(other);

	if (overlay_vtep(router, 100u + (uint32_t)vni, &a))
		return 0;
	printf("r%d: vni %d: VTEP r%d is not there\n", router, 100 + vni, other);
	return 1;
}

static unsigned expect_mac(int router, int vni, int host, int leaf)
{
	struct mac_addr mac = fabric_host_mac(host);
	struct ip_addr vtep = sim_addr(leaf);
	struct ip_addr ip = { 0 };
	const struct feed_msg *m;

	if (vni < FABRIC_VRFS)
		ip = fabric_host_ip(host, vni);
	m = overlay_mac(router, 100u + (uint32_t)vni, &mac, &ip);

	if (m && ip_equal(&m->mac.vtep, &vtep))
		return 0;
	printf("r%d: vni %d: host %d at r%d is %s\n", router, 100 + vni, host, leaf,
			m ? "elsewhere" : "not there");
	return 1;
}

static void show(const struct feed_msg *m)
{
	char a[PREFIX_TEXT_MAX], b[IP_TEXT_MAX];

	if (m->type == FEED_ROUTE)
		printf("  vrf %s: %s via %s\n", m->vrf, prefix_text(&m->route.prefix, a),
				ip_text(&m->route.nexthops[0].addr, b));
	else if (m->type == FEED_VTEP)
		printf("  vni %u: VTEP %s\n", m->vtep.vni, ip_text(&m->vtep.addr, b));
	else
		printf("  vni %u: MAC %s at %s\n", m->mac.vni, mac_text(&m->mac.mac, a),
				ip_text(&m->mac.vtep, b));
}

unsigned fabric_verify(const struct fabric *f, int router)
{
	const struct overlay *o = overlay_of(router);
	unsigned wrong = 0, n = 0;

	wrong += expect_routes(f, router, &n);
	for (int v = 0; v < FABRIC_VNIS; v++) {
		if (!f->leaf[router].vni[v])
			continue;
		for (int i = 1; i <= f->n; i++)
			if (i != router && f->leaf[i].vni[v]) {
				wrong += expect_vtep(router, v, i);
				n++;
			}
		for (int h = 0; h < FABRIC_HOSTS; h++)
			if (f->host[h].leaf && f->host[h].leaf != router && f->host[h].vni == v) {
				wrong += expect_mac(router, v, h, f->host[h].leaf);
				n++;
			}
	}
	if (o->told.n != n) {
		printf("r%d: %zu things are there, %u were expected:\n", router, o->told.n, n);
		for (size_t i = 0; i < o->told.n; i++)
			show(&o->told.v[i].m);
		wrong++;
	}
	return wrong;
}
