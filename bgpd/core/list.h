/* Compiled lists of policy: as-path access lists, and the three kinds of
 * community lists, standard and expanded.  First match in sequence order. */
#ifndef WEFT_BGPD_CORE_LIST_H
#define WEFT_BGPD_CORE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/attrs.h"
#include "bgpd/core/policy_config.h"
#include "lib/base/err.h"
#include "lib/base/strbuf.h"

struct route_list;

/* NULL and a sentence naming list and entry.  Not for LIST_ACCESS. */
struct route_list *route_list_new(const struct list_config *c, struct err *e);
void route_list_free(struct route_list *l);

enum list_mode {
	LIST_INCLUDES, /* the route has all communities of an entry */
	LIST_EXACT,    /* and no others (match ... exact-match) */
	LIST_ANY,      /* the route has one of them (match ... any) */
};

/* The verdict on an attribute's bytes: of the AS path, or of the kind of
 * communities that the list is for.  No entry matches: false. */
bool route_list_match(const struct route_list *l, struct attr_span part, enum list_mode mode);
/* The verdict on one community alone (set comm-list ... delete). */
bool route_list_match_one(const struct route_list *l, const uint8_t *community);
bool route_list_equal(const struct route_list *a, const struct route_list *b);

/* Kinds of communities, by list kind: bytes each, attribute, text. */
struct community_kind {
	unsigned size;
	enum attr_part part;
	void (*text)(struct attr_span s, struct strbuf *out);
};
const struct community_kind *community_kind(enum list_kind k); /* NULL: not of communities */

/* Reads communities with spaces between them, "65000:1 no-export" or, extended,
 * "rt 65000:1 soo 65000:2"; appends them sorted, without repetition.  -EINVAL. */
typedef VEC(uint8_t) byte_vec;
int communities_parse(enum list_kind k, const char *text, byte_vec *out, struct err *e);
/* Sorts n communities of this size in place and drops repetitions; how many
 * are left. */
size_t communities_sort(uint8_t *p, size_t n, unsigned size);

#endif
