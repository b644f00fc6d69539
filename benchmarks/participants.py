"""How the time of a day and memory grow with participants, from 1,000 to 100,000.

    python benchmarks/participants.py [--participants 1000 3000 10000 30000 100000] [--rounds 5]

The mix of types is the baseline's, the simulated share of the world grows with their number. All models live in
one process and take turns, a few new days each, so that a busy moment of the machine hits all of them. The
exponent is the slope of log time over log participants between two sizes. Memory is what building a model and
its first days added to the process.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time

from benchmarks.memory import resident
from benchmarks.populations import baseline
from sim.model import ComputeFutures

CHANGES = ("burn_in=60", "market.warm_up=25", "days=300")
BEFORE = 26  # days until every table is being written
GOAL = 1.2


def begin(participants: int) -> tuple[ComputeFutures, float]:
    """A model that has traded for a while, and the megabytes that it took."""
    before = resident()
    model = baseline(participants, *CHANGES).build(seed=1)
    for _ in range(BEFORE):
        model.step()
    return model, resident() - before


def milliseconds(model: ComputeFutures, days: int) -> float:
    """CPU time of one day, over a few."""
    start = time.process_time()
    for _ in range(days):
        model.step()
    return 1e3 * (time.process_time() - start) / days


def exponent(sizes: list[int], times: list[float]) -> float:
    """Slope of log time over log participants between the first and the last."""
    return math.log(times[-1] / times[0]) / math.log(sizes[-1] / sizes[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, nargs="+", default=[1_000, 3_000, 10_000, 30_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    begin(min(options.participants))  # compiles, and loads what a first day loads
    models = {number: begin(number) for number in options.participants}
    times: dict[int, list[float]] = {number: [] for number in models}
    for _ in range(options.rounds):
        for number, (model, _) in models.items():
            times[number].append(milliseconds(model, 6 if number <= 3_000 else 2))
    print(f"{'participants':>12s} {'ms a day':>9s} {'quietest':>9s} {'us each':>8s} {'MB':>7s}")
    for number, (_, megabytes) in models.items():
        middle, least = statistics.median(times[number]), min(times[number])
        print(f"{number:12,d} {middle:9.2f} {least:9.2f} {1e3 * least / number:8.2f} {megabytes:7.0f}")
    low = [number for number in times if 1_000 <= number <= 10_000]
    high = [number for number in times if number >= 10_000]
    for sizes, goal in ((low, f"   goal at most {GOAL}"), (high, "")):
        if len(sizes) > 1:
            middle, least = ([how(times[n]) for n in sizes] for how in (statistics.median, min))
            print(f"exponent from {sizes[0]:,d} to {sizes[-1]:,d}: {exponent(sizes, middle):.2f}, "
                  f"of the quietest {exponent(sizes, least):.2f}{goal}")


if __name__ == "__main__":
    main()
