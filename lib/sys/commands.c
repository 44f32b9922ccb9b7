/* The table of exec commands, as it is written; the programs hold the grammar that is made
 * of it when weft is built. */
#include "lib/sys/commands.h"

/* `show bgp`, `show ip bgp` and `show bgp ipv4 unicast` are one command, as
 * people know it from FRR. */
#define BGP "show (bgp|ip bgp) [(vrf|view) $vrf:word] "
#define AF "[(ipv4|ipv6) [(unicast|vpn)]] "
#define EVPN "show bgp l2vpn evpn "
#define NEIGHBORS "(neighbors|neighbor) "
#define ADDRESS "($prefix:ip-prefix|$address:ip-address) "
#define EVPN_TYPE "[type (ead|1|macip|2|multicast|3|es|4|prefix|5)] "
#define SUMMARY                                                                                    \
	"summary [(established|failed)] [(neighbor $neighbor:peer|remote-as $as:word)] "             \
	"[terse] [wide] [json]"
#define CLEAR "clear (bgp|ip bgp) [(vrf|view) $vrf:word] [((ipv4|ipv6) [(unicast|vpn)]|l2vpn evpn)] "
#define CLEAR_HOW " [(soft [(in|out)]|in|out)]"
#define VNI "$vni:1-16777215"

const struct grammar_command command_rows[] = {
#define V(id, pattern, help) { pattern, id, help, OWNER_VTYSH },
	V(CMD_CONFIGURE, "configure [terminal]", "Change the configuration")
	V(CMD_EXIT, "exit", "Leave")
	V(CMD_EXIT, "quit", "Leave")
	V(CMD_END, "end", "Leave the configuration modes")
	V(CMD_ENABLE, "enable", "Nothing: all commands are allowed to who may use the sockets")
	V(CMD_ENABLE, "disable", "Nothing: see enable")
	V(CMD_LIST, "list", "List the commands")
	V(CMD_FIND, "find $text:line", "Commands that contain a text")
	V(CMD_SHOW_HISTORY, "show history", "Lines typed before")
	V(CMD_SHOW_RUNNING, "show running-config [(bgpd|overlayd)] [no-header]", "The running configuration")
	V(CMD_SHOW_STARTUP, "show startup-config", "The configuration file")
	V(CMD_SHOW_DAEMONS, "show daemons", "Which daemons are running")
	V(CMD_WRITE, "write [(memory|file)]", "Write the running configuration to its file")
	V(CMD_WRITE, "copy running-config startup-config", "Write the running configuration to its file")
	V(CMD_WRITE_TERMINAL, "write terminal [(bgpd|overlayd)] [no-header]", "The running configuration")
	V(CMD_TERMINAL_LENGTH, "terminal length $lines:0-512", "Lines a page; 0: no pages")
	V(CMD_TERMINAL_LENGTH, "no terminal length", "As many as the terminal has")
	V(CMD_TERMINAL_PAGINATE, "terminal paginate", "Show long output in pages")
	V(CMD_TERMINAL_PAGINATE, "no terminal paginate", "Show long output at once")
	V(CMD_ECHO, "echo $text:line", "Print a line")
#undef V

#define X(id, pattern, help) { pattern, id, help, OWNER_BOTH },
	X(CMD_SHOW_VERSION, "show version", "Version of the daemons")
	X(CMD_SHOW_MEMORY, "show memory", "Memory in use")
	X(CMD_SHOW_LOGGING, "show logging", "Where messages go")
	X(CMD_SHOW_STARTUP_ERRORS, "show startup-config errors", "Lines of the file that were refused")
	X(CMD_SEND_LOG, "send log [level $level:word] $message:line", "Write a line to the logs")
#undef X

#define B(id, pattern, help) { pattern, id, help, OWNER_BGPD },
	B(CMD_BGP_SUMMARY, BGP AF SUMMARY, "Peers, one a line")
	B(CMD_BGP_TABLE, BGP AF "[(wide|detail)] [json [detail]]", "The table of a family")
	B(CMD_BGP_TABLE, "show bgp (ipv4|ipv6) vpn rd ($rd:route-distinguisher|all) [json]", "One route distinguisher's part of the table")
	B(CMD_BGP_ROUTE, BGP AF ADDRESS "[(bestpath|multipath|longer-prefixes)] [json [detail]]", "Routes of one destination")
	B(CMD_BGP_ROUTE, "show bgp (ipv4|ipv6) vpn rd ($rd:route-distinguisher|all) " ADDRESS "[json]", "Routes of one destination")
	B(CMD_BGP_FILTERED, BGP AF "community [$community:word] [exact-match] [json]", "Routes with a community")
	B(CMD_BGP_FILTERED, BGP AF "community-list $community-list:word [exact-match] [json]", "Routes that a community list permits")
	B(CMD_BGP_FILTERED, BGP AF "large-community [$large-community:word] [exact-match] [json]", "Routes with a large community")
	B(CMD_BGP_FILTERED, BGP AF "large-community-list $large-community-list:word [exact-match] [json]", "Routes that a large-community list permits")
	B(CMD_BGP_FILTERED, BGP AF "regexp $regexp:word [json]", "Routes whose AS path matches")
	B(CMD_BGP_FILTERED, BGP AF "filter-list $filter-list:word [json]", "Routes that an AS-path list permits")
	B(CMD_BGP_FILTERED, BGP AF "prefix-list $prefix-list:word [json]", "Routes that a prefix list permits")
	B(CMD_BGP_FILTERED, BGP AF "route-map $route-map:word [json]", "Routes that a route-map permits")
	B(CMD_BGP_FILTERED, BGP AF "cidr-only [json]", "Routes whose mask is not of a class")
	B(CMD_BGP_NEIGHBORS, BGP AF NEIGHBORS "[$neighbor:peer] [json]", "Peers in detail")
	B(CMD_BGP_NEIGHBOR_ROUTES, BGP AF NEIGHBORS "$neighbor:peer (advertised-routes|received-routes|routes|filtered-routes) [json]", "Routes of one peer")
	B(CMD_BGP_VRFS, "show bgp vrfs [$name:word] [json]", "BGP instances")
	B(CMD_BGP_NEXTHOP, BGP "nexthop [(ipv4|ipv6)] [$address:ip-address] [detail] [json]", "Next hops and their state")
	B(CMD_BGP_MEMORY, "show bgp memory", "What takes the memory")
	B(CMD_BGP_UPDATE_GROUPS, BGP AF "update-groups [json]", "Peers that are sent the same")
	B(CMD_BGP_PEER_GROUP, BGP "peer-group [$group:word] [json]", "Peer groups")
	B(CMD_BGP_FEED, "show bgp feed [json]", "The connection to overlayd")
	B(CMD_EVPN_SUMMARY, "show bgp [(vrf|view) $vrf:word] l2vpn evpn " SUMMARY, "Peers, one a line")
	B(CMD_EVPN_TABLE, EVPN "[(wide|detail)] [json [detail]]", "The EVPN table")
	B(CMD_EVPN_ROUTE, EVPN "route [detail] " EVPN_TYPE "[json [detail]]", "EVPN routes")
	B(CMD_EVPN_ROUTE, EVPN "route rd ($rd:route-distinguisher|all) " EVPN_TYPE "[mac $mac:mac-address [ip $ip:ip-address]] [json]", "EVPN routes of a route distinguisher")
	B(CMD_EVPN_ROUTE, EVPN "rd ($rd:route-distinguisher|all) [json]", "EVPN routes of a route distinguisher")
	B(CMD_EVPN_ROUTE, EVPN "route vni (" VNI "|all) " EVPN_TYPE "[detail] [json]", "EVPN routes of a VNI")
	B(CMD_EVPN_ROUTE, EVPN "route vni " VNI " mac $mac:mac-address [ip $ip:ip-address] [json]", "EVPN routes of a MAC address")
	B(CMD_EVPN_ROUTE, EVPN ADDRESS "[json]", "EVPN type 5 routes of a prefix")
	B(CMD_EVPN_NEIGHBOR_ROUTES, EVPN NEIGHBORS "$neighbor:peer (advertised-routes|routes) [json]", "EVPN routes of one peer")
	B(CMD_EVPN_BGP_VNI, EVPN "vni [" VNI "] [json]", "VNIs as BGP sees them")
	B(CMD_EVPN_IMPORT_RT, EVPN "import-rt [json]", "VNIs by imported route target")
	B(CMD_EVPN_VRF_IMPORT_RT, EVPN "vrf-import-rt [json]", "VRFs by imported route target")
	B(CMD_ROUTE_MAP, "show route-map [$route-map:word] [json]", "Route-maps, with how often each entry matched")
	B(CMD_PREFIX_LIST, "show (ip|ipv6) prefix-list [(detail|summary)] [$prefix-list:word] [json]", "Prefix lists")
	B(CMD_COMMUNITY_LIST, "show bgp (community-list|large-community-list|extcommunity-list) [$list:word] [detail] [json]", "Community lists")
	B(CMD_AS_PATH_LIST, "show (bgp|ip) as-path-access-list [$filter-list:word] [json]", "AS-path lists")
	B(CMD_CLEAR_BGP, CLEAR "(*|external|peer-group $group:word)" CLEAR_HOW, "Reset sessions or evaluate routes again")
	B(CMD_CLEAR_BGP, CLEAR "($as:as-number|$neighbor:peer)" CLEAR_HOW, "Reset sessions or evaluate routes again")
#undef B

#define O(id, pattern, help) { pattern, id, help, OWNER_OVERLAYD },
	O(CMD_ROUTE, "show (ip|ipv6) route [vrf $vrf:word] [(connected|local|static|kernel|bgp)] [json]", "Routes of a VRF")
	O(CMD_ROUTE, "show (ip|ipv6) route [vrf $vrf:word] $address:ip-address [json]", "The route that leads to an address")
	O(CMD_ROUTE, "show (ip|ipv6) route [vrf $vrf:word] $prefix:ip-prefix [longer-prefixes] [json]", "The route of a prefix")
	O(CMD_ROUTE_SUMMARY, "show (ip|ipv6) route [vrf $vrf:word] summary [json]", "How many routes there are")
	O(CMD_NHT, "show (ip|ipv6) nht [vrf $vrf:word] [$address:ip-address] [json]", "Next hops that bgpd watches")
	O(CMD_NEXTHOP_GROUP, "show nexthop-group rib [$id:1-4294967295] [json]", "Next-hop objects")
	O(CMD_VRF, "show vrf [json]", "VRFs")
	O(CMD_VRF_VNI, "show vrf [$vrf:word] vni [json]", "VRFs with their L3VNI")
	O(CMD_EVPN, "show evpn [json]", "EVPN as a whole")
	O(CMD_EVPN_VNI, "show evpn vni [(detail|" VNI ")] [json]", "VNIs")
	O(CMD_EVPN_MAC, "show evpn mac vni (all|" VNI ") [(detail|mac $mac:mac-address|vtep $vtep:ip-address)] [json]", "MAC addresses of a VNI")
	O(CMD_EVPN_ARP_CACHE, "show evpn arp-cache vni (all|" VNI ") [(detail|ip $ip:ip-address|vtep $vtep:ip-address)] [json]", "Neighbours of a VNI")
	O(CMD_EVPN_RMAC, "show evpn rmac vni (all|" VNI ") [json]", "Remote routers' MAC addresses")
	O(CMD_EVPN_NEXT_HOPS, "show evpn next-hops vni (all|" VNI ") [json]", "Remote VTEPs of an L3VNI")
	O(CMD_INTERFACE, "show interface [$interface:ifname] [vrf $vrf:word] [json]", "Interfaces")
	O(CMD_INTERFACE_BRIEF, "show interface brief [vrf $vrf:word] [json]", "Interfaces, one a line")
	O(CMD_BRIDGE_DOMAIN, "show bridge-domain [$id:1-4294967295] [json]", "Bridge domains")
	O(CMD_OVERLAY_DRIFT, "show overlay drift [json]", "Where the kernel differs from what is wanted")
	O(CMD_OVERLAY_STATUS, "show overlay status [json]", "Feed, netlink, counters")
	O(CMD_OVERLAY_REPAIR, "clear overlay drift", "Compare with the kernel now")
#undef O
	{ NULL, 0, NULL, 0 },
};

const struct grammar_word command_words[] = {
	{ "*", "All peers", NULL },
	{ "1", "Ethernet auto-discovery", NULL },
	{ "2", "MAC and IP addresses", NULL },
	{ "3", "Inclusive multicast", NULL },
	{ "4", "Ethernet segments", NULL },
	{ "5", "IP prefixes", NULL },
	{ "advertised-routes", "Routes sent to the peer", NULL },
	{ "all", "All of them", NULL },
	{ "arp-cache", "Neighbours: addresses with their MAC addresses", NULL },
	{ "as-path-access-list", "AS-path lists", NULL },
	{ "bestpath", "The best route only", NULL },
	{ "bgp", "Border Gateway Protocol", NULL },
	{ "bgpd", "What bgpd reads", NULL },
	{ "bridge-domain", "Bridge domains", NULL },
	{ "brief", "One line each", NULL },
	{ "cidr-only", "Routes whose mask is not of a class", NULL },
	{ "clear", "Reset or repair", NULL },
	{ "community", "Routes with communities", NULL },
	{ "community-list", "A community list", NULL },
	{ "configure", "Change the configuration", NULL },
	{ "connected", "Connected routes", NULL },
	{ "copy", "Copy a configuration", NULL },
	{ "daemons", "Which daemons are running", NULL },
	{ "detail", "All that is known", NULL },
	{ "drift", "What the kernel lacks, has too much of, or refused", NULL },
	{ "ead", "Ethernet auto-discovery", NULL },
	{ "echo", "Print a line", NULL },
	{ "errors", "Lines that were refused", NULL },
	{ "es", "Ethernet segments", NULL },
	{ "established", "Sessions that are up", NULL },
	{ "evpn", "Ethernet VPN", NULL },
	{ "exact-match", "These and no others", NULL },
	{ "extcommunity-list", "An extended-community list", NULL },
	{ "external", "Peers in other ASes", NULL },
	{ "failed", "Sessions that are not up", NULL },
	{ "feed", "The connection to overlayd", NULL },
	{ "file", "Write to the file", NULL },
	{ "filter-list", "An AS-path list", NULL },
	{ "filtered-routes", "Routes received and refused by policy", NULL },
	{ "find", "Look for a command", NULL },
	{ "history", "Lines typed before", NULL },
	{ "import-rt", "VNIs by imported route target", NULL },
	{ "in", "Routes from the peer", NULL },
	{ "interface", "Interfaces", NULL },
	{ "ip", "IPv4", NULL },
	{ "ipv4", "IPv4", NULL },
	{ "ipv6", "IPv6", NULL },
	{ "json", "JavaScript Object Notation", NULL },
	{ "kernel", "Routes of others in the kernel", NULL },
	{ "l2vpn", "Layer 2 VPN", NULL },
	{ "large-community", "Routes with large communities", NULL },
	{ "large-community-list", "A large-community list", NULL },
	{ "length", "Lines a page", NULL },
	{ "level", "Severity", NULL },
	{ "local", "Our own addresses", NULL },
	{ "log", "The log", NULL },
	{ "logging", "Where messages go", NULL },
	{ "longer-prefixes", "Also what lies inside the prefix", NULL },
	{ "mac", "MAC addresses", NULL },
	{ "macip", "MAC and IP addresses", NULL },
	{ "memory", "Memory", NULL },
	{ "multicast", "Inclusive multicast", NULL },
	{ "multipath", "The routes in use", NULL },
	{ "neighbor", "A peer", NULL },
	{ "neighbors", "Peers", NULL },
	{ "next-hops", "Remote VTEPs", NULL },
	{ "nexthop", "Next hops", NULL },
	{ "nexthop-group", "Next-hop objects", NULL },
	{ "nht", "Next hops that are watched", NULL },
	{ "no", "Undo", NULL },
	{ "no-header", "Without the lines around it", NULL },
	{ "out", "Routes to the peer", NULL },
	{ "overlay", "The kernel's state of the overlay", NULL },
	{ "overlayd", "What overlayd reads", NULL },
	{ "paginate", "Show long output in pages", NULL },
	{ "peer-group", "A peer group", NULL },
	{ "prefix", "IP prefixes", NULL },
	{ "prefix-list", "Prefix lists", NULL },
	{ "rd", "Route distinguisher", NULL },
	{ "received-routes", "Routes as received, before policy", NULL },
	{ "regexp", "Routes by AS path", NULL },
	{ "remote-as", "Peers of one AS", NULL },
	{ "rib", "Those in use", NULL },
	{ "rmac", "Remote routers' MAC addresses", NULL },
	{ "route", "Routes", NULL },
	{ "route-map", "Route-maps", NULL },
	{ "routes", "Routes received and accepted", NULL },
	{ "running-config", "The running configuration", NULL },
	{ "send", "Send a message", NULL },
	{ "show", "Show", NULL },
	{ "soft", "Without resetting sessions", NULL },
	{ "startup-config", "The configuration file", NULL },
	{ "static", "Static routes", NULL },
	{ "status", "State and counters", NULL },
	{ "summary", "One line each", NULL },
	{ "terminal", "The terminal", NULL },
	{ "terse", "Fewer lines", NULL },
	{ "type", "Type of EVPN route", NULL },
	{ "unicast", "Unicast routes", NULL },
	{ "update-groups", "Peers that are sent the same", NULL },
	{ "version", "Version", NULL },
	{ "view", "An instance", NULL },
	{ "vni", "VXLAN network identifier", NULL },
	{ "vpn", "Routes of VPNs", NULL },
	{ "vrf", "Virtual routing and forwarding instance", NULL },
	{ "vrf-import-rt", "VRFs by imported route target", NULL },
	{ "vrfs", "All instances", NULL },
	{ "vtep", "VXLAN tunnel endpoint", NULL },
	{ "wide", "Longer columns", NULL },
	{ "write", "Write the running configuration", NULL },
	{ "$address", "An address", NULL },
	{ "$as", "AS number", NULL },
	{ "$community", "Community, AA:NN or its name", NULL },
	{ "$group", "Name of a peer group", "bgp/neighbor:is-peer-group" },
	{ "$ip", "An address", NULL },
	{ "$level", "errors, warnings, notifications, informational or debugging", NULL },
	{ "$mac", "MAC address", NULL },
	{ "$message", "The line", NULL },
	{ "$name", "Name", NULL },
	{ "$neighbor", "Address or interface of a peer", "bgp/neighbor" },
	{ "$prefix", "A prefix", NULL },
	{ "$rd", "Route distinguisher", NULL },
	{ "$regexp", "Regular expression", NULL },
	{ "$text", "Text", NULL },
	{ "$vni", "VNI", NULL },
	{ "$vrf", "Name of a VRF, or all", "vrf bgp" },
	{ "$vtep", "Address of a VTEP", NULL },
	{ "$community-list", "Name of a community list", "community-list" },
	{ "$filter-list", "Name of an AS-path list", "as-path-access-list" },
	{ "$interface", "Name of an interface", "interface" },
	{ "$large-community-list", "Name of a large-community list", "large-community-list" },
	{ "$list", "Name of a list", "community-list large-community-list extcommunity-list" },
	{ "$prefix-list", "Name of a prefix list", "ip-prefix-list ipv6-prefix-list" },
	{ "$route-map", "Name of a route-map", "route-map" },
	{ NULL, NULL, NULL },
};
