/* Routes between tables by route target: what a path in a VRF's table that was
 * imported is a copy of. */
#ifndef WEFT_BGPD_CORE_VRF_H
#define WEFT_BGPD_CORE_VRF_H

#include "bgpd/core/instance.h"

struct vrf_origin {
	const struct bgp_instance *instance; /* whose table the original is in */
	const struct bgp_instance *vrf;	     /* which of our VRFs originated it; NULL: a peer did */
	enum family family;		     /* FAM_*_VPN, FAM_EVPN, or unicast (import vrf) */
	uint32_t dest;			     /* in that table */
	uint16_t source;		     /* of the original path */
};

/* False if the path of a unicast table of i, from source_import, is gone. */
bool vrf_path_origin(const struct bgp_instance *i, uint32_t path_id, struct vrf_origin *ret);

/* Extended community of a route target or of EVPN in attributes: the first with
 * this type and sub-type; NULL if there is none. */
const uint8_t *ext_community_find(struct attr_span s, uint8_t type, uint8_t sub_type);
/* Route target of two-octet AS type; the AS' lower 16 bits, as everyone does for
 * automatic targets (RFC 8365 section 5.1.2.1). */
uint64_t route_target_auto(uint32_t as, uint32_t vni);
/* Automatic RD "router-id:n" (RFC 7432 section 7.9). */
struct rd_value rd_auto(uint32_t router_id, uint16_t n);

#endif
