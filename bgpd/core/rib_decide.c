/* Which of a destination's paths is the best: all of them through the decision
 * process, or, after a change of one that decides nothing, that one's place
 * alone.  With many paths of a destination most changes are such: a path that
 * loses to the best where it lost before.  Then the cost of a change is that of
 * finding the path, and a destination with n paths costs n decisions' work, not
 * n * n.  For destinations whose paths can't be sorted: see rib_sorted.c.
 * Called by rib.c. */
#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"

bool rib_path_usable(const struct rib *rib, const struct path *p, uint32_t *ret_metric)
{
	const struct rib_env *env = rib->env;
	const struct attrs *a;

	*ret_metric = 0;
	if (!p->attrs)
		return false;
	a = attrs_get(env->attrs, p->attrs);
	return !a->next_hop || !env->next_hop_usable ||
	       env->next_hop_usable(env->ctx, rib->instance, env->sources[p->source], a->next_hop,
			       ret_metric);
}

bool rib_path_check(const struct rib *rib, struct path *p, uint32_t *ret_metric)
{
	p->flags &= (uint8_t) ~(PATH_USABLE | PATH_MULTIPATH);
	if (!rib_path_usable(rib, p, ret_metric)) {
		if (p->attrs)
			p->reason = REASON_NEXT_HOP_UNREACHABLE;
		return false;
	}
	p->flags |= PATH_USABLE;
	p->reason = REASON_NONE;
	return true;
}

struct candidate rib_candidate(const struct rib *rib, uint32_t id, uint32_t metric)
{
	struct path *p = path_at(rib, id);

	return (struct candidate){ .path = p, .attrs = attrs_get(rib->env->attrs, p->attrs),
		.source = rib->env->sources[p->source], .id = id, .metric = metric,
		.path_id = rib_path_add_path_id(rib, id) };
}

struct decision_context rib_decision_context(const struct rib *rib, const struct dest *d)
{
	return (struct decision_context){ &rib->options, rib->env->attrs, rib->env->infos, rib->family,
		d->key };
}

/* Where MED decided it will again, most likely: such can't be sorted. */
static void candidates_order(struct rib *rib, const struct decision_context *x, bool by_med)
{
	struct candidate *c = rib->scratch.v;
	unsigned n = (unsigned)rib->scratch.n;

	if (n > 1 && (by_med || rib->log_all || !rib_sort(x, c, n)))
		decision_run(x, c, n);
}

/* Orders the paths of a destination that has several. */
static void decide_many(struct rib *rib, struct dest *d)
{
	struct decision_context x = rib_decision_context(rib, d);
	uint32_t unusable = 0, *tail = &unusable, metric, next;
	bool by_med = false, in_groups = !rib->options.always_compare_med;

	rib->scratch.n = 0;
	for (uint32_t id = d->paths; id; id = path_at(rib, id)->next)
		attrs_prefetch(rib->env->attrs, path_at(rib, id)->attrs);
	for (uint32_t id = d->paths; id; id = next) {
		struct path *p = path_at(rib, id);

		next = p->next;
		by_med |= in_groups && p->reason == REASON_MED;
		p->flags &= (uint8_t) ~(PATH_SORTED | PATH_TWINS);
		if (!rib_path_check(rib, p, &metric)) {
			*tail = id;
			tail = &p->next;
			continue;
		}
		*vec_push(&rib->scratch) = rib_candidate(rib, id, metric);
	}
	*tail = 0;
	candidates_order(rib, &x, by_med);
	tail = &d->paths;
	for (size_t i = 0; i < rib->scratch.n; i++) {
		*tail = rib->scratch.v[i].id;
		tail = &rib->scratch.v[i].path->next;
	}
	*tail = unusable;
	rib_sorted_use(rib, d);
}

void rib_choose(struct rib *rib, struct dest *d)
{
	uint32_t metric;

	if (d->paths && !path_at(rib, d->paths)->next)
		rib_path_check(rib, path_at(rib, d->paths), &metric);
	else if (d->paths)
		decide_many(rib, d);
}

/* ---- one path alone ---- */

/* The first step for MACs compares with the whole set, and add-path's readers want
 * to hear of every path: there all are decided. */
static bool alone_allowed(const struct rib *rib, const struct dest *d)
{
	return !rib->log_all && (rib->family != FAM_EVPN || d->key[0] != EVPN_MACIP);
}

bool rib_stands_aside(const struct rib *rib, const struct dest *d, uint32_t path)
{
	const struct path *p = path_at(rib, path);

	if (!alone_allowed(rib, d))
		return false;
	if (!(p->flags & PATH_USABLE))
		return true;
	if (d->paths == path || p->flags & PATH_MULTIPATH)
		return false;
	/* What lost by MED lost to one that stays, and that beats all it could beat. */
	if (p->reason <= REASON_MED)
		return true;
	/* It took part in the comparison of MEDs: did anybody lose there? */
	for (uint32_t id = d->paths; id; id = path_at(rib, id)->next)
		if (path_at(rib, id)->flags & PATH_USABLE && path_at(rib, id)->reason == REASON_MED)
			return false;
	return true;
}

/* The later a path lost, the further to the front; within a step by source and path id. */
static bool stands_before(const struct rib *rib, uint32_t other, const struct candidate *c)
{
	const struct path *p = path_at(rib, other), *q = c->path;

	if (!(p->flags & PATH_USABLE))
		return false;
	if (p->reason == REASON_NONE || p->reason == REASON_MULTIPATH)
		return true;
	if (p->reason != q->reason)
		return p->reason > q->reason;
	if (p->source != q->source)
		return p->source < q->source;
	return rib_path_add_path_id(rib, other) < c->path_id;
}

bool rib_place_loser(struct rib *rib, struct dest *d, uint32_t path)
{
	struct decision_context x = rib_decision_context(rib, d);
	uint32_t *link = &d->paths, metric, best_metric;
	struct path *p = path_at(rib, path);
	struct candidate best, c;
	enum path_reason reason;

	if (!alone_allowed(rib, d) || !d->paths || !(path_at(rib, d->paths)->flags & PATH_USABLE) ||
			!rib_path_check(rib, p, &metric) ||
			!rib_path_check(rib, path_at(rib, d->paths), &best_metric))
		return false;
	best = rib_candidate(rib, d->paths, best_metric);
	c = rib_candidate(rib, path, metric);
	reason = decision_loses(&x, &best, &c);
	if (reason == REASON_NONE)
		return false;
	if (reason > REASON_MED) /* then MED must not tell it from any other that came so far */
		for (uint32_t id = d->paths; id; id = path_at(rib, id)->next) {
			struct path *q = path_at(rib, id);
			struct candidate other;

			if (!(q->flags & PATH_USABLE) || (q->reason && q->reason < REASON_MED))
				break;
			other = rib_candidate(rib, id, 0);
			if (decision_med_differs(&x, &other, &c))
				return false;
		}
	p->reason = (uint8_t)reason;
	while (*link && stands_before(rib, *link, &c))
		link = &path_at(rib, *link)->next;
	p->next = *link;
	*link = path;
	return true;
}

/* Those that lost last, to the best that is gone, are equal up to that step; who
 * lost before lost by what they have, too.  Not so where MED decided, or paths
 * are used beside the best. */
bool rib_promote(struct rib *rib, struct dest *d)
{
	struct decision_context x = rib_decision_context(rib, d);
	uint32_t id = d->paths, metric, rest, *tail = &d->paths;
	enum path_reason reason;

	if (!alone_allowed(rib, d) || !id || !(path_at(rib, id)->flags & PATH_USABLE))
		return false;
	reason = path_at(rib, id)->reason;
	if (reason == REASON_NONE || reason == REASON_MULTIPATH)
		return false;
	for (rest = id; rest && path_at(rib, rest)->flags & PATH_USABLE; rest = path_at(rib, rest)->next)
		if (path_at(rib, rest)->reason == REASON_MED)
			return false;
	rib->scratch.n = 0;
	for (; id && path_at(rib, id)->flags & PATH_USABLE && path_at(rib, id)->reason == reason;
			id = path_at(rib, id)->next) {
		if (!rib_path_check(rib, path_at(rib, id), &metric))
			return false;
		path_at(rib, id)->reason = (uint8_t)reason; /* until all are looked at */
		*vec_push(&rib->scratch) = rib_candidate(rib, id, metric);
	}
	rest = id;
	decision_run_from(&x, rib->scratch.v, (unsigned)rib->scratch.n, reason);
	for (; reason > REASON_MULTIPATH && id; id = path_at(rib, id)->next) {
		struct candidate other;

		if (!(path_at(rib, id)->flags & PATH_USABLE) || path_at(rib, id)->reason < REASON_MULTIPATH)
			break;
		other = rib_candidate(rib, id, 0);
		if (decision_goes_with(&x, &rib->scratch.v[0], &other))
			return false;
	}
	for (size_t i = 0; i < rib->scratch.n; i++) {
		*tail = rib->scratch.v[i].id;
		tail = &rib->scratch.v[i].path->next;
	}
	*tail = rest;
	return true;
}
