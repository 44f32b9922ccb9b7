#!/usr/bin/env python3
"""From an EVPN peer into the kernel: MAC/IP routes (type 2) of many VNIs become entries of VXLAN devices' and bridges'
forwarding tables and neighbours, a type 3 route for each VTEP of each VNI a flooding entry.  How fast do they come, how
fast do they leave, in how much memory?  How long do the devices of all VNIs take from the configuration, a listing of
the VNIs, a restart of overlayd over all that, and what does a link that comes and goes cost?

Compares bgpd + overlayd with FRR (bgpd + zebra), for which `ip -batch` makes the devices, and with what the kernel takes
from kernel_macs.c without a daemon, in the same run.  Uses run.py's network and load generator; needs root.

    ./evpn_kernel.py --build ../build --routes 200000 --vnis 2000
    ./evpn_kernel.py --duts ours --series            # 500 to 4000 VNIs, 50,000 to 400,000 MACs
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import duts
import kernel
import results
import run

HERE = pathlib.Path(__file__).resolve().parent
run.NS_DUT, run.NS_GEN = "bgpbench-macs-dut", "bgpbench-macs-gen"
SCENARIO = {**duts.BASE, "family": "evpn", "ibgp": True, "receivers": 0}
FIRST_VNI = 10_000  # as in bgpblast.c
OTHERS = 50  # notifications by which others may be heard meanwhile: the kernel's timers


def in_dut(argv, **kw):
    return subprocess.Popen(["ip", "netns", "exec", run.NS_DUT, *map(str, argv)], stdin=subprocess.DEVNULL, **kw)


def capture(argv):
    return subprocess.run(["ip", "netns", "exec", run.NS_DUT, *map(str, argv)], capture_output=True, text=True).stdout


def until(predicate, timeout, pause=0.02):
    """Seconds that it took; None in time-out."""
    start = time.monotonic()
    while time.monotonic() < start + timeout:
        if predicate():
            return time.monotonic() - start
        time.sleep(pause)
    return None


def batch(lines):
    """Seconds that ip(8) needs for them in the DUT's namespace."""
    start = time.monotonic()
    subprocess.run(["ip", "-n", run.NS_DUT, "-b", "-"], input="\n".join(lines), text=True, check=True)
    return time.monotonic() - start


def entries():
    """(VXLAN, bridge, neighbour, flooding) entries in the DUT's kernel."""
    return tuple(int(n) for n in capture([run.BUILD / "neighcount"]).split())


def quiet(least=0.5, timeout=20):
    """Waits until the machine has rested so long: the kernel takes down the last measurement's namespace in the background,
    half a minute for thousands of devices, and does what is left to do for new devices some time later."""
    ticks = os.sysconf("SC_CLK_TCK")

    def busy():
        user, nice, system, _, _, irq, softirq = map(int, pathlib.Path("/proc/stat").read_text().split()[1:8])
        return user + nice + system + irq + softirq

    before = [busy()]

    def rested():
        time.sleep(least)
        before.append(busy())
        return before[-1] - before[-2] <= 0.04 * least * ticks + 1

    until(rested, timeout, 0)


def rss(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    sys.exit(f"process {pid} has ended")


class Watch:
    """Counts the kernel's notifications of links, addresses, neighbours and forwarding entries."""

    def __enter__(self):
        self.p = subprocess.Popen(["ip", "netns", "exec", run.NS_DUT, run.BUILD / "neighcount", "watch"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.p.stdout.readline()
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.seen, self.overflows = (int(n) for n in self.p.stdout.readline().split())
        self.p.wait()


class Ours:
    parts = ("bgpd", "overlayd")

    def __init__(self, d, args, vnis):
        self.d, self.build, self.vnis = d, pathlib.Path(args.build), vnis
        conf = duts.frr_config(SCENARIO, d).replace("frr defaults traditional\n", "")
        conf = conf.replace(" exit-address-family", "  advertise-all-vni\n exit-address-family")
        conf += f"underlay source {duts.DUT_ID}\n"
        for i in range(vnis):
            conf += f"bridge-domain {i + 1}\n vni {FIRST_VNI + i}\n"
            conf += f" gateway 172.{16 + i // 256}.{i % 256}.1/24\n" if args.gateways else ""
        (d / "conf").write_text(conf)

    def show(self, command):
        return subprocess.run([self.build / "vtysh/vtysh", "--vty_socket", self.d, "-c", command], capture_output=True,
                              text=True).stdout

    def settled(self):
        return "Kernel: as wanted" in self.show("show overlay status")

    def overlayd(self):
        (self.d / "overlayd.vty").unlink(missing_ok=True)
        self.o = in_dut([self.build / "overlayd/overlayd", "-f", self.d / "conf", "--vty_socket", self.d, "-i",
                         self.d / "overlayd.pid", "--log", f"file:{self.d}/overlayd.log"])

    def start(self, r):
        start = time.monotonic()
        self.overlayd()
        until((self.d / "overlayd.vty").exists, 120)
        until(self.settled, 600, 0.1)
        r["devices_s"] = time.monotonic() - start
        self.b = in_dut([self.build / "bgpd/bgpd", "-f", self.d / "conf", "--vty_socket", self.d, "-i",
                         self.d / "bgpd.pid", "--log", f"file:{self.d}/bgpd.log"])
        until(lambda: self.known() == self.vnis, 120, 0.1)
        r["start_s"] = time.monotonic() - start

    def known(self):
        out = self.show("show evpn vni json")
        return len(json.loads(out)) if out.startswith("{") else 0

    def pids(self):
        return self.b.pid, self.o.pid

    def restart(self, r):
        """Ends overlayd at once and starts it again: how long until it knows all, has bgpd's word, and is content?"""
        with Watch() as w:
            self.o.kill()
            self.o.wait()
            start = time.monotonic()
            self.overlayd()
            until((self.d / "overlayd.vty").exists, 120)

            def done():
                out = self.show("show overlay status")
                return "Feed: bgpd is connected\n" in out and "Kernel: as wanted" in out

            until(done, 120)
            r["restart_s"] = time.monotonic() - start
        r["restart_notifications"] = w.seen
        r["restart_cpu_s"] = run.process_cpu(self.o.pid)

    def link_events(self, r, n=10):
        """CPU time of overlayd for one link of someone else that comes, goes up, and goes."""
        before = run.process_cpu(self.o.pid)
        with Watch() as w:
            for i in range(n):
                batch([f"link add other{i} type veth peer name rehto{i}", f"link set other{i} up", f"link del other{i}"])
                time.sleep(0.05)
            until(self.settled, 60)
        r["link_event_ms"] = (run.process_cpu(self.o.pid) - before) / n * 1000
        r["link_event_notifications"] = w.seen / n


def bare_devices(vnis):
    """A bridge and a VXLAN device for each VNI, as lines for ip(8)."""
    lines = []
    for i in range(vnis):
        lines += [f"link add br{i + 1} type bridge", f"link set br{i + 1} addrgenmode none up",
                  f"link add vxlan{FIRST_VNI + i} type vxlan id {FIRST_VNI + i} local {duts.DUT_ID} dstport 4789 nolearning",
                  f"link set vxlan{FIRST_VNI + i} master br{i + 1} addrgenmode none",
                  f"link set vxlan{FIRST_VNI + i} up"]
    return lines


class Frr:
    parts = ("bgpd", "zebra")

    def __init__(self, d, args, vnis):
        self.d, self.vnis = d, vnis
        shutil.chown(d, "frr", "frr")
        conf = duts.frr_config(SCENARIO, d).replace(" exit-address-family", "  advertise-all-vni\n exit-address-family")
        (d / "conf").write_text(conf)
        (d / "zebra.conf").touch()
        (d / "empty").touch()

    def show(self, command):
        return subprocess.run([duts.FRR_VTYSH, "--vty_socket", self.d, "-c", command], capture_output=True, text=True).stdout

    def start(self, r):
        r["devices_s"] = batch(bare_devices(self.vnis))
        start = time.monotonic()
        self.z = in_dut([f"{duts.FRR_SBIN}/zebra", "-f", self.d / "zebra.conf", "-i", self.d / "zebra.pid", "--vty_socket",
                         self.d, "-z", self.d / "zserv.api", "-P", "0"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until((self.d / "zserv.api").exists, 120)
        self.b = in_dut([f"{duts.FRR_SBIN}/bgpd", "-f", self.d / "empty", "-i", self.d / "bgpd.pid", "--vty_socket", self.d,
                         "-z", self.d / "zserv.api", "-P", "0", "-p", "179"], stderr=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL)
        duts.frr_setup(str(self.d))
        until(lambda: self.known() == self.vnis, 300, 0.1)
        r["start_s"] = r["devices_s"] + time.monotonic() - start

    def known(self):
        out = self.show("show evpn vni json")
        return len(json.loads(out)) if out.startswith("{") else 0

    def pids(self):
        return self.b.pid, self.z.pid


def blast(routes, vnis, timeout):
    cmd = ["ip", "netns", "exec", run.NS_GEN, run.BUILD / "bgpblast", "--step", "--dut", duts.DUT_ID, "--dut-as",
           duts.DUT_AS, "--family", "evpn", "--ibgp", "--routes", routes, "--vnis", vnis, "--senders", 1, "--receivers", 0,
           "--sender-addr", next(duts.peers(SCENARIO))[0], "--phases", "load,withdraw", "--timeout", timeout]
    return subprocess.Popen([str(c) for c in cmd], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def phase(b, name):
    for line in b.stderr:
        if line.startswith("PHASE " + name):
            return
    sys.exit("bgpblast: " + b.stdout.read()[-300:])


class Changes:
    """The kernel's changes of neighbours and forwarding entries, from now on.  They are counted as notifications that a
    full socket drops, which costs next to nothing; listing the entries would hold up those who make them."""

    def __init__(self, pids):
        self.pids = pids
        self.heard = kernel.Notifications(keep=False, groups=kernel.Notifications.NEIGHBOURS)
        self.cpu = [run.process_cpu(p) for p in pids]
        self.start = time.monotonic()

    def wait(self, least, done, timeout):
        """(seconds, CPU seconds of each process) when the last change came after which done() said yes, at least so
        many; (None, ...) in time-out.  done() lists entries, so it is asked only when things stand still."""
        seen, moved, end, log = 0, self.start, self.start + timeout, []
        try:
            while (now := time.monotonic()) < end:
                n = self.heard.dropped(self.pids[0])
                if n > seen + OTHERS:
                    seen, moved = n, now
                log.append((now, n))
                if now - moved > (0.3 if n > least - OTHERS else 2):
                    used = [run.process_cpu(p) - c for p, c in zip(self.pids, self.cpu)]
                    if done():
                        return next(t for t, m in log if m >= n - OTHERS) - self.start, used
                    moved = time.monotonic()
                time.sleep(0.01)
            return None, [run.process_cpu(p) - c for p, c in zip(self.pids, self.cpu)]
        finally:
            self.heard.close()


def go(b):
    b.stdin.write("\n")
    b.stdin.flush()


def load(dut, b, r, args, routes):
    """All routes in; what they cost."""
    quiet()
    memory, changes = [rss(p) for p in dut.pids()], Changes(dut.pids())
    go(b)
    r["in_s"], used = changes.wait(3 * routes, lambda: set(entries()[:3]) == {routes}, args.timeout)
    there = entries()
    if r["in_s"] is None:
        r["fault"] = f"{min(there[:3])} of {routes} entries arrived"
    r["flooding"] = there[3]
    phase(b, "load")
    for name, pid, cpu, rss_before in zip(dut.parts, dut.pids(), used, memory):
        r[f"{name}_cpu_s"] = cpu
        r[f"{name}_B"] = (rss(pid) - rss_before) / routes


def unload(dut, b, r, args):
    """All routes out: also those entries that were made last."""
    quiet()
    there, changes = entries(), Changes(dut.pids())
    go(b)
    r["out_s"], used = changes.wait(sum(there), lambda: not any(entries()), args.timeout)
    for name, cpu in zip(dut.parts, used):
        r[f"{name}_out_cpu_s"] = cpu


def profile(dut, args, name):
    """perf over the DUT's daemons; end with SIGINT."""
    if not args.perf:
        return None
    return subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-g", "-o", f"{args.perf}-{name}", "-p",
                             ",".join(map(str, dut.pids()))], stderr=subprocess.DEVNULL)


def profile_end(p):
    if p:
        p.send_signal(signal.SIGINT)
        p.wait()


def measure_limit(routes, vnis):
    """The same entries of the same devices, straight to the kernel."""
    limit = run.BUILD / "kernel_macs"
    subprocess.run(["cc", "-O2", "-std=gnu11", "-o", limit, HERE / "kernel_macs.c"], check=True)
    run.make_net()
    try:
        r = {"devices_s": batch(bare_devices(vnis))}
        out = subprocess.run(["ip", "netns", "exec", run.NS_DUT, limit, str(vnis), str(routes)], capture_output=True,
                             check=True, text=True).stdout
        return r | {k: float(v) for k, v in (w.split("=") for w in out.split())}
    finally:
        run.drop_net()


def measure(cls, args, routes, vnis):
    if not cls:
        return measure_limit(routes, vnis)
    r = {}
    run.make_net()
    with tempfile.TemporaryDirectory(prefix="bgpbench-macs-") as tmp:
        d = pathlib.Path(tmp)
        os.chmod(d, 0o755)
        batch(["route add 10.253.0.0/16 via 10.255.1.1"])  # the VTEPs
        dut = cls(d, args, vnis)
        try:
            dut.start(r)
            run.wait_listening(dut.b)
            b = blast(routes, vnis, args.timeout)
            phase(b, "established")
            perf = profile(dut, args, "in")
            load(dut, b, r, args, routes)
            profile_end(perf)
            start = time.monotonic()
            r["shown"] = dut.known()
            r["show_s"] = time.monotonic() - start
            if hasattr(dut, "restart"):
                dut.link_events(r)
                dut.restart(r)
            perf = profile(dut, args, "out")
            unload(dut, b, r, args)
            profile_end(perf)
            b.kill()
            b.wait()
        finally:
            run.stop_dut()
            run.drop_net()
            if args.keep:
                shutil.copytree(d, args.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.vty", "*.sock", "*.api"))
    return r


FIGURES = (("devices", "s", "devices_s"), ("start", "s", "start_s"), ("in", "s", "in_s"), ("out", "s", "out_s"),
           ("show vni", "s", "show_s"), ("restart", "s", "restart_s"), ("link event cpu", "ms", "link_event_ms"))


def record(res, scenario, dut, cls, r):
    for figure, unit, key in FIGURES:
        if key in r:
            res.add(scenario, dut, figure, unit, r[key])
    if not cls:
        return
    res.add(scenario, dut, "in cpu", "s", sum(r[f"{p}_cpu_s"] for p in cls.parts))
    res.add(scenario, dut, "out cpu", "s", sum(r[f"{p}_out_cpu_s"] for p in cls.parts))
    res.add(scenario, dut, "memory", "B/route", sum(r[f"{p}_B"] for p in cls.parts))
    if "fault" in r:
        res.fault(scenario, dut, r["fault"])


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--out", help="file for the figures (build/bench/macs.json)")
    ap.add_argument("--duts", default="ours,frr", help="also: kernel, which is measured anyway, but for --series")
    ap.add_argument("--routes", type=int, default=200_000)
    ap.add_argument("--vnis", type=int, default=2000)
    ap.add_argument("--gateways", action="store_true", help="ours: an anycast gateway in each segment")
    ap.add_argument("--series", action="store_true", help="VNIs and MACs doubled")
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--timeout", type=float, default=200, help="seconds; bgpblast's hold time is 240")
    # Not -20 as in run.py: a worker of the kernel makes the memory of forwarding entries, and must get its turn on the
    # same CPU, or adding them takes three times as long.
    ap.add_argument("--nice", type=int, default=0, help="priority of daemons and load generator")
    ap.add_argument("--perf", help="profiles: files that begin so")
    ap.add_argument("--keep", help="directory to which configurations and logs go")
    args = ap.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    run.raise_priority(args.nice)
    run.build_blast()
    subprocess.run(["cc", "-O2", "-std=c11", "-o", run.BUILD / "neighcount", HERE / "neighcount.c"], check=True)
    classes = {"ours": Ours, "frr": Frr, "kernel": None}
    sizes = [(args.routes, args.vnis)]
    if args.series:
        sizes = [(200_000, v) for v in (500, 1000, 2000, 4000)] + [(n, 2000) for n in (50_000, 100_000, 400_000)]
    names = args.duts.split(",")
    if not args.series and "kernel" not in names:
        names.insert(0, "kernel")
    res = results.Results("macs", args.out)
    for _ in range(args.runs):
        for routes, vnis in sizes:
            for name in names:
                r = measure(classes[name], args, routes, vnis)
                scenario = f"macs-{routes // 1000}k" + ("" if vnis == 2000 else f"-{vnis}vnis")
                print(scenario, name, " ".join(f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}"
                                               for k, v in r.items()), flush=True)
                record(res, scenario, name, classes[name], r)


if __name__ == "__main__":
    main()
