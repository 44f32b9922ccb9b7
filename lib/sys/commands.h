/* The commands of the exec mode: what `show`, `clear` and the rest look like,
 * and who carries each out.  vtysh uses the grammar to parse, abbreviate, complete
 * and help, and sends a command spelled out to its owner, which parses it with
 * the same grammar and dispatches by id.
 *
 * To add a command: a row in commands.c, an id here, a row in the daemon's table
 * of handlers. */
#ifndef WEFT_SYS_COMMANDS_H
#define WEFT_SYS_COMMANDS_H

#include "lib/sys/grammar.h"

#define OWNER_VTYSH 1u
#define OWNER_BGPD 2u
#define OWNER_OVERLAYD 4u
#define OWNER_BOTH (OWNER_BGPD | OWNER_OVERLAYD)

enum command_id {
	/* vtysh */
	CMD_CONFIGURE = 1, CMD_EXIT, CMD_END, CMD_ENABLE, CMD_LIST, CMD_SHOW_HISTORY,
	CMD_SHOW_RUNNING, CMD_SHOW_STARTUP, CMD_SHOW_DAEMONS, CMD_WRITE, CMD_WRITE_TERMINAL,
	CMD_TERMINAL_LENGTH, CMD_TERMINAL_PAGINATE, CMD_ECHO, CMD_FIND,
	/* every daemon, answered in lib/sys/service.c */
	CMD_SHOW_VERSION, CMD_SHOW_MEMORY, CMD_SHOW_LOGGING, CMD_SHOW_STARTUP_ERRORS, CMD_SEND_LOG,
	/* bgpd: tables.  Words to look for: ipv4 ipv6 unicast vpn json detail wide;
	 * values: vrf (or "all"), address, prefix, rd, neighbor. */
	CMD_BGP_SUMMARY,	 /* established failed neighbor remote-as terse wide json */
	CMD_BGP_TABLE,		 /* wide detail json */
	CMD_BGP_ROUTE,		 /* address or prefix; bestpath multipath longer-prefixes json */
	CMD_BGP_FILTERED,	 /* community, community-list, large-community(-list), regexp,
				  * prefix-list, filter-list, route-map, cidr-only, exact-match */
	CMD_BGP_NEIGHBORS,	 /* neighbor, json */
	CMD_BGP_NEIGHBOR_ROUTES, /* advertised-routes received-routes routes filtered-routes */
	CMD_BGP_VRFS, CMD_BGP_NEXTHOP, CMD_BGP_MEMORY, CMD_BGP_UPDATE_GROUPS, CMD_BGP_PEER_GROUP,
	CMD_BGP_FEED,
	CMD_EVPN_SUMMARY, CMD_EVPN_TABLE, CMD_EVPN_ROUTE, CMD_EVPN_NEIGHBOR_ROUTES, CMD_EVPN_BGP_VNI,
	CMD_EVPN_IMPORT_RT, CMD_EVPN_VRF_IMPORT_RT,
	CMD_ROUTE_MAP, CMD_PREFIX_LIST, CMD_COMMUNITY_LIST, CMD_AS_PATH_LIST,
	CMD_CLEAR_BGP,
	/* overlayd */
	CMD_ROUTE, CMD_ROUTE_SUMMARY, CMD_NHT, CMD_NEXTHOP_GROUP, CMD_VRF, CMD_VRF_VNI,
	CMD_EVPN, CMD_EVPN_VNI, CMD_EVPN_MAC, CMD_EVPN_ARP_CACHE, CMD_EVPN_RMAC, CMD_EVPN_NEXT_HOPS,
	CMD_INTERFACE, CMD_INTERFACE_BRIEF, CMD_OVERLAY_DRIFT, CMD_OVERLAY_STATUS, CMD_OVERLAY_REPAIR,
	CMD_BRIDGE_DOMAIN,
};

/* Inside the programs, made of the two tables below (yang/mkschema.c). */
extern const struct grammar *const commands_grammar;

/* commands.c, in no program; end with a row whose first member is NULL */
extern const struct grammar_command command_rows[];
extern const struct grammar_word command_words[];

/* "bgpd" is OWNER_BGPD, ...; 0 if it is none. */
unsigned command_owner_parse(const char *daemon);

#endif
