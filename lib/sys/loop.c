/* Event loop on libevent.  Deferred work is our own: libevent's active queue
 * would starve descriptors while work re-schedules itself. */
#include "lib/sys/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/xalloc.h"

struct loop {
	struct event_base *base;
	struct loop_work *work; /* all, doubly linked */
	struct loop_work *work_next; /* the walk's next, so that any may be freed in it */
	unsigned n_scheduled;
	bool stop;
};

struct loop_fd {
	struct event *read, *write;
	loop_fd_fn *fn;
	void *arg;
	unsigned wanted;
};

struct loop_timer {
	struct event *ev;
	mono_t at; /* MONO_NEVER: it does not run */
	loop_fn *fn;
	void *arg;
};

struct loop_signal {
	struct event *ev;
	loop_fn *fn;
	void *arg;
};

struct loop_work {
	struct loop *loop;
	struct loop_work *prev, *next;
	loop_work_fn *fn;
	void *arg;
	bool scheduled;
};

mono_t mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (mono_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->base = event_base_new();
	if (!l->base)
		abort();
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	assert(!l->work);
	event_base_free(l->base);
	free(l);
}

static void work_turn(struct loop *l)
{
	for (struct loop_work *w = l->work; w; w = l->work_next) {
		l->work_next = w->next;
		if (!w->scheduled)
			continue;
		w->scheduled = false;
		l->n_scheduled--;
		/* fn may free w: it must then return false. */
		if (w->fn(w->arg))
			loop_work_schedule(w);
	}
	l->work_next = NULL;
}

void loop_turn(struct loop *l, bool wait)
{
	int flags = EVLOOP_ONCE;

	if (!wait || l->n_scheduled)
		flags |= EVLOOP_NONBLOCK;
	event_base_loop(l->base, flags);
	if (l->n_scheduled)
		work_turn(l);
}

void loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop)
		loop_turn(l, true);
}

void loop_stop(struct loop *l)
{
	l->stop = true;
	event_base_loopbreak(l->base);
}

static struct event *event_make(struct event_base *base, int fd, short what, event_callback_fn fn,
		void *arg)
{
	struct event *ev = event_new(base, fd, what, fn, arg);

	if (!ev)
		abort();
	return ev;
}

static void fd_read(evutil_socket_t fd, short what, void *arg)
{
	struct loop_fd *w = arg;

	(void)what;
	w->fn(w->arg, fd, LOOP_READ);
}

static void fd_write(evutil_socket_t fd, short what, void *arg)
{
	struct loop_fd *w = arg;

	(void)what;
	w->fn(w->arg, fd, LOOP_WRITE);
}

struct loop_fd *loop_fd_new(struct loop *l, int fd, loop_fd_fn *fn, void *arg)
{
	struct loop_fd *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	w->read = event_make(l->base, fd, EV_READ | EV_PERSIST, fd_read, w);
	w->write = event_make(l->base, fd, EV_WRITE | EV_PERSIST, fd_write, w);
	return w;
}

void loop_fd_want(struct loop_fd *w, unsigned events)
{
	unsigned changed = w->wanted ^ events;

	if (changed & LOOP_READ)
		(events & LOOP_READ) ? event_add(w->read, NULL) : event_del(w->read);
	if (changed & LOOP_WRITE)
		(events & LOOP_WRITE) ? event_add(w->write, NULL) : event_del(w->write);
	w->wanted = events;
}

unsigned loop_fd_wanted(const struct loop_fd *w)
{
	return w->wanted;
}

void loop_fd_free(struct loop_fd *w)
{
	if (!w)
		return;
	event_free(w->read);
	event_free(w->write);
	free(w);
}

static void timer_fire(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	t->at = MONO_NEVER;
	t->fn(t->arg);
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	t->at = MONO_NEVER;
	t->ev = event_make(l->base, -1, 0, timer_fire, t);
	return t;
}

void loop_timer_set(struct loop_timer *t, mono_t at)
{
	struct timeval tv = { 0, 0 };
	mono_t left;

	/* A deadline is told after each event, and is mostly the same again. */
	if (at == t->at)
		return;
	t->at = at;
	if (at == MONO_NEVER) {
		event_del(t->ev);
		return;
	}
	left = at - mono_now();
	if (left > 0) {
		tv.tv_sec = left / 1000000;
		tv.tv_usec = left % 1000000;
	}
	event_add(t->ev, &tv);
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	event_free(t->ev);
	free(t);
}

static void signal_fire(evutil_socket_t fd, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)fd;
	(void)what;
	s->fn(s->arg);
}

struct loop_signal *loop_signal_new(struct loop *l, int signo, loop_fn *fn, void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	s->ev = event_make(l->base, signo, EV_SIGNAL | EV_PERSIST, signal_fire, s);
	event_add(s->ev, NULL);
	return s;
}

void loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	event_free(s->ev);
	free(s);
}

struct loop_work *loop_work_new(struct loop *l, loop_work_fn *fn, void *arg)
{
	struct loop_work *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	w->next = l->work;
	if (w->next)
		w->next->prev = w;
	l->work = w;
	return w;
}

void loop_work_schedule(struct loop_work *w)
{
	if (w->scheduled)
		return;
	w->scheduled = true;
	w->loop->n_scheduled++;
}

bool loop_work_scheduled(const struct loop_work *w)
{
	return w->scheduled;
}

void loop_work_free(struct loop_work *w)
{
	if (!w)
		return;
	if (w->scheduled)
		w->loop->n_scheduled--;
	if (w->loop->work_next == w)
		w->loop->work_next = w->next;
	if (w->prev)
		w->prev->next = w->next;
	else
		w->loop->work = w->next;
	if (w->next)
		w->next->prev = w->prev;
	free(w);
}
