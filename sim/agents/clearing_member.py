"""Clearing members: they guarantee their clients, and trade away what they bought at the auction of another's book."""

from __future__ import annotations

import numpy as np

from sim.agents.base import AgentType, Execution, Transfer, View, World
from sim.agents.rules import hedgeable_notional, whole
from sim.plugin import param
from sim.population import Column, Participant, Population


class MemberAgent(Participant):
    """A clearing member; its account holds its means and its own positions, not its clients'."""

    bound = Column(np.bool_, False, unit="yes or no", doc="whether a bank of the market owns it instead of outsiders")


class ClearingMember(AgentType):
    """Stands between clients and the house; the model adds the block where ``clearing.members`` has a count."""

    agent = MemberAgent
    sector = "members"
    rhythm = "day"

    name: str = param("clearing member", unit="name", doc="label of the block", source="judgement: a name is free")
    execution: Execution = param(
        factory=lambda: Execution(visits=0), unit="rules", doc="how wishes become orders; all months are looked at",
        source="judgement: as other participants, with no haste")
    capital: float = param(0.3, unit="multiple of the hedgers' notional", low=0, high=100,
                           source="judgement: see there", doc="``clearing.members.capital``")
    concentration: float = param(0.5, unit="exponent", low=0, high=3, doc="``clearing.members.concentration``",
                                 source="judgement: see there")
    support: float = param(0.05, unit="share of the gap a day", low=0, high=1, doc="``clearing.members.support``",
                           source="judgement: see there")
    pace: float = param(0.1, unit="share a day", above=0, high=1, doc="``clearing.members.pace``",
                        source="judgement: see there")

    def populate(self, block: Population, world: World) -> None:
        weight = 1.0 / np.arange(1, block.n + 1) ** self.concentration
        block.capital[:] = whole(self.capital * hedgeable_notional(world) * weight / weight.sum())

    def target_of(self, me: MemberAgent, view: View) -> np.ndarray:
        """What it holds, less a share of it, at least one contract where it holds any."""
        size = np.abs(me.position)
        less = np.maximum(np.ceil(size * self.pace).astype(np.int64), 1)
        return np.sign(me.position) * np.maximum(size - less, 0)

    def target(self, block: Population, view: View) -> np.ndarray:
        if not block.position.any():
            return np.zeros(block.position.shape, np.int64)
        size = np.abs(block.position)
        less = np.maximum(np.ceil(size * self.pace).astype(np.int64), 1)
        return np.sign(block.position) * np.maximum(size - less, 0)

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        """Owners outside bring it back to its capital, or take out what is above it and free."""
        gap = whole(self.support * (block.capital - equity))
        amount = np.maximum(gap, -np.maximum(block.cash, 0))
        return [Transfer("member capital", np.where(block.alive & ~block.bound, amount, 0))]
