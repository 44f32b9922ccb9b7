/* Connections: between the door (bytes) and the state machine (messages).
 * Memory of a connection is bounded: at most one incomplete message is kept of
 * what came in; of what goes out, one OPEN, KEEPALIVE and NOTIFICATION, and
 * refreshes as flags.  UPDATEs are made as they are pulled. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/conn.h"
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/receive.h"
#include "lib/base/xalloc.h"

#define SLICE_BYTES (128 * 1024) /* of a DATA event, after which others are due */
#define LINGER MONO_SEC(10)	 /* that a closing connection may take to be pulled empty */

static void linger_over(struct core_timer *t, struct bgp_core *c)
{
	conn_free(c, (struct conn *)((char *)t - offsetof(struct conn, hold)));
}

struct conn *conn_new(struct bgp_core *c, struct peer *p, conn_id id)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->id = id;
	conn->core = c;
	conn->peer = p;
	conn->incoming = id != 0;
	conn->state = FSM_CONNECT;
	core_conn_add(c, conn);
	return conn;
}

void conn_free(struct bgp_core *c, struct conn *conn)
{
	assert(!conn->peer);
	core_timer_stop(c, &conn->hold);
	core_timer_stop(c, &conn->keepalive);
	core_timer_stop(c, &conn->open_delay);
	core_conn_remove(c, conn);
	free(conn->in);
	vec_free(&conn->out);
	free(conn);
}

void conn_close(struct conn *conn)
{
	struct bgp_core *c = conn->core;

	assert(!conn->closing);
	conn->closing = true;
	core_timer_stop(c, &conn->keepalive);
	core_timer_stop(c, &conn->open_delay);
	conn->hold.fire = linger_over;
	core_timer_start(c, &conn->hold, LINGER);
	conn->peer = NULL;
	free(conn->in);
	conn->in = NULL;
	core_effect(c, BGP_EFFECT_CLOSE, conn->id);
}

/* ---- in ---- */

static uint32_t max_message(const struct conn *conn)
{
	return conn->state == FSM_ESTABLISHED ? conn->peer->caps.max_message : MSG_MAX;
}

/* Makes room for the message whose first bytes are in conn->in. */
static void in_reserve(struct conn *conn, uint32_t room)
{
	if (room <= conn->in_room && conn->in)
		return;
	conn->in = xrealloc(conn->in, room);
	conn->in_room = room;
}

static void in_drop(struct conn *conn)
{
	free(conn->in);
	conn->in = NULL;
	conn->in_len = conn->in_room = 0;
}

/* A message is whole. */
static void take_message(struct conn *conn, uint8_t type, const uint8_t *msg, uint32_t len)
{
	struct peer *p = conn->peer;

	p->count.messages_in[0]++;
	p->count.messages_in[type]++;
	fsm_message(conn, type, msg + MSG_HEADER_SIZE, len - MSG_HEADER_SIZE);
}

/* Bytes that belong to the message that was begun in an earlier event. */
static size_t fill(struct conn *conn, const uint8_t *p, size_t len)
{
	struct msg_error e;
	uint32_t need = MSG_HEADER_SIZE, total;
	size_t n;
	uint8_t type;

	if (conn->in_len >= MSG_HEADER_SIZE)
		need = (uint32_t)conn->in[16] << 8 | conn->in[17];
	in_reserve(conn, need);
	n = need - conn->in_len;
	if (n > len)
		n = len;
	memcpy(conn->in + conn->in_len, p, n);
	conn->in_len += (uint32_t)n;
	switch (msg_header_decode(conn->in, conn->in_len, max_message(conn), &type, &total, &e)) {
	case 0:
		break;
	case 1: {
		uint8_t *msg = conn->in;

		/* Handling it may close the connection, which drops the buffer. */
		conn->in = NULL;
		conn->in_len = conn->in_room = 0;
		take_message(conn, type, msg, total);
		free(msg);
		break;
	}
	default:
		fsm_error(conn, &e);
		break;
	}
	return n;
}

/* One message in place, or the beginning of one. */
static size_t take(struct conn *conn, const uint8_t *p, size_t len)
{
	struct msg_error e;
	uint32_t total;
	uint8_t type;

	switch (msg_header_decode(p, len, max_message(conn), &type, &total, &e)) {
	case 0:
		in_reserve(conn, (uint32_t)(len > MSG_HEADER_SIZE ? len : MSG_HEADER_SIZE));
		memcpy(conn->in, p, len);
		conn->in_len = (uint32_t)len;
		return len;
	case 1:
		take_message(conn, type, p, total);
		return total;
	default:
		fsm_error(conn, &e);
		return len;
	}
}

size_t conn_data(struct bgp_core *c, struct conn *conn, const uint8_t *p, size_t len)
{
	struct door *d = core_door(c);
	size_t taken = 0;

	conn->last_read = c->now;
	d->data_enough = false;
	while (taken < len && !conn->closing) {
		if (taken >= SLICE_BYTES || d->data_enough)
			return taken;
		if (conn->in)
			taken += fill(conn, p + taken, len - taken);
		else
			taken += take(conn, p + taken, len - taken);
	}
	if (conn->closing)
		in_drop(conn);
	return len;
}

/* ---- out ---- */

void conn_want_write(struct conn *conn)
{
	if (conn->want_write || !conn->connected)
		return;
	conn->want_write = true;
	conn->write_since = conn->core->now;
	core_effect(conn->core, BGP_EFFECT_WANT_WRITE, conn->id);
}

static struct wr out_begin(struct conn *conn, size_t room)
{
	vec_reserve(&conn->out, room);
	return wr_init(conn->out.v + conn->out.n, room);
}

static void out_end(struct conn *conn, const struct wr *w, enum msg_type type)
{
	assert(!w->failed);
	conn->out.n += wr_len(w);
	conn->out_messages++;
	if (conn->peer) {
		conn->peer->count.messages_out[0]++;
		conn->peer->count.messages_out[type]++;
	}
	conn_want_write(conn);
}

void conn_send_open(struct conn *conn, const struct open_msg *o, bool with_caps)
{
	struct wr w = out_begin(conn, MSG_MAX);

	open_encode(&w, o, with_caps);
	out_end(conn, &w, MSG_OPEN);
}

void conn_send_keepalive(struct conn *conn)
{
	struct wr w;

	if (conn->keepalive_queued)
		return;
	conn->keepalive_queued = true;
	w = out_begin(conn, MSG_HEADER_SIZE);
	keepalive_encode(&w);
	out_end(conn, &w, MSG_KEEPALIVE);
}

void conn_send_notification(struct conn *conn, uint8_t code, uint8_t subcode, const void *data,
		size_t len)
{
	struct wr w;

	if (len > MSG_MAX - MSG_HEADER_SIZE - 2)
		len = MSG_MAX - MSG_HEADER_SIZE - 2;
	w = out_begin(conn, MSG_HEADER_SIZE + 2 + len);
	notification_encode(&w, code, subcode, data, len);
	out_end(conn, &w, MSG_NOTIFICATION);
}

void conn_send_refresh(struct conn *conn, enum family f)
{
	conn->refresh[f] = true;
	conn->refresh_any = true;
	conn_want_write(conn);
}

static size_t pull_control(struct conn *conn, uint8_t *buf, size_t size)
{
	size_t n = conn->out.n - conn->out_at;

	if (n > size)
		n = size;
	if (!n)
		return 0;
	memcpy(buf, conn->out.v + conn->out_at, n);
	conn->out_at += n;
	if (conn->out_at == conn->out.n) {
		/* Nothing waits most of the time: hold no memory for it. */
		vec_free(&conn->out);
		conn->out_at = 0;
		conn->out_messages = 0;
		conn->keepalive_queued = false;
	}
	return n;
}

static size_t pull_refresh(struct conn *conn, uint8_t *buf, size_t size)
{
	struct wr w = wr_init(buf, size);

	conn->refresh_any = false;
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!conn->refresh[f])
			continue;
		if (wr_left(&w) < MSG_HEADER_SIZE + 4) {
			conn->refresh_any = true;
			break;
		}
		conn->refresh[f] = false;
		refresh_encode(&w, (enum family)f, REFRESH_REQUEST);
		conn->peer->count.messages_out[0]++;
		conn->peer->count.messages_out[MSG_REFRESH]++;
	}
	return wr_len(&w);
}

size_t conn_pull(struct bgp_core *c, struct conn *conn, uint8_t *buf, size_t size)
{
	size_t n = pull_control(conn, buf, size);

	/* UPDATEs wait for room of their own: a message is not cut. */
	if (!n && !conn->closing && conn->refresh_any)
		n = pull_refresh(conn, buf, size);
	if (!n && !conn->closing && conn->state == FSM_ESTABLISHED)
		n = out_group_pull(conn->peer, buf, size);
	if (n) {
		conn->last_write = conn->write_since = c->now;
		return n;
	}
	conn->want_write = false;
	if (conn->closing)
		conn_free(c, conn);
	return 0;
}
