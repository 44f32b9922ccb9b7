#!/usr/bin/python3
"""bgpd and OpenBGPD: IPv4 and IPv6 routes with attributes."""
import json

from interop import AS, NO_POLICY, bed, main, path, wait_prefixes
from lab import wait_until
from peers import OpenBgpd


def test_both_ways():
    with bed("openbgpd") as b:
        t, t6 = b.theirs(1), b.theirs6(1)
        w = b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t} remote-as 65006
 neighbor {t6} remote-as 65006
 address-family ipv4 unicast
  network 10.10.0.0/16 route-map MARK
  no neighbor {t6} activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:10::/48
  neighbor {t6} activate
 exit-address-family
route-map MARK permit 10
 set community 65001:5
 set large-community 65001:6:7
""")
        o = OpenBgpd(b.peers[0], f"""
AS 65006
router-id 10.6.6.6
socket "@SOCKET@"
fib-update no
network 10.60.0.0/16 set {{ community 65006:1 large-community 65006:2:3 metric 9 }}
network 2001:db8:60::/48
neighbor {b.ours(1)} {{
	remote-as {AS}
	announce IPv4 unicast
}}
neighbor {b.ours6(1)} {{
	remote-as {AS}
	announce IPv6 unicast
	announce IPv4 none
}}
allow from any
allow to any
""").start()
        b.up(t, t6, deadline=90)
        wait_prefixes(w, ["10.60.0.0/16"])
        wait_prefixes(w, ["2001:db8:60::/48"], "ipv6 unicast")
        p = path(w, "10.60.0.0/16")
        assert p["community"]["string"] == "65006:1" and p["largeCommunity"]["string"] == "65006:2:3", p
        assert p["metric"] == 9 and p["aspath"]["string"] == "65006", p

        def rib(prefix):
            return json.loads(o.show(f"-j show rib detail {prefix}")).get("rib")
        got = wait_until("10.10.0.0/16 at OpenBGPD", lambda: rib("10.10.0.0/16"))[0]
        assert got["aspath"] == "65001" and got["communities"] == ["65001:5"], got
        assert got["large_communities"] == ["65001:6:7"], got
        wait_until("2001:db8:10::/48 at OpenBGPD", lambda: rib("2001:db8:10::/48"))


if __name__ == "__main__":
    main()
