/* Route policy, compiled: immutable, shared by all who hold a reference.
 * A name that is not defined follows FRR: a missing route-map denies, a
 * missing list in a `match` does not match. */
#ifndef WEFT_BGPD_CORE_POLICY_H
#define WEFT_BGPD_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/attrs.h"
#include "bgpd/core/family.h"
#include "bgpd/core/info.h"
#include "bgpd/core/policy_config.h"
#include "bgpd/core/source.h"
#include "lib/base/err.h"

struct policy;

/* Takes nothing over from c.  NULL and a sentence naming the list or the
 * route-map entry if something in it can't be compiled. */
struct policy *policy_new(const struct policy_config *c, struct err *e);
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy *p);

/* A filter bound to a compiled policy: what the hot path calls. */
struct policy_bound;
/* Keeps a reference to the policy and, once applied, to some attribute sets:
 * free it before their table. */
struct policy_bound *policy_bind(struct policy *p, enum family f, const struct policy_filter *x);
void policy_bound_free(struct policy_bound *b);
/* Same outcome for all routes with the same attributes and source? */
bool policy_bound_ignores_prefix(const struct policy_bound *b);
/* Does it matter which session it is applied for (`match peer`)? */
bool policy_bound_looks_at_peer(const struct policy_bound *b);
bool policy_bound_permits_all(const struct policy_bound *b); /* no filter at all: skip it */
/* Two bound filters, maybe of two policies, that can't differ in outcome:
 * reload asks this to know what a change touches.  NULL: no filter at all. */
bool policy_bound_equal(const struct policy_bound *a, const struct policy_bound *b);

struct policy_route {
	enum family family;
	const uint8_t *key;		  /* nlri.h; NULL if there is no prefix yet */
	const struct nlri_info *info;
	const struct route_source *source; /* where the route came from */
	const struct ip_addr *peer;	  /* the session that the filter is of; NULL: none */
	bool outbound;			  /* the filter decides what that session is told */
	const char *source_vrf;		  /* of an imported route; NULL: none */
	const char *interface;		  /* next hop's, "" if unknown */
	uint32_t local_as;
	uint32_t igp_metric;
};

/* Which line decided; for `explain` and history. */
struct policy_trace {
	const char *list;	/* name of the route-map or list, NULL: none */
	uint32_t seq;		/* of the entry; 0: the implicit deny at the end */
};

/* Applies the filter to attributes `*attrs` (interned; a reference of the
 * caller's, which is replaced by one to the result).  False: denied, *attrs
 * as it was.  trace may be NULL. */
bool policy_apply(const struct policy_bound *b, struct attrs_table *t, struct info_table *infos,
		const struct policy_route *r, uint32_t *attrs, struct policy_trace *trace);

/* For show commands: the text of each list and map with its counters is made
 * by the shell from the configuration; hits of an entry: */
bool policy_has_map(const struct policy *p, const char *route_map);
uint64_t policy_entry_hits(const struct policy *p, const char *route_map, uint32_t seq);
/* A clause's words as in the CLI, from those or the schema's name; NULL: unknown. */
const char *policy_clause_words(bool set, const char *words);

/* Does an AS path (PART_AS_PATH bytes) match a regular expression in FRR's
 * language ('_' is a delimiter)?  -EINVAL and a sentence if it is malformed.
 * For `show bgp ... regexp`. */
struct as_path_regex;
struct as_path_regex *as_path_regex_new(const char *text, struct err *e);
void as_path_regex_free(struct as_path_regex *r);
bool as_path_regex_match(const struct as_path_regex *r, struct attr_span as_path);

#endif
