"""Where every benchmark of this directory puts its figures: one file a benchmark, one shape for all, so that report.py
can set them beside each other and beside their targets (targets.py).  The shape is described in README.md.

    r = results.Results("macs", "../build/bench/macs.json")
    r.add("macs-200k", "ours", "into the kernel", "s", 1.9)      # once a run; on disk when it returns
    r.fault("macs-200k", "frr", "170,000 of 200,000 entries arrived")
"""
import json
import os
import pathlib

DIRECTORY = pathlib.Path(__file__).resolve().parent.parent / "build" / "bench"


class Results:
    """Figures of one benchmark.  Begins anew unless keep is set; then what the file holds is added to."""

    def __init__(self, bench, path=None, keep=False):
        self.path = pathlib.Path(path or DIRECTORY / f"{bench}.json")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.data = {"bench": bench, "results": [], "faults": []}
        if keep and self.path.exists():
            self.data = json.loads(self.path.read_text())
        self.write()

    def row(self, scenario, dut, figure):
        for r in self.data["results"]:
            if (r["scenario"], r["dut"], r["figure"]) == (scenario, dut, figure):
                return r
        return None

    def add(self, scenario, dut, figure, unit, value):
        """One more measured value; None (it did not get there) is kept as null."""
        r = self.row(scenario, dut, figure)
        if not r:
            r = {"scenario": scenario, "dut": dut, "figure": figure, "unit": unit, "values": []}
            self.data["results"].append(r)
        r["values"].append(value)
        self.write()

    def fault(self, scenario, dut, text):
        """What was wrong with a run, or why there is none: a sentence for the report."""
        f = {"scenario": scenario, "dut": dut, "text": text}
        if f not in self.data["faults"]:
            self.data["faults"].append(f)
            self.write()

    def write(self):
        """Whole or not at all, so that a benchmark that is ended leaves what it measured."""
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.data, indent=1) + "\n")
        os.replace(part, self.path)
