#!/usr/bin/python3
"""Both daemons under valgrind: with a peer, routes and shows, a reload, then SIGTERM: no leak, no bad access."""
import signal

from interop import AS, NO_POLICY, bed, main, wait_prefixes
from lab import wait_until
from peers import Frr, Weft


def config(b):
    return f"""
hostname weft
router bgp {AS}
{NO_POLICY} neighbor {b.theirs(1)} remote-as 65002
 neighbor {b.theirs(1)} timers connect 1
 address-family ipv4 unicast
  network 10.10.0.0/16
  neighbor {b.theirs(1)} route-map IN in
 exit-address-family
route-map IN permit 10
 match ip address prefix-list SOME
 set community 65001:1
ip prefix-list SOME seq 5 permit 10.0.0.0/8 le 24
"""


def test_valgrind_finds_nothing():
    with bed("valgrind") as b:
        w = Weft(b.w, config(b), valgrind=True)
        w.start()
        f = Frr(b.peers[0], "router bgp 65002\n bgp router-id 10.2.2.2\n no bgp ebgp-requires-policy\n"
                f" no bgp network import-check\n neighbor {b.ours(1)} remote-as {AS}\n"
                f" neighbor {b.ours(1)} timers connect 1\n address-family ipv4 unicast\n"
                "  network 10.20.0.0/16\n  network 10.21.0.0/16\n").start()
        wait_prefixes(w, ["10.20.0.0/16", "10.21.0.0/16"], deadline=120)
        wait_prefixes(f, ["10.10.0.0/16"], deadline=120)
        for command in ("show bgp summary", "show bgp neighbors json", "show bgp ipv4 unicast 10.20.0.0/16 json",
                        "show running-config", "show ip route json", "show overlay drift", "show interface json"):
            assert w.show(command)
        w.file.write_text(config(b).replace("10.10.0.0", "10.11.0.0").replace("65001:1", "65001:2"))
        for p in (w.overlayd, w.bgpd):
            p.send_signal(signal.SIGHUP)
        wait_prefixes(f, ["10.11.0.0/16"], absent=["10.10.0.0/16"], deadline=120)
        f.configure("router bgp 65002", "address-family ipv4 unicast", "no network 10.21.0.0/16")
        wait_until("withdrawn", lambda: "10.21.0.0/16" not in w.show("show bgp ipv4 unicast"), 60)
        found = {p.name: (p.stop(deadline=120), p.log_text()) for p in (w.bgpd, w.overlayd)}
        for name, (status, text) in found.items():
            assert status == 0 and "==" not in text, f"{name}: status {status}\n{text}"


if __name__ == "__main__":
    main()
