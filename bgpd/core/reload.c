/* A new configuration: what is different from the one in force, and no more
 * than that, is done: instances come and go, sessions start again only where
 * an option of theirs needs it, peers are filtered or told again only where
 * their filters do something else now.  The costs are config_cost.c's rows. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "bgpd/core/listen.h"
#include "bgpd/core/config_cost.h"
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/receive.h"
#include "lib/base/xalloc.h"

/* What an instance's own options change for all its peers. */
struct instance_change {
	bool session, in, out;
	uint8_t why; /* enum peer_down */
};

/* ---- peers ---- */

static void stop_by_shutdown(struct peer *p, const char *message)
{
	uint8_t data[256];
	size_t len = message ? shutdown_communication_encode(message, data) : 0;

	fsm_stop(p, DOWN_SHUTDOWN, CEASE_SHUTDOWN, data, len);
}

/* The session can't go on: ends it as the old configuration had it. */
static void change_session(struct peer *p, const struct peer_config *k, enum peer_down why)
{
	bool was_up = p->session->up != NULL;

	if (k->shutdown && !p->config.shutdown)
		stop_by_shutdown(p, k->shutdown_message);
	else
		fsm_stop(p, why, CEASE_CONFIG, NULL, 0);
	p->session->max_prefix_down = false;
	p->session->no_options = false;
	peer_configure(p, k);
	peer_bind(p, NULL, NULL);
	/* A peer that was up needs a moment to see that it is down. */
	if (was_up)
		fsm_start_later(p);
	else
		fsm_start(p);
}

static bool limits_differ(const struct peer_config *a, const struct peer_config *b)
{
	for (int f = 0; f < FAM_COUNT; f++)
		if (a->family[f]->max_prefix != b->family[f]->max_prefix ||
				a->family[f]->max_prefix_warning_only !=
						b->family[f]->max_prefix_warning_only)
			return true;
	return false;
}

static void change_running(struct peer *p, const struct peer_config *k,
		struct peer_config_change *change, const struct instance_change *all)
{
	bool limits = limits_differ(&p->config, k);
	bool direction = p->config.passive != k->passive || p->config.port != k->port;

	peer_configure(p, k);
	peer_bind(p, change->in, change->out);
	if (limits && p->session->max_prefix_down) {
		p->session->max_prefix_down = false;
		fsm_start(p);
	}
	if (direction && !p->session->up && p->session->started) {
		fsm_stop(p, p->session->down, 0, NULL, 0);
		fsm_start(p);
	}
	if (!peer_established(p) || (limits && !receive_check_limits(p)))
		return;
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!p->family[f].negotiated)
			continue;
		if (change->in[f] || all->in)
			adj_in_refilter(p, (enum family)f);
		if (change->out[f] || all->out)
			out_group_join(p, (enum family)f);
	}
}

static void change_peer(struct peer *p, const struct peer_config *k,
		const struct instance_change *all)
{
	struct peer_config_change change = peer_config_compare(&p->config, k);

	if (change.session || all->session)
		change_session(p, k, change.session ? change.why : all->why);
	else
		change_running(p, k, &change, all);
}

static int peer_compare(const void *a, const void *b)
{
	const struct peer *const *x = a, *const *y = b;

	return peer_config_order(&(*x)->config, &(*y)->config);
}

static void change_peers(struct bgp_instance *i, const struct instance_change *all)
{
	VEC(struct peer *) stay = { 0 }; /* in the configuration's order */
	const struct peer_config *k;
	struct peer *p;
	size_t at = 0;

	for (size_t n = i->peers.n; n-- > 0;) {
		struct peer_config dynamic;

		p = i->peers.v[n];
		if (p->removed || instance_config_peer(i->config, &p->config))
			continue;
		if (p->config.dynamic && listen_config_of(i->config, &p->config.addr, &dynamic))
			change_peer(p, &dynamic, all);
		else
			peer_remove(p);
	}
	for (size_t n = 0; n < i->peers.n; n++)
		if (!i->peers.v[n]->removed)
			*vec_push(&stay) = i->peers.v[n];
	if (stay.n)
		qsort(stay.v, stay.n, sizeof(*stay.v), peer_compare);
	peers_begin(i, i->config->peers.n > stay.n ? i->config->peers.n - stay.n : 0);
	vec_foreach(k, &i->config->peers) {
		while (at < stay.n && peer_config_order(&stay.v[at]->config, k) < 0)
			at++;
		if (at < stay.n && peer_config_order(&stay.v[at]->config, k) == 0)
			change_peer(stay.v[at++], k, all);
		else
			fsm_start(peer_new(i, k));
	}
	peers_end(i);
	vec_free(&stay);
}

/* ---- instances ---- */

static bool same_confederation(const struct instance_config *a, const struct instance_config *b)
{
	size_t n = a->confederation_peers.n;

	return a->confederation_id == b->confederation_id && n == b->confederation_peers.n &&
	       (!n || memcmp(a->confederation_peers.v, b->confederation_peers.v,
				      n * sizeof(uint32_t)) == 0);
}

static struct instance_change compare_instance(const struct instance_config *old,
		const struct instance_config *new)
{
	struct instance_change c = { 0 };

	if (old->as != new->as || !same_confederation(old, new)) {
		c.session = true;
		c.why = DOWN_LOCAL_AS;
	} else if (old->graceful_restart != new->graceful_restart) {
		c.session = true;
		c.why = DOWN_CAPABILITY;
	}
	c.in = old->ebgp_requires_policy != new->ebgp_requires_policy ||
	       old->graceful_shutdown != new->graceful_shutdown ||
	       old->reject_as_sets != new->reject_as_sets ||
	       old->cluster_id != new->cluster_id;
	c.out = c.in || old->default_local_pref != new->default_local_pref ||
		old->reflect_client_to_client != new->reflect_client_to_client ||
		old->suppress_duplicates != new->suppress_duplicates;
	return c;
}

/* Everything in an instance that follows its configuration or the policy. */
static void refresh_instance(struct bgp_instance *i)
{
	origin_config(i->origin);
	vrf_link_config(i->vrf);
}

static void drop_own_config(struct bgp_instance *i, struct instance_config *own)
{
	if (own) {
		instance_config_fini(own);
		free(own);
	}
	if (i->own_config == own)
		i->own_config = NULL;
}

static void configure(struct bgp_core *c, const struct instance_config *k)
{
	struct bgp_instance *i = core_instance_find(c, k->vrf);
	struct instance_change all = { 0 };
	struct instance_config *own;

	if (!i) {
		i = instance_new(c, k->vrf, k);
	} else {
		own = i->own_config;
		all = compare_instance(i->config, k);
		if (own)
			i->own_config = NULL;
		instance_configure(i, k);
		drop_own_config(i, own);
		instance_router_id_update(i);
	}
	change_peers(i, &all);
	refresh_instance(i);
}

/* One that nobody configured, as a VRF with an L3VNI needs it. */
static void configure_automatic(struct bgp_core *c, const char *vrf, uint32_t as)
{
	struct bgp_instance *i = core_instance_find(c, vrf);
	struct instance_config *k;

	if (i && i->own_config && i->own_config->as == as) {
		refresh_instance(i);
		return;
	}
	k = xcalloc(1, sizeof(*k));
	instance_config_init(k);
	memset(k->vrf, 0, sizeof(k->vrf));
	strncpy(k->vrf, vrf, sizeof(k->vrf) - 1);
	k->as = as;
	k->automatic = true;
	if (i) {
		struct instance_config *own = i->own_config;
		struct instance_change all = compare_instance(i->config, k);

		i->own_config = k;
		instance_configure(i, k);
		if (own) {
			instance_config_fini(own);
			free(own);
		}
		instance_router_id_update(i);
		change_peers(i, &all);
	} else {
		i = instance_new(c, vrf, k);
		i->own_config = k;
	}
	refresh_instance(i);
}

static void remove_instance(struct bgp_instance *i)
{
	for (size_t n = 0; n < i->peers.n; n++)
		fsm_stop(i->peers.v[n], DOWN_DELETED, CEASE_DECONFIGURED, NULL, 0);
	instance_free(i);
}

/* The order of bgp_config's instances. */
static int name_order(const char *a, const char *b)
{
	bool first = strcmp(a, "default") == 0, second = strcmp(b, "default") == 0;

	return first != second ? second - first : strcmp(a, b);
}

static const struct instance_config *instance_in(const struct bgp_config *k, const char *vrf)
{
	size_t lo = 0, hi = k->instances.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = name_order(k->instances.v[mid].vrf, vrf);

		if (!order)
			return &k->instances.v[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Should there be an instance for this VRF, configured or not? */
static bool wanted(const struct bgp_core *c, const struct bgp_config *k, const char *vrf)
{
	if (instance_in(k, vrf))
		return true;
	if (strcmp(vrf, "default") == 0)
		return k->instances.n > 0; /* it has the VPN and EVPN tables */
	return instance_in(k, "default") && local_vrf_l3vni(c, vrf);
}

static void remove_unwanted(struct bgp_core *c, const struct bgp_config *k)
{
	/* The default instance last: the others' routes are in its tables. */
	for (size_t n = c->instances.n; n-- > 0;)
		if (c->instances.v[n] && !wanted(c, k, c->instances.v[n]->name))
			remove_instance(c->instances.v[n]);
}

static void add_automatic(struct bgp_core *c)
{
	const struct instance_config *d = instance_in(c->config, "default");
	const struct local *l = &core_door(c)->local;

	if (!d && c->config->instances.n)
		configure_automatic(c, "default", c->config->instances.v[0].as);
	for (size_t n = 0; d && n < l->vrfs.n; n++) {
		const char *vrf = l->vrfs.v[n].name;

		if (l->vrfs.v[n].l3vni && !instance_in(c->config, vrf))
			configure_automatic(c, vrf, d->as);
	}
}

void reload_automatic(struct bgp_core *c, const char *vrf)
{
	const struct instance_config *d = instance_in(c->config, "default");
	struct bgp_instance *i = core_instance_find(c, vrf);

	if (i && !wanted(c, c->config, vrf))
		remove_instance(i);
	else if (d && local_vrf_l3vni(c, vrf) && !instance_in(c->config, vrf))
		configure_automatic(c, vrf, d->as);
}

/* ---- the whole ---- */

static int validate(const struct bgp_config *k, struct err *e)
{
	const struct instance_config *i;

	vec_foreach(i, &k->instances) {
		assert(i == k->instances.v || name_order(i[-1].vrf, i->vrf) < 0);
		if (!i->as)
			return err_set(e, EINVAL, "router bgp of vrf %s has no AS number", i->vrf);
	}
	return 0;
}

struct policy *policy_of(const struct bgp_core *c, struct bgp_config *config, struct err *e)
{
	if (!config->compiled && policy_config_equal(&c->config->policy, &config->policy))
		config->compiled = policy_ref(c->policy);
	else if (!config->compiled)
		config->compiled = policy_new(&config->policy, e);
	return config->compiled ? policy_ref(config->compiled) : NULL;
}

int reload_config(struct bgp_core *c, struct bgp_config *config, struct err *e)
{
	struct bgp_config *old = c->config;
	const struct instance_config *i, *d;
	struct policy *policy, *old_policy = c->policy;

	if (core_door(c)->shutdown)
		return 0;
	if (validate(config, e) < 0)
		return -EINVAL;
	policy = policy_of(c, config, e);
	if (!policy)
		return -EINVAL;
	c->config = bgp_config_ref(config);
	c->policy = policy;
	remove_unwanted(c, config);
	d = instance_in(config, "default");
	if (d)
		configure(c, d);
	else
		add_automatic(c);
	vec_foreach(i, &config->instances)
		if (i != d)
			configure(c, i);
	add_automatic(c);
	evpn_config(c->evpn);
	policy_unref(old_policy);
	bgp_config_unref(old);
	core_effect(c, BGP_EFFECT_PASSWORDS, 0);
	return 0;
}
