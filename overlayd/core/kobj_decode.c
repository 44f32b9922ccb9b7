/* What the kernel says, as values: see kobj.h.  Unknown attributes are skipped,
 * as rtnetlink promises to grow. */
#include <errno.h>
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

static void port_decode(const struct nla *nest, struct klink *l)
{
	struct nla_iter it = nla_nested(nest);
	struct nla a;

	l->is_port = true;
	while (nla_next(&it, &a)) {
		if (a.type == IFLA_BRPORT_NEIGH_SUPPRESS)
			l->port_suppress = nla_u8(&a);
		else if (a.type == IFLA_BRPORT_LEARNING)
			l->port_learning = nla_u8(&a);
		else if (a.type == IFLA_BRPORT_COST)
			l->port_cost = nla_u32(&a);
	}
}

static void vxlan_decode(const struct nla *nest, struct klink *l)
{
	struct nla_iter it = nla_nested(nest);
	struct nla a;

	while (nla_next(&it, &a)) {
		switch (a.type) {
		case IFLA_VXLAN_ID:
			l->vni = nla_u32(&a);
			break;
		case IFLA_VXLAN_LOCAL:
		case IFLA_VXLAN_LOCAL6:
			l->local = nla_ip(&a);
			break;
		case IFLA_VXLAN_PORT:
			l->port = nla_be16(&a);
			break;
		case IFLA_VXLAN_LEARNING:
			l->learning = nla_u8(&a);
			break;
		}
	}
}

static void gre_decode(const struct nla *nest, struct klink *l)
{
	struct nla_iter it = nla_nested(nest);
	struct nla a;

	while (nla_next(&it, &a)) {
		switch (a.type) {
		case IFLA_GRE_LOCAL:
			l->local = nla_ip(&a);
			break;
		case IFLA_GRE_REMOTE:
			l->remote = nla_ip(&a);
			break;
		case IFLA_GRE_IFLAGS:
			l->has_key = nla_be16(&a) & 0x2000; /* GRE_KEY, RFC 2890 */
			break;
		case IFLA_GRE_IKEY:
			l->key = nla_be32(&a);
			break;
		case IFLA_GRE_TTL:
			l->ttl = nla_u8(&a);
			break;
		}
	}
}

static void vrf_decode(const struct nla *nest, struct klink *l)
{
	struct nla_iter it = nla_nested(nest);
	struct nla a;

	while (nla_next(&it, &a))
		if (a.type == IFLA_VRF_TABLE)
			l->table = nla_u32(&a);
}

static const struct {
	const char *name;
	uint8_t kind;
	void (*decode)(const struct nla *, struct klink *);
} link_kinds[] = {
	{ "vrf", KLINK_VRF, vrf_decode },
	{ "bridge", KLINK_BRIDGE, NULL },
	{ "vxlan", KLINK_VXLAN, vxlan_decode },
	{ "gre", KLINK_GRE, gre_decode },
	{ "ip6gre", KLINK_GRE6, gre_decode },
};

static void linkinfo_decode(const struct nla *nest, struct klink *l)
{
	struct nla_iter it = nla_nested(nest);
	struct nla a, data = { 0 }, slave_data = { 0 };
	char kind[16] = "", slave_kind[16] = "";

	while (nla_next(&it, &a)) {
		if (a.type == IFLA_INFO_KIND)
			nla_str(&a, kind, sizeof(kind));
		else if (a.type == IFLA_INFO_SLAVE_KIND)
			nla_str(&a, slave_kind, sizeof(slave_kind));
		else if (a.type == IFLA_INFO_DATA)
			data = a;
		else if (a.type == IFLA_INFO_SLAVE_DATA)
			slave_data = a;
	}
	for (size_t i = 0; i < sizeof(link_kinds) / sizeof(link_kinds[0]); i++) {
		if (strcmp(kind, link_kinds[i].name) != 0)
			continue;
		l->kind = link_kinds[i].kind;
		if (link_kinds[i].decode && data.data)
			link_kinds[i].decode(&data, l);
	}
	if (strcmp(slave_kind, "bridge") == 0 && slave_data.data)
		port_decode(&slave_data, l);
}

static int link_decode(const struct nlmsg *m, struct kobj *ret)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, sizeof(struct ifinfomsg));
	struct klink *l = &ret->link;
	struct ifinfomsg h;
	struct nla a;

	if (m->len < sizeof(h))
		return -EPROTO;
	memcpy(&h, m->body, sizeof(h));
	memset(l, 0, sizeof(*l));
	ret->type = KOBJ_LINK;
	l->ifindex = (uint32_t)h.ifi_index;
	l->flags = h.ifi_flags;
	/* A bridge speaks of its ports in messages of its own family.  Its "gone"
	 * means that the port left the bridge, not that the link is no more. */
	l->port_only = h.ifi_family == AF_BRIDGE;
	if (h.ifi_family != AF_UNSPEC && !(l->port_only && !ret->gone))
		return 0;
	while (nla_next(&it, &a)) {
		switch (a.type) {
		case IFLA_IFNAME:
			nla_str(&a, l->name, sizeof(l->name));
			break;
		case IFLA_MTU:
			l->mtu = nla_u32(&a);
			break;
		case IFLA_MASTER:
			l->master = nla_u32(&a);
			break;
		case IFLA_GROUP:
			l->group = nla_u32(&a);
			break;
		case IFLA_OPERSTATE:
			l->operstate = nla_u8(&a);
			break;
		case IFLA_ADDRESS:
			l->mac = nla_mac(&a);
			l->has_mac = a.len == 6;
			break;
		case IFLA_LINKINFO:
			linkinfo_decode(&a, l);
			break;
		case IFLA_PROTINFO:
			if (l->port_only)
				port_decode(&a, l);
			break;
		}
	}
	if (it.failed || l->ifindex == 0)
		return -EPROTO;
	return 1;
}

static int addr_decode(const struct nlmsg *m, struct kobj *ret)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, sizeof(struct ifaddrmsg));
	struct kaddr *k = &ret->addr;
	struct ip_addr local = { 0 }, address = { 0 };
	struct ifaddrmsg h;
	struct nla a;

	if (m->len < sizeof(h))
		return -EPROTO;
	memcpy(&h, m->body, sizeof(h));
	if (h.ifa_family != AF_INET && h.ifa_family != AF_INET6)
		return 0;
	memset(k, 0, sizeof(*k));
	ret->type = KOBJ_ADDR;
	k->ifindex = h.ifa_index;
	k->len = h.ifa_prefixlen;
	k->flags = h.ifa_flags;
	while (nla_next(&it, &a)) {
		switch (a.type) {
		case IFA_LOCAL:
			local = nla_ip(&a);
			break;
		case IFA_ADDRESS:
			address = nla_ip(&a);
			break;
		case IFA_FLAGS:
			k->flags = nla_u32(&a);
			break;
		case IFA_PROTO:
			k->proto = nla_u8(&a);
			break;
		}
	}
	k->addr = local.family ? local : address; /* IFA_ADDRESS is the peer's, if there is one */
	if (it.failed || k->addr.family != (h.ifa_family == AF_INET ? 4 : 6) ||
			k->len > family_bits(k->addr.family))
		return -EPROTO;
	return 1;
}

static void group_decode(const struct nla *a, struct knexthop *n)
{
	struct nexthop_grp g;

	n->is_group = true;
	for (size_t at = 0; at + sizeof(g) <= a->len; at += sizeof(g)) {
		if (n->n == KNEXTHOP_MAX) {
			n->other = true;
			return;
		}
		memcpy(&g, a->data + at, sizeof(g));
		n->members[n->n].id = g.id;
		n->members[n->n++].weight = (uint16_t)(g.weight + 1);
	}
}

static int nexthop_decode(const struct nlmsg *m, struct kobj *ret)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, sizeof(struct nhmsg));
	struct knexthop *n = &ret->nexthop;
	struct nhmsg h;
	struct nla a;

	if (m->len < sizeof(h))
		return -EPROTO;
	memcpy(&h, m->body, sizeof(h));
	memset(n, 0, offsetof(struct knexthop, members));
	ret->type = KOBJ_NEXTHOP;
	n->proto = h.nh_protocol;
	n->family = h.nh_family == AF_INET ? 4 : h.nh_family == AF_INET6 ? 6 : 0;
	n->onlink = h.nh_flags & RTNH_F_ONLINK;
	while (nla_next(&it, &a)) {
		switch (a.type) {
		case NHA_ID:
			n->id = nla_u32(&a);
			break;
		case NHA_OIF:
			n->oif = nla_u32(&a);
			break;
		case NHA_GATEWAY:
			n->gateway = nla_ip(&a);
			break;
		case NHA_BLACKHOLE:
			n->blackhole = true;
			break;
		case NHA_GROUP:
			group_decode(&a, n);
			break;
		case NHA_GROUP_TYPE:
			n->other |= nla_u16(&a) != NEXTHOP_GRP_TYPE_MPATH;
			break;
		case NHA_FDB:
		case NHA_ENCAP:
			n->other = true;
			break;
		}
	}
	if (it.failed || n->id == 0)
		return -EPROTO;
	return 1;
}

static int neigh_decode(const struct nlmsg *m, struct kobj *ret)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, sizeof(struct ndmsg));
	struct kneigh *n = &ret->neigh;
	struct nla a, dst = { 0 };
	struct ndmsg h;

	if (m->len < sizeof(h))
		return -EPROTO;
	memcpy(&h, m->body, sizeof(h));
	memset(n, 0, sizeof(*n));
	n->ifindex = (uint32_t)h.ndm_ifindex;
	n->state = h.ndm_state;
	n->flags = h.ndm_flags;
	while (nla_next(&it, &a)) {
		switch (a.type) {
		case NDA_DST:
			dst = a;
			break;
		case NDA_LLADDR:
			n->mac = nla_mac(&a);
			n->has_mac = a.len == 6;
			break;
		case NDA_MASTER:
			n->master = nla_u32(&a);
			break;
		case NDA_PROTOCOL:
			n->proto = nla_u8(&a);
			break;
		case NDA_VLAN:
			n->vlan = nla_u16(&a);
			break;
		}
	}
	if (it.failed)
		return -EPROTO;
	if (h.ndm_family == AF_BRIDGE) {
		ret->type = KOBJ_FDB;
		if (dst.data)
			n->dst = nla_ip(&dst);
		return n->has_mac;
	}
	ret->type = KOBJ_NEIGH;
	if (h.ndm_family != AF_INET && h.ndm_family != AF_INET6)
		return 0;
	n->ip = nla_ip(&dst);
	return n->ip.family == (h.ndm_family == AF_INET ? 4 : 6) ? 1 : -EPROTO;
}

/* RTA_MULTIPATH: a list of rtnexthop, each with attributes behind it. */
static bool multipath_decode(const struct nla *mp, struct kroute *r)
{
	const uint8_t *p = mp->data, *end = p + mp->len;

	while ((size_t)(end - p) >= sizeof(struct rtnexthop)) {
		struct rtnexthop h;
		struct nla_iter it;
		struct nla a;

		memcpy(&h, p, sizeof(h));
		if (h.rtnh_len < sizeof(h) || h.rtnh_len > (size_t)(end - p))
			return false;
		if (r->n < KROUTE_HOPS_MAX) {
			struct khop *hop = &r->hops[r->n++];

			*hop = (struct khop){ .oif = (uint32_t)h.rtnh_ifindex };
			it = nla_iter_init(p, h.rtnh_len, sizeof(h));
			while (nla_next(&it, &a)) {
				if (a.type == RTA_GATEWAY)
					hop->gateway = nla_ip(&a);
				else if (a.type == RTA_VIA && a.len > 2)
					hop->gateway = ip_from_bytes(a.data + 2, a.len - 2);
			}
			if (it.failed)
				return false;
		}
		p += RTNH_ALIGN(h.rtnh_len) < end - p ? RTNH_ALIGN(h.rtnh_len) : end - p;
	}
	return p == end;
}

static int route_decode(const struct nlmsg *m, struct kobj *ret)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, sizeof(struct rtmsg));
	struct kroute *r = &ret->route;
	struct ip_addr dst = { 0 };
	struct khop hop = { { 0 }, 0 };
	struct rtmsg h;
	struct nla a;

	if (m->len < sizeof(h))
		return -EPROTO;
	memcpy(&h, m->body, sizeof(h));
	if ((h.rtm_family != AF_INET && h.rtm_family != AF_INET6) || h.rtm_flags & RTM_F_CLONED ||
			h.rtm_tos != 0)
		return 0;
	if (h.rtm_type != RTN_UNICAST && h.rtm_type != RTN_BLACKHOLE &&
			h.rtm_type != RTN_UNREACHABLE && h.rtm_type != RTN_PROHIBIT)
		return 0;
	ret->type = KOBJ_ROUTE;
	r->table = h.rtm_table;
	r->proto = h.rtm_protocol;
	r->type = h.rtm_type;
	r->scope = h.rtm_scope;
	r->metric = 0;
	r->nhid = 0;
	r->n = 0;
	dst.family = h.rtm_family == AF_INET ? 4 : 6;
	while (nla_next(&it, &a)) {
		switch (a.type) {
		case RTA_DST:
			dst = nla_ip(&a);
			break;
		case RTA_TABLE:
			r->table = nla_u32(&a);
			break;
		case RTA_PRIORITY:
			r->metric = nla_u32(&a);
			break;
		case RTA_OIF:
			hop.oif = nla_u32(&a);
			break;
		case RTA_GATEWAY:
			hop.gateway = nla_ip(&a);
			break;
		case RTA_VIA:
			if (a.len > 2)
				hop.gateway = ip_from_bytes(a.data + 2, a.len - 2);
			break;
		case RTA_NH_ID:
			r->nhid = nla_u32(&a);
			break;
		case RTA_MULTIPATH:
			if (!multipath_decode(&a, r))
				return -EPROTO;
			break;
		}
	}
	if (it.failed || dst.family != (h.rtm_family == AF_INET ? 4 : 6) ||
			h.rtm_dst_len > family_bits(dst.family))
		return -EPROTO;
	r->prefix = prefix_make(&dst, h.rtm_dst_len);
	if (r->n == 0 && (hop.oif || hop.gateway.family))
		r->hops[r->n++] = hop;
	return 1;
}

static const struct {
	uint16_t new_type, del_type;
	int (*decode)(const struct nlmsg *, struct kobj *);
} types[] = {
	{ RTM_NEWROUTE, RTM_DELROUTE, route_decode },
	{ RTM_NEWNEIGH, RTM_DELNEIGH, neigh_decode },
	{ RTM_NEWNEXTHOP, RTM_DELNEXTHOP, nexthop_decode },
	{ RTM_NEWLINK, RTM_DELLINK, link_decode },
	{ RTM_NEWADDR, RTM_DELADDR, addr_decode },
};

int kobj_decode(const struct nlmsg *m, struct kobj *ret)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (m->type != types[i].new_type && m->type != types[i].del_type)
			continue;
		ret->gone = m->type == types[i].del_type;
		return types[i].decode(m, ret);
	}
	return 0;
}

int kobj_decode_ack(const struct nlmsg *m, int *ret_error, char *text, size_t size)
{
	struct nlmsgerr h;
	size_t skip = sizeof(h);
	struct nla_iter it;
	struct nla a;

	if (m->type != NLMSG_ERROR)
		return 0;
	if (m->len < sizeof(h))
		return -EPROTO;
	memcpy(&h, m->body, sizeof(h));
	*ret_error = h.error;
	text[0] = 0;
	if (!(m->flags & NLM_F_ACK_TLVS))
		return 1;
	/* Without NLM_F_CAPPED the whole request stands before the attributes. */
	if (!(m->flags & NLM_F_CAPPED)) {
		if (h.msg.nlmsg_len < sizeof(struct nlmsghdr) || h.msg.nlmsg_len > m->len)
			return -EPROTO;
		skip += h.msg.nlmsg_len - sizeof(struct nlmsghdr);
	}
	it = nla_iter_init(m->body, m->len, skip);
	while (nla_next(&it, &a))
		if (a.type == NLMSGERR_ATTR_MSG)
			nla_str(&a, text, size);
	return 1;
}
