/* Tests of lib/base: values and their text, bounded readers and writers,
 * containers, the feed's codec. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/addr.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/feed.h"
#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/jsonw.h"
#include "lib/base/near.h"
#include "lib/base/rng.h"
#include "lib/base/slab.h"
#include "lib/base/timers.h"
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"

static const struct {
	const char *in, *out; /* out NULL: refused */
} prefix_cases[] = {
	{ "10.1.2.3/8", "10.0.0.0/8" }, { "0.0.0.0/0", "0.0.0.0/0" },
	{ "192.0.2.255/31", "192.0.2.254/31" }, { "192.0.2.1/32", "192.0.2.1/32" },
	{ "2001:DB8::1/64", "2001:db8::/64" }, { "::/0", "::/0" },
	{ "2001:db8::ffff/127", "2001:db8::fffe/127" }, { "10.0.0.0/33", NULL },
	{ "10.0.0.0", NULL }, { "10.0.0/8", NULL }, { "::/129", NULL }, { "10.0.0.0/", NULL },
	{ "10.0.0.0/8x", NULL }, { "10.0.0.0/ 8", NULL }, { "", NULL },
};

START_TEST(prefix_text_round_trip)
{
	struct prefix p = { 0 }, before = p;
	char buf[PREFIX_TEXT_MAX];

	if (!prefix_cases[_i].out) {
		ck_assert_int_eq(prefix_parse(prefix_cases[_i].in, &p), -EINVAL);
		ck_assert(prefix_equal(&p, &before));
		return;
	}
	ck_assert_int_eq(prefix_parse(prefix_cases[_i].in, &p), 0);
	ck_assert_str_eq(prefix_text(&p, buf), prefix_cases[_i].out);
}
END_TEST

static const struct {
	const char *text;
	uint8_t bytes[8];
} rd_cases[] = {
	{ "65000:100", { 0, 0, 0xfd, 0xe8, 0, 0, 0, 100 } },
	{ "10.0.0.1:7", { 0, 1, 10, 0, 0, 1, 0, 7 } },
	{ "4200000000:9", { 0, 2, 0xfa, 0x56, 0xea, 0, 0, 9 } },
};

START_TEST(rd_text_round_trip)
{
	struct rd_value rd;
	char buf[RD_TEXT_MAX];

	ck_assert_int_eq(rd_parse(rd_cases[_i].text, &rd), 0);
	ck_assert_mem_eq(rd.b, rd_cases[_i].bytes, 8);
	ck_assert_str_eq(rd_text(&rd, buf), rd_cases[_i].text);
}
END_TEST

START_TEST(rd_refused)
{
	static const char *const bad[] = { "65000", "65000:", ":1", "10.0.0.1:65536",
		"4200000000:65536", "4294967296:1", "1:4294967296", "a:b", "::1:5" };
	struct rd_value rd;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(rd_parse(bad[i], &rd) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(mac_and_cover)
{
	struct mac_addr m;
	char buf[MAC_TEXT_MAX];
	struct prefix p, q;
	struct ip_addr a;

	ck_assert_int_eq(mac_parse("02:00:0A:01:0a:fF", &m), 0);
	ck_assert_str_eq(mac_text(&m, buf), "02:00:0a:01:0a:ff");
	ck_assert_int_eq(mac_parse("02:00:0a:01:0a", &m), -EINVAL);
	ck_assert_int_eq(mac_parse("02-00-0a-01-0a-01", &m), -EINVAL);
	prefix_parse("10.1.0.0/17", &p);
	prefix_parse("10.1.127.0/24", &q);
	ck_assert(prefix_covers(&p, &q));
	ck_assert(!prefix_covers(&q, &p));
	ip_parse("10.1.128.1", &a);
	ck_assert(!prefix_contains(&p, &a));
	ip_parse("10.1.127.9", &a);
	ck_assert(prefix_contains(&p, &a));
}
END_TEST

START_TEST(reader_fails_for_good)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct rd r = rd_init(bytes, 3), sub;

	ck_assert_uint_eq(rd_u16(&r), 0x0102);
	ck_assert_uint_eq(rd_u16(&r), 0);
	ck_assert(r.failed);
	ck_assert_uint_eq(rd_u8(&r), 0);
	r = rd_init(bytes, 3);
	sub = rd_sub(&r, 4);
	ck_assert(sub.failed && r.failed);
	ck_assert_uint_eq(rd_left(&sub), 0);
}
END_TEST

START_TEST(writer_writes_whole_or_nothing)
{
	uint8_t buf[5];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_u32(&w, 0x01020304);
	wr_u16(&w, 0x0506);
	ck_assert(w.failed);
	ck_assert_uint_eq(wr_len(&w), 4);
	wr_u8(&w, 9);
	ck_assert_uint_eq(wr_len(&w), 4);
}
END_TEST

struct keyed {
	uint64_t key;
};

static bool keyed_equal(const void *ctx, uint32_t id, const void *key)
{
	return ((struct keyed *)slab_at(ctx, id))->key == *(const uint64_t *)key;
}

/* Random adds and removes against a plain array; a weak hash makes runs. */
START_TEST(table_of_ids_like_a_model)
{
	struct rng rng = { 7 };
	struct htab t = { 0 };
	struct slab s;
	uint32_t model[512] = { 0 };

	slab_init(&s, sizeof(struct keyed));
	for (int step = 0; step < 200000; step++) {
		uint64_t key = rng_below(&rng, 512);
		uint32_t hash = (uint32_t)(key / 3);
		uint32_t id = htab_find(&t, hash, keyed_equal, &s, &key);

		ck_assert_uint_eq(id, model[key]);
		if (id) {
			htab_remove(&t, hash, id);
			slab_put(&s, id);
			model[key] = 0;
		} else {
			id = slab_new(&s);
			((struct keyed *)slab_at(&s, id))->key = key;
			htab_insert(&t, hash, id);
			model[key] = id;
		}
	}
	ck_assert_uint_eq(t.n, s.live);
	htab_fini(&t);
	slab_fini(&s);
}
END_TEST

START_TEST(slab_gives_zeroed_stable_objects)
{
	struct slab s;
	uint32_t first, id = 0;
	void *p;

	slab_init(&s, 24);
	first = slab_new(&s);
	p = slab_at(&s, first);
	memset(p, 0xff, 24);
	for (int i = 0; i < 20000; i++)
		id = slab_new(&s);
	ck_assert_ptr_eq(slab_at(&s, first), p);
	memset(slab_at(&s, id), 0xff, 24);
	slab_put(&s, id);
	ck_assert_uint_eq(slab_new(&s), id);
	for (int i = 0; i < 24; i++)
		ck_assert_uint_eq(((uint8_t *)slab_at(&s, id))[i], 0);
	ck_assert_uint_eq(s.live, 20001);
	slab_fini(&s);
}
END_TEST

struct near_thing {
	NEAR(const char) name;
	NEAR(const struct near_thing) above;
	NEAR_LIST(struct near_thing) below;
	NEAR_ARRAY(uint64_t) numbers;
};

static struct near_thing *near_thing_new(struct near_area *a, struct near_thing *above, unsigned i)
{
	struct near_thing *t = near_new(a, struct near_thing);
	char name[16];

	snprintf(name, sizeof(name), "thing %u", i % 50);
	near_set_text(a, t->name, name);
	near_set(t->above, above);
	near_array_fill(a, t->numbers, 2);
	near_array(t->numbers)[1] = i;
	if (above)
		near_push(a, above->below, t);
	return t;
}

/* What is made is copied as bytes, and the original overwritten. */
START_TEST(near_table_is_the_same_elsewhere)
{
	const struct near_thing *top, *t;
	struct near_area a;
	unsigned i = 0;

	near_area_init(&a, 1 << 20);
	top = near_thing_new(&a, NULL, 100);
	for (; i < 100; i++)
		near_thing_new(&a, (struct near_thing *)top, i);
	ck_assert_ptr_eq(near_get(near_nth(top->below, 7)->name), near_get(near_nth(top->below, 57)->name));
	top = xmemdup(a.base, a.used);
	memset(a.base, 0xff, a.used);
	ck_assert_ptr_null(near_get(top->above));
	ck_assert_str_eq(near_at(top->name), "thing 0");
	ck_assert_uint_eq(top->below.n, 100);
	i = 0;
	NEAR_FOREACH(t, top->below) {
		ck_assert_ptr_eq(near_at(t->above), top);
		ck_assert_uint_eq(near_array(t->numbers)[1], i++);
	}
	ck_assert_uint_eq(i, 100);
	NEAR_FOREACH(t, near_nth(top->below, 99)->below)
		ck_abort_msg("the list is empty");
	free((void *)top);
	near_area_fini(&a);
}
END_TEST

START_TEST(arena_keeps_objects_and_texts_apart)
{
	struct rng rng = { 5 };
	struct arena a = { 0 };
	struct {
		uint64_t *object;
		char *text;
		size_t n;
	} made[3000];
	char text[300];

	ck_assert_ptr_null(arena_strdup(&a, NULL));
	for (uint64_t i = 0; i < 3000; i++) {
		/* One in a hundred is larger than any block. */
		size_t n = 1 + rng_below(&rng, i % 100 ? 40 : 20000);

		made[i].n = n;
		made[i].object = arena_new(&a, n * sizeof(uint64_t));
		ck_assert_uint_eq((uintptr_t)made[i].object % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < n; k++)
			if (made[i].object[k])
				ck_abort_msg("object %u was not cleared", (unsigned)i);
		for (size_t k = 0; k < n; k++)
			made[i].object[k] = i;
		snprintf(text, sizeof(text), "%*u", (int)rng_below(&rng, 300), (unsigned)i);
		made[i].text = arena_strdup(&a, text);
	}
	for (uint64_t i = 0; i < 3000; i++) {
		ck_assert_uint_eq(strtoull(made[i].text, NULL, 10), i);
		ck_assert(made[i].object[0] == i && made[i].object[made[i].n - 1] == i);
	}
	arena_fini(&a);
	ck_assert_ptr_null(a.blocks);
}
END_TEST

START_TEST(timers_come_in_order)
{
	struct rng rng = { 3 };
	struct timers ts = { 0 };
	struct timer t[300] = { 0 };
	mono_t last = -1;
	int n = 0;

	for (int i = 0; i < 300; i++)
		timer_start(&ts, &t[i], (mono_t)rng_below(&rng, 100));
	for (int i = 0; i < 300; i += 3)
		timer_stop(&ts, &t[i]);
	for (int i = 1; i < 300; i += 3)
		timer_start(&ts, &t[i], (mono_t)rng_below(&rng, 100));
	ck_assert_ptr_null(timers_take(&ts, -1));
	while (timers_next(&ts) != MONO_NEVER) {
		struct timer *x = timers_take(&ts, timers_next(&ts));

		ck_assert(x->at >= last && !timer_running(x));
		last = x->at;
		n++;
	}
	ck_assert_int_eq(n, 200);
	timers_fini(&ts);
}
END_TEST

START_TEST(json_is_quoted_and_separated)
{
	struct strbuf b = { 0 };
	struct jsonw j;

	jsonw_init(&j, &b, false);
	jsonw_object(&j, NULL);
	jsonw_str(&j, "a", "x\"\\\n\001");
	jsonw_array(&j, "b");
	jsonw_int(&j, NULL, -1);
	jsonw_object(&j, NULL);
	jsonw_end_object(&j);
	jsonw_end_array(&j);
	jsonw_bool(&j, "c", true);
	jsonw_end_object(&j);
	ck_assert_str_eq(b.s, "{\"a\":\"x\\\"\\\\\\n\\u0001\",\"b\":[-1,{}],\"c\":true}");
	sb_free(&b);
}
END_TEST

/* Every byte at every place of a string, beside what each alone becomes. */
START_TEST(json_escapes_each_byte)
{
	char want[8], got[200], expect[200];
	struct strbuf b = { 0 };
	struct jsonw j;

	for (int c = 1; c < 256; c++) {
		if (c == '"' || c == '\\')
			snprintf(want, sizeof(want), "\\%c", c);
		else if (c < ' ' && c != '\n')
			snprintf(want, sizeof(want), "\\u%04x", c);
		else
			snprintf(want, sizeof(want), c == '\n' ? "\\n" : "%c", c);
		for (int len = 1; len < 20; len++)
			for (int at = 0; at < len; at++) {
				snprintf(got, sizeof(got), "%.*s%c%.*s", at, "aaaaaaaaaaaaaaaaaaaa", c, len - 1 - at,
						"\xffzzzzzzzzzzzzzzzzzzz");
				snprintf(expect, sizeof(expect), "\"%.*s%s%.*s\"", at, "aaaaaaaaaaaaaaaaaaaa",
						want, len - 1 - at, "\xffzzzzzzzzzzzzzzzzzzz");
				jsonw_init(&j, &b, false);
				jsonw_str(&j, NULL, got);
				if (strcmp(b.s, expect) != 0)
					ck_abort_msg("%s, not %s", b.s, expect);
				sb_reset(&b);
			}
	}
	sb_free(&b);
}
END_TEST

START_TEST(error_sentence_with_place)
{
	struct err e;

	ck_assert_int_eq(err_set(&e, EINVAL, "no such %s", "list"), -EINVAL);
	err_prepend(&e, "line %d", 7);
	ck_assert_str_eq(e.text, "line 7: no such list");
}
END_TEST

static void random_bytes(struct rng *rng, void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)rng_next(rng);
}

static struct ip_addr random_addr(struct rng *rng)
{
	uint8_t b[16];
	static const size_t sizes[] = { 0, 4, 16 };

	random_bytes(rng, b, 16);
	return ip_from_bytes(b, sizes[rng_below(rng, 3)]);
}

static struct feed_msg random_msg(struct rng *rng, uint8_t type)
{
	struct feed_msg m = { .type = type, .add = true };
	struct ip_addr a = ip4((uint32_t)rng_next(rng));

	if (type != FEED_HELLO && type != FEED_END && type != FEED_LOCAL_MAC &&
			type != FEED_REMOTE_MAC && type != FEED_VTEP)
		strcpy(m.vrf, "prod");
	switch (type) {
	case FEED_ROUTE:
		m.route.prefix = prefix_make(&a, (uint8_t)rng_below(rng, 33));
		m.route.distance = 20;
		m.route.n_nexthops = (uint16_t)(1 + rng_below(rng, FEED_NEXTHOPS_MAX));
		for (int i = 0; i < m.route.n_nexthops; i++) {
			m.route.nexthops[i].addr = random_addr(rng);
			m.route.nexthops[i].weight = (uint32_t)rng_next(rng);
			random_bytes(rng, m.route.nexthops[i].rmac.b, 6);
		}
		break;
	case FEED_REMOTE_MAC:
	case FEED_LOCAL_MAC:
		m.mac.vni = (uint32_t)rng_next(rng);
		random_bytes(rng, m.mac.mac.b, 6);
		m.mac.ip = random_addr(rng);
		m.mac.vtep = random_addr(rng);
		m.mac.seq = (uint32_t)rng_next(rng);
		break;
	case FEED_INTERFACE:
		strcpy(m.interface.name, "eth12345678901");
		m.interface.up = true;
		break;
	case FEED_ROUTE_STATUS:
		m.route_status.prefix = prefix_make(&a, 24);
		m.route_status.error = -17;
		strcpy(m.route_status.reason, "no such device");
		break;
	case FEED_LOCAL_ROUTE:
		m.local_route.prefix = prefix_make(&a, 8);
		m.local_route.proto = FEED_STATIC;
		break;
	default:
		break;
	}
	return m;
}

static const uint8_t feed_types[] = { FEED_HELLO, FEED_END, FEED_VRF, FEED_VNI, FEED_LOCAL_MAC,
	FEED_LOCAL_ROUTE, FEED_INTERFACE, FEED_ADDRESS, FEED_NEXTHOP, FEED_ROUTE_STATUS, FEED_ROUTE,
	FEED_VTEP, FEED_REMOTE_MAC, FEED_NEXTHOP_WATCH, FEED_SUBSCRIBE };

START_TEST(feed_round_trip_and_truncation)
{
	struct rng rng = { (uint64_t)_i };

	for (int n = 0; n < 50; n++) {
		struct feed_msg m = random_msg(&rng, feed_types[_i]), got = { 0 };
		uint8_t buf[FEED_FRAME_MAX];
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd r;

		feed_encode(&w, &m);
		ck_assert(!w.failed);
		for (size_t cut = 0; cut < wr_len(&w); cut++) {
			r = rd_init(buf, cut);
			ck_assert_int_eq(feed_decode(&r, &got), 0);
			ck_assert_ptr_eq(r.p, buf);
		}
		r = rd_init(buf, wr_len(&w));
		ck_assert_int_eq(feed_decode(&r, &got), 1);
		ck_assert_mem_eq(&got, &m, sizeof(m));
		wr_put16(buf, (uint16_t)(wr_len(&w) - 3)); /* a frame that is shorter than its type needs */
		r = rd_init(buf, wr_len(&w));
		if (feed_types[_i] != FEED_END)
			ck_assert_int_eq(feed_decode(&r, &got), -EPROTO);
	}
}
END_TEST

START_TEST(feed_refuses_what_does_not_fit)
{
	struct rng rng = { 1 };
	struct feed_msg m = random_msg(&rng, FEED_ROUTE);
	uint8_t buf[32];
	struct wr w = wr_init(buf, sizeof(buf));

	m.route.n_nexthops = 10;
	feed_encode(&w, &m);
	ck_assert(w.failed);
	ck_assert_uint_eq(wr_len(&w), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *tc = tcase_create("base");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, prefix_text_round_trip, 0,
			sizeof(prefix_cases) / sizeof(prefix_cases[0]));
	tcase_add_loop_test(tc, rd_text_round_trip, 0, sizeof(rd_cases) / sizeof(rd_cases[0]));
	tcase_add_test(tc, rd_refused);
	tcase_add_test(tc, mac_and_cover);
	tcase_add_test(tc, reader_fails_for_good);
	tcase_add_test(tc, writer_writes_whole_or_nothing);
	tcase_add_test(tc, table_of_ids_like_a_model);
	tcase_add_test(tc, slab_gives_zeroed_stable_objects);
	tcase_add_test(tc, near_table_is_the_same_elsewhere);
	tcase_add_test(tc, arena_keeps_objects_and_texts_apart);
	tcase_add_test(tc, timers_come_in_order);
	tcase_add_test(tc, json_is_quoted_and_separated);
	tcase_add_test(tc, json_escapes_each_byte);
	tcase_add_test(tc, error_sentence_with_place);
	tcase_add_loop_test(tc, feed_round_trip_and_truncation, 0, sizeof(feed_types));
	tcase_add_test(tc, feed_refuses_what_does_not_fit);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
