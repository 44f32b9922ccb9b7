/* Dynamic peers.  One is made when a connection comes from a listen range; it
 * waits passively when its session is down, and makes room for another when
 * the limit is reached.  Called by fsm.c for connections from nobody we know,
 * and by reload.c. */
#include "bgpd/core/listen.h"

#include "bgpd/core/fsm.h"

bool listen_config_of(const struct instance_config *k, const struct ip_addr *a,
		struct peer_config *ret)
{
	const struct listen_config *best = NULL, *l;

	vec_foreach(l, &k->listen)
		if (prefix_contains(&l->range, a) && (!best || l->range.len > best->range.len))
			best = l;
	if (!best)
		return false;
	*ret = best->peer;
	ret->addr = *a;
	ret->dynamic = ret->passive = true;
	return true;
}

/* Room for one more: true, maybe at the cost of one that is down. */
static bool make_room(struct bgp_instance *i)
{
	struct peer *idle = NULL;
	unsigned n = 0;

	for (size_t k = 0; k < i->peers.n; k++) {
		struct peer *p = i->peers.v[k];

		if (!p->config.dynamic || p->removed)
			continue;
		n++;
		if (!p->session->conns)
			idle = p;
	}
	if (n < i->config->listen_limit)
		return true;
	if (idle)
		peer_remove(idle);
	return idle != NULL;
}

struct peer *listen_peer_new(struct bgp_core *c, const char *vrf, const struct ip_addr *remote)
{
	struct bgp_instance *i = core_instance_find(c, vrf);
	struct peer_config k;
	struct peer *p;

	if (!i || i->removed || !i->config || !listen_config_of(i->config, remote, &k) ||
			!make_room(i))
		return NULL;
	p = peer_new(i, &k);
	fsm_start(p);
	return p;
}
