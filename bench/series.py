#!/usr/bin/env python3
"""Does cost grow linearly?  Doubling series of bgpd alone: user + system CPU seconds of the load and of the withdrawal,
and memory, over the size of one thing at a time.  report.py makes exponents of them: the least-squares slope of the
logarithms; 1 is linear, 0 is no growth.

    ./series.py [--only PATTERN] [--runs 1]
"""
import argparse
import fnmatch
import json
import os
import pathlib
import signal
import statistics
import sys

import run

HERE = pathlib.Path(__file__).resolve().parent


def doubling(first, last):
    while first <= last:
        yield first
        first *= 2


def vpn_config(vrfs):
    """bgpd as route reflector of VPN routes, with that many VRFs which import one route target each."""
    def config(scn, d):
        lines = [f"router bgp {run.DUT_AS} vrf v{i}\n address-family ipv4 unicast\n  rd vpn export {run.DUT_AS}:{i}\n"
                 f"  rt vpn import {run.DUT_AS}:{i}\n  import vpn\n exit-address-family\n" for i in range(1, vrfs + 1)]
        return run.frr_config(scn, d) + "exit\n" + "".join(lines)
    return config


def list_config(entries):
    """An inbound prefix list with that many entries, none of which the table has."""
    def config(scn, d):
        lines = [f"ip prefix-list L seq {i + 1} deny {240 + (i >> 20)}.{i >> 12 & 255}.{i >> 4 & 255}.{(i & 15) << 4}/28\n"
                 for i in range(entries)]
        base = run.frr_config(scn, d)
        sender = next(run.peers(scn))[0]
        return "".join(lines) + "ip prefix-list L seq 4000000 permit 0.0.0.0/0 le 32\n" + base.replace(
            f"  neighbor {sender} activate\n", f"  neighbor {sender} activate\n  neighbor {sender} prefix-list L in\n")
    return config


# name: (what is doubled, sizes, size -> scenario)
SERIES = {
    "routes": ("routes", doubling(62_500, 2_000_000), lambda n: dict(routes=n)),
    "receivers": ("receivers, 50,000 routes", doubling(1, 64), lambda n: dict(routes=50_000, receivers=n)),
    "paths": ("senders of the same 50,000 routes", doubling(1, 32), lambda n: dict(routes=50_000, senders=n)),
    "per-set": ("routes per attribute set, 400,000 routes", doubling(1, 64),
                lambda n: dict(routes=400_000, extra=["--per-set", str(n)])),
    "sets": ("attribute sets, one route each", doubling(10_000, 640_000),
             lambda n: dict(routes=n, extra=["--per-set", "1"])),
    "vrfs": ("VRFs, 100,000 VPN routes in all", doubling(8, 1024),
             lambda n: dict(family="vpnv4", routes=100_000, ibgp=True, extra=["--vrfs", str(n)], config=vpn_config(n))),
    "vrf-routes": ("VRFs, 200 VPN routes each", doubling(8, 1024),
                   lambda n: dict(family="vpnv4", routes=200 * n, ibgp=True, extra=["--vrfs", str(n)], config=vpn_config(n))),
    "list": ("entries of a prefix list, 200,000 routes", doubling(1_000, 128_000),
             lambda n: dict(routes=200_000, config=list_config(n))),
}


def point(size, scn, args, blast):
    """Medians of args.runs runs at one size."""
    scn = {**run.BASE, **scn}
    scn["extra"] = scn["extra"] + ["--settle", "0.3", "--quiet", "0.6"]
    found = []
    for _ in range(args.runs):
        dut = {**run.DUTS["ours"], **({"config": scn["config"]} if "config" in scn else {})}
        run.DUTS["series"] = dut
        r = run.measure("series", scn, args, blast)
        if run.faults(r):
            print(f"  {size}: {run.faults(r)} {r.get('log', '')[-300:]}", flush=True)
            continue
        found.append({"load": r["load"]["dut_cpu_s"], "withdraw": r["withdraw"]["dut_cpu_s"],
                      "memory": r["rss_loaded_mib"] - r["rss_start_mib"], "start": r["start_cpu_s"]})
    if not found:
        return None
    return {"size": size, **{k: round(statistics.median(f[k] for f in found), 4) for k in found[0]}}


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=HERE.parent / "build", help="directory of the built programs")
    ap.add_argument("--only", default="*", help="series whose names match this pattern")
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--out", default=run.BUILD / "series.json")
    ap.add_argument("--append", action="store_true", help="replace series of the same name in --out, keep the others")
    ap.add_argument("--perf", action="store_true")
    args = ap.parse_args()
    args.timeout, args.mrt, args.verify, args.keep = 120, None, False, False
    if os.geteuid():
        sys.exit("series.py: needs root for network namespaces")
    signal.signal(signal.SIGTERM, run.ended)
    os.environ["OURS"] = str(pathlib.Path(args.build) / "bgpd" / "bgpd")
    run.raise_priority(-20)
    blast, out = run.build_blast(), pathlib.Path(args.out)
    kept = json.loads(out.read_text())["series"] if args.append and out.exists() else []
    for name, (what, sizes, scenario) in SERIES.items():
        if not fnmatch.fnmatch(name, args.only):
            continue
        s = {"name": name, "what": what, "points": []}
        for size in sizes:
            p = point(size, scenario(size), args, blast)
            if p:
                s["points"].append(p)
                print(f"{name:12} {size:>9,}: " + ", ".join(f"{k} {p[k]:.3f}" for k in p if k != "size"), flush=True)
        kept = [k for k in kept if k["name"] != name] + [s]
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps({"bench": "series", "series": kept}, indent=1) + "\n")


if __name__ == "__main__":
    main()
