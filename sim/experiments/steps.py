"""Levels of one thing, step by step, on the same luck: what changes from each level to the next, and how sure that is.

It reads a finished study of one parameter. Each figure of a level is set against the same seed's figure at the level
before, with a 90 % interval (Student's t for pairs) and a p-value by flipping signs, which asks nothing of how
differences are distributed. Where the study kept its contracts, daily changes of the second month are pooled over
seeds for Hill exponents; their intervals come from drawing whole seeds again, the same ones at both levels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.errors import bad_input, shown
from sim.experiments.paired import paired
from sim.experiments.sweep import StudyResults
from sim.metrics.base import leading
from sim.metrics.prices import second_month_changes
from sim.metrics.statistics import hill
from sim.streams import Streams
from sim.summary import Frames, figures_of, interval, metrics_of

FLIPS, DRAWS = 9_999, 999  # judgement: p-values to 0.01 and interval ends to a few per cent of their width
BUSINESS_DAYS = 252
SIDES = {  # name -> label, share of all days that counts as tail
    "hill_either": ("Hill exponent, largest 5 % of daily changes, pooled", 0.05),
    "hill_falls": ("Hill exponent of falls, deepest 2.5 % of days, pooled", 0.025),
    "hill_rises": ("Hill exponent of rises, highest 2.5 % of days, pooled", 0.025),
    "hill_own": ("Hill exponent of changes of price over expectation, largest 5 %, pooled", 0.05),
    "hill_losses": ("Hill exponent of speculators' daily losses over their equity, deepest 2.5 %, pooled", 0.025),
}
SHOWN = ("defaults_all", "defaults", "defaults_early", "closures", "forced_events", "forced_share", "branching",
         "cascade_largest", "house_loss", "volatility_second_month", "kurtosis_second_month", "tail_second_month",
         "risk_ratio", "hedged_cost", "spot_cost", "spot_cost_sd", "volatility_spot", "small_paid", "small_refused",
         "capacity_growth", "orders_sd")
COUNTED = {  # from days, where these were kept
    "closures": {"label": "Funds that closed", "unit": "a year", "better": "low"},
    "defaults_all": {"label": "Defaults in a history, those while the market formed included", "unit": "number",
                     "better": "low"}}


@dataclass(frozen=True)
class Level:
    """One level: figures and daily changes by seed, and how many runs failed.

    moves : seed -> float64[days], log changes of the second month
    others : the same by name: "hill_own" of its price over what the index was expected to average, "hill_losses" of
        what all speculators together gained in a day over their equity the day before
    """

    name: str
    figures: dict[int, dict[str, float]]
    moves: dict[int, np.ndarray]
    failed: int = 0
    others: dict[str, dict[int, np.ndarray]] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Its name as a number; nan for one that is none."""
        try:
            return float(self.name)
        except ValueError:
            return math.nan


@dataclass(frozen=True)
class Step:
    """One figure at one level less the same figure at another, with its 90 % interval and p-value.

    higher, lower : seeds whose figure is higher, or lower. A pooled exponent is one number of all seeds together: of
    it none is higher or lower.
    """

    figure: str
    above: str
    below: str
    pairs: int
    mean: float
    low: float
    high: float
    p: float
    higher: int
    lower: int


@dataclass
class Steps:
    """Levels of one parameter beside each other.

    about : figure -> label, unit, better; means : (level, figure) -> histories, mean, low, high, q10, q90
    """

    title: str
    by: str
    levels: list[Level]
    about: dict[str, dict[str, str]]
    means: dict[tuple[str, str], dict[str, float]]
    steps: list[Step]

    def table(self) -> Any:
        """A row for each level and figure, as a data frame."""
        import pandas as pd

        return pd.DataFrame([{self.by: level, "figure": name, "label": self.about[name]["label"],
                              "unit": self.about[name]["unit"], **values}
                             for (level, name), values in self.means.items()])

    def differences(self) -> Any:
        """A row for each step and figure, as a data frame."""
        import pandas as pd

        return pd.DataFrame([vars(step) for step in self.steps])


def levels_of(study: StudyResults, by: str = "", first_day: int = 0) -> list[Level]:
    """The levels of a study's parameter, in its order.

    by        : the parameter; the only one that takes several values if left out
    first_day : figures are taken from this day on, which needs `record: daily`

    Raises BadInput where another parameter varies too, or days were not kept.
    """
    points = study.points
    varied = [name for name in points[0] if len({str(point[name]) for point in points}) > 1]
    by = by or (varied[0] if varied else "")
    if not by or set(varied) - {by}:
        raise bad_input(shown(study.folder), f"steps are taken along one parameter; this study varies "
                                             f"{', '.join(varied) or 'none'}")
    kept = study.table("daily") is not None
    if first_day and not kept:
        raise bad_input(shown(study.folder), "this study kept no days, so its figures begin on the first; "
                                             "`record: daily` keeps them")
    tables = {name: study.table(name) for name in ("daily", "contracts", "events", "causes", "deliveries")}
    parts = {name: dict(list(table.groupby("run"))) for name, table in tables.items() if table is not None}
    frame, known = study.runs, set(study.about("figures") or {})
    failed = [row["point"] for row in study.failed]
    out = []
    for number, point in enumerate(points):
        level = Level(str(point[by]), {}, {}, failed.count(number))
        for row in frame[frame["point"] == number].to_dict("records"):
            run, seed = row["run"], int(row["seed"])
            own = {name: table.get(run, tables[name].iloc[:0]) for name, table in parts.items()}
            figures = later(own, first_day) if first_day else {k: v for k, v in row.items() if k in known}
            level.figures[seed] = figures
            if kept:
                figures |= counted(own["daily"][own["daily"]["day"] >= first_day], figures)
                listed = leading(own["contracts"])
                listed = listed[listed["day"] >= first_day]
                level.moves[seed] = second_month_changes(listed)
                over = listed["settle"] / listed["expected"].where(listed["expected"] > 0)
                level.others.setdefault("hill_own", {})[seed] = second_month_changes(listed.assign(settle=over))
                level.others.setdefault("hill_losses", {})[seed] = gains(own["daily"], first_day)
        out.append(level)
    return out


def counted(daily: Any, figures: dict[str, float]) -> dict[str, float]:
    """Closures a year, and defaults from the first day of the market on; a history without any event has none."""
    early = figures.get("defaults_early", math.nan)
    early = early if math.isfinite(early) else 0.0
    out = {"defaults_early": early}
    if "closures" in daily:
        out["closures"] = float(daily["closures"].sum()) * BUSINESS_DAYS / max(len(daily), 1)
    if "defaults" in daily:
        out["defaults_all"] = float(daily["defaults"].sum()) + early
    return out


def gains(daily: Any, first_day: int = 0) -> np.ndarray:
    """float64[days - 1]: what speculators gained in a day over their equity the day before, while they had any."""
    if "gain_speculators_cents" not in daily or "equity_speculators_cents" not in daily:
        return np.zeros(0)
    rows = daily[daily["day"] >= first_day]
    equity = rows["equity_speculators_cents"].to_numpy(float)[:-1]
    gain = np.diff(rows["gain_speculators_cents"].to_numpy(float))
    return gain[equity > 0] / equity[equity > 0]


def later(own: Mapping[str, Any], first_day: int) -> dict[str, float]:
    """All figures of one run as if its reported days began on ``first_day``; what was before counts as early."""
    moved = {name: table.assign(day=table["day"] - first_day) if "day" in table else table
             for name, table in own.items()}
    for name in sorted({"daily", "contracts", "deliveries"} & moved.keys()):
        moved[name] = moved[name][moved[name]["day"] >= 0].reset_index(drop=True)
    return figures_of(metrics_of(None), Frames(agents=moved["daily"].iloc[:0], **moved))[0]


def steps(levels: Sequence[Level], about: Mapping[str, dict[str, str]], title: str = "", by: str = "level",
          figures: Sequence[str] = SHOWN, against: str = "previous") -> Steps:
    """Set levels against the one before, or (``against="first"``) against the first.

    Raises BadInput for fewer than two levels.
    """
    if len(levels) < 2:
        raise bad_input(by, "there is one level only, and nothing to set it against")
    there = [name for name in figures if any(name in one for level in levels for one in level.figures.values())]
    known = {name: dict(about.get(name) or COUNTED.get(name) or {"label": name, "unit": "", "better": ""})
             for name in there}
    means, out = {}, []
    for level in levels:
        for name in there:
            values = [one.get(name, math.nan) for one in level.figures.values()]
            count = sum(math.isfinite(value) for value in values)
            means[level.name, name] = {"histories": count, **interval(values)}
    for number, level in enumerate(levels[1:], 1):
        other = levels[0 if against == "first" else number - 1]
        seeds = sorted(level.figures.keys() & other.figures.keys())
        for name in there:
            a, b = (np.array([one.figures[seed].get(name, math.nan) for seed in seeds]) for one in (level, other))
            d = paired(a.tolist(), b.tolist())
            out.append(Step(name, level.name, other.name, d.pairs, d.mean, d.low, d.high, sign_flips(a - b),
                            d.higher, d.lower))
    if all(level.moves for level in levels):
        known |= {name: {"label": label, "unit": "number", "better": ""} for name, (label, _) in SIDES.items()
                  if name in _sides(levels)}
        _pooled(levels, against, means, out)
    return Steps(title, by, list(levels), known, means, out)


def sign_flips(gaps: np.ndarray) -> float:
    """p-value of a mean difference that is as far from zero as this one, were the sign of each pair's a coin's throw.

    gaps : float64[n]; those not known are left out. Source: Fisher 1935, The Design of Experiments, section 21.
    """
    gaps = gaps[np.isfinite(gaps)]
    if not len(gaps):
        return math.nan
    signs = np.where(Streams(0).uniform("sign flips", FLIPS * len(gaps)).reshape(FLIPS, -1) < 0.5, -1.0, 1.0)
    reached = np.abs((signs * gaps).sum(axis=1)) >= abs(float(gaps.sum())) * (1 - 1e-12)
    return float((1 + reached.sum()) / (1 + FLIPS))


def pooled_tail(moves: Sequence[np.ndarray], side: str) -> float:
    """Hill exponent of daily changes of many histories put together; nan where too few moved at all."""
    x = np.concatenate(list(moves)) if len(moves) else np.zeros(0)
    if side in ("hill_falls", "hill_rises", "hill_losses"):
        x = np.maximum(x if side == "hill_rises" else -x, 0.0)
    return hill(x, SIDES[side][1])


def _sides(levels: Sequence[Level]) -> list[str]:
    """The exponents that all levels have what they need for."""
    special = {name for level in levels for name in level.others} | {"hill_own", "hill_losses"}
    return [side for side in SIDES if side not in special or all(level.others.get(side) for level in levels)]


def _pooled(levels: Sequence[Level], against: str, means: dict[tuple[str, str], dict[str, float]],
            out: list[Step]) -> None:
    """Add the pooled exponents of each level over its seeds, and the steps between them over those that both have.

    Seeds are drawn anew, whole, and the same ones at both levels of a step.
    """
    for side in _sides(levels):
        for level in levels:
            seeds = sorted(level.moves)
            whole, drawn = _drawn(level, side, seeds)
            low, high = _ends(drawn)
            means[level.name, side] = {"histories": len(seeds), "mean": whole, "low": low, "high": high,
                                       "q10": math.nan, "q90": math.nan}
        for number, level in enumerate(levels[1:], 1):
            other = levels[0 if against == "first" else number - 1]
            seeds = sorted(level.moves.keys() & other.moves.keys())
            (here, drawn), (there, drawn_there) = (_drawn(one, side, seeds) for one in (level, other))
            gap = drawn - drawn_there
            gap = gap[np.isfinite(gap)]
            beyond = 1 + min(int((gap >= 0).sum()), int((gap <= 0).sum()))
            least = 2.0 ** (1 - len(seeds))  # few seeds tell little
            p = max(2 * beyond / (1 + len(gap)), least) if len(gap) else math.nan
            out.append(Step(side, level.name, other.name, len(seeds), here - there, *_ends(gap), min(p, 1.0), 0, 0))


def _drawn(level: Level, side: str, seeds: Sequence[int]) -> tuple[float, np.ndarray]:
    """The exponent of these seeds' changes put together, and float64[DRAWS] with seeds drawn anew."""
    moves, count = level.others.get(side, level.moves), len(seeds)
    own = [moves[seed] for seed in seeds]
    draws = Streams(0).integers("seeds drawn anew", DRAWS * count, 0, count).reshape(DRAWS, count)
    return pooled_tail(own, side), np.array([pooled_tail([own[k] for k in draw], side) for draw in draws])


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Middle 90 % of what is known."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.05, 0.95]) if len(known) else (math.nan, math.nan)
    return float(low), float(high)
