/* Learning what is local: MACs from the bridges' forwarding tables, addresses
 * from the neighbour tables of gateways.  What is local is told to bgpd; a MAC
 * that shows up here while bgpd has it elsewhere has moved, and is ours from
 * then on (bgpd raises the sequence: RFC 7432 section 15).  A host that falls
 * silent is probed before the kernel forgets it, so that silence alone
 * withdraws nothing (RFC 7432 section 10.2 leaves ageing to us). */
#include <linux/neighbour.h>
#include <string.h>

#include "overlayd/core/state.h"

/* After the kernel calls a neighbour stale.  Less than its garbage
 * collection's 60 s and a bridge's ageing of 300 s. */
#define PROBE_AFTER MONO_SEC(45)

bool mac_is_local(const struct overlay_core *c, const struct mac *m, uint8_t *ret_flags)
{
	const struct vni *v = vni_at(c, vni_find(c, m->vni));
	const struct link *port;

	if (!v || !v->configured || v->is_l3)
		return false;
	if (m->own) {
		*ret_flags = FEED_MAC_GATEWAY | FEED_MAC_STICKY;
		return true;
	}
	port = link_at(c, m->a_port ? link_by_ifindex(c, m->a_port) : 0);
	if (!port || m->a_flags & NTF_EXT_LEARNED || m->a_state & NUD_PERMANENT)
		return false;
	/* Not through the tunnel, whose learning is off, nor the bridge itself. */
	if (port->a.kind == KLINK_VXLAN || port->a.kind == KLINK_BRIDGE)
		return false;
	*ret_flags = m->a_state & NUD_NOARP || m->a_flags & NTF_STICKY ? FEED_MAC_STICKY : 0;
	return true;
}

bool neigh_is_local(const struct overlay_core *c, const struct neigh *n, uint8_t *ret_flags)
{
	const struct vni *v = vni_at(c, vni_find(c, n->vni));
	const struct mac *m;

	if (!v || !v->configured || v->is_l3)
		return false;
	if (n->own) {
		*ret_flags = FEED_MAC_GATEWAY | FEED_MAC_STICKY;
		return true;
	}
	if (!n->present || n->a_flags & NTF_EXT_LEARNED)
		return false;
	/* A host behind another VTEP may have answered through the tunnel. */
	m = mac_at(c, mac_find(c, n->vni, &n->a_mac));
	if (!m || !mac_is_local(c, m, ret_flags) || m->own)
		return false;
	if (n->a_flags & NTF_ROUTER)
		*ret_flags |= FEED_MAC_ROUTER;
	return true;
}

/* The addresses of this MAC's VNI are to be looked at again. */
static void learn_again(struct overlay_core *c, const struct mac *m)
{
	struct vni *v = vni_at(c, vni_find(c, m->vni));

	if (v)
		v->learn_due = c->learn_due = true;
}

void learn_mac(struct overlay_core *c, uint32_t id)
{
	struct mac *m = mac_at(c, id);
	uint8_t flags;
	bool local = mac_is_local(c, m, &flags);

	if (local && (m->w_vtep || m->ip_vtep) && !m->own) {
		m->w_vtep = m->ip_vtep = 0;
		c->count.moved++;
		obj_dirty(c, OBJ_MAC, id, &m->s);
		learn_again(c, m);
	}
	if (local || m->told) {
		feed_tell(c, FEED_LOCAL_MAC, id, &m->s);
		if (local != !!m->told)
			learn_again(c, m);
	}
}

void learn_neigh(struct overlay_core *c, uint32_t id)
{
	struct neigh *n = neigh_at(c, id);
	uint8_t flags;
	bool local = neigh_is_local(c, n, &flags);

	if (local || n->told)
		feed_tell(c, FEED_LOCAL_MAC, id | TELL_NEIGH, &n->s);
	if (!local || n->own || !(n->a_state & NUD_STALE)) {
		n->probe_at = MONO_NEVER;
	} else if (n->probe_at == MONO_NEVER) {
		n->probe_at = c->now + PROBE_AFTER;
		if (n->probe_at < c->probe_next)
			c->probe_next = n->probe_at;
	}
}

/* Some MACs became local or ceased to be: so may the addresses behind them. */
void learn_run(struct overlay_core *c)
{
	const struct mac *m;
	struct neigh *n;
	struct vni *v;
	uint32_t id;
	uint8_t flags;

	c->learn_due = false;
	slab_foreach (id, n, &c->neighs.slab) {
		v = vni_at(c, vni_find(c, n->vni));
		if (!v || !v->learn_due)
			continue;
		m = mac_at(c, n->wanted ? n->w_mac_id : 0);
		if (m && !m->own && mac_is_local(c, m, &flags)) {
			/* Its owner moved here.  Without our entry the kernel asks anew. */
			neigh_want(c, id, 0, 0);
		}
		learn_neigh(c, id);
	}
	slab_foreach (id, v, &c->vnis.slab)
		v->learn_due = false;
}

void learn_tick(struct overlay_core *c)
{
	struct neigh *n;
	uint32_t id;

	if (c->now < c->probe_next)
		return;
	c->probe_next = MONO_NEVER;
	slab_foreach (id, n, &c->neighs.slab) {
		if (n->probe_at <= c->now) {
			n->probe_at = MONO_NEVER;
			if (!(n->s.q & Q_PROBE)) {
				n->s.q |= Q_PROBE;
				*vec_push(&c->probes) = id;
			}
		} else if (n->probe_at < c->probe_next) {
			c->probe_next = n->probe_at;
		}
	}
}
