/* Shows: the table of commands, and those that are about routes. */
#include <config.h>

#include "bgpd/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/session.h"
#include "bgpd/show_detail.h"
#include "bgpd/show_rd_route.h"
#include "bgpd/show_table.h"
#include "lib/base/xalloc.h"

/* ---- helpers of the modules ---- */

bool show_has(const struct show *s, const char *keyword)
{
	return grammar_has(s->match, keyword);
}

const char *show_value(const struct show *s, const char *name)
{
	return grammar_value(s->match, name);
}

void show_fail(const struct show *s, const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(&sb, fmt, ap);
	va_end(ap);
	ctl_answer_err(s->answer, 0, sb_str(&sb));
	s->answer->status = EINVAL;
	sb_free(&sb);
}

bool show_all_vrfs(const struct show *s)
{
	const char *vrf = show_value(s, "vrf");

	return vrf && strcmp(vrf, "all") == 0;
}

const struct bgp_instance *show_instance(const struct show *s, bool *ret_failed)
{
	const char *vrf = show_value(s, "vrf");
	const struct bgp_instance *i;

	*ret_failed = false;
	if (show_all_vrfs(s))
		return NULL;
	i = core_instance_find(s->core, vrf ? vrf : "default");
	if (i && i->config && !i->removed)
		return i;
	*ret_failed = true;
	/* FRR's answers; no failure, as scripts ask before anything is configured. */
	if (s->json)
		sb_add(s->out, "{}\n");
	else if (vrf)
		sb_addf(s->out, "%% View/Vrf %s is unknown\n", vrf);
	else
		sb_add(s->out, "% BGP instance not found\n");
	return NULL;
}

enum family show_family(const struct show *s)
{
	if (show_has(s, "evpn"))
		return FAM_EVPN;
	if (show_has(s, "vpn"))
		return show_has(s, "ipv6") ? FAM_IPV6_VPN : FAM_IPV4_VPN;
	return show_has(s, "ipv6") ? FAM_IPV6_UNICAST : FAM_IPV4_UNICAST;
}

static int peer_compare(const void *a, const void *b)
{
	const struct peer *x = *(struct peer *const *)a, *y = *(struct peer *const *)b;
	int c = ip_compare(&x->config.addr, &y->config.addr);

	return c ? c : strcmp(x->config.interface, y->config.interface);
}

struct peer **show_peers(const struct bgp_instance *i, size_t *ret_n)
{
	struct peer **v = xcalloc(i->peers.n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t k = 0; k < i->peers.n; k++)
		if (!i->peers.v[k]->removed)
			v[n++] = i->peers.v[k];
	qsort(v, n, sizeof(*v), peer_compare);
	*ret_n = n;
	return v;
}

const struct peer *show_peer(const struct show *s, const struct bgp_instance *i)
{
	const char *name = show_value(s, "neighbor");
	struct ip_addr addr = { 0 };
	bool is_addr = name && ip_parse(name, &addr) == 0;

	for (size_t k = 0; name && k < i->peers.n; k++) {
		const struct peer *p = i->peers.v[k];

		if (p->removed)
			continue;
		if (is_addr ? ip_equal(&p->config.addr, &addr) :
			      strcmp(p->config.interface, name) == 0)
			return p;
	}
	return NULL;
}

/* ---- tables ---- */

/* Routes of VPNs and EVPN are in the default instance. */
static void table(const struct show *s, enum table_form form)
{
	struct table_spec spec = { .form = form, .detail = show_has(s, "detail"),
		.wide = show_has(s, "wide"), .all_vrfs = show_all_vrfs(s) };
	const struct bgp_instance *i;
	struct err e = { "" };
	bool failed;

	i = show_instance(s, &failed);
	if (failed)
		return;
	if (i && !i->rib[show_family(s)]) {
		sb_add(s->out, s->json ? "{}\n" : "No BGP prefixes displayed, 0 exist\n");
		return;
	}
	if (show_filter_init(&spec.filter, s, &e)) {
		show_filter_fini(&spec.filter);
		show_fail(s, "%s", e.text);
		return;
	}
	show_table(s, i, show_family(s), &spec);
}

static void bgp_table(const struct show *s)
{
	table(s, TABLE_ROUTES);
}

static void evpn_route(const struct show *s)
{
	table(s, show_has(s, "route") ? TABLE_EVPN_ROUTES : TABLE_ROUTES);
}

static void neighbor_routes(const struct show *s)
{
	struct table_spec spec = { .form = TABLE_PEER };
	enum family f = show_family(s);
	const struct bgp_instance *i;
	bool failed;

	i = show_instance(s, &failed);
	if (!i) {
		if (!failed)
			show_fail(s, "%% vrf all has no single neighbor");
		return;
	}
	spec.peer = show_peer(s, i);
	if (!spec.peer || !i->rib[f] || !spec.peer->config.family[f]->active) {
		if (s->json)
			sb_addf(s->out, "{\"warning\":\"%s\"}\n", spec.peer ?
					"Neighbor not enabled in address family" :
					"No such neighbor in this view/vrf");
		else
			sb_addf(s->out, "%% %s\n", spec.peer ?
					"Neighbor not enabled in address family" :
					"No such neighbor or address family");
		return;
	}
	if (show_has(s, "advertised-routes")) {
		spec.form = TABLE_ADVERTISED;
	} else {
		spec.filter.source = spec.peer->source;
		if (show_has(s, "received-routes"))
			spec.filter.which = PATHS_RECEIVED;
		else if (show_has(s, "filtered-routes"))
			spec.filter.which = PATHS_FILTERED;
		else
			spec.form = TABLE_ROUTES;
	}
	show_table(s, i, f, &spec);
}

/* ---- one destination ---- */

/* The destination of a prefix, or the longest match of an address. */
static uint32_t find_unicast(const struct show *s, const struct rib *rib, const char *prefix,
		const char *addr)
{
	uint8_t key[NLRI_KEY_MAX];
	struct prefix p;
	struct ip_addr a;

	(void)s;
	if (prefix && prefix_parse(prefix, &p) == 0) {
		nlri_key_unicast(&p, key);
		return rib_find(rib, key);
	}
	return addr && ip_parse(addr, &a) == 0 ? rib_match(rib, &a) : 0;
}

static enum detail_which which_paths(const struct show *s)
{
	return show_has(s, "bestpath") ? DETAIL_BEST :
	       show_has(s, "multipath") ? DETAIL_MULTIPATH :
					  DETAIL_ALL;
}

static void not_found(const struct show *s)
{
	sb_add(s->out, s->json ? "{\n}\n" : "% Network not in table\n");
}

static void unicast_route(const struct show *s, const struct bgp_instance *i, enum family f)
{
	const char *prefix = show_value(s, "prefix");
	uint32_t dest = find_unicast(s, i->rib[f], prefix, show_value(s, "address"));
	struct jsonw j;

	if (!dest || !rib_dest(i->rib[f], dest)->paths) {
		not_found(s);
		return;
	}
	if (!s->json) {
		dest_detail_text(i, f, dest, which_paths(s), s->out);
		return;
	}
	jsonw_init(&j, s->out, true);
	jsonw_object(&j, NULL);
	dest_detail_json(i, f, dest, which_paths(s), &j);
	jsonw_end_object(&j);
	sb_addc(s->out, '\n');
}

static void bgp_route(const struct show *s)
{
	const char *text = show_value(s, "prefix") ? show_value(s, "prefix") :
						     show_value(s, "address");
	enum family f = show_family(s);
	const struct bgp_instance *i;
	bool failed;

	i = show_instance(s, &failed);
	if (failed)
		return;
	if (!i)
		i = core_instance_find(s->core, "default");
	/* `show bgp 2001:db8::/32` needs no ipv6. */
	if (text && strchr(text, ':') && f == FAM_IPV4_UNICAST)
		f = FAM_IPV6_UNICAST;
	if (!i || !i->rib[f]) {
		not_found(s);
		return;
	}
	if (show_has(s, "longer-prefixes")) {
		struct table_spec spec = { .form = TABLE_ROUTES, .filter.inside = true };

		if (prefix_parse(text, &spec.filter.within))
			not_found(s);
		else
			show_table(s, i, f, &spec);
	} else if (f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST) {
		unicast_route(s, i, f);
	} else {
		show_rd_route(s, i, f, which_paths(s));
	}
}

static void evpn_route_or_prefix(const struct show *s)
{
	if (show_value(s, "prefix") || show_value(s, "address"))
		bgp_route(s);
	else
		evpn_route(s);
}

/* ---- dispatch ---- */

static const struct {
	int id;
	void (*show)(const struct show *s);
} commands[] = {
	{ CMD_BGP_SUMMARY, show_summary },
	{ CMD_BGP_TABLE, bgp_table },
	{ CMD_BGP_ROUTE, bgp_route },
	{ CMD_BGP_FILTERED, bgp_table },
	{ CMD_BGP_NEIGHBORS, show_neighbors },
	{ CMD_BGP_NEIGHBOR_ROUTES, neighbor_routes },
	{ CMD_BGP_VRFS, show_vrfs },
	{ CMD_BGP_NEXTHOP, show_nexthop },
	{ CMD_BGP_MEMORY, show_bgp_memory },
	{ CMD_BGP_UPDATE_GROUPS, show_update_groups },
	{ CMD_BGP_PEER_GROUP, show_peer_group },
	{ CMD_BGP_FEED, show_feed },
	{ CMD_EVPN_SUMMARY, show_evpn_summary },
	{ CMD_EVPN_TABLE, bgp_table },
	{ CMD_EVPN_ROUTE, evpn_route_or_prefix },
	{ CMD_EVPN_NEIGHBOR_ROUTES, neighbor_routes },
	{ CMD_EVPN_BGP_VNI, show_evpn_vni },
	{ CMD_EVPN_IMPORT_RT, show_evpn_import_rt },
	{ CMD_EVPN_VRF_IMPORT_RT, show_evpn_vrf_import_rt },
	{ CMD_ROUTE_MAP, show_route_map },
	{ CMD_PREFIX_LIST, show_prefix_list },
	{ CMD_COMMUNITY_LIST, show_community_list },
	{ CMD_AS_PATH_LIST, show_as_path_list },
	{ CMD_CLEAR_BGP, clear_bgp },
};

void show_exec(struct bgpd *b, const struct grammar_match *m, struct ctl_answer *a)
{
	struct show s = { b, b->core, m, a, &a->out, grammar_has(m, "json") };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].id == m->id) {
			commands[i].show(&s);
			return;
		}
	show_fail(&s, "%% bgpd does not know this command");
}
