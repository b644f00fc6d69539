"""An index of posted token prices at fixed quality."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.compute.indices.assessed import trim
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
    concentration: float = param(0.5, unit="exponent", low=0, high=3, doc="weight of a lab is its rank to minus this",
                                 source="judgement: volume is concentrated; the largest of eight then has 23 %")
    trimmed: float = param(0.0, unit="share", low=0, below=0.5,
                           doc="weight cut off at each end of the prices before they are averaged",
                           source="judgement: a mean of logs is hardly led by one dear old model")
    least: float = param(0.5, unit="share", low=0, high=1,
                         doc="weight that must be readable; with less, yesterday's value stands",
                         source="judgement: half of the volume, where no rule is published")
    missing: float = param(0.005, unit="per day", low=0, high=1, doc="chance that a lab's price list cannot be read",
                           source="judgement: price pages change once or twice a year")

    def start(self, economy: Economy) -> State:
        labs = min(self.panel, economy.config.tokens.labs)
        weight = np.arange(1, labs + 1, dtype=float) ** -self.concentration
        return {**self.memory(economy), "weight": weight / weight.sum(), "read": np.ones(labs, bool)}

    def posted(self, economy: Economy, weight: np.ndarray) -> float:
        """Log $ per million tokens: mean of logs over the panel, so that one dear old model does not lead it."""
        quotes = economy.tokens.log_price[: len(weight)]
        if self.trimmed > 0:
            weight = trim(quotes, weight, self.trimmed)
        return float((weight * quotes).sum() / weight.sum())

    def value(self, economy: Economy, state: State, day: int) -> float:
        self.change_method(economy, state, day)
        state["read"][:] = True
        if self.missing > 0:
            u = economy.streams.uniform(f"index.{self.label}.missing", len(state["read"]), day)
            state["read"][:] = u >= self.missing
        weight = state["weight"] * state["read"]
        if weight.sum() < self.least:
            return math.nan
        return math.exp(self.posted(economy, weight) + math.log(economy.dials.token_mult) + state["restatement"][0])

    def contributors(self, economy: Economy, state: State) -> tuple[float, float]:
        weight = state["weight"] * state["read"]
        return float(np.count_nonzero(weight)), float(weight.max() / max(weight.sum(), 1e-12))

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
        out[0] = price = self.posted(economy, state["weight"])
        for m, days in enumerate(np.diff(AHEAD)):
            stays = math.exp(-rate * days)
            since = (1 - stays * (1 + rate * days)) / (rate * (1 - stays)) if rate > 0 else 0.0  # the last new model
            out[m + 1] = price = stays * price + (1 - stays) * (fresh[m] + tokens.trend * since)
        spread = ((tokens.trend / rate) ** 2 if rate > 0 else 0.0) + t.markup_sd ** 2
        out += 0.5 * spread * float((state["weight"] ** 2).sum()) * (1 - left ** 2)
        return out + math.log(economy.dials.token_mult) * economy.p.shock_decay ** AHEAD + state["restatement"][0]
