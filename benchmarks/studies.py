"""What a study costs beyond its runs: time, memory over runs, disk a run, and a query over all of them.

    python benchmarks/studies.py [--scenario baseline] [--days 252] [--runs 40] [--jobs 2] [--folder DIR]

The study has one point and keeps daily tables. Its time is set against the sum of its runs' own times over the
processes, start-up included; a machine that is busy elsewhere slows both, so that the ratio is steadier than
either. Memory is that of one process that does the runs one after another, looked at after each tenth. With
``--runs 1000`` all of it takes about half an hour on two idle cores; with fewer runs start-up weighs more.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import tempfile
import time
from pathlib import Path

import sim
from sim.experiments.executors import Task, perform
from sim.experiments.study import load_study
from sim.record import WRITTEN

SHARE, KILOBYTES, QUERY, GROWTH = 1.15, 400.0, 1.0, 20.0
LOOK = 10  # runs between two looks at memory
BANDS = ("SELECT date, quantile_cont(spot_us, [0.1, 0.5, 0.9]) AS spot, "
         "quantile_cont(index_transaction, [0.1, 0.5, 0.9]) AS index FROM daily GROUP BY date ORDER BY date")


def resident() -> float:
    """Megabytes that this process holds now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("the system does not say how much memory a process holds")


def verdict(value: float, goal: float) -> str:
    """Whether a goal is met."""
    return "met" if value <= goal else "MISSED"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--days", type=int, default=252)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", help="keep the study here (default: thrown away)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "cost.yaml"
        file.write_text(f"base: {options.scenario}\nchanges: {{days: {options.days}}}\nrecord: daily\n"
                        f"runs: {options.runs}\nparameters: [{{path: clearing.margin.rate, values: [0.2]}}]\n"
                        "metrics: []\ndesign: list\n")
        plan = load_study(file)
        people = sum(kind.count for kind in plan.scenario(0).agents)
        print(f"{options.runs} runs of {options.scenario}, {people:,} participants, {options.days} days; "
              f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        began = time.perf_counter()
        study = sim.sweep(plan, options.folder or Path(scratch) / "study", options.jobs)
        total = time.perf_counter() - began
        own = [seconds for (seconds,) in study._rows("SELECT seconds FROM runs WHERE status = 'done'")]
        ratio = total / (sum(own) / options.jobs)
        print(f"time     {total:.1f} s for runs that take {statistics.mean(own):.2f} s each: {ratio:.3f} of their sum "
              f"over {options.jobs} processes (goal {SHARE}: {verdict(ratio, SHARE)})")
        parts = [path.stat().st_size for path in (study.folder / "parts").glob("*/*.parquet")]
        kilobytes = (sum(parts) + (study.folder / "ledger.sqlite").stat().st_size) / len(own) / 1e3
        print(f"disk     {kilobytes:.0f} KB a run (goal {KILOBYTES:.0f}: {verdict(kilobytes, KILOBYTES)})")
        study.sql("SELECT count(*) FROM daily")  # DuckDB itself is loaded
        began = time.perf_counter()
        rows = len(study.sql(BANDS))
        query = time.perf_counter() - began
        print(f"query    {1e3 * query:.0f} ms for quantile bands of two prices over {rows} days and "
              f"{len(own)} runs (goal {QUERY:g} s: {verdict(query, QUERY)})")
        memory(plan, options.runs)


def memory(plan: object, runs: int) -> None:
    """Resident memory after each tenth of a row of runs in this process."""
    scenario = plan.scenario(0)  # type: ignore[attr-defined]
    seen = []
    for run in range(1, runs + 1):
        outcome = perform(Task(scenario, run, scenario.seed + run, WRITTEN["daily"]))
        assert outcome.status == "finished", outcome.error
        del outcome
        if run % LOOK == 0:
            gc.collect()
            seen.append(resident())
    if len(seen) < 2:
        print(f"memory   needs at least {2 * LOOK} runs to be told")
        return
    growth = (seen[-1] - seen[0]) / (len(seen) - 1)
    print(f"memory   {', '.join(f'{each:.0f}' for each in seen)} MB after each {LOOK} runs: {growth:+.1f} MB each time "
          f"(goal {GROWTH:.0f} over all: {verdict(seen[-1] - seen[0], GROWTH)})")


if __name__ == "__main__":
    main()
