/* Where a path came from: a peer, or one of our own makers of routes.  Paths
 * name it by a 16-bit number, so what decision and output ask of a peer lies
 * in one small array. */
#ifndef WEFT_BGPD_CORE_SOURCE_H
#define WEFT_BGPD_CORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/addr.h"

enum source_kind {
	SOURCE_FREE,	     /* number not in use */
	SOURCE_PEER,
	SOURCE_NETWORK,	     /* network statement */
	SOURCE_REDISTRIBUTE, /* connected, static, kernel: one source each */
	SOURCE_AGGREGATE,
	SOURCE_IMPORT,	     /* from another table by route target */
	SOURCE_EVPN_LOCAL,   /* local MACs, VNIs; VRF routes exported as type 5 or VPN */
};

struct route_source {
	enum source_kind kind;
	uint16_t instance;	/* index of the instance it belongs to */
	uint8_t proto;		/* enum feed_proto for SOURCE_REDISTRIBUTE */
	bool ibgp, rr_client;	/* of a peer; neither ibgp nor confed: eBGP */
	bool confed;		/* eBGP inside the confederation */
	uint32_t as;		/* the peer's */
	uint32_t router_id;	/* the peer's BGP identifier, host order; ours for local sources */
	struct ip_addr addr;	/* the peer's; the neighbour address tie-break */
	void *peer;		/* struct peer, for SOURCE_PEER */
};

#endif
