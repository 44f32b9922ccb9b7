#!/usr/bin/python3
"""Real routes through bgpd, from files cut small: real_table.py says how."""
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / d) for d in ("lab", "", "interop")]

import real_table
import sandbox
import tap

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def test_table_byte_by_byte():
    print(real_table.table_test("real-table", DATA / "full-table-cut.rib.gz", 60))


def test_table_from_gobgp():
    print(real_table.gobgp_test("real-gobgp", DATA / "full-table-cut.rib.gz", 60))


def test_updates():
    print(real_table.updates_test("real-updates", DATA / "updates-cut.gz", 60))


if __name__ == "__main__":
    sandbox.enter()
    tap.main()
