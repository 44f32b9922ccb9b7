/* Deadlines in a binary heap: see timers.h. */
#include <stdlib.h>

#include "lib/base/timers.h"
#include "lib/base/xalloc.h"

static void put(struct timers *ts, size_t i, struct timer *t)
{
	ts->heap[i] = t;
	t->slot = i + 1;
}

static void sift_up(struct timers *ts, size_t i, struct timer *t)
{
	while (i > 0 && ts->heap[(i - 1) / 2]->at > t->at) {
		put(ts, i, ts->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(ts, i, t);
}

static void sift_down(struct timers *ts, size_t i, struct timer *t)
{
	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= ts->n)
			break;
		if (c + 1 < ts->n && ts->heap[c + 1]->at < ts->heap[c]->at)
			c++;
		if (ts->heap[c]->at >= t->at)
			break;
		put(ts, i, ts->heap[c]);
		i = c;
	}
	put(ts, i, t);
}

void timer_stop(struct timers *ts, struct timer *t)
{
	size_t i = t->slot;
	struct timer *last;

	if (!i--)
		return;
	t->slot = 0;
	last = ts->heap[--ts->n];
	if (last == t)
		return;
	if (i > 0 && ts->heap[(i - 1) / 2]->at > last->at)
		sift_up(ts, i, last);
	else
		sift_down(ts, i, last);
}

void timer_start(struct timers *ts, struct timer *t, mono_t at)
{
	timer_stop(ts, t);
	t->at = at;
	if (ts->n == ts->room) {
		ts->room = ts->room ? ts->room * 2 : 16;
		ts->heap = xrealloc(ts->heap, ts->room * sizeof(*ts->heap));
	}
	sift_up(ts, ts->n++, t);
}

mono_t timers_next(const struct timers *ts)
{
	return ts->n ? ts->heap[0]->at : MONO_NEVER;
}

struct timer *timers_take(struct timers *ts, mono_t now)
{
	struct timer *t;

	if (!ts->n || ts->heap[0]->at > now)
		return NULL;
	t = ts->heap[0];
	timer_stop(ts, t);
	return t;
}

void timers_fini(struct timers *ts)
{
	free(ts->heap);
	*ts = (struct timers){ 0 };
}
