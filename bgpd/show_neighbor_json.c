/* show bgp neighbors json, in FRR's keys. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "bgpd/core/capability.h"
#include "bgpd/core/msg.h"
#include "bgpd/show_neighbor.h"
#include "bgpd/show_path.h"

const char *gr_local_mode(const struct peer *p)
{
	return p->instance->config && p->instance->config->graceful_restart ? "Restart*" : "Helper*";
}

const char *gr_remote_mode(const struct peer_status *st)
{
	if (!st->caps_known || !st->received)
		return "NotApplicable";
	if (!st->received->graceful_restart)
		return "Disable";
	for (int f = 0; f < FAM_COUNT; f++)
		if (st->received->gr_family[f])
			return "Restart";
	return "Helper";
}

static const char *words_json(bool sent, bool received)
{
	return sent && received ? "advertisedAndReceived" : sent ? "advertised" : "received";
}

static void capability_json(struct jsonw *j, const char *key, bool sent, bool received)
{
	if (sent || received)
		jsonw_str(j, key, words_json(sent, received));
}

static void add_path_json(const struct capabilities *s, const struct capabilities *r,
		struct jsonw *j)
{
	jsonw_object(j, "addPath");
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!s->add_path[f] && !r->add_path[f])
			continue;
		jsonw_object(j, families[f].json);
		if (s->add_path[f] & ADD_PATH_SEND && r->add_path[f] & ADD_PATH_SEND)
			jsonw_bool(j, "txAdvertisedAndReceived", true);
		else if (s->add_path[f] & ADD_PATH_SEND)
			jsonw_bool(j, "txAdvertised", true);
		else if (r->add_path[f] & ADD_PATH_SEND)
			jsonw_bool(j, "txReceived", true);
		if (s->add_path[f] & ADD_PATH_RECEIVE && r->add_path[f] & ADD_PATH_RECEIVE)
			jsonw_bool(j, "rxAdvertisedAndReceived", true);
		else if (s->add_path[f] & ADD_PATH_RECEIVE)
			jsonw_bool(j, "rxAdvertised", true);
		else if (r->add_path[f] & ADD_PATH_RECEIVE)
			jsonw_bool(j, "rxReceived", true);
		jsonw_end_object(j);
	}
	jsonw_end_object(j);
}

static void extended_next_hop_json(const struct capabilities *s, const struct capabilities *r,
		struct jsonw *j)
{
	bool sent = false, received = false;

	for (int f = 0; f < FAM_COUNT; f++) {
		sent |= s->extended_next_hop[f];
		received |= r->extended_next_hop[f];
	}
	capability_json(j, "extendedNexthop", sent, received);
	if (!received)
		return;
	jsonw_object(j, "extendedNexthopFamililesByPeer"); /* FRR's spelling */
	for (int f = 0; f < FAM_COUNT; f++)
		if (r->extended_next_hop[f])
			jsonw_str(j, families[f].json, "recieved");
	jsonw_end_object(j);
}

static void capabilities_json(const struct peer_status *st, struct jsonw *j)
{
	static const struct capabilities none;
	const struct capabilities *s = st->sent ? st->sent : &none,
				  *r = st->received ? st->received : &none;

	jsonw_object(j, "neighborCapabilities");
	capability_json(j, "4byteAs", s->as4, r->as4);
	capability_json(j, "extendedMessage", s->extended_message, r->extended_message);
	add_path_json(s, r, j);
	extended_next_hop_json(s, r, j);
	capability_json(j, "longLivedGracefulRestart", s->long_lived_gr, r->long_lived_gr);
	if (s->refresh || r->refresh)
		jsonw_str(j, "routeRefresh", s->refresh && r->refresh ? "advertisedAndReceivedNew" :
				s->refresh			      ? "advertised" :
									"received");
	capability_json(j, "enhancedRouteRefresh", s->enhanced_refresh, r->enhanced_refresh);
	jsonw_object(j, "multiprotocolExtensions");
	for (int f = 0; f < FAM_COUNT; f++)
		if (s->family[f] || r->family[f]) {
			jsonw_object(j, families[f].json);
			jsonw_bool(j, words_json(s->family[f], r->family[f]), true);
			jsonw_end_object(j);
		}
	jsonw_end_object(j);
	jsonw_object(j, "hostName");
	if (s->fqdn) {
		jsonw_str(j, "advHostName", s->hostname);
		jsonw_str(j, "advDomainName", s->domain[0] ? s->domain : "n/a");
	}
	if (r->fqdn) {
		jsonw_str(j, "rcvHostName", r->hostname);
		jsonw_str(j, "rcvDomainName", r->domain[0] ? r->domain : "n/a");
	}
	jsonw_end_object(j);
	capability_json(j, "gracefulRestart", s->graceful_restart, r->graceful_restart);
	capability_json(j, "gracefulRestartCapability", s->graceful_restart, r->graceful_restart);
	if (r->graceful_restart)
		jsonw_uint(j, "gracefulRestartRemoteTimerMsecs", r->gr_time * 1000u);
	jsonw_end_object(j);
}

static void restart_json(const struct peer *p, const struct peer_status *st, struct jsonw *j)
{
	const struct capabilities *r = st->received;

	jsonw_object(j, "gracefulRestartInfo");
	jsonw_object(j, "endOfRibSend");
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->family[f].negotiated && p->family[f].end_of_rib_sent)
			jsonw_bool(j, families[f].json, true);
	jsonw_end_object(j);
	jsonw_object(j, "endOfRibRecv");
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->family[f].negotiated && p->family[f].end_of_rib_received)
			jsonw_bool(j, families[f].json, true);
	jsonw_end_object(j);
	jsonw_str(j, "localGrMode", gr_local_mode(p));
	jsonw_str(j, "remoteGrMode", gr_remote_mode(st));
	jsonw_bool(j, "rBit", r && r->gr_restarting);
	jsonw_bool(j, "nBit", r && r->gr_notification);
	jsonw_object(j, "timers");
	jsonw_uint(j, "configuredRestartTimer", 120);
	jsonw_uint(j, "receivedRestartTimer", r ? r->gr_time : 0);
	jsonw_end_object(j);
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!p->family[f].negotiated)
			continue;
		jsonw_object(j, families[f].json);
		jsonw_bool(j, "fBit", r && r->gr_forwarding[f]);
		jsonw_object(j, "endOfRibStatus");
		jsonw_bool(j, "endOfRibSend", p->family[f].end_of_rib_sent);
		jsonw_bool(j, "endOfRibSentAfterUpdate", p->family[f].end_of_rib_sent);
		jsonw_bool(j, "endOfRibRecv", p->family[f].end_of_rib_received);
		jsonw_end_object(j);
		jsonw_end_object(j);
	}
	jsonw_end_object(j);
}

static void counters_json(const struct peer *p, const struct peer_status *st, struct jsonw *j)
{
	static const struct {
		const char *sent, *received;
		int type;
	} rows[] = { { "opensSent", "opensRecv", MSG_OPEN },
		{ "notificationsSent", "notificationsRecv", MSG_NOTIFICATION },
		{ "updatesSent", "updatesRecv", MSG_UPDATE },
		{ "keepalivesSent", "keepalivesRecv", MSG_KEEPALIVE },
		{ "routeRefreshSent", "routeRefreshRecv", MSG_REFRESH } };

	jsonw_object(j, "messageStats");
	jsonw_uint(j, "depthInq", 0);
	jsonw_uint(j, "depthOutq", st->out_queue);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		jsonw_uint(j, rows[i].sent, p->count.messages_out[rows[i].type]);
		jsonw_uint(j, rows[i].received, p->count.messages_in[rows[i].type]);
	}
	jsonw_uint(j, "capabilitySent", 0);
	jsonw_uint(j, "capabilityRecv", 0);
	jsonw_uint(j, "totalSent", p->count.messages_out[0]);
	jsonw_uint(j, "totalRecv", p->count.messages_in[0]);
	jsonw_end_object(j);
	jsonw_object(j, "prefixStats");
	jsonw_uint(j, "withdrawn", p->count.prefixes_withdrawn);
	jsonw_uint(j, "treatedAsWithdraw", p->count.treated_as_withdraw);
	jsonw_uint(j, "attributesDiscarded", p->count.attributes_discarded);
	jsonw_end_object(j);
	jsonw_uint(j, "minBtwnAdvertisementRunsTimerMsecs",
			p->config.advertisement_interval * 1000u);
}

static void names_json(const struct peer_family_config *k, struct jsonw *j)
{
	const struct {
		const char *key, *name;
	} rows[] = { { "routeMapForIncomingAdvertisements", k->in.route_map },
		{ "routeMapForOutgoingAdvertisements", k->out.route_map },
		{ "incomingUpdatePrefixFilterList", k->in.prefix_list },
		{ "outgoingUpdatePrefixFilterList", k->out.prefix_list },
		{ "incomingUpdateNetworkFilterList", k->in.distribute_list },
		{ "outgoingUpdateNetworkFilterList", k->out.distribute_list },
		{ "incomingUpdateAsPathFilterList", k->in.filter_list },
		{ "outgoingUpdateAsPathFilterList", k->out.filter_list } };

	if (policy_filter_any(&k->in))
		jsonw_bool(j, "inboundPathPolicyConfig", true);
	if (policy_filter_any(&k->out))
		jsonw_bool(j, "outboundPathPolicyConfig", true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].name)
			jsonw_str(j, rows[i].key, rows[i].name);
}

static void flag_json(struct jsonw *j, const char *key, bool on)
{
	if (on)
		jsonw_bool(j, key, true);
}

static const char *communities_sent(const struct peer_family_config *k)
{
	if (k->send_community && k->send_ext_community)
		return "extendedAndStandard";
	return k->send_community ? "standard" : k->send_ext_community ? "extended" : "large";
}

static void family_json(const struct peer *p, enum family f, struct jsonw *j)
{
	const struct peer_family_config *k = p->config.family[f];
	const struct peer_family *x = &p->family[f];

	jsonw_object(j, families[f].json);
	if (p->config.group)
		jsonw_str(j, "peerGroupMember", p->config.group);
	if (x->negotiated)
		jsonw_uint(j, "packetQueueLength", 0);
	flag_json(j, "routeReflectorClient", k->route_reflector_client);
	flag_json(j, "routeServerClient", k->route_server_client);
	flag_json(j, "inboundSoftConfigPermit", k->soft_reconfiguration);
	if (k->remove_private_as)
		jsonw_bool(j, k->remove_private_as_all ?
				(k->remove_private_as_replace ?
							"privateAsNumsAllReplacedInUpdatesToNbr" :
							"privateAsNumsAllRemovedInUpdatesToNbr") :
				k->remove_private_as_replace ? "privateAsNumsReplacedInUpdatesToNbr" :
							       "privateAsNumsRemovedInUpdatesToNbr",
				true);
	if (k->allow_as_in)
		jsonw_uint(j, "allowAsInCount", k->allow_as_in);
	flag_json(j, "overrideASNsInOutboundUpdates", k->as_override);
	flag_json(j, k->next_hop_self_force ? "alwaysRouterNextHop" : "routerAlwaysNextHop",
			k->next_hop_self);
	flag_json(j, "unchangedAsPathPropogatedToNbr", k->as_path_unchanged);
	flag_json(j, "unchangedNextHopPropogatedToNbr", k->next_hop_unchanged);
	flag_json(j, "unchangedMedPropogatedToNbr", k->med_unchanged);
	flag_json(j, "defaultSent", k->default_originate);
	if (k->send_community || k->send_ext_community || k->send_large_community)
		jsonw_str(j, "commAttriSentToNbr", communities_sent(k));
	names_json(k, j);
	jsonw_uint(j, "acceptedPrefixCounter", x->accepted);
	if (x->received != x->accepted)
		jsonw_uint(j, "receivedPrefixCounter", x->received);
	if (x->negotiated)
		jsonw_uint(j, "sentPrefixCounter", x->advertised);
	if (k->max_prefix) {
		jsonw_uint(j, "prefixAllowedMax", k->max_prefix);
		flag_json(j, "prefixAllowedMaxWarning", k->max_prefix_warning_only);
		jsonw_uint(j, "prefixAllowedWarningThresh", k->max_prefix_threshold);
		if (k->max_prefix_restart)
			jsonw_uint(j, "prefixAllowedRestartIntervalMsecs",
					k->max_prefix_restart * 60000u);
	}
	jsonw_end_object(j);
}

static void last_reset_json(const struct peer *p, const struct peer_status *st, struct jsonw *j)
{
	const struct session_error *e = &st->error;
	char words[96];

	jsonw_uint(j, "connectionsEstablished", p->count.established);
	jsonw_uint(j, "connectionsDropped", p->count.dropped);
	if (st->last_down == DOWN_NONE) {
		jsonw_str(j, "lastReset", "never");
		return;
	}
	jsonw_int(j, "lastResetTimerMsecs", secs_ago(st->reset_at) * 1000);
	jsonw_str(j, "lastResetDueTo", peer_down_text(st->last_down));
	jsonw_int(j, "lastResetCode", st->last_down);
	if (!e->code)
		return;
	session_error_text(e->code, e->subcode, words, sizeof(words));
	jsonw_str(j, "lastNotificationReason", words);
	jsonw_strf(j, "lastErrorCodeSubcode", "%02X%02X", e->code, e->subcode);
	jsonw_bool(j, "lastNotificationHardReset", e->hard);
	if (e->message[0])
		jsonw_str(j, "lastShutdownDescription", e->message);
}

static void connection_json(const struct show *s, const struct peer *p,
		const struct peer_status *st, struct jsonw *j)
{
	struct socket_status sock = { .fd = -1 };
	char buf[IP_TEXT_MAX];
	uint8_t ttl, min_ttl;

	sockets_status(s->bgpd->sockets, st->conn, &sock);
	peer_ttl(p, &ttl, &min_ttl);
	jsonw_uint(j, p->ibgp ? "internalBgpNbrMaxHopsAway" : "externalBgpNbrMaxHopsAway",
			min_ttl ? 256u - min_ttl : ttl);
	jsonw_str(j, "hostLocal", st->local.family ? ip_text(&st->local, buf) : "Unknown");
	jsonw_int(j, "portLocal", st->local.family ? st->local_port : -1);
	jsonw_str(j, "hostForeign", st->remote.family ? ip_text(&st->remote, buf) : "Unknown");
	jsonw_int(j, "portForeign", st->remote.family ? st->remote_port : -1);
	if (st->local.family) {
		jsonw_str(j, "nexthop", ip_text(p->local_addr4.family ? &p->local_addr4 : &p->local_addr, buf));
		jsonw_str(j, "nexthopGlobal", p->local_addr6.family ? ip_text(&p->local_addr6, buf) :
								      "::");
		jsonw_str(j, "nexthopLocal",
				p->local_link_local6.family ? ip_text(&p->local_link_local6, buf) :
							      "::");
		jsonw_str(j, "bgpConnection", p->on_link ? "sharedNetwork" : "nonSharedNetwork");
	}
	jsonw_uint(j, "connectRetryTimer", p->config.connect_retry);
	if (st->connect_retry_left)
		jsonw_uint(j, "nextConnectTimerDueInMsecs", st->connect_retry_left * 1000u);
	if (sock.mss)
		jsonw_uint(j, "bgpTcpMssSynced", sock.mss);
	if (p->config.password)
		jsonw_bool(j, "authenticationEnabled", true);
	jsonw_str(j, "readThread", sock.fd >= 0 ? "on" : "off");
	jsonw_str(j, "writeThread", sock.fd >= 0 ? "on" : "off");
}

static void timers_json(const struct peer *p, const struct peer_status *st, struct jsonw *j)
{
	char up[32];

	if (peer_established(p)) {
		jsonw_int(j, "bgpTimerUpMsec", secs_ago(st->since) * 1000);
		jsonw_str(j, "bgpTimerUpString", uptime_text(secs_ago(st->since), up));
		jsonw_int(j, "bgpTimerUpEstablishedEpoch",
				wall_seconds(p->instance->core, st->since / 1000000));
	}
	jsonw_int(j, "bgpTimerLastRead", secs_ago(st->last_read) * 1000);
	jsonw_int(j, "bgpTimerLastWrite", secs_ago(st->last_write) * 1000);
	jsonw_int(j, "bgpInUpdateElapsedTimeMsecs", secs_ago(st->last_update) * 1000);
	jsonw_uint(j, "bgpTimerConfiguredHoldTimeMsecs", st->hold_configured * 1000u);
	jsonw_uint(j, "bgpTimerConfiguredKeepAliveIntervalMsecs", st->keepalive_configured * 1000u);
	jsonw_uint(j, "bgpTimerHoldTimeMsecs", st->hold * 1000u);
	jsonw_uint(j, "bgpTimerKeepAliveIntervalMsecs", st->keepalive * 1000u);
}

void neighbor_json(const struct show *s, const struct peer *p, struct jsonw *j)
{
	struct ip_addr remote = ip4(p->remote_id), local = ip4(p->instance->router_id);
	char buf[IP_TEXT_MAX];
	struct peer_status st;

	peer_status_get(p, &st);
	jsonw_object(j, peer_name(p, buf));
	if (p->config.interface[0] && st.remote.family)
		jsonw_str(j, "bgpNeighborAddr", ip_text(&st.remote, buf));
	jsonw_uint(j, "remoteAs", p->remote_as);
	jsonw_uint(j, "localAs", p->local_as);
	flag_json(j, "localAsNoPrepend", p->config.local_as_no_prepend);
	flag_json(j, "localAsReplaceAs", p->config.local_as_replace_as);
	jsonw_bool(j, p->ibgp ? "nbrInternalLink" : p->confed ? "nbrConfedExternalLink" :
								 "nbrExternalLink", true);
	jsonw_str(j, "localRole", "undefined");
	jsonw_str(j, "remoteRole", "undefined");
	if (p->config.description)
		jsonw_str(j, "nbrDesc", p->config.description);
	if (st.hostname[0])
		jsonw_str(j, "hostname", st.hostname);
	if (st.domain[0])
		jsonw_str(j, "domainname", st.domain);
	if (p->config.group)
		jsonw_str(j, "peerGroup", p->config.group);
	flag_json(j, "adminShutDown", st.admin_shutdown);
	jsonw_uint(j, "bgpVersion", 4);
	jsonw_str(j, "remoteRouterId", ip_text(&remote, buf));
	jsonw_str(j, "localRouterId", ip_text(&local, buf));
	jsonw_str(j, "bgpState", fsm_state_text(p->state));
	timers_json(p, &st, j);
	jsonw_bool(j, "extendedOptionalParametersLength", false);
	if (st.caps_known)
		capabilities_json(&st, j);
	restart_json(p, &st, j);
	counters_json(p, &st, j);
	jsonw_object(j, "addressFamilyInfo");
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->config.family[f]->active)
			family_json(p, (enum family)f, j);
	jsonw_end_object(j);
	last_reset_json(p, &st, j);
	connection_json(s, p, &st, j);
	jsonw_end_object(j);
}
