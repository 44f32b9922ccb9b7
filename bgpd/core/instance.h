/* What the core's modules share: the core, its instances (one per VRF), and
 * the calls by which one module hands over to the next.  Private to
 * bgpd/core and to the shell's read-only show functions. */
#ifndef WEFT_BGPD_CORE_INSTANCE_H
#define WEFT_BGPD_CORE_INSTANCE_H

#include "bgpd/core/core.h"
#include "bgpd/core/policy.h"
#include "bgpd/core/rib.h"
#include "lib/base/htab.h"
#include "lib/base/timers.h"
#include "lib/base/vec.h"
#include "lib/base/wr.h"

struct peer;
struct evpn;	   /* evpn.c: VNIs, local MACs; of the core */
struct vrf_link;   /* vrf.c: import and export of one instance */
struct nexthops;   /* nexthop.c: state of next hops of one instance */
struct out_groups; /* out_group.c: all groups of one table */
struct origin;	   /* origin.c: network statements, redistribution, aggregates of one instance */
struct feed_out;   /* feed_out.c: what overlayd is to know */
struct update;	   /* update.h */
struct update_field;
struct msg_error;

/* A deadline of a module's own: embedded in its object, started and stopped by
 * core_timer_start() and _stop(), fired once by the door.  All timers of
 * core->timers are such. */
struct core_timer {
	struct timer timer; /* first: core.c takes one for the other */
	void (*fire)(struct core_timer *t, struct bgp_core *c);
};

/* Deferred work: a slice of something long, run again and again by the door
 * between events until it returns false.  Fair between all that are queued. */
struct work {
	bool (*run)(struct work *w, struct bgp_core *c); /* true: there is more */
	struct work *next;
	bool queued;
};

struct feed_table;

struct bgp_instance {
	struct bgp_core *core;
	uint16_t index;			      /* in core->instances; 0 is the default */
	char name[16];
	const struct instance_config *config; /* points into core->config, or own_config */
	struct instance_config *own_config;   /* of an automatic instance; else NULL */
	uint32_t router_id, cluster_id;	      /* as in use */
	bool removed;			      /* being taken down */
	struct rib *rib[FAM_COUNT];	      /* VPN and EVPN in the default instance only */
	struct out_groups *out[FAM_COUNT];
	VEC(struct peer *) peers;
	struct peer_block *peer_block;	      /* peer.c's own: memory of peers that are being made */
	struct nexthops *nexthops;
	struct vrf_link *vrf;
	struct origin *origin;
	struct feed_table *feed[2];	      /* feed_out.c's own; NULL: that has none of it */
	uint16_t source_network, source_aggregate, source_evpn;
	uint16_t source_import[2];	      /* by what the original came from: eBGP or us, iBGP */
	uint16_t source_redistribute[4];      /* by enum feed_proto */
	/* from overlayd; table 0 if the VRF isn't there */
	uint32_t table, l3vni;
	struct ip_addr vtep;
	struct mac_addr rmac;
	bool l3vni_up;
	/* instance.c's own */
	bool router_id_automatic;
	struct core_timer update_delay;	      /* nothing is sent before it ends */
	struct work redecide;		      /* tables whose options changed */
	unsigned redecide_families;	      /* a bit each */
	unsigned retell_families;	      /* of them, those whose routes overlayd gets again */
	uint32_t redecide_at;
};

struct bgp_core {
	struct bgp_core_options options;
	mono_t now;			      /* of the event being handled */
	uint64_t seed;
	struct attrs_table *attrs;
	struct info_table *infos;
	struct rib_env rib_env;
	struct bgp_config *config;
	struct policy *policy;		      /* compiled from config->policy */
	VEC(struct bgp_instance *) instances; /* NULL where one was removed */
	struct htab instance_names;	      /* of them, to index + 1 */
	size_t instances_used;		      /* no smaller index but 0 is free */
	VEC(struct route_source *) sources;   /* by number; 0 is never used */
	size_t sources_used;		      /* no smaller number is free */
	uint64_t tables_made;
	struct timers timers;
	struct evpn *evpn;
	struct feed_out *feed_out;
	bool feed_up;
	void *door;			      /* core.c's own: connections, effects, work queue */
};

static inline uint32_t core_now_secs(const struct bgp_core *c)
{
	return (uint32_t)(c->now / 1000000);
}

struct bgp_instance *core_instance_find(const struct bgp_core *c, const char *vrf); /* NULL: none */
uint16_t core_source_new(struct bgp_core *c, enum source_kind kind, uint16_t instance);
void core_source_free(struct bgp_core *c, uint16_t number);
void core_log(struct bgp_core *c, int level, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

void core_timer_start(struct bgp_core *c, struct core_timer *t, mono_t after);
void core_timer_stop(struct bgp_core *c, struct core_timer *t);
mono_t core_timer_left(const struct bgp_core *c, const struct core_timer *t); /* 0: not running */
void core_work_add(struct bgp_core *c, struct work *w); /* nothing if queued already */
void core_work_remove(struct bgp_core *c, struct work *w);

/* ---- the modules, in the order in which a route passes them ---- */

/* adj_in.c: routes as a peer sent them, one field of a decoded UPDATE.  Loop
 * checks, policy in, into the table.  -EPROTO and *e if its NLRIs are malformed
 * (what came before them has been done). */
int adj_in_field(struct peer *p, struct update *u, struct update_field *field, struct msg_error *e);
/* Each session of a peer is an era; paths of an earlier one are stale.  A new
 * era makes all there are stale at once (graceful restart). */
void adj_in_mark_stale(struct peer *p, enum family f);
bool adj_in_is_stale(const struct peer *p, enum family f, const struct path *path);
/* The session is gone, or (stale_only) End-of-RIB after a restart: removes all
 * stale paths of this peer of one family (FAM_NONE: all) in slices; then calls
 * done, if not NULL, from the work queue, once for each time it was asked for.  Without stale_only all paths that are
 * there become stale first; what a new session brings meanwhile stays. */
void adj_in_purge(struct peer *p, enum family f, bool stale_only,
		void (*done)(struct peer *, enum family));
/* Applies the inbound policy again to all paths of the peer, in slices. */
void adj_in_refilter(struct peer *p, enum family f);
void adj_in_free(struct peer *p); /* with the peer: no path of it is left */

/* nexthop.c: see nexthop.h */
struct nexthops *nexthops_new(struct bgp_instance *i);
void nexthops_free(struct nexthops *n);
/* rib_env's question.  Asks overlayd about a next hop it hears of for the first time. */
bool nexthop_usable(const void *core, uint16_t instance, const struct route_source *src,
		uint32_t next_hop, uint32_t *ret_metric);
void nexthop_feed(struct bgp_instance *i, const struct feed_msg *m); /* FEED_NEXTHOP */

/* origin.c: network, redistribute, aggregate-address */
struct origin *origin_new(struct bgp_instance *i);
void origin_free(struct origin *o);
void origin_config(struct origin *o); /* i->config has changed */
void origin_feed(struct origin *o, const struct feed_msg *m); /* FEED_LOCAL_ROUTE */
/* The feed went down: what overlayd does not repeat before FEED_END is gone. */
void origin_feed_down(struct origin *o);
void origin_feed_end(struct origin *o);

/* vrf.c: between VRF tables, VPN and EVPN, by route target; see vrf.h */
struct vrf_link *vrf_link_new(struct bgp_instance *i);
void vrf_link_free(struct vrf_link *v);
void vrf_link_config(struct vrf_link *v); /* i->config, l3vni, rmac, vtep or router id changed */

/* evpn.c: see evpn.h */
struct evpn *evpn_new(struct bgp_core *c);
void evpn_free(struct evpn *e);
void evpn_config(struct evpn *e); /* the configuration, or the router id */
/* An L3VNI or a router's MAC: soon, as many may follow; at once if that is due. */
void evpn_config_later(struct evpn *e);
void evpn_config_due(struct evpn *e);
void evpn_table_gone(struct evpn *e); /* the default instance is being taken down */
void evpn_feed(struct evpn *e, const struct feed_msg *m); /* VNI, LOCAL_MAC */
/* The feed went down: what overlayd does not repeat before FEED_END is gone. */
void evpn_feed_down(struct evpn *e);
void evpn_feed_end(struct evpn *e);
/* Remote VTEPs and MACs for overlayd, made when asked for: whole frames, as
 * many as fit.  Reset starts again from everything. */
void evpn_feed_out_reset(struct evpn *e);
bool evpn_feed_out_pending(const struct evpn *e);
void evpn_feed_out_pull(struct evpn *e, struct wr *w);

/* feed_out.c: best routes of VRFs, then evpn.c's, and next-hop watches */
struct feed_out *feed_out_new(struct bgp_core *c);
void feed_out_free(struct feed_out *f);
void feed_out_reset(struct feed_out *f); /* a new connection: everything, END (HELLO is the connection's) */
void feed_out_instance(struct feed_out *f, struct bgp_instance *i); /* came, or (removed) is going */
void feed_out_watch(struct feed_out *f, const struct bgp_instance *i, const struct ip_addr *a,
		bool add);
void feed_out_subscribe(struct feed_out *f, const struct bgp_instance *i, bool kernel);
/* There may be something to pull: the door asks for a write. */
void feed_out_wake(struct feed_out *f);
bool feed_out_pending(const struct feed_out *f);
size_t feed_out_pull(struct feed_out *f, uint8_t *buf, size_t size);

/* out_group.c: what peers are told */
struct out_groups *out_groups_new(struct bgp_instance *i, enum family f);
void out_groups_free(struct out_groups *g);
/* The session is up, or something that its bytes depend on may have changed
 * (configuration, policy, router id): tells the peer what is different now. */
void out_group_join(struct peer *p, enum family f);
void out_group_leave(struct peer *p, enum family f);
/* ROUTE-REFRESH received, or clear soft out: send all again, between BoRR and
 * EoRR if the peer knows them (RFC 7313). */
void out_group_refresh(struct peer *p, enum family f);
/* update-delay: while held, nothing is sent from this table. */
void out_groups_hold(struct out_groups *g, bool hold);
bool out_group_pending(const struct peer *p); /* any family */
/* Whole messages for the peer, as many as fit: UPDATEs, End-of-RIB after the
 * first pass over the table, BoRR and EoRR.  Counts them in p->count, and keeps
 * p->family[].advertised and end_of_rib_sent. */
size_t out_group_pull(struct peer *p, uint8_t *buf, size_t size);
/* What the peer was told about a destination: the attributes as sent (next
 * hop, AS path and all) with one reference for the caller, and the source they
 * came from.  False: nothing.  *ret_info may be 0. */
bool out_group_told(const struct peer *p, enum family f, uint32_t dest, uint32_t *ret_attrs,
		uint32_t *ret_info, uint16_t *ret_source);
/* A more specific route of an aggregate-address summary-only that is active. */
bool out_suppressed(const struct bgp_instance *i, enum family f, const uint8_t *key);

#endif
