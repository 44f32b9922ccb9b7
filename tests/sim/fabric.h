/* Random EVPN fabrics: leafs with VRFs, VNIs and hosts, a reflector, and what
 * each leaf's overlayd must be told in the end. */
#ifndef WEFT_TESTS_SIM_FABRIC_H
#define WEFT_TESTS_SIM_FABRIC_H

#include "tests/sim/overlay.h"

#define FABRIC_VRFS 3
#define FABRIC_VNIS 4	/* VNI 100 + n; the first FABRIC_VRFS have a gateway in that VRF */
#define FABRIC_HOSTS 12

struct fabric_leaf {
	bool vrf[FABRIC_VRFS];	      /* with an L3VNI */
	bool configured[FABRIC_VRFS]; /* router bgp ... vrf; else the instance is automatic */
	bool vni[FABRIC_VNIS];
};

struct fabric {
	int n; /* leafs are routers 1 .. n; 0 is the reflector */
	struct fabric_leaf leaf[OVERLAYS_MAX];
	struct { /* hosts: where they are, 0: nowhere */
		int leaf, vni;
	} host[FABRIC_HOSTS];
};

void fabric_random(struct fabric *f, struct rng *rng);
struct bgp_config *fabric_config(const struct fabric *f, int router);

/* What a router's overlayd reports at the start; then, what changes. */
void fabric_report(struct sim *s, const struct fabric *f, int router);
void fabric_report_vrf(struct sim *s, int router, int vrf, bool there);
void fabric_report_host(struct sim *s, const struct fabric *f, int router, int host, bool there);

/* What overlayd has is what the fabric calls for; returns how much is wrong. */
unsigned fabric_verify(const struct fabric *f, int router);

#endif
