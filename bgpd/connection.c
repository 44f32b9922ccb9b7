/* One connection: bytes between the core and its socket.  Reading: one large
 * read per readiness, handed to the core whole; what it does not take is kept,
 * and the connection is not read until it is, so that the peer's TCP window
 * closes.  Writing: the core is pulled into one large buffer when the socket
 * can take it, after all input of a turn, so that many small changes go out
 * together.  For sockets.c. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/sockets_private.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

#define PULLS_PER_TURN 4 /* per connection, before others have their turn */
#define LINGER MONO_SEC(1)

/* ---- the set of connections ---- */

static bool connection_has_id(const void *ctx, uint32_t place, const void *key)
{
	const struct sockets *s = ctx;

	return s->connections.v[place - 1]->id == *(const conn_id *)key;
}

static uint32_t id_hash(conn_id id)
{
	return (uint32_t)hash_u64(0, id);
}

struct connection *connection_find(const struct sockets *s, conn_id id)
{
	uint32_t place = htab_find(&s->by_id, id_hash(id), connection_has_id, s, &id);

	return place ? s->connections.v[place - 1] : NULL;
}

struct connection *connection_new(struct sockets *s, conn_id id, int fd)
{
	struct connection *c = xcalloc(1, sizeof(*c));
	size_t i = 0;

	c->sockets = s;
	c->id = id;
	c->fd = fd;
	c->watch = loop_fd_new(s->bgpd->loop, fd, connection_ready, c);
	while (i < s->connections.n && s->connections.v[i])
		i++;
	if (i == s->connections.n)
		vec_push(&s->connections);
	s->connections.v[i] = c;
	htab_insert(&s->by_id, id_hash(id), (uint32_t)i + 1);
	return c;
}

static void writing_remove(struct connection *c)
{
	struct sockets *s = c->sockets;

	for (size_t i = 0; c->in_writing && i < s->writing.n; i++)
		if (s->writing.v[i] == c)
			s->writing.v[i] = NULL;
	c->in_writing = false;
}

void connection_free(struct connection *c)
{
	struct sockets *s = c->sockets;
	uint32_t h = id_hash(c->id), place = htab_find(&s->by_id, h, connection_has_id, s, &c->id);

	writing_remove(c);
	htab_remove(&s->by_id, h, place);
	s->connections.v[place - 1] = NULL;
	loop_timer_free(c->linger);
	loop_fd_free(c->watch);
	close(c->fd);
	free(c->in);
	free(c->out);
	free(c);
}

/* The core is told; the connection is gone. */
void connection_lost(struct connection *c, int error)
{
	struct bgp_event ev = { .type = c->connecting ? BGP_EVENT_CONNECT_FAILED :
							BGP_EVENT_CLOSED,
		.conn = c->id, .error = error };
	struct bgpd *b = c->sockets->bgpd;

	connection_free(c);
	bgpd_input(b, &ev);
}

/* ---- reading ---- */

void connection_want(struct connection *c)
{
	unsigned want = 0;

	if (c->connecting)
		want = LOOP_WRITE;
	else if (c->out_len)
		want |= LOOP_WRITE;
	if (!c->connecting && !c->in_len)
		want |= LOOP_READ;
	loop_fd_want(c->watch, want);
}

/* Hands bytes to the core; keeps what it does not take.  c may be gone after. */
static void connection_data(struct connection *c, const uint8_t *p, size_t len)
{
	struct sockets *s = c->sockets;
	struct bgp_event ev = { .type = BGP_EVENT_DATA, .conn = c->id,
		.data = { .bytes = p, .len = len } };
	conn_id id = c->id;
	size_t taken = bgpd_input(s->bgpd, &ev);

	c = connection_find(s, id);
	if (!c || c->closing)
		return;
	if (taken < len) {
		uint8_t *rest = xmemdup(p + taken, len - taken);

		free(c->in);
		c->in = rest;
		c->in_len = len - taken;
		s->held = true;
	} else if (c->in_len) {
		free(c->in);
		c->in = NULL;
		c->in_len = 0;
	}
	connection_want(c);
}

void sockets_offer(struct sockets *s)
{
	bool held = s->held;

	s->held = false;
	for (size_t i = 0; held && i < s->connections.n; i++) {
		struct connection *c = s->connections.v[i];
		uint8_t *p;
		size_t len;

		if (!c || !c->in_len || c->closing)
			continue;
		p = c->in;
		len = c->in_len;
		c->in = NULL;
		c->in_len = 0;
		connection_data(c, p, len);
		free(p);
	}
}

void connection_read(struct connection *c)
{
	struct sockets *s = c->sockets;
	ssize_t n = read(c->fd, s->in_buffer, BUFFER_SIZE);

	if (n > 0 && !c->closing)
		connection_data(c, s->in_buffer, (size_t)n);
	else if (n == 0)
		connection_lost(c, 0);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		connection_lost(c, errno);
}

/* ---- writing ---- */

/* Writes what is left over from before; false if the socket is full or gone. */
static bool leftover_write(struct connection *c)
{
	while (c->out_len) {
		ssize_t n = write(c->fd, c->out + c->out_at, c->out_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			connection_lost(c, errno);
			return false;
		}
		c->out_at += (size_t)n;
		c->out_len -= (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	c->out_at = 0;
	return true;
}

/* Writes a piece; keeps what the socket does not take.  False if it is full
 * or gone. */
static bool piece_write(struct connection *c, const uint8_t *p, size_t len)
{
	ssize_t n;

	do
		n = write(c->fd, p, len);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN) {
		connection_lost(c, errno);
		return false;
	}
	if (n < 0)
		n = 0;
	if ((size_t)n == len)
		return true;
	c->out = xmemdup(p + n, len - (size_t)n);
	c->out_at = 0;
	c->out_len = len - (size_t)n;
	return false;
}

void connection_linger_over(void *arg)
{
	struct connection *c = arg;

	if (c->finished)
		connection_free(c);
	else
		connection_lost(c, ETIMEDOUT);
}

/* All is written: say so to the peer, and give it a moment to read the
 * NOTIFICATION before a reset could take it away. */
static void connection_finish(struct connection *c)
{
	struct bgpd *b = c->sockets->bgpd;

	if (c->finished)
		return;
	if (shutdown(c->fd, SHUT_WR) < 0 || b->stopping) {
		connection_free(c);
		return;
	}
	c->finished = true;
	loop_timer_set(c->linger, mono_now() + LINGER);
	connection_want(c);
}

/* True if the connection should have another turn soon.  c may be gone. */
bool connection_write(struct connection *c)
{
	struct sockets *s = c->sockets;
	conn_id id = c->id;
	size_t n = 0;

	if (c->connecting || !leftover_write(c))
		return false;
	for (int i = 0; i < PULLS_PER_TURN; i++) {
		n = bgpd_pull(s->bgpd, id, s->out_buffer, BUFFER_SIZE);
		if (!n)
			break;
		if (!piece_write(c, s->out_buffer, n)) {
			/* The core asks for a write only once it was pulled empty. */
			c = connection_find(s, id);
			if (c)
				connection_want(c);
			return false;
		}
	}
	if (n)
		return true;
	if (c->closing)
		connection_finish(c);
	else
		connection_want(c);
	return false;
}

bool sockets_flush(struct sockets *s)
{
	size_t n = s->writing.n;
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		struct connection *c = s->writing.v[i];

		if (!c)
			continue;
		s->writing.v[i] = NULL;
		c->in_writing = false;
		if (connection_write(c)) {
			c->in_writing = true;
			*vec_push(&s->writing) = c;
			more = true;
		}
	}
	/* Those that were added meanwhile move to the front. */
	memmove(s->writing.v, s->writing.v + n, (s->writing.n - n) * sizeof(*s->writing.v));
	s->writing.n -= n;
	return more || s->writing.n;
}

void sockets_want_write(struct sockets *s, conn_id id)
{
	struct connection *c = connection_find(s, id);

	if (!c || c->in_writing || c->out_len)
		return;
	c->in_writing = true;
	*vec_push(&s->writing) = c;
	loop_work_schedule(s->bgpd->flush);
}
