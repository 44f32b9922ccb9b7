/* A changing table in order: see ordered.h.  Below, a window is what ids[] holds;
 * its parts, the smallest first, end where `parts` says, and their keys are at most
 * what is noted there.  Only keys that are noted here count: those of the ids may
 * be others by now, which shows when a part is loaded: what has no place in it is
 * not given. */
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/ordered.h"
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"

#define BATCH 128	  /* ids given without another look at their order */
#define CHUNK 1024	  /* ids sorted at once */
#define ROOM_MIN 16384	  /* ids of a window: half of the room, about */
#define ROOM_MAX 40960 /* to split more would take too long for a slice */
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

static void items_insert(const struct ordered *o, const void *table, struct item *v, uint32_t n,
		uint32_t gap)
{
	for (uint32_t i = gap; i < n; i++) {
		struct item x = v[i];
		uint32_t at = i;

		for (; at >= gap && item_is_less(o, table, &x, &v[at - gap]); at -= gap)
			v[at] = v[at - gap];
		v[at] = x;
	}
}

/* Those whose ranks are the same: Shell's sort, as the table is asked each time. */
static void items_sort_ties(const struct ordered *o, const void *table, struct item *v, uint32_t n)
{
	static const uint32_t gaps[] = { 701, 301, 132, 57, 23, 10, 4, 1 };

	for (uint32_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && v[j].rank == v[i].rank && v[j].rank2 == v[i].rank2; j++)
			;
		for (unsigned g = 0; j - i > 1 && g < sizeof(gaps) / sizeof(gaps[0]); g++)
			if (gaps[g] < j - i)
				items_insert(o, table, v + i, j - i, gaps[g]);
	}
}

/* One counting pass for each byte that is not the same in all.  Returns which of
 * the two has the result. */
static struct item *items_sort(struct item *v, struct item *tmp, uint32_t n)
{
	uint64_t differs[2] = { 0 };

	for (uint32_t i = 1; i < n; i++) {
		differs[0] |= v[i].rank2 ^ v[0].rank2;
		differs[1] |= v[i].rank ^ v[0].rank;
	}
	for (unsigned byte = 0; byte < 16; byte++) {
		uint32_t count[256] = { 0 }, sum = 0;
		unsigned shift = byte % 8 * 8;
		struct item *t = v;

		if (!(differs[byte / 8] >> shift & 255))
			continue;
		for (uint32_t i = 0; i < n; i++)
			count[(byte < 8 ? v[i].rank2 : v[i].rank) >> shift & 255]++;
		for (unsigned b = 0; b < 256; b++) {
			uint32_t c = count[b];

			count[b] = sum;
			sum += c;
		}
		for (uint32_t i = 0; i < n; i++)
			tmp[count[(byte < 8 ? v[i].rank2 : v[i].rank) >> shift & 255]++] = v[i];
		v = tmp;
		tmp = t;
	}
	return v;
}

/* What of ids[at..end) has its place there. */
static uint32_t items_load(const struct ordered *o, const void *table, uint32_t end,
		const struct ordered_key *high, struct item *v)
{
	struct ordered_key k;
	uint32_t n = 0;

	for (uint32_t i = o->at; i < end; i++)
		if (o->type->key(table, o->ids[i], &k) && key_fits(o, table, &k, high))
			v[n++] = (struct item){ k.rank, k.rank2, o->ids[i] };
	return n;
}

/* Sorts the part at `at` and makes parts of a batch each of it. */
static void chunk_sort(struct ordered *o, const void *table, uint32_t end,
		const struct ordered_key *high)
{
	struct item both[2][CHUNK], *v = both[0];
	uint32_t n = items_load(o, table, end, high, v);

	v = items_sort(v, both[1], n);
	if (o->type->compare)
		items_sort_ties(o, table, v, n);
	o->at = end - n;
	for (uint32_t i = 0; i < n; i++)
		o->ids[o->at + i] = v[i].id;
	for (uint32_t i = n ? (n - 1) / BATCH * BATCH : 0; i; i -= BATCH) {
		struct part *part = vec_push(&o->parts);

		part->end = o->at + i;
		o->type->key(table, v[i - 1].id, &part->high);
	}
}

/* In order already, unless something has changed. */
static void batch_load(struct ordered *o, const void *table, uint32_t end,
		const struct ordered_key *high)
{
	o->batch_at = 0;
	o->batch_n = items_load(o, table, end, high, o->batch);
	items_insert(o, table, o->batch, o->batch_n, 1);
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
		} else if (n <= CHUNK) {
			chunk_sort(o, table, end, high);
			if (o->at < end)
				continue; /* parts may have moved */
		} else {
			if (pivot_find(o, table, o->ids + o->at, n, high, &pivot))
				n = o->type->split(table, o->ids + o->at, n, &pivot);
			if (n < end - o->at)
				*vec_push(&o->parts) = (struct part){ o->at + n, pivot };
			else
				o->at = part_sweep(o, table, o->at, end, high);
		}
		if (o->at == end && o->parts.n && o->parts.v[o->parts.n - 1].end == end)
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
