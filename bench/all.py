#!/usr/bin/env python3
"""All benchmarks of this directory, one after the other, in passes: the first pass measures every figure once, further
passes repeat until there are three or the time is used up, so that slow drifts of the machine hit all alike and what is
there after any pass is complete.  From the second pass on, peers that can't decide a target any more (not within 1.5 times
of the best one in any figure that has a target) are left out.

    ./run bench --all [--mrt FILE] [--minutes 24] [--resume] [--only PATTERN]

Results go to build/bench/all as they come; --resume goes on where the last one was ended."""
import argparse
import fnmatch
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

import duts
import report
import results
import targets

HERE = pathlib.Path(__file__).resolve().parent
OUT = results.DIRECTORY / "all"
FLOORS = ("ipv4-1m", "ipv4-4x4", "fanout-30", "evpn-200k")
ONCE = ("show",)                   # repeats by itself, and is long
RUNS = {"config": 11}              # a pass; a start is short, and the first ones after other work are no measure
SERIES_SECONDS = 180               # kept for the doubling series at the end

# name: (script, arguments, daemons).  Most telling first: the time may run out.
JOBS = {
    **{s: ("run.py", ["--scenarios", s], ["ours", "frr", "bird", "openbgpd"])
       for s, scn in duts.SCENARIOS.items() if s != "smoke" and not scn.get("mrt")},
    "full-table": ("run.py", ["--scenarios", "full-table"], ["ours", "bird"]),
    "kernel": ("kernel.py", ["--routes", "1000000"], ["ours", "frr", "bird"]),
    "macs": ("evpn_kernel.py", [], ["ours", "frr"]),
    "show": ("show.py", ["--scenarios", "show-1m"], ["ours"]),
    "config": ("config.py", ["--only", "start"], ["ours", "bird"]),
}


def decisive(data, names):
    """The peers that a further run could show to be the best one, or on the other side of a target."""
    found = {"ours"}
    for scenario, figure, _, _, name, _, ratio, limit, _ in report.judged(data):
        values = data.values[scenario, figure]
        best = data.best_peer(scenario, figure)
        if name in names and ratio is not None and 0.6 < ratio / limit < 1.6:
            found.add(name)
        for d in values:
            m = data.median(scenario, figure, d)
            if d in names and best and m is not None and m <= 1.5 * best[0]:
                found.add(d)
    return [n for n in names if n in found]


def machine():
    """What it was measured on and with."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    versions = {}
    for p in ("frr", "bird2", "openbgpd"):
        r = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", p], capture_output=True, text=True)
        versions[p] = r.stdout.strip() or "not installed"
    commit = subprocess.run(["git", "-C", str(HERE), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {"cpus": os.cpu_count(), "model": model, "kernel": platform.release(), "versions": versions,
            "commit": commit.stdout.strip(), "date": time.strftime("%Y-%m-%d", time.gmtime())}


class Clock:
    def __init__(self, minutes, used=0):
        self.start, self.limit = time.monotonic() - used, minutes * 60

    def used(self):
        return time.monotonic() - self.start

    def left(self):
        return self.limit - self.used()

    def __str__(self):
        return f"{int(self.used()) // 60}:{int(self.used()) % 60:02d}"


def run_script(cmd, clock, at_most):
    """Its status.  Passes on what it prints but the tables; ends it, and waits until it has cleaned up, after at_most
    seconds."""
    p = subprocess.Popen([sys.executable, *map(str, cmd)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         start_new_session=True)
    signal.signal(signal.SIGALRM, lambda *_: p.terminate())
    signal.alarm(max(10, int(at_most)))
    try:
        for line in p.stdout:
            if line.strip() and line[0] not in "|#":
                print(f"[{clock}]   {line.rstrip()}", flush=True)
        return p.wait(timeout=30)
    except BaseException:
        p.terminate()
        p.wait(timeout=30)
        raise
    finally:
        signal.alarm(0)


def run_job(name, build, extra, names, clock, at_most):
    """One run of one script; its results file, or None."""
    script, argv, _ = JOBS[name]
    part = OUT / "part" / f"{name}.json"
    part.unlink(missing_ok=True)
    status = run_script([HERE / script, "--build", build, "--out", part, "--runs", RUNS.get(name, 1), "--duts", ",".join(names),
                         *argv, *extra], clock, at_most)
    if status:
        print(f"[{clock}]   {script} ended with status {status}", flush=True)
    return part if part.exists() else None


def merge(part, name):
    whole = results.Results(name, OUT / f"{name}.json", keep=True)
    new = json.loads(part.read_text())
    for r in new["results"]:
        for v in r["values"]:
            whole.add(r["scenario"], r["dut"], r["figure"], r["unit"], v)
    for f in new["faults"]:
        whole.fault(f["scenario"], f["dut"], f["text"])
    whole.data.update({k: v for k, v in new.items() if k not in whole.data})
    whole.write()


def passes(names, args, state, clock, write_state):
    for n in range(args.runs):
        for i, name in enumerate(names):
            s = state["jobs"].setdefault(name, {"runs": 0, "seconds": 0})
            if s["runs"] > n or (n and name in ONCE):
                continue
            if n and clock.left() < 1.2 * s["seconds"]:
                print(f"[{clock}] no time is left for run {n + 1} of {name}", flush=True)
                continue
            wanted = JOBS[name][2]
            if n:
                wanted = decisive(report.read([OUT / f"{name}.json"]), wanted)
            extra = ["--mrt", args.mrt] if name == "full-table" else []
            if name in FLOORS:
                extra += ["--floor"]
            print(f"[{clock}] run {n + 1} of {args.runs}, {i + 1}/{len(names)}: {name} ({', '.join(wanted)})", flush=True)
            t = time.monotonic()
            part = run_job(name, args.build, extra, wanted, clock, min(args.longest, max(clock.left(), 60)))
            if part:
                merge(part, name)
            s["runs"], s["seconds"] = n + 1, time.monotonic() - t
            write_state()


def stop(*_):
    raise KeyboardInterrupt


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--mrt", help="the real table: a TABLE_DUMP_V2 file (see README.md)")
    ap.add_argument("--runs", type=int, default=3)
    ap.add_argument("--minutes", type=float, default=24)
    ap.add_argument("--longest", type=float, default=420, help="seconds that one script may take")
    ap.add_argument("--only", default="*", help="benchmarks whose names match this pattern")
    ap.add_argument("--resume", action="store_true", help="keep the results of the last time and go on")
    ap.add_argument("--no-series", action="store_true", help="without the doubling series")
    args = ap.parse_args()
    if os.geteuid():
        sys.exit("all.py: needs root for network namespaces")
    signal.signal(signal.SIGTERM, stop)
    if not args.resume:
        shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "part").mkdir(parents=True, exist_ok=True)
    state_file = OUT / "state.part"
    state = json.loads(state_file.read_text()) if state_file.exists() else {"jobs": {}, "used": 0}
    series = not args.no_series and args.only == "*"
    clock = Clock(args.minutes - (SERIES_SECONDS / 60 if series else 0))
    names = [n for n in JOBS if fnmatch.fnmatch(n, args.only) and (HERE / JOBS[n][0]).exists()]
    if not args.mrt and "full-table" in names:
        print("full-table: left out; it wants --mrt FILE", flush=True)
        names.remove("full-table")
    (OUT / "machine.json").write_text(json.dumps({"machine": machine()}, indent=1) + "\n")
    try:
        passes(names, args, state, clock, lambda: state_file.write_text(json.dumps(state)))
        if series:
            print(f"[{clock}] doubling series", flush=True)
            run_script([HERE / "series.py", "--build", args.build, "--out", OUT / "series.json"], clock, 2 * SERIES_SECONDS)
    except KeyboardInterrupt:
        print("ended; --resume goes on from here", flush=True)
        sys.exit(130)
    subprocess.run([sys.executable, str(HERE / "report.py")], check=True)
    print(f"[{clock}] results: {OUT}; bench/report.py --doc puts them into doc/performance.md")


if __name__ == "__main__":
    main()
