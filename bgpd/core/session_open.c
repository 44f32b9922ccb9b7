/* OPEN messages: ours from the configuration, the peer's against it, and what
 * both agree on. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"

#define RESTART_SECS 120 /* that helpers should keep our routes (RFC 4724) */

static const struct bgp_core *core_of(const struct peer *p)
{
	return p->instance->core;
}

uint16_t peer_hold_configured(const struct peer *p)
{
	return p->config.has_timers ? p->config.hold : p->instance->config->hold;
}

uint16_t peer_keepalive_configured(const struct peer *p)
{
	return p->config.has_timers ? p->config.keepalive : p->instance->config->keepalive;
}

uint16_t open_hold_secs(const struct peer *p, const struct open_msg *o)
{
	uint16_t ours = peer_hold_configured(p);

	return o->hold < ours ? o->hold : ours;
}

uint16_t open_keepalive_secs(const struct peer *p, uint16_t hold)
{
	uint16_t ours = peer_keepalive_configured(p), most = hold / 3;

	if (!hold)
		return 0;
	return ours && ours < most ? ours : most;
}

static void build_restart(const struct peer *p, struct capabilities *k)
{
	k->graceful_restart = true;
	k->gr_time = RESTART_SECS;
	if (!p->instance->config->graceful_restart)
		return; /* a helper only: no families */
	k->gr_restarting = !p->count.established;
	for (int f = 0; f < FAM_COUNT; f++) {
		k->gr_family[f] = k->family[f];
		k->gr_forwarding[f] = k->family[f] && !core_of(p)->options.no_overlay;
	}
}

static void build_capabilities(const struct peer *p, struct capabilities *k)
{
	for (int f = 0; f < FAM_COUNT; f++) {
		k->family[f] = p->config.family[f]->active;
		k->multiprotocol |= k->family[f];
		k->add_path[f] = k->family[f] ? ADD_PATH_RECEIVE : 0;
	}
	k->any = true;
	k->refresh = k->enhanced_refresh = k->extended_message = true;
	k->as4 = true;
	k->as4_number = p->local_as;
	/* RFC 8950; sessions over IPv6 without addresses of their own can't do without. */
	if (p->config.extended_next_hop || (p->config.interface[0] && !p->config.addr.family)) {
		k->extended_next_hop[FAM_IPV4_UNICAST] = k->family[FAM_IPV4_UNICAST];
		k->extended_next_hop[FAM_IPV4_VPN] = k->family[FAM_IPV4_VPN];
	}
	build_restart(p, k);
	k->fqdn = core_of(p)->config->hostname[0] != '\0';
	strncpy(k->hostname, core_of(p)->config->hostname, sizeof(k->hostname) - 1);
}

void open_build(const struct peer *p, struct open_msg *ret)
{
	*ret = (struct open_msg){
		.version = 4,
		.as = p->local_as,
		.as2 = p->local_as > UINT16_MAX ? AS_TRANS : (uint16_t)p->local_as,
		.hold = peer_hold_configured(p),
		.router_id = p->instance->router_id,
	};
	if (p->config.dont_capability_negotiate || p->session->no_options)
		ret->caps.family[FAM_IPV4_UNICAST] = p->config.family[FAM_IPV4_UNICAST]->active;
	else
		build_capabilities(p, &ret->caps);
}

static int check_as(const struct peer *p, const struct open_msg *o, struct msg_error *e)
{
	switch (p->config.remote_as_type) {
	case REMOTE_AS_NUMBER:
	case REMOTE_AS_INTERNAL:
		if (o->as != p->remote_as)
			return open_error_as(o, p->remote_as, e);
		break;
	case REMOTE_AS_EXTERNAL:
		if (o->as == p->local_as)
			return open_error_as(o, 0, e);
		break;
	case REMOTE_AS_AUTO:
		break;
	}
	return 0;
}

/* Our multiprotocol capabilities: the data of "Unsupported Capability". */
static int unsupported(const struct capabilities *ours, struct msg_error *e, const char *what)
{
	static const uint8_t all[FAM_COUNT][6] = {
		[FAM_IPV4_UNICAST] = { CAP_MULTIPROTOCOL, 4, 0, 1, 0, 1 },
		[FAM_IPV6_UNICAST] = { CAP_MULTIPROTOCOL, 4, 0, 2, 0, 1 },
		[FAM_IPV4_VPN] = { CAP_MULTIPROTOCOL, 4, 0, 1, 0, 128 },
		[FAM_IPV6_VPN] = { CAP_MULTIPROTOCOL, 4, 0, 2, 0, 128 },
		[FAM_EVPN] = { CAP_MULTIPROTOCOL, 4, 0, 25, 0, 70 },
	};

	for (int f = 0; f < FAM_COUNT; f++)
		if (ours->family[f])
			return msg_error_set(e, ERR_OPEN, ERR_OPEN_CAPABILITY, all[f], sizeof(all[f]),
					"%s", what);
	return msg_error_set(e, ERR_OPEN, ERR_OPEN_CAPABILITY, NULL, 0, "%s", what);
}

static void agree(const struct peer *p, const struct open_msg *o, struct capabilities_common *ret)
{
	capabilities_negotiate(&p->session->sent->caps, &o->caps, ret);
	if (p->config.override_capability)
		for (int f = 0; f < FAM_COUNT; f++)
			ret->family[f] |= p->config.family[f]->active;
}

static bool lacks_capability(const struct capabilities *ours, const struct capabilities *theirs)
{
	for (int f = 0; f < FAM_COUNT; f++)
		if (ours->family[f] && !theirs->family[f])
			return true;
	return (ours->refresh && !theirs->refresh) || (ours->as4 && !theirs->as4);
}

int open_check(const struct conn *conn, const struct open_msg *o, struct msg_error *e)
{
	const struct peer *p = conn->peer;
	const struct instance_config *k = p->instance->config;
	struct capabilities_common common = { 0 };
	struct open_msg ours;
	bool any = false;

	if (check_as(p, o, e) < 0)
		return -EPROTO;
	/* RFC 6286 section 2.2: only inside an AS must they differ. */
	if (o->router_id == p->instance->router_id && o->as == p->local_as)
		return open_error_id(o, e);
	if (k->min_hold && o->hold && o->hold < k->min_hold)
		return msg_error_set(e, ERR_OPEN, ERR_OPEN_HOLD, NULL, 0,
				"hold time %u is below the minimum of %u", o->hold, k->min_hold);
	open_build(p, &ours); /* with DelayOpen, ours has not been sent yet */
	if (p->config.strict_capability_match && lacks_capability(&ours.caps, &o->caps))
		return unsupported(&ours.caps, e, "a capability is missing (strict-capability-match)");
	capabilities_negotiate(&ours.caps, &o->caps, &common);
	for (int f = 0; f < FAM_COUNT; f++)
		any |= common.family[f];
	if (!any && !p->config.override_capability)
		return unsupported(&ours.caps, e, "no address family in common");
	return 0;
}

void open_apply(struct peer *p, const struct conn *conn)
{
	const struct open_msg *o = &conn->open;
	struct capabilities_common common;

	agree(p, o, &common);
	p->remote_as = o->as;
	if (p->config.remote_as_type == REMOTE_AS_AUTO)
		p->ibgp = o->as == p->instance->config->as;
	p->remote_id = o->router_id;
	p->caps = (struct session_caps){
		.as4 = common.as4,
		.refresh = common.refresh,
		.enhanced_refresh = common.enhanced_refresh,
		.extended_message = common.extended_message,
		.graceful_restart = common.graceful_restart,
		.hold = conn->hold_secs,
		.keepalive = conn->keepalive_secs,
		.max_message = common.extended_message ? MSG_EXTENDED_MAX : MSG_MAX,
	};
	for (int f = 0; f < FAM_COUNT; f++) {
		p->caps.extended_next_hop[f] = common.extended_next_hop[f];
		p->family[f].negotiated = common.family[f];
		p->family[f].add_path_rx = common.add_path_rx[f];
		p->family[f].add_path_tx = common.add_path_tx[f];
	}
}
