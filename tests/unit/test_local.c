/* What overlayd says of this machine, and what sessions make of it: router
 * ids, addresses that come and go, VRFs, instances that nobody configured. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/rng.h"
#include "lib/base/xalloc.h"
#include "tests/unit/door.h"

#define PEER 0x0a000002u
#define PEER_AS 65001u

static struct door_test t;

static void feed(const struct feed_msg *m)
{
	struct bgp_event ev = { .type = BGP_EVENT_FEED, .feed = m };

	door_input(&t, &ev);
}

static void feed_type(enum bgp_event_type type)
{
	struct bgp_event ev = { .type = type };

	door_input(&t, &ev);
}

static void iface(uint32_t ifindex, const char *name, bool up)
{
	struct feed_msg m = { .type = FEED_INTERFACE, .add = true, .vrf = "default" };

	m.interface.ifindex = ifindex;
	snprintf(m.interface.name, sizeof(m.interface.name), "%s", name);
	m.interface.up = up;
	feed(&m);
}

static void address(uint32_t ifindex, uint32_t a, uint8_t len, bool add)
{
	struct feed_msg m = { .type = FEED_ADDRESS, .add = add, .vrf = "default" };

	m.address.ifindex = ifindex;
	m.address.addr = ip4(a);
	m.address.len = len;
	feed(&m);
}

static void vrf(const char *name, uint32_t l3vni, bool add)
{
	struct feed_msg m = { .type = FEED_VRF, .add = add };

	snprintf(m.vrf, sizeof(m.vrf), "%s", name);
	m.vrf_info.table = 1001;
	m.vrf_info.l3vni = l3vni;
	m.vrf_info.up = true;
	feed(&m);
}

static void end(void)
{
	struct feed_msg m = { .type = FEED_END, .add = true };

	feed(&m);
}

/* No router id is configured; one passive or active peer. */
static struct bgp_config *config(bool passive)
{
	struct bgp_config *c = door_config_new();

	c->instances.v[0].router_id = 0;
	door_config_peer(c, PEER, PEER_AS)->passive = passive;
	return c;
}

static void setup(void)
{
	struct bgp_core_options o = { .seed = 7 };

	t = (struct door_test){ .now = MONO_SEC(100) };
	t.core = bgp_core_new(&o, t.now);
	feed_type(BGP_EVENT_FEED_UP);
}

static void teardown(void)
{
	door_close(&t);
}

static uint32_t router_id(void)
{
	return core_instance_find(t.core, "default")->router_id;
}

START_TEST(loopback_is_preferred)
{
	iface(1, "lo", true);
	iface(2, "eth0", true);
	door_configure(&t, config(true));
	address(1, 0x7f000001, 8, true);
	address(2, 0xc0000201, 24, true);
	ck_assert_uint_eq(router_id(), 0xc0000201);
	address(2, 0xc0000205, 24, true);
	ck_assert_uint_eq(router_id(), 0xc0000205);
	address(1, 0x0a010101, 32, true);
	ck_assert_uint_eq(router_id(), 0x0a010101);
}
END_TEST

START_TEST(new_address_breaks_no_session)
{
	struct open_msg o = door_open_msg(PEER_AS, PEER);

	iface(2, "eth0", true);
	address(2, 0x0a000001, 24, true);
	door_configure(&t, config(true));
	door_establish(&t, 1, PEER, &o);
	address(2, 0x0a0000fe, 24, true);
	ck_assert(peer_established(door_peer(&t, PEER)));
	ck_assert_uint_eq(router_id(), 0x0a000001);
}
END_TEST

START_TEST(address_that_comes_hurries)
{
	iface(2, "eth0", true);
	address(2, 0xc0000201, 24, true);
	door_configure(&t, config(false));
	for (int i = 0; i < 8; i++) {
		struct bgp_event ev = { .type = BGP_EVENT_CONNECT_FAILED, .conn = t.connecting,
			.error = ENETUNREACH };

		door_input(&t, &ev);
		if (i < 7)
			door_wait(&t, MONO_SEC(120));
	}
	ck_assert_int_eq(door_peer(&t, PEER)->state, FSM_ACTIVE);
	t.connects = 0;
	address(2, 0x0a000001, 24, true);
	ck_assert_uint_eq(t.connects, 1);
}
END_TEST

START_TEST(link_that_goes_takes_the_session)
{
	struct open_msg o = door_open_msg(PEER_AS, PEER);

	iface(2, "eth0", true);
	address(2, 0x0a000001, 24, true);
	door_configure(&t, config(true));
	door_establish(&t, 1, PEER, &o);
	iface(2, "eth0", false);
	ck_assert(!peer_established(door_peer(&t, PEER)));
	ck_assert(door_logged(&t, "Down Interface down"));
}
END_TEST

START_TEST(instance_for_an_l3vni)
{
	const struct bgp_instance *i;

	door_configure(&t, config(true));
	vrf("plain", 0, true);
	ck_assert_ptr_null(core_instance_find(t.core, "plain"));
	vrf("prod", 4000, true);
	i = core_instance_find(t.core, "prod");
	ck_assert_ptr_nonnull(i);
	ck_assert(i->config->automatic && i->config->as == OUR_AS && i->l3vni == 4000);
	/* Configured, it is the same one. */
	{
		struct bgp_config *c = config(true);
		struct instance_config *k = vec_push(&c->instances);

		instance_config_init(k);
		memset(k->vrf, 0, sizeof(k->vrf));
		memcpy(k->vrf, "prod", 4);
		k->as = OUR_AS;
		door_configure(&t, c);
	}
	ck_assert_ptr_eq(core_instance_find(t.core, "prod"), i);
	ck_assert(!i->config->automatic);
	door_configure(&t, config(true));
	ck_assert(core_instance_find(t.core, "prod")->config->automatic);
	vrf("prod", 4000, false);
	ck_assert_ptr_null(core_instance_find(t.core, "prod"));
}
END_TEST

/* Names are found whatever came and went before, and numbers are used again. */
START_TEST(vrfs_come_and_go)
{
	struct rng rng = { 11 };
	uint32_t l3vni[40] = { 0 };

	door_configure(&t, config(true));
	for (int step = 0; step < 3000; step++) {
		unsigned n = (unsigned)rng_below(&rng, 40);
		char name[16];

		snprintf(name, sizeof(name), "v%u", n);
		l3vni[n] = rng_below(&rng, 2) ? 1 + (uint32_t)rng_below(&rng, 3) : 0;
		vrf(name, l3vni[n], rng_below(&rng, 8) || l3vni[n]);
		for (n = 0; n < 40; n++) {
			const struct bgp_instance *i;

			snprintf(name, sizeof(name), "v%u", n);
			i = core_instance_find(t.core, name);
			if ((i != NULL) != (l3vni[n] != 0) || (i && (i->l3vni != l3vni[n] ||
					t.core->instances.v[i->index] != i)))
				ck_abort_msg("step %d: %s", step, name);
		}
		ck_assert_uint_le(t.core->instances.n, 41);
	}
}
END_TEST

/* One VRF's routes in all of many others: by its name, or by a route target. */
START_TEST(many_import_the_same)
{
	enum { N = 600 };
	const uint64_t rt = 0x0002fde800000001;
	struct bgp_config *c = door_config_new();
	struct instance_family_config *f;
	struct network_config *net;

	for (int n = 0; n <= N; n++) {
		struct instance_config *k = vec_push(&c->instances);

		instance_config_init(k);
		snprintf(k->vrf, sizeof(k->vrf), "v%03d", n);
		k->as = OUR_AS;
		k->router_id = OUR_ID;
		k->network_import_check = false;
		f = &k->family[FAM_IPV4_UNICAST];
		if (!n) {
			net = vec_push(&f->networks);
			prefix_parse("10.9.0.0/16", &net->prefix);
			f->vpn_export = true;
			*vec_push(&f->rt_export.rt) = rt;
		} else if (_i) {
			f->vpn_import = true;
			*vec_push(&f->rt_import.rt) = rt;
		} else {
			*vec_push(&f->import_vrfs) = "v000";
		}
	}
	door_configure(&t, c);
	door_wait(&t, MONO_SEC(1));
	for (int n = 0; n <= N; n++) {
		char name[16];

		snprintf(name, sizeof(name), "v%03d", n);
		if (rib_path_count(core_instance_find(t.core, name)->rib[FAM_IPV4_UNICAST]) != 1)
			ck_abort_msg("%s lacks the route", name);
	}
	door_configure(&t, door_config_new());
	door_wait(&t, MONO_SEC(1));
}
END_TEST

/* 10.9.0.0/16 with route target 65000:1. */
static void announce_vpn(conn_id id, uint8_t rd, uint32_t next_hop)
{
	uint8_t body[] = { 0, 0, 0, 56,
		0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 5, 4, 0, 0, 0, 100,
		0xc0, 16, 8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 1,
		0x80, 14, 31, 0, 1, 128, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		104, 0, 1, 1, 0, 0, 0xfd, 0xe8, 0, 0, 0, rd, 10, 9 };

	body[3] = sizeof(body) - 4;
	wr_put32(body + 44, next_hop);
	door_send(&t, id, MSG_UPDATE, body, sizeof(body));
}

static void metric(uint32_t next_hop, uint32_t value)
{
	struct feed_msg m = { .type = FEED_NEXTHOP, .add = true, .vrf = "default" };

	m.nexthop.addr = ip4(next_hop);
	m.nexthop.resolved = true;
	m.nexthop.metric = value;
	feed(&m);
	door_wait(&t, MONO_SEC(1));
}

static uint32_t imported_next_hop(void)
{
	const struct rib *rib = core_instance_find(t.core, "red")->rib[FAM_IPV4_UNICAST];
	const struct path *p = rib_best(rib, rib_walk(rib, 0));

	ck_assert_uint_eq(rib_path_count(rib), 2);
	return ip4_u32(&attrs_next_hop(t.core->attrs, attrs_get(t.core->attrs, p->attrs)->next_hop)->addr);
}

/* Each is the only route of its destination in the VPN table: there nothing changes. */
START_TEST(imports_follow_the_metric)
{
	const uint64_t rt = 0x0002fde800000001;
	struct bgp_config *c = door_config_new();
	struct instance_config *k = vec_push(&c->instances);
	struct open_msg o = door_open_msg(OUR_AS, PEER);
	struct peer_config *p = door_config_peer(c, PEER, OUR_AS);

	p->passive = true;
	p->family[FAM_IPV4_VPN] = &peer_family_on;
	o.caps.family[FAM_IPV4_VPN] = true;
	instance_config_init(k);
	snprintf(k->vrf, sizeof(k->vrf), "red");
	k->as = OUR_AS;
	k->family[FAM_IPV4_UNICAST].vpn_import = true;
	k->family[FAM_IPV4_UNICAST].max_paths_ibgp = 1;
	*vec_push(&k->family[FAM_IPV4_UNICAST].rt_import.rt) = rt;
	iface(2, "eth0", true);
	address(2, 0x0a000001, 24, true);
	door_configure(&t, c);
	door_establish(&t, 1, PEER, &o);
	announce_vpn(1, 1, 0x0a000101);
	announce_vpn(1, 2, 0x0a000102);
	metric(0x0a000101, 10);
	metric(0x0a000102, 20);
	ck_assert_uint_eq(imported_next_hop(), 0x0a000101);
	metric(0x0a000101, 30);
	ck_assert_uint_eq(imported_next_hop(), 0x0a000102);
	metric(0x0a000102, 40);
	ck_assert_uint_eq(imported_next_hop(), 0x0a000101);
}
END_TEST

START_TEST(snapshot_sweeps)
{
	door_configure(&t, config(true));
	vrf("prod", 4000, true);
	vrf("dev", 4001, true);
	end();
	feed_type(BGP_EVENT_FEED_DOWN);
	ck_assert_ptr_nonnull(core_instance_find(t.core, "dev"));
	feed_type(BGP_EVENT_FEED_UP);
	vrf("prod", 4000, true);
	end();
	ck_assert_ptr_nonnull(core_instance_find(t.core, "prod"));
	ck_assert_ptr_null(core_instance_find(t.core, "dev"));
}
END_TEST

/* What the core has to tell overlayd now; true if END was among it. */
static bool told(unsigned *ret_routes)
{
	uint8_t buf[65536];
	struct feed_msg m;
	bool ended = false;
	size_t n;

	*ret_routes = 0;
	while ((n = bgp_core_pull_feed(t.core, t.now, buf, sizeof(buf))) > 0) {
		struct rd r = rd_init(buf, n);

		while (feed_decode(&r, &m) == 1) {
			ck_assert_msg(!ended, "more after the end of the snapshot");
			ended = m.type == FEED_END;
			*ret_routes += m.type == FEED_ROUTE && m.add;
		}
	}
	return ended;
}

/* Else overlayd would drop what it kept before the routes that replace it come. */
START_TEST(snapshot_ends_after_next_hops_are_known)
{
	struct open_msg o = door_open_msg(PEER_AS, PEER);
	struct feed_msg m = { .type = FEED_NEXTHOP, .add = true, .vrf = "default" };
	unsigned n;

	iface(2, "eth0", true);
	address(2, 0x0a000001, 24, true);
	door_configure(&t, config(true));
	ck_assert(!told(&n));
	door_establish(&t, 1, PEER, &o);
	m.nexthop.addr = ip4(PEER);
	feed(&m);
	door_wait(&t, MONO_SEC(2));
	ck_assert(!told(&n)); /* nor before End-of-RIB */
	door_announce(&t, 1, PEER_AS, 0, 100);
	door_end_of_rib(&t, 1);
	for (int i = 0; i < 5; i++) {
		door_wait(&t, MONO_SEC(1));
		ck_assert(!told(&n));
		ck_assert_uint_eq(n, 0);
	}
	m.nexthop.addr = ip4(0x0a000009); /* as door_announce() has it */
	m.nexthop.resolved = m.nexthop.connected = true;
	feed(&m);
	door_wait(&t, MONO_SEC(2));
	ck_assert(told(&n));
	ck_assert_uint_eq(n, 100);
}
END_TEST

START_TEST(vrf_alone_brings_the_default_instance)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *k = vec_push(&c->instances);

	instance_config_init(k);
	memset(k->vrf, 0, sizeof(k->vrf));
	memcpy(k->vrf, "prod", 4);
	k->as = OUR_AS;
	door_configure(&t, c);
	ck_assert_ptr_nonnull(core_instance_find(t.core, "default"));
	ck_assert_uint_eq(core_instance_find(t.core, "default")->index, 0);
	door_configure(&t, bgp_config_new());
	ck_assert_ptr_null(core_instance_find(t.core, "default"));
	ck_assert_ptr_null(core_instance_find(t.core, "prod"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("local");
	TCase *tc = tcase_create("local");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, loopback_is_preferred);
	tcase_add_test(tc, new_address_breaks_no_session);
	tcase_add_test(tc, address_that_comes_hurries);
	tcase_add_test(tc, link_that_goes_takes_the_session);
	tcase_add_test(tc, instance_for_an_l3vni);
	tcase_add_test(tc, vrfs_come_and_go);
	tcase_add_loop_test(tc, many_import_the_same, 0, 2);
	tcase_add_test(tc, imports_follow_the_metric);
	tcase_add_test(tc, snapshot_sweeps);
	tcase_add_test(tc, snapshot_ends_after_next_hops_are_known);
	tcase_add_test(tc, vrf_alone_brings_the_default_instance);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
