/* The event loop: file descriptors, timers, signals and deferred work of one
 * process.  The only user of libevent; nothing of libevent shows here.
 * Callbacks may free any object of the loop, also their own. */
#ifndef WEFT_SYS_LOOP_H
#define WEFT_SYS_LOOP_H

#include <stdbool.h>

#include "lib/base/mono.h"

struct loop;
struct loop_fd;
struct loop_timer;
struct loop_signal;
struct loop_work;

#define LOOP_READ 1u
#define LOOP_WRITE 2u

/* The monotonic clock, microseconds. */
mono_t mono_now(void);

struct loop *loop_new(void);
/* Everything that was made on the loop is to be freed before it. */
void loop_free(struct loop *l);
/* Runs until loop_stop(), which lets the current turn end. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* One turn; with `wait`, sleeps until there is something to do. */
void loop_turn(struct loop *l, bool wait);

/* Watches fd, which stays the caller's; `ready` in the callback is a set of
 * LOOP_READ and LOOP_WRITE.  A hang-up or an error counts as what is wanted,
 * so that the next read or write reports it.  Nothing is wanted at first. */
typedef void loop_fd_fn(void *arg, int fd, unsigned ready);
struct loop_fd *loop_fd_new(struct loop *l, int fd, loop_fd_fn *fn, void *arg);
void loop_fd_want(struct loop_fd *w, unsigned events);
unsigned loop_fd_wanted(const struct loop_fd *w);
/* To be called before the descriptor is closed.  NULL is nothing. */
void loop_fd_free(struct loop_fd *w);

/* One-shot timers; at MONO_NEVER it does not run, in the past it fires in the
 * next turn. */
typedef void loop_fn(void *arg);
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg);
void loop_timer_set(struct loop_timer *t, mono_t at);
void loop_timer_free(struct loop_timer *t);

/* Runs fn in the loop (not in signal context) after each signal. */
struct loop_signal *loop_signal_new(struct loop *l, int signo, loop_fn *fn, void *arg);
void loop_signal_free(struct loop_signal *s);

/* Work that is done piecewise: once scheduled, fn is called once a turn, after
 * the ready descriptors, until it returns false.  It should do a bounded
 * amount (a millisecond or so) each time: timers and other descriptors get
 * their turn in between. */
typedef bool loop_work_fn(void *arg);
struct loop_work *loop_work_new(struct loop *l, loop_work_fn *fn, void *arg);
void loop_work_schedule(struct loop_work *w);
bool loop_work_scheduled(const struct loop_work *w);
void loop_work_free(struct loop_work *w);

#endif
