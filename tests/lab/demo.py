#!/usr/bin/python3
"""The demonstration: two weft gateways, an FRR leaf, an on-premises FRR router and a cloud's Connect peer become one
network (topology.py draws it).  Every command shown is the real one, with its output.

    ./run demo            shows it and takes it down
    ./run demo --keep     leaves it up: ./run shell NODE enters, ./run down ends it
"""
import argparse
import os
import re
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import kept
import peers
import sandbox
import topology
from lab import LabError, wait_until
from topology import CLOUD, ONPREM, SHARED, host_address

START = time.monotonic()
BOLD, PLAIN = ("\033[1m", "\033[0m") if os.environ.get("WEFT_COLOUR") else ("", "")


class Demo:
    def __init__(self, name="demo", frr=False, configs=None):
        self.frr = frr
        self.net = topology.Network(name, weft=() if frr else ("gw-a", "gw-b"), configs=configs)
        self.facts = []

    # ---- telling

    def title(self, text):
        print(f"\n{BOLD}== {text}{PLAIN}  [{time.monotonic() - START:.0f} s]", flush=True)

    def say(self, text):
        print(f"   {text}", flush=True)

    def fact(self, text, held, note=""):
        self.facts.append((text, bool(held), note))
        self.say(f"{'held' if held else 'FAILED'}: {text}{': ' + note if note else ''}")

    def show(self, node, *commands, lines=40):
        """Runs vtysh commands on a node, and prints them with their output."""
        for command in commands:
            print(f"{BOLD}{node}# {command}{PLAIN}", flush=True)
            out = self.net.node(node).router.show(command).rstrip().splitlines()
            for line in out[:lines]:
                print(line)
            if len(out) > lines:
                print(f"... ({len(out) - lines} more lines)")
        sys.stdout.flush()

    def shell(self, node, command, lines=12):
        """The same for a shell command in the node's namespace."""
        print(f"{BOLD}{node}$ {command}{PLAIN}", flush=True)
        out = self.net.node(node).run(["sh", "-c", command + " 2>&1"], check=False).rstrip()
        for line in out.splitlines()[:lines]:
            print(line)
        sys.stdout.flush()
        return out

    def ping(self, node, address, what, count=2):
        """A ping that must be answered, after at most a few tries: the first packet may still wait for ARP."""
        answered = False
        try:
            wait_until("an answer", lambda: self.net.node(node).ping(address), 20)
            out = self.shell(node, f"ping -n -c {count} -i 0.2 -W 3 {address}")
            answered = f" {count} received" in out
        except LabError:
            self.shell(node, f"ping -n -c {count} -i 0.2 -W 3 {address}")
        self.fact(what, answered)
        return answered

    # ---- steps

    def bring_up(self):
        self.title("The lab comes up")
        self.net.make()
        self.net.start()
        self.say(f"{len(self.net.lab.nodes)} nodes, {len(self.net.lab.processes())} daemons")

    def sessions(self):
        self.title("Sessions")
        a, b = self.net.gw_a.router, self.net.gw_b.router
        checks = [
            ("underlay: gw-a and gw-b each with both spines; EVPN: gw-a, gw-b and leaf with each other",
             lambda: peers.established(a, 4) and peers.established(b, 4)),
            ("on-prem: eBGP with gw-a in prod", lambda: peers.established(a, 1, "prod")),
            ("cloud: both eBGP sessions of the Connect peer with gw-b in prod, through GRE",
             lambda: peers.established(b, 2, "prod"))]
        for text, check in checks:
            try:
                wait_until(text, check, 60, 0.5)
                self.fact(text, True)
            except LabError as error:
                self.fact(text, False, str(error))
        self.show("gw-a", "show bgp summary")
        self.show("gw-b", "show bgp vrf prod summary")
        self.net.hosts_speak()

    def evpn(self):
        self.title("The EVPN table: MACs and addresses (2), VTEPs (3), prefixes (5)")

        def kinds():
            """(route type, next hop) of all paths"""
            seen = set()
            for rd in self.net.gw_a.router.json("show bgp l2vpn evpn json").values():
                if not isinstance(rd, dict):
                    continue
                for prefix, entry in rd.items():
                    m = re.match(r"\[(\d)\]", prefix)
                    if m:
                        for vtep in re.findall(r"10\.255\.0\.\d", str(entry.get("paths", ""))):
                            seen.add((int(m[1]), vtep))
            return seen

        wanted = {(kind, vtep) for kind in (2, 3, 5) for vtep in topology.VTEP.values()}
        try:
            wait_until("types 2, 3 and 5 from every VTEP", lambda: wanted <= kinds(), 30, 0.5)
            self.fact("gw-a has routes of types 2, 3 and 5 from all three VTEPs", True)
        except LabError:
            self.fact("gw-a has routes of types 2, 3 and 5 from all three VTEPs", False,
                      f"missing: {sorted(wanted - kinds())}")
        self.show("gw-a", "show bgp l2vpn evpn", lines=60)
        self.show("gw-a", "show evpn vni")
        self.show("gw-a", "show evpn mac vni 10010")

    def tables(self):
        self.title("Routing tables of the segments")

        def routes(vrf):
            return set(self.net.gw_a.router.json(f"show ip route vrf {vrf} json"))

        wanted = {"10.1.10.0/24", "10.1.20.0/24", "10.50.0.0/16", "10.200.0.0/16", "10.60.0.0/16"}
        try:
            wait_until("all prefixes in prod", lambda: wanted <= routes("prod"), 30, 0.5)
        except LabError:
            pass
        missing = wanted - routes("prod")
        self.fact("prod on gw-a has local, remote, on-prem and cloud prefixes", not missing, ", ".join(missing))
        self.fact("dev on gw-a has none of prod's", not {"10.50.0.0/16", "10.200.0.0/16"} & routes("dev"))
        self.show("gw-a", "show ip route vrf prod", "show ip route vrf dev")
        self.show("gw-b", "show ip route vrf prod")

    def pings(self):
        self.title("Inside a subnet, across VXLAN")
        self.ping("prod-a", host_address("prod-b"), "prod: gw-a to gw-b in one subnet")
        self.ping("prod-a", host_address("prod-c"), "prod: gw-a to the FRR leaf in one subnet")
        self.ping("dev-a", host_address("dev-b"), "dev: gw-a to gw-b, the same addresses in another segment")
        self.title("Between subnets: symmetric IRB through the L3VNI")
        self.ping("prod-a", host_address("prod-d"), "prod: 10.1.10.0/24 on gw-a to 10.1.20.0/24 on the leaf")
        self.ping("prod-b", host_address("prod-d"), "prod: 10.1.10.0/24 on gw-b to 10.1.20.0/24 on the leaf")
        self.title("To on-prem and to the cloud")
        self.ping("prod-a", ONPREM, "on-prem from gw-a's site")
        self.ping("prod-b", ONPREM, "on-prem from gw-b's site")
        self.ping("prod-d", ONPREM, "on-prem from the leaf's site")
        self.ping("prod-a", CLOUD, "cloud from gw-a's site, through VXLAN and GRE")
        self.ping("prod-b", CLOUD, "cloud from gw-b's site")
        self.ping("prod-d", CLOUD, "cloud from the leaf's site")

    def apart(self):
        self.title("dev cannot reach prod")
        for address, what in ((host_address("prod-d"), "a subnet of prod"), (ONPREM, "on-prem"), (CLOUD, "the cloud")):
            out = self.shell("dev-a", f"ping -n -c 2 -i 0.2 -W 1 {address}")
            self.fact(f"dev does not reach {what}", " 0 received" in out)
        # The same address is another host in each segment: the MAC that answers tells which.
        for segment in ("prod", "dev"):
            mac = self.net.node(f"{segment}-b").json(["ip", "-j", "link", "show", "eth0"])[0]["address"]
            here = self.shell(f"{segment}-a", f"ip neigh show {host_address('prod-b')}")
            self.fact(f"{host_address('prod-b')} is {segment}-b in {segment}", mac in here)

    def ttl(self):
        """Hops left in an answer of the shared service: on-prem is a hop nearer to prod-a than the cloud."""
        out = self.net.node("prod-a").ping(SHARED, wait=2)
        return int(re.search(r"ttl=(\d+)", out or "ttl=0")[1])

    def policy(self):
        self.title("A policy moves traffic: on-prem and cloud both announce 10.60.0.0/16, the cloud with 64512:100")
        wait_until("10.60.0.0/16 by on-prem", lambda: self.ttl() == 63, 20, 0.5)
        self.show("gw-a", "show ip route vrf prod 10.60.0.0/16")
        before = self.shell("prod-a", f"ping -n -c 1 {SHARED}")
        lines = ["bgp community-list standard PREFER-CLOUD seq 5 permit 64512:100", "route-map FROM-CLOUD permit 5",
                 "match community PREFER-CLOUD", "set local-preference 200"]
        print(f"{BOLD}gw-b# configure terminal{PLAIN}\n" + "\n".join(f"gw-b(config)# {l}" for l in lines))
        print(self.net.gw_b.router.configure(*lines), end="")
        try:
            wait_until("the path by the cloud", lambda: self.ttl() == 62, 30, 0.5)
        except LabError:
            pass
        self.show("gw-a", "show ip route vrf prod 10.60.0.0/16", "show bgp vrf prod ipv4 unicast 10.60.0.0/16")
        after = self.shell("prod-a", f"ping -n -c 1 {SHARED}")
        self.fact("local-preference by community moved 10.60.0.0/16 from on-prem to the cloud",
                  "ttl=63" in before and "ttl=62" in after, "ttl 63, one router away, became 62, two away")

    def busy_uplink(self):
        """The uplink of gw-a that carries prod-a's pings to prod-b, by counting packets."""
        def sent():
            return {i["ifname"]: i["stats64"]["tx"]["packets"]
                    for i in self.net.gw_a.json(["ip", "-s", "-j", "link"]) if i["ifname"] in ("up1", "up2")}
        before = sent()
        self.net.node("prod-a").run(["ping", "-n", "-q", "-c", "40", "-i", "0.02", host_address("prod-b")], check=False)
        after = sent()
        return max(after, key=lambda i: after[i] - before[i]), {i: after[i] - before[i] for i in after}

    def link_loss(self):
        self.title("An underlay link is lost")
        busy, counts = self.busy_uplink()
        self.say(f"packets sent during 40 pings prod-a to prod-b: {counts}: {busy} carries them")
        spine = "spine1" if busy == "up1" else "spine2"
        stream = self.net.node("prod-a").ping_stream(host_address("prod-b"))
        time.sleep(1)
        self.shell(spine, "ip link set gwa down")
        other = "up2" if busy == "up1" else "up1"

        def moved():
            now, _ = self.busy_uplink()
            return now == other and self.net.node("prod-a").ping(host_address("prod-b"))
        try:
            wait_until("traffic on the other uplink", moved, 40)
            did = True
        except LabError:
            did = False
        _, counts = self.busy_uplink()
        sent, received = stream.stop()
        self.say(f"packets sent during 40 pings now: {counts}")
        self.show("gw-a", "show bgp ipv4 unicast summary", "show ip route 10.255.0.2/32")
        self.fact(f"traffic moved from {busy} to {other}", did, f"{sent - received} of {sent} pings lost meanwhile")
        self.shell(spine, "ip link set gwa up")
        wait_until("both uplinks", lambda: peers.established(self.net.gw_a.router, 4), 60, 0.5)

    def overlayd_restart(self):
        self.title("overlayd is killed and started again")
        gw = self.net.gw_a.router
        streams = {a: self.net.node("prod-a").ping_stream(a) for a in (host_address("prod-b"), host_address("prod-d"))}
        time.sleep(1)
        self.say(f"kill -9 {gw.overlayd.pid}")
        gw.overlayd.kill()
        time.sleep(2)
        gw.overlayd.start()
        gw.wait()

        def settled():
            return without_drift(gw) and "10.200.0.0/16" in gw.json("show ip route vrf prod json")
        try:
            wait_until("overlayd has adopted the kernel's state", settled, 40, 0.5)
        except LabError as error:
            self.say(str(error))
        time.sleep(1)
        counts = {a: s.stop() for a, s in streams.items()}
        for a, s in streams.items():
            print(f"{BOLD}prod-a$ ping {a}{PLAIN}\n{s.summary()}")
        self.show("gw-a", "show overlay drift")
        self.fact("no ping lost across kill -9 and restart of overlayd, in the subnet and through the L3VNI",
                  all(sent == received for sent, received in counts.values()))

    def stranger(self):
        self.title("A stranger deletes what was programmed")
        gw = self.net.gw_a
        mac = self.net.node("prod-b").json(["ip", "-j", "link", "show", "eth0"])[0]["address"]

        def remote_fdb():
            return [e for e in gw.json(["bridge", "-j", "fdb", "show"]) if e["mac"] == mac and "dst" in e]

        def route():
            return gw.run(["ip", "route", "show", "vrf", "prod", "10.200.0.0/16"], check=False).strip()
        entry = wait_until("prod-b in the FDB", remote_fdb, 20)[0]
        wait_until("the cloud's prefix in the kernel", route, 20)
        self.shell("gw-a", "ip route show vrf prod 10.200.0.0/16")
        self.shell("gw-a", f"bridge fdb show dev {entry['ifname']} | grep {mac}")
        done = self.shell("gw-a", f"ip route del vrf prod 10.200.0.0/16 && bridge fdb del {mac} "
                                  f"dev {entry['ifname']} dst {entry['dst']} self && echo both deleted")
        self.fact("the stranger could delete them", "both deleted" in done)
        start = time.monotonic()
        try:
            wait_until("both are back", lambda: route() and remote_fdb(), 30)
        except LabError:
            pass
        seconds = time.monotonic() - start
        self.shell("gw-a", "ip route show vrf prod 10.200.0.0/16")
        self.shell("gw-a", f"bridge fdb show dev {entry['ifname']} | grep {mac}")
        self.fact("the route came back", route(), f"within {seconds:.1f} s")
        self.fact("the FDB entry came back", remote_fdb(), f"within {seconds:.1f} s")

    def run(self):
        steps = [self.bring_up, self.sessions, self.evpn, self.tables, self.pings, self.apart, self.policy,
                 self.link_loss, self.overlayd_restart, self.stranger]
        if self.frr:
            steps.remove(self.overlayd_restart)
            steps.remove(self.stranger)
        for step in steps:
            try:
                step()
            except Exception as error:  # the rest is still worth seeing, unless there is no lab
                traceback.print_exc(file=sys.stdout)
                self.fact(f"step {step.__name__}", False, str(error))
                if step == self.bring_up:
                    break
        return self.table()

    def table(self):
        print(f"\n{BOLD}What held{PLAIN}  [{time.monotonic() - START:.0f} s]")
        for text, held, note in self.facts:
            print(f"  {'yes' if held else 'NO '}  {text}{' (' + note + ')' if note else ''}")
        failed = sum(not held for _, held, _ in self.facts)
        print(f"\n{len(self.facts) - failed} held, {failed} failed", flush=True)
        return 1 if failed else 0


def drift(router):
    """What `show overlay drift` still lists, as a list of rows."""
    found = router.json("show overlay drift json")
    return [row for value in found.values() if isinstance(value, list) for row in value]


def without_drift(router):
    """True; a LabError that names what differs otherwise.  For wait_until()."""
    rows = drift(router)
    if rows:
        raise LabError(f"{len(rows)} differ: {rows[:4]}")
    return True


def inside(keep, frr):
    sandbox.enter()
    demo = Demo(frr=frr)
    status = demo.run()
    if keep:
        nodes = [n for n, node in demo.net.lab.nodes.items() if node.router]
        print("\nThe lab stays up. Enter a router's vtysh, or a host's shell:\n" +
              "".join(f"  ./run shell {n}\n" for n in nodes) +
              f"  ./run shell {next(iter(topology.HOSTS))}    (hosts: {' '.join(topology.HOSTS)})\n"
              "  ./run shell NODE COMMAND...    any command in the node\nIt ends with ./run down.", flush=True)
        kept.stay(demo.net.lab, status)
    demo.net.lab.close()
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    parser.add_argument("--frr", action="store_true", help="FRR plays the gateways too: to test the lab itself")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return inside(args.keep, args.frr)
    if sys.stdout.isatty():
        os.environ["WEFT_COLOUR"] = "1"
    argv = [sys.executable, os.path.abspath(__file__), "--inside"]
    argv += [option for option, given in (("--keep", args.keep), ("--frr", args.frr)) if given]
    return kept.launch(argv, args.keep)


if __name__ == "__main__":
    sys.exit(main())
