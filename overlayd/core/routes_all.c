/* Changes that concern many routes at once: the end of a listing, a link or a
 * VRF that went, next hops that came or went. */
#include <linux/rtnetlink.h>

#include "overlayd/core/state.h"

#define route_foreach(id, r, c, t)                                                                 \
	for (id = 1; id <= (c)->t.slab.used; id++)                                                 \
		if ((r = slab_at(&(c)->t.slab, id))->s.q & Q_LIVE)

/* Calls fn for each route of both families. */
static void each_route(struct overlay_core *c,
		void (*fn)(struct overlay_core *, uint32_t id, struct route *, uint32_t arg),
		uint32_t arg)
{
	struct route *r;
	uint32_t id;

	route_foreach (id, r, c, routes4)
		fn(c, id, r, arg);
	route_foreach (id, r, c, routes6)
		fn(c, id | ROUTE_V6, r, arg);
}

static bool is_unseen(const struct foreign *e, uint32_t dump_no)
{
	return e->proto && e->s.seen != dump_no;
}

static void sweep(struct overlay_core *c, uint32_t id, struct route *r)
{
	if (r->a_type && r->s.seen != c->dump_no)
		route_lost(c, id);
	r->s.q &= (uint16_t)~Q_UNSURE;
	if (r->foreign)
		foreigns_drop(c, id, is_unseen, c->dump_no);
	route_put(c, id);
}

void route_sweep(struct overlay_core *c, uint8_t family)
{
	struct route *r;
	uint32_t id;

	if (family == 4) {
		route_foreach (id, r, c, routes4)
			sweep(c, id, r);
	} else {
		route_foreach (id, r, c, routes6)
			sweep(c, id | ROUTE_V6, r);
	}
}

static void drop_orphan(struct overlay_core *c, uint32_t id, struct route *r, uint32_t arg)
{
	const struct group *g;

	(void)arg;
	if (!r->a_nhid)
		return;
	g = group_at(c, group_by_kid(c, r->a_nhid));
	if (!g || !g->present)
		route_lost(c, id);
}

void routes_drop_orphans(struct overlay_core *c)
{
	c->orphans_due = false;
	each_route(c, drop_orphan, 0);
}

static bool is_of_kernel(const struct foreign *e, uint32_t arg)
{
	(void)arg;
	return e->proto != 0;
}

static void drop_vrf(struct overlay_core *c, uint32_t id, struct route *r, uint32_t vrf)
{
	if (r->vrf != vrf)
		return;
	route_lost(c, id);
	foreigns_drop(c, id, is_of_kernel, 0);
	route_dirty(c, id);
}

void routes_drop_vrf(struct overlay_core *c, uint32_t vrf)
{
	each_route(c, drop_vrf, vrf);
}

static bool leads_over(const struct foreign *e, uint32_t ifindex)
{
	return e->proto && e->n == 1 && e->hops[0].oif == ifindex;
}

static bool may_lead_over(const struct foreign *e, uint32_t ifindex)
{
	for (unsigned i = 0; i < e->n; i++)
		if (e->hops[i].oif == ifindex)
			return e->proto;
	return e->n == FOREIGN_HOPS;
}

/* Those that lead nowhere else go when it is down (fib_sync_down_dev), and with a
 * next-hop object also without a carrier (nexthop_flush_dev). */
bool routes_link_stopped(struct overlay_core *c, uint32_t ifindex, bool down)
{
	bool in_doubt = false;
	struct foreign *e;
	uint32_t id;

	slab_foreach (id, e, &c->foreigns) {
		if (!may_lead_over(e, ifindex))
			continue;
		in_doubt |= e->nhid || (down && e->n > 1);
		if (down && leads_over(e, ifindex))
			foreigns_drop(c, e->route, leads_over, ifindex);
	}
	return in_doubt;
}

static void spec_toggled(struct overlay_core *c, uint32_t id, struct route *r, uint32_t arg)
{
	bool toggled = r->w_spec && spec_at(c, r->w_spec)->toggled;

	(void)arg;
	for (uint32_t s = r->statics; s; s = static_at(c, s)->next)
		toggled |= spec_at(c, static_at(c, s)->spec)->toggled;
	if (toggled)
		route_dirty(c, id);
}

void routes_spec_toggled(struct overlay_core *c)
{
	struct spec *s;
	uint32_t id;

	c->toggled_due = false;
	each_route(c, spec_toggled, 0);
	slab_foreach (id, s, &c->specs.slab)
		s->toggled = false;
}
