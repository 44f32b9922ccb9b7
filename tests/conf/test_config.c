/* The configuration language by example: lines of FRR's and of our own, what
 * they print as, and what is refused in which words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/strbuf.h"
#include "lib/sys/config.h"


static struct strbuf reports;

static void report(void *arg, const char *name, unsigned line, const char *sentence)
{
	(void)arg;
	sb_addf(&reports, "%s:%u: %s\n", name, line, sentence);
}

static struct config *load(const char *text)
{
	struct config *c = config_new(schema_table);

	sb_reset(&reports);
	config_load_text(c, text, strlen(text), "f", report, NULL);
	return c;
}

static void prints_as(const char *text, const char *want)
{
	struct config *c = load(text);
	struct strbuf out = { 0 };

	config_print(c, NULL, &out);
	ck_assert_str_eq(sb_str(&reports), "");
	ck_assert_str_eq(sb_str(&out), want);
	sb_free(&out);
	config_free(c);
}

static void reported(const char *text, const char *want)
{
	struct config *c = load(text);

	ck_assert_str_eq(sb_str(&reports), want);
	config_free(c);
}

static const char gateway[] =
	"hostname gw-b\n"
	"underlay source 10.255.0.2                 ! VTEP address; udp 4789\n"
	"vrf prod\n"
	" vni 4000                                  ! L3VNI\n"
	" ip route 10.200.0.0/16 10.1.10.7\n"
	"exit-vrf\n"
	"bridge-domain 10\n"
	" vrf prod\n"
	" vni 10010                                 ! L2VNI\n"
	" gateway 10.1.10.1/24 mac 02:00:0A:01:0a:01   ! anycast gateway\n"
	" member eth1\n"
	"interface tgw1\n"
	" tunnel gre source 10.9.0.2 destination 10.9.0.100\n"
	" vrf prod\n"
	" ip address 169.254.6.1/29\n"
	"router bgp 65000\n"
	" neighbor 10.255.0.1 remote-as 65000\n"
	" address-family l2vpn evpn\n"
	"  neighbor 10.255.0.1 activate\n"
	"  advertise-all-vni\n"
	"router bgp 65000 vrf prod\n"
	" neighbor 169.254.6.2 remote-as 64512\n"
	" neighbor 169.254.6.2 ebgp-multihop 2\n"
	" neighbor 169.254.6.2 timers 10 30\n"
	" address-family ipv4 unicast\n"
	"  redistribute connected\n"
	"  neighbor 169.254.6.2 route-map FROM-CLOUD in\n"
	" address-family l2vpn evpn\n"
	"  advertise ipv4 unicast\n";

static const char gateway_printed[] =
	"hostname gw-b\n"
	"!\n"
	"underlay source 10.255.0.2\n"
	"!\n"
	"vrf prod\n"
	" vni 4000\n"
	" ip route 10.200.0.0/16 10.1.10.7\n"
	"exit-vrf\n"
	"!\n"
	"bridge-domain 10\n"
	" vrf prod\n"
	" vni 10010\n"
	" gateway 10.1.10.1/24 mac 02:00:0a:01:0a:01\n"
	" member eth1\n"
	"exit\n"
	"!\n"
	"interface tgw1\n"
	" tunnel gre source 10.9.0.2 destination 10.9.0.100\n"
	" vrf prod\n"
	" ip address 169.254.6.1/29\n"
	"exit\n"
	"!\n"
	"router bgp 65000\n"
	" neighbor 10.255.0.1 remote-as 65000\n"
	" !\n"
	" address-family l2vpn evpn\n"
	"  neighbor 10.255.0.1 activate\n"
	"  advertise-all-vni\n"
	" exit-address-family\n"
	"exit\n"
	"!\n"
	"router bgp 65000 vrf prod\n"
	" neighbor 169.254.6.2 remote-as 64512\n"
	" neighbor 169.254.6.2 ebgp-multihop 2\n"
	" neighbor 169.254.6.2 timers 10 30\n"
	" !\n"
	" address-family ipv4 unicast\n"
	"  redistribute connected\n"
	"  neighbor 169.254.6.2 route-map FROM-CLOUD in\n"
	" exit-address-family\n"
	" !\n"
	" address-family l2vpn evpn\n"
	"  advertise ipv4 unicast\n"
	" exit-address-family\n"
	"exit\n";

START_TEST(a_gateway)
{
	prints_as(gateway, gateway_printed);
	prints_as(gateway_printed, gateway_printed);
}
END_TEST

static const struct {
	const char *typed, *printed;
} pairs[] = {
	/* abbreviations, lower and outer modes, comments */
	{ "# c\n! c\n\n   \t\nint eth0\n ip addr 10.0.0.1/24\n", "interface eth0\n ip address 10.0.0.1/24\nexit\n" },
	{ "router bgp 65000\nneigh 10.0.0.1 remote 65001\nneigh 10.0.0.1 desc a  b ! c\n",
		"router bgp 65000\n neighbor 10.0.0.1 remote-as 65001\n"
		" neighbor 10.0.0.1 description a  b ! c\nexit\n" },
	{ "router bgp 65000\naddress-family ipv6\nneighbor 10.0.0.1 remote-as 1\n"
	  "hostname x\n", "hostname x\n!\nrouter bgp 65000\n neighbor 10.0.0.1 remote-as 1\nexit\n" },
	/* IPv4 unicast lines without their family */
	{ "router bgp 65000\nneighbor 10.0.0.1 remote-as external\n"
	  "neighbor 10.0.0.1 next-hop-self\nnetwork 10.1.2.3/16\nno neighbor 10.0.0.1 activate\n",
		"router bgp 65000\n neighbor 10.0.0.1 remote-as external\n !\n"
		" address-family ipv4 unicast\n  network 10.1.0.0/16\n"
		"  no neighbor 10.0.0.1 activate\n  neighbor 10.0.0.1 next-hop-self\n"
		" exit-address-family\nexit\n" },
	/* groups before their members */
	{ "router bgp 65000\nneighbor 10.0.0.1 peer-group PG\nneighbor PG peer-group\n"
	  "neighbor PG remote-as internal\nneighbor eth0 interface remote-as external\n",
		"router bgp 65000\n neighbor PG peer-group\n neighbor PG remote-as internal\n"
		" neighbor 10.0.0.1 peer-group PG\n neighbor eth0 interface remote-as external\nexit\n" },
	/* defaults that are on */
	{ "router bgp 1.1\nno bgp ebgp-requires-policy\nno bgp default ipv4-unicast\n"
	  "no bgp network import-check\nbgp network import-check\nbgp log-neighbor-changes\n",
		"router bgp 65537\n no bgp ebgp-requires-policy\n no bgp default ipv4-unicast\nexit\n" },
	{ "router bgp 1\nneighbor 10.0.0.1 remote-as 1\nno neighbor 10.0.0.1 send-community both\n",
		"router bgp 1\n neighbor 10.0.0.1 remote-as 1\n !\n address-family ipv4 unicast\n"
		"  no neighbor 10.0.0.1 send-community\n"
		"  no neighbor 10.0.0.1 send-community extended\n exit-address-family\nexit\n" },
	{ "router bgp 1\nneighbor 10.0.0.1 remote-as 1\nneighbor 10.0.0.1 maximum-prefix 10 80 restart 5\n"
	  "neighbor 10.0.0.1 local-as 7 no-prepend replace-as\nneighbor 10.0.0.1 shutdown message b y e\n"
	  "neighbor 10.0.0.1 remove-private-AS all replace-AS\nneighbor 10.0.0.1 allowas-in origin\n",
		"router bgp 1\n neighbor 10.0.0.1 remote-as 1\n"
		" neighbor 10.0.0.1 local-as 7 no-prepend replace-as\n"
		" neighbor 10.0.0.1 shutdown message b y e\n !\n address-family ipv4 unicast\n"
		"  neighbor 10.0.0.1 remove-private-AS all replace-AS\n"
		"  neighbor 10.0.0.1 allowas-in origin\n"
		"  neighbor 10.0.0.1 maximum-prefix 10 80 restart 5\n exit-address-family\nexit\n" },
	/* numbers of list entries */
	{ "ip prefix-list P permit 10.0.0.0/8 le 24 ge 16\nip prefix-list P seq 7 deny any\n"
	  "ip prefix-list P permit 11.0.0.1/8\nip prefix-list P permit 10.0.0.0/8 ge 16 le 24\n",
		"ip prefix-list P seq 5 permit 10.0.0.0/8 ge 16 le 24\n"
		"ip prefix-list P seq 7 deny any\nip prefix-list P seq 10 permit 11.0.0.0/8\n" },
	{ "ip prefix-list P seq 5 permit any\nip prefix-list P seq 10 permit 10.0.0.0/8\n"
	  "ip prefix-list P seq 15 permit 11.0.0.0/8\nno ip prefix-list P seq 5\n"
	  "no ip prefix-list P permit 10.0.0.0/8\nip prefix-list Q permit any\nno ip prefix-list Q\n",
		"ip prefix-list P seq 15 permit 11.0.0.0/8\n" },
	{ "bgp community-list 1 permit 65000:1 no-export\nbgp community-list 100 permit 65000:.*\n"
	  "bgp community-list expanded X seq 3 deny ^1:\nbgp large-community-list standard L permit 1:2:3\n"
	  "bgp extcommunity-list 5 permit rt 65000:1 rt 65000:2\nip as-path access-list A permit ^65000_\n"
	  "access-list 5 permit 10.0.0.0/8\nipv6 access-list a6 seq 5 permit 2001:db8::/32\n",
		"access-list 5 seq 5 permit 10.0.0.0/8\n!\n"
		"ipv6 access-list a6 seq 5 permit 2001:db8::/32\n!\n"
		"bgp as-path access-list A seq 5 permit ^65000_\n!\n"
		"bgp community-list standard 1 seq 5 permit 65000:1 no-export\n"
		"bgp community-list expanded 100 seq 5 permit 65000:.*\n"
		"bgp community-list expanded X seq 3 deny ^1:\n!\n"
		"bgp large-community-list standard L seq 5 permit 1:2:3\n!\n"
		"bgp extcommunity-list standard 5 seq 5 permit rt 65000:1 rt 65000:2\n" },
	/* route-maps */
	{ "route-map R permit 20\nroute-map R deny 10\nmatch ip address prefix-list P\n"
	  "match community C exact-match\nset community 65000:1 no-export additive\n"
	  "set as-path prepend 65000 65000\nset metric +10\nset ip next-hop peer-address\n"
	  "on-match next\ncall S\n",
		"route-map R deny 10\n match ip address prefix-list P\n match community C exact-match\n"
		" set as-path prepend 65000 65000\n set community 65000:1 no-export additive\n"
		" set ip next-hop peer-address\n set metric +10\n call S\n on-match next\nexit\n!\n"
		"route-map R permit 20\nexit\n" },
	{ "route-map R permit 10\nroute-map R permit 20\nroute-map S permit 10\n"
	  "no route-map R permit 10\nno route-map S\n", "route-map R permit 20\nexit\n" },
	/* static routes */
	{ "ip route 10.0.0.0/8 192.0.2.1 200 tag 7\nip route 10.0.0.0/8 blackhole\n"
	  "ip route 10.0.0.0/8 eth0 nexthop-vrf red\nip route 10.0.0.0/8 192.0.2.1 eth0 vrf blue\n"
	  "ipv6 route 2001:db8::/32 Null0\n",
		"ip route 10.0.0.0/8 eth0 nexthop-vrf red\nip route 10.0.0.0/8 192.0.2.1 200 tag 7\n"
		"ip route 10.0.0.0/8 blackhole\n!\nipv6 route 2001:db8::/32 Null0\n!\n"
		"vrf blue\n ip route 10.0.0.0/8 192.0.2.1 eth0\nexit-vrf\n" },
	/* EVPN */
	{ "router bgp 1\naddress-family l2vpn evpn\nvni 10\nrd 1:10\nroute-target both 1:10\nexit-vni\n"
	  "advertise-all-vni\nrd 10.0.0.1:2\nadvertise ipv4 unicast route-map R\nexit-address-family\n",
		"router bgp 1\n !\n address-family l2vpn evpn\n  advertise-all-vni\n"
		"  advertise ipv4 unicast route-map R\n  rd 10.0.0.1:2\n  !\n  vni 10\n   rd 1:10\n"
		"   route-target import 1:10\n   route-target export 1:10\n  exit-vni\n"
		" exit-address-family\nexit\n" },
	{ "router bgp 1 vrf red\naddress-family ipv4 unicast\nrd vpn export 1:1\nrt vpn both 1:1 1:2\n"
	  "label vpn export auto\nimport vpn\nexport vpn\nimport vrf blue\n",
		"router bgp 1 vrf red\n !\n address-family ipv4 unicast\n  rd vpn export 1:1\n"
		"  label vpn export auto\n  rt vpn both 1:1 1:2\n  import vpn\n  export vpn\n"
		"  import vrf blue\n exit-address-family\nexit\n" },
	{ "router bgp 1\nbgp confederation peers 9 8\nbgp confederation peers 7\n"
	  "no bgp confederation peers 8\nbgp listen range 10.0.0.0/8 peer-group PG\n"
	  "neighbor PG peer-group\n",
		"router bgp 1\n bgp confederation peers 7 9\n neighbor PG peer-group\n"
		" bgp listen range 10.0.0.0/8 peer-group PG\nexit\n" },
	{ "router bgp 1\nneighbor 10.0.0.1 remote-as 1\nneighbor 10.0.0.1 passive\n"
	  "neighbor 10.0.0.1 activate\nno neighbor 10.0.0.1 remote-as 1\nneighbor PG peer-group\n"
	  "neighbor PG remote-as 2\nno neighbor PG remote-as 2\n",
		"router bgp 1\n neighbor PG peer-group\nexit\n" },
	/* whole modes removed; an instance entered without its number */
	{ "router bgp 1\nneighbor 10.0.0.1 remote-as 1\naddress-family l2vpn evpn\n"
	  "neighbor 10.0.0.1 activate\nrouter bgp\nno neighbor 10.0.0.1\n", "router bgp 1\nexit\n" },
	{ "router bgp 1\nrouter bgp 1 vrf red\nno router bgp 1\nno router bgp 1 vrf red\n"
	  "vrf red\nno vrf red\ninterface e\nmtu 1400\nno interface e\n", "" },
	/* values left out in the 'no' form */
	{ "router bgp 1\nneighbor 10.0.0.1 remote-as 1\nneighbor 10.0.0.1 timers 3 9\n"
	  "neighbor 10.0.0.1 description x\nneighbor 10.0.0.1 maximum-prefix 5\ntimers bgp 3 9\n"
	  "no timers bgp\nno neighbor 10.0.0.1 timers\nno neighbor 10.0.0.1 description\n"
	  "no neighbor 10.0.0.1 maximum-prefix\n",
		"router bgp 1\n neighbor 10.0.0.1 remote-as 1\nexit\n" },
	{ "router bgp 1\nneighbor PG peer-group\nneighbor PG remote-as 2\nneighbor PG timers 3 9\n"
	  "address-family ipv6\nneighbor PG activate\nexit\nno neighbor PG peer-group\n"
	  "neighbor 10.0.0.1 remote-as 1\nno neighbor 10.0.0.1 peer-group\n",
		"router bgp 1\n neighbor 10.0.0.1 remote-as 1\nexit\n" },
	/* masks and classes */
	{ "router bgp 1\n network 10.0.0.0 mask 255.0.0.0\n net 192.0.2.0\n network 172.16.4.0 mask "
	  "255.255.252.0 route-map M\n network 10.9.0.0 mask 255.255.0.0\n"
	  " no network 10.9.0.0 mask 255.255.0.0\nip route 10.1.0.0 255.255.0.0 192.0.2.1 5\n"
	  "ip route 10.2.0.0 255.255.0.0 Null0\nno ip route 10.2.0.0 255.255.0.0 Null0\n",
		"ip route 10.1.0.0/16 192.0.2.1 5\n!\nrouter bgp 1\n !\n address-family ipv4 unicast\n"
		"  network 10.0.0.0/8\n  network 172.16.4.0/22 route-map M\n  network 192.0.2.0/24\n"
		" exit-address-family\nexit\n" },
	/* what is said of a neighbour that was never made can be taken back */
	{ "router bgp 1\nneighbor 10.0.0.2 route-map M in\nno neighbor 10.0.0.2\n",
		"router bgp 1\nexit\n" },
	{ "frr version 8.4.4\nfrr defaults traditional\nlog file /tmp/x debugging\nline vty\n"
	  "service integrated-vtysh-config\nbgp route-map delay-timer 1\nend\n",
		"frr version 8.4.4\nfrr defaults traditional\n!\nlog file /tmp/x debugging\n!\n"
		"service integrated-vtysh-config\n" },
};

START_TEST(typed_and_printed)
{
	prints_as(pairs[_i].typed, pairs[_i].printed);
	prints_as(pairs[_i].printed, pairs[_i].printed);
}
END_TEST

static const struct {
	const char *typed, *reports;
} wrong[] = {
	{ "bogus\n", "f:1: % Unknown command: bogus\n" },
	{ "hostname x\nrouter bgp 65000\n neighbor 10.0.0.1 remote-as 4294967296\n",
		"f:3: % Unknown command: neighbor 10.0.0.1 remote-as 4294967296 "
		"(4294967296 is not within 1-4294967295)\n" },
	{ "router bgp 1\n n 10.0.0.1 timers 3\n", "f:2: % Command incomplete: n 10.0.0.1 timers 3\n" },
	{ "router bgp 1\n neighbor 10.0.0.1 remote-as 1\n neighbor 10.0.0.1 timers 70000 3\n",
		"f:3: % Unknown command: neighbor 10.0.0.1 timers 70000 3 (70000 is not within 0-65535)\n" },
	{ "router bgp 1\n bgp default ip\n", "f:2: % Ambiguous command: bgp default ip\n" },
	{ "router bgp 1\n no bgp default i\n", "f:2: % Ambiguous command: no bgp default i\n" },
	{ "ip prefix-list P permit 10.0.0.0/8 ge 7\n",
		"f:1: % Invalid prefix range for 10.0.0.0/8, make sure: len <= ge <= le\n" },
	{ "ip prefix-list P permit 10.0.0.300/8\n",
		"f:1: % Unknown command: ip prefix-list P permit 10.0.0.300/8 "
		"(10.0.0.300/8 is not an IPv4 prefix)\n" },
	{ "router bgp 1\n network 10.0.0.0 mask 255.0.255.0\n",
		"f:2: % Unknown command: network 10.0.0.0 mask 255.0.255.0 "
		"(10.0.0.0 is not an IPv4 prefix)\n" },
	{ "router bgp\n", "f:1: % No BGP process is configured: an AS number is needed\n" },
	{ "router bgp 1\nrouter bgp 2\n", "f:2: % Our AS number is 1 already; remove that first\n" },
	{ "router bgp 1\nno router bgp 2\n", "f:2: % Our AS number is 1; nothing was removed\n" },
	{ "vrf a\n vni 7\n no vni 8\n no vni 7\n", "f:3: % Layer 3 VNI is 7; nothing was removed\n" },
	{ "router bgp 1 vrf a\nno router bgp 2 vrf a\n",
		"f:2: % Our AS number is 1; nothing was removed\n" },
	{ "router bgp 1\nneighbor 10.0.0.1 description x\nneighbor 10.0.0.1 passive\n"
	  "address-family ipv6\nneighbor 10.0.0.2 activate\n",
		"f:2: % neighbor 10.0.0.1: remote-as or peer-group must be given\n"
		"f:5: % neighbor 10.0.0.2: remote-as or peer-group must be given\n" },
	{ "router bgp 1\nneighbor 10.0.0.1 peer-group PG\n",
		"f:2: % peer-group PG: no such peer group\n" },
	{ "bgp as-path access-list A permit ((\n",
		"f:1: % regular expression '((': '(' without ')' at character 3\n" },
	{ "no ip prefix-list P permit any\n", "f:1: % There is no such line\n" },
	{ "hostname \xff\nhostname a\x01\nhostname \xc3\xa4\n",
		"f:1: % A line is text in UTF-8 without control characters\n"
		"f:2: % A line is text in UTF-8 without control characters\n" },
	{ "exit-vrf\n", "f:1: % Unknown command: exit-vrf\n" },
	{ "ip route 10.0.0.0/8 blackhole eth0\n", "f:1: % A blackhole route leads to no interface\n" },
};

START_TEST(refused)
{
	reported(wrong[_i].typed, wrong[_i].reports);
}
END_TEST

/* A bad line leaves what was there, and the lines after it. */
START_TEST(the_rest_stays)
{
	struct config *c = load("hostname a\nbogus\nrouter bgp 1\nneighbor 10.0.0.1 remote-as 1\n"
				"neighbor 10.0.0.1 timers 1\nneighbor 10.0.0.1 passive\n");
	struct strbuf out = { 0 };

	config_print(c, NULL, &out);
	ck_assert_str_eq(out.s, "hostname a\n!\nrouter bgp 1\n neighbor 10.0.0.1 remote-as 1\n"
				" neighbor 10.0.0.1 passive\nexit\n");
	sb_free(&out);
	config_free(c);
}
END_TEST

/* Nodes of a whole text are cut from one piece of memory. */
START_TEST(nodes_are_aligned)
{
	struct config *c = load(gateway);
	size_t at = 0;
	struct config_item item;

	while (config_item(config_root(c), &at, &item))
		ck_assert_uint_eq((uintptr_t)item.node % _Alignof(void *), 0);
	config_free(c);
}
END_TEST

START_TEST(reading_the_tree)
{
	struct config *c = load(gateway);
	const struct config_node *root = config_root(c), *n, *peer;
	bool set;
	unsigned count = 0;

	ck_assert_str_eq(config_str(root, "hostname"), "gw-b");
	ck_assert_str_eq(config_str(root, "underlay/source"), "10.255.0.2");
	ck_assert_uint_eq(config_u32(root, "underlay/port", &set), 4789);
	ck_assert(!set);
	ck_assert(config_flag(root, "ip-forwarding"));
	CONFIG_FOREACH(n, root, "bgp") {
		count++;
		if (strcmp(config_str(n, "vrf"), "prod") != 0)
			continue;
		peer = config_child(n, "neighbor");
		ck_assert_uint_eq(config_u32(peer, "timers/hold-time", &set), 30);
		ck_assert(set);
		ck_assert(config_str(peer, "local-as/as") == NULL);
		ck_assert(!config_flag(peer, "passive"));
		ck_assert(config_has(n, "l2vpn-evpn/advertise-ipv4-unicast"));
		ck_assert_uint_eq(config_line_number(peer), 22);
	}
	ck_assert_uint_eq(count, 2);
	config_free(c);
}
END_TEST

static void type(struct config_cursor *cur, const char *line, enum config_result want)
{
	struct err e = { "" };

	ck_assert_msg(config_line(cur, line, &e) == want, "%s: %s", line, e.text);
}

/* `vrf prod` inside an interface and at the left margin are two things. */
START_TEST(indentation_tells_what_is_meant)
{
	prints_as("interface e1\n vrf prod\nvrf prod\n vni 4000\nexit-vrf\n",
			"vrf prod\n vni 4000\nexit-vrf\n!\n"
			"interface e1\n vrf prod\nexit\n");
	prints_as("interface e1\n!\nvrf prod\n vni 4000\nexit-vrf\n",
			"vrf prod\n vni 4000\nexit-vrf\n!\ninterface e1\nexit\n");
	/* no indentation at all: it belongs to the mode it stands in */
	prints_as("vrf prod\nexit\ninterface e1\nvrf prod\nmtu 1400\n",
			"vrf prod\nexit-vrf\n!\ninterface e1\n vrf prod\n mtu 1400\nexit\n");
	/* sloppy, but not a mode: as in FRR, the line stays where it stands */
	prints_as("router bgp 1\n neighbor 1.1.1.1 remote-as 1\n address-family l2vpn evpn\n"
		  " neighbor 1.1.1.1 activate\n",
			"router bgp 1\n neighbor 1.1.1.1 remote-as 1\n !\n"
			" address-family l2vpn evpn\n  neighbor 1.1.1.1 activate\n"
			" exit-address-family\nexit\n");
}
END_TEST

START_TEST(modes_and_prompts)
{
	struct config *c = config_new(schema_table), *d;
	struct config_cursor *cur = config_cursor_new(c), *other;

	ck_assert_str_eq(config_prompt(cur), "config");
	type(cur, "router bgp 65000", CONFIG_OK);
	ck_assert_str_eq(config_prompt(cur), "config-router");
	type(cur, "address-family l2vpn evpn", CONFIG_OK);
	type(cur, "vni 5", CONFIG_OK);
	ck_assert_str_eq(config_prompt(cur), "config-router-af-vni");
	type(cur, "exit-address-family", CONFIG_OK);
	ck_assert_str_eq(config_prompt(cur), "config-router");
	type(cur, "bogus", CONFIG_BAD);
	ck_assert_str_eq(config_prompt(cur), "config-router");
	type(cur, "hostname x", CONFIG_OK);
	ck_assert_str_eq(config_prompt(cur), "config");
	type(cur, "router bgp", CONFIG_OK);
	/* what another removes under us */
	other = config_cursor_new(c);
	type(other, "no router bgp 65000", CONFIG_OK);
	type(cur, "hostname y", CONFIG_OK);
	ck_assert_str_eq(config_prompt(cur), "config");
	type(cur, "vrf red", CONFIG_OK);
	d = config_dup(c);
	config_cursor_rebase(cur, d);
	type(cur, "vni 7", CONFIG_OK);
	ck_assert_str_eq(config_prompt(cur), "config-vrf");
	ck_assert_uint_eq(config_u32(config_child(config_root(d), "vrf"), "vni", NULL), 7);
	ck_assert(!config_equal(c, d));
	type(cur, "end", CONFIG_LEFT);
	ck_assert_str_eq(config_prompt(cur), "config");
	type(cur, "exit", CONFIG_LEFT);
	config_cursor_free(cur);
	config_cursor_free(other);
	config_free(c);
	config_free(d);
}
END_TEST

static void completes(struct config_cursor *cur, const char *partial, const char *want)
{
	struct grammar_candidates c;
	struct strbuf out = { 0 };

	config_complete(cur, partial, &c);
	for (size_t i = 0; i < c.list.n; i++)
		sb_addf(&out, "%s%s", i ? " " : "", c.list.v[i].text);
	ck_assert_str_eq(sb_str(&out), want);
	sb_free(&out);
	grammar_candidates_fini(&c);
}

START_TEST(completion)
{
	struct config *c = config_new(schema_table);
	struct config_cursor *cur = config_cursor_new(c);

	completes(cur, "rou", "route-map router");
	completes(cur, "router ", "bgp");
	completes(cur, "ip prefix-list P ", "deny description permit seq");
	completes(cur, "ip prefix-list P permit ", "A.B.C.D/M any");
	completes(cur, "ip prefix-list P permit 10.0.0.0/8 ", "ge le <cr>");
	completes(cur, "ip prefix-list P permit 10.0.0.0/8 le 24 ", "ge <cr>");
	completes(cur, "no ip prefix-list P ", "deny description permit seq <cr>");
	type(cur, "router bgp 65000", CONFIG_OK);
	completes(cur, "neighbor 10.0.0.1 remote-as ", "(1-4294967295) auto external internal");
	completes(cur, "neighbor 10.0.0.1 maximum-prefix 5 ", "(1-100) restart warning-only <cr>");
	completes(cur, "address-family l", "l2vpn");
	completes(cur, "hostn", "hostname");
	config_cursor_free(cur);
	config_free(c);
}
END_TEST

START_TEST(parts_of_the_configuration)
{
	struct config *c = load(gateway);
	struct strbuf out = { 0 };
	struct config_print_opts bgpd = { .owner = "bgpd" }, one = { .prefix = "router bgp 65000 vrf" };

	config_print(c, &bgpd, &out);
	ck_assert(strstr(out.s, "router bgp 65000\n") != NULL);
	ck_assert(strstr(out.s, "interface") == NULL);
	ck_assert(strstr(out.s, "hostname") != NULL);
	sb_reset(&out);
	config_print(c, &one, &out);
	ck_assert(strncmp(out.s, "router bgp 65000 vrf prod\n", 26) == 0);
	ck_assert(strstr(out.s, "hostname") == NULL);
	sb_free(&out);
	config_free(c);
}
END_TEST

/* A leaf says where it came from, also when that is not its node's line. */
START_TEST(lines_of_leaves)
{
	reported("router bgp 1\n neighbor 10.0.0.1 remote-as 1\n neighbor 10.0.0.1 description x\n"
		 " neighbor 10.0.0.1 peer-group A\n neighbor 10.0.0.2 remote-as 1\n"
		 " neighbor 10.0.0.1 passive\n neighbor 10.0.0.2 peer-group B\n",
			"f:4: % peer-group A: no such peer group\n"
			"f:7: % peer-group B: no such peer group\n");
}
END_TEST

/* Leaves change, and are taken back and made again, as often as one likes. */
START_TEST(a_change_there_and_back)
{
	static const char *const lines[] = { "router bgp 1", "neighbor 10.0.0.1 description other",
		"neighbor 10.0.0.1 port 17", "no neighbor 10.0.0.1 passive", "neighbor 10.0.0.2 passive",
		"no neighbor 10.0.0.3", "neighbor 10.0.0.1 description third", "exit",
		"no ip prefix-list P seq 10", "ip prefix-list P seq 7 deny any", "hostname b" };
	struct config *c = load("hostname a\nip prefix-list P seq 5 permit 10.0.0.0/8\n"
				"ip prefix-list P seq 10 permit any\nrouter bgp 1\n"
				" neighbor 10.0.0.1 remote-as 1\n neighbor 10.0.0.1 passive\n"
				" neighbor 10.0.0.2 remote-as 1\n neighbor 10.0.0.3 remote-as 1\n");
	struct config *before = config_dup(c), *after;
	struct config_cursor *cur = config_cursor_new(c);
	struct config_change *ch;

	ck_assert_str_eq(sb_str(&reports), "");
	config_record(c);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		type(cur, lines[i], CONFIG_OK);
	ch = config_recorded(c);
	after = config_dup(c);
	ck_assert(!config_equal(c, before));
	for (int i = 0; i < 5; i++) {
		config_change_swap(ch);
		ck_assert(config_equal(c, i % 2 ? after : before));
	}
	config_cursor_free(cur);
	config_change_free(ch);
	ck_assert(config_equal(c, before));
	config_free(c);
	config_free(before);
	config_free(after);
}
END_TEST

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Printed, not judged: a busy machine proves nothing.  That the time grows
 * with the number of lines and not faster is judged, generously. */
static double load_time(unsigned lines, const char *how)
{
	struct strbuf text = { 0 };
	struct config *c = config_new(schema_table);
	double start, took;

	for (unsigned i = 0; i < lines; i++) {
		if (*how == 's')
			sb_addf(&text, "ip prefix-list BIG seq %u permit 10.%u.%u.0/24 le 32\n",
					5 * (i + 1), i >> 8 & 255, i & 255);
		else if (*how == 'n')
			sb_addf(&text, "ip prefix-list BIG permit 10.%u.%u.0/%u\n", i >> 8 & 255,
					i & 255, 24 + (i >> 16));
		else if (*how == 'r')
			sb_addf(&text, "ip prefix-list BIG seq %u permit 10.%u.%u.0/24\n",
					1 + i * 7919 % 1000003, i >> 8 & 255, i & 255);
		else
			sb_addf(&text, "ip prefix-list L%u seq 5 permit 10.%u.%u.0/24\n", i,
					i >> 8 & 255, i & 255);
	}
	start = seconds();
	ck_assert_uint_eq(config_load_text(c, text.s, text.len, "big", NULL, NULL), 0);
	ck_assert(config_has(config_root(c), "ip-prefix-list"));
	took = seconds() - start;
	printf("%u prefix-list lines, %s: %.3f s of processor time\n", lines, how, took);
	config_free(c);
	sb_free(&text);
	return took;
}

START_TEST(loading_100000_lines)
{
	static const char *const how[] = { "sequence numbers", "no numbers", "random order",
		"many lists" };
	double small = load_time(25000, how[_i]), big = load_time(100000, how[_i]);

	ck_assert_msg(big < 16 * small + 1, "quadratic: %.3f s, then %.3f s", small, big);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("examples");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_gateway);
	tcase_add_loop_test(t, typed_and_printed, 0, sizeof(pairs) / sizeof(*pairs));
	tcase_add_loop_test(t, refused, 0, sizeof(wrong) / sizeof(*wrong));
	tcase_add_test(t, the_rest_stays);
	tcase_add_test(t, nodes_are_aligned);
	tcase_add_test(t, reading_the_tree);
	tcase_add_test(t, indentation_tells_what_is_meant);
	tcase_add_test(t, modes_and_prompts);
	tcase_add_test(t, completion);
	tcase_add_test(t, parts_of_the_configuration);
	tcase_add_test(t, lines_of_leaves);
	tcase_add_test(t, a_change_there_and_back);
	tcase_add_loop_test(t, loading_100000_lines, 0, 4);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
