/* The loop: descriptors, timers, signals, work in turns, freeing in callbacks. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/sys/loop.h"

struct probe {
	struct loop *loop;
	struct loop_fd *fd;
	struct loop_timer *timer;
	struct loop_work *work, *other;
	int calls, other_calls, reads;
	int order;
};

static void read_one(void *arg, int fd, unsigned ready)
{
	struct probe *p = arg;
	char c;

	ck_assert_uint_eq(ready, LOOP_READ);
	ck_assert_int_eq((int)read(fd, &c, 1), 1);
	if (++p->reads == 3)
		loop_stop(p->loop);
}

START_TEST(descriptors)
{
	struct probe p = { .loop = loop_new() };
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	p.fd = loop_fd_new(p.loop, fds[0], read_one, &p);
	ck_assert_int_eq((int)write(fds[1], "abc", 3), 3);
	loop_turn(p.loop, false);
	ck_assert_int_eq(p.reads, 0); /* nothing is wanted yet */
	loop_fd_want(p.fd, LOOP_READ);
	loop_run(p.loop);
	ck_assert_int_eq(p.reads, 3);
	loop_fd_free(p.fd);
	close(fds[0]);
	close(fds[1]);
	loop_free(p.loop);
}
END_TEST

static void fire(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	loop_timer_free(p->timer); /* a callback may free its own timer */
	loop_stop(p->loop);
}

START_TEST(timers)
{
	struct probe p = { .loop = loop_new() };
	mono_t start = mono_now();

	p.timer = loop_timer_new(p.loop, fire, &p);
	loop_timer_set(p.timer, start - MONO_SEC(5));
	loop_timer_set(p.timer, MONO_NEVER);
	loop_turn(p.loop, false);
	ck_assert_int_eq(p.calls, 0);
	loop_timer_set(p.timer, start + MONO_MSEC(20));
	loop_run(p.loop);
	ck_assert_int_eq(p.calls, 1);
	ck_assert(mono_now() - start >= MONO_MSEC(19));
	loop_free(p.loop);
}
END_TEST

static void on_signal(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	loop_stop(p->loop);
}

START_TEST(signals)
{
	struct probe p = { .loop = loop_new() };
	struct loop_signal *s = loop_signal_new(p.loop, SIGUSR2, on_signal, &p);

	kill(getpid(), SIGUSR2);
	loop_run(p.loop);
	ck_assert_int_eq(p.calls, 1);
	loop_signal_free(s);
	loop_free(p.loop);
}
END_TEST

static bool five_times(void *arg)
{
	struct probe *p = arg;

	if (++p->calls < 5)
		return true;
	loop_stop(p->loop);
	return false;
}

static bool frees_all(void *arg)
{
	struct probe *p = arg;

	p->other_calls++;
	loop_work_free(p->other);
	loop_work_free(p->work);
	return false;
}

START_TEST(work)
{
	struct probe p = { .loop = loop_new() };
	int fds[2];

	/* One call a turn, and descriptors get theirs in between. */
	ck_assert_int_eq(pipe(fds), 0);
	p.fd = loop_fd_new(p.loop, fds[0], read_one, &p);
	loop_fd_want(p.fd, LOOP_READ);
	ck_assert_int_eq((int)write(fds[1], "ab", 2), 2);
	p.work = loop_work_new(p.loop, five_times, &p);
	loop_work_schedule(p.work);
	loop_work_schedule(p.work);
	loop_run(p.loop);
	ck_assert_int_eq(p.calls, 5);
	ck_assert_int_eq(p.reads, 2);
	ck_assert(!loop_work_scheduled(p.work));
	loop_work_free(p.work);

	p.work = loop_work_new(p.loop, five_times, &p);
	p.other = loop_work_new(p.loop, frees_all, &p);
	loop_work_schedule(p.work);
	loop_work_schedule(p.other);
	loop_turn(p.loop, false);
	ck_assert_int_eq(p.other_calls, 1);
	loop_fd_free(p.fd);
	close(fds[0]);
	close(fds[1]);
	loop_free(p.loop);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("loop");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, descriptors);
	tcase_add_test(t, timers);
	tcase_add_test(t, signals);
	tcase_add_test(t, work);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
