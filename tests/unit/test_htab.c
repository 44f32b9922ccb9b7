/* The hash table of ids against a plain array, while it grows, shrinks and moves
 * from small slots to larger ones; with good hashes and with bad ones. */
#include <check.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/rng.h"

#define IDS 40000
#define FEW 700 /* ids whose hashes are bad: their runs are the whole table */

static struct htab t;
static uint64_t seed;
static int kind;

static uint32_t hash_of(uint32_t id)
{
	switch (kind) {
	case 0: return (uint32_t)hash_u64(seed, id);
	case 1: return (uint32_t)hash_u64(seed, id / 4) & ~3u; /* the same for four */
	case 2: return id / 3 - 10;			       /* one run, around the end */
	case 3: return ~0u;				       /* all at the last slot */
	default: return (uint32_t)hash_u64(seed, id) & ~0xffu; /* many a home */
	}
}

/* Only ids whose hash is the same may be asked about. */
static bool same(const void *ctx, uint32_t id, const void *key)
{
	const uint32_t *wanted = key;

	(void)ctx;
	if (hash_of(id) != hash_of(*wanted))
		ck_abort_msg("asked about %u for %u", id, *wanted);
	return id == *wanted;
}

/* Not by ck_assert(), which is a system call each time. */
static void check(uint32_t id, bool there)
{
	uint32_t found = htab_find(&t, hash_of(id), same, NULL, &id);

	if (found != (there ? id : 0))
		ck_abort_msg("%u: found %u", id, found);
}

static void check_all(const bool *in, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t id = 1; id <= n; id++) {
		check(id, in[id]);
		count += in[id];
	}
	ck_assert_uint_eq(t.n, count);
	ck_assert_uint_le(t.n, t.mask - t.mask / 8);
}

/* In waves, so that moves meet both what comes and what goes. */
START_TEST(random_waves)
{
	struct rng rng = { (uint64_t)_i };
	static bool in[IDS + 1];
	uint32_t n = _i % 5 < 2 ? IDS : FEW;

	seed = (uint64_t)_i * 77;
	kind = _i % 5;
	for (int wave = 0; wave < 12; wave++) {
		unsigned adds = (unsigned)rng_below(&rng, 11);

		for (uint32_t i = 0; i < n; i++) {
			uint32_t id = 1 + (uint32_t)rng_below(&rng, n);
			bool add = rng_below(&rng, 10) < adds;

			check(id, in[id]);
			if (add == in[id])
				continue;
			if (add)
				htab_insert(&t, hash_of(id), id);
			else
				htab_remove(&t, hash_of(id), id);
			in[id] = add;
			if (i % (n / 8) == 0)
				check_all(in, n);
		}
	}
	check_all(in, n);
	htab_fini(&t);
	ck_assert_uint_eq(htab_bytes(&t), 0);
}
END_TEST

/* While it moves, as many go as come, for long: the old slots must not fill up. */
START_TEST(turnover_during_a_move)
{
	uint32_t first = 1, last = 0;

	seed = 5;
	kind = 0;
	while (last < 12289 || !t.old)
		last++, htab_insert(&t, hash_of(last), last);
	for (int i = 0; i < 30000; i++) {
		last++, htab_insert(&t, hash_of(last), last);
		htab_remove(&t, hash_of(first), first), first++;
	}
	ck_assert_ptr_null(t.old);
	for (uint32_t id = first; id <= last; id++)
		check(id, true);
	htab_fini(&t);
}
END_TEST

/* Each call brings over a few cache lines, however many ids there are. */
START_TEST(growth_in_small_steps)
{
	uint32_t moves = 0;

	seed = 9;
	kind = 0;
	for (uint32_t id = 1; id <= 500000; id++) {
		uint32_t before = t.old ? t.moved : 0;

		htab_insert(&t, hash_of(id), id);
		moves += t.old && !before;
		if (t.old && t.moved - before > 600)
			ck_abort_msg("%u slots moved at once", t.moved - before);
	}
	ck_assert_uint_gt(moves, 10);
	for (uint32_t id = 1; id <= 500000; id++)
		check(id, true);
	htab_fini(&t);
}
END_TEST

START_TEST(reserved_needs_no_move)
{
	size_t room;

	seed = 1;
	kind = 0;
	htab_reserve(&t, 5000);
	room = htab_bytes(&t);
	for (uint32_t id = 1; id <= 5000; id++)
		htab_insert(&t, hash_of(id), id);
	ck_assert_uint_eq(htab_bytes(&t), room);
	htab_fini(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("htab");
	TCase *c = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, random_waves, 0, 15);
	tcase_add_test(c, turnover_during_a_move);
	tcase_add_test(c, growth_in_small_steps);
	tcase_add_test(c, reserved_needs_no_move);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
