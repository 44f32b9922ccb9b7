/* Between the show_*.c files: one answer in the making. */
#ifndef WEFT_OVERLAYD_SHOW_INT_H
#define WEFT_OVERLAYD_SHOW_INT_H

#include "lib/base/jsonw.h"
#include "lib/base/ordered.h"
#include "overlayd/core/state.h"
#include "overlayd/show.h"

struct vni_counts;

struct show {
	struct overlay_core *c;
	struct strbuf *out;
	struct jsonw j;
	bool json;
	/* Writes one more item; false after the last. */
	bool (*step)(struct show *s);
	bool wait;	 /* set by a step that wants others to have their turn */
	unsigned phase;
	uint32_t cursor; /* last object that was written */
	uint32_t entry;	 /* last entry of the object that the cursor is on */
	uint32_t count;
	uint32_t open;	 /* nesting that a step left for the next */
	/* What was asked for. */
	uint32_t vrf;	 /* 0: all */
	uint32_t vni;	 /* 0: all */
	uint8_t family;
	uint8_t proto;	 /* 0: all */
	bool detail, longer, has_vtep, has_mac;
	struct prefix prefix; /* family 0: all */
	struct ip_addr address;
	struct mac_addr mac;
	char name[FEED_NAME_MAX];
	VEC(uint32_t) ids; /* in the order to be shown */
	struct vni_counts *vni_counts; /* show_evpn.c's */
	uint32_t n_vni_counts;
	struct ordered *walk; /* or, of a whole table, what gives them one by one */
	unsigned *counts;
};

/* Rows of the table of commands, in show.c. */
void show_drift(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_status(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_vrf(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_vrf_vni(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_interface(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_interface_brief(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_bridge_domain(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_route(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_route_summary(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_nht(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_nexthop_group(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_evpn(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_evpn_vni(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_evpn_mac(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_evpn_arp(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_evpn_rmac(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
void show_evpn_next_hops(struct show *s, const struct grammar_match *m, struct ctl_answer *a);

/* Routes of the family, VRF and prefix that s names, in the order of VRF and
 * prefix; to be given to ordered_next() with s.  In show_route_order.c. */
struct ordered *show_route_walk(const struct show *s);
/* Can it have a route of the protocol that s names?  In show_route.c. */
bool show_route_may_have(const struct show *s, const struct route *r);

/* "% sentence" and a status. */
void show_fail(struct ctl_answer *a, int error, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
/* Takes vrf $vrf ("all", or none: default) from the command; false, with an
 * answer, if there is no such VRF. */
bool show_vrf_arg(struct show *s, const struct grammar_match *m, struct ctl_answer *a);
const char *show_link_name(const struct overlay_core *c, uint32_t ifindex);
/* The id after the cursor of an entry in use, or 0. */
uint32_t show_next_live(const struct slab *slab, uint32_t cursor);

#endif
