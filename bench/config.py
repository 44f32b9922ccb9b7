#!/usr/bin/env python3
"""What a large configuration costs: bgpd beside BIRD, and FRR with a hundredth of the lines.

    bench/config.py [--build DIR] [--runs N] [--lines N] [--only start,edit,scale] [--out FILE.json]

start: from the start of the daemon to an open port 179, with N lines of one prefix list (BIRD: a set of as many
prefixes), and with a mixed configuration (BIRD: the same as protocols, sets and filters).
edit:  a line typed in vtysh, `vtysh -f`, `show running-config`, and SIGHUP after a change of one line, with N lines running.
scale: start with more and more of one kind of object, and the exponent of its growth.
Makes a network namespace of its own; as root. Tables show the median (min-max) of the runs."""
import argparse
import math
import os
import pathlib
import pty
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import results

TOP = pathlib.Path(__file__).resolve().parent.parent
DEADLINE = 300


# ---- configurations ----

def prefix(i):
    return f"{20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24"


def peer(i):
    return f"10.{i // 65536}.{i // 256 % 256}.{i % 256}"


def lists_weft(n):
    return "".join(f"ip prefix-list BIG seq {5 * i + 5} permit {prefix(i)}\n" for i in range(n)) + (
        "router bgp 65001\n bgp router-id 1.1.1.1\n neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 passive\n"
        " address-family ipv4 unicast\n  neighbor 10.0.0.2 prefix-list BIG in\n exit-address-family\nexit\n")


def lists_bird(n):
    return ("router id 1.1.1.1;\nprotocol device {}\ndefine BIG = [\n" + ",\n".join(map(prefix, range(n))) + "\n];\n"
            "filter fin { if net ~ BIG then accept; reject; }\n"
            "protocol bgp p0 { local 127.0.0.1 as 65001; neighbor 10.0.0.2 as 65002; multihop; passive; "
            "ipv4 { import filter fin; export none; }; }\n")


def mixed_weft(n):
    """n peers; n / 10 policies of a prefix list of 50, a community list of 10 and a route-map of 3 entries."""
    out, maps = [], max(n // 10, 1)
    for m in range(maps):
        out += [f"ip prefix-list P{m} seq {5 * k + 5} permit {prefix(50 * m + k)} le 28" for k in range(50)]
        out += [f"bgp community-list standard C{m} seq {5 * k + 5} permit 65001:{m * 10 + k}" for k in range(10)]
        out += [f"route-map R{m} deny 10", f" match ip address prefix-list P{m}", "exit", f"route-map R{m} permit 20",
                f" match community C{m}", " set local-preference 200", f" set community 65001:{m} additive", "exit",
                f"route-map R{m} permit 30", " set metric 50", "exit"]
    out += ["router bgp 65001", " bgp router-id 1.1.1.1"]
    for i in range(n):
        out += [f" neighbor {peer(i + 2)} remote-as {70000 + i}", f" neighbor {peer(i + 2)} description customer {i}",
                f" neighbor {peer(i + 2)} passive", f" neighbor {peer(i + 2)} timers 30 90"]
    out += [" address-family ipv4 unicast"]
    for i in range(n):
        out += [f"  neighbor {peer(i + 2)} route-map R{i % maps} in", f"  neighbor {peer(i + 2)} maximum-prefix 1000"]
    return "\n".join(out + [" exit-address-family", "exit", ""])


def mixed_bird(n):
    out, maps = ["router id 1.1.1.1;", "protocol device {}"], max(n // 10, 1)
    for m in range(maps):
        out += [f"define P{m} = [", ",\n".join(f"{prefix(50 * m + k)}{{24,28}}" for k in range(50)), "];",
                f"define C{m} = [", ",\n".join(f"(65001,{m * 10 + k})" for k in range(10)), "];", f"filter R{m} {{",
                f" if net ~ P{m} then reject;", f" if bgp_community ~ C{m} then {{", "  bgp_local_pref = 200;",
                f"  bgp_community.add((65001,{m}));", "  accept;", " }", " bgp_med = 50;", " accept;", "}"]
    for i in range(n):
        out += [f"protocol bgp p{i} {{", f' description "customer {i}";', " local 127.0.0.1 as 65001;",
                f" neighbor {peer(i + 2)} as {70000 + i};", " multihop;", " passive;", " hold time 90; keepalive time 30;",
                " ipv4 {", f"  import filter R{i % maps};", "  import limit 1000 action restart;", "  export none;", " };", "}"]
    return "\n".join(out) + "\n"


def neighbours(n):
    return mixed_head(n) + "".join(f" neighbor {peer(i + 2)} remote-as {70000 + i}\n neighbor {peer(i + 2)} passive\n"
                                   f" neighbor {peer(i + 2)} description customer {i}\n" for i in range(n))


def mixed_head(_n):
    return "router bgp 65001\n bgp router-id 1.1.1.1\n no bgp default ipv4-unicast\n"


def vrfs(n):
    return "".join(f"vrf v{i}\n vni {10000 + i}\nexit-vrf\n" for i in range(n)) + "".join(
        f"router bgp 65001 vrf v{i}\n address-family ipv4 unicast\n  redistribute connected\n exit-address-family\n"
        f" address-family l2vpn evpn\n  advertise ipv4 unicast\n  route-target import 65001:{i}\n"
        " exit-address-family\nexit\n" for i in range(n))


def interfaces(n):
    return "".join(f"interface e{i}\n description link {i}\n ip address {peer(2 * i)}/31\n mtu 9000\nexit\n" for i in range(n))


# ---- daemons ----

class Daemon:
    """One start of a daemon: its times, then whatever is asked of it, then its end."""

    def __init__(self, argv, ready):
        self.begin = time.monotonic()
        self.p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not ready():
            if self.p.poll() is not None or time.monotonic() - self.begin > DEADLINE:
                self.end()
                raise RuntimeError(f"{argv[0]} did not start")
            time.sleep(0.001)
        self.wall = time.monotonic() - self.begin
        self.start_cpu = self.cpu()

    def cpu(self):
        return int(pathlib.Path(f"/proc/{self.p.pid}/schedstat").read_text().split()[0]) / 1e9

    def peak_mib(self):
        return int(pathlib.Path(f"/proc/{self.p.pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

    def end(self):
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGTERM)
            try:
                self.p.wait(20)
            except subprocess.TimeoutExpired:
                self.p.kill()
        self.p.wait()


def port_open():
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", 179)) == 0


def weft(args, text):
    conf = args.dir / "weft.conf"
    conf.write_text(text)
    return Daemon([args.build / "bgpd/bgpd", "-f", conf, "--vty_socket", args.dir, "-i", args.dir / "bgpd.pid", "-Z", "-S",
                   "--log", f"file:{args.dir}/bgpd.log"], port_open)


def bird(args, text):
    conf = args.dir / "bird.conf"
    conf.write_text(text)
    return Daemon(["bird", "-f", "-c", conf, "-s", args.dir / "bird.ctl", "-P", args.dir / "bird.pid"], port_open)


def frr(args, text):
    """FRR opens its port before it reads its file, so the file is there when its shell shows the last line."""
    conf = args.dir / "frr.conf"
    conf.write_text(text)
    os.chmod(args.dir, 0o777)

    def ready():
        r = subprocess.run(["vtysh", "--vty_socket", args.dir, "-d", "bgpd", "-c", "show running-config"],
                           capture_output=True, text=True)
        return "prefix-list BIG in" in r.stdout
    return Daemon(["/usr/lib/frr/bgpd", "-f", conf, "-i", args.dir / "frr.pid", "-z", args.dir / "no", "-Z", "-S", "-n",
                   "--vty_socket", args.dir, "-u", "root", "-g", "root"], ready)


def overlayd(args, text):
    conf = args.dir / "weft.conf"
    conf.write_text(text)
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([args.build / "overlayd/overlayd", "-C", "-f", conf, "--vty_socket", args.dir], check=True,
                   stdout=subprocess.DEVNULL, timeout=DEADLINE)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


# ---- what is measured ----

def spread(values, digits=3):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def start(args, found):
    rows = [("prefix list", args.lines, weft, lists_weft), ("prefix list", args.lines, bird, lists_bird),
            ("mixed", args.lines // 100, weft, mixed_weft), ("mixed", args.lines // 100, bird, mixed_bird),
            ("prefix list", args.lines // 100, weft, lists_weft), ("prefix list", args.lines // 100, bird, lists_bird)]
    if args.frr:
        rows.append(("prefix list", args.lines // 100, frr, lists_weft))
    seen = {row: ([], [], []) for row in rows}
    for _ in range(args.runs):
        for row in rows:
            d = row[2](args, row[3](row[1]))
            for values, v in zip(seen[row], (d.start_cpu, d.wall, d.peak_mib())):
                values.append(v)
            d.end()
    print(f"\n## Start\n\n{'configuration':<14}{'size':>8}{'lines':>9}  {'daemon':<6}{'cpu s':>24}{'wall s':>24}{'MiB':>7}")
    for row, (cpu, wall, mib) in seen.items():
        name, n, fn, gen = row
        print(f"{name:<14}{n:>8}{gen(n).count(chr(10)):>9}  {fn.__name__:<6}{spread(cpu):>24}{spread(wall):>24}"
              f"{statistics.median(mib):>7.0f}")
        found.append({"start": name, "size": n, "daemon": fn.__name__, "cpu_s": cpu, "wall_s": wall, "peak_mib": mib})


class Terminal:
    """vtysh as a person has it: each line is a change of its own."""

    def __init__(self, args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", HOME=str(args.dir))
            os.execv(args.build / "vtysh/vtysh", ["vtysh", "--vty_socket", str(args.dir), "-d", "bgpd"])
        self.wait(b"# ")

    def wait(self, what):
        got, end = b"", time.monotonic() + DEADLINE
        while not got.rstrip(b"\0").endswith(what):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise RuntimeError(f"vtysh: no {what} after {got[-200:]}")
            got += os.read(self.fd, 65536)
        return got

    def line(self, text):
        begin = time.monotonic()
        os.write(self.fd, text.encode() + b"\n")
        self.wait(b"# ")
        return time.monotonic() - begin

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def vtysh(args, *argv):
    begin = time.monotonic()
    subprocess.run([args.build / "vtysh/vtysh", "--vty_socket", args.dir, "-d", "bgpd", *argv], check=True,
                   stdout=subprocess.DEVNULL, timeout=DEADLINE)
    return time.monotonic() - begin


def edit_once(args, n):
    d = weft(args, lists_weft(n))
    t = Terminal(args)
    out = {"configure terminal": t.line("configure terminal")}
    typed = [t.line(f"ip prefix-list NEW seq {5 * i + 5} permit {prefix(i)}") for i in range(30)]
    inside = [t.line(f"ip prefix-list BIG seq {10 * i + 7} permit {prefix(i)} le 32") for i in range(30)]
    removed = [t.line(f"no ip prefix-list BIG seq {10 * i + 7}") for i in range(30)]
    refused = [t.line("ip prefix-list NEW seq 5 permit 10.0.0.0/33") for i in range(10)]
    t.close()
    out |= {"line, a short list": statistics.median(typed), "line, the long list": statistics.median(inside),
            "no line, the long list": statistics.median(removed), "refused line": statistics.median(refused)}
    many = args.dir / "more"
    many.write_text("".join(f"ip prefix-list MORE seq {i + 1} permit {prefix(i)}\n" for i in range(args.lines // 10)))
    out[f"vtysh -f, {args.lines // 10} lines"] = vtysh(args, "-f", many)
    out["show running-config"] = vtysh(args, "-c", "show running-config")
    (args.dir / "weft.conf").write_text(lists_weft(n).replace("seq 5 permit", "seq 5 deny"))
    before = d.cpu()
    d.p.send_signal(signal.SIGHUP)
    vtysh(args, "-c", "show bgp summary")
    out["SIGHUP, cpu"] = d.cpu() - before
    d.end()
    return out


def edit(args, found):
    sizes = [args.lines // 100, args.lines]
    seen = {n: [edit_once(args, n) for _ in range(args.runs)] for n in sizes}
    print(f"\n## Changes, seconds\n\n{'':<28}" + "".join(f"{n:>22} lines" for n in sizes))
    for what in seen[sizes[0]][0]:
        values = {n: [run[what] for run in seen[n]] for n in sizes}
        print(f"{what:<28}" + "".join(f"{spread(values[n], 4):>28}" for n in sizes))
        found.append({"edit": what, "seconds": {n: values[n] for n in sizes}})


def scale(args, found):
    def bgpd_cpu(text):
        d = weft(args, text)
        cpu = d.start_cpu
        d.end()
        return cpu
    kinds = [("neighbours", neighbours, 5000, bgpd_cpu), ("VRFs", vrfs, 2000, bgpd_cpu),
             ("VRFs, overlayd", vrfs, 2000, lambda text: overlayd(args, text)),
             ("interfaces, overlayd", interfaces, 10000, lambda text: overlayd(args, text)),
             ("prefix-list lines", lists_weft, args.lines, bgpd_cpu)]
    empty = statistics.median(bgpd_cpu("") for _ in range(args.runs))
    print(f"\n## Growth: cpu s of a start (an empty one: {empty:.3f})\n")
    for name, gen, top, measure in kinds:
        sizes = [top // 4, top // 2, top, top * 2]
        cpu = [min(measure(gen(n)) for _ in range(args.runs)) for n in sizes]
        net = [max(c - empty, 1e-4) for c in cpu]
        exponents = [math.log2(b / a) for a, b in zip(net, net[1:])]
        print(f"{name:<22}" + "".join(f"{n:>9}: {c:.3f}" for n, c in zip(sizes, cpu)) +
              "   exponents " + " ".join(f"{e:.2f}" for e in exponents))
        found.append({"scale": name, "sizes": sizes, "cpu_s": cpu, "empty_s": empty, "exponents": exponents})


PARTS = {"start": start, "edit": edit, "scale": scale}


def write(args, rows):
    """In the shape that report.py reads; the parts that have no peer as they are."""
    out = results.Results("config", args.out)
    for r in (r for r in rows if "start" in r):
        scenario = f"config-{r['size'] // 1000}k" if r["start"] == "prefix list" else f"config-{r['start']}"
        dut = "ours" if r["daemon"] == "weft" else r["daemon"]
        for figure, unit, key in (("start", "s", "wall_s"), ("start cpu", "s", "cpu_s"), ("peak memory", "MiB", "peak_mib")):
            for v in r[key]:
                out.add(scenario, dut, figure, unit, v)
    out.data["more"] = [r for r in rows if "start" not in r]
    out.write()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", type=pathlib.Path, default=TOP / "build")
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--lines", type=int, default=100000)
    ap.add_argument("--only", default=",".join(PARTS))
    ap.add_argument("--frr", action="store_true", help="FRR's start, too, with a hundredth of the lines")
    ap.add_argument("--out", type=pathlib.Path)
    ap.add_argument("--duts", help="as the other benchmarks have it; without effect")
    ap.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = ap.parse_args()
    args.build = args.build.resolve()
    if not args.inside:
        os.execvp("unshare", ["unshare", "-n", sys.executable, __file__, *sys.argv[1:], "--inside"])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="configbench-") as d:
        args.dir = pathlib.Path(d)
        for part in args.only.split(","):
            PARTS[part](args, rows)
    write(args, rows)


if __name__ == "__main__":
    main()
