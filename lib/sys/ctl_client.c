/* Control socket, vtysh's side: blocking, as a person waits for the answer. */
#include "lib/sys/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/rd.h"
#include "lib/base/wr.h"
#include "lib/base/xalloc.h"
#include "lib/sys/unixsock.h"

#define HEADER 5

struct ctl_client {
	int fd;
	size_t len;
	uint8_t in[HEADER + CTL_BODY_MAX];
};

struct ctl_client *ctl_client_open(const char *dir, const char *name, int *ret_errno)
{
	struct ctl_client *c;
	char file[64];
	int fd;

	snprintf(file, sizeof(file), "%s.vty", name);
	fd = unix_connect(dir, file, 0);
	if (fd < 0) {
		*ret_errno = fd;
		return NULL;
	}
	c = xmalloc(sizeof(*c));
	c->fd = fd;
	c->len = 0;
	return c;
}

void ctl_client_close(struct ctl_client *c)
{
	if (!c)
		return;
	close(c->fd);
	free(c);
}

int ctl_client_fd(const struct ctl_client *c)
{
	return c->fd;
}

static int send_all(int fd, const void *buf, size_t len, int flags)
{
	const uint8_t *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL | flags);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int send_frame(int fd, enum ctl_type type, const void *body, size_t len)
{
	uint8_t head[HEADER];
	int r;

	wr_put32(head, (uint32_t)len + 1);
	head[4] = (uint8_t)type;
	r = send_all(fd, head, HEADER, len ? MSG_MORE : 0);
	return r < 0 ? r : send_all(fd, body, len, 0);
}

int ctl_client_send(struct ctl_client *c, enum ctl_type type, const void *body, size_t len)
{
	const uint8_t *p = body;
	int r = 0;

	if (type != CTL_TEXT)
		return len > CTL_BODY_MAX ? -EMSGSIZE : send_frame(c->fd, type, body, len);
	while (len && r == 0) {
		size_t n = len < CTL_BODY_MAX ? len : CTL_BODY_MAX;

		r = send_frame(c->fd, type, p, n);
		p += n;
		len -= n;
	}
	return r;
}

int ctl_client_send_edit(struct ctl_client *c, uint8_t flags, uint32_t first_line,
		const char *node, const char *lines, size_t len)
{
	struct strbuf body = { 0 };
	uint8_t head[5] = { flags };
	int r = ctl_client_send(c, CTL_TEXT, lines, len);

	wr_put32(head + 1, first_line);
	sb_addn(&body, head, sizeof(head));
	sb_add(&body, node);
	if (r == 0)
		r = ctl_client_send(c, CTL_EDIT, body.s, body.len);
	sb_free(&body);
	return r;
}

int ctl_client_send_replace(struct ctl_client *c, uint8_t flags, const char *lines, size_t len)
{
	int r = ctl_client_send(c, CTL_TEXT, lines, len);

	return r < 0 ? r : ctl_client_send(c, CTL_REPLACE, &flags, 1);
}

/* Makes sure that a whole frame is at the start of the buffer; its size. */
static long read_frame(struct ctl_client *c)
{
	long size;

	while ((size = ctl_frame_size(c->in, c->len)) == 0) {
		ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, 0);

		if (n < 0)
			return errno == ECONNRESET ? -EPIPE : -errno;
		if (n == 0)
			return -EPIPE;
		c->len += (size_t)n;
	}
	return size;
}

static int take_frame(struct ctl_client *c, long size, ctl_sink_fn *sink, void *ctx,
		int *ret_status)
{
	struct rd r = rd_init(c->in + HEADER, (size_t)size - HEADER);
	enum ctl_type type = (enum ctl_type)c->in[4];
	uint32_t number = type == CTL_OUT ? 0 : rd_u32(&r);

	if (r.failed || (type != CTL_OUT && type != CTL_ERR && type != CTL_DONE))
		return -EPROTO;
	if (type == CTL_DONE)
		*ret_status = (int)number;
	else if (sink && !sink(ctx, type, number, (const char *)r.p, rd_left(&r)))
		return -ECANCELED;
	c->len -= (size_t)size;
	memmove(c->in, c->in + size, c->len);
	return type == CTL_DONE;
}

int ctl_client_wait(struct ctl_client *c, ctl_sink_fn *sink, void *ctx, int *ret_status)
{
	for (;;) {
		long size = read_frame(c);
		int r;

		if (size < 0)
			return (int)size;
		r = take_frame(c, size, sink, ctx, ret_status);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}
