#!/usr/bin/env python3
"""Benchmark BGP daemons as black boxes with bgpblast.

Every measurement starts a fresh daemon (the DUT) in a network namespace of
its own, joined by a veth pair to a second one which holds bgpblast.  DUTs
alternate within one run, so that slow drifts of the machine hit all of them.
Needs root.  See README.md.
"""
import argparse
import fcntl
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import report
import results
from duts import *

HERE = pathlib.Path(__file__).resolve().parent
BUILD = results.DIRECTORY
NS_DUT, NS_GEN = "bgpbench-dut", "bgpbench-gen"
TICK = os.sysconf("SC_CLK_TCK")
lock = None

# ---------------------------------------------------------------- machinery


def build_blast():
    """The load generator, compiled if it is not there or older than its source."""
    blast, source = BUILD / "bgpblast", HERE / "bgpblast.c"
    blast.parent.mkdir(parents=True, exist_ok=True)
    if not blast.exists() or blast.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-O2", "-std=c11", "-o", str(blast), str(source)], check=True)
    return blast


def sh(cmd, check=True):
    return subprocess.run(shlex.split(cmd), check=check, stdout=subprocess.PIPE,
                          stderr=None if check else subprocess.DEVNULL, text=True)


def hold_lock():
    """The namespaces have fixed names: two benchmarks at once would take down each other's."""
    global lock
    lock = lock or open("/run/lock/bgpbench", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another benchmark is running on this machine")


def make_net():
    hold_lock()
    drop_net()
    for ns in (NS_DUT, NS_GEN):
        sh(f"ip netns add {ns}")
        sh(f"ip -n {ns} link set lo up")
        # no duplicate address detection, so IPv6 addresses work at once
        sh(f"ip netns exec {ns} sysctl -qw net.ipv6.conf.default.accept_dad=0")
    sh(f"ip -n {NS_DUT} link add bench0 type veth peer name bench0 netns {NS_GEN}")
    sh(f"ip -n {NS_DUT} addr add {DUT_ID}/16 dev bench0")
    sh(f"ip -n {NS_DUT} addr add fd00:255::1/64 dev bench0 nodad")
    cmds = [f"addr add 10.255.{b}.{i + 1}/16 dev bench0" for b in (1, 2) for i in range(64)]
    cmds += [f"addr add fd00:255::{b}:{i + 1:x}/64 dev bench0 nodad" for b in (1, 2) for i in range(64)]
    subprocess.run(["ip", "-n", NS_GEN, "-b", "-"], input="\n".join(cmds), text=True, check=True)
    for ns in (NS_DUT, NS_GEN):
        sh(f"ip -n {ns} link set bench0 up")
    time.sleep(0.3)


def raise_priority(nice):
    """Run this process, and so DUT and bgpblast, at this nice value; with
    autogroup scheduling that counts only within a session, so the session gets
    it, too."""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    try:
        os.setsid()
    except OSError:
        return                       # already the leader of a session
    finally:
        try:
            pathlib.Path("/proc/self/autogroup").write_text(str(nice))
        except OSError:
            pass


def drop_net():
    for ns in (NS_DUT, NS_GEN):
        sh(f"ip netns del {ns}", check=False)


def dut_pids():
    """All processes in the DUT's namespace."""
    try:
        want = os.stat(f"/run/netns/{NS_DUT}").st_ino
    except FileNotFoundError:
        return []
    found = []
    for p in os.listdir("/proc"):
        try:
            if p.isdigit() and os.stat(f"/proc/{p}/ns/net").st_ino == want:
                found.append(int(p))
        except OSError:
            pass
    return found


def process_cpu(pid):
    """User + system seconds of a process: by the scheduler's nanoseconds, or by ticks where those are not kept."""
    f = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    ticks = (int(f[11]) + int(f[12])) / TICK
    fine = 0
    for t in os.listdir(f"/proc/{pid}/task"):
        try:
            fine += int(open(f"/proc/{pid}/task/{t}/schedstat").read().split()[0]) / 1e9
        except (OSError, IndexError):
            return ticks
    return fine or ticks


def sample():
    """CPU seconds and memory (MiB), summed over the DUT's processes; busy is
    the CPU time of everything on the machine, to spot disturbed runs."""
    cpu = rss = hwm = 0
    with open("/proc/stat") as f:
        u = [int(x) for x in f.readline().split()[1:]]
    busy = (sum(u[:8]) - u[3] - u[4]) / TICK
    for p in dut_pids():
        try:
            cpu += process_cpu(p)
            for line in open(f"/proc/{p}/status"):
                if line.startswith("VmRSS"):
                    rss += int(line.split()[1]) / 1024
                elif line.startswith("VmHWM"):
                    hwm += int(line.split()[1]) / 1024
        except (OSError, IndexError):
            pass
    return dict(cpu=cpu, rss=rss, hwm=hwm, busy=busy)


def stop_dut():
    for sig, wait in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        for p in dut_pids():
            try:
                os.kill(p, sig)
            except ProcessLookupError:
                pass
        end = time.time() + wait
        while dut_pids() and time.time() < end:
            time.sleep(0.05)


def wait_listening(proc):
    """Wait until port 179 is open, that is until the configuration is read."""
    end = time.time() + 400
    while proc.poll() is None and time.time() < end:
        if ":179" in sh(f"ip netns exec {NS_DUT} ss -Hltn", check=False).stdout:
            return
        time.sleep(0.1)


def perf_begin(d):
    p = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-o", f"{d}/perf", "-p",
                          ",".join(map(str, dut_pids()))], stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    return p


def symbol_files():
    """Function -> source file, of a binary with debugging information."""
    out = subprocess.run(["nm", "-l", os.environ.get("OURS", "bgpd")], capture_output=True, text=True).stdout
    return {f[2]: pathlib.Path(f[3].split(":")[0]).name for f in (l.split() for l in out.splitlines()) if len(f) == 4}


PARTS = (("kernel", "[kernel"), ("table", "rib slab"), ("inbound", "adj_in receive msg update.c update_attr update_mp nlri conn rd."),
         ("attributes", "attrs htab info as_path"), ("decision", "decision nexthop"), ("outbound", "out_ update_encode"))


def part_of(file):
    return next((part for part, names in PARTS if any(file.startswith(n) for n in names.split())), "other")


def perf_end(p, name, phase, d):
    """Prints where the time of a phase went: by function, and by source file."""
    p.send_signal(signal.SIGINT)
    p.wait()
    r = subprocess.run(["perf", "report", "-i", f"{d}/perf", "--stdio", "--sort", "dso,symbol"], capture_output=True, text=True)
    hot = [l.split(None, 4) for l in r.stdout.splitlines() if l.strip() and l[0] != "#"]
    files, by_file = symbol_files(), {}
    for share, dso, _, symbol in (h[:4] for h in hot if len(h) >= 4):
        where = files.get(symbol.split(".")[0], dso)
        by_file[where] = by_file.get(where, 0) + float(share.rstrip("%"))
    print(f"--- profile of {name}, {phase}")
    print("\n".join(f"{h[0]:>8} {h[3]} ({files.get(h[3].split('.')[0], h[1])})" for h in hot[:25] if len(h) >= 4))
    parts = {}
    for f, v in by_file.items():
        parts[part_of(f)] = parts.get(part_of(f), 0) + v
    print("  by part: " + ", ".join(f"{part} {v:.0f}" for part, v in sorted(parts.items(), key=lambda x: -x[1])))
    print("  by file: " + ", ".join(f"{f} {v:.1f}" for f, v in sorted(by_file.items(), key=lambda x: -x[1])[:22]), flush=True)


def measure(name, scn, args, blast):
    """One fresh daemon, one pass of bgpblast.  Returns its JSON plus samples."""
    dut = DUTS[name]
    make_net()
    d = tempfile.mkdtemp(prefix=f"bgpbench-{name}-")
    os.chmod(d, 0o755)
    pathlib.Path(d, "conf").write_text(dut["config"](scn, d))
    os.chmod(f"{d}/conf", 0o644)
    log = open(f"{d}/stdout", "w")
    b = None
    proc = subprocess.Popen(["ip", "netns", "exec", NS_DUT] + dut["command"](d), stdout=log,
                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                            env={**os.environ, **dut.get("env", {})})
    try:
        t0 = time.time()
        if "setup" in dut:
            dut["setup"](d)
        wait_listening(proc)
        start_s, start_cpu = time.time() - t0, sample()["cpu"]
        if proc.poll() is not None:
            return dict(error="the daemon did not start", log=open(f"{d}/stdout").read()[-2000:])
        addrs = [a for a, _ in peers(scn)]
        phases = ",".join(p for p in scn["phases"].split(",") if (scn["family"], p) not in dut.get("broken", ()))
        cmd = ["ip", "netns", "exec", NS_GEN, str(blast), "--step", "--dut", dut_addr(scn),
               "--dut-as", str(DUT_AS), "--family", scn["family"], "--routes", str(scn["routes"]),
               "--senders", str(scn["senders"]), "--receivers", str(scn["receivers"]),
               "--sender-addr", addrs[0], "--receiver-addr", addrs[scn["senders"]],
               "--phases", phases, "--timeout", str(scn.get("timeout", args.timeout))]
        cmd += (["--ibgp"] if scn["ibgp"] else []) + (["--mrt", args.mrt] if args.mrt else []) + scn["extra"]
        b = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        points, notes, second, perf = {}, [], "", None
        for line in b.stderr:
            if not line.startswith("PHASE "):
                notes.append(line.strip())
                continue
            phase = line.split()[1]
            points[phase] = sample()
            if phase == "load" and args.verify:
                r = subprocess.run(["ip", "netns", "exec", NS_DUT] + dut["count"](d, scn),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                second = r.stdout
                points[phase]["cpu"] = sample()["cpu"]   # do not charge the CLI to the next phase
            if args.perf:
                if perf:
                    perf_end(perf, name, phase, d)
                perf = perf_begin(d)
            try:
                b.stdin.write("\n")
                b.stdin.flush()
            except BrokenPipeError:
                pass
        out = b.stdout.read()
        b.wait()
        try:
            res = json.loads(out)
        except ValueError:
            # an error message is the last object on the line
            res = {"error": out[out.rfind('{"error"'):].strip() or "bgpblast died"}
        if "error" in res or proc.poll() is not None:
            res["log"] = open(f"{d}/stdout").read()[-2000:]
            if not dut_pids():
                res.setdefault("error", "the daemon died")
        final = sample()
        last = None
        for phase, s in points.items():
            if phase in res:
                res[phase]["dut_cpu_s"] = round(s["cpu"] - last["cpu"], 4)
            last = s
        if "load" in points:
            res["rss_start_mib"] = round(points["established"]["rss"], 1)
            res["rss_loaded_mib"] = round(points["load"]["rss"], 1)
            res["bytes_per_route"] = round((points["load"]["rss"] - points["established"]["rss"])
                                           * 2**20 / res.get("routes", scn["routes"]))
        if "established" in points:
            first = points["established"]
            res["foreign_cpu_s"] = round(final["busy"] - first["busy"] - (final["cpu"] - first["cpu"])
                                         - res.get("self_cpu_s", 0), 2)
        res["start_s"], res["start_cpu_s"] = round(start_s, 2), round(start_cpu, 4)
        res["peak_rss_mib"] = round(final["hwm"], 1)
        res["notes"] = notes
        if second:
            res["second_opinion"] = second.strip()
        return res
    finally:
        if b:
            b.kill()
            b.wait()
        stop_dut()
        proc.wait()
        log.close()
        drop_net()
        if not args.keep:
            shutil.rmtree(d, ignore_errors=True)

# ------------------------------------------------------------------ results


def figures(res):
    """One result as rows of (figure, unit, value); None where a phase did not end."""
    rows = []
    for ph in ("load", "churn", "burst", "flap", "withdraw"):
        r = res.get(ph)
        if not r:
            continue
        if ph == "churn":
            rows += [(f"churn {k[:3]}", "ms", r[k]) for k in ("p50_ms", "p99_ms") if k in r]
        else:
            # some routes of a real table are refused by everybody: the clock stops at the last UPDATE then
            s = r["stable_s"] if ph == "load" and res.get("refused_by_all") else r["s"]
            rows.append((ph, "s", s if s >= 0 else None))
        if ph == "load" and res["senders"] > 1:
            rows.append(("load stable", "s", r["stable_s"]))
        if "dut_cpu_s" in r:
            rows.append((f"{ph} cpu", "s", r["dut_cpu_s"]))
    if "bytes_per_route" in res:
        rows.append(("memory", "B/route", res["bytes_per_route"]))
    if res.get("start_s", 0) > 2:
        rows.append(("start", "s", res["start_s"]))
    for key, name, unit in (("peak_rss_mib", "peak memory", "MiB"), ("foreign_cpu_s", "foreign cpu", "s")):
        if key in res:
            rows.append((name, unit, res[key]))
    return rows


def faults(res):
    if "error" in res:
        return "FAILED: " + res["error"]
    bad = []
    for ph in ("load", "churn", "burst", "flap", "withdraw"):
        r = res.get(ph, {})
        bad += [f"{ph}: {k} {r[k]}" for k in ("missing", "wrong_best", "left") if r.get(k)]
        if r.get("timed_out") and not (ph == "load" and res.get("refused_by_all")):
            bad += [f"{ph}: timed out"]
    bad += [f"{k} {res[k]}" for k in ("unknown_routes", "attr_mismatch", "malformed") if res.get(k)]
    return ", ".join(bad)


def floor(scn, blast, args):
    """bgpblast's senders wired straight to its receivers: no DUT at all."""
    n = max(scn["senders"], scn["receivers"])
    make_net()
    addrs = [a for a, _ in peers({**scn, "senders": n, "receivers": n})]
    cmd = ["ip", "netns", "exec", NS_GEN, str(blast), "--direct", "--family", scn["family"],
           "--routes", str(scn["routes"]), "--senders", str(n), "--receivers", str(n),
           "--sender-addr", addrs[0], "--receiver-addr", addrs[n], "--phases", "load,withdraw"]
    cmd += (["--ibgp"] if scn["ibgp"] else []) + (["--mrt", args.mrt] if args.mrt else [])
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    drop_net()
    return json.loads(r.stdout)


def ended(*_):
    sys.exit(143)                    # so that what must be taken down is


def run_scenario(sname, args, blast, out, raw):
    scn = dict(SCENARIOS[sname])
    if args.routes:
        scn["routes"] = args.routes
    if args.floor:
        for _ in range(args.runs):
            r = floor(scn, blast, args)
            for ph in ("load", "withdraw"):
                out.add(sname, "floor", ph, "s", r[ph]["s"])
            print(f"{sname}: floor load {r['load']['s']:.3f} withdraw {r['withdraw']['s']:.3f}", flush=True)
    for run in range(args.runs):
        for d in args.duts.split(","):
            if scn["family"] not in DUTS[d]["families"]:
                continue
            if d in scn["leave_out"]:
                print(f"{sname} {d:12} left out: {scn['leave_out'][d]}", flush=True)
                out.fault(sname, d, scn["leave_out"][d])
                continue
            t = time.time()
            res = measure(d, scn, args, blast)
            res["refused_by_all"] = scn.get("refused_by_all", False)
            raw.setdefault(sname, {}).setdefault(d, []).append(res)
            rows = figures(res) if "error" not in res else []
            for row in rows:
                out.add(sname, d, *row)
            if faults(res):
                out.fault(sname, d, faults(res))
            print(f"{sname} run {run + 1}/{args.runs} {d:12} [{time.time() - t:.0f}s] "
                  + " ".join(f"{f}={'never' if v is None else format(v, '.4g')}" for f, _, v in rows), faults(res), flush=True)
            for key in ("second_opinion", "log"):
                if key in res:
                    print("    " + res[key][-600:].replace("\n", "\n    "), flush=True)
            if args.raw:
                pathlib.Path(args.raw).write_text(json.dumps(raw, indent=1))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--duts", default="ours,frr,bird,openbgpd", help=f"of {', '.join(DUTS)}")
    ap.add_argument("--scenarios", default="smoke", help=f"of {', '.join(SCENARIOS)}, or 'all'")
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--routes", type=int, help="override the number of routes")
    ap.add_argument("--timeout", type=float, default=180, help="seconds for each phase")
    ap.add_argument("--ours", help="the bgpd of weft (or environment variable OURS)")
    ap.add_argument("--build", help="directory of the built programs, instead of --ours")
    ap.add_argument("--nice", type=int, default=-20, help="of the DUT and bgpblast alike (default -20)")
    ap.add_argument("--mrt", help="take routes from this TABLE_DUMP_V2 file")
    ap.add_argument("--verify", action="store_true", help="ask the DUT's CLI how many routes it has")
    ap.add_argument("--perf", action="store_true", help="profile the DUT with perf, phase by phase")
    ap.add_argument("--floor", action="store_true", help="also measure bgpblast against itself")
    ap.add_argument("--keep", action="store_true", help="keep configurations and logs")
    ap.add_argument("--out", default=str(BUILD / "bgp.json"))
    ap.add_argument("--append", action="store_true", help="add to the results in --out")
    ap.add_argument("--raw", help="all that bgpblast printed, to this file")
    args = ap.parse_args()
    if args.build:
        args.ours = f"{args.build}/bgpd/bgpd"
    if args.ours:
        os.environ["OURS"] = args.ours
    if os.geteuid():
        sys.exit("run.py: needs root for network namespaces")
    signal.signal(signal.SIGTERM, ended)
    raise_priority(args.nice)
    blast = build_blast()
    names = list(SCENARIOS) if args.scenarios == "all" else args.scenarios.split(",")
    out, raw = results.Results("bgp", args.out, args.append), {}
    for sname in names:
        if SCENARIOS[sname].get("mrt") and not args.mrt:
            print(f"{sname}: left out, it wants --mrt FILE", flush=True)
            continue
        run_scenario(sname, args, blast, out, raw)
    print()
    print(report.tables(report.read([out.path])))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop_dut()
        drop_net()
        sys.exit(130)
