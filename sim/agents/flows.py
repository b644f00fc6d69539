"""Funds whose investors chase performance: money comes after gains, and is asked back, with notice, after losses.

Source: Thurner, Farmer & Geanakoplos 2012 (Quant. Finance 12:695) for flows in proportion to recent performance
over a benchmark; Sirri & Tufano 1998 (J. Finance 53:1589) find that flows follow performance. Notice and gate are
judgement: usual terms of hedge funds.
"""

from __future__ import annotations

import numpy as np

from sim.agents.base import Transfer, View, World
from sim.agents.fund import PROTOTYPE, Fund, FundAgent
from sim.agents.rules import last_of_month, whole
from sim.plugin import param
from sim.population import Column, Population


class FlowAgent(FundAgent):
    """A fund with impatient investors."""

    worth = Column(np.int64, unit="cents", doc="equity when performance was last measured, flows since then included")
    performance = Column(np.float64, unit="share a month", doc="recent monthly return that investors remember")
    asked = Column(np.int64, unit="cents", doc="redemptions asked for and not yet paid")
    wait = Column(np.int64, unit="business days", doc="days until redemptions are paid")
    returned = Column(np.int64, unit="cents", doc="redemptions paid at the last day's end")


class FlowFund(Fund):
    """Trades with a capital that follows its own performance."""

    agent = FlowAgent

    top_up: float = param(0.0, unit="share of the shortfall a day", low=0, high=1,
                          source="judgement: investors chase performance instead",
                          doc="speed at which investors make losses good")
    chasing: float = param(0.4, unit="share of equity per unit of return", low=0, high=10, source=PROTOTYPE,
                           doc="money that comes in a month per unit of remembered monthly return above the hurdle")
    hurdle: float = param(0.005, unit="share a month", low=-1, high=1,
                          doc="remembered monthly return at which investors neither come nor go",
                          source="Thurner, Farmer & Geanakoplos 2012, benchmark return 0.005")
    forgetting: float = param(0.3, unit="per month", above=0, high=1,
                              doc="weight of the newest month in what investors remember",
                              source="judgement: a quarter's performance counts for most")
    notice: int = param(21, unit="business days", low=0, high=504, source="judgement: a month, usual for liquid funds",
                        doc="days from asking for money back to its payment")
    gate: float = param(0.1, unit="share of equity a month", low=0, high=1,
                        source="judgement: gates of a tenth to a quarter of assets are usual",
                        doc="most that is paid out at once; the rest waits for another notice")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.worth[:] = block.capital

    def wake(self, block: Population, view: View) -> None:
        super().wake(block, view)
        for column in (block.worth, block.performance, block.asked, block.wait):
            column[~block.alive] = 0  # a fund that comes back has a new name and new investors

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        flow = super().transfers(block, view, equity)[0].amount
        open_ = self.is_open(block, equity)
        if last_of_month(view) and bool(view.listed.any()):  # nobody is judged before there is a market
            flow = flow + self.judged(block, equity, open_)
        block.wait[:] = np.maximum(block.wait - 1, 0)
        block.returned[:] = 0
        if not block.asked.any():
            return self.noted(block, np.where(open_, flow, 0))
        free = np.maximum(block.cash + np.minimum(flow, 0), 0)
        due = open_ & (block.asked > 0) & (block.wait == 0)
        most = np.minimum(whole(self.gate * np.maximum(equity, 0)), free)
        paid = np.where(due, np.minimum(block.asked, most), 0)
        block.asked[:] -= paid
        block.returned[:] = paid
        block.wait[due & (block.asked > 0)] = self.notice
        return self.noted(block, np.where(open_, flow - paid, 0))

    def noted(self, block: Population, flow: np.ndarray) -> list[Transfer]:
        """The day's flow, int64[n] cents, which is no performance."""
        if flow.any():
            block.worth[:] = np.maximum(block.worth + flow, 0)
        return [Transfer("fund flow", flow)]

    def judged(self, block: Population, equity: np.ndarray, open_: np.ndarray) -> np.ndarray:
        """int64[n] cents that comes in today, once investors have seen the month; what they ask back is noted."""
        known = open_ & (block.worth > 0)
        gain = np.where(known, equity / np.maximum(block.worth, 1) - 1.0, 0.0)
        block.performance[:] += np.where(known, self.forgetting * (gain - block.performance), 0.0)
        wish = whole(self.chasing * (block.performance - self.hurdle) * np.maximum(equity, 0))
        wish[~known] = 0
        block.wait[(wish < 0) & (block.asked == 0)] = self.notice + 1  # the day of asking is not one of waiting
        block.asked[:] = np.minimum(block.asked + np.maximum(-wish, 0), np.maximum(equity, 0))
        block.worth[:] = np.where(open_, equity, block.worth)
        return np.maximum(wish, 0)
