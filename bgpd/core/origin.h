/* Local routes of an instance as overlayd reports them. */
#ifndef WEFT_BGPD_CORE_ORIGIN_H
#define WEFT_BGPD_CORE_ORIGIN_H

#include "bgpd/core/instance.h"

/* One prefix of one protocol. */
struct local_route {
	struct prefix prefix;
	uint8_t proto; /* enum feed_proto */
	bool stale;    /* kept from an earlier connection, not repeated yet */
	uint32_t metric, tag, ifindex;
	struct ip_addr gateway;
};

/* The route with this prefix, of the protocol that comes first in enum
 * feed_proto; NULL if there is none.  Valid until the next event. */
const struct local_route *origin_local_route(const struct origin *o, const struct prefix *p);

#endif
