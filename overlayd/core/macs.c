/* MAC addresses of VNIs.  One entry stands for up to two of the kernel's: the
 * VXLAN device's (MAC to remote VTEP) and the bridge's (MAC to port).  Wanted
 * from bgpd (type 2 routes) or as the router MAC of a next hop.  Flooding
 * entries, MAC zero of a VXLAN device, are apart: one for each remote VTEP. */
#include <linux/neighbour.h>
#include <string.h>

#include "overlayd/core/state.h"

struct mac_key {
	uint32_t vni;
	struct mac_addr mac;
};

struct flood_key {
	uint32_t vni, vtep;
};

/* ---- VTEP addresses by number; they are few and stay */

static bool vtep_equal(const void *ctx, uint32_t id, const void *key)
{
	return ip_equal(vtep_addr(ctx, id), key);
}

const struct ip_addr *vtep_addr(const struct overlay_core *c, uint32_t id)
{
	return &((struct vtep *)slab_at(&c->vteps.slab, id))->addr;
}

uint32_t vtep_get(struct overlay_core *c, const struct ip_addr *a)
{
	uint32_t h, id;

	if (c->last_vtep && vtep_equal(c, c->last_vtep, a))
		return c->last_vtep;
	h = hash32(hash_ip(c->seed, a));
	id = htab_find(&c->vteps.by_key, h, vtep_equal, c, a);
	if (!id) {
		id = slab_new(&c->vteps.slab);
		((struct vtep *)slab_at(&c->vteps.slab, id))->addr = *a;
		htab_insert(&c->vteps.by_key, h, id);
	}
	return c->last_vtep = id;
}

/* ---- tables */

struct mac *mac_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->macs.slab, id) : NULL;
}

static uint32_t mac_hash(const struct overlay_core *c, uint32_t vni, const struct mac_addr *m)
{
	uint64_t mac = 0;

	memcpy(&mac, m->b, sizeof(m->b));
	return hash32(hash_words(c->seed, mac, vni));
}

static bool mac_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct mac *m = mac_at(ctx, id);
	const struct mac_key *k = key;

	return m->vni == k->vni && memcmp(&m->mac, &k->mac, sizeof(m->mac)) == 0;
}

uint32_t mac_find(const struct overlay_core *c, uint32_t vni, const struct mac_addr *m)
{
	struct mac_key k = { vni, *m };

	return htab_find(&c->macs.by_key, mac_hash(c, vni, m), mac_equal, c, &k);
}

void mac_soon(const struct overlay_core *c, uint32_t vni, const struct mac_addr *m)
{
	htab_prefetch(&c->macs.by_key, mac_hash(c, vni, m));
}

uint32_t mac_get(struct overlay_core *c, uint32_t vni, const struct mac_addr *m)
{
	struct mac_key k = { vni, *m };
	uint32_t h = mac_hash(c, vni, m);
	uint32_t id = htab_find(&c->macs.by_key, h, mac_equal, c, &k);
	struct mac *e;

	if (id)
		return id;
	id = slab_new(&c->macs.slab);
	e = mac_at(c, id);
	e->s.q = Q_LIVE;
	e->vni = vni;
	e->mac = *m;
	htab_insert(&c->macs.by_key, h, id);
	return id;
}

void mac_put(struct overlay_core *c, uint32_t id)
{
	struct mac *m = mac_at(c, id);

	if (m->w_vtep || m->nh_refs || m->ip_refs || m->a_vtep || m->a_port || m->own || m->told ||
			m->s.q & ~(Q_LIVE | Q_REFUSED | Q_TAKEN))
		return;
	refusal_forget(c, &m->s);
	htab_remove(&c->macs.by_key, mac_hash(c, m->vni, &m->mac), id);
	m->s.q = 0;
	slab_put(&c->macs.slab, id);
}

struct flood *flood_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->floods.slab, id) : NULL;
}

static bool flood_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct flood *f = flood_at(ctx, id);
	const struct flood_key *k = key;

	return f->vni == k->vni && f->vtep == k->vtep;
}

static uint32_t flood_hash(const struct overlay_core *c, uint32_t vni, uint32_t vtep)
{
	return hash32(hash_u64(c->seed, (uint64_t)vni << 32 | vtep));
}

uint32_t flood_get(struct overlay_core *c, uint32_t vni, const struct ip_addr *a)
{
	struct flood_key k = { vni, vtep_get(c, a) };
	uint32_t h = flood_hash(c, k.vni, k.vtep);
	uint32_t id = htab_find(&c->floods.by_key, h, flood_equal, c, &k);
	struct flood *f;

	if (id)
		return id;
	id = slab_new(&c->floods.slab);
	f = flood_at(c, id);
	f->s.q = Q_LIVE;
	f->vni = k.vni;
	f->vtep = k.vtep;
	htab_insert(&c->floods.by_key, h, id);
	return id;
}

void flood_put(struct overlay_core *c, uint32_t id)
{
	struct flood *f = flood_at(c, id);

	if (f->wanted || f->present || f->s.q & ~(Q_LIVE | Q_REFUSED | Q_TAKEN))
		return;
	refusal_forget(c, &f->s);
	htab_remove(&c->floods.by_key, flood_hash(c, f->vni, f->vtep), id);
	f->s.q = 0;
	slab_put(&c->floods.slab, id);
}

/* ---- what the kernel says */

static void bridge_entry(struct overlay_core *c, const struct kneigh *k, bool gone)
{
	uint32_t vni = vni_by_bridge(c, k->master), id;
	/* The bridge's and its ports' own addresses are of no interest. */
	bool own = k->state & NUD_PERMANENT && !(k->flags & NTF_EXT_LEARNED);
	struct mac *m;

	if (!vni || k->vlan)
		return;
	id = gone || own ? mac_find(c, vni, &k->mac) : mac_get(c, vni, &k->mac);
	m = mac_at(c, id);
	if (!m || (gone && !m->a_port && !(m->s.q & Q_FLYING)))
		return; /* mostly the echo of our own request */
	if (!obj_heard(&m->s, gone && m->a_flags & NTF_EXT_LEARNED))
		return;
	m->s.seen = c->dump_no;
	if (!gone) {
		m->a_port = k->ifindex;
		m->a_flags = k->flags;
		m->a_state = k->state;
	} else if (m->a_port == k->ifindex || !(m->a_flags & NTF_EXT_LEARNED)) {
		m->a_port = 0; /* a bridge has one entry a MAC */
	}
	learn_mac(c, id);
	obj_dirty(c, OBJ_MAC, id, &m->s);
}

static void flood_entry(struct overlay_core *c, uint32_t vni, const struct kneigh *k, bool gone)
{
	uint32_t id = flood_get(c, vni, &k->dst);
	struct flood *f = flood_at(c, id);

	if (!obj_heard(&f->s, gone))
		return;
	f->s.seen = c->dump_no;
	f->present = !gone;
	f->ours = k->flags & NTF_EXT_LEARNED;
	obj_dirty(c, OBJ_FLOOD, id, &f->s);
}

static void vxlan_entry(struct overlay_core *c, uint32_t vni, const struct kneigh *k, bool gone)
{
	static const struct mac_addr all;
	uint32_t id;
	struct mac *m;

	/* Up to Linux 6.1 rtnl_fdb_add() says once more, and without the destination,
	 * what the device said already. */
	if (!k->dst.family)
		return;
	if (memcmp(&k->mac, &all, sizeof(all)) == 0) {
		flood_entry(c, vni, k, gone);
		return;
	}
	id = gone ? mac_find(c, vni, &k->mac) : mac_get(c, vni, &k->mac);
	m = mac_at(c, id);
	if (!m || (gone && !m->a_vtep && !(m->s.q & Q_FLYING)))
		return;
	if (!obj_heard(&m->s, gone && m->a_self_ours))
		return;
	m->seen_self = c->dump_no;
	m->a_vtep = gone ? 0 : vtep_get(c, &k->dst);
	m->a_self_ours = k->flags & NTF_EXT_LEARNED;
	obj_dirty(c, OBJ_MAC, id, &m->s);
}

void fdb_actual(struct overlay_core *c, const struct kneigh *k, bool gone)
{
	const struct link *l;

	if (k->master) {
		bridge_entry(c, k, gone);
		return;
	}
	l = link_at(c, link_by_ifindex(c, k->ifindex));
	if (l && l->a.kind == KLINK_VXLAN && l->wanted && l->vni)
		vxlan_entry(c, l->vni, k, gone);
}

void mac_unseen(struct overlay_core *c, uint32_t id)
{
	struct mac *m = mac_at(c, id);
	bool port = m->a_port && m->s.seen != c->dump_no;
	bool self = m->a_vtep && m->seen_self != c->dump_no;

	if (port)
		m->a_port = 0;
	if (self)
		m->a_vtep = 0;
	if (!port && !self)
		return;
	learn_mac(c, id);
	obj_dirty(c, OBJ_MAC, id, &m->s);
}

void flood_lost(struct overlay_core *c, uint32_t id)
{
	struct flood *f = flood_at(c, id);

	f->present = false;
	obj_dirty(c, OBJ_FLOOD, id, &f->s);
}

void fdb_entries_dirty(struct overlay_core *c)
{
	const struct vni *v;
	struct flood *f;
	struct neigh *n;
	struct mac *m;
	struct vni *each;
	uint32_t id;

	c->entries_due = false;
	slab_foreach (id, m, &c->macs.slab) {
		v = vni_at(c, vni_find(c, m->vni));
		if (!v || !v->entries_due)
			continue;
		/* Entries of devices that are gone went with them. */
		obj_heard(&m->s, false);
		if (!v->was_vxlan)
			m->a_vtep = 0;
		if (!v->was_bridge || !link_by_ifindex(c, m->a_port))
			m->a_port = 0;
		learn_mac(c, id);
		obj_dirty(c, OBJ_MAC, id, &m->s);
	}
	slab_foreach (id, f, &c->floods.slab) {
		v = vni_at(c, vni_find(c, f->vni));
		if (!v || !v->entries_due)
			continue;
		obj_heard(&f->s, false);
		if (!v->was_vxlan)
			f->present = false;
		obj_dirty(c, OBJ_FLOOD, id, &f->s);
	}
	slab_foreach (id, n, &c->neighs.slab) {
		v = vni_at(c, vni_find(c, n->vni));
		if (!v || !v->entries_due)
			continue;
		obj_heard(&n->s, false);
		if (!v->was_bridge)
			n->present = false;
		learn_neigh(c, id);
		obj_dirty(c, OBJ_NEIGH, id, &n->s);
	}
	slab_foreach (id, each, &c->vnis.slab)
		each->entries_due = false;
}

/* ---- diff, and requests */

/* Where the MAC is to be reached; 0: nowhere, or not through us. */
uint32_t mac_wanted_vtep(const struct mac *m)
{
	if (m->own)
		return 0;
	return m->w_vtep ? m->w_vtep : m->ip_vtep ? m->ip_vtep : m->nh_vtep;
}

/* NTF_SELF and NTF_MASTER: the entries that are to be written, or deleted. */
static uint8_t mac_differs(const struct overlay_core *c, const struct mac *m, enum verb *ret_verb)
{
	const struct vni *v = vni_at(c, vni_find(c, m->vni));
	const struct link *x = v ? link_at(c, v->vxlan) : NULL;
	uint32_t vtep = mac_wanted_vtep(m);
	uint8_t what = 0;

	*ret_verb = VERB_NONE;
	if (!v || !x || !x->present || !vni_is_up(c, v)) {
		*ret_verb = vtep ? VERB_WAIT : VERB_NONE;
		return 0;
	}
	if (vtep) {
		if (m->a_vtep != vtep || !m->a_self_ours)
			what |= NTF_SELF;
		if (m->a_port != x->a.ifindex || !(m->a_flags & NTF_EXT_LEARNED))
			what |= NTF_MASTER;
		*ret_verb = what ? VERB_ADD : VERB_NONE;
		return what;
	}
	/* What is said to be gone may have been gone before we asked for it. */
	what = m->asked;
	/* The rest may be wanted yet if bgpd has not said all. */
	if (c->feed_synced || m->s.q & Q_TAKEN) {
		if (m->a_vtep && m->a_self_ours)
			what |= NTF_SELF;
		if (m->a_port == x->a.ifindex && m->a_flags & NTF_EXT_LEARNED)
			what |= NTF_MASTER;
	}
	*ret_verb = what ? VERB_DELETE : VERB_NONE;
	return what;
}

enum verb mac_diff(struct overlay_core *c, uint32_t id)
{
	enum verb v;

	mac_differs(c, mac_at(c, id), &v);
	return v;
}

bool mac_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	struct mac *m = mac_at(c, id);
	const struct vni *vni = vni_at(c, vni_find(c, m->vni));
	struct kneigh k = { .ifindex = link_at(c, vni->vxlan)->a.ifindex, .mac = m->mac };
	enum verb verb;

	k.flags = mac_differs(c, m, &verb);
	f->sent[0] = k.flags;
	f->sent[1] = v == VERB_ADD ? mac_wanted_vtep(m) : 0;
	if (v == VERB_ADD) {
		k.dst = *vtep_addr(c, f->sent[1]);
		k.flags |= NTF_EXT_LEARNED;
		/* VXLAN takes reachable or permanent only (vxlan_fdb_parse). */
		k.state = m->w_flags & FEED_MAC_STICKY ? NUD_NOARP | NUD_REACHABLE : NUD_REACHABLE;
		m->asked |= (uint8_t)f->sent[0];
	}
	return kobj_encode_fdb(w, seq, &k, v == VERB_ADD);
}

/* The kernel takes the bridge's entry first, and leaves the device's if there is
 * none (rtnl_fdb_del). */
void mac_not_there(struct flight *f)
{
	if (f->sent[0] & NTF_MASTER)
		f->sent[0] = NTF_MASTER;
}

void mac_done(struct overlay_core *c, const struct flight *f)
{
	struct mac *m = mac_at(c, f->id);
	const struct vni *v = vni_at(c, vni_find(c, m->vni));
	const struct link *x = v ? link_at(c, v->vxlan) : NULL;

	if (f->verb == VERB_DELETE)
		m->asked &= (uint8_t)~f->sent[0];
	if (f->sent[0] & NTF_SELF) {
		m->seen_self = c->dump_no;
		m->a_vtep = f->sent[1];
		m->a_self_ours = f->sent[1] != 0;
	}
	if (f->sent[0] & NTF_MASTER) {
		m->s.seen = c->dump_no;
		if (f->verb == VERB_ADD) {
			m->a_port = x ? x->a.ifindex : 0;
			m->a_flags = NTF_EXT_LEARNED;
			m->a_state = NUD_REACHABLE;
		} else if (x && m->a_port == x->a.ifindex) {
			m->a_port = 0; /* else it is a host's, at another port */
		}
	}
	learn_mac(c, f->id);
}

void mac_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct mac *m = mac_at(c, id);
	char buf[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	sb_addf(out, "MAC %s of VNI %u", mac_text(&m->mac, buf), m->vni);
	if (mac_wanted_vtep(m))
		sb_addf(out, " at VTEP %s", ip_text(vtep_addr(c, mac_wanted_vtep(m)), ip));
}

enum verb flood_diff(struct overlay_core *c, uint32_t id)
{
	const struct flood *f = flood_at(c, id);
	const struct vni *v = vni_at(c, vni_find(c, f->vni));

	if (!v || !vni_is_up(c, v))
		return f->wanted ? VERB_WAIT : VERB_NONE;
	if (f->wanted)
		return f->present ? VERB_NONE : VERB_ADD;
	if (f->present && f->ours && (c->feed_synced || f->s.q & Q_TAKEN))
		return VERB_DELETE;
	return f->asked ? VERB_DELETE : VERB_NONE;
}

bool flood_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	struct flood *e = flood_at(c, id);
	const struct vni *vni = vni_at(c, vni_find(c, e->vni));
	struct kneigh k = { .ifindex = link_at(c, vni->vxlan)->a.ifindex,
		.dst = *vtep_addr(c, e->vtep),
		.state = NUD_NOARP | NUD_PERMANENT,
		.flags = NTF_SELF | (v == VERB_ADD ? NTF_EXT_LEARNED : 0) };

	(void)f;
	e->asked |= v == VERB_ADD;
	return kobj_encode_fdb(w, seq, &k, v == VERB_ADD);
}

void flood_done(struct overlay_core *c, const struct flight *f)
{
	struct flood *e = flood_at(c, f->id);

	e->s.seen = c->dump_no;
	e->present = e->asked = f->verb == VERB_ADD;
	e->ours = true;
}

void flood_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	const struct flood *f = flood_at(c, id);
	char buf[IP_TEXT_MAX];

	sb_addf(out, "flooding of VNI %u to VTEP %s", f->vni, ip_text(vtep_addr(c, f->vtep), buf));
}
