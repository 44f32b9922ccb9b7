/* neighbor ... default-originate: a default route that is made for the peers of
 * a group alone.  With a route-map it is announced while some route of the
 * table is permitted by the map; what the map sets is set on the default route. */
#include "bgpd/core/nlri.h"
#include "bgpd/core/out_private.h"

#define SCAN 4096 /* destinations in one slice of a search */

static bool permits(const struct out_group *g, uint32_t dest, const struct path *path,
		uint32_t *attrs)
{
	struct bgp_core *c = g->all->instance->core;
	struct policy_route r = { .family = g->all->family, .key = rib_dest(g->all->rib, dest)->key,
		.info = info_get(c->infos, path->info), .source = c->sources.v[path->source],
		.local_as = g->key.local_as };

	return policy_apply(g->filters.default_map, c->attrs, c->infos, &r, attrs, NULL);
}

static bool matches(const struct out_group *g, uint32_t dest)
{
	struct attrs_table *t = g->all->instance->core->attrs;
	const struct path *best = rib_best(g->all->rib, dest);
	uint32_t attrs;
	bool ok;

	if (!best)
		return false;
	attrs = best->attrs;
	attrs_ref(t, attrs);
	ok = permits(g, dest, best, &attrs);
	attrs_unref(t, attrs);
	return ok;
}

void out_default_restart(struct out_group *g)
{
	g->default_match = 0;
	g->default_scan = g->key.has_default_map;
}

void out_default_look(struct out_group *g, uint32_t dest)
{
	if (g->default_match && g->default_match != dest)
		return;
	if (matches(g, dest)) {
		g->default_match = dest;
		g->default_scan = 0;
	} else if (g->default_match == dest) {
		out_default_restart(g);
	}
}

static void search(struct out_group *g)
{
	const struct rib *rib = g->all->rib;

	for (unsigned n = 0; n < SCAN && g->default_scan; n++) {
		uint32_t dest = rib_walk(rib, g->default_scan - 1);

		if (!dest) {
			g->default_scan = 0;
		} else if (matches(g, dest)) {
			g->default_match = dest;
			g->default_scan = 0;
		} else {
			g->default_scan = dest + 1;
		}
	}
}

static bool is_on(const struct out_group *g)
{
	return g->key.default_originate && (!g->key.has_default_map || g->default_match) &&
	       (g->all->family == FAM_IPV4_UNICAST || g->all->family == FAM_IPV6_UNICAST);
}

/* Interned, with one reference. */
static uint32_t make_attrs(const struct out_group *g)
{
	struct bgp_core *c = g->all->instance->core;
	struct route_attrs a = { .origin = ORIGIN_IGP };
	uint32_t id = attrs_intern(c->attrs, &a);
	uint8_t zero[NLRI_KEY_MAX] = { 0 };
	struct policy_route r = { .family = g->all->family, .key = zero, .info = info_get(c->infos, 0),
		.source = c->sources.v[g->all->instance->source_network], .outbound = true,
		.local_as = g->key.local_as };

	if (g->key.has_default_map)
		policy_apply(g->filters.default_map, c->attrs, c->infos, &r, &id, NULL);
	return id;
}

bool out_default_update(struct out_group *g, struct out_item *ret)
{
	struct attrs_table *t = g->all->instance->core->attrs;
	uint32_t attrs;

	if (g->default_scan)
		search(g);
	/* A search that is not over leaves it as it is, lest it flaps. */
	if (g->default_scan || (!g->default_attrs && !is_on(g)))
		return false;
	attrs = is_on(g) ? make_attrs(g) : 0;
	if (attrs == g->default_attrs && !g->default_force) {
		attrs_unref(t, attrs);
		return false;
	}
	attrs_unref(t, g->default_attrs);
	g->default_attrs = attrs;
	g->default_force = false;
	*ret = (struct out_item){ .attrs = attrs, .source = g->all->instance->source_network };
	return true;
}

bool out_default_pending(const struct out_group *g)
{
	return g->default_scan != 0 || is_on(g) != (g->default_attrs != 0) ||
	       (g->default_force && g->default_attrs);
}
