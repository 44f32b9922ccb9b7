/* show bgp summary: peers, one a line, for each family. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/session.h"
#include "bgpd/show.h"
#include "bgpd/show_path.h"
#include "bgpd/sockets.h"

/* FRR's order of families. */
static const enum family order[] = { FAM_IPV4_UNICAST, FAM_IPV4_VPN, FAM_IPV6_UNICAST, FAM_IPV6_VPN,
	FAM_EVPN };

struct summary {
	const struct show *show;
	const struct bgp_instance *instance;
	enum family family;
	struct peer **peers; /* with this family active */
	size_t n, failed, shown, dynamic;
	struct jsonw *j;
};

static const char *state_text(const struct peer *p, const struct peer_status *st)
{
	if (st->admin_shutdown)
		return "Idle (Admin)";
	if (st->max_prefix_down)
		return "Idle (PfxCt)";
	return fsm_state_text(p->state);
}

static const char *peer_state(const struct peer *p, const struct peer_status *st)
{
	const struct peer_config *k = &p->config;

	if (st->admin_shutdown)
		return "Admin";
	if (st->max_prefix_down)
		return "PfxCt";
	for (int f = 0; f < FAM_COUNT && p->instance->config &&
			p->instance->config->ebgp_requires_policy && !p->ibgp;
			f++)
		if (k->family[f]->active && !policy_filter_any(&k->family[f]->in))
			return "Policy";
	return "OK";
}

static bool is_failed(const struct peer *p)
{
	return !peer_established(p);
}

/* Does the command ask for this peer? */
static bool wanted(const struct summary *m, const struct peer *p)
{
	const struct show *s = m->show;
	const char *as = show_value(s, "as"), *neighbor = show_value(s, "neighbor");

	if (show_has(s, "failed") && !is_failed(p))
		return false;
	if (show_has(s, "established") && is_failed(p))
		return false;
	if (neighbor && show_peer(s, m->instance) != p)
		return false;
	if (!as)
		return true;
	if (strcmp(as, "internal") == 0)
		return p->ibgp;
	if (strcmp(as, "external") == 0)
		return !p->ibgp;
	return p->remote_as == strtoul(as, NULL, 10);
}

static int64_t secs_since(mono_t at)
{
	return at ? (mono_now() - at) / 1000000 : 0;
}

static size_t memory_of_peers(size_t n)
{
	return n * sizeof(struct peer);
}

/* ---- text ---- */

static void head_text(const struct summary *m, struct strbuf *out)
{
	struct ip_addr id = ip4(m->instance->router_id);
	const struct rib *rib = m->instance->rib[m->family];
	char buf[IP_TEXT_MAX];

	sb_addf(out, "BGP router identifier %s, local AS number %u vrf-id %u\n", ip_text(&id, buf),
			m->instance->config->as, m->instance->index);
	sb_addf(out, "BGP table version %u\n", rib ? rib_version(rib) : 0);
	sb_addf(out, "RIB entries %u, using %zu bytes of memory\n", rib ? rib_dest_count(rib) : 0,
			rib ? rib_bytes(rib) : 0);
	sb_addf(out, "Peers %zu, using %zu KiB of memory\n\n", m->n, memory_of_peers(m->n) / 1024);
}

static void failed_row_text(const struct peer *p, const struct peer_status *st, struct strbuf *out)
{
	char name[IP_TEXT_MAX], up[32];

	sb_addf(out, "%-16s", peer_name(p, name));
	sb_addf(out, "%7u %7u %9s %s\n", p->count.established, p->count.dropped,
			st->last_down_at ? uptime_text(secs_since(
							       st->last_down_at), up) :
					   "never",
			peer_down_text(st->last_down));
}

static void row_text(const struct summary *m, const struct peer *p, const struct peer_status *st,
		struct strbuf *out)
{
	const struct rib *rib = m->instance->rib[m->family];
	struct socket_status sock = { 0 };
	char name[IP_TEXT_MAX], up[32];
	size_t from = out->len;

	sockets_status(m->show->bgpd->sockets, st->conn, &sock);
	if (p->config.dynamic)
		sb_addc(out, '*');
	sb_add(out, peer_name(p, name));
	if (out->len - from >= 16)
		sb_addf(out, "\n%*s", 16, "");
	else
		sb_addf(out, "%*s", (int)(16 - (out->len - from)), "");
	sb_addf(out, "4 %10u %9llu %9llu %8u %4zu %4zu %8s", p->remote_as,
			(unsigned long long)p->count.messages_in[0],
			(unsigned long long)p->count.messages_out[0],
			rib && peer_established(p) ? rib_version(rib) : 0, sock.in_queue,
			sock.out_queue + st->out_queue,
			st->since ? uptime_text(secs_since(st->since), up) :
				    "never");
	if (peer_established(p) && p->family[m->family].negotiated)
		sb_addf(out, " %12u %8u", p->family[m->family].accepted,
				p->family[m->family].advertised);
	else if (peer_established(p))
		sb_addf(out, " %12s %8u", "NoNeg", 0);
	else
		sb_addf(out, " %12s %8u", state_text(p, st), 0);
	sb_addf(out, " %s\n", p->config.description ? p->config.description : "N/A");
}

static void family_text(struct summary *m)
{
	struct strbuf *out = m->show->out;
	bool failed_only = show_has(m->show, "failed");

	sb_addf(out, "\n%s Summary (VRF %s):\n", families[m->family].name, m->instance->name);
	if (!m->shown) {
		sb_addf(out, "%% No %sBGP neighbors found\n",
				failed_only ? "failed " :
				show_has(m->show, "established") ? "established " : "");
		return;
	}
	if (!show_has(m->show, "terse"))
		head_text(m, out);
	sb_add(out, failed_only ? "Neighbor        EstdCnt DropCnt ResetTime Reason\n" :
				  "Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc\n");
	for (size_t k = 0; k < m->n; k++) {
		struct peer_status st;

		if (!wanted(m, m->peers[k]))
			continue;
		peer_status_get(m->peers[k], &st);
		if (failed_only)
			failed_row_text(m->peers[k], &st, out);
		else
			row_text(m, m->peers[k], &st, out);
	}
	if (m->shown < m->n)
		sb_addf(out, "\nDisplayed neighbors %zu", m->shown);
	sb_addf(out, "\nTotal number of neighbors %zu\n", m->n);
}

/* ---- JSON ---- */

static void up_json(const struct peer *p, const struct peer_status *st, struct jsonw *j)
{
	int64_t secs = secs_since(st->since);
	char up[32];

	jsonw_str(j, "peerUptime", st->since ? uptime_text(secs, up) : "never");
	jsonw_int(j, "peerUptimeMsec", secs * 1000);
	if (st->since && peer_established(p))
		jsonw_int(j, "peerUptimeEstablishedEpoch",
				wall_seconds(p->instance->core, st->since / 1000000));
}

static void row_json(const struct summary *m, const struct peer *p, const struct peer_status *st)
{
	const struct peer_family *f = &p->family[m->family];
	struct socket_status sock = { 0 };
	struct jsonw *j = m->j;

	sockets_status(m->show->bgpd->sockets, st->conn, &sock);
	if (show_has(m->show, "failed")) {
		jsonw_uint(j, "connectionsEstablished", p->count.established);
		jsonw_uint(j, "connectionsDropped", p->count.dropped);
		up_json(p, st, j);
		jsonw_str(j, "lastResetDueTo", peer_down_text(st->last_down));
		jsonw_int(j, "lastResetCode", st->last_down);
		jsonw_str(j, "idType", p->config.addr.family == 6 ? "ipv6" :
				       p->config.addr.family == 4 ? "ipv4" : "interface");
		return;
	}
	if (st->hostname[0])
		jsonw_str(j, "hostname", st->hostname);
	jsonw_uint(j, "remoteAs", p->remote_as);
	jsonw_uint(j, "localAs", p->local_as);
	jsonw_uint(j, "version", 4);
	jsonw_uint(j, "msgRcvd", p->count.messages_in[0]);
	jsonw_uint(j, "msgSent", p->count.messages_out[0]);
	jsonw_uint(j, "tableVersion", m->instance->rib[m->family] && peer_established(p) ?
			rib_version(m->instance->rib[m->family]) : 0);
	jsonw_uint(j, "outq", sock.out_queue + st->out_queue);
	jsonw_uint(j, "inq", sock.in_queue);
	up_json(p, st, j);
	jsonw_uint(j, "pfxRcd", peer_established(p) ? f->accepted : 0);
	jsonw_uint(j, "pfxSnt", peer_established(p) ? f->advertised : 0);
	jsonw_str(j, "state", peer_established(p) && !f->negotiated ? "NoNeg" : state_text(p, st));
	jsonw_str(j, "peerState", peer_state(p, st));
	jsonw_uint(j, "connectionsEstablished", p->count.established);
	jsonw_uint(j, "connectionsDropped", p->count.dropped);
	if (p->config.dynamic)
		jsonw_bool(j, "dynamicPeer", true);
	if (p->config.description)
		jsonw_str(j, "desc", p->config.description);
	jsonw_str(j, "idType", p->config.addr.family == 6 ? "ipv6" :
			       p->config.addr.family == 4 ? "ipv4" : "interface");
}

static void family_json(struct summary *m, const char *key)
{
	const struct rib *rib = m->instance->rib[m->family];
	struct ip_addr id = ip4(m->instance->router_id);
	struct jsonw *j = m->j;
	char buf[IP_TEXT_MAX];

	jsonw_object(j, key);
	jsonw_str(j, "routerId", ip_text(&id, buf));
	jsonw_uint(j, "as", m->instance->config->as);
	jsonw_uint(j, "vrfId", m->instance->index);
	jsonw_str(j, "vrfName", m->instance->name);
	jsonw_uint(j, "tableVersion", rib ? rib_version(rib) : 0);
	jsonw_uint(j, "ribCount", rib ? rib_dest_count(rib) : 0);
	jsonw_uint(j, "ribMemory", rib ? rib_bytes(rib) : 0);
	jsonw_uint(j, "peerCount", m->n);
	jsonw_uint(j, "peerMemory", memory_of_peers(m->n));
	jsonw_object(j, "peers");
	for (size_t k = 0; k < m->n; k++) {
		struct peer_status st;

		if (!wanted(m, m->peers[k]))
			continue;
		peer_status_get(m->peers[k], &st);
		jsonw_object(j, peer_name(m->peers[k], buf));
		row_json(m, m->peers[k], &st);
		jsonw_end_object(j);
	}
	jsonw_end_object(j);
	jsonw_uint(j, "failedPeers", m->failed);
	if (show_has(m->show, "failed"))
		jsonw_uint(j, "failedPeersCount", m->failed);
	jsonw_uint(j, "displayedPeers", m->shown);
	jsonw_uint(j, "totalPeers", m->n);
	jsonw_uint(j, "dynamicPeers", m->dynamic);
	jsonw_object(j, "bestPath");
	jsonw_str(j, "multiPathRelax",
			m->instance->config->decision.multipath_relax ? "true" : "false");
	jsonw_end_object(j);
	jsonw_end_object(j);
}

/* ---- families and instances ---- */

static void summary_family(const struct show *s, const struct bgp_instance *i, enum family f,
		struct jsonw *j, const char *key, bool always)
{
	struct summary m = { .show = s, .instance = i, .family = f, .j = j };
	size_t n;

	m.peers = show_peers(i, &n);
	for (size_t k = 0; k < n; k++) {
		struct peer *p = m.peers[k];

		if (!p->config.family[f]->active)
			continue;
		m.peers[m.n++] = p;
		m.failed += is_failed(p);
		m.dynamic += p->config.dynamic;
		m.shown += wanted(&m, p);
	}
	if (m.n || always) {
		if (s->json)
			family_json(&m, key);
		else
			family_text(&m);
	}
	free(m.peers);
}

static void summary_instance(const struct show *s, const struct bgp_instance *i, struct jsonw *j)
{
	size_t from = s->out->len;
	bool ipv4 = show_has(s, "ipv4") || show_has(s, "ip"), ipv6 = show_has(s, "ipv6");

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		enum family f = order[k];

		if ((ipv4 && families[f].afi != 1) || (ipv6 && families[f].afi != 2))
			continue;
		if (show_has(s, "evpn") && f != FAM_EVPN)
			continue;
		summary_family(s, i, f, j, families[f].json, false);
	}
	if (!s->json && s->out->len == from)
		sb_addf(s->out, "%% No BGP neighbors found in VRF %s\n", i->name);
}

void show_summary(const struct show *s)
{
	bool one_family = show_has(s, "unicast") || show_has(s, "vpn") || show_has(s, "evpn");
	bool all = show_all_vrfs(s), failed;
	const struct bgp_instance *i = show_instance(s, &failed);
	struct jsonw j;

	if (failed)
		return;
	jsonw_init(&j, s->out, true);
	if (s->json && (all || !one_family))
		jsonw_object(&j, NULL);
	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *x = s->core->instances.v[k];

		if (!x || x->removed || !x->config || (i && x != i) || x->config->automatic)
			continue;
		if (all && s->json)
			jsonw_object(&j, x->name);
		if (one_family && !all)
			summary_family(s, x, show_family(s), &j, NULL, true);
		else if (one_family)
			summary_family(s, x, show_family(s), &j, families[show_family(s)].json, false);
		else
			summary_instance(s, x, &j);
		if (all && s->json)
			jsonw_end_object(&j);
	}
	if (s->json && (all || !one_family))
		jsonw_end_object(&j);
	if (s->json)
		sb_addc(s->out, '\n');
}

void show_evpn_summary(const struct show *s)
{
	show_summary(s);
}
