/* A destination with all its paths in full, as JSON with FRR's keys. */
#include <config.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/attr_text.h"
#include "bgpd/core/session.h"
#include "bgpd/show_detail.h"
#include "bgpd/show_path.h"
#include "lib/base/rd.h"

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
	bool reachable = detail_next_hop_state(v, &metric);

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
	struct ip_addr id = ip4(detail_is_local(v) ? v->instance->router_id : v->source->router_id);
	char buf[IP_TEXT_MAX];
	struct prefix p;
	const char *hostname;

	jsonw_object(j, "peer");
	if (detail_is_local(v)) {
		bool six = nlri_key_prefix(v->family, v->key, &p) && p.family == 6;

		jsonw_str(j, "peerId", six ? "::" : "0.0.0.0");
		jsonw_str(j, "routerId", ip_text(&id, buf));
	} else {
		jsonw_str(j, "peerId", source_name(v->source, buf));
		jsonw_str(j, "routerId", ip_text(&id, buf));
		hostname = source_hostname(v->core, v->source);
		if (*hostname)
			jsonw_str(j, "hostname", hostname);
		jsonw_str(j, "type", detail_peer_type(v));
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
	} else if (detail_is_local(v)) {
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
		jsonw_str(j, "reason", path_view_reason(v));
	}
}

void path_detail_json(const struct path_view *v, struct jsonw *j)
{
	int64_t at = wall_seconds(v->core, v->path->time);
	char buf[32];

	if (v->imported_from)
		jsonw_str(j, "importedFrom", v->imported_from->name);
	if (v->not_installed)
		jsonw_str(j, "notInstalled", v->not_installed);
	as_path_json(v->attrs, j);
	aggregator_json(v->attrs, j);
	flags_json(v, j);
	communities_json(v->attrs, j);
	reflection_json(v->attrs, j);
	if (v->info && v->info->label[0] != NLRI_LABEL_NONE)
		jsonw_uint(j, v->family == FAM_EVPN ? "vni" : "remoteLabel",
				detail_label(v->family, v->info->label[0]));
	jsonw_object(j, "lastUpdate");
	jsonw_int(j, "epoch", at);
	jsonw_strf(j, "string", "%s\n", wall_text(at, buf));
	jsonw_end_object(j);
	next_hops_json(v, j);
	peer_json(v, j);
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
	jsonw_uint(j, "version", path_view_version(d));
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
		if (!detail_wants(&v, which))
			continue;
		jsonw_object(j, NULL);
		path_detail_json(&v, j);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}
