"""An index assessed from the posted prices of a panel of providers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.compute.forecast_kernels import expect_lists
from sim.compute.indices.base import Index, State
from sim.compute.layout import HYPERSCALER, MONTHS, SMALL
from sim.plugin import param

if TYPE_CHECKING:
    from sim.compute.economy import Economy


def trim(quotes: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """float64[m]: weights without the lowest and the highest `share` of their sum, in the order of the quotes."""
    order = np.argsort(quotes, kind="stable")
    reached = np.cumsum(weight[order])
    low, high = share * reached[-1], (1 - share) * reached[-1]
    out = np.zeros_like(weight)
    out[order] = np.maximum(0.0, np.minimum(reached, high) - np.maximum(reached - weight[order], low))
    return out


class Assessed(Index, type="assessed"):
    """Weighted mean of normalised list prices of a panel of providers; sticky, restated now and then."""

    panel: int = param(36, unit="providers", low=1, high=1000,
                       doc="providers followed: the largest that are not hyperscalers",
                       source="Silicon Data methodology 2026-08-27: 40+ providers")
    concentration: float = param(1.0, unit="exponent", low=0, high=3,
                                 doc="weight of a provider is its rank to minus this",
                                 source="judgement: undisclosed weights; the largest of 36 then has 24 %")
    normalisation: float = param(0.7, unit="share", low=0, high=1,
                                 doc="part of each provider's usual mark-up that is taken out",
                                 source="judgement: basis adjustment for terms and hardware is imperfect")
    missing: float = param(0.02, unit="per day", low=0, high=1, doc="chance that a provider drops out of the panel",
                           source="judgement: gives the zero-change days of SDH100RT 2025-09 to 2026-09")
    returning: float = param(0.30, unit="per day", above=0, high=1, doc="chance that it comes back",
                             source="judgement: a failed feed is repaired within days")
    restatements: float = param(3.0, unit="per year", low=0, high=50, doc="changes of method that move the level",
                                source="Silicon Data announcements 2025-03 to 2026-09: five level breaks in 19 months")
    trimmed: float = param(0.0, unit="share", low=0, below=0.5,
                           doc="weight cut off at each end of the quotes before they are averaged",
                           source="judgement: published methods normalise quotes and do not speak of trimming")
    least: float = param(0.25, unit="share", low=0, high=1,
                         doc="weight that must report; with less, yesterday's value stands",
                         source="judgement: a quarter of the panel, where no rule is published")

    def start(self, economy: Economy) -> State:
        provider = economy.provider
        rows = np.flatnonzero(provider["kind"] != HYPERSCALER)
        rows = rows[np.argsort(-provider["capacity"][rows], kind="stable")][: self.panel].astype(np.int64)
        weight = np.arange(1, len(rows) + 1, dtype=float) ** -self.concentration
        weight /= weight.sum()
        state = {"rows": rows, "weight": weight, "present": np.ones(len(rows), bool), "region": np.zeros(4),
                 **self.memory(economy), "level": np.zeros(1), "work": np.empty(MONTHS + 1), "panel": np.zeros(3)}
        self._sum_up(economy, state)
        return state

    def _sum_up(self, economy: Economy, state: State) -> None:
        """Weight of each region, and the panel's mean chance of review, share that follows spot, log mark-up left."""
        p, members, weight = economy.p, economy.provider[state["rows"]], state["weight"]
        state["region"][:] = 0.0
        for area, share in zip(members["region"], weight, strict=True):
            state["region"][area] += share
        small = members["kind"] == SMALL
        left = (1.0 - self.normalisation) * members["markup"] + p.own_variance / 2
        hazard = np.where(small, p.hazard_small, p.hazard)
        state["panel"][:] = ((weight * hazard).sum(), p.small_spot * (weight * small).sum(),
                             math.log((weight * np.exp(left)).sum()))

    def leave(self, economy: Economy, state: State, providers: int) -> None:
        """The heaviest members leave for good; the last one always stays."""
        weight = state["weight"]
        order = np.argsort(-weight, kind="stable")[: int((weight > 0).sum())]
        weight[order[: min(providers, len(order) - 1)]] = 0.0
        weight /= weight.sum()
        self._sum_up(economy, state)

    def panel_mean(self, provider: np.ndarray, rows: np.ndarray, weight: np.ndarray, present: np.ndarray,
                   pushed: float = 0.0) -> float:
        """$/GPU-hour: mean of the normalised quotes of those who report; updates who does (bool[m]).

        pushed : log by which the heaviest reporter's quote is above what it asks of its customers

        A provider whose feed fails is missing from every panel at once. Where nobody reports, all quotes count.
        """
        chance, quotes, markups = (provider[name][rows] for name in ("chance", "log_list", "markup"))
        present[:] = np.where(present, chance >= self.missing, chance < self.returning)
        if (weight * present).any():
            weight = weight * present
        quotes = np.exp(quotes - self.normalisation * markups)
        if pushed != 0.0:
            quotes[int(weight.argmax())] *= math.exp(pushed)
        if self.trimmed > 0:
            weight = trim(quotes, weight, self.trimmed)
        return float((weight * quotes).sum() / weight.sum())

    def value(self, economy: Economy, state: State, day: int) -> float:
        mean = self.panel_mean(economy.provider, state["rows"], state["weight"], state["present"],
                               economy.dials.panel_add)
        self.change_method(economy, state, day)
        if state["weight"][state["present"]].sum() < self.least:
            return math.nan
        state["level"][0] = math.log(mean)
        return math.exp(state["level"][0] + state["restatement"][0])

    def contributors(self, economy: Economy, state: State) -> tuple[float, float]:
        weight = state["weight"] * state["present"]
        return float(np.count_nonzero(weight)), float(weight.max() / max(weight.sum(), 1e-12))

    def transactions(self, economy: Economy, day: int) -> float:
        return float(economy.region["price"][0]) + economy.grade_level(day)

    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        hazard, spot, offset = state["panel"]
        out = np.empty(MONTHS + 1)
        expect_lists(economy.parameters, economy.world, economy.region, economy.outlook, state["region"],
                     float(day), float(state["level"][0]), float(state["restatement"][0]), float(hazard), float(spot),
                     float(offset), state["work"], out)
        return out
