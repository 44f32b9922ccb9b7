#!/usr/bin/python3
"""The demonstration's lab as a test: each of its steps must hold; then daemons are killed, and the gateways'
`show running-config` alone makes the same lab again."""
import time

import sandbox
import tap
from demo import Demo, without_drift
from lab import PATIENCE, wait_until
from topology import CLOUD, ONPREM, host_address

lab = Demo("network")
saved = {}


def holds(step):
    """Runs a step of the demonstration; all facts that it adds must have held."""
    before = len(lab.facts)
    step()
    failed = [f"{text} ({note})" for text, held, note in lab.facts[before:] if not held]
    assert not failed, "; ".join(failed)


def all_pings():
    for source, target in (("prod-a", host_address("prod-b")), ("prod-a", host_address("prod-d")), ("prod-b", ONPREM),
                           ("prod-a", CLOUD), ("dev-a", host_address("dev-b"))):
        wait_until(f"{source} reaches {target}", lambda: lab.net.node(source).ping(target), 60)


def test_bring_up():
    lab.bring_up()


def test_sessions():
    holds(lab.sessions)


def test_evpn_table():
    holds(lab.evpn)


def test_routing_tables():
    holds(lab.tables)


def test_pings():
    holds(lab.pings)


def test_segments_are_apart():
    holds(lab.apart)


def test_policy_moves_traffic():
    holds(lab.policy)


def test_link_loss():
    holds(lab.link_loss)


def test_overlayd_killed_loses_nothing():
    holds(lab.overlayd_restart)


def test_stranger_is_corrected():
    holds(lab.stranger)


def test_nothing_drifts():
    for gw in (lab.net.gw_a, lab.net.gw_b):
        wait_until(f"{gw.name} without drift", lambda: without_drift(gw.router), 30, 0.5)


def test_l3vnis_are_shown_whole():
    gw = lab.net.gw_a.router
    for words in ("", "4000 "):
        shown = gw.json(f"show bgp l2vpn evpn vni {words}json")
        shown = shown if words else shown["4000"]
        targets = shown["importRts" if words else "importRTs"]
        assert shown["type"] == "L3" and shown["rd"].startswith("10.255.0.1:") and targets == ["65000:4000"], shown
    assert gw.json("show bgp vrfs json")["vrfs"]["prod"]["interface"] == "l3br4000"
    assert gw.json("show evpn vni 4000 json")["l2Vnis"] == [10010]
    assert "65000:4000" in gw.show("show bgp l2vpn evpn vni 4000")


def test_bgpd_killed_keeps_local_traffic_and_returns():
    """kill -9 of bgpd: what overlayd has programmed stays; sessions and routes come back by themselves."""
    gw = lab.net.gw_a
    kernel = sorted(gw.run(["ip", "route", "show", "vrf", "prod"]).splitlines())
    gw.router.bgpd.kill()
    time.sleep(2 * PATIENCE)  # nothing is to happen in this time
    assert sorted(gw.run(["ip", "route", "show", "vrf", "prod"]).splitlines()) == kernel
    assert "10.200.0.0/16" in gw.router.show("show ip route vrf prod")
    gw.router.bgpd.start()
    gw.router.wait()
    holds(lab.sessions)
    all_pings()
    wait_until("no drift", lambda: without_drift(gw.router), 30, 0.5)


def test_both_daemons_end_and_return():
    """SIGTERM to both: exit status 0, and the lab is whole again after their start."""
    gw = lab.net.gw_b
    assert gw.router.stop() == {"bgpd": 0, "overlayd": 0}
    gw.router.start()
    holds(lab.sessions)
    all_pings()


def test_running_config_makes_the_same_lab():
    for name in ("gw-a", "gw-b"):
        saved[name] = lab.net.node(name).router.show("show running-config").split("Current configuration:")[1]
    ttl = lab.ttl()
    lab.net.lab.close()
    lab.__init__("network-again", configs=saved)
    lab.bring_up()
    holds(lab.sessions)
    holds(lab.tables)
    holds(lab.pings)
    holds(lab.apart)
    wait_until("the policy's path", lambda: lab.ttl() == ttl, 30)
    for name, text in saved.items():
        again = lab.net.node(name).router.show("show running-config").split("Current configuration:")[1]
        assert again == text, f"{name}: {again}"


if __name__ == "__main__":
    sandbox.enter()
    tap.main()
