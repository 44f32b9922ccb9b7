/* The decision process: one row per step, in which the left path wins for the
 * reason given; and random sets, where the order of arrival may not matter. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/decision.h"
#include "bgpd/core/nlri.h"
#include "lib/base/rng.h"
#include "lib/base/wr.h"

static struct attrs_table *attrs;
static struct info_table *infos;

/* A path in short.  as: the AS path, 0-terminated; negative segments are not
 * needed but for confederations: `confed` ASes come first. */
struct short_path {
	uint32_t weight, local_pref, med, metric, originator, time, router_id, path_id;
	uint32_t as[6], confed[3];
	uint8_t origin, clusters, addr, next_hop;
	bool ibgp, confed_peer, has_med, sticky;
	int mobility; /* sequence + 1; 0: no community */
	enum source_kind kind;
	uint8_t esi;
};

struct built {
	struct path path;
	struct route_source source;
	struct candidate candidate;
};

static void build(const struct short_path *s, uint32_t number, struct built *b)
{
	uint8_t as_path[64], clusters[64] = { 0 }, ext[8] = { 0x06, 0x00 };
	struct wr w = wr_init(as_path, sizeof(as_path));
	struct route_attrs a = { .origin = s->origin };
	struct nlri_info info = { { NLRI_LABEL_NONE, NLRI_LABEL_NONE }, { s->esi }, { 0 } };
	unsigned n;

	for (n = 0; n < 3 && s->confed[n]; n++)
		;
	if (n) {
		wr_u8(&w, 3);
		wr_u8(&w, (uint8_t)n);
		for (unsigned i = 0; i < n; i++)
			wr_u32(&w, s->confed[i]);
	}
	for (n = 0; n < 6 && s->as[n]; n++)
		;
	if (n) {
		wr_u8(&w, 2);
		wr_u8(&w, (uint8_t)n);
		for (unsigned i = 0; i < n; i++)
			wr_u32(&w, s->as[i]);
	}
	a.part[PART_AS_PATH] = (struct attr_span){ as_path, (uint16_t)wr_len(&w) };
	a.part[PART_CLUSTER_LIST] = (struct attr_span){ clusters, (uint16_t)(4 * s->clusters) };
	if (s->mobility) {
		ext[2] = s->sticky;
		wr_put32(ext + 4, (uint32_t)s->mobility - 1);
		a.part[PART_EXT_COMMUNITIES] = (struct attr_span){ ext, 8 };
	}
	if (s->weight)
		a.has |= HAS_WEIGHT, a.weight = s->weight;
	if (s->local_pref)
		a.has |= HAS_LOCAL_PREF, a.local_pref = s->local_pref;
	if (s->has_med)
		a.has |= HAS_MED, a.med = s->med;
	if (s->originator)
		a.has |= HAS_ORIGINATOR, a.originator_id = s->originator;
	a.next_hop = ip4(0x0a000000u + s->next_hop);
	*b = (struct built){ 0 };
	b->path.attrs = attrs_intern(attrs, &a);
	b->path.info = s->esi ? info_intern(infos, &info) : 0;
	b->path.time = s->time;
	b->path.source = (uint16_t)number;
	b->path.flags = PATH_USABLE;
	b->source = (struct route_source){ .kind = s->kind ? s->kind : SOURCE_PEER, .ibgp = s->ibgp,
		.confed = s->confed_peer, .as = s->as[0] ? s->as[0] : 65000,
		.router_id = s->router_id ? s->router_id : 1, .addr = ip4(0xc0000200u + s->addr) };
	b->candidate = (struct candidate){ .path = &b->path, .attrs = attrs_get(attrs, b->path.attrs),
		.source = &b->source, .id = number, .metric = s->metric, .path_id = s->path_id };
}

static struct decision_context context(const struct decision_options *o, enum family f,
		const uint8_t *key)
{
	return (struct decision_context){ o, attrs, infos, f, key };
}

static void setup(void)
{
	attrs = attrs_table_new(1);
	infos = info_table_new(1);
}

static void teardown(void)
{
	attrs_table_free(attrs);
	info_table_free(infos);
}

#define AS1 .as = { 100, 200 }

static const struct {
	const char *name;
	struct short_path win, lose;
	enum path_reason reason;
	struct decision_options o;
	bool evpn;
} rows[] = {
	{ "weight before local preference", { AS1, .weight = 10 }, { AS1, .local_pref = 900 },
			REASON_WEIGHT, { 0 }, false },
	{ "a route made here has weight 32768", { .kind = SOURCE_NETWORK }, { AS1, .weight = 100 },
			REASON_WEIGHT, { 0 }, false },
	{ "local preference", { .as = { 1, 2, 3 }, .local_pref = 200 }, { .as = { 1 } },
			REASON_LOCAL_PREF, { 0 }, false },
	{ "local preference that is absent is the default", { .as = { 1, 2, 3 } },
			{ .as = { 1 }, .local_pref = 99 }, REASON_LOCAL_PREF, { 0 }, false },
	{ "a route made here", { .kind = SOURCE_AGGREGATE, .weight = 5 }, { AS1, .weight = 5 },
			REASON_LOCAL_ORIGIN, { 0 }, false },
	{ "AS path length", { .as = { 1, 2 }, .origin = 2 }, { .as = { 1, 2, 3 } },
			REASON_AS_PATH_LENGTH, { 0 }, false },
	{ "AS path length, ignored", { .as = { 1, 2, 3 } }, { .as = { 1, 2 }, .origin = 2 },
			REASON_ORIGIN, { .as_path_ignore = true }, false },
	{ "confederation segments do not count", { .as = { 1 }, .confed = { 7, 8, 9 }, .confed_peer = true },
			{ .as = { 1, 2 }, .confed_peer = true }, REASON_AS_PATH_LENGTH, { 0 }, false },
	{ "confederation segments count if asked for", { .as = { 1, 2 }, .confed_peer = true },
			{ .as = { 1 }, .confed = { 7, 8, 9 }, .confed_peer = true }, REASON_AS_PATH_LENGTH,
			{ .as_path_confed = true }, false },
	{ "origin", { AS1, .has_med = true, .med = 9 }, { AS1, .origin = 1 }, REASON_ORIGIN, { 0 }, false },
	{ "MED of the same neighbour AS", { AS1, .has_med = true, .med = 10, .ibgp = true },
			{ AS1, .has_med = true, .med = 20 }, REASON_MED, { 0 }, false },
	{ "MED that is absent is 0", { AS1, .ibgp = true }, { AS1, .has_med = true, .med = 1 },
			REASON_MED, { 0 }, false },
	{ "MED that is absent is the worst if asked for", { AS1, .ibgp = true, .has_med = true, .med = 9 },
			{ AS1 }, REASON_MED, { .med_missing_as_worst = true }, false },
	{ "MED of different neighbour ASes does not count",
			{ .as = { 100 }, .has_med = true, .med = 99 },
			{ .as = { 200 }, .has_med = true, .med = 1, .ibgp = true }, REASON_PEER_TYPE, { 0 },
			false },
	{ "MED of different neighbour ASes if asked for",
			{ .as = { 200 }, .has_med = true, .med = 1, .ibgp = true },
			{ .as = { 100 }, .has_med = true, .med = 99 }, REASON_MED,
			{ .always_compare_med = true }, false },
	{ "MED inside the confederation if asked for",
			{ .confed = { 7 }, .has_med = true, .med = 1, .ibgp = true },
			{ .confed = { 8 }, .has_med = true, .med = 2, .confed_peer = true }, REASON_MED,
			{ .med_confed = true }, false },
	{ "MED inside the confederation else not",
			{ .confed = { 8 }, .has_med = true, .med = 2, .confed_peer = true },
			{ .confed = { 7 }, .has_med = true, .med = 1, .ibgp = true }, REASON_CONFED, { 0 },
			false },
	{ "external peer", { AS1, .metric = 50 }, { AS1, .ibgp = true }, REASON_PEER_TYPE, { 0 }, false },
	{ "external before confederation", { AS1 }, { AS1, .confed_peer = true }, REASON_PEER_TYPE, { 0 },
			false },
	{ "confederation peer before internal", { AS1, .confed_peer = true, .metric = 5 },
			{ AS1, .ibgp = true }, REASON_CONFED, { 0 }, false },
	{ "IGP metric", { AS1, .metric = 5, .time = 9 }, { AS1, .metric = 6, .time = 1 },
			REASON_IGP_METRIC, { .max_paths_ebgp = 1 }, false },
	{ "older external path", { AS1, .time = 1, .router_id = 9 }, { AS1, .time = 2, .router_id = 1 },
			REASON_OLDER, { .max_paths_ebgp = 1 }, false },
	{ "age is nothing among internal paths", { AS1, .time = 2, .router_id = 1, .ibgp = true },
			{ AS1, .time = 1, .router_id = 9, .ibgp = true }, REASON_ROUTER_ID,
			{ .max_paths_ibgp = 1 }, false },
	{ "router id", { AS1, .time = 2, .router_id = 1, .addr = 9 },
			{ AS1, .time = 1, .router_id = 9, .addr = 1 }, REASON_ROUTER_ID,
			{ .compare_router_id = true, .max_paths_ebgp = 1 }, false },
	{ "originator instead of router id", { AS1, .ibgp = true, .originator = 3, .router_id = 9, .clusters = 2 },
			{ AS1, .ibgp = true, .router_id = 4 }, REASON_ROUTER_ID, { .max_paths_ibgp = 1 }, false },
	{ "cluster list length", { AS1, .ibgp = true, .originator = 3, .clusters = 1, .addr = 9 },
			{ AS1, .ibgp = true, .originator = 3, .clusters = 2, .addr = 1 },
			REASON_CLUSTER_LENGTH, { .max_paths_ibgp = 1 }, false },
	{ "neighbour address", { AS1, .addr = 1, .path_id = 9 }, { AS1, .addr = 2, .path_id = 1 },
			REASON_NEIGHBOR_ADDRESS, { .max_paths_ebgp = 1 }, false },
	{ "path id", { AS1, .path_id = 1 }, { AS1, .path_id = 2 }, REASON_PATH_ID,
			{ .max_paths_ebgp = 1 }, false },
	{ "multipath", { AS1, .addr = 1, .next_hop = 1 }, { AS1, .addr = 2, .next_hop = 2 },
			REASON_MULTIPATH, { .max_paths_ebgp = 2 }, false },
	{ "multipath not to the same next hop", { AS1, .addr = 1, .next_hop = 1 },
			{ AS1, .addr = 2, .next_hop = 1 }, REASON_NEIGHBOR_ADDRESS,
			{ .max_paths_ebgp = 2 }, false },
	{ "multipath not to another AS", { .as = { 1, 9 }, .addr = 1 }, { .as = { 2, 9 }, .addr = 2 },
			REASON_NEIGHBOR_ADDRESS, { .max_paths_ebgp = 2 }, false },
	{ "multipath to another AS, relaxed", { .as = { 1, 9 }, .addr = 1, .next_hop = 1 },
			{ .as = { 2, 9 }, .addr = 2, .next_hop = 2 }, REASON_MULTIPATH,
			{ .max_paths_ebgp = 2, .multipath_relax = true }, false },
	{ "MAC mobility: sequence", { AS1, .mobility = 5, .ibgp = true },
			{ AS1, .mobility = 4, .ibgp = true, .local_pref = 900 }, REASON_EVPN_MOBILITY, { 0 }, true },
	{ "MAC mobility: none is sequence 0", { AS1, .mobility = 2 }, { AS1, .local_pref = 900 },
			REASON_EVPN_MOBILITY, { 0 }, true },
	{ "MAC mobility: sticky", { AS1, .mobility = 1, .sticky = true }, { AS1, .mobility = 9 },
			REASON_EVPN_MOBILITY, { 0 }, true },
	{ "MAC mobility: the lower VTEP", { AS1, .mobility = 2, .next_hop = 1, .addr = 2 },
			{ AS1, .mobility = 2, .next_hop = 2, .addr = 1 }, REASON_EVPN_MOBILITY, { 0 }, true },
	{ "MAC mobility: ways to one segment", { AS1, .next_hop = 2, .esi = 3, .addr = 1 },
			{ AS1, .next_hop = 1, .esi = 3, .addr = 2 }, REASON_NEIGHBOR_ADDRESS,
			{ .max_paths_ebgp = 1 }, true },
	{ "MAC mobility counts for MAC routes only", { AS1, .local_pref = 900 }, { AS1, .mobility = 5 },
			REASON_LOCAL_PREF, { 0 }, false },
};

START_TEST(step)
{
	uint8_t key[NLRI_KEY_MAX] = { EVPN_MACIP };
	struct decision_options o = rows[_i].o;
	struct built b[2];

	o.default_local_pref = 100;
	for (int swap = 0; swap < 2; swap++) {
		struct decision_context x = context(&o, rows[_i].evpn ? FAM_EVPN : FAM_IPV4_UNICAST, key);
		struct candidate c[2];

		build(&rows[_i].win, 1u + (unsigned)swap, &b[0]);
		build(&rows[_i].lose, 2u - (unsigned)swap, &b[1]);
		c[0] = b[swap].candidate;
		c[1] = b[!swap].candidate;
		decision_run(&x, c, 2);
		ck_assert_msg(c[0].path == &b[0].path, "%s: the wrong one won", rows[_i].name);
		ck_assert_int_eq(b[0].path.reason, REASON_NONE);
		ck_assert_msg(b[1].path.reason == rows[_i].reason, "%s: reason is %s", rows[_i].name,
				reason_text(b[1].path.reason));
		ck_assert_int_eq(!!(b[1].path.flags & PATH_MULTIPATH),
				rows[_i].reason == REASON_MULTIPATH);
	}
}
END_TEST

/* RFC 3345: with MED compared in pairs the outcome depends on the order. */
START_TEST(med_needs_no_order)
{
	static const struct short_path set[] = {
		{ .as = { 1, 9 }, .has_med = true, .med = 100, .addr = 1, .metric = 5, .ibgp = true },
		{ .as = { 2, 9 }, .has_med = true, .med = 10, .addr = 2, .metric = 7, .ibgp = true },
		{ .as = { 1, 9 }, .has_med = true, .med = 50, .addr = 3, .metric = 9, .ibgp = true },
	};
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };
	struct decision_options o = { .default_local_pref = 100, .max_paths_ibgp = 1 };
	struct decision_context x = context(&o, FAM_IPV4_UNICAST, NULL);

	for (int i = 0; i < 6; i++) {
		struct built b[3];
		struct candidate c[3];

		for (unsigned j = 0; j < 3; j++) {
			build(&set[j], j + 1, &b[j]);
			c[j] = b[j].candidate;
		}
		struct candidate in[3] = { c[orders[i][0]], c[orders[i][1]], c[orders[i][2]] };

		decision_run(&x, in, 3);
		ck_assert_ptr_eq(in[0].path, &b[1].path);
		ck_assert_int_eq(b[0].path.reason, REASON_MED);
		ck_assert_int_eq(b[2].path.reason, REASON_IGP_METRIC);
	}
}
END_TEST

static struct short_path random_path(struct rng *r, unsigned i)
{
	struct short_path s = { .local_pref = (uint32_t)rng_below(r, 2) * 100,
		.origin = (uint8_t)rng_below(r, 2), .has_med = rng_below(r, 2),
		.med = (uint32_t)rng_below(r, 3), .metric = (uint32_t)rng_below(r, 2),
		.time = (uint32_t)rng_below(r, 2), .router_id = 1 + (uint32_t)rng_below(r, 2),
		.ibgp = rng_below(r, 2), .clusters = (uint8_t)rng_below(r, 2),
		.addr = (uint8_t)rng_below(r, 3), .next_hop = (uint8_t)rng_below(r, 3), .path_id = i + 1 };
	unsigned hops = 1 + (unsigned)rng_below(r, 2);

	for (unsigned h = 0; h < hops; h++)
		s.as[h] = 100 + (uint32_t)rng_below(r, 2);
	return s;
}

#define MANY 90

START_TEST(order_of_arrival)
{
	struct rng r = { 7 + (uint64_t)_i };
	struct decision_options o = { .default_local_pref = 100, .max_paths_ebgp = 3,
		.max_paths_ibgp = 2, .always_compare_med = _i & 1, .multipath_relax = _i & 2,
		.compare_router_id = _i & 4, .as_path_ignore = _i & 8 };
	struct decision_context x = context(&o, FAM_IPV4_UNICAST, NULL);

	for (int round = 0; round < 300; round++) {
		/* Now and then more than are moved by way of the stack. */
		unsigned n = 2 + (unsigned)rng_below(&r, round % 10 ? 7 : MANY - 1);
		struct built b[MANY];
		struct candidate first[MANY], c[MANY];
		uint8_t reasons[MANY];

		for (unsigned i = 0; i < n; i++) {
			struct short_path s = random_path(&r, i);

			build(&s, i + 1, &b[i]);
			c[i] = b[i].candidate;
		}
		memcpy(first, c, sizeof(first));
		decision_run(&x, first, n);
		for (unsigned i = 0; i < n; i++)
			reasons[i] = b[i].path.reason;
		for (int again = 0; again < 5; again++) {
			for (unsigned i = n - 1; i > 0; i--) {
				unsigned j = (unsigned)rng_below(&r, i + 1);
				struct candidate t = c[i];

				c[i] = c[j];
				c[j] = t;
			}
			decision_run(&x, c, n);
			for (unsigned i = 0; i < n; i++) {
				ck_assert_ptr_eq(c[i].path, first[i].path);
				ck_assert_int_eq(b[i].path.reason, reasons[i]);
			}
		}
	}
}
END_TEST

START_TEST(every_step_has_a_name)
{
	for (int r = REASON_WEIGHT; r < REASON_COUNT; r++) {
		if (r == REASON_AIGP || r == REASON_MULTIPATH)
			continue;
		ck_assert_ptr_nonnull(decision_step_name((enum path_reason)r));
		ck_assert_ptr_nonnull(decision_step_reference((enum path_reason)r));
	}
	for (int r = REASON_NONE; r < REASON_COUNT; r++)
		ck_assert_str_ne(reason_text((enum path_reason)r), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decision");
	TCase *t = tcase_create("decision");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, step, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, med_needs_no_order);
	tcase_add_loop_test(t, order_of_arrival, 0, 16);
	tcase_add_test(t, every_step_has_a_name);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
