"""Dominant traders: one buyer (or seller) that makes a delivery month its own, and moves what it settles on.

The position is here. What makes it pay is an act on the compute economy, which no participant reaches: a scenario
places the shock ``float_withheld`` (a corner) or ``benchmark_push`` (quotes to an index's panel) beside it. What
the withheld compute costs is paid here.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from sim.agents.base import Execution, Transfer, View, World
from sim.agents.fund import Fund, FundAgent
from sim.agents.rules import last_of_month, leverage_caps, lots_per_cent, whole
from sim.calendar import month_number
from sim.plugin import param
from sim.population import Column, Population

USUAL_MONTH = 21  # business days


class DominantAgent(FundAgent):
    """Somebody large enough to move a delivery month."""

    most = Column(np.int64, unit="contracts", doc="position aimed at in the delivery month")
    held_back = Column(np.int64, unit="contracts a month", doc="compute rented in the delivery month and left idle")
    rent = Column(np.int64, unit="cents", doc="spot price of that compute so far in this month")


class DominantTrader(Fund, type="dominant_trader"):
    """Trader who builds a position in one delivery month, as large as a share of the world's float, and holds it.

    Source: Williams 1995, Manipulation on Trial (the Hunts' silver of 1979-80), for a corner of a deliverable
    supply; Kumar & Seppi 1992 (J. Finance 47:1485) for a position in futures settled in cash on a price that the
    holder can push; MacKenzie & others on LIBOR panels 2012. Sizes are judgement.
    """

    agent = DominantAgent
    sector = "speculators"
    rhythm = "day"

    execution: Execution = param(
        factory=lambda: Execution(activity=0.6, visits=0, child=0.25, aggressive=0.3, reach=0.01, band=0.0),
        unit="rules", doc="how wishes become orders: patiently, since haste gives it away",
        source="judgement: the Hunts bought over months")
    count: int = param(1, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: one, or a few that act as one")
    capital: float = param(0.1, unit="multiple of the hedgers' notional", low=0, high=1000,
                           source="judgement: pays for the position of the default without borrowing",
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    dispersion: float = param(0.0, unit="share of mean", low=0, high=1, source="judgement: one trader, one size",
                              doc="capital of one fund is even between 1 minus and 1 plus this, times the mean")
    top_up: float = param(0.0, unit="share of the shortfall a day", low=0, high=1, source="judgement: own money",
                          doc="speed at which investors make losses good")
    payout_above: float = param(100.0, unit="multiple of capital", low=0, high=100, source="judgement: own money",
                                doc="equity above which investors take gains out")
    delivery: dt.date = param(dt.date(2027, 6, 1), unit="date", source="judgement: set by the scenario",
                              doc="any day of the delivery month that is bought")
    direction: int = param(1, unit="sign", low=-1, high=1, source="judgement: a corner buys; a push may go either way",
                      doc="1 buys the month, -1 sells it")
    share: float = param(0.25, unit="share of float", low=0, high=10,
                         source="judgement; the Hunts held a third of private silver in 1980",
                         doc="position over a month of the world's uncommitted compute")
    build: int = param(42, unit="business days", low=1, high=504, source="judgement: two months, in equal steps",
                       doc="days over which the position is built, the last one before the delivery month begins")
    leverage_max: float = param(3.0, unit="multiple of equity", low=0, high=100, source="judgement: as other funds",
                                doc="largest exposure over equity")
    against: dt.date | None = param(
        None, unit="date", source="judgement: outright, as a corner is",
        doc="any day of the month that is held the other way, contract for contract: a spread; none: outright")
    withheld: float = param(0.0, unit="share of float", low=0, high=1,
                            source="judgement: set equal to the share of the shock float_withheld beside it",
                            doc="compute rented at spot during the delivery month, left idle and paid at its end")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.most[:] = whole(self.share * world.float_lots / max(block.n, 1))
        block.held_back[:] = whole(self.withheld * world.float_lots / max(block.n, 1))

    def built(self, view: View) -> np.ndarray:
        """float64[contracts]: share of the position that is wanted today in each month, 0 but in the one cornered."""
        its = (view.month == month_number(self.delivery)) & (view.rank > 0)
        if view.rivals is not None:
            its &= view.rivals.of == 0  # the leading contract is cornered
        before = view.days_left - USUAL_MONTH  # until the delivery month begins
        return np.where(its, np.minimum(np.maximum(1.0 - before / self.build, 0.0), 1.0), 0.0)

    def legs(self, wish: np.ndarray, view: View) -> np.ndarray:
        """int64[..., contracts]: what is wanted in the delivery month, and as much of the other month against it."""
        if self.against is None:
            return wish
        other = (view.month == month_number(self.against)) & (view.rank > 0)
        if view.rivals is not None:
            other &= view.rivals.of == 0
        return wish * other.any() - wish.sum(axis=-1, keepdims=True) * other

    def allowed(self, view: View) -> np.ndarray:
        """float64[contracts]: contracts per cent of equity, in each leg."""
        return leverage_caps(view, self.leverage_max) * lots_per_cent(view) / (1.0 if self.against is None else 2.0)

    def target_of(self, me: DominantAgent, view: View) -> np.ndarray:
        """q = s min(share of float, L E/F) built up evenly; towards zero. Held to the final settlement."""
        if not me.alive:
            return me.position.copy()
        allowed = self.allowed(view) * max(float(me.equity), 0.0)
        wish = np.minimum(self.built(view) * float(me.most), allowed).astype(np.int64)
        return self.legs(self.direction * wish * (view.rank > 0), view)

    def target(self, block: Population, view: View) -> np.ndarray:
        allowed = self.allowed(view) * np.maximum(block.equity, 0)[:, None]
        wish = np.minimum(self.built(view) * block.most[:, None], allowed).astype(np.int64)
        wish = self.legs(self.direction * wish * (view.rank > 0), view)
        return np.where(block.alive[:, None], wish, block.position)

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        moves = super().transfers(block, view, equity)
        if month_number(view.date) != month_number(self.delivery) or not block.held_back.any():
            return moves
        if view.first_of_month:
            block.rent[:] = 0
        block.rent[:] += whole(block.held_back * (view.spot * view.tick_cents / view.month_length))
        if last_of_month(view):
            moves.append(Transfer("compute bill", -np.minimum(block.rent, np.maximum(block.cash, 0))))
        return moves
