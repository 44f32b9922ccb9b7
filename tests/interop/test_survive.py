#!/usr/bin/python3
"""What a router must live through: garbage on every socket, neighbours that stop reading, kill -9, a full disk; and a
clean end under valgrind.  Garbage goes only to daemons of the test's own, in its own namespaces; WEFT_SEED=N repeats it.
"""
import contextlib
import os
import pathlib
import random
import signal
import socket
import struct
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / d) for d in ("lab", "", "interop")]

import mrt
import sandbox
import speaker as bgp
import tap
from lab import PATIENCE, Lab, LabError, wait_until
from peers import Gobgp, Weft
from speaker import IPV4, Speaker, message, open_message, update_messages

AS, PEER_AS = 65000, 65001
DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
SEED = int(os.environ.get("WEFT_SEED", random.randrange(1 << 32)))


# ---------------------------------------------------------------- the bed

class Bed:
    """weft (192.0.2.1/24) and, on the same link, a node with as many neighbours as a test wants: 192.0.2.11, ..."""

    def __init__(self, name):
        self.lab = Lab(name)
        self.weft_node, self.peers = self.lab.router("weft"), self.lab.router("peers")
        self.lab.link(self.weft_node, "eth0", self.peers, "eth0")
        self.lab.make()
        self.weft_node.ip("addr add 192.0.2.1/24 dev eth0\naddr add 2001:db8::1/64 dev eth0 nodad")
        self.peers.ip("\n".join(f"addr add {self.peer(n)}/24 dev eth0" for n in range(1, 20)))
        self.weft = None

    @staticmethod
    def peer(n):
        return f"192.0.2.{10 + n}"

    def config(self, n, timers="3 9", more=""):
        """n neighbours, each of an AS of its own."""
        return f"""router bgp {AS}
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp {timers}
""" + "".join(f" neighbor {self.peer(i)} remote-as {PEER_AS + i}\n neighbor {self.peer(i)} passive\n"
              for i in range(1, n + 1)) + more

    def start(self, config, **kw):
        wait = kw.pop("wait", True)
        self.weft = Weft(self.weft_node, config, **kw)
        if wait:
            self.weft.start()
        return self.weft

    def speaker(self, n, **kw):
        kw.setdefault("hold", 9)
        return Speaker(self.peers, self.peer(n), "192.0.2.1", PEER_AS + n, **kw)

    def neighbor(self, n):
        return self.weft.json(f"show bgp neighbors {self.peer(n)} json")[self.peer(n)]


@contextlib.contextmanager
def bed(name):
    b = Bed(name)
    try:
        yield b
    except BaseException:
        for log in [*b.lab.directory.glob("weft/*.log")]:
            print(f"---- {log}", *log.read_text(errors="replace").splitlines()[-20:], sep="\n", file=sys.stderr)
        raise
    finally:
        b.lab.close()


def attributes(asn, next_hop, more=b""):
    return (b"\x40\1\1\0" + b"\x40\2\6\2\1" + struct.pack(">I", asn) + b"\x40\3\4" + socket.inet_aton(next_hop) + more)


def prefix(i, base=10):
    """The i-th /24 below base.0.0.0."""
    return bytes([24, base + (i >> 16), i >> 8 & 255, i & 255])


def text(p):
    return mrt.prefix_text(p, 0, 1)[0]


def announce(speaker, numbers, base=10):
    speaker.say(b"".join(update_messages(attributes(speaker.asn, speaker.local), [prefix(i, base) for i in numbers])))


def end_of_rib(speaker):
    """Until it comes bgpd does not call its table complete, and overlayd keeps what it had before."""
    speaker.say(message(bgp.UPDATE, bytes(4)))


def withdraw(speaker, numbers, base=10):
    data = b"".join(prefix(i, base) for i in numbers)
    for at in range(0, len(data), 4000):
        piece = data[at:at + 4000]
        speaker.say(message(bgp.UPDATE, struct.pack(">H", len(piece)) + piece + b"\0\0"))


def resident(process):
    """KiB of memory that the process has."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise LabError(f"{process.name} has no memory: is it dead?")


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


class Undisturbed:
    """Sessions and commands that must not notice: use as a context, with the speakers that matter."""

    def __init__(self, weft, *speakers):
        self.weft, self.speakers, self.since = weft, speakers, 0.0

    def __enter__(self):
        self.since = time.monotonic()
        return self

    def check(self):
        start = time.monotonic()
        assert "local AS number" in self.weft.show("show bgp summary")
        assert time.monotonic() - start < 5 * PATIENCE, "commands take too long"

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        self.check()
        for s in self.speakers:
            assert s.established.is_set() and s.ended is None, f"{s.local}: session ended: {s.ended}"
            silence = s.longest_silence(self.since)
            assert silence < s.hold * PATIENCE, f"{s.local}: nothing heard for {silence:.1f} s"


# ---------------------------------------------------------------- garbage

def mutate(data, dice):
    """A little damage anywhere."""
    data = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        if not data:
            break
        at, what = dice.randrange(len(data)), dice.randrange(5)
        if what == 0:
            data[at] = dice.randrange(256)
        elif what == 1:
            data[at] ^= 1 << dice.randrange(8)
        elif what == 2:
            del data[at:at + dice.randint(1, 8)]
        elif what == 3:
            data[at:at] = dice.randbytes(dice.randint(1, 8))
        else:
            data[at] = dice.choice((0, 1, 127, 128, 255))
    return bytes(data)


def reframe(data):
    """Damage inside, with a header that is right again."""
    return message(data[18] if len(data) > 18 else 0, data[19:][:4077])


def throw(node, local, remote, pieces, patience=0.3):
    """A TCP connection that says these pieces and listens a little; True if the other side closed it."""
    with connected(node, (local, 0), (remote, 179)) as s:
        try:
            for p in pieces:
                s.sendall(p)
                s.settimeout(patience)
                if not s.recv(65536):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True
    return False


def in_namespace(node, make):
    """Sockets belong to the namespace of the thread that makes them."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        sandbox.setns(node.fd)
        return make()
    finally:
        sandbox.setns(here)
        os.close(here)


def connected(node, local, remote):
    def make():
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(local)
        return s
    s = in_namespace(node, make)
    s.settimeout(5 * PATIENCE)
    s.connect(remote)
    return s


def samples():
    """Real UPDATEs, as material."""
    return [m for _, _, m in mrt.updates(DATA / "updates-cut.gz") if m and m[18] == 2][:400]


def bgp_garbage(dice, asn, router_id, updates):
    """What one connection says, piece by piece."""
    opening, keepalive = open_message(asn, router_id, 9, (IPV4, bgp.IPV6, bgp.EVPN)), message(bgp.KEEPALIVE)
    kind = dice.randrange(7)
    if kind == 0:
        return [dice.randbytes(dice.choice((1, 18, 19, 100, 5000)))]
    if kind == 1:
        return [opening[:dice.randrange(len(opening))]]
    if kind == 2:
        return [mutate(opening, dice)]
    if kind == 3:
        return [reframe(mutate(opening, dice)), keepalive]
    if kind == 4:
        return [opening, keepalive, *(mutate(dice.choice(updates), dice) for _ in range(5))]
    if kind == 5:
        return [opening, keepalive, b"".join(reframe(mutate(dice.choice(updates), dice)) for _ in range(20))]
    return [opening, message(dice.randrange(256), dice.randbytes(dice.randrange(300)))]


def test_garbage_on_the_bgp_port():
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    with bed("survive-garbage") as b:
        w = b.start(b.config(4), overlay=False)
        good = b.speaker(1).up()
        announce(good, range(100))
        wait_until("the routes", lambda: w.json("show bgp ipv4 unicast json")["totalRoutes"] == 100)
        updates, before = samples(), None
        with Undisturbed(w, good) as others:
            for n in range(300):
                configured = dice.random() < 0.7  # 192.0.2.19 is not
                throw(b.peers, b.peer(2 if configured else 9), "192.0.2.1",
                      bgp_garbage(dice, PEER_AS + 2, b.peer(2), updates), 0.05)
                if n == 20:
                    before = resident(w.bgpd), descriptors(w.bgpd)
                if n % 50 == 49:
                    others.check()
            assert w.bgpd.alive(), "bgpd is dead"
            wait_until("connections are gone", lambda: descriptors(w.bgpd) <= before[1] + 1, 30)
            assert resident(w.bgpd) < before[0] + 32 * 1024, "garbage costs memory"
        # who behaves again is welcome
        again = b.speaker(2).up(90)
        announce(again, range(50), 20)
        wait_until("the routes of the one who misbehaved",
                   lambda: w.json("show bgp ipv4 unicast json")["totalRoutes"] == 150)
        again.end()
        good.end()


def unix_garbage(path, dice, pieces):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(0.05)
        s.connect(str(path))
        try:
            for p in pieces:
                s.sendall(p)
            s.recv(65536)
        except OSError:
            pass


def ctl_garbage(dice):
    """Frames of lib/sys/ctl.h: u32 length of the rest, u8 type, body."""
    def frame(kind, body):
        return struct.pack(">IB", len(body) + 1, kind) + body
    words = b"show bgp summary json|show running-config|show ip route|configure terminal|\0|%s%n".split(b"|")
    kind = dice.randrange(6)
    if kind == 0:
        return [dice.randbytes(dice.choice((1, 4, 5, 100, 70000)))]
    if kind == 1:
        return [struct.pack(">IB", dice.choice((0, 1, 65536, 1 << 20, 0xffffffff)), dice.randrange(256))]
    if kind == 2:
        return [frame(2, mutate(b"show bgp ipv4 unicast json", dice))]
    if kind == 3:
        lines = frame(3, mutate(b"router bgp 65000\n neighbor 192.0.2.50 remote-as 1\n", dice) * 5)
        return [lines, frame(dice.choice((4, 5)), dice.randbytes(5)), frame(7, b"")]
    if kind == 4:
        return [frame(dice.choice((1, 2, 3, 4, 5, 7, 8, 64, 200)), dice.randbytes(dice.randrange(200)))
                for _ in range(5)]
    return [frame(2, dice.choice(words)), frame(2, dice.choice(words[:2]))[:dice.randrange(8)]]


def feed_garbage(dice):
    """Frames of lib/base/feed.h: u16 length of the rest, u8 type, u8 flags, body."""
    hello = struct.pack(">HBBIQ", 14, 1, 1, 1, dice.getrandbits(64))
    types = (2, 10, 11, 12, 13, 14, 15, 16, 17, 30, 31, 32, 33, 34, 0, 99)
    junk = b"".join(struct.pack(">HBB", len(body) + 2, dice.choice(types), dice.randrange(2)) + body
                    for body in (dice.randbytes(dice.randrange(60)) for _ in range(5)))
    good = struct.pack(">HBB", 2, 2, 1)
    return dice.choice(([dice.randbytes(dice.choice((1, 3, 4000, 70000)))], [hello, junk], [hello, good, junk],
                        [hello[:dice.randrange(16)]], [mutate(hello, dice), junk],
                        [hello, struct.pack(">HBB", 0xffff, 30, 1)]))


def test_garbage_on_the_unix_sockets():
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    with bed("survive-unix") as b:
        w = b.start(b.config(1))
        good = b.speaker(1).up()
        announce(good, range(100))
        end_of_rib(good)
        wait_until("the routes in the kernel", lambda: len(bgp_routes(b.weft_node)) == 100)
        running = w.show("show running-config")
        with Undisturbed(w, good) as others:
            for n in range(240):
                name, make = (("bgpd.vty", ctl_garbage), ("overlayd.vty", ctl_garbage),
                              ("feed.sock", feed_garbage))[n % 3]
                unix_garbage(w.run_dir / name, dice, make(dice))
                if n % 60 == 59:
                    others.check()
            # 40 clients that say half a frame and stay
            idle = []
            for n in range(40):
                s = socket.socket(socket.AF_UNIX)
                s.connect(str(w.run_dir / ("bgpd.vty", "overlayd.vty")[n % 2]))
                s.sendall(b"\0\0\0")
                idle.append(s)
            others.check()
            for s in idle:
                s.close()
            assert w.bgpd.alive() and w.overlayd.alive()
        wait_until("the feed is up again", lambda: status(w)["feedConnected"] and status(w)["feedSynced"], 30)
        assert w.show("show running-config") == running, "garbage changed the configuration"
        announce(good, range(100, 200))
        wait_until("new routes reach the kernel", lambda: len(bgp_routes(b.weft_node)) == 200, 30)
        good.end()
        assert w.stop() == {"bgpd": 0, "overlayd": 0}


def test_garbage_from_a_false_overlayd():
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    with bed("survive-feed") as b:
        w = b.start(b.config(4), wait=False)
        path = w.run_dir / "feed.sock"
        path.unlink(missing_ok=True)  # of an overlayd of an earlier test, killed as its lab was closed
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(10 * PATIENCE)
            w.bgpd.start()
            wait_until("bgpd answers", lambda: w.show("show bgp summary"))
            good = b.speaker(1).up()
            announce(good, range(100))
            with Undisturbed(w, good) as others:
                for n in range(12):  # bgpd waits up to 2 s before it comes again
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(0.2)
                        try:
                            for p in feed_garbage(dice):
                                connection.sendall(p)
                            connection.recv(65536)
                        except OSError:
                            pass
                    others.check()
            assert w.bgpd.alive()
        path.unlink()
        w.overlayd.start()
        wait_until("the true overlayd gets the routes", lambda: len(bgp_routes(b.weft_node)) == 100, 60)
        good.end()
        assert w.stop() == {"bgpd": 0, "overlayd": 0}


def status(w):
    return w.json("show overlay status json")


# ---------------------------------------------------------------- a neighbour that stops reading

def test_a_neighbour_that_stops_reading():
    n_routes = 200000
    with bed("survive-stalled") as b:
        w = b.start(b.config(4), overlay=False)
        source, good, other = b.speaker(1, keep=False).up(), b.speaker(2).up(), b.speaker(3, keep=False).up()
        announce(source, range(n_routes))
        wait_until("all routes at the two", lambda: len(good.rib) == n_routes, 120)
        table_alone = resident(w.bgpd)
        stalled = b.speaker(4, keep=False, receive_buffer=8192, router_id="192.0.2.200").up()
        stalled.reading.clear()
        stalled.mute = True  # like a process that is stopped: no keepalives either
        since = time.monotonic()
        with Undisturbed(w, source, good, other):
            # The table changes all the time for the others, while the stalled one's place in it stands still.
            for turn in range(3):
                withdraw(source, range(n_routes))
                wait_until("all withdrawn", lambda: not good.rib, 120)
                announce(source, range(n_routes))
                wait_until("all announced", lambda: len(good.rib) == n_routes, 120)
            grown = resident(w.bgpd) - table_alone
            print(f"with one that is stalled: {grown} KiB more than {table_alone}")
            assert grown < 64 * 1024, f"{grown} KiB more"
            wait_until("the stalled session is ended", lambda: b.neighbor(4)["bgpState"] != "Established", 60)
            print(f"ended after {time.monotonic() - since:.0f} s")
        wait_until("its connection is given up", lambda: connections(w.bgpd) == 3, 40)
        for s in (stalled, other, good, source):
            s.end()
        assert w.stop()["bgpd"] == 0


def connections(process):
    """How many TCP connections the process has."""
    inodes = set()
    for fd in os.listdir(f"/proc/{process.pid}/fd"):
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(f"/proc/{process.pid}/fd/{fd}"))
    listening = "0A"
    table = [line.split() for line in pathlib.Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for fields in table if fields[3] != listening and f"socket:[{fields[9]}]" in inodes)


def test_end_with_a_neighbour_that_does_not_read():
    """An orderly end does not wait for it for long."""
    with bed("survive-stalled-end") as b:
        w = b.start(b.config(2), overlay=False)
        source = b.speaker(1, keep=False, hold=90).up()
        announce(source, range(100000))
        wait_until("the routes", lambda: b.neighbor(1)["addressFamilyInfo"]["ipv4Unicast"]["acceptedPrefixCounter"]
                   == 100000)
        stalled = b.speaker(2, keep=False, receive_buffer=8192, hold=90).up()
        stalled.reading.clear()
        wait_until("its socket is full", lambda: b.neighbor(2)["bgpState"] == "Established" and stalled.is_alive())
        start = time.monotonic()
        assert w.stop()["bgpd"] == 0
        assert time.monotonic() - start < 15 * PATIENCE
        source.end()
        stalled.end()


# ---------------------------------------------------------------- kill -9

def kernel_routes(node):
    """prefix -> (protocol, gateway) of the main table"""
    return {r["dst"]: (r.get("protocol"), r.get("gateway")) for r in node.json(["ip", "-j", "route", "show"])}


def bgp_routes(node):
    return {d: g for d, (p, g) in kernel_routes(node).items() if p == "87"}


STRANGERS = {"10.250.0.0/16": ("static", "192.0.2.19"), "198.18.0.0/15": ("babel", "192.0.2.19")}


def loaded(b, n, base=10):
    """A bed with weft, a stranger's routes, and one neighbour that has n routes to tell."""
    w = b.start(b.config(1, "10 30"))
    b.weft_node.ip("\n".join(f"route add {dst} via {gw} proto {proto}" for dst, (proto, gw) in STRANGERS.items()))
    source = b.speaker(1, keep=False, hold=30).up()
    announce(source, range(n), base)
    end_of_rib(source)
    return w, source


def wanted_table(numbers, gateway, base=10):
    return {text(prefix(i, base)): gateway for i in numbers}


def strangers_are_there(b):
    routes = kernel_routes(b.weft_node)
    for dst, what in STRANGERS.items():
        assert routes.get(dst) == what, f"the stranger's {dst} is {routes.get(dst)}"


def killed(process):
    process.send_signal(signal.SIGKILL)
    process.popen.wait()


def table_stays(b, least, seconds):
    """Nobody removes routes while a daemon is away."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        n = len(bgp_routes(b.weft_node))
        assert n >= least, f"{n} routes are left of {least}"
        time.sleep(0.3)


N_KILL = 50000


def test_kill_9_of_bgpd():
    with bed("survive-kill-bgpd") as b:
        w, source = loaded(b, N_KILL)
        wait_until("some routes in the kernel", lambda: len(bgp_routes(b.weft_node)) > 1000, 60, 0.02)
        killed(w.bgpd)
        wait_until("overlayd sees it", lambda: not status(w)["feedConnected"])
        wait_until("overlayd is done", lambda: status(w)["settled"])
        there = len(bgp_routes(b.weft_node))
        print(f"killed with {there} routes in the kernel")
        table_stays(b, there, 3)
        source.end()
        w.bgpd.start()
        w.wait()
        source = b.speaker(1, keep=False, hold=30).up()
        announce(source, range(5000, N_KILL))  # 5,000 are gone meanwhile: stale ones in the kernel
        end_of_rib(source)
        wanted = wanted_table(range(5000, N_KILL), b.peer(1))
        seen = []

        def right():
            routes = bgp_routes(b.weft_node)
            seen.append(len(routes))
            return routes == wanted
        wait_until("the right table", right, 120, 0.3)
        assert min(seen) >= min(there, len(wanted)) - 5000, f"routes were removed on the way: {seen}"
        strangers_are_there(b)
        # in the middle of a withdrawal
        withdraw(source, range(5000, N_KILL))
        wait_until("some are gone", lambda: len(bgp_routes(b.weft_node)) < N_KILL - 6000, 60, 0.02)
        killed(w.bgpd)
        source.end()
        w.bgpd.start()
        w.wait()
        source = b.speaker(1, keep=False, hold=30).up()
        announce(source, range(100))
        end_of_rib(source)
        wait_until("the right table", lambda: bgp_routes(b.weft_node) == wanted_table(range(100), b.peer(1)), 120)
        strangers_are_there(b)
        source.end()
        assert w.stop() == {"bgpd": 0, "overlayd": 0}


def test_kill_9_of_overlayd():
    with bed("survive-kill-overlayd") as b:
        w, source = loaded(b, N_KILL)
        wait_until("some routes in the kernel", lambda: len(bgp_routes(b.weft_node)) > 1000, 60, 0.02)
        killed(w.overlayd)
        there = len(bgp_routes(b.weft_node))
        print(f"killed with {there} routes in the kernel")
        withdraw(source, range(1000))  # while it is away
        announce(source, range(N_KILL, N_KILL + 500))
        table_stays(b, there, 2)
        w.overlayd.start()
        w.wait()
        wanted = wanted_table(range(1000, N_KILL + 500), b.peer(1))
        wait_until("the right table", lambda: bgp_routes(b.weft_node) == wanted, 120, 0.5)
        strangers_are_there(b)
        assert source.ended is None, "the session was disturbed"
        # both at once
        killed(w.overlayd)
        killed(w.bgpd)
        source.end()
        table_stays(b, len(wanted), 1)
        w.start()
        source = b.speaker(1, keep=False, hold=30).up()
        announce(source, range(0, N_KILL, 2))
        end_of_rib(source)
        wanted = wanted_table(range(0, N_KILL, 2), b.peer(1))
        wait_until("the right table", lambda: bgp_routes(b.weft_node) == wanted, 120, 0.5)
        strangers_are_there(b)
        source.end()
        assert w.stop() == {"bgpd": 0, "overlayd": 0}


# ---------------------------------------------------------------- a full disk

def test_write_to_a_full_disk():
    with bed("survive-disk") as b:
        disk = pathlib.Path("/run/disk")
        disk.mkdir(exist_ok=True)
        sandbox.mount("disk", str(disk), "tmpfs", 0, "size=128k")
        w = b.start(b.config(2), wait=False)
        file = disk / "weft.conf"
        file.write_text(w.file.read_text())
        for p in (w.bgpd, w.overlayd):
            p.argv[p.argv.index(str(w.file))] = str(file)
        w.start()
        w.show("write")
        old = file.read_text()
        w.configure(*(f"ip prefix-list LONG seq {5 * i} permit 10.{i >> 8}.{i & 255}.0/24" for i in range(1, 600)))
        filler = disk / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as f:
            while True:
                f.write(b"x" * 4096)
        failed = b.weft_node.popen([*w.vtysh_argv, "-c", "write"], stdout=-1, stderr=-1, text=True)
        out, err = failed.communicate(timeout=30 * PATIENCE)
        assert failed.returncode != 0 and "No space left" in out + err, (failed.returncode, out, err)
        assert file.read_text() == old, "the old file is damaged"
        left = sorted(p.name for p in disk.iterdir())
        assert left == ["filler", "weft.conf", "weft.conf.sav"], f"left behind: {left}"
        assert "LONG seq 2995 " in w.show("show running-config"), "the running configuration was touched"
        filler.unlink()
        w.show("write")
        assert "LONG seq 2995 " in file.read_text()
        assert (disk / "weft.conf.sav").read_text() == old
        assert w.stop() == {"bgpd": 0, "overlayd": 0}


# ---------------------------------------------------------------- one session

def test_restart_of_one_session():
    with bed("survive-restart") as b:
        w = b.start(b.config(4), overlay=False)
        speakers = {n: b.speaker(n).up() for n in (1, 2, 3, 4)}
        for n in (1, 2, 3):
            announce(speakers[n], range(1000), 10 * n)
        wait_until("all routes at the fourth", lambda: len(speakers[4].rib) == 3000)
        others = [speakers[n] for n in (2, 3, 4)]
        heard = {s: s.n_updates for s in others}
        with Undisturbed(w, *others):
            for _ in range(3):
                w.show(f"clear bgp {b.peer(1)}")
                wait_until("the session ends", lambda: not speakers[1].established.is_set())
                assert speakers[1].ended == (6, 4), speakers[1].ended  # Cease, Administrative Reset
                wait_until("its routes are gone", lambda: len(speakers[4].rib) == 2000)
                speakers[1] = b.speaker(1).up()
                announce(speakers[1], range(1000), 10)
                wait_until("its routes are back", lambda: len(speakers[4].rib) == 3000)
            for n in (2, 3, 4):
                assert b.neighbor(n)["connectionsEstablished"] == 1, f"{b.peer(n)} came up again"
        for s in others:
            assert s.n_updates - heard[s] < 600, f"{s.local} heard {s.n_updates - heard[s]} updates"
        for s in speakers.values():
            s.end()
        assert w.stop()["bgpd"] == 0


# ---------------------------------------------------------------- valgrind

FAMILIES = ("ipv4-unicast", "ipv6-unicast", "l3vpn-ipv4-unicast", "l3vpn-ipv6-unicast", "l2vpn-evpn")
ROUTES = {
    "ipv4": ["10.40.0.0/24 community 65001:5 med 7 large-community 1:2:3", "10.41.0.0/24"],
    "ipv6": ["2001:db8:40::/48 nexthop 2001:db8::11"],
    "vpnv4": ["10.45.0.0/24 label 100 rd 65001:1 rt 65001:1"],
    "vpnv6": ["2001:db8:45::/48 label 100 rd 65001:1 rt 65001:1"],
    "evpn": ["macadv aa:bb:cc:dd:ee:01 10.0.0.1 etag 0 label 1000 rd 65001:100 rt 65001:1000 encap vxlan",
             "multicast 192.0.2.11 etag 0 rd 65001:100 rt 65001:1000 encap vxlan pmsi ingress-repl 1000 192.0.2.11",
             "prefix 10.47.0.0/16 gw 0.0.0.0 etag 0 label 4000 rd 65001:4000 rt 65001:4000 encap vxlan "
             "router-mac aa:bb:cc:00:00:01"],
}


def gobgp_config(b):
    text = f'[global.config]\n  as = {PEER_AS}\n  router-id = "{b.peer(1)}"\n[[neighbors]]\n  [neighbors.config]\n'
    text += f'    neighbor-address = "192.0.2.1"\n    peer-as = {AS}\n  [neighbors.timers.config]\n'
    text += "    connect-retry = 1\n"
    return text + "".join(f'  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "{f}"\n'
                          for f in FAMILIES)


def valgrind_config(b):
    """Everything that keeps memory of its own: VRFs, VNIs, policy, aggregates, peer groups."""
    families = "".join(f" address-family {f}\n  neighbor {b.peer(1)} activate\n{more} exit-address-family\n"
                       for f, more in (("ipv6 unicast", "  network 2001:db8:10::/48\n"), ("ipv4 vpn", ""),
                                       ("ipv6 vpn", ""), ("l2vpn evpn", "  advertise-all-vni\n")))
    return f"""underlay source 192.0.2.1
vrf blue
 vni 4000
 ip route 10.201.0.0/16 blackhole
exit-vrf
bridge-domain 10
 vrf blue
 vni 1000
 gateway 10.1.10.1/24 mac 02:00:0a:01:0a:01
ip prefix-list P seq 5 permit 0.0.0.0/0 le 32
bgp community-list standard C seq 5 permit 65001:5
bgp as-path access-list A seq 5 permit ^65001
route-map IN permit 10
 match community C
 set local-preference 200
 set as-path prepend 65001
route-map IN permit 20
router bgp {AS}
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor G peer-group
 neighbor G remote-as {PEER_AS}
 neighbor {b.peer(1)} peer-group G
 address-family ipv4 unicast
  network 10.10.0.0/16
  aggregate-address 10.40.0.0/15
  neighbor {b.peer(1)} route-map IN in
  neighbor {b.peer(1)} prefix-list P out
  neighbor {b.peer(1)} soft-reconfiguration inbound
 exit-address-family
{families}router bgp {AS} vrf blue
 address-family ipv4 unicast
  redistribute static
  rd vpn export 65000:4000
  rt vpn both 65001:1
  label vpn export 100
  export vpn
  import vpn
 exit-address-family
 address-family l2vpn evpn
  route-target import 65001:4000
  advertise ipv4 unicast
 exit-address-family
"""


def test_clean_end_under_valgrind():
    with bed("survive-valgrind") as b:
        w = b.start(valgrind_config(b), valgrind=True)
        g = Gobgp(b.peers, gobgp_config(b)).start()
        wait_until("session with GoBGP", lambda: b.neighbor(1)["bgpState"] == "Established", 120)
        for family, routes in ROUTES.items():
            for route in routes:
                g.gobgp(f"global rib add -a {family} {route}")
        got = {"ipv4Unicast": 2, "ipv6Unicast": 1, "ipv4Vpn": 1, "ipv6Vpn": 1, "l2VpnEvpn": 3}

        def accepted():
            info = b.neighbor(1)["addressFamilyInfo"]
            return {f: info[f]["acceptedPrefixCounter"] for f in got}
        wait_until(f"routes of all families, last {accepted()}", lambda: accepted() == got, 120)
        for command in ("show bgp summary", "show bgp ipv4 unicast json", "show bgp ipv6 unicast", "show bgp ipv4 vpn",
                        "show bgp ipv6 vpn json", "show bgp l2vpn evpn json", "show bgp l2vpn evpn",
                        "show bgp vrf blue ipv4 unicast json", "show bgp neighbors json", "show bgp neighbors",
                        "show ip route json", "show evpn vni json", "show overlay drift", "show running-config",
                        f"show bgp ipv4 unicast neighbors {b.peer(1)} advertised-routes json", "show bgp nexthop",
                        "show bgp memory", "show route-map json", "show bgp ipv4 unicast regexp 65001",
                        "show ip route nonsense"):
            w.show(command, check=False)
        w.configure("route-map IN permit 20", "set metric 5")
        w.configure(f"router bgp {AS}", "neighbor 192.0.2.12 remote-as 65002", "no neighbor 192.0.2.12")
        w.configure("no vrf red")
        g.gobgp("global rib del -a ipv4 10.41.0.0/24")
        wait_until("one is gone", lambda: accepted()["ipv4Unicast"] == 1, 60)
        w.show(f"clear bgp {b.peer(1)} soft in")
        w.show(f"clear bgp {b.peer(1)}")
        wait_until("it is back", lambda: accepted()["l2VpnEvpn"] == 3, 120)
        # a client that does not wait for its answer
        unix_garbage(w.run_dir / "bgpd.vty", None, [struct.pack(">IB", 22, 2) + b"show bgp summary json"])
        result = w.stop()
        for p in (w.bgpd, w.overlayd):
            log = p.log_text()
            assert "definitely lost" not in log and "Invalid" not in log, f"{p.name}: {log[:2000]}"
        assert result == {"bgpd": 0, "overlayd": 0}, result


if __name__ == "__main__":
    sandbox.enter()
    tap.main()
