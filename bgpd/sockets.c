/* Connections between the core and the kernel.  Reading: one large read per
 * readiness, handed to the core whole; what it does not take is kept, and that
 * connection is not read until it is, so that the peer's TCP window closes.
 * Writing: the core is pulled into one large buffer when its socket can take
 * it, after all input of a turn, so that many small changes go out together.
 * Listeners are in listeners.c. */
#include <config.h>

#include "bgpd/sockets.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "bgpd/core/session.h"
#include "bgpd/listeners.h"
#include "bgpd/socket_options.h"
#include "bgpd/sockets_private.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"

#define BUFFER_SIZE (256 * 1024)
#define PULLS_PER_TURN 4 /* per connection, before others have their turn */
#define LINGER MONO_SEC(1)
#define DRAIN MONO_SEC(10) /* a peer that does not read gets no NOTIFICATION */

static void connection_ready(void *arg, int fd, unsigned ready);

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

static struct connection *connection_find(const struct sockets *s, conn_id id)
{
	uint32_t place = htab_find(&s->by_id, id_hash(id), connection_has_id, s, &id);

	return place ? s->connections.v[place - 1] : NULL;
}

static struct connection *connection_new(struct sockets *s, conn_id id, int fd)
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

static void connection_free(struct connection *c)
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
static void connection_lost(struct connection *c, int error)
{
	struct bgp_event ev = { .type = c->connecting ? BGP_EVENT_CONNECT_FAILED :
							BGP_EVENT_CLOSED,
		.conn = c->id, .error = error };
	struct bgpd *b = c->sockets->bgpd;

	connection_free(c);
	bgpd_input(b, &ev);
}

/* ---- reading ---- */

static void want_update(struct connection *c)
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
	want_update(c);
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

static void connection_read(struct connection *c)
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

static void linger_over(void *arg)
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
	want_update(c);
}

/* True if the connection should have another turn soon.  c may be gone. */
static bool connection_write(struct connection *c)
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
				want_update(c);
			return false;
		}
	}
	if (n)
		return true;
	if (c->closing)
		connection_finish(c);
	else
		want_update(c);
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

/* ---- opening and closing ---- */

static void fill_ends(struct connection *c, struct bgp_event *ev)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint32_t scope = 0;

	snprintf(ev->accepted.vrf, sizeof(ev->accepted.vrf), "%s", c->vrf);
	if (getpeername(c->fd, (struct sockaddr *)&ss, &len) == 0)
		socket_addr_read(&ss, &ev->accepted.remote, &ev->accepted.remote_port, &scope);
	if (scope)
		if_indextoname(scope, ev->accepted.interface);
	len = sizeof(ss);
	if (getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0)
		socket_addr_read(&ss, &ev->accepted.local, &ev->accepted.local_port, &scope);
	socket_interface_of(&ev->accepted.local, &ev->accepted.remote, scope, ev);
}

static void connection_opened(struct connection *c)
{
	struct bgp_event ev = { .type = BGP_EVENT_CONNECTED, .conn = c->id };
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error) {
		connection_lost(c, error);
		return;
	}
	c->connecting = false;
	want_update(c);
	fill_ends(c, &ev);
	bgpd_input(c->sockets->bgpd, &ev);
}

static void connection_ready(void *arg, int fd, unsigned ready)
{
	struct connection *c = arg;
	struct sockets *s = c->sockets;
	conn_id id = c->id;

	(void)fd;
	if (c->connecting) {
		connection_opened(c);
		return;
	}
	if (ready & LOOP_WRITE && connection_write(c))
		sockets_want_write(s, id);
	if (ready & LOOP_READ && connection_find(s, id) == c)
		connection_read(c);
}

static int connect_start(struct sockets *s, int fd, const struct bgp_effect *ef)
{
	const struct peer *p = core_peer_find(s->bgpd->core, ef->connect.vrf, &ef->connect.remote,
			ef->connect.interface);
	uint8_t family = ef->connect.remote.family;
	uint32_t scope = ef->connect.interface[0] ? if_nametoindex(ef->connect.interface) : 0;
	struct prefix host = prefix_make(&ef->connect.remote, (uint8_t)family_bits(family));
	struct ip_addr source = ef->connect.source;
	struct sockaddr_storage ss;
	socklen_t len;
	int r;

	if (strcmp(ef->connect.vrf, "default") != 0 && (r = socket_device(fd, ef->connect.vrf)))
		return r;
	if ((r = socket_ttl(fd, family, ef->connect.ttl, ef->connect.min_ttl)))
		return r;
	if (ef->connect.password && (r = socket_md5(fd, &host, ef->connect.password)))
		return r;
	if (p && (r = socket_mss(fd, p->config.tcp_mss)))
		return r;
	if (!source.family && ef->connect.interface[0] && !ip_is_link_local(&ef->connect.remote) &&
			!socket_interface_addr(ef->connect.interface, family, &source))
		return -EADDRNOTAVAIL;
	if (source.family) {
		len = socket_addr(&source, 0, scope, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len) < 0)
			return -errno;
	}
	len = socket_addr(&ef->connect.remote, ef->connect.port, scope, &ss);
	if (connect(fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS)
		return -errno;
	return 0;
}

void sockets_connect(struct sockets *s, const struct bgp_effect *ef)
{
	struct bgp_event failed = { .type = BGP_EVENT_CONNECT_FAILED, .conn = ef->conn };
	struct connection *c;
	int fd = socket_new(ef->connect.remote.family);
	int r = fd < 0 ? fd : connect_start(s, fd, ef);

	if (r) {
		if (fd >= 0)
			close(fd);
		failed.error = -r;
		bgpd_input(s->bgpd, &failed);
		return;
	}
	c = connection_new(s, ef->conn, fd);
	c->connecting = true;
	snprintf(c->vrf, sizeof(c->vrf), "%s", ef->connect.vrf);
	want_update(c);
}

void sockets_accepted(struct sockets *s, int fd, const char *vrf)
{
	struct bgp_event ev = { .type = BGP_EVENT_ACCEPTED };
	struct connection *c;
	struct peer *p;
	uint8_t ttl, min_ttl;

	s->last_id = (s->last_id + 1) & 0x7fffffff;
	if (!s->last_id)
		s->last_id = 1;
	c = connection_new(s, s->last_id, fd);
	ev.conn = c->id;
	snprintf(c->vrf, sizeof(c->vrf), "%s", vrf);
	fill_ends(c, &ev);
	socket_prepare(fd, ev.accepted.remote.family);
	want_update(c);
	bgpd_input(s->bgpd, &ev);
	/* Only now: who connects from a listen range is a peer since then. */
	p = core_peer_find(s->bgpd->core, vrf, &ev.accepted.remote, ev.accepted.interface);
	if (p && connection_find(s, ev.conn)) {
		peer_ttl(p, &ttl, &min_ttl);
		socket_ttl(fd, ev.accepted.remote.family, ttl, min_ttl);
		socket_mss(fd, p->config.tcp_mss);
	}
}

void sockets_close(struct sockets *s, conn_id id)
{
	struct connection *c = connection_find(s, id);

	if (!c || c->closing)
		return;
	c->closing = true;
	/* The core holds a connection until it was pulled empty or is gone. */
	if (c->connecting) {
		connection_lost(c, ECONNABORTED);
		return;
	}
	c->linger = loop_timer_new(s->bgpd->loop, linger_over, c);
	loop_timer_set(c->linger, mono_now() + DRAIN);
	free(c->in);
	c->in = NULL;
	c->in_len = 0;
	sockets_want_write(s, id);
}

bool sockets_draining(const struct sockets *s)
{
	for (size_t i = 0; i < s->connections.n; i++)
		if (s->connections.v[i] && s->connections.v[i]->closing &&
				!s->connections.v[i]->finished)
			return true;
	return false;
}

bool sockets_status(const struct sockets *s, conn_id id, struct socket_status *ret)
{
	struct connection *c = connection_find(s, id);
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int n;

	if (!c || c->connecting)
		return false;
	*ret = (struct socket_status){ .fd = c->fd, .in_queue = c->in_len, .out_queue = c->out_len };
	if (ioctl(c->fd, SIOCINQ, &n) == 0)
		ret->in_queue += (size_t)n;
	if (ioctl(c->fd, SIOCOUTQ, &n) == 0)
		ret->out_queue += (size_t)n;
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
		ret->mss = info.tcpi_snd_mss;
	return true;
}

struct sockets *sockets_new(struct bgpd *b)
{
	struct sockets *s = xcalloc(1, sizeof(*s));

	s->bgpd = b;
	s->in_buffer = xmalloc(BUFFER_SIZE);
	s->out_buffer = xmalloc(BUFFER_SIZE);
	s->listeners = listeners_new(s);
	return s;
}

void sockets_free(struct sockets *s)
{
	if (!s)
		return;
	listeners_free(s->listeners);
	for (size_t i = 0; i < s->connections.n; i++)
		if (s->connections.v[i])
			connection_free(s->connections.v[i]);
	vec_free(&s->connections);
	vec_free(&s->writing);
	htab_fini(&s->by_id);
	free(s->in_buffer);
	free(s->out_buffer);
	free(s);
}

int sockets_listen(struct sockets *s, struct err *e)
{
	return listeners_open(s->listeners, e);
}

void sockets_sync(struct sockets *s)
{
	listeners_sync(s->listeners);
}
