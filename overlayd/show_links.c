/* show vrf, show interface, show bridge-domain. */
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "overlayd/show_int.h"

/* ---- VRFs */

static bool vrf_exists(const struct vrf *v, uint32_t id)
{
	return id == VRF_DEFAULT || v->configured || v->link;
}

void show_vrf(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const struct vrf *v;
	uint32_t id;

	(void)m, (void)a;
	if (s->json)
		jsonw_object(&s->j, NULL);
	slab_foreach (id, v, &s->c->vrfs.slab) {
		const struct link *l = link_at(s->c, v->link);

		if (!vrf_exists(v, id) || id == VRF_DEFAULT)
			continue;
		if (s->json) {
			jsonw_object(&s->j, v->name);
			jsonw_str(&s->j, "vrfName", v->name);
			jsonw_uint(&s->j, "vrfId", l ? l->a.ifindex : 0);
			jsonw_uint(&s->j, "table", v->table);
			jsonw_bool(&s->j, "active", l && l->a.flags & IFF_UP);
			jsonw_bool(&s->j, "configured", v->configured);
			jsonw_uint(&s->j, "vni", v->l3vni);
			jsonw_end_object(&s->j);
		} else if (l) {
			sb_addf(s->out, "vrf %s id %u table %u%s\n", v->name, l->a.ifindex, v->table,
					l->a.flags & IFF_UP ? "" : " (down)");
		} else {
			sb_addf(s->out, "vrf %s inactive\n", v->name);
		}
	}
	if (s->json) {
		jsonw_end_object(&s->j);
		sb_addc(s->out, '\n');
	}
}

void show_vrf_vni(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *name = grammar_value(m, "vrf");
	const struct vrf *v;
	char mac[MAC_TEXT_MAX];
	uint32_t id;

	(void)a;
	if (s->json) {
		jsonw_object(&s->j, NULL);
		jsonw_array(&s->j, "vrfs");
	} else {
		sb_addf(s->out, "%-37s %-10s %-20s %-20s %-5s %-18s\n", "VRF", "VNI", "VxLAN IF",
				"L3-SVI", "State", "Rmac");
	}
	slab_foreach (id, v, &s->c->vrfs.slab) {
		const struct vni *n = v->l3vni ? vni_at(s->c, vni_find(s->c, v->l3vni)) : NULL;
		const struct link *x, *b;
		struct mac_addr rmac;

		if (!n || (name && strcmp(name, "all") != 0 && strcmp(name, v->name) != 0))
			continue;
		x = link_at(s->c, n->vxlan);
		b = link_at(s->c, n->bridge);
		rmac = router_mac(s->c);
		mac_text(&rmac, mac);
		if (s->json) {
			jsonw_object(&s->j, NULL);
			jsonw_str(&s->j, "vrf", v->name);
			jsonw_uint(&s->j, "vni", v->l3vni);
			jsonw_str(&s->j, "vxlanIntf", x ? x->name : "None");
			jsonw_str(&s->j, "sviIntf", b ? b->name : "None");
			jsonw_str(&s->j, "state", vni_is_up(s->c, n) ? "Up" : "Down");
			jsonw_str(&s->j, "routerMac", mac);
			jsonw_end_object(&s->j);
		} else {
			sb_addf(s->out, "%-37s %-10u %-20s %-20s %-5s %-18s\n", v->name, v->l3vni,
					x ? x->name : "None", b ? b->name : "None",
					vni_is_up(s->c, n) ? "Up" : "Down", mac);
		}
	}
	if (s->json) {
		jsonw_end_array(&s->j);
		jsonw_end_object(&s->j);
		sb_addc(s->out, '\n');
	}
}

/* ---- interfaces */

static const char *kind_text(const struct link *l)
{
	static const char *const text[] = { [KLINK_OTHER] = "Other", [KLINK_VRF] = "VRF",
		[KLINK_BRIDGE] = "Bridge", [KLINK_VXLAN] = "Vxlan", [KLINK_GRE] = "GRE",
		[KLINK_GRE6] = "GRE over IPv6" };

	if (l->a.kind == KLINK_OTHER && l->a.flags & IFF_LOOPBACK)
		return "Loopback";
	if (l->a.kind == KLINK_OTHER && l->a.has_mac)
		return "Ethernet";
	return text[l->a.kind];
}

static void addresses_text(struct show *s, const struct link *l)
{
	const struct addr *a;
	char ip[IP_TEXT_MAX];
	uint32_t id;

	slab_foreach (id, a, &s->c->addrs.slab)
		if (a->present && a->ifindex == l->a.ifindex)
			sb_addf(s->out, "  %s %s/%u\n", a->addr.family == 4 ? "inet" : "inet6",
					ip_text(&a->addr, ip), a->len);
}

static void flags_text(struct strbuf *b, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *text;
	} rows[] = { { IFF_UP, "UP" }, { IFF_BROADCAST, "BROADCAST" }, { IFF_LOOPBACK, "LOOPBACK" },
		{ IFF_POINTOPOINT, "POINTOPOINT" }, { IFF_RUNNING, "RUNNING" }, { IFF_NOARP, "NOARP" },
		{ IFF_MULTICAST, "MULTICAST" } };
	const char *comma = "";

	sb_addc(b, '<');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (flags & rows[i].flag) {
			sb_addf(b, "%s%s", comma, rows[i].text);
			comma = ",";
		}
	sb_addc(b, '>');
}

static void interface_text(struct show *s, const struct link *l)
{
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	sb_addf(s->out, "Interface %s is %s, line protocol is %s\n", l->name,
			l->a.flags & IFF_UP ? "up" : "down", link_runs(l) ? "up" : "down");
	sb_addf(s->out, "  vrf: %s\n  index %u metric 0 mtu %u speed 0\n  flags: ",
			vrf_at(s->c, link_vrf(s->c, l))->name, l->a.ifindex, l->a.mtu);
	flags_text(s->out, l->a.flags);
	sb_addf(s->out, "\n  Type: %s%s\n", kind_text(l), link_is_ours(l) ? ", made by overlayd" : "");
	if (l->a.has_mac)
		sb_addf(s->out, "  HWaddr: %s\n", mac_text(&l->a.mac, mac));
	addresses_text(s, l);
	if (l->a.master)
		sb_addf(s->out, "  Master interface: %s\n", show_link_name(s->c, l->a.master));
	if (l->a.kind == KLINK_VXLAN)
		sb_addf(s->out, "  VxLAN Id %u VTEP IP: %s\n", l->a.vni, ip_text(&l->a.local, ip));
	if (l->a.kind == KLINK_GRE || l->a.kind == KLINK_GRE6) {
		sb_addf(s->out, "  Tunnel source %s", ip_text(&l->a.local, ip));
		sb_addf(s->out, " destination %s ttl %u", ip_text(&l->a.remote, ip), l->a.ttl);
		if (l->a.has_key)
			sb_addf(s->out, " key %u", l->a.key);
		sb_addc(s->out, '\n');
	}
}

static void addresses_json(struct show *s, const struct link *l)
{
	const struct addr *a;
	char ip[IP_TEXT_MAX];
	uint32_t id;

	jsonw_array(&s->j, "ipAddresses");
	slab_foreach (id, a, &s->c->addrs.slab) {
		if (!a->present || a->ifindex != l->a.ifindex)
			continue;
		jsonw_object(&s->j, NULL);
		jsonw_strf(&s->j, "address", "%s/%u", ip_text(&a->addr, ip), a->len);
		jsonw_bool(&s->j, "secondary", false);
		jsonw_bool(&s->j, "unnumbered", false);
		jsonw_end_object(&s->j);
	}
	jsonw_end_array(&s->j);
}

static void interface_json(struct show *s, const struct link *l)
{
	struct jsonw *j = &s->j;
	struct strbuf flags = { 0 };
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	flags_text(&flags, l->a.flags);
	jsonw_object(j, l->name);
	jsonw_str(j, "administrativeStatus", l->a.flags & IFF_UP ? "up" : "down");
	jsonw_str(j, "operationalStatus", link_runs(l) ? "up" : "down");
	jsonw_bool(j, "linkDetection", true);
	jsonw_str(j, "vrfName", vrf_at(s->c, link_vrf(s->c, l))->name);
	jsonw_uint(j, "index", l->a.ifindex);
	jsonw_uint(j, "metric", 0);
	jsonw_uint(j, "mtu", l->a.mtu);
	jsonw_uint(j, "speed", 0);
	jsonw_str(j, "flags", sb_str(&flags));
	jsonw_str(j, "type", kind_text(l));
	jsonw_bool(j, "ours", link_is_ours(l));
	if (l->a.has_mac)
		jsonw_str(j, "hardwareAddress", mac_text(&l->a.mac, mac));
	addresses_json(s, l);
	if (l->a.master)
		jsonw_str(j, "masterInterface", show_link_name(s->c, l->a.master));
	if (l->a.kind == KLINK_VXLAN) {
		jsonw_uint(j, "vxlanId", l->a.vni);
		jsonw_str(j, "vtepIp", ip_text(&l->a.local, ip));
	}
	if (l->a.kind == KLINK_GRE || l->a.kind == KLINK_GRE6) {
		jsonw_str(j, "vtepIp", ip_text(&l->a.local, ip));
		jsonw_str(j, "vtepRemoteIp", ip_text(&l->a.remote, ip));
		jsonw_uint(j, "greKey", l->a.key);
	}
	jsonw_end_object(j);
	sb_free(&flags);
}

static bool interface_is_meant(const struct show *s, const struct link *l)
{
	return l->present && (!s->name[0] || strcmp(s->name, l->name) == 0) &&
	       (!s->vrf || link_vrf(s->c, l) == s->vrf);
}

static bool interface_step(struct show *s)
{
	const struct link *l;

	s->cursor = show_next_live(&s->c->links.slab, s->cursor);
	if (!s->cursor) {
		if (s->json) {
			jsonw_end_object(&s->j);
			sb_addc(s->out, '\n');
		} else if (s->name[0] && !s->count) {
			sb_addf(s->out, "%% Can't find interface %s\n", s->name);
		}
		return false;
	}
	l = link_at(s->c, s->cursor);
	if (!interface_is_meant(s, l))
		return true;
	s->count++;
	if (s->json)
		interface_json(s, l);
	else
		interface_text(s, l);
	return true;
}

static bool interface_args(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *name = grammar_value(m, "interface");

	if (!show_vrf_arg(s, m, a))
		return false;
	/* One that is named is meant wherever it is. */
	if (!grammar_value(m, "vrf"))
		s->vrf = name ? 0 : VRF_DEFAULT;
	if (name)
		strncpy(s->name, name, sizeof(s->name) - 1);
	return true;
}

void show_interface(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	if (!interface_args(s, m, a))
		return;
	if (!grammar_value(m, "vrf"))
		s->vrf = 0; /* as FRR does: all of them */
	if (s->json)
		jsonw_object(&s->j, NULL);
	s->step = interface_step;
}

static void brief_line(struct show *s, const struct link *l)
{
	const struct addr *a;
	char ip[IP_TEXT_MAX];
	bool first = true;
	uint32_t id;

	sb_addf(s->out, "%-16s%-8s%-16s", l->name, l->a.flags & IFF_UP ? "up" : "down",
			vrf_at(s->c, link_vrf(s->c, l))->name);
	slab_foreach (id, a, &s->c->addrs.slab) {
		if (!a->present || a->ifindex != l->a.ifindex || ip_is_link_local(&a->addr))
			continue;
		sb_addf(s->out, "%s%s/%u\n", first ? "" : "                                        ",
				ip_text(&a->addr, ip), a->len);
		first = false;
	}
	if (first)
		sb_addc(s->out, '\n');
}

static bool brief_step(struct show *s)
{
	const struct link *l;

	s->cursor = show_next_live(&s->c->links.slab, s->cursor);
	if (!s->cursor) {
		if (s->json) {
			jsonw_end_object(&s->j);
			sb_addc(s->out, '\n');
		}
		return false;
	}
	l = link_at(s->c, s->cursor);
	if (!interface_is_meant(s, l))
		return true;
	if (!s->json) {
		brief_line(s, l);
		return true;
	}
	jsonw_object(&s->j, l->name);
	jsonw_str(&s->j, "status", l->a.flags & IFF_UP ? "up" : "down");
	jsonw_str(&s->j, "vrfName", vrf_at(s->c, link_vrf(s->c, l))->name);
	addresses_json(s, l);
	jsonw_end_object(&s->j);
	return true;
}

void show_interface_brief(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	if (!interface_args(s, m, a))
		return;
	if (s->json)
		jsonw_object(&s->j, NULL);
	else
		sb_addf(s->out, "%-16s%-8s%-16s%s\n%-16s%-8s%-16s%s\n", "Interface", "Status", "VRF",
				"Addresses", "---------", "------", "---", "---------");
	s->step = brief_step;
}

/* ---- bridge domains */

static void domain_ports(struct show *s, const struct link *bridge)
{
	const struct link *l;
	uint32_t id;

	slab_foreach (id, l, &s->c->links.slab) {
		if (!l->present || !bridge || l->a.master != bridge->a.ifindex)
			continue;
		if (s->json)
			jsonw_str(&s->j, NULL, l->name);
		else
			sb_addf(s->out, " %s", l->name);
	}
}

static void domain(struct show *s, const struct overlay_bridge_domain *d)
{
	const struct vni *v = d->vni ? vni_at(s->c, vni_find(s->c, d->vni)) : NULL;
	const struct overlay_gateway *g;
	const struct link *b;
	char bridge[IFNAMSIZ + 8], ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	snprintf(bridge, sizeof(bridge), "br%u", d->id);
	b = link_at(s->c, link_find(s->c, bridge));
	if (s->json) {
		jsonw_object(&s->j, NULL);
		jsonw_uint(&s->j, "id", d->id);
		jsonw_str(&s->j, "bridge", bridge);
		jsonw_str(&s->j, "vrf", d->vrf[0] ? d->vrf : "default");
		jsonw_uint(&s->j, "vni", d->vni);
		jsonw_bool(&s->j, "up", b && link_runs(b) && (!v || vni_is_up(s->c, v)));
		jsonw_bool(&s->j, "arpSuppress", d->arp_suppress);
		if (b && b->present)
			jsonw_str(&s->j, "mac", mac_text(&b->a.mac, mac));
		jsonw_array(&s->j, "gateways");
		vec_foreach (g, &d->gateways)
			jsonw_strf(&s->j, NULL, "%s/%u", ip_text(&g->addr.addr, ip), g->addr.len);
		jsonw_end_array(&s->j);
		jsonw_array(&s->j, "ports");
		domain_ports(s, b);
		jsonw_end_array(&s->j);
		jsonw_end_object(&s->j);
		return;
	}
	sb_addf(s->out, "Bridge domain %u: bridge %s, %s\n  VRF %s, VNI %u%s\n", d->id, bridge,
			b && link_runs(b) ? "up" : "down", d->vrf[0] ? d->vrf : "default", d->vni,
			v && !vni_is_up(s->c, v) ? " (down)" : "");
	vec_foreach (g, &d->gateways)
		sb_addf(s->out, "  gateway %s/%u", ip_text(&g->addr.addr, ip), g->addr.len);
	if (d->gateways.n)
		sb_addf(s->out, " mac %s\n",
				b && b->present ? mac_text(&b->a.mac, mac) : "not set");
	sb_add(s->out, "  ports:");
	domain_ports(s, b);
	sb_addc(s->out, '\n');
}

void show_bridge_domain(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *want = grammar_value(m, "id");
	const struct overlay_bridge_domain *d;
	char id[16];

	(void)a;
	if (s->json)
		jsonw_array(&s->j, NULL);
	if (s->c->config)
		vec_foreach (d, &s->c->config->bridge_domains) {
			snprintf(id, sizeof(id), "%u", d->id);
			if (!want || strcmp(want, id) == 0)
				domain(s, d);
		}
	if (s->json) {
		jsonw_end_array(&s->j);
		sb_addc(s->out, '\n');
	}
}
