/* Rules of a prefix list in sequence order.  The list as it is configured and the one that is
 * looked up share them: they are many, 12 bytes each for IPv4 and 24 for IPv6. */
#ifndef WEFT_BGPD_CORE_PREFIX_RULES_H
#define WEFT_BGPD_CORE_PREFIX_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/addr.h"

/* One rule as a value. */
struct prefix_list_entry {
	uint32_t seq;
	bool permit, any;
	struct prefix prefix; /* of the list's family; ignored with any */
	uint8_t ge, le; /* 0: not given */
};

/* The same, packed. */
struct prefix_rule {
	uint32_t seq;
	uint8_t len, ge, le;
	bool permit : 1, any : 1;
	uint8_t addr[]; /* 4 or 16 bytes */
};

struct prefix_rules {
	unsigned refs;
	uint8_t family; /* 4 or 6 */
	uint8_t size;	/* bytes a rule */
	uint32_t n, room;
	char *v;
};

/* One reference; room for so many rules, more if need be. */
struct prefix_rules *prefix_rules_new(uint8_t family, size_t room);
struct prefix_rules *prefix_rules_ref(struct prefix_rules *r);
void prefix_rules_unref(struct prefix_rules *r);
/* Behind those that are there.  Only while nobody else has a reference. */
void prefix_rules_add(struct prefix_rules *r, const struct prefix_list_entry *e);
struct prefix_list_entry prefix_rules_entry(const struct prefix_rules *r, size_t i);
bool prefix_rules_equal(const struct prefix_rules *a, const struct prefix_rules *b);

static inline const struct prefix_rule *prefix_rules_at(const struct prefix_rules *r, size_t i)
{
	return (const struct prefix_rule *)(r->v + i * r->size);
}

/* Lengths of prefixes that a rule admits. */
static inline uint8_t prefix_rule_min(const struct prefix_rule *x)
{
	return x->ge && !x->any ? x->ge : x->len;
}

static inline uint8_t prefix_rule_max(const struct prefix_rules *r, const struct prefix_rule *x)
{
	return x->any || (x->ge && !x->le) ? (uint8_t)family_bits(r->family) :
	       x->le			     ? x->le :
					       x->len;
}

#endif
