"""Measure this client beside the published one: `make bench`.

Prints a table for each part. When all was measured, in full size, writes RESULTS.md and the plots.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import growth
import overshoot
from clients import ours, published
from report import write_results
from rows import Row, table
from scenarios import SCENARIOS
from setting import QUICK, Setting, Sizes, note

GROWTH = "growth"


def main() -> None:
    """Measure what was asked for."""
    options = _parser().parse_args()
    names = options.only or [*SCENARIOS, GROWTH]
    load, start = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="speedpix-benchmarks-") as folder:
        sizes = QUICK if options.quick else Sizes()
        setting = Setting(published(), ours(), sizes, Path(folder))
        rows = _rows(setting, [name for name in names if name in SCENARIOS])
        costs = growth.measure(setting, quick=options.quick) if GROWTH in names else None
    if costs:
        print(growth.tables(costs))
    if rows and costs and not (options.only or options.quick):
        growth.plot(costs)
        overshoot.plot()
        write_results(setting, rows, costs, load, (time.monotonic() - start) / 60)
    for row in rows:
        if row.met is False:
            note(f"not met: {row.work}")


def _rows(setting: Setting, names: list[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        start = time.monotonic()
        note(f"{name} …")
        found = list(SCENARIOS[name](setting))
        print(table(found), flush=True)  # what is measured is not lost by what comes after
        rows.extend(found)
        note(f"{name}: {time.monotonic() - start:.0f} s")
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure both clients side by side.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes; writes nothing")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*SCENARIOS, GROWTH],
        help="measure this part only, may be given again; writes nothing",
    )
    return parser


if __name__ == "__main__":
    main()
