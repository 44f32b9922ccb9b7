/* The finite state machine of a neighbour (RFC 4271 section 8) and what it
 * keeps.  A neighbour may have several connections until one is established;
 * each has the states from OpenSent on, the neighbour those before. */
#ifndef WEFT_BGPD_CORE_FSM_H
#define WEFT_BGPD_CORE_FSM_H

#include "bgpd/core/conn.h"
#include "bgpd/core/session.h"
#include "bgpd/core/update.h"

struct session {
	struct peer *peer;
	struct conn *conns;	    /* all that are not closing */
	struct conn *up;	    /* the established one */
	struct core_timer start;    /* IdleHold: damps a peer that comes and goes */
	struct core_timer retry;    /* ConnectRetry */
	struct core_timer restart;  /* end of a max-prefix pause */
	struct core_timer stale;    /* graceful restart: give up waiting */
	bool started;		    /* wants to be up: not shut down, not paused */
	mono_t start_delay;	    /* of the next IdleHold */
	mono_t retry_delay;	    /* after a connection attempt that failed */
	bool no_options;	    /* the peer refused optional parameters */
	bool global_as;		    /* local-as dual-as: the peer refused the other one */
	bool max_prefix_down;
	bool stale_family[FAM_COUNT]; /* its routes are kept although it is, or was, away */
	unsigned purging;	    /* adj_in_purge calls not done yet */
	struct work reap;	    /* frees the peer */

	enum peer_down down;
	mono_t last_down_at, last_established_at;
	mono_t reset_at; /* of last_down, which may be of a session that never was up */
	struct session_error *error; /* the last one; NULL: there was none */
	struct open_msg *sent, *received; /* the last OPENs; NULL: none yet */
	struct session_view view;   /* for decoding UPDATEs; while established */
	bool max_prefix_warned[FAM_COUNT];
	mono_t discard_logged;	    /* when; 0: never */
	mono_t bad_update_at;	    /* when bad_update_lines was reckoned; 0: never */
	unsigned bad_update_lines;  /* logged lately, about UPDATEs with errors */
	unsigned bad_update_unsaid;
};

/* Starts trying, unless something forbids it. */
void fsm_start(struct peer *p);
void fsm_start_later(struct peer *p); /* the same, after the start delay */
/* Ends what there is, with a Cease of this subcode where a connection stands
 * (0: without a word), and does not start again. */
void fsm_stop(struct peer *p, enum peer_down why, uint8_t cease, const void *data, size_t len);
/* The same, then starts again. */
void fsm_reset(struct peer *p, enum peer_down why, uint8_t cease);
/* Something in the world changed that may let it connect: does not wait. */
void fsm_hurry(struct peer *p);
void fsm_shutdown_all(struct bgp_core *c);

/* Events of connections. */
void fsm_accepted(struct bgp_core *c, const struct bgp_event *ev);
void fsm_connected(struct conn *conn, const struct bgp_event *ev);
void fsm_connect_failed(struct conn *conn, int error);
void fsm_closed(struct conn *conn, int error);
/* A whole message; the body is what follows its header. */
void fsm_message(struct conn *conn, uint8_t type, const uint8_t *body, size_t len);
/* The peer broke the protocol: NOTIFICATION, and the connection ends. */
void fsm_error(struct conn *conn, const struct msg_error *e);

/* Ends one connection, after a NOTIFICATION if code is not 0. */
void fsm_drop(struct conn *conn, enum peer_down why, uint8_t code, uint8_t subcode,
		const void *data, size_t len);

/* session_open.c: our OPEN, and what we make of the peer's. */
void open_build(const struct peer *p, struct open_msg *ret);
int open_check(const struct conn *conn, const struct open_msg *o, struct msg_error *e);
/* Fills p->caps and p->family[].negotiated and the like from both OPENs. */
void open_apply(struct peer *p, const struct conn *conn);
uint16_t open_hold_secs(const struct peer *p, const struct open_msg *o);
uint16_t open_keepalive_secs(const struct peer *p, uint16_t hold);
/* Timers as configured: the neighbour's, else the instance's. */
uint16_t peer_hold_configured(const struct peer *p);
uint16_t peer_keepalive_configured(const struct peer *p);

/* session_up.c: what being established brings and its end takes away. */
void session_up(struct peer *p, struct conn *conn);
void session_down(struct peer *p, enum peer_down why, bool graceful);
/* Routes kept of a session before are not waited for any longer. */
/* Frees a de-configured peer once nothing of it is left. */
void session_reap(struct peer *p);
void session_forget_stale(struct peer *p);
void session_end_of_rib(struct peer *p, enum family f);

#endif
