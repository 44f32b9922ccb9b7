/* Route policy as configured: lists and route-maps as plain values, in the
 * order of their sequence numbers.  Built by the shell from the configuration
 * tree; compiled by policy.c. */
#ifndef WEFT_BGPD_CORE_POLICY_CONFIG_H
#define WEFT_BGPD_CORE_POLICY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/prefix_rules.h"
#include "lib/base/addr.h"
#include "lib/base/vec.h"

struct prefix_list_config {
	char *name;
	uint8_t family; /* 4 or 6: `ip` and `ipv6` lists have separate names */
	struct prefix_rules *rules; /* shared with what is compiled; NULL: none */
};

enum list_kind {
	LIST_ACCESS,	      /* text: prefix or "any" */
	LIST_AS_PATH,	      /* text: regular expression */
	LIST_COMMUNITY,	      /* text: communities, all of which must be there; or, */
	LIST_LARGE_COMMUNITY, /* with `regex`, a regular expression over their text */
	LIST_EXT_COMMUNITY,   /* "rt 65000:1 soo 65000:2", or a regular expression */
	LIST_KINDS,
};

struct list_entry {
	uint32_t seq;
	bool permit;
	bool exact; /* LIST_ACCESS: this prefix, not those inside it */
	bool regex; /* community lists: `expanded` */
	char *text;
};

struct list_config {
	char *name;
	enum list_kind kind;
	uint8_t family; /* LIST_ACCESS: 4 or 6 */
	VEC(struct list_entry) entries;
};

/* One match or set line: its words as in the CLI, "ip address prefix-list"
 * (or with '-' for the spaces, as the schema names it), and its argument,
 * "NAME".  The tables in policy_match.c and policy_set.c know each. */
struct clause_config {
	char *words;
	char *arg; /* "" if it has none */
};

struct route_map_entry {
	uint32_t seq;
	bool permit;
	VEC(struct clause_config) match, set;
	char *call;		 /* NULL: none */
	bool on_match_next;	 /* go on with the next entry */
	uint32_t on_match_goto;	 /* 0: none */
	char *description;	 /* for shows; NULL: none */
};

struct route_map_config {
	char *name;
	VEC(struct route_map_entry) entries;
};

/* What a filter of a neighbour is made of: names, any may be NULL. */
struct policy_filter {
	const char *route_map, *prefix_list, *distribute_list, *filter_list /* as-path */;
};

static inline bool policy_filter_any(const struct policy_filter *x)
{
	return x->route_map || x->prefix_list || x->distribute_list || x->filter_list;
}

struct policy_config {
	VEC(struct prefix_list_config) prefix_lists;
	VEC(struct list_config) lists;
	VEC(struct route_map_config) route_maps;
};

/* While the list is being made. */
void prefix_list_config_add(struct prefix_list_config *l, const struct prefix_list_entry *e);

void policy_config_fini(struct policy_config *c); /* frees what it holds; c itself is the caller's */
bool policy_config_equal(const struct policy_config *a, const struct policy_config *b);

#endif
