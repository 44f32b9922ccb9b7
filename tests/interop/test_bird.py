#!/usr/bin/python3
"""bgpd and BIRD: sessions over IPv4 and IPv6, routes with attributes, extended next hop, many routes."""
import re

from interop import AS, NO_POLICY, bed, main, many, neighbor, path, prefixes, wait_prefixes
from lab import wait_until
from peers import Bird

HEAD = """
router id 10.3.3.3;
protocol device {}
"""


def statics(channel, routes, extra=""):
    lines = " ".join(f"route {r} blackhole {{ {extra} }};" for r in routes)
    return f"protocol static s{channel} {{ {channel}; {lines} }}\n"


def test_attributes_both_ways():
    with bed("bird-attributes") as b:
        t, t6 = b.theirs(1), b.theirs6(1)
        w = b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t} remote-as 65003
 neighbor {t6} remote-as 65003
 address-family ipv4 unicast
  network 10.10.0.0/16 route-map MARK
  no neighbor {t6} activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:10::/48
  neighbor {t6} activate
 exit-address-family
route-map MARK permit 10
 set metric 5
 set community 65001:7
 set large-community 65001:70:700
 set extcommunity rt 65001:44
""")
        marks = ("bgp_community.add((65003, 1)); bgp_large_community.add((65003, 2, 3)); "
                 "bgp_ext_community.add((rt, 65003, 9));")
        bird = Bird(b.peers[0], HEAD + statics("ipv4", ["10.30.0.0/16"], marks) + statics("ipv6", ["2001:db8:30::/48"])
                    + f"""
protocol bgp four {{
	local as 65003;
	neighbor {b.ours(1)} as {AS};
	ipv4 {{ import all; export filter {{ bgp_med = 17; accept; }}; }};
}}
protocol bgp six {{ local as 65003; neighbor {b.ours6(1)} as {AS}; ipv6 {{ import all; export all; }}; }}
""").start()
        b.up(t, t6)
        wait_prefixes(w, ["10.30.0.0/16"])
        wait_prefixes(w, ["2001:db8:30::/48"], "ipv6 unicast")
        p = path(w, "10.30.0.0/16")
        assert p["metric"] == 17 and p["aspath"]["string"] == "65003", p
        assert p["community"]["string"] == "65003:1" and p["largeCommunity"]["string"] == "65003:2:3", p
        assert "65003:9" in p["extendedCommunity"]["string"], p
        text = wait_until("10.10.0.0/16 at BIRD", lambda: bird.show("show route all 10.10.0.0/16"))
        for want in ("BGP.community: (65001,7)", "BGP.large_community: (65001, 70, 700)", "BGP.med: 5",
                     "BGP.as_path: 65001", "(rt, 65001, 44)"):
            assert want in text, f"{want} is not in: {text}"
        wait_until("IPv6 at BIRD", lambda: "65001" in bird.show("show route all 2001:db8:10::/48"))


def test_many_routes_come_and_go():
    nets = many(20000)
    with bed("bird-many", 2) as b:
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {b.theirs(1)} remote-as 65003\n"
                    f" neighbor {b.theirs(2)} remote-as 65004\n")
        source = Bird(b.peers[0], HEAD + statics("ipv4", nets) +
                      f"protocol bgp up {{ local as 65003; neighbor {b.ours(1)} as {AS}; "
                      "ipv4 { import all; export all; }; }").start()
        sink = Bird(b.peers[1], HEAD.replace("3.3.3", "4.4.4") +
                    f"protocol bgp up {{ local as 65004; neighbor {b.ours(2)} as {AS}; "
                    "ipv4 { import all; export none; }; }").start()

        def at_sink():
            return int(re.search(r"(\d+) of \d+ routes", sink.show("show route count"))[1])
        wait_until("all routes at the far end", lambda: at_sink() == len(nets), 120)
        assert neighbor(w, b.theirs(1))["addressFamilyInfo"]["ipv4Unicast"]["acceptedPrefixCounter"] == len(nets)
        source.show("disable up")
        wait_until("none left", lambda: at_sink() == 0 and not prefixes(w), 120)
        source.show("enable up")
        wait_until("all again", lambda: at_sink() == len(nets), 120)


def test_ipv4_over_ipv6_next_hop():
    """RFC 8950: IPv4 routes on an IPv6 session, with an IPv6 next hop."""
    with bed("bird-extended") as b:
        t6 = b.theirs6(1)
        w = b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t6} remote-as 65003
 neighbor {t6} capability extended-nexthop
 address-family ipv4 unicast
  network 10.10.0.0/16
  neighbor {t6} activate
""")
        bird = Bird(b.peers[0], HEAD + statics("ipv4", ["10.30.0.0/16"]) +
                    f"protocol bgp six {{ local as 65003; neighbor {b.ours6(1)} as {AS}; "
                    "ipv4 { import all; export all; extended next hop; }; }").start()
        b.up(t6)
        wait_prefixes(w, ["10.30.0.0/16"])
        assert any(":" in n["ip"] for n in path(w, "10.30.0.0/16")["nexthops"])
        text = wait_until("the route at BIRD", lambda: bird.show("show route all 10.10.0.0/16"))
        assert f"BGP.next_hop: {b.ours6(1)}" in text, text


def test_password():
    with bed("bird-password") as b:
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {b.theirs(1)} remote-as 65003\n"
                    f" neighbor {b.theirs(1)} password elder-tree\n")
        Bird(b.peers[0], HEAD + statics("ipv4", ["10.30.0.0/16"]) +
             f'protocol bgp up {{ local as 65003; neighbor {b.ours(1)} as {AS}; password "elder-tree"; '
             "ipv4 { import all; export all; }; }").start()
        b.up(b.theirs(1))
        wait_prefixes(w, ["10.30.0.0/16"])


if __name__ == "__main__":
    main()
