/* One TCP connection as the core sees it: bytes in, cut into messages; control
 * messages out, before the UPDATEs that out groups make. */
#ifndef WEFT_BGPD_CORE_CONN_H
#define WEFT_BGPD_CORE_CONN_H

#include "bgpd/core/msg.h"
#include "bgpd/core/peer.h"

struct conn {
	conn_id id;
	struct bgp_core *core;
	struct peer *peer;	/* NULL once it only waits to be pulled empty and closed */
	struct conn *next;	/* of the same peer */
	bool incoming;		/* the peer opened it */
	bool connected;		/* the TCP connection stands */
	bool closing;
	/* CONNECT: TCP being opened, or DelayOpen running; then as RFC 4271 has it. */
	enum fsm_state state;
	struct ip_addr local, remote, local4, local_global6, local_link_local6;
	uint16_t local_port, remote_port;
	bool on_link;
	struct core_timer hold, keepalive, open_delay;
	uint16_t hold_secs, keepalive_secs; /* as negotiated */
	struct open_msg open;	/* the peer's; from OPENCONFIRM on */

	uint8_t *in;		/* one message that is not complete yet; NULL: none */
	uint32_t in_len, in_room;

	VEC(uint8_t) out;	/* control messages; those before out_at have been pulled */
	size_t out_at;
	uint32_t out_messages;	/* in it */
	bool refresh[FAM_COUNT]; /* a ROUTE-REFRESH is to be sent */
	bool refresh_any;
	bool keepalive_queued;
	bool want_write;	/* WANT_WRITE is out */
	mono_t write_since;	/* of the last sign that the peer reads; while want_write */
	mono_t last_read, last_write, last_update;
};

/* id 0: one that we are about to open gets a number. */
struct conn *conn_new(struct bgp_core *c, struct peer *p, conn_id id);
void conn_free(struct bgp_core *c, struct conn *conn);

/* Bytes from it; returns how many were taken (see bgp_core_input). */
size_t conn_data(struct bgp_core *c, struct conn *conn, const uint8_t *p, size_t len);
/* Bytes for it.  A closing connection frees itself when it has no more. */
size_t conn_pull(struct bgp_core *c, struct conn *conn, uint8_t *buf, size_t size);

/* Control messages, queued: */
void conn_send_open(struct conn *conn, const struct open_msg *o, bool with_caps);
void conn_send_keepalive(struct conn *conn); /* at most one is waiting */
void conn_send_notification(struct conn *conn, uint8_t code, uint8_t subcode, const void *data,
		size_t len);
void conn_send_refresh(struct conn *conn, enum family f);
void conn_want_write(struct conn *conn);

/* No more of it: what is queued may still go out.  Detaches it from its peer;
 * it is freed when pulled empty, reported closed, or after a while. */
void conn_close(struct conn *conn);

#endif
