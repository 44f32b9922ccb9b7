/* The ids of a large table in the order of their keys, while the table changes,
 * without sorting it as a whole.
 *
 * A walk remembers the last key it gave and looks for the next ones in windows: a
 * pass over the table takes the smallest keys that are larger, some ten thousands; of
 * these a thousand at a time are sorted, when they are asked for.  So the first id comes
 * after one pass, no call does more than a slice of work, and the memory is 160 KB,
 * which can be dropped at any time: the last key is all that counts.
 *
 * An id whose key is there during the whole walk is given exactly once, in order,
 * whatever else comes, goes and is named by the ids that became free; what comes
 * and goes meanwhile is given at most once, in its place. */
#ifndef WEFT_BASE_ORDERED_H
#define WEFT_BASE_ORDERED_H

#include <stdbool.h>
#include <stdint.h>

#define ORDERED_KEY_MAX 36
#define ORDERED_WAIT UINT32_MAX /* no id: enough was done for one call */

/* A key: by rank, and where that is the same as the table's compare() says. */
struct ordered_key {
	uint64_t rank, rank2;
	uint8_t b[ORDERED_KEY_MAX];
};

/* What a walk must know of a table; ids are 1 .. last. */
struct ordered_table {
	uint32_t (*last)(const void *table);
	/* false: there is none (any more) of this id, or it is not wanted. */
	bool (*key)(const void *table, uint32_t id, struct ordered_key *ret);
	/* NULL: ranks say all. */
	int (*compare)(const void *table, const uint8_t *a, const uint8_t *b);
	/* Those of from .. to - 1 that key() has and that are > *low (NULL: any) and <= *high
	 * (NULL: any): how many were put into ids[], which has room for all. */
	uint32_t (*scan)(const void *table, uint32_t from, uint32_t to, const struct ordered_key *low,
			const struct ordered_key *high, uint32_t *ids);
	/* Puts those that are <= *pivot (or not there) before the others: how many. */
	uint32_t (*split)(const void *table, uint32_t *ids, uint32_t n,
			const struct ordered_key *pivot);
};

struct ordered;

/* seed: so that nobody can choose keys that make it slow. */
struct ordered *ordered_new(const struct ordered_table *type, uint64_t seed);
void ordered_free(struct ordered *o);
/* Before ordered_next() whenever the table may have changed since; gives it leave
 * for another slice of work (well below a millisecond). */
void ordered_resume(struct ordered *o);
/* The next id; 0 after the last; ORDERED_WAIT: go on after other work. */
uint32_t ordered_next(struct ordered *o, const void *table);
/* One that will come soon, or 0: a table may fetch what belongs to it. */
uint32_t ordered_soon(const struct ordered *o);
/* Lets go of what can be made again: the reader takes its time. */
void ordered_rest(struct ordered *o);

static inline int ordered_compare_rank(const struct ordered_key *a, const struct ordered_key *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->rank2 < b->rank2 ? -1 : a->rank2 > b->rank2;
}

#endif
