/* What evpn.c (VNIs and what is local), evpn_remote.c and evpn_saying.c share. */
#ifndef WEFT_BGPD_CORE_EVPN_PRIVATE_H
#define WEFT_BGPD_CORE_EVPN_PRIVATE_H

#include "bgpd/core/evpn.h"
#include "bgpd/core/vrf.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"

#define EVPN_RD_NUMBERS 65536 /* of the automatic RD; 0 is none */
#define EVPN_PMSI_INGRESS 6 /* tunnel type, RFC 6514 section 5 */

struct evpn_mac_name {
	uint32_t vni;
	struct mac_addr mac;
	struct ip_addr ip; /* family 0: the MAC alone */
};

/* A local MAC or MAC/IP, as overlayd reported it. */
struct evpn_local {
	struct evpn_mac_name name;
	uint8_t flags;	 /* FEED_MAC_* */
	uint32_t next, prev; /* of the same VNI */
	bool live, stale;
	bool yielded;	 /* a remote route with a better claim was there */
	uint32_t seq;
};

struct evpn_remote; /* evpn_remote.c */

struct evpn {
	struct bgp_core *core;
	VEC(struct evpn_vni *) vnis; /* sorted */
	uint64_t *rd_taken;	     /* a bit for each number; NULL before the first VNI */
	struct slab locals;
	struct htab by_name;	     /* locals */
	uint32_t homeless;	     /* list of locals whose VNI is not here (yet) */
	struct evpn_remote *remote;
	struct work config_work;
	bool config_due;	     /* a VRF has changed that VNIs may belong to */
	struct evpn_vni *last_vni;   /* found last; NULL: none */
};

struct rib *evpn_table(const struct evpn *e); /* NULL while there is none */
struct evpn_vni *evpn_vni_get(const struct evpn *e, uint32_t vni); /* NULL: not here */
uint32_t evpn_mac_hash(const struct evpn *e, const struct evpn_mac_name *n);
struct evpn_local *evpn_local_find(const struct evpn *e, const struct evpn_mac_name *n);
/* Announces, or withdraws if `yielded` or not wanted. */
void evpn_local_originate(struct evpn *e, struct evpn_local *l);

/* ---- evpn_saying.c ---- */

/* What overlayd is to know, or was told, about a MAC. */
struct evpn_told {
	uint32_t seq;
	struct ip_addr vtep;
	uint8_t flags; /* FEED_MAC_* */
	bool present;
};

struct evpn_rt_vni {
	uint64_t rt;
	uint32_t vni;
};

/* What a route's attributes say; of those asked for last. */
struct evpn_saying {
	VEC(struct evpn_rt_vni) index; /* VNIs by the route targets that they import; sorted */
	uint32_t attrs;		       /* with a reference; 0: none */
	bool vnis_known, told_known;
	VEC(uint32_t) vnis;	       /* that import such a route, in order */
	struct evpn_told told;	       /* present if there is a next hop */
};

/* VNIs or their route targets changed, and nothing is remembered. */
void evpn_saying_index(struct evpn_saying *s, const struct evpn *e);
void evpn_saying_vnis(struct evpn_saying *s, const struct evpn *e, uint32_t attrs); /* to s->vnis */
/* Valid until the next call. */
const struct evpn_told *evpn_saying_told(struct evpn_saying *s, const struct evpn *e,
		uint32_t attrs);
/* Gives the attributes back; to be called before an event is over. */
void evpn_saying_forget(struct evpn_saying *s, const struct evpn *e);
void evpn_saying_fini(struct evpn_saying *s);

/* ---- evpn_remote.c ---- */

struct evpn_remote *evpn_remote_new(struct evpn *e);
void evpn_remote_free(struct evpn_remote *r);
void evpn_remote_table_gone(struct evpn_remote *r);
void evpn_remote_config(struct evpn_remote *r); /* VNIs or their route targets changed */
/* Fills in what overlayd was told of a VNI that has just come (back). */
void evpn_remote_counts(const struct evpn_remote *r, struct evpn_vni *v);
/* A local MAC came or went: who is chosen may change. */
void evpn_remote_local_changed(struct evpn_remote *r, const struct evpn_mac_name *n);
/* Highest mobility sequence that others announce for this MAC, with or without
 * an IP, in this VNI; false if nobody does. */
bool evpn_remote_seq(struct evpn_remote *r, uint32_t vni, const struct mac_addr *mac,
		uint32_t *ret_seq);

#endif
