/* Out of a VRF: the best routes of its unicast tables become EVPN type 5
 * routes (RFC 9136 section 4.4.1, interface-less) and VPN routes (RFC 4364). */
#include <string.h>

#include "bgpd/core/vrf_private.h"

#define LABEL_FIRST 16u /* first MPLS label that is not reserved (RFC 3032 section 2.1) */

static const enum family vpn_family[2] = { FAM_IPV4_VPN, FAM_IPV6_VPN };

static struct rib *out_table(const struct vrf_link *v, int af, int out)
{
	const struct bgp_instance *d = vrf_default(v->instance->core);

	return d ? d->rib[out == OUT_EVPN ? FAM_EVPN : vpn_family[af]] : NULL;
}

static void out_key(const struct vrf_out *o, int out, const struct prefix *p, uint8_t *key)
{
	struct evpn_key k = { .type = EVPN_PREFIX, .rd = o->rd, .ip = prefix_addr(p),
		.prefix_len = p->len };

	memset(key, 0, NLRI_KEY_MAX);
	if (out == OUT_EVPN)
		nlri_key_evpn(&k, key);
	else
		nlri_key_vpn(&o->rd, p, key);
}

/* Adds c to list unless it is there. */
static void add_community(uint8_t *list, uint16_t *len, const uint8_t c[8])
{
	for (unsigned at = 0; at < *len; at += 8)
		if (memcmp(list + at, c, 8) == 0)
			return;
	memcpy(list + *len, c, 8);
	*len += 8;
}

/* The attributes that the route leaves with: one reference for the caller. */
static uint32_t out_attrs(struct bgp_core *c, const struct vrf_out *o, int out, uint32_t from)
{
	static const uint8_t vxlan[8] = { 0x03, 0x0c, 0, 0, 0, 0, 0, 8 }; /* RFC 8365 5.1.2 */
	uint8_t list[4096], rmac[8] = { 0x06, 0x03 }, rt[8];
	struct route_attrs a;
	uint16_t len;

	attrs_open(c->attrs, from, &a);
	len = a.part[PART_EXT_COMMUNITIES].len;
	if (len + (o->rt.rt.n + 2) * 8 > sizeof(list))
		len = 0; /* more communities than a message could carry with ours */
	if (len)
		memcpy(list, a.part[PART_EXT_COMMUNITIES].p, len);
	for (size_t i = 0; i < o->rt.rt.n && len + 24u <= sizeof(list); i++) {
		for (int b = 0; b < 8; b++)
			rt[b] = (uint8_t)(o->rt.rt.v[i] >> (56 - 8 * b));
		add_community(list, &len, rt);
	}
	if (out == OUT_EVPN) {
		memcpy(rmac + 2, o->rmac.b, 6);
		add_community(list, &len, vxlan);
		add_community(list, &len, rmac); /* RFC 9135 section 8.1 */
	}
	a.part[PART_EXT_COMMUNITIES] = (struct attr_span){ list, len };
	a.next_hop = o->next_hop;
	a.next_hop_link_local = (struct ip_addr){ 0 };
	a.has &= (uint8_t) ~(HAS_WEIGHT | HAS_NEXT_HOP_SET);
	return attrs_intern(c->attrs, &a);
}

static void export_dest(struct vrf_export *x, int out, uint32_t dest)
{
	struct vrf_out *o = &x->out[out];
	struct bgp_instance *i = x->link->instance;
	struct bgp_core *c = i->core;
	enum family f = vrf_unicast()[x->af];
	struct rib *table = out_table(x->link, x->af, out), *rib = i->rib[f];
	const struct path *best = rib_best(rib, dest);
	uint8_t key[NLRI_KEY_MAX];
	struct nlri_info info = { { o->label, NLRI_LABEL_NONE }, { 0 }, { 0 } };
	struct prefix p;
	uint32_t attrs, sent, to;

	if (!table || !o->on || !nlri_key_prefix(f, rib_dest(rib, dest)->key, &p))
		return;
	if (out == OUT_EVPN && x->default_on && p.len == 0)
		return; /* default_update() has it */
	out_key(o, out, &p, key);
	/* What was imported is not exported again: its origin does that. */
	if (!best || c->sources.v[best->source]->kind == SOURCE_IMPORT) {
		rib_withdraw(table, key, i->source_evpn, 0);
		return;
	}
	attrs = best->attrs;
	attrs_ref(c->attrs, attrs);
	if (o->filter) {
		struct policy_route r = { .family = f, .key = rib_dest(rib, dest)->key,
			.source = c->sources.v[best->source], .interface = "",
			.local_as = i->config->as, .outbound = true };

		if (!policy_apply(o->filter, c->attrs, c->infos, &r, &attrs, NULL)) {
			attrs_unref(c->attrs, attrs);
			rib_withdraw(table, key, i->source_evpn, 0);
			return;
		}
	}
	sent = out_attrs(c, o, out, attrs);
	attrs_unref(c->attrs, attrs);
	attrs_ref(c->attrs, sent);
	to = rib_update(table, key, i->source_evpn, 0, sent, sent, info_intern(c->infos, &info),
			REASON_NONE, core_now_secs(c));
	vrf_import_touch(vrf_default(c)->vrf->importer, vrf_default(c),
			out == OUT_EVPN ? FAM_EVPN : vpn_family[x->af], to);
}

/* EVPN's default-originate: a default route of type 5, whether the VRF has one
 * or not.  True if that differs from before. */
static bool default_update(struct vrf_export *x, const struct vrf_out *o)
{
	struct bgp_instance *i = x->link->instance;
	struct bgp_core *c = i->core;
	struct rib *table = out_table(x->link, x->af, OUT_EVPN);
	bool was = x->default_on, on = i->config->evpn.default_originate[x->af] && i->l3vni &&
				       i->vtep.family && table;
	struct nlri_info info = { { o->label, NLRI_LABEL_NONE }, { 0 }, { 0 } };
	struct prefix p = { .family = x->af ? 6 : 4 };
	uint8_t key[NLRI_KEY_MAX];
	struct route_attrs none = { .origin = ORIGIN_IGP };
	uint32_t base, sent;

	out_key(o, OUT_EVPN, &p, key);
	if (was && table && (!on || memcmp(key, x->default_key, sizeof(key)) != 0))
		rib_withdraw(table, x->default_key, i->source_evpn, 0);
	x->default_on = on;
	if (!on)
		return was;
	memcpy(x->default_key, key, sizeof(key));
	base = attrs_intern(c->attrs, &none);
	sent = out_attrs(c, o, OUT_EVPN, base);
	attrs_unref(c->attrs, base);
	attrs_ref(c->attrs, sent);
	rib_update(table, key, i->source_evpn, 0, sent, sent, info_intern(c->infos, &info),
			REASON_NONE, core_now_secs(c));
	return !was;
}

/* ---- settings ---- */

/* Both return the name of the route-map, or NULL. */
static const char *evpn_settings(const struct bgp_instance *i, int af, struct vrf_out *o)
{
	const struct evpn_config *e = &i->config->evpn;

	o->on = e->advertise[af] && i->l3vni && i->vtep.family;
	o->rd = e->has_rd ? e->rd : rd_auto(i->router_id, (uint16_t)(i->index + 1));
	for (size_t k = 0; k < e->rt_export.rt.n; k++)
		*vec_push(&o->rt.rt) = e->rt_export.rt.v[k];
	if (!e->rt_export.rt.n)
		*vec_push(&o->rt.rt) = route_target_auto(i->config->as, i->l3vni);
	o->label = i->l3vni;
	o->next_hop = i->vtep;
	o->rmac = i->rmac;
	return e->advertise_map[af];
}

static const char *vpn_settings(const struct bgp_instance *i, int af, struct vrf_out *o)
{
	const struct instance_family_config *f = &i->config->family[vrf_unicast()[af]];
	uint32_t label = f->has_label ? f->label : LABEL_FIRST + i->index;

	o->on = f->vpn_export && f->rt_export.rt.n;
	o->rd = f->has_rd ? f->rd : rd_auto(i->router_id, (uint16_t)(i->index + 1));
	for (size_t k = 0; k < f->rt_export.rt.n; k++)
		*vec_push(&o->rt.rt) = f->rt_export.rt.v[k];
	o->label = label << 4 | 1;
	return f->vpn_map_export;
}

static bool out_equal(const struct vrf_out *a, const struct vrf_out *b)
{
	if (a->on != b->on)
		return false;
	return !a->on || (memcmp(&a->rd, &b->rd, sizeof(a->rd)) == 0 && a->label == b->label &&
			ip_equal(&a->next_hop, &b->next_hop) &&
			memcmp(&a->rmac, &b->rmac, sizeof(a->rmac)) == 0 &&
			a->rt.rt.n == b->rt.rt.n &&
			memcmp(a->rt.rt.v, b->rt.rt.v, a->rt.rt.n * sizeof(uint64_t)) == 0 &&
			policy_bound_equal(a->filter, b->filter));
}

static void out_free(struct vrf_out *o)
{
	vec_free(&o->rt.rt);
	policy_bound_free(o->filter);
}

static void export_wake(struct rib_reader *r)
{
	struct vrf_export *x = (struct vrf_export *)((char *)r - offsetof(struct vrf_export, reader));

	core_work_add(x->link->instance->core, &x->link->work);
}

/* Has the reader open if someone needs it, at the start if there is news. */
static void reader_update(struct vrf_export *x, bool changed)
{
	struct bgp_instance *i = x->link->instance;
	enum family f = vrf_unicast()[x->af];

	x->needed = x->out[OUT_EVPN].on || x->out[OUT_VPN].on || x->by_name;
	if (x->needed && !x->reader.rib && i->rib[f])
		rib_reader_open(i->rib[f], &x->reader, true, export_wake);
	else if (changed && x->reader.rib)
		rib_reader_rewind(&x->reader);
}

void vrf_export_importers_changed(struct vrf_link *v, struct vrf_importer *m)
{
	for (int af = 0; af < 2; af++) {
		struct vrf_export *x = &v->export[af];
		bool was = x->by_name;

		x->by_name = vrf_names_any(m, v->instance, vrf_unicast()[af]);
		if (x->by_name || was)
			reader_update(x, true);
	}
	core_work_add(v->instance->core, &v->work);
}

void vrf_export_config(struct vrf_link *v)
{
	struct bgp_instance *i = v->instance;

	for (int af = 0; af < 2; af++) {
		struct vrf_export *x = &v->export[af];
		enum family f = vrf_unicast()[af];
		bool changed = false;

		for (int out = 0; out < OUT_COUNT; out++) {
			struct vrf_out o = { 0 };
			struct policy_filter names = { 0 };

			names.route_map = (out == OUT_EVPN ? evpn_settings : vpn_settings)(i, af, &o);
			if (o.on && names.route_map)
				o.filter = policy_bind(i->core->policy, f, &names);
			if (!out_equal(&o, &x->out[out]))
				changed = true;
			out_free(&x->out[out]);
			x->out[out] = o;
		}
		changed |= default_update(x, &x->out[OUT_EVPN]);
		reader_update(x, changed);
		if (changed) {
			v->purge = true;
			v->purge_table = 0;
			v->purge_at = 0;
		}
	}
	core_work_add(i->core, &v->work);
}

/* ---- work ---- */

/* Is a route that we once exported still one that we would export so? */
static bool still_exported(const struct vrf_link *v, int table, const uint8_t *key)
{
	struct rd_value rd;
	struct evpn_key k;
	int af = table == FAM_IPV6_VPN, out = table == FAM_EVPN ? OUT_EVPN : OUT_VPN;

	if (table == FAM_EVPN) {
		nlri_evpn_key(key, &k);
		if (k.type != EVPN_PREFIX)
			return true; /* evpn.c's */
		af = k.ip.family == 6;
		rd = k.rd;
		if (v->export[af].default_on &&
				memcmp(key, v->export[af].default_key, NLRI_KEY_MAX) == 0)
			return true;
	} else if (!nlri_key_rd((enum family)table, key, &rd)) {
		return true;
	}
	return v->export[af].out[out].on &&
	       memcmp(&rd, &v->export[af].out[out].rd, sizeof(rd)) == 0;
}

/* Withdraws what is no longer exported; false when done. */
static bool purge_run(struct vrf_link *v, unsigned budget, bool everything)
{
	static const enum family tables[] = { FAM_EVPN, FAM_IPV4_VPN, FAM_IPV6_VPN };
	struct bgp_instance *d = vrf_default(v->instance->core);
	uint8_t key[NLRI_KEY_MAX];

	for (; d && v->purge_table < 3; v->purge_table++, v->purge_at = 0) {
		enum family f = tables[v->purge_table];
		struct rib *rib = d->rib[f];

		while (rib && (v->purge_at = rib_walk(rib, v->purge_at))) {
			const struct dest *dest = rib_dest(rib, v->purge_at);
			struct evpn_key k = { .type = EVPN_PREFIX };

			memset(key, 0, sizeof(key));
			memcpy(key, dest->key, families[f].key_size);
			if (f == FAM_EVPN)
				nlri_evpn_key(key, &k);
			if (k.type == EVPN_PREFIX &&
					(everything || !still_exported(v, (int)f, key)))
				rib_withdraw(rib, key, v->instance->source_evpn, 0);
			if (!--budget)
				return true;
		}
	}
	v->purge = false;
	return false;
}

bool vrf_export_run(struct vrf_link *v)
{
	struct bgp_core *c = v->instance->core;
	struct bgp_instance *d = vrf_default(c);
	uint32_t ids[64], n;
	bool more = false;

	if (v->purge && purge_run(v, VRF_SLICE, false))
		return true;
	for (int af = 0; af < 2; af++) {
		struct vrf_export *x = &v->export[af];

		for (unsigned done = 0; x->reader.rib && done < VRF_SLICE; done += n) {
			n = rib_reader_read(&x->reader, ids, 64);
			for (uint32_t k = 0; k < n; k++) {
				export_dest(x, OUT_EVPN, ids[k]);
				export_dest(x, OUT_VPN, ids[k]);
				if (d && d->vrf)
					vrf_import_dest(d->vrf->importer, v->instance,
							vrf_unicast()[af], ids[k]);
			}
			if (!n)
				break;
		}
		if (x->reader.rib && rib_reader_pending(&x->reader))
			more = true;
		else if (!x->needed)
			rib_reader_close(&x->reader);
	}
	return more;
}

void vrf_export_withdraw_all(struct vrf_link *v)
{
	v->purge_table = 0;
	v->purge_at = 0;
	while (purge_run(v, UINT32_MAX, true))
		;
}
