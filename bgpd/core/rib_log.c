/* The log of a table and its readers.  rib.c adds a destination whenever its
 * outcome changed; each consumer reads at its own pace.
 *
 * An entry counts only if it is the last one of its destination, so one that
 * changes again and again costs a slow reader nothing, and the ring never
 * holds more than twice as many entries as there are destinations: when it is
 * full and half of it no longer counts, it is compacted instead of doubled. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/rib_private.h"
#include "lib/base/xalloc.h"

#define RING_MIN 64
#define RING_KEEP 65536 /* entries: a larger ring is given back when it is empty */
#define PREFETCH 16
#define TRIM 64 /* entries dropped in one go */

static uint32_t ring_at(const struct rib_log *l, uint32_t place)
{
	return l->ring[place & l->mask];
}

static bool counts(const struct rib *rib, uint32_t place)
{
	return dest_at(rib, ring_at(&rib->log, place))->log_at == place;
}

/* Moves the entries that count to the end of a ring of the same size. */
static void compact(struct rib *rib)
{
	struct rib_log *l = &rib->log;
	uint32_t to = l->head;

	for (uint32_t place = l->head; place != l->tail;) {
		uint32_t id;

		place--;
		if (!counts(rib, place))
			continue;
		id = ring_at(l, place);
		to--;
		l->ring[to & l->mask] = id;
		dest_at(rib, id)->log_at = to;
	}
	l->superseded = 0;
	l->tail = to;
}

/* Where a reader that stood at `place` stands after compact(): before the
 * first entry that counts and that it has not seen. */
static uint32_t seen_after_compact(const struct rib *rib, uint32_t place)
{
	uint32_t unseen = 0;

	for (uint32_t p = place; p != rib->log.head; p++)
		unseen += counts(rib, p);
	return rib->log.head - unseen;
}

static void make_room(struct rib *rib)
{
	struct rib_log *l = &rib->log;
	uint32_t used = l->head - l->tail, room = l->ring ? l->mask + 1 : 0;

	if (used < room)
		return;
	if (used && l->superseded >= used / 2) {
		for (struct rib_reader *r = l->readers; r; r = r->next) {
			r->at = seen_after_compact(rib, r->at);
			r->done = seen_after_compact(rib, r->done);
		}
		l->front = seen_after_compact(rib, l->front);
		compact(rib);
		return;
	}
	uint32_t mask = (room ? room * 2 : RING_MIN) - 1;
	uint32_t *ring = xmalloc(sizeof(*ring) * ((size_t)mask + 1));

	for (uint32_t p = l->tail; p != l->head; p++)
		ring[p & mask] = ring_at(l, p);
	free(l->ring);
	l->ring = ring;
	l->mask = mask;
}

static void wake_idle(struct rib_log *l)
{
	for (struct rib_reader *r = l->readers; r; r = r->next)
		if (r->idle) {
			r->idle = false;
			l->idle--;
			if (r->wake)
				r->wake(r);
		}
}

bool rib_log_add_slow(struct rib *rib, uint32_t dest)
{
	struct rib_log *l = &rib->log;
	bool there;

	if (!l->readers)
		return rib_log_has(rib, dest);
	there = rib_log_has(rib, dest);
	/* Nobody has read it yet: the same entry stands for this change, too. */
	if (there && dest_at(rib, dest)->log_at - l->tail >= l->front - l->tail)
		return true;
	/* The old entry still counts while the others are moved. */
	if (!l->ring || l->head - l->tail > l->mask)
		make_room(rib);
	assert(l->head - l->tail <= l->mask);
	l->superseded += there;
	l->ring[l->head & l->mask] = dest;
	dest_at(rib, dest)->log_at = l->head++;
	if (l->idle)
		wake_idle(l);
	return true;
}

bool rib_log_keeps(struct rib *rib, uint32_t dest)
{
	if (rib_log_has(rib, dest))
		return true;
	for (const struct rib_reader *r = rib->log.readers; r; r = r->next)
		if (dest > r->walk_from && dest <= r->walk)
			return rib_log_add_slow(rib, dest);
	return false;
}

/* Drops the entries before this place, some at a time: first the slots of the
 * destinations that go are asked for, then they go. */
static void trim_to(struct rib *rib, uint32_t until)
{
	struct rib_log *l = &rib->log;
	struct rib_gone gone[TRIM];

	while (l->tail != until) {
		uint32_t place = l->tail, end = until - place > TRIM ? place + TRIM : until;
		unsigned n = 0;

		for (; place != end; place++) {
			uint32_t id = l->ring[place & l->mask];
			const struct dest *d = dest_at(rib, id);

			if (d->log_at != place) {
				l->superseded--;
			} else if (!d->paths) {
				gone[n].dest = id;
				gone[n].hash = rib_key_hash(rib, d->key);
				rib_hash_prefetch(&rib->hash, gone[n++].hash);
			}
		}
		l->tail = end;
		rib_dests_free(rib, gone, n);
	}
}

/* Lets go of what all readers are done with. */
static void trim(struct rib *rib)
{
	struct rib_log *l = &rib->log;
	uint32_t until = l->head;

	for (const struct rib_reader *r = l->readers; r; r = r->next)
		if (r->done - l->tail < until - l->tail)
			until = r->done;
	trim_to(rib, until);
	if (l->tail == l->head && l->mask >= RING_KEEP) {
		free(l->ring);
		l->ring = NULL;
		l->mask = 0;
	}
}

void rib_log_fini(struct rib *rib)
{
	free(rib->log.ring);
	rib->log = (struct rib_log){ 0 };
}

/* ---- readers ---- */

static void reader_stir(struct rib_reader *r)
{
	if (r->idle) {
		r->idle = false;
		r->rib->log.idle--;
	}
}

void rib_reader_rewind(struct rib_reader *r)
{
	reader_stir(r);
	r->walk = r->walk_from = 0;
	r->walk_end = r->rib->dests.used;
}

void rib_reader_open(struct rib *rib, struct rib_reader *r, bool whole,
		void (*wake)(struct rib_reader *r))
{
	struct rib_log *l = &rib->log;

	*r = (struct rib_reader){ .rib = rib, .wake = wake, .at = l->head, .done = l->head };
	/* It needs no entry that is there already, so none of them may stand for a
	 * change that comes after this. */
	l->front = l->head;
	r->next = l->readers;
	l->readers = r;
	r->idle = true;
	l->idle++;
	if (whole && rib->dests.used)
		rib_reader_rewind(r);
}

void rib_reader_copy(struct rib_reader *to, const struct rib_reader *from,
		void (*wake)(struct rib_reader *r))
{
	rib_reader_open(from->rib, to, false, wake);
	reader_stir(to);
	to->at = from->at;
	to->done = from->done;
	to->walk = to->walk_from = from->walk;
	to->walk_end = from->walk_end;
}

void rib_reader_close(struct rib_reader *r)
{
	struct rib_log *l;

	if (!r->rib)
		return;
	l = &r->rib->log;
	reader_stir(r);
	for (struct rib_reader **at = &l->readers; *at; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			break;
		}
	/* The front stays: an entry behind it was read by someone, and is repeated
	 * once more than needed, which does no harm. */
	trim(r->rib);
	*r = (struct rib_reader){ 0 };
}

static uint32_t read_walk(struct rib_reader *r, uint32_t *ret, uint32_t n)
{
	const struct rib *rib = r->rib;
	uint32_t got = 0;

	while (got < n && r->walk < r->walk_end) {
		uint32_t id = ++r->walk;

		if (dest_is_live(rib, dest_at(rib, id)))
			ret[got++] = id;
	}
	return got;
}

static uint32_t read_log(struct rib_reader *r, uint32_t *ret, uint32_t n)
{
	const struct rib *rib = r->rib;
	const struct rib_log *l = &rib->log;
	uint32_t place = r->at, head = l->head, got = 0;

	while (got < n && place != head) {
		uint32_t id = ring_at(l, place);

		if (head - place > PREFETCH)
			__builtin_prefetch(dest_at(rib, ring_at(l, place + PREFETCH)));
		if (dest_at(rib, id)->log_at == place)
			ret[got++] = id;
		place++;
	}
	r->at = place;
	return got;
}

uint32_t rib_reader_read(struct rib_reader *r, uint32_t *ret, uint32_t n)
{
	struct rib *rib = r->rib;
	struct rib_log *l = &rib->log;
	uint32_t got;

	if (r->done != r->at) {
		r->done = r->at;
		trim(rib);
	}
	r->walk_from = r->walk;
	got = read_walk(r, ret, n);
	if (got)
		return got;
	got = read_log(r, ret, n);
	if (r->at - l->tail > l->front - l->tail)
		l->front = r->at;
	if (got || r->idle)
		return got;
	if (r->done != r->at) {
		r->done = r->at;
		trim(rib);
	}
	r->idle = true;
	l->idle++;
	return 0;
}

uint32_t rib_reader_next(struct rib_reader *r)
{
	uint32_t id;

	return rib_reader_read(r, &id, 1) ? id : 0;
}

bool rib_reader_pending(const struct rib_reader *r)
{
	return r->walk < r->walk_end || r->at != r->rib->log.head;
}

bool rib_reader_walking(const struct rib_reader *r)
{
	return r->walk < r->walk_end;
}
