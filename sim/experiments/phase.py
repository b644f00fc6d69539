"""Where futures help and where they harm: a map over leverage and speculators' capital, against a world without them.

Each history of the map is set against the history of the same seed without futures. A cell *stabilises* where the
mean ratio lies below 0.95 beyond doubt (its 90 % interval does). It *destabilises* where the mean lies above 1.05
beyond doubt, or where more than one history in eight does: the harm is in the tail, and a mean of few wild histories is
known too badly to be judged by. It is *neutral* between. The 90 % quantile over histories and the share of histories
above one stand beside the mean; the median stands nowhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import bad_input, shown
from sim.experiments.sweep import StudyResults
from sim.summary import interval, least_share

STABLE, NEUTRAL, UNSTABLE = "stabilises", "neutral", "destabilises"
MEASURES = {  # name -> label, unit of the mean
    "hedgers": ("Cost risk of those who hedge", "variance against a world without futures"),
    "unhedged": ("Cost risk of those who pay spot", "variance against a world without futures"),
    "spot": ("Volatility of spot", "against a world without futures"),
    "built": ("Variation of the compute that is built", "against a world without futures"),
    "defaults": ("Defaults", "a year, those while the market formed added to the first"),
    "ended": ("Market ended, as nobody stood behind it any more", "share of histories"),
    "branching": ("Participants that one in distress brings down", "number"),
    "cost": ("Cost of a GPU-hour to those who hedge", "against a world without futures"),
    "cost_unhedged": ("Cost of a GPU-hour at spot", "against a world without futures"),
    "rationed": ("Demand that found no compute", "% of open demand, more than without futures"),
    "small_paid": ("What researchers and small developers paid for an hour", "against a world without futures"),
    "small_refused": ("What they wanted and did not find", "% of theirs, more than without futures"),
    "pace": ("Pace of AI", "against a world without futures"),
}
RATIOS = ("hedgers", "unhedged", "spot", "built", "cost", "cost_unhedged", "pace", "small_paid")
LEVELS = ("cost", "cost_unhedged", "pace", "branching", "rationed", "small_paid", "small_refused")
MATERIAL = 0.05  # a ratio nearer to one than this is no effect; judgement: a twentieth of a variance is noise to a user
TAIL = 1 / 8  # share of harmed histories that is too much; source: a working prototype's map turns there at once
EDGES = {  # beyond doubt above this a cell counts as destabilising
    "defaults": 1.0,  # a year; judgement: a default among 50 desks
    "ended": TAIL,  # share of histories
}


@dataclass(frozen=True)
class Cell:
    """One measure at one point of the map."""

    mean: float
    low: float  # 90 % interval of the mean
    high: float
    q90: float  # 90 % quantile over histories
    above: float  # share of histories above one (ratios) or above nothing
    histories: int
    verdict: str


EMPTY = Cell(math.nan, math.nan, math.nan, math.nan, math.nan, 0, NEUTRAL)


@dataclass
class PhaseDiagram:
    """The map: ``cells[measure][row, column]``, rows by capital, columns by leverage.

    values : (row, column) -> measure -> float64[histories], and "seed" and "point" alike
    """

    title: str
    leverage: list[float]
    capital: list[float]
    cells: dict[str, np.ndarray]
    values: dict[tuple[int, int], dict[str, np.ndarray]] = field(default_factory=dict)

    def table(self) -> Any:
        """A row for each measure and point, as a data frame."""
        import pandas as pd

        rows = []
        for measure, grid in self.cells.items():
            for row, capital in enumerate(self.capital):
                for column, leverage in enumerate(self.leverage):
                    cell = grid[row, column]
                    rows.append({"measure": measure, "unit": MEASURES[measure][1], "leverage": leverage,
                                 "capital": capital, **vars(cell)})
        return pd.DataFrame(rows)

    def count(self, measure: str) -> dict[str, int]:
        """Cells by verdict."""
        verdicts = [cell.verdict for cell in self.cells[measure].ravel()]
        return {name: verdicts.count(name) for name in (STABLE, NEUTRAL, UNSTABLE)}


def phase_diagram(grid: StudyResults | Path | str, worlds: StudyResults | Path | str, leverage: str = "leverage cap",
                  capital: str = "capital", world: str = "world") -> PhaseDiagram:
    """Set every history of a grid against the same seed's history without futures.

    grid    : a study over ``leverage`` (levels whose names are numbers, or numbers) and ``capital``
    worlds  : a study over ``world``, one of whose levels is called "none": no futures

    Raises BadInput where a parameter, the level or all seeds in common are missing.
    """
    grid = StudyResults(grid) if isinstance(grid, str | Path) else grid
    worlds = StudyResults(worlds) if isinstance(worlds, str | Path) else worlds
    frame, other = grid.runs, worlds.runs
    for folder, table, name in ((grid, frame, leverage), (grid, frame, capital), (worlds, other, world)):
        if name not in table:
            raise bad_input(shown(folder.folder), f'this study does not vary "{name}"')
    none = other[other[world] == "none"].set_index("seed")
    if not len(none):
        raise bad_input(shown(worlds.folder), f'no level of "{world}" is called "none"')
    frame = frame[frame["seed"].isin(none.index)]
    if not len(frame):
        raise bad_input(shown(grid.folder), "no seed is in both studies")
    frame = frame.assign(**{leverage: frame[leverage].astype(float), capital: frame[capital].astype(float)})
    columns, rows = sorted(frame[leverage].unique()), sorted(frame[capital].unique())
    cells = {name: np.full((len(rows), len(columns)), None, object) for name in MEASURES}
    every = {}
    for (at_leverage, at_capital), part in frame.groupby([leverage, capital]):
        values, place = measures(part, none.loc[part["seed"]]), (rows.index(at_capital), columns.index(at_leverage))
        for name, column in values.items():
            cells[name][place] = cell(name, column)
        every[place] = values | {name: part[name].to_numpy() for name in ("seed", "point") if name in part}
    for found in cells.values():
        for at in np.argwhere([[one is None for one in row] for row in found]):
            found[tuple(at)] = EMPTY
    known = {name: found for name, found in cells.items() if any(one.histories for one in found.ravel())}
    return PhaseDiagram(grid.about("title") or "", [float(c) for c in columns], [float(r) for r in rows], known,
                        every)


def measures(part: Any, none: Any) -> dict[str, np.ndarray]:
    """Measure -> float64[histories], of runs and the same seeds' runs without futures, in the same order.

    The cost of a GPU-hour that hedgers bear, and the revenue that suppliers keep, include all gains of futures of that
    month of delivery. Its variance is taken over the months of a history, for buyers and sellers apart, then averaged.
    """
    own = lambda name: part[name].to_numpy(float) if name in part else np.full(len(part), math.nan)
    base = lambda name: none[name].to_numpy(float) if name in none else np.full(len(part), math.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        spot = base("spot_cost_sd") ** 2
        return {
            "hedgers": (own("hedged_cost_sd") ** 2 + own("hedged_revenue_sd") ** 2) / 2 / spot,
            "unhedged": own("spot_cost_sd") ** 2 / spot,
            "spot": own("volatility_spot") / base("volatility_spot"),
            "built": own("orders_sd") / base("orders_sd"),
            "defaults": own("defaults") + np.nan_to_num(own("defaults_early")),
            "ended": np.nan_to_num(own("market_ended")),
            "branching": own("branching"),
            "cost": own("hedged_cost") / base("spot_cost"),
            "cost_unhedged": own("spot_cost") / base("spot_cost"),
            "rationed": own("rationed") - base("rationed"),
            "small_paid": own("small_paid") / base("small_paid"),
            "small_refused": own("small_refused") - base("small_refused"),
            "pace": own("pace_of_ai") / base("pace_of_ai"),
        }


def cell(measure: str, values: np.ndarray) -> Cell:
    """One measure over the histories of a point."""
    known = values[np.isfinite(values)]
    if not len(known):
        return EMPTY
    found = interval(known.tolist())
    if measure in RATIOS:
        harmed = float(np.mean(known > 1.0 + MATERIAL))
        verdict = NEUTRAL
        if found["low"] > 1.0 + MATERIAL or least_share(harmed, len(known)) > TAIL:
            verdict = UNSTABLE
        elif found["high"] < 1.0 - MATERIAL:
            verdict = STABLE
    else:
        edge = EDGES.get(measure, math.nan)
        verdict = STABLE if found["high"] < edge else UNSTABLE if found["low"] > edge else NEUTRAL
    if measure in LEVELS:
        verdict = NEUTRAL  # levels, not risks: shown, and judged by nobody here
    if measure == "ended":
        verdict = UNSTABLE if least_share(found["mean"], len(known)) > TAIL else NEUTRAL
    if measure in EDGES and verdict != UNSTABLE:
        verdict = STABLE if found["mean"] == 0 else NEUTRAL
    above = float(np.mean(known > (1.0 if measure in RATIOS else 0.0)))
    return Cell(found["mean"], found["low"], found["high"], float(np.quantile(known, 0.9)), above, len(known), verdict)
