/* What overlayd has said about this machine: VRFs, interfaces, addresses,
 * routes to redistribute.  Kept whole, so that an instance that is configured
 * later starts with it. */
#ifndef WEFT_BGPD_CORE_LOCAL_H
#define WEFT_BGPD_CORE_LOCAL_H

#include "bgpd/core/instance.h"

struct iface_addr { /* FEED_ADDRESS */
	char vrf[16];
	uint32_t ifindex;
	struct ip_addr addr;
	uint8_t len;
	bool loopback, stale;
};

struct iface { /* FEED_INTERFACE */
	char vrf[16];
	uint32_t ifindex;
	char name[16];
	bool up, stale;
};

struct local_vrf { /* FEED_VRF */
	char name[16];
	uint32_t table, l3vni;
	struct ip_addr vtep;
	struct mac_addr rmac;
	bool up, stale;
};

struct kept_route { /* FEED_LOCAL_ROUTE, connected and static */
	char vrf[16];
	struct prefix prefix;
	uint8_t proto;
	bool stale;
	uint32_t metric, tag, ifindex;
	struct ip_addr gateway;
};

struct local {
	VEC(struct iface_addr) addresses;
	VEC(struct iface) ifaces;
	VEC(struct local_vrf) vrfs;
	struct htab vrf_names;	       /* of them, to place + 1 */
	VEC(struct kept_route) routes; /* sorted */
};

/* A message from overlayd, whichever module it is for. */
void local_feed(struct bgp_core *c, const struct feed_msg *m);
void local_feed_up(struct bgp_core *c);	 /* a snapshot begins: what it does not repeat goes at its END */
void local_feed_down(struct bgp_core *c);
void local_fini(struct local *l);

/* An instance that is being made learns of its VRF; once made, of its routes. */
void local_instance_new(struct bgp_instance *i);
void local_instance_replay(struct bgp_instance *i);
bool local_address_is_ours(const struct bgp_core *c, const char *vrf, const struct ip_addr *addr);
/* The index of an interface, 0 if there is none of this name. */
uint32_t local_ifindex(const struct bgp_core *c, const char *vrf, const char *name);
/* The VRF's L3VNI, 0 if it has none or isn't there. */
uint32_t local_vrf_l3vni(const struct bgp_core *c, const char *vrf);

#endif
