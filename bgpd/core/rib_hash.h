/* From a key to the id of its destination: open addressing over 4-byte slots.
 * A slot holds the id and, in the bits that are left, a part of the hash, so
 * that a probe nearly never touches a destination but the right one.
 *
 * A search stays within a segment of 8192 slots, so that the table can grow by
 * one of them at a time: when it is five eighths full another table, mostly of
 * double size, is put beside it, and one segment moves for every few hundred
 * ids that come.  No call waits for a million keys to be hashed again. */
#ifndef WEFT_BGPD_CORE_RIB_HASH_H
#define WEFT_BGPD_CORE_RIB_HASH_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RIB_SEGMENT 8192u /* slots */

struct rib_hash {
	uint32_t *slots; /* NULL while there are none */
	uint32_t mask;	 /* slots - 1 */
	uint32_t *old;	 /* the table that they move from; NULL: no move is under way */
	uint32_t old_mask;
	uint32_t moved;	 /* slots of old whose ids have moved */
	uint32_t until;	 /* ids that may come before the next step */
	uint32_t n;
	uint32_t graves; /* slots of removed ids that a probe must pass: id 0, the rest ones */
	uint8_t id_bits; /* of a slot */
};

/* What the table asks of its owner, as it has not kept enough of them: the hashes
 * of at most RIB_HASHES ids. */
#define RIB_HASHES 64
typedef void rib_hash_fn(const void *ctx, const uint32_t *ids, unsigned n, uint64_t *ret);

/* The slots where a key belongs, and its place in them. */
static inline uint32_t *rib_hash_home(const struct rib_hash *t, uint64_t hash, uint32_t *ret_at)
{
	*ret_at = (uint32_t)hash & t->mask;
	if (__builtin_expect(!t->old, 1) || ((uint32_t)hash & t->old_mask) < t->moved)
		return t->slots;
	*ret_at = (uint32_t)hash & t->old_mask;
	return t->old;
}

static inline uint32_t rib_hash_after(const struct rib_hash *t, uint32_t at)
{
	uint32_t within = (RIB_SEGMENT - 1) & t->mask;

	return (at & ~within) | ((at + 1) & within);
}

static inline uint32_t rib_hash_id(const struct rib_hash *t, uint32_t slot)
{
	return slot & ((1u << t->id_bits) - 1);
}

static inline uint32_t rib_hash_tag(const struct rib_hash *t, uint64_t hash)
{
	return (uint32_t)(hash >> 32) << t->id_bits;
}

static inline uint32_t rib_hash_probe(const struct rib_hash *t, const uint32_t *slots,
		uint64_t hash, uint32_t *at)
{
	uint32_t tag = rib_hash_tag(t, hash), i = *at, v;

	while ((v = slots[i]) && (((v ^ tag) >> t->id_bits) || !rib_hash_id(t, v)))
		i = rib_hash_after(t, i);
	*at = i;
	return rib_hash_id(t, v);
}

/* The id of the key, or another one, even if the key is not there; 0: it is not.  Most stand where they belong
 * or not far behind: four slots are looked at in one go, without a branch for each
 * that would be mispredicted every other time. */
static inline uint32_t rib_hash_guess(const struct rib_hash *t, uint64_t hash)
{
	typedef uint32_t four __attribute__((vector_size(16)));
	typedef int16_t narrow __attribute__((vector_size(8)));
	uint32_t at, ids = (1u << t->id_bits) - 1, tag = rib_hash_tag(t, hash);
	const uint32_t *slots = rib_hash_home(t, hash, &at);
	uint64_t fit, free;
	narrow n;
	four v;

	if (!slots)
		return 0;
	if (__builtin_expect((at & (RIB_SEGMENT - 1) & t->mask) <= ((RIB_SEGMENT - 1) & t->mask) - 3, 1)) {
		memcpy(&v, &slots[at], sizeof(v));
		/* The same tag, and an id that is not 0. */
		n = __builtin_convertvector((v ^ tag) - 1 < ids, narrow);
		memcpy(&fit, &n, sizeof(fit));
		if (fit)
			return slots[at + (uint32_t)__builtin_ctzll(fit) / 16] & ids;
		n = __builtin_convertvector(v == 0, narrow);
		memcpy(&free, &n, sizeof(free));
		if (free)
			return 0;
	}
	return rib_hash_probe(t, slots, hash, &at);
}

/* Slots to look at one after the other: ids whose tag fits, 0 at the end. */
static inline uint32_t rib_hash_first(const struct rib_hash *t, uint64_t hash, uint32_t *ret_at)
{
	const uint32_t *slots = rib_hash_home(t, hash, ret_at);

	return slots ? rib_hash_probe(t, slots, hash, ret_at) : 0;
}

static inline uint32_t rib_hash_next(const struct rib_hash *t, uint64_t hash, uint32_t *at)
{
	uint32_t home;
	const uint32_t *slots = rib_hash_home(t, hash, &home);

	*at = rib_hash_after(t, *at);
	return rib_hash_probe(t, slots, hash, at);
}

/* GCC 12 takes a function that only prefetches for one without effect, unless it
 * is inlined before it looks. */
__attribute__((always_inline)) static inline void rib_hash_prefetch(const struct rib_hash *t,
		uint64_t hash)
{
	uint32_t at;
	const uint32_t *slots = rib_hash_home(t, hash, &at);

	if (slots)
		__builtin_prefetch(&slots[at]);
}

void rib_hash_insert_slow(struct rib_hash *t, uint64_t hash, uint32_t id,
		rib_hash_fn *hashes, const void *ctx);

/* Adds an id that is not there; at: the free slot where a search for it ended. */
static inline void rib_hash_insert(struct rib_hash *t, uint64_t hash, uint32_t id, uint32_t at,
		rib_hash_fn *hashes, const void *ctx)
{
	uint32_t home;

	if (!t->until || id >> t->id_bits) {
		rib_hash_insert_slow(t, hash, id, hashes, ctx);
		return;
	}
	rib_hash_home(t, hash, &home)[at] = rib_hash_tag(t, hash) | id;
	t->n++;
	t->until--;
}

/* Nothing is left: no grave is needed any more. */
void rib_hash_emptied(struct rib_hash *t);

/* Of a key that is there.  A grave only where something is behind it: as a number, as half
 * of all guesses would be wrong. */
static inline void rib_hash_remove(struct rib_hash *t, uint64_t hash, uint32_t id)
{
	uint32_t at, *slots = rib_hash_home(t, hash, &at), slot = rib_hash_tag(t, hash) | id;
	uint32_t grave;

	while (slots[at] != slot) {
		assert(slots[at]);
		at = rib_hash_after(t, at);
	}
	grave = slots[rib_hash_after(t, at)] != 0;
	slots[at] = -grave << t->id_bits;
	t->graves += grave;
	if (__builtin_expect(!--t->n, 0))
		rib_hash_emptied(t);
}

size_t rib_hash_bytes(const struct rib_hash *t);
void rib_hash_fini(struct rib_hash *t);

#endif
