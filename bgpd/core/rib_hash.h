/* From a key to the id of its destination: open addressing over 4-byte slots.
 * A slot holds the id, in as many bits as the table has slots (ids are dense,
 * so they fit), and in the bits that are left a part of the hash, so that a
 * probe nearly never touches a destination but the right one. */
#ifndef WEFT_BGPD_CORE_RIB_HASH_H
#define WEFT_BGPD_CORE_RIB_HASH_H

#include <stdbool.h>
#include <stdint.h>

struct rib_hash {
	uint32_t *slots;
	uint32_t mask; /* slots - 1; 0 while there are none */
	uint32_t n;
	uint32_t graves; /* slots of removed ids that a probe must pass: id 0, the rest ones */
	uint8_t id_bits;
};

static inline uint32_t rib_hash_tag(const struct rib_hash *t, uint64_t hash)
{
	return (uint32_t)(hash >> 32) << t->id_bits;
}

/* Slots to look at one after the other: ids whose tag fits, 0 at the end. */
static inline uint32_t rib_hash_first(const struct rib_hash *t, uint64_t hash, uint32_t *ret_at)
{
	uint32_t tag = rib_hash_tag(t, hash), at = (uint32_t)hash & t->mask, v;

	*ret_at = 0;
	if (!t->slots)
		return 0;
	while ((v = t->slots[at]) && (((v ^ tag) >> t->id_bits) || !(v & t->mask)))
		at = (at + 1) & t->mask;
	*ret_at = at;
	return v & t->mask;
}

static inline uint32_t rib_hash_next(const struct rib_hash *t, uint64_t hash, uint32_t *at)
{
	uint32_t tag = rib_hash_tag(t, hash), i = (*at + 1) & t->mask, v;

	while ((v = t->slots[i]) && (((v ^ tag) >> t->id_bits) || !(v & t->mask)))
		i = (i + 1) & t->mask;
	*at = i;
	return v & t->mask;
}

static inline void rib_hash_prefetch(const struct rib_hash *t, uint64_t hash)
{
	if (t->slots)
		__builtin_prefetch(&t->slots[(uint32_t)hash & t->mask]);
}

static inline bool rib_hash_full(const struct rib_hash *t)
{
	return !t->slots || t->n + t->graves >= t->mask - t->mask / 4;
}

/* As many slots as are needed, all empty: the caller places every id again, as
 * the table has not kept enough of their hashes. */
void rib_hash_grow(struct rib_hash *t);
void rib_hash_place(struct rib_hash *t, uint64_t hash, uint32_t id); /* there is room */
/* At the empty slot where a search for it ended. */
static inline void rib_hash_place_at(struct rib_hash *t, uint64_t hash, uint32_t id, uint32_t at)
{
	t->slots[at] = rib_hash_tag(t, hash) | id;
	t->n++;
}
void rib_hash_remove(struct rib_hash *t, uint64_t hash, uint32_t id); /* it is there */
void rib_hash_fini(struct rib_hash *t);

#endif
