/* What the bytes of a group depend on: see struct out_key.  Peers with equal
 * keys and equal filters share a group.  An option that changes what a peer is
 * told gets a field here, or two peers would share what they must not. */
#include <string.h>

#include "bgpd/core/out_private.h"

static struct ip_addr mapped(const struct ip_addr *v4)
{
	struct ip_addr a = { 6, { [10] = 0xff, [11] = 0xff } };

	memcpy(a.b + 12, v4->b, 4);
	return a;
}

static struct ip_addr own_ipv6(const struct peer *p, struct ip_addr *ret_link_local)
{
	const struct ip_addr *a = &p->local_addr;

	if (a->family == 6 && ip_is_link_local(a)) {
		if (p->local_addr6.family != 6)
			return *a;
		*ret_link_local = *a;
		return p->local_addr6;
	}
	if (p->on_link && p->local_link_local6.family == 6)
		*ret_link_local = p->local_link_local6;
	if (a->family == 6)
		return *a;
	return p->local_addr6.family == 6 ? p->local_addr6 : mapped(a);
}

void out_own_next_hop(const struct peer *p, enum family f, struct ip_addr *ret,
		struct ip_addr *ret_link_local)
{
	*ret_link_local = (struct ip_addr){ 0 };
	switch (f) {
	case FAM_IPV6_UNICAST:
		*ret = own_ipv6(p, ret_link_local);
		break;
	case FAM_IPV4_UNICAST:
		if (p->local_addr.family == 4)
			*ret = p->local_addr;
		else if (p->caps.extended_next_hop[f])
			*ret = own_ipv6(p, ret_link_local);
		else if (p->local_addr4.family)
			*ret = p->local_addr4;
		else /* an IPv6 session without RFC 8950, over no IPv4 subnet: the one address we have */
			*ret = ip4(p->instance->router_id);
		break;
	case FAM_IPV6_VPN:
		*ret = p->local_addr.family == 6 ? p->local_addr : mapped(&p->local_addr);
		break;
	default:
		*ret = p->local_addr;
	}
}

void out_key_make(const struct peer *p, enum family f, const struct out_filters *x,
		struct out_key *ret)
{
	const struct peer_family_config *c = p->config.family[f];
	const struct instance_config *i = p->instance->config;
	struct ip_addr own, link_local;
	struct out_key *k = ret;

	memset(k, 0, sizeof(*k));
	out_own_next_hop(p, f, &own, &link_local);
	k->own_family = own.family;
	k->own_link_local = link_local.family != 0;
	k->as = i->as;
	k->local_as = p->local_as;
	k->confed_as = i->confederation_id;
	k->router_id = p->instance->router_id;
	k->cluster_id = p->instance->cluster_id;
	k->default_local_pref = i->default_local_pref;
	k->max_message = p->caps.max_message ? p->caps.max_message : 4096;
	k->interval = p->config.advertisement_interval;
	k->ibgp = p->ibgp;
	k->confed = p->confed;
	k->rr_client = c->route_reflector_client;
	k->rs_client = c->route_server_client;
	k->as4 = p->caps.as4;
	k->extended_next_hop = p->caps.extended_next_hop[f];
	k->silent = out_is_external(k) && i->ebgp_requires_policy && !policy_filter_any(&c->out);
	k->reflect_between_clients = i->reflect_client_to_client;
	k->graceful_shutdown = i->graceful_shutdown || p->config.graceful_shutdown;
	k->next_hop_self = c->next_hop_self;
	k->next_hop_self_force = c->next_hop_self_force;
	k->next_hop_unchanged = c->next_hop_unchanged;
	k->as_path_unchanged = c->as_path_unchanged;
	k->med_unchanged = c->med_unchanged;
	k->local_as_replace = p->config.local_as_replace_as;
	k->remove_private = c->remove_private_as;
	k->remove_private_all = c->remove_private_as_all;
	k->remove_private_replace = c->remove_private_as_replace;
	k->as_override = c->as_override;
	if (k->as_override || k->remove_private || k->remove_private_all)
		k->remote_as = p->remote_as;
	k->communities = c->send_community;
	k->ext_communities = c->send_ext_community;
	k->large_communities = c->send_large_community;
	k->default_originate = c->default_originate;
	k->has_default_map = c->default_originate && x->default_map;
	if (p->config.solo || (x->policy && policy_bound_looks_at_peer(x->policy)))
		k->solo = p->source;
}

static struct policy_bound *bind_map(const struct peer *p, enum family f, const char *name)
{
	struct policy_filter x = { .route_map = name };

	return name ? policy_bind(p->instance->core->policy, f, &x) : NULL;
}

void out_filters_bind(const struct peer *p, enum family f, struct out_filters *ret)
{
	const struct peer_family_config *c = p->config.family[f];

	*ret = (struct out_filters){ 0 };
	if (policy_filter_any(&c->out))
		ret->policy = policy_bind(p->instance->core->policy, f, &c->out);
	ret->unsuppress = bind_map(p, f, c->unsuppress_map);
	if (c->default_originate)
		ret->default_map = bind_map(p, f, c->default_originate_map);
}

void out_filters_fini(struct out_filters *x)
{
	if (x->policy)
		policy_bound_free(x->policy);
	if (x->unsuppress)
		policy_bound_free(x->unsuppress);
	if (x->default_map)
		policy_bound_free(x->default_map);
	*x = (struct out_filters){ 0 };
}

bool out_filters_equal(const struct out_filters *a, const struct out_filters *b)
{
	return policy_bound_equal(a->policy, b->policy) &&
	       policy_bound_equal(a->unsuppress, b->unsuppress) &&
	       policy_bound_equal(a->default_map, b->default_map);
}
