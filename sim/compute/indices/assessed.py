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
    restatement_least: float = param(0.03, unit="log", low=0, high=1, doc="least size, either sign", source="same")
    restatement_most: float = param(0.07, unit="log", low=0, high=1, doc="largest size, either sign", source="same")

    def start(self, economy: Economy) -> State:
        provider = economy.provider
        rows = np.flatnonzero(provider["kind"] != HYPERSCALER)
        rows = rows[np.argsort(-provider["capacity"][rows], kind="stable")][: self.panel].astype(np.int64)
        weight = np.arange(1, len(rows) + 1, dtype=float) ** -self.concentration
        weight /= weight.sum()
        state = {"rows": rows, "weight": weight, "present": np.ones(len(rows), bool), "region": np.zeros(4),
                 "restatement": np.zeros(1), "level": np.zeros(1), "work": np.empty(MONTHS + 1), "panel": np.zeros(3)}
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

    def panel_mean(self, provider: np.ndarray, rows: np.ndarray, weight: np.ndarray, present: np.ndarray) -> float:
        """$/GPU-hour: mean of the normalised quotes of those who report; updates who does (bool[m]).

        A provider whose feed fails is missing from every panel at once. Where nobody reports, all quotes stand.
        """
        chance, quotes, markups = (provider[name][rows] for name in ("chance", "log_list", "markup"))
        present[:] = np.where(present, chance >= self.missing, chance < self.returning)
        if (weight * present).any():
            weight = weight * present
        return float((weight * np.exp(quotes - self.normalisation * markups)).sum() / weight.sum())

    def value(self, economy: Economy, state: State, day: int) -> float:
        mean = self.panel_mean(economy.provider, state["rows"], state["weight"], state["present"])
        u = economy.streams.uniform(f"index.{self.label}.restatement", 3, day)
        if u[0] < self.restatements / 252:
            size = self.restatement_least + (self.restatement_most - self.restatement_least) * u[1]
            state["restatement"][0] += size if u[2] < 0.5 else -size
        state["level"][0] = math.log(mean)
        return math.exp(state["level"][0] + state["restatement"][0])

    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        hazard, spot, offset = state["panel"]
        out = np.empty(MONTHS + 1)
        expect_lists(economy.parameters, economy.world, economy.region, economy.outlook, state["region"],
                     float(day), float(state["level"][0]), float(state["restatement"][0]), float(hazard), float(spot),
                     float(offset), state["work"], out)
        return out
