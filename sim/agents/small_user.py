"""Small developers and researchers: they pay spot, and are the yardstick of harm."""

from __future__ import annotations

import numpy as np

from sim.agents.base import AgentType, Transfer, View, World
from sim.agents.physical import ComputeUser, accrue, pay_bills
from sim.agents.rules import sizes, whole
from sim.plugin import param
from sim.population import Participant, Population


class SmallUser(AgentType, type="small_user"):
    """Small developer or researcher who pays spot and holds no futures.

    Source: judgement (no survey found); about 95 % of such users pay as they go.
    """

    agent = ComputeUser
    sector = "users"
    rhythm = "day"
    trades = False

    count: int = param(400, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: as many as enterprises, for statistics alike")
    exposure: float = param(0.35, unit="share of float", low=0, high=10, source="judgement: the rest of spot demand",
                            doc="share of the world's uncommitted compute that the block needs each month")
    size_sd: float = param(1.0, unit="log", low=0, high=3, doc="sd of log size: heavy-tailed, mean one",
                           source="judgement: as for enterprises")

    def populate(self, block: Population, world: World) -> None:
        mean = self.exposure * world.float_lots / max(block.n, 1)
        block.usual[:] = np.maximum(whole(mean * sizes(block, self.size_sd)), 1)
        block.need[:] = block.usual

    def target_of(self, me: Participant, view: View) -> np.ndarray:
        """Never any future: the position stays what it is, which is none."""
        return me.position.copy()

    def target(self, block: Population, view: View) -> np.ndarray:
        return block.position.copy()

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        accrue(block, view, 1.0 - view.rationed_small)
        return pay_bills(block, view)
