/* The core's tables, shared by its files and read by the shell's shows.  Every
 * object that the kernel holds has two halves in one entry: what is wanted
 * (w_*) and what is there (a_*). */
#ifndef WEFT_OVERLAYD_STATE_H
#define WEFT_OVERLAYD_STATE_H

#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"
#include "lib/base/strbuf.h"
#include "lib/base/vec.h"
#include "overlayd/core/core.h"
#include "overlayd/core/idqueue.h"
#include "overlayd/core/kobj.h"

/* Classes of objects, in the order in which reconcile.c visits them to add. */
enum obj_class {
	OBJ_LINK,
	OBJ_ADDR,
	OBJ_MAC,
	OBJ_FLOOD,
	OBJ_NEIGH,
	OBJ_LEAF,  /* a next hop */
	OBJ_GROUP, /* a group of next hops */
	OBJ_ROUTE,
	OBJ_CLASSES,
};

/* Those that follow from MAC routes. */
#define OBJ_ENTRIES (1u << OBJ_MAC | 1u << OBJ_FLOOD | 1u << OBJ_NEIGH)

/* Bits of obj_state.q */
#define Q_LIVE 0x01    /* the slab entry is in use */
#define Q_DIRTY 0x02   /* on its class's list */
#define Q_FLYING 0x04  /* in the air: in a batch that is not answered yet */
#define Q_REFUSED 0x08 /* the kernel said no: a refusal is kept */
#define Q_TELL 0x10    /* on the list of what bgpd is to be told */
#define Q_DELETE 0x20  /* on its class's list of deletions */
#define Q_PROBE 0x40   /* neighbour: ask the kernel to probe it */
#define Q_LEAVING 0x80 /* with Q_FLYING: to be deleted */
#define Q_DOUBT 0x100  /* with Q_FLYING: changed by others meanwhile */
#define Q_TAKEN 0x200  /* bgpd said it and took it back: not to be kept until its END */
#define Q_UNSURE 0x400 /* route: said to be gone, perhaps before we asked for it */

/* First in every object. */
struct obj_state {
	uint32_t refusal; /* what the kernel said last, 0 none; a free entry's link */
	uint16_t q;
	uint16_t seen; /* number of the dump that listed it last */
};

#define KID_FIRST 0x57000000u /* ids of our next-hop objects: from here on */

enum verb { VERB_NONE, VERB_ADD, VERB_DELETE, VERB_WAIT };

/* ---- links */
enum link_role { ROLE_NONE, ROLE_VRF, ROLE_BRIDGE, ROLE_L2VNI, ROLE_L3BRIDGE, ROLE_L3VNI,
	ROLE_TUNNEL, ROLE_INTERFACE };

struct link {
	struct obj_state s;
	bool present;	      /* the kernel has it: a is valid */
	bool wanted;	      /* w is valid */
	bool create;	      /* w is made by us if it lacks; else it must be there */
	uint8_t role;	      /* enum link_role */
	bool told;	      /* bgpd knows it */
	bool enslaved;	      /* we put it under its master, and take it out again */
	uint32_t want;	      /* KLINK_SET_*: which fields of w count */
	char name[IFNAMSIZ];
	char master[IFNAMSIZ]; /* wanted, "" none */
	struct klink a, w;
	uint32_t vni;	      /* of a VXLAN device, or of a bridge with one */
	uint32_t table_of;    /* wanted VRF that is not there: the VRF that has its table, 0 none */
	uint64_t last_op;     /* hash of the last request */
	uint32_t last_op_count; /* the kernel took it so often */
	uint32_t told_ifindex; /* what bgpd was told, to take it back */
	uint32_t told_vrf;
	uint64_t told_hash;
	uint8_t sysctls;      /* bits of those asked for since it appeared */
};

/* ---- VRFs; id 1 is "default" */
#define VRF_DEFAULT 1
struct vrf {
	struct obj_state s;
	char name[IFNAMSIZ];
	uint32_t table;	      /* 0: not known yet */
	uint32_t l3vni;	      /* 0: none */
	bool configured;
	bool of_nobody;	      /* no VRF: a table in which routes of ours were left */
	bool told, subscribed; /* kernel routes are wanted by bgpd */
	bool via_default[2];  /* configured: BGP may use the default route to IPv4, IPv6 next hops */
	uint64_t told_hash;
	uint32_t link;	      /* its device, 0 none */
	uint32_t lens[2][129]; /* present prefixes by family (4, 6) and length */
};

/* ---- VNIs, from the configuration */
struct vni {
	struct obj_state s;
	uint32_t vni;
	bool is_l3, configured, suppress;
	bool told, was_up, entries_due, learn_due;
	uint32_t vrf;
	uint32_t was_vxlan, was_bridge; /* interface indexes when the entries were last looked at */
	uint32_t domain;      /* bridge-domain's id; 0 for L3 */
	uint32_t vxlan, bridge; /* links */
	struct mac_addr gateway_mac; /* zero: no gateway */
	uint64_t told_hash;
};

/* ---- addresses */
struct addr {
	struct obj_state s;
	bool present, wanted;
	uint8_t a_proto;
	uint8_t len;
	bool told;
	uint32_t w_flags, a_flags;
	uint32_t ifindex;
	uint32_t told_vrf;
	struct ip_addr addr;
};

/* ---- MAC addresses of a VNI: FDB of the VXLAN device and of the bridge */
struct mac {
	struct obj_state s;
	uint8_t w_flags;      /* FEED_MAC_* */
	uint8_t gen;	      /* bgpd's snapshot that w_vtep is from */
	struct mac_addr mac;
	uint8_t a_flags;      /* NTF_* of the bridge's entry */
	uint8_t a_self_ours;  /* the VXLAN device's entry has our mark */
	uint8_t asked;	      /* NTF_SELF, NTF_MASTER: we had them made, whatever is said since */
	uint16_t seen_self;   /* as s.seen, which is for the bridge's entry */
	uint32_t vni;
	uint32_t w_vtep;      /* from bgpd; 0: none */
	uint32_t w_seq;
	uint32_t nh_vtep;     /* as router MAC of next hops; 0: none */
	uint32_t nh_refs;
	uint32_t ip_vtep;     /* as the MAC of remote addresses; 0: none */
	uint32_t ip_refs;
	uint32_t a_vtep;      /* in the VXLAN device; 0: none */
	uint32_t a_port;      /* in the bridge; 0: none */
	uint16_t a_state;
	uint8_t own;	      /* ours: a gateway's */
	uint8_t told;	      /* FEED_MAC_* of what bgpd knows, | MAC_TOLD */
};
#define MAC_TOLD 0x80

struct flood {
	struct obj_state s;
	uint8_t gen;
	bool wanted, present, ours;
	bool asked;	      /* as of a MAC */
	uint32_t vni;
	uint32_t vtep;
};

/* ---- neighbours on a VNI's bridge */
struct neigh {
	struct obj_state s;
	bool wanted, present;
	uint8_t gen;
	uint8_t w_flags;
	uint8_t a_flags, a_proto;
	uint16_t a_state;
	struct mac_addr w_mac, a_mac, nh_mac, told_mac;
	uint8_t own, told;
	bool asked;	      /* as of a MAC */
	struct ip_addr ip;
	uint32_t vni;
	uint32_t nh_refs;
	uint32_t w_mac_id;    /* while wanted: that MAC's entry */
	mono_t probe_at;      /* MONO_NEVER: not due */
};

struct vtep {
	struct ip_addr addr;
};

/* ---- next hops */
struct leaf {
	struct obj_state s;
	uint8_t family;
	bool present, ours, onlink;
	bool differs;	      /* the kernel's has other content */
	bool indexed;	      /* found by its content */
	uint32_t kid;	      /* kernel's id; 0: none yet */
	uint32_t refs;
	uint32_t oif;
	struct ip_addr gateway;
};

struct member {
	uint32_t leaf;	      /* wanted: slab id; actual: kernel's id */
	uint32_t weight;
};

struct group {
	struct obj_state s;
	bool present, ours;
	uint32_t kid;
	uint32_t spec;	      /* who wants it; 0: nobody */
	uint32_t a_refs;      /* routes in the kernel that use it */
	uint32_t free_hash;   /* in groups_free under it; 0: not */
	uint16_t n_w, n_a, n_sent;
	struct member *w, *a;
	struct member *sent;  /* what was asked for last: leaves by the kernel's ids */
};

/* What bgpd or the configuration asks for: next hops before resolution. */
struct hop {
	struct ip_addr addr;  /* gateway, or VTEP with vni */
	uint32_t ifindex;
	uint32_t vni;
	struct mac_addr rmac;
	uint16_t weight;
	uint32_t vrf;	      /* in which addr is looked up */
};

struct spec {
	struct obj_state s;
	uint8_t family;	      /* of the routes */
	uint8_t type;	      /* RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE */
	bool resolved, toggled;
	uint16_t n;
	uint32_t hash;
	uint32_t vrf;
	uint32_t refs;
	uint32_t group;
	struct hop *hops;
};

/* A looked-up address: bgpd's watches and the specs' gateways. */
#define WATCH_HOPS_MAX 16
struct watch {
	struct obj_state s;
	bool dirty, told;
	bool feed;	      /* bgpd asked */
	bool resolved, connected, by_default;
	uint8_t n;
	uint8_t gen;
	uint32_t vrf;
	uint32_t refs;	      /* specs */
	uint32_t metric;
	uint64_t told_hash;
	struct ip_addr addr;
	struct khop hops[WATCH_HOPS_MAX];
};

/* ---- routes */
struct route {
	struct obj_state s;
	uint8_t family, len;
	uint16_t vrf;
	uint8_t a_type;	      /* RTN_* of ours in the kernel; 0: none */
	uint8_t a_proto;
	uint8_t w_distance;   /* of bgpd's */
	uint8_t gen;
	uint8_t told;	      /* enum feed_proto of what bgpd knows, | ROUTE_TOLD_BAD */
	uint16_t told_sum;    /* of all that it knows of it */
	uint32_t w_spec;      /* from bgpd; 0 none */
	uint32_t w_metric, w_tag;
	uint32_t statics;     /* first of the configuration's, 0 none */
	uint32_t a_nhid;
	uint32_t foreign;     /* first of the others' in the kernel */
	uint8_t b[];	      /* 4 or 16 bytes */
};
#define ROUTE_TOLD_PROTO 0x0f
#define ROUTE_TOLD_BAD 0x80

struct static_route {
	struct obj_state s;
	uint8_t distance;
	uint32_t tag;
	uint32_t spec;
	uint32_t next;	      /* of the same prefix, larger distance */
	uint32_t route;
};

/* A route of someone else: the kernel's connected ones, DHCP's, ip(8)'s.  With
 * proto 0 it is no route of the kernel's but the subnet of an address, known by
 * the interface in metric: so a loopback's address is connected too. */
#define FOREIGN_HOPS 4 /* the first */
struct foreign {
	struct obj_state s;
	uint8_t proto, type, scope, n;
	uint32_t metric;
	uint32_t nhid;
	uint32_t next;
	uint32_t route;
	struct khop hops[FOREIGN_HOPS];
};

/* ---- machinery */
struct refusal {
	struct obj_state s;
	uint8_t cls, verb;
	uint8_t fails;
	uint32_t id;
	int error;	      /* errno */
	mono_t at, since, retry_at; /* since: of the first in a row */
	char text[96];
};

struct flight {
	uint8_t cls, verb;
	bool probe;	      /* answers do not matter */
	int error;
	uint32_t id;
	uint32_t sent[2];     /* what the object's class needs to know when it is done */
};

/* Sent together, and answered by one acknowledgement. */
struct batch {
	VEC(struct flight) flights;
	uint32_t seq;	      /* of the first; the others follow */
	unsigned classes;     /* that are in it: bits of enum obj_class */
};
#define BATCHES_MAX 3 /* in the air */

struct queue {
	struct idqueue dirty, dels;
	size_t del_block; /* left of the block that is being deleted */
};

struct sysctl {
	struct obj_state s;
	char path[96];
	int64_t value, actual;
	bool at_least, optional;
	int error;
	bool keep;
	uint8_t row;	      /* of the link's settings */
	uint32_t link;	      /* whose it is; 0: the whole system's */
};

enum dump { DUMP_LINK, DUMP_ADDR, DUMP_NEXTHOP, DUMP_FDB, DUMP_NEIGH4, DUMP_NEIGH6, DUMP_ROUTE4,
	DUMP_ROUTE6, DUMPS };
#define DUMP_ALL ((1u << DUMPS) - 1)
#define ROUTE_DUMPS (1u << DUMP_ROUTE4 | 1u << DUMP_ROUTE6)

/* What fails again and again: see trouble.c. */
struct trouble {
	unsigned fails;	      /* in a row */
	mono_t since, last;
};

struct tell {
	uint8_t kind;	      /* feed type */
	uint32_t id;
};

struct table {
	struct slab slab;
	struct htab by_key;
};

struct counters {
	uint64_t batches, requests, refusals, dumps, overruns, notifications, bad_messages, probes,
			moved, lost;
};

struct overlay_core {
	uint64_t seed;
	mono_t now;
	struct overlay_config *config;

	struct table links, vrfs, vnis, addrs, macs, floods, neighs, vteps;
	uint32_t table_cached, table_cached_vrf, connected_mark;
	uint32_t last_vni, last_vtep; /* found last; 0: none */
	struct htab links_by_ifindex, leaves_by_kid, groups_by_kid, groups_free;
	struct table leaves, groups, specs, watches, routes4, routes6, sysctls;
	struct slab foreigns, refusals, statics;
	uint32_t next_kid;

	struct queue queues[OBJ_CLASSES];
	VEC(uint32_t) probes; /* neighbours to probe */
	uint32_t seq;
	/* batches[n % BATCHES_MAX]: those between the numbers are in the air */
	struct batch batches[BATCHES_MAX];
	unsigned batches_sent, batches_landed;
	bool routes_asked;    /* since all notifications were read */
	mono_t unheard_since; /* deletions of entries are not notified; 0: they are */
	int dumping;	      /* enum dump, -1 none */
	bool dump_broken;
	uint32_t dump_seq;
	unsigned dumps_wanted, dumps_later, dumped;
	unsigned listable, unlistable; /* kinds that the kernel listed, or does not know */
	struct trouble listing[DUMPS], sending;
	bool requests_lost;   /* not only listings */
	mono_t send_at;	      /* nothing is sent before; 0: at once */
	uint16_t dump_no;
	mono_t asked_at;      /* since when an answer is due */
	mono_t dump_began, dump_took; /* of the last listing of routes */
	mono_t retry_next, probe_next, resync_at;
	uint64_t draw;	      /* last random number: the order of deletions */
	bool synced;	      /* everything was listed once */

	bool plan_due, watch_due, specs_due, orphans_due, entries_due, learn_due, toggled_due,
			groups_due, connected_due;
	VEC(uint32_t) specs_new;
	VEC(uint32_t) own_macs, own_neighs; /* of gateways */
	VEC(uint32_t) watch_sorted;
	bool watch_unsorted;

	bool feed_up, feed_synced; /* bgpd's snapshot was complete once */
	bool feed_stale;      /* connected, END not seen yet, or gone */
	uint8_t feed_gen;
	bool snapshot_due, end_due;
	VEC(struct tell) tells;
	size_t tell_head;

	VEC(struct overlay_effect) effects;
	size_t effect_head;
	struct counters count;
};

static inline uint32_t hash32(uint64_t h)
{
	return (uint32_t)(h ^ h >> 32);
}

static inline uint64_t hash_ip(uint64_t seed, const struct ip_addr *ip)
{
	uint64_t low, high;

	memcpy(&low, ip->b, 8);
	memcpy(&high, ip->b + 8, 8);
	return hash_words(seed ^ ip->family, low, high);
}

#define slab_foreach(id, p, slab)                                                                  \
	for (id = 1; id <= (slab)->used; id++)                                                     \
		if ((p = slab_at(slab, id))->s.q & Q_LIVE)

/* links.c */
struct link *link_at(const struct overlay_core *c, uint32_t id);
uint32_t link_find(const struct overlay_core *c, const char *name);
uint32_t link_by_ifindex(const struct overlay_core *c, uint32_t ifindex);
uint32_t link_get(struct overlay_core *c, const char *name); /* finds or makes */
void link_put(struct overlay_core *c, uint32_t id);	     /* frees it if nothing is left */
bool link_is_placed(const struct overlay_core *c, const struct link *l); /* under its master */
/* Wants a VRF or bridge that is not there, and is in none. */
bool link_is_astray(const struct overlay_core *c, const struct link *l);
bool link_is_ours(const struct link *l);
bool link_runs(const struct link *l);			     /* up and with a carrier */
uint32_t link_vrf(const struct overlay_core *c, const struct link *l); /* VRF that it is in */
void link_actual(struct overlay_core *c, const struct klink *k, bool gone);
void link_lost(struct overlay_core *c, uint32_t id);
enum verb link_diff(struct overlay_core *c, uint32_t id);
bool link_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
void link_done(struct overlay_core *c, const struct flight *f);
void link_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);

/* addrs.c */
struct addr *addr_at(const struct overlay_core *c, uint32_t id);
uint32_t addr_get(struct overlay_core *c, uint32_t ifindex, const struct ip_addr *a, uint8_t len);
void addr_put(struct overlay_core *c, uint32_t id);
void addr_actual(struct overlay_core *c, const struct kaddr *k, bool gone);
void addr_lost(struct overlay_core *c, uint32_t id);
enum verb addr_diff(struct overlay_core *c, uint32_t id);
bool addr_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
void addr_done(struct overlay_core *c, const struct flight *f);
void addr_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);

/* plan.c, plan_routes.c */
void plan_run(struct overlay_core *c);
void plan_statics(struct overlay_core *c);
struct mac_addr router_mac(const struct overlay_core *c); /* of all our L3VNIs */

/* vrfs.c */
struct vrf *vrf_at(const struct overlay_core *c, uint32_t id);
uint32_t vrf_find(const struct overlay_core *c, const char *name);
uint32_t vrf_get(struct overlay_core *c, const char *name);
uint32_t vrf_by_table(const struct overlay_core *c, uint32_t table);
void vrf_set_table(struct overlay_core *c, uint32_t id, uint32_t table); /* 0: none */
/* Stands for a table that is no VRF's, so that routes in it can be deleted. */
uint32_t vrf_of_nobody(struct overlay_core *c, uint32_t table);
struct vni *vni_at(const struct overlay_core *c, uint32_t id);
uint32_t vni_find(const struct overlay_core *c, uint32_t vni);
bool vni_is_up(const struct overlay_core *c, const struct vni *v);
uint32_t vni_by_bridge(const struct overlay_core *c, uint32_t ifindex);
void vrf_device_changed(struct overlay_core *c, uint32_t link_id, bool gone);

/* sysctls.c */
struct sysctl *sysctl_at(const struct overlay_core *c, uint32_t id);
void sysctl_plan(struct overlay_core *c);
void sysctl_result(struct overlay_core *c, const char *path, int64_t value, int error);

/* macs.c */
struct mac *mac_at(const struct overlay_core *c, uint32_t id);
struct flood *flood_at(const struct overlay_core *c, uint32_t id);
const struct ip_addr *vtep_addr(const struct overlay_core *c, uint32_t vtep);
uint32_t vtep_get(struct overlay_core *c, const struct ip_addr *a);
uint32_t mac_find(const struct overlay_core *c, uint32_t vni, const struct mac_addr *m);
void mac_soon(const struct overlay_core *c, uint32_t vni, const struct mac_addr *m); /* to be looked up */
uint32_t mac_wanted_vtep(const struct mac *m); /* 0: none */
uint32_t mac_get(struct overlay_core *c, uint32_t vni, const struct mac_addr *m);
void mac_put(struct overlay_core *c, uint32_t id);
uint32_t flood_get(struct overlay_core *c, uint32_t vni, const struct ip_addr *vtep);
void flood_put(struct overlay_core *c, uint32_t id);
void fdb_actual(struct overlay_core *c, const struct kneigh *k, bool gone);
void mac_unseen(struct overlay_core *c, uint32_t id); /* halves not in the last dump are gone */
void flood_lost(struct overlay_core *c, uint32_t id);
enum verb mac_diff(struct overlay_core *c, uint32_t id);
enum verb flood_diff(struct overlay_core *c, uint32_t id);
bool mac_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
bool flood_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
void mac_done(struct overlay_core *c, const struct flight *f);
/* A deletion found no such entry: what else it named is still there. */
void mac_not_there(struct flight *f);
void flood_done(struct overlay_core *c, const struct flight *f);
void mac_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);
void flood_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);
/* All entries of the VNIs with entries_due are looked at again. */
void fdb_entries_dirty(struct overlay_core *c);

/* neighs.c */
struct neigh *neigh_at(const struct overlay_core *c, uint32_t id);
uint32_t neigh_find(const struct overlay_core *c, uint32_t vni, const struct ip_addr *ip);
void neigh_soon(const struct overlay_core *c, uint32_t vni, const struct ip_addr *ip);
uint32_t neigh_get(struct overlay_core *c, uint32_t vni, const struct ip_addr *ip);
/* bgpd's wish; mac: an entry of the same VNI, 0: none any more. */
void neigh_want(struct overlay_core *c, uint32_t id, uint32_t mac, uint32_t vtep);
void neigh_put(struct overlay_core *c, uint32_t id);
void neigh_actual(struct overlay_core *c, const struct kneigh *k, bool gone);
void neigh_lost(struct overlay_core *c, uint32_t id);
enum verb neigh_diff(struct overlay_core *c, uint32_t id);
bool neigh_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
void neigh_done(struct overlay_core *c, const struct flight *f);
void neigh_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);

/* learn.c */
bool mac_is_local(const struct overlay_core *c, const struct mac *m, uint8_t *ret_flags);
bool neigh_is_local(const struct overlay_core *c, const struct neigh *n, uint8_t *ret_flags);
void learn_mac(struct overlay_core *c, uint32_t id);   /* its actual half changed */
void learn_neigh(struct overlay_core *c, uint32_t id);
void learn_tick(struct overlay_core *c);
void learn_run(struct overlay_core *c);	/* MACs became local, or ceased to be */

/* nexthops.c, leaves.c, groups.c, specs.c */
struct leaf *leaf_at(const struct overlay_core *c, uint32_t id);
struct group *group_at(const struct overlay_core *c, uint32_t id);
struct spec *spec_at(const struct overlay_core *c, uint32_t id);
uint32_t group_by_kid(const struct overlay_core *c, uint32_t kid);
/* Takes a reference to the spec with these hops, which it makes if need be. */
uint32_t spec_ref(struct overlay_core *c, uint32_t vrf, uint8_t family, uint8_t type,
		const struct hop *hops, unsigned n);
void spec_unref(struct overlay_core *c, uint32_t id);
void specs_resolve(struct overlay_core *c);
bool group_is_ready(const struct group *g); /* in the kernel, or about to be */
void groups_look_again(struct overlay_core *c);
void nexthop_actual(struct overlay_core *c, const struct knexthop *k, bool gone);
void nexthops_link_lost(struct overlay_core *c, uint32_t ifindex);
void leaf_lost(struct overlay_core *c, uint32_t id);
void group_lost(struct overlay_core *c, uint32_t id);
void group_use(struct overlay_core *c, uint32_t kid, int change); /* a route's a_nhid */
unsigned group_hops(const struct overlay_core *c, uint32_t kid, struct khop *hops, unsigned max);
enum verb leaf_diff(struct overlay_core *c, uint32_t id);
enum verb group_diff(struct overlay_core *c, uint32_t id);
bool leaf_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
bool group_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
void leaf_done(struct overlay_core *c, const struct flight *f);
void group_done(struct overlay_core *c, const struct flight *f);
void leaf_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);
void group_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);

/* watch.c */
struct watch *watch_at(const struct overlay_core *c, uint32_t id);
uint32_t watch_find(const struct overlay_core *c, uint32_t vrf, const struct ip_addr *a);
uint32_t watch_get(struct overlay_core *c, uint32_t vrf, const struct ip_addr *a);
void watch_put(struct overlay_core *c, uint32_t id);
void watch_touch(struct overlay_core *c, uint32_t vrf, const struct prefix *p); /* p changed */
void watch_touch_all(struct overlay_core *c);
void watches_resolve(struct overlay_core *c);

/* routes.c: ids of both families in one number space: bit 31 is IPv6 */
#define ROUTE_V6 0x80000000u
struct route *route_at(const struct overlay_core *c, uint32_t id);
struct prefix route_prefix(const struct route *r);
uint32_t route_find(const struct overlay_core *c, uint32_t vrf, const struct prefix *p);
uint32_t route_get(struct overlay_core *c, uint32_t vrf, const struct prefix *p);
void route_put(struct overlay_core *c, uint32_t id);
struct static_route *static_at(const struct overlay_core *c, uint32_t id);
struct foreign *foreign_at(const struct overlay_core *c, uint32_t id);
uint32_t route_static(const struct overlay_core *c, const struct route *r); /* the usable one */
/* What is to be in the kernel: a spec, or 0; *ret_proto is KOBJ_PROTO_*. */
uint32_t route_wanted(const struct overlay_core *c, const struct route *r, uint8_t *ret_proto);
bool route_is_present(const struct route *r);
const struct foreign *route_connected(const struct overlay_core *c, const struct route *r);
void route_actual(struct overlay_core *c, const struct kroute *k, bool gone);
void route_lost(struct overlay_core *c, uint32_t id); /* ours is not there */
void route_sweep(struct overlay_core *c, uint8_t family);
void routes_drop_orphans(struct overlay_core *c);
void routes_drop_vrf(struct overlay_core *c, uint32_t vrf);
/* Others' routes over a link that went down, or (!down) lost its carrier, which
 * the kernel takes out without a word.  Returns whether it can't be told from
 * here which these are, so that they have to be listed. */
bool routes_link_stopped(struct overlay_core *c, uint32_t ifindex, bool down);
void routes_spec_toggled(struct overlay_core *c);
uint8_t route_local_proto(const struct overlay_core *c, const struct route *r);
enum verb route_diff(struct overlay_core *c, uint32_t id);
bool route_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f);
void route_done(struct overlay_core *c, const struct flight *f);
void route_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out);
void route_dirty(struct overlay_core *c, uint32_t id);
int route_compare(const struct route *a, const struct route *b);
/* Finds or makes an entry of the others' chain. */
struct foreign *foreign_get(struct overlay_core *c, uint32_t route, uint8_t proto, uint8_t type,
		uint32_t metric);
void foreigns_drop(struct overlay_core *c, uint32_t route,
		bool (*drop)(const struct foreign *, uint32_t arg), uint32_t arg);

/* connected.c */
void connected_run(struct overlay_core *c);

/* reconcile.c */
void obj_dirty(struct overlay_core *c, enum obj_class cls, uint32_t id, struct obj_state *s);
void reconcile_init(struct overlay_core *c);
void reconcile_fini(struct overlay_core *c);
size_t reconcile_fill(struct overlay_core *c, void *buf, size_t size);
void reconcile_reply(struct overlay_core *c, const struct nlmsg *m);
void reconcile_lost(struct overlay_core *c);
bool reconcile_is_idle(const struct overlay_core *c);
bool reconcile_is_in_air(const struct overlay_core *c);
bool reconcile_may_fill(const struct overlay_core *c);
bool reconcile_takes_notifications(const struct overlay_core *c);
/* Classes whose requests are in the air: bits of enum obj_class. */
unsigned reconcile_classes_in_air(const struct overlay_core *c);
struct obj_state *obj_state_at(const struct overlay_core *c, enum obj_class cls, uint32_t id);

/* The kernel said something of an object, of its own accord.  If that is in the
 * air, who came later, our request or the change?  Then its answer is not
 * believed but what was said, so at worst a request is made twice.  Returns
 * false if it is the very deletion that was asked for. */
static inline bool obj_heard(struct obj_state *s, bool gone)
{
	if (!(s->q & Q_FLYING))
		return true;
	if (gone && (s->q & (Q_LEAVING | Q_DOUBT)) == Q_LEAVING)
		return false;
	s->q |= Q_DOUBT;
	return true;
}

/* trouble.c */
mono_t trouble_pause(unsigned fails);
unsigned trouble_add(struct overlay_core *c, struct trouble *t); /* returns t->fails */
/* It worked.  Says so, with `what` to begin with, if it failed so often. */
void trouble_over(struct overlay_core *c, struct trouble *t, unsigned from, const char *what);
/* Requests, or listings, were not sent or not answered. */
void sending_lost(struct overlay_core *c, bool requests, const char *text);
void sending_works(struct overlay_core *c, bool requests);

/* unheard.c */
void unheard_begin(struct overlay_core *c); /* if that pays now */
void unheard_end(struct overlay_core *c);   /* if it is time: the deadline is over */
mono_t unheard_deadline(const struct overlay_core *c);

/* refusals.c */
const struct refusal *refusal_find(const struct overlay_core *c, const struct obj_state *s);
void refusal_forget(struct overlay_core *c, struct obj_state *s);
void refuse(struct overlay_core *c, enum obj_class cls, enum verb verb, uint32_t id,
		struct obj_state *s, int error, const char *text);
void refusals_retry_all(struct overlay_core *c);
void refusals_tick(struct overlay_core *c);
/* Is it too early to try that again? */
bool refusal_holds(const struct overlay_core *c, const struct obj_state *s, enum verb v);

struct class_row {
	const char *name;
	void *(*at)(const struct overlay_core *, uint32_t);
	enum verb (*diff)(struct overlay_core *, uint32_t);
	bool (*encode)(struct overlay_core *, struct nlw *, uint32_t seq, uint32_t id, enum verb,
			struct flight *);
	void (*done)(struct overlay_core *, const struct flight *);
	void (*describe)(const struct overlay_core *, uint32_t, struct strbuf *);
	void (*put)(struct overlay_core *, uint32_t); /* frees it if nothing is left */
	unsigned dumps; /* which list them: bits of enum dump */
	size_t vni;	/* where in it the VNI is to which it belongs; 0: to none */
};
extern const struct class_row class_rows[OBJ_CLASSES];

/* actual.c */
size_t dump_request(struct overlay_core *c, void *buf, size_t size);
void dump_reply(struct overlay_core *c, const struct nlmsg *m);
void dump_lost(struct overlay_core *c);
void actual_notify(struct overlay_core *c, const struct nlmsg *m);
void resync_want(struct overlay_core *c, unsigned dumps, mono_t delay);

/* feed_in.c, feed_out.c */
void feed_in(struct overlay_core *c, const struct feed_msg *m);
void feed_up(struct overlay_core *c);
void feed_down(struct overlay_core *c);
/* The object may have changed for bgpd: looked at when there is room to say so. */
void feed_tell(struct overlay_core *c, uint8_t kind, uint32_t id, struct obj_state *s);
#define TELL_NEIGH 0x80000000u /* with FEED_LOCAL_MAC: the id is a neighbour's */
bool feed_is_due(const struct overlay_core *c);
size_t feed_out(struct overlay_core *c, void *buf, size_t size);

/* errno_text.c: strerror() is not pure */
const char *errno_text(int error);

/* core.c */
void core_log(struct overlay_core *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
