"""overlayd alone against the real kernel: configuration to devices, the feed to routes, FDB and neighbours, learning,
a stranger's hand, kill -9 and the way back to an empty kernel.  bgpd is played by feed.py, the far VTEP by ip(8)."""
import os
import time

import sandbox

sandbox.enter()  # before anything is started

import peers
from feed import Feed, hop
from lab import Lab, wait_until
from tap import main

OUT = os.path.join(os.environ.get("WEFT_BUILD", "build"), "tests/lab/overlay")
CONFIG = """hostname gw
underlay source 10.255.0.1
vrf prod
 vni 4000
 ip route 10.77.0.0/16 10.1.10.7
 ip route 10.78.0.0/16 blackhole
exit-vrf
vrf dev
 table 4242
exit-vrf
bridge-domain 10
 vrf prod
 vni 10010
 gateway 10.1.10.1/24 mac 02:00:0a:01:0a:01
 gateway 2001:db8:10::1/64
 member eth1
interface lo
 ip address 10.255.0.1/32
interface up1
 ip address 10.0.1.2/31
interface tgw1
 tunnel gre source 10.0.1.2 destination 10.0.1.3 key 7
 vrf prod
 mtu 1400
 ip address 169.254.6.1/29
interface eth2
 vrf dev
 ip address 10.1.10.1/24
ip route 10.255.0.2/32 10.0.1.3
"""
FAR_RMAC, FAR_HOST = "02:00:00:00:ff:02", "02:00:00:00:00:22"


class Gateway(peers.Weft):
    """overlayd without bgpd."""

    def start(self, wait=True):
        self.bgpd = None
        self.overlayd.start()
        peers.wait_socket(self.overlayd, self.run_dir / "overlayd.vty")
        return self

    def feed(self, boot_id=1):
        return wait_until("overlayd takes the feed", lambda: Feed(self.run_dir / "feed.sock", boot_id))

    def settled(self):
        return self.json("show overlay drift json")["settled"]

    def settle(self):
        """Waits until nothing is to be done and nothing differs."""
        try:
            wait_until("the kernel is as wanted", lambda: self.settled() and not self.drift(), 20)
        except AssertionError:
            print(self.show("show overlay drift", "show ip nht", "show ip route", "show interface"))
            raise

    def drift(self):
        return self.json("show overlay drift json")["drift"]


def far_make():
    """A VTEP made by hand: bridge with a host's address in VNI 10010, a router in VNI 4000."""
    far.ip(f"""
        addr add 10.0.1.3/31 dev down1
        addr add 10.255.0.2/32 dev lo
        route add 10.255.0.1/32 via 10.0.1.2
        link add l2 type bridge
        link set l2 address {FAR_HOST} up
        addr add 10.1.10.22/24 dev l2
        link add vx10010 type vxlan id 10010 local 10.255.0.2 dstport 4789 nolearning
        link set vx10010 master l2 up
        link add vrf1 type vrf table 100
        link set vrf1 up
        link add l3 type bridge
        link set l3 address {FAR_RMAC} master vrf1 up
        link add vx4000 type vxlan id 4000 local 10.255.0.2 dstport 4789 nolearning
        link set vx4000 master l3 up
        link add lo1 type dummy
        link set lo1 master vrf1 up
        addr add 10.2.0.1/32 dev lo1
        link add gre1 type gre local 10.0.1.3 remote 10.0.1.2 key 7
        link set gre1 up
        addr add 169.254.6.2/29 dev gre1""")
    rmac = "02:57:0a:ff:00:01"
    far.ip(f"""
        neigh add 10.255.0.1 lladdr {rmac} dev l3 nud permanent
        route add 10.1.10.0/24 vrf vrf1 via 10.255.0.1 dev l3 onlink""")
    far.bridge(f"""
        fdb add {rmac} dev vx4000 dst 10.255.0.1 self
        fdb append 00:00:00:00:00:00 dev vx10010 dst 10.255.0.1 self""")


lab = Lab(OUT)
gw, far, host = lab.router("gw"), lab.router("far"), lab.node("host")
lab.link(gw, "up1", far, "down1", mtu=1600)
lab.link(gw, "eth1", host, "eth0")
lab.link(gw, "eth2", far, "other")
weft = None
bgpd = None


def say(b):
    """All that this bgpd has to say."""
    b.vtep(10010, "10.255.0.2")
    b.remote_mac(10010, FAR_HOST, "10.255.0.2")
    b.remote_mac(10010, FAR_HOST, "10.255.0.2", ip="10.1.10.22")
    evpn = hop("10.255.0.2", vni=4000, rmac=FAR_RMAC)
    b.route("prod", "10.2.0.0/16", [evpn], distance=200)
    b.route("prod", "2001:db8:2::/48", [evpn], distance=200)
    b.route("prod", "10.200.0.0/16", [hop("169.254.6.2")])
    b.route("prod", "10.201.0.0/16", [hop("169.254.6.2"), hop("169.254.6.3", weight=3)])
    b.route("default", "10.50.0.0/16", [hop("10.0.1.3")])
    b.watch("default", "10.255.0.2")
    b.watch("prod", "169.254.6.2")
    b.end()


def routes(table, *more):
    return gw.json(["ip", "-j", "-d", "route", "show", "table", str(table), *more])


def route(table, dst):
    found = [r for r in routes(table) if r["dst"] == dst and r.get("protocol") in ("87", "88")]
    return found[0] if found else None


def link(name):
    found = gw.json(["ip", "-j", "-d", "link", "show"])
    return next((l for l in found if l["ifname"] == name), None)


def fdb(device):
    return [(e["mac"], e.get("dst", "")) for e in gw.json(["bridge", "-j", "fdb", "show", "dev", device])
            if "extern_learn" in e["flags"]]


def table():
    return weft.json("show vrf json")["prod"]["table"]


def state():
    """What overlayd keeps in the kernel, to be compared."""
    return (sorted(gw.run(["ip", "-N", "route", "show", "table", "all", "proto", "87"]).splitlines()),
            sorted(gw.run(["ip", "-N", "route", "show", "table", "all", "proto", "88"]).splitlines()),
            # Groups keep their ids; what they are made of is made anew after a link went.
            sorted(l.split("group")[0] for l in gw.run(["ip", "-N", "nexthop"]).splitlines() if "group" in l),
            sorted(fdb("vxlan10010")), sorted(fdb("vxlan4000")),
            sorted(l["ifname"] + str(l["ifindex"]) for l in gw.json(["ip", "-j", "link"])),
            sorted(gw.run(["ip", "-br", "addr"]).splitlines()))


def test_configuration_makes_devices():
    global weft
    lab.make()
    far_make()
    gw.ip("link add mine type bridge")  # a stranger's, never to be touched
    weft = Gateway(gw, CONFIG).start()
    weft.settle()
    gw.ip("route add 10.66.0.0/16 via 10.0.1.3")
    assert link("prod")["linkinfo"]["info_kind"] == "vrf"
    assert link("dev")["linkinfo"]["info_data"]["table"] == 4242
    assert link("br10")["master"] == "prod" and link("br10")["address"] == "02:00:0a:01:0a:01"
    l3 = link("l3br4000")
    assert l3["master"] == "prod" and l3["address"] == "02:57:0a:ff:00:01", l3
    x = link("vxlan10010")["linkinfo"]
    assert x["info_data"]["id"] == 10010 and x["info_data"]["local"] == "10.255.0.1" and not x["info_data"]["learning"]
    assert x["info_slave_data"]["neigh_suppress"] and not x["info_slave_data"]["learning"]
    gre = link("tgw1")
    assert gre["master"] == "prod" and gre["mtu"] == 1400 and gre["linkinfo"]["info_data"]["ikey"] == "0.0.0.7", gre
    assert link("eth1")["master"] == "br10" and link("eth2")["master"] == "dev"
    addresses = gw.run(["ip", "-br", "addr"])
    for a in ("10.1.10.1/24", "2001:db8:10::1/64", "169.254.6.1/29", "10.255.0.1/32"):
        assert a in addresses, a
    assert route(table(), "10.77.0.0/16") and route(table(), "10.78.0.0/16")["type"] == "blackhole"


def test_bgpd_is_told_what_is_local():
    global bgpd
    bgpd = weft.feed()
    bgpd.wait(lambda: bgpd.ended)
    assert bgpd.vrfs["prod"]["l3vni"] == 4000 and bgpd.vrfs["prod"]["up"] and bgpd.vrfs["prod"]["table"] == table()
    assert bgpd.vrfs["prod"]["vtep"] == "10.255.0.1" and bgpd.vrfs["prod"]["rmac"] == "02:57:0a:ff:00:01"
    assert bgpd.vnis[10010]["vrf"] == "prod" and bgpd.vnis[10010]["up"]
    assert bgpd.local_routes["prod", "10.1.10.0/24"] == "connected"
    assert bgpd.local_routes["prod", "10.77.0.0/16"] == "static"
    assert bgpd.local_routes["default", "10.255.0.1/32"] == "connected"
    assert ("default", "10.66.0.0/16") not in bgpd.local_routes
    bgpd.subscribe("default")
    bgpd.wait(lambda: bgpd.local_routes.get(("default", "10.66.0.0/16")) == "kernel")
    assert ("prod", "10.1.10.1", 24) in bgpd.addresses
    assert bgpd.interfaces["prod", "tgw1"]["mtu"] == 1400


def test_routes_and_entries_are_programmed():
    say(bgpd)
    wait_until("routes", lambda: route(table(), "10.2.0.0/16") and route(table(), "10.201.0.0/16"))
    weft.settle()
    text = gw.run(["ip", "route", "show", "vrf", "prod"])
    assert "10.2.0.0/16" in text and "via 10.255.0.2 dev l3br4000" in text and "onlink" in text, text
    assert "::ffff:10.255.0.2 dev l3br4000" in gw.run(["ip", "-6", "route", "show", "vrf", "prod"])
    assert len(route(table(), "10.201.0.0/16")["nexthops"]) == 2
    assert (FAR_HOST, "10.255.0.2") in fdb("vxlan10010")
    assert ("00:00:00:00:00:00", "10.255.0.2") in fdb("vxlan10010")
    assert (FAR_RMAC, "10.255.0.2") in fdb("vxlan4000")
    assert FAR_RMAC in gw.run(["ip", "neigh", "show", "10.255.0.2", "dev", "l3br4000"])
    assert "extern_learn" in gw.run(["ip", "neigh", "show", "10.1.10.22", "dev", "br10"])
    bgpd.wait(lambda: len(bgpd.nexthops) == 2)
    assert bgpd.nexthops["default", "10.255.0.2"]["resolved"]
    assert bgpd.nexthops["prod", "169.254.6.2"]["connected"]
    rows = weft.json("show ip route vrf prod json")
    assert rows["10.2.0.0/16"][0]["installed"] and rows["10.2.0.0/16"][0]["protocol"] == "bgp"


def test_packets_flow():
    host.ip("""addr add 10.1.10.11/24 dev eth0
               route add default via 10.1.10.1""")
    wait_until("the gateway answers", lambda: host.ping("10.1.10.1"))
    wait_until("a host of the same subnet, across VXLAN", lambda: host.ping("10.1.10.22"))
    wait_until("a router behind the L3VNI", lambda: host.ping("10.2.0.1"))


def test_local_hosts_are_learned():
    mac = host.json(["ip", "-j", "link", "show", "eth0"])[0]["address"]
    bgpd.wait(lambda: (10010, mac, None) in bgpd.local_macs and (10010, mac, "10.1.10.11") in bgpd.local_macs)
    assert (10010, FAR_HOST, None) not in bgpd.local_macs
    assert weft.json("show evpn mac vni 10010 json")["macs"][mac]["type"] == "local"
    # It shows up here while bgpd has it elsewhere: it has moved, and is ours.
    bgpd.remote_mac(10010, mac, "10.255.0.2")
    bgpd.wait(lambda: (10010, mac, None) not in bgpd.local_macs)
    host.ping("10.1.10.1")
    bgpd.wait(lambda: (10010, mac, None) in bgpd.local_macs)
    bgpd.remote_mac(10010, mac, "10.255.0.2", add=False)
    bgpd.flush()
    wait_until("the host is reached again", lambda: gw.run(["ping", "-c1", "-W1", "-I", "prod", "10.1.10.11"]))
    weft.settle()


def test_what_a_stranger_takes_comes_back():
    before = state()
    for command in ("ip route del 10.2.0.0/16 vrf prod", "ip route del 10.78.0.0/16 vrf prod",
                    "ip addr del 10.1.10.1/24 dev br10", "ip neigh del 10.1.10.22 dev br10",
                    f"bridge fdb del {FAR_HOST} dev vxlan10010 self", f"bridge fdb del {FAR_HOST} dev vxlan10010 master",
                    "bridge fdb del 00:00:00:00:00:00 dev vxlan10010 dst 10.255.0.2 self",
                    "ip link set eth1 nomaster", "ip link set vxlan4000 nomaster", "ip link set tgw1 mtu 1300",
                    "ip link set l3br4000 down", "ip link set br10 address 02:00:00:00:00:99"):
        gw.run(command.split())
        wait_until(f"the kernel is as before `{command}`", lambda: state() == before)
        weft.settle()
    for command in ("ip nexthop flush", "ip link del vxlan10010", "ip link del l3br4000", "ip link del tgw1",
                    "ip link del prod"):
        gw.run(command.split(), check=False)
        wait_until(f"packets flow after `{command}`", lambda: host.ping("10.1.10.22") and host.ping("10.2.0.1"))
        weft.settle()
    assert route(table(), "10.201.0.0/16")
    assert "10.66.0.0/16" in gw.run(["ip", "route"]) and link("mine")


def test_kill_and_restart_change_nothing():
    stream, routed = host.ping_stream("10.1.10.22", 0.1), host.ping_stream("10.2.0.1", 0.1)
    before = state()
    watch = gw.directory / "monitor.txt"
    with open(watch, "w") as out:
        monitor = gw.popen(["ip", "-o", "monitor", "link", "address", "route", "nexthop"], stdout=out)
        time.sleep(0.5)
        weft.overlayd.kill()
        weft.start()
        again = weft.feed(2)
        say(again)
        again.wait(lambda: again.ended)
        weft.settle()
        monitor.terminate()
        monitor.wait()
    changes = [l for l in watch.read_text().splitlines() if "fe80" not in l and "inet6" not in l]
    assert state() == before
    assert not changes, changes
    for s in (stream, routed):
        sent, received = s.stop()
        assert sent - received <= 1, s.summary()
    bgpd.close()
    globals()["bgpd"] = again


def test_bgpd_may_die():
    before = state()
    bgpd.close()
    time.sleep(0.5)
    assert state() == before
    b = globals()["bgpd"] = weft.feed(3)
    b.route("prod", "10.200.0.0/16", [hop("169.254.6.2")])
    b.end()
    wait_until("what was not said again is swept", lambda: not route(table(), "10.2.0.0/16"))
    weft.settle()
    assert route(table(), "10.200.0.0/16") and route(table(), "10.77.0.0/16")
    assert not fdb("vxlan10010") and not fdb("vxlan4000"), (fdb("vxlan10010"), fdb("vxlan4000"))
    say(b)
    wait_until("packets flow", lambda: host.ping("10.1.10.22") and host.ping("10.2.0.1"))


def test_a_link_lost_is_noticed():
    far.run(["ip", "link", "set", "down1", "down"])
    bgpd.wait(lambda: not bgpd.nexthops["default", "10.255.0.2"]["resolved"])
    wait_until("the route leaves", lambda: not route(254, "10.50.0.0/16"))
    far.run(["ip", "link", "set", "down1", "up"])
    far.ip("route replace 10.255.0.1/32 via 10.0.1.2")
    bgpd.wait(lambda: bgpd.nexthops["default", "10.255.0.2"]["resolved"])
    wait_until("the route returns", lambda: route(254, "10.50.0.0/16"))
    weft.settle()


def test_the_kernels_refusal_is_shown():
    bgpd.route("prod", "10.90.0.0/16", [hop("10.1.10.255")])  # a broadcast address is no gateway
    bgpd.flush()
    drift = wait_until("the refusal", lambda: [d for d in weft.drift() if d["state"] == "refused"])
    assert "10.1.10.255" in drift[0]["object"] and "gateway" in drift[0]["reason"], drift
    assert any("10.90.0.0/16" in d["object"] for d in weft.drift())
    bgpd.route("prod", "10.90.0.0/16", add=False)
    bgpd.flush()
    weft.settle()


def test_many_routes_and_a_change_of_all():
    n = 50000
    for i in range(n):
        bgpd.route("dev", f"172.{16 + i // 65536}.{i // 256 % 256}.{i % 256}/32", [hop("10.1.10.9")])
    bgpd.flush()
    count = lambda: gw.run(["ip", "route", "show", "table", "4242", "proto", "87"]).count("\n")
    wait_until("all routes", lambda: count() == n)
    weft.settle()
    for i in range(n):
        bgpd.route("dev", f"172.{16 + i // 65536}.{i // 256 % 256}.{i % 256}/32", add=False)
    bgpd.flush()
    wait_until("all gone", lambda: count() == 0)


def test_a_port_dropped_while_overlayd_was_down_is_released():
    gw.ip("link add port1 type dummy\n link add port2 type dummy\n link set port1 up\n link set port2 up")
    weft.configure("bridge-domain 10", "member port1")
    wait_until("the port is in its bridge", lambda: link("port1").get("master") == "br10")
    gw.ip("link set port2 master br10")
    weft.settle()
    weft.overlayd.kill()
    weft.start()  # over the file, in which port1 is not
    wait_until("the port is released", lambda: "master" not in link("port1"))
    weft.settle()
    assert link("port2").get("master") == "br10" and link("eth1").get("master") == "br10"
    gw.ip("link del port1\n link del port2")
    bgpd.close()
    globals()["bgpd"] = weft.feed(5)
    say(globals()["bgpd"])
    weft.settle()


def test_an_empty_configuration_leaves_what_is_others():
    bgpd.route("prod", "10.91.0.0/16", [hop()])  # bgpd wants it to the end
    bgpd.flush()
    wait_until("the blackhole", lambda: route(table(), "10.91.0.0/16"))
    weft.configure("no bridge-domain 10", "no interface tgw1", "no interface eth2", "no ip route 10.255.0.2/32 10.0.1.3",
                   "no vrf dev", "no vrf prod", "interface up1", "no ip address 10.0.1.2/31", "exit",
                   "interface lo", "no ip address 10.255.0.1/32")
    bgpd.close()
    weft.feed(4).end()
    wait_until("nothing of ours is left", lambda: not any(link(l) for l in
               ("br10", "l3br4000", "vxlan10010", "vxlan4000", "tgw1", "prod", "dev")))
    wait_until("no address is left", lambda: "10.255.0.1" not in gw.run(["ip", "addr"]))
    # A blackhole is on no device that would take it along.
    wait_until("no route is left in a VRF's table", lambda: not any(
        gw.run(["ip", "-N", "route", "show", "table", "all", "proto", p]).strip() for p in ("87", "88")))
    assert link("eth1") and "master" not in link("eth1") and link("mine")
    assert weft.overlayd.stop() == 0


if __name__ == "__main__":
    try:
        main()
    finally:
        lab.close()
