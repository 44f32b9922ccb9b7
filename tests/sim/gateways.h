/* A network for the tests of overlays, each router with an overlayd of the
 * simulator's:
 *
 *	gateways 0, 1, 2: AS 65000, EVPN and VPNv4 in full mesh; VRFs prod (L3VNI
 *	4000, VNI 10010) and dev (L3VNI 4001, VNI 10020); gateway 0 has in prod a
 *	session to router 3, which is outside: AS 64999 */
#ifndef WEFT_TESTS_SIM_GATEWAYS_H
#define WEFT_TESTS_SIM_GATEWAYS_H

#include "tests/sim/overlay.h"

#define GATEWAYS 3
#define OUTSIDE 3
#define CALM MONO_SEC(60)

extern struct sim s;

void gateways_begin(uint64_t seed); /* all up and settled */
void gateways_end(void);
struct bgp_config *gateway_config(int router); /* instances: default, dev, prod */
struct bgp_config *outside_config(unsigned n_networks); /* 203.0.113.0/28, .16/28, ... */

struct mac_addr rmac_of(int router);
struct mac_addr mac_n(unsigned n);
struct ip_addr host_n(unsigned n); /* 10.1.10.n */

/* What a gateway has, or (add false) has no longer. */
struct feed_msg report_msg(uint8_t type, const char *vrf, bool add);
void report_vrf(int router, const char *vrf, uint32_t table, uint32_t l3vni, bool up);
void report_vni(int router, uint32_t vni, const char *vrf, bool add);
void report_route(int router, const char *vrf, const char *prefix, bool add); /* connected */
void report_host(int router, uint32_t vni, unsigned n, uint8_t flags, bool add);

/* All gateways but home are told that host n is there; home < 0: none is told. */
void mac_is_at(unsigned n, uint32_t vni, int home);

#endif
