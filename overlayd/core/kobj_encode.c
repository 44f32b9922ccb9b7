/* What we ask of the kernel, as bytes: see kobj.h. */
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "overlayd/core/kobj.h"

#define REPLACE (NLM_F_CREATE | NLM_F_REPLACE)
#define GRE_KEY_BIT 0x2000 /* RFC 2890 */

static uint8_t af(uint8_t family)
{
	return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
}

static void vrf_encode(struct nlw *w, const struct klink *l)
{
	nlw_u32(w, IFLA_VRF_TABLE, l->table);
}

/* No VLAN filtering, no STP: a bridge-domain is one segment. */
static void bridge_encode(struct nlw *w, const struct klink *l)
{
	(void)l;
	nlw_u32(w, IFLA_BR_STP_STATE, 0);
	nlw_u32(w, IFLA_BR_FORWARD_DELAY, 0);
}

static void vxlan_encode(struct nlw *w, const struct klink *l)
{
	nlw_u32(w, IFLA_VXLAN_ID, l->vni);
	nlw_ip(w, l->local.family == 6 ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL, &l->local);
	nlw_be16(w, IFLA_VXLAN_PORT, l->port);
	nlw_u8(w, IFLA_VXLAN_LEARNING, l->learning);
	nlw_u8(w, IFLA_VXLAN_TTL, 64);
}

static void gre_encode(struct nlw *w, const struct klink *l)
{
	uint16_t flags = l->has_key ? GRE_KEY_BIT : 0;

	nlw_ip(w, IFLA_GRE_LOCAL, &l->local);
	nlw_ip(w, IFLA_GRE_REMOTE, &l->remote);
	nlw_be16(w, IFLA_GRE_IFLAGS, flags);
	nlw_be16(w, IFLA_GRE_OFLAGS, flags);
	if (l->has_key) {
		nlw_be32(w, IFLA_GRE_IKEY, l->key);
		nlw_be32(w, IFLA_GRE_OKEY, l->key);
	}
	nlw_u8(w, IFLA_GRE_TTL, l->ttl);
	/* The kernel refuses a fixed TTL without path MTU discovery (ip_gre.c). */
	if (l->kind == KLINK_GRE)
		nlw_u8(w, IFLA_GRE_PMTUDISC, 1);
}

static const struct {
	const char *name;
	void (*encode)(struct nlw *, const struct klink *);
} kinds[] = {
	[KLINK_VRF] = { "vrf", vrf_encode },
	[KLINK_BRIDGE] = { "bridge", bridge_encode },
	[KLINK_VXLAN] = { "vxlan", vxlan_encode },
	[KLINK_GRE] = { "gre", gre_encode },
	[KLINK_GRE6] = { "ip6gre", gre_encode },
};

bool kobj_encode_link_create(struct nlw *w, uint32_t seq, const struct klink *l)
{
	struct ifinfomsg h = { .ifi_family = AF_UNSPEC };
	size_t info, data;

	if (l->flags & IFF_UP) {
		h.ifi_flags = IFF_UP;
		h.ifi_change = IFF_UP;
	}
	nlw_begin(w, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, seq, &h, sizeof(h));
	nlw_str(w, IFLA_IFNAME, l->name);
	nlw_u32(w, IFLA_GROUP, l->group);
	if (l->mtu)
		nlw_u32(w, IFLA_MTU, l->mtu);
	if (l->has_mac)
		nlw_attr(w, IFLA_ADDRESS, l->mac.b, sizeof(l->mac.b));
	if (l->master)
		nlw_u32(w, IFLA_MASTER, l->master);
	info = nlw_nest(w, IFLA_LINKINFO);
	nlw_str(w, IFLA_INFO_KIND, kinds[l->kind].name);
	data = nlw_nest(w, IFLA_INFO_DATA);
	kinds[l->kind].encode(w, l);
	nlw_nest_end(w, data);
	nlw_nest_end(w, info);
	return nlw_end(w);
}

bool kobj_encode_link_set(struct nlw *w, uint32_t seq, const struct klink *l, unsigned what)
{
	struct ifinfomsg h = { .ifi_family = AF_UNSPEC, .ifi_index = (int)l->ifindex };
	size_t info, data;

	if (what & KLINK_SET_UP) {
		h.ifi_flags = l->flags & IFF_UP;
		h.ifi_change = IFF_UP;
	}
	nlw_begin(w, RTM_NEWLINK, 0, seq, &h, sizeof(h));
	if (what & KLINK_SET_MTU)
		nlw_u32(w, IFLA_MTU, l->mtu);
	if (what & KLINK_SET_MAC)
		nlw_attr(w, IFLA_ADDRESS, l->mac.b, sizeof(l->mac.b));
	if (what & KLINK_SET_MASTER)
		nlw_u32(w, IFLA_MASTER, l->master);
	if (what & (KLINK_SET_PORT | KLINK_SET_MARK)) {
		info = nlw_nest(w, IFLA_LINKINFO);
		nlw_str(w, IFLA_INFO_SLAVE_KIND, "bridge");
		data = nlw_nest(w, IFLA_INFO_SLAVE_DATA);
		if (what & KLINK_SET_PORT) {
			nlw_u8(w, IFLA_BRPORT_NEIGH_SUPPRESS, l->port_suppress);
			nlw_u8(w, IFLA_BRPORT_LEARNING, l->port_learning);
		}
		if (what & KLINK_SET_MARK)
			nlw_u32(w, IFLA_BRPORT_COST, KOBJ_PORT_COST);
		nlw_nest_end(w, data);
		nlw_nest_end(w, info);
	}
	return nlw_end(w);
}

bool kobj_encode_link_delete(struct nlw *w, uint32_t seq, uint32_t ifindex)
{
	struct ifinfomsg h = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };

	nlw_begin(w, RTM_DELLINK, 0, seq, &h, sizeof(h));
	return nlw_end(w);
}

bool kobj_encode_addr(struct nlw *w, uint32_t seq, const struct kaddr *a, bool add)
{
	struct ifaddrmsg h = { .ifa_family = af(a->addr.family),
		.ifa_prefixlen = a->len,
		.ifa_index = a->ifindex };

	nlw_begin(w, add ? RTM_NEWADDR : RTM_DELADDR, add ? REPLACE : 0, seq, &h, sizeof(h));
	nlw_ip(w, IFA_LOCAL, &a->addr);
	nlw_ip(w, IFA_ADDRESS, &a->addr);
	if (add) {
		nlw_u8(w, IFA_PROTO, a->proto);
		if (a->flags)
			nlw_u32(w, IFA_FLAGS, a->flags);
		if (a->addr.family == 4 && a->len < 31) {
			struct ip_addr brd = a->addr;

			for (unsigned bit = a->len; bit < 32; bit++)
				brd.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
			nlw_ip(w, IFA_BROADCAST, &brd);
		}
	}
	return nlw_end(w);
}

bool kobj_encode_nexthop(struct nlw *w, uint32_t seq, const struct knexthop *n, bool add)
{
	struct nhmsg h = { .nh_protocol = add ? n->proto : 0 };

	if (add && !n->is_group) {
		h.nh_family = af(n->family);
		h.nh_flags = n->onlink ? RTNH_F_ONLINK : 0;
	}
	nlw_begin(w, add ? RTM_NEWNEXTHOP : RTM_DELNEXTHOP, add ? REPLACE : 0, seq, &h, sizeof(h));
	nlw_u32(w, NHA_ID, n->id);
	if (!add)
		return nlw_end(w);
	if (n->is_group) {
		struct nexthop_grp g[KNEXTHOP_MAX];

		memset(g, 0, sizeof(g));
		for (unsigned i = 0; i < n->n; i++) {
			g[i].id = n->members[i].id;
			g[i].weight = (uint8_t)(n->members[i].weight - 1);
		}
		nlw_attr(w, NHA_GROUP, g, n->n * sizeof(g[0]));
	} else if (n->blackhole) {
		nlw_attr(w, NHA_BLACKHOLE, NULL, 0);
	} else {
		nlw_u32(w, NHA_OIF, n->oif);
		if (n->gateway.family)
			nlw_ip(w, NHA_GATEWAY, &n->gateway);
	}
	return nlw_end(w);
}

bool kobj_encode_neigh(struct nlw *w, uint32_t seq, const struct kneigh *n, bool add)
{
	struct ndmsg h = { .ndm_family = af(n->ip.family),
		.ndm_ifindex = (int)n->ifindex,
		.ndm_state = add ? n->state : 0,
		.ndm_flags = add ? n->flags : 0 };

	nlw_begin(w, add ? RTM_NEWNEIGH : RTM_DELNEIGH, add ? REPLACE : 0, seq, &h, sizeof(h));
	nlw_ip(w, NDA_DST, &n->ip);
	if (add) {
		nlw_attr(w, NDA_LLADDR, n->mac.b, sizeof(n->mac.b));
		nlw_u8(w, NDA_PROTOCOL, n->proto);
	}
	return nlw_end(w);
}

bool kobj_encode_probe(struct nlw *w, uint32_t seq, uint32_t ifindex, const struct ip_addr *ip)
{
	struct ndmsg h = { .ndm_family = af(ip->family),
		.ndm_ifindex = (int)ifindex,
		.ndm_state = NUD_NONE,
		.ndm_flags = NTF_USE };

	nlw_begin(w, RTM_NEWNEIGH, NLM_F_CREATE, seq, &h, sizeof(h));
	nlw_ip(w, NDA_DST, ip);
	return nlw_end(w);
}

bool kobj_encode_fdb(struct nlw *w, uint32_t seq, const struct kneigh *n, bool add)
{
	static const struct mac_addr flood;
	bool all = memcmp(&n->mac, &flood, sizeof(flood)) == 0;
	struct ndmsg h = { .ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)n->ifindex,
		.ndm_state = n->state,
		.ndm_flags = n->flags };

	nlw_begin(w, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
			!add ? 0 : all ? NLM_F_CREATE | NLM_F_APPEND : REPLACE, seq, &h, sizeof(h));
	nlw_attr(w, NDA_LLADDR, n->mac.b, sizeof(n->mac.b));
	/* A unicast entry is deleted whole; with a destination the kernel would look
	 * for exactly that one. */
	if (n->flags & NTF_SELF && n->dst.family && (add || all))
		nlw_ip(w, NDA_DST, &n->dst);
	return nlw_end(w);
}

bool kobj_encode_route(struct nlw *w, uint32_t seq, const struct kroute *r, bool add)
{
	struct rtmsg h = { .rtm_family = af(r->prefix.family),
		.rtm_dst_len = r->prefix.len,
		.rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.rtm_protocol = r->proto,
		.rtm_scope = add ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE,
		.rtm_type = add ? r->type : RTN_UNSPEC };

	nlw_begin(w, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? REPLACE : 0, seq, &h, sizeof(h));
	nlw_attr(w, RTA_DST, r->prefix.b, family_bits(r->prefix.family) / 8);
	if (r->table >= 256)
		nlw_u32(w, RTA_TABLE, r->table);
	nlw_u32(w, RTA_PRIORITY, r->metric);
	if (add && r->nhid)
		nlw_u32(w, RTA_NH_ID, r->nhid);
	return nlw_end(w);
}

void kobj_encode_dump(struct nlw *w, uint32_t seq, enum kobj_type type, uint8_t family)
{
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct nhmsg nexthop;
		struct ndmsg neigh;
		struct rtmsg route;
	} h;
	static const struct {
		uint16_t msg;
		size_t len;
	} rows[KOBJ_TYPES] = {
		[KOBJ_LINK] = { RTM_GETLINK, sizeof(struct ifinfomsg) },
		[KOBJ_ADDR] = { RTM_GETADDR, sizeof(struct ifaddrmsg) },
		[KOBJ_NEXTHOP] = { RTM_GETNEXTHOP, sizeof(struct nhmsg) },
		[KOBJ_NEIGH] = { RTM_GETNEIGH, sizeof(struct ndmsg) },
		/* The FDB's dump looks for an ifinfomsg (rtnl_fdb_dump). */
		[KOBJ_FDB] = { RTM_GETNEIGH, sizeof(struct ndmsg) },
		[KOBJ_ROUTE] = { RTM_GETROUTE, sizeof(struct rtmsg) },
	};

	memset(&h, 0, sizeof(h));
	*(uint8_t *)&h = type == KOBJ_FDB ? AF_BRIDGE : af(family); /* family is first in all */
	nlw_begin(w, rows[type].msg, NLM_F_DUMP, seq, &h, rows[type].len);
	nlw_end(w);
}
