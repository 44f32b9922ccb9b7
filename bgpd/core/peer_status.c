/* Sessions in words and figures, for logs and `show bgp neighbors`. */
#include <stdio.h>

#include "bgpd/core/fsm.h"

static const char *const down_text[DOWN_COUNT] = {
	[DOWN_NONE] = "",
	[DOWN_ROUTER_ID] = "Router ID changed",
	[DOWN_REMOTE_AS] = "Remote AS changed",
	[DOWN_LOCAL_AS] = "Local AS change",
	[DOWN_CONFIG] = "Other configuration change",
	[DOWN_UPDATE_SOURCE] = "Update source change",
	[DOWN_FAMILY] = "Address family activated",
	[DOWN_RR_CLIENT] = "RR client config change",
	[DOWN_RS_CLIENT] = "RS client config change",
	[DOWN_CAPABILITY] = "Capability changed",
	[DOWN_MULTIHOP] = "Multihop config change",
	[DOWN_PASSWORD] = "Password config change",
	[DOWN_SHUTDOWN] = "Admin. shutdown",
	[DOWN_USER_RESET] = "User reset",
	[DOWN_NOTIFY_RECEIVED] = "BGP Notification received",
	[DOWN_NOTIFY_SENT] = "BGP Notification send",
	[DOWN_CLOSED] = "Peer closed the session",
	[DOWN_SOCKET_ERROR] = "Socket Error",
	[DOWN_DELETED] = "Neighbor deleted",
	[DOWN_NO_FAMILY] = "No AFI/SAFI activated for peer",
	[DOWN_MAX_PREFIX] = "Reached received prefix count",
	[DOWN_VRF] = "Waiting for VRF to be initialized",
	[DOWN_WAITING_OPEN] = "Waiting for peer OPEN",
	[DOWN_CONNECT_FAILED] = "No path to specified Neighbor",
	[DOWN_INTERFACE] = "Interface down",
};

const char *peer_down_text(enum peer_down d)
{
	return down_text[d];
}

const char *fsm_state_text(enum fsm_state s)
{
	static const char *const text[] = { "Idle", "Connect", "Active", "OpenSent", "OpenConfirm",
		"Established" };

	return text[s];
}

void session_error_text(uint8_t code, uint8_t subcode, char *buf, size_t size)
{
	const char *sub = notification_subcode_text(code, subcode);

	snprintf(buf, size, "%s%s%s", notification_code_text(code), *sub ? "/" : "", sub);
}

static uint32_t secs_left(const struct bgp_core *c, const struct core_timer *t)
{
	return (uint32_t)((core_timer_left(c, t) + 999999) / 1000000);
}

/* The connection to tell about: the established one, else the most advanced. */
static const struct conn *shown_conn(const struct session *s)
{
	const struct conn *best = s->up;

	for (const struct conn *conn = s->conns; !s->up && conn; conn = conn->next)
		if (!best || conn->state > best->state)
			best = conn;
	return best;
}

static void conn_status(const struct bgp_core *c, const struct conn *conn, struct peer_status *ret)
{
	ret->conn = conn->id;
	ret->local = conn->local;
	ret->remote = conn->remote;
	ret->local_port = conn->local_port;
	ret->remote_port = conn->remote_port;
	ret->incoming = conn->incoming;
	ret->last_read = conn->last_read;
	ret->last_write = conn->last_write;
	ret->last_update = conn->last_update;
	ret->keepalive_left = secs_left(c, &conn->keepalive);
	ret->out_queue = conn->out_messages;
	if (conn->state >= FSM_OPENCONFIRM) {
		mono_t due = conn->last_read + MONO_SEC(conn->hold_secs);

		ret->hold = conn->hold_secs;
		ret->keepalive = conn->keepalive_secs;
		/* The timer itself runs late: it looks at last_read when it fires. */
		ret->hold_left = due > c->now ? (uint32_t)((due - c->now) / 1000000) : 0;
	} else {
		ret->hold_left = secs_left(c, &conn->hold);
	}
}

const char *peer_hostname(const struct peer *p)
{
	const struct session *s = p->session;

	return s->received ? s->received->caps.hostname : "";
}

void peer_status_get(const struct peer *p, struct peer_status *ret)
{
	const struct bgp_core *c = p->instance->core;
	const struct session *s = p->session;
	const struct conn *conn = shown_conn(s);

	*ret = (struct peer_status){
		.state = p->state,
		.admin_shutdown = p->config.shutdown,
		.max_prefix_down = s->max_prefix_down,
		.last_down = s->down,
		.since = s->up ? s->last_established_at : s->last_down_at,
		.last_down_at = s->last_down_at,
		.reset_at = s->reset_at,
		.last_established_at = s->last_established_at,
		.hold_configured = peer_hold_configured(p),
		.keepalive_configured = peer_keepalive_configured(p),
		.connect_retry_left = secs_left(c, &s->retry),
		.start_left = secs_left(c, &s->start),
		.restart_left = secs_left(c, &s->restart),
		.sent = s->sent ? &s->sent->caps : NULL,
		.received = s->received ? &s->received->caps : NULL,
		.caps_known = p->state >= FSM_OPENCONFIRM,
	};
	ret->hold = ret->hold_configured;
	ret->keepalive = ret->keepalive_configured;
	for (int f = 0; f < FAM_COUNT; f++)
		ret->restarting |= s->stale_family[f] && !s->up;
	if (s->error)
		ret->error = *s->error;
	if (s->received) {
		memcpy(ret->hostname, s->received->caps.hostname, sizeof(ret->hostname));
		memcpy(ret->domain, s->received->caps.domain, sizeof(ret->domain));
	}
	if (conn)
		conn_status(c, conn, ret);
}
