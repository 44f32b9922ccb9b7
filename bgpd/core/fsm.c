/* The state machine of sessions: RFC 4271 section 8, with collisions (6.8),
 * DelayOpen, DampPeerOscillations (as the start delay), the hold timer of what
 * we send (RFC 9687) and the subcodes of RFC 6608.
 *
 * Where it departs from the RFC's figures: an attempt to connect that failed is
 * repeated after 1, 2, 4 ... seconds up to ConnectRetry, not only after
 * ConnectRetry; a connection from the peer is taken while the start delay
 * runs; and a connection that lost a collision damps nothing. */
#include <assert.h>
#include <errno.h>

#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/receive.h"

#define OPEN_HOLD MONO_SEC(240)	   /* RFC 4271 section 8: "a large value" */
#define START_DELAY MONO_SEC(1)
#define START_DELAY_MAX MONO_SEC(60)
#define RETRY_DELAY MONO_SEC(1)
#define SEND_HOLD_MIN MONO_SEC(480) /* RFC 9687 section 3.2: 8 minutes, or twice the hold time */
#define WRITE_CHECK MONO_SEC(60)    /* where no keepalives do it */
#define LATE MONO_SEC(1)
#define ERR_SEND_HOLD 8		    /* RFC 9687 */

enum { LEVEL_ERR = 3, LEVEL_NOTICE = 5, LEVEL_INFO = 6, LEVEL_DEBUG = 7 };

#define OWNER(t, type, member) ((type *)((char *)(t) - offsetof(type, member)))

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

static void state_update(struct peer *p)
{
	const struct session *s = p->session;
	enum fsm_state state = FSM_IDLE;

	if (s->started && !timer_running(&s->start.timer))
		state = FSM_ACTIVE;
	for (const struct conn *conn = s->conns; conn; conn = conn->next)
		if (conn->state > FSM_ACTIVE ? conn->state > state : state <= FSM_ACTIVE)
			state = conn->state;
	p->state = state;
}

/* ---- connections come and go ---- */

static void unlink_conn(struct conn *conn)
{
	struct conn **at = &conn->peer->session->conns;

	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	conn->next = NULL;
}

static void start_later(struct peer *p)
{
	struct session *s = p->session;

	core_timer_stop(core_of(p), &s->retry);
	core_timer_start(core_of(p), &s->start, core_jitter(core_of(p), s->start_delay));
	s->start_delay = s->start_delay * 2 > START_DELAY_MAX ? START_DELAY_MAX
							       : s->start_delay * 2;
}

/* A connection is gone; what becomes of its peer. */
static void lost(struct peer *p, bool was_up, enum peer_down why, bool graceful)
{
	struct session *s = p->session;

	if (was_up) {
		s->up = NULL;
		state_update(p);
		session_down(p, why, graceful);
	}
	if (s->started && !s->conns && !timer_running(&s->start.timer))
		start_later(p);
	state_update(p);
}

static void keep_error(struct session *s, bool received, uint8_t code, uint8_t subcode,
		const void *data, size_t len)
{
	struct notification n = { code, subcode, data, len };
	char message[256];

	s->error = (struct session_error){ .code = code, .subcode = subcode, .received = received };
	s->error.hard = code == ERR_CEASE && subcode == CEASE_HARD_RESET;
	s->error.len = (uint16_t)(len < SESSION_DATA_MAX ? len : SESSION_DATA_MAX);
	if (len)
		memcpy(s->error.data, data, s->error.len);
	if (shutdown_communication_decode(&n, message)) {
		memcpy(s->error.message, message, sizeof(s->error.message) - 1);
		s->error.message[sizeof(s->error.message) - 1] = '\0';
	}
}

static void log_notification(struct peer *p, bool received, const struct notification *n)
{
	struct strbuf text = { 0 };
	char name[IP_TEXT_MAX];

	notification_text(n, &text);
	core_log(core_of(p), LEVEL_INFO, "%%NOTIFICATION: %s neighbor %s %u/%u (%s) %zu bytes",
			received ? "received from" : "sent to", peer_name(p, name), n->code,
			n->subcode, sb_str(&text), n->data_len);
	sb_free(&text);
}

static void notify(struct conn *conn, uint8_t code, uint8_t subcode, const void *data, size_t len)
{
	struct notification n = { code, subcode, data, len };

	if (!code || !conn->connected)
		return;
	conn_send_notification(conn, code, subcode, data, len);
	keep_error(conn->peer->session, false, code, subcode, data, len);
	log_notification(conn->peer, false, &n);
}

void fsm_drop(struct conn *conn, enum peer_down why, uint8_t code, uint8_t subcode,
		const void *data, size_t len)
{
	struct peer *p = conn->peer;
	bool was_up = p->session->up == conn;

	notify(conn, code, subcode, data, len);
	unlink_conn(conn);
	conn_close(conn);
	p->session->down = why;
	lost(p, was_up, why, false);
}

/* A connection that is one too many: the other one goes on. */
static void drop_collided(struct conn *conn)
{
	/* Every pair of routers that starts together has one: no event for the log. */
	if (conn->state >= FSM_OPENSENT)
		conn_send_notification(conn, ERR_CEASE, CEASE_COLLISION, NULL, 0);
	unlink_conn(conn);
	conn_close(conn);
}

void fsm_error(struct conn *conn, const struct msg_error *e)
{
	char name[IP_TEXT_MAX];

	core_log(conn->core, LEVEL_ERR, "neighbor %s: %s", peer_name(conn->peer, name), e->text);
	fsm_drop(conn, DOWN_NOTIFY_SENT, e->code, e->subcode, e->data, e->data_len);
}

void fsm_closed(struct conn *conn, int error)
{
	struct peer *p = conn->peer;
	bool was_up;

	if (p) {
		was_up = p->session->up == conn;
		unlink_conn(conn);
		conn->peer = NULL;
		p->session->down = error ? DOWN_SOCKET_ERROR : DOWN_CLOSED;
		lost(p, was_up, p->session->down, true);
	}
	conn_free(conn->core, conn);
}

/* ---- opening ---- */

static void send_open(struct conn *conn)
{
	struct peer *p = conn->peer;
	struct session *s = p->session;

	open_build(p, &s->sent);
	s->sent_any = true;
	conn_send_open(conn, &s->sent, has_options(p));
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
	conn->local_global6 = ev->accepted.local_global6;
	conn->local_link_local6 = ev->accepted.local_link_local6;
	conn->on_link = ev->accepted.on_link;
	core_timer_stop(conn->core, &p->session->retry);
	p->session->retry_delay = RETRY_DELAY;
	if (p->config.delay_open)
		core_timer_start(conn->core, &conn->open_delay, MONO_SEC(p->config.delay_open));
	else
		send_open(conn);
	state_update(p);
}

static struct conn *add_conn(struct peer *p, conn_id id)
{
	struct conn *conn = conn_new(core_of(p), p, id);

	conn->next = p->session->conns;
	p->session->conns = conn;
	return conn;
}

static void hold_fire(struct core_timer *t, struct bgp_core *c);
static void keepalive_fire(struct core_timer *t, struct bgp_core *c);
static void open_delay_fire(struct core_timer *t, struct bgp_core *c);

static void set_timers(struct conn *conn)
{
	conn->hold.fire = hold_fire;
	conn->keepalive.fire = keepalive_fire;
	conn->open_delay.fire = open_delay_fire;
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
	set_timers(conn);
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
	state_update(p);
}

/* Tries, unless a connection is there to be waited for. */
static void try_now(struct peer *p)
{
	struct session *s = p->session;

	if (s->started && !s->conns && !only_listens(p))
		connect_now(p);
	state_update(p);
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
		drop_collided(conn); /* TCP took too long */
	try_now(s->peer);
}

static void max_prefix_fire(struct core_timer *t, struct bgp_core *c)
{
	struct session *s = OWNER(t, struct session, restart);

	(void)c;
	s->max_prefix_down = false;
	fsm_start(s->peer);
}

static bool may_start(struct peer *p)
{
	struct session *s = p->session;
	bool any = false;

	for (int f = 0; f < FAM_COUNT; f++)
		any |= p->config.family[f].active;
	if (core_door(core_of(p))->shutdown || p->removed || s->max_prefix_down)
		return false;
	if (p->config.shutdown)
		s->down = DOWN_SHUTDOWN;
	else if (!any)
		s->down = DOWN_NO_FAMILY;
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
	state_update(p);
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
			notify(conn, ERR_CEASE, cease, data, len);
		unlink_conn(conn);
		conn_close(conn);
	}
	s->down = why;
	lost(p, was_up, why, false);
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
	start_later(p);
	state_update(p);
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

		unlink_conn(conn);
		conn->peer = NULL;
		if (s->down == DOWN_NONE)
			s->down = DOWN_CONNECT_FAILED;
		core_timer_start(conn->core, &s->retry, t < most ? t : most);
		if (s->retry_delay < MONO_SEC(p->config.connect_retry))
			s->retry_delay *= 2;
		state_update(p);
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
	if (s->up && !s->received.caps.graceful_restart)
		return CEASE_COLLISION;
	return 0;
}

void fsm_accepted(struct bgp_core *c, const struct bgp_event *ev)
{
	struct peer *p = core_peer_find(c, ev->accepted.vrf, &ev->accepted.remote,
			ev->accepted.interface);
	struct conn *conn, *old;
	uint8_t cease;

	if (!p || core_conn_find(c, ev->conn)) {
		core_effect(c, BGP_EFFECT_CLOSE, ev->conn);
		return;
	}
	cease = refuse(p);
	for (old = p->session->conns; !cease && old; old = old->next)
		if (old->incoming && old != p->session->up) {
			drop_collided(old);
			break;
		}
	conn = add_conn(p, ev->conn);
	set_timers(conn);
	conn->connected = true;
	if (cease) {
		conn_send_notification(conn, ERR_CEASE, cease, NULL, 0);
		unlink_conn(conn);
		conn_close(conn);
		return;
	}
	opened(conn, ev);
}

/* ---- timers of a connection ---- */

static void hold_fire(struct core_timer *t, struct bgp_core *c)
{
	struct conn *conn = OWNER(t, struct conn, hold);
	mono_t due = conn->last_read + MONO_SEC(conn->hold_secs);

	if (conn->state >= FSM_OPENCONFIRM && due > c->now) {
		core_timer_start(c, t, due - c->now);
		return;
	}
	/* We were away ourselves: what the peer sent meanwhile may be about to come in. */
	if (c->now - t->timer.at > LATE) {
		core_timer_start(c, t, LATE);
		return;
	}
	fsm_drop(conn, conn->state == FSM_OPENSENT ? DOWN_WAITING_OPEN : DOWN_NOTIFY_SENT, ERR_HOLD, 0,
			NULL, 0);
}

static mono_t send_hold(const struct conn *conn)
{
	mono_t t = 2 * MONO_SEC(conn->hold_secs);

	return t > SEND_HOLD_MIN ? t : SEND_HOLD_MIN;
}

static void keepalive_fire(struct core_timer *t, struct bgp_core *c)
{
	struct conn *conn = OWNER(t, struct conn, keepalive);
	mono_t every = MONO_SEC(conn->keepalive_secs), idle = c->now - conn->last_write;
	char name[IP_TEXT_MAX];

	if (conn->want_write && c->now - conn->write_since >= send_hold(conn)) {
		core_log(c, LEVEL_ERR, "neighbor %s: Send Hold Timer Expired, it does not read",
				peer_name(conn->peer, name));
		fsm_drop(conn, DOWN_NOTIFY_SENT, ERR_SEND_HOLD, 0, NULL, 0);
		return;
	}
	if (!every) {
		core_timer_start(c, t, WRITE_CHECK);
		return;
	}
	/* An UPDATE does as well as a KEEPALIVE (RFC 4271 section 8.2.2, event 11). */
	if (idle < every / 2) {
		core_timer_start(c, t, every - idle);
		return;
	}
	conn_send_keepalive(conn);
	core_timer_start(c, t, core_jitter(c, every));
}

static void open_delay_fire(struct core_timer *t, struct bgp_core *c)
{
	struct conn *conn = OWNER(t, struct conn, open_delay);

	(void)c;
	send_open(conn);
	state_update(conn->peer);
}

/* ---- messages ---- */

/* RFC 6608: the subcode says in which state it came. */
static void unexpected(struct conn *conn, uint8_t type)
{
	struct msg_error e;
	uint8_t subcode = 0;

	if (conn->state >= FSM_OPENSENT)
		subcode = (uint8_t)(conn->state - FSM_OPENSENT + ERR_FSM_OPENSENT);
	msg_error_set(&e, ERR_FSM, subcode, &type, 1, "%s message in state %s", msg_type_text(type),
			fsm_state_text(conn->state));
	fsm_error(conn, &e);
}

/* RFC 4271 section 6.8: connections opened by the speaker with the higher
 * identifier stay (RFC 6286: with equal ones, by the higher AS). */
static bool keeps_ours(const struct peer *p, const struct open_msg *o)
{
	uint32_t id = p->instance->router_id;

	return id != o->router_id ? id > o->router_id : p->local_as > o->as;
}

/* An OPEN came on conn; is it the one that stays? */
static bool win_collision(struct conn *conn, const struct open_msg *o)
{
	struct session *s = conn->peer->session;
	struct conn *other, *next;

	for (other = s->conns; other; other = next) {
		next = other->next;
		if (other == conn)
			continue;
		if (other == s->up) {
			if (!s->received.caps.graceful_restart) {
				drop_collided(conn);
				return false;
			}
			unlink_conn(other);
			conn_close(other);
			s->down = DOWN_CLOSED;
			lost(conn->peer, true, DOWN_CLOSED, true);
		} else if (other->state == FSM_OPENCONFIRM) {
			struct conn *loser = keeps_ours(conn->peer, o) == conn->incoming ? conn : other;

			drop_collided(loser);
			if (loser == conn)
				return false;
		}
	}
	return true;
}

static void take_open(struct conn *conn, const uint8_t *body, size_t len)
{
	struct peer *p = conn->peer;
	struct session *s = p->session;
	bool delayed = timer_running(&conn->open_delay.timer);
	struct open_msg *o = &conn->open;
	struct msg_error e;

	if (conn->state != FSM_OPENSENT && !delayed) {
		unexpected(conn, MSG_OPEN);
		return;
	}
	if (open_decode(body, len, o, &e) < 0 || open_check(conn, o, &e) < 0) {
		fsm_error(conn, &e);
		return;
	}
	if (!win_collision(conn, o)) {
		state_update(p);
		return;
	}
	if (delayed) {
		core_timer_stop(conn->core, &conn->open_delay);
		send_open(conn);
	}
	s->received = *o;
	s->received_any = true;
	conn->state = FSM_OPENCONFIRM;
	conn->hold_secs = open_hold_secs(p, o);
	conn->keepalive_secs = open_keepalive_secs(p, conn->hold_secs);
	conn_send_keepalive(conn);
	core_timer_start(conn->core, &conn->keepalive,
			conn->keepalive_secs ? core_jitter(conn->core, MONO_SEC(conn->keepalive_secs))
					     : WRITE_CHECK);
	if (conn->hold_secs)
		core_timer_start(conn->core, &conn->hold, MONO_SEC(conn->hold_secs));
	else
		core_timer_stop(conn->core, &conn->hold);
	state_update(p);
}

static void establish(struct conn *conn)
{
	struct peer *p = conn->peer;
	struct session *s = p->session;
	struct conn *other, *next;

	for (other = s->conns; other; other = next) {
		next = other->next;
		if (other != conn)
			drop_collided(other);
	}
	core_timer_stop(conn->core, &s->start);
	core_timer_stop(conn->core, &s->retry);
	s->start_delay = START_DELAY;
	s->up = conn;
	conn->state = FSM_ESTABLISHED;
	state_update(p);
	session_up(p, conn);
}

static void take_keepalive(struct conn *conn)
{
	if (conn->state == FSM_OPENCONFIRM)
		establish(conn);
	else if (conn->state != FSM_ESTABLISHED)
		unexpected(conn, MSG_KEEPALIVE);
}

static void take_notification(struct conn *conn, const uint8_t *body, size_t len)
{
	struct session *s = conn->peer->session;
	struct notification n;
	struct msg_error e;

	/* RFC 4271 section 6.4: a NOTIFICATION is never answered by one. */
	if (notification_decode(body, len, &n, &e) < 0) {
		fsm_drop(conn, DOWN_NOTIFY_RECEIVED, 0, 0, NULL, 0);
		return;
	}
	/* A lost collision is no error of the session. */
	if (n.code != ERR_CEASE || n.subcode != CEASE_COLLISION || s->up == conn) {
		keep_error(s, true, n.code, n.subcode, n.data, n.data_len);
		log_notification(conn->peer, true, &n);
	}
	/* RFC 5492 section 3: try again without what it does not know. */
	if (n.code == ERR_OPEN && n.subcode == ERR_OPEN_PARAMETER)
		s->no_options = true;
	fsm_drop(conn, DOWN_NOTIFY_RECEIVED, 0, 0, NULL, 0);
}

void fsm_message(struct conn *conn, uint8_t type, const uint8_t *body, size_t len)
{
	switch ((enum msg_type)type) {
	case MSG_OPEN:
		take_open(conn, body, len);
		break;
	case MSG_KEEPALIVE:
		take_keepalive(conn);
		break;
	case MSG_NOTIFICATION:
		take_notification(conn, body, len);
		break;
	case MSG_UPDATE:
	case MSG_REFRESH:
		if (conn->state != FSM_ESTABLISHED)
			unexpected(conn, type);
		else if (type == MSG_UPDATE)
			receive_update(conn, body, len);
		else
			receive_refresh(conn, body, len);
		break;
	}
}
