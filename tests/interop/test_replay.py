#!/usr/bin/python3
"""bgpd --record and bgpd/replay: the core does again, byte for byte, what it did in a real session."""
import subprocess

from interop import NO_POLICY, bed, main, wait_prefixes
from lab import wait_until
from peers import BUILD, Weft


def replay(file):
    p = subprocess.run([BUILD / "bgpd/replay", file], capture_output=True, text=True, timeout=120)
    print(p.stdout, p.stderr)
    return p


def test_session_is_replayed():
    with bed("replay") as b:
        o, t = b.ours(1), b.theirs(1)
        files = [b.w.directory / "record", b.peers[0].directory / "record"]
        lists = "".join(f"ip prefix-list L seq {n} permit 10.{n}.0.0/16\n" for n in range(1, 100))
        w = b.start(f"""
router bgp 65001
{NO_POLICY} neighbor {t} remote-as 65002
 neighbor {t} timers 1 3
 address-family ipv4 unicast
  neighbor {t} prefix-list L in
  network 10.200.0.0/16
{lists}""", record=files[0])
        other = Weft(b.peers[0], f"""
router bgp 65002
{NO_POLICY} neighbor {o} remote-as 65001
 address-family ipv4 unicast
  network 10.1.0.0/16
  network 10.2.0.0/16
""", overlay=False, record=files[1]).start()
        b.up(t)
        wait_prefixes(other, ["10.200.0.0/16"])
        wait_prefixes(w, ["10.1.0.0/16", "10.2.0.0/16"])
        w.configure("no ip prefix-list L seq 1 permit 10.1.0.0/16")
        wait_prefixes(w, ["10.2.0.0/16", "10.200.0.0/16"])
        other.configure("router bgp 65002", "address-family ipv4 unicast", "no network 10.2.0.0/16")
        wait_prefixes(w, ["10.200.0.0/16"], absent=["10.2.0.0/16"])
        w.show("clear bgp *")
        b.up(t)
        # kill -9: the end of the file may be cut, what is there replays.
        other.bgpd.kill()
        wait_until("the session is down", lambda: "Down" in (b.w.directory / "bgpd-messages.log").read_text(), 30)
        w.stop()
        for f in files:
            p = replay(f)
            assert p.returncode == 0 and ", 0 differences" in p.stdout, p.stdout + p.stderr


if __name__ == "__main__":
    main()
