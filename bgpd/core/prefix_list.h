/* A compiled prefix list or access list: first match in sequence order, found
 * with one hash probe per prefix length in use instead of a walk of the list. */
#ifndef WEFT_BGPD_CORE_PREFIX_LIST_H
#define WEFT_BGPD_CORE_PREFIX_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/core/prefix_rules.h"
#include "lib/base/addr.h"

struct prefix_list;

/* Takes a reference to the rules, which must not change from then on. */
struct prefix_list *prefix_list_new(struct prefix_rules *rules);
void prefix_list_free(struct prefix_list *l);
/* The first matching rule's verdict; nothing matches: false, and *ret_seq (may
 * be NULL) is 0. */
bool prefix_list_match(const struct prefix_list *l, const struct prefix *p, uint32_t *ret_seq);
/* Do they say the same of every prefix, by the same rules?  Numbers aside. */
bool prefix_list_equal(const struct prefix_list *a, const struct prefix_list *b);

#endif
