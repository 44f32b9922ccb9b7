/* `check`: what a configuration would cost, before it is taken.  Asks the same
 * questions as reload.c, of the same tables, and changes nothing. */
#include <errno.h>

#include "bgpd/core/config_cost.h"
#include "bgpd/core/core.h"
#include "bgpd/core/door.h"
#include "bgpd/core/peer.h"
#include "bgpd/core/session.h"

static bool filter_differs(struct policy *policy, enum family f, const struct policy_bound *now,
		const struct policy_filter *x)
{
	struct policy_bound *b = policy_filter_any(x) ? policy_bind(policy, f, x) : NULL;
	bool differs = !policy_bound_equal(now, b);

	policy_bound_free(b);
	return differs;
}

static void check_peer(const struct peer *p, const struct peer_config *k, struct policy *policy,
		struct strbuf *out)
{
	struct peer_config_change c = peer_config_compare(&p->config, k);
	char name[IP_TEXT_MAX];

	if (c.session) {
		sb_addf(out, "neighbor %s vrf %s: session reset (%s)\n", peer_name(p, name),
				p->instance->name, peer_down_text((enum peer_down)c.why));
		return;
	}
	for (int i = 0; i < FAM_COUNT; i++) {
		const struct peer_family_config *x = k->family[i];
		enum family f = (enum family)i;

		if (!p->family[f].negotiated)
			continue;
		if (c.in[f] || filter_differs(policy, f, p->family[f].in, &x->in))
			sb_addf(out, "neighbor %s vrf %s: %s routes received are filtered again\n",
					peer_name(p, name), p->instance->name, families[f].name);
		if (c.out[f] || filter_differs(policy, f, p->family[f].out, &x->out))
			sb_addf(out, "neighbor %s vrf %s: %s routes are announced again\n",
					peer_name(p, name), p->instance->name, families[f].name);
	}
}

static void check_instance(const struct bgp_instance *i, const struct bgp_config *c,
		struct policy *policy, struct strbuf *out)
{
	const struct instance_config *k, *mine = NULL;
	char name[IP_TEXT_MAX];

	vec_foreach(k, &c->instances)
		if (strcmp(k->vrf, i->name) == 0)
			mine = k;
	for (size_t n = 0; n < i->peers.n; n++) {
		const struct peer *p = i->peers.v[n];
		const struct peer_config *x = mine ? instance_config_peer(mine, &p->config) : NULL;

		if (p->removed)
			continue;
		if (!x)
			sb_addf(out, "neighbor %s vrf %s: removed\n", peer_name(p, name), i->name);
		else if (mine->as != i->config->as)
			sb_addf(out, "neighbor %s vrf %s: session reset (%s)\n", peer_name(p, name),
					i->name, peer_down_text(DOWN_LOCAL_AS));
		else
			check_peer(p, x, policy, out);
	}
}

int bgp_core_check(const struct bgp_core *core, struct bgp_config *c, struct strbuf *costs,
		struct err *e)
{
	struct policy *policy = policy_of(core, c, e);
	const struct instance_config *k;

	if (!policy)
		return -EINVAL;
	vec_foreach(k, &c->instances) {
		if (k->as)
			continue;
		policy_unref(policy);
		return err_set(e, EINVAL, "router bgp of vrf %s has no AS number", k->vrf);
	}
	for (size_t n = 0; costs && n < core->instances.n; n++)
		if (core->instances.v[n])
			check_instance(core->instances.v[n], c, policy, costs);
	policy_unref(policy);
	return 0;
}
