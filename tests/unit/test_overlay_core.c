/* overlayd's core against a played kernel: what is wanted is made, what a
 * stranger takes comes back, a restart adopts, bgpd may come and go, local
 * hosts are told. */
#include <check.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/hash.h"
#include "overlayd/core/idqueue.h"
#include "overlay_fixture.h"

/* ---- helpers */

static struct mac_addr mac(const char *text)
{
	struct mac_addr m;

	ck_assert_int_eq(mac_parse(text, &m), 0);
	return m;
}

static struct prefix prefix(const char *text)
{
	struct prefix p;

	ck_assert_int_eq(prefix_parse(text, &p), 0);
	return p;
}

static void addr_there(uint32_t ifindex, const char *text, uint8_t len)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct kaddr a = { .ifindex = ifindex, .addr = ip(text), .len = len };

	kobj_encode_addr(&w, 0, &a, true);
	fake_apply(&kernel, buf, w.len);
}

static struct overlay_config *config(void)
{
	struct overlay_config *c = overlay_config_new();
	struct overlay_vrf *v;
	struct overlay_static *s;
	struct overlay_bridge_domain *d;
	struct overlay_gateway *g;
	struct overlay_interface *i;

	c->underlay_source = ip("10.255.0.1");
	v = overlay_config_vrf(c, "prod");
	v->l3vni = 4000;
	s = vec_push(&v->routes);
	s->prefix = prefix("10.77.0.0/16");
	s->gateway = ip("10.1.10.7");
	s->distance = 1;
	s = vec_push(&v->routes);
	s->prefix = prefix("10.78.0.0/16");
	s->discard = OVERLAY_BLACKHOLE;
	s->distance = 1;
	d = vec_push(&c->bridge_domains);
	d->id = 10;
	d->vni = 10010;
	d->arp_suppress = true;
	snprintf(d->vrf, sizeof(d->vrf), "prod");
	g = vec_push(&d->gateways);
	g->addr.addr = ip("10.1.10.1");
	g->addr.len = 24;
	g->mac = mac("02:00:0a:01:0a:01");
	snprintf(vec_push(&d->members)->name, IFNAMSIZ, "eth1");
	i = overlay_config_interface(c, "up1");
	vec_push(&i->addrs)->addr = ip("10.0.1.2");
	i->addrs.v[0].len = 31;
	return c;
}

static void configure(struct overlay_config *c)
{
	struct overlay_event ev = { .type = OVERLAY_CONFIG, .config = c };

	fake_input(&kernel, &ev);
}

/* The usual box, settled. */
static void box(void)
{
	link_there("lo");
	link_there("up1");
	link_there("eth1");
	configure(config());
	fake_run(&kernel);
	ck_assert(overlay_core_is_settled(core));
}

static void feed(struct feed_msg m)
{
	struct overlay_event ev = { .type = OVERLAY_FEED_MSG, .msg = &m };

	fake_input(&kernel, &ev);
}

static void feed_end(void)
{
	feed((struct feed_msg){ .type = FEED_END, .add = true });
}

static void feed_route(const char *vrf, const char *dst, const char *gateway, uint32_t vni, bool add)
{
	struct feed_msg m = { .type = FEED_ROUTE, .add = add };

	snprintf(m.vrf, sizeof(m.vrf), "%s", vrf);
	m.route.prefix = prefix(dst);
	m.route.distance = 20;
	if (add) {
		m.route.n_nexthops = 1;
		m.route.nexthops[0].addr = ip(gateway);
		m.route.nexthops[0].weight = 1;
		m.route.nexthops[0].vni = vni;
		if (vni)
			m.route.nexthops[0].rmac = mac("02:00:00:00:ff:02");
	}
	feed(m);
}

static void feed_mac(const char *m, const char *addr, const char *vtep, bool add)
{
	struct feed_msg msg = { .type = FEED_REMOTE_MAC, .add = add };

	msg.mac.vni = 10010;
	msg.mac.mac = mac(m);
	if (addr)
		msg.mac.ip = ip(addr);
	msg.mac.vtep = ip(vtep);
	feed(msg);
}

static void feed_vtep(const char *vtep, bool add)
{
	struct feed_msg m = { .type = FEED_VTEP, .add = add };

	m.vtep.vni = 10010;
	m.vtep.addr = ip(vtep);
	feed(m);
}

/* All that the usual bgpd says. */
static void feed_all(void)
{
	event(OVERLAY_FEED_UP);
	feed_vtep("10.255.0.2", true);
	feed_mac("02:00:00:00:00:22", NULL, "10.255.0.2", true);
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", true);
	feed_route("prod", "10.2.0.0/16", "10.255.0.2", 4000, true);
	feed_route("prod", "2001:db8:2::/48", "10.255.0.2", 4000, true);
	feed_route("default", "10.50.0.0/16", "10.0.1.3", 0, true);
	feed_end();
	fake_run(&kernel);
}

/* What bgpd is told, until it is all; counts frames of a type, and keeps the
 * last. */
static unsigned told(uint8_t type, struct feed_msg *last)
{
	static uint8_t buf[8192];
	unsigned n = 0;
	size_t len;

	while ((len = overlay_core_pull_feed(core, buf, sizeof(buf))) > 0) {
		struct rd r = rd_init(buf, len);
		struct feed_msg m;

		while (feed_decode(&r, &m) == 1)
			if (m.type == type) {
				n++;
				if (last)
					*last = m;
			}
		ck_assert_uint_eq(rd_left(&r), 0);
	}
	return n;
}

static bool link_get(const char *name, struct klink *ret)
{
	struct kobj o;

	for (unsigned i = 0; fake_get(&kernel, KOBJ_LINK, i, &o); i++)
		if (strcmp(o.link.name, name) == 0) {
			*ret = o.link;
			return true;
		}
	return false;
}

static bool route_get_(const char *dst, struct kroute *ret)
{
	struct prefix p = prefix(dst);
	struct kobj o;

	for (unsigned i = 0; fake_get(&kernel, KOBJ_ROUTE, i, &o); i++)
		if (prefix_equal(&o.route.prefix, &p)) {
			*ret = o.route;
			return true;
		}
	return false;
}

/* Deletes an object behind the core's back, which is notified. */
static void strike(enum kobj_type type, unsigned n)
{
	uint8_t buf[2048];
	static const uint16_t del[] = { [KOBJ_LINK] = RTM_DELLINK, [KOBJ_ADDR] = RTM_DELADDR,
		[KOBJ_NEXTHOP] = RTM_DELNEXTHOP, [KOBJ_NEIGH] = RTM_DELNEIGH,
		[KOBJ_FDB] = RTM_DELNEIGH, [KOBJ_ROUTE] = RTM_DELROUTE };

	for (size_t i = 0; i < kernel.objects.n; i++) {
		struct fake_object *o = &kernel.objects.v[i];
		struct nlmsghdr h;

		if (!o->live || o->type != type || n-- > 0)
			continue;
		o->live = false;
		memcpy(buf, o->bytes, o->len);
		memcpy(&h, buf, sizeof(h));
		h.nlmsg_type = del[type];
		memcpy(buf, &h, sizeof(h));
		{
			struct overlay_event ev = { .type = OVERLAY_NL_NOTIFY };

			ev.bytes.data = buf;
			ev.bytes.len = o->len;
			fake_input(&kernel, &ev);
		}
		return;
	}
	ck_abort_msg("no such object");
}

/* ---- tests */

START_TEST(configuration_becomes_devices)
{
	struct klink l, vrf, br;
	struct kroute r;

	box();
	ck_assert(link_get("prod", &vrf));
	ck_assert_int_eq(vrf.kind, KLINK_VRF);
	ck_assert(link_get("br10", &br));
	ck_assert_uint_eq(br.master, vrf.ifindex);
	ck_assert(memcmp(br.mac.b, mac("02:00:0a:01:0a:01").b, 6) == 0);
	ck_assert(link_get("vxlan10010", &l));
	ck_assert_uint_eq(l.vni, 10010);
	ck_assert_uint_eq(l.master, br.ifindex);
	ck_assert(!l.learning && l.flags & IFF_UP);
	ck_assert_uint_eq(l.group, KOBJ_LINK_GROUP);
	ck_assert(link_get("eth1", &l));
	ck_assert_uint_eq(l.master, br.ifindex);
	ck_assert(link_get("l3br4000", &l));
	ck_assert(memcmp(l.mac.b, "\x02\x57\x0a\xff\x00\x01", 6) == 0);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_ADDR), 2);
	ck_assert(route_get_("10.77.0.0/16", &r));
	ck_assert_uint_eq(r.table, vrf.table);
	ck_assert_uint_ne(r.nhid, 0);
	ck_assert(route_get_("10.78.0.0/16", &r));
	ck_assert_uint_eq(r.type, RTN_BLACKHOLE);
}
END_TEST

/* The kernel leaves what was in a VRF that goes in none: our addresses go with
 * it, or the segment would be joined to the underlay. */
START_TEST(a_vrf_that_goes_takes_its_addresses)
{
	struct overlay_config *c = config();
	struct klink br, vrf;
	struct kobj o;

	box();
	c->vrfs.n = 0;
	vec_free(&c->vrfs.v[0].routes);
	configure(c);
	fake_run(&kernel);
	ck_assert(!link_get("prod", &vrf));
	ck_assert(link_get("br10", &br));
	ck_assert_uint_eq(br.master, 0);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_ADDR), 1);
	ck_assert(fake_get(&kernel, KOBJ_ADDR, 0, &o));
	ck_assert_uint_eq(o.addr.ifindex, fake_ifindex(&kernel, "up1"));
	configure(config());
	fake_run(&kernel);
	ck_assert(link_get("prod", &vrf) && link_get("br10", &br));
	ck_assert_uint_eq(br.master, vrf.ifindex);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_ADDR), 2);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

START_TEST(nothing_is_in_two_segments)
{
	struct overlay_config *c = config();
	struct overlay_bridge_domain *d;
	struct err e;

	ck_assert_int_eq(overlay_config_check(c, &e), 0);
	d = vec_push(&c->bridge_domains);
	d->id = 11;
	d->vni = 4000;
	ck_assert_int_eq(overlay_config_check(c, &e), -EINVAL);
	ck_assert_str_eq(e.text, "VNI 4000 can't be in both bridge-domain 11 and vrf prod");
	d->vni = 0;
	snprintf(vec_push(&d->members)->name, IFNAMSIZ, "eth1");
	ck_assert_int_eq(overlay_config_check(c, &e), -EINVAL);
	ck_assert_str_eq(e.text,
			"interface eth1 can't be in both bridge-domain 10 and bridge-domain 11");
	d->members.n = 0;
	snprintf(overlay_config_interface(c, "eth1")->vrf, IFNAMSIZ, "prod");
	ck_assert_int_eq(overlay_config_check(c, &e), -EINVAL);
	overlay_config_interface(c, "eth1")->vrf[0] = 0;
	overlay_config_vrf(c, "prod")->table = 100;
	overlay_config_vrf(c, "dev")->table = 100;
	ck_assert_int_eq(overlay_config_check(c, &e), -EINVAL);
	ck_assert_str_eq(e.text, "table 100 can't be in both vrf dev and vrf prod");
	overlay_config_free(c);
}
END_TEST

START_TEST(links_go_up_after_their_settings)
{
	bool dad = false;

	box();
	for (size_t i = 0; i < kernel.sysctls.n; i++)
		dad |= strcmp(kernel.sysctls.v[i].text, "net/ipv6/conf/br10/accept_dad") == 0;
	ck_assert(dad);
}
END_TEST

START_TEST(the_feed_becomes_entries)
{
	struct kroute r;
	struct kobj o;
	bool neigh = false;

	box();
	feed_all();
	ck_assert(overlay_core_is_settled(core));
	ck_assert(route_get_("10.2.0.0/16", &r));
	ck_assert_uint_eq(r.proto, KOBJ_PROTO_BGP);
	ck_assert(route_get_("2001:db8:2::/48", &r));
	ck_assert(route_get_("10.50.0.0/16", &r));
	ck_assert_uint_eq(r.table, RT_TABLE_MAIN);
	/* MAC at the VTEP, twice (device and bridge), the router's, flooding */
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 5);
	for (unsigned i = 0; fake_get(&kernel, KOBJ_NEIGH, i, &o); i++)
		neigh |= o.neigh.ip.family == 4 && o.neigh.ip.b[3] == 22 &&
			 o.neigh.flags & NTF_EXT_LEARNED;
	ck_assert(neigh);
}
END_TEST

START_TEST(what_is_taken_comes_back)
{
	static const enum kobj_type types[] = { KOBJ_ROUTE, KOBJ_FDB, KOBJ_NEIGH, KOBJ_ADDR };

	box();
	feed_all();
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		unsigned n = fake_count(&kernel, types[t]);

		for (unsigned i = 0; i < n; i++) {
			strike(types[t], 0);
			fake_run(&kernel);
			ck_assert_uint_eq(fake_count(&kernel, types[t]), n);
		}
	}
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

START_TEST(lost_notifications_end_in_the_same_state)
{
	unsigned n;

	box();
	feed_all();
	n = fake_count(&kernel, KOBJ_ROUTE);
	for (size_t i = 0; i < kernel.objects.n; i++)
		if (kernel.objects.v[i].type == KOBJ_ROUTE)
			kernel.objects.v[i].live = false; /* and nobody says so */
	event(OVERLAY_NL_OVERRUN);
	kernel.now += MONO_SEC(5);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_ROUTE), n);
}
END_TEST

START_TEST(a_restart_changes_nothing)
{
	unsigned requests;

	box();
	feed_all();
	overlay_core_free(core);
	core = overlay_core_new(8);
	kernel.core = core;
	requests = kernel.requests;
	configure(config());
	fake_run(&kernel);
	/* Not even before bgpd has said anything. */
	ck_assert_uint_eq(kernel.requests, requests);
	feed_all();
	ck_assert_uint_eq(kernel.requests, requests);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

START_TEST(bgpd_goes_and_comes_with_less)
{
	unsigned requests;
	struct kroute r;

	box();
	feed_all();
	requests = kernel.requests;
	event(OVERLAY_FEED_DOWN);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.requests, requests);
	event(OVERLAY_FEED_UP);
	feed_route("default", "10.50.0.0/16", "10.0.1.3", 0, true);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.requests, requests); /* END has not come */
	feed_end();
	fake_run(&kernel);
	ck_assert(route_get_("10.50.0.0/16", &r));
	ck_assert(!route_get_("10.2.0.0/16", &r));
	ck_assert(route_get_("10.77.0.0/16", &r));
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 0);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* Before its END a bgpd that is back may say of a route that it has none, as it does
 * not know its next hop yet: no news. */
START_TEST(a_withdrawal_of_what_was_not_said)
{
	struct kroute r;

	box();
	feed_all();
	event(OVERLAY_FEED_DOWN);
	event(OVERLAY_FEED_UP);
	feed_route("default", "10.50.0.0/16", NULL, 0, false);
	fake_run(&kernel);
	ck_assert(route_get_("10.50.0.0/16", &r));
	feed_end();
	fake_run(&kernel);
	ck_assert(!route_get_("10.50.0.0/16", &r));
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* Before END, too, overlayd not knowing yet what else there will be. */
START_TEST(a_withdrawal_of_what_was_said)
{
	struct kroute r;

	box();
	feed_all();
	overlay_core_free(core);
	core = overlay_core_new(8);
	kernel.core = core;
	configure(config());
	event(OVERLAY_FEED_UP);
	feed_route("default", "10.50.0.0/16", "10.0.1.3", 0, true);
	fake_run(&kernel);
	feed_route("default", "10.50.0.0/16", NULL, 0, false);
	fake_run(&kernel);
	ck_assert(!route_get_("10.50.0.0/16", &r));
	ck_assert(route_get_("10.2.0.0/16", &r));
	feed_route("default", "10.50.0.0/16", "10.0.1.3", 0, true);
	fake_run(&kernel);
	ck_assert(route_get_("10.50.0.0/16", &r));
	feed_end();
	fake_run(&kernel);
	ck_assert(!route_get_("10.2.0.0/16", &r));
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

static void restart(uint64_t seed)
{
	overlay_core_free(core);
	core = overlay_core_new(seed);
	kernel.core = core;
	configure(config());
	event(OVERLAY_FEED_UP);
}

static bool neighbour_is_there(uint8_t last)
{
	struct kobj o;

	for (unsigned i = 0; fake_get(&kernel, KOBJ_NEIGH, i, &o); i++)
		if (o.neigh.ip.family == 4 && o.neigh.ip.b[3] == last)
			return true;
	return false;
}

/* As of routes: before END only what was said can be withdrawn, and then is. */
START_TEST(entries_withdrawn_before_the_end)
{
	box();
	feed_all();
	if (_i == 0) {
		restart(8);
	} else {
		event(OVERLAY_FEED_DOWN);
		event(OVERLAY_FEED_UP);
	}
	feed_vtep("10.255.0.2", false);
	feed_mac("02:00:00:00:00:22", NULL, "10.255.0.2", false);
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", false);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 5);
	ck_assert(neighbour_is_there(22));
	feed_vtep("10.255.0.2", true);
	feed_mac("02:00:00:00:00:22", NULL, "10.255.0.2", true);
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", true);
	fake_run(&kernel);
	feed_vtep("10.255.0.2", false);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 4);
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", false);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 4);
	ck_assert(!neighbour_is_there(22));
	feed_mac("02:00:00:00:00:22", NULL, "10.255.0.2", false);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 2); /* the router's */
	ck_assert(overlay_core_is_settled(core));
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", true);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 4);
	ck_assert(neighbour_is_there(22));
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", false);
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 2);
	feed_end();
	fake_run(&kernel);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 0);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* What an address alone is told of is as good as said, too. */
START_TEST(an_address_withdrawn_before_the_end)
{
	box();
	feed_all();
	restart(9);
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", true);
	fake_run(&kernel);
	feed_mac("02:00:00:00:00:22", "10.1.10.22", "10.255.0.2", false);
	fake_run(&kernel);
	ck_assert(!neighbour_is_there(22));
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 3); /* flooding, and the router's */
}
END_TEST

START_TEST(what_is_others_is_left_alone)
{
	uint8_t buf[512];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct rtmsg h = { .rtm_family = AF_INET, .rtm_dst_len = 8, .rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST };
	struct overlay_config *empty = overlay_config_new();
	struct kroute r;

	link_there("mine");
	box();
	nlw_begin(&w, RTM_NEWROUTE, 0, 0, &h, sizeof(h));
	nlw_attr(&w, RTA_DST, "\x42\0\0\0", 4);
	nlw_u32(&w, RTA_OIF, fake_ifindex(&kernel, "mine"));
	nlw_end(&w);
	fake_apply(&kernel, buf, w.len);
	addr_there(fake_ifindex(&kernel, "mine"), "192.0.2.1", 24);
	feed_all();
	event(OVERLAY_FEED_UP);
	feed_end();
	configure(empty);
	fake_run(&kernel);
	ck_assert(route_get_("66.0.0.0/8", &r));
	ck_assert_uint_ne(fake_ifindex(&kernel, "mine"), 0);
	ck_assert_uint_ne(fake_ifindex(&kernel, "eth1"), 0);
	ck_assert_uint_eq(fake_ifindex(&kernel, "prod"), 0);
	ck_assert_uint_eq(fake_ifindex(&kernel, "br10"), 0);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_ADDR), 1);
}
END_TEST

START_TEST(refusals_are_kept_and_tried_again)
{
	struct feed_msg status;
	struct kroute r;

	box();
	kernel.refuse_type = RTM_NEWROUTE;
	feed_all();
	ck_assert(!route_get_("10.50.0.0/16", &r));
	ck_assert_uint_gt(told(FEED_ROUTE_STATUS, &status), 0);
	ck_assert_int_eq(status.route_status.error, EINVAL);
	ck_assert_str_ne(status.route_status.reason, "");
	kernel.refuse_type = 0;
	ck_assert_int_lt(overlay_core_deadline(core), MONO_NEVER);
	kernel.now += MONO_SEC(2);
	fake_run(&kernel);
	ck_assert(route_get_("10.50.0.0/16", &r));
	ck_assert_uint_gt(told(FEED_ROUTE_STATUS, &status), 0);
	ck_assert_int_eq(status.route_status.error, 0);
}
END_TEST

/* As a VRF on a kernel that has none. */
START_TEST(a_refused_link_is_logged_once)
{
	unsigned logged;

	link_there("lo");
	link_there("up1");
	link_there("eth1");
	kernel.refuse_type = RTM_NEWLINK;
	configure(config());
	logged = kernel.logged;
	for (int i = 0; i < 100; i++) {
		fake_run(&kernel);
		kernel.now += MONO_SEC(70);
		event(OVERLAY_TICK);
		if (i == 10)
			logged = kernel.logged;
	}
	ck_assert_uint_eq(kernel.logged, logged);
	kernel.refuse_type = 0;
	kernel.now += MONO_SEC(70);
	fake_run(&kernel);
	ck_assert_uint_ne(fake_ifindex(&kernel, "prod"), 0);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* What a bridge says of a host on a port. */
static void host_moves(const char *m, const char *port, bool gone)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct ndmsg h = { .ndm_family = AF_BRIDGE, .ndm_state = NUD_REACHABLE,
		.ndm_flags = NTF_MASTER };
	struct mac_addr a = mac(m);

	h.ndm_ifindex = (int)fake_ifindex(&kernel, port);
	nlw_begin(&w, gone ? RTM_DELNEIGH : RTM_NEWNEIGH, 0, 0, &h, sizeof(h));
	nlw_attr(&w, NDA_LLADDR, a.b, 6);
	nlw_end(&w);
	{
		const uint8_t *p = buf;
		struct nlmsg msg;

		/* A host that is elsewhere by now can't go. */
		ck_assert_int_eq(nlmsg_next(&p, buf + w.len, &msg), 1);
		fake_request(&kernel, &msg, false);
	}
}

static void host_seen(const char *m, const char *port, bool gone)
{
	host_moves(m, port, gone);
	fake_run(&kernel);
}

static void neighbour_seen(const char *m, const char *addr, uint16_t state)
{
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct kneigh n = { .ifindex = fake_ifindex(&kernel, "br10"), .ip = ip(addr), .mac = mac(m),
		.state = state };
	struct overlay_event ev = { .type = OVERLAY_NL_NOTIFY };

	kobj_encode_neigh(&w, 0, &n, true);
	ev.bytes.data = buf;
	ev.bytes.len = w.len;
	fake_input(&kernel, &ev);
	fake_run(&kernel);
}

START_TEST(hosts_are_told_and_taken_back)
{
	struct feed_msg m;

	box();
	feed_all();
	told(FEED_END, NULL);
	host_seen("02:00:00:00:00:11", "eth1", false);
	ck_assert_uint_eq(told(FEED_LOCAL_MAC, &m), 1);
	ck_assert(m.add && m.mac.vni == 10010 && m.mac.ip.family == 0);
	neighbour_seen("02:00:00:00:00:11", "10.1.10.11", NUD_REACHABLE);
	ck_assert_uint_eq(told(FEED_LOCAL_MAC, &m), 1);
	ck_assert(m.add && m.mac.ip.b[3] == 11);
	/* Behind the tunnel: not ours. */
	host_seen("02:00:00:00:00:12", "vxlan10010", false);
	neighbour_seen("02:00:00:00:00:12", "10.1.10.12", NUD_REACHABLE);
	ck_assert_uint_eq(told(FEED_LOCAL_MAC, NULL), 0);
	host_seen("02:00:00:00:00:11", "eth1", true);
	ck_assert_uint_eq(told(FEED_LOCAL_MAC, &m), 2); /* MAC, and its address */
	ck_assert(!m.add);
}
END_TEST

START_TEST(a_host_that_moves_here_is_ours)
{
	struct feed_msg m;
	unsigned fdb;

	box();
	feed_all();
	told(FEED_END, NULL);
	fdb = fake_count(&kernel, KOBJ_FDB);
	host_seen("02:00:00:00:00:22", "eth1", false);
	ck_assert_uint_eq(told(FEED_LOCAL_MAC, &m), 1);
	ck_assert(m.add);
	/* The tunnel's entry goes; the bridge's is the host's own now. */
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), fdb - 1);
}
END_TEST

START_TEST(silent_hosts_are_probed)
{
	unsigned requests;

	box();
	feed_all();
	host_seen("02:00:00:00:00:11", "eth1", false);
	neighbour_seen("02:00:00:00:00:11", "10.1.10.11", NUD_STALE);
	requests = kernel.requests;
	ck_assert_int_lt(overlay_core_deadline(core), kernel.now + MONO_SEC(60));
	kernel.now += MONO_SEC(60);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.requests, requests + 1);
}
END_TEST

START_TEST(next_hops_are_watched)
{
	struct feed_msg w = { .type = FEED_NEXTHOP_WATCH, .add = true, .vrf = "default" }, m;
	struct overlay_config *c;

	box();
	event(OVERLAY_FEED_UP);
	feed_end();
	fake_run(&kernel);
	told(FEED_END, NULL);
	w.nexthop.addr = ip("10.0.1.3");
	feed(w);
	fake_run(&kernel);
	ck_assert_uint_eq(told(FEED_NEXTHOP, &m), 1);
	ck_assert(m.nexthop.resolved && m.nexthop.connected && !m.nexthop.by_default);
	w.nexthop.addr = ip("99.0.0.1");
	feed(w);
	fake_run(&kernel);
	ck_assert_uint_eq(told(FEED_NEXTHOP, &m), 1);
	ck_assert(!m.nexthop.resolved);
	feed_route("default", "0.0.0.0/0", "10.0.1.3", 0, true);
	fake_run(&kernel);
	ck_assert_uint_eq(told(FEED_NEXTHOP, &m), 1);
	ck_assert(m.nexthop.resolved && m.nexthop.by_default);
	c = config();
	overlay_config_vrf(c, "default")->resolve_via_default[0] = true;
	configure(c);
	fake_run(&kernel);
	ck_assert_uint_eq(told(FEED_NEXTHOP, &m), 1);
	ck_assert(m.nexthop.resolved && !m.nexthop.by_default);
	c = config();
	overlay_config_vrf(c, "default");
	configure(c);
	fake_run(&kernel);
	ck_assert_uint_eq(told(FEED_NEXTHOP, &m), 1);
	ck_assert(m.nexthop.by_default);
}
END_TEST

START_TEST(one_next_hop_change_moves_all_routes)
{
	unsigned requests;
	char text[32];

	box();
	event(OVERLAY_FEED_UP);
	feed_route("default", "10.60.0.0/16", "10.0.1.3", 0, true);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "172.16.%d.0/24", i);
		feed_route("default", text, "10.60.0.1", 0, true);
	}
	feed_end();
	fake_run(&kernel);
	requests = kernel.requests;
	feed_route("default", "10.60.0.0/16", "10.0.1.2", 0, true);
	fake_run(&kernel);
	ck_assert(overlay_core_is_settled(core));
	/* The group of the 200 is replaced once. */
	ck_assert_uint_lt(kernel.requests - requests, 10);
}
END_TEST

START_TEST(lost_answers_are_recovered_from)
{
	struct kroute r;
	unsigned logged;

	box();
	kernel.answers_lost = true;
	event(OVERLAY_FEED_UP);
	feed_route("default", "10.50.0.0/16", "10.0.1.3", 0, true);
	feed_end();
	fake_run(&kernel);
	ck_assert(overlay_core_awaits_reply(core));
	logged = kernel.logged;
	/* While it is still being sent there is nothing to miss. */
	for (int i = 0; i < 10; i++) {
		event(OVERLAY_TICK);
		kernel.now += MONO_SEC(20);
		event(OVERLAY_NL_SENDING);
	}
	event(OVERLAY_TICK);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.logged, logged);
	ck_assert(overlay_core_awaits_reply(core));
	kernel.answers_lost = false;
	kernel.now += MONO_SEC(60);
	event(OVERLAY_TICK);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.logged, logged + 1);
	ck_assert(overlay_core_is_settled(core));
	ck_assert(route_get_("10.50.0.0/16", &r));
}
END_TEST

/* The kernel is busy, say with a listing that was given up: nothing is known from
 * that, and least of all that there is nothing. */
START_TEST(a_listing_that_fails_says_nothing)
{
	unsigned requests;

	box();
	event(OVERLAY_FEED_UP);
	feed_route("default", "10.50.0.0/16", "10.0.1.3", 0, true);
	feed_end();
	fake_run(&kernel);
	requests = kernel.requests;
	told(FEED_INTERFACE, NULL);
	kernel.list_error = -EBUSY;
	kernel.ends_in_error = _i;
	event(OVERLAY_RESYNC);
	fake_run(&kernel);
	ck_assert_uint_eq(told(FEED_INTERFACE, NULL), 0);
	kernel.list_error = 0;
	kernel.now += MONO_SEC(1);
	event(OVERLAY_TICK);
	fake_run(&kernel);
	ck_assert(overlay_core_is_settled(core));
	ck_assert_uint_eq(kernel.requests, requests);
}
END_TEST

/* A kernel that lacks a kind of object has none of it. */
START_TEST(a_kind_that_the_kernel_lacks)
{
	kernel.list_error = -EOPNOTSUPP;
	fake_run(&kernel);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

/* ---- several batches in the air */

static unsigned drawn(unsigned n)
{
	kernel.draw = hash_u64(9, kernel.draw) | 1;
	return (unsigned)(kernel.draw >> 8) % n;
}

/* Routes whose next hops come and go, so that leaves and groups do, too. */
static void some_route(void)
{
	char dst[32], gateway[32];

	snprintf(dst, sizeof(dst), "172.16.%u.0/24", drawn(12));
	snprintf(gateway, sizeof(gateway), "10.0.1.%u", 3 + 2 * drawn(3));
	if (drawn(2)) {
		feed_route("default", dst, gateway, 0, drawn(3) > 0);
	} else {
		snprintf(gateway, sizeof(gateway), "10.255.0.%u", 2 + drawn(3));
		feed_route("prod", dst, gateway, 4000, drawn(3) > 0);
	}
}

static void some_mac(void)
{
	char m[32], addr[32], vtep[32];

	snprintf(m, sizeof(m), "02:00:00:00:01:%02x", drawn(12));
	snprintf(addr, sizeof(addr), "10.1.10.%u", 100 + drawn(12));
	snprintf(vtep, sizeof(vtep), "10.255.0.%u", 2 + drawn(3));
	if (drawn(4) == 0)
		feed_vtep(vtep, drawn(2));
	else
		feed_mac(m, drawn(2) ? addr : NULL, vtep, drawn(3) > 0);
}

/* Something of ours goes, or a neighbour gets another address, and the core
 * will hear of it. */
static void some_stranger(void)
{
	static const enum kobj_type types[] = { KOBJ_ROUTE, KOBJ_FDB, KOBJ_NEIGH };
	enum kobj_type type = types[drawn(3)];
	unsigned n = fake_count(&kernel, type);
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct kobj o;

	if (n == 0)
		return;
	ck_assert(fake_get(&kernel, type, drawn(n), &o));
	if (type == KOBJ_ROUTE) {
		kobj_encode_route(&w, 0, &o.route, false);
	} else if (type == KOBJ_FDB) {
		if (o.neigh.master)
			o.neigh.flags |= NTF_MASTER;
		kobj_encode_fdb(&w, 0, &o.neigh, false);
	} else if (drawn(2)) {
		kobj_encode_neigh(&w, 0, &o.neigh, false);
	} else {
		o.neigh.mac = mac("02:00:00:00:09:09");
		o.neigh.flags = 0;
		o.neigh.proto = 0;
		kobj_encode_neigh(&w, 0, &o.neigh, true);
	}
	fake_apply(&kernel, buf, w.len);
}

START_TEST(batches_in_the_air)
{
	unsigned requests;

	box();
	feed_all();
	kernel.draw = 1000u + (unsigned)_i;
	for (int i = 0; i < 600; i++) {
		switch (drawn(_i % 2 ? 9 : 8)) {
		default:
			some_mac();
			break;
		case 0:
		case 1:
		case 2:
		case 3:
			some_route();
			break;
		case 8:
			some_stranger();
			break;
		}
		fake_steps(&kernel, drawn(8));
		ck_assert_uint_eq(kernel.broken, 0);
		ck_assert_uint_eq(kernel.refused, 0);
	}
	fake_run(&kernel);
	ck_assert(overlay_core_is_settled(core));
	ck_assert_uint_gt(kernel.most_in_air, 1);
	/* A listing finds that all was known. */
	requests = kernel.requests;
	event(OVERLAY_RESYNC);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.requests, requests);
	ck_assert(overlay_core_is_settled(core));
	ck_assert_uint_eq(kernel.broken, 0);
	ck_assert_uint_eq(kernel.refused, 0);
}
END_TEST

static void strike_vxlan(void)
{
	uint32_t ifindex = fake_ifindex(&kernel, "vxlan10010");
	uint8_t buf[256];
	struct nlw w = nlw_init(buf, sizeof(buf));

	if (!ifindex)
		return;
	kobj_encode_link_delete(&w, 0, ifindex);
	fake_apply(&kernel, buf, w.len);
}

/* Answers are lost, or the rest of a batch was not sent. */
static void lose_answers(void)
{
	struct overlay_event ev = { .type = OVERLAY_NL_LOST, .error = ENOBUFS };

	if (drawn(2))
		kernel.answers.n = 0;
	else if (kernel.waiting.n)
		vec_remove(&kernel.waiting, 0);
	fake_input(&kernel, &ev);
}

/* The bridge domain goes, or the L3VNI, or the VRF, and comes back. */
static void some_config(void)
{
	struct overlay_config *c = config();

	switch (drawn(6)) {
	case 0:
		vec_free(&c->bridge_domains.v[0].gateways);
		vec_free(&c->bridge_domains.v[0].members);
		c->bridge_domains.n = 0;
		break;
	case 1:
		overlay_config_vrf(c, "prod")->l3vni = 0;
		break;
	case 2:
		c->vrfs.n = 0;
		vec_free(&c->vrfs.v[0].routes);
		break;
	}
	configure(c);
}

static void some_trouble(void)
{
	static const uint16_t types[] = { RTM_NEWNEIGH, RTM_NEWROUTE, RTM_NEWNEXTHOP, RTM_DELNEIGH,
		RTM_DELROUTE, RTM_NEWLINK };

	switch (drawn(9)) {
	case 0:
		kernel.waiting.n = kernel.answers.n = kernel.notifications.n = 0;
		kernel.deletions_unheard = false;
		restart(drawn(1000));
		break;
	case 1:
		lose_answers();
		break;
	case 2:
		kernel.notifications.n = 0;
		event(OVERLAY_NL_OVERRUN);
		break;
	case 3:
		event(OVERLAY_FEED_DOWN);
		event(OVERLAY_FEED_UP);
		break;
	case 4:
		feed_end();
		break;
	case 5:
		kernel.refuse_type = drawn(2) ? types[drawn(6)] : 0;
		break;
	case 6:
		strike_vxlan();
		break;
	case 7:
		kernel.now += MONO_MSEC(drawn(3000));
		event(OVERLAY_TICK);
		break;
	case 8:
		some_config();
		break;
	}
}

static void some_host(void)
{
	char m[32];

	snprintf(m, sizeof(m), "02:00:00:00:01:%02x", drawn(12));
	host_moves(m, "eth1", drawn(2));
}

static void let_time_pass(void)
{
	for (int i = 0; i < 5; i++) {
		kernel.now += MONO_SEC(70);
		event(OVERLAY_TICK);
		fake_run(&kernel);
	}
	ck_assert(overlay_core_is_settled(core));
}

/* Whatever happened, in the end the kernel has what is wanted, the core knows it,
 * and when bgpd wants nothing any more nothing is left. */
START_TEST(whatever_happens)
{
	unsigned requests;
	struct kobj o;

	box();
	feed_all();
	kernel.draw = 5000u + (unsigned)_i;
	for (int i = 0; i < 600; i++) {
		switch (drawn(10)) {
		default:
			some_mac();
			break;
		case 0:
		case 1:
		case 2:
			some_route();
			break;
		case 3:
			some_stranger();
			break;
		case 4:
			if (drawn(3) == 0)
				some_host();
			break;
		case 5:
			if (drawn(3) == 0)
				some_trouble();
			break;
		}
		fake_steps(&kernel, drawn(8));
	}
	kernel.refuse_type = 0;
	configure(config());
	fake_run(&kernel);
	feed_end();
	let_time_pass();
	requests = kernel.requests;
	event(OVERLAY_RESYNC);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.requests, requests);
	event(OVERLAY_FEED_DOWN);
	event(OVERLAY_FEED_UP);
	feed_end();
	let_time_pass();
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_ROUTE), 2); /* the configuration's */
	for (unsigned i = 0; fake_get(&kernel, KOBJ_FDB, i, &o); i++)
		ck_assert(!(o.neigh.flags & NTF_EXT_LEARNED));
	for (unsigned i = 0; fake_get(&kernel, KOBJ_NEIGH, i, &o); i++)
		ck_assert(!(o.neigh.flags & NTF_EXT_LEARNED));
}
END_TEST

/* What the kernel says of deletions is not listened to while most entries go:
 * what a stranger took meanwhile comes back all the same. */
START_TEST(most_entries_go)
{
	char m[32], addr[32];
	bool unheard = false;
	unsigned requests, neighs;

	box();
	feed_all();
	neighs = fake_count(&kernel, KOBJ_NEIGH);
	kernel.draw = (unsigned)_i; /* 0: one after the other */
	for (int add = 1; add >= 0; add--) {
		for (int i = 0; i < 600; i++) {
			snprintf(m, sizeof(m), "02:00:00:00:%02x:%02x", 1 + i / 256, i % 256);
			snprintf(addr, sizeof(addr), "10.1.%d.%d", 100 + i / 256, i % 256);
			feed_mac(m, addr, "10.255.0.2", add);
		}
		for (int i = 0; i < 200 && !add && !unheard; i++) {
			kernel.draw = 5 + (unsigned)_i;
			fake_steps(&kernel, 1);
			unheard = kernel.deletions_unheard;
		}
		if (!add) {
			struct kobj o;
			uint8_t buf[256];
			struct nlw w = nlw_init(buf, sizeof(buf));
			unsigned n = 0;

			ck_assert(unheard);
			do
				ck_assert(fake_get(&kernel, KOBJ_NEIGH, n++, &o));
			while (o.neigh.ip.b[3] != 22); /* of feed_all() */
			kobj_encode_neigh(&w, 0, &o.neigh, false);
			fake_apply(&kernel, buf, w.len);
		}
		fake_run(&kernel);
	}
	ck_assert(kernel.deletions_unheard);
	ck_assert_int_le(overlay_core_deadline(core), kernel.now + MONO_MSEC(200));
	kernel.now += MONO_MSEC(200);
	fake_run(&kernel);
	ck_assert(!kernel.deletions_unheard);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_FDB), 5);
	ck_assert_uint_eq(fake_count(&kernel, KOBJ_NEIGH), neighs);
	requests = kernel.requests;
	event(OVERLAY_RESYNC);
	fake_run(&kernel);
	ck_assert_uint_eq(kernel.requests, requests);
	ck_assert(overlay_core_is_settled(core));
}
END_TEST

START_TEST(shelves_take_turns)
{
	struct idqueue q;
	struct idqueue_shelf *s;
	unsigned key, last = 0, runs = 0;

	idqueue_init(&q, 256);
	ck_assert_ptr_null(idqueue_shelf(&q));
	/* Four keys by turns; those of one come beside each other, in their order. */
	for (unsigned i = 0; i < 400; i++)
		idqueue_push(&q, i % 4, i);
	for (unsigned n = 0; (s = idqueue_shelf(&q)); n++) {
		key = idqueue_take(&q, s);
		runs += n == 0 || key % 4 != last % 4;
		if (n && key % 4 == last % 4)
			ck_assert_uint_gt(key, last);
		last = key;
		ck_assert_uint_eq(q.n, 399 - n);
	}
	ck_assert_uint_le(runs, 4);
	/* One that is pushed again and again doesn't keep the others waiting. */
	idqueue_push(&q, 1, 1);
	for (unsigned i = 0; i < 4; i++)
		idqueue_push(&q, 2 + i, 2 + i);
	for (unsigned n = 0, seen = 0; seen != 0x3e; n++) {
		ck_assert_uint_lt(n, 12);
		s = idqueue_shelf(&q);
		key = idqueue_take(&q, s);
		seen |= 1u << key;
		if (key == 1)
			idqueue_push(&q, 1, 1);
	}
	while ((s = idqueue_shelf(&q)))
		idqueue_take(&q, s);
	idqueue_free(&q);
}
END_TEST

START_TEST(the_snapshot_ends_once)
{
	struct feed_msg m;

	box();
	event(OVERLAY_FEED_UP);
	ck_assert_uint_eq(told(FEED_END, NULL), 1);
	event(OVERLAY_FEED_UP);
	ck_assert_uint_ge(told(FEED_VRF, &m), 2);
	ck_assert_uint_eq(told(FEED_END, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("overlay core");
	TCase *t = tcase_create("core");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, configuration_becomes_devices);
	tcase_add_test(t, a_vrf_that_goes_takes_its_addresses);
	tcase_add_test(t, nothing_is_in_two_segments);
	tcase_add_test(t, links_go_up_after_their_settings);
	tcase_add_test(t, the_feed_becomes_entries);
	tcase_add_test(t, what_is_taken_comes_back);
	tcase_add_test(t, lost_notifications_end_in_the_same_state);
	tcase_add_test(t, a_restart_changes_nothing);
	tcase_add_test(t, bgpd_goes_and_comes_with_less);
	tcase_add_test(t, a_withdrawal_of_what_was_not_said);
	tcase_add_test(t, a_withdrawal_of_what_was_said);
	tcase_add_loop_test(t, entries_withdrawn_before_the_end, 0, 2);
	tcase_add_test(t, an_address_withdrawn_before_the_end);
	tcase_add_test(t, what_is_others_is_left_alone);
	tcase_add_test(t, refusals_are_kept_and_tried_again);
	tcase_add_test(t, a_refused_link_is_logged_once);
	tcase_add_test(t, hosts_are_told_and_taken_back);
	tcase_add_test(t, a_host_that_moves_here_is_ours);
	tcase_add_test(t, silent_hosts_are_probed);
	tcase_add_test(t, next_hops_are_watched);
	tcase_add_test(t, one_next_hop_change_moves_all_routes);
	tcase_add_test(t, lost_answers_are_recovered_from);
	tcase_add_loop_test(t, a_listing_that_fails_says_nothing, 0, 2);
	tcase_add_test(t, a_kind_that_the_kernel_lacks);
	tcase_add_loop_test(t, batches_in_the_air, 0, 200);
	tcase_add_loop_test(t, whatever_happens, 0, 150);
	tcase_add_loop_test(t, most_entries_go, 0, 4);
	tcase_add_test(t, shelves_take_turns);
	tcase_add_test(t, the_snapshot_ends_once);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
