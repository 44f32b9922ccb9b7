"""Labs in network namespaces: nodes, links, and the daemons in them.  Used by the demo, the lab and the interop tests.

    sandbox.enter()
    lab = Lab("example")
    a, b = lab.node("a"), lab.node("b")
    lab.link(a, "eth0", b, "eth0")
    lab.make()
    a.ip("addr add 192.0.2.1/24 dev eth0")
    peers.Frr(a, "router bgp 65001 ...").start()

Inside a guest everything takes 15 to 20 times as long to start: commands are batched, deadlines are generous."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import sandbox

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
IN_GUEST = "WEFT_IN_GUEST" in os.environ
PATIENCE = 3 if IN_GUEST else 1  # factor of every deadline

FORWARDING = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
              "net.ipv4.conf.default.rp_filter=0", "net.ipv4.tcp_l3mdev_accept=1", "net.ipv4.udp_l3mdev_accept=1",
              "net.ipv4.fib_multipath_hash_policy=1", "net.ipv6.conf.all.keep_addr_on_down=1",
              "net.ipv4.conf.all.ignore_routes_with_linkdown=1",
              "net.ipv4.conf.default.ignore_routes_with_linkdown=1"]


class LabError(AssertionError):
    pass


def wait_until(what, predicate, deadline=60, interval=0.1):
    """Polls until predicate() is true; returns its value.  LabError says what did not come."""
    end = time.monotonic() + deadline * PATIENCE
    error = value = None
    while True:
        try:
            value, error = predicate(), None
            if value:
                return value
        except (LabError, OSError, ValueError, KeyError, IndexError, TypeError, subprocess.SubprocessError) as e:
            error = e
        if time.monotonic() > end:
            last = f"; last: {type(error).__name__}: {error}" if error else ""
            raise LabError(f"after {deadline * PATIENCE} s still not: {what}{last}")
        time.sleep(interval * PATIENCE)


class Process:
    """A program in a node, its output in a log; killed with the lab."""

    def __init__(self, node, name, argv, env=None):
        self.node, self.name, self.argv, self.env = node, name, [str(a) for a in argv], env
        self.popen = None
        self.log = node.directory / f"{name}.log"

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = self.node.popen(self.argv, stdout=log, stderr=log, env=self.env)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen is not None and self.popen.poll() is None

    def send_signal(self, number):
        self.popen.send_signal(number)

    def stop(self, number=signal.SIGTERM, deadline=30):
        """Ends it and returns its exit status; kills it (and raises) if it does not end in time."""
        if not self.popen:
            return None
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(deadline * PATIENCE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise LabError(f"{self.node.name}: {self.name} did not end {deadline * PATIENCE} s after signal {number}")

    def kill(self):
        if self.alive():
            self.popen.kill()
            self.popen.wait()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Node:
    def __init__(self, lab, name, sysctls=()):
        self.lab, self.name, self.sysctls = lab, name, list(sysctls)
        self.directory = lab.directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.fd = self.router = None
        self.processes = {}
        self.shell_argv = ["bash", "--norc"]  # what `./run shell NODE` starts

    def popen(self, argv, env=None, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        fd = self.fd
        full = {**os.environ, **env} if env else None
        return subprocess.Popen([str(a) for a in argv], env=full, preexec_fn=lambda: sandbox.setns(fd), **kw)

    def run(self, argv, check=True, timeout=60, input=None):
        """Runs a command to its end; its standard output.  LabError with its words if it fails."""
        p = self.popen(argv, stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            out, err = p.communicate(input, timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            raise LabError(f"{self.name}: {' '.join(map(str, argv))}: no end after {timeout * PATIENCE} s")
        if check and p.returncode:
            raise LabError(f"{self.name}: {' '.join(map(str, argv))}: status {p.returncode}: {(err or out).strip()}")
        return out

    def ip(self, commands, tool="ip"):
        """Commands for `ip -batch` (or bridge -batch), one a line."""
        lines = [l.strip() for l in commands.strip().splitlines() if l.strip()]
        return self.run([tool, "-batch", "-"], input="\n".join(lines) + "\n")

    def bridge(self, commands):
        return self.ip(commands, "bridge")

    def json(self, argv):
        return json.loads(self.run(argv) or "null")

    def process(self, name, argv, env=None):
        p = Process(self, name, argv, env)
        self.processes[name] = p
        return p

    def setup(self):
        """Writes the sysctls, in one short-lived child."""
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                sandbox.setns(self.fd)
                for line in self.sysctls:
                    key, value = line.split("=")
                    path = "/proc/sys/" + key.replace(".", "/")
                    if os.path.exists(path):
                        pathlib.Path(path).write_text(value)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(pid, 0)[1]:
            raise LabError(f"{self.name}: cannot write sysctls")

    def ping(self, address, count=1, wait=1, source=None, check=False, size=None):
        """Output of ping; None if there was no answer at all (LabError with check)."""
        argv = ["ping", "-n", "-c", str(count), "-W", str(wait * PATIENCE), "-i", "0.2", address]
        if source:
            argv[1:1] = ["-I", source]
        if size:
            argv[1:1] = ["-s", str(size)]
        out = self.run(argv, check=False)
        if re.search(r" [1-9]\d* received", out):
            return out
        if check:
            raise LabError(f"{self.name}: no answer from {address}")
        return None

    def ping_stream(self, address, interval=0.2):
        return PingStream(self, address, interval)

    def capture(self, interface, expression, packets=0):
        return Capture(self, interface, expression, packets)


class PingStream:
    """Pings one address until stop(), which returns (sent, received)."""

    def __init__(self, node, address, interval):
        self.popen = node.popen(["ping", "-n", "-i", str(interval), address], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        self.text = ""

    def stop(self):
        # -O would say which are missing; the summary is enough, and the last one may be on its way
        self.popen.send_signal(signal.SIGINT)
        self.text = self.popen.communicate(timeout=30 * PATIENCE)[0]
        m = re.search(r"(\d+) packets transmitted, (\d+) received", self.text)
        if not m:
            raise LabError(f"ping said: {self.text.strip()}")
        return int(m[1]), int(m[2])

    def summary(self):
        return [l for l in self.text.splitlines() if "packets transmitted" in l][0]


class Capture:
    """tcpdump on an interface; lines() are what it has seen so far."""

    def __init__(self, node, interface, expression, packets):
        argv = ["tcpdump", "-l", "-n", "-e", "--immediate-mode", "-i", interface]
        if packets:
            argv += ["-c", str(packets)]
        self.path = node.directory / f"tcpdump-{interface}.txt"
        self.out = open(self.path, "wb")
        self.process = node.process(f"tcpdump-{interface}", [])
        self.popen = node.popen([*argv, *expression.split()], stdout=self.out, stderr=subprocess.PIPE)
        self.popen.stderr.readline()  # "listening on": from here on it sees packets

    def lines(self):
        return self.path.read_text(errors="replace").splitlines()

    def stop(self):
        self.popen.send_signal(signal.SIGINT)
        self.popen.communicate(timeout=30 * PATIENCE)
        self.out.close()
        return self.lines()


class Lab:
    """Nodes and links.  Files of the nodes are in build/lab/NAME/NODE, also after a run in a guest."""

    def __init__(self, name):
        share = os.environ.get("WEFT_SHARE")
        self.directory = pathlib.Path(share or TOP / "build/lab") / name
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.nodes, self.links = {}, []

    def node(self, name, sysctls=()):
        self.nodes[name] = node = Node(self, name, sysctls)
        return node

    def router(self, name):
        return self.node(name, FORWARDING)

    def link(self, a, a_if, b, b_if, mtu=1500):
        """A veth pair between two nodes, up."""
        self.links.append((a, a_if, b, b_if, mtu))

    def make(self):
        """Makes all nodes and links that were described."""
        for node in self.nodes.values():
            if node.fd is None:
                node.fd = sandbox.netns_make(node.name)
                node.setup()
        batch = [f"link add {a_if} netns {a.name} mtu {mtu} type veth peer name {b_if} netns {b.name} mtu {mtu}"
                 for a, a_if, b, b_if, mtu in self.links]
        subprocess.run(["ip", "-batch", "-"], input="\n".join(batch) + "\n", text=True, check=True)
        for node in self.nodes.values():
            ends = [i for link in self.links for n, i in (link[0:2], link[2:4]) if n is node]
            node.ip("\n".join(["link set lo up", *(f"link set {i} up" for i in ends)]))
        self.links = []

    def processes(self):
        return [p for n in self.nodes.values() for p in n.processes.values()]

    def close(self):
        """Kills what runs, and lets go of the namespaces, so that another lab may use their names."""
        for p in self.processes():
            if p.alive():
                p.popen.kill()
        for p in self.processes():
            if p.popen:
                p.popen.wait()
        for node in self.nodes.values():
            if node.fd is not None:
                os.close(node.fd)
                sandbox.netns_drop(node.name)
                node.fd = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
