"""Banks that lend to data-centre operators, to funds and to each other; some are clearing members."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.agents.base import AgentType, View, World
from sim.plugin import param
from sim.population import Column, Participant, Population


class BankAgent(Participant):
    """A bank; its balance sheet stands in the claims of the credit system."""

    member = Column(np.bool_, False, unit="yes or no", doc="whether it is a clearing member")


class Bank(AgentType, type="bank"):
    """Bank that lends against GPUs and tranches; it acts only where credit is on.

    What it does stands in ``sim.credit.bank_rules``: leverage floor, buffer and target, sale of securities, refusal of
    credit, prime brokers' lines. It decides once a week on its balance sheet, not each round on prices: no target.

    Source: Farmer et al. 2020 (SSRN 3594014), thresholds of leverage; Greenwood, Landier & Thesmar 2015 (JFE 115:471).
    """

    agent = BankAgent
    sector = "credit"
    rhythm = "day"
    trades = False
    credit_role: ClassVar[str] = "bank"

    count: int = param(12, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: arrangers named in GPU-backed loans of 2023-26")
    members: int = param(8, unit="participants", low=0, high=1_000_000, doc="how many of them are clearing members",
                         source="judgement: most arrangers clear futures as well")

    def populate(self, block: Population, world: World) -> None:
        block.capital[:] = 0  # it is paid in when lending begins, in proportion to what is lent
        block.member[:] = np.arange(block.n) < self.members

    def target_of(self, me: BankAgent, view: View) -> np.ndarray:
        """A bank holds no futures of its own."""
        return me.position.copy()
