#!/usr/bin/env python3
"""Makes of results (results.py's shape) the tables and pictures of doc/performance.md: each figure beside the best peer's
and its target.

    ./report.py [FILE.json ...]                 tables on stdout
    ./report.py --doc [FILE.json ...]           into doc/performance.md, between its markers, with the pictures

Without files: all that all.py and series.py left in build/bench/all."""
import argparse
import fnmatch
import json
import math
import pathlib
import statistics

import results
import targets

DOC = pathlib.Path(__file__).resolve().parent.parent / "doc"
ALONE = ("kernel", "floor")        # no daemons: never the best peer
NAMES = {"ours": "weft", "frr": "FRR", "bird": "BIRD", "openbgpd": "OpenBGPD", "gobgp": "GoBGP"}


class Data:
    """What several result files hold together."""

    def __init__(self):
        self.values = {}           # (scenario, figure) -> {dut: [values]}, in the order found
        self.units = {}            # (scenario, figure) -> unit
        self.faults = []

    def scenarios(self):
        return list(dict.fromkeys(s for s, _ in self.values))

    def median(self, scenario, figure, dut):
        """None if there is none, or if a run did not get there."""
        v = self.values.get((scenario, figure), {}).get(dut)
        return statistics.median(v) if v and None not in v else None

    def best_peer(self, scenario, figure):
        """(value, name) of the best daemon that is not ours, or None."""
        all_ = ((self.median(scenario, figure, d), d) for d in self.values.get((scenario, figure), {})
                if d != "ours" and d not in ALONE)
        return min((x for x in all_ if x[0] is not None), default=None)


def read(paths):
    data = Data()
    for p in paths:
        d = json.loads(pathlib.Path(p).read_text())
        if "results" not in d:
            continue               # a series
        for r in d["results"]:
            key = r["scenario"], r["figure"]
            data.values.setdefault(key, {}).setdefault(r["dut"], []).extend(r["values"])
            data.units[key] = r["unit"]
        data.faults += [f for f in d["faults"] if f not in data.faults]
    return data


def number(v):
    if v is None:
        return "never"
    if abs(v) >= 1000:
        return f"{v:,.0f}"
    return f"{v:.3g}"


def table(data, scenario):
    """One scenario: a row a figure, a column a daemon; median (least–most) ×ratio to the smallest."""
    keys = [k for k in data.values if k[0] == scenario]
    duts = sorted({d for k in keys for d in data.values[k]}, key=lambda d: (d != "ours", d in ALONE, d))
    out = [f"### {scenario}", "", "| | " + " | ".join(NAMES.get(d, d) for d in duts) + " |",
           "|---|" + "---|" * len(duts)]
    for key in keys:
        med = {d: data.median(*key, d) for d in data.values[key]}
        best = min((m for d, m in med.items() if m and d not in ALONE), default=None)
        cells = []
        for d in duts:
            v = data.values[key].get(d)
            if not v:
                cells.append("")
                continue
            real = [x for x in v if x is not None]
            cell = number(med[d])
            if len(real) > 1:
                cell += f" ({number(min(real))}–{number(max(real))})"
            if best and med[d] is not None and key[1] != "foreign cpu":
                cell += f" ×{number(med[d] / best)}"
            cells.append(cell)
        out.append(f"| {key[1]}, {data.units[key]} | " + " | ".join(cells) + " |")
    for f in data.faults:
        if f["scenario"] == scenario:
            out.append(f"\n{NAMES.get(f['dut'], f['dut'])}: {f['text']}")
    return "\n".join(out) + "\n"


def tables(data):
    return "\n".join(table(data, s) for s in data.scenarios())


def judged(data):
    """Rows of (scenario, figure, unit, ours, against, its value, ratio, limit, met) for each target there are results for;
    met is None where ours or the other side has no value."""
    rows = []
    for scenarios, figures, against, limit in targets.TARGETS:
        for scenario in scenarios.split(","):
            for figure in figures.split(","):
                key = scenario, figure
                if key not in data.values:
                    continue
                ours, unit = data.median(*key, "ours"), data.units[key]
                if against == "":
                    name, value, ratio = "", None, ours
                elif against == "peer":
                    value, name = data.best_peer(*key) or (None, "")
                else:
                    value, name = data.median(*key, against), against
                if against:
                    ratio = ours / value if ours is not None and value else None
                rows.append((scenario, figure, unit, ours, name, value, ratio, limit,
                             None if ratio is None else ratio <= limit))
    order = data.scenarios()
    return sorted(rows, key=lambda r: order.index(r[0]))


def verdict(ratio, limit, met):
    if met is None:
        return "no figure"
    return "yes" if met else f"**no**, ×{ratio / limit:.2f} of it"


def target_table(data):
    out = ["| scenario | figure | weft | compared with | ratio | target | met |", "|---|---|---|---|---|---|---|"]
    for scenario, figure, unit, ours, name, value, ratio, limit, met in judged(data):
        against = f"{NAMES.get(name, name)} {number(value)}" if name else ""
        r = "" if not name or ratio is None else f"{ratio:.2f}"
        out.append(f"| {scenario} | {figure}, {unit} | {number(ours)} | {against} | {r} | "
                   f"{number(limit) if not name else format(limit, '.2f')} | {verdict(ratio, limit, met)} |")
    return "\n".join(out) + "\n"


def slope(points, key):
    """Least-squares slope of log(key) over log(size): the exponent; None without two usable points."""
    xy = [(math.log(p["size"]), math.log(p[key])) for p in points if p.get(key)]
    if len(xy) < 2:
        return None
    mx, my = (sum(c) / len(xy) for c in zip(*xy))
    below = sum((x - mx) ** 2 for x, _ in xy)
    return sum((x - mx) * (y - my) for x, y in xy) / below if below else None


def series_table(paths):
    """For each doubling series: sizes, the first and the last figure, and the exponents."""
    out = ["| series | sizes | load, CPU s | exponent | withdraw, CPU s | exponent | memory, MiB | exponent |",
           "|---|---|---|---|---|---|---|---|"]
    for s in series(paths):
        p = s["points"]
        cells = [s["what"], f"{p[0]['size']:,}–{p[-1]['size']:,}"]
        for key in ("load", "withdraw", "memory"):
            e = slope(p, key)
            cells += ["", ""] if e is None else [f"{number(p[0][key])}–{number(p[-1][key])}", f"{e:.2f}"]
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def series(paths):
    for p in paths:
        yield from json.loads(pathlib.Path(p).read_text()).get("series", [])


def replace(text, name, content):
    """Puts content between <!-- NAME --> and <!-- end of NAME -->."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if start not in text or end not in text:
        raise SystemExit(f"doc/performance.md has no markers {start.strip()} … {end}")
    return text[:text.index(start) + len(start)] + content + text[text.index(end):]


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("files", nargs="*", help="results; default: all in build/bench/all")
    ap.add_argument("--doc", action="store_true", help="renew doc/performance.md and its pictures")
    ap.add_argument("--only", default="*", help="scenarios whose names match this pattern")
    args = ap.parse_args()
    files = args.files or sorted((results.DIRECTORY / "all").glob("*.json"))
    data = read(files)
    data.values = {k: v for k, v in data.values.items() if fnmatch.fnmatch(k[0], args.only)}
    parts = {"targets": target_table(data), "series": series_table(files), "figures": tables(data)}
    if not args.doc:
        print("\n".join(parts.values()))
        return
    import chart
    doc = DOC / "performance.md"
    text = doc.read_text()
    if data.values:
        text = replace(replace(text, "targets", parts["targets"]), "figures", parts["figures"])
        (DOC / "performance.svg").write_text(chart.ratios(data, judged(data)))
    lines = list(series(files))
    if lines:
        text = replace(text, "series", parts["series"])
        (DOC / "performance-series.svg").write_text(chart.doubling(lines))
    doc.write_text(text)


if __name__ == "__main__":
    main()
