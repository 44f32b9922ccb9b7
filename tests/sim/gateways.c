/* Gateways for the tests of overlays.  See gateways.h. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/gateways.h"

struct sim s;

/* ---- configuration ---- */

static struct peer_config *add_peer(struct instance_config *i, int other, uint32_t as)
{
	struct peer_config *p = vec_push(&i->peers);

	peer_config_init(p);
	p->addr = sim_addr(other);
	p->remote_as = as;
	p->connect_retry = 10;
	return p;
}

static void instance_init(struct instance_config *i, const char *vrf, uint32_t as)
{
	instance_config_init(i);
	snprintf(i->vrf, sizeof(i->vrf), "%s", vrf);
	i->as = as;
	i->ebgp_requires_policy = false;
}

static void vrf_config(struct bgp_config *c, const char *vrf)
{
	struct instance_config *i = vec_push(&c->instances);

	instance_init(i, vrf, 65000);
	i->family[FAM_IPV4_UNICAST].redistribute[FEED_CONNECTED].on = true;
	i->evpn.advertise[0] = true;
}

struct bgp_config *gateway_config(int router)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *i = vec_push(&c->instances);
	struct peer_config *p;

	instance_init(i, "default", 65000);
	i->evpn.advertise_all_vni = true;
	for (int other = 0; other < GATEWAYS; other++)
		if (other != router) {
			p = add_peer(i, other, 65000);
			p->family[FAM_EVPN] = p->family[FAM_IPV4_VPN] = &peer_family_on;
		}
	vrf_config(c, "dev");
	vrf_config(c, "prod");
	if (router == 0) {
		i = &c->instances.v[2];
		p = add_peer(i, OUTSIDE, 64999);
		p->family[FAM_IPV4_UNICAST] = &peer_family_on;
		p->ebgp_multihop = 2;
	}
	return c;
}

struct bgp_config *outside_config(unsigned n_networks)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *i = vec_push(&c->instances);
	struct peer_config *p;

	instance_init(i, "default", 64999);
	i->network_import_check = false;
	p = add_peer(i, 0, 65000);
	p->passive = true;
	p->ebgp_multihop = 2;
	p->family[FAM_IPV4_UNICAST] = &peer_family_on;
	for (unsigned n = 0; n < n_networks; n++) {
		struct network_config *net = vec_push(&i->family[FAM_IPV4_UNICAST].networks);
		char text[40];

		snprintf(text, sizeof(text), "203.0.113.%u/28", n * 16);
		prefix_parse(text, &net->prefix);
	}
	return c;
}

/* ---- what is local ---- */

struct feed_msg report_msg(uint8_t type, const char *vrf, bool add)
{
	struct feed_msg m = { .type = type, .add = add };

	strncpy(m.vrf, vrf, sizeof(m.vrf) - 1);
	return m;
}

struct mac_addr rmac_of(int router)
{
	return (struct mac_addr){ { 2, 0, 0, 0, 0xff, (uint8_t)router } };
}

void report_vrf(int router, const char *vrf, uint32_t table, uint32_t l3vni, bool up)
{
	struct feed_msg m = report_msg(FEED_VRF, vrf, true);

	m.vrf_info.table = table;
	m.vrf_info.l3vni = l3vni;
	m.vrf_info.vtep = sim_addr(router);
	m.vrf_info.rmac = rmac_of(router);
	m.vrf_info.up = up;
	overlay_report(&s, router, &m);
}

void report_vni(int router, uint32_t vni, const char *vrf, bool add)
{
	struct feed_msg m = report_msg(FEED_VNI, vrf, add);

	m.vni.vni = vni;
	m.vni.vtep = sim_addr(router);
	m.vni.up = true;
	overlay_report(&s, router, &m);
}

void report_route(int router, const char *vrf, const char *prefix, bool add)
{
	struct feed_msg m = report_msg(FEED_LOCAL_ROUTE, vrf, add);

	prefix_parse(prefix, &m.local_route.prefix);
	m.local_route.proto = FEED_CONNECTED;
	m.local_route.ifindex = 7;
	overlay_report(&s, router, &m);
}

struct mac_addr mac_n(unsigned n)
{
	return (struct mac_addr){ { 2, 0, 0, 1, (uint8_t)(n >> 8), (uint8_t)n } };
}

struct ip_addr host_n(unsigned n)
{
	return ip4(0x0a010a00u + n);
}

/* A host with its MAC alone, and MAC and IP, as overlayd learns both. */
void report_host(int router, uint32_t vni, unsigned n, uint8_t flags, bool add)
{
	struct feed_msg m = report_msg(FEED_LOCAL_MAC, "", add);

	m.mac.vni = vni;
	m.mac.mac = mac_n(n);
	m.mac.flags = flags;
	overlay_report(&s, router, &m);
	m.mac.ip = host_n(n);
	overlay_report(&s, router, &m);
}

static void report_all(int router)
{
	char prefix[40];

	report_vrf(router, "prod", 100, 4000, true);
	report_vrf(router, "dev", 101, 4001, true);
	report_vni(router, 10010, "prod", true);
	report_vni(router, 10020, "dev", true);
	snprintf(prefix, sizeof(prefix), "10.2.%d.0/24", router);
	report_route(router, "prod", prefix, true);
	snprintf(prefix, sizeof(prefix), "10.3.%d.0/24", router);
	report_route(router, "dev", prefix, true);
}

void gateways_begin(uint64_t seed)
{
	overlays_reset();
	sim_init(&s, seed);
	s.feed = overlay_take;
	s.verbose = getenv("VERBOSE") != NULL;
	for (int i = 0; i <= GATEWAYS; i++)
		sim_router_add(&s);
	for (int i = 0; i < GATEWAYS; i++) {
		overlay_up(&s, i);
		report_all(i);
		sim_config(&s, i, gateway_config(i));
	}
	overlay_up(&s, OUTSIDE);
	sim_config(&s, OUTSIDE, outside_config(4));
	overlays_run(&s, CALM);
}

void gateways_end(void)
{
	sim_fini(&s);
	overlays_reset();
}

/* ---- claims ---- */

void mac_is_at(unsigned n, uint32_t vni, int home)
{
	struct ip_addr ip = host_n(n), vtep = home >= 0 ? sim_addr(home) : (struct ip_addr){ 0 };
	struct mac_addr mac = mac_n(n);

	for (int i = 0; i < GATEWAYS; i++)
		for (int with_ip = 0; with_ip < 2; with_ip++) {
			const struct feed_msg *m = overlay_mac(i, vni, &mac, with_ip ? &ip : NULL);

			if (home < 0 || i == home) {
				ck_assert_msg(!m, "host %u: told at gateway %d", n, i);
			} else {
				ck_assert_msg(m != NULL, "host %u: not told at gateway %d", n, i);
				ck_assert_msg(ip_equal(&m->mac.vtep, &vtep),
						"host %u: elsewhere at gateway %d", n, i);
			}
		}
}
