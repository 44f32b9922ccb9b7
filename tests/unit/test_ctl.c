/* Control socket: answers, generators, limits, garbage; the server in a child
 * process, blocking clients here. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/xalloc.h"
#include "lib/sys/ctl.h"
#include "lib/sys/unixsock.h"

static char dir[64];
static pid_t server_pid;

struct count_gen {
	int left;
};

static bool count_next(void *gen, struct strbuf *out)
{
	struct count_gen *g = gen;

	sb_addf(out, "line %d of a long table, some words to fill it\n", g->left);
	return --g->left > 0;
}

static unsigned rests; /* of the server */

static void count_rest(void *gen)
{
	(void)gen;
	rests++;
}

static void handle(void *ctx, const struct ctl_request *rq, struct ctl_answer *a)
{
	(void)ctx;
	switch (rq->type) {
	case CTL_PING:
		return;
	case CTL_EXEC:
		if (strncmp(rq->text, "count ", 6) == 0) {
			struct count_gen *g = xmalloc(sizeof(*g));

			g->left = atoi(rq->text + 6);
			a->gen = g;
			a->next = count_next;
			a->gen_free = free;
			a->gen_rest = count_rest;
			return;
		}
		if (strcmp(rq->text, "rests") == 0) {
			sb_addf(&a->out, "%u", rests);
			return;
		}
		sb_addf(&a->out, "ran '%s'\n", rq->text);
		return;
	case CTL_EDIT:
		sb_addf(&a->out, "%u|%s|%s|%u", rq->first_line, rq->text, rq->lines, rq->flags);
		ctl_answer_err(a, 12, "bad line");
		ctl_answer_err(a, 0, "no line");
		a->status = EINVAL;
		return;
	case CTL_REPLACE:
		sb_addf(&a->out, "%zu bytes", strlen(rq->lines));
		*rq->session = xmalloc(1);
		return;
	default:
		sb_add(&a->out, "other");
	}
}

static void session_free(void *ctx, void *session)
{
	(void)ctx;
	free(session);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void serve(int ready_fd)
{
	static const struct ctl_handlers h = { handle, session_free };
	struct loop *l = loop_new();
	struct err err;
	struct ctl_server *s = ctl_server_new(l, dir, "testd", "1.2", &h, NULL, &err);
	struct loop_signal *sig;

	if (!s) {
		fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	signal(SIGPIPE, SIG_IGN);
	sig = loop_signal_new(l, SIGTERM, stop, l);
	if (write(ready_fd, "", 1) != 1)
		_exit(1);
	loop_run(l);
	loop_signal_free(sig);
	ctl_server_free(s);
	loop_free(l);
	_exit(0);
}

static void setup(void)
{
	int p[2];
	char c;

	strcpy(dir, "/tmp/weft-ctl-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(pipe(p), 0);
	server_pid = fork();
	if (server_pid == 0)
		serve(p[1]);
	close(p[1]);
	ck_assert_int_eq((int)read(p[0], &c, 1), 1);
	close(p[0]);
}

static void teardown(void)
{
	int status;

	kill(server_pid, SIGTERM);
	waitpid(server_pid, &status, 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(rmdir(dir), 0); /* the socket file is gone too */
}

struct got {
	struct strbuf out, err;
	size_t stop_after;
};

static bool sink(void *ctx, enum ctl_type type, uint32_t line, const char *text, size_t len)
{
	struct got *g = ctx;

	if (type == CTL_OUT) {
		sb_addn(&g->out, text, len);
	} else {
		sb_addf(&g->err, "%u:", line);
		sb_addn(&g->err, text, len);
		sb_addc(&g->err, ';');
	}
	return !g->stop_after || g->out.len < g->stop_after;
}

static struct ctl_client *dial(void)
{
	int e = 0;
	struct ctl_client *c = ctl_client_open(dir, "testd", &e);

	ck_assert_msg(c != NULL, "%s", strerror(-e));
	return c;
}

static int ask(struct ctl_client *c, enum ctl_type type, const char *text, struct got *g)
{
	int status = -1;

	ck_assert_int_eq(ctl_client_send(c, type, text, strlen(text)), 0);
	ck_assert_int_eq(ctl_client_wait(c, sink, g, &status), 0);
	return status;
}

START_TEST(requests)
{
	struct ctl_client *c = dial();
	struct got g = { 0 };
	int status = -1;

	ck_assert_int_eq(ask(c, CTL_PING, "", &g), 0);
	ck_assert_str_eq(sb_str(&g.out), "testd version 1.2\n");
	sb_reset(&g.out);
	ck_assert_int_eq(ask(c, CTL_EXEC, "show x", &g), 0);
	ck_assert_str_eq(sb_str(&g.out), "ran 'show x'\n");
	sb_reset(&g.out);
	ck_assert_int_eq(ctl_client_send_edit(c, 1, 7, "router bgp 1", "a\nb\n", 4), 0);
	ck_assert_int_eq(ctl_client_wait(c, sink, &g, &status), 0);
	ck_assert_int_eq(status, EINVAL);
	ck_assert_str_eq(sb_str(&g.out), "7|router bgp 1|a\nb\n|1");
	ck_assert_str_eq(sb_str(&g.err), "12:bad line;0:no line;");
	sb_free(&g.out);
	sb_free(&g.err);
	ctl_client_close(c);
}
END_TEST

START_TEST(long_text)
{
	struct ctl_client *c = dial();
	struct got g = { 0 };
	size_t n = 1000000;
	char *text = xmalloc(n);
	int status = -1;

	memset(text, 'x', n);
	for (int i = 0; i < 2; i++) { /* the first text does not stay */
		sb_reset(&g.out);
		ck_assert_int_eq(ctl_client_send_replace(c, 0, text, n), 0);
		ck_assert_int_eq(ctl_client_wait(c, sink, &g, &status), 0);
		ck_assert_int_eq(status, 0);
		ck_assert_str_eq(sb_str(&g.out), "1000000 bytes");
	}
	free(text);
	sb_free(&g.out);
	ctl_client_close(c);
}
END_TEST

/* A reader that stops in a long table is held, others go on, and the table is
 * whole when it reads on. */
START_TEST(slow_reader)
{
	struct ctl_client *slow = dial(), *fast = dial();
	struct got g = { 0 };
	int status = -1;
	size_t lines = 0;

	ck_assert_int_eq(ctl_client_send(slow, CTL_EXEC, "count 200000", 12), 0);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(ask(fast, CTL_EXEC, "x", &g), 0);
	ck_assert_int_eq(ask(fast, CTL_EXEC, "count 1000", &g), 0);
	sb_reset(&g.out);
	ck_assert_int_eq(ctl_client_wait(slow, sink, &g, &status), 0);
	for (const char *p = g.out.s; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_uint_eq(lines, 200000);
	sb_free(&g.out);
	ctl_client_close(slow);
	ctl_client_close(fast);
}
END_TEST

/* One that stays away is told of to its generator, each time. */
START_TEST(reader_takes_its_time)
{
	struct ctl_client *slow = dial(), *other = dial();
	struct got g = { 0 };
	int status = -1;

	for (unsigned round = 0, seen = 0; round < 2; round++) {
		ck_assert_int_eq(ctl_client_send(slow, CTL_EXEC, "count 200000", 12), 0);
		for (unsigned was = seen, tries = 0; seen == was; tries++) {
			ck_assert_uint_lt(tries, 1200);
			usleep(50000);
			sb_reset(&g.out);
			ck_assert_int_eq(ask(other, CTL_EXEC, "rests", &g), 0);
			seen = (unsigned)atoi(g.out.s);
		}
		sb_reset(&g.out);
		ck_assert_int_eq(ctl_client_wait(slow, sink, &g, &status), 0);
		ck_assert_uint_ge(g.out.len, 200000 * 40);
	}
	sb_free(&g.out);
	ctl_client_close(slow);
	ctl_client_close(other);
}
END_TEST

START_TEST(reader_goes_away)
{
	struct got g = { .stop_after = 100000 };
	int status;

	for (int i = 0; i < 5; i++) {
		struct ctl_client *c = dial();

		ck_assert_int_eq(ctl_client_send(c, CTL_EXEC, "count 9000000", 13), 0);
		ck_assert_int_eq(ctl_client_wait(c, sink, &g, &status), -ECANCELED);
		ctl_client_close(c);
	}
	sb_free(&g.out);
}
END_TEST

static void expect_closed(const void *bytes, size_t n)
{
	int fd = unix_connect(dir, "testd.vty", 0);
	char buf[256];
	ssize_t r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)send(fd, bytes, n, MSG_NOSIGNAL), (int)n);
	do
		r = recv(fd, buf, sizeof(buf), 0);
	while (r > 0);
	ck_assert(r == 0 || errno == ECONNRESET);
	close(fd);
}

START_TEST(garbage)
{
	struct ctl_client *c = dial();
	struct got g = { 0 };

	expect_closed("GET / HTTP/1.1\r\n\r\n", 18);
	expect_closed("\0\0\0\0\0", 5);	      /* no type */
	expect_closed("\0\0\0\1\0", 5);	      /* type 0 */
	expect_closed("\0\0\0\1\100", 5);     /* an answer's type */
	expect_closed("\0\0\0\2\4\0", 6);     /* EDIT without a line number */
	expect_closed("\0\0\0\3\2a\0", 7);    /* NUL in a command */
	expect_closed("\0\0\0\2\6x", 6);      /* APPLY with a body */
	ck_assert_int_eq(ask(c, CTL_EXEC, "still", &g), 0);
	ck_assert_str_eq(sb_str(&g.out), "ran 'still'\n");
	sb_free(&g.out);
	ctl_client_close(c);
}
END_TEST

START_TEST(too_many)
{
	struct ctl_client *c[CTL_CLIENTS_MAX];
	struct ctl_client *more;
	struct got g = { 0 };
	int status = -1;

	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		c[i] = dial();
		ck_assert_int_eq(ask(c[i], CTL_PING, "", &g), 0);
	}
	more = dial();
	ck_assert_int_eq(ctl_client_wait(more, sink, &g, &status), 0);
	ck_assert_int_eq(status, EBUSY);
	ck_assert_str_eq(sb_str(&g.err), "0:too many vtysh sessions are open;");
	ctl_client_close(more);
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		ctl_client_close(c[i]);
	sb_free(&g.out);
	sb_free(&g.err);
}
END_TEST

START_TEST(second_server)
{
	static const struct ctl_handlers h = { handle, session_free };
	struct loop *l = loop_new();
	struct err err = { "" };

	ck_assert_ptr_null(ctl_server_new(l, dir, "testd", "1.2", &h, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "another process"));
	loop_free(l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ctl");
	TCase *t = tcase_create("ctl");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, requests);
	tcase_add_test(t, long_text);
	tcase_add_test(t, slow_reader);
	tcase_add_test(t, reader_takes_its_time);
	tcase_add_test(t, reader_goes_away);
	tcase_add_test(t, garbage);
	tcase_add_test(t, too_many);
	tcase_add_test(t, second_server);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
