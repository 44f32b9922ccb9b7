/* show evpn: VNIs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "overlayd/show_int.h"

struct vni_counts {
	unsigned macs, neighs, vteps;
};

/* Of all VNIs at once, by the VNI's id: thousands of them can't each look at all
 * entries.  Slot 0 takes entries of VNIs that are not here. */
static struct vni_counts *vnis_count(const struct overlay_core *c)
{
	struct vni_counts *all = xcalloc(c->vnis.slab.used + 1, sizeof(*all));
	const struct flood *f;
	const struct neigh *e;
	const struct mac *m;
	uint32_t id;
	uint8_t flags;

	slab_foreach (id, m, &c->macs.slab)
		if (mac_wanted_vtep(m) || mac_is_local(c, m, &flags))
			all[vni_find(c, m->vni)].macs++;
	slab_foreach (id, e, &c->neighs.slab)
		if (e->wanted || e->nh_refs || neigh_is_local(c, e, &flags))
			all[vni_find(c, e->vni)].neighs++;
	slab_foreach (id, f, &c->floods.slab)
		if (f->wanted)
			all[vni_find(c, f->vni)].vteps++;
	return all;
}

/* VNIs that came since the show began have no entries to speak of. */
static struct vni_counts vni_count(struct show *s, const struct vni *v)
{
	static const struct vni_counts none;
	uint32_t id = vni_find(s->c, v->vni);

	if (!s->vni_counts) {
		s->vni_counts = vnis_count(s->c);
		s->n_vni_counts = s->c->vnis.slab.used + 1;
	}
	return id < s->n_vni_counts ? s->vni_counts[id] : none;
}

static void vteps_text(struct show *s, const struct vni *v)
{
	const struct flood *f;
	char ip[IP_TEXT_MAX];
	uint32_t id;

	slab_foreach (id, f, &s->c->floods.slab)
		if (f->vni == v->vni && f->wanted)
			sb_addf(s->out, "  %s flood: HER%s\n", ip_text(vtep_addr(s->c, f->vtep), ip),
					f->present ? "" : " (not in the kernel)");
}

static const char *name_of(const struct link *l)
{
	return l ? l->name : "None";
}

static void vni_text(struct show *s, const struct vni *v)
{
	const struct link *x = link_at(s->c, v->vxlan), *b = link_at(s->c, v->bridge);
	struct vni_counts n = vni_count(s, v);
	struct mac_addr rmac;
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	sb_addf(s->out, "VNI: %u\n Type: %s\n Tenant VRF: %s\n", v->vni, v->is_l3 ? "L3" : "L2",
			vrf_at(s->c, v->vrf)->name);
	if (v->is_l3) {
		rmac = router_mac(s->c);
		sb_addf(s->out, " Local Vtep Ip: %s\n Vxlan-Intf: %s\n SVI-If: %s\n State: %s\n"
				" Router MAC: %s\n",
				ip_text(&s->c->config->underlay_source, ip), name_of(x), name_of(b),
				vni_is_up(s->c, v) ? "Up" : "Down", mac_text(&rmac, mac));
		return;
	}
	sb_addf(s->out, " Bridge domain: %u\n VxLAN interface: %s\n SVI interface: %s\n"
			" Local VTEP IP: %s\n State: %s\n Remote VTEPs for this VNI:\n",
			v->domain, name_of(x), name_of(b),
			ip_text(&s->c->config->underlay_source, ip),
			vni_is_up(s->c, v) ? "Up" : "Down");
	vteps_text(s, v);
	sb_addf(s->out, " Number of MACs (local and remote) known for this VNI: %u\n"
			" Number of ARPs (IPv4 and IPv6, local and remote) known for this VNI: %u\n"
			" ARP suppression: %s\n",
			n.macs, n.neighs, v->suppress ? "on" : "off");
}

static void vteps_json(struct show *s, const struct vni *v, const char *key)
{
	const struct flood *f;
	char ip[IP_TEXT_MAX];
	uint32_t id;

	jsonw_array(&s->j, key);
	slab_foreach (id, f, &s->c->floods.slab)
		if (f->vni == v->vni && f->wanted)
			jsonw_str(&s->j, NULL, ip_text(vtep_addr(s->c, f->vtep), ip));
	jsonw_end_array(&s->j);
}

static void ifindex_json(struct show *s, const char *key, const struct link *l)
{
	if (l && l->present)
		jsonw_uint(&s->j, key, l->a.ifindex);
}

static void l3vni_json_detail(struct show *s, const struct vni *v)
{
	struct mac_addr rmac = router_mac(s->c);
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	const struct vni *l2;
	uint32_t id;

	jsonw_str(&s->j, "localVtepIp", ip_text(&s->c->config->underlay_source, ip));
	jsonw_str(&s->j, "vxlanIntf", name_of(link_at(s->c, v->vxlan)));
	jsonw_str(&s->j, "sviIntf", name_of(link_at(s->c, v->bridge)));
	jsonw_str(&s->j, "vrf", vrf_at(s->c, v->vrf)->name);
	jsonw_str(&s->j, "sysMac", mac_text(&rmac, mac));
	jsonw_str(&s->j, "routerMac", mac_text(&rmac, mac));
	jsonw_str(&s->j, "vniFilter", "none");
	jsonw_array(&s->j, "l2Vnis");
	slab_foreach (id, l2, &s->c->vnis.slab)
		if (l2->configured && !l2->is_l3 && l2->vrf == v->vrf)
			jsonw_uint(&s->j, NULL, l2->vni);
	jsonw_end_array(&s->j);
}

/* FRR counts the VTEPs in its table, and lists them under the same key here. */
static void vni_json_detail(struct show *s, const struct vni *v)
{
	const struct link *x = link_at(s->c, v->vxlan), *b = link_at(s->c, v->bridge);
	char ip[IP_TEXT_MAX];

	jsonw_str(&s->j, "vtepIp", ip_text(&s->c->config->underlay_source, ip));
	jsonw_str(&s->j, "sviInterface", name_of(b));
	if (v->is_l3) {
		l3vni_json_detail(s, v);
		return;
	}
	jsonw_str(&s->j, "vrf", vrf_at(s->c, v->vrf)->name);
	ifindex_json(s, "ifindex", x);
	ifindex_json(s, "sviIfindex", b);
	jsonw_str(&s->j, "mcastGroup", "0.0.0.0");
	jsonw_bool(&s->j, "arpSuppression", v->suppress);
	vteps_json(s, v, "numRemoteVteps");
	vteps_json(s, v, "remoteVteps");
}

static void vni_json(struct show *s, const struct vni *v)
{
	struct vni_counts n = vni_count(s, v);
	struct mac_addr rmac;
	char key[16], mac[MAC_TEXT_MAX];

	snprintf(key, sizeof(key), "%u", v->vni);
	jsonw_object(&s->j, s->open ? NULL : key);
	jsonw_uint(&s->j, "vni", v->vni);
	jsonw_str(&s->j, "type", v->is_l3 ? "L3" : "L2");
	jsonw_str(&s->j, "vxlanIf", name_of(link_at(s->c, v->vxlan)));
	jsonw_str(&s->j, "vxlanInterface", name_of(link_at(s->c, v->vxlan)));
	jsonw_uint(&s->j, "numMacs", n.macs);
	jsonw_uint(&s->j, "numArpNd", n.neighs);
	jsonw_str(&s->j, "tenantVrf", vrf_at(s->c, v->vrf)->name);
	jsonw_str(&s->j, "state", vni_is_up(s->c, v) ? "Up" : "Down");
	if (s->detail) {
		vni_json_detail(s, v);
	} else if (v->is_l3) {
		rmac = router_mac(s->c);
		jsonw_str(&s->j, "numRemoteVteps", "n/a");
		jsonw_str(&s->j, "routerMac", mac_text(&rmac, mac));
	} else {
		jsonw_uint(&s->j, "numRemoteVteps", n.vteps);
	}
	jsonw_end_object(&s->j);
}

static void vni_line(struct show *s, const struct vni *v)
{
	struct vni_counts n = vni_count(s, v);
	char vteps[16];

	snprintf(vteps, sizeof(vteps), "%u", n.vteps);
	sb_addf(s->out, "%-10u %-4s %-21s %-8u %-8u %-15s %-15s\n", v->vni, v->is_l3 ? "L3" : "L2",
			name_of(link_at(s->c, v->vxlan)), n.macs, n.neighs, v->is_l3 ? "n/a" : vteps,
			vrf_at(s->c, v->vrf)->name);
}

static bool vni_step(struct show *s)
{
	const struct vni *v;

	s->cursor = show_next_live(&s->c->vnis.slab, s->cursor);
	if (!s->cursor) {
		if (s->json) {
			jsonw_end_object(&s->j);
			sb_addc(s->out, '\n');
		}
		return false;
	}
	v = vni_at(s->c, s->cursor);
	if (!v->configured)
		return true;
	if (s->json)
		vni_json(s, v);
	else if (s->detail)
		vni_text(s, v);
	else
		vni_line(s, v);
	return true;
}

void show_evpn_vni(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *number = grammar_value(m, "vni");
	const struct vni *v;

	s->detail = grammar_has(m, "detail") || number;
	if (number) {
		v = vni_at(s->c, vni_find(s->c, (uint32_t)strtoul(number, NULL, 10)));
		if (!v || !v->configured) {
			if (s->json)
				sb_add(&a->out, "{}\n");
			else
				show_fail(a, ENOENT, "%% VNI %s does not exist", number);
			return;
		}
		if (s->json) {
			s->open = 1; /* the document is the VNI itself */
			vni_json(s, v);
			sb_addc(&a->out, '\n');
		} else {
			vni_text(s, v);
		}
		return;
	}
	if (s->json)
		jsonw_object(&s->j, NULL);
	else if (!s->detail)
		sb_addf(&a->out, "%-10s %-4s %-21s %-8s %-8s %-15s %-15s\n", "VNI", "Type",
				"VxLAN IF", "# MACs", "# ARPs", "# Remote VTEPs", "Tenant VRF");
	s->step = vni_step;
}

void show_evpn(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const struct vni *v;
	unsigned l2 = 0, l3 = 0;
	uint32_t id;

	(void)m, (void)a;
	slab_foreach (id, v, &s->c->vnis.slab) {
		l2 += v->configured && !v->is_l3;
		l3 += v->configured && v->is_l3;
	}
	if (s->json) {
		jsonw_object(&s->j, NULL);
		jsonw_str(&s->j, "advertiseGatewayMacip", "No");
		jsonw_uint(&s->j, "numVnis", l2 + l3);
		jsonw_uint(&s->j, "numL2Vnis", l2);
		jsonw_uint(&s->j, "numL3Vnis", l3);
		jsonw_end_object(&s->j);
		sb_addc(s->out, '\n');
		return;
	}
	sb_addf(s->out, "L2 VNIs: %u\nL3 VNIs: %u\nMAC addresses: %u\nNeighbours: %u\n"
			"bgpd: %s\n",
			l2, l3, s->c->macs.slab.live, s->c->neighs.slab.live,
			s->c->feed_up ? "connected" : "not connected");
}
