"""What those who own GPUs share: where they stand, how large they are, and the output they sell forward."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.agents.base import Transfer, View, World
from sim.agents.hedging import Hedger, HedgerAgent
from sim.agents.physical import sell_compute
from sim.agents.rules import sizes
from sim.plugin import param
from sim.population import Column, Population

HOURS = 730  # GPU-hours of one contract; NYMEX submission 26-370 (2026-08-11)


class SupplierAgent(HedgerAgent):
    """An owner of GPUs."""

    size = Column(np.float64, 1.0, unit="relative", doc="size within the kind")


class Supplier(Hedger):
    """Sells part of its uncommitted output forward."""

    agent = SupplierAgent
    sector = "suppliers"
    side: ClassVar[int] = -1

    regions: tuple[float, float, float, float] = param(
        (0.57, 0.14, 0.14, 0.15), unit="shares of US, CN, EU, ROW", doc="share of the participants in each region",
        source="judgement: more owners in every region than one")
    running_cost: float = param(
        0.35, unit="$ per GPU-hour", low=0, high=100, doc="energy, staff and space for an hour sold",
        source="SemiAnalysis 2026-07 and Bernstein 2025-10: power 0.19, operations 0.15 an hour")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.size[:] = sizes(block, self.size_sd)

    def bills(self, block: Population, view: View) -> list[Transfer]:
        return sell_compute(block, view, 100.0 * HOURS * self.running_cost)
