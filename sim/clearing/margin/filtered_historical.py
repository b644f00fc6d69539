"""Past changes, rescaled to today's volatility."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sim.clearing.margin import kernels
from sim.clearing.margin.historical import Historical
from sim.clearing.margin.lookback import Scenarios
from sim.clearing.margin.volatility import LEAST_DECAY, first_variance
from sim.plugin import param


class FilteredHistorical(Scenarios, type="filtered_historical"):
    """The loss that past changes would bring in today's volatility: filtered historical simulation.

    Each past change is multiplied by a factor of the volatility forecast for tomorrow and the one made before that
    day, both exponentially weighted. A young contract borrows the days it lacks from the month before it, and before
    that normal changes are assumed; borrowed and assumed days are filtered like others.

    Source: Hull and White (1998), Journal of Risk 1(1); Barone-Adesi, Giannopoulos and Vosper (1999).
    """

    decay: float = param(0.97, unit="share a day", low=LEAST_DECAY, below=1, doc="weight of yesterday's forecast",
                         source="RiskMetrics (1996): 0.94 for daily and 0.97 for monthly forecasts")
    seed: Literal["assumed", "first", "mean"] = param(
        "mean", unit="rule", doc="the first forecast: assumed, the first squared change, the mean of the first squares",
        source="judgement: the first change alone would be standardised to exactly one")
    seed_days: int = param(20, unit="business days", low=1, high=2520, doc="days of the mean with which it may start",
                           source="judgement: a month")
    scaling: Literal["full", "mid", "one_sided", "floored"] = param(
        "full", unit="rule", source="Hull and White (1998): full",
        doc="the factor: today's volatility over that day's (full), half-way there (mid), never below one (one_sided), "
            "or with today's volatility not below its median (floored)")
    cap: float = param(5.0, unit="multiple", low=1, high=1000, doc="largest factor, and one over the smallest",
                       source="judgement: changes after long standstills would count hundredfold")
    least_volatility: float = param(
        0.002, unit="per square root of a day", above=0, high=1, doc="forecasts are taken to be at least this",
        source="judgement: posted compute prices stand still for weeks, and forecasts would decay to nothing")
    joint: bool = param(
        False, unit="yes or no", source="judgement: each month by its own factor is the published form",
        doc="whether all months share the factor of their mean change, which keeps correlations")

    def daily(self, history: np.ndarray) -> np.ndarray:
        changes = super().daily(history)
        path = self.volatility(changes.mean(axis=0, keepdims=True) if self.joint else changes)
        now = path[:, -1].copy()
        if self.scaling == "floored":
            np.maximum(now, np.median(path, axis=1), out=now)
        rule = {"mid": kernels.MID, "one_sided": kernels.ONE_SIDED}.get(self.scaling, kernels.FULL)
        out = np.empty_like(changes)
        kernels.rescale(changes, path, now, rule, self.cap, out)
        return out

    def volatility(self, changes: np.ndarray) -> np.ndarray:
        """float64[contracts, n + 1]: forecasts before each of float64[contracts, n] changes, and for the next day."""
        first = first_variance(changes, self.seed, self.seed_days, self.assumed)
        path = np.empty((len(changes), changes.shape[1] + 1))
        kernels.volatility_path(changes, self.decay, first, self.least_volatility, path)
        return path

    def unconditional(self, history: np.ndarray, days: int) -> np.ndarray:
        shared = {name: getattr(self, name) for name in Scenarios.model_fields}
        return Historical(**shared).unconditional(history, days)
