/* overlayd's core when the kernel does not answer as it should, or has what
 * nobody expects: sending fails for long, requests and listings are refused,
 * tables and devices are there that others made or an earlier run left. */
#include <check.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "overlay_fixture.h"
#include "overlayd/core/state.h"

/* ---- helpers */

static void configure(struct overlay_config *c)
{
	struct overlay_event ev = { .type = OVERLAY_CONFIG, .config = c };

	fake_input(&kernel, &ev);
	fake_run(&kernel);
}

/* So long, as the loop would: to each deadline. */
static void pass(mono_t time)
{
	mono_t end = kernel.now + time;

	fake_run(&kernel);
	for (unsigned n = 0; overlay_core_deadline(core) <= end; n++) {
		ck_assert_uint_lt(n, 10000);
		if (overlay_core_deadline(core) > kernel.now)
			kernel.now = overlay_core_deadline(core);
		event(OVERLAY_TICK);
		fake_run(&kernel);
	}
	kernel.now = end;
}

static void stranger(const struct nlw *w)
{
	fake_apply(&kernel, w->buf, w->len);
	fake_run(&kernel);
}

/* A link of nobody's making. */
static void link_comes(const char *name)
{
	link_there(name);
	fake_run(&kernel);
}

static bool route_is_there(const char *dst, uint32_t table)
{
	struct prefix p;
	struct kobj o;

	ck_assert_int_eq(prefix_parse(dst, &p), 0);
	for (unsigned i = 0; fake_get(&kernel, KOBJ_ROUTE, i, &o); i++)
		if (prefix_equal(&o.route.prefix, &p) && o.route.table == table)
			return true;
	return false;
}

static struct overlay_vrf *vrf(struct overlay_config *c, const char *name, uint32_t table)
{
	struct overlay_vrf *v = overlay_config_vrf(c, name);

	v->table = table;
	return v;
}

static void blackhole(struct overlay_vrf *v, const char *dst)
{
	struct overlay_static *s = vec_push(&v->routes);

	ck_assert_int_eq(prefix_parse(dst, &s->prefix), 0);
	s->discard = OVERLAY_BLACKHOLE;
	s->distance = 1;
}

static struct overlay_config *config(void)
{
	struct overlay_config *c = overlay_config_new();

	c->underlay_source = ip("10.255.0.1");
	return c;
}

static struct overlay_config *with_blackhole(const char *name, uint32_t table)
{
	struct overlay_config *c = config();

	blackhole(vrf(c, name, table), "10.78.0.0/16");
	return c;
}

/* ---- sending */

/* As without a capability, or memory: not for ever in a circle. */
START_TEST(sending_that_fails_is_slowed_down)
{
	unsigned logged, lists;

	fake_run(&kernel);
	kernel.send_error = ENOBUFS;
	logged = kernel.logged;
	lists = kernel.lists;
	configure(with_blackhole("red", 100));
	pass(MONO_SEC(60));
	ck_assert_uint_gt(kernel.sends_failed, 5);
	ck_assert_uint_lt(kernel.sends_failed, 20);
	ck_assert_uint_lt(kernel.lists - lists, 20 * DUMPS);
	ck_assert_uint_eq(kernel.logged, logged + 1);
	kernel.send_error = 0;
	pass(MONO_SEC(20));
	ck_assert(route_is_there("10.78.0.0/16", 100));
	ck_assert_uint_eq(kernel.logged, logged + 2);
	ck_assert_ptr_nonnull(strstr(kernel.log, "again"));
	/* The next time is a new one. */
	kernel.send_error = ENOBUFS;
	configure(with_blackhole("blue", 101));
	kernel.send_error = 0;
	pass(MONO_MSEC(200));
	ck_assert(route_is_there("10.78.0.0/16", 101));
	ck_assert_uint_eq(kernel.logged, logged + 4);
}
END_TEST

/* ---- refusals */

START_TEST(a_refusal_that_changes_is_as_patient)
{
	const struct refusal *r;
	unsigned requests, before;
	int error = 0;
	mono_t since;

	configure(with_blackhole("red", 100));
	kernel.refuse_type = RTM_NEWLINK;
	kernel.refuse_error = -EBUSY;
	requests = kernel.requests;
	configure(with_blackhole("blue", 101));
	since = kernel.now;
	for (int i = 0; i < 300; i++) {
		before = kernel.requests;
		kernel.refuse_error = i / 7 % 2 ? -EBUSY : -ENOMEM;
		pass(MONO_SEC(1));
		if (kernel.requests != before)
			error = -kernel.refuse_error;
	}
	/* 1, 2, 4, ... 60 s */
	ck_assert_uint_lt(kernel.requests - requests, 20);
	r = refusal_find(core, &link_at(core, link_find(core, "blue"))->s);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->error, error);
	ck_assert_uint_gt(r->fails, 6);
	ck_assert_int_eq(r->since, since);
}
END_TEST

/* ---- listings */

static void listing_is_refused(int error, uint16_t type)
{
	kernel.list_error = error;
	kernel.list_type = type;
}

/* Whatever the kernel says in place of a list, it is not that there is nothing. */
START_TEST(a_refused_listing_is_no_empty_one)
{
	static const int errors[] = { -EINVAL, -EOPNOTSUPP, -EAFNOSUPPORT, -EPERM };
	unsigned requests, lists, logged;

	configure(with_blackhole("red", 100));
	requests = kernel.requests;
	logged = kernel.logged;
	lists = kernel.lists;
	listing_is_refused(errors[_i % 4], 0);
	kernel.ends_in_error = _i / 4;
	event(OVERLAY_RESYNC);
	pass(MONO_SEC(60));
	ck_assert_uint_eq(kernel.requests, requests);
	ck_assert(route_is_there("10.78.0.0/16", 100));
	/* Nor is it asked for in a circle, or reported each time. */
	ck_assert_uint_lt(kernel.lists - lists, 20 * DUMPS);
	ck_assert_uint_le(kernel.logged - logged, DUMPS);
	kernel.list_error = 0;
	pass(MONO_SEC(20));
	ck_assert(overlay_core_is_settled(core));
	ck_assert_uint_eq(kernel.requests, requests);
	ck_assert_uint_le(kernel.logged - logged, 2 * DUMPS);
}
END_TEST

/* Linux before 5.3 has no next-hop objects, and says so; one that says something
 * else for ever doesn't keep the rest from being done. */
START_TEST(a_listing_that_is_never_to_be_had)
{
	static const int errors[] = { -EOPNOTSUPP, -EINVAL };
	unsigned lists;

	listing_is_refused(errors[_i], RTM_GETNEXTHOP);
	configure(with_blackhole("red", 100));
	if (_i > 0)
		ck_assert(!route_is_there("10.78.0.0/16", 100));
	pass(MONO_SEC(10));
	ck_assert(route_is_there("10.78.0.0/16", 100));
	lists = kernel.lists;
	pass(MONO_SEC(60));
	ck_assert_uint_le(kernel.lists - lists, 10);
}
END_TEST

/* ---- what is left in tables */

static void restart(void)
{
	overlay_core_free(core);
	core = overlay_core_new(8);
	kernel.core = core;
}

static void link_delete(const char *name)
{
	uint8_t buf[64];
	struct nlw w = nlw_init(buf, sizeof(buf));

	kobj_encode_link_delete(&w, 0, fake_ifindex(&kernel, name));
	stranger(&w);
}

static void route_there(const char *dst, uint32_t table, uint8_t proto)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct kroute k = { .table = table, .proto = proto, .type = RTN_BLACKHOLE,
		.metric = KOBJ_METRIC };

	ck_assert_int_eq(prefix_parse(dst, &k.prefix), 0);
	kobj_encode_route(&w, 0, &k, true);
	stranger(&w);
}

/* No device takes a route that discards along with it, so the kernel keeps it in
 * the table of a VRF that goes: ours must be taken out, at the latest when
 * another VRF gets the table. */
START_TEST(a_vrf_that_goes_leaves_no_route)
{
	configure(with_blackhole("red", 100));
	route_there("10.79.0.0/16", 100, KOBJ_PROTO_BGP);
	route_there("10.80.0.0/16", 100, RTPROT_BOOT);
	switch (_i) {
	case 0: /* while we look on */
		configure(config());
		break;
	case 1: /* while we are away */
		restart();
		configure(config());
		break;
	case 2: /* its device was taken meanwhile, too */
		restart();
		link_delete("red");
		configure(config());
		break;
	case 3: /* it gets another table */
		configure(with_blackhole("red", 200));
		break;
	case 4: /* another gets its table at once */
		{
			struct overlay_config *c = config();

			vrf(c, "blue", 100);
			configure(c);
		}
		break;
	}
	event(OVERLAY_FEED_UP);
	{
		struct feed_msg m = { .type = FEED_END, .add = true };
		struct overlay_event ev = { .type = OVERLAY_FEED_MSG, .msg = &m };

		fake_input(&kernel, &ev);
	}
	pass(MONO_SEC(5));
	ck_assert(!route_is_there("10.78.0.0/16", 100));
	ck_assert(!route_is_there("10.79.0.0/16", 100));
	ck_assert(route_is_there("10.80.0.0/16", 100));
	ck_assert(_i != 3 || route_is_there("10.78.0.0/16", 200));
	ck_assert(overlay_core_is_settled(core));
	/* And is used again. */
	configure(with_blackhole("green", 100));
	pass(MONO_SEC(5));
	ck_assert(_i == 4 || route_is_there("10.78.0.0/16", 100));
	ck_assert(!route_is_there("10.79.0.0/16", 100));
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* ---- ports */

static uint32_t master_of(const char *name)
{
	struct kobj o;

	for (unsigned i = 0; fake_get(&kernel, KOBJ_LINK, i, &o); i++)
		if (strcmp(o.link.name, name) == 0)
			return o.link.master;
	ck_abort_msg("no such link");
}

static void put_into(const char *name, const char *master)
{
	uint8_t buf[128];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct klink l = { .ifindex = fake_ifindex(&kernel, name),
		.master = fake_ifindex(&kernel, master) };

	kobj_encode_link_set(&w, 0, &l, KLINK_SET_MASTER);
	stranger(&w);
}

/* As ip(8) makes them. */
static void device_there(const char *name, struct klink l)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));

	snprintf(l.name, sizeof(l.name), "%s", name);
	l.flags = IFF_UP;
	kobj_encode_link_create(&w, 0, &l);
	stranger(&w);
}

/* Ports e1, e2 and so on, of which the first n are configured. */
static struct overlay_config *with_ports(unsigned n)
{
	struct overlay_config *c = config();
	struct overlay_bridge_domain *d = vec_push(&c->bridge_domains);

	d->id = 10;
	for (unsigned i = 1; i <= n; i++)
		snprintf(vec_push(&d->members)->name, IFNAMSIZ, "e%u", i);
	return c;
}

/* Whatever is in our bridge: what we put there is taken out when it is not
 * configured any more, also if that happened while we were away; what others put
 * there, or anywhere else, is theirs. */
START_TEST(a_port_dropped_meanwhile_is_released)
{
	unsigned requests;

	for (int i = 1; i <= 4; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "e%d", i);
		link_comes(name);
	}
	device_there("virbr0", (struct klink){ .kind = KLINK_BRIDGE });
	configure(with_ports(3));
	put_into("e4", "br10");
	pass(MONO_SEC(5));
	ck_assert_uint_eq(master_of("e3"), fake_ifindex(&kernel, "br10"));
	restart();
	requests = kernel.requests;
	configure(with_ports(3));
	pass(MONO_SEC(5));
	ck_assert_uint_eq(kernel.requests, requests);
	restart();
	put_into("e3", "virbr0");
	configure(with_ports(1));
	pass(MONO_SEC(5));
	ck_assert_uint_eq(master_of("e1"), fake_ifindex(&kernel, "br10"));
	ck_assert_uint_eq(master_of("e2"), 0);
	ck_assert_uint_eq(master_of("e3"), fake_ifindex(&kernel, "virbr0"));
	ck_assert_uint_eq(master_of("e4"), fake_ifindex(&kernel, "br10"));
	ck_assert(overlay_core_is_settled(core));
	/* Now it is the stranger's. */
	put_into("e2", "br10");
	pass(MONO_SEC(5));
	ck_assert_uint_eq(master_of("e2"), fake_ifindex(&kernel, "br10"));
}
END_TEST

/* ---- devices of others */

static struct overlay_config *with_vni(uint32_t table)
{
	struct overlay_config *c = with_blackhole("red", table);
	struct overlay_bridge_domain *d = vec_push(&c->bridge_domains);

	d->id = 10;
	d->vni = 10010;
	snprintf(d->vrf, sizeof(d->vrf), "red");
	return c;
}

static struct klink vxlan(void)
{
	return (struct klink){ .kind = KLINK_VXLAN, .vni = 10010, .port = 4789,
		.local = ip("10.255.0.1") };
}

static const char *reason(const char *name)
{
	const struct refusal *r = refusal_find(core, &link_at(core, link_find(core, name))->s);

	return r ? r->text : "";
}

/* What is as it should be is used, and is its maker's all the same. */
START_TEST(devices_that_others_made_are_used)
{
	device_there("red", (struct klink){ .kind = KLINK_VRF, .table = 100 });
	device_there("br10", (struct klink){ .kind = KLINK_BRIDGE });
	device_there("vxlan10010", vxlan());
	configure(with_vni(_i ? 100 : 0));
	pass(MONO_SEC(5));
	ck_assert(overlay_core_is_settled(core));
	ck_assert_uint_eq(core->refusals.live, 0);
	ck_assert(vni_is_up(core, vni_at(core, vni_find(core, 10010))));
	ck_assert(route_is_there("10.78.0.0/16", 100));
	configure(config());
	pass(MONO_SEC(5));
	ck_assert(overlay_core_is_settled(core));
	ck_assert(!route_is_there("10.78.0.0/16", 100));
	ck_assert_uint_ne(fake_ifindex(&kernel, "red"), 0);
	ck_assert_uint_eq(master_of("br10"), 0);
	ck_assert_uint_eq(master_of("vxlan10010"), 0);
}
END_TEST

static const struct {
	struct klink red, vxlan;
	const char *name, *reason;
} others[] = {
	{ { .kind = KLINK_VRF, .table = 200 }, { 0 }, "red",
			"it is there with table 200, and is not ours to replace" },
	{ { .kind = KLINK_BRIDGE }, { 0 }, "red",
			"it is there as a bridge, and is not ours to replace" },
	{ { 0 }, { .kind = KLINK_VXLAN, .vni = 10011, .port = 4789 }, "vxlan10010",
			"it is there with VNI 10011, and is not ours to replace" },
	{ { 0 }, { .kind = KLINK_VXLAN, .vni = 10010, .port = 8472 }, "vxlan10010",
			"it is there with UDP port 8472, and is not ours to replace" },
	{ { 0 }, { .kind = KLINK_VXLAN, .vni = 10010, .port = 4789 }, "vxlan10010",
			"it is there with no local address, and is not ours to replace" },
	{ { 0 }, { .kind = KLINK_VXLAN, .vni = 10010, .port = 4789, .learning = true },
			"vxlan10010",
			"it is there with address learning, and is not ours to replace" },
};

/* What is not is left alone, said in words, and not asked about for ever. */
START_TEST(devices_of_others_are_not_replaced)
{
	struct klink x = others[_i].vxlan;
	unsigned requests;
	struct kobj o;

	if (others[_i].red.kind)
		device_there("red", others[_i].red);
	if (x.learning)
		x.local = ip("10.255.0.1");
	if (x.kind)
		device_there("vxlan10010", x);
	configure(with_vni(100));
	pass(MONO_SEC(5));
	ck_assert_str_eq(reason(others[_i].name), others[_i].reason);
	requests = kernel.requests;
	pass(MONO_SEC(100));
	ck_assert_uint_eq(kernel.requests, requests);
	ck_assert(route_is_there("10.78.0.0/16", 100) == !others[_i].red.kind);
	/* The VRF that is there is that one. */
	ck_assert(route_is_there("10.78.0.0/16", 200) == (others[_i].red.kind == KLINK_VRF));
	link_delete(others[_i].name);
	pass(MONO_SEC(5));
	ck_assert_uint_eq(core->refusals.live, 0);
	ck_assert(overlay_core_is_settled(core));
	ck_assert(vni_is_up(core, vni_at(core, vni_find(core, 10010))));
	ck_assert(route_is_there("10.78.0.0/16", 100));
	for (unsigned i = 0; fake_get(&kernel, KOBJ_LINK, i, &o); i++)
		ck_assert_uint_eq(o.link.group, KOBJ_LINK_GROUP);
}
END_TEST

/* Two VRFs with one table would be one. */
START_TEST(a_table_of_another_vrf_is_refused)
{
	device_there("theirs", (struct klink){ .kind = KLINK_VRF, .table = 100 });
	configure(with_blackhole("red", 100));
	pass(MONO_SEC(5));
	ck_assert_str_eq(reason("red"), "table 100 is that of VRF theirs");
	ck_assert_uint_eq(fake_ifindex(&kernel, "red"), 0);
	ck_assert(!route_is_there("10.78.0.0/16", 100));
	link_delete("theirs");
	pass(MONO_SEC(5));
	ck_assert_uint_ne(fake_ifindex(&kernel, "red"), 0);
	ck_assert(route_is_there("10.78.0.0/16", 100));
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* ---- links that stop */

static void foreign_route_there(const char *dst, const char *link, const char *other)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct rtmsg h = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST };
	struct rtnexthop hops[2] = { { .rtnh_len = sizeof(hops[0]) },
		{ .rtnh_len = sizeof(hops[0]) } };
	struct prefix p;

	ck_assert_int_eq(prefix_parse(dst, &p), 0);
	h.rtm_dst_len = p.len;
	hops[0].rtnh_ifindex = (int)fake_ifindex(&kernel, link);
	hops[1].rtnh_ifindex = other ? (int)fake_ifindex(&kernel, other) : 0;
	nlw_begin(&w, RTM_NEWROUTE, 0, 0, &h, sizeof(h));
	nlw_attr(&w, RTA_DST, p.b, 4);
	if (other)
		nlw_attr(&w, RTA_MULTIPATH, hops, sizeof(hops));
	else
		nlw_u32(&w, RTA_OIF, (uint32_t)hops[0].rtnh_ifindex);
	nlw_end(&w);
	stranger(&w);
}

static void link_flags(const char *name, unsigned flags)
{
	uint8_t buf[128];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct ifinfomsg h = { .ifi_index = (int)fake_ifindex(&kernel, name), .ifi_flags = flags };
	struct overlay_event ev = { .type = OVERLAY_NL_NOTIFY };

	nlw_begin(&w, RTM_NEWLINK, 0, 0, &h, sizeof(h));
	nlw_str(&w, IFLA_IFNAME, name);
	nlw_u32(&w, IFLA_MTU, 1500);
	nlw_end(&w);
	ev.bytes.data = w.buf;
	ev.bytes.len = w.len;
	fake_input(&kernel, &ev);
}

static bool is_known(const char *dst)
{
	const struct route *r;
	struct prefix p;

	ck_assert_int_eq(prefix_parse(dst, &p), 0);
	r = route_at(core, route_find(core, VRF_DEFAULT, &p));
	return r && r->foreign;
}

static void take_silently(enum kobj_type type)
{
	struct fake_object *o;

	vec_foreach (o, &kernel.objects)
		o->live &= o->type != type;
}

/* With millions of routes a listing is dear: not for each link that stops, but
 * where it can't be said without what the kernel took out. */
START_TEST(routes_are_listed_only_in_doubt)
{
	unsigned lists;

	link_comes("x1");
	link_comes("x2");
	link_comes("x3");
	configure(config());
	foreign_route_there("66.0.0.0/8", "x1", NULL);
	foreign_route_there("67.0.0.0/8", "x2", "x3");
	pass(MONO_SEC(5));
	lists = kernel.lists;
	link_flags("x1", IFF_UP); /* the carrier goes: its routes stay */
	pass(MONO_SEC(5));
	ck_assert(is_known("66.0.0.0/8") && is_known("67.0.0.0/8"));
	link_flags("x1", 0);
	ck_assert(!is_known("66.0.0.0/8"));
	pass(MONO_SEC(5));
	ck_assert(is_known("67.0.0.0/8"));
	ck_assert_uint_eq(kernel.lists, lists + 2); /* next hops */
	link_flags("x2", 0);
	take_silently(KOBJ_ROUTE);
	pass(MONO_SEC(5));
	ck_assert(!is_known("67.0.0.0/8"));
	ck_assert_uint_eq(kernel.lists, lists + 5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("overlay_trouble");
	TCase *t = tcase_create("overlay_trouble");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sending_that_fails_is_slowed_down);
	tcase_add_test(t, a_refusal_that_changes_is_as_patient);
	tcase_add_loop_test(t, a_refused_listing_is_no_empty_one, 0, 8);
	tcase_add_loop_test(t, a_listing_that_is_never_to_be_had, 0, 2);
	tcase_add_loop_test(t, a_vrf_that_goes_leaves_no_route, 0, 5);
	tcase_add_test(t, a_port_dropped_meanwhile_is_released);
	tcase_add_loop_test(t, devices_that_others_made_are_used, 0, 2);
	tcase_add_loop_test(t, devices_of_others_are_not_replaced, 0,
			sizeof(others) / sizeof(others[0]));
	tcase_add_test(t, a_table_of_another_vrf_is_refused);
	tcase_add_test(t, routes_are_listed_only_in_doubt);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
