/* Connected subnets: of each address on a link that runs, whether or not the
 * kernel has a route for it (it has none for a loopback's /32). */
#include <linux/rtnetlink.h>
#include <linux/if_addr.h>

#include "overlayd/core/state.h"

static bool is_old(const struct foreign *e, uint32_t mark)
{
	return e->proto == 0 && e->s.refusal != mark;
}

static void connected_add(struct overlay_core *c, const struct addr *a, uint32_t mark)
{
	const struct link *l = link_at(c, link_by_ifindex(c, a->ifindex));
	struct prefix p = prefix_make(&a->addr, a->len);
	struct foreign *e;
	uint32_t rid;

	if (!a->present || !l || !link_runs(l) || ip_is_loopback(&a->addr) ||
			ip_is_link_local(&a->addr))
		return;
	rid = route_get(c, link_vrf(c, l), &p);
	e = foreign_get(c, rid, 0, RTN_UNICAST, a->ifindex);
	if (e->n == 0)
		route_dirty(c, rid);
	e->s.refusal = mark;
	e->scope = RT_SCOPE_LINK;
	e->n = 1;
	e->hops[0] = (struct khop){ .oif = a->ifindex };
}

static void drop_old(struct overlay_core *c, struct table *t, uint32_t v6, uint32_t mark)
{
	struct route *r;
	uint32_t id;

	slab_foreach (id, r, &t->slab)
		if (r->foreign)
			foreigns_drop(c, id | v6, is_old, mark);
}

void connected_run(struct overlay_core *c)
{
	const struct addr *a;
	uint32_t id;

	c->connected_due = false;
	c->connected_mark = c->connected_mark % 1000 + 2; /* 1 is foreign_actual()'s */
	slab_foreach (id, a, &c->addrs.slab)
		connected_add(c, a, c->connected_mark);
	drop_old(c, &c->routes4, 0, c->connected_mark);
	drop_old(c, &c->routes6, ROUTE_V6, c->connected_mark);
}
