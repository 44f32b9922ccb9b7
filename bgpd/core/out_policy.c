/* May a route go out to a group, and with which attributes?  What every
 * speaker must keep to comes first, then the configured filter.
 * Sources: RFC 4271 section 9.2; RFC 4456 section 6; RFC 1997 (well-known
 * communities); RFC 8212.  BLACKHOLE (RFC 7999) is left to the policy, as its
 * section 3.2 allows. */
#include "bgpd/core/out_private.h"

#define NO_EXPORT 0xffffff01u
#define NO_ADVERTISE 0xffffff02u
#define NO_EXPORT_SUBCONFED 0xffffff03u

bool out_is_external(const struct out_key *k)
{
	return !k->ibgp && !k->confed;
}

struct out_member *out_member_of(const struct out_group *g, uint16_t source)
{
	const struct bgp_core *c = g->all->instance->core;
	const struct route_source *s = source < c->sources.n ? c->sources.v[source] : NULL;
	struct out_member *m;

	if (!s || s->kind != SOURCE_PEER || !s->peer)
		return NULL;
	m = ((struct peer *)s->peer)->family[g->all->family].member;
	return m && m->group == g ? m : NULL;
}

static bool is_learned(const struct route_source *s)
{
	return s && (s->kind == SOURCE_PEER || s->kind == SOURCE_IMPORT);
}

uint16_t out_source_class(const struct out_group *g, uint16_t source)
{
	const struct bgp_core *c = g->all->instance->core;
	const struct route_source *s = source < c->sources.n ? c->sources.v[source] : NULL;

	if (out_is_external(&g->key))
		return is_learned(s); /* MED goes no further than one AS */
	/* The originator is named when a route is reflected. */
	return s && s->kind == SOURCE_PEER && s->ibgp ? source : 0;
}

bool out_exportable(const struct out_group *g, const struct attrs *a, const struct route_source *s)
{
	const struct out_key *k = &g->key;
	struct attr_span c = attrs_part(a, PART_COMMUNITIES);

	if (k->silent)
		return false;
	if (s->kind == SOURCE_PEER && s->ibgp && k->ibgp) {
		if (!s->rr_client && !k->rr_client)
			return false;
		if (s->rr_client && k->rr_client && !k->reflect_between_clients)
			return false;
	}
	for (unsigned at = 0; at + 4 <= c.len; at += 4) {
		const uint8_t *p = c.p + at;
		uint32_t v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

		if (v == NO_ADVERTISE || (v == NO_EXPORT && out_is_external(k)) ||
				(v == NO_EXPORT_SUBCONFED && !k->ibgp))
			return false;
	}
	return true;
}

static bool apply(const struct out_group *g, const struct policy_bound *b, const uint8_t *key,
		const struct path *path, uint32_t *attrs)
{
	struct bgp_core *c = g->all->instance->core;
	const struct peer *p = g->members.v[0]->peer;
	struct policy_route r = { .family = g->all->family, .key = key,
		.info = info_get(c->infos, path->info), .source = c->sources.v[path->source],
		.peer = &p->config.addr, .outbound = true, .interface = p->config.interface,
		.local_as = g->key.local_as };

	return policy_apply(b, c->attrs, c->infos, &r, attrs, NULL);
}

bool out_policy_ignores_prefix(const struct out_group *g)
{
	return !g->filters.policy || policy_bound_ignores_prefix(g->filters.policy);
}

uint32_t out_policy(const struct out_group *g, const uint8_t *key, const struct path *path)
{
	struct bgp_core *c = g->all->instance->core;
	uint32_t attrs = path->attrs;

	if (!out_exportable(g, attrs_get(c->attrs, attrs), c->sources.v[path->source]))
		return 0;
	attrs_ref(c->attrs, attrs);
	if (!g->filters.policy || apply(g, g->filters.policy, key, path, &attrs))
		return attrs;
	attrs_unref(c->attrs, attrs);
	return 0;
}

bool out_unsuppressed(const struct out_group *g, const uint8_t *key, const struct path *path)
{
	struct attrs_table *t = g->all->instance->core->attrs;
	uint32_t attrs = path->attrs;
	bool ok;

	if (!g->filters.unsuppress)
		return false;
	attrs_ref(t, attrs);
	ok = apply(g, g->filters.unsuppress, key, path, &attrs);
	attrs_unref(t, attrs);
	return ok;
}
