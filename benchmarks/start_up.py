"""How long the program takes to start: compiling everything, reaching the first day, printing its help.

    python benchmarks/start_up.py [--repeats 5] [--cold-repeats 2] [--scenario scenarios/baseline.yaml]

Each figure is the median over whole processes, measured from outside, so it includes Python's own start
and every import. A bare interpreter and the imports of the libraries alone are printed for comparison.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARIES = "import numpy, numba, pandas, pyarrow, pydantic, ruamel.yaml, mesa"
FIRST_DAY = """
import sys, sim
model = sim.load(sys.argv[1]).build(seed=1)
model.step()
"""
FIGURES = (
    ("bare interpreter", ["-c", "pass"], None),
    ("imports of the libraries alone", ["-c", LIBRARIES], None),
    ("--help", ["-m", "sim", "--help"], 0.3),
    ("warm: to the end of the first day", ["-c", FIRST_DAY, "SCENARIO"], 1.5),
)


def seconds(arguments: list[str], cache: str) -> float:
    """Wall time of one Python process, which must succeed."""
    environment = {**os.environ, "COMPUTE_FUTURES_CACHE": cache, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every start would compile all of Python's part
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)
    elapsed = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return elapsed


def show(what: str, times: list[float], goal: float | None) -> None:
    """One line of the table."""
    wanted = "" if goal is None else f"goal {goal:4.1f} s"
    middle, span = statistics.median(times), f"{min(times):6.2f} - {max(times):5.2f}"
    print(f"{what:42s} {middle:7.2f} s   {span}   {wanted}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cold-repeats", type=int, default=2)
    parser.add_argument("--scenario", default=str(ROOT / "scenarios" / "baseline.yaml"))
    options = parser.parse_args()
    first_day = ["-c", FIRST_DAY, options.scenario]
    print(f"{'':42s}  median      fastest - slowest")
    with tempfile.TemporaryDirectory() as home:
        cold = [seconds(first_day, f"{home}/{i}") for i in range(options.cold_repeats)]
        warm = f"{home}/0"
        seconds(first_day, warm)  # what the first day left uncompiled, and the disk's own cache
        compiling = [total - seconds(first_day, f"{home}/{i}") for i, total in enumerate(cold)]
        for what, arguments, goal in FIGURES:
            arguments = [options.scenario if part == "SCENARIO" else part for part in arguments]
            show(what, [seconds(arguments, warm) for _ in range(options.repeats)], goal)
        show("cold: to the end of the first day", cold, None)
        show("compiling, cold less warm", compiling, 10.0)


if __name__ == "__main__":
    main()
