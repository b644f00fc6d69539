"""The baseline's figures, kept with the program so that every report has something to measure itself against.

``python -m sim.experiments.yardstick`` runs the shipped baseline and writes ``sim/data/baseline_figures.json``. A
test fails when the baseline is no longer the scenario that the file was made from.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from sim import provenance
from sim.run import run
from sim.scenario import Scenario

FILE = Path(__file__).parents[1] / "data" / "baseline_figures.json"
RUNS = 12  # judgement: intervals within a fifth of most means, for a few minutes of work


def make(runs: int = RUNS, jobs: int = 1, *, progress: bool = False) -> dict[str, Any]:
    """Run the baseline with seeds counting up from its own; returns what the file holds.

    Figures have mean, 90 % interval of the mean, and the 10 % and 90 % quantiles over histories.
    """
    scenario = Scenario.load("baseline")
    seeds = [scenario.seed + number for number in range(runs)]
    results = run(scenario, seeds, record="summary", jobs=jobs, progress=progress)
    if results.failed:
        raise RuntimeError(f"{len(results.failed)} histories of the baseline failed: {results.failed[0]['error']}")
    figures = {name: {kind: float(f"{value:.6g}") for kind, value in each.items()}
               for name, each in results.figures.aggregate().items() if math.isfinite(each["low"])}
    return {"scenario": scenario.name, "hash": scenario.hash8(), "histories": runs, "days": scenario.days,
            "source": provenance.environment()["source"][:8],
            "command": "python -m sim.experiments.yardstick", "figures": figures}


def main(arguments: list[str] | None = None) -> None:
    """Write the file, or another one."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.yardstick", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="histories")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=Path, default=FILE, help="file to write")
    options = parser.parse_args(arguments)
    found = make(options.runs, options.jobs, progress=sys.stderr.isatty())
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{options.out}: {len(found['figures'])} figures of {found['histories']} histories, scenario {found['hash']}")


if __name__ == "__main__":
    main()
