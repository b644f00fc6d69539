"""A scan range for every month, and charges for spreads between months."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from pydantic import model_validator

from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.lookback import Lookback
from sim.clearing.margin.portfolio import Offsets, Requirement
from sim.clearing.margin.scan import Scan
from sim.clearing.margin.volatility import first_variance, variance_now
from sim.plugin import param


class Scanning(Lookback, type="scanning"):
    """A scan range, some volatilities wide but never below a floor, with charges for spreads between months.

    Margin of one month = scan range = the larger of the floor and multiple x root of the close-out days x exponentially
    weighted volatility. A portfolio holds the worst of sixteen scenarios on its netted months, plus a charge for each
    spread between months. A young contract borrows the days it lacks from the month before it; before that the
    volatility is the assumed one.

    Source: parameters of NSE Clearing for index futures: six volatilities over two days, at least 9.3 % of price.
    """

    close_out_days: int = param(2, unit="business days", low=1, high=30, source="NSE Clearing: the root of two days",
                                doc="margin period of risk: days that closing a defaulter out takes")
    multiple: float = param(6.0, unit="standard deviations", above=0, high=100, doc="width of the scan range",
                            source="NSE Clearing: price scan range of index futures; in place of a confidence")
    floor: float = param(0.093, unit="share of notional", low=0, high=1, doc="smallest scan range",
                         source="NSE Clearing: index futures")
    decay: float = param(0.995, unit="share a day", low=0.5, below=1, doc="weight of yesterday's forecast",
                         source="judgement: a half-life of half a year, as scan ranges move slowly")
    near_months: int = param(3, unit="months", low=1, high=36, doc="contract months that make up the near tier",
                             source="judgement: a quarter; the others are the far tier")
    tier_charge: float = param(0.0175, unit="share of the dearer leg", low=0, high=1,
                               doc="charge for a spread within a tier",
                               source="NSE Clearing: calendar spreads of index futures, share of the far month")
    cross_charge: float = param(0.03, unit="share of the dearer leg", low=0, high=1,
                                doc="charge for a spread between the near and the far tier",
                                source="judgement: months far apart hedge each other less well")
    extreme: float = param(2.0, unit="scan ranges", low=1, high=10, doc="size of the two extreme moves",
                           source="NSE Clearing")
    covered: float = param(0.35, unit="share", low=0, high=1, doc="share of an extreme loss that is covered",
                           source="NSE Clearing")

    @model_validator(mode="after")
    def _spread_below_outright(self) -> Self:
        for name in ("tier_charge", "cross_charge"):
            if getattr(self, name) > self.floor:
                raise ValueError(f"`{name}` is {getattr(self, name):g}, above the smallest scan range of "
                                 f"{self.floor:g}: a spread would cost more than one of its legs alone")
        return self

    def volatility(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts]: forecast for the next day."""
        known = self.known(history, self.window)
        first = first_variance(known, "assumed", 1, self.assumed)
        return np.sqrt(variance_now(known, self.decay, first))

    def rates(self, history: np.ndarray) -> np.ndarray:
        return self._range(self.volatility(history))

    def _range(self, volatility: np.ndarray) -> np.ndarray:
        return np.maximum(self.floor, self.multiple * math.sqrt(self.close_out_days) * volatility)

    def looking_back(self, days: int) -> MarginModel:
        return self  # it is the decay that forgets

    def unconditional(self, history: np.ndarray, days: int) -> np.ndarray:
        daily = self.known(history, days)
        if daily.shape[1] < 20:
            daily = self.filled(history, 20)
        return np.stack([self._range(np.sqrt((daily * daily).mean(axis=1)))] * 2)

    def requirement(self, history: np.ndarray, offsets: Offsets) -> Requirement:
        ranges = self.rates(history)
        months = np.arange(len(ranges)) if offsets.months is None else offsets.months
        tier = (months - months.min() >= self.near_months).astype(np.int64)
        charges = [(0, 0, self.tier_charge), (1, 1, self.tier_charge), (0, 1, self.cross_charge)]
        return Scan(ranges, tier, charges, (self.extreme, self.covered), offsets)
