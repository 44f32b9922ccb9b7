/* Hash table from a key, which lives in the caller's object, to a 32-bit id
 * (never 0).  Open addressing with linear probing over 8-byte slots that keep
 * 32 bits of the hash, so that a probe touches the object only when it is the
 * right one, and growing needs no object at all. */
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
void htab_fini(struct htab *t);

static inline void htab_prefetch(const struct htab *t, uint32_t hash)
{
	if (t->slots)
		__builtin_prefetch(&t->slots[hash & t->mask]);
}

#endif
