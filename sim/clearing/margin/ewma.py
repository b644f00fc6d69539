"""A multiple of a volatility in which recent days weigh more."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from pydantic import model_validator

from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.lookback import CONFIDENCE, Lookback
from sim.clearing.margin.tails import multiplier
from sim.clearing.margin.volatility import LEAST_DECAY, Seed, first_variance, variance_now
from sim.plugin import param


class Ewma(Lookback, type="ewma"):
    """A multiple of the exponentially weighted volatility of past changes.

    Rate = quantile x root of the close-out days x volatility; the variance keeps ``decay`` of yesterday's forecast
    and takes the rest from yesterday's squared change. A young contract borrows the days it lacks from the month
    before it; before that the recursion starts where ``seed`` says.

    Source: J.P. Morgan/Reuters (1996), RiskMetrics Technical Document, fourth edition.
    """

    window: int = param(2520, unit="business days", low=1, high=5040, doc="lookback: past daily changes that count",
                        source="judgement: ten years, so that it is the decay that forgets")
    confidence: float = param(0.99, unit="probability", low=0.5, below=1, source=CONFIDENCE,
                              doc="share of close-out periods whose loss the margin covers if changes are as assumed")
    decay: float = param(0.97, unit="share a day", low=LEAST_DECAY, below=1, doc="weight of yesterday's forecast",
                         source="RiskMetrics (1996): 0.94 for daily and 0.97 for monthly forecasts")
    seed: Seed = param(
        "assumed", unit="rule", source="judgement: a rate exists before the first change",
        doc="the first forecast: assumed, the first squared change, the mean of the first squares; or none, where "
            "weights are scaled to sum to one")
    seed_days: int = param(20, unit="business days", low=1, high=2520, doc="days of the mean with which it may start",
                           source="judgement: a month")
    degrees: float = param(
        0.0, unit="degrees of freedom", low=0, high=1000,
        doc="of a Student distribution scaled to the same variance, above 2; 0 for the normal one",
        source="judgement: the textbook's normal, which is known to cover too little of fat tails")

    @model_validator(mode="after")
    def _has_variance(self) -> Self:
        if 0 < self.degrees <= 2:
            raise ValueError(f"a Student distribution of {self.degrees:g} degrees has no variance; above 2, or 0")
        return self

    def variance(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts]: forecast of the next day's squared change."""
        known = self.known(history, self.window)
        if self.seed != "none" or not known.shape[1]:
            rule: Seed = "assumed" if self.seed == "none" else self.seed
            first = first_variance(known, rule, self.seed_days, self.assumed)
            return variance_now(known, self.decay, first)
        whole = 1.0 - self.decay ** known.shape[1]
        return variance_now(known, self.decay, np.zeros(len(known))) / whole

    def rates(self, history: np.ndarray) -> np.ndarray:
        return self._rate(self.variance(history))

    def _rate(self, variance: np.ndarray) -> np.ndarray:
        return multiplier(self.confidence, self.degrees) * math.sqrt(self.close_out_days) * np.sqrt(variance)

    def unconditional(self, history: np.ndarray, days: int) -> np.ndarray:
        daily = self.known(history, days)
        if daily.shape[1] < self.seed_days:
            daily = self.filled(history, self.seed_days)
        return np.stack([self._rate((daily * daily).mean(axis=1))] * 2)

    def looking_back(self, days: int) -> MarginModel:
        return self  # it is the decay that forgets
