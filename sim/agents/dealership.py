"""Market making as a business: it costs money to run, grows with what there is to trade, and is given up.

A contract can fail: where nobody comes, makers earn less than they cost, leave, spreads widen, and fewer come.
"""

from __future__ import annotations

import numpy as np

from sim.agents.base import Transfer, View, World
from sim.agents.fund import Fund, FundAgent
from sim.agents.rules import last_of_month, luck, persistence, whole
from sim.plugin import param
from sim.population import Column, Population

OPEN_INTEREST_USUAL = 1.4  # of the hedgers' lots held in full: mean of the shipped baseline, by which size is judged


class DealerAgent(FundAgent):
    """A firm that makes markets."""

    usual = Column(np.float64, unit="contracts", doc="open interest that the firm was set up for")
    remembered = Column(np.float64, unit="contracts", doc="open interest of recent months")
    threshold = Column(np.float64, 0.2, unit="share of usual", doc="open interest that just pays for the desk")
    idle = Column(np.bool_, False, unit="yes or no", doc="has given this market up: lays off what it holds, no more")
    left_at = Column(np.float64, unit="contracts", doc="open interest when it gave up")


class Dealership(Fund):
    """Runs a trading desk that must cover its costs."""

    agent = DealerAgent

    desk_cost: float = param(0.05, unit="share of capital a year", low=0, high=10,
                             doc="staff, lines and data of a desk, paid at the end of each month",
                             source="judgement: half a million dollars for a desk of ten million")
    patience: float = param(63.0, unit="business days", above=0, high=5040,
                            source="judgement: incentive schemes for new contracts run half a year, two half-lives",
                            doc="half-life with which open interest of the past is forgotten")
    pays_least: float = param(0.1, unit="share of usual open interest", low=0, high=10,
                              source="judgement: costs of 5 % against 20 % earned in the baseline, and some pay more",
                              doc="open interest at which the cheapest desk just pays; below it the desk is closed")
    pays_most: float = param(0.35, unit="share of usual open interest", low=0, high=10, source="judgement: see there",
                             doc="the same for the dearest desk; between them evenly")
    thin_spread: float = param(0.5, unit="power", low=0, high=3,
                               source="judgement: spreads rise with the inverse square root of volume, as in equities",
                               doc="spreads grow with usual over actual open interest to this power, up to 3 times")
    scaling: float = param(0.25, unit="share of the gap a month", low=0, high=1,
                           source="judgement: a desk's capital is reviewed quarterly",
                           doc="how fast capital follows open interest")
    smallest: float = param(0.2, unit="multiple of capital", low=0, high=1, source="judgement: less makes no desk",
                            doc="least that is kept in the market while it is made")
    largest: float = param(5.0, unit="multiple of capital", low=1, high=100, source="judgement: bounds of one firm",
                           doc="most that is put into it")
    revival: float = param(1.5, unit="multiple", low=1, high=100, source="judgement: half as much again",
                           doc="open interest over that at leaving from which a firm comes back")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.usual[:] = OPEN_INTEREST_USUAL * world.hedged_lots
        block.remembered[:] = block.usual
        block.threshold[:] = self.pays_least + (self.pays_most - self.pays_least) * luck(block, "threshold")

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        self.judge(block, view)
        moves = super().transfers(block, view, equity)
        flow = np.where(block.idle, np.minimum(moves[0].amount, 0), moves[0].amount)
        moves[0] = Transfer("fund flow", flow)
        if last_of_month(view) and bool(view.listed.any()):
            open_ = self.is_open(block, equity)
            free = np.maximum(block.cash + np.minimum(flow, 0), 0)
            cost = np.where(open_ & ~block.idle, whole(self.desk_cost / 12.0 * block.capital), 0)
            moves.append(Transfer("running costs", -np.minimum(cost, free)))
            moves.append(Transfer("fund flow", np.where(open_, self.scaled(block, view, equity, free - cost), 0)))
        return moves

    def scaled(self, block: Population, view: View, equity: np.ndarray, free: np.ndarray) -> np.ndarray:
        """int64[n] cents: what brings capital nearer to what open interest deserves; all of it for who has left."""
        size = np.where(block.usual > 0, block.remembered / np.maximum(block.usual, 1.0), 1.0)
        wanted = block.capital * np.minimum(np.maximum(size, self.smallest), self.largest)
        wanted = np.where(block.idle, self.smallest * block.capital, wanted)
        return np.maximum(whole(self.scaling * (wanted - equity)), -np.maximum(free, 0))

    def judge(self, block: Population, view: View) -> None:
        """Learn what there is to trade; leave where it does not pay for the desk, come back where it has grown."""
        if view.open_interest < 0:
            return
        keep, _ = persistence(self.patience)
        block.remembered[:] = keep * block.remembered + (1.0 - keep) * view.open_interest
        leaves = block.alive & ~block.idle & (block.remembered < block.threshold * block.usual)
        block.left_at[leaves] = block.remembered[leaves]
        back = block.idle & (block.remembered > self.revival * np.maximum(block.left_at, 1.0))
        block.idle[:] = (block.idle | leaves) & ~back

    def widening(self, block: Population) -> float:
        """How much wider spreads are than in a market of the usual size: all desks see the same market."""
        if not block.n or not block.usual[0] or not self.thin_spread:
            return 1.0
        thin = float(block.usual[0]) / max(float(block.remembered[0]), 1.0)
        return min(max(thin, 1.0) ** self.thin_spread, 3.0)
