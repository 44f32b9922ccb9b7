/* A destination whose paths are in the order in which they would win, were those
 * before them gone: then the one that follows the best needs no decision, and a
 * path that comes needs one look at each, mostly at what that keeps of the last
 * comparison.  The reason of a path is then the step at which it loses to the
 * path before it; at which it loses to the best is the earliest from there on.
 * Called by rib.c and rib_decide.c.
 *
 * There is such an order if each step ranks one path by itself.  Two do not: MED,
 * which compares only some, so here all that come as far must have the same; and a
 * MAC's step where Ethernet segments count, so there are none.  What does not fit is
 * left to the whole decision.
 *
 * Those used beside the best are flagged where they stand: others that are equal up to
 * the IGP metric may stand between them, of another AS, or with a next hop of theirs. */
#include "bgpd/core/rib_private.h"

/* Of a reason; those without a difference come last, and that of a MAC first. */
static unsigned step(enum path_reason r)
{
	if (r == REASON_EVPN_MOBILITY)
		return 0;
	return r == REASON_NONE ? REASON_COUNT : r;
}

static bool usable(const struct rib *rib, uint32_t path)
{
	return path && path_at(rib, path)->flags & PATH_USABLE;
}

bool rib_is_sorted(const struct rib *rib, const struct dest *d)
{
	return usable(rib, d->paths) && !rib->log_all &&
	       (path_at(rib, d->paths)->flags & PATH_SORTED || !usable(rib, path_at(rib, d->paths)->next));
}

enum path_reason rib_path_reason(const struct rib *rib, uint32_t dest, uint32_t path)
{
	uint32_t id = rib_dest(rib, dest)->paths;
	enum path_reason earliest = REASON_NONE;

	if (!usable(rib, path) || !(path_at(rib, id)->flags & PATH_SORTED))
		return path_at(rib, path)->reason;
	if (path_at(rib, path)->flags & PATH_MULTIPATH)
		return REASON_MULTIPATH;
	while (id != path) {
		id = path_at(rib, id)->next;
		if (step(path_at(rib, id)->reason) < step(earliest))
			earliest = path_at(rib, id)->reason;
	}
	return earliest;
}

/* ---- those used beside the best ---- */

uint32_t rib_used_after(const struct rib *rib, const struct dest *d, uint32_t path)
{
	uint8_t how = path_at(rib, d->paths)->flags & (PATH_SORTED | PATH_TWINS);
	const struct path *p = path_at(rib, path);

	if (how == PATH_SORTED)
		return 0;
	while ((path = p->next)) {
		p = path_at(rib, path);
		if (p->flags & PATH_MULTIPATH)
			return path;
		if (!how || !(p->flags & PATH_USABLE) || p->reason <= REASON_IGP_METRIC)
			return 0;
	}
	return 0;
}

void rib_sorted_use(struct rib *rib, struct dest *d)
{
	struct decision_context x = rib_decision_context(rib, d);
	struct decision_used used;
	struct candidate best;
	bool equal = true;
	struct path *p;

	if (!usable(rib, d->paths) || !(path_at(rib, d->paths)->flags & PATH_TWINS))
		return;
	best = rib_candidate(rib, d->paths, 0);
	decision_used_begin(&x, &best, &used);
	for (uint32_t id = best.path->next; usable(rib, id); id = p->next) {
		p = path_at(rib, id);
		p->flags &= (uint8_t)~PATH_MULTIPATH;
		equal &= step(p->reason) > REASON_IGP_METRIC;
		if (equal && decision_used_add(&x, &used, rib->env->sources[p->source],
					     attrs_get(rib->env->attrs, p->attrs)))
			p->flags |= PATH_MULTIPATH;
	}
}

/* Something else was used, or the best is another one: do those in use stay?  They do if
 * none waits that might take a place. */
static bool nobody_waits(const struct rib *rib, const struct dest *d)
{
	uint32_t id = path_at(rib, d->paths)->next;

	for (; usable(rib, id); id = path_at(rib, id)->next) {
		if (step(path_at(rib, id)->reason) <= REASON_IGP_METRIC)
			return true;
		if (!(path_at(rib, id)->flags & PATH_MULTIPATH))
			return false;
	}
	return true;
}

/* ---- one path comes or goes ---- */

struct place {
	unsigned at;		  /* so many stand before it */
	enum path_reason reason;  /* of the path itself */
	enum path_reason follows; /* of the one behind it */
};

/* Where it belongs, by halving, but the two ends first: who comes later is older
 * than nobody.  False if it does not fit. */
static bool place_find(const struct rib *rib, const struct decision_context *x,
		const struct candidate *c, struct place *ret)
{
	const uint32_t *ids = rib->standing.v;
	unsigned lo = 0, hi = (unsigned)rib->standing.n, at = hi - 1;

	*ret = (struct place){ .reason = REASON_NONE };
	while (lo < hi) {
		enum path_reason differ;
		struct candidate other;
		uint32_t metric;
		int order;

		if (!rib_path_usable(rib, path_at(rib, ids[at]), &metric))
			return false;
		other = rib_candidate(rib, ids[at], metric);
		if (!decision_compare(x, c, &other, &order, &differ))
			return false;
		if (order < 0)
			hi = at, ret->follows = differ;
		else
			lo = at + 1, ret->reason = differ;
		at = !lo && hi == rib->standing.n - 1 ? 0 : (lo + hi) / 2;
	}
	ret->at = lo;
	return true;
}

/* company: of c */
static inline bool beside(const struct rib *rib, const struct decision_context *x,
		const struct candidate *c, const struct decision_company *company, uint32_t id)
{
	const struct path *p = path_at(rib, id);
	const struct route_source *source = rib->env->sources[p->source];
	enum decision_company_answer answer = decision_company_of(company, source);

	if (answer == DECISION_BY_PATH)
		return decision_beside(x, c, source, attrs_get(rib->env->attrs, p->attrs));
	return answer == DECISION_ALWAYS;
}

/* Might it and another one be used beside each other?  Those that are equal to it up to
 * the metric stand around it. */
static bool has_twin(const struct rib *rib, const struct decision_context *x, const struct candidate *c,
		const struct place *place)
{
	const struct decision_company company = decision_company(x, c);
	const uint32_t *ids = rib->standing.v;
	enum path_reason differ = place->reason;

	if (company.none)
		return false;
	for (unsigned k = place->at; k-- > 0 && step(differ) > REASON_IGP_METRIC;) {
		if (beside(rib, x, c, &company, ids[k]))
			return true;
		differ = path_at(rib, ids[k])->reason;
	}
	differ = place->follows;
	for (unsigned k = place->at; k < rib->standing.n && step(differ) > REASON_IGP_METRIC; k++) {
		if (beside(rib, x, c, &company, ids[k]))
			return true;
		differ = k + 1 < rib->standing.n ? path_at(rib, ids[k + 1])->reason : REASON_WEIGHT;
	}
	return false;
}

/* One comes that is not the best, and those in use are right but for it.  True if it is
 * used: in place of one with its next hop, or of the last one, if it stands before that. */
static bool use_one(const struct rib *rib, const struct decision_context *x, const struct candidate *c,
		const struct place *place)
{
	const struct candidate best = rib_candidate(rib, rib->standing.v[0], 0);
	unsigned left = decision_max_paths(x, &best), k, last = 0;
	uint32_t way = decision_way(x, c->source, c->attrs);

	if (!decision_beside(x, &best, c->source, c->attrs))
		return false;
	for (k = 0; k < rib->standing.n; k++) {
		struct path *p = path_at(rib, rib->standing.v[k]);

		if (k && step(p->reason) <= REASON_IGP_METRIC)
			break;
		if (k && !(p->flags & PATH_MULTIPATH))
			continue;
		last = k;
		left--;
		if (!way || attrs_get(rib->env->attrs, p->attrs)->next_hop != way ||
				rib->env->sources[p->source]->kind != SOURCE_PEER)
			continue;
		if (k < place->at)
			return false;
		left = 0;
		break;
	}
	if (place->at > k || (place->at == k && step(place->reason) <= REASON_IGP_METRIC))
		return false;
	if (!left) {
		if (last < place->at)
			return false;
		path_at(rib, rib->standing.v[last])->flags &= (uint8_t)~PATH_MULTIPATH;
	}
	c->path->flags |= PATH_MULTIPATH;
	return true;
}

static void mark(struct path *best, bool twins)
{
	best->flags |= twins ? PATH_SORTED | PATH_TWINS : PATH_SORTED;
}

/* The other paths are noted on the way, as they will be needed: each may be a cache miss. */
uint32_t rib_sorted_find(struct rib *rib, struct dest *d, uint16_t source, uint32_t path_id,
		uint32_t **ret_link)
{
	uint32_t *link = &d->paths, id, found = 0;
	size_t n = 0;

	for (; (id = *link); link = &path_at(rib, id)->next) {
		const struct path *p = path_at(rib, id);

		if (!found && rib_path_is(rib, id, p, source, path_id)) {
			*ret_link = link;
			found = id;
		} else if (p->flags & PATH_USABLE) {
			if (n == rib->standing.room)
				vec_reserve(&rib->standing, n + 16);
			rib->standing.v[n++] = id;
		}
	}
	rib->standing.n = n;
	return found;
}

bool rib_sorted_insert(struct rib *rib, struct dest *d, uint32_t path, bool *ret_used)
{
	struct decision_context x = rib_decision_context(rib, d);
	struct path *p = path_at(rib, path);
	uint32_t metric, *link;
	struct candidate c;
	struct place place;
	bool twins = path_at(rib, d->paths)->flags & PATH_TWINS;

	if (!rib_path_check(rib, p, &metric)) { /* behind all that are usable */
		link = &path_at(rib, rib->standing.v[rib->standing.n - 1])->next;
		p->next = *link;
		*link = path;
		*ret_used = false;
		return true;
	}
	c = rib_candidate(rib, path, metric);
	if (!place_find(rib, &x, &c, &place))
		return false;
	twins = twins || has_twin(rib, &x, &c, &place);
	*ret_used = !place.at || (twins && use_one(rib, &x, &c, &place));
	if (place.at < rib->standing.n)
		path_at(rib, rib->standing.v[place.at])->reason = (uint8_t)place.follows;
	link = place.at ? &path_at(rib, rib->standing.v[place.at - 1])->next : &d->paths;
	path_at(rib, d->paths)->flags &= (uint8_t) ~(PATH_SORTED | PATH_TWINS);
	p->reason = (uint8_t)place.reason;
	p->next = *link;
	*link = path;
	mark(path_at(rib, d->paths), twins);
	if (!place.at)
		rib_sorted_use(rib, d);
	return true;
}

bool rib_sorted_unlink(struct rib *rib, struct dest *d, uint32_t *link)
{
	struct path *p = path_at(rib, *link), *next = usable(rib, p->next) ? path_at(rib, p->next) : NULL;
	bool best = link == &d->paths, twins = p->flags & PATH_TWINS, used = p->flags & PATH_MULTIPATH;
	uint32_t metric;

	*link = p->next;
	if (!(p->flags & PATH_USABLE))
		return true;
	p->flags &= (uint8_t) ~(PATH_SORTED | PATH_TWINS);
	if (best && next) {
		used = next->flags & PATH_MULTIPATH; /* then it goes with whom the last one went with */
		if (!rib_path_check(rib, next, &metric))
			return false;
		mark(next, twins);
		if (twins && !(used && nobody_waits(rib, d)))
			rib_sorted_use(rib, d);
	} else if (!best) {
		if (next && step(p->reason) < step(next->reason))
			next->reason = p->reason;
		if (used && !nobody_waits(rib, d))
			rib_sorted_use(rib, d);
	}
	return true;
}

/* ---- all ---- */

/* A place for each by halving; in an order that is none, as MED makes it, those
 * that are equal before MED are still together, and two neighbours tell of it. */
bool rib_sort(const struct decision_context *x, struct candidate *c, unsigned n)
{
	enum path_reason differ;
	bool twins = false;
	int order;

	for (unsigned i = 1; i < n; i++) {
		struct candidate t = c[i];
		unsigned lo = 0, hi = i;

		while (lo < hi) {
			unsigned mid = (lo + hi) / 2;

			if (!decision_compare(x, &t, &c[mid], &order, &differ))
				return false;
			if (order < 0)
				hi = mid;
			else
				lo = mid + 1;
		}
		for (unsigned k = i; k > lo; k--)
			c[k] = c[k - 1];
		c[lo] = t;
	}
	c[0].path->reason = REASON_NONE;
	for (unsigned i = 1; i < n; i++) {
		if (!decision_compare(x, &c[i], &c[i - 1], &order, &differ))
			return false;
		c[i].path->reason = (uint8_t)differ;
		for (unsigned k = i; k && !twins && step(c[k].path->reason) > REASON_IGP_METRIC; k--)
			twins = decision_beside(x, &c[k - 1], c[i].source, c[i].attrs);
	}
	mark(c[0].path, twins);
	return true;
}
