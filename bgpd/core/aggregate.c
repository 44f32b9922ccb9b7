/* aggregate-address: one route that stands for all inside it while there is at
 * least one (RFC 4271 section 9.2.2.2).  Reads the table's log; each aggregate
 * keeps the sorted ids of its members. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/origin_private.h"

#define SLICE 1024
#define WEIGHT_LOCAL 32768

static bool member_find(const struct aggregate *g, uint32_t dest, size_t *ret_at)
{
	size_t lo = 0, hi = g->members.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (g->members.v[mid] < dest)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_at = lo;
	return lo < g->members.n && g->members.v[lo] == dest;
}

static bool member_set(struct aggregate *g, uint32_t dest, bool in)
{
	size_t at;
	bool was = member_find(g, dest, &at);

	if (was == in)
		return false;
	if (!in) {
		vec_remove(&g->members, at);
		return true;
	}
	*vec_push(&g->members) = 0;
	memmove(g->members.v + at + 1, g->members.v + at,
			(g->members.n - 1 - at) * sizeof(*g->members.v));
	g->members.v[at] = dest;
	return true;
}

/* Appends 4-byte words that are not there yet. */
static void union_add(uint8_t *set, uint16_t *len, size_t size, const uint8_t *word, unsigned n)
{
	for (unsigned at = 0; at < *len; at += n)
		if (memcmp(set + at, word, n) == 0)
			return;
	if (*len + n <= size) {
		memcpy(set + *len, word, n);
		*len += (uint16_t)n;
	}
}

/* All ASes of a path into a set (RFC 4271 section 9.2.2.2, AS_PATH). */
static void as_set_add(uint8_t *set, uint16_t *len, struct attr_span path)
{
	for (unsigned at = 0; at + 2 <= path.len;) {
		unsigned n = path.p[at + 1];

		at += 2;
		for (; n > 0 && at + 4 <= path.len; n--, at += 4)
			union_add(set, len, 255 * 4, path.p + at, 4);
	}
}

static void aggregate_withdraw(struct origin *o, const struct aggregate *g)
{
	uint8_t key[NLRI_KEY_MAX] = { 0 };

	nlri_key_unicast(&g->prefix, key);
	rib_withdraw(o->instance->rib[g->family], key, o->instance->source_aggregate, 0);
}

static void aggregate_originate(struct origin *o, struct aggregate *g)
{
	struct bgp_instance *i = o->instance;
	struct bgp_core *c = i->core;
	uint8_t path[2 + 255 * 4], communities[1024], aggregator[8], key[NLRI_KEY_MAX] = { 0 };
	struct route_attrs a = { .has = HAS_WEIGHT, .weight = WEIGHT_LOCAL };
	uint16_t n_path = 0, n_communities = 0;
	uint32_t attrs;

	for (size_t k = 0; k < g->members.n; k++) {
		const struct path *p = rib_best(i->rib[g->family], g->members.v[k]);
		const struct attrs *m = p ? attrs_get(c->attrs, p->attrs) : NULL;
		struct attr_span s;

		if (!m)
			continue;
		if (m->origin > a.origin)
			a.origin = m->origin;
		if (!g->as_set)
			continue;
		as_set_add(path + 2, &n_path, attrs_part(m, PART_AS_PATH));
		s = attrs_part(m, PART_COMMUNITIES);
		for (unsigned at = 0; at + 4 <= s.len; at += 4)
			union_add(communities, &n_communities, sizeof(communities), s.p + at, 4);
	}
	if (g->has_origin)
		a.origin = g->origin;
	if (g->as_set && n_path) {
		path[0] = 1; /* AS_SET */
		path[1] = (uint8_t)(n_path / 4);
		a.part[PART_AS_PATH] = (struct attr_span){ path, (uint16_t)(n_path + 2) };
	}
	if (!g->as_set)
		a.has |= HAS_ATOMIC;
	a.part[PART_COMMUNITIES] = (struct attr_span){ communities, n_communities };
	wr_put32(aggregator, i->config->as);
	wr_put32(aggregator + 4, i->router_id);
	a.part[PART_AGGREGATOR] = (struct attr_span){ aggregator, 8 };
	attrs = attrs_intern(c->attrs, &a);
	nlri_key_unicast(&g->prefix, key);
	if (!origin_filter(i, g->filter, g->family, key, i->source_aggregate, &attrs)) {
		attrs_unref(c->attrs, attrs);
		aggregate_withdraw(o, g);
		return;
	}
	attrs_ref(c->attrs, attrs);
	rib_update(i->rib[g->family], key, i->source_aggregate, 0, attrs, attrs, 0, REASON_NONE,
			core_now_secs(c));
}

/* What summary-only hides or shows again is for the out groups to see anew. */
static void touch_members(struct origin *o, const struct aggregate *g)
{
	for (size_t k = 0; g->summary_only && k < g->members.n; k++)
		rib_touch(o->instance->rib[g->family], g->members.v[k]);
}

static void dest_changed(struct origin *o, enum family f, uint32_t dest)
{
	struct bgp_instance *i = o->instance;
	const struct path *best = rib_best(i->rib[f], dest);
	bool in = best && best->source != i->source_aggregate;
	struct prefix p;

	if (!nlri_key_prefix(f, rib_dest(i->rib[f], dest)->key, &p))
		return;
	for (size_t k = 0; k < o->aggregates.n; k++) {
		struct aggregate *g = &o->aggregates.v[k];
		bool changed;

		if (g->family != f || p.len <= g->prefix.len || !prefix_covers(&g->prefix, &p))
			continue;
		changed = member_set(g, dest, in);
		if (!g->members.n) {
			if (g->active)
				aggregate_withdraw(o, g);
			g->active = false;
		} else if (!g->active || g->as_set || changed) {
			aggregate_originate(o, g);
			if (!g->active) {
				g->active = true;
				touch_members(o, g);
			} else if (changed && g->summary_only) {
				/* It may have been announced before this aggregate was. */
				rib_touch(i->rib[f], dest);
			}
		}
	}
}

bool out_suppressed(const struct bgp_instance *i, enum family f, const uint8_t *key)
{
	const struct origin *o = i->origin;
	struct prefix p;

	if (!o || !o->aggregates.n || !nlri_key_prefix(f, key, &p))
		return false;
	for (size_t k = 0; k < o->aggregates.n; k++) {
		const struct aggregate *g = &o->aggregates.v[k];

		if (g->summary_only && g->active && g->family == f && p.len > g->prefix.len &&
				prefix_covers(&g->prefix, &p))
			return true;
	}
	return false;
}

static bool aggregates_run(struct work *w, struct bgp_core *c)
{
	struct origin *o = (struct origin *)((char *)w - offsetof(struct origin, work));
	bool more = false;

	(void)c;
	for (int v6 = 0; v6 < 2; v6++) {
		struct rib_reader *r = &o->tables[v6].reader;
		uint32_t dest;

		for (unsigned n = 0; r->rib && n < SLICE && (dest = rib_reader_next(r)); n++)
			dest_changed(o, v6 ? FAM_IPV6_UNICAST : FAM_IPV4_UNICAST, dest);
		more |= r->rib && rib_reader_pending(r);
	}
	return more;
}

static void aggregates_wake(struct rib_reader *r)
{
	struct aggregate_table *t =
			(struct aggregate_table *)((char *)r - offsetof(struct aggregate_table, reader));

	core_work_add(t->owner->instance->core, &t->owner->work);
}

static void aggregates_clear(struct origin *o)
{
	for (size_t k = 0; k < o->aggregates.n; k++) {
		struct aggregate *g = &o->aggregates.v[k];

		if (g->active && o->instance->rib[g->family])
			aggregate_withdraw(o, g);
		if (g->active && o->instance->rib[g->family])
			touch_members(o, g);
		policy_bound_free(g->filter);
		vec_free(&g->members);
	}
	vec_free(&o->aggregates);
}

static void aggregates_of_family(struct origin *o, int v6, enum family f)
{
	struct bgp_instance *i = o->instance;
	const struct instance_family_config *c = &i->config->family[f];
	struct rib_reader *r = &o->tables[v6].reader;

	for (size_t k = 0; k < c->aggregates.n; k++) {
		const struct aggregate_config *a = &c->aggregates.v[k];
		struct policy_filter x = { .route_map = a->route_map };

		*vec_push(&o->aggregates) = (struct aggregate){ .prefix = a->prefix, .family = f,
			.summary_only = a->summary_only, .as_set = a->as_set,
			.has_origin = a->has_origin, .origin = a->origin,
			.filter = a->route_map ? policy_bind(i->core->policy, f, &x) : NULL };
	}
	if (!c->aggregates.n || !i->rib[f])
		rib_reader_close(r);
	else if (r->rib)
		rib_reader_rewind(r);
	else
		rib_reader_open(i->rib[f], r, true, aggregates_wake);
}

void aggregates_config(struct origin *o)
{
	aggregates_clear(o);
	aggregates_of_family(o, 0, FAM_IPV4_UNICAST);
	aggregates_of_family(o, 1, FAM_IPV6_UNICAST);
	core_work_add(o->instance->core, &o->work);
}

void aggregates_init(struct origin *o)
{
	o->work.run = aggregates_run;
	o->tables[0].owner = o->tables[1].owner = o;
}

void aggregates_fini(struct origin *o)
{
	core_work_remove(o->instance->core, &o->work);
	aggregates_clear(o);
	for (int v6 = 0; v6 < 2; v6++)
		rib_reader_close(&o->tables[v6].reader);
}
