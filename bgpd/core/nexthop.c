/* Next-hop tracking: which next hops of an instance can be reached, as
 * overlayd reports.  The decision asks here for every path it looks at, so an
 * answer is two array look-ups; a change of state is worked through the tables
 * in slices.
 *
 * A next hop that only the default route leads to is not reachable here: a
 * gateway that "reaches" a dead VTEP through the default route black-holes.
 * Source: RFC 4271 section 9.1.2.1. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/local.h"
#include "bgpd/core/nexthop.h"
#include "bgpd/core/peer.h"
#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"
#include "lib/base/xalloc.h"

#define SLICE 4096 /* destinations looked at per slice of work */
#define SWEEP_INTERVAL MONO_SEC(60)

struct nexthops {
	struct bgp_instance *instance;
	struct slab slab; /* of struct nexthop */
	struct htab by_addr;
	VEC(uint32_t) by_number; /* slab ids by attrs.h's number; a hint, checked by address */
	struct work walk;
	bool walk_active;
	size_t walk_instance;
	int walk_family;
	uint32_t walk_at;
	struct core_timer sweep;
};

static struct nexthop *at(const struct nexthops *n, uint32_t id)
{
	return slab_at(&n->slab, id);
}

static bool addr_equal(const void *ctx, uint32_t id, const void *key)
{
	return ip_equal(&at(ctx, id)->addr, key);
}

static uint32_t addr_hash(const struct nexthops *n, const struct ip_addr *a)
{
	return (uint32_t)hash_bytes(n->instance->core->seed, a, sizeof(*a));
}

static uint32_t find(const struct nexthops *n, const struct ip_addr *a)
{
	return htab_find(&n->by_addr, addr_hash(n, a), addr_equal, n, a);
}

static bool is_own(const struct nexthops *n, const struct ip_addr *a)
{
	return local_address_is_ours(n->instance->core, n->instance->name, a);
}

/* The record of a numbered next hop, made and watched if it is new. */
static struct nexthop *track(struct nexthops *n, uint32_t number, const struct ip_addr *a)
{
	uint32_t id = number < n->by_number.n ? n->by_number.v[number] : 0;

	if (id && ip_equal(&at(n, id)->addr, a))
		return at(n, id);
	id = find(n, a);
	if (!id) {
		id = slab_new(&n->slab);
		at(n, id)->addr = *a;
		at(n, id)->own = is_own(n, a);
		htab_insert(&n->by_addr, addr_hash(n, a), id);
		feed_out_watch(n->instance->core->feed_out, n->instance, a, true);
		if (!timer_running(&n->sweep.timer))
			core_timer_start(n->instance->core, &n->sweep, SWEEP_INTERVAL);
	}
	while (n->by_number.n <= number)
		*vec_push(&n->by_number) = 0;
	n->by_number.v[number] = id;
	return at(n, id);
}

/* A single-hop eBGP session vouches only for what is on the link. */
static bool must_be_connected(const struct route_source *src)
{
	const struct peer *p = src->peer;

	return !src->ibgp && p && p->config.ebgp_multihop <= 1 && !p->config.ttl_security_hops &&
	       !p->config.disable_connected_check;
}

bool nexthop_usable(const void *ctx, uint16_t instance, const struct route_source *src,
		uint32_t next_hop, uint32_t *ret_metric)
{
	const struct bgp_core *c = ctx;
	const struct attrs_next_hop *nh = attrs_next_hop(c->attrs, next_hop);
	struct nexthop *t;

	*ret_metric = 0;
	if (c->options.no_overlay || !nh || nh->addr.family == 0)
		return true;
	if (src->kind == SOURCE_IMPORT) {
		/* Checked where it came from; its cost is the way to the other end. */
		const struct nexthop *far = nexthops_find(c->instances.v[0]->nexthops, &nh->addr);

		*ret_metric = far ? far->metric : 0;
		return true;
	}
	if (src->kind != SOURCE_PEER)
		return true;
	if (nh->addr.family == 6 && ip_is_link_local(&nh->addr))
		return true; /* on the session's own link */
	t = track(c->instances.v[instance]->nexthops, next_hop, &nh->addr);
	if (!t->resolved || t->own)
		return false;
	*ret_metric = t->metric;
	return must_be_connected(src) ? t->connected : !t->by_default;
}

/* ---- a change of state, worked through the tables ---- */

static bool uses_changed_hop(const struct nexthops *n, const struct rib *rib, uint32_t dest)
{
	const struct bgp_core *c = n->instance->core;
	const struct path *p;

	for (uint32_t id = rib_dest(rib, dest)->paths; id; id = p->next) {
		uint32_t number, rec;

		p = rib_path(rib, id);
		if (!p->attrs)
			continue;
		number = attrs_get(c->attrs, p->attrs)->next_hop;
		rec = number < n->by_number.n ? n->by_number.v[number] : 0;
		if (rec && at(n, rec)->walking)
			return true;
	}
	return false;
}

static void walk_begin(struct nexthops *n)
{
	for (uint32_t id = 1; id <= n->slab.used; id++) {
		at(n, id)->walking = at(n, id)->changed;
		at(n, id)->changed = false;
	}
	n->walk_active = true;
	n->walk_instance = n->instance->index;
	n->walk_family = 0;
	n->walk_at = 0;
}

static bool any_changed(const struct nexthops *n)
{
	for (uint32_t id = 1; id <= n->slab.used; id++)
		if (at(n, id)->changed)
			return true;
	return false;
}

/* False: the budget is spent. */
static bool walk_tables(struct nexthops *n, const struct bgp_instance *i, unsigned *budget)
{
	for (; n->walk_family < FAM_COUNT; n->walk_family++, n->walk_at = 0) {
		struct rib *rib = i->rib[n->walk_family];

		if (!rib)
			continue;
		while ((n->walk_at = rib_walk(rib, n->walk_at))) {
			if (uses_changed_hop(n, rib, n->walk_at))
				rib_decide(rib, n->walk_at);
			if (!--*budget)
				return false;
		}
	}
	n->walk_family = 0;
	return true;
}

/* What was imported into other instances is chosen there by metrics of the default one. */
static bool walk_run(struct work *w, struct bgp_core *c)
{
	struct nexthops *n = (struct nexthops *)((char *)w - offsetof(struct nexthops, walk));
	unsigned budget = SLICE;

	if (!n->walk_active)
		walk_begin(n);
	for (; n->walk_instance < c->instances.n; n->walk_instance++) {
		const struct bgp_instance *i = c->instances.v[n->walk_instance];

		if (i && (i == n->instance || n->instance->index == 0) && !walk_tables(n, i, &budget))
			return true;
	}
	n->walk_active = false;
	return any_changed(n);
}

bool nexthops_settled(const struct nexthops *n)
{
	if (n->walk_active)
		return false;
	for (uint32_t id = 1; id <= n->slab.used; id++) {
		const struct nexthop *t = at(n, id);

		if (t->changed || (!t->known && t->addr.family && find(n, &t->addr) == id))
			return false;
	}
	return true;
}

void nexthop_feed(struct bgp_instance *i, const struct feed_msg *m)
{
	struct nexthops *n = i->nexthops;
	uint32_t id = find(n, &m->nexthop.addr);
	struct nexthop *t, old;

	if (!id)
		return; /* no longer watched: the answer crossed our request */
	t = at(n, id);
	old = *t;
	t->known = true;
	t->resolved = m->add && m->nexthop.resolved;
	t->connected = t->resolved && m->nexthop.connected;
	t->by_default = t->resolved && m->nexthop.by_default;
	t->metric = m->nexthop.metric;
	t->ifindex = m->nexthop.ifindex;
	if (old.resolved == t->resolved && old.connected == t->connected &&
			old.by_default == t->by_default && old.metric == t->metric)
		return;
	t->changed = true;
	core_work_add(i->core, &n->walk);
}

void nexthops_own_changed(struct nexthops *n)
{
	for (uint32_t id = 1; id <= n->slab.used; id++) {
		struct nexthop *t = at(n, id);
		bool own;

		if (t->addr.family == 0 || find(n, &t->addr) != id)
			continue;
		own = is_own(n, &t->addr);
		if (own == t->own)
			continue;
		t->own = own;
		t->changed = true;
		core_work_add(n->instance->core, &n->walk);
	}
}

/* Forgets next hops that no attribute set has any more. */
static void sweep(struct core_timer *timer, struct bgp_core *c)
{
	struct nexthops *n = (struct nexthops *)((char *)timer - offsetof(struct nexthops, sweep));

	for (uint32_t id = 1; id <= n->slab.used; id++) {
		struct nexthop *t = at(n, id);

		if (t->addr.family == 0 || t->changed || t->walking ||
				find(n, &t->addr) != id || attrs_next_hop_find(c->attrs, &t->addr))
			continue;
		feed_out_watch(c->feed_out, n->instance, &t->addr, false);
		htab_remove(&n->by_addr, addr_hash(n, &t->addr), id);
		for (size_t k = 0; k < n->by_number.n; k++)
			if (n->by_number.v[k] == id)
				n->by_number.v[k] = 0;
		*t = (struct nexthop){ 0 };
		slab_put(&n->slab, id);
	}
	if (n->slab.live)
		core_timer_start(c, timer, SWEEP_INTERVAL);
}

struct nexthops *nexthops_new(struct bgp_instance *i)
{
	struct nexthops *n = xcalloc(1, sizeof(*n));

	n->instance = i;
	slab_init(&n->slab, sizeof(struct nexthop));
	n->walk.run = walk_run;
	n->sweep.fire = sweep;
	return n;
}

void nexthops_free(struct nexthops *n)
{
	if (!n)
		return;
	core_work_remove(n->instance->core, &n->walk);
	core_timer_stop(n->instance->core, &n->sweep);
	htab_fini(&n->by_addr);
	slab_fini(&n->slab);
	vec_free(&n->by_number);
	free(n);
}

const struct nexthop *nexthops_find(const struct nexthops *n, const struct ip_addr *a)
{
	uint32_t id = find(n, a);

	return id ? at(n, id) : NULL;
}

const struct nexthop *nexthops_at(const struct nexthops *n, size_t i)
{
	for (uint32_t id = 1; id <= n->slab.used; id++)
		if (at(n, id)->addr.family && find(n, &at(n, id)->addr) == id && i-- == 0)
			return at(n, id);
	return NULL;
}
