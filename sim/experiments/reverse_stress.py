"""Reverse stress: the smallest shock that breaks something, history by history on the same luck."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.errors import BadInput, bad_input
from sim.experiments.boxes import Box, divided, even, needed
from sim.experiments.conditions import Condition, condition
from sim.experiments.executors import runner
from sim.experiments.progress import stop_on_interrupt
from sim.experiments.reverse_store import Looker, check, enter
from sim.experiments.store import Store
from sim.folder import write_text
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
    folder    : where all of it is kept
    regions   : where several paths were given: parts of their box, the one that breaks most often first
    """

    title: str
    condition: Condition
    along: tuple[Along, ...]
    ray: tuple[float, ...] = ()
    threshold: dict[int, float] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    regions: list[Box] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    stopped: bool = False
    folder: Path | None = None

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

    def csv(self) -> str:
        """Every run, in the order in which they were asked for."""
        out = io.StringIO()
        writer = csv.DictWriter(out, list(dict.fromkeys(name for row in self.rows for name in row)),
                                lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue()

    def within(self, box: Box) -> dict[str, tuple[float, float]]:
        """Path -> lowest and highest value in a box, infinite where only the end of the range limits it."""
        out = {}
        for each, low, high in zip(self.along, *box.bounds, strict=True):
            worst = math.copysign(math.inf, each.high - each.low)
            ends = (each.value(low) if low > 0 else -worst, each.value(high) if high < 1 else worst)
            lower, upper = (float(f"{end:.12g}") for end in sorted(ends))  # 0.3, not 0.30000000000000004
            out[each.path] = (lower, upper)
        return out

    def regions_csv(self) -> str:
        """A row for each part of the box: runs, how many broke, and the two ends of each path."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["runs", "broken", *(f"{each.path} {end}" for each in self.along for end in ("low", "high"))])
        for box in self.regions:
            inside = self.within(box)
            writer.writerow([box.runs, box.broken, *(value for each in self.along for value in (
                max(inside[each.path][0], min(each[1:])), min(inside[each.path][1], max(each[1:]))))])
        return out.getvalue()

    def thresholds_csv(self) -> str:
        """A row for each history: its seed, the severity that first breaks it, and the value of each path there."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["seed", "severity", *(each.path for each in self.along)])
        for seed, severity in self.threshold.items():
            known = math.isfinite(severity)
            writer.writerow([seed, severity, *(self.values(severity).values() if known else [""] * len(self.along))])
        return out.getvalue()


def reverse_stress(scenario: str | Path, until: str, along: Sequence[Along | str], runs: int = 8, jobs: int = 1, *,
                   precision: float = 0.01, changes: Iterable[str] = (), out: Path | str | None = None,
                   resume: bool = False, executor: str | None = None, cluster: str | None = None,
                   progress: bool = False) -> Reverse:
    """Find the smallest shock that makes a condition true.

    Parameters
    ----------
    scenario  : a file or a shipped name
    until     : a condition on the figures of ``summary.csv``; see ``sim.experiments.conditions``
    along     : what is made more severe, as ``path_of`` gives it or reads it, such as "shocks.spot_jump.demand=1:3";
        with several, points that fill their box are looked at first, and the search goes along the ray to the
        smallest point that breaks most histories
    runs      : histories, which give the band
    precision : share of a range to which thresholds are known
    out       : the folder, ``results/reverse-stress-<scenario>-<hash8>`` if left out; every run in it is a run of a
        study, which ``open_study`` reads. It survives being killed, and goes on with ``resume``

    Raises BadInput before anything is run: an unknown figure or path, a value that a path refuses, a folder of another
    search or one begun before.
    """
    ways = [path_of(each) if isinstance(each, str) else each for each in along]
    if not 1e-4 <= precision <= 0.25:
        raise bad_input("precision", "a share from 0.0001 to 0.25 is expected")
    if not ways or len({each.path for each in ways}) < len(ways):
        raise bad_input("--along", "at least one path is needed, each once")
    if runs < 1:
        raise bad_input("--runs", "at least one history is needed")
    if len(ways) > 1:
        needed()
    base = Scenario.load(scenario, tuple(changes))
    known: dict[str, object] = {name: None for metric in metrics_of(base) for name in type(metric).figures}
    found = Reverse(base.title or base.name, condition(until, known), tuple(ways), tuple(1.0 for _ in ways))
    at = lambda point: _at(scenario, changes, ways, point)
    ends = [at((corner,) * len(ways)) for corner in (0.0, 1.0)]
    content = [base.hash8(), base.seed, until, runs, precision, POINTS, STEPS, [list(each) for each in ways]]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]
    seeds = [base.seed + number for number in range(runs)]
    folder = Path(out) if out is not None else Path("results") / f"reverse-stress-{base.name}-{digest}"
    with Store(folder) as store:
        check(store, digest, resume)
        with runner(executor, jobs, ends, cluster) as workers, stop_on_interrupt() as stop:
            enter(store, digest, resume, {
                "title": found.title, "question": f"The smallest shock with which {until}", "until": until,
                "along": [list(each) for each in ways], "parameters": [each.path for each in ways]})
            look = Looker(store, workers, stop, found, at, progress)
            _search(look, found, seeds, precision)
        store.stop()
        found.folder, found.rows, found.failed = store.folder, look.rows(), look.failures()
        missing = [name for name in found.condition.names if found.rows and all(name not in r for r in found.rows)]
        if missing and not found.stopped:
            raise bad_input(f"condition {until!r}", f'no run gives a figure "{missing[0]}"')
        if not found.stopped:
            write_text(store.folder / "runs.csv", found.csv())
            write_text(store.folder / "thresholds.csv", found.thresholds_csv())
            if found.regions:
                write_text(store.folder / "regions.csv", found.regions_csv())
            store.note("finished", True)
    return found


def _search(look: Broken, found: Reverse, seeds: Sequence[int], precision: float) -> None:
    """Look at the box if there are several paths, then for the threshold of each history along the ray."""
    count = len(found.along)
    if count > 1:
        points = even(POINTS * count, count)
        answers = look([(tuple(point), seed) for point in points.tolist() for seed in seeds])
        counted = lambda kinds: np.array([a in kinds for a in answers]).reshape(len(points), -1).sum(axis=1)
        broken, runs = counted((True,)), counted((True, False))
        found.regions = divided(points, broken, runs)
        share = broken / np.maximum(runs, 1)
        most = np.flatnonzero(share >= 0.5) if (share >= 0.5).any() else np.flatnonzero(share > 0)
        if len(most):
            nearest = points[most[np.argmin(points[most].max(axis=1))]]
            found.ray = tuple((nearest / nearest.max()).tolist())
    if not found.stopped:
        found.threshold = smallest(look, seeds, found.ray, precision)


def _at(scenario: str | Path, changes: Iterable[str], along: Sequence[Along], point: Sequence[float]) -> Scenario:
    told = [f"{each.path}={each.value(severity)!r}" for each, severity in zip(along, point, strict=True)]
    try:
        return Scenario.load(scenario, [*changes, *told])
    except BadInput as error:
        raise BadInput(error.problems) from None
