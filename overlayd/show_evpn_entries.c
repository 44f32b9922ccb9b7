/* show evpn mac, arp-cache, rmac, next-hops: entries of VNIs.  All four are one
 * walk: VNI by VNI, and in each the entries of a table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/show_int.h"

/* What differs between the four; s->phase says which it is. */
struct kind {
	bool l3;
	const char *number, *list; /* JSON keys */
	const char *header;	   /* text above the entries */
	const struct slab *(*slab)(const struct overlay_core *);
	/* Writes one entry if it belongs to the VNI; returns whether it did. */
	bool (*entry)(struct show *s, const struct vni *v, uint32_t id, bool count_only);
};

static const struct slab *macs(const struct overlay_core *c)
{
	return &c->macs.slab;
}

static const struct slab *neighs(const struct overlay_core *c)
{
	return &c->neighs.slab;
}

/* ---- MAC addresses */

static void mac_json(struct show *s, const struct mac *m, bool local, uint8_t flags)
{
	struct jsonw *j = &s->j;
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	jsonw_object(j, mac_text(&m->mac, mac));
	jsonw_str(j, "type", local ? "local" : "remote");
	if (local && !m->own)
		jsonw_str(j, "intf", show_link_name(s->c, m->a_port));
	if (local && flags & FEED_MAC_GATEWAY)
		jsonw_bool(j, "gateway", true);
	if (!local) {
		jsonw_str(j, "remoteVtep", ip_text(vtep_addr(s->c, mac_wanted_vtep(m)), ip));
		jsonw_bool(j, "installed", m->a_vtep == mac_wanted_vtep(m) && m->a_port != 0);
	}
	if (flags & FEED_MAC_STICKY)
		jsonw_bool(j, "stickyMac", true);
	jsonw_uint(j, "remoteSequence", m->w_seq);
	jsonw_end_object(j);
}

static bool mac_entry(struct show *s, const struct vni *v, uint32_t id, bool count_only)
{
	const struct mac *m = mac_at(s->c, id);
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];
	uint8_t flags = 0;
	bool local;

	if (m->vni != v->vni)
		return false;
	local = mac_is_local(s->c, m, &flags);
	if (!local && !mac_wanted_vtep(m))
		return false;
	if (s->has_mac && memcmp(&s->mac, &m->mac, sizeof(s->mac)) != 0)
		return false;
	if (s->has_vtep && (local || !ip_equal(vtep_addr(s->c, mac_wanted_vtep(m)), &s->address)))
		return false;
	if (count_only)
		return true;
	if (!local)
		flags = m->w_flags;
	if (s->json) {
		mac_json(s, m, local, flags);
		return true;
	}
	sb_addf(s->out, "%-17s %-6s %-5s %-30s %u\n", mac_text(&m->mac, mac),
			local ? "local" : "remote", flags & FEED_MAC_STICKY ? "N" : "",
			!local	 ? ip_text(vtep_addr(s->c, mac_wanted_vtep(m)), ip) :
			m->own ? "gateway" :
				 show_link_name(s->c, m->a_port),
			m->w_seq);
	return true;
}

/* ---- neighbours */

static const struct ip_addr *neigh_vtep(const struct overlay_core *c, const struct neigh *n)
{
	const struct mac *m = mac_at(c, mac_find(c, n->vni, &n->w_mac));

	return m && mac_wanted_vtep(m) ? vtep_addr(c, mac_wanted_vtep(m)) : NULL;
}

static bool neigh_entry(struct show *s, const struct vni *v, uint32_t id, bool count_only)
{
	const struct neigh *n = neigh_at(s->c, id);
	const struct ip_addr *vtep;
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX], remote[IP_TEXT_MAX] = "";
	struct mac_addr m;
	uint8_t flags = 0;
	bool local, installed;

	if (n->vni != v->vni)
		return false;
	local = neigh_is_local(s->c, n, &flags);
	if (!local && !n->wanted)
		return false;
	if (s->address.family && !s->has_vtep && !ip_equal(&s->address, &n->ip))
		return false;
	vtep = local ? NULL : neigh_vtep(s->c, n);
	if (s->has_vtep && (!vtep || !ip_equal(vtep, &s->address)))
		return false;
	if (count_only)
		return true;
	if (vtep)
		ip_text(vtep, remote);
	m = local ? (n->own ? v->gateway_mac : n->a_mac) : n->w_mac;
	installed = local || (n->present && memcmp(&n->a_mac, &n->w_mac, sizeof(m)) == 0);
	if (!s->json) {
		sb_addf(s->out, "%-40s %-6s %-8s %-17s %s\n", ip_text(&n->ip, ip),
				local ? "local" : "remote", installed ? "active" : "inactive",
				mac_text(&m, mac), remote);
		return true;
	}
	jsonw_object(&s->j, ip_text(&n->ip, ip));
	jsonw_str(&s->j, "type", local ? "local" : "remote");
	jsonw_str(&s->j, "state", installed ? "active" : "inactive");
	jsonw_str(&s->j, "mac", mac_text(&m, mac));
	if (vtep)
		jsonw_str(&s->j, "remoteVtep", remote);
	if (flags & FEED_MAC_GATEWAY)
		jsonw_bool(&s->j, "defaultGateway", true);
	jsonw_end_object(&s->j);
	return true;
}

/* ---- L3VNIs: routers' MACs, and next hops */

static bool rmac_entry(struct show *s, const struct vni *v, uint32_t id, bool count_only)
{
	const struct mac *m = mac_at(s->c, id);
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	if (m->vni != v->vni || !m->nh_vtep)
		return false;
	if (count_only)
		return true;
	mac_text(&m->mac, mac);
	ip_text(vtep_addr(s->c, m->nh_vtep), ip);
	if (!s->json) {
		sb_addf(s->out, "%-17s %-21s\n", mac, ip);
		return true;
	}
	jsonw_object(&s->j, mac);
	jsonw_str(&s->j, "routerMac", mac);
	jsonw_str(&s->j, "vtepIp", ip);
	jsonw_end_object(&s->j);
	return true;
}

static bool next_hop_entry(struct show *s, const struct vni *v, uint32_t id, bool count_only)
{
	const struct neigh *n = neigh_at(s->c, id);
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	if (n->vni != v->vni || !n->nh_refs)
		return false;
	if (count_only)
		return true;
	mac_text(&n->nh_mac, mac);
	ip_text(&n->ip, ip);
	if (!s->json) {
		sb_addf(s->out, "%-39s %-17s %u lists\n", ip, mac, n->nh_refs);
		return true;
	}
	jsonw_object(&s->j, ip);
	jsonw_str(&s->j, "nexthopIp", ip);
	jsonw_str(&s->j, "routerMac", mac);
	jsonw_uint(&s->j, "refCount", n->nh_refs);
	jsonw_end_object(&s->j);
	return true;
}

static const struct kind kinds[] = {
	{ false, "numMacs", "macs", "MAC               Type   Flags Intf/Remote VTEP              Seq\n",
			macs, mac_entry },
	{ false, "numArpNd", "neighs",
			"Neighbor                                 Type   State    MAC               "
			"Remote VTEP\n",
			neighs, neigh_entry },
	{ true, "numRmacs", "rmacs", "MAC               Remote VTEP\n", macs, rmac_entry },
	{ true, "numNextHops", "nextHops", "IP                                      RMAC\n", neighs,
			next_hop_entry },
};

/* ---- the walk */

static bool vni_is_meant(const struct show *s, const struct kind *k, const struct vni *v)
{
	return v->configured && v->is_l3 == k->l3 && (!s->vni || s->vni == v->vni);
}

static void vni_begin(struct show *s, const struct kind *k, const struct vni *v)
{
	unsigned n = 0;
	char key[16];

	for (uint32_t id = 0; (id = show_next_live(k->slab(s->c), id));)
		n += k->entry(s, v, id, true);
	snprintf(key, sizeof(key), "%u", v->vni);
	if (s->json) {
		if (!s->vni)
			jsonw_object(&s->j, key);
		jsonw_uint(&s->j, k->number, n);
		jsonw_object(&s->j, k->list);
	} else {
		sb_addf(s->out, "%sVNI %u: %u\n%s", s->count ? "\n" : "", v->vni, n, k->header);
	}
	s->count++;
}

static bool step(struct show *s)
{
	const struct kind *k = &kinds[s->phase];
	const struct vni *v;

	if (!s->open) { /* the next VNI */
		do
			s->cursor = show_next_live(&s->c->vnis.slab, s->cursor);
		while (s->cursor && !vni_is_meant(s, k, vni_at(s->c, s->cursor)));
		if (!s->cursor) {
			if (s->json && !s->vni)
				jsonw_end_object(&s->j);
			if (s->json)
				sb_addc(s->out, '\n');
			return false;
		}
		if (s->json && s->vni)
			jsonw_object(&s->j, NULL);
		vni_begin(s, k, vni_at(s->c, s->cursor));
		s->open = 1;
		s->entry = 0;
		return true;
	}
	v = vni_at(s->c, s->cursor);
	for (int i = 0; i < 1000; i++) {
		s->entry = show_next_live(k->slab(s->c), s->entry);
		if (!s->entry) {
			s->open = 0;
			if (s->json) {
				jsonw_end_object(&s->j);
				jsonw_end_object(&s->j);
			}
			return true;
		}
		if (k->entry(s, v, s->entry, false))
			return true;
	}
	return true;
}

static void show_entries(struct show *s, unsigned kind, const struct grammar_match *m,
		struct ctl_answer *a)
{
	const char *number = grammar_value(m, "vni"), *vtep = grammar_value(m, "vtep");
	const char *mac = grammar_value(m, "mac"), *ip = grammar_value(m, "ip");
	const struct vni *v;

	s->phase = kind;
	if (mac)
		s->has_mac = mac_parse(mac, &s->mac) == 0;
	if (vtep)
		s->has_vtep = ip_parse(vtep, &s->address) == 0;
	else if (ip)
		ip_parse(ip, &s->address);
	if (number) {
		s->vni = (uint32_t)strtoul(number, NULL, 10);
		v = vni_at(s->c, vni_find(s->c, s->vni));
		if (!v || !vni_is_meant(s, &kinds[kind], v)) {
			if (s->json)
				sb_add(&a->out, "{}\n");
			else
				show_fail(a, ENOENT, "%% VNI %s does not exist", number);
			return;
		}
	}
	if (s->json && !s->vni)
		jsonw_object(&s->j, NULL);
	s->step = step;
}

void show_evpn_mac(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	show_entries(s, 0, m, a);
}

void show_evpn_arp(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	show_entries(s, 1, m, a);
}

void show_evpn_rmac(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	show_entries(s, 2, m, a);
}

void show_evpn_next_hops(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	show_entries(s, 3, m, a);
}
