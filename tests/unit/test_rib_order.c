/* Tables in show order while they change: what stays is given exactly once, in
 * order, whatever comes, goes, and takes the ids of what has gone. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"
#include "lib/base/rng.h"
#include "lib/base/xalloc.h"

#define KEYS 60000u /* several windows */
#define SPREAD 2654435761u /* odd: n * SPREAD is another order of the same numbers */

static struct attrs_table *attrs;
static struct info_table *infos;
static struct route_source source = { .kind = SOURCE_PEER, .as = 100 };
static const struct route_source *source_table[2] = { &source, &source };
static struct rib_env env;
static struct rib *rib;
static enum family family;
static const enum family fams[] = { FAM_IPV4_UNICAST, FAM_IPV6_UNICAST, FAM_IPV4_VPN, FAM_IPV6_VPN,
	FAM_EVPN };

/* ---- keys by number ---- */

/* Where the number is in a key: in what the order looks at first, or behind it. */
static unsigned number_at(void)
{
	switch (family) {
	case FAM_IPV4_UNICAST:
		return 0;
	case FAM_IPV6_UNICAST:
		return 12;
	case FAM_IPV4_VPN:
		return 8;
	case FAM_IPV6_VPN:
		return 18;
	default:
		return 16;
	}
}

static void key_make(uint32_t n, uint8_t *key)
{
	unsigned last = families[family].key_size - 1u;

	memset(key, 0, NLRI_KEY_MAX);
	wr_put32(key + number_at(), n * SPREAD);
	if (family == FAM_EVPN) {
		key[8] = n % 3;
		key[0] = (uint8_t)(n % 5 == 0 ? EVPN_PREFIX : n % 5 < 3 ? EVPN_MACIP : EVPN_IMET);
		if (key[0] == EVPN_PREFIX)
			key[14] = n % 32;
		return;
	}
	if (family == FAM_IPV4_VPN || family == FAM_IPV6_VPN)
		key[7] = n % 4;
	/* As long as its address needs. */
	for (unsigned bits = 8 * last; bits; bits--)
		if (key[(bits - 1) / 8] & 0x80 >> (bits - 1) % 8) {
			key[last] = (uint8_t)(bits - (family == FAM_IPV4_VPN || family == FAM_IPV6_VPN ? 64 : 0));
			return;
		}
}

static uint32_t key_number(const uint8_t *key)
{
	const uint8_t *p = key + number_at();
	uint32_t v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	uint32_t inverse = SPREAD;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - SPREAD * inverse;
	return v * inverse;
}

/* ---- the table, and what is known of it ---- */

static bool present[KEYS];

static void put(uint32_t n)
{
	struct route_attrs a = { .next_hop = ip4(0xc0000001u) };
	uint32_t in = attrs_intern(attrs, &a);
	uint8_t key[NLRI_KEY_MAX];

	key_make(n, key);
	rib_update(rib, key, 1, 0, in, 0, 0, REASON_POLICY_DENIED, 1);
	present[n] = true;
}

static void drop(uint32_t n)
{
	uint8_t key[NLRI_KEY_MAX];

	key_make(n, key);
	if (!rib_withdraw(rib, key, 1, 0))
		ck_abort_msg("%u was not there", n);
	present[n] = false;
}

static void setup(void)
{
	attrs = attrs_table_new(1);
	infos = info_table_new(1);
	env = (struct rib_env){ attrs, infos, source_table, NULL, NULL };
}

static void start(enum family f)
{
	family = f;
	memset(present, 0, sizeof(present));
	rib = rib_new(&env, f, 0, 5);
}

static void teardown(void)
{
	rib_free(rib);
	attrs_table_free(attrs);
	info_table_free(infos);
}

/* ---- walks ---- */

struct walk {
	struct rib_order *order;
	bool *stayed, *given;
	bool any, over;
	uint8_t last[NLRI_KEY_MAX];
	uint32_t slices;
};

static void walk_begin(struct walk *w)
{
	*w = (struct walk){ .order = rib_order_new(rib, NULL, NULL),
		.stayed = xmemdup(present, sizeof(present)),
		.given = xcalloc(KEYS, sizeof(bool)) };
}

static void walk_end(struct walk *w)
{
	rib_order_free(w->order);
	free(w->stayed);
	free(w->given);
}

/* At most `max` of what comes next. */
static void walk_on(struct walk *w, uint32_t max)
{
	rib_order_resume(w->order, rib);
	w->slices++;
	for (uint32_t i = 0; i < max && !w->over; i++) {
		uint32_t id = rib_order_next(w->order), n;
		const uint8_t *key;

		if (id == ORDERED_WAIT)
			return;
		if (!id) {
			w->over = true;
			return;
		}
		key = rib_dest(rib, id)->key;
		n = key_number(key);
		if (n >= KEYS || !present[n])
			ck_abort_msg("%u is not there", n);
		if (w->given[n] || (w->any && nlri_compare(family, w->last, key) >= 0))
			ck_abort_msg("%u is out of order", n);
		w->given[n] = w->any = true;
		memcpy(w->last, key, sizeof(w->last) < rib->key_size ? sizeof(w->last) : rib->key_size);
	}
}

static void walk_check(const struct walk *w)
{
	for (uint32_t n = 0; n < KEYS; n++)
		if (w->stayed[n] && !w->given[n])
			ck_abort_msg("%u is missing", n);
}

START_TEST(all_in_order)
{
	struct walk w;
	uint32_t sizes[] = { 0, 1, 100, 20000, KEYS };

	for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		if (s)
			rib_free(rib);
		start(fams[_i]);
		/* Ascending, descending, and as it comes. */
		for (uint32_t k = 0; k < sizes[s]; k++)
			put(s == 3 ? k : s == 4 ? KEYS - 1 - k : k * 7 % sizes[s]);
		walk_begin(&w);
		while (!w.over)
			walk_on(&w, UINT32_MAX);
		walk_check(&w);
		walk_end(&w);
	}
}
END_TEST

/* Something else for a key that is not there, or is; the walks learn of it. */
static void change(struct rng *rng, struct walk *walks, unsigned n_walks)
{
	uint32_t n = (uint32_t)rng_below(rng, KEYS);

	if (present[n])
		drop(n);
	else
		put(n);
	for (unsigned i = 0; i < n_walks; i++)
		walks[i].stayed[n] = false;
}

START_TEST(changes_between_slices)
{
	struct rng rng = { (uint64_t)_i + 1 };
	struct walk walks[3];
	bool over = false;

	start(fams[(unsigned)_i % 5]);
	for (uint32_t k = 0; k < KEYS; k++)
		if (rng_below(&rng, 10) < 8)
			put((uint32_t)(k * 7919ull % KEYS));
	for (unsigned i = 0; i < 3; i++)
		walk_begin(&walks[i]);
	while (!over) {
		uint32_t changes = (uint32_t)rng_below(&rng, rng_below(&rng, 100) ? 300 : 20000);

		over = true;
		for (unsigned i = 0; i < 3; i++) {
			if (rng_below(&rng, 3) == 0)
				walk_on(&walks[i], (uint32_t)rng_below(&rng, i ? 1500 : 60000) + 1);
			if (rng_below(&rng, 200) == 0)
				rib_order_rest(walks[i].order);
			over &= walks[i].over;
		}
		for (uint32_t k = 0; k < changes; k++)
			change(&rng, walks, 3);
	}
	for (unsigned i = 0; i < 3; i++) {
		walk_check(&walks[i]);
		walk_end(&walks[i]);
	}
}
END_TEST

/* All go, but one at each end; then others take their ids. */
START_TEST(nearly_all_go)
{
	struct walk w;
	uint8_t first[NLRI_KEY_MAX], key[NLRI_KEY_MAX];
	uint32_t smallest = 0, largest = 0;

	start(fams[_i]);
	for (uint32_t k = 0; k < KEYS / 2; k++) {
		put(k);
		key_make(k, key);
		key_make(smallest, first);
		if (nlri_compare(family, key, first) < 0)
			smallest = k;
		key_make(largest, first);
		if (nlri_compare(family, key, first) > 0)
			largest = k;
	}
	walk_begin(&w);
	walk_on(&w, 10);
	for (uint32_t k = 0; k < KEYS / 2; k++)
		if (k != largest && k != smallest) {
			drop(k);
			w.stayed[k] = false;
		}
	for (uint32_t k = KEYS / 2; k < KEYS - 100; k++)
		put(k);
	while (!w.over)
		walk_on(&w, UINT32_MAX);
	walk_check(&w);
	walk_end(&w);
}
END_TEST

static bool want_third(const void *ctx, const uint8_t *key)
{
	return key_number(key) % 3 == *(const uint32_t *)ctx;
}

START_TEST(only_some)
{
	static const uint32_t rest = 1;
	uint32_t found = 0, id;
	struct rib_order *o;

	start(fams[_i]);
	for (uint32_t k = 0; k < KEYS; k++)
		put(k);
	o = rib_order_new(rib, want_third, &rest);
	while ((id = rib_order_next(o))) {
		if (id == ORDERED_WAIT) {
			rib_order_resume(o, rib);
			continue;
		}
		found += key_number(rib_dest(rib, id)->key) % 3 == 1;
	}
	ck_assert_uint_eq(found, KEYS / 3);
	rib_order_free(o);
}
END_TEST

static uint32_t next_of(struct rib_order *o)
{
	uint32_t id;

	while ((id = rib_order_next(o)) == ORDERED_WAIT)
		rib_order_resume(o, rib);
	return id;
}

/* A VRF goes and comes again while its table is shown: the new table may lie where
 * the old one lay, and its ids are other ones. */
START_TEST(another_table_in_its_place)
{
	struct rib_order *o;
	struct rib *other, swap;
	uint32_t n = 0;

	start(fams[_i]);
	for (uint32_t k = 0; k < KEYS; k++)
		put(k);
	o = rib_order_new(rib, NULL, NULL);
	for (int i = 0; i < 10; i++)
		ck_assert(next_of(o));
	other = rib_new(&env, family, 0, 6);
	swap = *rib;
	*rib = *other;
	*other = swap;
	for (uint32_t k = 0; k < 20; k++)
		put(k);
	rib_order_resume(o, rib);
	while (next_of(o))
		n++;
	ck_assert_uint_le(n, 20);
	rib_order_free(o);
	rib_free(other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rib_order");
	TCase *t = tcase_create("rib_order");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, all_in_order, 0, 5);
	tcase_add_loop_test(t, changes_between_slices, 0, 10);
	tcase_add_loop_test(t, nearly_all_go, 0, 5);
	tcase_add_loop_test(t, only_some, 0, 5);
	tcase_add_loop_test(t, another_table_in_its_place, 0, 5);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
