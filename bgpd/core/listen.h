/* Peers that are not configured one by one: `bgp listen range`. */
#ifndef WEFT_BGPD_CORE_LISTEN_H
#define WEFT_BGPD_CORE_LISTEN_H

#include "bgpd/core/peer.h"

/* What a dynamic peer with this address is to be; false: no range has it.  The
 * strings are the configuration's. */
bool listen_config_of(const struct instance_config *k, const struct ip_addr *a,
		struct peer_config *ret);
/* A new peer for whoever connects from this address, started; NULL if no range
 * has it, or the limit is reached. */
struct peer *listen_peer_new(struct bgp_core *c, const char *vrf, const struct ip_addr *remote);

#endif
