"""Runs side by side: two processes against one, and two threads against one, with equal results.

    python benchmarks/processes.py [--scenario baseline] [--days 252] [--runs 4] [--rounds 3]

Processes are those of ``sim.run(..., jobs=2)``, their start included. Threads step models in one process; kernels
let go of Python's lock, everything else does not. One and two take turns. Results are compared by the digest of
every table of every run.

A machine that is busy elsewhere gives less than two cores, so its load is printed, and for processes also what
their processor time says: what one process used, over the parent's share and half of the children's, which is the
gain on two idle cores if these do not slow each other down.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import sim
from sim.one_run import Job, Outcome, execute
from sim.scenario import Scenario

GOAL = 1.7
Digests = list[tuple[int, dict[str, str]]]


def processor_time(jobs: int) -> float:
    """CPU seconds of this process so far, and those of its children shared out evenly."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + (children.ru_utime + children.ru_stime) / jobs


def by_processes(scenario: Scenario, seeds: list[int], jobs: int) -> tuple[float, float, Digests]:
    """Seconds, CPU seconds with those of children shared out, and the digests of all tables by seed."""
    start, cpu = time.perf_counter(), processor_time(jobs)
    results = sim.run(scenario, seeds=seeds, jobs=jobs)
    seconds, cpu = time.perf_counter() - start, processor_time(jobs) - cpu
    return seconds, cpu, [(row["seed"], row["digests"]) for row in results.manifest["runs"]]


def by_threads(scenario: Scenario, seeds: list[int], threads: int) -> tuple[float, float, Digests]:
    """The same with threads of this process."""
    work = [Job(scenario, number, seed, None) for number, seed in enumerate(seeds, 1)]
    start, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        outcomes: list[Outcome] = list(pool.map(lambda job: execute(job, lambda: None), work))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return seconds, cpu, [(outcome.seed, outcome.digests) for outcome in outcomes]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--days", type=int, default=504)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    scenario = Scenario.load(options.scenario, [f"days={options.days}"])
    seeds = list(range(1, options.runs + 1))
    by_processes(scenario.model_copy(update={"days": 5}), seeds[:1], 1)  # compiles
    print(f"{options.runs} runs of {options.scenario}, {options.days} days; load of the machine "
          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, way, goal in (("processes", by_processes, f"   goal {GOAL}"), ("threads", by_threads, "")):
        walls, cpus, digests = [], [], []
        for _ in range(options.rounds):
            (one, one_cpu, first), (two, two_cpu, second) = way(scenario, seeds, 1), way(scenario, seeds, 2)
            walls.append((one, two))
            cpus.append((one_cpu, two_cpu))
            digests += [first, second]
        if any(other != digests[0] for other in digests):
            raise SystemExit(f"{name}: results differ")
        ratios = [one / two for one, two in walls]
        print(f"{name:10s} one {min(one for one, _ in walls):6.2f} s, two {min(two for _, two in walls):6.2f} s: "
              f"{statistics.median(ratios):.2f}x in the middle, {max(ratios):.2f}x at best; all tables equal{goal}")
        if name == "processes":
            print(f"{'':10s} by processor time {statistics.median(one / two for one, two in cpus):.2f}x", flush=True)


if __name__ == "__main__":
    main()
