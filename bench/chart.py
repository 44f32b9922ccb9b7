#!/usr/bin/env python3
"""Draws results of run.py as a picture: for each scenario and figure one bar a daemon, as a multiple of the best peer's
(the best daemon that is not `ours`), on a logarithmic scale.

    ./chart.py ../build/bench/results.json >performance.svg
"""
import json
import math
import pathlib
import statistics
import sys

import run

FIGURES = ("load s", "withdraw s", "churn p50 ms", "churn p99 ms", "burst s", "flap s", "B/route")
COLOURS = {"ours": "#1f6f54", "bird": "#8fa3ad", "frr": "#c98a3a", "openbgpd": "#a56a8f", "gobgp": "#7b7fc2"}
LOW, HIGH = 0.05, 20.0
LEFT, WIDTH, BAR, GAP = 210, 620, 9, 7


def medians(results):
    """[(scenario, figure, {daemon: median})] of what can be compared."""
    for scenario, r in results.items():
        table = {}
        for dut, runs in r["duts"].items():
            for m in (run.metrics(x) for x in runs if "error" not in x):
                for k in FIGURES:
                    if k in m and not math.isnan(m[k]):
                        table.setdefault(k, {}).setdefault(dut, []).append(m[k])
        for k in FIGURES:
            if "ours" in table.get(k, {}) and len(table[k]) > 1:
                yield scenario, k, {d: statistics.median(v) for d, v in table[k].items()}


def x_of(ratio):
    ratio = min(max(ratio, LOW), HIGH)
    return LEFT + WIDTH * math.log(ratio / LOW) / math.log(HIGH / LOW)


def main():
    rows = list(medians(json.loads(pathlib.Path(sys.argv[1]).read_text())))
    out, y = [], 46
    for scenario, figure, values in rows:
        best = min(v for d, v in values.items() if d != "ours") or 1e-9
        top = y
        for dut in sorted(values, key=lambda d: (d != "ours", d)):
            ratio = values[dut] / best
            out.append(f'<rect x="{LEFT}" y="{y}" width="{x_of(ratio) - LEFT:.1f}" height="{BAR}" '
                       f'fill="{COLOURS.get(dut, "#999")}"/>'
                       f'<text x="{x_of(ratio) + 4:.1f}" y="{y + BAR - 1}">{ratio:.2f}</text>')
            y += BAR + 1
        out.append(f'<text x="{LEFT - 8}" y="{(top + y) / 2 + 3:.0f}" text-anchor="end">{scenario} {figure}</text>')
        y += GAP
    lines = "".join(f'<line x1="{x_of(r):.1f}" x2="{x_of(r):.1f}" y1="38" y2="{y}" stroke="#ddd"/>'
                    f'<text x="{x_of(r):.1f}" y="34" text-anchor="middle">{r:g}</text>' for r in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20))
    key = "".join(f'<rect x="{LEFT + 90 * i}" y="8" width="10" height="10" fill="{c}"/>'
                  f'<text x="{LEFT + 90 * i + 14}" y="17">{d}</text>'
                  for i, (d, c) in enumerate(COLOURS.items()) if any(d in v for _, _, v in rows))
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{y + 10}" '
          f'font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="#fff"/>'
          f'{lines}{key}{"".join(out)}</svg>')


if __name__ == "__main__":
    main()
