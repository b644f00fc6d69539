"""Index investors: they own the front of the curve and roll it on a calendar, whatever the price."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Execution, View
from sim.agents.flows import FlowAgent, FlowFund
from sim.agents.fund import PROTOTYPE
from sim.agents.rules import attention, leverage_caps, lots_per_cent
from sim.plugin import param
from sim.population import Population


class IndexInvestor(FlowFund, type="index_investor"):
    """Fund that holds the nearest month, moves to the next one over some days of each month, and never asks the price.

    Source: S&P GSCI Methodology, roll from the fifth to the ninth business day in equal parts; Basak & Pavlova 2016
    (J. Finance 71:1511) for what such funds do to a curve. Six exchange-traded funds on compute futures were filed
    by 2026-06-22, before any future existed.
    """

    agent = FlowAgent
    sector = "passive"
    rhythm = "day"

    execution: Execution = param(
        factory=lambda: Execution(activity=0.9, visits=0, child=0.5, aggressive=0.8, reach=0.03, band=0.0),
        unit="rules", doc="how wishes become orders: both legs of a roll, without waiting",
        source="judgement: a fund that tracks an index pays for being on time")
    count: int = param(2, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: of six funds filed for, a third gather money")
    capital: float = param(0.05, unit="multiple of the hedgers' notional", low=0, high=1000, source=PROTOTYPE,
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    floor: float = param(0.02, unit="share of capital", low=0, high=1, doc="equity below which a fund closes",
                         source="judgement: an unlevered fund closes when it is too small to run")
    leverage: float = param(1.0, unit="multiple of equity", low=0, high=10, source="judgement: fully collateralised",
                            doc="exposure over equity; funds that promise twice the daily change set 2")
    roll_first: int = param(5, unit="business day of the month", low=1, high=23, source="S&P GSCI Methodology",
                            doc="first day of the roll into the next month")
    roll_days: int = param(5, unit="business days", low=1, high=23, source="S&P GSCI Methodology",
                           doc="days over which the roll is spread evenly")

    def rolled(self, view: View) -> float:
        """Share of the holding that is in the second month by the end of today."""
        done = (view.day_of_month + 1 - self.roll_first + 1) / self.roll_days
        return min(max(done, 0.0), 1.0)

    def shares(self, view: View) -> np.ndarray:
        """float64[contracts]: share of capital in each month; all in the first where no second one is listed."""
        later = self.rolled(view) if bool((view.rank == 2).any()) else 0.0
        return np.where(view.rank == 1, 1.0 - later, np.where(view.rank == 2, later, 0.0)) * attention(view)

    def target_of(self, me: FlowAgent, view: View) -> np.ndarray:
        """q_j = u_j L E/F_j with u_1 + u_2 = 1; whole contracts towards zero."""
        if not me.alive:
            return me.position.copy()
        per_cent = self.shares(view) * leverage_caps(view, self.leverage) * lots_per_cent(view)
        return (per_cent * max(float(me.equity), 0.0)).astype(np.int64)

    def target(self, block: Population, view: View) -> np.ndarray:
        per_cent = self.shares(view) * leverage_caps(view, self.leverage) * lots_per_cent(view)
        wish = per_cent * np.maximum(block.equity, 0)[:, None]
        return np.where(block.alive[:, None], wish.astype(np.int64), block.position)
