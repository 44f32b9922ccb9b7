/* Tables: what they hold, what their readers see, what they let go of.  The
 * random test keeps a plain model beside the table. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"
#include "lib/base/rng.h"

#define SOURCES 6

static struct attrs_table *attrs;
static struct info_table *infos;
static struct route_source sources[SOURCES + 1];
static const struct route_source *source_table[SOURCES + 1];
static struct rib_env env;
static uint32_t dead_next_hop; /* number of the one that can't be reached */
static struct rib *rib;

static bool usable(const void *ctx, uint16_t instance, const struct route_source *src, uint32_t nh,
		uint32_t *ret_metric)
{
	(void)ctx;
	(void)instance;
	(void)src;
	*ret_metric = 0;
	return nh != dead_next_hop;
}

static void setup(void)
{
	attrs = attrs_table_new(1);
	infos = info_table_new(1);
	for (unsigned i = 0; i <= SOURCES; i++) {
		sources[i] = (struct route_source){ .kind = SOURCE_PEER, .as = 100 + i, .router_id = i,
			.addr = ip4(0x0a000000u + i) };
		source_table[i] = &sources[i];
	}
	env = (struct rib_env){ attrs, infos, source_table, usable, NULL };
	dead_next_hop = 0;
	rib = rib_new(&env, FAM_IPV4_UNICAST, 0, 5);
}

static void teardown(void)
{
	rib_free(rib);
	ck_assert_uint_eq(attrs_live(attrs), 0);
	attrs_table_free(attrs);
	info_table_free(infos);
}

static uint32_t make(uint32_t local_pref, uint8_t next_hop)
{
	struct route_attrs a = { .has = HAS_LOCAL_PREF, .local_pref = local_pref,
		.next_hop = ip4(0xc0000000u + next_hop) };

	return attrs_intern(attrs, &a);
}

static const uint8_t *key(uint32_t n)
{
	static uint8_t k[5];

	wr_put32(k, n << 8);
	k[4] = 24;
	return k;
}

static uint32_t put(uint32_t n, uint16_t source, uint32_t local_pref)
{
	uint32_t in = make(local_pref, 1);

	attrs_ref(attrs, in);
	return rib_update(rib, key(n), source, 0, in, in, 0, REASON_NONE, 1);
}

static uint32_t best_pref(uint32_t dest)
{
	const struct path *p = rib_best(rib, dest);

	return p ? attrs_get(attrs, p->attrs)->local_pref : 0;
}

START_TEST(paths_and_best)
{
	uint32_t d = put(1, 1, 100);

	ck_assert_uint_eq(best_pref(d), 100);
	ck_assert_uint_eq(put(1, 2, 200), d);
	ck_assert_uint_eq(best_pref(d), 200);
	ck_assert_uint_eq(rib_path_count(rib), 2);
	ck_assert_uint_eq(put(1, 2, 50), d); /* replaced, not added */
	ck_assert_uint_eq(rib_path_count(rib), 2);
	ck_assert_uint_eq(best_pref(d), 100);
	ck_assert(rib_withdraw(rib, key(1), 1, 0));
	ck_assert(!rib_withdraw(rib, key(1), 1, 0));
	ck_assert_uint_eq(best_pref(d), 50);
	ck_assert(rib_withdraw(rib, key(1), 2, 0));
	ck_assert_uint_eq(rib_dest_count(rib), 0); /* no reader: gone at once */
	ck_assert_uint_eq(rib_find(rib, key(1)), 0);
}
END_TEST

START_TEST(denied_and_unreachable)
{
	uint32_t in = make(100, 1), d;

	d = rib_update(rib, key(1), 1, 0, in, 0, 0, REASON_AS_LOOP, 1);
	ck_assert_ptr_null(rib_best(rib, d));
	ck_assert_int_eq(rib_path(rib, rib_dest(rib, d)->paths)->reason, REASON_AS_LOOP);
	put(1, 2, 100);
	put(1, 3, 300);
	ck_assert_uint_eq(best_pref(d), 300);
	dead_next_hop = attrs_next_hop_find(attrs, &(struct ip_addr){ 4, { 192, 0, 0, 1 } });
	ck_assert_uint_ne(dead_next_hop, 0);
	rib_decide(rib, d);
	ck_assert_ptr_null(rib_best(rib, d));
	for (uint32_t p = rib_dest(rib, d)->paths; p; p = rib_path(rib, p)->next)
		ck_assert_int_eq(rib_path(rib, p)->reason, rib_path(rib, p)->source == 1 ?
				REASON_AS_LOOP : REASON_NEXT_HOP_UNREACHABLE);
	dead_next_hop = 0;
	rib_decide(rib, d);
	ck_assert_uint_eq(best_pref(d), 300);
}
END_TEST

START_TEST(path_ids)
{
	uint32_t d = 0, seen = 0;

	for (uint32_t id = 1; id <= 200; id++) {
		uint32_t in = make(100 + id, 1);

		attrs_ref(attrs, in);
		d = rib_update(rib, key(1), 1, id, in, in, 0, REASON_NONE, 1);
	}
	ck_assert_uint_eq(rib_path_count(rib), 200);
	ck_assert_uint_eq(best_pref(d), 300);
	for (uint32_t p = rib_dest(rib, d)->paths; p; p = rib_path(rib, p)->next)
		seen += rib_path_add_path_id(rib, p);
	ck_assert_uint_eq(seen, 200 * 201 / 2);
	for (uint32_t id = 200; id > 1; id--)
		ck_assert(rib_withdraw(rib, key(1), 1, id));
	ck_assert(!rib_withdraw(rib, key(1), 1, 0));
	ck_assert_uint_eq(best_pref(d), 101);
	ck_assert(rib_withdraw(rib, key(1), 1, 1));
}
END_TEST

START_TEST(longest_match)
{
	static const struct {
		const char *prefix;
	} set[] = { { "0.0.0.0/0" }, { "10.0.0.0/8" }, { "10.1.0.0/16" }, { "10.1.2.0/24" },
		{ "10.1.2.3/32" } };
	static const struct {
		const char *addr, *expect;
	} asks[] = { { "10.1.2.3", "10.1.2.3/32" }, { "10.1.2.4", "10.1.2.0/24" },
		{ "10.1.3.1", "10.1.0.0/16" }, { "10.2.0.1", "10.0.0.0/8" }, { "11.0.0.1", "0.0.0.0/0" } };

	for (unsigned i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		uint32_t in = make(100, 1);
		struct prefix p;
		uint8_t k[5];

		ck_assert_int_eq(prefix_parse(set[i].prefix, &p), 0);
		nlri_key_unicast(&p, k);
		attrs_ref(attrs, in);
		rib_update(rib, k, 1, 0, in, in, 0, REASON_NONE, 1);
	}
	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct ip_addr a;
		struct prefix p;
		char text[PREFIX_TEXT_MAX];
		uint32_t d;

		ck_assert_int_eq(ip_parse(asks[i].addr, &a), 0);
		d = rib_match(rib, &a);
		ck_assert_uint_ne(d, 0);
		ck_assert(nlri_key_prefix(FAM_IPV4_UNICAST, rib_dest(rib, d)->key, &p));
		ck_assert_str_eq(prefix_text(&p, text), asks[i].expect);
	}
}
END_TEST

/* ---- readers ---- */

static int woken;

static void wake(struct rib_reader *r)
{
	(void)r;
	woken++;
}

START_TEST(reader_sees_changes_once)
{
	struct rib_reader r;
	uint32_t d;

	rib_reader_open(rib, &r, true, wake);
	woken = 0;
	d = put(1, 1, 100);
	ck_assert_int_eq(woken, 1);
	put(1, 1, 101);
	put(1, 2, 50); /* does not change the outcome */
	ck_assert_int_eq(woken, 1);
	ck_assert_uint_eq(rib_reader_next(&r), d);
	ck_assert_uint_eq(rib_reader_next(&r), 0);
	put(1, 2, 60);
	ck_assert(!rib_reader_pending(&r));
	put(1, 1, 10);
	ck_assert_int_eq(woken, 2);
	ck_assert_uint_eq(rib_reader_next(&r), d);
	/* Gone, but kept until the reader has passed it. */
	rib_withdraw(rib, key(1), 1, 0);
	rib_withdraw(rib, key(1), 2, 0);
	ck_assert_uint_eq(rib_dest_count(rib), 1);
	ck_assert_uint_eq(rib_reader_next(&r), d);
	ck_assert_uint_eq(rib_dest_count(rib), 1);
	ck_assert_uint_eq(rib_reader_next(&r), 0);
	ck_assert_uint_eq(rib_dest_count(rib), 0);
	rib_reader_close(&r);
}
END_TEST

START_TEST(a_late_reader_misses_nothing)
{
	struct rib_reader a, b;
	uint32_t d;

	rib_reader_open(rib, &a, true, NULL);
	d = put(1, 1, 100); /* logged, and not read yet */
	rib_reader_open(rib, &b, false, NULL);
	put(1, 1, 101); /* must be logged anew for b */
	ck_assert_uint_eq(rib_reader_next(&b), d);
	ck_assert_uint_eq(rib_reader_next(&b), 0);
	ck_assert_uint_eq(rib_reader_next(&a), d);
	ck_assert_uint_eq(rib_reader_next(&a), 0);
	rib_reader_close(&a);
	rib_reader_close(&b);
}
END_TEST

/* A destination that nobody could use is in no log: it stays for the reader that was
 * given it by its walk all the same, until that asks again. */
START_TEST(what_was_handed_out_stays)
{
	struct rib_reader r = { 0 };
	uint32_t d[3], ids[2];

	for (uint32_t n = 0; n < 3; n++)
		d[n] = rib_update(rib, key(n + 1), 1, 0, make(100, 1), 0, 0, REASON_AS_LOOP, 1);
	rib_reader_open(rib, &r, true, NULL);
	ck_assert_uint_eq(rib_reader_read(&r, ids, 2), 2);
	for (uint32_t n = 0; n < 3; n++)
		ck_assert(rib_withdraw(rib, key(n + 1), 1, 0));
	ck_assert_uint_eq(rib_find(rib, key(1)), d[0]);
	ck_assert_uint_eq(rib_find(rib, key(2)), d[1]);
	ck_assert_uint_eq(rib_find(rib, key(3)), 0); /* it was not given yet */
	ck_assert_ptr_null(rib_best(rib, ids[0]));
	while (rib_reader_next(&r))
		;
	ck_assert_uint_eq(rib_dest_count(rib), 0);
	rib_reader_close(&r);
}
END_TEST

START_TEST(flapping_needs_no_room)
{
	struct rib_reader slow, fast;

	rib_reader_open(rib, &slow, false, NULL);
	rib_reader_open(rib, &fast, false, NULL);
	for (uint32_t i = 0; i < 200000; i++) {
		put(i % 100, 1, 100 + i % 7 + i / 100 % 3);
		while (rib_reader_next(&fast))
			;
	}
	ck_assert_uint_le(rib->log.mask, 4095);
	for (unsigned n = 0; n < 100; n++)
		ck_assert_uint_ne(rib_reader_next(&slow), 0);
	ck_assert_uint_eq(rib_reader_next(&slow), 0);
	rib_reader_close(&slow);
	rib_reader_close(&fast);
}
END_TEST

/* The ring is full just when a destination changes again whose old entry one
 * reader has passed: compacting it must not count that entry twice. */
START_TEST(a_full_ring_loses_nothing)
{
	struct rib_reader slow, fast;
	unsigned n;

	rib_reader_open(rib, &slow, false, NULL);
	rib_reader_open(rib, &fast, false, NULL);
	for (uint32_t i = 0; i < 100000; i++) {
		put(i % 2000, 1, 100 + i / 2000 % 7);
		if (i % 5 == 0)
			while (rib_reader_next(&fast))
				;
		if (i % 20000 < 19999)
			continue;
		for (n = 0; rib_reader_next(&slow); n++)
			;
		ck_assert_uint_eq(n, 2000);
		while (rib_reader_next(&fast))
			;
		ck_assert_uint_eq(rib->log.head, rib->log.tail);
		ck_assert_uint_eq(rib->log.superseded, 0);
	}
	rib_reader_close(&slow);
	rib_reader_close(&fast);
}
END_TEST

#define KEYS 300
#define READERS 4

/* What a reader believes the best to be, by key. */
struct follower {
	struct rib_reader reader;
	bool open;
	uint32_t pref[KEYS];
};

static void follow(struct follower *f, uint32_t dest)
{
	const uint8_t *k = rib_dest(rib, dest)->key;

	f->pref[(uint32_t)k[0] << 16 | (uint32_t)k[1] << 8 | k[2]] = best_pref(dest);
}

START_TEST(random_changes)
{
	struct rng r = { 100 + (uint64_t)_i };
	uint32_t model[KEYS][SOURCES + 1] = { { 0 } };
	struct follower f[READERS];

	memset(f, 0, sizeof(f));
	/* A log that is about to wrap. */
	rib->log.tail = rib->log.head = rib->log.front = UINT32_MAX - 5000;
	for (int i = 0; i < 60000; i++) {
		uint32_t k = (uint32_t)rng_below(&r, KEYS), what = (uint32_t)rng_below(&r, 100);
		uint16_t src = (uint16_t)(1 + rng_below(&r, SOURCES));
		struct follower *x = &f[rng_below(&r, READERS)];

		if (what < 45) {
			model[k][src] = 1 + (uint32_t)rng_below(&r, 5);
			put(k, src, model[k][src]);
		} else if (what < 85) {
			ck_assert_int_eq(rib_withdraw(rib, key(k), src, 0), model[k][src] != 0);
			model[k][src] = 0;
		} else if (x->open && what == 99 && rng_below(&r, 20) == 0) {
			rib_reader_close(&x->reader);
			x->open = false;
		} else if (!x->open) {
			memset(x->pref, 0, sizeof(x->pref));
			rib_reader_open(rib, &x->reader, true, NULL);
			x->open = true;
		} else if (x - f < 2 || rng_below(&r, 50) == 0) { /* the others are slow */
			uint32_t ids[40], n = rib_reader_read(&x->reader, ids, 1 + (uint32_t)rng_below(&r, 40));

			for (uint32_t j = 0; j < n; j++)
				follow(x, ids[j]);
		}
	}
	for (int i = 0; i < READERS; i++)
		for (uint32_t d; f[i].open && (d = rib_reader_next(&f[i].reader));)
			follow(&f[i], d);
	for (uint32_t k = 0; k < KEYS; k++) {
		uint32_t best = 0, d = rib_find(rib, key(k));

		for (unsigned s = 1; s <= SOURCES; s++)
			if (model[k][s] > best)
				best = model[k][s];
		ck_assert_uint_eq(d ? best_pref(d) : 0, best);
		for (int i = 0; i < READERS; i++)
			if (f[i].open)
				ck_assert_uint_eq(f[i].pref[k], best);
	}
	for (int i = 0; i < READERS; i++)
		rib_reader_close(&f[i].reader);
	for (uint32_t d = 0; (d = rib_walk(rib, d));)
		ck_assert_uint_ne(rib_dest(rib, d)->paths, 0);
}
END_TEST

/* Attributes of which many are equal in many respects. */
static uint32_t make_any(struct rng *r, const struct route_source *src)
{
	uint8_t path[2 + 4 * 3] = { 2 }, cluster[4] = { 1 }, mobility[8] = { 6 };
	struct route_attrs a = { .has = HAS_LOCAL_PREF, .local_pref = 100,
		.next_hop = ip4(0xc0000000u + (uint32_t)rng_below(r, rib_family(rib) == FAM_EVPN ? 9 : 3)) };

	if (rng_below(r, 8) == 0)
		a.local_pref = 50;
	a.origin = rng_below(r, 4) == 0;
	path[1] = (uint8_t)(2 + (rng_below(r, 3) == 0));
	for (unsigned h = 0; h < path[1]; h++)
		wr_put32(path + 2 + 4 * h, 100 + (uint32_t)rng_below(r, 2));
	if (src->kind == SOURCE_PEER)
		a.part[PART_AS_PATH] = (struct attr_span){ path, (uint16_t)(2 + 4 * path[1]) };
	if (rng_below(r, 3) == 0) {
		a.has |= HAS_MED;
		a.med = (uint32_t)rng_below(r, 3);
	}
	if (rib_family(rib) == FAM_EVPN && rng_below(r, 2)) {
		mobility[2] = rng_below(r, 6) == 0;
		mobility[7] = (uint8_t)rng_below(r, 3);
		a.part[PART_EXT_COMMUNITIES] = (struct attr_span){ mobility, 8 };
	}
	if (src->ibgp && rng_below(r, 2))
		a.part[PART_CLUSTER_LIST] = (struct attr_span){ cluster, 4 };
	return attrs_intern(attrs, &a);
}

struct place {
	uint32_t id;
	uint8_t flags, reason;
};

static unsigned places(uint32_t dest, struct place *ret)
{
	unsigned n = 0;

	memset(ret, 0, 64 * sizeof(*ret));
	for (uint32_t id = rib_dest(rib, dest)->paths; id; id = rib_path(rib, id)->next)
		ret[n++] = (struct place){ id, rib_path(rib, id)->flags & (uint8_t) ~(PATH_SORTED | PATH_TWINS),
			(uint8_t)rib_path_reason(rib, dest, id) };
	return n;
}

static bool is_sorted(uint32_t dest)
{
	return rib_path(rib, rib_dest(rib, dest)->paths)->flags & PATH_SORTED;
}

static int place_compare(const void *a, const void *b)
{
	return (int)((const struct place *)a)->id - (int)((const struct place *)b)->id;
}

static const uint8_t *key_of_family(uint32_t n)
{
	static uint8_t k[NLRI_KEY_MAX];

	memset(k, 0, sizeof(k));
	if (rib_family(rib) != FAM_EVPN)
		return key(n);
	k[0] = n ? EVPN_MACIP : EVPN_IMET;
	k[8] = (uint8_t)n;
	return k;
}

/* One in so many has an Ethernet segment. */
static uint32_t make_info(struct rng *r, uint64_t segments)
{
	struct nlri_info i = { .label = { 10 + (uint32_t)rng_below(r, 2) } };

	if (rib_family(rib) != FAM_EVPN)
		return 0;
	if (rng_below(r, segments) == 0)
		i.esi[9] = (uint8_t)(1 + rng_below(r, 2));
	return info_intern(infos, &i);
}

/* A path that changes nothing for the others is put into its place alone: the
 * whole decision must then find everything where it would put it, unless it finds
 * that they can be sorted. */
static void one_path_alone_in(struct rng *r, int _i)
{
	struct decision_options o = { .default_local_pref = 100, .max_paths_ebgp = _i % 3,
		.max_paths_ibgp = 2, .always_compare_med = _i & 1, .multipath_relax = _i & 2,
		.compare_router_id = _i & 4, .as_path_ignore = _i & 8, .med_missing_as_worst = _i & 16 };

	for (unsigned s = 1; s <= SOURCES; s++) {
		sources[s].router_id = 1 + s / 2;
		sources[s].as = s < 4 ? 100 : 101;
		sources[s].ibgp = s == 5 || (s == 6 && _i & 1);
		sources[s].kind = s == 6 && _i % 4 == 3 ? SOURCE_NETWORK : SOURCE_PEER;
	}
	rib_set_options(rib, &o);
	dead_next_hop = 1 + _i % 4;
	for (int i = 0; i < 4000; i++) {
		uint32_t k = (uint32_t)rng_below(r, 3), id = rng_below(r, 3) ? 0 : (uint32_t)rng_below(r, 4);
		uint16_t src = (uint16_t)(1 + rng_below(r, SOURCES));
		struct place before[64], after[64];
		uint32_t dest, in;
		bool sorted;
		unsigned n;

		if (rng_below(r, 3)) {
			in = make_any(r, &sources[src]);
			bool denied = rng_below(r, 10) == 0;

			if (!denied)
				attrs_ref(attrs, in);
			rib_update(rib, key_of_family(k), src, id, in, denied ? 0 : in,
					make_info(r, _i & 1 ? 8 : 100), REASON_POLICY_DENIED,
					1 + (uint32_t)i / 50);
		} else {
			rib_withdraw(rib, key_of_family(k), src, id);
		}
		dest = rib_find(rib, key_of_family(k));
		if (!dest)
			continue;
		n = places(dest, before);
		sorted = n && is_sorted(dest);
		rib_log_all_paths(rib, i % 8 == 0); /* then by elimination alone */
		rib_decide(rib, dest);
		rib_log_all_paths(rib, false);
		ck_assert_uint_eq(places(dest, after), n);
		if (n > 1 && sorted != is_sorted(dest)) {
			ck_assert_uint_eq(before[0].id, after[0].id);
			qsort(before, n, sizeof(*before), place_compare);
			qsort(after, n, sizeof(*after), place_compare);
		}
		for (unsigned j = 0; j < n; j++)
			ck_assert_msg(!memcmp(&before[j], &after[j], sizeof(*after)),
					"change %d, place %u: path %u %s %x, should be %u %s %x", i, j, before[j].id,
					reason_text(before[j].reason), before[j].flags, after[j].id,
					reason_text(after[j].reason), after[j].flags);
	}
}

START_TEST(one_path_alone)
{
	struct rng r = { 1000 + (uint64_t)_i };

	one_path_alone_in(&r, _i);
}
END_TEST

START_TEST(one_path_alone_evpn)
{
	struct rng r = { 2000 + (uint64_t)_i };

	rib_free(rib);
	rib = rib_new(&env, FAM_EVPN, 0, 5);
	one_path_alone_in(&r, _i);
}
END_TEST

START_TEST(many)
{
	for (uint32_t i = 0; i < 100000; i++)
		put(i, 1, 100);
	ck_assert_uint_eq(rib_dest_count(rib), 100000);
	/* 16 bytes a destination, 24 a path, 4-byte slots, no log without a reader. */
	ck_assert_uint_le(rib_bytes(rib) / 100000, 54);
	for (uint32_t i = 0; i < 100000; i += 2)
		ck_assert(rib_withdraw(rib, key(i), 1, 0));
	for (uint32_t i = 0; i < 100000; i++)
		ck_assert_int_eq(rib_find(rib, key(i)) != 0, i & 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rib");
	TCase *t = tcase_create("rib");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, paths_and_best);
	tcase_add_test(t, denied_and_unreachable);
	tcase_add_test(t, path_ids);
	tcase_add_test(t, longest_match);
	tcase_add_test(t, reader_sees_changes_once);
	tcase_add_test(t, a_late_reader_misses_nothing);
	tcase_add_test(t, what_was_handed_out_stays);
	tcase_add_test(t, flapping_needs_no_room);
	tcase_add_test(t, a_full_ring_loses_nothing);
	tcase_add_loop_test(t, random_changes, 0, 8);
	tcase_add_loop_test(t, one_path_alone, 0, 32);
	tcase_add_loop_test(t, one_path_alone_evpn, 0, 32);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
