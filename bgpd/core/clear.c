/* clear bgp: sessions that start again, or routes that are filtered, asked for
 * or announced again. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"

static bool is_meant(const struct peer *p, const struct bgp_clear *k)
{
	if (p->removed)
		return false;
	if (k->all)
		return true;
	if (k->as)
		return p->remote_as == k->as;
	return ip_equal(&p->config.addr, &k->peer);
}

static void clear_soft(struct peer *p, enum family f, const struct bgp_clear *k)
{
	if (!p->family[f].negotiated)
		return;
	if (k->soft_in) {
		/* What it sent is kept as it came; asking again also mends a
		 * difference that should not be. */
		adj_in_refilter(p, f);
		if (p->caps.refresh)
			conn_send_refresh(p->session->up, f);
	}
	if (k->soft_out)
		out_group_refresh(p, f);
}

static void clear_peer(struct peer *p, const struct bgp_clear *k)
{
	if (!k->soft_in && !k->soft_out) {
		if (k->family == FAM_NONE || p->config.family[k->family]->active)
			fsm_reset(p, DOWN_USER_RESET, CEASE_RESET);
		return;
	}
	if (!peer_established(p))
		return;
	for (int f = 0; f < FAM_COUNT; f++)
		if (k->family == FAM_NONE || k->family == (enum family)f)
			clear_soft(p, (enum family)f, k);
}

void core_clear(struct bgp_core *c, const struct bgp_clear *k)
{
	struct bgp_instance *i = core_instance_find(c, k->vrf[0] ? k->vrf : "default");

	for (size_t n = 0; i && n < i->peers.n; n++)
		if (is_meant(i->peers.v[n], k))
			clear_peer(i->peers.v[n], k);
}
