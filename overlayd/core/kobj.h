/* Kernel objects as plain values, and their netlink bytes both ways.
 * kobj_decode.c reads what the kernel says (dumps and notifications alike),
 * kobj_encode.c writes what we ask for.
 *
 * Marks, by which we know our own objects; nothing without one is ever
 * deleted or changed by the reconciler:
 *	links		IFLA_GROUP = KOBJ_LINK_GROUP, set atomically with creation
 *	addresses	IFA_PROTO = KOBJ_PROTO (Linux 5.18)
 *	routes		rtm_protocol = KOBJ_PROTO_BGP or KOBJ_PROTO_STATIC
 *	next hops	nh_protocol = KOBJ_PROTO_BGP
 *	neighbours	NTF_EXT_LEARNED with NDA_PROTOCOL = KOBJ_PROTO
 *	FDB entries	NTF_EXT_LEARNED on a VXLAN device that is ours (the FDB keeps no protocol)
 *	ports		IFLA_BRPORT_COST = KOBJ_PORT_COST: not that the link is ours, but that
 *			we put it into its bridge */
#ifndef WEFT_OVERLAYD_KOBJ_H
#define WEFT_OVERLAYD_KOBJ_H

#include <linux/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/addr.h"
#include "overlayd/core/nlmsg.h"

#define KOBJ_PROTO 87	      /* free in iproute2's rt_protos */
#define KOBJ_PROTO_BGP 87     /* routes that bgpd sent */
#define KOBJ_PROTO_STATIC 88  /* routes of the configuration */
#define KOBJ_LINK_GROUP 22374 /* "Wf"; `ip link show group 22374` lists ours */
/* STP's cost of a port, which nothing else looks at.  A property of being in that
 * bridge: whoever takes the port out, or puts it elsewhere, takes it away. */
#define KOBJ_PORT_COST 22374
/* Metric of our routes.  Apart from that of other daemons: NLM_F_REPLACE of an
 * IPv4 route looks at prefix, TOS and metric only, not at the protocol. */
#define KOBJ_METRIC 87

enum kobj_type { KOBJ_LINK, KOBJ_ADDR, KOBJ_NEXTHOP, KOBJ_NEIGH, KOBJ_FDB, KOBJ_ROUTE, KOBJ_TYPES };

enum klink_kind { KLINK_OTHER, KLINK_VRF, KLINK_BRIDGE, KLINK_VXLAN, KLINK_GRE, KLINK_GRE6 };

struct klink {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint8_t kind;		/* enum klink_kind */
	bool port_only;		/* a bridge's view of its port: only the port_* fields are set */
	uint8_t operstate;	/* IF_OPER_* */
	uint32_t flags;		/* IFF_* */
	uint32_t mtu, master, group;
	struct mac_addr mac;
	bool has_mac;
	uint32_t table;		/* VRF */
	uint32_t vni;		/* VXLAN */
	uint16_t port;		/* VXLAN, UDP */
	bool learning;		/* VXLAN */
	struct ip_addr local, remote; /* VXLAN, GRE */
	uint32_t key;		/* GRE */
	bool has_key;
	uint8_t ttl;
	bool is_port;		/* of a bridge */
	bool port_suppress, port_learning;
	uint32_t port_cost;
};

struct kaddr {
	uint32_t ifindex;
	struct ip_addr addr;
	uint8_t len;
	uint8_t proto;
	uint32_t flags; /* IFA_F_* */
};

#define KNEXTHOP_MAX 64 /* members of a group; more than that is cut, and not ours */
struct knexthop {
	uint32_t id;
	uint8_t proto;
	uint8_t family;	/* 4 or 6, 0 for groups and foreign kinds */
	bool blackhole, onlink, other; /* other: a kind we never make (fdb, encap, resilient) */
	bool is_group;
	uint32_t oif;
	struct ip_addr gateway;
	uint16_t n;
	struct {
		uint32_t id;
		uint16_t weight; /* from 1 */
	} members[KNEXTHOP_MAX];
};

/* Neighbours and FDB entries.  An FDB entry seen by the bridge has master set
 * and is about a port; one of a VXLAN device itself has dst. */
struct kneigh {
	uint32_t ifindex;
	uint32_t master;
	struct ip_addr ip;   /* neighbour's address */
	struct ip_addr dst;  /* FDB: remote VTEP */
	struct mac_addr mac;
	bool has_mac;
	uint16_t state;	     /* NUD_* */
	uint8_t flags;	     /* NTF_* */
	uint8_t proto;
	uint16_t vlan;
};

#define KROUTE_HOPS_MAX 16
struct khop {
	struct ip_addr gateway; /* family 0: on link */
	uint32_t oif;
};

struct kroute {
	uint32_t table;
	struct prefix prefix;
	uint8_t proto, type, scope; /* RTPROT_*, RTN_*, RT_SCOPE_* */
	uint32_t metric;
	uint32_t nhid;
	uint16_t n; /* hops, at most KROUTE_HOPS_MAX; the rest are cut */
	struct khop hops[KROUTE_HOPS_MAX];
};

struct kobj {
	uint8_t type; /* enum kobj_type */
	bool gone;    /* deleted */
	union {
		struct klink link;
		struct kaddr addr;
		struct knexthop nexthop;
		struct kneigh neigh; /* KOBJ_NEIGH, KOBJ_FDB */
		struct kroute route;
	};
};

/* Reads one message.  Returns 1 with *ret filled, 0 if it is of a kind that we
 * do not keep (local routes, cached routes, other families), -EPROTO if its
 * bytes are broken. */
int kobj_decode(const struct nlmsg *m, struct kobj *ret);

/* What the kernel answered to a request.  Returns 1 with *ret_error a negative
 * errno or 0 and the kernel's sentence ("" if none) in text; 0 if the message
 * is no answer; -EPROTO. */
int kobj_decode_ack(const struct nlmsg *m, int *ret_error, char *text, size_t size);

/* Request to list all objects of a type (family 4 or 6 for routes and
 * neighbours, else 0). */
void kobj_encode_dump(struct nlw *w, uint32_t seq, enum kobj_type type, uint8_t family);

/* Which fields kobj_encode_link_set() asks for. */
#define KLINK_SET_UP 0x01     /* flags & IFF_UP */
#define KLINK_SET_MTU 0x02
#define KLINK_SET_MAC 0x04
#define KLINK_SET_MASTER 0x08 /* 0: none */
#define KLINK_SET_PORT 0x10
#define KLINK_SET_MARK 0x20   /* of a port */

/* All writers return false if the message did not fit into the batch. */
bool kobj_encode_link_create(struct nlw *w, uint32_t seq, const struct klink *l);
bool kobj_encode_link_set(struct nlw *w, uint32_t seq, const struct klink *l, unsigned what);
bool kobj_encode_link_delete(struct nlw *w, uint32_t seq, uint32_t ifindex);
bool kobj_encode_addr(struct nlw *w, uint32_t seq, const struct kaddr *a, bool add);
bool kobj_encode_nexthop(struct nlw *w, uint32_t seq, const struct knexthop *n, bool add);
/* A neighbour that another VTEP owns. */
bool kobj_encode_neigh(struct nlw *w, uint32_t seq, const struct kneigh *n, bool add);
/* Asks the kernel to use, and so to probe, a neighbour that it has. */
bool kobj_encode_probe(struct nlw *w, uint32_t seq, uint32_t ifindex, const struct ip_addr *ip);
/* flags: NTF_SELF (VXLAN: dst), NTF_MASTER (bridge); with a zero MAC the entry
 * is added beside those with other destinations (flooding). */
bool kobj_encode_fdb(struct nlw *w, uint32_t seq, const struct kneigh *n, bool add);
/* By next-hop id, or a kind (RTN_BLACKHOLE, ...) without one. */
bool kobj_encode_route(struct nlw *w, uint32_t seq, const struct kroute *r, bool add);

#endif
