/* A changing table in order: see ordered.h.  Below, a window is what ids[] holds;
 * its parts, the smallest first, end where `parts` says, and their keys are at most
 * what is noted there.  Only keys that are noted here count: those of the ids may
 * be others by now, which shows when a part is sorted: what has no place in it is
 * not given. */
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/ordered.h"
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"

#define BATCH 192	  /* ids sorted at once */
#define ROOM_MIN 16384	  /* ids of a window: half of the room, about */
#define ROOM_MAX 131072
#define WINDOWS 32	  /* a table is walked in so many, about */
#define SCAN 2048	  /* ids looked at in one go */
#define WORK 120000	  /* ids scanned in a slice; to move one counts as MOVE of them */
#define MOVE 4

struct part {
	uint32_t end;
	struct ordered_key high;
};

struct ordered {
	const struct ordered_table *type;
	uint64_t seed;
	long work;		 /* left for this slice */
	bool begun;		 /* low is valid */
	struct ordered_key low;	 /* given, or passed over: all up to this one */
	/* The window. */
	uint32_t *ids, n, at, room;
	bool scanning;
	uint32_t scan_at, scan_end;
	bool bounded;		 /* there are more keys than the window has: above high */
	struct ordered_key high;
	VEC(struct part) parts;	 /* smallest last */
	/* The part at `at`, sorted. */
	struct item {
		uint64_t rank, rank2;
		uint32_t id;
	} batch[BATCH];
	uint32_t batch_n, batch_at;
};

struct ordered *ordered_new(const struct ordered_table *type, uint64_t seed)
{
	struct ordered *o = xcalloc(1, sizeof(*o));

	o->type = type;
	o->seed = seed;
	return o;
}

void ordered_rest(struct ordered *o)
{
	free(o->ids);
	o->ids = NULL;
	o->n = o->at = o->room = 0;
	o->scanning = false;
	o->batch_n = o->batch_at = 0;
	vec_free(&o->parts);
}

void ordered_free(struct ordered *o)
{
	if (!o)
		return;
	ordered_rest(o);
	free(o);
}

void ordered_resume(struct ordered *o)
{
	o->work = WORK;
	o->batch_n = o->batch_at = 0;
}

static int key_compare(const struct ordered *o, const void *table, const struct ordered_key *a,
		const struct ordered_key *b)
{
	int c = ordered_compare_rank(a, b);

	return c || !o->type->compare ? c : o->type->compare(table, a->b, b->b);
}

/* What the part before this key has no place for. */
static bool key_fits(const struct ordered *o, const void *table, const struct ordered_key *key,
		const struct ordered_key *high)
{
	return (!o->begun || key_compare(o, table, &o->low, key) < 0) &&
	       (!high || key_compare(o, table, key, high) <= 0);
}

/* ---- splitting ---- */

#define SAMPLES 15

/* Near the middle of ids[0..n), or false if hardly any of them is there. */
static bool pivot_find(struct ordered *o, const void *table, const uint32_t *ids, uint32_t n,
		const struct ordered_key *high, struct ordered_key *ret)
{
	struct ordered_key sample[SAMPLES], k;
	unsigned found = 0;

	for (unsigned i = 0; i < 2 * SAMPLES && found < SAMPLES; i++) {
		unsigned at = found;

		o->seed = hash_u64(o->seed, i);
		if (!o->type->key(table, ids[o->seed % n], &k) || !key_fits(o, table, &k, high))
			continue;
		while (at && key_compare(o, table, &k, &sample[at - 1]) < 0) {
			sample[at] = sample[at - 1];
			at--;
		}
		sample[at] = k;
		found++;
	}
	if (!found)
		return false;
	*ret = sample[found / 2];
	return true;
}

/* Moves what still fits to the end of the part; where it begins now. */
static uint32_t part_sweep(struct ordered *o, const void *table, uint32_t from, uint32_t end,
		const struct ordered_key *high)
{
	struct ordered_key k;
	uint32_t to = end;

	for (uint32_t i = end; i-- > from;)
		if (o->type->key(table, o->ids[i], &k) && key_fits(o, table, &k, high))
			o->ids[--to] = o->ids[i];
	return to;
}

/* ---- a window ---- */

static void window_begin(struct ordered *o, const void *table)
{
	uint32_t last = o->type->last(table), room = last / (WINDOWS / 2);

	if (room < ROOM_MIN)
		room = ROOM_MIN;
	if (room > ROOM_MAX)
		room = ROOM_MAX;
	if (room > last)
		room = last;
	room += SCAN;
	if (room > o->room) {
		free(o->ids);
		o->ids = xmalloc(room * sizeof(*o->ids));
		o->room = room;
	}
	o->n = o->at = 0;
	o->parts.n = 0;
	o->bounded = false;
	o->scanning = true;
	o->scan_at = 1;
	o->scan_end = last + 1;
}

/* Full: only the smaller half is kept, and looked for from now on. */
static void window_halve(struct ordered *o, const void *table)
{
	const struct ordered_key *high = o->bounded ? &o->high : NULL;
	struct ordered_key pivot;
	uint32_t n = o->n, from;

	o->work -= MOVE * (long)o->n;
	if (pivot_find(o, table, o->ids, o->n, high, &pivot))
		n = o->type->split(table, o->ids, o->n, &pivot);
	if (n < o->n) {
		o->n = n;
		o->high = pivot;
		o->bounded = true;
		return;
	}
	/* Many are gone, or the pivot was the largest, as may happen. */
	from = part_sweep(o, table, 0, o->n, high);
	o->n -= from;
	memmove(o->ids, o->ids + from, o->n * sizeof(*o->ids));
}

/* false: the slice is over. */
static bool window_scan(struct ordered *o, const void *table)
{
	while (o->scan_at < o->scan_end) {
		uint32_t to = o->scan_at + SCAN;

		if (o->work <= 0)
			return false;
		if (o->n + SCAN > o->room) {
			window_halve(o, table);
			continue;
		}
		if (to > o->scan_end)
			to = o->scan_end;
		o->n += o->type->scan(table, o->scan_at, to, o->begun ? &o->low : NULL,
				o->bounded ? &o->high : NULL, o->ids + o->n);
		o->work -= to - o->scan_at;
		o->scan_at = to;
	}
	o->scanning = false;
	return true;
}

/* ---- a batch ---- */

static bool item_is_less(const struct ordered *o, const void *table, const struct item *a,
		const struct item *b)
{
	struct ordered_key x, y;

	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->rank2 != b->rank2 || !o->type->compare)
		return a->rank2 < b->rank2;
	return o->type->key(table, a->id, &x) && o->type->key(table, b->id, &y) &&
	       o->type->compare(table, x.b, y.b) < 0;
}

/* Shell's sort: for so few no other is faster, and it needs no memory. */
static void batch_sort(struct ordered *o, const void *table)
{
	static const uint32_t gaps[] = { 132, 57, 23, 10, 4, 1 };

	for (unsigned g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++)
		for (uint32_t gap = gaps[g], i = gap; i < o->batch_n; i++) {
			struct item x = o->batch[i];
			uint32_t at = i;

			for (; at >= gap && item_is_less(o, table, &x, &o->batch[at - gap]); at -= gap)
				o->batch[at] = o->batch[at - gap];
			o->batch[at] = x;
		}
}

static void batch_load(struct ordered *o, const void *table, uint32_t end,
		const struct ordered_key *high)
{
	struct ordered_key k;

	o->batch_at = o->batch_n = 0;
	for (uint32_t i = o->at; i < end; i++)
		if (o->type->key(table, o->ids[i], &k) && key_fits(o, table, &k, high))
			o->batch[o->batch_n++] = (struct item){ k.rank, k.rank2, o->ids[i] };
	batch_sort(o, table);
}

/* Splits the part at `at` until it is small, and sorts it.  false: the slice is
 * over, or the window. */
static bool batch_make(struct ordered *o, const void *table)
{
	while (o->at < o->n && o->work > 0) {
		const struct part *part = o->parts.n ? &o->parts.v[o->parts.n - 1] : NULL;
		const struct ordered_key *high = part ? &part->high : o->bounded ? &o->high : NULL;
		uint32_t end = part ? part->end : o->n, n = end - o->at;
		struct ordered_key pivot;

		o->work -= MOVE * (long)n;
		if (n <= BATCH) {
			batch_load(o, table, end, high);
			if (o->batch_n)
				return true;
			o->at = end;
		} else {
			if (pivot_find(o, table, o->ids + o->at, n, high, &pivot))
				n = o->type->split(table, o->ids + o->at, n, &pivot);
			if (n < end - o->at)
				*vec_push(&o->parts) = (struct part){ o->at + n, pivot };
			else
				o->at = part_sweep(o, table, o->at, end, high);
		}
		if (o->at == end && part)
			o->parts.n--;
	}
	return false;
}

#define SOON 4

uint32_t ordered_soon(const struct ordered *o)
{
	return o->batch_at + SOON < o->batch_n ? o->batch[o->batch_at + SOON].id : 0;
}

uint32_t ordered_next(struct ordered *o, const void *table)
{
	for (;;) {
		if (o->batch_at < o->batch_n) {
			uint32_t id = o->batch[o->batch_at++].id;

			o->begun = o->type->key(table, id, &o->low);
			return id;
		}
		if (o->batch_n) { /* the rest of the part has been given */
			o->batch_n = o->batch_at = 0;
			o->at = o->parts.n ? vec_pop(&o->parts).end : o->n;
		}
		if (!o->scanning && o->at < o->n) {
			if (batch_make(o, table))
				continue;
			if (o->at < o->n)
				return ORDERED_WAIT;
		}
		if (!o->scanning) {
			if (o->ids && !o->bounded)
				return 0;
			if (o->ids) {
				o->low = o->high;
				o->begun = true;
			}
			window_begin(o, table);
		}
		if (!window_scan(o, table))
			return ORDERED_WAIT;
		if (!o->n && !o->bounded)
			return 0;
	}
}
