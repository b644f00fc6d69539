"""Margin rules on a real price series: was the margin enough, how fast did it rise, what did it cost.

result = backtest("h100_quotes_prime_intellect", ["historical", "filtered_historical + buffer"])
result.table(); result.write("backtest.csv"); result.figure()
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.clearing import christoffersen, kupiec, procyclicality, traffic_light
from sim.clearing.margin.base import LONG, SHORT, MarginModel
from sim.clearing.rates import RateRule
from sim.errors import bad_input
from sim.experiments.margin_rules import Rule, rule_of
from sim.price_files import Prices, read_prices

MODELS = ("fixed", "reviewed_fixed", "ewma", "historical", "filtered_historical", "scanning", "blended")
WINDOWS = (1, 5, 20)
FEWEST = 10  # days on which anything can be said


@dataclass(frozen=True)
class Outcome:
    """What became of one rule on the days of the test.

    Attributes
    ----------
    rate : float64[days]  margin in force, share of the value of the position at the settlement before
    loss : float64[days]  what the position lost over the close-out period that begins then, same unit
    tested : bool[days]   days whose close-out periods do not overlap: on these breaches are counted
    """

    rule: Rule
    rate: np.ndarray
    loss: np.ndarray
    tested: np.ndarray

    @property
    def breaches(self) -> np.ndarray:
        """bool[days]: tested days on which the loss was more than the margin."""
        return self.tested & (self.loss > self.rate)


@dataclass(frozen=True)
class Backtest:
    """Results of one position on one series, a rule a row.

    confidence : share of days that a margin is asked to cover; side : "long" or "short"
    dates      : datetime64[s][days] of the test; before : how many earlier prices were only learnt from
    value      : float64[days]  dollars that the position was worth at the settlement before
    """

    prices: Prices
    side: str
    confidence: float
    dates: np.ndarray
    before: int
    value: np.ndarray
    outcomes: tuple[Outcome, ...]

    def row(self, outcome: Outcome) -> dict[str, Any]:
        """All figures of one rule."""
        hits = outcome.breaches[outcome.tested]
        n, x, p = len(hits), int(hits.sum()), 1.0 - self.confidence
        frequency, light = kupiec(x, n, p), traffic_light(x, n, p)
        together = christoffersen(hits, p)
        excess = np.where(outcome.breaches, outcome.loss - outcome.rate, 0.0)
        figures = {"rule": outcome.rule.label, "days": n, "breaches": x, "expected": n * p, "coverage": 1.0 - x / n,
                   "kupiec": frequency.ratio, "kupiec_p": frequency.p_value, "one_sided_p": frequency.one_sided,
                   "christoffersen": together.ratio, "christoffersen_p": together.p_value,
                   "joint_p": together.joint_p_value, "zone": light.zone}
        return figures | self._rises(outcome.rate) | {
            "mean_margin": float(outcome.rate.mean()), "mean_margin_dollars": float((outcome.rate * self.value).mean()),
            "largest_breach": float(excess.max()), "largest_breach_dollars": float((excess * self.value).max()),
            "uncovered": float(excess.sum())}

    @staticmethod
    def _rises(rate: np.ndarray) -> dict[str, float]:
        """Procyclicality; a rate that was zero for a while has no ratios."""
        names = ["peak_to_trough", "trough_first", *(f"ratio_{days}d" for days in WINDOWS)]
        increases = {f"increase_{days}d": float((rate[days:] - rate[:-days]).max()) if len(rate) > days else math.nan
                     for days in WINDOWS}
        if rate.min() <= 0:
            return dict.fromkeys(names, math.nan) | increases
        found = procyclicality(rate, WINDOWS)
        return dict(zip(names, [found.peak_to_trough, found.trough_first, *found.ratio.values()],
                        strict=True)) | increases

    def table(self) -> Any:
        """A pandas table with a row for each rule, in the order in which they were given; shares, ratios, dollars."""
        import pandas as pd

        return pd.DataFrame([self.row(outcome) for outcome in self.outcomes]).set_index("rule")

    def daily(self) -> Any:
        """A pandas table with a row for each rule and day: margin, loss, and whether it was a breach."""
        import pandas as pd

        return pd.concat([pd.DataFrame({
            "rule": each.rule.label, "date": self.dates, "margin": each.rate, "loss": each.loss,
            "tested": each.tested, "breach": each.breaches}) for each in self.outcomes], ignore_index=True)

    def write(self, path: str | Path) -> None:
        """The table as a CSV file."""
        self.table().to_csv(path, float_format="%.10g")

    def figure(self, phone: bool = False) -> Any:
        """A matplotlib Figure: prices, and below them margin and losses by rule."""
        from sim.experiments.backtest_figure import draw

        return draw(self, phone).fig


def backtest(prices: str | Path | Prices, models: Sequence[Any] = MODELS, position: str | float = "long", *,
             confidence: float = 0.99, close_out_days: int = 1, warm_up: int | None = None,
             column: str = "price") -> Backtest:
    """Run margin rules through a price series; each day's margin is found from the prices before it.

    Parameters
    ----------
    prices     : CSV file with ``date`` and ``price``, a shipped series' name, or a series
    models     : rules, as ``sim.experiments.margin_rules.rule_of`` takes them
    position   : "long", "short", or units held, negative if short; money is for so many units
    confidence : share of days that margins are tested against
    close_out_days : days over which a loss is counted; breaches are then tested on days so far apart
    warm_up    : prices that are learnt from before the test begins; if left out as many as the longest lookback,
        but at most half of the series
    column     : name of the column of prices

    Raises BadInput for files and rules that cannot be used.
    """
    series = prices if isinstance(prices, Prices) else read_prices(prices, column)
    side, units = _side(position)
    rules = [rule_of(choice) for choice in models]
    if not rules:
        raise bad_input("backtest", "there is no margin rule to test")
    labels = [rule.label for rule in rules]
    if len(set(labels)) < len(labels):
        raise bad_input("backtest", "a margin rule stands twice")
    if not 0.5 <= confidence < 1 or close_out_days < 1:
        raise bad_input("backtest", "the confidence is at least 0.5 and below 1, and closing out takes a day or more")
    learnt = _warm_up(series, rules, warm_up, close_out_days)
    days = np.arange(learnt, len(series.prices) - close_out_days + 1)
    before, after = series.prices[days - 1], series.prices[days + close_out_days - 1]
    loss = (before - after) / before * (1.0 if side == LONG else -1.0)
    tested = (days - learnt) % close_out_days == 0
    outcomes = tuple(Outcome(rule, _path(rule, series.prices, side)[days], loss, tested) for rule in rules)
    return Backtest(series, ("long", "short")[side], confidence, series.dates[days], learnt, before * units, outcomes)


def _path(rule: Rule, prices: np.ndarray, side: int) -> np.ndarray:
    rates = RateRule(rule.model, rule.damper, lambda sides: sides[side])
    column = prices[:, None]
    return np.array([rates.update(column[:day])[0] for day in range(len(prices))])


def _side(position: str | float) -> tuple[int, float]:
    if position in ("long", "short"):
        return (LONG if position == "long" else SHORT), 1.0
    try:
        units = float(position)
    except ValueError:
        units = 0.0
    if not math.isfinite(units) or units == 0:
        raise bad_input(f"position {position!r}", "a position is long, short, or a number of units that is not zero")
    return (LONG if units > 0 else SHORT), abs(units)


def lookback(model: MarginModel) -> int:
    """Days that a model looks back at its full strength; those in which it forgets alone count a year."""
    inner = getattr(model, "model", None)
    if isinstance(inner, MarginModel):
        return lookback(inner)
    return min(int(getattr(model, "window", 0)), 504)


def _warm_up(series: Prices, rules: Sequence[Rule], wanted: int | None, close_out_days: int) -> int:
    days = len(series.prices)
    longest = max(lookback(rule.model) for rule in rules)
    learnt = max(1, min(longest, days // 2)) if wanted is None else wanted
    if learnt < 1 or days - learnt < FEWEST * close_out_days:
        most = days - FEWEST * close_out_days
        if wanted is None or most < 1:
            raise bad_input(series.name, f"{days} prices are too few for a test of {FEWEST} close-out periods")
        raise bad_input(series.name, f"a warm-up of {learnt} leaves too few of {days} prices; it is 1 to {most}")
    return learnt
