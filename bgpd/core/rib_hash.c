/* Index of a table: see rib_hash.h.  Used by rib.c, and by rib_path_id.c for
 * the few paths with a path id. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/rib_hash.h"
#include "lib/base/xalloc.h"

#define SMALL 64   /* slots of a table that begins */
#define ID_BITS 24 /* at first: eight bits of a hash are enough to tell keys apart */
#define STEP 512   /* ids that may come while a segment moves: the move ends at 11/16 */

/* So few that no segment is ever full: the fullest of a thousand has a few
 * hundred more than the average. */
static uint32_t enough(uint32_t mask)
{
	return mask / 8 * 5;
}

static size_t bytes(uint32_t mask)
{
	return ((size_t)mask + 1) * sizeof(uint32_t);
}

/* Neighbours share a cache line only if it begins where their slots do. */
static uint32_t *slots_new(uint32_t mask)
{
	void *p;

	if (bytes(mask) >= XALLOC_HUGE)
		return xcalloc_huge(bytes(mask));
	p = aligned_alloc(64, bytes(mask));
	if (!p)
		abort();
	return memset(p, 0, bytes(mask));
}

static void put(struct rib_hash *t, uint64_t hash, uint32_t id)
{
	uint32_t at, *slots = rib_hash_home(t, hash, &at);

	while (rib_hash_id(t, slots[at]))
		at = rib_hash_after(t, at);
	t->graves -= slots[at] != 0;
	slots[at] = rib_hash_tag(t, hash) | id;
}

static void put_all(struct rib_hash *t, const uint32_t *ids, unsigned n, rib_hash_fn *fn,
		const void *ctx)
{
	uint64_t hashes[RIB_HASHES];

	fn(ctx, ids, n, hashes);
	for (unsigned i = 0; i < n; i++)
		put(t, hashes[i], ids[i]);
}

static void segment_move(struct rib_hash *t, rib_hash_fn *fn, const void *ctx)
{
	uint32_t size = t->old_mask < RIB_SEGMENT ? t->old_mask + 1 : RIB_SEGMENT;
	const uint32_t *from = t->old + t->moved;
	uint32_t ids[RIB_HASHES];
	unsigned n = 0;

	t->moved += size;
	for (uint32_t i = 0; i < size; i++) {
		ids[n] = rib_hash_id(t, from[i]);
		if (!ids[n])
			t->graves -= from[i] != 0;
		else if (++n == RIB_HASHES)
			put_all(t, ids, n, fn, ctx), n = 0;
	}
	put_all(t, ids, n, fn, ctx);
	if (t->moved <= t->old_mask)
		return;
	xfree_huge(t->old, bytes(t->old_mask));
	t->old = NULL;
}

/* If it is full of graves, the same size will do. */
static void move_begin(struct rib_hash *t)
{
	t->old = t->slots;
	t->old_mask = t->mask;
	t->moved = 0;
	if (t->n >= enough(t->mask) / 4 * 3)
		t->mask = 2 * t->mask + 1;
	t->slots = slots_new(t->mask);
}

static void step(struct rib_hash *t, rib_hash_fn *fn, const void *ctx)
{
	if (!t->slots) {
		t->id_bits = ID_BITS;
		t->mask = SMALL - 1;
		t->slots = slots_new(t->mask);
	}
	if (!t->old && t->n + t->graves >= enough(t->mask))
		move_begin(t);
	if (t->old)
		segment_move(t, fn, ctx);
	t->until = t->old ? STEP : enough(t->mask) - t->n - t->graves;
}

static void tags_narrow(const struct rib_hash *t, uint32_t *slots, uint32_t mask)
{
	for (uint32_t i = 0; slots && i <= mask; i++)
		slots[i] = rib_hash_id(t, slots[i]) | (slots[i] >> t->id_bits) << (t->id_bits + 1);
}

void rib_hash_insert_slow(struct rib_hash *t, uint64_t hash, uint32_t id,
		rib_hash_fn *fn, const void *ctx)
{
	if (!t->until)
		step(t, fn, ctx);
	/* Larger ids: the parts of hashes lose a bit.  That takes all slots in one go,
	 * but not before there are 16 million ids. */
	for (; id >> t->id_bits; t->id_bits++) {
		tags_narrow(t, t->slots, t->mask);
		tags_narrow(t, t->old, t->old_mask);
	}
	put(t, hash, id);
	t->n++;
	t->until--;
}

/* No need to wait for a move. */
void rib_hash_emptied(struct rib_hash *t)
{
	if (t->old || t->graves <= t->mask / 64)
		return;
	memset(t->slots, 0, bytes(t->mask));
	t->graves = 0;
}

size_t rib_hash_bytes(const struct rib_hash *t)
{
	return (t->slots ? bytes(t->mask) : 0) + (t->old ? bytes(t->old_mask) : 0);
}

void rib_hash_fini(struct rib_hash *t)
{
	if (t->slots)
		xfree_huge(t->slots, bytes(t->mask));
	if (t->old)
		xfree_huge(t->old, bytes(t->old_mask));
	*t = (struct rib_hash){ 0 };
}
