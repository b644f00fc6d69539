"""Peak memory of a whole run, and the time of a day after warm-up.

    python benchmarks/memory.py [--scenario baseline] [--days DAYS] [--repeats 2]

Each run is a process of its own that runs the scenario from its first to its last day and sums it up; its peak is
the largest resident set that the operating system saw. The time of a day is taken inside, over the reported days.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

GOALS = {"peak": 700.0, "day": 6.0}
RUN = """
import resource, statistics, sys, tempfile, time
import sim
from sim.scenario import Scenario

name, days, folder = sys.argv[1], sys.argv[2], sys.argv[3]
scenario = Scenario.load(name, [f"days={days}"] if days != "all" else [])
seen = []
results = sim.run(scenario, out=folder + "/results",
                  progress=lambda done, total: seen.append((time.perf_counter(), time.process_time())))
skipped = min(scenario.market.warm_up, scenario.burn_in)
wall, cpu = ([1e3 * (b[k] - a[k]) for a, b in zip(seen[skipped:], seen[skipped + 1:-1])] for k in (0, 1))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(peak, statistics.mean(wall), statistics.mean(cpu), statistics.median(cpu), len(cpu))
"""


def resident() -> float:
    """Megabytes that this process holds now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("the system does not say how much memory a process holds")


def run(scenario: str, days: str, folder: str) -> list[float]:
    """Peak MB; mean wall, mean CPU and median CPU time of a reported day in ms; number of days."""
    done = subprocess.run([sys.executable, "-c", RUN, scenario, days, folder], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return [float(number) for number in done.stdout.split()[-5:]]


def main() -> None:
    """Measure and print."""
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--days", default="all")
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [run(options.scenario, options.days, f"{folder}/{number}") for number in range(options.repeats)]
    peaks, wall, cpu, typical, days = zip(*found, strict=True)
    print(f"{options.scenario}, {int(days[0]) + 1} reported days, {options.repeats} runs: middle, best")
    print(f"peak memory, MB            {statistics.median(peaks):8.0f} {min(peaks):8.0f}   goal {GOALS['peak']:.0f}")
    for name, times in (("wall ms a day, mean", wall), ("CPU ms a day, mean", cpu), ("CPU ms a day, median", typical)):
        print(f"{name:26s} {statistics.median(times):8.2f} {min(times):8.2f}   goal {GOALS['day']:.0f}")


if __name__ == "__main__":
    main()
