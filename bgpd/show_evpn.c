/* EVPN as BGP sees it: VNIs, and which VNI or VRF imports which route target.
 * The routes themselves are shown by show_table.c. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "bgpd/core/evpn.h"
#include "bgpd/core/vrf.h"
#include "bgpd/show.h"
#include "lib/base/wr.h"

static void rt_text(uint64_t rt, struct strbuf *out)
{
	struct strbuf sb = { 0 };
	uint8_t c[8];

	wr_put32(c, (uint32_t)(rt >> 32));
	wr_put32(c + 4, (uint32_t)rt);
	ext_community_text(c, &sb);
	sb_add(out, strncmp(sb_str(&sb), "RT:", 3) == 0 ? sb_str(&sb) + 3 : sb_str(&sb));
	sb_free(&sb);
}

static void rts_text(const struct rt_list *l, struct strbuf *out)
{
	for (size_t i = 0; i < l->rt.n; i++) {
		if (i)
			sb_add(out, ", ");
		rt_text(l->rt.v[i], out);
	}
}

static void rts_json(const char *key, const struct rt_list *l, struct jsonw *j)
{
	struct strbuf sb = { 0 };

	jsonw_array(j, key);
	for (size_t i = 0; i < l->rt.n; i++) {
		sb_reset(&sb);
		rt_text(l->rt.v[i], &sb);
		jsonw_str(j, NULL, sb_str(&sb));
	}
	jsonw_end_array(j);
	sb_free(&sb);
}

/* ---- show bgp l2vpn evpn vni ---- */

static const struct evpn_config *evpn_of(const struct show *s)
{
	const struct bgp_instance *i = core_instance_find(s->core, "default");

	return i && i->config ? &i->config->evpn : NULL;
}

static unsigned count_l3vnis(const struct bgp_core *c)
{
	unsigned n = 0;

	for (size_t k = 0; k < c->instances.n; k++)
		n += c->instances.v[k] && !c->instances.v[k]->removed && c->instances.v[k]->l3vni;
	return n;
}

static unsigned count_l2vnis(const struct bgp_core *c)
{
	unsigned n = 0;

	while (c->evpn && evpn_vni_at(c->evpn, n))
		n++;
	return n;
}

static const char *tenant_of(const struct evpn_vni *v)
{
	return v->vrf[0] ? v->vrf : "default";
}

static void row_text(bool up, uint32_t vni, const char *type, const struct rd_value *rd,
		const struct rt_list *import, const struct rt_list *export, const char *tenant,
		struct strbuf *out)
{
	struct strbuf in = { 0 }, ex = { 0 };
	char text[RD_TEXT_MAX];

	rts_text(import, &in);
	rts_text(export, &ex);
	sb_addf(out, "%c %-10u %-4s %-21s %-25s %-25s %-37s\n", up ? '*' : ' ', vni, type,
			rd_text(rd, text), sb_str(&in), sb_str(&ex), tenant);
	sb_free(&in);
	sb_free(&ex);
}

static void vni_row_text(const struct evpn_vni *v, struct strbuf *out)
{
	row_text(v->up, v->vni, "L2", &v->rd, &v->rt_import, &v->rt_export, tenant_of(v), out);
}

static void targets_text(const char *which, const struct rt_list *l, struct strbuf *out)
{
	sb_addf(out, "  %s Route Target:\n", which);
	for (size_t i = 0; i < l->rt.n; i++) {
		sb_add(out, "    ");
		rt_text(l->rt.v[i], out);
		sb_addc(out, '\n');
	}
}

/* The lists' keys are written in one way in the table and in another where the
 * VNI is alone: FRR's are. */
static void vni_json(const struct evpn_vni *v, bool alone, struct jsonw *j)
{
	char a[IP_TEXT_MAX], rd[RD_TEXT_MAX];

	jsonw_uint(j, "vni", v->vni);
	jsonw_str(j, "type", "L2");
	jsonw_str(j, "inKernel", v->up ? "True" : "False");
	jsonw_str(j, "rd", rd_text(&v->rd, rd));
	jsonw_str(j, "originatorIp", v->vtep.family ? ip_text(&v->vtep, a) : "0.0.0.0");
	jsonw_str(j, "mcastGroup", v->mcast.family ? ip_text(&v->mcast, a) : "0.0.0.0");
	jsonw_str(j, "advertiseGatewayMacip", v->advertise_default_gw ? "Enabled" : "Disabled");
	jsonw_str(j, "advertiseSviMacIp", v->advertise_svi_ip ? "Enabled" : "Disabled");
	jsonw_str(j, "tenantVrf", tenant_of(v));
	rts_json(alone ? "importRts" : "importRTs", &v->rt_import, j);
	rts_json(alone ? "exportRts" : "exportRTs", &v->rt_export, j);
	jsonw_uint(j, "localMacs", v->n_local);
	jsonw_uint(j, "remoteMacs", v->n_remote);
	jsonw_uint(j, "numRemoteVteps", v->n_vteps);
}

static void vni_detail_text(const struct evpn_vni *v, struct strbuf *out)
{
	char a[IP_TEXT_MAX], rd[RD_TEXT_MAX];

	sb_addf(out, "VNI: %u%s\n", v->vni, v->up ? " (known to the kernel)" : "");
	sb_addf(out, "  Type: L2\n  Tenant-Vrf: %s\n  RD: %s\n", tenant_of(v), rd_text(&v->rd, rd));
	sb_addf(out, "  Originator IP: %s\n", v->vtep.family ? ip_text(&v->vtep, a) : "0.0.0.0");
	sb_addf(out, "  Mcast group: %s\n", v->mcast.family ? ip_text(&v->mcast, a) : "0.0.0.0");
	sb_addf(out, "  Advertise-gw-macip : %s\n  Advertise-svi-macip : %s\n",
			v->advertise_default_gw ? "Enabled" : "Disabled",
			v->advertise_svi_ip ? "Enabled" : "Disabled");
	sb_addf(out, "  Local MACs: %u, remote MACs: %u, remote VTEPs: %u\n", v->n_local, v->n_remote,
			v->n_vteps);
	targets_text("Import", &v->rt_import, out);
	targets_text("Export", &v->rt_export, out);
}

/* Of a VRF's L3VNI, as in use. */
struct l3vni {
	const struct bgp_instance *instance;
	struct rd_value rd;
	struct rt_list import, export;
};

static void l3_targets(const struct bgp_instance *i, const struct rt_list *from, struct rt_list *to)
{
	for (size_t k = 0; k < from->rt.n; k++)
		*vec_push(&to->rt) = from->rt.v[k];
	if (from->rt.n == 0)
		*vec_push(&to->rt) = route_target_auto(i->config->as, i->l3vni);
}

static struct l3vni l3vni_of(const struct bgp_instance *i)
{
	const struct evpn_config *e = &i->config->evpn;
	struct l3vni v = { .instance = i };

	v.rd = e->has_rd ? e->rd : rd_auto(i->router_id, (uint16_t)(i->index + 1));
	l3_targets(i, &e->rt_import, &v.import);
	l3_targets(i, &e->rt_export, &v.export);
	return v;
}

static void l3vni_fini(struct l3vni *v)
{
	vec_free(&v->import.rt);
	vec_free(&v->export.rt);
}

static bool has_l3vni(const struct bgp_instance *i)
{
	return i && !i->removed && i->config && i->l3vni;
}

static void l3vni_json(const struct l3vni *v, bool alone, struct jsonw *j)
{
	const struct bgp_instance *i = v->instance;
	char a[IP_TEXT_MAX], mac[MAC_TEXT_MAX], rd[RD_TEXT_MAX];

	jsonw_uint(j, "vni", i->l3vni);
	jsonw_str(j, "type", "L3");
	jsonw_str(j, "inKernel", i->l3vni_up ? "True" : "False");
	jsonw_str(j, "rd", rd_text(&v->rd, rd));
	jsonw_str(j, "originatorIp", i->vtep.family ? ip_text(&i->vtep, a) : "0.0.0.0");
	jsonw_str(j, "advertiseGatewayMacip", "n/a");
	jsonw_str(j, "advertiseSviMacIp", "n/a");
	jsonw_str(j, "tenantVrf", i->name);
	jsonw_str(j, "rmac", mac_text(&i->rmac, mac));
	rts_json(alone ? "importRts" : "importRTs", &v->import, j);
	rts_json(alone ? "exportRts" : "exportRTs", &v->export, j);
}

static void l3vni_detail_text(const struct l3vni *v, struct strbuf *out)
{
	const struct bgp_instance *i = v->instance;
	char a[IP_TEXT_MAX], mac[MAC_TEXT_MAX], rd[RD_TEXT_MAX];

	sb_addf(out, "VNI: %u%s\n", i->l3vni, i->l3vni_up ? " (known to the kernel)" : "");
	sb_addf(out, "  Type: L3\n  Tenant VRF: %s\n  RD: %s\n", i->name, rd_text(&v->rd, rd));
	sb_addf(out, "  Originator IP: %s\n", i->vtep.family ? ip_text(&i->vtep, a) : "0.0.0.0");
	sb_addf(out, "  Router-MAC: %s\n", mac_text(&i->rmac, mac));
	targets_text("Import", &v->import, out);
	targets_text("Export", &v->export, out);
}

static void l3vni_row_text(const struct l3vni *v, struct strbuf *out)
{
	row_text(v->instance->l3vni_up, v->instance->l3vni, "L3", &v->rd, &v->import, &v->export,
			v->instance->name, out);
}

static const struct bgp_instance *l3vni_find(const struct bgp_core *c, uint32_t vni)
{
	for (size_t k = 0; k < c->instances.n; k++)
		if (has_l3vni(c->instances.v[k]) && c->instances.v[k]->l3vni == vni)
			return c->instances.v[k];
	return NULL;
}

static void one_vni(const struct show *s, uint32_t vni)
{
	const struct evpn_vni *v = s->core->evpn ? evpn_vni_find(s->core->evpn, vni) : NULL;
	const struct bgp_instance *i = v ? NULL : l3vni_find(s->core, vni);
	struct l3vni l3 = { 0 };
	struct jsonw j;

	if (i)
		l3 = l3vni_of(i);
	if (!s->json) {
		if (v)
			vni_detail_text(v, s->out);
		else if (i)
			l3vni_detail_text(&l3, s->out);
		else
			sb_add(s->out, "VNI not found\n");
	} else {
		jsonw_init(&j, s->out, true);
		jsonw_object(&j, NULL);
		if (v)
			vni_json(v, true, &j);
		else if (i)
			l3vni_json(&l3, true, &j);
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
	l3vni_fini(&l3);
}

static void l3vnis_show(const struct show *s, struct jsonw *j)
{
	char key[16];

	for (size_t k = 0; k < s->core->instances.n; k++) {
		struct l3vni v;

		if (!has_l3vni(s->core->instances.v[k]))
			continue;
		v = l3vni_of(s->core->instances.v[k]);
		if (s->json) {
			snprintf(key, sizeof(key), "%u", v.instance->l3vni);
			jsonw_object(j, key);
			l3vni_json(&v, false, j);
			jsonw_end_object(j);
		} else {
			l3vni_row_text(&v, s->out);
		}
		l3vni_fini(&v);
	}
}

void show_evpn_vni(const struct show *s)
{
	const char *vni = show_value(s, "vni");
	const struct evpn_config *c = evpn_of(s);
	const struct evpn_vni *v;
	struct jsonw j;
	char key[16];

	if (vni) {
		one_vni(s, (uint32_t)strtoul(vni, NULL, 10));
		return;
	}
	if (!s->json) {
		sb_addf(s->out, "Advertise Gateway Macip: %s\nAdvertise SVI Macip: %s\n"
				"Advertise All VNI flag: %s\nBUM flooding: Head-end replication\n"
				"VXLAN flooding: %s\nNumber of L2 VNIs: %u\nNumber of L3 VNIs: %u\n",
				c && c->advertise_default_gw ? "Enabled" : "Disabled",
				c && c->advertise_svi_ip ? "Enabled" : "Disabled",
				c && c->advertise_all_vni ? "Enabled" : "Disabled",
				c && c->flooding_disabled ? "Disabled" : "Enabled",
				count_l2vnis(s->core), count_l3vnis(s->core));
		sb_addf(s->out, "Flags: * - Kernel\n  %-10s %-4s %-21s %-25s %-25s %-37s\n", "VNI", "Type",
				"RD", "Import RT", "Export RT", "Tenant VRF");
	}
	jsonw_init(&j, s->out, true);
	if (s->json) {
		jsonw_object(&j, NULL);
		jsonw_str(&j, "advertiseGatewayMacip",
				c && c->advertise_default_gw ? "Enabled" : "Disabled");
		jsonw_str(&j, "advertiseSviMacIp", c && c->advertise_svi_ip ? "Enabled" : "Disabled");
		jsonw_str(&j, "advertiseAllVnis", c && c->advertise_all_vni ? "Enabled" : "Disabled");
		jsonw_str(&j, "flooding", c && c->flooding_disabled ? "Disabled" :
								      "Head-end replication");
		jsonw_str(&j, "vxlanFlooding", c && c->flooding_disabled ? "Disabled" : "Enabled");
		jsonw_uint(&j, "numVnis", count_l2vnis(s->core) + count_l3vnis(s->core));
		jsonw_uint(&j, "numL2Vnis", count_l2vnis(s->core));
		jsonw_uint(&j, "numL3Vnis", count_l3vnis(s->core));
	}
	for (size_t i = 0; s->core->evpn && (v = evpn_vni_at(s->core->evpn, i)); i++) {
		if (!s->json) {
			vni_row_text(v, s->out);
			continue;
		}
		snprintf(key, sizeof(key), "%u", v->vni);
		jsonw_object(&j, key);
		vni_json(v, false, &j);
		jsonw_end_object(&j);
	}
	l3vnis_show(s, &j);
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

/* ---- import by route target ---- */

struct rt_user {
	uint64_t rt;
	char name[20]; /* VNI or VRF */
};

typedef VEC(struct rt_user) rt_users;

static int user_compare(const void *a, const void *b)
{
	const struct rt_user *x = a, *y = b;

	return x->rt < y->rt ? -1 : x->rt > y->rt ? 1 : strcmp(x->name, y->name);
}

static void users_show(const struct show *s, rt_users *u, const char *key, const char *title)
{
	struct strbuf sb = { 0 };
	struct jsonw j;

	if (u->n)
		qsort(u->v, u->n, sizeof(*u->v), user_compare);
	jsonw_init(&j, s->out, true);
	if (s->json)
		jsonw_object(&j, NULL);
	for (size_t i = 0; i < u->n;) {
		uint64_t rt = u->v[i].rt;

		sb_reset(&sb);
		rt_text(rt, &sb);
		if (s->json) {
			jsonw_object(&j, sb_str(&sb));
			jsonw_str(&j, "rt", sb_str(&sb));
			jsonw_array(&j, key);
		} else {
			sb_addf(s->out, "Route-target: %s\nList of %s importing routes with this route-target:\n",
					sb_str(&sb), title);
		}
		for (; i < u->n && u->v[i].rt == rt; i++) {
			if (s->json)
				jsonw_str(&j, NULL, u->v[i].name);
			else
				sb_addf(s->out, "  %s\n", u->v[i].name);
		}
		if (s->json) {
			jsonw_end_array(&j);
			jsonw_end_object(&j);
		}
	}
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
	sb_free(&sb);
	vec_free(u);
}

void show_evpn_import_rt(const struct show *s)
{
	const struct evpn_vni *v;
	rt_users u = { 0 };

	for (size_t i = 0; s->core->evpn && (v = evpn_vni_at(s->core->evpn, i)); i++)
		for (size_t k = 0; k < v->rt_import.rt.n; k++) {
			struct rt_user *x = vec_push(&u);

			x->rt = v->rt_import.rt.v[k];
			snprintf(x->name, sizeof(x->name), "%u", v->vni);
		}
	users_show(s, &u, "vnis", "VNIs");
}

void show_evpn_vrf_import_rt(const struct show *s)
{
	rt_users u = { 0 };

	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *i = s->core->instances.v[k];
		struct l3vni v;

		if (!has_l3vni(i))
			continue;
		v = l3vni_of(i);
		for (size_t n = 0; n < v.import.rt.n; n++) {
			struct rt_user *x = vec_push(&u);

			x->rt = v.import.rt.v[n];
			snprintf(x->name, sizeof(x->name), "%s", i->name);
		}
		l3vni_fini(&v);
	}
	users_show(s, &u, "vrfs", "VRFs");
}
