/* Shows about bgpd as a whole: instances, next hops, memory, groups, the feed. */
#include <config.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nexthop.h"
#include "bgpd/core/out_private.h"
#include "bgpd/core/session.h"
#include "bgpd/show.h"
#include "bgpd/show_neighbor.h"
#include "bgpd/show_path.h"
#include "lib/base/xalloc.h"
#include "lib/sys/feedconn.h"

/* ---- show bgp vrfs ---- */

static void vrf_counts(const struct bgp_instance *i, unsigned *ret_peers, unsigned *ret_up)
{
	*ret_peers = *ret_up = 0;
	for (size_t k = 0; k < i->peers.n; k++) {
		*ret_peers += !i->peers.v[k]->removed;
		*ret_up += peer_established(i->peers.v[k]);
	}
}

static void vrf_row(const struct show *s, const struct bgp_instance *i, struct jsonw *j)
{
	bool is_default = strcmp(i->name, "default") == 0;
	struct ip_addr id = ip4(i->router_id);
	char a[IP_TEXT_MAX], mac[MAC_TEXT_MAX], bridge[16] = "unknown";
	unsigned peers, up;

	vrf_counts(i, &peers, &up);
	if (i->l3vni_up)
		snprintf(bridge, sizeof(bridge), "l3br%u", i->l3vni); /* overlayd's name of it */
	if (!s->json) {
		sb_addf(s->out, "%4s  %-5u  %-16s  %-9u  %-10u  %-37s\n", is_default ? "DFLT" : "VRF",
				i->index, ip_text(&id, a), peers, up, i->name);
		sb_addf(s->out, "%11s  %-16u  %-21s  %-20s\n", "", i->l3vni, mac_text(&i->rmac, mac),
				bridge);
		return;
	}
	jsonw_object(j, i->name);
	jsonw_str(j, "type", is_default ? "DFLT" : "VRF");
	jsonw_uint(j, "vrfId", i->index);
	jsonw_str(j, "routerId", ip_text(&id, a));
	jsonw_uint(j, "numConfiguredPeers", peers);
	jsonw_uint(j, "numEstablishedPeers", up);
	jsonw_uint(j, "l3vni", i->l3vni);
	jsonw_str(j, "rmac", mac_text(&i->rmac, mac));
	jsonw_uint(j, "table", i->table);
	jsonw_str(j, "interface", bridge);
	jsonw_end_object(j);
}

void show_vrfs(const struct show *s)
{
	const char *name = show_value(s, "name");
	unsigned n = 0;
	struct jsonw j;

	jsonw_init(&j, s->out, true);
	if (s->json) {
		jsonw_object(&j, NULL);
		jsonw_object(&j, "vrfs");
	} else {
		sb_addf(s->out, "Type  Id     routerId          #PeersCfg  #PeersEstb  %-37s\n", "Name");
		sb_addf(s->out, "%11s  %-16s  %-21s  %-6s\n", "", "L3-VNI", "RouterMAC", "Interface");
	}
	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *i = s->core->instances.v[k];

		if (!i || i->removed || !i->config || (name && strcmp(name, i->name) != 0))
			continue;
		n++;
		vrf_row(s, i, &j);
	}
	if (s->json) {
		jsonw_end_object(&j);
		jsonw_uint(&j, "totalVrfs", n);
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	} else {
		sb_addf(s->out, "\nTotal number of VRFs (including default): %u\n", n);
	}
}

/* ---- show bgp nexthop ---- */

/* Paths of an instance's tables by next hop: one walk for all of them. */
static uint32_t *count_paths(const struct bgp_instance *i)
{
	uint32_t *n = xcalloc(attrs_next_hop_count(i->core->attrs) + 1u, sizeof(*n));

	for (int f = 0; f < FAM_COUNT; f++)
		for (uint32_t d = 0; i->rib[f] && (d = rib_walk(i->rib[f], d));)
			for (uint32_t p = rib_dest(i->rib[f], d)->paths; p;
					p = rib_path(i->rib[f], p)->next) {
				uint32_t attrs = rib_path(i->rib[f], p)->attrs;

				if (attrs)
					n[attrs_get(i->core->attrs, attrs)->next_hop]++;
			}
	return n;
}

static bool nexthop_valid(const struct show *s, const struct nexthop *x)
{
	return s->core->options.no_overlay || (x->resolved && !x->by_default);
}

static const char *nexthop_why(const struct show *s, const struct nexthop *x)
{
	if (s->core->options.no_overlay)
		return "not tracked: runs without overlayd";
	if (!x->known)
		return "not answered by overlayd yet";
	if (!x->resolved)
		return "no route leads there";
	return x->by_default ? "only the default route leads there" :
	       x->connected  ? "connected" :
			       "resolved";
}

static void nexthop_row(const struct show *s, const struct bgp_instance *i,
		const struct nexthop *x, const uint32_t *counts, struct jsonw *j)
{
	uint32_t id = attrs_next_hop_find(s->core->attrs, &x->addr);
	uint32_t n = id && id <= attrs_next_hop_count(s->core->attrs) ? counts[id] : 0;
	char buf[IP_TEXT_MAX];

	(void)i;
	if (!s->json) {
		sb_addf(s->out, " %s %s", ip_text(&x->addr, buf), nexthop_valid(s, x) ? "valid" : "invalid");
		if (x->resolved)
			sb_addf(s->out, " [IGP metric %u]", x->metric);
		sb_addf(s->out, ", #paths %u\n  %s\n", n, nexthop_why(s, x));
		return;
	}
	jsonw_object(j, ip_text(&x->addr, buf));
	jsonw_bool(j, "valid", nexthop_valid(s, x));
	jsonw_bool(j, "complete", x->known);
	jsonw_uint(j, "igpMetric", x->metric);
	jsonw_uint(j, "pathCount", n);
	jsonw_bool(j, "connected", x->connected);
	jsonw_uint(j, "interfaceIndex", x->ifindex);
	jsonw_str(j, "reason", nexthop_why(s, x));
	jsonw_end_object(j);
}

static void nexthop_instance(const struct show *s, const struct bgp_instance *i, struct jsonw *j)
{
	const char *want = show_value(s, "address");
	uint32_t *counts = count_paths(i);
	struct ip_addr only = { 0 };
	const struct nexthop *x;

	if (want)
		ip_parse(want, &only);
	for (int six = 0; six < 2; six++) {
		if (s->json)
			jsonw_object(j, six ? "ipv6" : "ipv4");
		for (size_t k = 0; (x = nexthops_at(i->nexthops, k)); k++)
			if ((x->addr.family == 6) == six &&
					(!only.family || ip_equal(&x->addr, &only)) &&
					!(show_has(s, "ipv4") && six) &&
					!(show_has(s, "ipv6") && !six))
				nexthop_row(s, i, x, counts, j);
		if (s->json)
			jsonw_end_object(j);
	}
	free(counts);
}

void show_nexthop(const struct show *s)
{
	const struct bgp_instance *i;
	struct jsonw j;
	bool failed;

	i = show_instance(s, &failed);
	if (failed)
		return;
	jsonw_init(&j, s->out, true);
	if (s->json)
		jsonw_object(&j, NULL);
	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *x = s->core->instances.v[k];

		if (!x || x->removed || !x->nexthops || (i && x != i))
			continue;
		if (s->json && !i)
			jsonw_object(&j, x->name);
		else if (!s->json && !i)
			sb_addf(s->out, "Instance %s:\n", x->name);
		if (!s->json)
			sb_add(s->out, "Current BGP nexthop cache:\n");
		nexthop_instance(s, x, &j);
		if (s->json && !i)
			jsonw_end_object(&j);
	}
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

/* ---- memory ---- */

void show_bgp_memory(const struct show *s)
{
	uint64_t dests = 0, paths = 0, bytes = 0, peers = 0, groups = 0, members = 0;
	const struct bgp_core *c = s->core;
	struct mallinfo2 m = mallinfo2();

	for (size_t k = 0; k < c->instances.n; k++) {
		const struct bgp_instance *i = c->instances.v[k];

		if (!i)
			continue;
		peers += i->peers.n;
		for (int f = 0; f < FAM_COUNT; f++) {
			if (i->rib[f]) {
				dests += rib_dest_count(i->rib[f]);
				paths += rib_path_count(i->rib[f]);
				bytes += rib_bytes(i->rib[f]);
			}
			if (i->out[f]) {
				groups += i->out[f]->groups.n;
				for (size_t g = 0; g < i->out[f]->groups.n; g++)
					members += i->out[f]->groups.v[g]->members.n;
			}
		}
	}
	sb_addf(s->out, "%llu destinations, %llu paths, using %llu bytes of memory\n",
			(unsigned long long)dests, (unsigned long long)paths,
			(unsigned long long)bytes);
	sb_addf(s->out, "%u BGP attributes, using %zu bytes of memory\n", attrs_live(c->attrs),
			attrs_bytes(c->attrs));
	sb_addf(s->out, "%u next hops\n", attrs_next_hop_count(c->attrs));
	sb_addf(s->out, "%llu peers, using %llu bytes of memory\n", (unsigned long long)peers,
			(unsigned long long)(peers * sizeof(struct peer)));
	sb_addf(s->out, "%llu update groups with %llu members\n", (unsigned long long)groups,
			(unsigned long long)members);
	sb_addf(s->out, "%zu bytes of memory in use by the process\n", m.uordblks + m.hblkhd);
}

void show_memory(void *bgpd, struct strbuf *out)
{
	struct bgpd *b = bgpd;
	struct show s = { .bgpd = b, .core = b->core, .out = out };

	show_bgp_memory(&s);
}

/* ---- update groups ---- */

static void group_show(const struct show *s, const struct out_group *g, unsigned number,
		struct jsonw *j)
{
	char buf[IP_TEXT_MAX];

	if (!s->json) {
		sb_addf(s->out, "Update-group %u:\n  Address family: %s\n", number,
				families[g->all->family].name);
		sb_addf(s->out, "  Routes announced: %u\n  Windows made: %llu\n", g->sent.count,
				(unsigned long long)g->produced);
		if (rib_reader_pending(&g->reader))
			sb_add(s->out, "  Has more to say\n");
		if (g->blocked)
			sb_add(s->out, "  Waits for a member that is behind\n");
		sb_add(s->out, "  Peers:\n");
		for (size_t k = 0; k < g->members.n; k++)
			sb_addf(s->out, "    - %s (%zu bytes queued)\n",
					peer_name(g->members.v[k]->peer, buf),
					g->members.v[k]->queued);
		return;
	}
	snprintf(buf, sizeof(buf), "%u", number);
	jsonw_object(j, buf);
	jsonw_str(j, "afi", families[g->all->family].json);
	jsonw_uint(j, "adjListCount", g->sent.count);
	jsonw_uint(j, "windowsMade", g->produced);
	jsonw_array(j, "peers");
	for (size_t k = 0; k < g->members.n; k++)
		jsonw_str(j, NULL, peer_name(g->members.v[k]->peer, buf));
	jsonw_end_array(j);
	jsonw_end_object(j);
}

void show_update_groups(const struct show *s)
{
	const struct bgp_instance *i;
	unsigned number = 0;
	struct jsonw j;
	bool failed;

	i = show_instance(s, &failed);
	if (failed)
		return;
	jsonw_init(&j, s->out, true);
	if (s->json)
		jsonw_object(&j, NULL);
	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *x = s->core->instances.v[k];

		if (!x || (i && x != i))
			continue;
		for (int f = 0; f < FAM_COUNT; f++)
			for (size_t g = 0; x->out[f] && g < x->out[f]->groups.n; g++)
				group_show(s, x->out[f]->groups.v[g], ++number, &j);
	}
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

/* ---- peer groups, as far as members show them ---- */

static void group_members(const struct show *s, const struct bgp_instance *i, const char *group,
		struct jsonw *j)
{
	char buf[IP_TEXT_MAX];

	if (s->json)
		jsonw_object(j, "members");
	for (size_t k = 0; k < i->peers.n; k++) {
		const struct peer *p = i->peers.v[k];

		if (p->removed || !p->config.group || strcmp(p->config.group, group) != 0)
			continue;
		if (s->json) {
			jsonw_object(j, peer_name(p, buf));
			jsonw_str(j, "status", fsm_state_text(p->state));
			jsonw_end_object(j);
		} else {
			sb_addf(s->out, "    %s  %s\n", peer_name(p, buf), fsm_state_text(p->state));
		}
	}
	if (s->json)
		jsonw_end_object(j);
}

void show_peer_group(const struct show *s)
{
	const char *only = show_value(s, "group");
	const struct bgp_instance *i;
	struct jsonw j;
	bool failed;

	i = show_instance(s, &failed);
	if (failed)
		return;
	if (!i)
		i = core_instance_find(s->core, "default");
	jsonw_init(&j, s->out, true);
	if (s->json)
		jsonw_object(&j, NULL);
	for (size_t k = 0; i && k < i->peers.n; k++) {
		const char *group = i->peers.v[k]->config.group;
		bool seen = !group || (only && strcmp(only, group) != 0);

		for (size_t n = 0; n < k && !seen; n++)
			seen = i->peers.v[n]->config.group &&
			       strcmp(i->peers.v[n]->config.group, group) == 0;
		if (seen)
			continue;
		if (s->json)
			jsonw_object(&j, group);
		else
			sb_addf(s->out, "\nBGP peer-group %s\n  Peer-group members:\n", group);
		group_members(s, i, group, &j);
		if (s->json)
			jsonw_end_object(&j);
	}
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

/* ---- the feed ---- */

void show_feed(const struct show *s)
{
	struct feedconn_stats st = { 0 };
	bool up = s->bgpd->feed && feedconn_is_up(s->bgpd->feed);
	struct jsonw j;

	if (s->bgpd->feed)
		feedconn_get_stats(s->bgpd->feed, &st);
	if (!s->json) {
		if (!s->bgpd->feed)
			sb_add(s->out, "Runs without overlayd (-Z)\n");
		else
			sb_addf(s->out, "overlayd is %s\n", up ? "connected" : "not connected");
		sb_addf(s->out, "  Connections: %llu\n  Messages received: %llu, %llu bytes\n"
				"  Bytes sent: %llu\n",
				(unsigned long long)st.ups, (unsigned long long)st.in_frames,
				(unsigned long long)st.in_bytes, (unsigned long long)st.out_bytes);
		if (st.last_down[0])
			sb_addf(s->out, "  Last lost: %s\n", st.last_down);
		return;
	}
	jsonw_init(&j, s->out, true);
	jsonw_object(&j, NULL);
	jsonw_bool(&j, "up", up);
	jsonw_uint(&j, "connections", st.ups);
	jsonw_uint(&j, "messagesReceived", st.in_frames);
	jsonw_uint(&j, "bytesReceived", st.in_bytes);
	jsonw_uint(&j, "bytesSent", st.out_bytes);
	if (st.last_down[0])
		jsonw_str(&j, "lastLost", st.last_down);
	jsonw_end_object(&j);
	sb_addc(s->out, '\n');
}
