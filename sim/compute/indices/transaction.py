"""An index of executed rentals: volume-weighted over a thin sample of spot deals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.compute.indices.base import Index, State
from sim.compute.layout import MONTH_DAYS, MONTHS
from sim.plugin import param

if TYPE_CHECKING:
    from sim.compute.economy import Economy

AHEAD = np.concatenate([[0.0], MONTH_DAYS * np.arange(1, MONTHS + 1) - MONTH_DAYS / 2])


class Transaction(Index, type="transaction"):
    """Volume-weighted mean of executed spot deals, mostly in the United States; fast, jumpy, thin."""

    us_weight: float = param(0.65, unit="share", low=0, high=1,
                             doc="weight of US deals; the rest is spread evenly over all regions",
                             source="judgement: Ornn pools about 150 providers world-wide")
    deals: float = param(150.0, unit="deals per day", above=0, high=1e6, doc="deals at reference volume",
        source="judgement: 1,000 trades a day over all chips and hours, of which a part is H100 on demand")
    deal_sd: float = param(0.14, unit="log", low=0, high=2, doc="sd of one deal around the market price",
                           source="judgement: terms and hosts differ")
    composition_sd: float = param(0.012, unit="log", low=0, high=1, doc="sd of the slow change in who deals",
                                  source="judgement: hosts and terms in the sample change by about one per cent")
    composition_half_life: float = param(6.0, unit="business days", above=0, high=504, doc="its half-life",
                                         source="judgement: a deal mix lasts about a week")

    def start(self, economy: Economy) -> State:
        return {"composition": np.zeros(1), "restatement": np.zeros(1)}

    def weights(self) -> np.ndarray:
        """float64[4]: weight of each region."""
        out = np.full(4, (1.0 - self.us_weight) / 4)
        out[0] += self.us_weight
        return out

    def value(self, economy: Economy, state: State, day: int) -> float:
        z = economy.streams.normal(f"index.{self.label}", 2, day)
        decay = 2.0 ** (-1.0 / self.composition_half_life)
        step = self.composition_sd * math.sqrt(1 - decay * decay)
        state["composition"][0] = decay * state["composition"][0] + step * z[0]
        volume = economy.region["served"][0] / economy.region["reference_demand"][0]
        deals = self.deals * min(2.5, max(0.2, volume))
        level = float((self.weights() * economy.region["price"]).sum()) + economy.grade_level(day)
        noise = state["composition"][0] + self.deal_sd / math.sqrt(deals) * z[1]
        return math.exp(level + noise + state["restatement"][0])

    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        p = economy.p
        out = np.empty(MONTHS + 1)
        weights = self.weights()
        out[0] = (weights * economy.region["price"]).sum()
        out[1:] = (weights[:, None] * economy.outlook).sum(axis=0)
        world = economy.world[0]
        out += world.grade * p.grade_decay ** AHEAD - p.obsolescence * (day + AHEAD) - world.aged - world.crowding
        return out + state["restatement"][0]
