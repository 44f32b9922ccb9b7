/* The configuration value: made, shared, compared and freed.  What a change of
 * it costs is in config_cost.c; what the core does about it in reload.c. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/config.h"
#include "bgpd/core/policy.h"
#include "lib/base/xalloc.h"

#define DEFAULT_PORT 179
#define DEFAULT_CONNECT_RETRY 120 /* RFC 4271 section 10 */
#define DEFAULT_MAX_PATHS 64

struct bgp_config *bgp_config_new(void)
{
	struct bgp_config *c = xcalloc(1, sizeof(*c));

	c->refs = 1;
	return c;
}

struct bgp_config *bgp_config_ref(struct bgp_config *c)
{
	c->refs++;
	return c;
}

static void rt_list_fini(struct rt_list *l)
{
	vec_free(&l->rt);
}

static void family_config_fini(struct instance_family_config *f)
{
	vec_free(&f->networks);
	vec_free(&f->aggregates);
	rt_list_fini(&f->rt_import);
	rt_list_fini(&f->rt_export);
	vec_free(&f->import_vrfs);
}

static void evpn_config_fini(struct evpn_config *e)
{
	struct evpn_vni_config *v;

	vec_foreach(v, &e->vnis) {
		rt_list_fini(&v->rt_import);
		rt_list_fini(&v->rt_export);
	}
	vec_free(&e->vnis);
	rt_list_fini(&e->rt_import);
	rt_list_fini(&e->rt_export);
}

void instance_config_fini(struct instance_config *i)
{
	vec_free(&i->confederation_peers);
	for (int f = 0; f < FAM_UNICAST_COUNT; f++)
		family_config_fini(&i->family[f]);
	evpn_config_fini(&i->evpn);
	vec_free(&i->peers);
	vec_free(&i->listen);
}

void bgp_config_unref(struct bgp_config *c)
{
	struct instance_config *i;

	if (!c || --c->refs)
		return;
	policy_config_fini(&c->policy);
	policy_unref(c->compiled);
	vec_foreach(i, &c->instances)
		instance_config_fini(i);
	vec_free(&c->instances);
	arena_fini(&c->memory);
	free(c);
}

#define FAMILY_DEFAULTS                                                                            \
	.send_community = true, .send_ext_community = true, .send_large_community = true,          \
	.max_prefix_threshold = 75

const struct peer_family_config peer_family_off = { FAMILY_DEFAULTS };
const struct peer_family_config peer_family_on = { FAMILY_DEFAULTS, .active = true };

struct peer_family_config *peer_config_family(struct bgp_config *c, struct peer_config *p,
		enum family f)
{
	const struct peer_family_config *k = p->family[f];

	if (k == &peer_family_off || k == &peer_family_on) {
		p->family[f] = arena_new(&c->memory, sizeof(*k));
		memcpy((void *)p->family[f], k, sizeof(*k));
	}
	return (struct peer_family_config *)p->family[f];
}

void peer_config_forget(struct peer_config *p)
{
	p->group = p->description = p->password = p->shutdown_message = NULL;
	for (int f = 0; f < FAM_COUNT; f++)
		p->family[f] = &peer_family_off;
}

void peer_config_init(struct peer_config *p)
{
	*p = (struct peer_config){
		.port = DEFAULT_PORT,
		.connect_retry = DEFAULT_CONNECT_RETRY,
		.enforce_first_as = true,
	};
	for (int f = 0; f < FAM_COUNT; f++)
		p->family[f] = &peer_family_off;
}

void instance_config_init(struct instance_config *i)
{
	*i = (struct instance_config){
		.vrf = "default",
		.log_neighbor_changes = true,
		.ebgp_requires_policy = true,
		.network_import_check = true,
		.reflect_client_to_client = true,
		.suppress_duplicates = true,
		.fast_external_failover = true,
		.default_local_pref = 100,
		.keepalive = 60,
		.hold = 180,
		.listen_limit = 100,
	};
	i->decision.deterministic_med = true;
	i->decision.max_paths_ebgp = i->decision.max_paths_ibgp = DEFAULT_MAX_PATHS;
	i->decision.default_local_pref = 100;
	for (int f = 0; f < FAM_UNICAST_COUNT; f++) {
		i->family[f].distance_ebgp = 20;
		i->family[f].distance_ibgp = 200;
		i->family[f].distance_local = 200;
	}
}

int peer_config_order(const struct peer_config *a, const struct peer_config *b)
{
	int d = ip_compare(&a->addr, &b->addr);

	return d ? d : strcmp(a->interface, b->interface);
}

const struct peer_config *instance_config_peer(const struct instance_config *k,
		const struct peer_config *like)
{
	size_t low = 0, high = k->peers.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int d = peer_config_order(like, &k->peers.v[middle]);

		if (d == 0)
			return &k->peers.v[middle];
		if (d < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
