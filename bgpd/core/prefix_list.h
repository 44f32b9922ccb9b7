/* A compiled prefix list or access list: first match in sequence order, found
 * with one hash probe per prefix length in use instead of a walk of the list. */
#ifndef WEFT_BGPD_CORE_PREFIX_LIST_H
#define WEFT_BGPD_CORE_PREFIX_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/addr.h"

struct prefix_list;

struct prefix_list *prefix_list_new(uint8_t family);
void prefix_list_free(struct prefix_list *l);
/* Makes room for n rules in a new list. */
void prefix_list_reserve(struct prefix_list *l, size_t n);
/* A rule with this prefix will be added soon: its place comes from memory meanwhile. */
void prefix_list_ahead(const struct prefix_list *l, const struct prefix *p);
/* Adds a rule behind those that are there: prefixes inside p whose length is
 * at least min_len and at most max_len. */
void prefix_list_add(struct prefix_list *l, const struct prefix *p, uint8_t min_len,
		uint8_t max_len, bool permit, uint32_t seq);
/* The first matching rule's verdict; nothing matches: false, and *ret_seq (may
 * be NULL) is 0. */
bool prefix_list_match(const struct prefix_list *l, const struct prefix *p, uint32_t *ret_seq);
bool prefix_list_equal(const struct prefix_list *a, const struct prefix_list *b);

#endif
