/* bgpd's configuration as one plain, immutable value.  The shell builds it
 * from the configuration tree; the core is handed old and new and works out
 * what changed.  Peer groups are already merged into their members here; the
 * arrays are sorted, so the value does not depend on the order of lines.
 *
 * Texts (names, descriptions, passwords), NULL where there are none, and what a
 * neighbour has per family lie in bgp_config.memory: they are there as long as
 * the whole value is, and nobody frees one alone.  Who copies a part of the
 * value keeps a reference to the whole, or copies the texts, too. */
#ifndef WEFT_BGPD_CORE_CONFIG_H
#define WEFT_BGPD_CORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/family.h"
#include "bgpd/core/policy_config.h"
#include "bgpd/core/rib.h"
#include "lib/base/addr.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"

/* Per neighbour and family. */
struct peer_family_config {
	struct policy_filter in, out;
	const char *unsuppress_map;
	const char *default_originate_map;
	bool active;
	bool next_hop_self, next_hop_self_force, next_hop_unchanged;
	bool as_path_unchanged, med_unchanged;
	bool route_reflector_client, route_server_client;
	bool remove_private_as, remove_private_as_all, remove_private_as_replace;
	bool as_override;
	bool send_community, send_ext_community, send_large_community; /* default true */
	bool soft_reconfiguration; /* kept for the running configuration: we always keep both */
	uint8_t allow_as_in;	   /* 0: off */
	bool allow_as_in_origin;
	bool default_originate;
	uint32_t max_prefix;	   /* 0: no limit */
	uint8_t max_prefix_threshold; /* percent; default 75 */
	bool max_prefix_warning_only;
	uint16_t max_prefix_restart;  /* minutes; 0: stay down */
	uint32_t weight;
	bool has_weight;
};

/* AUTO: whatever the OPEN says; internal if that is our own AS. */
enum remote_as_type { REMOTE_AS_NUMBER, REMOTE_AS_INTERNAL, REMOTE_AS_EXTERNAL, REMOTE_AS_AUTO };

struct peer_config {
	struct ip_addr addr;
	char interface[16];	 /* of an unnumbered peer, or the scope of a link-local address */
	const char *group;	 /* for show */
	const char *description;
	enum remote_as_type remote_as_type;
	uint32_t remote_as;	 /* resolved for internal; 0 for external and auto */
	uint32_t local_as;	 /* 0: the instance's */
	bool local_as_no_prepend, local_as_replace_as, local_as_dual;
	uint16_t port;		 /* 179 */
	uint8_t ebgp_multihop;	 /* TTL; 0: not set (eBGP: 1) */
	uint8_t ttl_security_hops; /* GTSM, RFC 5082; 0: off */
	bool disable_connected_check;
	const char *password;	 /* TCP MD5 (RFC 2385) */
	struct ip_addr update_source; /* family 0: not set */
	char update_source_interface[16];
	bool has_timers;
	uint16_t keepalive, hold; /* seconds; else the instance's */
	uint16_t connect_retry;	 /* seconds; default 120, eBGP and iBGP alike */
	uint16_t advertisement_interval; /* seconds; 0: none (default) */
	uint16_t delay_open;	 /* seconds; 0: none (RFC 4271 section 8.1.1 DelayOpen) */
	bool passive, shutdown;
	const char *shutdown_message; /* RFC 9003 */
	bool extended_next_hop;	 /* capability, RFC 8950 */
	bool dont_capability_negotiate, override_capability, strict_capability_match;
	bool enforce_first_as;	 /* default true for eBGP, as FRR >= 8.5 */
	bool solo;
	bool graceful_shutdown;	 /* RFC 8326, towards this peer */
	uint16_t tcp_mss;	 /* bytes; 0: the kernel's choice */
	bool dynamic;		 /* came by a listen range, has no entry of its own */
	/* Never NULL: one without settings points to a constant of all neighbours. */
	const struct peer_family_config *family[FAM_COUNT];
};

/* bgp listen range: who connects from here is a peer. */
struct listen_config {
	struct prefix range;
	struct peer_config peer; /* what it will be, but for its address */
};

struct network_config {
	struct prefix prefix;
	const char *route_map;
};

struct redistribute_config {
	const char *route_map;
	bool on, has_metric;
	uint32_t metric;
};

struct aggregate_config {
	struct prefix prefix;
	bool summary_only, as_set, has_origin;
	uint8_t origin;
	const char *route_map;
};

struct rt_list { /* route targets as extended communities, sorted */
	VEC(uint64_t) rt; /* the 8 bytes, big endian */
};

struct instance_family_config { /* unicast; of the others nothing is set here */
	VEC(struct network_config) networks;
	VEC(struct aggregate_config) aggregates;
	struct redistribute_config redistribute[4]; /* by enum feed_proto */
	uint16_t max_paths_ebgp, max_paths_ibgp;    /* 0: default 64 as FRR; 1 turns multipath off */
	uint8_t distance_ebgp, distance_ibgp, distance_local; /* 20, 200, 200 */
	/* VRF <-> VPN (RFC 4364), unicast families only */
	bool vpn_import, vpn_export;
	bool has_rd;
	struct rd_value rd;
	struct rt_list rt_import, rt_export;
	bool has_label;
	uint32_t label;			    /* to export with; else one is chosen */
	const char *vpn_map_import, *vpn_map_export;
	VEC(const char *) import_vrfs;	    /* `import vrf NAME` */
	const char *table_map;
};

struct evpn_vni_config { /* `vni N` under l2vpn evpn */
	uint32_t vni;
	bool has_rd;
	struct rd_value rd;
	struct rt_list rt_import, rt_export; /* empty: automatic, AS:VNI */
	bool advertise_default_gw, advertise_svi_ip;
};

struct evpn_config {
	bool advertise_all_vni, advertise_default_gw, advertise_svi_ip;
	bool advertise[2];	/* unicast IPv4, IPv6 routes of this VRF as type 5 */
	const char *advertise_map[2];
	bool default_originate[2];
	bool flooding_disabled;
	VEC(struct evpn_vni_config) vnis; /* in order of VNI */
	/* Of a VRF: for its L3VNI's routes. */
	bool has_rd;
	struct rd_value rd;
	struct rt_list rt_import, rt_export; /* empty: automatic, AS:L3VNI */
};

struct instance_config {
	char vrf[16];		/* "default" or a VRF's name */
	bool automatic;		/* not configured, but a VRF with an L3VNI exists (overlay only) */
	uint32_t as;
	uint32_t router_id;	/* host order; 0: automatic */
	uint32_t cluster_id;	/* 0: the router id */
	bool log_neighbor_changes;
	bool ebgp_requires_policy; /* RFC 8212; default true as FRR's traditional profile */
	bool network_import_check; /* default true */
	bool reflect_client_to_client; /* default true */
	bool suppress_duplicates;  /* default true */
	bool fast_external_failover; /* default true */
	uint32_t default_local_pref; /* 100 */
	uint16_t keepalive, hold;  /* 60, 180 */
	uint16_t min_hold;	   /* 0: none */
	uint16_t update_delay;	   /* seconds; 0: none */
	uint32_t confederation_id; /* 0: none */
	VEC(uint32_t) confederation_peers;
	bool graceful_shutdown;	   /* RFC 8326 */
	bool reject_as_sets;	   /* RFC 9774 */
	bool graceful_restart;	   /* helper and restarter as negotiated */
	struct decision_options decision; /* max_paths come from the family */
	struct instance_family_config family[FAM_UNICAST_COUNT];
	struct evpn_config evpn;
	VEC(struct peer_config) peers; /* by address, then interface */
	VEC(struct listen_config) listen;
	uint16_t listen_limit;	   /* such peers at most; 100 */
};

struct bgp_config {
	unsigned refs;
	char hostname[64];
	struct arena memory;
	struct policy_config policy;
	struct policy *compiled; /* of it, once somebody needed that (policy_of()); or NULL */
	VEC(struct instance_config) instances; /* default first, then by name */
};

struct bgp_config *bgp_config_new(void);      /* empty, one reference */
struct bgp_config *bgp_config_ref(struct bgp_config *c);
void bgp_config_unref(struct bgp_config *c);
void peer_config_init(struct peer_config *p);		/* the defaults above */
void instance_config_init(struct instance_config *i);	/* likewise */
void instance_config_fini(struct instance_config *i);	/* frees its arrays */
/* A neighbour's family without settings, off and activated. */
extern const struct peer_family_config peer_family_off, peer_family_on;
/* While c is being made: the family of a neighbour of c as its own, to be changed. */
struct peer_family_config *peer_config_family(struct bgp_config *c, struct peer_config *p,
		enum family f);
/* The same neighbour without what lies in the memory of its configuration. */
void peer_config_forget(struct peer_config *p);
bool peer_config_equal(const struct peer_config *a, const struct peer_config *b);
/* By address, then interface: negative, 0 or positive. */
int peer_config_order(const struct peer_config *a, const struct peer_config *b);
/* The peer that has the address and interface of `like`, or NULL. */
const struct peer_config *instance_config_peer(const struct instance_config *k,
		const struct peer_config *like);

/* What going from old to new costs a peer; used by the core, and by `check`. */
enum config_cost { COST_NOTHING, COST_OUT, COST_IN, COST_SESSION };
enum config_cost peer_config_cost(const struct peer_config *old, const struct peer_config *new);

#endif
