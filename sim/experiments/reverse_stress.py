"""Reverse stress: the smallest shock that breaks something, history by history on the same luck."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.errors import BadInput, bad_input
from sim.experiments.boxes import densest_box, halton
from sim.experiments.conditions import Condition, condition
from sim.experiments.executors import Runner, Task, runner
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.scenario import Scenario
from sim.summary import metrics_of

STEPS = 4  # first looks between the two ends; judgement: finds a break that a worse shock does not bring
POINTS = 12  # points looked at for each path where several are given; judgement


class Along(NamedTuple):
    """What is made more severe, from its harmless end to its worst."""

    path: str
    low: float
    high: float

    def value(self, severity: float) -> float:
        """The value at a severity from 0 to 1."""
        return self.low + severity * (self.high - self.low)


def path_of(text: str) -> Along:
    """"shocks.chip_supply.output=1:0" as a path with its two ends. Raises BadInput."""
    path, _, ends = text.partition("=")
    low, sign, high = ends.partition(":")
    try:
        found = Along(path.strip(), float(low), float(high))
    except ValueError:
        found = Along(path, math.nan, math.nan)
    if not path or not sign or not math.isfinite(found.low + found.high) or found.low == found.high:
        raise bad_input(f"--along {text}", "PATH=LOW:HIGH is expected with two different numbers, such as "
                                           "shocks.chip_supply.output=1:0")
    return found


Broken = Callable[[list[tuple[tuple[float, ...], int]]], list[bool | None]]


def smallest(broken: Broken, seeds: Sequence[int], ray: Sequence[float], precision: float) -> dict[int, float]:
    """For each seed the smallest severity, a multiple of ``ray``, at which something breaks; inf if nothing does.

    broken    : whether each of some (point, seed) breaks, None where the run failed
    precision : share of the ray to which the threshold is known

    Looks first at a few sizes, then halves the stretch below the smallest that breaks. Seeds that fail get nan.
    """
    at = lambda severity: tuple(severity * end for end in ray)
    sizes = [step / STEPS for step in range(STEPS + 1)]
    found = dict(zip([(size, seed) for size in sizes for seed in seeds],
                     broken([(at(size), seed) for size in sizes for seed in seeds]), strict=True))
    low, high = dict.fromkeys(seeds, 0.0), dict.fromkeys(seeds, math.inf)
    for seed in seeds:
        outcomes = [found[size, seed] for size in sizes]
        if None in outcomes:
            high[seed] = math.nan
        elif True in outcomes:
            first = outcomes.index(True)
            low[seed], high[seed] = sizes[max(first - 1, 0)], sizes[first]
    while open_ := [seed for seed in seeds if math.isfinite(high[seed]) and high[seed] - low[seed] > precision]:
        middle = {seed: 0.5 * (low[seed] + high[seed]) for seed in open_}
        for seed, answer in zip(open_, broken([(at(middle[seed]), seed) for seed in open_]), strict=True):
            if answer is None:
                high[seed] = math.nan
            else:
                (high if answer else low)[seed] = middle[seed]
    return {seed: 0.5 * (low[seed] + high[seed]) if 0 < high[seed] < math.inf else high[seed] for seed in seeds}


@dataclass
class Reverse:
    """What a reverse stress test found.

    along     : what was made more severe
    ray       : share of each range at severity 1; all ones for a single path
    threshold : smallest severity by seed, from 0 to 1; inf where nothing broke, nan where a run failed
    rows      : every run: seed, values, whether it broke, the figures looked at
    region    : where several paths were given: bounds as shares of ranges, share broken inside, share of breaks held
    """

    title: str
    condition: Condition
    along: tuple[Along, ...]
    ray: tuple[float, ...] = ()
    threshold: dict[int, float] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    region: tuple[np.ndarray, float, float] | None = None
    failed: list[tuple[int, str]] = field(default_factory=list)
    stopped: bool = False

    def chance(self, severity: float) -> float:
        """Share of histories that break at a severity or below."""
        known = [value for value in self.threshold.values() if not math.isnan(value)]
        return sum(value <= severity for value in known) / len(known) if known else math.nan

    def quantile(self, share: float) -> float:
        """Severity at which this share of histories is broken; inf if fewer ever are."""
        known = sorted(value for value in self.threshold.values() if not math.isnan(value))
        return known[max(math.ceil(share * len(known)) - 1, 0)] if known else math.nan

    def values(self, severity: float) -> dict[str, float]:
        """The value of each path at a severity."""
        return {each.path: each.value(severity * end) for each, end in zip(self.along, self.ray, strict=True)}

    def write(self, path: Path | str) -> None:
        """Every run as CSV."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


def reverse_stress(scenario: str | Path, until: str, along: Sequence[Along], runs: int = 8, jobs: int = 1, *,
                   precision: float = 0.01, changes: Iterable[str] = (), executor: str | None = None,
                   progress: bool = False) -> Reverse:
    """Find the smallest shock that makes a condition true.

    Parameters
    ----------
    scenario  : a file or a shipped name
    until     : a condition on the figures of ``summary.csv``; see ``sim.experiments.conditions``
    along     : what is made more severe; with several, points that fill their box are looked at first, and the search
        goes along the ray to the smallest point that breaks most histories
    runs      : histories, which give the band
    precision : share of a range to which thresholds are known

    Raises BadInput before anything is run: an unknown figure or path, a value that a path refuses.
    """
    if not 1e-4 <= precision <= 0.25:
        raise bad_input("precision", "a share from 0.0001 to 0.25 is expected")
    if not along or len({each.path for each in along}) < len(along):
        raise bad_input("--along", "at least one path is needed, each once")
    base = Scenario.load(scenario, tuple(changes))
    known: dict[str, object] = {name: None for metric in metrics_of(base) for name in type(metric).figures}
    found = Reverse(base.title or base.name, condition(until, known), tuple(along), tuple(1.0 for _ in along))
    for corner in (0.0, 1.0):
        _at(scenario, changes, along, (corner,) * len(along))
    seeds = [base.seed + number for number in range(runs)]
    with runner(executor, jobs, [base]) as workers, stop_on_interrupt() as stop:
        look = _Looker(workers, stop, found, lambda point: _at(scenario, changes, along, point), progress)
        if len(along) > 1:
            points = halton(POINTS * len(along), len(along))
            answers = look([(tuple(point), seed) for point in points.tolist() for seed in seeds])
            share = np.array([[bool(a) for a in answers]]).reshape(len(points), len(seeds)).mean(axis=1)
            found.region = densest_box(points, share)
            most = np.flatnonzero(share >= 0.5) if (share >= 0.5).any() else np.flatnonzero(share > 0)
            if len(most):
                nearest = points[most[np.argmin(points[most].max(axis=1))]]
                found.ray = tuple((nearest / nearest.max()).tolist())
        found.threshold = smallest(look, seeds, found.ray, precision)
    missing = [name for name in found.condition.names if found.rows and all(name not in row for row in found.rows)]
    if missing and not found.stopped:
        raise bad_input(f"condition {until!r}", f'no run gives a figure "{missing[0]}"')
    return found


def _at(scenario: str | Path, changes: Iterable[str], along: Sequence[Along], point: Sequence[float]) -> Scenario:
    told = [f"{each.path}={each.value(severity)!r}" for each, severity in zip(along, point, strict=True)]
    try:
        return Scenario.load(scenario, [*changes, *told])
    except BadInput as error:
        raise BadInput(error.problems) from None


class _Looker:
    """Does runs and says which of them broke; the same run is never done twice."""

    def __init__(self, workers: Runner, stop: Any, found: Reverse, scenario_at: Callable[[tuple[float, ...]], Scenario],
                 progress: bool) -> None:
        self.workers, self.stop, self.found, self.scenario_at, self.progress = (workers, stop, found, scenario_at,
                                                                                progress)
        self.known: dict[tuple[tuple[float, ...], int], bool | None] = {}

    def __call__(self, wanted: list[tuple[tuple[float, ...], int]]) -> list[bool | None]:
        new = [each for each in dict.fromkeys(wanted) if each not in self.known]
        shown_ = Progress(len(new), shown=self.progress)
        scenarios = {point: self.scenario_at(point) for point in dict.fromkeys(point for point, _ in new)}
        done = []
        for outcome in self.workers.outcomes((Task(scenarios[point], number, seed)
                                              for number, (point, seed) in enumerate(new)), self.stop):
            done.append(outcome)
            shown_.tell(outcome.status == "failed")
        shown_.end()
        for outcome in sorted(done, key=lambda each: each.run):
            point, seed = new[outcome.run]
            if outcome.status == "finished":
                self._note(point, seed, outcome.figures)
            elif outcome.status == "failed":
                self.found.failed.append((seed, outcome.error))
        self.found.stopped |= len(done) < len(new)
        return [self.known.get(each) for each in wanted]

    def _note(self, point: tuple[float, ...], seed: int, figures: Mapping[str, float]) -> None:
        found = self.found
        self.known[point, seed] = broken = found.condition.holds(figures)
        values = {each.path: each.value(severity) for each, severity in zip(found.along, point, strict=True)}
        looked = {name: figures[name] for name in found.condition.names if name in figures}
        found.rows.append({"seed": seed, **values, "broken": broken, **looked})


