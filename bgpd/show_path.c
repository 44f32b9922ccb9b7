/* One path: what is known of it, and its row in a table.  The full form is in
 * show_detail.c. */
#include <config.h>

#include "bgpd/show_path.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bgpd/core/attr_text.h"
#include "bgpd/core/session.h"
#include "bgpd/core/vrf.h"

#define NETWORK_COLUMN 17
#define NEXT_HOP_COLUMN 16

/* FRR's words for the step that made a path the best: those of the step at
 * which the second best was left behind. */
static const char *const selection_words[REASON_COUNT] = {
	[REASON_NONE] = "First path received",
	[REASON_WEIGHT] = "Weight",
	[REASON_LOCAL_PREF] = "Local Pref",
	[REASON_LOCAL_ORIGIN] = "Local Route",
	[REASON_AIGP] = "AIGP",
	[REASON_AS_PATH_LENGTH] = "AS Path",
	[REASON_ORIGIN] = "Origin",
	[REASON_MED] = "MED",
	[REASON_PEER_TYPE] = "Peer Type",
	[REASON_CONFED] = "Confed Peer Type",
	[REASON_IGP_METRIC] = "IGP Metric",
	[REASON_MULTIPATH] = "Router ID",
	[REASON_OLDER] = "Older Path",
	[REASON_ROUTER_ID] = "Router ID",
	[REASON_CLUSTER_LENGTH] = "Cluster length",
	[REASON_NEIGHBOR_ADDRESS] = "Neighbor IP",
	[REASON_PATH_ID] = "Path ID",
	[REASON_EVPN_MOBILITY] = "EVPN Sequence Number",
};

static const char *selection_of(const struct rib *rib, uint32_t dest, uint32_t best)
{
	uint32_t second = rib_path(rib, best)->next;
	enum path_reason reason;

	if (rib_used_next(rib, dest, best))
		return selection_words[REASON_MULTIPATH];
	if (!second || !(rib_path(rib, second)->flags & PATH_USABLE))
		return selection_words[REASON_NONE];
	reason = rib_path_reason(rib, dest, second);
	return selection_words[selection_words[reason] ? reason : REASON_NONE];
}

static void find_source(struct path_view *v, uint32_t path)
{
	const struct bgp_core *c = v->core;
	struct vrf_origin o;

	v->source = c->sources.v[v->path->source];
	if (v->source->kind == SOURCE_IMPORT &&
			vrf_path_origin(v->instance,
					rib_path_add_path_id(v->instance->rib[v->family], path), &o)) {
		v->imported_from = o.vrf ? o.vrf : o.instance;
		if (!o.vrf && (o.family == FAM_IPV4_VPN || o.family == FAM_IPV6_VPN))
			v->not_installed = "forwarding by MPLS is not available";
		if (c->sources.v[o.source])
			v->source = c->sources.v[o.source];
	}
}

void path_view_init(struct path_view *v, const struct bgp_instance *i, enum family f,
		uint32_t dest, uint32_t path)
{
	const struct rib *rib = i->rib[f];
	const struct path *p = rib_path(rib, path);

	*v = (struct path_view){ .core = i->core, .instance = i, .family = f, .dest = dest, .id = path,
		.key = rib_dest(rib, dest)->key, .version = path_view_version(rib_dest(rib, dest)), .path = p };
	v->attrs = attrs_get(i->core->attrs, p->attrs ? p->attrs : p->attrs_in);
	v->info = info_get(i->core->infos, p->info);
	v->valid = p->flags & PATH_USABLE;
	v->best = v->valid && rib_best(rib, dest) == p;
	v->multipath = p->flags & PATH_MULTIPATH;
	v->stale = p->flags & PATH_STALE;
	v->selection = v->best ? selection_of(rib, dest, path) : NULL;
	find_source(v, path);
}

const char *path_view_reason(const struct path_view *v)
{
	return reason_text(rib_path_reason(v->instance->rib[v->family], v->dest, v->id));
}

void path_view_received(struct path_view *v)
{
	v->attrs = attrs_get(v->core->attrs, v->path->attrs_in);
}

/* ---- parts ---- */

void key_text(enum family f, const uint8_t *key, struct strbuf *out)
{
	char buf[PREFIX_TEXT_MAX];
	struct prefix p;

	if (f != FAM_EVPN && nlri_key_prefix(f, key, &p))
		sb_add(out, prefix_text(&p, buf));
	else
		nlri_key_text(f, key, out);
}

char origin_code(uint8_t origin)
{
	return origin == ORIGIN_IGP ? 'i' : origin == ORIGIN_EGP ? 'e' : '?';
}

bool source_is_internal(const struct route_source *s)
{
	return s->kind == SOURCE_PEER && s->ibgp;
}

const char *source_name(const struct route_source *s, char *buf)
{
	if (s->kind != SOURCE_PEER)
		return "(unspec)";
	return s->peer ? peer_name(s->peer, buf) : ip_text(&s->addr, buf);
}

const char *source_hostname(const struct bgp_core *c, const struct route_source *s)
{
	if (s->kind != SOURCE_PEER)
		return c->config ? c->config->hostname : "";
	return s->peer ? peer_hostname(s->peer) : "";
}

int64_t wall_seconds(const struct bgp_core *c, int64_t mono_secs)
{
	return mono_secs + c->options.wall_offset / 1000000;
}

const char *wall_text(int64_t epoch, char buf[32])
{
	time_t t = (time_t)epoch;
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, 32, "%a %b %e %H:%M:%S %Y", &tm))
		buf[0] = '\0';
	return buf;
}

const char *uptime_text(int64_t s, char buf[32])
{
	if (s < 86400)
		snprintf(buf, 32, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
				(int)(s % 60));
	else if (s < 7 * 86400)
		snprintf(buf, 32, "%dd%02dh%02dm", (int)(s / 86400), (int)(s / 3600 % 24),
				(int)(s / 60 % 60));
	else
		snprintf(buf, 32, "%02dw%dd%02dh", (int)(s / (7 * 86400)), (int)(s / 86400 % 7),
				(int)(s / 3600 % 24));
	return buf;
}

/* ---- rows ---- */

void row_tail_forget(struct row_tail *t)
{
	t->attrs = NULL;
}

static bool row_tail_copy(const struct row_tail *t, const struct path_view *v, struct strbuf *out)
{
	if (t->attrs != v->attrs || t->source != v->source)
		return false;
	sb_addn(out, t->text.s, t->text.len);
	return true;
}

static void row_tail_keep(struct row_tail *t, const struct path_view *v, const struct strbuf *out,
		size_t from)
{
	t->attrs = v->attrs;
	t->source = v->source;
	sb_reset(&t->text);
	sb_addn(&t->text, out->s + from, out->len - from);
}

/* ---- rows, text ---- */

void row_status_text(bool valid, bool best, bool multipath, bool internal, bool stale,
		struct strbuf *out)
{
	sb_addc(out, stale ? 'S' : valid ? '*' : ' ');
	sb_addc(out, best ? '>' : multipath ? '=' : ' ');
	sb_addc(out, internal ? 'i' : ' ');
}

static const struct ip_addr *next_hop_of(const struct bgp_core *c, const struct attrs *a)
{
	static const struct ip_addr none;

	return a->next_hop ? &attrs_next_hop(c->attrs, a->next_hop)->addr : &none;
}

void next_hop_column_text(const struct ip_addr *a, uint8_t family, bool wide, struct strbuf *out)
{
	size_t from = out->len, column = wide ? 41 : NEXT_HOP_COLUMN;
	char buf[IP_TEXT_MAX];

	sb_add(out, a->family ? ip_text(a, buf) : family == 6 ? "::" : "0.0.0.0");
	if (out->len - from >= column) {
		sb_addc(out, '\n');
		sb_pad(out, wide ? 61 : 36);
	} else {
		sb_pad(out, column - (out->len - from));
	}
}

/* A number at the right of its column; room without one. */
static void column_uint(struct strbuf *out, bool there, uint32_t v, size_t width)
{
	size_t from = out->len, len;

	if (there)
		sb_add_uint(out, v);
	len = out->len - from;
	if (len >= width)
		return;
	sb_pad(out, width - len);
	memmove(out->s + from + width - len, out->s + from, len);
	memset(out->s + from, ' ', width - len);
}

void row_attrs_text(const struct attrs *a, struct strbuf *out)
{
	size_t from;

	column_uint(out, a->has & HAS_MED, a->med, 10);
	column_uint(out, a->has & HAS_LOCAL_PREF, a->local_pref, 7);
	column_uint(out, true, attrs_weight(a), 7);
	sb_addc(out, ' ');
	from = out->len;
	as_path_text(attrs_part(a, PART_AS_PATH), out);
	if (out->len > from)
		sb_addc(out, ' ');
	sb_addc(out, origin_code(a->origin));
	sb_addc(out, '\n');
}

void path_row_text(const struct path_view *v, const char *prefix, bool wide, struct row_tail *tail,
		struct strbuf *out)
{
	size_t len = strlen(prefix), column = wide ? 45 : NETWORK_COLUMN, from;
	struct prefix p;

	row_status_text(v->valid, v->best, v->multipath, source_is_internal(v->source), v->stale,
			out);
	sb_addn(out, prefix, len);
	/* What does not fit goes on in the next line, where the column begins. */
	if (len >= column || (v->family == FAM_EVPN && len)) {
		sb_addc(out, '\n');
		sb_pad(out, column + 3);
	} else {
		sb_pad(out, column - len);
	}
	from = out->len;
	if (row_tail_copy(tail, v, out))
		return;
	next_hop_column_text(next_hop_of(v->core, v->attrs),
			nlri_key_prefix(v->family, v->key, &p) ? p.family : 4, wide, out);
	row_attrs_text(v->attrs, out);
	if (v->family == FAM_EVPN && attrs_part(v->attrs, PART_EXT_COMMUNITIES).len) {
		sb_pad(out, NETWORK_COLUMN + 3);
		ext_communities_text(attrs_part(v->attrs, PART_EXT_COMMUNITIES), out);
		sb_addc(out, '\n');
	}
	/* Without a next hop the row says of which family it would be. */
	if (v->attrs->next_hop)
		row_tail_keep(tail, v, out, from);
}

/* ---- rows, JSON ---- */

void json_part(struct jsonw *j, const char *key, const struct attrs *a, enum attr_part p,
		void (*text)(struct attr_span, struct strbuf *))
{
	struct strbuf sb = { 0 };

	text(attrs_part(a, p), &sb);
	jsonw_str(j, key, sb_str(&sb));
	sb_free(&sb);
}

void evpn_key_json(const uint8_t *key, struct jsonw *j)
{
	struct evpn_key k;
	char buf[IP_TEXT_MAX];
	unsigned bits;

	nlri_evpn_key(key, &k);
	bits = k.ip.family == 6 ? 128 : 32;
	jsonw_uint(j, "routeType", k.type);
	if (k.type == EVPN_EAD || k.type == EVPN_ES)
		jsonw_strf(j, "esi", "%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", k.esi[0],
				k.esi[1], k.esi[2], k.esi[3], k.esi[4], k.esi[5], k.esi[6],
				k.esi[7], k.esi[8], k.esi[9]);
	if (k.type != EVPN_ES)
		jsonw_uint(j, "ethTag", k.eth_tag);
	if (k.type == EVPN_MACIP) {
		jsonw_uint(j, "macLen", 48);
		jsonw_str(j, "mac", mac_text(&k.mac, buf));
	}
	if (k.ip.family || k.type == EVPN_PREFIX) {
		jsonw_uint(j, "ipLen", k.type == EVPN_PREFIX ? k.prefix_len : bits);
		jsonw_str(j, "ip", ip_text(&k.ip, buf));
	}
}

static void row_next_hops_json(const struct path_view *v, struct jsonw *j)
{
	const struct attrs_next_hop *nh =
			v->attrs->next_hop ? attrs_next_hop(v->core->attrs, v->attrs->next_hop) :
					     NULL;
	char buf[IP_TEXT_MAX];
	const char *hostname = source_hostname(v->core, v->source);
	struct prefix p;
	bool six = nh && nh->addr.family ? nh->addr.family == 6 :
		   nlri_key_prefix(v->family, v->key, &p) && p.family == 6;

	jsonw_array(j, "nexthops");
	jsonw_object(j, NULL);
	jsonw_str(j, "ip", nh && nh->addr.family ? ip_text(&nh->addr, buf) : six ? "::" : "0.0.0.0");
	if (*hostname)
		jsonw_str(j, "hostname", hostname);
	jsonw_str(j, "afi", six ? "ipv6" : "ipv4");
	if (six)
		jsonw_str(j, "scope", "global");
	/* A link-local next hop is the one that packets go to. */
	if (!nh || !nh->link_local.family)
		jsonw_bool(j, "used", true);
	jsonw_end_object(j);
	if (nh && nh->link_local.family) {
		jsonw_object(j, NULL);
		jsonw_str(j, "ip", ip_text(&nh->link_local, buf));
		if (*hostname)
			jsonw_str(j, "hostname", hostname);
		jsonw_str(j, "afi", "ipv6");
		jsonw_str(j, "scope", "link-local");
		jsonw_bool(j, "used", true);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

/* What is the same for all routes with these attributes from there. */
static void path_tail_json(const struct path_view *v, struct jsonw *j)
{
	char buf[PREFIX_TEXT_MAX];

	if (v->attrs->has & HAS_MED)
		jsonw_uint(j, "metric", v->attrs->med);
	if (v->attrs->has & HAS_LOCAL_PREF)
		jsonw_uint(j, "locPrf", v->attrs->local_pref);
	jsonw_uint(j, "weight", attrs_weight(v->attrs));
	jsonw_str(j, "peerId", source_name(v->source, buf));
	json_part(j, "path", v->attrs, PART_AS_PATH, as_path_text);
	jsonw_str(j, "origin", origin_text(v->attrs->origin));
	if (v->family == FAM_EVPN && attrs_part(v->attrs, PART_EXT_COMMUNITIES).len) {
		jsonw_object(j, "extendedCommunity");
		json_part(j, "string", v->attrs, PART_EXT_COMMUNITIES, ext_communities_text);
		jsonw_end_object(j);
	}
	row_next_hops_json(v, j);
}

void path_row_json(const struct path_view *v, struct row_tail *tail, struct jsonw *j)
{
	char buf[PREFIX_TEXT_MAX];
	struct prefix p;
	size_t from;

	if (v->stale)
		jsonw_bool(j, "stale", true);
	if (v->valid)
		jsonw_bool(j, "valid", true);
	if (v->best) {
		jsonw_bool(j, "bestpath", true);
		jsonw_str(j, "selectionReason", v->selection);
	} else {
		jsonw_str(j, "reason", path_view_reason(v));
	}
	if (v->multipath)
		jsonw_bool(j, "multipath", true);
	jsonw_str(j, "pathFrom", source_is_internal(v->source) ? "internal" : "external");
	if (v->family == FAM_EVPN) {
		evpn_key_json(v->key, j);
	} else if (nlri_key_prefix(v->family, v->key, &p)) {
		size_t len = strlen(prefix_text(&p, buf));

		jsonw_strn(j, "prefix", buf, (size_t)(strrchr(buf, '/') - buf));
		jsonw_uint(j, "prefixLen", p.len);
		jsonw_strn(j, "network", buf, len);
		jsonw_uint(j, "version", v->version);
	}
	from = j->out->len;
	if (row_tail_copy(tail, v, j->out))
		return;
	path_tail_json(v, j);
	if (v->attrs->next_hop)
		row_tail_keep(tail, v, j->out, from);
}
