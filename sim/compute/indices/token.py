"""An index of posted token prices at fixed quality."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.compute.indices.base import Index, State
from sim.compute.indices.deals import AHEAD
from sim.compute.layout import MONTHS
from sim.plugin import param
from sim.units import BUSINESS_DAYS

if TYPE_CHECKING:
    from sim.compute.economy import Economy


class Token(Index, type="token"):
    """Geometric mean of what labs post for a million tokens of fixed quality; still for months, then a step."""

    per_unit: ClassVar[int] = 1_000_000  # prices fall tenfold a year: whole cents would soon say nothing

    panel: int = param(8, unit="labs", low=1, high=1000, doc="labs followed, the first ones of the economy",
                       source="OpenRouter 2025: eight labs hold most volume")
    largest: float = param(0.25, unit="share", low=0, high=1, doc="share of the largest lab in what is posted",
                           source="judgement: token volume is concentrated, though posted prices are averaged evenly")

    def start(self, economy: Economy) -> State:
        return self.memory(economy)

    def posted(self, economy: Economy) -> float:
        """Log $ per million tokens: mean of logs over the panel, so that one dear old model does not lead it."""
        return float(economy.tokens.log_price[: self.panel].mean())

    def value(self, economy: Economy, state: State, day: int) -> float:
        return math.exp(self.posted(economy) + math.log(economy.dials.token_mult) + state["restatement"][0])

    def contributors(self, economy: Economy, state: State) -> tuple[float, float]:
        return float(min(self.panel, len(economy.tokens.log_price))), self.largest

    def transactions(self, economy: Economy, day: int) -> float:
        """Log of what a lab would post today."""
        return economy.tokens.cost(economy, day) + math.log(economy.config.tokens.markup * economy.dials.token_mult)

    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        """Labs keep their price until a new model comes, and then post a mark-up on cost."""
        t, tokens = economy.config.tokens, economy.tokens
        share = economy.region["capacity"] / economy.region["capacity"].sum()
        spot = (share[:, None] * economy.outlook).sum(axis=0)
        year = np.array([spot[min(m, MONTHS - 1): m + 12].mean() for m in range(1, MONTHS + 1)])
        now = (share * (t.strip_weight * economy.region["strip"]
                        + (1 - t.strip_weight) * economy.region["price"])).sum()
        cost = (tokens.cost(economy, day) - now + t.strip_weight * year + (1 - t.strip_weight) * spot
                - tokens.trend * AHEAD[1:])
        fresh = cost + math.log(t.markup)
        rate = t.models_per_year / BUSINESS_DAYS
        out, left = np.empty(MONTHS + 1), np.exp(-rate * AHEAD)
        out[0] = price = self.posted(economy)
        for m, days in enumerate(np.diff(AHEAD)):
            stays = math.exp(-rate * days)
            since = (1 - stays * (1 + rate * days)) / (rate * (1 - stays)) if rate > 0 else 0.0  # the last new model
            out[m + 1] = price = stays * price + (1 - stays) * (fresh[m] + tokens.trend * since)
        spread = ((tokens.trend / rate) ** 2 if rate > 0 else 0.0) + t.markup_sd ** 2
        out += 0.5 * spread / min(self.panel, t.labs) * (1 - left ** 2)
        return out + math.log(economy.dials.token_mult) * economy.p.shock_decay ** AHEAD + state["restatement"][0]
