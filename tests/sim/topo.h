/* Random networks: which routers there are, who peers with whom and how; and
 * the configurations that say so. */
#ifndef WEFT_TESTS_SIM_TOPO_H
#define WEFT_TESTS_SIM_TOPO_H

#include "tests/sim/sim.h"

#define TOPO_MAX 24 /* routers */

enum topo_filter { FILTER_NONE, FILTER_ODD, FILTER_LOW, FILTER_PREPEND };

struct topo_session { /* as router sees it, towards other */
	int other;
	bool client;		/* other is our route reflector client */
	enum topo_filter out;
	uint8_t prepend;	/* FILTER_PREPEND: how often */
	bool shutdown, passive;
};

struct topo_router {
	uint32_t as;
	unsigned first, n;	/* prefixes that it announces: topo_prefix(first + i) */
	VEC(struct topo_session) sessions;
};

struct topo {
	int n;
	unsigned n_prefixes;
	struct topo_router router[TOPO_MAX];
};

/* eBGP between ASes at random, iBGP inside by full mesh or a reflector. */
void topo_random(struct topo *t, struct rng *rng);
void topo_copy(struct topo *to, const struct topo *from);
void topo_fini(struct topo *t);
struct topo_session *topo_session(struct topo *t, int from, int to); /* NULL: none */
struct prefix topo_prefix(unsigned n);
/* Something changes: a filter, a shutdown, prefixes that come or go, a session that goes away. */
void topo_change(struct topo *t, struct rng *rng);
bool topo_denies(enum topo_filter f, unsigned prefix);

/* One reference. */
struct bgp_config *topo_config(const struct topo *t, int router);

#endif
