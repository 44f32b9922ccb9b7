/* Next hops of an instance, and what overlayd says of them. */
#ifndef WEFT_BGPD_CORE_NEXTHOP_H
#define WEFT_BGPD_CORE_NEXTHOP_H

#include "bgpd/core/instance.h"

struct nexthop {
	struct ip_addr addr;
	bool known;	 /* overlayd has answered */
	bool resolved, connected, by_default;
	bool own;	 /* an address of this machine: routes via ourselves go nowhere */
	uint32_t metric, ifindex;
	/* private */
	bool changed, walking;
};

/* The i-th next hop of an instance in no particular order; NULL past the last.
 * Valid until the next event. */
const struct nexthop *nexthops_at(const struct nexthops *n, size_t i);
/* The one with this address, NULL if there is none. */
const struct nexthop *nexthops_find(const struct nexthops *n, const struct ip_addr *a);

/* Every next hop asked about was answered, and the answers are in the tables. */
bool nexthops_settled(const struct nexthops *n);

/* Our addresses in this instance's VRF have changed. */
void nexthops_own_changed(struct nexthops *n);

#endif
