/* Control socket, the daemon's side. */
#include <config.h>

#include "lib/sys/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/rd.h"
#include "lib/base/wr.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/unixsock.h"

#define HEADER 5
#define CHUNK 32768 /* a generator is asked until there is so much */
#define REST_TIME 1000000 /* microseconds in which the socket takes nothing: the reader takes its time */

struct ctl_conn {
	struct ctl_server *server;
	struct ctl_conn *prev, *next;
	int fd;
	struct loop_fd *watch;
	struct loop_work *retry; /* a generator that had nothing to say */
	uint8_t *in;
	size_t in_len;
	struct ctl_input input;
	struct strbuf out, piece; /* piece: room for what a generator makes */
	size_t sent;
	bool answering, greeted_off; /* greeted_off: close when all is sent */
	bool asked; /* the socket could take more since the server's timer looked */
	struct ctl_answer answer;
};

struct ctl_server {
	struct loop *loop;
	struct loop_fd *watch;
	struct loop_timer *rest; /* runs while a generator is at work */
	bool rest_runs;
	int fd;
	char path[108], name[32], version[64];
	const struct ctl_handlers *handlers;
	void *ctx;
	struct ctl_conn *conns;
	unsigned n_conns;
};

static void frame_begin(struct strbuf *b)
{
	static const uint8_t zero[HEADER];

	sb_addn(b, zero, HEADER);
}

static void frame_end(struct strbuf *b, size_t start, enum ctl_type type)
{
	wr_put32((uint8_t *)b->s + start, (uint32_t)(b->len - start - 4));
	b->s[start + 4] = (char)type;
}

static void put_out(struct strbuf *b, const char *text, size_t len)
{
	while (len) {
		size_t n = len < CTL_BODY_MAX ? len : CTL_BODY_MAX, start = b->len;

		frame_begin(b);
		sb_addn(b, text, n);
		frame_end(b, start, CTL_OUT);
		text += n;
		len -= n;
	}
}

void ctl_answer_err(struct ctl_answer *a, uint32_t line, const char *sentence)
{
	size_t start = a->errs.len;
	uint8_t number[4];

	wr_put32(number, line);
	frame_begin(&a->errs);
	sb_addn(&a->errs, number, 4);
	sb_addn(&a->errs, sentence, strnlen(sentence, 4096));
	frame_end(&a->errs, start, CTL_ERR);
}

static void answer_fini(struct ctl_answer *a)
{
	if (a->gen_free)
		a->gen_free(a->gen);
	sb_free(&a->out);
	sb_free(&a->errs);
	memset(a, 0, sizeof(*a));
}

long ctl_frame_size(const uint8_t *buf, size_t len)
{
	struct rd r = rd_init(buf, len);
	uint32_t n;

	if (len < 4)
		return 0;
	n = rd_u32(&r);
	if (n < 1 || n > CTL_BODY_MAX + 1)
		return -EPROTO;
	return len < 4 + (size_t)n ? 0 : 4 + (long)n;
}

static bool text_is_clean(const uint8_t *p, size_t len)
{
	return memchr(p, 0, len) == NULL;
}

static int input_text(struct ctl_input *in, const uint8_t *body, size_t len)
{
	if (in->lines.len + len > CTL_TEXT_MAX || !text_is_clean(body, len))
		return -EPROTO;
	sb_addn(&in->lines, body, len);
	return 0;
}

int ctl_input_frame(struct ctl_input *in, const char *name, const char *version,
		const struct ctl_handlers *h, void *ctx, uint8_t type, const uint8_t *body,
		size_t len, struct ctl_answer *a)
{
	struct ctl_request rq = { .type = (enum ctl_type)type, .session = &in->session, .text = "" };
	struct rd r = rd_init(body, len);
	char *text;
	size_t n;

	if (type == CTL_TEXT)
		return input_text(in, body, len);
	if (type < CTL_PING || type > CTL_CONFIG)
		return -EPROTO;
	if (type == CTL_EDIT || type == CTL_REPLACE)
		rq.flags = rd_u8(&r);
	if (type == CTL_EDIT)
		rq.first_line = rd_u32(&r);
	n = rd_left(&r);
	if (r.failed || (n && type != CTL_EXEC && type != CTL_EDIT && type != CTL_CONFIG) ||
			!text_is_clean(r.p, n))
		return -EPROTO;
	text = xmalloc(n + 1);
	memcpy(text, r.p, n);
	text[n] = '\0';
	rq.text = text;
	rq.lines = sb_str(&in->lines);
	if (type == CTL_PING)
		sb_addf(&a->out, "%s version %s\n", name, version);
	h->request(ctx, &rq, a);
	free(text);
	if (type == CTL_EDIT || type == CTL_REPLACE)
		sb_free(&in->lines);
	return 1;
}

static void conn_free(struct ctl_conn *c)
{
	struct ctl_server *s = c->server;

	if (c->answering)
		answer_fini(&c->answer);
	if (c->input.session && s->handlers->session_free)
		s->handlers->session_free(s->ctx, c->input.session);
	loop_fd_free(c->watch);
	loop_work_free(c->retry);
	close(c->fd);
	sb_free(&c->input.lines);
	sb_free(&c->out);
	sb_free(&c->piece);
	free(c->in);
	if (c->prev)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	s->n_conns--;
	free(c);
}

/* Refills c->out from the answer.  When it is complete, DONE is in there too. */
static void answer_pull(struct ctl_conn *c)
{
	struct ctl_answer *a = &c->answer;
	size_t start;
	uint8_t status[4];
	bool more = a->next != NULL;

	if (a->out.len) {
		put_out(&c->out, a->out.s, a->out.len);
		sb_free(&a->out);
	}
	if (a->next) {
		while (more && c->piece.len < CHUNK) {
			size_t before = c->piece.len;

			more = a->next(a->gen, &c->piece);
			if (c->piece.len == before)
				break;
		}
		put_out(&c->out, c->piece.s, c->piece.len);
		sb_reset(&c->piece);
	}
	if (more)
		return;
	sb_free(&c->piece);
	if (a->errs.len)
		sb_addn(&c->out, a->errs.s, a->errs.len);
	start = c->out.len;
	wr_put32(status, (uint32_t)a->status);
	frame_begin(&c->out);
	sb_addn(&c->out, status, 4);
	frame_end(&c->out, start, CTL_DONE);
	answer_fini(a);
	c->answering = false;
}

/* Readers that took nothing since the last time hold what was made for them, and
 * no more. */
static void server_rest(void *arg)
{
	struct ctl_server *s = arg;

	s->rest_runs = false;
	for (struct ctl_conn *c = s->conns; c; c = c->next) {
		if (!c->answering || !c->answer.gen_rest)
			continue;
		if (!c->asked) {
			c->answer.gen_rest(c->answer.gen);
			sb_free(&c->piece);
			continue;
		}
		c->asked = false;
		s->rest_runs = true;
	}
	if (s->rest_runs)
		loop_timer_set(s->rest, mono_now() + REST_TIME);
}

static void rest_watch(struct ctl_conn *c)
{
	c->asked = true;
	if (c->server->rest_runs || !c->answer.gen_rest)
		return;
	c->server->rest_runs = true;
	loop_timer_set(c->server->rest, mono_now() + REST_TIME);
}

/* Sends what there is; false if the connection broke. */
static bool conn_send(struct ctl_conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.s + c->sent, c->out.len - c->sent,
				MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		c->sent += (size_t)n;
	}
	sb_reset(&c->out);
	c->sent = 0;
	if (c->out.room > 4 * CTL_BODY_MAX)
		sb_free(&c->out); /* a large plain answer's buffer is not kept */
	return true;
}

static bool conn_frames(struct ctl_conn *c);

/* One turn of output: at most one chunk, so that others get theirs. */
static void conn_output(struct ctl_conn *c)
{
	if (c->answering && !c->asked)
		rest_watch(c);
	if (!c->out.len && c->answering)
		answer_pull(c);
	if (!conn_send(c)) {
		conn_free(c);
		return;
	}
	if (c->out.len) {
		loop_fd_want(c->watch, LOOP_WRITE);
	} else if (c->answering) {
		/* Nothing produced: not a reason to spin on a writable socket
		 * in the same turn, but to ask again in the next. */
		loop_fd_want(c->watch, LOOP_WRITE);
	} else if (c->greeted_off) {
		conn_free(c);
	} else if (conn_frames(c)) {
		loop_fd_want(c->watch, LOOP_READ);
	}
}

static bool conn_retry(void *arg)
{
	conn_output(arg);
	return false;
}

/* Handles the next request in the buffer, if it is whole.  Returns true if
 * more input is wanted; false if an answer is on its way or c is gone. */
static bool conn_frames(struct ctl_conn *c)
{
	struct ctl_server *s = c->server;
	long size;
	int r;

	while ((size = ctl_frame_size(c->in, c->in_len)) > 0) {
		memset(&c->answer, 0, sizeof(c->answer));
		r = ctl_input_frame(&c->input, s->name, s->version, s->handlers, s->ctx, c->in[4],
				c->in + HEADER, (size_t)size - HEADER, &c->answer);
		c->in_len -= (size_t)size;
		memmove(c->in, c->in + size, c->in_len);
		if (r < 0) {
			size = r;
			break;
		}
		if (r == 1) {
			c->answering = true;
			c->asked = false;
			loop_fd_want(c->watch, 0);
			loop_work_schedule(c->retry);
			return false;
		}
	}
	if (size < 0) {
		log_info("%s: a client sent what is no request; closed", s->path);
		conn_free(c);
		return false;
	}
	return true;
}

static void conn_ready(void *arg, int fd, unsigned ready)
{
	struct ctl_conn *c = arg;
	ssize_t n;

	if (ready & LOOP_WRITE) {
		conn_output(c);
		return;
	}
	n = recv(fd, c->in + c->in_len, HEADER + CTL_BODY_MAX - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_free(c);
		return;
	}
	c->in_len += (size_t)n;
	conn_frames(c);
}

static void conn_new(struct ctl_server *s, int fd)
{
	struct ctl_conn *c = xcalloc(1, sizeof(*c));

	c->server = s;
	c->fd = fd;
	c->in = xmalloc(HEADER + CTL_BODY_MAX);
	c->watch = loop_fd_new(s->loop, fd, conn_ready, c);
	c->retry = loop_work_new(s->loop, conn_retry, c);
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	s->n_conns++;
	if (s->n_conns > CTL_CLIENTS_MAX) {
		c->answering = c->greeted_off = true;
		c->answer.status = EBUSY;
		ctl_answer_err(&c->answer, 0, "too many vtysh sessions are open");
		conn_output(c);
		return;
	}
	loop_fd_want(c->watch, LOOP_READ);
}

static void server_ready(void *arg, int fd, unsigned ready)
{
	struct ctl_server *s = arg;
	int c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	if (c < 0) {
		if (errno == EMFILE || errno == ENFILE)
			log_error("%s: %s", s->path, strerror(errno));
		return;
	}
	/* Beyond the limit one more is told so; a flood is cut off. */
	if (s->n_conns > CTL_CLIENTS_MAX) {
		close(c);
		return;
	}
	conn_new(s, c);
}

struct ctl_server *ctl_server_new(struct loop *l, const char *dir, const char *name,
		const char *version, const struct ctl_handlers *h, void *ctx, struct err *err)
{
	struct ctl_server *s = xcalloc(1, sizeof(*s));
	char file[64];
	struct group *g;

	snprintf(file, sizeof(file), "%s.vty", name);
	s->fd = unix_listen(dir, file, s->path, sizeof(s->path), err);
	if (s->fd < 0) {
		free(s);
		return NULL;
	}
	g = getgrnam("weft");
	if (g && chown(s->path, (uid_t)-1, g->gr_gid) < 0)
		log_warning("%s: group weft: %s", s->path, strerror(errno));
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->version, sizeof(s->version), "%s", version);
	s->loop = l;
	s->handlers = h;
	s->ctx = ctx;
	s->watch = loop_fd_new(l, s->fd, server_ready, s);
	s->rest = loop_timer_new(l, server_rest, s);
	loop_fd_want(s->watch, LOOP_READ);
	return s;
}

void ctl_server_free(struct ctl_server *s)
{
	if (!s)
		return;
	while (s->conns)
		conn_free(s->conns);
	loop_fd_free(s->watch);
	loop_timer_free(s->rest);
	unlink(s->path);
	close(s->fd);
	free(s);
}
