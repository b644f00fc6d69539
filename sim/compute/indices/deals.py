"""What indices of executed rentals share: a thin sample of spot deals."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from sim.compute.indices.base import Index, State
from sim.compute.layout import MONTH_DAYS, MONTHS
from sim.plugin import param

if TYPE_CHECKING:
    from sim.compute.economy import Economy

STRAYS = 33  # the most that a day has, and one draw for their number
AHEAD = np.concatenate([[0.0], MONTH_DAYS * np.arange(1, MONTHS + 1) - MONTH_DAYS / 2])


@lru_cache(maxsize=64)
def cut(winsorised: float, deal_sd: float) -> float:
    """Log distance from the market price at which the share to be winsorised begins."""
    return deal_sd * NormalDist().inv_cdf(1.0 - winsorised)


@lru_cache(maxsize=64)
def fading(decay: float) -> np.ndarray:
    """float64[months + 1]: what is left of the distance of the grade at today and the middle of each month ahead."""
    left: np.ndarray = decay ** AHEAD
    left.flags.writeable = False
    return left


class Deals(Index):
    """Volume-weighted mean of a thin sample of executed spot deals; fast and jumpy."""

    deals: float = param(150.0, unit="deals per day", above=0, high=1e6, doc="deals at reference volume",
        source="judgement: 1,000 trades a day over all chips and hours, of which a part is H100 on demand")
    deal_sd: float = param(0.14, unit="log", low=0, high=2, doc="sd of one deal around the market price",
                           source="judgement: terms and hosts differ")
    unsettled: float = param(1.0, unit="exponent", low=0, high=3,
        doc="how far the spread of deals follows how unsettled demand is; its mean square stays; 0: not at all",
        source="judgement: deals of one day are made hours apart, so they differ as much as prices move")
    strays: float = param(0.02, unit="share", low=0, high=0.2, doc="deals that are off the market: errors, favours",
                          source="judgement: one in fifty")
    stray_sd: float = param(1.0, unit="log", low=0, high=3, doc="sd of such a deal around the market price",
                            source="judgement: a factor of e either way")
    winsorised: float = param(0.05, unit="share", low=0, below=0.5,
                              doc="share of deals at each end that is set to the price where it begins; 0 for none",
                              source="judgement: five per cent is usual where the rule is not published")
    composition_sd: float = param(0.012, unit="log", low=0, high=1, doc="sd of the slow change in who deals",
                                  source="judgement: hosts and terms in the sample change by about one per cent")
    composition_half_life: float = param(6.0, unit="business days", above=0, high=504, doc="its half-life",
                                         source="judgement: a deal mix lasts about a week")
    largest: float = param(0.10, unit="share", low=0, high=1, doc="share of the largest seller in the sample",
                           source="judgement: about 150 providers, of unequal size")
    least: float = param(5.0, unit="deals per day", low=0, high=1e6,
                         doc="deals that must be seen; with fewer, yesterday's value stands",
                         source="judgement: five, as benchmarks of thin markets ask for")

    @abstractmethod
    def weights(self) -> np.ndarray:
        """float64[4]: weight of each region."""

    def start(self, economy: Economy) -> State:
        return {"composition": np.zeros(1), "seen": np.zeros(1), **self.memory(economy)}

    def sample(self, economy: Economy) -> float:
        """Deals seen today."""
        weights = self.weights()
        volume = (weights * economy.region["served"]).sum() / (weights * economy.region["reference_demand"]).sum()
        return self.deals * min(2.5, max(0.2, volume))

    def value(self, economy: Economy, state: State, day: int) -> float:
        z = economy.streams.normal(f"index.{self.label}", 2, day)
        decay = 2.0 ** (-1.0 / self.composition_half_life)
        step = self.composition_sd * math.sqrt(1 - decay * decay)
        state["composition"][0] = decay * state["composition"][0] + step * z[0]
        state["seen"][0] = deals = self.sample(economy)
        if deals < self.least:
            return math.nan
        self.change_method(economy, state, day)
        noise = state["composition"][0] + self.spread(economy) / math.sqrt(deals) * z[1]
        if self.strays > 0:
            noise += self.stray(economy, day, deals)
        return math.exp(self.transactions(economy, day) + noise + state["restatement"][0])

    def spread(self, economy: Economy) -> float:
        """Standard deviation of one deal in logs: more while demand is unsettled, the same in the mean square."""
        weights, e = self.weights(), self.unsettled
        state = float((weights * economy.region["volatility"]).sum())
        variance = economy.config.noise.volatility_sd ** 2 * float((weights * weights).sum())
        return self.deal_sd * math.exp(e * state - e * e * variance)

    def stray(self, economy: Economy, day: int, deals: float) -> float:
        """What deals off the market do to the mean, in logs: each is cut where the share to be winsorised begins."""
        expected = self.strays * deals
        z = economy.streams.normal(f"index.{self.label}.strays", STRAYS, day)
        count = round(expected + math.sqrt(expected) * float(z[-1]))
        off = self.stray_sd * z[:max(0, min(STRAYS - 1, count))]
        if self.winsorised > 0:
            limit = cut(self.winsorised, self.deal_sd)
            off = np.minimum(limit, np.maximum(-limit, off))
        return float(off.sum()) / deals

    def contributors(self, economy: Economy, state: State) -> tuple[float, float]:
        return float(state["seen"][0]), self.largest

    def transactions(self, economy: Economy, day: int) -> float:
        return float((self.weights() * economy.region["price"]).sum()) + economy.grade_level(day)

    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        p, world, weights = economy.p, economy.world, self.weights()
        out = np.empty(MONTHS + 1)
        out[0] = (weights * economy.region["price"]).sum()
        out[1:] = (weights[:, None] * economy.outlook).sum(axis=0)
        lost = world["aged"] + world["crowding"] - state["restatement"]
        return out + world["grade"] * fading(p.grade_decay) - p.obsolescence * (day + AHEAD) - lost
