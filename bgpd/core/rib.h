/* One table of routes: a family of an instance (VRF).  Destinations in a hash
 * table over a slab, each with its paths, best first; a log of destinations
 * whose outcome changed, which every consumer (out groups, feed, import and
 * export between tables) reads at its own pace with a cursor of its own.
 *
 * The memory of a route is what this file is about: see doc/architecture.md,
 * "The table".  Ids are slab ids; pointers from rib_dest()/rib_path() hold
 * until the next change to the table. */
#ifndef WEFT_BGPD_CORE_RIB_H
#define WEFT_BGPD_CORE_RIB_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/attrs.h"
#include "bgpd/core/family.h"
#include "bgpd/core/info.h"
#include "bgpd/core/source.h"
#include "lib/base/ordered.h"
#include "lib/base/slab.h"

/* Why a path is not the best, or not usable: one code each, its words in
 * reason_text().  Made where it is decided. */
enum path_reason {
	REASON_NONE,		/* not compared: the only path, or the best */
	/* not usable */
	REASON_POLICY_DENIED,	/* the inbound policy */
	REASON_NEXT_HOP_UNREACHABLE,
	REASON_AS_LOOP,
	REASON_ORIGINATOR_LOOP,
	REASON_CLUSTER_LOOP,
	REASON_NEXT_HOP_SELF,	/* it is our own address (RFC 4271 section 6.3) */
	REASON_AS_SET,		/* bgp reject-as-sets (RFC 9774) */
	REASON_NOT_IMPORTED,	/* max-prefix, suppressed, ... */
	/* lost in decision, in the order of the steps */
	REASON_WEIGHT, REASON_LOCAL_PREF, REASON_LOCAL_ORIGIN, REASON_AIGP, REASON_AS_PATH_LENGTH,
	REASON_ORIGIN, REASON_MED, REASON_PEER_TYPE, REASON_CONFED, REASON_IGP_METRIC,
	REASON_MULTIPATH,	/* equal, used beside the best */
	REASON_OLDER, REASON_ROUTER_ID, REASON_CLUSTER_LENGTH, REASON_NEIGHBOR_ADDRESS,
	REASON_PATH_ID,
	REASON_EVPN_MOBILITY,	/* RFC 7432 15.1: sequence, sticky, lower VTEP */
	REASON_COUNT,
};
const char *reason_text(enum path_reason r);

#define PATH_USABLE 0x01    /* takes part in decision */
#define PATH_MULTIPATH 0x02 /* used beside the best */
#define PATH_STALE 0x04	    /* a sweep is under way; of a peer's paths ask adj_in_is_stale() */
#define PATH_ADD_PATH 0x08  /* has a path id (kept beside the table) */
#define PATH_ERA 0x30	    /* of a peer's session: see adj_in.c */
#define PATH_SORTED 0x40    /* of a best path: see rib_sorted.c */
#define PATH_TWINS 0x80	    /* beside PATH_SORTED: some might be used beside each other */

struct path {
	uint32_t next;	   /* of the same destination; 0 ends */
	uint32_t attrs_in; /* as received; references are held */
	uint32_t attrs;	   /* after policy; 0 if denied */
	uint32_t info;	   /* struct nlri_info; 0: none */
	uint32_t time;	   /* seconds of monotonic time: when it last changed */
	uint16_t source;   /* number of its struct route_source */
	uint8_t flags;	   /* PATH_* */
	uint8_t reason;	   /* enum path_reason; of one that is usable ask rib_path_reason() */
};

struct dest {
	uint32_t paths;	   /* best first if it is PATH_USABLE, those not usable last; see rib_sorted.c */
	uint32_t log_at;   /* place in the log of its last entry */
	uint8_t key[];	   /* families[].key_size bytes */
};

/* What a table needs of its surroundings; one for all tables of a core. */
struct rib_env {
	struct attrs_table *attrs;
	struct info_table *infos;
	const struct route_source *const *sources; /* by number */
	/* Next hop of an instance: usable?  *ret_metric is the IGP cost. */
	bool (*next_hop_usable)(const void *ctx, uint16_t instance, const struct route_source *src,
			uint32_t next_hop, uint32_t *ret_metric);
	const void *ctx;
};

/* How the best path is chosen here (bgp bestpath ..., maximum-paths). */
struct decision_options {
	bool always_compare_med, deterministic_med, med_missing_as_worst, med_confed;
	bool as_path_ignore, as_path_confed, multipath_relax, compare_router_id;
	bool evpn;		/* MAC mobility comes first */
	uint16_t max_paths_ebgp, max_paths_ibgp; /* 1: no multipath */
	uint32_t default_local_pref;
};

struct rib;

/* seed: another one for each table that there is or was. */
struct rib *rib_new(const struct rib_env *env, enum family f, uint16_t instance, uint64_t seed);
void rib_free(struct rib *rib);
enum family rib_family(const struct rib *rib);
uint16_t rib_instance(const struct rib *rib);
void rib_set_options(struct rib *rib, const struct decision_options *o); /* then rib_walk + rib_decide */

/* Adds or replaces the path of (key, source, path_id).  Takes over the
 * caller's references to attrs_in, attrs (may be 0: denied) and info.
 * Decides at once, and logs the destination if its outcome changed.
 * Returns the destination.  `reason` matters only if attrs is 0. */
uint32_t rib_update(struct rib *rib, const uint8_t *key, uint16_t source, uint32_t path_id,
		uint32_t attrs_in, uint32_t attrs, uint32_t info, enum path_reason reason,
		uint32_t now_secs);
/* Removes it; false if it was not there. */
bool rib_withdraw(struct rib *rib, const uint8_t *key, uint16_t source, uint32_t path_id);
/* Chooses the best again (a next hop or an option changed) and logs if needed. */
void rib_decide(struct rib *rib, uint32_t dest);
/* Logs a destination although nothing changed (something its consumers look
 * at beside the table did). */
void rib_touch(struct rib *rib, uint32_t dest);

/* Log every change of a usable path, not only of the best and those used beside
 * it: for readers that look at all of them (add-path). */
void rib_log_all_paths(struct rib *rib, bool on);

uint32_t rib_find(const struct rib *rib, const uint8_t *key); /* 0: none */
/* Longest match of an address in a unicast table; 0: none. */
uint32_t rib_match(const struct rib *rib, const struct ip_addr *a);
const struct dest *rib_dest(const struct rib *rib, uint32_t id);
struct path *rib_path(const struct rib *rib, uint32_t id);
uint32_t rib_path_add_path_id(const struct rib *rib, uint32_t path);
/* Why it is not the best, or not usable. */
enum path_reason rib_path_reason(const struct rib *rib, uint32_t dest, uint32_t path);
/* The best path, or NULL. */
const struct path *rib_best(const struct rib *rib, uint32_t dest);
/* The paths in use: after the best one, or one used beside it, the next of these; 0: no more. */
uint32_t rib_used_next(const struct rib *rib, uint32_t dest, uint32_t path);
uint32_t rib_dest_count(const struct rib *rib);
uint32_t rib_path_count(const struct rib *rib);
uint32_t rib_version(const struct rib *rib); /* grows with each change that was logged */
size_t rib_bytes(const struct rib *rib);

/* Walks live destinations in id order: start with 0, ends with 0.  Safe across
 * changes; those added meanwhile may or may not be seen. */
uint32_t rib_walk(const struct rib *rib, uint32_t after);

/* A walk in show order (nlri_compare) over the destinations that have paths: each
 * that stays is given once, whatever changes meanwhile; see lib/base/ordered.h for
 * how.  want: NULL, or which keys are to be given at all. */
struct rib_order;
struct rib_order *rib_order_new(const struct rib *rib,
		bool (*want)(const void *ctx, const uint8_t *key), const void *ctx);
void rib_order_free(struct rib_order *o);
/* Before rib_order_next() after any change; the table may be another one by now. */
void rib_order_resume(struct rib_order *o, const struct rib *rib);
/* 0 after the last; ORDERED_WAIT: resume after other work. */
uint32_t rib_order_next(struct rib_order *o);
void rib_order_rest(struct rib_order *o); /* the reader takes its time: holds no memory */

/* A consumer of changes.  It sees each changed destination at least once after
 * its last change; several changes may show as one.  A destination that lost
 * its last path is kept until every consumer has passed it; one that was handed
 * out stays at least until the same reader's next call. */
struct rib_reader {
	struct rib *rib;
	/* NULL: none.  Called (while the table is being changed: note it, look later) when a
	 * reader that had seen all gets something to read. */
	void (*wake)(struct rib_reader *r);
	/* private */
	uint32_t at, done, walk, walk_end;
	uint32_t walk_from; /* handed out by the walk last: those above, up to walk */
	bool idle;
	struct rib_reader *next;
};
/* whole: first all destinations that are there now, then changes. */
void rib_reader_open(struct rib *rib, struct rib_reader *r, bool whole,
		void (*wake)(struct rib_reader *r));
/* A reader at the same place as another one. */
void rib_reader_copy(struct rib_reader *to, const struct rib_reader *from,
		void (*wake)(struct rib_reader *r));
void rib_reader_close(struct rib_reader *r); /* nothing if it is not open (zeroed) */
uint32_t rib_reader_next(struct rib_reader *r); /* a destination; 0: nothing for now */
/* Up to n of them at once; 0: nothing for now. */
uint32_t rib_reader_read(struct rib_reader *r, uint32_t *ret, uint32_t n);
bool rib_reader_pending(const struct rib_reader *r);
bool rib_reader_walking(const struct rib_reader *r); /* still in the first pass of `whole` */
void rib_reader_rewind(struct rib_reader *r);	      /* all destinations again, then changes */

#endif
