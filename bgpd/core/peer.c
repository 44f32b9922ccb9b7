/* Neighbours: made from their configuration, found by address, told apart in
 * logs; their filters bound to the policy in force.  Their sessions are
 * fsm.c's. */
#include <assert.h>
#include <stdlib.h>

#include "bgpd/core/config_cost.h"
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "lib/base/xalloc.h"

#define TTL_MAX 255

static struct bgp_core *core_of(const struct peer *p)
{
	return p->instance->core;
}

const char *peer_name(const struct peer *p, char *buf)
{
	if (!p->config.addr.family)
		return p->config.interface;
	return ip_text(&p->config.addr, buf);
}

/* What follows from the AS numbers: who the peer is to us, and who we are to
 * it (RFC 5065 for confederations). */
static void set_as(struct peer *p)
{
	const struct instance_config *i = p->instance->config;
	const struct peer_config *k = &p->config;
	bool member = false;

	for (size_t n = 0; n < i->confederation_peers.n; n++)
		member |= k->remote_as_type == REMOTE_AS_NUMBER &&
			  i->confederation_peers.v[n] == k->remote_as;
	p->local_as = i->as;
	if (k->remote_as_type == REMOTE_AS_INTERNAL)
		p->remote_as = i->as;
	else if (k->remote_as_type == REMOTE_AS_NUMBER)
		p->remote_as = k->remote_as;
	else if (!peer_established(p))
		p->remote_as = 0;
	p->ibgp = k->remote_as_type != REMOTE_AS_EXTERNAL && p->remote_as == i->as;
	p->confed = !p->ibgp && i->confederation_id && member;
	if (!p->ibgp && !p->confed && i->confederation_id)
		p->local_as = i->confederation_id;
	if (k->local_as && !p->ibgp && !(k->local_as_dual && p->session->global_as))
		p->local_as = k->local_as;
}

static void set_source(struct peer *p)
{
	struct route_source *s = core_of(p)->sources.v[p->source];

	s->peer = p;
	s->ibgp = p->ibgp;
	s->confed = p->confed;
	s->as = p->remote_as;
	s->addr = p->config.addr;
	s->rr_client = false;
	for (int f = 0; f < FAM_COUNT; f++)
		s->rr_client |= p->config.family[f]->route_reflector_client;
}

void peer_configure(struct peer *p, const struct peer_config *k)
{
	p->config = *k;
	set_as(p);
	if (!peer_established(p))
		set_source(p);
	/* Weight, first AS and the like act on what comes next even in a session. */
	p->session->view.enforce_first_as = k->enforce_first_as;
}

struct peer_memory {
	struct peer peer;
	struct session session;
};

/* Freed with the last of its peers, as most of them go together. */
struct peer_block {
	size_t size;
	uint32_t room, live; /* live: peers, and the instance while it makes some */
	struct peer_memory peers[];
};

static void block_release(struct peer_block *b)
{
	if (--b->live == 0)
		xfree_huge(b, b->size);
}

void peers_begin(struct bgp_instance *i, size_t n)
{
/* a peer that is used after it was freed has to be seen */
#ifndef WEFT_SANITIZERS
	size_t size = sizeof(struct peer_block) + n * sizeof(struct peer_memory);

	if (size < XALLOC_HUGE || n > UINT32_MAX / 2)
		return;
	i->peer_block = xcalloc_huge(size);
	i->peer_block->size = size;
	i->peer_block->room = (uint32_t)n;
	i->peer_block->live = 1;
#else
	(void)i, (void)n;
#endif
}

void peers_end(struct bgp_instance *i)
{
	if (i->peer_block)
		block_release(i->peer_block);
	i->peer_block = NULL;
}

static struct peer *peer_alloc(struct bgp_instance *i)
{
	struct peer_block *b = i->peer_block;
	struct peer_memory *m;

	if (b && b->room) {
		m = &b->peers[--b->room];
		m->peer.block = b;
		b->live++;
	} else {
		m = xcalloc(1, sizeof(*m));
	}
	m->peer.session = &m->session;
	m->session.peer = &m->peer;
	return &m->peer;
}

struct peer *peer_new(struct bgp_instance *i, const struct peer_config *k)
{
	struct peer *p = peer_alloc(i);

	p->instance = i;
	p->source = core_source_new(i->core, SOURCE_PEER, i->index);
	*vec_push(&i->peers) = p;
	peer_configure(p, k);
	peer_bind(p, NULL, NULL);
	return p;
}

void peer_free(struct peer *p)
{
	struct bgp_instance *i = p->instance;
	struct session *s = p->session;

	fsm_stop(p, DOWN_DELETED, CEASE_DECONFIGURED, NULL, 0);
	adj_in_free(p);
	core_work_remove(i->core, &s->reap);
	core_timer_stop(i->core, &s->start);
	core_timer_stop(i->core, &s->retry);
	core_timer_stop(i->core, &s->restart);
	core_timer_stop(i->core, &s->stale);
	for (size_t n = 0; n < i->peers.n; n++)
		if (i->peers.v[n] == p) {
			vec_remove(&i->peers, n);
			break;
		}
	for (int f = 0; f < FAM_COUNT; f++) {
		policy_bound_free(p->family[f].in);
		policy_bound_free(p->family[f].out);
	}
	free(s->error);
	free(s->sent);
	free(s->received);
	core_source_free(i->core, p->source);
	if (p->block)
		block_release(p->block);
	else
		free(p); /* the beginning of its peer_memory */
}

void peer_remove(struct peer *p)
{
	p->removed = true;
	fsm_stop(p, DOWN_DELETED, CEASE_DECONFIGURED, NULL, 0);
	peer_config_forget(&p->config); /* its paths may outlive the configuration */
	session_reap(p);
}

static void rebind(struct policy_bound **at, struct policy *policy, enum family f,
		const struct policy_filter *x, bool *ret_changed)
{
	struct policy_bound *now = policy_filter_any(x) ? policy_bind(policy, f, x) : NULL;

	if (ret_changed)
		*ret_changed |= !policy_bound_equal(*at, now);
	policy_bound_free(*at);
	*at = now;
}

void peer_bind(struct peer *p, bool ret_in[FAM_COUNT], bool ret_out[FAM_COUNT])
{
	for (int i = 0; i < FAM_COUNT; i++) {
		const struct peer_family_config *k = p->config.family[i];
		struct policy *policy = core_of(p)->policy;
		enum family f = (enum family)i;

		if (!k->active && !p->family[i].in && !p->family[i].out)
			continue;
		rebind(&p->family[i].in, policy, f, &k->in, ret_in ? &ret_in[i] : NULL);
		rebind(&p->family[i].out, policy, f, &k->out, ret_out ? &ret_out[i] : NULL);
	}
}

/* ---- finding ---- */

static bool is_at(const struct peer *p, const struct ip_addr *remote, const char *interface)
{
	const struct peer_config *k = &p->config;

	if (p->removed)
		return false;
	if (!k->addr.family)
		return ip_is_link_local(remote) && strcmp(k->interface, interface) == 0;
	if (!ip_equal(&k->addr, remote))
		return false;
	return !k->interface[0] || !ip_is_link_local(remote) || strcmp(k->interface, interface) == 0;
}

struct peer *instance_peer_find(const struct bgp_instance *i, const struct ip_addr *remote,
		const char *interface)
{
	for (size_t n = 0; n < i->peers.n; n++)
		if (is_at(i->peers.v[n], remote, interface ? interface : ""))
			return i->peers.v[n];
	return NULL;
}

struct peer *core_peer_find(const struct bgp_core *c, const char *vrf, const struct ip_addr *remote,
		const char *interface)
{
	const struct bgp_instance *i = core_instance_find(c, vrf);

	return i ? instance_peer_find(i, remote, interface) : NULL;
}

void peer_ttl(const struct peer *p, uint8_t *ret_ttl, uint8_t *ret_min_ttl)
{
	const struct peer_config *k = &p->config;

	*ret_min_ttl = 0;
	if (k->ttl_security_hops) {
		*ret_ttl = TTL_MAX;
		*ret_min_ttl = (uint8_t)(TTL_MAX + 1 - k->ttl_security_hops);
	} else if (p->ibgp || (k->remote_as_type == REMOTE_AS_AUTO && !p->remote_as)) {
		*ret_ttl = TTL_MAX; /* auto: not known yet which of the two it is */
	} else {
		*ret_ttl = k->ebgp_multihop ? k->ebgp_multihop : 1;
	}
}

/* ---- what the rest of the core asks of a session ---- */

void peer_want_write(struct peer *p)
{
	if (p->session->up)
		conn_want_write(p->session->up);
}

void peer_notify(struct peer *p, uint8_t code, uint8_t subcode, const void *data, size_t len)
{
	if (p->session->up)
		fsm_drop(p->session->up, DOWN_NOTIFY_SENT, code, subcode, data, len);
}
