/* Deadlines of one core: a binary heap of timers that live in the caller's
 * objects.  Nothing fires by itself: the owner asks for the next one due. */
#ifndef WEFT_BASE_TIMERS_H
#define WEFT_BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/mono.h"

struct timer {
	mono_t at;
	size_t slot; /* place in the heap + 1; 0 when not running */
};

struct timers {
	struct timer **heap;
	size_t n, room;
};

static inline bool timer_running(const struct timer *t)
{
	return t->slot != 0;
}

/* Starts or restarts a timer. */
void timer_start(struct timers *ts, struct timer *t, mono_t at);
void timer_stop(struct timers *ts, struct timer *t); /* nothing if it does not run */
mono_t timers_next(const struct timers *ts);	     /* MONO_NEVER if none runs */
/* The earliest timer with at <= now, stopped; NULL if none is due. */
struct timer *timers_take(struct timers *ts, mono_t now);
void timers_fini(struct timers *ts);

#endif
