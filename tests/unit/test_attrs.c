/* Attributes: interning, AS paths, texts, capabilities agreed on, and packing
 * of UPDATEs to their full size. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/attr_text.h"
#include "bgpd/core/info.h"
#include "bgpd/core/update.h"
#include "lib/base/rng.h"

/* "65001 {1 2}" and so on: segments in brackets are sets, in <> confederation
 * sequences. */
static struct attr_span path_make(const char *text, uint8_t *buf)
{
	uint8_t *p = buf, *head = NULL;

	for (; *text; text++) {
		if (strchr("{<", *text)) {
			head = p;
			head[0] = *text == '{' ? AS_SET : AS_CONFED_SEQUENCE;
			head[1] = 0;
			p += 2;
		} else if (strchr("}>", *text)) {
			head = NULL;
		} else if (*text >= '0' && *text <= '9') {
			char *end;

			if (!head) {
				head = p;
				head[0] = AS_SEQUENCE;
				head[1] = 0;
				p += 2;
			}
			wr_put32(p, (uint32_t)strtoul(text, &end, 10));
			p += 4;
			head[1]++;
			text = end - 1;
		}
	}
	return (struct attr_span){ buf, (uint16_t)(p - buf) };
}

static void path_is(struct attr_span path, const char *want)
{
	struct strbuf b = { 0 };

	ck_assert(as_path_valid(path));
	as_path_text(path, &b);
	ck_assert_str_eq(sb_str(&b), want);
	sb_free(&b);
}

START_TEST(as_paths)
{
	uint8_t a[4096], b[4096];
	struct attr_span p = path_make("65001 65001 64512 {1 2} 7", a), empty = { NULL, 0 };

	ck_assert_uint_eq(as_path_hops(p), 5);
	ck_assert_uint_eq(as_path_neighbor(p), 65001);
	ck_assert_uint_eq(as_path_origin_as(p), 7);
	ck_assert_uint_eq(as_path_count(p, 65001), 2);
	ck_assert_uint_eq(as_path_count(p, 2), 1);
	ck_assert_uint_eq(as_path_count(p, 3), 0);
	path_is(as_path_prepend(p, AS_SEQUENCE, 9, 2, b), "9 9 65001 65001 64512 {1,2} 7");
	path_is(as_path_prepend(empty, AS_SEQUENCE, 9, 1, b), "9");
	path_is(as_path_prepend(empty, AS_SEQUENCE, 9, 0, b), "");
	path_is(as_path_prepend(p, AS_CONFED_SEQUENCE, 9, 1, b), "(9) 65001 65001 64512 {1,2} 7");
	path_is(as_path_replace(p, 65001, 5, b), "5 5 64512 {1,2} 7");
	path_is(as_path_remove(p, 2, b), "65001 65001 64512 {1} 7");
	path_is(as_path_remove_private(p, false, 0, 0, b), "65001 65001 64512 {1,2} 7");
	path_is(as_path_remove_private(p, true, 0, 0, b), "{1,2} 7");
	path_is(as_path_remove_private(p, true, 3, 0, b), "3 3 3 {1,2} 7");
	path_is(as_path_remove_private(p, true, 0, 65001, b), "65001 65001 {1,2} 7");
	p = path_make("64512 65000", a);
	path_is(as_path_remove_private(p, false, 0, 0, b), "");
	p = path_make("<65100 65101> 7 {8}", a);
	ck_assert_uint_eq(as_path_hops(p), 2);
	ck_assert_uint_eq(as_path_neighbor(p), 7);
	ck_assert_uint_eq(as_path_first(p), 65100);
	ck_assert(as_path_has_confed(p));
	path_is(as_path_strip_confed(p, b), "7 {8}");
	ck_assert_uint_eq(as_path_neighbor(path_make("{8 9}", a)), 0);
}
END_TEST

START_TEST(prepend_fills_segments)
{
	uint8_t a[2048], b[4096];
	struct attr_span p = { a, 0 };

	for (unsigned n = 1; n <= 300; n++) {
		struct attr_span q = as_path_prepend(p, AS_SEQUENCE, n, 1, b);

		ck_assert(as_path_valid(q));
		ck_assert_uint_eq(as_path_hops(q), n);
		ck_assert_uint_eq(as_path_first(q), n);
		ck_assert_uint_le(q.len, AS_PATH_ROOM(p.len, 1u));
		memcpy(a, b, q.len);
		p.len = q.len;
	}
	p = as_path_prepend(p, AS_SEQUENCE, 1, 600, b);
	ck_assert(as_path_valid(p));
	ck_assert_uint_eq(as_path_hops(p), 900);
}
END_TEST

static struct route_attrs attrs_random(struct rng *r, uint8_t *bytes)
{
	struct route_attrs a = { .has = (uint8_t)rng_below(r, 64), .origin = (uint8_t)rng_below(r, 3),
		.next_hop = ip4((uint32_t)rng_below(r, 3)) };
	static const unsigned unit[PART_COUNT] = { [PART_COMMUNITIES] = 4,
		[PART_EXT_COMMUNITIES] = 8, [PART_LARGE_COMMUNITIES] = 12, [PART_CLUSTER_LIST] = 4 };

	if (a.has & HAS_MED)
		a.med = (uint32_t)rng_below(r, 2);
	if (a.has & HAS_LOCAL_PREF)
		a.local_pref = (uint32_t)rng_below(r, 2);
	if (a.has & HAS_ORIGINATOR)
		a.originator_id = (uint32_t)rng_below(r, 2);
	if (a.has & HAS_WEIGHT)
		a.weight = (uint32_t)rng_below(r, 2);
	if (a.has & HAS_TAG)
		a.tag = (uint32_t)rng_below(r, 2);
	a.part[PART_AS_PATH] = path_make(rng_below(r, 2) ? "1 2" : "1 {2}", bytes);
	bytes += a.part[PART_AS_PATH].len;
	for (int i = 0; i < PART_COUNT; i++) {
		unsigned n = unit[i] * (unsigned)rng_below(r, 3);

		if (!n)
			continue;
		for (unsigned k = 0; k < n; k++)
			bytes[k] = (uint8_t)rng_below(r, 2);
		a.part[i] = (struct attr_span){ bytes, (uint16_t)n };
		bytes += n;
	}
	return a;
}

static bool attrs_same(const struct route_attrs *a, const struct route_attrs *b)
{
	if (a->has != b->has || a->origin != b->origin || a->med != b->med ||
			a->local_pref != b->local_pref || a->originator_id != b->originator_id ||
			a->weight != b->weight || a->tag != b->tag ||
			!ip_equal(&a->next_hop, &b->next_hop))
		return false;
	for (int i = 0; i < PART_COUNT; i++)
		if (a->part[i].len != b->part[i].len ||
				(a->part[i].len && memcmp(a->part[i].p, b->part[i].p, a->part[i].len)))
			return false;
	return true;
}

START_TEST(interning)
{
	enum { HELD = 500, STEPS = 30000 };
	struct attrs_table *t = attrs_table_new(5);
	uint32_t held[HELD] = { 0 };
	uint8_t bytes[1024];
	struct rng r = { 9 };

	for (int step = 0; step < STEPS; step++) {
		uint32_t *slot = &held[rng_below(&r, HELD)];
		struct route_attrs a = attrs_random(&r, bytes), back, other;

		attrs_unref(t, *slot);
		*slot = attrs_intern(t, &a);
		attrs_open(t, *slot, &back);
		ck_assert(attrs_same(&a, &back));
		/* Same id exactly when same value. */
		slot = &held[rng_below(&r, HELD)];
		if (*slot) {
			uint32_t id = attrs_intern(t, &a);

			attrs_open(t, *slot, &other);
			ck_assert_int_eq(attrs_same(&a, &other), id == *slot);
			attrs_unref(t, id);
		}
	}
	for (int i = 0; i < HELD; i++)
		attrs_unref(t, held[i]);
	ck_assert_uint_eq(attrs_live(t), 0);
	attrs_table_free(t);
}
END_TEST

START_TEST(large_sets)
{
	struct attrs_table *t = attrs_table_new(5);
	static uint8_t bytes[60000];
	uint32_t ids[100];

	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 100; i++) {
			struct route_attrs a = { .next_hop = ip4(i + 1) };

			memset(bytes, (int)i, sizeof(bytes));
			a.part[PART_OTHER] = (struct attr_span){ bytes, (uint16_t)(i * 600) };
			ids[i] = attrs_intern(t, &a);
		}
		for (unsigned i = 0; i < 100; i++) {
			struct route_attrs a;

			attrs_open(t, ids[i], &a);
			ck_assert_uint_eq(a.part[PART_OTHER].len, i * 600);
			for (unsigned k = 0; k < i * 600; k++)
				ck_assert_uint_eq(a.part[PART_OTHER].p[k], i);
			attrs_unref(t, ids[i]);
		}
	}
	/* The room was used again. */
	ck_assert_uint_lt(attrs_bytes(t), 12u << 20);
	attrs_table_free(t);
}
END_TEST

START_TEST(next_hops_are_numbered)
{
	struct attrs_table *t = attrs_table_new(5);
	struct route_attrs a = { .next_hop = ip4(1) }, none = { 0 };
	struct ip_addr addr = ip4(1);
	uint32_t one = attrs_intern(t, &a), two, zero = attrs_intern(t, &none);
	uint32_t nh = attrs_get(t, one)->next_hop;

	ck_assert_uint_eq(attrs_get(t, zero)->next_hop, 0);
	ck_assert_uint_eq(attrs_next_hop(t, 0)->addr.family, 0);
	a.has = HAS_MED;
	two = attrs_intern(t, &a);
	ck_assert_uint_eq(attrs_get(t, two)->next_hop, nh);
	ck_assert_uint_eq(attrs_next_hop_find(t, &addr), nh);
	attrs_unref(t, one);
	ck_assert_uint_eq(attrs_next_hop_find(t, &addr), nh);
	attrs_unref(t, two);
	ck_assert_uint_eq(attrs_next_hop_find(t, &addr), 0);
	attrs_table_free(t);
}
END_TEST

START_TEST(infos)
{
	struct info_table *t = info_table_new(1);
	struct nlri_info i;
	uint32_t a, b;

	memset(&i, 0, sizeof(i));
	i.label[0] = i.label[1] = NLRI_LABEL_NONE;
	ck_assert_uint_eq(info_intern(t, &i), 0);
	ck_assert_uint_eq(info_get(t, 0)->label[0], NLRI_LABEL_NONE);
	i.label[0] = 10010;
	a = info_intern(t, &i);
	i.label[1] = 4000;
	b = info_intern(t, &i);
	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(info_intern(t, &i), b);
	ck_assert_uint_eq(info_get(t, a)->label[0], 10010);
	info_unref(t, b);
	info_unref(t, b);
	info_unref(t, a);
	info_table_free(t);
}
END_TEST

START_TEST(community_texts)
{
	static const char *const good[] = { "65000:1", "no-export", "local-AS", "blackhole", "0:1",
		"graceful-shutdown", "65535:65535", "no-peer", "internet" };
	static const char *const bad[] = { "", "65536:1", "1:65536", "1:", ":1", "x", "1:2:3", "4294967296" };
	static const char *const ext[] = { "65000:1", "10.0.0.1:7", "4200000000:7", "65000:4000000000" };
	uint8_t bytes[12];
	uint32_t c;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct strbuf b = { 0 };

		ck_assert_int_eq(community_parse(good[i], &c), 0);
		community_text(c, &b);
		ck_assert_str_eq(sb_str(&b), good[i]);
		sb_free(&b);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_ne(community_parse(bad[i], &c), 0);
	for (size_t i = 0; i < sizeof(ext) / sizeof(ext[0]); i++) {
		struct strbuf b = { 0 };

		ck_assert_int_eq(ext_community_parse(ext[i], 2, bytes), 0);
		ext_community_text(bytes, &b);
		ck_assert_str_eq(sb_str(&b) + 3, ext[i]);
		sb_free(&b);
	}
	ck_assert_int_ne(ext_community_parse("70000:70000", 2, bytes), 0);
	ck_assert_int_eq(large_community_parse("4294967295:0:7", bytes), 0);
	ck_assert_int_eq(bytes[11], 7);
	ck_assert_int_ne(large_community_parse("1:2", bytes), 0);
	ck_assert_int_ne(large_community_parse("1:2:3:4", bytes), 0);
}
END_TEST

START_TEST(agreed_capabilities)
{
	struct capabilities ours = { .any = true, .multiprotocol = true, .as4 = true, .refresh = true },
			    theirs = { 0 };
	struct capabilities_common c;

	ours.family[FAM_IPV4_UNICAST] = ours.family[FAM_EVPN] = true;
	ours.add_path[FAM_IPV4_UNICAST] = ADD_PATH_RECEIVE;
	capabilities_negotiate(&ours, &theirs, &c);
	ck_assert(c.family[FAM_IPV4_UNICAST] && !c.family[FAM_EVPN] && !c.as4);
	theirs = (struct capabilities){ .any = true, .multiprotocol = true, .as4 = true };
	theirs.family[FAM_EVPN] = theirs.family[FAM_IPV6_UNICAST] = true;
	capabilities_negotiate(&ours, &theirs, &c);
	ck_assert(!c.family[FAM_IPV4_UNICAST] && c.family[FAM_EVPN] && !c.family[FAM_IPV6_UNICAST]);
	ck_assert(c.as4 && !c.refresh);
	theirs.family[FAM_IPV4_UNICAST] = true;
	theirs.add_path[FAM_IPV4_UNICAST] = ADD_PATH_SEND | ADD_PATH_RECEIVE;
	capabilities_negotiate(&ours, &theirs, &c);
	ck_assert(c.add_path_rx[FAM_IPV4_UNICAST] && !c.add_path_tx[FAM_IPV4_UNICAST]);
}
END_TEST

/* Packs as many routes as there are into messages of at most `max`, then
 * counts what comes back. */
static void pack(enum family f, uint16_t max, bool withdraw)
{
	enum { ROUTES = 4000 };
	struct session_view s = { .as4 = true, .ibgp = true };
	struct encode_view v = { .as4 = true, .ibgp = true, .max_message = max,
		.default_local_pref = 100 };
	struct nlri_info info = { .label = { 16, NLRI_LABEL_NONE } };
	struct route_attrs a = { .next_hop = ip4(0x0a000001) };
	static uint8_t buf[MSG_EXTENDED_MAX];
	uint8_t attrs[256], path[64];
	struct wr w = wr_init(attrs, sizeof(attrs));
	unsigned sent = 0, got = 0, messages = 0;
	struct update u;

	s.family[f] = true;
	update_init(&u);
	if (f == FAM_IPV6_UNICAST)
		ip_parse("2001:db8::1", &a.next_hop);
	a.part[PART_AS_PATH] = path_make("1 2 3", path);
	update_encode_attrs(&w, &v, f, &a);
	while (sent < ROUTES) {
		struct update_out o;
		struct nlri n;
		size_t len;

		if (withdraw)
			ck_assert(update_out_withdraw(&o, buf, sizeof(buf), &v, f));
		else
			ck_assert(update_out_reach(&o, buf, sizeof(buf), &v, f, attrs, wr_len(&w),
					&a.next_hop, NULL));
		for (; sent < ROUTES; sent++) {
			uint8_t key[NLRI_KEY_MAX] = { 0 };

			wr_put32(key + families[f].key_size - (f == FAM_IPV4_UNICAST ? 5 : 17),
					0x0a000000 + sent * 256);
			key[families[f].key_size - 1] = f == FAM_IPV4_UNICAST ? 24 : 64;
			if (!update_out_add(&o, key, 0, &info))
				break;
		}
		len = update_out_end(&o);
		ck_assert_uint_le(len, max);
		if (sent < ROUTES)
			ck_assert_uint_gt(len, max - 64u);
		messages++;
		ck_assert_int_eq(update_decode(&u, &s, buf + MSG_HEADER_SIZE, len - MSG_HEADER_SIZE),
				UPD_OK);
		ck_assert_uint_eq(u.n_fields, 1);
		ck_assert_int_eq(u.field[0].withdraw, withdraw);
		while (update_field_next(&u.field[0], &n) == 1)
			got++;
		ck_assert_uint_eq(got, sent);
	}
	ck_assert_uint_gt(messages, 1u);
	update_fini(&u);
}

START_TEST(packing)
{
	pack(FAM_IPV4_UNICAST, MSG_MAX, false);
	pack(FAM_IPV4_UNICAST, MSG_MAX, true);
	pack(FAM_IPV6_UNICAST, MSG_MAX, false);
	pack(FAM_IPV6_UNICAST, MSG_MAX, true);
	pack(FAM_IPV6_VPN, MSG_MAX, false);
	pack(FAM_IPV6_VPN, MSG_EXTENDED_MAX, true);
	pack(FAM_IPV6_VPN, MSG_EXTENDED_MAX, false);
}
END_TEST

START_TEST(show_order)
{
	static const char *const order[] = { "10.0.0.0/8", "10.0.0.0/9", "10.0.1.0/24", "10.128.0.0/9" };
	uint8_t keys[4][NLRI_KEY_MAX];
	struct prefix p;

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(prefix_parse(order[i], &p), 0);
		nlri_key_unicast(&p, keys[i]);
	}
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++) {
			int c = nlri_compare(FAM_IPV4_UNICAST, keys[i], keys[k]);

			ck_assert_int_eq((c > 0) - (c < 0), (i > k) - (i < k));
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attrs");
	TCase *t = tcase_create("attrs");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, as_paths);
	tcase_add_test(t, prepend_fills_segments);
	tcase_add_test(t, interning);
	tcase_add_test(t, large_sets);
	tcase_add_test(t, next_hops_are_numbered);
	tcase_add_test(t, infos);
	tcase_add_test(t, community_texts);
	tcase_add_test(t, agreed_capabilities);
	tcase_add_test(t, packing);
	tcase_add_test(t, show_order);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
