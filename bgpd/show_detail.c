/* One path in full, and the destination's head above its paths: `show bgp ...
 * PREFIX` and the detail forms of tables.  Text; show_detail_json.c has JSON. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/attr_text.h"
#include "bgpd/core/session.h"
#include "bgpd/show_detail.h"
#include "bgpd/show_path.h"
#include "lib/base/rd.h"

/* What a next hop costs; false if it can't be reached. */
bool detail_next_hop_state(const struct path_view *v, uint32_t *ret_metric)
{
	const struct rib_env *env = &v->core->rib_env;

	*ret_metric = 0;
	if (!v->attrs->next_hop || !env->next_hop_usable)
		return true;
	return env->next_hop_usable(env->ctx, v->instance->index, v->core->sources.v[v->path->source],
			v->attrs->next_hop, ret_metric);
}

bool detail_is_local(const struct path_view *v)
{
	return v->source->kind != SOURCE_PEER;
}

const char *detail_peer_type(const struct path_view *v)
{
	if (v->source->ibgp)
		return "internal";
	return v->source->confed ? "confed-external" : "external";
}

/* ---- text ---- */

static void next_hop_text(const struct path_view *v, struct strbuf *out)
{
	const struct attrs_next_hop *nh =
			v->attrs->next_hop ? attrs_next_hop(v->core->attrs, v->attrs->next_hop) :
					     NULL;
	struct ip_addr id = ip4(v->source->router_id);
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX], c[IP_TEXT_MAX];
	struct prefix p;
	bool six = nlri_key_prefix(v->family, v->key, &p) && p.family == 6;
	uint32_t metric;
	bool reachable = detail_next_hop_state(v, &metric);

	sb_addf(out, "    %s", nh && nh->addr.family ? ip_text(&nh->addr, a) :
			       six		    ? "::" :
							"0.0.0.0");
	if (!reachable)
		sb_add(out, " (inaccessible)");
	else if (metric)
		sb_addf(out, " (metric %u)", metric);
	if (detail_is_local(v))
		id = ip4(v->instance->router_id);
	sb_addf(out, " from %s (%s)\n",
			detail_is_local(v) ? (six ? "::" : "0.0.0.0") : source_name(v->source, b),
			ip_text(&id, c));
	if (nh && nh->link_local.family)
		sb_addf(out, "    (%s) (used)\n", ip_text(&nh->link_local, a));
}

static void flags_text(const struct path_view *v, struct strbuf *out)
{
	const struct attrs *a = v->attrs;

	sb_addf(out, "      Origin %s", origin_text(a->origin));
	if (a->has & HAS_MED)
		sb_addf(out, ", metric %u", a->med);
	if (a->has & HAS_LOCAL_PREF)
		sb_addf(out, ", localpref %u", a->local_pref);
	if (attrs_weight(a))
		sb_addf(out, ", weight %u", attrs_weight(a));
	if (attrs_tag(a))
		sb_addf(out, ", tag %u", attrs_tag(a));
	sb_add(out, v->valid ? ", valid" : ", invalid");
	if (v->stale)
		sb_add(out, ", stale");
	if (v->source->kind == SOURCE_AGGREGATE)
		sb_add(out, ", aggregated, local");
	else if (detail_is_local(v))
		sb_add(out, ", sourced, local");
	else
		sb_addf(out, ", %s", detail_peer_type(v));
	if (a->has & HAS_ATOMIC)
		sb_add(out, ", atomic-aggregate");
	if (v->multipath)
		sb_add(out, ", multipath");
	if (v->best)
		sb_addf(out, ", best (%s)", v->selection);
	sb_addc(out, '\n');
	if (!v->best)
		sb_addf(out, "      %s: %s\n", v->valid ? "Not best" : "Not usable",
				path_view_reason(v));
}

static void part_text(const struct attrs *a, enum attr_part p, const char *name,
		void (*text)(struct attr_span, struct strbuf *), struct strbuf *out)
{
	if (!attrs_part(a, p).len)
		return;
	sb_addf(out, "      %s: ", name);
	text(attrs_part(a, p), out);
	sb_addc(out, '\n');
}

static void cluster_list_text(struct attr_span s, struct strbuf *out)
{
	char buf[IP_TEXT_MAX];

	for (unsigned i = 0; i + 4 <= s.len; i += 4) {
		struct ip_addr a = ip_from_bytes(s.p + i, 4);

		sb_addf(out, "%s%s", i ? " " : "", ip_text(&a, buf));
	}
}

static void reflection_text(const struct attrs *a, struct strbuf *out)
{
	struct ip_addr id = ip4(attrs_originator(a));
	char buf[IP_TEXT_MAX];

	if (!(a->has & HAS_ORIGINATOR) && !attrs_part(a, PART_CLUSTER_LIST).len)
		return;
	sb_add(out, "      ");
	if (a->has & HAS_ORIGINATOR)
		sb_addf(out, "Originator: %s", ip_text(&id, buf));
	if (attrs_part(a, PART_CLUSTER_LIST).len) {
		sb_addf(out, "%sCluster list: ", a->has & HAS_ORIGINATOR ? ", " : "");
		cluster_list_text(attrs_part(a, PART_CLUSTER_LIST), out);
	}
	sb_addc(out, '\n');
}

/* An MPLS label is the upper 20 bits of what was received; a VNI is all 24. */
uint32_t detail_label(enum family f, uint32_t label)
{
	return f == FAM_EVPN ? label : label >> 4;
}

static void info_text(const struct path_view *v, struct strbuf *out)
{
	const struct nlri_info *i = v->info;
	char buf[IP_TEXT_MAX];

	if (!i || i->label[0] == NLRI_LABEL_NONE)
		return;
	if (v->family == FAM_EVPN) {
		sb_addf(out, "      VNI %u", i->label[0]);
		if (i->label[1] != NLRI_LABEL_NONE)
			sb_addf(out, "/%u", i->label[1]);
		if (i->gateway.family && !ip_is_zero(&i->gateway))
			sb_addf(out, ", gateway %s", ip_text(&i->gateway, buf));
		sb_addc(out, '\n');
	} else {
		sb_addf(out, "      Remote label: %u\n", detail_label(v->family, i->label[0]));
	}
}

void path_detail_text(const struct path_view *v, struct strbuf *out)
{
	struct attr_span path = attrs_part(v->attrs, PART_AS_PATH),
			 agg = attrs_part(v->attrs, PART_AGGREGATOR);
	char buf[32], ip[IP_TEXT_MAX];
	int64_t at = wall_seconds(v->core, v->path->time);

	if (v->imported_from)
		sb_addf(out, "  Imported from %s\n", v->imported_from->name);
	if (v->not_installed)
		sb_addf(out, "  Not installed: %s\n", v->not_installed);
	sb_add(out, "  ");
	if (path.len)
		as_path_text(path, out);
	else
		sb_add(out, "Local");
	if (agg.len == 8) {
		struct rd r = rd_init(agg.p, 4);
		struct ip_addr a = ip_from_bytes(agg.p + 4, 4);

		sb_addf(out, ", (aggregated by %u %s)", rd_u32(&r), ip_text(&a, ip));
	}
	if (v->source->kind == SOURCE_PEER && v->source->rr_client)
		sb_add(out, ", (Received from a RR-client)");
	sb_addc(out, '\n');
	next_hop_text(v, out);
	flags_text(v, out);
	part_text(v->attrs, PART_COMMUNITIES, "Community", communities_text, out);
	part_text(v->attrs, PART_EXT_COMMUNITIES, "Extended Community", ext_communities_text, out);
	part_text(v->attrs, PART_LARGE_COMMUNITIES, "Large Community", large_communities_text, out);
	reflection_text(v->attrs, out);
	info_text(v, out);
	sb_addf(out, "      Last update: %s\n", wall_text(at, buf));
}

/* ---- the destination ---- */

bool detail_wants(const struct path_view *v, enum detail_which which)
{
	return which == DETAIL_ALL || v->best || (which == DETAIL_MULTIPATH && v->multipath);
}

static void advertised_to_text(const struct bgp_instance *i, enum family f, uint32_t dest,
		struct strbuf *out)
{
	char buf[IP_TEXT_MAX];
	bool any = false;

	for (size_t k = 0; k < i->peers.n; k++) {
		const struct peer *p = i->peers.v[k];

		if (!dest_was_told(p, f, dest))
			continue;
		if (!any)
			sb_add(out, "  Advertised to peers:\n ");
		any = true;
		sb_addf(out, " %s", peer_name(p, buf));
	}
	sb_add(out, any ? "\n" : "  Not advertised to any peer\n");
}

bool dest_was_told(const struct peer *p, enum family f, uint32_t dest)
{
	uint32_t attrs, info;
	uint16_t source;

	if (!peer_established(p) || !p->family[f].negotiated ||
			!out_group_told(p, f, dest, &attrs, &info, &source))
		return false;
	attrs_unref(p->instance->core->attrs, attrs);
	return true;
}

void dest_detail_text(const struct bgp_instance *i, enum family f, uint32_t dest,
		enum detail_which which, struct strbuf *out)
{
	const struct rib *rib = i->rib[f];
	const struct dest *d = rib_dest(rib, dest);
	unsigned n = 0, best = 0;
	struct path_view v;
	struct rd_value rd;
	char buf[RD_TEXT_MAX];

	for (uint32_t id = d->paths; id; id = rib_path(rib, id)->next) {
		n++;
		if (rib_best(rib, dest) == rib_path(rib, id))
			best = n;
	}
	sb_add(out, "BGP routing table entry for ");
	if (nlri_key_rd(f, d->key, &rd))
		sb_addf(out, "%s:", rd_text(&rd, buf));
	key_text(f, d->key, out);
	sb_addf(out, ", version %u\n", path_view_version(d));
	sb_addf(out, "Paths: (%u available, ", n);
	if (best)
		sb_addf(out, "best #%u", best);
	else
		sb_add(out, "no best path");
	if (f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST)
		sb_addf(out, ", table %s", i->name);
	sb_add(out, ")\n");
	advertised_to_text(i, f, dest, out);
	for (uint32_t id = d->paths; id; id = rib_path(rib, id)->next) {
		path_view_init(&v, i, f, dest, id);
		if (detail_wants(&v, which))
			path_detail_text(&v, out);
	}
}
