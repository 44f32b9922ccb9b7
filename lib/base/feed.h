/* The feed between bgpd and overlayd: its messages as plain values, and their
 * bytes.  One stream socket; each side sends a snapshot of what it has, END,
 * then changes.  A broken connection means a new snapshot on both sides; what
 * was not repeated when END arrives is swept by the receiver.
 *
 * Frame: u16 length of the rest, u8 type, u8 flags, body; network order.  A
 * receiver refuses a frame that is too short, too long or of an unknown type,
 * and closes the connection: both ends are of the same version (HELLO). */
#ifndef WEFT_BASE_FEED_H
#define WEFT_BASE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/addr.h"
#include "lib/base/rd.h"
#include "lib/base/wr.h"

#define FEED_VERSION 1
#define FEED_FRAME_MAX 4096 /* bytes, the largest frame with its length */
#define FEED_NAME_MAX 16    /* IFNAMSIZ, with the NUL */
#define FEED_NEXTHOPS_MAX 64

enum feed_type {
	FEED_HELLO = 1,	    /* both ways, first */
	FEED_END = 2,	    /* both ways: the snapshot is complete */
	/* overlayd to bgpd: what is local */
	FEED_VRF = 10,	    /* a VRF device */
	FEED_VNI = 11,	    /* an L2VNI */
	FEED_LOCAL_MAC = 12,/* a local MAC, or MAC and IP, in an L2VNI */
	FEED_LOCAL_ROUTE = 13, /* a connected, static or kernel route, to redistribute */
	FEED_INTERFACE = 14,
	FEED_ADDRESS = 15,  /* of an interface */
	FEED_NEXTHOP = 16,  /* the state of a watched next hop */
	FEED_ROUTE_STATUS = 17, /* what became of a route that bgpd sent */
	/* bgpd to overlayd: what was learned */
	FEED_ROUTE = 30,    /* an IP route of a VRF */
	FEED_VTEP = 31,	    /* a remote VTEP of an L2VNI, for flooding */
	FEED_REMOTE_MAC = 32, /* a remote MAC, or MAC and IP */
	FEED_NEXTHOP_WATCH = 33, /* please send FEED_NEXTHOP for this one */
	FEED_SUBSCRIBE = 34,	 /* please send kernel routes of this VRF */
};

/* In `proto` of local routes. */
enum feed_proto { FEED_CONNECTED = 1, FEED_STATIC = 2, FEED_KERNEL = 3 };

/* In `flags` of MAC messages. */
#define FEED_MAC_STICKY 0x01  /* never moves: a gateway's or a configured MAC (RFC 7432 15.2) */
#define FEED_MAC_GATEWAY 0x02 /* default gateway extended community (RFC 7432 10.1) */
#define FEED_MAC_ROUTER 0x04  /* ND router flag (RFC 9047) */

struct feed_nexthop {
	struct ip_addr addr;   /* gateway, or the remote VTEP when vni is set; family 0: on the link
				* ifindex, or blackhole if that is 0 */
	uint32_t ifindex;      /* 0: resolve addr */
	uint32_t vni;	       /* L3VNI to encapsulate in; 0: none */
	struct mac_addr rmac;  /* router's MAC of the remote VTEP, with vni */
	uint32_t weight;       /* relative, at least 1 */
	char vrf[FEED_NAME_MAX]; /* in which addr is resolved, if not the route's own; else "" */
};

struct feed_msg {
	uint8_t type; /* enum feed_type */
	bool add;     /* or changed; false: gone */
	char vrf[FEED_NAME_MAX]; /* "default" or a VRF's name, where the type has one */
	union {
		struct {
			uint32_t version;
			uint64_t boot_id; /* differs after each start of the sender */
		} hello;
		struct {
			uint32_t table;	      /* kernel table, host order as all numbers */
			uint32_t ifindex;
			uint32_t l3vni;	      /* 0: none */
			struct ip_addr vtep;  /* our address for this L3VNI */
			struct mac_addr rmac; /* our router's MAC */
			bool up;	      /* the L3VNI can carry traffic */
		} vrf_info;
		struct {
			uint32_t vni;
			struct ip_addr vtep;
			struct ip_addr mcast; /* flooding group; family 0: head-end replication */
			bool up;
		} vni;			      /* vrf: the one that its gateway is in */
		struct {
			uint32_t vni;
			struct mac_addr mac;
			struct ip_addr ip;    /* family 0: MAC only */
			uint8_t flags;	      /* FEED_MAC_* */
			uint32_t seq;	      /* mobility sequence (RFC 7432 7.7), REMOTE_MAC only */
			struct ip_addr vtep;  /* REMOTE_MAC only */
		} mac;
		struct {
			struct prefix prefix;
			uint8_t proto;	      /* enum feed_proto */
			uint32_t metric;
			uint32_t tag;
			struct ip_addr gateway; /* family 0: on link or blackhole */
			uint32_t ifindex;
		} local_route;
		struct {
			uint32_t ifindex;
			char name[FEED_NAME_MAX];
			uint32_t mtu;
			struct mac_addr mac;
			bool up;
		} interface;
		struct {
			uint32_t ifindex;
			struct ip_addr addr;
			uint8_t len;
		} address;
		struct {
			struct ip_addr addr;
			bool resolved;
			bool connected;	      /* on link: a single-hop session may use it */
			bool by_default;      /* only the default route leads there, and that is not
					       * to be used */
			uint32_t metric;      /* IGP cost */
			uint32_t ifindex;
		} nexthop;		      /* also NEXTHOP_WATCH: addr alone */
		struct {
			struct prefix prefix;
			uint8_t distance;     /* administrative distance: 20 eBGP, 200 iBGP */
			uint32_t metric;
			uint32_t tag;
			uint16_t n_nexthops;  /* 0 only when add is false */
			struct feed_nexthop nexthops[FEED_NEXTHOPS_MAX];
		} route;
		struct {
			struct prefix prefix;
			int32_t error;	      /* 0 installed, else an errno of the kernel's */
			char reason[64];      /* a sentence, "" if installed */
		} route_status;
		struct {
			uint32_t vni;
			struct ip_addr addr;
		} vtep;
		struct {
			uint8_t proto;	      /* FEED_KERNEL */
		} subscribe;
	};
};

/* Appends one frame; the writer fails (and holds no part of it) if it does
 * not fit.  Fields that the type does not have are not written. */
void feed_encode(struct wr *w, const struct feed_msg *m);

/* Takes one whole frame off the reader.  Returns 1 with *ret filled (but for
 * what its type does not have, and next hops beyond their number), 0 if the
 * frame is not complete yet (the reader is where it was), -EPROTO if the bytes
 * are no frame. */
int feed_decode(struct rd *r, struct feed_msg *ret);

const char *feed_type_text(uint8_t type); /* "route", ...; "?" if unknown */

#endif
