/* Decision process: see decision.h.  Called by rib.c for a destination with
 * more than one usable path.  Pure: no I/O, no clock.
 *
 * Source: RFC 4271 sections 9.1.2 and 9.1.2.2; RFC 4456 section 9 (cluster list
 * length); RFC 5065 section 5.3 (confederations); RFC 7432 section 15 (MAC
 * mobility).  Not from an RFC but what the field does: weight, preference for
 * routes made here, multipath, the oldest external path. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/decision.h"
#include "bgpd/core/nlri.h"
#include "lib/base/xalloc.h"

#define FEW 64 /* candidates that are moved by way of the stack */
#define LOCAL_WEIGHT 32768 /* of a route made here, unless it has one */

struct step {
	enum path_reason reason;
	const char *name, *reference;
	/* Either the place of one candidate: the lowest stay; */
	uint64_t (*rank)(const struct decision_context *x, const struct candidate *c);
	/* or a step that looks at the set: moves the losers behind the others and
	 * returns how many stay. */
	unsigned (*keep)(const struct decision_context *x, struct candidate *c, unsigned n);
	bool (*off)(const struct decision_options *o);
	/* Of a step that looks at the set, where the best alone tells: does c lose to it
	 * (more than 0), or win (less)? */
	int (*beside_best)(const struct candidate *best, const struct candidate *c);
};

static bool is_local(const struct route_source *s)
{
	return s->kind == SOURCE_NETWORK || s->kind == SOURCE_REDISTRIBUTE ||
	       s->kind == SOURCE_AGGREGATE || s->kind == SOURCE_EVPN_LOCAL;
}

uint32_t decision_weight(const struct attrs *a, const struct route_source *s)
{
	if (a->has & HAS_WEIGHT)
		return attrs_weight(a);
	return is_local(s) ? LOCAL_WEIGHT : 0;
}

uint32_t decision_local_pref(const struct decision_options *o, const struct attrs *a)
{
	return a->has & HAS_LOCAL_PREF ? a->local_pref : o->default_local_pref;
}

/* Moves candidates whose rank is above the lowest behind the others; keeps the
 * order on both sides. */
static unsigned keep_lowest(struct candidate *c, unsigned n)
{
	struct candidate some[FEW], *lost = some;
	uint64_t low = c[0].rank;
	unsigned kept = 0, n_lost = 0;

	for (unsigned i = 1; i < n; i++) {
		n_lost += c[i].rank != c[0].rank;
		if (c[i].rank < low)
			low = c[i].rank;
	}
	if (!n_lost)
		return n;
	if (n > FEW)
		lost = xmalloc(n * sizeof(*lost));
	n_lost = 0;
	for (unsigned i = 0; i < n; i++)
		if (c[i].rank == low)
			c[kept++] = c[i];
		else
			lost[n_lost++] = c[i];
	memcpy(c + kept, lost, n_lost * sizeof(*lost));
	if (lost != some)
		free(lost);
	return kept;
}

/* ---- the steps ---- */

static const uint8_t no_esi[10];

static uint64_t mobility_rank(const struct candidate *c)
{
	struct attr_span s = attrs_part(c->attrs, PART_EXT_COMMUNITIES);
	uint32_t seq = 0;
	bool sticky = false;

	for (unsigned at = 0; at + 8 <= s.len; at += 8) {
		const uint8_t *e = s.p + at;

		if (e[0] != 0x06 || e[1] != 0x00) /* EVPN, MAC mobility (RFC 7432 7.7) */
			continue;
		sticky = e[2] & 1;
		seq = (uint32_t)e[4] << 24 | (uint32_t)e[5] << 16 | (uint32_t)e[6] << 8 | e[7];
	}
	return (uint64_t)!sticky << 32 | (uint32_t)~seq;
}

/* RFC 7432 15.1: the highest sequence number; a sticky MAC (15.2) never loses to
 * one that is not; between equals the lowest VTEP, unless both are ways to the
 * same Ethernet segment. */
static unsigned keep_mobility(const struct decision_context *x, struct candidate *c, unsigned n)
{
	unsigned kept = n;

	if (x->family != FAM_EVPN || x->key[0] != EVPN_MACIP)
		return n;
	for (unsigned i = 0; i < n; i++)
		c[i].rank = mobility_rank(&c[i]);
	kept = keep_lowest(c, n);
	if (kept > 1 && x->infos) {
		const struct nlri_info *first = info_get(x->infos, c[0].path->info);
		bool shared = memcmp(first->esi, no_esi, 10) != 0;
		const struct ip_addr *low = NULL;

		for (unsigned i = 1; i < kept && shared; i++)
			shared = !memcmp(info_get(x->infos, c[i].path->info)->esi, first->esi, 10);
		if (shared)
			return kept;
		for (unsigned i = 0; i < kept; i++) {
			const struct ip_addr *a;

			if (!c[i].attrs->next_hop)
				return kept;
			a = &attrs_next_hop(x->attrs, c[i].attrs->next_hop)->addr;
			if (!low || ip_compare(a, low) < 0)
				low = a;
		}
		for (unsigned i = 0; i < kept; i++)
			c[i].rank = !ip_equal(
					&attrs_next_hop(x->attrs, c[i].attrs->next_hop)->addr, low);
		kept = keep_lowest(c, kept);
	}
	return kept;
}

static bool mobility_by_itself(const struct decision_context *x, const struct candidate *c)
{
	return x->infos && c->attrs->next_hop &&
	       !memcmp(info_get(x->infos, c->path->info)->esi, no_esi, sizeof(no_esi));
}

/* The same for two; false if there are Ethernet segments, or no VTEPs. */
static bool mobility_order(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b, int *ret)
{
	uint64_t of_a = mobility_rank(a), of_b = mobility_rank(b);

	if (!mobility_by_itself(x, a) || !mobility_by_itself(x, b))
		return false;
	*ret = (of_a > of_b) - (of_a < of_b);
	if (!*ret && a->attrs->next_hop != b->attrs->next_hop)
		*ret = ip_compare(&attrs_next_hop(x->attrs, a->attrs->next_hop)->addr,
				&attrs_next_hop(x->attrs, b->attrs->next_hop)->addr);
	return true;
}

static uint64_t rank_weight(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return (uint32_t)~decision_weight(c->attrs, c->source);
}

static uint64_t rank_local_pref(const struct decision_context *x, const struct candidate *c)
{
	return (uint32_t)~decision_local_pref(x->options, c->attrs);
}

static uint64_t rank_local_origin(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return !is_local(c->source);
}

/* AS_CONFED_SEQUENCE is 3, AS_CONFED_SET 4 (RFC 5065 section 3). */
static unsigned confed_hops(struct attr_span s)
{
	unsigned hops = 0;

	for (unsigned at = 0; at + 2 <= s.len; at += 2 + 4u * s.p[at + 1])
		hops += s.p[at] == 3 ? s.p[at + 1] : s.p[at] == 4;
	return hops;
}

static uint64_t rank_path_length(const struct decision_context *x, const struct candidate *c)
{
	unsigned n = c->attrs->as_hops;

	if (x->options->as_path_confed)
		n += confed_hops(attrs_part(c->attrs, PART_AS_PATH));
	return n;
}

static bool path_length_off(const struct decision_options *o)
{
	return o->as_path_ignore;
}

static uint64_t rank_origin(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return c->attrs->origin;
}

static uint64_t med_of(const struct decision_context *x, const struct candidate *c)
{
	if (c->attrs->has & HAS_MED)
		return c->attrs->med;
	return x->options->med_missing_as_worst ? UINT32_MAX : 0;
}

/* Routes are compared by MED only with those from the same neighbouring AS
 * (9.1.2.2 (c)).  The upper half of the key tells that AS from "inside the
 * confederation", where MED counts if med_confed says so, and else each route
 * stands for itself. */
static uint64_t med_group(const struct decision_context *x, const struct candidate *c)
{
	struct attr_span path = attrs_part(c->attrs, PART_AS_PATH);
	bool confed = path.len && path.p[0] >= 3;

	if (x->options->always_compare_med)
		return 0;
	if (confed && !c->attrs->as_hops)
		return x->options->med_confed ? (uint64_t)1 << 32 : (uint64_t)2 << 32 | c->id;
	return c->attrs->neighbor_as;
}

static unsigned keep_low_med(const struct decision_context *x, struct candidate *c, unsigned n)
{
	unsigned same = 1;

	while (same < n && med_of(x, &c[same]) == med_of(x, &c[0]))
		same++;
	if (same == n)
		return n;
	for (unsigned i = 0; i < n; i++) {
		uint64_t group = med_group(x, &c[i]), med = med_of(x, &c[i]);

		c[i].rank = 0;
		for (unsigned j = 0; j < n && !c[i].rank; j++)
			c[i].rank = j != i && med_of(x, &c[j]) < med && med_group(x, &c[j]) == group;
	}
	return keep_lowest(c, n);
}

static uint64_t rank_peer_type(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return !source_is_external(c->source) && !is_local(c->source);
}

static uint64_t rank_confed(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return c->source->kind == SOURCE_PEER && c->source->ibgp;
}

static uint64_t rank_igp_metric(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return c->metric;
}

/* The oldest external path stays, to spare neighbours a change that gains
 * nothing; only if all that are left are external (RFC 5004 section 3.1). */
static unsigned keep_oldest(const struct decision_context *x, struct candidate *c, unsigned n)
{
	(void)x;
	for (unsigned i = 0; i < n; i++) {
		if (!source_is_external(c[i].source))
			return n;
		c[i].rank = c[i].path->time;
	}
	return keep_lowest(c, n);
}

static int older_than_best(const struct candidate *best, const struct candidate *c)
{
	if (!source_is_external(best->source) || c->path->time == best->path->time)
		return 0;
	return c->path->time > best->path->time ? 1 : -1;
}

static bool oldest_off(const struct decision_options *o)
{
	return o->compare_router_id;
}

static uint64_t rank_router_id(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	/* RFC 4456 section 9: the originator's instead of the reflector's. */
	return c->attrs->has & HAS_ORIGINATOR ? attrs_originator(c->attrs) : c->source->router_id;
}

static uint64_t rank_cluster_length(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return attrs_part(c->attrs, PART_CLUSTER_LIST).len / 4;
}

static unsigned keep_low_address(const struct decision_context *x, struct candidate *c, unsigned n)
{
	const struct ip_addr *low = &c[0].source->addr;

	(void)x;
	for (unsigned i = 1; i < n; i++)
		if (ip_compare(&c[i].source->addr, low) < 0)
			low = &c[i].source->addr;
	for (unsigned i = 0; i < n; i++)
		c[i].rank = !ip_equal(&c[i].source->addr, low);
	return keep_lowest(c, n);
}

static int address_beside_best(const struct candidate *best, const struct candidate *c)
{
	return ip_compare(&c->source->addr, &best->source->addr);
}

/* Several from one source: paths of add-path, or imports from several tables. */
static uint64_t rank_path_id(const struct decision_context *x, const struct candidate *c)
{
	(void)x;
	return (uint64_t)c->path_id << 16 | c->path->source;
}

static const struct step steps[] = {
	{ REASON_EVPN_MOBILITY, "MAC mobility", "RFC 7432 15.1", NULL, keep_mobility, NULL, NULL },
	{ REASON_WEIGHT, "weight", "", rank_weight, NULL, NULL, NULL },
	{ REASON_LOCAL_PREF, "local preference", "RFC 4271 9.1.1", rank_local_pref, NULL, NULL, NULL },
	{ REASON_LOCAL_ORIGIN, "local route", "", rank_local_origin, NULL, NULL, NULL },
	{ REASON_AS_PATH_LENGTH, "AS path length", "RFC 4271 9.1.2.2 (a)", rank_path_length, NULL,
			path_length_off, NULL },
	{ REASON_ORIGIN, "origin", "RFC 4271 9.1.2.2 (b)", rank_origin, NULL, NULL, NULL },
	{ REASON_MED, "MED", "RFC 4271 9.1.2.2 (c)", NULL, keep_low_med, NULL, NULL },
	{ REASON_PEER_TYPE, "peer type", "RFC 4271 9.1.2.2 (d)", rank_peer_type, NULL, NULL, NULL },
	{ REASON_CONFED, "confederation", "RFC 5065 5.3", rank_confed, NULL, NULL, NULL },
	{ REASON_IGP_METRIC, "IGP metric", "RFC 4271 9.1.2.2 (e)", rank_igp_metric, NULL, NULL, NULL },
	/* What is left here is equal as far as forwarding goes: multipath. */
	{ REASON_OLDER, "older path", "RFC 5004 3.1", NULL, keep_oldest, oldest_off,
			older_than_best },
	{ REASON_ROUTER_ID, "router ID", "RFC 4271 9.1.2.2 (f)", rank_router_id, NULL, NULL, NULL },
	{ REASON_CLUSTER_LENGTH, "cluster list length", "RFC 4456 9", rank_cluster_length, NULL, NULL, NULL },
	{ REASON_NEIGHBOR_ADDRESS, "neighbor address", "RFC 4271 9.1.2.2 (g)", NULL,
			keep_low_address, NULL, address_beside_best },
	{ REASON_PATH_ID, "path ID", "", rank_path_id, NULL, NULL, NULL },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static const struct step *step_of(enum path_reason r)
{
	for (unsigned i = 0; i < STEPS; i++)
		if (steps[i].reason == r)
			return &steps[i];
	return NULL;
}

const char *decision_step_name(enum path_reason r)
{
	const struct step *s = step_of(r);

	return s ? s->name : NULL;
}

const char *decision_step_reference(enum path_reason r)
{
	const struct step *s = step_of(r);

	return s ? s->reference : NULL;
}

/* ---- multipath ---- */

static struct decision_company company_of(const struct decision_context *x, const struct route_source *s)
{
	return (struct decision_company){ .none = is_local(s), .external = source_is_external(s),
		.relaxed = x->options->multipath_relax, .as = s->as };
}

static bool same_path(const struct attrs *a, const struct attrs *b)
{
	struct attr_span of_a = attrs_part(a, PART_AS_PATH), of_b = attrs_part(b, PART_AS_PATH);

	return a == b || (of_a.len == of_b.len && !memcmp(of_a.p, of_b.p, of_a.len));
}

static bool goes_with(const struct decision_context *x, const struct candidate *best,
		const struct route_source *s, const struct attrs *attrs)
{
	const struct decision_company company = company_of(x, best->source);
	enum decision_company_answer answer = decision_company_of(&company, s);

	return answer == DECISION_BY_PATH ? same_path(best->attrs, attrs) : answer == DECISION_ALWAYS;
}

unsigned decision_max_paths(const struct decision_context *x, const struct candidate *best)
{
	unsigned max = source_is_external(best->source) ? x->options->max_paths_ebgp :
							  x->options->max_paths_ibgp;

	return max && max < DECISION_PATHS_MAX ? max : DECISION_PATHS_MAX;
}

uint32_t decision_way(const struct decision_context *x, const struct route_source *s,
		const struct attrs *attrs)
{
	uint32_t hop = s->kind == SOURCE_PEER ? attrs->next_hop : 0;

	return hop && !ip_is_link_local(&attrs_next_hop(x->attrs, hop)->addr) ? hop : 0;
}

static bool adds_nothing(const struct decision_context *x, struct decision_used *used,
		const struct route_source *s, uint32_t hop)
{
	uint64_t bit = 1ull << (hop & 63);

	if (s->kind != SOURCE_PEER || !hop)
		return false;
	if (used->hop_bits & bit)
		for (unsigned i = 0; i < used->n_hops; i++)
			if (used->hops[i] == hop && !ip_is_link_local(&attrs_next_hop(x->attrs, hop)->addr))
				return true;
	used->hop_bits |= bit;
	used->hops[used->n_hops++] = hop;
	return false;
}

void decision_used_begin(const struct decision_context *x, const struct candidate *best,
		struct decision_used *ret)
{
	ret->company = decision_company(x, best);
	ret->best = best->attrs;
	ret->left = decision_max_paths(x, best) - 1;
	ret->hop_bits = ret->n_hops = 0;
	adds_nothing(x, ret, best->source, best->attrs->next_hop);
}

bool decision_used_add(const struct decision_context *x, struct decision_used *used,
		const struct route_source *s, const struct attrs *attrs)
{
	enum decision_company_answer answer = decision_company_of(&used->company, s);

	if (!used->left || answer == DECISION_NEVER)
		return false;
	if (answer == DECISION_BY_PATH && !same_path(used->best, attrs))
		return false;
	if (adds_nothing(x, used, s, attrs->next_hop))
		return false;
	used->left--;
	return true;
}

static int source_compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->path->source != y->path->source)
		return (int)x->path->source - (int)y->path->source;
	return (x->path_id > y->path_id) - (x->path_id < y->path_id);
}

/* The same order whatever order they came in: by source, then path id.  Few are sorted
 * by a number that ends with where they stood, and then moved once. */
static void sort_by_source(struct candidate *c, unsigned n)
{
	struct candidate was[FEW];
	uint64_t keys[FEW];
	bool in_order = true;

	if (n > FEW) {
		qsort(c, n, sizeof(*c), source_compare);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t key = (uint64_t)c[i].path->source << 48 | (uint64_t)c[i].path_id << 16 | i;
		unsigned j = i;

		for (; j && keys[j - 1] > key; j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
		in_order &= j == i;
	}
	if (in_order)
		return;
	memcpy(was, c, n * sizeof(*c));
	for (unsigned i = 0; i < n; i++)
		c[i] = was[keys[i] & 0xffff];
}

static int step_order(const struct decision_context *x, const struct step *st, const struct candidate *a,
		const struct candidate *b)
{
	uint64_t of_a, of_b;

	if (st->beside_best)
		return st->beside_best(b, a);
	of_a = st->rank ? st->rank(x, a) : med_of(x, a);
	of_b = st->rank ? st->rank(x, b) : med_of(x, b);
	return (of_a > of_b) - (of_a < of_b);
}

/* Of two that only steps after the IGP metric tell apart: which would win? */
static int order_of_equals(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b)
{
	for (const struct step *st = steps; st < steps + STEPS; st++) {
		int order;

		if (st->reason < REASON_MULTIPATH || st->reason == REASON_EVPN_MOBILITY ||
				(st->off && st->off(x->options)))
			continue;
		order = step_order(x, st, a, b);
		if (order)
			return order;
	}
	return 0;
}

static int order_of_losers(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b)
{
	(void)x;
	if (a->path->reason != b->path->reason)
		return (int)b->path->reason - (int)a->path->reason;
	return source_compare(a, b);
}

static void sort_few(const struct decision_context *x, struct candidate *c, unsigned n,
		int (*order)(const struct decision_context *x, const struct candidate *a,
				const struct candidate *b))
{
	for (unsigned i = 1; i < n; i++) {
		struct candidate t = c[i];
		unsigned lo = 0, hi = i;

		while (lo < hi) {
			unsigned mid = (lo + hi) / 2;

			if (order(x, &t, &c[mid]) < 0)
				hi = mid;
			else
				lo = mid + 1;
		}
		memmove(c + lo + 1, c + lo, (i - lo) * sizeof(*c));
		c[lo] = t;
	}
}

/* Flags those used beside the first.  False if another one went with it, too: then which
 * are used depends on their order. */
static bool flag_used(const struct decision_context *x, struct candidate *c, unsigned equal)
{
	struct decision_used used;
	bool fit = true;

	decision_used_begin(x, &c[0], &used);
	for (unsigned i = 1; i < equal; i++) {
		c[i].path->flags &= (uint8_t)~PATH_MULTIPATH;
		if (decision_used_add(x, &used, c[i].source, c[i].attrs))
			c[i].path->flags |= PATH_MULTIPATH;
		else
			fit = fit && !goes_with(x, &c[0], c[i].source, c[i].attrs);
	}
	return fit;
}

/* Of those that are equal as far as forwarding goes, the ones that would win next: so a
 * newer one takes nobody's place. */
static void mark_multipath(const struct decision_context *x, struct candidate *c, unsigned equal)
{
	unsigned n = 1;
	bool fit;

	if (decision_max_paths(x, &c[0]) == 1)
		return;
	fit = flag_used(x, c, equal);
	if (!fit) {
		sort_few(x, c + 1, equal - 1, order_of_equals);
		flag_used(x, c, equal);
	}
	for (unsigned i = 1; i < equal; i++) {
		struct candidate t = c[i];

		if (!(t.path->flags & PATH_MULTIPATH))
			continue;
		t.path->reason = REASON_MULTIPATH;
		memmove(c + n + 1, c + n, (i - n) * sizeof(*c));
		c[n++] = t;
	}
	/* The same places, whether they had to be sorted or not. */
	sort_few(x, c + 1, n - 1, order_of_losers);
	if (!fit)
		sort_few(x, c + n, equal - n, order_of_losers);
}

void decision_run_from(const struct decision_context *x, struct candidate *c, unsigned n,
		enum path_reason first)
{
	unsigned left = n, equal = n, s = 0;

	assert(n);
	sort_by_source(c, n);
	for (unsigned i = 0; i < n; i++) {
		c[i].path->flags &= (uint8_t)~PATH_MULTIPATH;
		c[i].path->reason = REASON_NONE;
	}
	while (s < STEPS && first != REASON_NONE && steps[s].reason != first)
		s++;
	for (; s < STEPS && left > 1; s++) {
		const struct step *st = &steps[s];
		unsigned kept;

		if (st->off && st->off(x->options))
			continue;
		if (st->rank) {
			for (unsigned i = 0; i < left; i++)
				c[i].rank = st->rank(x, &c[i]);
			kept = keep_lowest(c, left);
		} else {
			kept = st->keep(x, c, left);
		}
		for (unsigned i = kept; i < left; i++)
			c[i].path->reason = (uint8_t)st->reason;
		left = kept;
		if (st->reason <= REASON_IGP_METRIC || st->reason == REASON_EVPN_MOBILITY)
			equal = left;
	}
	if (equal > 1)
		mark_multipath(x, c, equal);
}

void decision_run(const struct decision_context *x, struct candidate *c, unsigned n)
{
	decision_run_from(x, c, n, REASON_NONE);
}

bool decision_goes_with(const struct decision_context *x, const struct candidate *best,
		const struct candidate *c)
{
	return goes_with(x, best, c->source, c->attrs);
}

bool decision_med_differs(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b)
{
	return med_of(x, a) != med_of(x, b) && med_group(x, a) == med_group(x, b);
}

enum path_reason decision_loses(const struct decision_context *x, const struct candidate *best,
		const struct candidate *c)
{
	for (unsigned s = 0; s < STEPS; s++) {
		const struct step *st = &steps[s];
		uint64_t theirs, ours;

		if (st->off && st->off(x->options))
			continue;
		/* It would be used beside the best, or might be. */
		if (st->reason > REASON_MULTIPATH && st->reason != REASON_EVPN_MOBILITY &&
				goes_with(x, best, c->source, c->attrs))
			return REASON_NONE;
		if (st->beside_best) {
			int order = st->beside_best(best, c);

			if (order)
				return order > 0 ? st->reason : REASON_NONE;
		}
		if (!st->rank)
			continue;
		theirs = st->rank(x, best);
		ours = st->rank(x, c);
		if (ours != theirs)
			return ours > theirs ? st->reason : REASON_NONE;
	}
	return REASON_NONE;
}

bool decision_compare(const struct decision_context *x, const struct candidate *a,
		const struct candidate *b, int *ret_order, enum path_reason *ret_differ)
{
	*ret_differ = REASON_NONE;
	*ret_order = 0;
	if (x->family == FAM_EVPN && x->key[0] == EVPN_MACIP) {
		if (!mobility_order(x, a, b, ret_order))
			return false;
		if (*ret_order) {
			*ret_differ = REASON_EVPN_MOBILITY;
			return true;
		}
	}
	/* The other steps are in the order of their reasons. */
	for (const struct step *st = steps + 1; st < steps + STEPS; st++) {
		if (st->off && st->off(x->options))
			continue;
		*ret_order = step_order(x, st, a, b);
		if (!*ret_order)
			continue;
		*ret_differ = st->reason;
		return st->reason != REASON_MED || x->options->always_compare_med;
	}
	return true;
}

struct decision_company decision_company(const struct decision_context *x, const struct candidate *a)
{
	struct decision_company company = company_of(x, a->source);

	company.none |= decision_max_paths(x, a) == 1;
	return company;
}

bool decision_beside(const struct decision_context *x, const struct candidate *a,
		const struct route_source *b, const struct attrs *b_attrs)
{
	return decision_max_paths(x, a) != 1 && goes_with(x, a, b, b_attrs);
}
