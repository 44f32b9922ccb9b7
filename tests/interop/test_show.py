#!/usr/bin/python3
"""What bgpd shows: keys and words that scripts written for FRR look for, between played neighbours."""
import json
import struct

from interop import AS, NO_POLICY, bed, main
from lab import wait_until
from speaker import IPV4, Speaker, update_messages

COMMANDS = """
show bgp summary
show bgp summary failed
show bgp ipv4 unicast summary
show bgp vrf all summary
show bgp ipv4 unicast
show bgp ipv4 unicast detail
show bgp ipv4 unicast 10.1.0.0/16
show bgp ipv4 unicast 10.1.2.3
show bgp ipv4 unicast 10.0.0.0/8 longer-prefixes
show bgp ipv4 unicast 99.0.0.0/8
show bgp ipv4 unicast community 65009:1
show bgp ipv4 unicast community-list CL
show bgp ipv4 unicast regexp _65009_
show bgp ipv4 unicast prefix-list PL
show bgp ipv4 unicast filter-list AP
show bgp ipv4 unicast cidr-only
show bgp ipv6 unicast
show bgp ipv4 vpn
show bgp l2vpn evpn
show bgp l2vpn evpn route
show bgp l2vpn evpn summary
show bgp l2vpn evpn vni
show bgp l2vpn evpn import-rt
show bgp neighbors
show bgp neighbors 192.0.2.5
show bgp ipv4 unicast neighbors 192.0.2.9 advertised-routes
show bgp ipv4 unicast neighbors 192.0.2.5 received-routes
show bgp ipv4 unicast neighbors 192.0.2.5 filtered-routes
show bgp ipv4 unicast neighbors 192.0.2.5 routes
show bgp vrfs
show bgp nexthop
show bgp update-groups
show bgp feed
show route-map
show ip prefix-list
show ip prefix-list detail
show ipv6 prefix-list
show bgp as-path-access-list
show bgp community-list
"""

CONFIG = """
router bgp {AS}
{NO_POLICY} neighbor {a} remote-as 65009
 neighbor {a} description first
 neighbor {b} remote-as 65010
 address-family ipv4 unicast
  network 10.9.0.0/16
  neighbor {a} route-map IN in
ip prefix-list PL seq 5 permit 10.0.0.0/8 le 24
bgp community-list standard CL seq 5 permit 65009:1
bgp as-path access-list AP seq 5 permit _65009_
route-map IN deny 10
 match ip address prefix-list DENIED
route-map IN permit 20
 match ip address prefix-list PL
 set metric 77
ip prefix-list DENIED seq 5 permit 10.66.0.0/16
"""


def attributes(path, next_hop, communities=()):
    ases = b"".join(struct.pack(">I", a) for a in path)
    out = b"\x40\1\1\0" + b"\x40\2" + bytes([2 + len(ases), 2, len(path)]) + ases
    out += b"\x40\3\4" + bytes(int(x) for x in next_hop.split("."))
    values = b"".join(struct.pack(">HH", *c) for c in communities)
    return out + (b"\xc0\x08" + bytes([len(values)]) + values if values else b"")


def nlri(prefix):
    address, length = prefix.split("/")
    return bytes([int(length)]) + bytes(int(x) for x in address.split("."))[: (int(length) + 7) // 8]


def say(speaker, path, prefixes, communities=()):
    for m in update_messages(attributes(path, speaker.local, communities), [nlri(p) for p in prefixes]):
        speaker.say(m)


def start(b):
    w = b.start(CONFIG.format(AS=AS, NO_POLICY=NO_POLICY, a=b.theirs(1), b=b.theirs(2)))
    one = Speaker(b.peers[0], b.theirs(1), b.ours(1), 65009, families=(IPV4,)).up()
    two = Speaker(b.peers[1], b.theirs(2), b.ours(2), 65010, families=(IPV4,)).up()
    say(one, [65009, 100], ["10.1.0.0/16"], [(65009, 1)])
    say(one, [65009], ["10.2.0.0/16", "10.66.0.0/16"])
    say(two, [65010, 200, 300], ["10.1.0.0/16"])
    wait_until("all routes", lambda: len(w.json("show bgp ipv4 unicast json")["routes"].get("10.1.0.0/16", [])) == 2
               and "10.2.0.0/16" in w.json("show bgp ipv4 unicast json")["routes"])
    return w


def test_every_show_answers():
    with bed("show-all", 2) as b:
        w = start(b)
        for command in COMMANDS.split("\n"):
            if command:
                w.show(command)
                json.loads(w.show(command + " json"))


def test_routes():
    with bed("show-routes", 2) as b:
        w = start(b)
        table = w.json("show bgp ipv4 unicast json")
        assert table["routerId"] == "192.0.2.255" and table["localAS"] == AS and table["vrfName"] == "default"
        best, other = table["routes"]["10.1.0.0/16"]
        assert best["bestpath"] and best["selectionReason"] == "AS Path" and best["path"] == "65009 100"
        assert best["metric"] == 77 and best["peerId"] == b.theirs(1) and best["pathFrom"] == "external"
        assert other["valid"] and "bestpath" not in other and other["reason"] == "longer AS path"
        assert table["routes"]["10.9.0.0/16"][0]["weight"] == 32768
        assert "10.66.0.0/16" not in table["routes"]
        one = w.json("show bgp ipv4 unicast 10.1.0.0/16 json")
        assert one["prefix"] == "10.1.0.0/16" and list(one["advertisedTo"]) == [b.theirs(2)]
        first = one["paths"][0]
        assert first["aspath"] == {"string": "65009 100", "segments": [{"type": "as-sequence", "list": [65009, 100]}],
                                   "length": 2}
        assert first["community"] == {"string": "65009:1", "list": ["65009:1"]}
        assert first["bestpath"] == {"overall": True, "selectionReason": "AS Path"}
        assert first["nexthops"][0]["ip"] == b.theirs(1) and first["nexthops"][0]["accessible"]
        assert first["peer"] == {"peerId": b.theirs(1), "routerId": b.theirs(1), "type": "external"}
        assert w.json("show bgp ipv4 unicast 10.1.2.3 json")["prefix"] == "10.1.0.0/16"
        text = w.show("show bgp ipv4 unicast")
        assert "*> 10.1.0.0/16      192.0.2.5               77             0 65009 100 i\n" in text
        assert "*                   192.0.2.9                              0 65010 200 300 i\n" in text
        assert "\nDisplayed  3 routes and 4 total paths\n" in text
        assert "best (AS Path)" in w.show("show bgp ipv4 unicast 10.1.0.0/16")


def test_filters_and_neighbors():
    with bed("show-filters", 2) as b:
        w = start(b)

        def shown(words):
            return set(w.json(f"show bgp ipv4 unicast {words} json")["routes"])

        assert shown("community 65009:1") == {"10.1.0.0/16"} == shown("community-list CL")
        assert shown("regexp _65009_") == {"10.1.0.0/16", "10.2.0.0/16"} == shown("filter-list AP")
        assert shown(f"neighbors {b.theirs(2)} routes") == {"10.1.0.0/16"}
        told = w.json(f"show bgp ipv4 unicast neighbors {b.theirs(2)} advertised-routes json")
        assert set(told["advertisedRoutes"]) == {"10.1.0.0/16", "10.2.0.0/16", "10.9.0.0/16"}
        assert told["totalPrefixCounter"] == 3
        sent = w.json(f"show bgp ipv4 unicast neighbors {b.theirs(1)} received-routes json")
        assert set(sent["receivedRoutes"]) == {"10.1.0.0/16", "10.2.0.0/16", "10.66.0.0/16"}
        assert "metric" not in sent["receivedRoutes"]["10.1.0.0/16"]     # before policy
        refused = w.json(f"show bgp ipv4 unicast neighbors {b.theirs(1)} filtered-routes json")
        assert set(refused["receivedRoutes"]) == {"10.66.0.0/16"}
        n = w.json("show bgp neighbors json")[b.theirs(1)]
        assert n["bgpState"] == "Established" and n["remoteAs"] == 65009 and n["nbrDesc"] == "first"
        assert n["addressFamilyInfo"]["ipv4Unicast"]["acceptedPrefixCounter"] == 2
        assert n["messageStats"]["updatesRecv"] == 2
        s = w.json("show bgp ipv4 unicast summary json")
        assert s["peers"][b.theirs(1)]["pfxRcd"] == 2 and s["peers"][b.theirs(2)]["pfxSnt"] == 3
        assert s["totalPeers"] == 2 and s["failedPeers"] == 0
        rules = w.json("show route-map json")["BGP"]["IN"]["rules"]
        assert [r["invoked"] for r in rules] == [1, 2]
        assert rules[1]["setClauses"] == ["metric 77"]


if __name__ == "__main__":
    main()
