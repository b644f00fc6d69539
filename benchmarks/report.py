"""Figures made for many histories: a report with all its figures, wide, for phones and as files.

    python benchmarks/report.py [--scenario quick] [--runs 30] [--days 504]

Seconds and, since a machine may be busy elsewhere, processor seconds; the goal is for the seconds of a quiet one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import sim
from sim.report import build
from sim.results import open_results

GOAL = 10.0


def main() -> None:
    """Run the histories, read them from their folder as the command `report` does, and time the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenario", default="quick")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--days", type=int, default=504)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "runs"
        sim.run(options.scenario, days=options.days, seeds=range(1, options.runs + 1), out=out)
        start, cpu = time.perf_counter(), time.process_time()
        page = build(open_results(out))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        figures = len(list((out / "figures").glob("*.svg")))
        print(f"{figures} figures of {options.runs} histories of {options.days} days: {seconds:.1f} s, {cpu:.1f} s of "
              f"a processor (goal {GOAL:g}); {page.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
