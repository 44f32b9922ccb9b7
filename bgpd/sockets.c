/* Connections opened, accepted and closed, as the core asks.  What goes through
 * them is in connection.c, listeners in listeners.c. */
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
#include "lib/base/xalloc.h"
#include "lib/sys/log.h"

#define DRAIN MONO_SEC(10) /* a peer that does not read gets no NOTIFICATION */

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
	connection_want(c);
	fill_ends(c, &ev);
	bgpd_input(c->sockets->bgpd, &ev);
}

void connection_ready(void *arg, int fd, unsigned ready)
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
	connection_want(c);
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
	connection_want(c);
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
	c->linger = loop_timer_new(s->bgpd->loop, connection_linger_over, c);
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
