#!/usr/bin/python3
"""Real routes through bgpd: an MRT file from a route collector in, and what comes out compared with what has to.

    real_table.py FILE      a RIB dump: one neighbour sends it; BIRD, FRR and a speaker of the tests receive it
                            updates (BGP4MP): every neighbour in it is played, and the tables compared at the end

test_real_table.py runs the same with files cut small."""
import collections
import ipaddress
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / d) for d in ("lab", "", "interop")]

import mrt
import sandbox
import tap
from lab import Lab, LabError, wait_until
from peers import Bird, Frr, Gobgp, Weft
from speaker import IPV4, IPV6, Speaker, update_messages

AS = 65000
BIRD_AS, FRR_AS, SPEAKER_AS, GOBGP_AS = 4200000001, 4200000002, 4200000003, 4200000004  # in no real path
FEEDER_AS = 3856  # whose table the files are
OURS = "192.0.2.1"
NAMES = {mrt.ORIGIN: "origin", mrt.AS_PATH: "AS path", mrt.NEXT_HOP: "next hop", mrt.MED: "MED",
         mrt.LOCAL_PREF: "local preference", mrt.ATOMIC_AGGREGATE: "atomic aggregate", mrt.AGGREGATOR: "aggregator",
         mrt.COMMUNITIES: "communities"}


EXT_COMMUNITIES, LARGE_COMMUNITIES = 16, 32
FRR_DUMPS = (*range(1, 9), LARGE_COMMUNITIES)
NOT_PASSED_ON = (mrt.MED, mrt.LOCAL_PREF, mrt.ORIGINATOR_ID, mrt.CLUSTER_LIST, mrt.MP_REACH, mrt.MP_UNREACH)


# ---------------------------------------------------------------- what has to happen

def refusal(path, asn=AS):
    """Why a router of this AS must not take a route from outside with this AS path; None if it may."""
    numbers = mrt.as_numbers(path)
    if 0 in numbers:
        return "AS 0"
    return "own AS" if asn in numbers else None


def prepended(path, numbers):
    if path and path[0][0] == mrt.SEQUENCE:
        return ((mrt.SEQUENCE, tuple(numbers) + path[0][1]),) + path[1:]
    return ((mrt.SEQUENCE, tuple(numbers)),) + path


def passed_on(meaning, next_hop, numbers=(AS,)):
    """What an external neighbour is told of a route: our AS in front, our address as next hop, nothing that is only for
    the neighbour or inside an AS (RFC 4271 section 5.1, RFC 4456 section 8)."""
    out = {c: v for c, v in meaning.items() if c not in NOT_PASSED_ON}
    if out.get(mrt.AGGREGATOR, b"\1")[:4] == bytes(4):  # AS 0: the attribute is discarded, RFC 7607
        del out[mrt.AGGREGATOR]
    if EXT_COMMUNITIES in out:  # the bit that keeps one inside the AS: RFC 4360 section 2
        out[EXT_COMMUNITIES] = frozenset(c for c in out[EXT_COMMUNITIES] if not c[0] & 0x40)
        if not out[EXT_COMMUNITIES]:
            del out[EXT_COMMUNITIES]
    out[mrt.AS_PATH] = prepended(meaning[mrt.AS_PATH], numbers)
    out[mrt.NEXT_HOP] = ipaddress.ip_address(next_hop).packed
    return out


def differences(wanted, got):
    """One line a route that is missing, extra or different."""
    for prefix in sorted(wanted.keys() | got.keys()):
        if prefix not in got:
            yield f"{prefix}: missing"
        elif prefix not in wanted:
            yield f"{prefix}: not expected, {got[prefix]}"
        elif wanted[prefix] != got[prefix]:
            for code in sorted(wanted[prefix].keys() | got[prefix].keys()):
                a, b = wanted[prefix].get(code), got[prefix].get(code)
                if a != b:
                    yield f"{prefix}: {NAMES.get(code, f'attribute {code}')} is {b}, not {a}"


def agree(who, wanted, got):
    found = list(differences(wanted, got))
    assert not found, f"{who}: {len(found)} differences: " + "; ".join(found[:5])
    print(f"{who}: {len(got)} routes, every attribute as it has to be")


# ---------------------------------------------------------------- a table

class TableLab:
    """feeder -- weft -- (BIRD, FRR, speaker), all on one segment; weft is the only one who knows the others."""

    def __init__(self, name):
        self.lab = Lab(name)
        self.weft_node = self.lab.router("weft")
        self.nodes = {n: self.lab.router(n) for n in ("feeder", "bird", "frr", "speaker")}
        self.addresses = {}
        for i, (name, node) in enumerate(self.nodes.items()):
            self.lab.link(self.weft_node, f"eth{i}", node, "eth0")
            self.addresses[name] = (f"192.0.2.{8 * i + 1}", f"192.0.2.{8 * i + 2}")
        self.lab.make()
        self.weft_node.ip("\n".join(f"addr add {self.addresses[n][0]}/29 dev eth{i}"
                                    for i, n in enumerate(self.nodes)))
        for n, node in self.nodes.items():
            node.ip(f"addr add {self.addresses[n][1]}/29 dev eth0")
        self.weft = self.bird = self.frr = self.speaker = None

    def ours(self, name):
        return self.addresses[name][0]

    def theirs(self, name):
        return self.addresses[name][1]

    def start(self, feeder_as):
        self.weft = Weft(self.weft_node, f"""router bgp {AS}
 bgp router-id {OURS}
 no bgp ebgp-requires-policy
 timers bgp 30 90
 neighbor {self.theirs('feeder')} remote-as {feeder_as}
 neighbor {self.theirs('feeder')} timers connect 1
 neighbor {self.theirs('bird')} remote-as {BIRD_AS}
 neighbor {self.theirs('frr')} remote-as {FRR_AS}
 neighbor {self.theirs('speaker')} remote-as {SPEAKER_AS}
""", overlay=False).start()
        self.bird = Bird(self.nodes["bird"], f"""router id {self.theirs('bird')};
protocol device {{}}
protocol bgp weft {{ local {self.theirs('bird')} as {BIRD_AS}; neighbor {self.ours('bird')} as {AS};
 connect delay time 1; ipv4 {{ import all; export none; }}; }}
""").start()
        self.frr = Frr(self.nodes["frr"], f"""router bgp {FRR_AS}
 bgp router-id {self.theirs('frr')}
 no bgp ebgp-requires-policy
 neighbor {self.ours('frr')} remote-as {AS}
 neighbor {self.ours('frr')} timers connect 1
""", daemons=("bgpd",), args={"bgpd": ["-n", "-Z"]}).start()
        self.speaker = Speaker(self.nodes["speaker"], self.theirs("speaker"), self.ours("speaker"), SPEAKER_AS).up()
        for n in ("bird", "frr"):
            wait_until(f"session with {n}", lambda: self.neighbor(n)["bgpState"] == "Established")
        return self

    def neighbor(self, name):
        address = self.theirs(name)
        return self.weft.json(f"show bgp neighbors {address} json")[address]

    def accepted(self):
        return self.neighbor("feeder")["addressFamilyInfo"]["ipv4Unicast"]["acceptedPrefixCounter"]

    def bird_count(self):
        words = self.bird.show("show route count").split()
        return int(words[words.index("of") + 1])

    def frr_count(self):
        peers = self.frr.json("show bgp ipv4 unicast summary json")["peers"]
        return peers[self.ours("frr")]["pfxRcd"]

    def wait_counts(self, n, deadline):
        start = time.monotonic()
        try:
            wait_until(f"{n} routes accepted", lambda: self.accepted() == n, deadline, 0.2)
        except LabError as error:
            raise LabError(f"{error}; {self.accepted()} are")
        wait_until(f"{n} routes at the speaker", lambda: len(self.speaker.rib) == n, deadline, 0.1)
        wait_until(f"{n} routes at BIRD", lambda: self.bird_count() == n, deadline, 0.2)
        wait_until(f"{n} routes at FRR", lambda: self.frr_count() == n, deadline, 0.2)
        print(f"all there after {time.monotonic() - start:.1f} s")

    def bird_table(self):
        path = self.nodes["bird"].directory / "table.mrt"
        path.unlink(missing_ok=True)
        self.bird.show(f'mrt dump table "master4" to "{path}"')
        return read_dump(path, self.bird_count())

    def frr_table(self):
        path = self.frr.run_dir / "table.mrt"
        path.unlink(missing_ok=True)
        self.frr.configure(f"dump bgp routes-mrt {path}")
        return read_dump(path, self.frr_count())

    def speaker_table(self):
        return {p: {**mrt.meaning(attrs), mrt.NEXT_HOP: hop} for p, (attrs, hop) in self.speaker.rib.items()}


def read_dump(path, n):
    """A receiver's table from the dump that it writes; its own local preference is not of the route."""
    def whole():
        found = {p: mrt.meaning(mrt.attributes(a)) for p, a in mrt.table(path)}
        return found if len(found) == n else None
    found = wait_until(f"{path} with {n} routes", whole, 120, 0.5)
    for meaning in found.values():
        meaning.pop(mrt.LOCAL_PREF, None)
    return found


def feed_by_speaker(bed, routes, feeder_as):
    """The routes with the attributes of the file, byte by byte, but for the next hop and the neighbour's AS."""
    feeder = Speaker(bed.nodes["feeder"], bed.theirs("feeder"), bed.ours("feeder"), feeder_as).up()
    groups = collections.defaultdict(list)
    for prefix, attrs in routes:
        groups[attrs].append(mrt.prefix_bytes(prefix))
    hop = ipaddress.ip_address(bed.theirs("feeder")).packed
    out = []
    for attrs, prefixes in groups.items():
        parsed = mrt.attributes(attrs)
        parsed[mrt.NEXT_HOP] = (0x40, hop)
        path = prepended(mrt.as_path(parsed[mrt.AS_PATH][1]), (feeder_as,))
        parsed[mrt.AS_PATH] = (0x40, mrt.as_path_bytes(path))
        data = b"".join(mrt.attribute_bytes(c, f, v) for c, (f, v) in sorted(parsed.items()))
        out.extend(update_messages(data, prefixes))
    feeder.say(b"".join(out))
    return feeder


def expected(bed, routes, receiver, numbers):
    wanted = {}
    for prefix, attrs in routes:
        meaning = mrt.meaning(mrt.attributes(attrs))
        if not refusal(meaning[mrt.AS_PATH]):
            wanted[prefix] = passed_on(meaning, bed.ours(receiver), numbers)
    return wanted


def refused_are_named(bed, routes):
    """bgpd says of each route that it refused which it was, and why."""
    by_reason = collections.defaultdict(set)
    for prefix, attrs in routes:
        why = refusal(mrt.as_path(mrt.attributes(attrs)[mrt.AS_PATH][1]))
        if why:
            by_reason[why].add(prefix)
    command = f"show bgp ipv4 unicast neighbors {bed.theirs('feeder')} filtered-routes json"
    filtered = bed.weft.json(command)["receivedRoutes"]
    assert set(filtered) == by_reason["own AS"], set(filtered) ^ by_reason["own AS"]
    reasons = {path["reason"] for path in filtered.values()}
    assert reasons == {"AS path has our own AS"}, reasons
    log = (bed.weft_node.directory / "bgpd-messages.log").read_text()
    for prefix in by_reason["AS 0"]:
        lines = [l for l in log.splitlines() if f" {prefix}," in f"{l}," and "has AS 0 in it" in l]
        assert lines, f"the log does not name {prefix}, refused for AS 0"
    print("refused and named: " + ", ".join(f"{len(v)} for {k}" for k, v in sorted(by_reason.items())))
    return sum(map(len, by_reason.values()))


def table_test(name, file, deadline):
    routes = list(mrt.table(file))
    bed, numbers = TableLab(name), (AS, FEEDER_AS)
    with bed.lab:
        bed.start(FEEDER_AS)
        wanted = expected(bed, routes, "speaker", numbers)
        n = len(wanted)
        print(f"{len(routes)} routes, of which {n} are to pass")
        feeder = feed_by_speaker(bed, routes, FEEDER_AS)
        bed.wait_counts(n, deadline)
        agree("speaker", wanted, bed.speaker_table())
        agree("BIRD", expected(bed, routes, "bird", numbers), bed.bird_table())
        wanted = expected(bed, routes, "frr", numbers)
        agree("FRR", seen_by("frr", wanted), bed.frr_table())
        frr_extended_communities(bed, wanted)
        refused = refused_are_named(bed, routes)
        assert refused + n == len(routes)
        assert bed.speaker.ended is None and feeder.ended is None
        feeder.end()
        wait_until("the table is empty again", lambda: not bed.speaker.rib and bed.bird_count() == 0, deadline)
        return f"{n} of {len(routes)} routes passed on, {refused} refused"


def gobgp_test(name, file, deadline):
    """The same from GoBGP, which reads the file itself."""
    routes = list(mrt.table(file))
    bed, numbers = TableLab(name), (AS, GOBGP_AS)
    with bed.lab:
        bed.start(GOBGP_AS)
        gobgp = Gobgp(bed.nodes["feeder"], f"""[global.config]
  as = {GOBGP_AS}
  router-id = "{bed.theirs('feeder')}"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{bed.ours('feeder')}"
    peer-as = {AS}
  [neighbors.timers.config]
    connect-retry = 1
""").start()
        wait_until("session with GoBGP", lambda: bed.neighbor("feeder")["bgpState"] == "Established")
        # `gobgp` ends before all that it read has been sent: twice the same, so that what is lost was there before.
        plain = bed.nodes["feeder"].directory / "table.mrt"
        head, *rest = mrt.raw_records(file)
        plain.write_bytes(b"".join([head, *rest, *rest]))

        def injected():
            gobgp.gobgp(f"mrt inject global {plain} --nexthop {bed.theirs('feeder')}")
            return len(gobgp.json("global rib -a ipv4")) == len(routes)
        wait_until("all routes in GoBGP", injected, deadline)
        n = len(expected(bed, routes, "speaker", numbers))
        bed.wait_counts(n, deadline)
        for who, got in (("speaker", bed.speaker_table()), ("bird", bed.bird_table()), ("frr", bed.frr_table())):
            agree(who, seen_by(who, expected(bed, routes, who, numbers)), got)
        refused = refused_are_named(bed, routes)
        return f"{n} of {len(routes)} routes passed on, {refused} refused"


def seen_by(who, wanted):
    """FRR's dump leaves out extended communities and what FRR does not know."""
    if who != "frr":
        return wanted
    return {p: {c: v for c, v in m.items() if c in FRR_DUMPS} for p, m in wanted.items()}


def frr_extended_communities(bed, wanted):
    """They are not in FRR's dump, so it is asked for some routes that have any."""
    some = [p for p, m in wanted.items() if EXT_COMMUNITIES in m][:50]
    for prefix in some:
        path = bed.frr.json(f"show bgp ipv4 unicast {prefix} json")["paths"][0]
        n = len(path["extendedCommunity"]["string"].split(" "))
        assert n >= len(wanted[prefix][EXT_COMMUNITIES]), (prefix, path["extendedCommunity"])
    print(f"FRR: extended communities of {len(some)} routes")


# ---------------------------------------------------------------- updates

class Model:
    """A table in the plainest way: per neighbour a dictionary, and a decision that looks at all."""

    def __init__(self):
        self.routes = collections.defaultdict(dict)  # neighbour -> prefix -> meaning

    def update(self, neighbour, message):
        withdrawn, attrs, announced = mrt.update_parse(message)
        for prefix in withdrawn:
            self.routes[neighbour].pop(prefix, None)
        if not announced:
            return
        meaning = mrt.meaning(attrs)
        for prefix, hop in announced:
            if 0 in mrt.as_numbers(meaning[mrt.AS_PATH]):
                self.routes[neighbour].pop(prefix, None)
            else:
                self.routes[neighbour][prefix] = {**meaning, mrt.NEXT_HOP: hop}

    def best(self, order):
        """prefix -> (neighbour, meaning).  order: neighbour -> what decides at last (router id as a number)"""
        candidates = collections.defaultdict(list)
        for neighbour, routes in self.routes.items():
            for prefix, meaning in routes.items():
                if not refusal(meaning[mrt.AS_PATH]):
                    candidates[prefix].append((neighbour, meaning))
        return {prefix: self.choose(paths, order) for prefix, paths in candidates.items()}

    @staticmethod
    def choose(paths, order):
        def keep(key):
            lowest = min(key(p) for p in paths)
            return [p for p in paths if key(p) == lowest]
        paths = keep(lambda p: mrt.as_path_length(p[1][mrt.AS_PATH]))
        paths = keep(lambda p: p[1][mrt.ORIGIN])
        lowest = {}
        for _, m in paths:  # MED is compared among routes of the same neighbouring AS
            first = mrt.as_numbers(m[mrt.AS_PATH])[0]
            lowest[first] = min(lowest.get(first, 1 << 32), med(m))
        paths = [p for p in paths if med(p[1]) == lowest[mrt.as_numbers(p[1][mrt.AS_PATH])[0]]]
        return min(paths, key=lambda p: order[p[0]])


def med(meaning):
    return int.from_bytes(meaning.get(mrt.MED, b""), "big")


def updates_test(name, file, deadline):
    events = list(mrt.updates(file))
    neighbours = sorted({(asn, address) for asn, address, _ in events})
    assert len(neighbours) < 250
    lab = Lab(name)
    weft_node, feeder, receiver = lab.router("weft"), lab.router("feeder"), lab.router("receiver")
    lab.link(weft_node, "eth0", feeder, "eth0")
    lab.link(weft_node, "eth1", receiver, "eth0")
    lab.make()
    address = {n: f"198.51.100.{i}" for i, n in enumerate(neighbours, 2)}
    weft_node.ip("addr add 198.51.100.1/24 dev eth0\naddr add 192.0.2.1/30 dev eth1\n"
                 "addr add 2001:db8:1::1/64 dev eth1 nodad\naddr add 2001:db8:2::1/64 dev eth0 nodad")
    feeder.ip("\n".join(f"addr add {a}/24 dev eth0" for a in address.values()))
    receiver.ip("addr add 192.0.2.2/30 dev eth0")
    with lab:
        config = [f"router bgp {AS}", f" bgp router-id {OURS}", " no bgp ebgp-requires-policy", " timers bgp 30 90",
                  " bgp bestpath compare-routerid", " bgp bestpath as-path multipath-relax",
                  " no bgp enforce-first-as", f" neighbor 192.0.2.2 remote-as {SPEAKER_AS}"]
        config += [f" neighbor {a} remote-as {n[0]}" for n, a in address.items()]
        config.append(" address-family ipv6 unicast")
        config += [f"  neighbor {a} activate" for a in (*address.values(), "192.0.2.2")]
        config.append(" exit-address-family")
        weft = Weft(weft_node, "\n".join(config) + "\n", overlay=False).start()
        out = Speaker(receiver, "192.0.2.2", "192.0.2.1", SPEAKER_AS, families=(IPV4, IPV6)).up()

        def session(n):
            return Speaker(feeder, address[n], "198.51.100.1", n[0], families=(IPV4, IPV6), keep=False)
        speakers = {n: session(n) for n in neighbours}
        for s in speakers.values():
            s.start()
        for s in speakers.values():
            s.wait_up()
        model, restarts = Model(), 0
        for asn, peer, message in events:
            n = (asn, peer)
            if message is None:  # the session ended in those days: it does here
                speakers[n].said().end()
                wait_until("the end of a session", lambda: down(weft, address[n]))
                model.routes[n] = {}
                speakers[n] = session(n).up()
                restarts += 1
            elif message[18] == 2:
                speakers[n].say(message)
                model.update(n, message)
        for s in speakers.values():
            s.said()
        order = {n: tuple(map(int, a.split("."))) for n, a in address.items()}
        best = model.best(order)
        wanted = {}
        for prefix, (n, meaning) in best.items():
            hop = "2001:db8:1::1" if ":" in prefix else "192.0.2.1"
            wanted[prefix] = passed_on({c: v for c, v in meaning.items()}, hop)

        def got():
            return {p: {**mrt.meaning(attrs), mrt.NEXT_HOP: hop[:16]} for p, (attrs, hop) in list(out.rib.items())}
        try:
            wait_until("the table of the model", lambda: got() == wanted, deadline, 0.5)
        except LabError:
            agree("receiver", wanted, got())
        agree("receiver", wanted, got())
        tables(weft, model, address)
        down_now = [a for n, a in address.items() if speakers[n].ended]
        assert not down_now, f"sessions ended: {down_now}"
        return (f"{len(events)} records of {len(neighbours)} neighbours, {restarts} sessions that ended in between; "
                f"{len(wanted)} prefixes as in the model")


def down(weft, address):
    return weft.json(f"show bgp neighbors {address} json")[address]["bgpState"] != "Established"


def tables(weft, model, address):
    """Each neighbour's part of bgpd's table, prefix by prefix."""
    for family, colon in (("ipv4", False), ("ipv6", True)):
        wanted = {(p, address[n], " ".join(map(str, mrt.as_numbers(m[mrt.AS_PATH]))))
                  for n, routes in model.routes.items() for p, m in routes.items()
                  if (":" in p) == colon and not refusal(m[mrt.AS_PATH])}
        got = set()
        for prefix, paths in weft.json(f"show bgp {family} unicast json")["routes"].items():
            for path in paths:
                text = path["path"].replace("{", "").replace("}", "").replace(",", " ")
                got.add((prefix, path["peerId"], text))
        # an AS_SET may be shown in another order
        key = lambda t: (t[0], t[1], tuple(sorted(t[2].split())))
        wanted, got = set(map(key, wanted)), set(map(key, got))
        assert wanted == got, f"{family}: missing {sorted(wanted - got)[:3]}, too many {sorted(got - wanted)[:3]}"
        print(f"{family}: {len(got)} paths of all neighbours as in the model")


def is_updates(file):
    return next(mrt.records(file))[1] == 16


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sandbox.enter()
    file = pathlib.Path(sys.argv[1]).resolve()
    print((updates_test if is_updates(file) else table_test)("real-table", file, 600))


if __name__ == "__main__":
    main()
