/* A neighbour: its configuration, its session (fsm.c), and what the rest of
 * the core asks of it. */
#ifndef WEFT_BGPD_CORE_PEER_H
#define WEFT_BGPD_CORE_PEER_H

#include "bgpd/core/instance.h"

enum fsm_state { FSM_IDLE, FSM_CONNECT, FSM_ACTIVE, FSM_OPENSENT, FSM_OPENCONFIRM, FSM_ESTABLISHED };

struct out_member;
struct adj_in;

struct peer_family {
	bool negotiated;	   /* both sides have it */
	bool add_path_rx, add_path_tx;
	bool refresh_pending;
	bool refreshing;	   /* between the peer's marks of an enhanced refresh */
	uint32_t received;	   /* paths of this peer in the table, accepted or not */
	uint32_t accepted;	   /* after policy */
	uint32_t advertised;	   /* routes it has been told */
	bool end_of_rib_received, end_of_rib_sent;
	struct policy_bound *in, *out; /* bound to core->policy; NULL: no filter */
	struct out_member *member; /* out_group.c's */
};

/* What the two OPENs agreed on; valid in OPENCONFIRM and ESTABLISHED. */
struct session_caps {
	bool as4, refresh, enhanced_refresh, extended_message, graceful_restart;
	bool extended_next_hop[FAM_COUNT]; /* IPv6 next hops for IPv4 NLRI, RFC 8950 */
	uint16_t hold, keepalive;	   /* seconds; 0: none */
	uint32_t max_message;		   /* 4096 or 65535 */
};

struct peer_counters {
	uint64_t messages_in[6], messages_out[6]; /* by message type; 0: total */
	uint64_t prefixes_withdrawn, treated_as_withdraw, attributes_discarded;
	uint32_t established, dropped;
};

struct peer {
	struct bgp_instance *instance;
	struct peer_config config;  /* its own copy; what it points to is core->config's */
	uint16_t source;	    /* number in core->sources */
	uint32_t local_as;	    /* as used in the OPEN */
	uint32_t remote_as;	    /* as configured, or learned with external */
	bool ibgp, confed;
	enum fsm_state state;
	struct session_caps caps;
	uint32_t remote_id;	    /* BGP identifier, host order */
	struct ip_addr local_addr;  /* of the connection */
	struct ip_addr local_addr4; /* IPv4 address of that interface if known; for next hops */
	struct ip_addr local_addr6; /* global IPv6 address of that interface if known; for next hops */
	struct ip_addr local_link_local6; /* likewise its link-local address */
	bool on_link;		    /* its address is on a connected subnet */
	struct peer_family family[FAM_COUNT];
	struct peer_counters count;
	bool removed;		    /* de-configured; freed when its paths are gone */
	struct adj_in *adj_in;	    /* adj_in.c's own */
	struct session *session;    /* fsm.c's own: connections, timers, buffers, last error */
	struct peer_block *block;   /* that it was cut from, or NULL */
};

static inline bool peer_established(const struct peer *p)
{
	return p->state == FSM_ESTABLISHED;
}

/* Between the two calls up to n peers are made: thousands are cut from one piece of memory. */
void peers_begin(struct bgp_instance *i, size_t n);
void peers_end(struct bgp_instance *i);
/* Joins the instance's peers; idle until fsm_start(). */
struct peer *peer_new(struct bgp_instance *i, const struct peer_config *k);
/* De-configured: ends the session; frees itself when its paths are gone. */
void peer_remove(struct peer *p);
void peer_free(struct peer *p);
/* Takes a new configuration; what it costs the session is the caller's. */
void peer_configure(struct peer *p, const struct peer_config *k);
/* Binds its filters to core->policy; sets ret_in/ret_out[f] (may be NULL)
 * where the outcome may differ from before. */
void peer_bind(struct peer *p, bool ret_in[FAM_COUNT], bool ret_out[FAM_COUNT]);

/* Says that out_group_pull() will have bytes: the door asks for a write. */
void peer_want_write(struct peer *p);
/* Ends the session with a NOTIFICATION (RFC 4271 section 4.5). */
void peer_notify(struct peer *p, uint8_t code, uint8_t subcode, const void *data, size_t len);

#endif
