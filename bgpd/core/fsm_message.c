/* What connections bring: messages by state, collisions, and the timers that
 * run while nothing comes.  See fsm.c. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm_private.h"
#include "bgpd/core/receive.h"
#include "lib/base/xalloc.h"

#define LATE MONO_SEC(1)	    /* a timer that fires so much after its time */
#define SEND_HOLD_MIN MONO_SEC(480) /* RFC 9687 section 3.2: 8 minutes, or twice the hold time */
#define WRITE_CHECK MONO_SEC(60)    /* where no keepalives do it */
#define ERR_SEND_HOLD 8		    /* RFC 9687 */

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
	fsm_send_open(conn);
	fsm_state_update(conn->peer);
}

void fsm_set_timers(struct conn *conn)
{
	conn->hold.fire = hold_fire;
	conn->keepalive.fire = keepalive_fire;
	conn->open_delay.fire = open_delay_fire;
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
			if (!s->received->caps.graceful_restart) {
				fsm_drop_collided(conn);
				return false;
			}
			fsm_unlink_conn(other);
			conn_close(other);
			fsm_set_down(conn->peer, DOWN_CLOSED);
			fsm_lost(conn->peer, true, DOWN_CLOSED, true);
		} else if (other->state == FSM_OPENCONFIRM) {
			struct conn *loser = keeps_ours(conn->peer, o) == conn->incoming ? conn : other;

			fsm_drop_collided(loser);
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
		fsm_state_update(p);
		return;
	}
	if (delayed) {
		core_timer_stop(conn->core, &conn->open_delay);
		fsm_send_open(conn);
	}
	if (!s->received)
		s->received = xmalloc(sizeof(*s->received));
	*s->received = *o;
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
	fsm_state_update(p);
}

static void establish(struct conn *conn)
{
	struct peer *p = conn->peer;
	struct session *s = p->session;
	struct conn *other, *next;

	for (other = s->conns; other; other = next) {
		next = other->next;
		if (other != conn)
			fsm_drop_collided(other);
	}
	core_timer_stop(conn->core, &s->start);
	core_timer_stop(conn->core, &s->retry);
	s->start_delay = START_DELAY;
	s->up = conn;
	conn->state = FSM_ESTABLISHED;
	fsm_state_update(p);
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
	struct peer *p = conn->peer;
	struct session *s = p->session;
	struct notification n;
	struct msg_error e;

	/* RFC 4271 section 6.4: a NOTIFICATION is never answered by one. */
	if (notification_decode(body, len, &n, &e) < 0) {
		fsm_drop(conn, DOWN_NOTIFY_RECEIVED, 0, 0, NULL, 0);
		return;
	}
	/* A lost collision is no error of the session. */
	if (n.code != ERR_CEASE || n.subcode != CEASE_COLLISION || s->up == conn) {
		fsm_keep_error(s, true, n.code, n.subcode, n.data, n.data_len);
		fsm_log_notification(p, true, &n);
	}
	/* RFC 5492 section 3: try again without what it does not know. */
	if (n.code == ERR_OPEN && n.subcode == ERR_OPEN_PARAMETER)
		s->no_options = true;
	/* local-as dual-as: it may know us by the other AS. */
	if (n.code == ERR_OPEN && n.subcode == ERR_OPEN_AS && p->config.local_as_dual) {
		s->global_as = !s->global_as;
		peer_configure(p, &p->config);
	}
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
