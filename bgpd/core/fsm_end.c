/* How connections end, and what becomes of their peers: another one goes on,
 * or a new start after a delay.  See fsm.c. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm_private.h"
#include "lib/base/xalloc.h"

#define START_DELAY_MAX MONO_SEC(60)

static struct bgp_core *core_of(const struct peer *p)
{
	return p->instance->core;
}

void fsm_state_update(struct peer *p)
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

void fsm_unlink_conn(struct conn *conn)
{
	struct conn **at = &conn->peer->session->conns;

	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	conn->next = NULL;
}

void fsm_damp(struct peer *p)
{
	struct session *s = p->session;

	core_timer_stop(core_of(p), &s->retry);
	core_timer_start(core_of(p), &s->start, core_jitter(core_of(p), s->start_delay));
	s->start_delay = s->start_delay * 2 > START_DELAY_MAX ? START_DELAY_MAX
							       : s->start_delay * 2;
}

void fsm_lost(struct peer *p, bool was_up, enum peer_down why, bool graceful)
{
	struct session *s = p->session;

	if (was_up) {
		s->up = NULL;
		fsm_state_update(p);
		session_down(p, why, graceful);
	}
	if (s->started && !s->conns && !timer_running(&s->start.timer))
		fsm_damp(p);
	fsm_state_update(p);
}

void fsm_keep_error(struct session *s, bool received, uint8_t code, uint8_t subcode,
		const void *data, size_t len)
{
	struct notification n = { code, subcode, data, len };
	struct session_error *e = s->error;
	char message[256];

	if (!e)
		e = s->error = xmalloc(sizeof(*e));
	*e = (struct session_error){ .code = code, .subcode = subcode, .received = received };
	e->hard = code == ERR_CEASE && subcode == CEASE_HARD_RESET;
	e->len = (uint16_t)(len < SESSION_DATA_MAX ? len : SESSION_DATA_MAX);
	if (len)
		memcpy(e->data, data, e->len);
	if (shutdown_communication_decode(&n, message)) {
		memcpy(e->message, message, sizeof(e->message) - 1);
		e->message[sizeof(e->message) - 1] = '\0';
	}
}

void fsm_log_notification(struct peer *p, bool received, const struct notification *n)
{
	struct strbuf text = { 0 };
	char name[IP_TEXT_MAX];

	notification_text(n, &text);
	core_log(core_of(p), LEVEL_INFO, "%%NOTIFICATION: %s neighbor %s %u/%u (%s) %zu bytes",
			received ? "received from" : "sent to", peer_name(p, name), n->code,
			n->subcode, sb_str(&text), n->data_len);
	sb_free(&text);
}

void fsm_notify(struct conn *conn, uint8_t code, uint8_t subcode, const void *data, size_t len)
{
	struct notification n = { code, subcode, data, len };

	if (!code || !conn->connected)
		return;
	conn_send_notification(conn, code, subcode, data, len);
	fsm_keep_error(conn->peer->session, false, code, subcode, data, len);
	fsm_log_notification(conn->peer, false, &n);
}

void fsm_drop(struct conn *conn, enum peer_down why, uint8_t code, uint8_t subcode,
		const void *data, size_t len)
{
	struct peer *p = conn->peer;
	bool was_up = p->session->up == conn;

	fsm_notify(conn, code, subcode, data, len);
	fsm_unlink_conn(conn);
	conn_close(conn);
	fsm_set_down(p, why);
	fsm_lost(p, was_up, why, false);
}

void fsm_drop_collided(struct conn *conn)
{
	/* Every pair of routers that starts together has one: no event for the log. */
	if (conn->state >= FSM_OPENSENT)
		conn_send_notification(conn, ERR_CEASE, CEASE_COLLISION, NULL, 0);
	fsm_unlink_conn(conn);
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
		fsm_unlink_conn(conn);
		conn->peer = NULL;
		fsm_set_down(p, error ? DOWN_SOCKET_ERROR : DOWN_CLOSED);
		fsm_lost(p, was_up, p->session->down, true);
	}
	conn_free(conn->core, conn);
}
