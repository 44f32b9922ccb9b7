/* One path in full, and the destination's head above its paths: `show bgp ...
 * PREFIX` and the detail forms of tables. */
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
static bool next_hop_state(const struct path_view *v, uint32_t *ret_metric)
{
	const struct rib_env *env = &v->core->rib_env;

	*ret_metric = 0;
	if (!v->attrs->next_hop || !env->next_hop_usable)
		return true;
	return env->next_hop_usable(env->ctx, v->instance->index, v->core->sources.v[v->path->source],
			v->attrs->next_hop, ret_metric);
}

static bool is_local(const struct path_view *v)
{
	return v->source->kind != SOURCE_PEER;
}

static const char *peer_type(const struct path_view *v)
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
	bool reachable = next_hop_state(v, &metric);

	sb_addf(out, "    %s", nh && nh->addr.family ? ip_text(&nh->addr, a) :
			       six		    ? "::" :
							"0.0.0.0");
	if (!reachable)
		sb_add(out, " (inaccessible)");
	else if (metric)
		sb_addf(out, " (metric %u)", metric);
	if (is_local(v))
		id = ip4(v->instance->router_id);
	sb_addf(out, " from %s (%s)\n",
			is_local(v) ? (six ? "::" : "0.0.0.0") : source_name(v->source, b),
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
	else if (is_local(v))
		sb_add(out, ", sourced, local");
	else
		sb_addf(out, ", %s", peer_type(v));
	if (a->has & HAS_ATOMIC)
		sb_add(out, ", atomic-aggregate");
	if (v->multipath)
		sb_add(out, ", multipath");
	if (v->best)
		sb_addf(out, ", best (%s)", v->selection);
	sb_addc(out, '\n');
	if (!v->best)
		sb_addf(out, "      %s: %s\n", v->valid ? "Not best" : "Not usable",
				reason_text(v->path->reason));
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
static uint32_t label_shown(enum family f, uint32_t label)
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
		sb_addf(out, "      Remote label: %u\n", label_shown(v->family, i->label[0]));
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

/* ---- JSON ---- */

static void as_path_json(const struct attrs *a, struct jsonw *j)
{
	static const char *const types[] = { "", "as-set", "as-sequence", "as-confed-sequence",
		"as-confed-set" };
	struct attr_span s = attrs_part(a, PART_AS_PATH);
	struct rd r = rd_init(s.p, s.len);

	jsonw_object(j, "aspath");
	if (s.len)
		json_part(j, "string", a, PART_AS_PATH, as_path_text);
	else
		jsonw_str(j, "string", "Local");
	jsonw_array(j, "segments");
	while (rd_left(&r) && !r.failed) {
		uint8_t type = rd_u8(&r), n = rd_u8(&r);

		jsonw_object(j, NULL);
		jsonw_str(j, "type", type <= AS_CONFED_SET ? types[type] : "");
		jsonw_array(j, "list");
		while (n--)
			jsonw_uint(j, NULL, rd_u32(&r));
		jsonw_end_array(j);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_uint(j, "length", a->as_hops);
	jsonw_end_object(j);
}

/* FRR's JSON writes well-known communities in one word. */
static void community_json(uint32_t c, struct jsonw *j)
{
	struct strbuf sb = { 0 };
	char *to;

	community_text(c, &sb);
	if (c == 0xffffff03) { /* NO_EXPORT_SUBCONFED */
		jsonw_str(j, NULL, "localAs");
	} else {
		to = sb.s;
		for (char *from = sb.s; *from; from++) {
			if (*from == '-' && from[1]) {
				from++;
				*to++ = (char)(*from >= 'a' && *from <= 'z' ? *from - 32 : *from);
			} else {
				*to++ = *from;
			}
		}
		*to = '\0';
		jsonw_str(j, NULL, sb_str(&sb));
	}
	sb_free(&sb);
}

static void communities_json(const struct attrs *a, struct jsonw *j)
{
	struct attr_span s = attrs_part(a, PART_COMMUNITIES);
	struct rd r = rd_init(s.p, s.len);

	if (s.len) {
		jsonw_object(j, "community");
		json_part(j, "string", a, PART_COMMUNITIES, communities_text);
		jsonw_array(j, "list");
		while (rd_left(&r) >= 4)
			community_json(rd_u32(&r), j);
		jsonw_end_array(j);
		jsonw_end_object(j);
	}
	if (attrs_part(a, PART_EXT_COMMUNITIES).len) {
		jsonw_object(j, "extendedCommunity");
		json_part(j, "string", a, PART_EXT_COMMUNITIES, ext_communities_text);
		jsonw_end_object(j);
	}
	s = attrs_part(a, PART_LARGE_COMMUNITIES);
	if (!s.len)
		return;
	jsonw_object(j, "largeCommunity");
	json_part(j, "string", a, PART_LARGE_COMMUNITIES, large_communities_text);
	jsonw_array(j, "list");
	for (unsigned at = 0; at + 12 <= s.len; at += 12) {
		struct strbuf sb = { 0 };

		large_communities_text((struct attr_span){ s.p + at, 12 }, &sb);
		jsonw_str(j, NULL, sb_str(&sb));
		sb_free(&sb);
	}
	jsonw_end_array(j);
	jsonw_end_object(j);
}

static void reflection_json(const struct attrs *a, struct jsonw *j)
{
	struct ip_addr id = ip4(attrs_originator(a));
	struct attr_span s = attrs_part(a, PART_CLUSTER_LIST);
	char buf[IP_TEXT_MAX];

	if (a->has & HAS_ORIGINATOR)
		jsonw_str(j, "originatorId", ip_text(&id, buf));
	if (!s.len)
		return;
	jsonw_object(j, "clusterList");
	jsonw_array(j, "list");
	for (unsigned at = 0; at + 4 <= s.len; at += 4) {
		id = ip_from_bytes(s.p + at, 4);
		jsonw_str(j, NULL, ip_text(&id, buf));
	}
	jsonw_end_array(j);
	jsonw_end_object(j);
}

static void aggregator_json(const struct attrs *a, struct jsonw *j)
{
	struct attr_span s = attrs_part(a, PART_AGGREGATOR);
	struct rd r = rd_init(s.p, s.len);
	struct ip_addr id;
	char buf[IP_TEXT_MAX];

	if (s.len != 8)
		return;
	jsonw_uint(j, "aggregatorAs", rd_u32(&r));
	id = ip_from_bytes(s.p + 4, 4);
	jsonw_str(j, "aggregatorId", ip_text(&id, buf));
}

static void next_hop_json(const struct path_view *v, const struct ip_addr *a, bool six,
		const char *scope, bool used, struct jsonw *j)
{
	char buf[IP_TEXT_MAX];
	const char *hostname = source_hostname(v->core, v->source);
	uint32_t metric;
	bool reachable = next_hop_state(v, &metric);

	jsonw_object(j, NULL);
	jsonw_str(j, "ip", a->family ? ip_text(a, buf) : six ? "::" : "0.0.0.0");
	if (*hostname)
		jsonw_str(j, "hostname", hostname);
	jsonw_str(j, "afi", six ? "ipv6" : "ipv4");
	if (six)
		jsonw_str(j, "scope", scope);
	jsonw_uint(j, "metric", metric);
	jsonw_bool(j, "accessible", reachable);
	if (used)
		jsonw_bool(j, "used", true);
	jsonw_end_object(j);
}

static void next_hops_json(const struct path_view *v, struct jsonw *j)
{
	static const struct attrs_next_hop none;
	const struct attrs_next_hop *nh =
			v->attrs->next_hop ? attrs_next_hop(v->core->attrs, v->attrs->next_hop) :
					     &none;
	struct prefix p;
	bool six = nh->addr.family ? nh->addr.family == 6 :
				     nlri_key_prefix(v->family, v->key, &p) && p.family == 6;

	jsonw_array(j, "nexthops");
	next_hop_json(v, &nh->addr, six, "global", !nh->link_local.family, j);
	if (nh->link_local.family)
		next_hop_json(v, &nh->link_local, true, "link-local", true, j);
	jsonw_end_array(j);
}

static void peer_json(const struct path_view *v, struct jsonw *j)
{
	struct ip_addr id = ip4(is_local(v) ? v->instance->router_id : v->source->router_id);
	char buf[IP_TEXT_MAX];
	struct prefix p;
	const char *hostname;

	jsonw_object(j, "peer");
	if (is_local(v)) {
		bool six = nlri_key_prefix(v->family, v->key, &p) && p.family == 6;

		jsonw_str(j, "peerId", six ? "::" : "0.0.0.0");
		jsonw_str(j, "routerId", ip_text(&id, buf));
	} else {
		jsonw_str(j, "peerId", source_name(v->source, buf));
		jsonw_str(j, "routerId", ip_text(&id, buf));
		hostname = source_hostname(v->core, v->source);
		if (*hostname)
			jsonw_str(j, "hostname", hostname);
		jsonw_str(j, "type", peer_type(v));
	}
	jsonw_end_object(j);
}

static void flags_json(const struct path_view *v, struct jsonw *j)
{
	const struct attrs *a = v->attrs;

	jsonw_str(j, "origin", origin_text(a->origin));
	if (a->has & HAS_MED)
		jsonw_uint(j, "metric", a->med);
	if (a->has & HAS_LOCAL_PREF)
		jsonw_uint(j, "locPrf", a->local_pref);
	if (attrs_weight(a))
		jsonw_uint(j, "weight", attrs_weight(a));
	if (attrs_tag(a))
		jsonw_uint(j, "tag", attrs_tag(a));
	jsonw_bool(j, "valid", v->valid);
	jsonw_uint(j, "version", v->version);
	if (v->stale)
		jsonw_bool(j, "stale", true);
	if (v->source->kind == SOURCE_AGGREGATE) {
		jsonw_bool(j, "aggregated", true);
		jsonw_bool(j, "local", true);
	} else if (is_local(v)) {
		jsonw_bool(j, "sourced", true);
		jsonw_bool(j, "local", true);
	}
	if (a->has & HAS_ATOMIC)
		jsonw_bool(j, "atomicAggregate", true);
	if (v->multipath)
		jsonw_bool(j, "multipath", true);
	if (v->best) {
		jsonw_object(j, "bestpath");
		jsonw_bool(j, "overall", true);
		jsonw_str(j, "selectionReason", v->selection);
		jsonw_end_object(j);
	} else {
		jsonw_str(j, "reason", reason_text(v->path->reason));
	}
}

void path_detail_json(const struct path_view *v, struct jsonw *j)
{
	int64_t at = wall_seconds(v->core, v->path->time);
	char buf[32];

	if (v->imported_from)
		jsonw_str(j, "importedFrom", v->imported_from->name);
	as_path_json(v->attrs, j);
	aggregator_json(v->attrs, j);
	flags_json(v, j);
	communities_json(v->attrs, j);
	reflection_json(v->attrs, j);
	if (v->info && v->info->label[0] != NLRI_LABEL_NONE)
		jsonw_uint(j, v->family == FAM_EVPN ? "vni" : "remoteLabel",
				label_shown(v->family, v->info->label[0]));
	jsonw_object(j, "lastUpdate");
	jsonw_int(j, "epoch", at);
	jsonw_strf(j, "string", "%s\n", wall_text(at, buf));
	jsonw_end_object(j);
	next_hops_json(v, j);
	peer_json(v, j);
}

/* ---- the destination ---- */

static bool path_wanted(const struct path_view *v, enum detail_which which)
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
	sb_addf(out, ", version %u\n", d->log_at);
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
		if (path_wanted(&v, which))
			path_detail_text(&v, out);
	}
}

void dest_detail_json(const struct bgp_instance *i, enum family f, uint32_t dest,
		enum detail_which which, struct jsonw *j)
{
	const struct rib *rib = i->rib[f];
	const struct dest *d = rib_dest(rib, dest);
	struct strbuf sb = { 0 };
	char buf[IP_TEXT_MAX];
	struct path_view v;

	key_text(f, d->key, &sb);
	jsonw_str(j, "prefix", sb_str(&sb));
	sb_free(&sb);
	jsonw_uint(j, "version", d->log_at);
	jsonw_object(j, "advertisedTo");
	for (size_t k = 0; k < i->peers.n; k++) {
		const struct peer *p = i->peers.v[k];

		if (!dest_was_told(p, f, dest))
			continue;
		jsonw_object(j, peer_name(p, buf));
		if (*peer_hostname(p))
			jsonw_str(j, "hostname", peer_hostname(p));
		jsonw_end_object(j);
	}
	jsonw_end_object(j);
	jsonw_array(j, "paths");
	for (uint32_t id = d->paths; id; id = rib_path(rib, id)->next) {
		path_view_init(&v, i, f, dest, id);
		if (!path_wanted(&v, which))
			continue;
		jsonw_object(j, NULL);
		path_detail_json(&v, j);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}
