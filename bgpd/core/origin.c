/* Routes that start here: network statements, redistribution of connected,
 * static and kernel routes.  (Aggregates: aggregate.c.)
 *
 * overlayd's local routes are kept per instance; each change, of them or of the
 * configuration, asks the same question for one prefix: what should this
 * instance originate for it now? */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/origin_private.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

#define WEIGHT_LOCAL 32768 /* as the field's routers give to what they originate */

static const enum feed_proto protos[] = { FEED_CONNECTED, FEED_STATIC, FEED_KERNEL };

static enum family unicast_of(const struct prefix *p)
{
	return p->family == 6 ? FAM_IPV6_UNICAST : FAM_IPV4_UNICAST;
}

struct route_name {
	struct prefix prefix;
	uint8_t proto;
};

static struct local_route *at(const struct origin *o, uint32_t id)
{
	return slab_at(&o->routes, id);
}

static bool route_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct route_name *n = key;

	return at(ctx, id)->proto == n->proto && prefix_equal(&at(ctx, id)->prefix, &n->prefix);
}

static uint32_t route_hash(const struct origin *o, const struct route_name *n)
{
	return (uint32_t)hash_bytes(o->instance->core->seed + n->proto, &n->prefix,
			sizeof(n->prefix));
}

static uint32_t route_find(const struct origin *o, const struct prefix *p, enum feed_proto proto)
{
	struct route_name n = { *p, (uint8_t)proto };

	return htab_find(&o->by_prefix, route_hash(o, &n), route_equal, o, &n);
}

const struct local_route *origin_local_route(const struct origin *o, const struct prefix *p)
{
	for (size_t k = 0; k < sizeof(protos) / sizeof(protos[0]); k++) {
		uint32_t id = route_find(o, p, protos[k]);

		if (id)
			return at(o, id);
	}
	return NULL;
}

/* ---- one prefix ---- */

bool origin_filter(struct bgp_instance *i, const struct policy_bound *b, enum family f,
		const uint8_t *key, uint16_t source, uint32_t *attrs)
{
	struct policy_route r = { .family = f, .key = key, .source = i->core->sources.v[source],
		.interface = "", .local_as = i->config->as };

	return !b || policy_apply(b, i->core->attrs, i->core->infos, &r, attrs, NULL);
}

/* Puts one route of ours into the table, or takes it out if the filter denies. */
static void originate(struct bgp_instance *i, const struct prefix *p, uint16_t source,
		const struct route_attrs *a, const struct policy_bound *filter)
{
	struct bgp_core *c = i->core;
	enum family f = unicast_of(p);
	uint32_t attrs = attrs_intern(c->attrs, a);
	uint8_t key[NLRI_KEY_MAX] = { 0 };

	nlri_key_unicast(p, key);
	if (!origin_filter(i, filter, f, key, source, &attrs)) {
		attrs_unref(c->attrs, attrs);
		rib_withdraw(i->rib[f], key, source, 0);
		return;
	}
	attrs_ref(c->attrs, attrs);
	rib_update(i->rib[f], key, source, 0, attrs, attrs, 0, REASON_NONE, core_now_secs(c));
}

static void unoriginate(struct bgp_instance *i, const struct prefix *p, uint16_t source)
{
	uint8_t key[NLRI_KEY_MAX] = { 0 };

	nlri_key_unicast(p, key);
	rib_withdraw(i->rib[unicast_of(p)], key, source, 0);
}

static void network_eval(struct origin *o, const struct origin_network *n)
{
	struct bgp_instance *i = o->instance;
	const struct local_route *r = origin_local_route(o, &n->prefix);
	struct route_attrs a = { .has = HAS_MED | HAS_WEIGHT, .origin = ORIGIN_IGP,
		.weight = WEIGHT_LOCAL, .med = r ? r->metric : 0 };

	if (!i->rib[unicast_of(&n->prefix)])
		return;
	if (i->config->network_import_check && !r && !i->core->options.no_overlay)
		unoriginate(i, &n->prefix, i->source_network);
	else
		originate(i, &n->prefix, i->source_network, &a, n->filter);
}

static void redistribute_eval(struct origin *o, const struct prefix *p, enum feed_proto proto)
{
	struct bgp_instance *i = o->instance;
	const struct origin_redistribute *x = &o->redistribute[p->family == 6][proto];
	uint32_t id = route_find(o, p, proto);
	struct route_attrs a = { .has = HAS_MED | HAS_WEIGHT, .origin = ORIGIN_INCOMPLETE,
		.weight = WEIGHT_LOCAL };

	if (!i->rib[unicast_of(p)])
		return;
	if (!id || !x->on) {
		unoriginate(i, p, i->source_redistribute[proto]);
		return;
	}
	a.med = x->has_metric ? x->metric : at(o, id)->metric;
	if (at(o, id)->tag) {
		a.has |= HAS_TAG;
		a.tag = at(o, id)->tag;
	}
	originate(i, p, i->source_redistribute[proto], &a, x->filter);
}

static int network_compare(const void *a, const void *b)
{
	return prefix_compare(a, &((const struct origin_network *)b)->prefix);
}

static void prefix_eval(struct origin *o, const struct prefix *p, enum feed_proto proto)
{
	const struct origin_network *n = o->networks.n ?
			bsearch(p, o->networks.v, o->networks.n, sizeof(*n), network_compare) :
			NULL;

	if (n)
		network_eval(o, n);
	redistribute_eval(o, p, proto);
}

/* ---- overlayd's routes ---- */

static void route_remove(struct origin *o, uint32_t id)
{
	struct route_name n = { at(o, id)->prefix, at(o, id)->proto };

	htab_remove(&o->by_prefix, route_hash(o, &n), id);
	memset(at(o, id), 0, sizeof(struct local_route));
	slab_put(&o->routes, id);
	prefix_eval(o, &n.prefix, (enum feed_proto)n.proto);
}

/* Routes that every box has and nobody wants to be told of. */
static bool is_private_to_box(const struct prefix *p)
{
	struct ip_addr a = prefix_addr(p);

	return ip_is_loopback(&a) || ip_is_multicast(&a) || (a.family == 6 && ip_is_link_local(&a));
}

void origin_feed(struct origin *o, const struct feed_msg *m)
{
	struct route_name n = { m->local_route.prefix, m->local_route.proto };
	struct local_route *r, old;
	uint32_t id;

	if (n.proto < FEED_CONNECTED || n.proto > FEED_KERNEL || is_private_to_box(&n.prefix))
		return;
	id = route_find(o, &n.prefix, (enum feed_proto)n.proto);
	if (!m->add) {
		if (id)
			route_remove(o, id);
		return;
	}
	if (!id) {
		id = slab_new(&o->routes);
		at(o, id)->prefix = n.prefix;
		at(o, id)->proto = n.proto;
		at(o, id)->metric = ~m->local_route.metric; /* differs: it is new */
		htab_insert(&o->by_prefix, route_hash(o, &n), id);
	}
	r = at(o, id);
	old = *r;
	r->stale = false;
	r->metric = m->local_route.metric;
	r->tag = m->local_route.tag;
	r->gateway = m->local_route.gateway;
	r->ifindex = m->local_route.ifindex;
	if (old.metric != r->metric || old.tag != r->tag)
		prefix_eval(o, &n.prefix, (enum feed_proto)n.proto);
}

static bool route_live(const struct origin *o, uint32_t id)
{
	const struct local_route *r = at(o, id);

	return r->proto && route_find(o, &r->prefix, (enum feed_proto)r->proto) == id;
}

void origin_feed_down(struct origin *o)
{
	for (uint32_t id = 1; id <= o->routes.used; id++)
		if (route_live(o, id))
			at(o, id)->stale = true;
}

void origin_feed_end(struct origin *o)
{
	for (uint32_t id = 1; id <= o->routes.used; id++)
		if (route_live(o, id) && at(o, id)->stale)
			route_remove(o, id);
}

/* ---- configuration ---- */

static struct policy_bound *bind_map(struct bgp_instance *i, enum family f, const char *name)
{
	struct policy_filter x = { .route_map = name };

	return name ? policy_bind(i->core->policy, f, &x) : NULL;
}

static void settings_free(struct origin *o)
{
	for (size_t n = 0; n < o->networks.n; n++)
		policy_bound_free(o->networks.v[n].filter);
	vec_free(&o->networks);
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t k = 0; k < 4; k++) {
			policy_bound_free(o->redistribute[v6][k].filter);
			o->redistribute[v6][k] = (struct origin_redistribute){ 0 };
		}
}

static int network_order(const void *a, const void *b)
{
	return prefix_compare(&((const struct origin_network *)a)->prefix,
			&((const struct origin_network *)b)->prefix);
}

static void settings_make(struct origin *o)
{
	struct bgp_instance *i = o->instance;

	for (int v6 = 0; v6 < 2; v6++) {
		enum family f = v6 ? FAM_IPV6_UNICAST : FAM_IPV4_UNICAST;
		const struct instance_family_config *c = &i->config->family[f];

		for (size_t n = 0; n < c->networks.n; n++)
			*vec_push(&o->networks) = (struct origin_network){ c->networks.v[n].prefix,
				bind_map(i, f, c->networks.v[n].route_map) };
		for (size_t k = 0; k < sizeof(protos) / sizeof(protos[0]); k++) {
			const struct redistribute_config *r = &c->redistribute[protos[k]];

			o->redistribute[v6][protos[k]] = (struct origin_redistribute){ r->on,
				r->has_metric, r->metric,
				r->on ? bind_map(i, f, r->route_map) : NULL };
		}
	}
	if (o->networks.n)
		qsort(o->networks.v, o->networks.n, sizeof(*o->networks.v), network_order);
}

void origin_config(struct origin *o)
{
	struct bgp_instance *i = o->instance;
	bool kernel = false;

	/* Networks that are no longer configured go; the rest is asked again. */
	VEC(struct prefix) before = { 0 };
	for (size_t n = 0; n < o->networks.n; n++)
		*vec_push(&before) = o->networks.v[n].prefix;
	settings_free(o);
	settings_make(o);
	for (size_t n = 0; n < before.n; n++)
		if (!o->networks.n || !bsearch(&before.v[n], o->networks.v, o->networks.n,
						      sizeof(*o->networks.v), network_compare))
			unoriginate(i, &before.v[n], i->source_network);
	vec_free(&before);
	for (size_t n = 0; n < o->networks.n; n++)
		network_eval(o, &o->networks.v[n]);
	for (uint32_t id = 1; id <= o->routes.used; id++)
		if (route_live(o, id))
			redistribute_eval(o, &at(o, id)->prefix, (enum feed_proto)at(o, id)->proto);
	for (int v6 = 0; v6 < 2; v6++)
		kernel |= o->redistribute[v6][FEED_KERNEL].on;
	if (kernel != o->subscribed) {
		o->subscribed = kernel;
		feed_out_subscribe(i->core->feed_out, i, kernel);
	}
	aggregates_config(o);
}

struct origin *origin_new(struct bgp_instance *i)
{
	struct origin *o = xcalloc(1, sizeof(*o));

	o->instance = i;
	slab_init(&o->routes, sizeof(struct local_route));
	aggregates_init(o);
	return o;
}

void origin_free(struct origin *o)
{
	if (!o)
		return;
	aggregates_fini(o);
	settings_free(o);
	htab_fini(&o->by_prefix);
	slab_fini(&o->routes);
	free(o);
}
