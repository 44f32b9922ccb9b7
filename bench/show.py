#!/usr/bin/env python3
"""A large table in the daemons' own command line: when does the first byte of `show bgp ipv4 unicast` (JSON and text)
come, when the last, what CPU time and memory does it take of daemon and client, and how late are other neighbours'
UPDATEs meanwhile?  Compares bgpd with FRR and BIRD in the same run.  Uses run.py's network and load generator, in
namespaces of its own; needs root.

    ./show.py --build ../build --routes 1000000
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import run

HERE = pathlib.Path(__file__).resolve().parent
run.NS_DUT, run.NS_GEN = "showbench-dut", "showbench-gen"
SOME = 2048  # bytes: whatever stands above the first route is less


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


def frr_show(vtysh):
    return lambda d, what: [vtysh, "--vty_socket", d, "-c", "show bgp ipv4 unicast" + (" json" if what == "json" else "")]


def bird_show(d, what):
    return ["birdc", "-s", f"{d}/ctl", "show", "route"] if what == "text" else None


def show(argv):
    """One show, to a pipe.  Seconds to the first byte and to the first routes, total, sizes, memory."""
    pids = run.dut_pids()
    before, cpu = memory(pids, "VmRSS"), run.sample()["cpu"]
    reset_peak(pids)
    start = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    r = dict(first_ms=None, routes_ms=None, bytes=0, lines=0)
    peak = looked = 0
    while True:
        piece = os.read(p.stdout.fileno(), 1 << 20)
        now = time.monotonic() - start
        if not piece:
            break
        if not r["bytes"]:
            r["first_ms"] = now * 1000
        r["bytes"] += len(piece)
        r["lines"] += piece.count(b"\n")
        if r["routes_ms"] is None and r["bytes"] >= SOME:
            r["routes_ms"] = now * 1000
        if now - looked > 0.02:
            looked, peak = now, max(peak, memory([p.pid], "VmHWM"))
    _, _, usage = os.wait4(p.pid, 0)
    p.returncode = 0
    return dict(r, total_s=time.monotonic() - start, daemon_cpu_s=run.sample()["cpu"] - cpu,
                client_cpu_s=usage.ru_utime + usage.ru_stime, daemon_mib=memory(pids, "VmHWM") - before, client_mib=peak)


def show_until(argv, stop):
    while not stop.is_set():
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def pairs(items):
    """A phase that was run again gets a number."""
    d = {}
    for k, v in items:
        d[k if k not in d else f"{k}{sum(x.startswith(k) for x in d) + 1}"] = v
    return d


def blast(args, phases):
    scn = run.SCENARIOS["ipv4-1m"]
    addrs = [a for a, _ in run.peers(scn)]
    cmd = ["ip", "netns", "exec", run.NS_GEN, HERE / "build" / "bgpblast", "--step", "--dut", run.DUT_ID, "--dut-as",
           run.DUT_AS, "--family", "ipv4", "--routes", args.routes, "--senders", 1, "--receivers", 1, "--sender-addr", addrs[0],
           "--receiver-addr", addrs[1], "--phases", ",".join(phases), "--timeout", args.timeout, "--churn-rate", 200,
           "--churn-secs", args.churn_secs]
    return subprocess.Popen([str(c) for c in cmd], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def measure(name, args, forms):
    """Loads a fresh daemon, then: each show alone; changes alone; changes beside each show, again and again."""
    dut, scn = run.DUTS[name], {**run.SCENARIOS["ipv4-1m"], "routes": args.routes}
    phases, results = ["load", "churn"] + ["churn"] * len(forms), {}
    run.make_net()
    d = tempfile.mkdtemp(prefix="showbench-")
    os.chmod(d, 0o755)
    pathlib.Path(d, "conf").write_text(dut["config"](scn, d))
    os.chmod(f"{d}/conf", 0o644)
    proc = subprocess.Popen(["ip", "netns", "exec", run.NS_DUT] + [str(x) for x in dut["command"](d)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if "setup" in dut:
            dut["setup"](d)
        run.wait_listening(proc)
        b = blast(args, phases)
        done, running, stop = [], None, threading.Event()
        for line in b.stderr:
            if not line.startswith("PHASE "):
                continue
            if running:
                stop.set()
                running.join()
            done.append(line.split()[1])
            if done[-1] == "load":
                time.sleep(1)
                for form, argv in forms.items():
                    results[form] = [show(argv(d)) for _ in range(args.shows)]
            if len(done) - 3 >= 0 and len(done) - 3 < len(forms):
                stop.clear()
                argv = list(forms.values())[len(done) - 3](d)
                running = threading.Thread(target=show_until, args=(argv, stop))
                running.start()
                time.sleep(0.3)
            try:
                b.stdin.write("\n")
                b.stdin.flush()
            except BrokenPipeError:
                pass
        stop.set()
        out = b.stdout.read()
        b.wait()
        res = json.loads(out, object_pairs_hook=pairs)
        lateness = [res[k] for k in res if k.startswith("churn")]
        results["lateness"] = dict(zip(["quiet", *forms], lateness))
    finally:
        run.stop_dut()
        proc.wait()
        run.drop_net()
        shutil.rmtree(d, ignore_errors=True)
    return results


def median(rows, key):
    v = sorted(r[key] for r in rows if r[key] is not None)
    return v[len(v) // 2] if v else float("nan")


def report(name, args, r):
    for form, rows in r.items():
        if form == "lateness":
            continue
        print(f"{name:5} {form:5} {args.routes} routes:", ", ".join(
            f"{k} {median(rows, k):.4g}" for k in ("first_ms", "routes_ms", "total_s", "daemon_cpu_s", "client_cpu_s", "daemon_mib",
                                                  "client_mib", "lines")), flush=True)
    for form, churn in r["lateness"].items():
        print(f"{name:5} UPDATEs beside {form}:", ", ".join(f"{k} {v}" for k, v in churn.items() if k.endswith("_ms") or
                                                          k == "missing"), flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--duts", default="ours,frr,bird")
    ap.add_argument("--routes", type=int, default=200_000)
    ap.add_argument("--shows", type=int, default=3, help="how often each show is measured")
    ap.add_argument("--churn-secs", type=float, default=5)
    ap.add_argument("--timeout", type=float, default=300)
    ap.add_argument("--json", help="write the results there")
    args = ap.parse_args()
    build = pathlib.Path(args.build).resolve()
    os.environ["OURS"] = str(build / "bgpd/bgpd")
    (HERE / "build").mkdir(exist_ok=True)
    subprocess.run(["cc", "-O2", "-std=c11", "-o", HERE / "build" / "bgpblast", HERE / "bgpblast.c"], check=True)
    clients = {"ours": frr_show(str(build / "vtysh/vtysh")), "frr": frr_show(run.FRR_VTYSH), "bird": bird_show}
    results = {}
    for name in args.duts.split(","):
        forms = {what: (lambda d, w=what: [str(x) for x in clients[name](d, w)]) for what in ("json", "text")
                 if clients[name]("", what)}
        results[name] = measure(name, args, forms)
        report(name, args, results[name])
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    sys.exit(main())
