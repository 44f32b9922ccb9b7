#!/usr/bin/env python3
"""A large table in the daemons' own command line: when does the first byte of `show bgp ipv4 unicast` (JSON and text)
come, when the last, what CPU time and memory does it take of daemon and client, and how late are other neighbours'
UPDATEs meanwhile?  A million routes of bgpd alone, and 200,000 beside FRR and BIRD in the same run.  Uses run.py's
network and load generator, in namespaces of its own; needs root.

    ./show.py --build ../build
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
import threading
import time

import results
import run

HERE = pathlib.Path(__file__).resolve().parent
run.NS_DUT, run.NS_GEN = "bgpbench-show-dut", "bgpbench-show-gen"
SOME = 2048  # bytes: whatever stands above the first route is less
SHOWS = 3    # of each form, one after the other; the median counts
CHURN = 5    # seconds of changes, 200 of them a second


def memory(pids, field):
    kib = 0
    for p in pids:
        try:
            kib += sum(int(line.split()[1]) for line in open(f"/proc/{p}/status") if line.startswith(field))
        except OSError:
            pass
    return kib / 1024


def reset_peak(pids):
    for p in pids:
        pathlib.Path(f"/proc/{p}/clear_refs").write_text("5")


def command(name, build, d, form):
    """What prints the table; None if the daemon has no such form."""
    if name == "bird":
        return ["birdc", "-s", f"{d}/ctl", "show", "route"] if form == "text" else None
    vtysh = build / "vtysh/vtysh" if name == "ours" else run.FRR_VTYSH
    return [str(vtysh), "--vty_socket", d, "-c", "show bgp ipv4 unicast" + (" json" if form == "json" else "")]


def show(argv):
    """One show, to a pipe.  Seconds to the first byte and to the first routes, total, sizes, memory."""
    pids = run.dut_pids()
    before, cpu = memory(pids, "VmRSS"), run.sample()["cpu"]
    reset_peak(pids)
    start = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    first = routes = None
    size = lines = peak = looked = 0
    while True:
        piece = os.read(p.stdout.fileno(), 1 << 20)
        now = time.monotonic() - start
        if not piece:
            break
        first = first or now
        size += len(piece)
        lines += piece.count(b"\n")
        if not routes and size >= SOME:
            routes = now
        if now - looked > 0.02:
            looked, peak = now, max(peak, memory([p.pid], "VmHWM"))
    _, _, usage = os.wait4(p.pid, 0)
    p.returncode = 0
    return {"first byte": (first and first * 1000, "ms"), "first routes": (routes and routes * 1000, "ms"),
            "total": (time.monotonic() - start, "s"), "cpu": (run.sample()["cpu"] - cpu, "s"),
            "client cpu": (usage.ru_utime + usage.ru_stime, "s"), "memory": (memory(pids, "VmHWM") - before, "MiB"),
            "client memory": (peak, "MiB")}, lines


def show_until(argv, stop):
    while not stop.is_set():
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def pairs(items):
    """A phase that was run again gets a longer name."""
    d = {}
    for k, v in items:
        while k in d:
            k += "+"
        d[k] = v
    return d


def blast(scn, phases, timeout):
    addrs = [a for a, _ in run.peers(scn)]
    cmd = ["ip", "netns", "exec", run.NS_GEN, run.BUILD / "bgpblast", "--step", "--dut", run.DUT_ID, "--dut-as",
           run.DUT_AS, "--family", "ipv4", "--routes", scn["routes"], "--senders", 1, "--receivers", 1, "--sender-addr", addrs[0],
           "--receiver-addr", addrs[1], "--phases", ",".join(phases), "--timeout", timeout, "--churn-rate", 200, "--churn-secs", CHURN]
    return subprocess.Popen([str(c) for c in cmd], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def go_on(b):
    try:
        b.stdin.write("\n")
        b.stdin.flush()
    except BrokenPipeError:
        pass


def beside(b, argv):
    """Lets bgpblast do its next phase while shows run, one after the other.  argv None: none."""
    stop = threading.Event()
    t = threading.Thread(target=show_until, args=(argv, stop))
    if argv:
        t.start()
        time.sleep(0.3)
    go_on(b)
    for line in b.stderr:
        if line.startswith("PHASE"):
            break
    stop.set()
    if argv:
        t.join()


def drive(b, forms, routes):
    """From the load on: each show alone; changes alone; changes beside each show.  Figures by name, sentences."""
    figures, faults = {}, []
    for line in b.stderr:
        if line.startswith("PHASE load"):
            break
        if line.startswith("PHASE"):
            go_on(b)
    time.sleep(1)
    for form, argv in forms.items():
        rows = []
        for _ in range(SHOWS):
            row, lines = show(argv)
            rows.append(row)
            if lines < routes:
                faults.append(f"{form}: {lines:,} lines for {routes:,} routes")
        for k, (_, unit) in rows[0].items():
            values = sorted(r[k][0] for r in rows if r[k][0] is not None)
            figures[(form, k)] = (values[len(values) // 2] if values else None, unit)
    for argv in [None, *forms.values()]:
        beside(b, argv)
    go_on(b)
    res = json.loads(b.stdout.read(), object_pairs_hook=pairs)
    for form, churn in zip(["quiet", *forms], [v for k, v in res.items() if k.startswith("churn")]):
        for k in ("p50", "p99", "max"):
            figures[(form, f"update {k}")] = (churn.get(f"{k}_ms"), "ms")
        if churn.get("missing"):
            faults.append(f"{churn['missing']:,} changes did not arrive beside {form}")
    return figures, faults


def measure(name, build, routes, timeout):
    dut, scn = run.DUTS[name], {**run.SCENARIOS["ipv4-1m"], "routes": routes}
    run.make_net()
    d = tempfile.mkdtemp(prefix="showbench-")
    os.chmod(d, 0o755)
    pathlib.Path(d, "conf").write_text(dut["config"](scn, d))
    os.chmod(f"{d}/conf", 0o644)
    proc = subprocess.Popen(["ip", "netns", "exec", run.NS_DUT] + [str(x) for x in dut["command"](d)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    b = None
    try:
        if "setup" in dut:
            dut["setup"](d)
        run.wait_listening(proc)
        forms = {f: c for f in ("json", "text") if (c := command(name, build, d, f))}
        b = blast(scn, ["load", "churn"] + ["churn"] * len(forms), timeout)
        return drive(b, forms, routes)
    finally:
        if b:
            b.kill()
            b.wait()
        run.stop_dut()
        proc.wait()
        run.drop_net()
        shutil.rmtree(d, ignore_errors=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--duts", default="ours,frr,bird")
    ap.add_argument("--scenarios", default="show-1m,show-200k", help="show-1m is for ours alone")
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--timeout", type=float, default=300)
    ap.add_argument("--out", help="results as JSON")
    args = ap.parse_args()
    build = pathlib.Path(args.build).resolve()
    os.environ["OURS"] = str(build / "bgpd/bgpd")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run.build_blast()
    out = results.Results("show", args.out)
    for _ in range(args.runs):
        for scenario in args.scenarios.split(","):
            routes = {"show-1m": 1_000_000, "show-200k": 200_000}[scenario]
            for name in args.duts.split(","):
                if scenario == "show-1m" and name != "ours":
                    continue
                figures, faults = measure(name, build, routes, args.timeout)
                for (form, figure), (value, unit) in figures.items():
                    out.add(scenario, name, figure if form == "json" else f"{form} {figure}", unit, value)
                for text in faults:
                    out.fault(scenario, name, text)
                for form in dict.fromkeys(f for f, _ in figures):
                    print(scenario, name, form, " ".join(f"{k}={v:.3g}{unit}" if v is not None else f"{k}=-" for (f, k), (v, unit)
                                                         in figures.items() if f == form), *faults, flush=True)


if __name__ == "__main__":
    main()
