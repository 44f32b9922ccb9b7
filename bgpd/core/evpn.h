/* EVPN's L2VNIs as shows see them. */
#ifndef WEFT_BGPD_CORE_EVPN_H
#define WEFT_BGPD_CORE_EVPN_H

#include "bgpd/core/instance.h"

struct evpn_vni {
	uint32_t vni;
	char vrf[FEED_NAME_MAX];  /* of its gateway; "" if none */
	struct ip_addr vtep, mcast;
	bool up;
	/* as in use */
	bool advertised;	  /* advertise-all-vni, and there is a VTEP address */
	bool rt_import_auto;
	struct rd_value rd;
	struct rt_list rt_import, rt_export;
	uint32_t l3vni;		  /* of its VRF; 0: none */
	uint32_t n_local;	  /* local MACs and MAC/IPs */
	uint32_t n_remote;	  /* remote ones installed */
	uint32_t n_vteps;
	/* private */
	uint16_t rd_number;
	uint32_t locals;	  /* list of struct evpn_local */
	bool stale, advertise_default_gw, advertise_svi_ip, flooding;
	struct mac_addr rmac;
	struct rt_list l3_rt_export;
};

/* In order of VNI; NULL past the last.  Valid until the next event. */
const struct evpn_vni *evpn_vni_at(const struct evpn *e, size_t i);
const struct evpn_vni *evpn_vni_find(const struct evpn *e, uint32_t vni);

/* MAC mobility of attributes (RFC 7432 section 7.7): sequence and sticky bit;
 * zero and false if the community is absent. */
uint32_t evpn_mobility(const struct attrs *a, bool *ret_sticky);

#endif
