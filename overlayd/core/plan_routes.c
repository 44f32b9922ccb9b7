/* Static routes of the configuration as wanted routes.  Lines of one prefix and
 * distance are one route with several next hops; of several distances the
 * least whose next hops resolve is used (floating static routes). */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/core/state.h"

#define NO_SUCH_INTERFACE UINT32_MAX

struct line {
	uint32_t vrf;
	struct prefix prefix;
	uint8_t distance, type;
	uint32_t tag;
	struct hop hop;
};

static int line_compare(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;
	int d;

	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	d = prefix_compare(&a->prefix, &b->prefix);
	if (d)
		return d;
	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return memcmp(&a->hop, &b->hop, sizeof(a->hop));
}

static void line_make(struct overlay_core *c, struct line *line, uint32_t vrf,
		const struct overlay_static *cfg)
{
	const struct link *l;

	line->vrf = vrf;
	line->prefix = cfg->prefix;
	line->distance = cfg->distance;
	line->tag = cfg->tag;
	line->type = cfg->discard == OVERLAY_BLACKHOLE ? RTN_BLACKHOLE :
		     cfg->discard == OVERLAY_REJECT    ? RTN_UNREACHABLE :
							 RTN_UNICAST;
	line->hop.addr = cfg->gateway;
	line->hop.weight = 1;
	line->hop.vrf = cfg->nexthop_vrf[0] ? vrf_get(c, cfg->nexthop_vrf) : vrf;
	if (cfg->interface[0]) {
		l = link_at(c, link_find(c, cfg->interface));
		line->hop.ifindex = l && l->present ? l->a.ifindex : NO_SUCH_INTERFACE;
	}
}

/* Lines [0, n) are of one prefix and distance. */
static void static_add(struct overlay_core *c, const struct line *lines, size_t n)
{
	struct hop hops[KNEXTHOP_MAX];
	uint32_t id = slab_new(&c->statics), rid, *at;
	struct static_route *s = static_at(c, id);
	unsigned n_hops = 0;

	for (size_t i = 0; i < n && n_hops < KNEXTHOP_MAX; i++)
		if (lines[i].type == lines[0].type &&
				(!i || memcmp(&lines[i].hop, &lines[i - 1].hop, sizeof(hops[0]))))
			hops[n_hops++] = lines[i].hop;
	if (lines[0].type != RTN_UNICAST)
		n_hops = 0;
	rid = route_get(c, lines[0].vrf, &lines[0].prefix);
	s->s.q = Q_LIVE;
	s->distance = lines[0].distance;
	s->tag = lines[0].tag;
	s->route = rid;
	s->spec = spec_ref(c, lines[0].vrf, lines[0].prefix.family, lines[0].type, hops, n_hops);
	at = &route_at(c, rid)->statics;
	while (*at)
		at = &static_at(c, *at)->next; /* lines come by distance */
	*at = id;
}

void plan_statics(struct overlay_core *c)
{
	VEC(struct line) lines = { 0 };
	VEC(uint32_t) old = { 0 };
	const struct overlay_static *cfg;
	const struct overlay_vrf *vrf;
	struct static_route *s;
	uint32_t id;

	slab_foreach (id, s, &c->statics) {
		*vec_push(&old) = id;
		route_at(c, s->route)->statics = 0;
	}
	vec_foreach (vrf, &c->config->vrfs) {
		id = vrf_get(c, vrf->name);
		vec_foreach (cfg, &vrf->routes)
			line_make(c, vec_push(&lines), id, cfg);
	}
	if (lines.n)
		qsort(lines.v, lines.n, sizeof(lines.v[0]), line_compare);
	for (size_t i = 0, n; i < lines.n; i += n) {
		for (n = 1; i + n < lines.n && lines.v[i + n].vrf == lines.v[i].vrf &&
				prefix_equal(&lines.v[i + n].prefix, &lines.v[i].prefix) &&
				lines.v[i + n].distance == lines.v[i].distance;
				n++)
			;
		static_add(c, &lines.v[i], n);
	}
	slab_foreach (id, s, &c->statics)
		route_dirty(c, s->route);
	/* Only now, so that next hops that stay are not made anew. */
	for (size_t i = 0; i < old.n; i++) {
		s = static_at(c, old.v[i]);
		route_dirty(c, s->route);
		spec_unref(c, s->spec);
		s->s.q = 0;
		slab_put(&c->statics, old.v[i]);
	}
	vec_free(&lines);
	vec_free(&old);
}
