/* The BGP core's face: events in, effects out, bytes pulled.  No socket, no
 * clock, no global: what it knows of the world came in through here, so the
 * same inputs give the same outputs, and a recorder, a replayer, a simulator
 * and a preview are loops around these functions.
 *
 * Every call does a bounded amount of work.  When there is more to do than
 * that, bgp_core_deadline() is in the past: call with BGP_EVENT_TICK again. */
#ifndef WEFT_BGPD_CORE_CORE_H
#define WEFT_BGPD_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd/core/config.h"
#include "lib/base/err.h"
#include "lib/base/feed.h"
#include "lib/base/mono.h"
#include "lib/base/strbuf.h"

struct bgp_core;
typedef uint32_t conn_id; /* one TCP connection; chosen by the shell, never 0, not reused soon */

enum bgp_event_type {
	BGP_EVENT_TICK,		/* time has passed */
	BGP_EVENT_CONFIG,	/* a new configuration (the core takes its own reference) */
	BGP_EVENT_ACCEPTED,	/* an incoming connection */
	BGP_EVENT_CONNECTED,	/* one that we asked for is open */
	BGP_EVENT_CONNECT_FAILED,
	BGP_EVENT_DATA,		/* bytes from a connection, any number of messages or parts: see bgp_core_input */
	BGP_EVENT_CLOSED,	/* the other side closed, or an error */
	BGP_EVENT_FEED,		/* one message from overlayd */
	BGP_EVENT_FEED_UP,	/* a feed connection: send the snapshot */
	BGP_EVENT_FEED_DOWN,
	BGP_EVENT_CLEAR,	/* clear bgp ... */
	BGP_EVENT_SHUTDOWN,	/* tell all peers (Cease/Administrative Shutdown), then finish */
};

struct bgp_clear {
	char vrf[16];
	bool all;		/* all peers; else: */
	struct ip_addr peer;	/* or */
	uint32_t as;		/* if not 0 */
	enum family family;	/* FAM_NONE: all */
	bool soft_in, soft_out;	/* neither: reset the session */
};

struct bgp_event {
	enum bgp_event_type type;
	conn_id conn;
	union {
		struct bgp_config *config;
		struct {
			char vrf[16];
			struct ip_addr local, remote;
			uint16_t local_port, remote_port;
			char interface[16]; /* of a link-local peer; "" else */
			/* Of the interface that local is on, family 0 if unknown: for next hops. */
			struct ip_addr local4, local_global6, local_link_local6;
			bool on_link;	    /* remote is on a subnet of that interface */
		} accepted; /* also CONNECTED */
		struct {
			const uint8_t *bytes;
			size_t len;
		} data;
		int error; /* errno of CONNECT_FAILED, CLOSED; 0: orderly */
		const struct feed_msg *feed;
		struct bgp_clear clear;
	};
};

enum bgp_effect_type {
	BGP_EFFECT_CONNECT,	/* open a connection; answer CONNECTED or CONNECT_FAILED */
	BGP_EFFECT_CLOSE,	/* pull until 0, write that, close; no CLOSED is expected, or does harm */
	BGP_EFFECT_WANT_WRITE,	/* bgp_core_pull() has bytes for this connection */
	BGP_EFFECT_WANT_FEED,	/* bgp_core_pull_feed() has bytes */
	BGP_EFFECT_PASSWORDS,	/* the set of peers with options that listeners need has changed */
	BGP_EFFECT_LOG,		/* a line for the log, FRR's words where FRR has them */
	BGP_EFFECT_FINISHED,	/* after BGP_EVENT_SHUTDOWN */
};

struct bgp_effect {
	enum bgp_effect_type type;
	conn_id conn;
	union {
		struct { /* CONNECT: conn is the core's choice of a number with bit 31 set */
			char vrf[16];
			struct ip_addr remote, source; /* source family 0: any */
			uint16_t port;
			char interface[16];	       /* update-source NAME or scope */
			uint8_t ttl, min_ttl;	       /* min_ttl: GTSM, 0 off */
			const char *password;	       /* NULL: none; valid until the next call */
		} connect;
		struct {
			int level;		       /* syslog's */
			char text[240];
		} log;
	};
};

struct bgp_core_options {
	uint64_t seed;		/* for hashing and jitter */
	bool no_overlay;	/* runs without overlayd: every next hop counts as reachable */
	uint32_t router_id;	/* used where none is configured and none is learned */
	int64_t wall_offset;	/* microseconds to add to mono_t for wall clock time in shows */
};

struct bgp_core *bgp_core_new(const struct bgp_core_options *o, mono_t now);
void bgp_core_free(struct bgp_core *core);

/* Returns how many bytes of a BGP_EVENT_DATA were taken; 0 for other events.
 * All of them is usual, and a message that is not complete yet is then copied,
 * so the caller's buffer is free again.  Fewer means that the slice is over:
 * the caller keeps the rest, reads no more from that connection (the peer's TCP
 * window closes: back-pressure), and offers the rest again, with nothing
 * added or not, after its next BGP_EVENT_TICK; the deadline says when. */
size_t bgp_core_input(struct bgp_core *core, mono_t now, const struct bgp_event *ev);
/* The next effect, false if there is none. */
bool bgp_core_next_effect(struct bgp_core *core, struct bgp_effect *ret);
/* Bytes for a connection: whole messages, as many as fit (size >= 65535 holds
 * any).  0: nothing now, WANT_WRITE will come again. */
size_t bgp_core_pull(struct bgp_core *core, mono_t now, conn_id conn, uint8_t *buf, size_t size);
/* Bytes for the feed: whole frames. */
size_t bgp_core_pull_feed(struct bgp_core *core, mono_t now, uint8_t *buf, size_t size);
/* When to call with BGP_EVENT_TICK at the latest; MONO_NEVER: no need. */
mono_t bgp_core_deadline(const struct bgp_core *core);

/* Can this configuration be run, and what would it cost?  One line of text to
 * costs for each peer that it would cost something, "" if none; costs may be NULL.
 * -EINVAL and a sentence if it can't be run.  What is compiled for that stays with
 * the configuration. */
int bgp_core_check(const struct bgp_core *core, struct bgp_config *c, struct strbuf *costs,
		struct err *e);

#endif
