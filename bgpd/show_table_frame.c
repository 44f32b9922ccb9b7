/* What stands above and below the rows of a table. */
#include <config.h>

#include "bgpd/show_table_private.h"

static bool has_rds(enum family f)
{
	return f != FAM_IPV4_UNICAST && f != FAM_IPV6_UNICAST;
}

static uint32_t instance_as(const struct bgp_instance *i)
{
	return i->config ? i->config->as : 0;
}

static uint32_t default_pref(const struct bgp_instance *i)
{
	return i->config ? i->config->default_local_pref : 100;
}

void table_legend_text(struct table_gen *g, const struct bgp_instance *i, struct strbuf *out)
{
	struct ip_addr id = ip4(i->router_id);
	char buf[IP_TEXT_MAX];

	g->header_out = true;
	sb_addf(out, "BGP table version is %u, local router ID is %s", rib_version(i->rib[g->family]),
			ip_text(&id, buf));
	if (g->family == FAM_EVPN) {
		sb_add(out, "\nStatus codes: s suppressed, d damped, h history, * valid, > best, i - internal\n"
			    "Origin codes: i - IGP, e - EGP, ? - incomplete\n"
			    "EVPN type-1 prefix: [1]:[EthTag]:[ESI]:[IPlen]:[VTEP-IP]:[Frag-id]\n"
			    "EVPN type-2 prefix: [2]:[EthTag]:[MAClen]:[MAC]:[IPlen]:[IP]\n"
			    "EVPN type-3 prefix: [3]:[EthTag]:[IPlen]:[OrigIP]\n"
			    "EVPN type-4 prefix: [4]:[ESI]:[IPlen]:[OrigIP]\n"
			    "EVPN type-5 prefix: [5]:[EthTag]:[IPlen]:[IP]\n\n");
	} else {
		sb_addf(out, ", vrf id %u\nDefault local pref %u, local AS %u\n", i->index,
				default_pref(i), instance_as(i));
		sb_add(out, "Status codes:  s suppressed, d damped, h history, * valid, > best, = multipath,\n"
			    "               i internal, r RIB-failure, S Stale, R Removed\n"
			    "Nexthop codes: @NNN nexthop's vrf id, < announce-nh-self\n"
			    "Origin codes:  i - IGP, e - EGP, ? - incomplete\n"
			    "RPKI validation codes: V valid, I invalid, N Not found\n\n");
	}
	if (g->spec.wide)
		sb_addf(out, "   %-45s%-41s    Metric LocPrf Weight Path\n", "Network", "Next Hop");
	else
		sb_add(out, "   Network          Next Hop            Metric LocPrf Weight Path\n");
	if (g->spec.form == TABLE_EVPN_ROUTES)
		sb_add(out, "                    Extended Community\n");
}

static void codes_json(struct jsonw *j, bool evpn)
{
	static const struct {
		const char *name, *code;
	} status[] = { { "suppressed", "s" }, { "damped", "d" }, { "history", "h" },
		{ "valid", "*" }, { "best", ">" }, { "internal", "i" }, { "multipath", "=" },
		{ "ribFailure", "r" }, { "stale", "S" }, { "removed", "R" } };

	jsonw_object(j, "bgpStatusCodes");
	for (size_t k = 0; k < (evpn ? 6 : sizeof(status) / sizeof(status[0])); k++)
		jsonw_str(j, status[k].name, status[k].code);
	jsonw_end_object(j);
	jsonw_object(j, "bgpOriginCodes");
	jsonw_str(j, "igp", "i");
	jsonw_str(j, "egp", "e");
	jsonw_str(j, "incomplete", "?");
	jsonw_end_object(j);
}

void table_head_json(struct table_gen *g, const struct bgp_instance *i)
{
	struct ip_addr id = ip4(i->router_id);
	uint32_t version = rib_version(i->rib[g->family]);
	struct jsonw *j = &g->j;
	char buf[IP_TEXT_MAX];

	jsonw_object(j, g->spec.all_vrfs ? i->name : NULL);
	if (g->spec.form == TABLE_EVPN_ROUTES)
		return;
	if (g->spec.form == TABLE_ROUTES && g->family != FAM_EVPN) {
		jsonw_uint(j, "vrfId", i->index);
		jsonw_str(j, "vrfName", i->name);
		jsonw_uint(j, "tableVersion", version);
		jsonw_str(j, "routerId", ip_text(&id, buf));
	} else {
		jsonw_uint(j, "bgpTableVersion", version);
		jsonw_str(j, "bgpLocalRouterId", ip_text(&id, buf));
	}
	jsonw_uint(j, "defaultLocPrf", default_pref(i));
	jsonw_uint(j, "localAS", instance_as(i));
	if (g->spec.form == TABLE_PEER || g->spec.form == TABLE_ADVERTISED) {
		codes_json(j, g->family == FAM_EVPN);
		jsonw_object(j, g->spec.form == TABLE_PEER ? "receivedRoutes" : "advertisedRoutes");
	} else if (g->family != FAM_EVPN) {
		jsonw_object(j, "routes");
		if (has_rds(g->family))
			jsonw_object(j, "routeDistinguishers");
	}
}

void table_foot_json(struct table_gen *g)
{
	struct jsonw *j = &g->j;
	bool peer = g->spec.form == TABLE_PEER || g->spec.form == TABLE_ADVERTISED;

	if (g->rd_open)
		jsonw_end_object(j);
	if (peer || g->family != FAM_EVPN)
		jsonw_end_object(j);
	if (!peer && has_rds(g->family) && g->family != FAM_EVPN)
		jsonw_end_object(j);
	if (peer) {
		jsonw_uint(j, "totalPrefixCounter", g->routes);
		jsonw_uint(j, "filteredPrefixCounter", g->filtered);
	} else if (g->family == FAM_EVPN) {
		jsonw_uint(j, "numPrefix", g->routes);
		jsonw_uint(j, g->spec.form == TABLE_EVPN_ROUTES ? "numPaths" : "totalPrefix",
				g->spec.form == TABLE_EVPN_ROUTES ? g->paths : g->n);
	} else {
		jsonw_uint(j, "totalRoutes", g->routes);
		jsonw_uint(j, "totalPaths", g->paths);
	}
	jsonw_end_object(j);
}

void table_foot_text(struct table_gen *g, struct strbuf *out)
{
	if (g->spec.form == TABLE_PEER || g->spec.form == TABLE_ADVERTISED) {
		if (g->header_out)
			sb_addf(out, "\nTotal number of prefixes %u", g->routes);
		if (g->filtered)
			sb_addf(out, " (%u filtered)", g->filtered);
		if (g->header_out)
			sb_addc(out, '\n');
	} else if (!g->header_out) {
		sb_addf(out, "No %sBGP prefixes displayed, %u exist\n",
				g->family == FAM_EVPN ? "EVPN " : "", g->n);
	} else if (g->spec.form == TABLE_EVPN_ROUTES) {
		sb_addf(out, "\nDisplayed %u prefixes (%u paths)\n", g->routes, g->paths);
	} else if (g->family == FAM_EVPN) {
		sb_addf(out, "\nDisplayed %u out of %u total prefixes\n", g->routes, g->n);
	} else {
		sb_addf(out, "\nDisplayed  %u routes and %u total paths\n", g->routes, g->paths);
	}
}

