"""What the interop tests share: weft's bgpd between peers, each on a link of its own."""
import contextlib
import ipaddress
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / d) for d in ("lab", "")]

import sandbox
import tap  # noqa
from lab import Lab, LabError, wait_until
from peers import Weft

AS = 65001
ID = "192.0.2.255"
NO_POLICY = f" bgp router-id {ID}\n no bgp ebgp-requires-policy\n no bgp network import-check\n"


class Bed:
    """weft in the middle; peer n (from 1) has 192.0.2.{4n}/31 + 1 and 2001:db8:n::2, weft the address before it."""

    def __init__(self, name, n_peers=1):
        self.lab = Lab(name)
        self.w = self.lab.router("weft")
        self.peers = [self.lab.router(f"peer{n}") for n in range(1, n_peers + 1)]
        for n, p in enumerate(self.peers, 1):
            self.lab.link(self.w, f"eth{n}", p, "eth0")
        self.lab.make()
        self.w.ip("\n".join(f"addr add {self.ours(n)}/31 dev eth{n}\naddr add {self.ours6(n)}/64 dev eth{n} nodad"
                            for n in range(1, n_peers + 1)))
        for n, p in enumerate(self.peers, 1):
            p.ip(f"""addr add {self.theirs(n)}/31 dev eth0
                     addr add {self.theirs6(n)}/64 dev eth0 nodad
                     route add default via {self.ours(n)}
                     route add ::/0 via {self.ours6(n)}""")
        self.weft = None

    @staticmethod
    def ours(n):
        return f"192.0.2.{4 * n}"

    @staticmethod
    def theirs(n):
        return f"192.0.2.{4 * n + 1}"

    @staticmethod
    def ours6(n):
        return f"2001:db8:{n}::1"

    @staticmethod
    def theirs6(n):
        return f"2001:db8:{n}::2"

    def start(self, config, **kw):
        self.weft = Weft(self.w, config, overlay=False, **kw).start()
        return self.weft

    def up(self, *addresses, deadline=60):
        """Waits until weft calls all these neighbours Established."""
        for a in addresses:
            wait_until(f"session with {a}", lambda: neighbor(self.weft, a)["bgpState"] == "Established", deadline)


@contextlib.contextmanager
def bed(name, n_peers=1):
    b = Bed(name, n_peers)
    try:
        yield b
    except BaseException:
        for p in b.lab.processes():
            text = p.log_text().strip().splitlines()
            print(f"---- {p.node.name} {p.name} ({'alive' if p.alive() else 'dead'})", *text[-15:], sep="\n",
                  file=sys.stderr)
        for log in b.lab.directory.glob("weft/*-messages.log"):
            print(f"---- {log}", *log.read_text().splitlines()[-40:], sep="\n", file=sys.stderr)
        raise
    finally:
        b.lab.close()


def neighbor(router, address, vrf=None):
    """The neighbour's object of `show bgp neighbors json`."""
    text = f"show bgp{' vrf ' + vrf if vrf else ''} neighbors {address} json"
    found = router.json(text)
    if address not in found:
        raise LabError(f"no neighbour {address} in `{text}`: {list(found)}")
    return found[address]


def routes(router, family="ipv4 unicast", vrf=None):
    """prefix -> list of paths, as in `show bgp FAMILY json`"""
    return router.json(f"show bgp{' vrf ' + vrf if vrf else ''} {family} json")["routes"]


def path(router, prefix, family="ipv4 unicast", vrf=None):
    """The details of the only path to a prefix."""
    found = router.json(f"show bgp{' vrf ' + vrf if vrf else ''} {family} {prefix} json")
    paths = found["paths"]
    assert len(paths) == 1, f"{prefix} has {len(paths)} paths"
    return paths[0]


def prefixes(router, family="ipv4 unicast"):
    return set(routes(router, family))


def wait_prefixes(router, wanted, family="ipv4 unicast", absent=(), deadline=60):
    """Until all of `wanted` and none of `absent` are there."""
    wanted, absent = set(wanted), set(absent)
    wait_until(f"{sorted(wanted)} in {family}, without {sorted(absent)}",
               lambda: wanted <= prefixes(router, family) and not absent & prefixes(router, family), deadline)


def many(n, base="10.128.0.0/9", length=24):
    """n prefixes, one after the other."""
    nets = ipaddress.ip_network(base).subnets(new_prefix=length)
    return [str(next(nets)) for _ in range(n)]


def main():
    sandbox.enter()
    tap.main()
