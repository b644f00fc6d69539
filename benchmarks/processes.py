"""Runs side by side: two processes against one, and two threads against one, with equal results.

    python benchmarks/processes.py [--scenario baseline] [--days 252] [--runs 4] [--rounds 3]

Processes are those of ``sim.run(..., jobs=2)``, their start included. Threads step models in one process; kernels
let go of Python's lock, everything else does not. One and two take turns. Results are compared by the digest of
every table of every run. A machine that is busy elsewhere gives less than two cores: its load is printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import sim
from sim.one_run import Job, Outcome, execute
from sim.scenario import Scenario

GOAL = 1.7
Digests = list[tuple[int, dict[str, str]]]


def by_processes(scenario: Scenario, seeds: list[int], jobs: int) -> tuple[float, Digests]:
    """Seconds, and the digests of all tables by seed."""
    start = time.perf_counter()
    results = sim.run(scenario, seeds=seeds, jobs=jobs)
    return time.perf_counter() - start, [(row["seed"], row["digests"]) for row in results.manifest["runs"]]


def by_threads(scenario: Scenario, seeds: list[int], threads: int) -> tuple[float, Digests]:
    """The same with threads of this process."""
    work = [Job(scenario, number, seed, None) for number, seed in enumerate(seeds, 1)]
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        outcomes: list[Outcome] = list(pool.map(lambda job: execute(job, lambda: None), work))
    return time.perf_counter() - start, [(outcome.seed, outcome.digests) for outcome in outcomes]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--days", type=int, default=252)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    scenario = Scenario.load(options.scenario, [f"days={options.days}"])
    seeds = list(range(1, options.runs + 1))
    by_processes(scenario.model_copy(update={"days": 5}), seeds[:1], 1)  # compiles
    print(f"{options.runs} runs of {options.scenario}, {options.days} days; load of the machine "
          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, way, goal in (("processes", by_processes, f"   goal {GOAL}"), ("threads", by_threads, "")):
        pairs, digests = [], []
        for _ in range(options.rounds):
            (one, first), (two, second) = way(scenario, seeds, 1), way(scenario, seeds, 2)
            pairs.append((one, two))
            digests += [first, second]
        if any(other != digests[0] for other in digests):
            raise SystemExit(f"{name}: results differ")
        ratios = [one / two for one, two in pairs]
        print(f"{name:10s} one {min(one for one, _ in pairs):6.2f} s, two {min(two for _, two in pairs):6.2f} s: "
              f"{statistics.median(ratios):.2f}x in the middle, {max(ratios):.2f}x at best; all tables equal{goal}",
              flush=True)


if __name__ == "__main__":
    main()
