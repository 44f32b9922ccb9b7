/* The state machine of sessions: RFC 4271 section 8, with collisions (6.8),
 * DelayOpen, DampPeerOscillations (as the start delay), the hold timer of what
 * we send (RFC 9687) and the subcodes of RFC 6608.  Here: starting, stopping,
 * and connections that come to be; fsm_message.c has what connections bring,
 * fsm_end.c how they end.
 *
 * Where it departs from the RFC's figures: an attempt to connect that failed is
 * repeated after 1, 2, 4 ... seconds up to ConnectRetry, not only after
 * ConnectRetry; a connection from the peer is taken while the start delay
 * runs; and a connection that lost a collision damps nothing. */
#include "bgpd/core/listen.h"
#include "bgpd/core/door.h"
#include "bgpd/core/fsm_private.h"
#include "lib/base/xalloc.h"

static struct bgp_core *core_of(const struct peer *p)
{
	return p->instance->core;
}

static bool has_options(const struct peer *p)
{
	return !p->config.dont_capability_negotiate && !p->session->no_options;
}

/* Passive, or its address is only known once it has connected. */
static bool only_listens(const struct peer *p)
{
	return p->config.passive || !p->config.addr.family;
}

void fsm_send_open(struct conn *conn)
{
	struct peer *p = conn->peer;
	struct session *s = p->session;

	if (!s->sent)
		s->sent = xmalloc(sizeof(*s->sent));
	open_build(p, s->sent);
	conn_send_open(conn, s->sent, has_options(p));
	conn->state = FSM_OPENSENT;
	core_timer_start(conn->core, &conn->hold, OPEN_HOLD);
}

/* The TCP connection stands. */
static void opened(struct conn *conn, const struct bgp_event *ev)
{
	struct peer *p = conn->peer;

	conn->connected = true;
	conn->local = ev->accepted.local;
	conn->remote = ev->accepted.remote;
	conn->local_port = ev->accepted.local_port;
	conn->remote_port = ev->accepted.remote_port;
	conn->local4 = ev->accepted.local4;
	conn->local_global6 = ev->accepted.local_global6;
	conn->local_link_local6 = ev->accepted.local_link_local6;
	conn->on_link = ev->accepted.on_link;
	core_timer_stop(conn->core, &p->session->retry);
	p->session->retry_delay = RETRY_DELAY;
	if (p->config.delay_open)
		core_timer_start(conn->core, &conn->open_delay, MONO_SEC(p->config.delay_open));
	else
		fsm_send_open(conn);
	fsm_state_update(p);
}

static struct conn *add_conn(struct peer *p, conn_id id)
{
	struct conn *conn = conn_new(core_of(p), p, id);

	conn->next = p->session->conns;
	p->session->conns = conn;
	return conn;
}

static mono_t connect_retry(const struct peer *p)
{
	mono_t t = MONO_SEC(p->config.connect_retry);

	return core_jitter(core_of(p), t > RETRY_DELAY ? t : RETRY_DELAY);
}

static void connect_now(struct peer *p)
{
	struct bgp_core *c = core_of(p);
	const struct peer_config *k = &p->config;
	struct bgp_effect *e;
	struct conn *conn;

	conn = add_conn(p, 0);
	fsm_set_timers(conn);
	e = core_effect(c, BGP_EFFECT_CONNECT, conn->id);
	memcpy(e->connect.vrf, p->instance->name, sizeof(e->connect.vrf));
	e->connect.remote = k->addr;
	e->connect.source = k->update_source;
	e->connect.port = k->port;
	memcpy(e->connect.interface,
			k->update_source_interface[0] ? k->update_source_interface : k->interface,
			sizeof(e->connect.interface));
	peer_ttl(p, &e->connect.ttl, &e->connect.min_ttl);
	e->connect.password = k->password;
	core_timer_start(c, &p->session->retry, connect_retry(p));
	fsm_state_update(p);
}

/* Tries, unless a connection is there to be waited for. */
static void try_now(struct peer *p)
{
	struct session *s = p->session;

	if (s->started && !s->conns && !only_listens(p))
		connect_now(p);
	fsm_state_update(p);
}

static void start_fire(struct core_timer *t, struct bgp_core *c)
{
	(void)c;
	try_now(OWNER(t, struct session, start)->peer);
}

static void retry_fire(struct core_timer *t, struct bgp_core *c)
{
	struct session *s = OWNER(t, struct session, retry);
	struct conn *conn = s->conns;

	(void)c;
	if (conn && !conn->next && !conn->connected)
		fsm_drop_collided(conn); /* TCP took too long */
	try_now(s->peer);
}

static void max_prefix_fire(struct core_timer *t, struct bgp_core *c)
{
	struct session *s = OWNER(t, struct session, restart);

	(void)c;
	s->max_prefix_down = false;
	fsm_start(s->peer);
}

void fsm_set_down(struct peer *p, enum peer_down why)
{
	struct session *s = p->session;

	/* Being down for the same reason is no news. */
	if (s->down != why || (why != DOWN_SHUTDOWN && why != DOWN_NO_FAMILY))
		s->reset_at = core_of(p)->now;
	s->down = why;
}

static bool may_start(struct peer *p)
{
	struct session *s = p->session;
	bool any = false;

	for (int f = 0; f < FAM_COUNT; f++)
		any |= p->config.family[f]->active;
	if (core_door(core_of(p))->shutdown || p->removed || s->max_prefix_down)
		return false;
	if (p->config.shutdown)
		fsm_set_down(p, DOWN_SHUTDOWN);
	else if (!any)
		fsm_set_down(p, DOWN_NO_FAMILY);
	else
		return p->config.remote_as_type == REMOTE_AS_EXTERNAL ||
		       p->config.remote_as_type == REMOTE_AS_AUTO || p->remote_as;
	return false;
}

static void set_session_timers(struct session *s)
{
	s->start.fire = start_fire;
	s->retry.fire = retry_fire;
	s->restart.fire = max_prefix_fire;
}

void fsm_start(struct peer *p)
{
	struct session *s = p->session;

	set_session_timers(s);
	if (s->started || !may_start(p))
		return;
	s->started = true;
	s->retry_delay = RETRY_DELAY;
	if (!s->start_delay)
		s->start_delay = START_DELAY;
	if (!timer_running(&s->start.timer))
		try_now(p);
	fsm_state_update(p);
}

void fsm_hurry(struct peer *p)
{
	if (!p->session->started || p->session->conns)
		return;
	core_timer_stop(core_of(p), &p->session->start);
	core_timer_stop(core_of(p), &p->session->retry);
	p->session->retry_delay = RETRY_DELAY;
	try_now(p);
}

void fsm_stop(struct peer *p, enum peer_down why, uint8_t cease, const void *data, size_t len)
{
	struct session *s = p->session;
	bool was_up = s->up != NULL;

	s->started = false;
	core_timer_stop(core_of(p), &s->start);
	core_timer_stop(core_of(p), &s->retry);
	core_timer_stop(core_of(p), &s->restart);
	while (s->conns) {
		struct conn *conn = s->conns;

		if (conn->state >= FSM_OPENSENT && cease)
			fsm_notify(conn, ERR_CEASE, cease, data, len);
		fsm_unlink_conn(conn);
		conn_close(conn);
	}
	fsm_set_down(p, why);
	fsm_lost(p, was_up, why, false);
	if (!was_up)
		session_forget_stale(p);
}

void fsm_reset(struct peer *p, enum peer_down why, uint8_t cease)
{
	struct session *s = p->session;

	fsm_stop(p, why, cease, NULL, 0);
	s->no_options = false;
	s->max_prefix_down = false;
	fsm_start_later(p);
}

void fsm_start_later(struct peer *p)
{
	struct session *s = p->session;

	set_session_timers(s);
	s->start_delay = START_DELAY;
	if (s->started || !may_start(p))
		return;
	s->started = true;
	s->retry_delay = RETRY_DELAY;
	fsm_damp(p);
	fsm_state_update(p);
}

void fsm_shutdown_all(struct bgp_core *c)
{
	for (size_t i = 0; i < c->instances.n; i++) {
		struct bgp_instance *in = c->instances.v[i];

		for (size_t n = 0; in && n < in->peers.n; n++)
			fsm_stop(in->peers.v[n], DOWN_SHUTDOWN, CEASE_SHUTDOWN, NULL, 0);
	}
}

void fsm_connected(struct conn *conn, const struct bgp_event *ev)
{
	if (!conn->closing && !conn->connected)
		opened(conn, ev);
}

void fsm_connect_failed(struct conn *conn, int error)
{
	struct peer *p = conn->peer;
	struct session *s = p ? p->session : NULL;

	(void)error;
	if (p) {
		mono_t most = connect_retry(p), t = core_jitter(conn->core, s->retry_delay);

		fsm_unlink_conn(conn);
		conn->peer = NULL;
		if (s->down == DOWN_NONE)
			fsm_set_down(p, DOWN_CONNECT_FAILED);
		core_timer_start(conn->core, &s->retry, t < most ? t : most);
		if (s->retry_delay < MONO_SEC(p->config.connect_retry))
			s->retry_delay *= 2;
		fsm_state_update(p);
	}
	conn_free(conn->core, conn);
}

/* What forbids a further connection of a peer; 0: nothing. */
static uint8_t refuse(const struct peer *p)
{
	const struct session *s = p->session;

	if (!s->started)
		return CEASE_REJECTED;
	/* A peer that restarted may not have told us (RFC 4724 section 4.2). */
	if (s->up && !s->received->caps.graceful_restart)
		return CEASE_COLLISION;
	return 0;
}

void fsm_accepted(struct bgp_core *c, const struct bgp_event *ev)
{
	struct peer *p = core_peer_find(c, ev->accepted.vrf, &ev->accepted.remote,
			ev->accepted.interface);
	struct conn *conn, *old;
	uint8_t cease;

	if (!p)
		p = listen_peer_new(c, ev->accepted.vrf, &ev->accepted.remote);
	if (!p || core_conn_find(c, ev->conn)) {
		core_effect(c, BGP_EFFECT_CLOSE, ev->conn);
		return;
	}
	cease = refuse(p);
	for (old = p->session->conns; !cease && old; old = old->next)
		if (old->incoming && old != p->session->up) {
			fsm_drop_collided(old);
			break;
		}
	conn = add_conn(p, ev->conn);
	fsm_set_timers(conn);
	conn->connected = true;
	if (cease) {
		conn_send_notification(conn, ERR_CEASE, cease, NULL, 0);
		fsm_unlink_conn(conn);
		conn_close(conn);
		return;
	}
	opened(conn, ev);
}
