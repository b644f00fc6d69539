"""Users without futures: they pay spot, use less where it is dear, and do without what is refused or unaffordable.

They are the yardstick of harm: what they pay for an hour, what they give up because it is dear, and what they are
refused because others come first.
"""

from __future__ import annotations

import numpy as np

from sim.agents.base import Transfer, View, World
from sim.agents.physical import ComputeUser, accrue, pay_bills
from sim.agents.rules import persistence, whole
from sim.agents.small_user import SmallUser
from sim.plugin import param
from sim.population import Column, Population


class UnhedgedAgent(ComputeUser):
    """Somebody who lives with the spot price."""

    anchor = Column(np.float64, unit="ticks", doc="spot price that plans and budgets are made for")
    served = Column(np.float64, unit="contracts", doc="compute used so far in this month")
    priced_out = Column(np.float64, unit="contracts", doc="compute given up so far in this month because it is dear")
    refused = Column(np.float64, unit="contracts", doc="compute wanted and refused so far in this month")


class Unhedged(SmallUser):
    """Buys at spot what it wants at the price, as far as its budget goes and as far as it is served."""

    agent = UnhedgedAgent

    elasticity: float = param(1.1, unit="power of price", low=0, high=5,
                              doc="how use falls with spot over the price that plans were made for",
                              source="judgement: short-run elasticity of demand for tokens of about 1.1")
    budget: float = param(1.5, unit="multiple of the usual bill", above=0, high=100, source="judgement: set by types",
                          doc="most that can be spent in a month, over the usual use at the planned price")
    planning: float = param(126.0, unit="business days", above=0, high=2520, source="judgement: budgets of a year",
                            doc="half-life with which plans follow the spot price")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.anchor[:] = world.price

    def wanted(self, usual: np.ndarray | float, anchor: np.ndarray | float, view: View) -> np.ndarray:
        """Contracts a month wanted at today's spot price: usual (spot/plan)^-elasticity, within the budget."""
        dear = np.maximum(view.spot, 1e-9) / np.maximum(anchor, 1e-9)
        return np.asarray(usual * np.minimum(dear**-self.elasticity, self.budget / dear))

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        if view.first_of_month:
            for column in (block.served, block.priced_out, block.refused):
                column[:] = 0.0
        usual, day = block.usual, 1.0 / view.month_length
        wanted = self.wanted(usual, block.anchor, view)
        block.refused[:] += day * wanted * view.rationed_small
        block.served[:] += day * wanted * (1.0 - view.rationed_small)
        block.priced_out[:] += day * np.maximum(usual - wanted, 0.0)
        keep, _ = persistence(self.planning)
        block.anchor[:] = keep * block.anchor + (1.0 - keep) * view.spot
        block.need[:] = np.maximum(whole(wanted * (1.0 - view.rationed_small)), 0)
        accrue(block, view)
        return pay_bills(block, view)
