/* show bgp neighbors: text.  JSON is in show_neighbor_json.c. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/capability.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/session.h"
#include "bgpd/show.h"
#include "bgpd/show_neighbor.h"
#include "bgpd/show_path.h"

const char *advertised_words(bool sent, bool received)
{
	return sent && received ? "advertised and received" : sent ? "advertised" : "received";
}

int64_t secs_ago(mono_t at)
{
	return at ? (mono_now() - at) / 1000000 : 0;
}

static const char *ago_text(mono_t at, char buf[32])
{
	return at ? uptime_text(secs_ago(at), buf) : "never";
}

static void head_text(const struct peer *p, const struct peer_status *st, struct strbuf *out)
{
	struct ip_addr remote = ip4(p->remote_id), local = ip4(p->instance->router_id);
	char name[IP_TEXT_MAX], a[IP_TEXT_MAX], b[IP_TEXT_MAX], up[32];

	sb_addf(out, "BGP neighbor %s %s, remote AS %u, local AS %u%s%s, %s link\n",
			p->config.interface[0] && !p->config.addr.family ? "on" : "is",
			peer_name(p, name), p->remote_as, p->local_as,
			p->config.local_as_no_prepend ? " no-prepend" : "",
			p->config.local_as_replace_as ? " replace-as" : "",
			p->ibgp	  ? "internal" :
			p->confed ? "confed-external" :
				    "external");
	sb_add(out, "  Local Role: undefined\n  Remote Role: undefined\n");
	if (p->config.description)
		sb_addf(out, " Description: %s\n", p->config.description);
	if (st->hostname[0])
		sb_addf(out, "Hostname: %s%s%s\n", st->hostname, st->domain[0] ? "." : "", st->domain);
	if (p->config.group)
		sb_addf(out, " Member of peer-group %s for session parameters\n", p->config.group);
	if (st->admin_shutdown)
		sb_addf(out, " Administratively shut down%s%s\n",
				p->config.shutdown_message ? ": " : "",
				p->config.shutdown_message ? p->config.shutdown_message : "");
	sb_addf(out, "  BGP version 4, remote router ID %s, local router ID %s\n",
			ip_text(&remote, a), ip_text(&local, b));
	sb_addf(out, "  BGP state = %s", fsm_state_text(p->state));
	if (peer_established(p))
		sb_addf(out, ", up for %s", uptime_text(secs_ago(st->since), up));
	sb_addc(out, '\n');
	sb_addf(out, "  Last read %s", ago_text(st->last_read, up));
	sb_addf(out, ", Last write %s\n", ago_text(st->last_write, up));
	sb_addf(out, "  Hold time is %u seconds, keepalive interval is %u seconds\n", st->hold,
			st->keepalive);
	sb_addf(out, "  Configured hold time is %u seconds, keepalive interval is %u seconds\n",
			st->hold_configured, st->keepalive_configured);
}

static void capability_line(struct strbuf *out, const char *name, bool sent, bool received)
{
	if (sent || received)
		sb_addf(out, "    %s: %s\n", name, advertised_words(sent, received));
}

static void add_path_text(const struct capabilities *s, const struct capabilities *r,
		struct strbuf *out)
{
	bool any = false;

	for (int f = 0; f < FAM_COUNT; f++) {
		if (!s->add_path[f] && !r->add_path[f])
			continue;
		if (!any)
			sb_add(out, "    AddPath:\n");
		any = true;
		if ((s->add_path[f] | r->add_path[f]) & ADD_PATH_SEND)
			sb_addf(out, "      %s: TX %s\n", families[f].name,
					advertised_words(s->add_path[f] & ADD_PATH_SEND,
							r->add_path[f] & ADD_PATH_SEND));
		if ((s->add_path[f] | r->add_path[f]) & ADD_PATH_RECEIVE)
			sb_addf(out, "      %s: RX %s\n", families[f].name,
					advertised_words(s->add_path[f] & ADD_PATH_RECEIVE,
							r->add_path[f] & ADD_PATH_RECEIVE));
	}
}

static void capabilities_text(const struct peer_status *st, struct strbuf *out)
{
	static const struct capabilities none;
	const struct capabilities *s = st->sent ? st->sent : &none,
				  *r = st->received ? st->received : &none;
	bool enh_s = false, enh_r = false;

	sb_add(out, "  Neighbor capabilities:\n");
	capability_line(out, "4 Byte AS", s->as4, r->as4);
	capability_line(out, "Extended Message", s->extended_message, r->extended_message);
	add_path_text(s, r, out);
	for (int f = 0; f < FAM_COUNT; f++) {
		enh_s |= s->extended_next_hop[f];
		enh_r |= r->extended_next_hop[f];
	}
	capability_line(out, "Extended nexthop", enh_s, enh_r);
	if (enh_r) {
		sb_add(out, "      Address families by peer:\n");
		for (int f = 0; f < FAM_COUNT; f++)
			if (r->extended_next_hop[f])
				sb_addf(out, "                   %s\n", families[f].name);
	}
	capability_line(out, "Long-lived Graceful Restart", s->long_lived_gr, r->long_lived_gr);
	if (s->refresh || r->refresh)
		sb_addf(out, "    Route refresh: %s%s\n", advertised_words(s->refresh, r->refresh),
				r->refresh ? "(new)" : "");
	capability_line(out, "Enhanced Route Refresh", s->enhanced_refresh, r->enhanced_refresh);
	for (int f = 0; f < FAM_COUNT; f++)
		if (s->family[f] || r->family[f])
			sb_addf(out, "    Address Family %s: %s\n", families[f].name,
					advertised_words(s->family[f], r->family[f]));
	if (s->fqdn || r->fqdn) {
		sb_add(out, "    Hostname Capability:");
		if (s->fqdn)
			sb_addf(out, " advertised (name: %s,domain name: %s)", s->hostname,
					s->domain[0] ? s->domain : "n/a");
		if (r->fqdn)
			sb_addf(out, " received (name: %s,domain name: %s)", r->hostname,
					r->domain[0] ? r->domain : "n/a");
		sb_addc(out, '\n');
	}
	capability_line(out, "Graceful Restart Capability", s->graceful_restart,
			r->graceful_restart);
	if (r->graceful_restart)
		sb_addf(out, "      Remote Restart timer is %u seconds\n", r->gr_time);
	for (unsigned i = 0; i < r->n_unknown; i++)
		sb_addf(out, "    Capability %u: received, not known here\n", r->unknown[i]);
}

static void counters_text(const struct peer *p, const struct peer_status *st, struct strbuf *out)
{
	static const struct {
		const char *name;
		int type;
	} rows[] = { { "Opens", MSG_OPEN }, { "Notifications", MSG_NOTIFICATION },
		{ "Updates", MSG_UPDATE }, { "Keepalives", MSG_KEEPALIVE },
		{ "Route Refresh", MSG_REFRESH }, { "Total", 0 } };
	const struct peer_counters *n = &p->count;
	char label[32];

	sb_addf(out, "  Message statistics:\n    Inq depth is 0\n    Outq depth is %u\n"
		     "                         Sent       Rcvd\n",
			st->out_queue);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(label, sizeof(label), "%s:", rows[i].name);
		sb_addf(out, "    %-14s %10llu %10llu\n", label,
				(unsigned long long)n->messages_out[rows[i].type],
				(unsigned long long)n->messages_in[rows[i].type]);
	}
	if (n->treated_as_withdraw || n->attributes_discarded)
		sb_addf(out, "  Malformed: %llu routes treated as withdrawn, %llu attributes discarded\n",
				(unsigned long long)n->treated_as_withdraw,
				(unsigned long long)n->attributes_discarded);
	sb_addf(out, "  Minimum time between advertisement runs is %u seconds\n",
			p->config.advertisement_interval);
}

static void map_text(struct strbuf *out, const char *what, const struct policy *policy,
		const char *name)
{
	if (name)
		sb_addf(out, "  %s is %s%s\n", what, policy && policy_has_map(policy, name) ? "*" : "",
				name);
}

static void list_text(struct strbuf *out, const char *what, const char *name)
{
	if (name)
		sb_addf(out, "  %s is *%s\n", what, name);
}

static void policy_text(const struct peer *p, const struct peer_family_config *k, struct strbuf *out)
{
	const struct policy *policy = p->instance->core->policy;
	bool in = policy_filter_any(&k->in), outbound = policy_filter_any(&k->out);

	if (in)
		sb_add(out, "  Inbound path policy configured\n");
	if (outbound)
		sb_add(out, "  Outbound path policy configured\n");
	list_text(out, "Incoming update prefix filter list", k->in.prefix_list);
	list_text(out, "Outgoing update prefix filter list", k->out.prefix_list);
	list_text(out, "Incoming update network filter list", k->in.distribute_list);
	list_text(out, "Outgoing update network filter list", k->out.distribute_list);
	list_text(out, "Incoming update AS path filter list", k->in.filter_list);
	list_text(out, "Outgoing update AS path filter list", k->out.filter_list);
	map_text(out, "Route map for incoming advertisements", policy, k->in.route_map);
	map_text(out, "Route map for outgoing advertisements", policy, k->out.route_map);
	if (!p->ibgp && p->instance->config && p->instance->config->ebgp_requires_policy) {
		if (!in)
			sb_add(out, "  Inbound updates discarded due to missing policy\n");
		if (!outbound)
			sb_add(out, "  Outbound updates discarded due to missing policy\n");
	}
}

static void family_text(const struct peer *p, enum family f, struct strbuf *out)
{
	const struct peer_family_config *k = p->config.family[f];
	const struct peer_family *x = &p->family[f];

	sb_addf(out, "\n For address family: %s\n", families[f].name);
	if (p->config.group)
		sb_addf(out, "  %s peer-group member\n", p->config.group);
	if (!x->negotiated)
		sb_add(out, "  Not part of any update group\n");
	if (k->route_reflector_client)
		sb_add(out, "  Route-Reflector Client\n");
	if (k->route_server_client)
		sb_add(out, "  Route-Server Client\n");
	if (k->soft_reconfiguration)
		sb_add(out, "  Inbound soft reconfiguration allowed\n");
	if (k->remove_private_as)
		sb_addf(out, "  Private AS numbers%s %s in updates to this neighbor\n",
				k->remove_private_as_all ? " (all)" : "",
				k->remove_private_as_replace ? "replaced" : "removed");
	if (k->allow_as_in)
		sb_addf(out, "  Local AS allowed as path origin, %u times\n", k->allow_as_in);
	if (k->as_override)
		sb_add(out, "  Override ASNs in outbound updates if equals remote-as\n");
	if (k->next_hop_self)
		sb_addf(out, "  NEXT_HOP is always this router%s\n",
				k->next_hop_self_force ? " (force)" : "");
	if (k->next_hop_unchanged)
		sb_add(out, "  NEXT_HOP is propagated unchanged to this neighbor\n");
	if (k->as_path_unchanged)
		sb_add(out, "  AS_PATH is propagated unchanged to this neighbor\n");
	if (k->med_unchanged)
		sb_add(out, "  MED is propagated unchanged to this neighbor\n");
	if (k->send_community || k->send_ext_community || k->send_large_community)
		sb_addf(out, "  Community attribute sent to this neighbor(%s)\n",
				k->send_community && k->send_ext_community &&
						k->send_large_community ?
						"all" :
				k->send_community && k->send_ext_community ? "both" :
				k->send_community			    ? "standard" :
				k->send_ext_community			    ? "extended" :
									      "large");
	if (k->default_originate)
		sb_addf(out, "  Default information originate%s%s\n",
				k->default_originate_map ? ", default route-map " : "",
				k->default_originate_map ? k->default_originate_map : "");
	policy_text(p, k, out);
	sb_addf(out, "  %u accepted prefixes", x->accepted);
	if (x->received != x->accepted)
		sb_addf(out, " of %u received", x->received);
	sb_addc(out, '\n');
	if (k->max_prefix)
		sb_addf(out, "  Maximum prefixes allowed %u%s\n  Threshold for warning message %u%%\n",
				k->max_prefix, k->max_prefix_warning_only ? " (warning-only)" : "",
				k->max_prefix_threshold);
}

static void last_reset_text(const struct peer *p, const struct peer_status *st, struct strbuf *out)
{
	const struct session_error *e = &st->error;
	char words[96], up[32];

	sb_addf(out, "\n  Connections established %u; dropped %u\n", p->count.established,
			p->count.dropped);
	if (st->last_down == DOWN_NONE) {
		sb_add(out, "  Last reset never\n");
		return;
	}
	sb_addf(out, "  Last reset %s,  ", st->reset_at ? ago_text(st->reset_at, up) : "never");
	if (e->code && (st->last_down == DOWN_NOTIFY_RECEIVED || st->last_down == DOWN_NOTIFY_SENT)) {
		session_error_text(e->code, e->subcode, words, sizeof(words));
		sb_addf(out, "Notification %s (%s)\n", e->received ? "received" : "sent", words);
		if (e->message[0])
			sb_addf(out, "    Message: \"%s\"\n", e->message);
		if (e->len && !e->message[0]) {
			sb_add(out, "    Data:");
			for (unsigned i = 0; i < e->len; i++)
				sb_addf(out, " %02x", e->data[i]);
			sb_addc(out, '\n');
		}
	} else {
		sb_addf(out, "%s\n", peer_down_text(st->last_down));
	}
}

static void connection_text(const struct show *s, const struct peer *p,
		const struct peer_status *st, struct strbuf *out)
{
	struct socket_status sock = { .fd = -1 };
	char buf[IP_TEXT_MAX];
	uint8_t ttl, min_ttl;

	sockets_status(s->bgpd->sockets, st->conn, &sock);
	peer_ttl(p, &ttl, &min_ttl);
	if (min_ttl)
		sb_addf(out, "  External BGP neighbor may be up to %u hops away.\n",
				256u - min_ttl);
	else if (!p->ibgp)
		sb_addf(out, "  External BGP neighbor may be up to %u hops away.\n", ttl);
	else
		sb_addf(out, "  Internal BGP neighbor may be up to %u hops away.\n", ttl);
	if (st->local.family) {
		sb_addf(out, "Local host: %s, Local port: %u\n", ip_text(&st->local, buf),
				st->local_port);
		sb_addf(out, "Foreign host: %s, Foreign port: %u\n", ip_text(&st->remote, buf),
				st->remote_port);
		sb_addf(out, "Nexthop: %s\n", ip_text(p->local_addr4.family ? &p->local_addr4 : &p->local_addr, buf));
		if (p->local_addr6.family)
			sb_addf(out, "Nexthop global: %s\n", ip_text(&p->local_addr6, buf));
		if (p->local_link_local6.family)
			sb_addf(out, "Nexthop local: %s\n", ip_text(&p->local_link_local6, buf));
		sb_addf(out, "BGP connection: %s\n",
				p->on_link ? "shared network" : "non shared network");
	}
	sb_addf(out, "BGP Connect Retry Timer in Seconds: %u\n", p->config.connect_retry);
	if (st->connect_retry_left)
		sb_addf(out, "Next connect timer due in %u seconds\n", st->connect_retry_left);
	if (p->config.password)
		sb_add(out, "Peer Authentication Enabled\n");
	sb_addf(out, "Read thread: %s  Write thread: %s  FD used: %d\n\n",
			sock.fd >= 0 ? "on" : "off", sock.fd >= 0 ? "on" : "off", sock.fd);
}

static void neighbor_text(const struct show *s, const struct peer *p)
{
	struct strbuf *out = s->out;
	struct peer_status st;

	peer_status_get(p, &st);
	head_text(p, &st, out);
	if (st.caps_known)
		capabilities_text(&st, out);
	sb_addf(out, "  Graceful restart information:\n    Local GR Mode: %s\n    Remote GR Mode: %s\n",
			gr_local_mode(p), gr_remote_mode(&st));
	counters_text(p, &st, out);
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->config.family[f]->active)
			family_text(p, (enum family)f, out);
	last_reset_text(p, &st, out);
	connection_text(s, p, &st, out);
	sb_addc(out, '\n');
}

/* ---- which ---- */

static bool one_instance(const struct show *s, const struct bgp_instance *i, struct jsonw *j)
{
	const char *name = show_value(s, "neighbor");
	const struct peer *only = name ? show_peer(s, i) : NULL;
	size_t n;
	struct peer **peers;

	if (name && !only)
		return false;
	peers = show_peers(i, &n);
	for (size_t k = 0; k < n; k++) {
		if (only && peers[k] != only)
			continue;
		if (s->json)
			neighbor_json(s, peers[k], j);
		else
			neighbor_text(s, peers[k]);
	}
	free(peers);
	return true;
}

void show_neighbors(const struct show *s)
{
	const struct bgp_instance *i;
	struct jsonw j;
	bool failed, found = false, all = show_all_vrfs(s);

	i = show_instance(s, &failed);
	if (failed)
		return;
	jsonw_init(&j, s->out, true);
	if (s->json)
		jsonw_object(&j, NULL);
	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *x = s->core->instances.v[k];

		if (!x || x->removed || !x->config || (i && x != i))
			continue;
		if (all && s->json) {
			jsonw_object(&j, x->name);
			jsonw_uint(&j, "vrfId", x->index);
			jsonw_str(&j, "vrfName", x->name);
		} else if (all) {
			sb_addf(s->out, "\nInstance %s:\n", x->name);
		}
		found |= one_instance(s, x, &j);
		if (all && s->json)
			jsonw_end_object(&j);
	}
	if (s->json && !found && show_value(s, "neighbor"))
		jsonw_bool(&j, "bgpNoSuchNeighbor", true);
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	} else if (!found && show_value(s, "neighbor")) {
		sb_add(s->out, "% No such neighbor in this view/vrf\n");
	}
}
