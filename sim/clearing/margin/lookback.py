"""What models share that learn from past changes: horizon, lookback, and the proxy of a young contract."""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.changes import filled_changes, known_changes
from sim.clearing.margin.portfolio import Offsets, Replay, Requirement
from sim.clearing.margin.tails import Measure, Quantile, Tail, both_sides, tail_loss, tail_size, weighted_tail_loss
from sim.plugin import param

CONFIDENCE = "CFTC rule 39.13(g) and EMIR RTS 153/2013 Art. 24 ask for 99 % of listed futures (both at second hand)"


class Lookback(MarginModel):
    """A model of past changes."""

    close_out_days: int = param(
        1, unit="business days", low=1, high=30, doc="margin period of risk: days that closing a defaulter out takes",
        source="CFTC rule 39.13(g)(2)(ii), at second hand: one day for futures; EMIR asks for two")
    window: int = param(500, unit="business days", low=2, high=2520, doc="lookback: past daily changes that count",
                        source="judgement: two years; at least one is asked for")
    assumed_volatility: float = param(
        0.024, unit="per square root of a day", above=0, high=1,
        doc="proxy: a young contract borrows the days that it lacks from the month before it, and for days before any "
            "month was listed changes are assumed to be normal with this volatility",
        source="judgement: 38 % a year, as the market assumes before there is any history")
    efficiency_view: float = param(
        1.0, unit="multiple", low=0, high=10,
        doc="how large the model takes news of efficiency to be, over what they are: below 1 it holds part of past "
            "moves for what cannot come again, above 1 it expects larger ones",
        source="judgement: 1, the model is right; beliefs of traders have `efficiency_error` in its place")
    efficiency_share: float = param(
        0.25, unit="share of variance", low=0, high=1,
        doc="part of the variance of price changes that comes with news of efficiency; says nothing at a view of 1",
        source="judgement: a few jumps a year beside daily news of demand, supply and index")
    changes: Literal["logarithms", "shares"] = param(
        "logarithms", unit="form", doc="whether a daily change is the logarithm of the price ratio or the share gained",
        source="judgement: logarithms, as in most published backtests")

    def daily(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts, window]: past daily changes, missing ones filled by the proxy."""
        return self.filled(history, self.window)

    @property
    def misjudged(self) -> float:
        """By what the model multiplies volatility, since it takes news of efficiency for larger or smaller."""
        return math.sqrt(1.0 + self.efficiency_share * (self.efficiency_view**2 - 1.0))

    @property
    def assumed(self) -> float:
        """The volatility of days that nobody has seen, as the model judges it."""
        return self.assumed_volatility * self.misjudged

    def known(self, history: np.ndarray, days: int) -> np.ndarray:
        """float64[contracts, known]: the last daily changes, at most so many, as the model judges them."""
        seen = known_changes(history, days, self.changes == "shares")
        return seen if self.efficiency_view == 1.0 else seen * self.misjudged

    def filled(self, history: np.ndarray, days: int) -> np.ndarray:
        """float64[contracts, days]: the same, missing ones filled by the proxy."""
        every = filled_changes(history, days, self.assumed_volatility, self.changes == "shares")
        return every if self.efficiency_view == 1.0 else every * self.misjudged


class Scenarios(Lookback):
    """A model that replays past changes, as they were or rescaled."""

    confidence: float = param(0.99, unit="probability", low=0.5, below=1, source=CONFIDENCE,
                              doc="share of close-out periods whose loss the margin covers")
    measure: Measure = param("value_at_risk", unit="measure", source="judgement: what house rule books commonly state",
                             doc="the loss at the confidence, or the mean of the losses beyond it")
    quantile: Quantile = param("kth_worst", unit="rule", source="judgement: the k-th worst needs no interpolation",
                               doc="how the value at risk is read from a sample")
    tail: Tail = param("whole", unit="rule", source="judgement: the mean of the k worst is simplest",
                       doc="whether expected shortfall counts the last loss whole or by the fraction that fits")
    multi_day: Literal["square_root", "overlapping", "buckets"] = param(
        "square_root", unit="rule", source="judgement: the one that keeps the number of scenarios",
        doc="how days become a close-out period: one day's loss times the root, sums of overlapping days, or the mean "
            "over sets of days that do not overlap")

    @model_validator(mode="after")
    def _enough_scenarios(self) -> Self:
        tail_size(self._scenarios_of(self.window), self.confidence)
        return self

    def _scenarios_of(self, days: int) -> int:
        return {"square_root": days, "overlapping": days - self.close_out_days + 1,
                "buckets": days // self.close_out_days}[self.multi_day]

    def over_period(self, daily: np.ndarray) -> list[np.ndarray]:
        """Changes over the close-out period, from float64[contracts, n] daily ones: one set, or one for each bucket."""
        h, n = self.close_out_days, daily.shape[1]
        if h == 1:
            return [daily]
        if self.multi_day == "square_root":
            return [daily * np.sqrt(h)]
        total = np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)], axis=1)
        if self.multi_day == "overlapping":
            return [total[:, h:] - total[:, :-h]]
        last = n // h * h
        return [np.diff(total[:, start: start + last + 1: h], axis=1) for start in range(n - last + 1)]

    def scenarios(self, history: np.ndarray) -> list[np.ndarray]:
        """Sets of float64[contracts, scenarios]: changes over a close-out period, the same day in each column."""
        return self.over_period(self.daily(history))

    def rates(self, history: np.ndarray) -> np.ndarray:
        return self.sides(history).max(axis=0)

    def sides(self, history: np.ndarray) -> np.ndarray:
        return self.tail_of(self.scenarios(history))

    def tail_of(self, sets: list[np.ndarray]) -> np.ndarray:
        """float64[2, contracts]: the tail of each side, a mean over sets, never negative."""
        found = [both_sides(each, self.confidence, self.measure, self.quantile, self.tail) for each in sets]
        return np.maximum(sum(found) / len(found), 0.0)

    def stressed_sides(self, history: np.ndarray, stress: np.ndarray, days: int, weight: float) -> np.ndarray:
        """As ``sides``, with the scenarios of a stretch of stress among the others, carrying this weight together."""
        out = []
        stretch = self.model_copy(update={"window": days})
        for calm, bad in zip(self.scenarios(history), stretch.scenarios(stress), strict=False):
            share = np.concatenate([np.full(calm.shape[1], (1.0 - weight) / calm.shape[1]),
                                    np.full(bad.shape[1], weight / bad.shape[1])])
            both = np.concatenate([calm, bad], axis=1)
            out.append(np.stack([weighted_tail_loss(sign * both, share, self.confidence, self.measure)
                                 for sign in (-1.0, 1.0)]))
        return np.maximum(sum(out) / len(out), 0.0)

    def requirement(self, history: np.ndarray, offsets: Offsets) -> Requirement:
        tail = lambda worst, n: tail_loss(worst, n, self.confidence, self.measure, self.quantile, self.tail)
        return Replay(self.scenarios(history), self.confidence, tail, offsets)
