/* An overlayd for the simulator: what it reports to its core, and what it was
 * told, each as plain lists. */
#ifndef WEFT_TESTS_SIM_OVERLAY_H
#define WEFT_TESTS_SIM_OVERLAY_H

#include "tests/sim/sim.h"

struct told { /* FEED_ROUTE, FEED_VTEP, FEED_REMOTE_MAC: by type, VRF or VNI, and address */
	struct feed_msg m;
	bool stale;
};

struct overlay {
	bool up;		      /* the feed is connected */
	bool end;		      /* END has come */
	VEC(struct feed_msg) reports; /* what it has: VRFs, VNIs, MACs, routes */
	VEC(struct told) told;
	VEC(struct feed_msg) watches; /* next hops asked for */
	VEC(struct ip_addr) lost;     /* next hops that can't be reached now */
	VEC(struct ip_addr) by_default; /* those that only the default route leads to */
	VEC(struct feed_msg) answers; /* to be said at the next overlays_step() */
};

#define OVERLAYS_MAX 8

/* To be sim.feed. */
void overlay_take(struct sim *s, int router, const uint8_t *frames, size_t len);
struct overlay *overlay_of(int router);
void overlays_reset(void);

/* Adds to what it has, or (add false) takes away; says so if the feed is up. */
void overlay_report(struct sim *s, int router, const struct feed_msg *m);
void overlay_up(struct sim *s, int router); /* snapshot, END */
void overlay_down(struct sim *s, int router);
/* A next hop is lost, or there again, or only by the default route. */
void overlay_nexthop(struct sim *s, int router, const struct ip_addr *a, bool lost, bool by_default);
/* Lets time pass, with what overlayds answer meanwhile. */
void overlays_run(struct sim *s, mono_t for_long);

/* What was told: NULL if nothing. */
const struct feed_msg *overlay_route(int router, const char *vrf, const char *prefix);
const struct feed_msg *overlay_mac(int router, uint32_t vni, const struct mac_addr *mac,
		const struct ip_addr *ip);
const struct feed_msg *overlay_vtep(int router, uint32_t vni, const struct ip_addr *vtep);
unsigned overlay_count(int router, uint8_t type);

#endif
