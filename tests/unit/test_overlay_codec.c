/* Netlink bytes of overlayd's core: what is written reads back, cut short at
 * every length it is refused or incomplete but never read beyond its end. */
#include <check.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/kobj.h"

static uint8_t buf[4096];

static struct ip_addr ip(const char *text)
{
	struct ip_addr a = { 0 };

	ip_parse(text, &a);
	return a;
}

static int decode(size_t len, struct kobj *ret)
{
	const uint8_t *p = buf;
	struct nlmsg m;

	return nlmsg_next(&p, buf + len, &m) == 1 ? kobj_decode(&m, ret) : -EPROTO;
}

/* Every shorter copy, in a block of its own so that a sanitizer sees a step
 * over its end; the header says the shorter length. */
static void cut(size_t len)
{
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		const uint8_t *p = copy;
		uint32_t said = (uint32_t)n;
		struct nlmsg m;
		struct kobj o;

		memcpy(copy, buf, n);
		if (n >= sizeof(said))
			memcpy(copy, &said, sizeof(said));
		if (nlmsg_next(&p, copy + n, &m) == 1)
			ck_assert_int_le(kobj_decode(&m, &o), 1);
		free(copy);
	}
}

START_TEST(route_round_trip)
{
	static const char *const prefixes[] = { "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32", "::/0" };

	for (int i = 0; i < 4; i++) {
		struct nlw w = nlw_init(buf, sizeof(buf));
		struct kroute r = { .table = i % 2 ? 254 : 70000, .proto = KOBJ_PROTO_BGP,
			.type = RTN_UNICAST, .metric = KOBJ_METRIC, .nhid = 77 };
		struct kobj o;

		prefix_parse(prefixes[i], &r.prefix);
		ck_assert(kobj_encode_route(&w, 1, &r, true));
		ck_assert_int_eq(decode(w.len, &o), 1);
		ck_assert(o.type == KOBJ_ROUTE && !o.gone && prefix_equal(&o.route.prefix, &r.prefix));
		ck_assert_uint_eq(o.route.table, r.table);
		ck_assert_uint_eq(o.route.nhid, 77);
		ck_assert_uint_eq(o.route.metric, KOBJ_METRIC);
		cut(w.len);
	}
}
END_TEST

START_TEST(link_round_trip)
{
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct klink l = { .name = "vxlan10010", .kind = KLINK_VXLAN, .vni = 10010, .port = 4789,
		.group = KOBJ_LINK_GROUP, .local = ip("10.255.0.1"), .mtu = 1450 };
	struct ifinfomsg h;
	struct kobj o;

	ck_assert(kobj_encode_link_create(&w, 1, &l));
	memcpy(&h, buf + sizeof(struct nlmsghdr), sizeof(h));
	h.ifi_index = 9; /* which the kernel chooses */
	memcpy(buf + sizeof(struct nlmsghdr), &h, sizeof(h));
	ck_assert_int_eq(decode(w.len, &o), 1);
	ck_assert_str_eq(o.link.name, "vxlan10010");
	ck_assert(o.link.kind == KLINK_VXLAN && o.link.vni == 10010 && o.link.port == 4789);
	ck_assert(o.link.mtu == 1450 && o.link.group == KOBJ_LINK_GROUP && !o.link.learning);
	ck_assert(ip_equal(&o.link.local, &l.local));
	cut(w.len);
}
END_TEST

START_TEST(gre_round_trip)
{
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct klink l = { .name = "tgw1", .kind = KLINK_GRE, .local = ip("10.0.0.1"),
		.remote = ip("10.0.0.2"), .has_key = true, .key = 7, .ttl = 64 };
	struct ifinfomsg h;
	struct kobj o;

	ck_assert(kobj_encode_link_create(&w, 1, &l));
	memcpy(&h, buf + sizeof(struct nlmsghdr), sizeof(h));
	h.ifi_index = 9;
	memcpy(buf + sizeof(struct nlmsghdr), &h, sizeof(h));
	ck_assert_int_eq(decode(w.len, &o), 1);
	ck_assert(o.link.kind == KLINK_GRE && o.link.has_key && o.link.key == 7 && o.link.ttl == 64);
	ck_assert(ip_equal(&o.link.remote, &l.remote));
	cut(w.len);
}
END_TEST

START_TEST(nexthop_round_trip)
{
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct knexthop n = { .id = 5, .proto = KOBJ_PROTO, .is_group = true, .n = 2 };
	struct kobj o;

	n.members[0].id = 3;
	n.members[0].weight = 1;
	n.members[1].id = 4;
	n.members[1].weight = 256;
	ck_assert(kobj_encode_nexthop(&w, 1, &n, true));
	ck_assert_int_eq(decode(w.len, &o), 1);
	ck_assert(o.nexthop.is_group && o.nexthop.n == 2 && o.nexthop.members[1].weight == 256);
	cut(w.len);
	w = nlw_init(buf, sizeof(buf));
	n = (struct knexthop){ .id = 6, .proto = KOBJ_PROTO, .family = 4, .onlink = true, .oif = 2,
		.gateway = ip("10.255.0.2") };
	ck_assert(kobj_encode_nexthop(&w, 1, &n, true));
	ck_assert_int_eq(decode(w.len, &o), 1);
	ck_assert(o.nexthop.onlink && o.nexthop.oif == 2 && o.nexthop.family == 4);
	ck_assert(ip_equal(&o.nexthop.gateway, &n.gateway));
	cut(w.len);
}
END_TEST

START_TEST(entries_round_trip)
{
	struct nlw w = nlw_init(buf, sizeof(buf));
	struct kneigh n = { .ifindex = 3, .ip = ip("2001:db8::1"), .mac = { { 2, 0, 0, 0, 0, 1 } },
		.state = NUD_NOARP, .flags = NTF_EXT_LEARNED, .proto = KOBJ_PROTO };
	struct kobj o;

	ck_assert(kobj_encode_neigh(&w, 1, &n, true));
	ck_assert_int_eq(decode(w.len, &o), 1);
	ck_assert(o.type == KOBJ_NEIGH && ip_equal(&o.neigh.ip, &n.ip) && o.neigh.proto == KOBJ_PROTO);
	cut(w.len);
	w = nlw_init(buf, sizeof(buf));
	n = (struct kneigh){ .ifindex = 3, .dst = ip("10.255.0.2"), .mac = { { 2, 0, 0, 0, 0, 1 } },
		.state = NUD_REACHABLE, .flags = NTF_SELF | NTF_EXT_LEARNED };
	ck_assert(kobj_encode_fdb(&w, 1, &n, true));
	ck_assert_int_eq(decode(w.len, &o), 1);
	ck_assert(o.type == KOBJ_FDB && ip_equal(&o.neigh.dst, &n.dst));
	cut(w.len);
}
END_TEST

START_TEST(a_full_batch_takes_no_part_of_a_message)
{
	struct nlw w = nlw_init(buf, 150);
	struct kroute r = { .table = 254, .proto = KOBJ_PROTO_BGP, .type = RTN_UNICAST, .nhid = 1 };
	size_t before = 0;

	prefix_parse("10.0.0.0/8", &r.prefix);
	while (kobj_encode_route(&w, 1, &r, true))
		before = w.len;
	ck_assert_uint_gt(before, 0);
	ck_assert_uint_eq(w.len, before);
}
END_TEST

START_TEST(acknowledgements)
{
	struct nlmsgerr e = { .error = -EINVAL };
	struct nlw w = nlw_init(buf, sizeof(buf));
	const uint8_t *p = buf;
	struct nlmsg m;
	char text[32];
	int error;

	nlw_begin(&w, NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED, 7, &e, sizeof(e));
	nlw_str(&w, NLMSGERR_ATTR_MSG, "Nexthop id does not exist, and more than fits");
	nlw_end(&w);
	ck_assert_int_eq(nlmsg_next(&p, buf + w.len, &m), 1);
	ck_assert_int_eq(kobj_decode_ack(&m, &error, text, sizeof(text)), 1);
	ck_assert_int_eq(error, -EINVAL);
	ck_assert(strncmp(text, "Nexthop id does not exist", 25) == 0);
	ck_assert_uint_eq(strlen(text), sizeof(text) - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("overlay codec");
	TCase *t = tcase_create("codec");
	SRunner *r;
	int failed;

	tcase_add_test(t, route_round_trip);
	tcase_add_test(t, link_round_trip);
	tcase_add_test(t, gre_round_trip);
	tcase_add_test(t, nexthop_round_trip);
	tcase_add_test(t, entries_round_trip);
	tcase_add_test(t, a_full_batch_takes_no_part_of_a_message);
	tcase_add_test(t, acknowledgements);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
