/* Instances: one per VRF, with its tables and everything that works on them;
 * and the numbers by which paths name their sources. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

#define REDECIDE_SLICE 2048 /* destinations */

/* ---- sources ---- */

uint16_t core_source_new(struct bgp_core *c, enum source_kind kind, uint16_t instance)
{
	struct route_source *s;
	size_t n = c->sources_used ? c->sources_used : 1;

	while (n < c->sources.n && c->sources.v[n]->kind != SOURCE_FREE)
		n++;
	assert(n <= UINT16_MAX);
	if (n == c->sources.n) {
		*vec_push(&c->sources) = xcalloc(1, sizeof(*s));
		c->rib_env.sources = (const struct route_source *const *)c->sources.v;
	}
	s = c->sources.v[n];
	*s = (struct route_source){ .kind = kind, .instance = instance };
	c->sources_used = n + 1;
	return (uint16_t)n;
}

void core_source_free(struct bgp_core *c, uint16_t number)
{
	c->sources.v[number]->kind = SOURCE_FREE;
	c->sources.v[number]->peer = NULL;
	if (number < c->sources_used)
		c->sources_used = number;
}

/* All sources of an instance that are no peer's, for as long as it lives. */
static void sources_open(struct bgp_instance *i)
{
	struct bgp_core *c = i->core;

	i->source_network = core_source_new(c, SOURCE_NETWORK, i->index);
	i->source_aggregate = core_source_new(c, SOURCE_AGGREGATE, i->index);
	i->source_evpn = core_source_new(c, SOURCE_EVPN_LOCAL, i->index);
	for (int ibgp = 0; ibgp < 2; ibgp++) {
		i->source_import[ibgp] = core_source_new(c, SOURCE_IMPORT, i->index);
		c->sources.v[i->source_import[ibgp]]->ibgp = ibgp;
	}
	for (int proto = FEED_CONNECTED; proto <= FEED_KERNEL; proto++) {
		i->source_redistribute[proto] = core_source_new(c, SOURCE_REDISTRIBUTE, i->index);
		c->sources.v[i->source_redistribute[proto]]->proto = (uint8_t)proto;
	}
}

static unsigned sources_of(const struct bgp_instance *i, uint16_t ret[8])
{
	unsigned n = 0;

	ret[n++] = i->source_network;
	ret[n++] = i->source_aggregate;
	ret[n++] = i->source_evpn;
	ret[n++] = i->source_import[0];
	ret[n++] = i->source_import[1];
	for (int proto = FEED_CONNECTED; proto <= FEED_KERNEL; proto++)
		ret[n++] = i->source_redistribute[proto];
	return n;
}

/* ---- tables ---- */

static bool has_table(const struct bgp_instance *i, enum family f)
{
	return i->index == 0 || f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST;
}

static struct decision_options decision_of(const struct instance_config *k, enum family f)
{
	const struct instance_family_config *x = f < FAM_UNICAST_COUNT ? &k->family[f] : NULL;
	struct decision_options o = k->decision;

	o.evpn = f == FAM_EVPN;
	o.max_paths_ebgp = x && x->max_paths_ebgp ? x->max_paths_ebgp : 64;
	o.max_paths_ibgp = x && x->max_paths_ibgp ? x->max_paths_ibgp : 64;
	o.default_local_pref = k->default_local_pref;
	return o;
}

static bool decision_equal(const struct decision_options *a, const struct decision_options *b)
{
	return a->always_compare_med == b->always_compare_med &&
	       a->deterministic_med == b->deterministic_med &&
	       a->med_missing_as_worst == b->med_missing_as_worst && a->med_confed == b->med_confed &&
	       a->as_path_ignore == b->as_path_ignore && a->as_path_confed == b->as_path_confed &&
	       a->multipath_relax == b->multipath_relax &&
	       a->compare_router_id == b->compare_router_id &&
	       a->max_paths_ebgp == b->max_paths_ebgp && a->max_paths_ibgp == b->max_paths_ibgp &&
	       a->default_local_pref == b->default_local_pref;
}

/* What overlayd is told beside the outcome. */
static bool distances_differ(const struct instance_family_config *a,
		const struct instance_family_config *b)
{
	return a->distance_ebgp != b->distance_ebgp || a->distance_ibgp != b->distance_ibgp ||
	       a->distance_local != b->distance_local;
}

/* A slice of deciding a table again; its options are the new ones already. */
static bool redecide_run(struct work *w, struct bgp_core *c)
{
	struct bgp_instance *i = (struct bgp_instance *)((char *)w -
							 offsetof(struct bgp_instance, redecide));
	int f = 0;

	(void)c;
	while (f < FAM_COUNT && !(i->redecide_families & 1u << f))
		f++;
	if (f == FAM_COUNT)
		return false;
	for (int n = 0; n < REDECIDE_SLICE; n++) {
		i->redecide_at = rib_walk(i->rib[f], i->redecide_at);
		if (!i->redecide_at) {
			i->redecide_families &= ~(1u << f);
			i->retell_families &= ~(1u << f);
			break;
		}
		rib_decide(i->rib[f], i->redecide_at);
		if (i->retell_families & 1u << f)
			rib_touch(i->rib[f], i->redecide_at);
	}
	return i->redecide_families != 0;
}

void instance_redecide(struct bgp_instance *i, enum family f)
{
	/* From the start again, should a walk be under way. */
	i->redecide_families |= 1u << f;
	i->redecide_at = 0;
	core_work_add(i->core, &i->redecide);
}

static void set_options(struct bgp_instance *i, const struct instance_config *old)
{
	for (int n = 0; n < FAM_COUNT; n++) {
		enum family f = (enum family)n;
		struct decision_options now = decision_of(i->config, f), was;

		if (!i->rib[f])
			continue;
		if (old) {
			bool retell = f < FAM_UNICAST_COUNT &&
				distances_differ(&old->family[f], &i->config->family[f]);

			was = decision_of(old, f);
			if (decision_equal(&was, &now) && !retell)
				continue;
			i->retell_families |= (unsigned)retell << f;
			instance_redecide(i, f);
		}
		rib_set_options(i->rib[f], &now);
	}
}

/* ---- update-delay ---- */

static void hold_all(struct bgp_instance *i, bool hold)
{
	for (int f = 0; f < FAM_COUNT; f++)
		if (i->out[f])
			out_groups_hold(i->out[f], hold);
}

static void update_delay_fire(struct core_timer *t, struct bgp_core *c)
{
	(void)c;
	hold_all((struct bgp_instance *)((char *)t - offsetof(struct bgp_instance, update_delay)),
			false);
}

void instance_end_of_rib(struct bgp_instance *i)
{
	if (!timer_running(&i->update_delay.timer))
		return;
	for (size_t n = 0; n < i->peers.n; n++) {
		const struct peer *p = i->peers.v[n];

		for (int f = 0; f < FAM_COUNT; f++)
			if (p->session->started && p->config.family[f]->active &&
					!p->family[f].end_of_rib_received)
				return;
	}
	core_timer_stop(i->core, &i->update_delay);
	hold_all(i, false);
}

/* ---- router id ---- */

static bool any_established(const struct bgp_instance *i)
{
	for (size_t n = 0; n < i->peers.n; n++)
		if (peer_established(i->peers.v[n]))
			return true;
	return false;
}

/* The address by which a router is best known: a loopback's, else the highest. */
static uint32_t best_address(const struct bgp_instance *i)
{
	const struct door *d = core_door(i->core);
	const struct iface_addr *a;
	uint32_t best = 0;
	bool best_loopback = false;

	vec_foreach(a, &d->local.addresses) {
		bool loopback = a->loopback;
		uint32_t v;

		if (a->addr.family != 4 || ip_is_loopback(&a->addr) || strcmp(a->vrf, i->name) != 0)
			continue;
		v = ip4_u32(&a->addr);
		if (loopback > best_loopback || (loopback == best_loopback && v > best)) {
			best = v;
			best_loopback = loopback;
		}
	}
	return best;
}

static uint32_t choose_router_id(const struct bgp_instance *i)
{
	const struct bgp_core *c = i->core;
	uint32_t id;

	if (i->config->router_id)
		return i->config->router_id;
	/* An address that comes later is no reason to break sessions. */
	if (i->router_id_automatic && any_established(i))
		return i->router_id;
	id = best_address(i);
	if (!id)
		id = c->options.router_id;
	if (!id && i->index != 0 && c->instances.v[0])
		id = c->instances.v[0]->router_id;
	return id;
}

bool instance_router_id_update(struct bgp_instance *i)
{
	uint32_t id = choose_router_id(i), old = i->router_id;
	uint32_t cluster = i->config->cluster_id ? i->config->cluster_id : id;
	bool changed = id != old || cluster != i->cluster_id;
	uint16_t s[8];
	unsigned n = sources_of(i, s);

	i->router_id_automatic = !i->config->router_id;
	i->router_id = id;
	i->cluster_id = cluster;
	while (n-- > 0) {
		i->core->sources.v[s[n]]->router_id = id;
		i->core->sources.v[s[n]]->as = i->config->as;
	}
	for (size_t k = 0; id != old && k < i->peers.n; k++) {
		if (i->peers.v[k]->session->started)
			fsm_reset(i->peers.v[k], DOWN_ROUTER_ID, CEASE_CONFIG);
		else
			fsm_start(i->peers.v[k]);
	}
	return changed;
}

/* ---- making and taking down ---- */

static uint32_t name_hash(const struct bgp_core *c, const char *vrf)
{
	return (uint32_t)hash_bytes(c->seed, vrf, strlen(vrf));
}

static bool name_equal(const void *ctx, uint32_t id, const void *vrf)
{
	const struct bgp_core *c = ctx;

	return strcmp(c->instances.v[id - 1]->name, vrf) == 0;
}

struct bgp_instance *core_instance_find(const struct bgp_core *c, const char *vrf)
{
	uint32_t id = htab_find(&c->instance_names, name_hash(c, vrf), name_equal, c, vrf);

	return id ? c->instances.v[id - 1] : NULL;
}

struct bgp_instance *instance_new(struct bgp_core *c, const char *vrf,
		const struct instance_config *config)
{
	struct bgp_instance *i = xcalloc(1, sizeof(*i));
	bool is_default = strcmp(vrf, "default") == 0;
	size_t n = is_default ? 0 : c->instances_used + 1;

	while (n < c->instances.n && c->instances.v[n])
		n++;
	while (n >= c->instances.n)
		vec_push(&c->instances);
	assert(n == 0 || !is_default);
	if (n)
		c->instances_used = n;
	c->instances.v[n] = i;
	i->core = c;
	i->index = (uint16_t)n;
	strncpy(i->name, vrf, sizeof(i->name) - 1);
	htab_insert(&c->instance_names, name_hash(c, i->name), (uint32_t)n + 1);
	i->config = config;
	i->redecide.run = redecide_run;
	i->update_delay.fire = update_delay_fire;
	sources_open(i);
	local_instance_new(i);
	instance_router_id_update(i);
	i->nexthops = nexthops_new(i);
	for (int f = 0; f < FAM_COUNT; f++)
		if (has_table(i, (enum family)f))
			i->rib[f] = rib_new(&c->rib_env, (enum family)f, i->index,
					hash_u64(c->seed, c->tables_made++));
	set_options(i, NULL);
	for (int f = 0; f < FAM_COUNT; f++)
		if (i->rib[f])
			i->out[f] = out_groups_new(i, (enum family)f);
	i->origin = origin_new(i);
	i->vrf = vrf_link_new(i);
	feed_out_instance(c->feed_out, i);
	if (config->update_delay) {
		core_timer_start(c, &i->update_delay, MONO_SEC(config->update_delay));
		hold_all(i, true);
	}
	local_instance_replay(i);
	return i;
}

void instance_configure(struct bgp_instance *i, const struct instance_config *config)
{
	const struct instance_config *old = i->config;

	i->config = config;
	set_options(i, old);
}

void instance_free(struct bgp_instance *i)
{
	struct bgp_core *c = i->core;
	uint16_t s[8];
	unsigned n;

	i->removed = true;
	while (i->peers.n)
		peer_free(i->peers.v[0]);
	feed_out_instance(c->feed_out, i);
	vrf_link_free(i->vrf);
	origin_free(i->origin);
	for (int f = 0; f < FAM_COUNT; f++)
		if (i->out[f])
			out_groups_free(i->out[f]);
	if (i->index == 0)
		evpn_table_gone(c->evpn);
	nexthops_free(i->nexthops);
	for (int f = 0; f < FAM_COUNT; f++)
		if (i->rib[f])
			rib_free(i->rib[f]);
	core_work_remove(c, &i->redecide);
	core_timer_stop(c, &i->update_delay);
	for (n = sources_of(i, s); n-- > 0;)
		core_source_free(c, s[n]);
	vec_free(&i->peers);
	if (i->own_config) {
		instance_config_fini(i->own_config);
		free(i->own_config);
	}
	htab_remove(&c->instance_names, name_hash(c, i->name), i->index + 1u);
	c->instances.v[i->index] = NULL;
	if (i->index && i->index <= c->instances_used)
		c->instances_used = i->index - 1u;
	free(i);
}
