/* The configuration of overlayd as one value: what the box's VRFs, bridge
 * domains, interfaces, tunnels and static routes should be.  Built from the
 * YANG tree by overlayd/config_yang.c (or by a test), handed to the core
 * whole; plan.c turns it into wanted kernel objects.  Order of entries has no
 * meaning. */
#ifndef WEFT_OVERLAYD_CONFIG_H
#define WEFT_OVERLAYD_CONFIG_H

#include <linux/if.h>

#include "lib/base/addr.h"
#include "lib/base/err.h"
#include "lib/base/vec.h"

#define OVERLAY_VXLAN_PORT 4789 /* RFC 7348 section 8 */

/* An interface's address: host bits are kept. */
struct overlay_ifaddr {
	struct ip_addr addr;
	uint8_t len;
};

enum overlay_discard { OVERLAY_FORWARD, OVERLAY_BLACKHOLE, OVERLAY_REJECT };

struct overlay_static {
	struct prefix prefix;
	struct ip_addr gateway;		  /* family 0: none */
	char interface[IFNAMSIZ];	  /* "": none */
	char nexthop_vrf[IFNAMSIZ];	  /* "": the route's own */
	uint8_t discard;		  /* enum overlay_discard; then no gateway, no interface */
	uint8_t distance;		  /* at least 1 */
	uint32_t tag;
};

struct overlay_vrf {
	char name[IFNAMSIZ]; /* "default" for routes outside of all VRFs */
	uint32_t l3vni;	     /* 0: none */
	uint32_t table;	     /* 0: chosen by the core */
	bool resolve_via_default[2]; /* IPv4, IPv6 next hops, for BGP */
	VEC(struct overlay_static) routes;
};

struct overlay_gateway {
	struct overlay_ifaddr addr;
	struct mac_addr mac; /* zero: derived from the VNI */
};

struct overlay_name {
	char name[IFNAMSIZ];
};

struct overlay_bridge_domain {
	uint32_t id;
	uint32_t vni;	    /* 0: none, a local segment */
	char vrf[IFNAMSIZ]; /* "": default */
	uint32_t mtu;	    /* 0: the kernel's */
	bool arp_suppress;
	VEC(struct overlay_gateway) gateways;
	VEC(struct overlay_name) members;
};

struct overlay_tunnel {
	struct ip_addr source, destination; /* of one family */
	bool has_key;
	uint32_t key;
	uint8_t ttl; /* 0: inherited from the inner packet */
};

struct overlay_interface {
	char name[IFNAMSIZ];
	char vrf[IFNAMSIZ]; /* "": none named */
	bool is_tunnel;
	struct overlay_tunnel tunnel;
	uint32_t mtu; /* 0: as it is */
	bool shutdown;
	VEC(struct overlay_ifaddr) addrs;
};

struct overlay_config {
	struct ip_addr underlay_source; /* family 0: no VXLAN */
	uint16_t vxlan_port;
	bool ip_forwarding, ipv6_forwarding;
	VEC(struct overlay_vrf) vrfs;
	VEC(struct overlay_bridge_domain) bridge_domains;
	VEC(struct overlay_interface) interfaces;
};

/* An empty configuration with the defaults set. */
struct overlay_config *overlay_config_new(void);
void overlay_config_free(struct overlay_config *c);

/* Each VNI, table and interface has one place.  -EINVAL and a sentence if two
 * entries claim one: two segments would be joined in silence. */
int overlay_config_check(const struct overlay_config *c, struct err *e);

/* Finds, or appends, an entry; the pointer is valid until the next append. */
struct overlay_vrf *overlay_config_vrf(struct overlay_config *c, const char *name);
struct overlay_interface *overlay_config_interface(struct overlay_config *c, const char *name);

#endif
