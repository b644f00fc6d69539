"""Those who hold tranches and direct loans: insurers, private-credit funds, and funds financed in repo."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.agents.base import AgentType, View, World
from sim.plugin import param
from sim.population import Column, Participant, Population


class TrancheAgent(Participant):
    """An investor in credit; what it holds stands in the claims of the credit system."""

    kind = Column(np.int64, unit="0 insurer, 1 private credit, 2 repo", doc="what sort of investor it is")


class TrancheInvestor(AgentType, type="tranche_investor"):
    """Investor in tranches of GPU loans; it acts only where credit is on.

    Insurers buy senior tranches for their rating and sell what loses it; private-credit funds lend directly and gate
    redemptions; the third kind holds senior tranches with borrowed money and must sell when haircuts rise. What each
    buys, owes and sells stands in ``sim.credit.tranche_rules``; it is decided once a week on claims, not on prices.

    Source: Vasicek 2002 (Risk 15:160), expected loss by a believed correlation; Gorton & Metrick 2012 (JFE 104:425).
    """

    agent = TrancheAgent
    sector = "credit"
    rhythm = "day"
    trades = False
    credit_role: ClassVar[str] = "investor"

    count: int = param(15, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: five of each kind")
    insurers: float = param(1 / 3, unit="share", low=0, high=1, doc="share that are insurers",
                            source="judgement: five of each kind")
    private_credit: float = param(1 / 3, unit="share", low=0, high=1, doc="share that are private-credit funds",
                                  source="judgement: five of each kind")

    def populate(self, block: Population, world: World) -> None:
        block.capital[:] = 0  # it is paid in when lending begins
        first, second = round(self.insurers * block.n), round((self.insurers + self.private_credit) * block.n)
        block.kind[:] = np.where(np.arange(block.n) < first, 0, np.where(np.arange(block.n) < second, 1, 2))

    def target_of(self, me: TrancheAgent, view: View) -> np.ndarray:
        """It holds no futures."""
        return me.position.copy()
