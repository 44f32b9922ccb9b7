/* What origin.c and aggregate.c share. */
#ifndef WEFT_BGPD_CORE_ORIGIN_PRIVATE_H
#define WEFT_BGPD_CORE_ORIGIN_PRIVATE_H

#include "bgpd/core/origin.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"

struct origin_network {
	struct prefix prefix;
	struct policy_bound *filter; /* NULL: none */
};

struct origin_redistribute {
	bool on, has_metric;
	uint32_t metric;
	struct policy_bound *filter;
};

/* One aggregate-address, and the routes that it stands for. */
struct aggregate {
	struct prefix prefix;
	enum family family;
	bool summary_only, as_set, has_origin, active;
	uint8_t origin;
	struct policy_bound *filter;
	VEC(uint32_t) members;	/* destinations, sorted: best routes inside the prefix */
};

struct aggregate_table {
	struct rib_reader reader; /* open while the family has aggregates */
	struct origin *owner;
};

struct origin {
	struct bgp_instance *instance;
	struct slab routes; /* struct local_route */
	struct htab by_prefix;
	bool subscribed;    /* to kernel routes */
	VEC(struct origin_network) networks; /* sorted */
	struct origin_redistribute redistribute[2][4]; /* [IPv6][enum feed_proto] */
	VEC(struct aggregate) aggregates;
	struct aggregate_table tables[2];
	struct work work;
};

/* True if there is no filter, or it permits; *attrs as policy_apply(). */
bool origin_filter(struct bgp_instance *i, const struct policy_bound *b, enum family f,
		const uint8_t *key, uint16_t source, uint32_t *attrs);

void aggregates_init(struct origin *o);
void aggregates_config(struct origin *o);
void aggregates_fini(struct origin *o);

#endif
