/* EVPN for L2VNIs: what is local becomes routes.  A VNI with a VTEP address
 * gives an inclusive multicast route (type 3, ingress replication), each local
 * MAC or MAC/IP a type 2 route; with the VRF's L3VNI as second label where the
 * VRF has one (symmetric IRB).  Remote routes: evpn_remote.c.
 * Source: RFC 7432 sections 7, 9, 11 and 15, RFC 8365 section 5, RFC 9135. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/evpn_private.h"
#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

static struct bgp_instance *default_instance(const struct evpn *e)
{
	return e->core->instances.n ? e->core->instances.v[0] : NULL;
}

struct rib *evpn_table(const struct evpn *e)
{
	const struct bgp_instance *d = default_instance(e);

	return d ? d->rib[FAM_EVPN] : NULL;
}

/* ---- VNIs ---- */

static size_t vni_place(const struct evpn *e, uint32_t vni)
{
	size_t lo = 0, hi = e->vnis.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (e->vnis.v[mid]->vni < vni)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct evpn_vni *evpn_vni_get(const struct evpn *e, uint32_t vni)
{
	struct evpn *cache = (struct evpn *)e;
	size_t at;

	/* What is said of one VNI comes together. */
	if (e->last_vni && e->last_vni->vni == vni)
		return e->last_vni;
	at = vni_place(e, vni);
	if (at == e->vnis.n || e->vnis.v[at]->vni != vni)
		return NULL;
	return cache->last_vni = e->vnis.v[at];
}

const struct evpn_vni *evpn_vni_at(const struct evpn *e, size_t i)
{
	return i < e->vnis.n ? e->vnis.v[i] : NULL;
}

const struct evpn_vni *evpn_vni_find(const struct evpn *e, uint32_t vni)
{
	return evpn_vni_get(e, vni);
}

/* The number in the automatic RD: the VNI's low bits, or the next that is free;
 * those beyond 65,535 VNIs share number 0. */
static uint16_t rd_number_new(struct evpn *e, uint32_t vni)
{
	const unsigned words = EVPN_RD_NUMBERS / 64;
	uint16_t from = (uint16_t)vni;
	unsigned at = from / 64;
	uint64_t free;

	if (!e->rd_taken)
		e->rd_taken = xcalloc(words, sizeof(*e->rd_taken));
	e->rd_taken[0] |= 1;
	/* The word of the VNI's own number comes twice: what is below that, last. */
	free = ~e->rd_taken[at] & ~(uint64_t)0 << from % 64;
	for (unsigned n = 0; !free && n < words; n++) {
		at = (at + 1) % words;
		free = ~e->rd_taken[at];
	}
	if (!free)
		return 0;
	e->rd_taken[at] |= free & -free;
	return (uint16_t)(at * 64 + (unsigned)__builtin_ctzll(free));
}

static void rd_number_put(struct evpn *e, uint16_t n)
{
	e->rd_taken[n / 64] &= ~((uint64_t)1 << n % 64);
}

static void rt_copy(struct rt_list *to, const struct rt_list *from)
{
	to->rt.n = 0;
	for (size_t k = 0; k < from->rt.n; k++)
		*vec_push(&to->rt) = from->rt.v[k];
}

static const struct evpn_vni_config *vni_config(const struct bgp_instance *d, uint32_t vni)
{
	const struct evpn_config *c = &d->config->evpn;
	size_t lo = 0, hi = c->vnis.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c->vnis.v[mid].vni < vni)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->vnis.n && c->vnis.v[lo].vni == vni ? &c->vnis.v[lo] : NULL;
}

static void vni_settings(const struct evpn *e, struct evpn_vni *v)
{
	const struct bgp_instance *d = default_instance(e);
	const struct bgp_instance *vrf = v->vrf[0] ? core_instance_find(e->core, v->vrf) : NULL;
	const struct evpn_vni_config *c = vni_config(d, v->vni);
	const struct evpn_config *all = &d->config->evpn;
	static const struct rt_list none;

	rt_copy(&v->rt_import, c ? &c->rt_import : &none);
	rt_copy(&v->rt_export, c ? &c->rt_export : &none);
	v->rt_import_auto = !v->rt_import.rt.n;
	if (!v->rt_import.rt.n)
		*vec_push(&v->rt_import.rt) = route_target_auto(d->config->as, v->vni);
	if (!v->rt_export.rt.n)
		*vec_push(&v->rt_export.rt) = route_target_auto(d->config->as, v->vni);
	v->rd = c && c->has_rd ? c->rd : rd_auto(d->router_id, v->rd_number);
	v->advertised = all->advertise_all_vni && v->up && v->vtep.family;
	v->advertise_default_gw = all->advertise_default_gw || (c && c->advertise_default_gw);
	v->advertise_svi_ip = all->advertise_svi_ip || (c && c->advertise_svi_ip);
	v->flooding = !all->flooding_disabled;
	v->l3vni = vrf && vrf->l3vni_up ? vrf->l3vni : 0;
	memset(&v->rmac, 0, sizeof(v->rmac));
	v->l3_rt_export.rt.n = 0;
	if (!v->l3vni)
		return;
	v->rmac = vrf->rmac;
	rt_copy(&v->l3_rt_export, &vrf->config->evpn.rt_export);
	if (!v->l3_rt_export.rt.n)
		*vec_push(&v->l3_rt_export.rt) =
				route_target_auto(vrf->config->as, vrf->l3vni);
}

/* ---- routes ---- */

struct communities {
	uint8_t b[512];
	uint16_t len;
};

static void community_add(struct communities *c, const uint8_t v[8])
{
	if (c->len + 8u <= sizeof(c->b)) {
		memcpy(c->b + c->len, v, 8);
		c->len += 8;
	}
}

static void communities_add_rts(struct communities *c, const struct rt_list *l)
{
	uint8_t v[8];

	for (size_t k = 0; k < l->rt.n; k++) {
		for (int b = 0; b < 8; b++)
			v[b] = (uint8_t)(l->rt.v[k] >> (56 - 8 * b));
		community_add(c, v);
	}
}

/* Takes over c by copy; one reference of the new set. */
static void route_put(struct evpn *e, const struct evpn_vni *v, const uint8_t *key,
		struct route_attrs *a, const struct communities *c, const struct nlri_info *info)
{
	struct bgp_core *core = e->core;
	uint32_t id;

	a->origin = ORIGIN_IGP;
	a->has |= HAS_WEIGHT;
	a->weight = 32768;
	a->next_hop = v->vtep;
	a->part[PART_EXT_COMMUNITIES] = (struct attr_span){ c->b, c->len };
	id = attrs_intern(core->attrs, a);
	attrs_ref(core->attrs, id);
	rib_update(evpn_table(e), key, default_instance(e)->source_evpn, 0, id, id,
			info_intern(core->infos, info), REASON_NONE, core_now_secs(core));
}

static void route_remove(struct evpn *e, const uint8_t *key)
{
	if (evpn_table(e))
		rib_withdraw(evpn_table(e), key, default_instance(e)->source_evpn, 0);
}

static const uint8_t encap_vxlan[8] = { 0x03, 0x0c, 0, 0, 0, 0, 0, 8 };	   /* RFC 9012 4.1 */
static const uint8_t default_gateway[8] = { 0x03, 0x0d };		   /* RFC 7432 7.8 */

static void imet_key(const struct evpn_vni *v, uint8_t *key)
{
	struct evpn_key k = { .type = EVPN_IMET, .rd = v->rd, .ip = v->vtep };

	memset(key, 0, NLRI_KEY_MAX);
	nlri_key_evpn(&k, key);
}

static void imet_originate(struct evpn *e, const struct evpn_vni *v)
{
	struct nlri_info info = { { NLRI_LABEL_NONE, NLRI_LABEL_NONE }, { 0 }, { 0 } };
	struct communities c = { .len = 0 };
	uint8_t key[NLRI_KEY_MAX], pmsi[5 + 16];
	struct route_attrs a = { 0 };

	imet_key(v, key);
	if (!v->advertised || !v->flooding) {
		route_remove(e, key);
		return;
	}
	communities_add_rts(&c, &v->rt_export);
	community_add(&c, encap_vxlan);
	pmsi[0] = 0;
	pmsi[1] = EVPN_PMSI_INGRESS;
	pmsi[2] = (uint8_t)(v->vni >> 16);
	pmsi[3] = (uint8_t)(v->vni >> 8);
	pmsi[4] = (uint8_t)v->vni;
	memcpy(pmsi + 5, v->vtep.b, ip_bytes(&v->vtep));
	a.part[PART_PMSI] = (struct attr_span){ pmsi, (uint16_t)(5 + ip_bytes(&v->vtep)) };
	route_put(e, v, key, &a, &c, &info);
}

static void macip_key(const struct evpn_vni *v, const struct evpn_local *l, uint8_t *key)
{
	struct evpn_key k = { .type = EVPN_MACIP, .rd = v->rd, .mac = l->name.mac,
		.ip = l->name.ip };

	memset(key, 0, NLRI_KEY_MAX);
	nlri_key_evpn(&k, key);
}

static bool local_wanted(const struct evpn_vni *v, const struct evpn_local *l)
{
	if (!v->advertised || l->yielded)
		return false;
	if (l->flags & FEED_MAC_GATEWAY)
		return v->advertise_default_gw || v->advertise_svi_ip;
	return true;
}

void evpn_local_originate(struct evpn *e, struct evpn_local *l)
{
	const struct evpn_vni *v = evpn_vni_get(e, l->name.vni);
	struct nlri_info info = { { l->name.vni, NLRI_LABEL_NONE }, { 0 }, { 0 } };
	bool sticky = l->flags & (FEED_MAC_STICKY | FEED_MAC_GATEWAY);
	struct communities c = { .len = 0 };
	struct route_attrs a = { 0 };
	uint8_t key[NLRI_KEY_MAX];

	if (!v || !evpn_table(e))
		return;
	macip_key(v, l, key);
	if (!local_wanted(v, l)) {
		route_remove(e, key);
		return;
	}
	communities_add_rts(&c, &v->rt_export);
	community_add(&c, encap_vxlan);
	if (v->l3vni && l->name.ip.family && !ip_is_link_local(&l->name.ip)) {
		uint8_t rmac[8] = { 0x06, 0x03 }; /* RFC 9135 section 8.1 */

		memcpy(rmac + 2, v->rmac.b, 6);
		info.label[1] = v->l3vni;
		communities_add_rts(&c, &v->l3_rt_export);
		community_add(&c, rmac);
	}
	if (l->seq || sticky) {
		uint8_t mobility[8] = { 0x06, 0x00, sticky, 0 }; /* RFC 7432 section 7.7 */

		wr_put32(mobility + 4, l->seq);
		community_add(&c, mobility);
	}
	if ((l->flags & FEED_MAC_GATEWAY) && v->advertise_default_gw)
		community_add(&c, default_gateway);
	if (l->flags & FEED_MAC_ROUTER) {
		static const uint8_t nd_router[8] = { 0x06, 0x08, 0x01 }; /* RFC 9047 section 2 */

		community_add(&c, nd_router);
	}
	route_put(e, v, key, &a, &c, &info);
}

uint32_t evpn_mobility(const struct attrs *a, bool *ret_sticky)
{
	const uint8_t *m = ext_community_find(attrs_part(a, PART_EXT_COMMUNITIES), 0x06, 0x00);

	*ret_sticky = m && (m[2] & 1);
	return m ? (uint32_t)m[4] << 24 | (uint32_t)m[5] << 16 | (uint32_t)m[6] << 8 | m[7] : 0;
}

/* ---- locals ---- */

static struct evpn_local *local_at(const struct evpn *e, uint32_t id)
{
	return slab_at(&e->locals, id);
}

static bool local_equal(const void *ctx, uint32_t id, const void *key)
{
	const struct evpn_mac_name *a = &local_at(ctx, id)->name, *b = key;

	return a->vni == b->vni && memcmp(a->mac.b, b->mac.b, 6) == 0 && ip_equal(&a->ip, &b->ip);
}

uint32_t evpn_mac_hash(const struct evpn *e, const struct evpn_mac_name *n)
{
	uint64_t mac = 0, low, high, h;

	memcpy(&mac, n->mac.b, 6);
	mac ^= (uint64_t)n->ip.family << 48;
	memcpy(&low, n->ip.b, 8);
	memcpy(&high, n->ip.b + 8, 8);
	h = hash_words(e->core->seed, mac, n->vni);
	return (uint32_t)hash_words(h, low, high);
}

static uint32_t local_id(const struct evpn *e, const struct evpn_mac_name *n)
{
	return htab_find(&e->by_name, evpn_mac_hash(e, n), local_equal, e, n);
}

struct evpn_local *evpn_local_find(const struct evpn *e, const struct evpn_mac_name *n)
{
	uint32_t id = e->by_name.n ? local_id(e, n) : 0;

	return id ? local_at(e, id) : NULL;
}

/* The list that a local is in: its VNI's, or that of those without. */
static uint32_t *local_list(struct evpn *e, uint32_t vni)
{
	struct evpn_vni *v = evpn_vni_get(e, vni);

	return v ? &v->locals : &e->homeless;
}

static void local_link(struct evpn *e, uint32_t id, uint32_t *list)
{
	struct evpn_local *l = local_at(e, id);

	l->prev = 0;
	l->next = *list;
	if (*list)
		local_at(e, *list)->prev = id;
	*list = id;
}

static void local_unlink(struct evpn *e, uint32_t id, uint32_t *list)
{
	const struct evpn_local *l = local_at(e, id);

	if (l->prev)
		local_at(e, l->prev)->next = l->next;
	else
		*list = l->next;
	if (l->next)
		local_at(e, l->next)->prev = l->prev;
}

static void local_remove(struct evpn *e, uint32_t id)
{
	struct evpn_local *l = local_at(e, id);
	struct evpn_mac_name name = l->name;
	struct evpn_vni *v = evpn_vni_get(e, name.vni);
	uint8_t key[NLRI_KEY_MAX];

	if (v) {
		macip_key(v, l, key);
		route_remove(e, key);
		v->n_local--;
	}
	local_unlink(e, id, local_list(e, name.vni));
	htab_remove(&e->by_name, evpn_mac_hash(e, &name), id);
	l->live = false;
	slab_put(&e->locals, id);
	evpn_remote_local_changed(e->remote, &name);
}

static void local_feed(struct evpn *e, const struct feed_msg *m)
{
	struct evpn_mac_name name = { m->mac.vni, m->mac.mac, m->mac.ip };
	struct evpn_vni *v = evpn_vni_get(e, name.vni);
	uint32_t id = local_id(e, &name), seq;
	struct evpn_local *l;
	bool is_new = !id;

	if (!m->add) {
		if (id)
			local_remove(e, id);
		return;
	}
	if (is_new) {
		id = slab_new(&e->locals);
		*local_at(e, id) = (struct evpn_local){ .name = name, .live = true };
		htab_insert(&e->by_name, evpn_mac_hash(e, &name), id);
		local_link(e, id, local_list(e, name.vni));
		if (v)
			v->n_local++;
	}
	l = local_at(e, id);
	if (!is_new && l->flags == m->mac.flags && !l->yielded) {
		l->stale = false;
		return;
	}
	l->flags = m->mac.flags;
	l->stale = false;
	/* It is here now: a claim that beats all others' (RFC 7432 section 15). */
	if ((is_new || l->yielded) && !(l->flags & (FEED_MAC_STICKY | FEED_MAC_GATEWAY)) &&
			evpn_remote_seq(e->remote, name.vni, &name.mac, &seq) && seq >= l->seq)
		l->seq = seq + 1;
	l->yielded = false;
	evpn_local_originate(e, l);
	evpn_remote_local_changed(e->remote, &name);
}

/* ---- events ---- */

static void vni_originate_all(struct evpn *e, const struct evpn_vni *v)
{
	imet_originate(e, v);
	for (uint32_t id = v->locals; id; id = local_at(e, id)->next)
		evpn_local_originate(e, local_at(e, id));
}

static void vni_withdraw_all(struct evpn *e, const struct evpn_vni *v)
{
	uint8_t key[NLRI_KEY_MAX];

	imet_key(v, key);
	route_remove(e, key);
	for (uint32_t id = v->locals; id; id = local_at(e, id)->next) {
		macip_key(v, local_at(e, id), key);
		route_remove(e, key);
	}
}

static void vni_free(struct evpn_vni *v)
{
	vec_free(&v->rt_import.rt);
	vec_free(&v->rt_export.rt);
	vec_free(&v->l3_rt_export.rt);
	free(v);
}

static bool rt_equal(const struct rt_list *a, const struct rt_list *b)
{
	return a->rt.n == b->rt.n &&
	       (a->rt.n == 0 || memcmp(a->rt.v, b->rt.v, a->rt.n * sizeof(*a->rt.v)) == 0);
}

/* Works out a VNI's settings and announces anew what they change. */
static void vni_update(struct evpn *e, struct evpn_vni *v, const struct ip_addr *vtep_before)
{
	struct evpn_vni old = *v;
	bool same;

	if (!default_instance(e))
		return;
	old.vtep = *vtep_before;
	memset(&v->rt_import, 0, sizeof(v->rt_import));
	memset(&v->rt_export, 0, sizeof(v->rt_export));
	memset(&v->l3_rt_export, 0, sizeof(v->l3_rt_export));
	vni_settings(e, v);
	same = old.advertised == v->advertised && ip_equal(&old.vtep, &v->vtep) &&
	       memcmp(&old.rd, &v->rd, sizeof(v->rd)) == 0 && old.l3vni == v->l3vni &&
	       memcmp(&old.rmac, &v->rmac, sizeof(v->rmac)) == 0 && old.flooding == v->flooding &&
	       old.advertise_default_gw == v->advertise_default_gw &&
	       old.advertise_svi_ip == v->advertise_svi_ip &&
	       rt_equal(&old.rt_export, &v->rt_export) &&
	       rt_equal(&old.l3_rt_export, &v->l3_rt_export);
	if (!same) {
		if (old.advertised && (memcmp(&old.rd, &v->rd, sizeof(v->rd)) != 0 ||
				!ip_equal(&old.vtep, &v->vtep)))
			vni_withdraw_all(e, &old);
		vni_originate_all(e, v);
	}
	vec_free(&old.rt_import.rt);
	vec_free(&old.rt_export.rt);
	vec_free(&old.l3_rt_export.rt);
}

static void vni_remove(struct evpn *e, struct evpn_vni *v)
{
	vni_withdraw_all(e, v);
	for (uint32_t id; (id = v->locals);) {
		local_unlink(e, id, &v->locals);
		local_link(e, id, &e->homeless);
	}
	vec_remove(&e->vnis, vni_place(e, v->vni));
	e->last_vni = NULL;
	rd_number_put(e, v->rd_number);
	vni_free(v);
}

/* Locals that were reported before their VNI. */
static void locals_adopt(struct evpn *e, struct evpn_vni *v)
{
	for (uint32_t id = e->homeless, next; id; id = next) {
		next = local_at(e, id)->next;
		if (local_at(e, id)->name.vni != v->vni)
			continue;
		local_unlink(e, id, &e->homeless);
		local_link(e, id, &v->locals);
		v->n_local++;
	}
}

static void vni_feed(struct evpn *e, const struct feed_msg *m)
{
	struct evpn_vni *v = evpn_vni_get(e, m->vni.vni);
	struct ip_addr before = { 0 };

	if (!m->add) {
		if (v)
			vni_remove(e, v);
		evpn_remote_config(e->remote);
		return;
	}
	if (!v) {
		size_t at = vni_place(e, m->vni.vni);

		v = xcalloc(1, sizeof(*v));
		v->vni = m->vni.vni;
		v->rd_number = rd_number_new(e, v->vni);
		vec_push(&e->vnis);
		memmove(e->vnis.v + at + 1, e->vnis.v + at,
				(e->vnis.n - 1 - at) * sizeof(*e->vnis.v));
		e->vnis.v[at] = v;
		evpn_remote_counts(e->remote, v);
		locals_adopt(e, v);
	}
	before = v->vtep;
	v->stale = false;
	memcpy(v->vrf, m->vrf, sizeof(v->vrf));
	v->vtep = m->vni.vtep;
	v->mcast = m->vni.mcast;
	v->up = m->vni.up;
	vni_update(e, v, &before);
	evpn_remote_config(e->remote);
}

void evpn_feed(struct evpn *e, const struct feed_msg *m)
{
	if (m->type == FEED_VNI)
		vni_feed(e, m);
	else if (m->type == FEED_LOCAL_MAC)
		local_feed(e, m);
}

void evpn_feed_down(struct evpn *e)
{
	for (size_t k = 0; k < e->vnis.n; k++)
		e->vnis.v[k]->stale = true;
	for (uint32_t id = 1; id <= e->locals.used; id++)
		local_at(e, id)->stale = true;
}

void evpn_feed_end(struct evpn *e)
{
	for (uint32_t id = 1; id <= e->locals.used; id++)
		if (local_at(e, id)->live && local_at(e, id)->stale)
			local_remove(e, id);
	for (size_t k = e->vnis.n; k-- > 0;)
		if (e->vnis.v[k]->stale)
			vni_remove(e, e->vnis.v[k]);
	evpn_remote_config(e->remote);
}

void evpn_config(struct evpn *e)
{
	e->config_due = false;
	for (size_t k = 0; k < e->vnis.n; k++)
		vni_update(e, e->vnis.v[k], &e->vnis.v[k]->vtep);
	evpn_remote_config(e->remote);
}

void evpn_config_later(struct evpn *e)
{
	e->config_due = true;
	core_work_add(e->core, &e->config_work);
}

void evpn_config_due(struct evpn *e)
{
	if (e->config_due)
		evpn_config(e);
}

static bool config_run(struct work *w, struct bgp_core *c)
{
	(void)w;
	evpn_config_due(c->evpn);
	return false;
}

void evpn_table_gone(struct evpn *e)
{
	for (size_t k = 0; k < e->vnis.n; k++)
		e->vnis.v[k]->advertised = false;
	evpn_remote_table_gone(e->remote);
}

struct evpn *evpn_new(struct bgp_core *c)
{
	struct evpn *e = xcalloc(1, sizeof(*e));

	e->core = c;
	e->config_work.run = config_run;
	slab_init(&e->locals, sizeof(struct evpn_local));
	e->remote = evpn_remote_new(e);
	return e;
}

void evpn_free(struct evpn *e)
{
	if (!e)
		return;
	core_work_remove(e->core, &e->config_work);
	evpn_remote_free(e->remote);
	for (size_t k = 0; k < e->vnis.n; k++)
		vni_free(e->vnis.v[k]);
	vec_free(&e->vnis);
	free(e->rd_taken);
	htab_fini(&e->by_name);
	slab_fini(&e->locals);
	free(e);
}
