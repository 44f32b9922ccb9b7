/* Hash table from a key, which lives in the caller's object, to a 32-bit id
 * (never 0).  Open addressing with linear probing over 8-byte slots that keep
 * 32 bits of the hash, so that a probe touches the object only when it is the
 * right one, and growing needs no object at all.
 *
 * It grows without a call that waits for all of it: when it is three quarters
 * full, slots of double size are put beside it, and each id that comes brings a
 * cache line of the old ones over.  What has moved is an interval of whole runs,
 * so a key's home alone tells which of the two it is in. */
#ifndef WEFT_BASE_HTAB_H
#define WEFT_BASE_HTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct htab_slot {
	uint32_t hash, id;
};

struct htab {
	struct htab_slot *slots;
	uint32_t mask;	/* slots - 1; 0 while empty */
	uint32_t n;	/* ids in it */
	struct htab_slot *old; /* those that it moves from; NULL: no move is under way */
	uint32_t old_mask;
	uint32_t start, moved; /* of old, [start, start + moved) is empty; it wraps around */
};

typedef bool htab_equal_fn(const void *ctx, uint32_t id, const void *key);

/* The id of the object whose key equals `key`, or 0. */
uint32_t htab_find(const struct htab *t, uint32_t hash, htab_equal_fn *equal, const void *ctx,
		const void *key);
/* Adds an id whose key is not in the table. */
void htab_insert(struct htab *t, uint32_t hash, uint32_t id);
/* Makes room for n ids in an empty table. */
void htab_reserve(struct htab *t, uint32_t n);
/* Removes an id that is in the table. */
void htab_remove(struct htab *t, uint32_t hash, uint32_t id);
size_t htab_bytes(const struct htab *t);
void htab_fini(struct htab *t);

/* The slots where a key belongs: its search begins at hash & *ret_mask. */
static inline struct htab_slot *htab_home(const struct htab *t, uint32_t hash, uint32_t *ret_mask)
{
	if (__builtin_expect(t->old != NULL, 0) && ((hash - t->start) & t->old_mask) >= t->moved) {
		*ret_mask = t->old_mask;
		return t->old;
	}
	*ret_mask = t->mask;
	return t->slots;
}

/* GCC 12 takes a function that only prefetches for one without effect, unless it
 * is inlined before it looks. */
__attribute__((always_inline)) static inline void htab_prefetch(const struct htab *t, uint32_t hash)
{
	uint32_t mask;
	const struct htab_slot *slots = htab_home(t, hash, &mask);

	if (slots)
		__builtin_prefetch(&slots[hash & mask]);
}

#endif
