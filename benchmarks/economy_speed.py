"""Processor time of a day of the compute economy, its 36-month consensus included, and of compiling its kernels.

python benchmarks/economy_speed.py
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
import time

ROUNDS, DAYS = 9, 120


def build():
    """An economy after its burn-in, and how long the first day took."""
    from sim.calendar import Calendar
    from sim.compute.config import ComputeConfig
    from sim.compute.economy import Economy
    from sim.compute.indices.assessed import Assessed
    from sim.compute.indices.transaction import Transaction
    from sim.compute.operators import no_operators
    from sim.streams import Streams

    streams = Streams(1)
    streams.normal("warm", 1), streams.uniform("warm", 1)
    calendar = Calendar(dt.date(2026, 10, 1), 504, 252)
    economy = Economy(ComputeConfig(), no_operators(), streams, calendar, (Assessed(), Transaction()))
    start = time.process_time()
    economy.step(-252)
    first = time.process_time() - start
    for day in range(-251, 0):
        economy.step(day)
    return economy, first


def main() -> None:
    if "--first" in sys.argv:
        print(build()[1])
        return
    economy, _ = build()
    state, times = economy.snapshot(), []
    for _ in range(ROUNDS):
        economy.restore(state)
        start = time.process_time()
        for day in range(DAYS):
            economy.step(day)
        times.append((time.process_time() - start) / DAYS * 1e6)
    print(f"a day of the economy, two indices and their consensus: {min(times):.0f} us best, "
          f"{sorted(times)[ROUNDS // 2]:.0f} us median of {ROUNDS} rounds of {DAYS} days (at most 350)")
    start = time.process_time()
    for _ in range(20):
        economy.snapshot()
    print(f"a snapshot: {(time.process_time() - start) / 20 * 1e3:.2f} ms")
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "COMPUTE_FUTURES_CACHE": cache}
        cold = subprocess.run([sys.executable, __file__, "--first"], env=environment, capture_output=True, text=True,
                              check=True)
    print(f"compiling its kernels: {float(cold.stdout):.1f} s (at most 4)")


if __name__ == "__main__":
    main()
