/* Sessions as others see them: what the shell's connections need of a peer,
 * and what `show bgp neighbors` tells.  Read-only; the machine itself is in
 * fsm.c, its connections in conn.c. */
#ifndef WEFT_BGPD_CORE_SESSION_H
#define WEFT_BGPD_CORE_SESSION_H

#include "bgpd/core/peer.h"

/* Why a session is, or was last, down.  peer_down_text() has FRR's words. */
enum peer_down {
	DOWN_NONE,
	DOWN_ROUTER_ID,		/* our router id changed */
	DOWN_REMOTE_AS,
	DOWN_LOCAL_AS,
	DOWN_CONFIG,		/* any other change that needs a new session */
	DOWN_UPDATE_SOURCE,
	DOWN_FAMILY,		/* a family was activated or deactivated */
	DOWN_RR_CLIENT,
	DOWN_RS_CLIENT,
	DOWN_CAPABILITY,
	DOWN_MULTIHOP,
	DOWN_PASSWORD,
	DOWN_SHUTDOWN,		/* neighbor ... shutdown */
	DOWN_USER_RESET,	/* clear bgp */
	DOWN_NOTIFY_RECEIVED,
	DOWN_NOTIFY_SENT,
	DOWN_CLOSED,		/* the peer closed the connection */
	DOWN_SOCKET_ERROR,
	DOWN_DELETED,
	DOWN_NO_FAMILY,		/* no family is activated */
	DOWN_MAX_PREFIX,
	DOWN_VRF,		/* its VRF is not there */
	DOWN_WAITING_OPEN,	/* connected, no OPEN yet */
	DOWN_CONNECT_FAILED,
	DOWN_INTERFACE,
	DOWN_COUNT,
};
const char *peer_down_text(enum peer_down d);

#define SESSION_DATA_MAX 256 /* bytes of a NOTIFICATION's data that are kept */

/* The last NOTIFICATION of a session. */
struct session_error {
	uint8_t code, subcode;	/* code 0: there was none, in a peer_status */
	bool received;		/* else sent by us */
	bool hard;		/* a hard reset (RFC 8538) */
	uint16_t len;
	uint8_t data[SESSION_DATA_MAX];
	char message[130];	/* shutdown communication (RFC 9003), "" if none */
};
/* "Cease/Administrative Reset", "Hold Timer Expired": as FRR words them. */
void session_error_text(uint8_t code, uint8_t subcode, char *buf, size_t size);

struct peer_status {
	enum fsm_state state;
	bool admin_shutdown, max_prefix_down;
	enum peer_down last_down;	/* also the reason why it is down now */
	mono_t since;			/* established since, or down since; 0: never was up */
	mono_t last_down_at, last_established_at; /* 0: never */
	mono_t reset_at; /* when the reason of down was kept */
	mono_t last_read, last_write, last_update; /* 0: never */
	struct session_error error;
	struct ip_addr local, remote;	/* of the connection; family 0: none */
	uint16_t local_port, remote_port;
	bool incoming;			/* the connection was opened by the peer */
	conn_id conn;			/* 0: none */
	/* seconds; 0: not running */
	uint32_t hold_left, keepalive_left, connect_retry_left, start_left, restart_left;
	uint16_t hold, keepalive;	/* in use, or as configured while down */
	uint16_t hold_configured, keepalive_configured;
	bool caps_known;		/* an OPEN was received in this session */
	const struct capabilities *sent, *received; /* valid until the next call; NULL: none */
	char hostname[65], domain[65];	/* the peer's (FQDN capability), "" if unknown */
	uint32_t out_queue;		/* control messages waiting */
	bool restarting;		/* we keep its routes as its graceful-restart helper */
};
void peer_status_get(const struct peer *p, struct peer_status *ret);

/* "10.0.0.1" or "eth0": how the configuration names it.  At least IP_TEXT_MAX bytes. */
const char *peer_name(const struct peer *p, char *buf);
const char *peer_hostname(const struct peer *p); /* as the peer gave it; "" if unknown */
const char *fsm_state_text(enum fsm_state s); /* "Idle", ... "Established" */

/* The peer with this address in a VRF; interface only matters for link-local
 * addresses and peers configured by interface.  NULL: none. */
struct peer *core_peer_find(const struct bgp_core *c, const char *vrf, const struct ip_addr *remote,
		const char *interface);
struct peer *instance_peer_find(const struct bgp_instance *i, const struct ip_addr *remote,
		const char *interface);

/* TTL to send with, and the least to accept (RFC 5082; 0: any), for both
 * directions of connections. */
void peer_ttl(const struct peer *p, uint8_t *ret_ttl, uint8_t *ret_min_ttl);

#endif
