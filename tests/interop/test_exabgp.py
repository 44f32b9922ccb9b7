#!/usr/bin/python3
"""bgpd and ExaBGP: routes with attributes that others would not send, and what RFC 7606 says about bad ones."""
from interop import AS, NO_POLICY, bed, main, neighbor, path, routes, wait_prefixes
from lab import wait_until
from peers import Exabgp, Frr


def config(b, n, routes_text, asn=65005, families="ipv4 unicast; ipv6 unicast;"):
    return f"""
process hear {{ run /bin/sh -c "cat >> @HEARD@"; encoder json; }}
neighbor {b.ours(n)} {{
	router-id 10.5.5.5;
	local-address {b.theirs(n)};
	local-as {asn};
	peer-as {AS};
	hold-time 30;
	family {{ {families} }}
	static {{
{routes_text}
	}}
	api {{ processes [ hear ]; receive {{ parsed; update; notification; }} }}
}}
"""


def announced(exabgp, family="ipv4 unicast"):
    """prefix -> attributes that ExaBGP heard last"""
    found = {}
    for line in exabgp.heard():
        update = line.get("neighbor", {}).get("message", {}).get("update", {})
        for by_hop in update.get("announce", {}).get(family, {}).values():
            for nlri in by_hop:
                found[nlri["nlri"]] = update["attribute"]
    return found


def test_both_ways():
    with bed("exabgp-both") as b:
        w = b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {b.theirs(1)} remote-as 65005
 address-family ipv4 unicast
  network 10.10.0.0/16 route-map MARK
  network 10.11.0.0/16
route-map MARK permit 10
 set community 65001:1 65001:2
 set metric 12
 set as-path prepend 65001
""")
        e = Exabgp(b.peers[0], config(b, 1, """
		route 10.50.0.0/16 next-hop self med 3 community [ 65005:1 65005:2 ] large-community [ 1:2:3 ];
		route 10.51.0.0/16 next-hop self as-path [ 65005 4200000000 ] aggregator ( 65005:10.5.5.5 ) atomic-aggregate;
""")).start()
        b.up(b.theirs(1))
        wait_prefixes(w, ["10.50.0.0/16", "10.51.0.0/16"])
        p = path(w, "10.50.0.0/16")
        assert p["metric"] == 3 and p["community"]["string"] == "65005:1 65005:2", p
        p = path(w, "10.51.0.0/16")
        assert p["aspath"]["string"] == "65005 4200000000", p["aspath"]
        assert p["aggregatorAs"] == 65005 and p["aggregatorId"] == "10.5.5.5" and p["atomicAggregate"], p
        wait_until("both networks", lambda: {"10.10.0.0/16", "10.11.0.0/16"} <= set(announced(e)))
        a = announced(e)["10.10.0.0/16"]
        assert a["as-path"] == [65001, 65001] and a["med"] == 12, a
        assert a["community"] == [[65001, 1], [65001, 2]], a


def test_unknown_attributes_travel():
    """Optional transitive: on, with the partial bit; optional non-transitive: dropped."""
    with bed("exabgp-unknown", 2) as b:
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {b.theirs(1)} remote-as 65005\n"
                    f" neighbor {b.theirs(2)} remote-as 65006\n")
        Exabgp(b.peers[0], config(b, 1, """
		route 10.50.0.0/16 next-hop self attribute [ 0x63 0xc0 0x0102030405 ];
		route 10.51.0.0/16 next-hop self attribute [ 0x64 0x80 0x0102030405 ];
""")).start()
        e = Exabgp(b.peers[1], config(b, 2, "", 65006)).start()
        b.up(b.theirs(1), b.theirs(2))
        wait_prefixes(w, ["10.50.0.0/16", "10.51.0.0/16"])
        wait_until("both at the other side", lambda: {"10.50.0.0/16", "10.51.0.0/16"} <= set(announced(e)))
        heard = announced(e)
        assert "attribute-0x63-0xE0" in heard["10.50.0.0/16"], heard["10.50.0.0/16"]
        assert not [k for k in heard["10.51.0.0/16"] if k.startswith("attribute-0x64")], heard["10.51.0.0/16"]


def test_malformed_attributes_withdraw():
    """Bad ORIGIN, COMMUNITIES of a wrong length: the routes count as withdrawn, the session stays (RFC 7606)."""
    with bed("exabgp-malformed") as b:
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {b.theirs(1)} remote-as 65005\n")
        Exabgp(b.peers[0], config(b, 1, """
		route 10.50.0.0/16 next-hop self;
		route 10.51.0.0/16 next-hop self attribute [ 0x08 0xc0 0x010203 ];
		route 10.52.0.0/16 next-hop self attribute [ 0x20 0xc0 0x0102030405 ];
		route 10.53.0.0/16 next-hop self;
""")).start()
        b.up(b.theirs(1))
        wait_prefixes(w, ["10.50.0.0/16", "10.53.0.0/16"])
        found = set(routes(w))
        assert not found & {"10.51.0.0/16", "10.52.0.0/16"}, found
        n = neighbor(w, b.theirs(1))
        assert n["bgpState"] == "Established" and n.get("connectionsDropped", 0) == 0, n


def test_odd_routes_reach_frr():
    """Long AS paths and hundreds of communities, from ExaBGP through weft to FRR."""
    with bed("exabgp-long", 2) as b:
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {b.theirs(1)} remote-as 65005\n"
                    f" neighbor {b.theirs(2)} remote-as 65002\n")
        long_path = " ".join(str(100000 + i) for i in range(300))
        communities = " ".join(f"65005:{i}" for i in range(300))
        Exabgp(b.peers[0], config(b, 1, f"""
		route 10.50.0.0/16 next-hop self as-path [ 65005 {long_path} ];
		route 10.51.0.0/16 next-hop self community [ {communities} ];
""")).start()
        f = Frr(b.peers[1], "router bgp 65002\n no bgp ebgp-requires-policy\n bgp router-id 10.2.2.2\n"
                f" neighbor {b.ours(2)} remote-as {AS}\n neighbor {b.ours(2)} timers connect 1\n").start()
        b.up(b.theirs(1), b.theirs(2))
        wait_prefixes(w, ["10.50.0.0/16", "10.51.0.0/16"])
        wait_prefixes(f, ["10.50.0.0/16", "10.51.0.0/16"])
        assert path(f, "10.50.0.0/16")["aspath"]["string"] == f"65001 65005 {long_path}"
        assert path(f, "10.51.0.0/16")["community"]["string"] == communities


if __name__ == "__main__":
    main()
