/* Neighbours on the bridges of VNIs: IP to MAC.  Those of other VTEPs are
 * wanted from bgpd (ARP and ND suppression), or for next hops of an L3VNI;
 * those that the kernel learned itself are our hosts (learn.c). */
#include <linux/neighbour.h>
#include <string.h>

#include "overlayd/core/state.h"

struct neigh_key {
	uint32_t vni;
	struct ip_addr ip;
};

struct neigh *neigh_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->neighs.slab, id) : NULL;
}

static uint32_t key_hash(const struct overlay_core *c, uint32_t vni, const struct ip_addr *ip)
{
	return hash32(hash_ip(hash_u64(c->seed, vni), ip));
}

static bool key_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct neigh *n = neigh_at(ctx, id);
	const struct neigh_key *k = key;

	return n->vni == k->vni && ip_equal(&n->ip, &k->ip);
}

uint32_t neigh_find(const struct overlay_core *c, uint32_t vni, const struct ip_addr *ip)
{
	struct neigh_key k = { vni, *ip };

	return htab_find(&c->neighs.by_key, key_hash(c, vni, ip), key_equal, c, &k);
}

void neigh_soon(const struct overlay_core *c, uint32_t vni, const struct ip_addr *ip)
{
	htab_prefetch(&c->neighs.by_key, key_hash(c, vni, ip));
}

uint32_t neigh_get(struct overlay_core *c, uint32_t vni, const struct ip_addr *ip)
{
	struct neigh_key k = { vni, *ip };
	uint32_t h = key_hash(c, vni, ip);
	uint32_t id = htab_find(&c->neighs.by_key, h, key_equal, c, &k);
	struct neigh *n;

	if (id)
		return id;
	id = slab_new(&c->neighs.slab);
	n = neigh_at(c, id);
	n->s.q = Q_LIVE;
	n->vni = vni;
	n->ip = *ip;
	n->probe_at = MONO_NEVER;
	htab_insert(&c->neighs.by_key, h, id);
	return id;
}

void neigh_want(struct overlay_core *c, uint32_t id, uint32_t mac, uint32_t vtep)
{
	struct neigh *n = neigh_at(c, id);
	struct mac *m;

	if (n->wanted) {
		m = mac_at(c, n->w_mac_id);
		if (--m->ip_refs == 0)
			m->ip_vtep = 0;
		obj_dirty(c, OBJ_MAC, n->w_mac_id, &m->s);
	}
	n->wanted = mac != 0;
	n->w_mac_id = mac;
	if (mac) {
		m = mac_at(c, mac);
		n->w_mac = m->mac;
		m->ip_refs++;
		m->ip_vtep = vtep;
		obj_dirty(c, OBJ_MAC, mac, &m->s);
	}
	obj_dirty(c, OBJ_NEIGH, id, &n->s);
}

void neigh_put(struct overlay_core *c, uint32_t id)
{
	struct neigh *n = neigh_at(c, id);

	if (n->wanted || n->nh_refs || n->present || n->own || n->told ||
			n->s.q & ~(Q_LIVE | Q_REFUSED | Q_TAKEN))
		return;
	refusal_forget(c, &n->s);
	htab_remove(&c->neighs.by_key, key_hash(c, n->vni, &n->ip), id);
	n->s.q = 0;
	slab_put(&c->neighs.slab, id);
}

void neigh_actual(struct overlay_core *c, const struct kneigh *k, bool gone)
{
	uint32_t vni = vni_by_bridge(c, k->ifindex), id;
	/* Multicast and the like, which the kernel maps by rule. */
	bool ruled = k->state & NUD_NOARP && !(k->flags & NTF_EXT_LEARNED);
	struct neigh *n;

	if (!vni || ip_is_multicast(&k->ip))
		return;
	if (!k->has_mac || !(k->state & ~(NUD_NONE | NUD_INCOMPLETE | NUD_FAILED)) || ruled)
		gone = true;
	id = gone ? neigh_find(c, vni, &k->ip) : neigh_get(c, vni, &k->ip);
	n = neigh_at(c, id);
	if (!n || (gone && !n->present && !(n->s.q & Q_FLYING)) || !obj_heard(&n->s, gone))
		return;
	n->s.seen = c->dump_no;
	n->present = !gone;
	n->a_mac = k->mac;
	n->a_state = k->state;
	n->a_flags = k->flags;
	n->a_proto = k->proto;
	learn_neigh(c, id);
	obj_dirty(c, OBJ_NEIGH, id, &n->s);
}

void neigh_lost(struct overlay_core *c, uint32_t id)
{
	struct neigh *n = neigh_at(c, id);

	if (!n->present)
		return;
	n->present = false;
	learn_neigh(c, id);
	obj_dirty(c, OBJ_NEIGH, id, &n->s);
}

static const struct mac_addr *neigh_wanted(const struct neigh *n)
{
	if (n->own)
		return NULL;
	return n->wanted ? &n->w_mac : n->nh_refs ? &n->nh_mac : NULL;
}

enum verb neigh_diff(struct overlay_core *c, uint32_t id)
{
	const struct neigh *n = neigh_at(c, id);
	const struct vni *v = vni_at(c, vni_find(c, n->vni));
	const struct mac_addr *mac = neigh_wanted(n);
	const struct link *b = v ? link_at(c, v->bridge) : NULL;

	if (!v || !v->configured || !b || !b->present || !(b->a.flags & IFF_UP))
		return mac ? VERB_WAIT : VERB_NONE;
	if (mac)
		return n->present && n->a_flags & NTF_EXT_LEARNED &&
				       memcmp(&n->a_mac, mac, sizeof(*mac)) == 0 ?
			       VERB_NONE :
			       VERB_ADD;
	if (n->present && n->a_flags & NTF_EXT_LEARNED && n->a_proto == KOBJ_PROTO &&
			(c->feed_synced || n->s.q & Q_TAKEN))
		return VERB_DELETE;
	return n->asked ? VERB_DELETE : VERB_NONE;
}

bool neigh_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	struct neigh *n = neigh_at(c, id);
	const struct vni *vni = vni_at(c, vni_find(c, n->vni));
	struct kneigh k = { .ifindex = link_at(c, vni->bridge)->a.ifindex,
		.ip = n->ip,
		.state = NUD_NOARP,
		.flags = NTF_EXT_LEARNED,
		.proto = KOBJ_PROTO };

	if (v == VERB_ADD) {
		k.mac = *neigh_wanted(n);
		if (n->w_flags & FEED_MAC_ROUTER)
			k.flags |= NTF_ROUTER;
		memcpy(f->sent, k.mac.b, sizeof(k.mac.b));
		n->asked = true;
	}
	return kobj_encode_neigh(w, seq, &k, v == VERB_ADD);
}

void neigh_done(struct overlay_core *c, const struct flight *f)
{
	struct neigh *n = neigh_at(c, f->id);

	n->s.seen = c->dump_no;
	n->present = n->asked = f->verb == VERB_ADD;
	if (n->present) {
		memcpy(n->a_mac.b, f->sent, sizeof(n->a_mac.b));
		n->a_flags = NTF_EXT_LEARNED;
		n->a_proto = KOBJ_PROTO;
		n->a_state = NUD_NOARP;
	}
	learn_neigh(c, f->id);
}

void neigh_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct neigh *n = neigh_at(c, id);
	const struct mac_addr *mac = neigh_wanted(n);
	char ip[IP_TEXT_MAX], buf[MAC_TEXT_MAX];

	sb_addf(out, "neighbour %s of VNI %u", ip_text(&n->ip, ip), n->vni);
	if (mac)
		sb_addf(out, " with MAC %s", mac_text(mac, buf));
}
