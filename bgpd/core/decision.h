/* Decision process: orders the usable paths of one destination, best first,
 * by elimination over the whole set (RFC 4271 section 9.1.2.2: "remove from
 * consideration"), so that MED needs no order of comparison. */
#ifndef WEFT_BGPD_CORE_DECISION_H
#define WEFT_BGPD_CORE_DECISION_H

#include "bgpd/core/rib.h"

struct candidate {
	struct path *path;
	const struct attrs *attrs;
	const struct route_source *source;
	uint32_t id;	  /* of the path in its slab */
	uint32_t path_id; /* RFC 7911; 0: none */
	uint32_t metric;  /* IGP cost of the next hop */
	uint64_t rank;	  /* scratch of the step that runs */
};

struct decision_context {
	const struct decision_options *options;
	const struct attrs_table *attrs;
	const struct info_table *infos;
	enum family family;
	const uint8_t *key;
};

/* Reorders c[0..n), n >= 1: the best, those used beside it, then the others,
 * the ones that lost last first.  Sets path->reason of all and PATH_MULTIPATH
 * of those used beside the best.  The result does not depend on the order in
 * which they were handed in. */
void decision_run(const struct decision_context *x, struct candidate *c, unsigned n);

/* The same for candidates that are equal in all steps before that of this reason. */
void decision_run_from(const struct decision_context *x, struct candidate *c, unsigned n,
		enum path_reason first);
/* Might c, if it is equal but for the steps after the IGP metric, be used beside the best? */
bool decision_goes_with(const struct decision_context *x, const struct candidate *best,
		const struct candidate *c);

/* The step at which c would lose to the best of a set that decision_run() has
 * ordered, if its coming would change nothing for the others; REASON_NONE if it
 * might.  MED is not looked at: that c's differs from that of no other path which
 * comes as far as MED is for the caller to see, if c does.  Not for EVPN's MACs. */
enum path_reason decision_loses(const struct decision_context *x, const struct candidate *best,
		const struct candidate *c);
/* Does MED prefer one of them to the other? */
bool decision_med_differs(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b);

/* Two paths alone: *ret_differ is the first step at which they differ, and *ret_order is more than 0 if a loses there.  False if
 * MED differs and does not compare all routes with each other, or a MAC is at an Ethernet
 * segment: then the place of one depends on others. */
bool decision_compare(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b, int *ret_order, enum path_reason *ret_differ);
/* Might one of two that are equal up to the IGP metric be used beside the other? */
bool decision_beside(const struct decision_context *x, const struct candidate *a,
		const struct route_source *b, const struct attrs *b_attrs);

/* The same for one path and many others: what is asked of it, once, and what of the
 * others' sources; DECISION_BY_PATH: decision_beside() must be asked. */
struct decision_company {
	bool none, external, relaxed;
	uint32_t as;
};
struct decision_company decision_company(const struct decision_context *x, const struct candidate *a);

enum decision_company_answer { DECISION_NEVER, DECISION_ALWAYS, DECISION_BY_PATH };

static inline bool source_is_external(const struct route_source *s)
{
	return (s->kind == SOURCE_PEER || s->kind == SOURCE_IMPORT) && !s->ibgp && !s->confed;
}

/* Same kind of neighbour and, unless relaxed, the same neighbouring AS (eBGP) or the same
 * AS path (iBGP). */
static inline enum decision_company_answer decision_company_of(const struct decision_company *c,
		const struct route_source *b)
{
	bool external = source_is_external(b);

	if (c->none || external != c->external)
		return DECISION_NEVER;
	if (c->relaxed)
		return DECISION_ALWAYS;
	if (external)
		return b->as == c->as ? DECISION_ALWAYS : DECISION_NEVER;
	return DECISION_BY_PATH;
}

#define DECISION_PATHS_MAX 256 /* used at once */
unsigned decision_max_paths(const struct decision_context *x, const struct candidate *best);
/* Two peers' paths with one next hop add nothing to each other: its number, or 0 if this path
 * can be used beside any; a link-local address is one per interface. */
uint32_t decision_way(const struct decision_context *x, const struct route_source *s,
		const struct attrs *attrs);

/* Which are used beside a best path: asked, in the order in which they would win, of all that are
 * equal to it up to the IGP metric. */
struct decision_used {
	struct decision_company company; /* of the best */
	const struct attrs *best;
	unsigned left;	   /* so many more */
	unsigned n_hops;
	uint64_t hop_bits; /* of each number in hops the lowest six, as a set */
	uint32_t hops[DECISION_PATHS_MAX];
};
void decision_used_begin(const struct decision_context *x, const struct candidate *best,
		struct decision_used *ret);
bool decision_used_add(const struct decision_context *x, struct decision_used *used,
		const struct route_source *s, const struct attrs *attrs);

/* As the steps count them: also for shows. */
uint32_t decision_weight(const struct attrs *a, const struct route_source *s);
uint32_t decision_local_pref(const struct decision_options *o, const struct attrs *a);

/* The step that a reason stands for: its name and source; NULL if the reason is none. */
const char *decision_step_name(enum path_reason r);
const char *decision_step_reference(enum path_reason r);

#endif
