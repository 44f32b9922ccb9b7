#!/usr/bin/python3
"""bgpd and FRR's bgpd: sessions of all kinds, routes with all attributes, both ways."""
import signal

from interop import AS, NO_POLICY, bed, main, neighbor, path, prefixes, routes, wait_prefixes
from lab import wait_until
from peers import Frr, established

FRR_HEAD = "router bgp 65002\n bgp router-id 10.2.2.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n"


def test_ipv4_and_ipv6_with_attributes():
    with bed("frr-attributes") as b:
        o, t, o6, t6 = b.ours(1), b.theirs(1), b.ours6(1), b.theirs6(1)
        b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t} remote-as 65002
 neighbor {t6} remote-as 65002
 address-family ipv4 unicast
  network 10.10.0.0/16 route-map MARK
  network 10.11.0.0/16
  neighbor {t} activate
  no neighbor {t6} activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:10::/48 route-map MARK
  neighbor {t6} activate
 exit-address-family
route-map MARK permit 10
 set metric 77
 set community 65001:1 65001:2
 set large-community 65001:1:2
 set as-path prepend 65001 65001
 set origin incomplete
""")
        f = Frr(b.peers[0], FRR_HEAD + f""" neighbor {o} remote-as {AS}
 neighbor {o6} remote-as {AS}
 address-family ipv4 unicast
  network 10.20.0.0/16 route-map MARK
  network 10.21.0.0/16
  no neighbor {o6} activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:20::/48 route-map MARK
  neighbor {o6} activate
 exit-address-family
route-map MARK permit 10
 set metric 99
 set community 65002:9 65002:8
 set large-community 65002:3:4
 set as-path prepend 65002
 set origin egp
""").start()
        b.up(t, t6)
        wait_prefixes(b.weft, ["10.10.0.0/16", "10.20.0.0/16", "10.21.0.0/16"])
        wait_prefixes(b.weft, ["2001:db8:10::/48", "2001:db8:20::/48"], "ipv6 unicast")
        wait_prefixes(f, ["10.10.0.0/16", "10.11.0.0/16"])
        wait_prefixes(f, ["2001:db8:10::/48"], "ipv6 unicast")

        for family, prefix in (("ipv4 unicast", "10.20.0.0/16"), ("ipv6 unicast", "2001:db8:20::/48")):
            p = path(b.weft, prefix, family)
            assert p["aspath"]["string"] == "65002 65002", p["aspath"]
            assert p["metric"] == 99 and p["origin"].lower() == "egp", p
            assert p["community"]["string"] == "65002:8 65002:9", p["community"]
            assert p["largeCommunity"]["string"] == "65002:3:4", p["largeCommunity"]
            assert p["valid"] and p["bestpath"]["overall"], p
        for family, prefix in (("ipv4 unicast", "10.10.0.0/16"), ("ipv6 unicast", "2001:db8:10::/48")):
            p = path(f, prefix, family)
            assert p["aspath"]["string"] == "65001 65001 65001", p["aspath"]
            assert p["metric"] == 77 and p["origin"].lower() == "incomplete", p
            assert p["community"]["string"] == "65001:1 65001:2", p["community"]
            assert p["largeCommunity"]["string"] == "65001:1:2", p["largeCommunity"]
        assert path(f, "10.10.0.0/16")["nexthops"][0]["ip"] == o
        assert o6 in [n["ip"] for n in path(f, "2001:db8:10::/48", "ipv6 unicast")["nexthops"]]

        # A prefix goes, another comes: one UPDATE each way.
        f.configure("router bgp 65002", "address-family ipv4 unicast", "no network 10.21.0.0/16",
                    "network 10.22.0.0/16")
        wait_prefixes(b.weft, ["10.22.0.0/16"], absent=["10.21.0.0/16"])
        b.weft.configure(f"router bgp {AS}", "address-family ipv4 unicast", "no network 10.11.0.0/16",
                         "network 10.12.0.0/16")
        wait_prefixes(f, ["10.12.0.0/16"], absent=["10.11.0.0/16"])


def test_ipv4_over_an_ipv6_session():
    """Without RFC 8950 the next hop of IPv4 routes is the IPv4 address of the session's interface."""
    with bed("frr-v4-over-v6") as b:
        t6 = b.theirs6(1)
        b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t6} remote-as 65002
 address-family ipv4 unicast
  network 10.10.0.0/16
  neighbor {t6} activate
""")
        f = Frr(b.peers[0], FRR_HEAD + f""" neighbor {b.ours6(1)} remote-as {AS}
 address-family ipv4 unicast
  network 10.20.0.0/16
""").start()
        b.up(t6)
        wait_prefixes(f, ["10.10.0.0/16"])
        wait_prefixes(b.weft, ["10.20.0.0/16"])
        assert path(f, "10.10.0.0/16")["nexthops"][0]["ip"] == b.ours(1)
        assert 1 <= path(b.weft, "10.20.0.0/16")["version"] <= 2, "a table's versions begin at 1"
        assert path(b.weft, "10.20.0.0/16")["nexthops"][0]["ip"] == b.theirs(1)


def test_password_ttl_security_and_timers():
    with bed("frr-password") as b:
        o, t = b.ours(1), b.theirs(1)
        b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t} remote-as 65002
 neighbor {t} password mulberry
 neighbor {t} ttl-security hops 1
 neighbor {t} timers 2 6
""")
        f = Frr(b.peers[0], FRR_HEAD + f""" neighbor {o} remote-as {AS}
 neighbor {o} password mulberry
 neighbor {o} ttl-security hops 1
 neighbor {o} timers connect 2
""").start()
        b.up(t)
        n = neighbor(b.weft, t)
        assert n["bgpTimerHoldTimeMsecs"] == 6000, n["bgpTimerHoldTimeMsecs"]
        assert neighbor(f, o)["bgpTimerHoldTimeMsecs"] == 6000

        # A wrong password ends it, the right one brings it back.
        b.weft.configure(f"router bgp {AS}", f"neighbor {t} password elderberry")
        wait_until("session gone", lambda: neighbor(f, o)["bgpState"] != "Established", 30)
        b.weft.configure(f"router bgp {AS}", f"neighbor {t} password mulberry")
        b.up(t)


def test_hold_timer_and_return():
    """A peer that stops answering is dropped when the hold time is over, and taken back."""
    with bed("frr-hold") as b:
        o, t = b.ours(1), b.theirs(1)
        b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {t} remote-as 65002\n neighbor {t} timers 1 3\n"
                f" neighbor {t} timers connect 1\n")
        f = Frr(b.peers[0], FRR_HEAD + f" neighbor {o} remote-as {AS}\n neighbor {o} timers connect 1\n"
                " address-family ipv4 unicast\n  network 10.20.0.0/16\n").start()
        b.up(t)
        wait_prefixes(b.weft, ["10.20.0.0/16"])
        f.node.processes["bgpd"].send_signal(signal.SIGSTOP)
        wait_until("hold timer", lambda: neighbor(b.weft, t)["bgpState"] != "Established", 30)
        assert prefixes(b.weft) == set()
        assert "Hold Timer" in str(neighbor(b.weft, t).get("lastNotificationReason", "")) or \
            "Hold Timer" in str(neighbor(b.weft, t)), neighbor(b.weft, t)
        f.node.processes["bgpd"].send_signal(signal.SIGCONT)
        b.up(t)
        wait_prefixes(b.weft, ["10.20.0.0/16"])


def test_kill_9_and_return():
    """bgpd dies without a word; the peer notices by TCP and takes it back when it returns."""
    with bed("frr-kill") as b:
        o, t = b.ours(1), b.theirs(1)
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {t} remote-as 65002\n neighbor {t} timers connect 1\n"
                    " address-family ipv4 unicast\n  network 10.10.0.0/16\n")
        f = Frr(b.peers[0], FRR_HEAD + f" neighbor {o} remote-as {AS}\n neighbor {o} timers connect 1\n").start()
        wait_prefixes(f, ["10.10.0.0/16"])
        w.bgpd.kill()
        wait_prefixes(f, [], absent=["10.10.0.0/16"])
        w.bgpd.start()
        w.wait()
        wait_prefixes(f, ["10.10.0.0/16"])


def test_orderly_end_says_why():
    """SIGTERM: a Cease to each peer, exit status 0."""
    with bed("frr-term") as b:
        o, t = b.ours(1), b.theirs(1)
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {t} remote-as 65002\n")
        f = Frr(b.peers[0], FRR_HEAD + f" neighbor {o} remote-as {AS}\n").start()
        b.up(t)
        assert w.bgpd.stop() == 0
        wait_until("session gone", lambda: neighbor(f, o)["bgpState"] != "Established", 30)
        assert "Cease" in str(neighbor(f, o)["lastNotificationReason"]), neighbor(f, o)["lastNotificationReason"]


def test_policy_change_needs_no_refresh():
    """An inbound route-map is put on while routes are there; it acts on them, and undone it leaves them as sent."""
    with bed("frr-policy") as b:
        o, t = b.ours(1), b.theirs(1)
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {t} remote-as 65002\n")
        Frr(b.peers[0], FRR_HEAD + f" neighbor {o} remote-as {AS}\n address-family ipv4 unicast\n"
            "  network 10.20.0.0/16\n  network 10.30.0.0/16\n").start()
        wait_prefixes(w, ["10.20.0.0/16", "10.30.0.0/16"])
        w.configure("ip prefix-list TWENTY seq 5 permit 10.20.0.0/16", "route-map IN permit 10",
                    "match ip address prefix-list TWENTY", "set local-preference 321",
                    f"router bgp {AS}", "address-family ipv4 unicast", f"neighbor {t} route-map IN in")
        wait_prefixes(w, ["10.20.0.0/16"], absent=["10.30.0.0/16"])
        p = path(w, "10.20.0.0/16")
        assert p.get("locPrf", p.get("localPref")) == 321, p
        w.configure("route-map IN permit 20")
        wait_prefixes(w, ["10.20.0.0/16", "10.30.0.0/16"])
        w.configure(f"router bgp {AS}", "address-family ipv4 unicast", f"no neighbor {t} route-map IN in")
        wait_until("as it was sent", lambda: path(w, "10.20.0.0/16").get("locPrf") != 321)


def test_clear_and_refresh():
    """`clear bgp` resets; soft asks for the routes again."""
    with bed("frr-clear") as b:
        o, t = b.ours(1), b.theirs(1)
        w = b.start(f"router bgp {AS}\n{NO_POLICY} neighbor {t} remote-as 65002\n neighbor {t} timers connect 1\n")
        f = Frr(b.peers[0], FRR_HEAD + f" neighbor {o} remote-as {AS}\n neighbor {o} timers connect 1\n"
                " address-family ipv4 unicast\n  network 10.20.0.0/16\n").start()
        b.up(t)
        before = neighbor(w, t)["messageStats"]["routeRefreshSent"]
        w.show(f"clear bgp ipv4 unicast {t} soft in")
        wait_until("route refresh", lambda: neighbor(w, t)["messageStats"]["routeRefreshSent"] > before)
        wait_prefixes(w, ["10.20.0.0/16"])
        drops = neighbor(f, o)["connectionsDropped"]
        w.show(f"clear bgp {t}")
        wait_until("reset", lambda: neighbor(f, o)["connectionsDropped"] > drops)
        b.up(t)
        wait_prefixes(w, ["10.20.0.0/16"])


def test_ibgp_reflection_between_clients():
    with bed("frr-reflect", 2) as b:
        w = b.start(f"router bgp {AS}\n{NO_POLICY}" + "".join(
            f" neighbor {b.theirs(n)} remote-as {AS}\n" for n in (1, 2)) + " address-family ipv4 unicast\n" + "".join(
            f"  neighbor {b.theirs(n)} route-reflector-client\n" for n in (1, 2)))
        head = f"router bgp {AS}\n no bgp network import-check\n"
        f1 = Frr(b.peers[0], head + f" bgp router-id 10.9.0.1\n neighbor {b.ours(1)} remote-as {AS}\n"
                 " address-family ipv4 unicast\n  network 10.91.0.0/16\n")
        f2 = Frr(b.peers[1], head + f" bgp router-id 10.9.0.2\n neighbor {b.ours(2)} remote-as {AS}\n"
                 " address-family ipv4 unicast\n  network 10.92.0.0/16\n")
        for f in (f1, f2):
            f.start(wait=False)
        b.up(b.theirs(1), b.theirs(2))
        wait_prefixes(f1, ["10.92.0.0/16"])
        wait_prefixes(f2, ["10.91.0.0/16"])
        p = path(f2, "10.91.0.0/16")
        assert p["originatorId"] == "10.9.0.1", p
        assert p["clusterList"]["list"] == ["192.0.2.255"], p["clusterList"]
        assert p["nexthops"][0]["ip"] == b.theirs(1), "a reflector leaves the next hop alone"
        assert established(w, 2)


def test_next_hop_self_remove_private_and_maximum_prefix():
    with bed("frr-knobs", 2) as b:
        t1, t2 = b.theirs(1), b.theirs(2)
        w = b.start(f"""
router bgp {AS}
{NO_POLICY} neighbor {t1} remote-as 65002
 neighbor {t2} remote-as 3333
 neighbor {t2} timers connect 1
 address-family ipv4 unicast
  neighbor {t1} maximum-prefix 3
  neighbor {t2} remove-private-AS
""")
        f1 = Frr(b.peers[0], FRR_HEAD + f" neighbor {b.ours(1)} remote-as {AS}\n address-family ipv4 unicast\n"
                 "  network 10.20.0.0/16\n").start()
        f2 = Frr(b.peers[1], "router bgp 3333\n no bgp ebgp-requires-policy\n bgp router-id 10.3.3.3\n"
                 f" neighbor {b.ours(2)} remote-as {AS}\n neighbor {b.ours(2)} timers connect 1\n").start()
        b.up(t1, t2)
        wait_prefixes(f2, ["10.20.0.0/16"])
        p = path(f2, "10.20.0.0/16")
        assert p["aspath"]["string"] == "65001", p["aspath"]
        assert p["nexthops"][0]["ip"] == b.ours(2)
        f1.configure("router bgp 65002", "address-family ipv4 unicast",
                     *(f"network 10.2{i}.0.0/16" for i in range(1, 6)))
        wait_until("maximum-prefix ends the session", lambda: neighbor(w, t1)["bgpState"] != "Established", 30)
        assert "10.20.0.0/16" not in routes(w)
        wait_until("the peer was told", lambda: "Maximum Number of Prefixes" in
                   str(neighbor(f1, b.ours(1)).get("lastNotificationReason")), 30)
        assert neighbor(w, t2)["bgpState"] == "Established", "the other session is not disturbed"


if __name__ == "__main__":
    main()
