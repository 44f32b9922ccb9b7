/* The feed's connection. */
#include <config.h>

#include "lib/sys/feedconn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/rd.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"
#include "lib/sys/unixsock.h"

#define FEED_FILE "feed.sock"
#define IN_SIZE 65536
#define BACKOFF_FIRST MONO_MSEC(50)
#define BACKOFF_MAX MONO_SEC(2) /* short: a restarted overlayd is adopted within it */
#define HELLO_WAIT MONO_SEC(10)

struct feedconn {
	struct loop *loop;
	const struct feedconn_hooks *hooks;
	void *ctx;
	char *dir;
	uint64_t boot_id;
	char path[108]; /* of the listener */
	int listen_fd;
	struct loop_fd *listen_watch;
	int fd;		/* the connection; -1: none */
	struct loop_fd *watch;
	struct loop_work *resume; /* after a pause */
	struct loop_timer *timer; /* connect again, or give up waiting for HELLO */
	mono_t backoff;
	bool up, paused, want_write, in_callback, reset_asked;
	char reset_why[96];
	uint8_t *in, *out;
	size_t in_len, out_len, sent;
	struct feedconn_stats stats;
};

static void set_want(struct feedconn *f)
{
	unsigned want = 0;

	if (f->fd < 0)
		return;
	if (!f->paused)
		want |= LOOP_READ;
	if (f->sent < f->out_len || (f->up && f->want_write))
		want |= LOOP_WRITE;
	if (want != loop_fd_wanted(f->watch))
		loop_fd_want(f->watch, want);
}

static void conn_close(struct feedconn *f, const char *why)
{
	bool was_up = f->up;

	if (f->fd < 0)
		return;
	loop_fd_free(f->watch);
	close(f->fd);
	f->watch = NULL;
	f->fd = -1;
	f->up = f->want_write = f->paused = f->reset_asked = false;
	f->in_len = f->out_len = f->sent = 0;
	if (f->listen_fd < 0) {
		loop_timer_set(f->timer, mono_now() + f->backoff);
		f->backoff = f->backoff * 2 > BACKOFF_MAX ? BACKOFF_MAX : f->backoff * 2;
	} else {
		loop_timer_set(f->timer, MONO_NEVER);
	}
	if (!was_up) {
		log_info("feed: %s", why);
		return;
	}
	log_notice("feed is down: %s", why);
	snprintf(f->stats.last_down, sizeof(f->stats.last_down), "%s", why);
	f->hooks->down(f->ctx, why);
}

static void hello(struct feedconn *f, const struct feed_msg *m)
{
	char why[96];

	if (m->hello.version != FEED_VERSION) {
		snprintf(why, sizeof(why), "the other side speaks version %u of the feed, not %u",
				m->hello.version, FEED_VERSION);
		log_error("feed: %s", why);
		conn_close(f, why);
		return;
	}
	loop_timer_set(f->timer, MONO_NEVER);
	f->backoff = BACKOFF_FIRST;
	f->up = true;
	f->stats.ups++;
	f->want_write = true;
	log_notice("feed is up");
	f->hooks->up(f->ctx, m->hello.boot_id);
}

/* Hands out whole frames; false if the connection was closed. */
static bool deliver(struct feedconn *f)
{
	struct rd r = rd_init(f->in, f->in_len), next = r;
	struct feed_msg msgs[2], *m = &msgs[0], *soon = &msgs[1], *swap;
	int got, got_soon;

	for (got = feed_decode(&next, m); f->fd >= 0 && !f->paused && got > 0; got = got_soon) {
		r = next;
		got_soon = feed_decode(&next, soon);
		if (got_soon > 0 && f->up && f->hooks->soon)
			f->hooks->soon(f->ctx, soon);
		f->stats.in_frames++;
		if (f->up && m->type != FEED_HELLO)
			f->hooks->message(f->ctx, m);
		else if (!f->up && m->type == FEED_HELLO)
			hello(f, m);
		else
			got_soon = -EPROTO;
		swap = m;
		m = soon;
		soon = swap;
		if (f->reset_asked) {
			conn_close(f, f->reset_why);
			return false;
		}
	}
	if (f->fd < 0)
		return false;
	if (got < 0 && !f->paused) {
		log_error("feed: bytes that are no frame of version %u", FEED_VERSION);
		conn_close(f, "malformed frame");
		return false;
	}
	f->in_len = rd_left(&r);
	memmove(f->in, r.p, f->in_len);
	return true;
}

static bool resumed(void *arg)
{
	struct feedconn *f = arg;

	if (f->fd < 0 || f->paused)
		return false;
	f->in_callback = true;
	deliver(f);
	f->in_callback = false;
	set_want(f);
	return false;
}

static void conn_read(struct feedconn *f)
{
	ssize_t n = recv(f->fd, f->in + f->in_len, IN_SIZE - f->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(f, n == 0 ? "the other side closed the connection" : strerror(errno));
		return;
	}
	f->in_len += (size_t)n;
	f->stats.in_bytes += (uint64_t)n;
	f->in_callback = true;
	deliver(f);
	f->in_callback = false;
}

static void refill(struct feedconn *f)
{
	struct wr w = wr_init(f->out, FEEDCONN_FILL);

	f->out_len = f->sent = 0;
	if (!f->up || !f->want_write)
		return;
	f->in_callback = true;
	f->want_write = false;
	if (f->hooks->fill(f->ctx, &w))
		f->want_write = true;
	f->in_callback = false;
	f->out_len = wr_len(&w);
}

static void conn_write(struct feedconn *f)
{
	ssize_t n;

	if (f->sent == f->out_len)
		refill(f);
	if (f->reset_asked) {
		conn_close(f, f->reset_why);
		return;
	}
	if (f->sent == f->out_len)
		return;
	n = send(f->fd, f->out + f->sent, f->out_len - f->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(f, strerror(errno));
		return;
	}
	if (n > 0) {
		f->sent += (size_t)n;
		f->stats.out_bytes += (uint64_t)n;
	}
}

static void conn_ready(void *arg, int fd, unsigned ready)
{
	struct feedconn *f = arg;

	(void)fd;
	if (ready & LOOP_WRITE)
		conn_write(f);
	else
		conn_read(f);
	set_want(f);
}

static void conn_start(struct feedconn *f, int fd)
{
	struct feed_msg m = { .type = FEED_HELLO, .add = true };
	struct wr w = wr_init(f->out, FEEDCONN_FILL);
	int size = 1 << 20;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	f->fd = fd;
	f->watch = loop_fd_new(f->loop, fd, conn_ready, f);
	m.hello.version = FEED_VERSION;
	m.hello.boot_id = f->boot_id;
	feed_encode(&w, &m);
	f->out_len = wr_len(&w);
	f->sent = 0;
	loop_timer_set(f->timer, mono_now() + HELLO_WAIT);
	set_want(f);
}

static void try_connect(struct feedconn *f)
{
	int fd = unix_connect(f->dir, FEED_FILE, SOCK_NONBLOCK);

	if (fd >= 0) {
		conn_start(f, fd);
		return;
	}
	loop_timer_set(f->timer, mono_now() + f->backoff);
	f->backoff = f->backoff * 2 > BACKOFF_MAX ? BACKOFF_MAX : f->backoff * 2;
}

static void timer_fired(void *arg)
{
	struct feedconn *f = arg;

	if (f->fd < 0)
		try_connect(f);
	else
		conn_close(f, "no HELLO came");
}

static void listen_ready(void *arg, int fd, unsigned ready)
{
	struct feedconn *f = arg;
	int c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char byte;

	(void)ready;
	if (c < 0)
		return;
	/* A restarted bgpd may be accepted before its predecessor's end is read. */
	if (f->fd >= 0 && recv(f->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		conn_close(f, "the other side closed the connection");
	if (f->fd >= 0) {
		log_warning("feed: a second bgpd was turned away");
		close(c);
		return;
	}
	conn_start(f, c);
}

static struct feedconn *feedconn_new(struct loop *l, const char *dir, uint64_t boot_id,
		const struct feedconn_hooks *h, void *ctx)
{
	struct feedconn *f = xcalloc(1, sizeof(*f));

	f->loop = l;
	f->hooks = h;
	f->ctx = ctx;
	f->dir = xstrdup(dir);
	f->boot_id = boot_id;
	f->fd = f->listen_fd = -1;
	f->in = xmalloc(IN_SIZE);
	f->out = xmalloc(FEEDCONN_FILL);
	f->backoff = BACKOFF_FIRST;
	f->timer = loop_timer_new(l, timer_fired, f);
	f->resume = loop_work_new(l, resumed, f);
	return f;
}

struct feedconn *feedconn_listen(struct loop *l, const char *dir, uint64_t boot_id,
		const struct feedconn_hooks *h, void *ctx, struct err *err)
{
	struct feedconn *f = feedconn_new(l, dir, boot_id, h, ctx);

	f->listen_fd = unix_listen(dir, FEED_FILE, f->path, sizeof(f->path), err);
	if (f->listen_fd < 0) {
		feedconn_free(f);
		return NULL;
	}
	f->listen_watch = loop_fd_new(l, f->listen_fd, listen_ready, f);
	loop_fd_want(f->listen_watch, LOOP_READ);
	return f;
}

struct feedconn *feedconn_connect(struct loop *l, const char *dir, uint64_t boot_id,
		const struct feedconn_hooks *h, void *ctx)
{
	struct feedconn *f = feedconn_new(l, dir, boot_id, h, ctx);

	/* From the loop, so that `up` never comes before this has returned. */
	loop_timer_set(f->timer, mono_now());
	return f;
}

void feedconn_free(struct feedconn *f)
{
	if (!f)
		return;
	loop_timer_free(f->timer);
	loop_work_free(f->resume);
	loop_fd_free(f->watch);
	loop_fd_free(f->listen_watch);
	if (f->fd >= 0)
		close(f->fd);
	if (f->listen_fd >= 0) {
		unlink(f->path);
		close(f->listen_fd);
	}
	free(f->dir);
	free(f->in);
	free(f->out);
	free(f);
}

bool feedconn_is_up(const struct feedconn *f)
{
	return f->up;
}

void feedconn_want_write(struct feedconn *f)
{
	f->want_write = true;
	if (!f->in_callback)
		set_want(f);
}

void feedconn_pause(struct feedconn *f, bool paused)
{
	f->paused = paused;
	/* Frames that came before the pause are in the buffer: no read brings them. */
	if (!paused)
		loop_work_schedule(f->resume);
	else if (!f->in_callback)
		set_want(f);
}

void feedconn_reset(struct feedconn *f, const char *why)
{
	if (f->fd < 0)
		return;
	if (f->in_callback) {
		f->reset_asked = true;
		snprintf(f->reset_why, sizeof(f->reset_why), "%s", why);
		return;
	}
	conn_close(f, why);
}

void feedconn_get_stats(const struct feedconn *f, struct feedconn_stats *ret)
{
	*ret = f->stats;
}
