/* A synthetic table for core_bench: NLRIs in the order in which a router sends
 * them, grouped by the attributes they share. */
#ifndef WEFT_BENCH_CORE_ROUTES_H
#define WEFT_BENCH_CORE_ROUTES_H

#include <stdbool.h>

#include "bgpd/core/family.h"
#include "lib/base/vec.h"

struct core_routes {
	enum family family;
	uint32_t n, n_groups;
	VEC(uint8_t) nlri;	/* as announced */
	VEC(uint32_t) at, group; /* of each route: where its NLRI begins (n + 1), its attribute set */
};

/* n routes, on average so many to a set of attributes. */
void core_routes_make(struct core_routes *r, enum family f, uint32_t n, double per_group);

/* Who sends them: what is different between senders. */
struct core_sender {
	uint32_t as, address; /* IPv4 address: the next hop, mapped where it must be IPv6 */
	uint32_t med;	      /* 0: none */
	bool internal;
	unsigned number, of;  /* of the senders: which of them has the shortest path is drawn per set */
};

typedef VEC(uint8_t) core_bytes;

void core_routes_announce(const struct core_routes *r, const struct core_sender *s, core_bytes *out);
/* In the order of the table, or shuffled, if seed is not 0. */
void core_routes_withdraw(const struct core_routes *r, uint64_t seed, core_bytes *out);

#endif
