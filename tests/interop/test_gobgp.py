#!/usr/bin/python3
"""bgpd and GoBGP: every family; VPN and EVPN routes of all types reflected with all that they carry."""
import json

from interop import AS, ID, NO_POLICY, bed, main, neighbor, path, wait_prefixes
from lab import wait_until
from peers import Frr, Gobgp

FAMILIES = ("ipv4-unicast", "ipv6-unicast", "l3vpn-ipv4-unicast", "l3vpn-ipv6-unicast", "l2vpn-evpn")
EVPN = [
    "a-d esi AS 65001 1000 etag 100 label 1 rd 10.4.4.4:100 rt 65001:100 encap vxlan",
    "macadv aa:bb:cc:dd:ee:01 10.0.0.1 etag 0 label 1000 rd 10.4.4.4:100 rt 65001:100 encap vxlan",
    "macadv aa:bb:cc:dd:ee:02 0.0.0.0 etag 0 label 1000 rd 10.4.4.4:100 rt 65001:100 encap vxlan",
    "multicast 10.4.4.4 etag 0 rd 10.4.4.4:100 rt 65001:100 encap vxlan pmsi ingress-repl 1000 10.4.4.4",
    "esi 10.4.4.4 esi AS 65001 1000 rd 10.4.4.4:100",
    "prefix 10.47.0.0/16 gw 0.0.0.0 etag 0 label 4000 rd 10.4.4.4:4000 rt 65001:4000 encap vxlan "
    "router-mac aa:bb:cc:00:00:01",
]


def config(asn, router_id, neighbor_address, families):
    text = f'[global.config]\n  as = {asn}\n  router-id = "{router_id}"\n[[neighbors]]\n  [neighbors.config]\n'
    text += f'    neighbor-address = "{neighbor_address}"\n    peer-as = {AS}\n'
    text += "  [neighbors.timers.config]\n    connect-retry = 1\n"
    for f in families:
        text += f'  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "{f}"\n'
    return text


def attributes(gobgp, family):
    """network -> what its path carries, but for AS_PATH (empty), LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST"""
    found = {}
    for network, paths in gobgp.json(f"global rib -a {family}").items():
        kept = [a for a in paths[0]["attrs"] if a["type"] not in (2, 5, 9, 10)]
        for a in kept:
            if a["type"] == 14:
                a.pop("nexthop", None)
            if a["type"] == 16:
                a["value"] = sorted(a["value"], key=json.dumps)
        found[network] = sorted((json.dumps(a, sort_keys=True) for a in kept))
    return found


def test_ebgp_ipv4_and_ipv6():
    with bed("gobgp-ebgp") as b:
        w = b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {b.theirs(1)} remote-as 65004
 address-family ipv4 unicast
  network 10.10.0.0/16 route-map MARK
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:10::/48
  neighbor {b.theirs(1)} activate
 exit-address-family
route-map MARK permit 10
 set community 65001:5
 set metric 7
""")
        g = Gobgp(b.peers[0], config(65004, "10.4.4.4", b.ours(1), FAMILIES[:2])).start()
        b.up(b.theirs(1))
        g.gobgp("global rib add 10.40.0.0/24 community 65004:5 med 7 large-community 1:2:3 -a ipv4")
        g.gobgp("global rib add -a ipv6 2001:db8:40::/48 nexthop " + b.theirs6(1))
        wait_prefixes(w, ["10.40.0.0/24"])
        wait_prefixes(w, ["2001:db8:40::/48"], "ipv6 unicast")
        p = path(w, "10.40.0.0/24")
        assert p["metric"] == 7 and p["community"]["string"] == "65004:5", p
        assert p["largeCommunity"]["string"] == "1:2:3" and p["aspath"]["string"] == "65004", p
        got = wait_until("10.10.0.0/16 at GoBGP", lambda: g.json("global rib -a ipv4").get("10.10.0.0/16"))[0]
        by_type = {a["type"]: a for a in got["attrs"]}
        assert by_type[4]["metric"] == 7 and by_type[3]["nexthop"] == b.ours(1), got
        assert by_type[8]["communities"] == [65001 << 16 | 5], got
        wait_until("IPv6 at GoBGP", lambda: "2001:db8:10::/48" in g.json("global rib -a ipv6"))
        g.gobgp("global rib del 10.40.0.0/24 -a ipv4")
        wait_prefixes(w, [], absent=["10.40.0.0/24"])


def test_vpn_and_evpn_are_reflected():
    """From a GoBGP client to another, and to an FRR client: every route, with all its attributes."""
    with bed("gobgp-reflect", 3) as b:
        clients = [b.theirs(n) for n in (1, 2, 3)]
        text = f"router bgp {AS}\n{NO_POLICY} no bgp default ipv4-unicast\n"
        text += "".join(f" neighbor {c} remote-as {AS}\n" for c in clients)
        for family in ("ipv4 vpn", "ipv6 vpn", "l2vpn evpn"):
            text += f" address-family {family}\n" + "".join(
                f"  neighbor {c} activate\n  neighbor {c} route-reflector-client\n" for c in clients)
            text += " exit-address-family\n"
        text += (f"router bgp {AS} vrf prod\n address-family ipv4 unicast\n  rt vpn import 65004:1\n  import vpn\n"
                 " exit-address-family\n")
        w = b.start(text)
        source = Gobgp(b.peers[0], config(AS, "10.4.4.4", b.ours(1), FAMILIES[2:])).start()
        sink = Gobgp(b.peers[1], config(AS, "10.5.5.5", b.ours(2), FAMILIES[2:])).start()
        frr = Frr(b.peers[2], f"router bgp {AS}\n bgp router-id 10.6.6.6\n no bgp default ipv4-unicast\n"
                  f" neighbor {b.ours(3)} remote-as {AS}\n neighbor {b.ours(3)} timers connect 1\n" + "".join(
                      f" address-family {f}\n  neighbor {b.ours(3)} activate\n exit-address-family\n"
                      for f in ("ipv4 vpn", "l2vpn evpn"))).start()
        b.up(*clients)
        adds = [("vpnv4", f"10.45.{i}.0/24 label {100 + i} rd 65004:1 rt 65004:1") for i in range(5)]
        adds += [("vpnv6", "2001:db8:45::/48 label 100 rd 65004:1 rt 65004:1")] + [("evpn", e) for e in EVPN]
        for family, route in adds:
            source.gobgp(f"global rib add -a {family} {route}")
        for family, n in (("vpnv4", 5), ("vpnv6", 1), ("evpn", len(EVPN))):
            wanted = attributes(source, family)
            assert len(wanted) == n, f"GoBGP took {len(wanted)} of {n} in {family}"
            wait_until(f"{family} at the other client", lambda: set(attributes(sink, family)) == set(wanted), 60)
            got = attributes(sink, family)
            for network, attrs in wanted.items():
                assert got[network] == attrs, f"{network}: {got[network]} is not {attrs}"
            path_attrs = next(iter(sink.json(f"global rib -a {family}").values()))[0]["attrs"]
            added = {a["type"]: a["value"] for a in path_attrs if a["type"] in (9, 10)}
            assert added[9] == "10.4.4.4" and added[10] == [ID], added

        def at_frr(command, n):
            out = frr.json(command)
            return sum(1 for rd in out.values() if isinstance(rd, dict) for p in rd if p.startswith("["))
        wait_until("EVPN at FRR", lambda: at_frr("show bgp l2vpn evpn json", 5) >= 5, 60)
        wait_until("VPNv4 at FRR", lambda: "10.45.4.0/24" in frr.ask("show bgp ipv4 vpn json"), 60)

        # a VRF imports it, and says why the kernel does not get it
        path = w.json("show bgp vrf prod ipv4 unicast 10.45.4.0/24 json")["paths"][0]
        assert path["notInstalled"] == "forwarding by MPLS is not available" and path["importedFrom"], path
        assert "Not installed: forwarding by MPLS" in w.show("show bgp vrf prod ipv4 unicast 10.45.4.0/24")

        for family, route in adds:
            source.gobgp(f"global rib del -a {family} {route}")
        for family in ("vpnv4", "vpnv6", "evpn"):
            wait_until(f"{family} gone", lambda: attributes(sink, family) == {}, 60)
        wait_until("EVPN gone at weft", lambda: not [k for k, v in w.json("show bgp l2vpn evpn json").items()
                                                      if isinstance(v, dict) and any("[" in p for p in v)])
        assert neighbor(w, b.theirs(1))["bgpState"] == "Established"


if __name__ == "__main__":
    main()
