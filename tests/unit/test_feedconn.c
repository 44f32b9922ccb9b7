/* The feed's connection: both ends on one loop. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sys/feedconn.h"
#include "lib/sys/unixsock.h"

struct end {
	const char *name;
	struct feedconn *conn;
	uint32_t to_send, next, received;
	int ups, downs;
	uint64_t peer_boot;
	bool bad_order, pause_at_100, reset_at_100;
};

static char dir[64];

static void up(void *ctx, uint64_t boot_id)
{
	struct end *e = ctx;

	e->ups++;
	e->peer_boot = boot_id;
	e->next = e->received = 0;
}

static void down(void *ctx, const char *why)
{
	struct end *e = ctx;

	(void)why;
	e->downs++;
}

static void message(void *ctx, const struct feed_msg *m)
{
	struct end *e = ctx;

	if (m->type != FEED_ADDRESS || m->address.ifindex != e->received)
		e->bad_order = true;
	e->received++;
	if (e->received == 100 && e->pause_at_100)
		feedconn_pause(e->conn, true);
	if (e->received == 100 && e->reset_at_100) {
		e->reset_at_100 = false;
		feedconn_reset(e->conn, "asked for");
	}
}

static bool fill(void *ctx, struct wr *w)
{
	struct end *e = ctx;
	struct feed_msg m = { .type = FEED_ADDRESS, .add = true };

	for (; e->next < e->to_send; e->next++) {
		if (!feedconn_fits(w))
			return true;
		m.address.ifindex = e->next;
		m.address.addr = ip4(0x0a000000 + e->next);
		m.address.len = 24;
		feed_encode(w, &m);
	}
	return false;
}

static const struct feedconn_hooks hooks = { up, down, message, fill, NULL };

static void setup(void)
{
	strcpy(dir, "/tmp/weft-feed-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	ck_assert_int_eq(rmdir(dir), 0);
}

#define UNTIL(loop, cond)                                                                          \
	do {                                                                                       \
		mono_t end_ = mono_now() + MONO_SEC(40);                                           \
		while (!(cond) && mono_now() < end_)                                               \
			loop_turn(loop, true);                                                     \
		ck_assert(cond);                                                                   \
	} while (0)

START_TEST(both_ways)
{
	struct loop *l = loop_new();
	struct end a = { .name = "overlayd", .to_send = 50000 };
	struct end b = { .name = "bgpd", .to_send = 70000 };
	struct err err;

	/* bgpd first: it tries until overlayd is there. */
	b.conn = feedconn_connect(l, dir, 22, &hooks, &b);
	for (int i = 0; i < 3; i++)
		loop_turn(l, true);
	a.conn = feedconn_listen(l, dir, 11, &hooks, &a, &err);
	ck_assert_ptr_nonnull(a.conn);
	UNTIL(l, a.received == 70000 && b.received == 50000);
	ck_assert(!a.bad_order && !b.bad_order);
	ck_assert_uint_eq(a.peer_boot, 22);
	ck_assert_uint_eq(b.peer_boot, 11);

	/* More to send later. */
	a.to_send = 50001;
	feedconn_want_write(a.conn);
	UNTIL(l, b.received == 50001);

	/* overlayd is started again: a new snapshot both ways. */
	feedconn_free(a.conn);
	UNTIL(l, b.downs == 1);
	a.conn = feedconn_listen(l, dir, 12, &hooks, &a, &err);
	ck_assert_ptr_nonnull(a.conn);
	UNTIL(l, a.received == 70000 && b.received == 50001 && b.peer_boot == 12);
	ck_assert(!a.bad_order && !b.bad_order);
	feedconn_free(b.conn);
	UNTIL(l, a.downs == 1);
	feedconn_free(a.conn);
	loop_free(l);
}
END_TEST

START_TEST(pause_and_reset)
{
	struct loop *l = loop_new();
	struct end a = { .name = "overlayd", .to_send = 0, .pause_at_100 = true };
	struct end b = { .name = "bgpd", .to_send = 300000, .reset_at_100 = true };
	struct err err;

	a.conn = feedconn_listen(l, dir, 1, &hooks, &a, &err);
	b.conn = feedconn_connect(l, dir, 2, &hooks, &b);
	UNTIL(l, a.received == 100);
	for (int i = 0; i < 50; i++)
		loop_turn(l, false);
	ck_assert_uint_eq(a.received, 100);
	/* The sender has stopped too: its frames are not made before they are wanted. */
	ck_assert_uint_lt(b.next, 300000);
	a.pause_at_100 = false;
	feedconn_pause(a.conn, false);
	UNTIL(l, a.received == 300000);
	ck_assert(!a.bad_order);

	a.to_send = 200;
	feedconn_want_write(a.conn);
	UNTIL(l, b.downs == 1 && b.ups == 2 && b.received == 200 && a.received == 300000);
	feedconn_free(b.conn);
	feedconn_free(a.conn);
	loop_free(l);
}
END_TEST

/* Has the other side closed it? */
static bool drained(int fd)
{
	char buf[64];
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

START_TEST(second_and_garbage)
{
	struct loop *l = loop_new();
	struct end a = { .name = "overlayd" }, b = { .name = "bgpd" };
	struct err err;
	int fd;

	a.conn = feedconn_listen(l, dir, 1, &hooks, &a, &err);
	fd = unix_connect(dir, "feed.sock", SOCK_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)send(fd, "\377\377garbage", 9, MSG_NOSIGNAL), 9);
	UNTIL(l, drained(fd));
	close(fd);
	ck_assert_int_eq(a.ups, 0);
	b.conn = feedconn_connect(l, dir, 2, &hooks, &b);
	UNTIL(l, a.ups == 1 && b.ups == 1);
	fd = unix_connect(dir, "feed.sock", SOCK_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	UNTIL(l, drained(fd));
	close(fd);
	ck_assert(feedconn_is_up(a.conn) && feedconn_is_up(b.conn));
	ck_assert_int_eq(a.downs, 0);
	feedconn_free(b.conn);
	feedconn_free(a.conn);
	loop_free(l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("feedconn");
	TCase *t = tcase_create("feedconn");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, both_ways);
	tcase_add_test(t, pause_and_reset);
	tcase_add_test(t, second_and_garbage);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
