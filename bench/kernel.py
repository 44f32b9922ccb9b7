#!/usr/bin/env python3
"""From a peer into the kernel: how fast do routes that a peer sends reach a kernel table, how fast do they leave, and
how long does a restart over a full table take?  Compares bgpd + overlayd with FRR (bgpd + zebra), BIRD (its kernel
protocol), and what the kernel takes from kernel_limit.c, in the same run.  Uses run.py's network and load generator; needs root.

    ./kernel.py --build ../build --routes 1000000
"""
import argparse
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import results
import run

HERE = pathlib.Path(__file__).resolve().parent
SCENARIO = "kernel-1m"  # so named in targets.py; with another number of routes by that number


def in_dut(argv, **kw):
    return subprocess.Popen(["ip", "netns", "exec", run.NS_DUT, *map(str, argv)], stdin=subprocess.DEVNULL, **kw)


def kernel_routes(pid):
    """Prefixes in the kernel's IPv4 main table where that process is (from the trie's own statistics)."""
    text = pathlib.Path(f"/proc/{pid}/net/fib_triestat").read_text()
    return max((int(n) for n in re.findall(r"Prefixes:\s+(\d+)", text)), default=0)  # Main and Local may be one trie


def cpu_by_process():
    """{name: CPU seconds, in user mode and in the kernel} of the DUT's processes."""
    out = {}
    for p in run.dut_pids():
        try:
            name = pathlib.Path(f"/proc/{p}/comm").read_text().strip()
            f = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
            out[name] = (int(f[11]) / run.TICK, int(f[12]) / run.TICK)
        except OSError:
            pass
    return out


def cpu_text(before, after):
    return "+".join(f"{name}:{after[name][0] - before.get(name, (0, 0))[0]:.2f}u{after[name][1] - before.get(name, (0, 0))[1]:.2f}s"
                    for name in sorted(after))


class Notifications:
    """What the kernel tells of changes in the DUT's namespace.  With `keep` they are kept, to be counted; else they are
    only counted as dropped by a full socket, which costs next to nothing while many come."""
    ROUTES = (7, 11)  # RTNLGRP_IPV4_ROUTE, IPV6_ROUTE
    NEIGHBOURS = (3,)  # RTNLGRP_NEIGH: also forwarding entries
    ALL = (1, 5, 9, 32, *ROUTES)  # also LINK, IPV4_IFADDR, IPV6_IFADDR, NEXTHOP

    def __init__(self, keep, groups=None):
        groups = groups or (self.ALL if keep else self.ROUTES)
        t = threading.Thread(target=self.open, args=(keep, groups))  # a thread's namespace is its own
        t.start()
        t.join()

    def open(self, keep, groups):
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{run.NS_DUT}") as ns:
            if libc.setns(ns.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20 if keep else 1)  # SO_RCVBUFFORCE
        self.s.bind((0, 0))
        for g in groups:
            self.s.setsockopt(270, 1, g)  # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP
        self.inode = str(os.fstat(self.s.fileno()).st_ino)

    def close(self):
        self.s.close()

    def dropped(self, pid):
        for line in pathlib.Path(f"/proc/{pid}/net/netlink").read_text().splitlines():
            f = line.split()
            if f[-1] == self.inode:
                return int(f[-2])
        return 0

    def count(self):
        n = 0
        try:
            while True:
                self.s.recv(65536)
                n += 1
        except BlockingIOError:
            self.close()
            return n


def unix_socket(path, process):
    for _ in range(600):
        if path.exists():
            return
        if process.poll() is not None:
            sys.exit(f"{process.args}: ended with status {process.returncode}")
        time.sleep(0.05)


class Ours:
    def __init__(self, d, build, scn):
        self.d, self.build = d, pathlib.Path(build)
        (d / "conf").write_text(run.frr_config(scn, d).replace("frr defaults traditional\n", ""))

    def overlayd(self):
        p = in_dut([self.build / "overlayd/overlayd", "-f", self.d / "conf", "--vty_socket", self.d, "-i",
                    self.d / "overlayd.pid", "--log", f"file:{self.d}/overlayd.log"])
        unix_socket(self.d / "overlayd.vty", p)
        return p

    def start(self):
        self.o = self.overlayd()
        self.b = in_dut([self.build / "bgpd/bgpd", "-f", self.d / "conf", "--vty_socket", self.d, "-i",
                         self.d / "bgpd.pid", "--log", f"file:{self.d}/bgpd.log"])
        unix_socket(self.d / "bgpd.vty", self.b)

    def status(self):
        out = subprocess.run([self.build / "vtysh/vtysh", "--vty_socket", self.d, "-c", "show overlay status json"],
                             capture_output=True, text=True).stdout
        return json.loads(out) if out.strip() else {}

    def restart(self):
        """Ends overlayd at once and starts it again; seconds until it has listed what is there, and until it has heard
        all from bgpd again and has nothing left to do."""
        while not self.status().get("feedSynced"):  # else bgpd would still wait for the end of the peers' tables
            time.sleep(0.2)
        self.o.kill()
        self.o.wait()
        (self.d / "overlayd.vty").unlink(missing_ok=True)
        start = time.monotonic()
        self.o = self.overlayd()
        listed = None
        while time.monotonic() - start < 120:
            at = time.monotonic() - start
            s = self.status()
            if s.get("kernelListed"):
                listed = listed or at
                if s["feedSynced"] and not s["feedStale"] and s["settled"]:
                    return listed, at
            time.sleep(0.02)
        return listed, None


class Frr:
    def __init__(self, d, build, scn):
        self.d = d
        shutil.chown(d, "frr", "frr")
        (d / "conf").write_text(run.frr_config(scn, d))
        (d / "zebra.conf").touch()
        (d / "empty").touch()

    def start(self):
        self.z = in_dut([f"{run.FRR_SBIN}/zebra", "-f", self.d / "zebra.conf", "-i", self.d / "zebra.pid", "--vty_socket",
                         self.d, "-z", self.d / "zserv.api", "-P", "0"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        unix_socket(self.d / "zserv.api", self.z)
        self.b = in_dut([f"{run.FRR_SBIN}/bgpd", "-f", self.d / "empty", "-i", self.d / "bgpd.pid", "--vty_socket", self.d,
                         "-z", self.d / "zserv.api", "-P", "0", "-p", "179"], stderr=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL)
        run.frr_setup(str(self.d))


class Bird:
    def __init__(self, d, build, scn):
        self.d = d
        conf = run.bird_config(scn, d)
        (d / "conf").write_text(conf + "protocol kernel { ipv4 { export all; }; }\nprotocol direct { ipv4; }\n")

    def start(self):
        self.b = in_dut(["/usr/sbin/bird", "-f", "-c", self.d / "conf", "-s", self.d / "ctl"])


def wait_count(pid, changes, target, timeout):
    """Seconds on the clock when the kernel had exactly so many routes; None in time-out.  Counting walks the whole trie,
    and the kernel's writers wait for such readers, so it is done only when as many changes were seen as are needed, or
    when no more come."""
    heard = Notifications(keep=False)
    try:
        seen, since, look, end = 0, time.monotonic(), 0, time.monotonic() + timeout
        while (now := time.monotonic()) < end:
            n = heard.dropped(pid)
            if n != seen:
                seen, since, look = n, now, now + 0.3
            complete = n + 64 >= changes  # a few fit into the socket before it drops
            if now >= look or complete:
                if kernel_routes(pid) == target:
                    return since if complete else now
                look = time.monotonic() + 0.3
            time.sleep(0.01)
        return None
    finally:
        heard.close()


def blast(scn, routes, timeout):
    addrs = [a for a, _ in run.peers(scn)]
    cmd = ["ip", "netns", "exec", run.NS_GEN, run.build_blast(), "--step", "--dut", run.DUT_ID, "--dut-as",
           run.DUT_AS, "--family", "ipv4", "--routes", routes, "--senders", 1, "--receivers", 1, "--sender-addr", addrs[0],
           "--receiver-addr", addrs[1], "--phases", "load,withdraw", "--timeout", timeout]
    return subprocess.Popen([str(c) for c in cmd], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def phase(b, name):
    for line in b.stderr:
        if line.startswith("PHASE " + name):
            return
    sys.exit("bgpblast: " + b.stdout.read()[-300:])


def go(b):
    b.stdin.write("\n")
    b.stdin.flush()
    return time.monotonic()


def measure(cls, args):
    scn = {**run.SCENARIOS["ipv4-1m"], "routes": args.routes}
    result = {}
    run.make_net()
    with tempfile.TemporaryDirectory(prefix="kernelbench-") as tmp:
        d = pathlib.Path(tmp)
        os.chmod(d, 0o755)
        dut = cls(d, args.build, scn)
        dut.start()
        try:
            run.wait_listening(dut.b)
            b = blast(scn, args.routes, args.timeout)
            phase(b, "established")
            base, empty, cpu = kernel_routes(dut.b.pid), run.sample()["rss"], cpu_by_process()
            start = go(b)
            end = wait_count(dut.b.pid, args.routes, base + args.routes, args.timeout)
            result["in_s"] = end - start if end else None
            phase(b, "load")
            result["in_cpu"] = cpu_text(cpu, cpu_by_process())
            result["bytes_a_route"] = (run.sample()["rss"] - empty) * (1 << 20) / args.routes
            if end and hasattr(dut, "restart"):
                result["dump_s"] = bare_dump()
                heard = Notifications(keep=True)
                result["listed_s"], result["restart_s"] = dut.restart()
                result["restart_changes"] = heard.count()
                result["after_restart"] = kernel_routes(dut.b.pid) - base
            cpu = cpu_by_process()
            start = go(b)
            end = wait_count(dut.b.pid, args.routes, base, args.timeout)
            result["out_s"] = end - start if end else None
            result["out_cpu"] = cpu_text(cpu, cpu_by_process())
            result["peak_mib"] = run.sample()["hwm"]
            b.kill()
            b.wait()
        finally:
            run.stop_dut()
            run.drop_net()
    return result


def measure_limit(args):
    """The same routes, straight to the kernel."""
    limit = run.BUILD / "kernel_limit"
    subprocess.run(["cc", "-O2", "-std=gnu11", "-o", limit, HERE / "kernel_limit.c"], check=True)
    run.make_net()
    try:
        prefixes = subprocess.run([run.build_blast(), "--print-prefixes", "--routes", str(args.routes)],
                                  capture_output=True, check=True).stdout
        gateway = next(run.peers({**run.SCENARIOS["ipv4-1m"]}))[0]
        out = subprocess.run(["ip", "netns", "exec", run.NS_DUT, limit, "bench0", gateway],
                             input=prefixes, capture_output=True, check=True).stdout.decode()
        return {k: float(v) for k, v in (w.split("=") for w in out.split())}
    finally:
        run.drop_net()


def bare_dump():
    start = time.monotonic()
    subprocess.run(["ip", "netns", "exec", run.NS_DUT, "ip", "-4", "route", "save", "table", "main"],
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def line(name, r):
    print(name, " ".join(f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in r.items()), flush=True)


FIGURES = {"in_s": ("in", "s"), "out_s": ("out", "s"), "restart_s": ("restart", "s"), "dump_s": ("restart", "s"),
           "bytes_a_route": ("memory", "B/route"), "restart_changes": ("changes by a restart", "")}


def add(out, scenario, name, r):
    """Into the file that report.py reads; a bare dump is what the kernel alone needs of a restart."""
    for key, (figure, unit) in FIGURES.items():
        if key in r:
            out.add(scenario, "kernel" if key == "dump_s" else name, figure, unit, r[key])
        if key in r and r[key] is None:
            out.fault(scenario, name, f"'{figure}' did not end in time")


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--duts", default="ours,frr,bird", help="also: kernel, which is measured anyway")
    ap.add_argument("--routes", type=int, default=200_000)
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--timeout", type=float, default=300)
    ap.add_argument("--nice", type=int, default=-20, help="of all that is measured (default -20)")
    ap.add_argument("--out", default=str(run.BUILD / "kernel.json"))
    args = ap.parse_args()
    if os.geteuid():
        sys.exit("kernel.py: needs root for network namespaces")
    signal.signal(signal.SIGTERM, run.ended)
    run.raise_priority(args.nice)
    classes = {"ours": Ours, "frr": Frr, "bird": Bird}
    out = results.Results("kernel", args.out)
    scenario = SCENARIO if args.routes == 1_000_000 else f"kernel-{args.routes // 1000}k"
    names = ["kernel"] + [n for n in args.duts.split(",") if n != "kernel"]
    all_results = {}
    for n in range(args.runs):
        for name in names:
            r = measure_limit(args) if name == "kernel" else measure(classes[name], args)
            all_results.setdefault(name, []).append(r)
            add(out, scenario, name, r)
            line(name, r)
    for name, rs in all_results.items() if args.runs > 1 else ():
        numbers = [k for k, v in rs[0].items() if isinstance(v, float)]
        line(f"{name} median:", {k: statistics.median(r[k] or float("inf") for r in rs) for k in numbers})


if __name__ == "__main__":
    main()
