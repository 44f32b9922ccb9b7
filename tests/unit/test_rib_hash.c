/* The index of a table against a plain array, while it grows and shrinks, moves
 * from one table to the next and fills with graves. */
#include <check.h>
#include <stdlib.h>

#include "bgpd/core/rib_hash.h"
#include "lib/base/hash.h"
#include "lib/base/rng.h"

#define IDS 60000
#define STRANGE (1u << 24) /* an id that needs another bit */

static struct rib_hash index_;
static uint64_t seed;

/* Neighbours stand together, as in a table: that is when runs are long. */
static uint64_t hash_of(uint32_t id)
{
	return (hash_u64(seed, id >> 3) & ~7ull) | (id & 7);
}

static void hashes(const void *ctx, const uint32_t *ids, unsigned n, uint64_t *ret)
{
	(void)ctx;
	ck_assert_uint_le(n, RIB_HASHES);
	for (unsigned i = 0; i < n; i++)
		ret[i] = hash_of(ids[i]);
}

static bool find(uint32_t id, uint32_t *ret_at)
{
	uint32_t there = rib_hash_first(&index_, hash_of(id), ret_at);

	/* The guess is the first one, too, unless there is none. */
	ck_assert(!there || rib_hash_guess(&index_, hash_of(id)) == there);
	while (there && there != id)
		there = rib_hash_next(&index_, hash_of(id), ret_at);
	return there;
}

static void add(uint32_t id)
{
	uint32_t at;

	ck_assert(!find(id, &at));
	rib_hash_insert(&index_, hash_of(id), id, at, hashes, NULL);
	ck_assert(find(id, &at));
}

static void check_all(const bool *in, uint32_t n)
{
	uint32_t at, count = 0;

	for (uint32_t id = 1; id <= n; id++) {
		ck_assert_int_eq(find(id, &at), in[id]);
		count += in[id];
	}
	ck_assert_uint_eq(index_.n, count);
}

static uint32_t graves(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i <= index_.mask; i++)
		n += index_.slots[i] && !rib_hash_id(&index_, index_.slots[i]);
	for (uint32_t i = index_.moved; index_.old && i <= index_.old_mask; i++)
		n += index_.old[i] && !rib_hash_id(&index_, index_.old[i]);
	return n;
}

/* Waves: more come than go, then the other way round. */
START_TEST(random_waves)
{
	struct rng rng = { (uint64_t)_i + 1 };
	bool *in = calloc(IDS + 1, sizeof(*in)), moving = false;

	seed = rng_next(&rng);
	for (unsigned step = 0; step < 600000; step++) {
		uint32_t id = 1 + (uint32_t)rng_below(&rng, IDS);
		bool grow = rng_below(&rng, 100) < (step / 100000 % 2 ? 20 : 80);

		if (in[id] == grow)
			continue;
		if (grow)
			add(id);
		else
			rib_hash_remove(&index_, hash_of(id), id);
		in[id] = grow;
		moving |= index_.old != NULL;
		if (step % 60000 == 0)
			check_all(in, IDS);
	}
	ck_assert(moving);
	check_all(in, IDS);
	ck_assert_uint_eq(index_.graves, graves());
	ck_assert_uint_le(index_.mask + 1, 4 * IDS);
	for (uint32_t id = 1; id <= IDS; id++)
		if (in[id])
			rib_hash_remove(&index_, hash_of(id), id);
	ck_assert_uint_eq(index_.n, 0);
	rib_hash_fini(&index_);
	free(in);
}
END_TEST

/* Few stay, but always others: it is cleaned and does not grow. */
START_TEST(turnover_needs_no_room)
{
	uint32_t at;

	seed = 7;
	for (uint32_t id = 1; id <= 400000; id++) {
		add(id);
		if (id > 2000)
			rib_hash_remove(&index_, hash_of(id - 2000), id - 2000);
	}
	ck_assert_uint_eq(index_.n, 2000);
	ck_assert_uint_le(index_.mask + 1, RIB_SEGMENT);
	for (uint32_t id = 398001; id <= 400000; id++)
		ck_assert(find(id, &at));
	rib_hash_fini(&index_);
}
END_TEST

START_TEST(large_ids)
{
	bool in[1001] = { false };
	uint32_t at;

	seed = 9;
	for (uint32_t id = 1; id <= 1000; id++) {
		add(id);
		in[id] = true;
	}
	for (uint32_t id = 1; id <= 1000; id += 3) {
		rib_hash_remove(&index_, hash_of(id), id);
		in[id] = false;
	}
	add(STRANGE);
	add(8 * STRANGE + 5);
	ck_assert(find(STRANGE, &at) && find(8 * STRANGE + 5, &at));
	rib_hash_remove(&index_, hash_of(STRANGE), STRANGE);
	rib_hash_remove(&index_, hash_of(8 * STRANGE + 5), 8 * STRANGE + 5);
	check_all(in, 1000);
	ck_assert_uint_eq(index_.graves, graves());
	rib_hash_fini(&index_);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rib_hash");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, random_waves, 0, 4);
	tcase_add_test(t, turnover_needs_no_room);
	tcase_add_test(t, large_ids);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
