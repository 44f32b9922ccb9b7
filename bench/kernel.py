#!/usr/bin/env python3
"""From a peer into the kernel: how fast do routes that a peer sends reach a kernel table, how fast do they leave, and
how long does a restart over a full table take?  Compares bgpd + overlayd with FRR (bgpd + zebra) and BIRD (its kernel
protocol), in the same run.  Uses run.py's network and load generator; needs root.

    ./kernel.py --build ../build --routes 1000000
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import run

HERE = pathlib.Path(__file__).resolve().parent


def in_dut(argv, **kw):
    return subprocess.Popen(["ip", "netns", "exec", run.NS_DUT, *map(str, argv)], stdin=subprocess.DEVNULL, **kw)


def kernel_routes():
    """Prefixes in the kernel's IPv4 main table of the DUT (from the trie's own statistics)."""
    text = subprocess.run(["ip", "netns", "exec", run.NS_DUT, "cat", "/proc/net/fib_triestat"], capture_output=True,
                          text=True).stdout
    return max((int(n) for n in re.findall(r"Prefixes:\s+(\d+)", text)), default=0)  # Main and Local may be one trie


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

    def restart(self):
        """Ends overlayd at once and starts it again; seconds until it has taken over what is there."""
        self.o.kill()
        self.o.wait()
        (self.d / "overlayd.vty").unlink(missing_ok=True)
        start = time.monotonic()
        self.o = self.overlayd()
        while True:
            out = subprocess.run([self.build / "vtysh/vtysh", "--vty_socket", self.d, "-c", "show overlay drift json"],
                                 capture_output=True, text=True).stdout
            if out.strip() and not json.loads(out)["drift"]:
                return time.monotonic() - start
            if time.monotonic() - start > 120:
                return float("nan")
            time.sleep(0.05)


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


def wait_count(predicate, timeout):
    """Seconds on the clock when the kernel's count satisfied predicate; None in time-out."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if predicate(kernel_routes()):
            return time.monotonic()
        time.sleep(0.1)
    return None


def blast(scn, routes, timeout):
    addrs = [a for a, _ in run.peers(scn)]
    cmd = ["ip", "netns", "exec", run.NS_GEN, HERE / "build" / "bgpblast", "--step", "--dut", run.DUT_ID, "--dut-as",
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
            base = kernel_routes()
            start = go(b)
            end = wait_count(lambda n: n >= base + args.routes, args.timeout)
            result["in_s"] = end - start if end else None
            phase(b, "load")
            result["rss_mib"] = run.sample()["rss"]
            if end and hasattr(dut, "restart"):
                result["dump_s"] = bare_dump()
                result["restart_s"] = dut.restart()
                result["after_restart"] = kernel_routes() - base
            start = go(b)
            end = wait_count(lambda n: n <= base, args.timeout)
            result["out_s"] = end - start if end else None
            result["cpu_s"] = run.sample()["cpu"]
            b.kill()
            b.wait()
        finally:
            run.stop_dut()
            run.drop_net()
    return result


def bare_dump():
    start = time.monotonic()
    subprocess.run(["ip", "netns", "exec", run.NS_DUT, "ip", "-4", "route", "save", "table", "main"],
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--duts", default="ours,frr,bird")
    ap.add_argument("--routes", type=int, default=200_000)
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--timeout", type=float, default=300)
    args = ap.parse_args()
    (HERE / "build").mkdir(exist_ok=True)
    subprocess.run(["cc", "-O2", "-std=c11", "-o", HERE / "build" / "bgpblast", HERE / "bgpblast.c"], check=True)
    classes = {"ours": Ours, "frr": Frr, "bird": Bird}
    for n in range(args.runs):
        for name in args.duts.split(","):
            r = measure(classes[name], args)
            print(name, " ".join(f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in r.items()), flush=True)


if __name__ == "__main__":
    main()
