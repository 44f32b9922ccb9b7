/* Routes as they come in: loops, what the configuration adds, the end of a
 * session, policy that changes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/adj_in.h"
#include "lib/base/xalloc.h"
#include "tests/unit/rig.h"

static struct rig *r;
static struct rig_peer *a, *b, *i1;

static void setup(void)
{
	r = rig_new();
	a = rig_peer(r, "10.0.0.2", 100);
	b = rig_peer(r, "10.0.0.3", 200);
	i1 = rig_peer(r, "10.0.0.4", RIG_AS);
}

static void teardown(void)
{
	rig_free(r);
}

static void start(void)
{
	rig_configure(r);
	for (size_t i = 0; i < r->peers.n; i++)
		rig_up(r->peers.v[i]);
}

static const struct path *the_path(const char *prefix)
{
	uint32_t d = rig_dest(r, prefix);

	return d ? rib_path(rig_rib(r), rib_dest(rig_rib(r), d)->paths) : NULL;
}

static void expect_reason(const char *prefix, enum path_reason reason)
{
	ck_assert_ptr_nonnull(the_path(prefix));
	ck_assert_str_eq(reason_text(the_path(prefix)->reason), reason_text(reason));
	ck_assert_int_eq(the_path(prefix)->attrs != 0, reason == REASON_NONE);
}

START_TEST(as_loop)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, RIG_AS, 7) };

	start();
	rig_announce(a, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_AS_LOOP);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].received, 1);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].accepted, 0);
	ck_assert_str_eq(rig_told(b, "20.0.0.0/24"), "");
}
END_TEST

START_TEST(allowas_in)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, RIG_AS, RIG_AS) };

	a->family[0].allow_as_in = 2;
	start();
	rig_announce(a, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_NONE);
	x.part[PART_AS_PATH] = PATH(100, RIG_AS, RIG_AS, RIG_AS);
	rig_announce(a, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_AS_LOOP);
	ck_assert_str_eq(rig_told(b, "20.0.0.0/24"), "");
}
END_TEST

START_TEST(allowas_in_origin)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, RIG_AS) };

	a->family[0].allow_as_in_origin = true;
	start();
	rig_announce(a, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_NONE);
	x.part[PART_AS_PATH] = PATH(100, RIG_AS, 5);
	rig_announce(a, "20.0.1.0/24", &x);
	expect_reason("20.0.1.0/24", REASON_AS_LOOP);
}
END_TEST

START_TEST(reflection_loops)
{
	uint8_t cluster[4] = { 10, 0, 0, 1 };
	struct route_attrs x = { .has = HAS_ORIGINATOR, .originator_id = 0x0a000001 };

	start();
	rig_announce(i1, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_ORIGINATOR_LOOP);
	x.originator_id = 0x0a000009;
	x.part[PART_CLUSTER_LIST] = (struct attr_span){ cluster, 4 };
	rig_announce(i1, "20.0.1.0/24", &x);
	expect_reason("20.0.1.0/24", REASON_CLUSTER_LOOP);
}
END_TEST

START_TEST(next_hop_that_is_ours)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };

	start();
	ip_parse(RIG_ADDR, &x.next_hop);
	rig_announce(a, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_NEXT_HOP_SELF);
}
END_TEST

START_TEST(external_needs_a_policy)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };

	r->instance.ebgp_requires_policy = true;
	start();
	rig_announce(a, "20.0.0.0/24", &x);
	expect_reason("20.0.0.0/24", REASON_POLICY_DENIED);
	x.part[PART_AS_PATH].len = 0;
	rig_announce(i1, "20.0.1.0/24", &x);
	expect_reason("20.0.1.0/24", REASON_NONE);
	ck_assert_str_eq(rig_told(b, "20.0.1.0/24"), "");
}
END_TEST

START_TEST(weight_and_shutdown)
{
	uint8_t com[4] = { 0xff, 0xff, 0, 0 };
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100) };
	const struct attrs *s;

	a->family[0].has_weight = true;
	a->family[0].weight = 77;
	start();
	rig_announce(a, "20.0.0.0/24", &x);
	s = attrs_get(r->core->attrs, the_path("20.0.0.0/24")->attrs);
	ck_assert_uint_eq(attrs_weight(s), 77);
	ck_assert_uint_ne(the_path("20.0.0.0/24")->attrs_in, the_path("20.0.0.0/24")->attrs);
	x.part[PART_AS_PATH] = PATH(200);
	x.part[PART_COMMUNITIES] = (struct attr_span){ com, 4 };
	rig_announce(b, "20.0.1.0/24", &x);
	s = attrs_get(r->core->attrs, the_path("20.0.1.0/24")->attrs);
	ck_assert(s->has & HAS_LOCAL_PREF);
	ck_assert_uint_eq(s->local_pref, 0);
}
END_TEST

START_TEST(the_end_of_a_session)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1) };
	struct route_attrs y = { .part[PART_AS_PATH] = PATH(200, 1, 2) };

	start();
	for (uint32_t n = 0; n < 20000; n++)
		rig_announce_n(a, n, &x);
	for (uint32_t n = 0; n < 20000; n += 2)
		rig_announce_n(b, n, &y);
	rig_run(r);
	ck_assert_uint_eq(rig_told_count(i1), 20000);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].received, 20000);
	rig_down(a);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].received, 0);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].accepted, 0);
	ck_assert_uint_eq(rib_dest_count(rig_rib(r)), 10000);
	ck_assert_uint_eq(rig_told_count(i1), 10000);
	rig_down(b);
	ck_assert_uint_eq(rib_dest_count(rig_rib(r)), 0);
	ck_assert_uint_eq(rig_told_count(i1), 0);
}
END_TEST

/* The purge of the old session must leave what the new one brings. */
START_TEST(back_before_the_purge_is_over)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1) };
	struct peer *p;

	start();
	p = rig_core_peer(a);
	for (uint32_t n = 0; n < 30000; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	for (int round = 0; round < 6; round++) {
		adj_in_purge(p, FAM_IPV4_UNICAST, false, NULL);
		for (uint32_t n = 0; n < 200; n++)
			rig_announce_n(a, 29000 + n * (unsigned)(round + 1) % 900, &x);
	}
	rig_run(r);
	ck_assert_uint_eq(p->family[0].received, p->family[0].accepted);
	ck_assert_uint_eq(rib_path_count(rig_rib(r)), p->family[0].received);
	ck_assert_uint_le(p->family[0].received, 200);
	ck_assert_uint_ge(p->family[0].received, 100);
	ck_assert_uint_eq(rig_told_count(b), p->family[0].received);
}
END_TEST

START_TEST(stale_paths)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1) };
	struct peer *p;

	start();
	p = rig_core_peer(a);
	for (uint32_t n = 0; n < 100; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	ck_assert(!adj_in_is_stale(p, FAM_IPV4_UNICAST, the_path("20.0.0.0/24")));
	adj_in_mark_stale(p, FAM_IPV4_UNICAST);
	ck_assert(adj_in_is_stale(p, FAM_IPV4_UNICAST, the_path("20.0.0.0/24")));
	rig_run(r);
	ck_assert_uint_eq(rig_told_count(b), 100);
	for (uint32_t n = 0; n < 40; n++)
		rig_announce_n(a, n, &x);
	ck_assert(!adj_in_is_stale(p, FAM_IPV4_UNICAST, the_path("20.0.0.0/24")));
	adj_in_purge(p, FAM_IPV4_UNICAST, true, NULL);
	rig_run(r);
	ck_assert_uint_eq(p->family[0].received, 40);
	ck_assert_uint_eq(rig_told_count(b), 40);
	ck_assert_uint_eq(b->repeated, 0);
}
END_TEST

static unsigned done_calls;

static void count_done(struct peer *p, enum family f)
{
	(void)p;
	(void)f;
	done_calls++;
}

/* A new era while the stale paths of the one before are still being removed: what
 * came in between is stale now, but nobody said that it is to go. */
START_TEST(stale_while_purging)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1) };
	struct peer *p;

	start();
	p = rig_core_peer(a);
	for (uint32_t n = 0; n < 100; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	adj_in_mark_stale(p, FAM_IPV4_UNICAST);
	for (uint32_t n = 60; n < 100; n++)
		rig_announce_n(a, n, &x);
	done_calls = 0;
	adj_in_purge(p, FAM_IPV4_UNICAST, true, count_done);
	adj_in_mark_stale(p, FAM_IPV4_UNICAST);
	rig_run(r);
	ck_assert_uint_eq(done_calls, 1);
	ck_assert_uint_eq(p->family[0].received, 40);
	adj_in_purge(p, FAM_IPV4_UNICAST, true, count_done);
	adj_in_purge(p, FAM_IPV4_UNICAST, false, count_done);
	ck_assert_uint_eq(done_calls, 1);
	rig_run(r);
	ck_assert_uint_eq(done_calls, 3);
	ck_assert_uint_eq(p->family[0].received, 0);
}
END_TEST

/* Again and again all becomes stale, and nothing says that it is to go. */
START_TEST(many_eras)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1) };
	struct peer *p;

	start();
	p = rig_core_peer(a);
	for (uint32_t n = 0; n < 100; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	for (uint32_t era = 1; era <= 10; era++) {
		adj_in_mark_stale(p, FAM_IPV4_UNICAST);
		ck_assert_uint_eq(p->adj_in->family[FAM_IPV4_UNICAST].stale, 100);
		for (uint32_t n = 10 * (era % 5); n < 10 * (era % 5) + 10; n++)
			rig_announce_n(a, n, &x);
		rig_run(r);
		ck_assert_uint_eq(p->adj_in->family[FAM_IPV4_UNICAST].stale, 90);
		ck_assert(adj_in_is_stale(p, FAM_IPV4_UNICAST, the_path("20.0.99.0/24")));
	}
	adj_in_purge(p, FAM_IPV4_UNICAST, true, NULL);
	rig_run(r);
	ck_assert_uint_eq(p->family[0].received, 10);
	ck_assert_uint_eq(rig_told_count(b), 10);
}
END_TEST

static const char *denied;

static void deny_some(struct policy_config *c)
{
	struct prefix_list_config *l = vec_push(&c->prefix_lists);
	struct prefix_list_entry deny = { .seq = 5, .le = 32 },
				 rest = { .seq = 10, .permit = true, .any = true, .le = 32 };

	l->name = xstrdup("SOME");
	l->family = 4;
	if (denied) {
		ck_assert_int_eq(prefix_parse(denied, &deny.prefix), 0);
		prefix_list_config_add(l, &deny);
	}
	prefix_list_config_add(l, &rest);
}

START_TEST(policy_again)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1) };

	r->policy = deny_some;
	denied = NULL;
	a->family[0].in.prefix_list = "SOME";
	start();
	for (uint32_t n = 0; n < 5000; n++)
		rig_announce_n(a, n, &x);
	rig_run(r);
	ck_assert_uint_eq(rig_told_count(b), 5000);
	denied = "20.0.0.0/16"; /* 256 of them */
	rig_configure(r);
	rig_run(r);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].received, 5000);
	ck_assert_uint_eq(rig_core_peer(a)->family[0].accepted, 5000 - 256);
	ck_assert_uint_eq(rig_told_count(b), 5000 - 256);
	expect_reason("20.0.7.0/24", REASON_POLICY_DENIED);
	denied = "20.1.0.0/16";
	rig_configure(r);
	ck_assert_uint_eq(rig_told_count(b), 5000 - 256);
	ck_assert_str_eq(rig_told(b, "20.1.7.0/24"), "");
	ck_assert_str_ne(rig_told(b, "20.0.7.0/24"), "");
	denied = NULL;
	rig_configure(r);
	ck_assert_uint_eq(rig_told_count(b), 5000);
	ck_assert_uint_eq(b->repeated, 0);
}
END_TEST

/* With path ids a peer may have many of one destination. */
START_TEST(policy_again_for_many_paths)
{
	struct route_attrs x = { .part[PART_AS_PATH] = PATH(100, 1), .next_hop = ip4(0x0a000002) };
	struct bgp_core *c;
	struct peer *p;
	uint32_t key_dest, attrs;
	uint8_t key[5];

	r->policy = deny_some;
	denied = NULL;
	a->family[0].in.prefix_list = "SOME";
	start();
	p = rig_core_peer(a);
	c = p->instance->core;
	rig_announce_n(a, 7, &x);
	rig_run(r);
	key_dest = rig_dest(r, "20.0.7.0/24");
	memcpy(key, rib_dest(rig_rib(r), key_dest)->key, sizeof(key));
	for (uint32_t id = 1; id < 40; id++) {
		x.has = HAS_MED;
		x.med = id;
		attrs = attrs_intern(c->attrs, &x);
		attrs_ref(c->attrs, attrs);
		rib_update(rig_rib(r), key, p->source, id, attrs, attrs, 0, REASON_NONE, 1);
		p->family[0].received++;
		p->family[0].accepted++;
	}
	denied = "20.0.0.0/16";
	rig_configure(r);
	rig_run(r);
	ck_assert_uint_eq(p->family[0].received, 40);
	ck_assert_uint_eq(p->family[0].accepted, 0);
	ck_assert_str_eq(rig_told(b, "20.0.7.0/24"), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("adj_in");
	TCase *t = tcase_create("adj_in");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, as_loop);
	tcase_add_test(t, allowas_in);
	tcase_add_test(t, allowas_in_origin);
	tcase_add_test(t, reflection_loops);
	tcase_add_test(t, next_hop_that_is_ours);
	tcase_add_test(t, external_needs_a_policy);
	tcase_add_test(t, weight_and_shutdown);
	tcase_add_test(t, the_end_of_a_session);
	tcase_add_test(t, back_before_the_purge_is_over);
	tcase_add_test(t, stale_paths);
	tcase_add_test(t, stale_while_purging);
	tcase_add_test(t, many_eras);
	tcase_add_test(t, policy_again);
	tcase_add_test(t, policy_again_for_many_paths);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
