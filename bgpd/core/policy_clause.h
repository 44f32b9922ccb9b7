/* Inside the policy compiler: match and set clauses of route-maps, compiled,
 * and what they work on.  Shared by policy.c, policy_bind.c, policy_match.c
 * and policy_set.c only.
 *
 * A new clause is one row in the table of policy_match.c or policy_set.c and
 * one or two functions there. */
#ifndef WEFT_BGPD_CORE_POLICY_CLAUSE_H
#define WEFT_BGPD_CORE_POLICY_CLAUSE_H

#include "bgpd/core/list.h"
#include "bgpd/core/policy.h"
#include "bgpd/core/prefix_list.h"
#include "lib/base/vec.h"

/* A route on its way through a filter. */
struct policy_ctx {
	const struct policy_route *route;
	struct attrs_table *table;
	uint32_t id; /* attributes as they are now */
	const struct attrs *attrs;
	struct prefix prefix; /* family 0: none, or nobody asks */
};

/* Attributes being changed by the set clauses of one entry. */
struct policy_edit {
	struct route_attrs a;
	const struct policy_ctx *ctx;
	VEC(uint8_t *) memory; /* of new parts; freed after interning */
};
/* Memory that lasts until the edit is over. */
uint8_t *policy_edit_alloc(struct policy_edit *x, size_t size);

struct clause;

/* In clause_kind.flags.  Where none is set: looks only at the attributes and
 * the source. */
#define CLAUSE_PREFIX 0x01 /* looks at the prefix, or at what came with it */
#define CLAUSE_DEAR 0x02   /* looks at attributes alone, and is worth remembering */
#define CLAUSE_ROUTE 0x04  /* of a set clause: looks at more than attributes */

struct clause_kind {
	const char *words;
	/* Takes c->arg apart.  0, or -EINVAL and a sentence. */
	int (*parse)(struct clause *c, const struct policy *p, struct err *e);
	bool (*match)(const struct clause *c, const struct policy_ctx *x);
	void (*set)(const struct clause *c, struct policy_edit *x);
	unsigned flags;
	uint8_t family;	     /* 4 or 6 where the words say ip or ipv6 */
	enum list_kind list; /* of clauses about communities */
	uint8_t detail;	     /* ext community sub-type, HAS_* bit, ...: the functions' own */
};

struct clause {
	const struct clause_kind *kind;
	char *arg;
	unsigned memo; /* number among the dear ones of its route-map, from 1; 0: none */
	/* What parse made of it; which of them depends on the kind. */
	const struct prefix_list *prefixes; /* NULL: a list that is missing */
	const struct route_list *list;	    /* likewise */
	enum list_mode mode;
	uint32_t number, number2;
	int sign; /* of a relative number; 0: absolute */
	struct ip_addr addr;
	struct rd_value rd;
	byte_vec bytes;
	VEC(uint32_t) numbers;
	bool additive, none;
};

extern const struct clause_kind match_kinds[], set_kinds[]; /* end with words NULL */

struct compiled_entry {
	uint32_t seq;
	bool permit;
	VEC(struct clause) match, set;
	char *call_name;
	const struct compiled_map *call; /* NULL: none, or missing (then ignored) */
	bool on_match_next;
	uint32_t on_match_goto;
	bool set_pure; /* the result of `set` depends on attributes alone */
	uint64_t hits;
};

struct compiled_map {
	char *name;
	VEC(struct compiled_entry) entries;
	unsigned n_dear; /* numbers given to dear clauses */
};

const struct prefix_list *policy_find_prefix_list(const struct policy *p, uint8_t family,
		const char *name);
const struct prefix_list *policy_find_access_list(const struct policy *p, uint8_t family,
		const char *name);
const struct route_list *policy_find_list(const struct policy *p, enum list_kind k,
		const char *name);
struct compiled_map *policy_find_map(const struct policy *p, const char *name);

/* Parsers that both tables use. */
int clause_parse_none(struct clause *c, const struct policy *p, struct err *e);
int clause_parse_number(struct clause *c, const struct policy *p, struct err *e);
int clause_parse_addr(struct clause *c, const struct policy *p, struct err *e);
int clause_parse_origin(struct clause *c, const struct policy *p, struct err *e);
/* The next word of *text into buf, cut to fit; false: none is left. */
bool clause_word(const char **text, char *buf, size_t size);
int clause_u32(const char *text, uint32_t *ret); /* -EINVAL */

#endif
