/* What a network must settle on, computed plainly: every router's best route
 * of every prefix, by going round until nothing changes. */
#ifndef WEFT_TESTS_SIM_REFERENCE_H
#define WEFT_TESTS_SIM_REFERENCE_H

#include "tests/sim/topo.h"

#define REF_PATH_MAX 96

struct ref_route {
	bool valid;
	int from;		/* router it was learned from; -1: our own */
	bool ebgp;		/* learned by eBGP */
	uint32_t id;		/* router id that breaks ties: the originator's */
	uint32_t originator;	/* 0: none */
	unsigned n_clusters, n_path;
	uint32_t clusters[TOPO_MAX];
	uint32_t path[REF_PATH_MAX];
};

struct reference {
	int n;
	unsigned n_prefixes;
	struct ref_route *best; /* [router * n_prefixes + prefix] */
};

void reference_make(struct reference *r, struct topo *t);
void reference_free(struct reference *r);

static inline const struct ref_route *reference_best(const struct reference *r, int router,
		unsigned prefix)
{
	return &r->best[(unsigned)router * r->n_prefixes + prefix];
}

#endif
