/* Gateways with EVPN and VRFs, and a router outside: what is local at one place
 * must be told at the others, as routes, VTEPs and MACs, and go away again. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "bgpd/core/evpn.h"
#include "bgpd/core/nlri.h"
#include "lib/base/xalloc.h"
#include "tests/sim/gateways.h"

/* ---- claims ---- */

static void route_is_via(int router, const char *vrf, const char *prefix, int home, uint32_t vni)
{
	const struct feed_msg *m = overlay_route(router, vrf, prefix);
	struct ip_addr vtep = sim_addr(home);
	struct mac_addr rmac = rmac_of(home);

	ck_assert_msg(m != NULL, "gateway %d vrf %s has no %s", router, vrf, prefix);
	ck_assert_uint_eq(m->route.n_nexthops, 1);
	ck_assert(ip_equal(&m->route.nexthops[0].addr, &vtep));
	ck_assert_uint_eq(m->route.nexthops[0].vni, vni);
	ck_assert_mem_eq(&m->route.nexthops[0].rmac, &rmac, 6);
	ck_assert_uint_eq(m->route.distance, 200);
}

static void no_route(int router, const char *vrf, const char *prefix)
{
	ck_assert_msg(!overlay_route(router, vrf, prefix), "gateway %d vrf %s has %s", router, vrf,
			prefix);
}

/* ---- tests ---- */

START_TEST(flood_lists)
{
	struct ip_addr a0 = sim_addr(0), a1 = sim_addr(1), a2 = sim_addr(2);

	gateways_begin(1);
	ck_assert(overlay_vtep(1, 10010, &a0) && overlay_vtep(1, 10010, &a2));
	ck_assert(!overlay_vtep(1, 10010, &a1));
	ck_assert_uint_eq(overlay_count(1, FEED_VTEP), 4);
	report_vni(0, 10010, "prod", false);
	overlays_run(&s, CALM);
	ck_assert(!overlay_vtep(1, 10010, &a0) && overlay_vtep(1, 10020, &a0));
	/* Nothing is told for a VNI that isn't here. */
	ck_assert(!overlay_vtep(0, 10010, &a1) && overlay_vtep(0, 10020, &a1));
	report_vni(0, 10010, "prod", true);
	overlays_run(&s, CALM);
	ck_assert(overlay_vtep(1, 10010, &a0) && overlay_vtep(0, 10010, &a1));
	ck_assert_uint_eq(evpn_vni_find(sim_core(&s, 0)->evpn, 10010)->n_vteps, 2);
	gateways_end();
}
END_TEST

START_TEST(hosts)
{
	struct mac_addr mac;

	gateways_begin(2);
	report_host(0, 10010, 7, 0, true);
	report_host(1, 10010, 8, FEED_MAC_STICKY, true);
	overlays_run(&s, CALM);
	mac_is_at(7, 10010, 0);
	mac_is_at(8, 10010, 1);
	mac = mac_n(8);
	ck_assert(overlay_mac(0, 10010, &mac, NULL)->mac.flags & FEED_MAC_STICKY);
	/* Symmetric IRB: host routes through the L3VNI, in its VRF only. */
	route_is_via(1, "prod", "10.1.10.7/32", 0, 4000);
	route_is_via(2, "prod", "10.1.10.7/32", 0, 4000);
	no_route(0, "prod", "10.1.10.7/32");
	no_route(1, "dev", "10.1.10.7/32");
	ck_assert_uint_eq(evpn_vni_find(sim_core(&s, 1)->evpn, 10010)->n_remote, 2);
	report_host(0, 10010, 7, 0, false);
	overlays_run(&s, CALM);
	mac_is_at(7, 10010, -1);
	no_route(1, "prod", "10.1.10.7/32");
	ck_assert_uint_eq(evpn_vni_find(sim_core(&s, 1)->evpn, 10010)->n_remote, 0);
	gateways_end();
}
END_TEST

START_TEST(prefixes)
{
	gateways_begin(3);
	for (int i = 0; i < GATEWAYS; i++)
		for (int k = 0; k < GATEWAYS; k++) {
			char prod[40], dev[40];

			snprintf(prod, sizeof(prod), "10.2.%d.0/24", k);
			snprintf(dev, sizeof(dev), "10.3.%d.0/24", k);
			if (i == k) {
				no_route(i, "prod", prod);
				continue;
			}
			route_is_via(i, "prod", prod, k, 4000);
			route_is_via(i, "dev", dev, k, 4001);
			no_route(i, "dev", prod);
			no_route(i, "prod", dev);
		}
	/* From outside, by eBGP in the VRF: as it came at 0, as type 5 at others. */
	ck_assert(overlay_route(0, "prod", "203.0.113.16/28") != NULL);
	ck_assert_uint_eq(overlay_route(0, "prod", "203.0.113.16/28")->route.distance, 20);
	route_is_via(1, "prod", "203.0.113.16/28", 0, 4000);
	no_route(1, "dev", "203.0.113.16/28");
	/* And what is inside goes out. */
	ck_assert(overlay_route(OUTSIDE, "default", "10.2.1.0/24") != NULL);
	ck_assert(!overlay_route(OUTSIDE, "default", "10.3.1.0/24"));
	sim_config(&s, OUTSIDE, outside_config(1));
	report_route(1, "prod", "10.2.1.0/24", false);
	overlays_run(&s, CALM);
	no_route(1, "prod", "203.0.113.16/28");
	route_is_via(1, "prod", "203.0.113.0/28", 0, 4000);
	no_route(0, "prod", "10.2.1.0/24");
	ck_assert(!overlay_route(OUTSIDE, "default", "10.2.1.0/24"));
	gateways_end();
}
END_TEST

START_TEST(l3vni_comes_and_goes)
{
	gateways_begin(4);
	report_host(0, 10010, 7, 0, true);
	overlays_run(&s, CALM);
	route_is_via(1, "prod", "10.1.10.7/32", 0, 4000);
	report_vrf(0, "prod", 100, 0, false);
	overlays_run(&s, CALM);
	no_route(1, "prod", "10.1.10.7/32");
	no_route(1, "prod", "10.2.0.0/24");
	mac_is_at(7, 10010, 0);
	report_vrf(0, "prod", 100, 4000, true);
	overlays_run(&s, CALM);
	route_is_via(1, "prod", "10.1.10.7/32", 0, 4000);
	route_is_via(1, "prod", "10.2.0.0/24", 0, 4000);
	gateways_end();
}
END_TEST

START_TEST(unreachable_vtep)
{
	struct mac_addr mac = mac_n(7);
	struct ip_addr a = sim_addr(0);

	gateways_begin(5);
	report_host(0, 10010, 7, 0, true);
	overlays_run(&s, CALM);
	mac_is_at(7, 10010, 0);
	for (int by_default = 0; by_default < 2; by_default++) {
		/* Only by the default route is as good as lost. */
		overlay_nexthop(&s, 1, &a, !by_default, by_default);
		overlays_run(&s, CALM);
		ck_assert(!overlay_mac(1, 10010, &mac, NULL));
		ck_assert(!overlay_vtep(1, 10010, &a));
		no_route(1, "prod", "10.1.10.7/32");
		no_route(1, "prod", "203.0.113.16/28");
		route_is_via(2, "prod", "10.1.10.7/32", 0, 4000);
		overlay_nexthop(&s, 1, &a, false, false);
		overlays_run(&s, CALM);
		mac_is_at(7, 10010, 0);
		ck_assert(overlay_vtep(1, 10010, &a));
		route_is_via(1, "prod", "10.1.10.7/32", 0, 4000);
		route_is_via(1, "prod", "203.0.113.16/28", 0, 4000);
	}
	gateways_end();
}
END_TEST

START_TEST(own_address_is_no_next_hop)
{
	struct feed_msg m = report_msg(FEED_ADDRESS, "default", true);

	gateways_begin(6);
	/* Gateway 1 gets an address that routes of gateway 0 point to. */
	m.address.ifindex = 3;
	m.address.addr = sim_addr(0);
	m.address.len = 32;
	overlay_report(&s, 1, &m);
	overlays_run(&s, CALM);
	no_route(1, "prod", "10.2.0.0/24");
	m.add = false;
	overlay_report(&s, 1, &m);
	overlays_run(&s, CALM);
	route_is_via(1, "prod", "10.2.0.0/24", 0, 4000);
	gateways_end();
}
END_TEST

START_TEST(feed_reconnects)
{
	unsigned routes, macs, vteps;

	gateways_begin(7);
	report_host(0, 10010, 7, 0, true);
	report_host(1, 10010, 9, 0, true);
	overlays_run(&s, CALM);
	routes = overlay_count(1, FEED_ROUTE);
	macs = overlay_count(1, FEED_REMOTE_MAC);
	vteps = overlay_count(1, FEED_VTEP);
	overlay_down(&s, 1);
	overlays_run(&s, MONO_SEC(5));
	/* Meanwhile at home: host 9 has gone, so has a subnet, host 7 elsewhere. */
	report_host(1, 10010, 9, 0, false);
	report_route(1, "prod", "10.2.1.0/24", false);
	report_host(0, 10010, 7, 0, false);
	overlays_run(&s, MONO_SEC(5));
	mac_is_at(9, 10010, 1); /* not known to be gone yet */
	overlay_up(&s, 1);
	overlays_run(&s, CALM);
	ck_assert(overlay_of(1)->end);
	mac_is_at(9, 10010, -1);
	mac_is_at(7, 10010, -1);
	no_route(0, "prod", "10.2.1.0/24");
	ck_assert_uint_eq(overlay_count(1, FEED_ROUTE), routes - 1); /* 10.1.10.7 */
	ck_assert_uint_eq(overlay_count(1, FEED_REMOTE_MAC), macs - 2);
	ck_assert_uint_eq(overlay_count(1, FEED_VTEP), vteps);
	ck_assert_uint_eq(evpn_vni_find(sim_core(&s, 1)->evpn, 10010)->n_vteps, 2);
	gateways_end();
}
END_TEST

START_TEST(bgpd_restarts)
{
	unsigned routes, macs, vteps;

	gateways_begin(8);
	report_host(0, 10010, 7, 0, true);
	report_host(1, 10010, 9, 0, true);
	overlays_run(&s, CALM);
	routes = overlay_count(1, FEED_ROUTE);
	macs = overlay_count(1, FEED_REMOTE_MAC);
	vteps = overlay_count(1, FEED_VTEP);
	overlay_of(1)->up = false;
	sim_restart(&s, 1);
	sim_config(&s, 1, gateway_config(1));
	overlay_up(&s, 1);
	/* What overlayd has stays until END, which waits for the peers. */
	for (int i = 0; i < 600 && !overlay_of(1)->end; i++) {
		ck_assert_uint_ge(overlay_count(1, FEED_ROUTE), routes);
		ck_assert_uint_ge(overlay_count(1, FEED_REMOTE_MAC), macs);
		overlays_run(&s, MONO_MSEC(200));
	}
	ck_assert(overlay_of(1)->end);
	overlays_run(&s, CALM);
	ck_assert_uint_eq(overlay_count(1, FEED_ROUTE), routes);
	ck_assert_uint_eq(overlay_count(1, FEED_REMOTE_MAC), macs);
	ck_assert_uint_eq(overlay_count(1, FEED_VTEP), vteps);
	mac_is_at(7, 10010, 0);
	mac_is_at(9, 10010, 1);
	gateways_end();
}
END_TEST

START_TEST(evpn_default_originate)
{
	struct bgp_config *c;

	gateways_begin(9);
	c = gateway_config(0);
	c->instances.v[2].evpn.default_originate[0] = true;
	sim_config(&s, 0, c);
	overlays_run(&s, CALM);
	route_is_via(1, "prod", "0.0.0.0/0", 0, 4000);
	no_route(1, "dev", "0.0.0.0/0");
	route_is_via(1, "prod", "10.2.0.0/24", 0, 4000);
	sim_config(&s, 0, gateway_config(0));
	overlays_run(&s, CALM);
	no_route(1, "prod", "0.0.0.0/0");
	route_is_via(1, "prod", "10.2.0.0/24", 0, 4000);
	gateways_end();
}
END_TEST

/* Route targets: dev at gateway 1 also imports prod's type 5 routes. */
START_TEST(route_targets)
{
	struct bgp_config *c;
	struct rt_list *rt;

	gateways_begin(10);
	c = gateway_config(1);
	rt = &c->instances.v[1].evpn.rt_import;
	*vec_push(&rt->rt) = 0x0002fde800000fa0; /* 65000:4000 */
	*vec_push(&rt->rt) = 0x0002fde800000fa1;
	sim_config(&s, 1, c);
	overlays_run(&s, CALM);
	route_is_via(1, "dev", "10.2.0.0/24", 0, 4000);
	route_is_via(1, "dev", "10.3.0.0/24", 0, 4001);
	route_is_via(1, "prod", "10.2.0.0/24", 0, 4000);
	no_route(2, "dev", "10.2.0.0/24");
	/* prod's own routes of this box leak too: on to the VRF that has them. */
	ck_assert(overlay_route(1, "dev", "10.2.1.0/24") != NULL);
	ck_assert_uint_eq(overlay_route(1, "dev", "10.2.1.0/24")->route.nexthops[0].ifindex, 7);
	sim_config(&s, 1, gateway_config(1));
	overlays_run(&s, CALM);
	no_route(1, "dev", "10.2.0.0/24");
	no_route(1, "dev", "10.2.1.0/24");
	route_is_via(1, "dev", "10.3.0.0/24", 0, 4001);
	gateways_end();
}
END_TEST

static uint32_t rd_number(uint32_t vni)
{
	const struct evpn_vni *v = evpn_vni_find(sim_core(&s, 0)->evpn, vni);

	ck_assert_ptr_nonnull(v);
	return (uint32_t)v->rd.b[6] << 8 | v->rd.b[7];
}

/* The automatic RD has 16 bits for the VNI: each gets a number of its own, also
 * across the end of them, and one that is given back is used again. */
START_TEST(automatic_rds_differ)
{
	gateways_begin(16);
	report_vni(0, 5, "dev", true);
	report_vni(0, 0x10005, "dev", true);
	report_vni(0, 0x20005, "dev", true);
	report_vni(0, 0xffff, "dev", true);
	report_vni(0, 0x1ffff, "dev", true);
	report_vni(0, 0x30000, "dev", true);
	overlays_run(&s, CALM);
	ck_assert_uint_eq(rd_number(5), 5);
	ck_assert_uint_eq(rd_number(0x10005), 6);
	ck_assert_uint_eq(rd_number(0x20005), 7);
	ck_assert_uint_eq(rd_number(0xffff), 0xffff);
	ck_assert_uint_eq(rd_number(0x1ffff), 1);
	ck_assert_uint_eq(rd_number(0x30000), 2);
	report_vni(0, 0x10005, "dev", false);
	report_vni(0, 0x30005, "dev", true);
	overlays_run(&s, CALM);
	ck_assert_uint_eq(rd_number(0x30005), 6);
	gateways_end();
}
END_TEST

/* 100 VNIs that import what VNI 10010 exports are told of its hosts, each once. */
START_TEST(many_vnis_import_the_same)
{
	struct bgp_config *c;
	struct mac_addr mac = mac_n(7);
	struct ip_addr home = sim_addr(0);

	gateways_begin(15);
	c = gateway_config(1);
	for (uint32_t n = 0; n < 100; n++) {
		struct evpn_vni_config *v = vec_push(&c->instances.v[0].evpn.vnis);

		*v = (struct evpn_vni_config){ .vni = 20000 + n };
		*vec_push(&v->rt_import.rt) = 0x0002fde80000271a; /* 65000:10010 */
		*vec_push(&v->rt_import.rt) = 0x0002fde80000271b;
	}
	sim_config(&s, 1, c);
	for (uint32_t n = 0; n < 100; n++)
		report_vni(1, 20000 + n, "dev", true);
	report_host(0, 10010, 7, 0, true);
	overlays_run(&s, CALM);
	for (uint32_t n = 0; n < 100; n++) {
		const struct feed_msg *m = overlay_mac(1, 20000 + n, &mac, NULL);

		ck_assert_msg(m != NULL, "VNI %u: not told", 20000 + n);
		ck_assert(ip_equal(&m->mac.vtep, &home));
		ck_assert_uint_eq(evpn_vni_find(sim_core(&s, 1)->evpn, 20000 + n)->n_remote, 2);
	}
	mac_is_at(7, 10010, 0);
	report_host(0, 10010, 7, 0, false);
	overlays_run(&s, CALM);
	for (uint32_t n = 0; n < 100; n++)
		ck_assert(!overlay_mac(1, 20000 + n, &mac, NULL));
	gateways_end();
}
END_TEST

static void vpn(struct bgp_config *c, int vrf, uint64_t import, uint64_t export)
{
	struct instance_family_config *f = &c->instances.v[vrf].family[FAM_IPV4_UNICAST];

	if (import) {
		f->vpn_import = true;
		*vec_push(&f->rt_import.rt) = import;
	}
	if (export) {
		f->vpn_export = true;
		*vec_push(&f->rt_export.rt) = export;
	}
}

static const struct path *vpn_path(int router, const char *vrf, const char *prefix)
{
	struct bgp_instance *i = core_instance_find(sim_core(&s, router), vrf);
	uint8_t key[NLRI_KEY_MAX];
	struct prefix p;
	uint32_t dest;

	prefix_parse(prefix, &p);
	nlri_key_unicast(&p, key);
	dest = rib_find(i->rib[FAM_IPV4_UNICAST], key);
	return dest ? rib_best(i->rib[FAM_IPV4_UNICAST], dest) : NULL;
}

/* VPNv4 between gateways is exchanged and imported, but not installed; between
 * VRFs of one gateway it is. */
START_TEST(vpn_between_vrfs)
{
	struct bgp_config *c;

	gateways_begin(11);
	c = gateway_config(0);
	vpn(c, 2, 0, 0x0002fde800000001);
	sim_config(&s, 0, c);
	for (int i = 0; i < 2; i++) {
		c = gateway_config(i);
		vpn(c, 1, 0x0002fde800000001, 0);
		if (i == 0)
			vpn(c, 2, 0, 0x0002fde800000001);
		sim_config(&s, i, c);
	}
	overlays_run(&s, CALM);
	ck_assert(vpn_path(1, "dev", "10.2.0.0/24") != NULL);
	no_route(1, "dev", "10.2.0.0/24");
	ck_assert(vpn_path(0, "dev", "10.2.0.0/24") != NULL);
	ck_assert(overlay_route(0, "dev", "10.2.0.0/24") != NULL);
	ck_assert_uint_eq(overlay_route(0, "dev", "10.2.0.0/24")->route.nexthops[0].ifindex, 7);
	ck_assert(overlay_route(0, "dev", "203.0.113.16/28") != NULL);
	ck_assert_str_eq(overlay_route(0, "dev", "203.0.113.16/28")->route.nexthops[0].vrf, "prod");
	sim_config(&s, 0, gateway_config(0));
	overlays_run(&s, CALM);
	ck_assert(!vpn_path(1, "dev", "10.2.0.0/24"));
	no_route(0, "dev", "10.2.0.0/24");
	gateways_end();
}
END_TEST

START_TEST(import_by_name)
{
	struct bgp_config *c;

	gateways_begin(12);
	c = gateway_config(0);
	*vec_push(&c->instances.v[1].family[FAM_IPV4_UNICAST].import_vrfs) = "prod";
	sim_config(&s, 0, c);
	overlays_run(&s, CALM);
	ck_assert(overlay_route(0, "dev", "10.2.0.0/24") != NULL);
	ck_assert_uint_eq(overlay_route(0, "dev", "10.2.0.0/24")->route.nexthops[0].ifindex, 7);
	ck_assert(overlay_route(0, "dev", "203.0.113.16/28") != NULL);
	ck_assert_str_eq(overlay_route(0, "dev", "203.0.113.16/28")->route.nexthops[0].vrf, "prod");
	sim_config(&s, 0, gateway_config(0));
	overlays_run(&s, CALM);
	no_route(0, "dev", "10.2.0.0/24");
	no_route(0, "dev", "203.0.113.16/28");
	gateways_end();
}
END_TEST

START_TEST(aggregate)
{
	struct aggregate_config *a;
	struct bgp_config *c;

	gateways_begin(13);
	c = outside_config(4);
	a = vec_push(&c->instances.v[0].family[FAM_IPV4_UNICAST].aggregates);
	prefix_parse("203.0.113.0/24", &a->prefix);
	a->summary_only = true;
	sim_config(&s, OUTSIDE, c);
	overlays_run(&s, CALM);
	route_is_via(1, "prod", "203.0.113.0/24", 0, 4000);
	no_route(1, "prod", "203.0.113.16/28");
	c = outside_config(0);
	a = vec_push(&c->instances.v[0].family[FAM_IPV4_UNICAST].aggregates);
	prefix_parse("203.0.113.0/24", &a->prefix);
	sim_config(&s, OUTSIDE, c);
	overlays_run(&s, CALM);
	no_route(1, "prod", "203.0.113.0/24");
	sim_config(&s, OUTSIDE, outside_config(4));
	overlays_run(&s, CALM);
	route_is_via(1, "prod", "203.0.113.16/28", 0, 4000);
	gateways_end();
}
END_TEST

START_TEST(import_check)
{
	struct network_config *n;
	struct bgp_config *c;

	gateways_begin(14);
	c = gateway_config(1);
	n = vec_push(&c->instances.v[2].family[FAM_IPV4_UNICAST].networks);
	prefix_parse("10.9.0.0/16", &n->prefix);
	sim_config(&s, 1, c);
	overlays_run(&s, CALM);
	no_route(0, "prod", "10.9.0.0/16");
	report_route(1, "prod", "10.9.0.0/16", true);
	overlays_run(&s, CALM);
	route_is_via(0, "prod", "10.9.0.0/16", 1, 4000);
	report_route(1, "prod", "10.9.0.0/16", false);
	overlays_run(&s, CALM);
	no_route(0, "prod", "10.9.0.0/16");
	gateways_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("overlay");
	TCase *t = tcase_create("overlay");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_test(t, flood_lists);
	tcase_add_test(t, hosts);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, l3vni_comes_and_goes);
	tcase_add_test(t, unreachable_vtep);
	tcase_add_test(t, own_address_is_no_next_hop);
	tcase_add_test(t, feed_reconnects);
	tcase_add_test(t, bgpd_restarts);
	tcase_add_test(t, evpn_default_originate);
	tcase_add_test(t, route_targets);
	tcase_add_test(t, automatic_rds_differ);
	tcase_add_test(t, many_vnis_import_the_same);
	tcase_add_test(t, vpn_between_vrfs);
	tcase_add_test(t, import_by_name);
	tcase_add_test(t, aggregate);
	tcase_add_test(t, import_check);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
