/* The plain computation: see reference.h.  Follows RFC 4271 section 9 and RFC
 * 4456 in the simplest way, sharing no code with the core. */
#include <stdlib.h>

#include "tests/sim/reference.h"
#include "lib/base/xalloc.h"

static uint32_t id_of(int router)
{
	struct ip_addr a = sim_addr(router);

	return ip4_u32(&a);
}

/* a beats b. */
static bool better(const struct ref_route *a, const struct ref_route *b)
{
	if (!b->valid)
		return true;
	if ((a->from < 0) != (b->from < 0))
		return a->from < 0;
	if (a->n_path != b->n_path)
		return a->n_path < b->n_path;
	if (a->ebgp != b->ebgp)
		return a->ebgp;
	if (a->id != b->id)
		return a->id < b->id;
	if (a->n_clusters != b->n_clusters)
		return a->n_clusters < b->n_clusters;
	return id_of(a->from) < id_of(b->from);
}

static bool originates(const struct topo *t, int router, unsigned prefix)
{
	const struct topo_router *r = &t->router[router];

	return prefix >= r->first && prefix < r->first + r->n;
}

/* What `from` tells `to` of its best route; false: nothing that `to` would take. */
static bool told(struct topo *t, const struct ref_route *best, int from, int to, unsigned prefix,
		struct ref_route *ret)
{
	struct topo_session *s = topo_session(t, from, to), *back = topo_session(t, to, from);
	bool ebgp = t->router[from].as != t->router[to].as;
	bool ibgp_learned = best->from >= 0 && !best->ebgp;
	unsigned prepend;

	if (!s || !back || s->shutdown || back->shutdown || (s->passive && back->passive))
		return false;
	if (!best->valid || best->from == to || topo_denies(s->out, prefix))
		return false;
	*ret = *best;
	ret->from = from;
	ret->ebgp = ebgp;
	ret->id = id_of(from);
	if (ebgp) {
		prepend = s->out == FILTER_PREPEND ? s->prepend + 1u : 1u;
		if (ret->n_path + prepend > REF_PATH_MAX)
			return false;
		memmove(ret->path + prepend, ret->path, ret->n_path * sizeof(ret->path[0]));
		for (unsigned i = 0; i < prepend; i++)
			ret->path[i] = t->router[from].as;
		ret->n_path += prepend;
		ret->originator = 0;
		ret->n_clusters = 0;
		for (unsigned i = 0; i < ret->n_path; i++)
			if (ret->path[i] == t->router[to].as)
				return false;
		return true;
	}
	if (ibgp_learned) {
		struct topo_session *learned = topo_session(t, from, best->from);

		if (!s->client && !(learned && learned->client))
			return false;
		if (!ret->originator)
			ret->originator = id_of(best->from);
		memmove(ret->clusters + 1, ret->clusters, ret->n_clusters * sizeof(ret->clusters[0]));
		ret->clusters[0] = id_of(from);
		ret->n_clusters++;
		if (ret->originator == id_of(to))
			return false;
		for (unsigned i = 0; i < ret->n_clusters; i++)
			if (ret->clusters[i] == id_of(to))
				return false;
	}
	if (ret->originator)
		ret->id = ret->originator;
	return true;
}

static bool same(const struct ref_route *a, const struct ref_route *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool decide(struct reference *r, struct topo *t, int router, unsigned prefix)
{
	struct ref_route *at = &r->best[(unsigned)router * r->n_prefixes + prefix];
	struct ref_route best, x;

	memset(&best, 0, sizeof(best));
	memset(&x, 0, sizeof(x));
	if (originates(t, router, prefix)) {
		best.valid = true;
		best.from = -1;
	}
	for (int from = 0; from < t->n; from++)
		if (from != router &&
				told(t, reference_best(r, from, prefix), from, router, prefix, &x) &&
				better(&x, &best))
			best = x;
	/* What lies behind the ends of the arrays must not tell routes apart. */
	memset(best.path + best.n_path, 0, (REF_PATH_MAX - best.n_path) * sizeof(best.path[0]));
	memset(best.clusters + best.n_clusters, 0,
			(TOPO_MAX - best.n_clusters) * sizeof(best.clusters[0]));
	if (same(at, &best))
		return false;
	*at = best;
	return true;
}

void reference_make(struct reference *r, struct topo *t)
{
	bool changed = true;

	r->n = t->n;
	r->n_prefixes = t->n_prefixes;
	r->best = xcalloc((size_t)t->n * (t->n_prefixes ? t->n_prefixes : 1), sizeof(*r->best));
	for (int round = 0; changed; round++) {
		if (round > 1000)
			abort(); /* topo.c promises that there is a stable outcome */
		changed = false;
		for (int i = 0; i < t->n; i++)
			for (unsigned p = 0; p < t->n_prefixes; p++)
				changed |= decide(r, t, i, p);
	}
}

void reference_free(struct reference *r)
{
	free(r->best);
}
