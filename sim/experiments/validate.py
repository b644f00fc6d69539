"""What must emerge, measured over many histories and laid beside real values: the table behind docs/validation.md.

A row is a declared object: what is measured, on which world, by which function, the range that real data give and
where that range comes from. Estimators are fixed before they are looked at; a figure out of range is told as such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from sim.errors import bad_input, near_miss, quoted
from sim.experiments.executors import Task, runner
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.one_run import Outcome
from sim.scenario import Scenario

PARTS = ("physical", "market")
WORK = "sim.experiments.validate:work"


@dataclass(frozen=True)
class World:
    """What histories are made of: ``sample`` gives one history of a task, ready to be measured.

    changes : to the baseline scenario, for worlds with a market
    """

    name: str
    sample: Callable[[Task], Any]
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One figure and what it should be.

    world   : the world it is measured on
    measure : one history -> its value, or an array where histories are pooled
    low, high : range that real data give, both inclusive; None for no bound. Without either it is reported only
    source  : where the range comes from
    real    : the real value in words, where there is one
    against : a second world with the same luck, whose value is taken off
    pool    : all histories' arrays, one after another -> one value
    """

    key: str
    label: str
    unit: str
    world: str
    measure: Callable[[Any], Any]
    source: str
    low: float | None = None
    high: float | None = None
    real: str = ""
    section: str = ""
    against: str = ""
    pool: Callable[[np.ndarray], float] | None = None


@dataclass
class Finding:
    """A row and what was found: ``values`` by history, which for a pooled row is one value of all."""

    row: Row
    values: list[float]

    @property
    def known(self) -> np.ndarray:
        """float64[n]: the values there are."""
        return np.array([value for value in self.values if math.isfinite(value)])

    @property
    def mean(self) -> float:
        """Mean over histories; nan where there is none."""
        return float(self.known.mean()) if len(self.known) else math.nan

    @property
    def range(self) -> tuple[float, float]:
        """The 10 % and 90 % quantiles over histories."""
        if not len(self.known):
            return math.nan, math.nan
        low, high = np.quantile(self.known, [0.1, 0.9])
        return float(low), float(high)

    @property
    def verdict(self) -> str:
        """"in", "low" or "high" by the mean; "reported" without a range, "unknown" without a value."""
        low, high = self.row.low, self.row.high
        if not math.isfinite(self.mean):
            return "unknown"
        if low is None and high is None:
            return "reported"
        if low is not None and self.mean < low:
            return "low"
        return "high" if high is not None and self.mean > high else "in"


@dataclass
class Validation:
    """All findings, and what they rest on.

    failed : world, seed and error of histories that failed
    """

    findings: list[Finding]
    seeds: list[int]
    failed: list[tuple[str, int, str]] = field(default_factory=list)
    stopped: bool = False

    def table(self) -> Any:
        """A data frame with a row for each figure."""
        import pandas as pd

        rows = [{"figure": f.row.key, "label": f.row.label, "unit": f.row.unit, "world": f.row.world, "low": f.row.low,
                 "high": f.row.high, "real": f.row.real, "mean": f.mean, "q10": f.range[0], "q90": f.range[1],
                 "histories": len(f.known), "verdict": f.verdict, "source": f.row.source} for f in self.findings]
        return pd.DataFrame(rows).set_index("figure")


@cache
def declared() -> tuple[tuple[Row, ...], dict[str, World]]:
    """Every row and every world."""
    from sim.experiments import validate_market as market
    from sim.experiments import validate_physical as physical

    worlds = {world.name: world for world in (*physical.WORLDS, *market.WORLDS)}
    return (*physical.ROWS, *market.ROWS), worlds


def rows_of(part: str) -> tuple[Row, ...]:
    """The rows of a part: "physical", "market" or "all". Raises BadInput for another."""
    from sim.experiments import validate_market as market
    from sim.experiments import validate_physical as physical

    known = {"physical": physical.ROWS, "market": market.ROWS, "all": (*physical.ROWS, *market.ROWS)}
    if part not in known:
        raise bad_input(f"--rows {part}", f"there is no such part{near_miss(part, known) or ';'} "
                                          f"there are: {quoted(known)}")
    return known[part]


def work(task: Task) -> Outcome:
    """One history of one world, measured: single values in ``figures``, arrays to be pooled in ``tables``."""
    rows, worlds = declared()
    (name, *keys) = task.options
    sample, outcome = worlds[name].sample(task), Outcome(task.run, task.seed)
    for row in rows:
        if row.key in keys:
            value = row.measure(sample)
            if row.pool is None:
                outcome.figures[row.key] = float(value)
            else:
                outcome.tables[row.key] = pa.table({"value": np.asarray(value, np.float64)})
    return outcome


def validate(rows: Sequence[Row] | str = "all", runs: int = 30, jobs: int = 1, changes: Sequence[str] = (),
             first_seed: int = 1, progress: bool = False) -> Validation:
    """Measure rows over histories.

    rows    : rows, or the name of a part
    runs    : histories of each world, with seeds counting up from ``first_seed``
    changes : to the baseline, before those of each world; they shorten tests

    Raises BadInput for a part that is unknown, fewer than one history, or changes that do not fit.
    """
    chosen = rows_of(rows) if isinstance(rows, str) else tuple(rows)
    if runs < 1:
        raise bad_input("runs", "at least one history is needed")
    worlds = declared()[1]
    used = [name for name in worlds if any(name in (row.world, row.against) for row in chosen)]
    scenarios = {name: Scenario.load("baseline", [*changes, *worlds[name].changes]) for name in used}
    seeds = list(range(first_seed, first_seed + runs))
    tasks: list[Task] = []
    where: dict[int, tuple[str, int]] = {}
    for name in used:
        keys = tuple(row.key for row in chosen if name in (row.world, row.against))
        for seed in seeds:
            where[len(tasks)] = (name, seed)
            tasks.append(Task(scenarios[name], len(tasks), seed, work=WORK, options=(name, *keys)))
    outcomes: dict[tuple[str, int], Outcome] = {}
    told = Progress(len(tasks), shown=progress)
    with stop_on_interrupt() as stop, runner(None, jobs, list(scenarios.values())) as pool:
        for outcome in pool.outcomes(tasks, stop):
            outcomes[where[outcome.run]] = outcome
            told.tell(outcome.status != "finished")
    told.end()
    failed = [(*place, outcome.error) for place, outcome in outcomes.items() if outcome.status != "finished"]
    done = {place: outcome for place, outcome in outcomes.items() if outcome.status == "finished"}
    return Validation([_finding(row, done, seeds) for row in chosen], seeds, failed, len(outcomes) < len(tasks))


def _finding(row: Row, done: dict[tuple[str, int], Outcome], seeds: list[int]) -> Finding:
    """The values of a row: of one world, or of one less the other history by history."""
    names = [row.world, *([row.against] if row.against else [])]
    whole = [seed for seed in seeds if all((name, seed) in done for name in names)]
    if not whole:
        return Finding(row, [])
    if row.pool is not None:
        pools = [np.concatenate([done[name, seed].tables[row.key]["value"].to_numpy() for seed in whole])
                 for name in names]
        values = [row.pool(pool) for pool in pools]
        return Finding(row, [values[0] - (values[1] if row.against else 0.0)])
    return Finding(row, [done[row.world, seed].figures[row.key]
                         - (done[row.against, seed].figures[row.key] if row.against else 0.0) for seed in whole])
