"""What funds share: capital as a multiple of the hedgers' notional, investors' flows, closure and return."""

from __future__ import annotations

import numpy as np

from sim.agents.base import UNITS_OF_CAPITAL, AgentType, Transfer, View, World
from sim.agents.rules import hedgeable_notional, luck, whole
from sim.plugin import param
from sim.population import Column, Participant, Population

PROTOTYPE = "judgement: working prototype"


class FundAgent(Participant):
    """Somebody who trades with investors' money."""

    away = Column(np.int64, unit="business days", doc="days since the fund was closed")


class Fund(AgentType):
    """Trades with a capital that investors add to and take from."""

    agent = FundAgent

    capital: float = param(0.25, unit=UNITS_OF_CAPITAL, low=0, high=1000, source=PROTOTYPE,
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    dispersion: float = param(0.6, unit="share of mean", low=0, high=1, source=PROTOTYPE,
                              doc="capital of one fund is even between 1 minus and 1 plus this, times the mean")
    floor: float = param(0.1, unit="share of capital", low=0, high=1, doc="equity below which a fund closes",
                         source="Thurner, Farmer & Geanakoplos 2012 (Quant. Finance 12:695)")
    return_after: int = param(60, unit="business days", low=0, high=1000, source=PROTOTYPE,
                              doc="days after closure or default until a new fund takes the place")
    payout_above: float = param(3.0, unit="multiple of capital", low=0, high=100, source=PROTOTYPE,
                                doc="equity above which investors take gains out")
    payout: float = param(0.01, unit="share of the excess a day", low=0, high=1, doc="speed of paying out",
                          source=PROTOTYPE)
    top_up: float = param(0.001, unit="share of the shortfall a day", low=0, high=1, source=PROTOTYPE,
                          doc="speed at which investors make losses good")

    @property
    def closes_below(self) -> float:
        return self.floor

    def populate(self, block: Population, world: World) -> None:
        mean = self.capital * hedgeable_notional(world) / max(block.n, 1)
        block.capital[:] = whole(mean * (1.0 + self.dispersion * (2.0 * luck(block, "capital") - 1.0)))

    def wake(self, block: Population, view: View) -> None:
        block.away[:] = np.where(block.alive, 0, block.away + 1)

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        flow = np.zeros(block.n, np.int64)
        if self.top_up:
            flow = whole(self.top_up * np.maximum(block.capital - equity, 0))
        excess = equity - self.payout_above * block.capital
        if (excess > 0).any():
            flow -= np.minimum(whole(self.payout * np.maximum(excess, 0.0)), np.maximum(block.cash, 0))
        return [Transfer("fund flow", np.where(self.is_open(block, equity), flow, 0))]

    def is_open(self, block: Population, equity: np.ndarray) -> np.ndarray:
        """bool[n]: whose investors still come and go."""
        open_: np.ndarray = block.alive & (equity > 0) & (equity >= self.floor * block.capital)
        return open_

    def reopen(self, block: Population, view: View, equity: np.ndarray) -> np.ndarray:
        return np.where(~block.alive & (block.away >= self.return_after), block.capital, 0)
