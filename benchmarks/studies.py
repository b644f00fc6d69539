"""What a study costs beyond its runs: time, memory over runs, disk a run, and a query over all of them.

    python benchmarks/studies.py --runs 1000 [--scenario baseline] [--days 252] [--participants 1500] [--jobs 2]
                                 [--folder DIR]

The study has one point and keeps daily tables. Its time is set against the sum of its runs' own times over the
processes, start-up included; a machine that is busy elsewhere slows both, so that the ratio is steadier than
either. Memory is that of the processes that do the runs, looked at all the while: what one held as a rule (the median)
in the last fifth of the study, less the same in the second fifth, when everything has been loaded; peaks besides,
which hang on which history is the wildest. With ``--runs 1000`` all of it takes about twenty minutes on two idle
cores; with fewer runs start-up weighs more.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import sim
from sim.experiments.study import Plan, load_study

SHARE, KILOBYTES, QUERY, GROWTH = 1.15, 400.0, 1.0, 20.0
LOOK = 0.5  # seconds between two looks at memory
BANDS = ("SELECT date, quantile_cont(spot_us, [0.1, 0.5, 0.9]) AS spot, "
         "quantile_cont(index_transaction, [0.1, 0.5, 0.9]) AS index FROM daily GROUP BY date ORDER BY date")


def resident(process: int) -> float:
    """Megabytes that a process holds now; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


class Memory(threading.Thread):
    """Looks at what this process and those that it started hold, until told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.seen: dict[int, list[tuple[float, float]]] = {}  # process -> (time, megabytes)

    def run(self) -> None:
        """Look now and then."""
        while not self.over.wait(LOOK):
            for process in [os.getpid(), *(each.pid for each in multiprocessing.active_children() if each.pid)]:
                self.seen.setdefault(process, []).append((time.perf_counter(), resident(process)))

    def told(self, began: float, ended: float) -> str:
        """Growth of the process that grew most, and the most that any of them held."""
        fifth = (ended - began) / 5
        growth, peaks, most = [], [], 0.0
        for looks in self.seen.values():
            held = lambda start, looks=looks: [mb for at, mb in looks if start <= at - began <= start + fifth]
            most = max(most, *(mb for _, mb in looks))
            early, late = held(fifth), held(4 * fifth)
            if early and late:
                growth.append(statistics.median(late) - statistics.median(early))
                peaks.append(max(late) - max(early))
        if not growth:
            return "memory   the study was too short to tell"
        return (f"memory   at most {most:.0f} MB a process; {max(growth):+.1f} MB as a rule from the second fifth of "
                f"the study to the last (goal {GROWTH:.0f}: {verdict(max(growth), GROWTH)}), peak {max(peaks):+.1f}")


def verdict(value: float, goal: float) -> str:
    """Whether a goal is met."""
    return "met" if value <= goal else "MISSED"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--days", type=int, default=252)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--participants", type=int, default=1500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", help="keep the study here (default: thrown away)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "cost.yaml"
        plan = plan_of(options, file)
        people = sum(kind.count for kind in plan.scenario(0).agents)
        print(f"{options.runs} runs of {options.scenario}, {people:,} participants, {options.days} days; "
              f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        memory, began = Memory(), time.perf_counter()
        memory.start()
        study = sim.sweep(plan, options.folder or Path(scratch) / "study", options.jobs, progress=True)
        ended = time.perf_counter()
        memory.over.set()
        total = ended - began
        own = [seconds for (seconds,) in study._rows("SELECT seconds FROM runs WHERE status = 'done'")]
        ratio = total / (sum(own) / options.jobs)
        print(f"time     {total:.1f} s for runs that take {statistics.mean(own):.2f} s each: {ratio:.3f} of their sum "
              f"over {options.jobs} processes (goal {SHARE}: {verdict(ratio, SHARE)})")
        parts = [path.stat().st_size for path in (study.folder / "parts").glob("*/*.parquet")]
        kilobytes = (sum(parts) + (study.folder / "ledger.sqlite").stat().st_size) / len(own) / 1e3
        print(f"disk     {kilobytes:.0f} KB a run (goal {KILOBYTES:.0f}: {verdict(kilobytes, KILOBYTES)})")
        study.sql("SELECT count(*) FROM daily")  # DuckDB itself is loaded
        asked = time.perf_counter()
        rows = len(study.sql(BANDS))
        query = time.perf_counter() - asked
        print(f"query    {1e3 * query:.0f} ms for quantile bands of two prices over {rows} days and "
              f"{len(own)} runs (goal {QUERY:g} s: {verdict(query, QUERY)})")
        print(memory.told(began, ended))
        print(f"results  {study.digest()[:16]} of all figures; {len(study.failed)} runs failed")


def plan_of(options: argparse.Namespace, file: Path) -> Plan:
    """The study: one point of the scenario, with noise traders added until there are as many participants as wanted."""
    base = sim.load(options.scenario)
    noise = {kind.type_name: kind.count for kind in base.agents}.get("noise_trader", 0)
    more = max(options.participants - sum(kind.count for kind in base.agents), 0)
    file.write_text(f"base: {options.scenario}\nrecord: daily\nruns: {options.runs}\ndesign: list\nmetrics: []\n"
                    f"changes: {{days: {options.days}, agents.noise_trader.count: {noise + more}}}\n"
                    "parameters: [{path: clearing.margin.rate, values: [0.2]}]\n")
    return load_study(file)


if __name__ == "__main__":
    main()
