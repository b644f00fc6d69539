"""Do a few runs of every published study again and say whether each figure comes out as it was published.

``python -m sim.experiments.published [FOLDER ...] [--runs 1] [--seed 1]`` draws runs by the seed. Runs are
bit-reproducible, so that figures agree to every digit that ``runs.csv`` keeps, unless the model has changed since.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import BadInput, bad_input, shown
from sim.experiments.executors import Task, perform
from sim.experiments.study import load_study
from sim.record import WRITTEN

DIGITS = 6  # significant digits of figures in runs.csv
NAMES = (("study.yaml", "runs.csv"), ("grid.yaml", "grid_runs.csv"), ("worlds.yaml", "worlds_runs.csv"))


@dataclass(frozen=True)
class Repeat:
    """One published run done again: how many figures it has, and those that differ with both values."""

    study: str
    point: dict[str, Any]
    seed: int
    figures: int
    differ: dict[str, tuple[float, float]]

    def __str__(self) -> str:
        where = ", ".join(f"{name} {value}" for name, value in self.point.items())
        told = "; ".join(f"{name} {was:.6g}, now {now:.6g}" for name, (was, now) in list(self.differ.items())[:5])
        said = f"{len(self.differ)} differ: {told}" if self.differ else "all the same"
        return f"{self.study}: {where}, seed {self.seed}: {self.figures} figures, {said}"


def published(folder: Path) -> list[tuple[Path, Path]]:
    """The studies in a published folder: what was varied, and the figures of every run."""
    return [(folder / study, folder / runs) for study, runs in NAMES
            if (folder / study).is_file() and (folder / runs).is_file()]


def repeat(study: Path, runs: Path, count: int = 1, seed: int = 1) -> Iterator[Repeat]:
    """Do some runs of a published study again.

    study : its YAML file; runs : its table of figures; count : runs drawn with ``seed``, all if there are fewer

    Raises BadInput where the study cannot be read any more, or varies other values than it did.
    """
    import pandas as pd  # takes half a second

    plan, table = load_study(study), pd.read_csv(runs)
    drawn = np.random.default_rng(seed).permutation(len(table))[:count]
    for row in table.iloc[np.sort(drawn)].to_dict("records"):
        number = int(row["point"])
        if number >= len(plan.points) or any(str(row[name]) != str(value) and not _alike(row[name], value)
                                             for name, value in plan.points[number].items()):
            raise bad_input(shown(runs), f"point {number} is not what {study.name} varies")
        outcome = perform(Task(plan.scenario(number), 0, int(row["seed"]), WRITTEN[plan.study.record],
                               means=tuple(plan.study.means.items())))
        if outcome.status != "finished":
            raise bad_input(shown(runs), f"run {row['run']:.0f} failed: {outcome.error.strip().splitlines()[-1]}")
        known = [name for name in outcome.figures if name in row and isinstance(row[name], int | float)]
        differ = {name: (float(row[name]), outcome.figures[name]) for name in known
                  if not _alike(row[name], outcome.figures[name])}
        yield Repeat(study.parent.name, plan.points[number], int(row["seed"]), len(known), differ)


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same to the digits kept; what is not known equals what is not known."""
    try:
        one, other = float(one), float(other)
    except (TypeError, ValueError):
        return False
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=10.0 ** (1 - DIGITS))


def main(words: Sequence[str] | None = None) -> int:
    """Entry point; returns 1 where a figure differs, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.published", description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="default: every one in results/studies")
    parser.add_argument("--runs", type=int, default=1, help="runs of each study (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="by which they are drawn (default: 1)")
    options = parser.parse_args(words)
    folders = [Path(name) for name in options.folders] or sorted(Path("results/studies").glob("*/"))
    same, found = True, [pair for folder in folders for pair in published(folder)]
    try:
        if not found:
            raise bad_input(" ".join(options.folders) or "results/studies", "no published study with its runs is here")
        for study, runs in found:
            for one in repeat(study, runs, options.runs, options.seed):
                same &= not one.differ
                print(one, flush=True)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
