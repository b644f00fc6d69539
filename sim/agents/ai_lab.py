"""AI labs: training runs make their need jump, and they know when."""

from __future__ import annotations

import numpy as np

from sim.agents.base import View, World
from sim.agents.hedging import PROTOTYPE, Hedger, HedgerAgent
from sim.agents.rules import luck
from sim.calendar import month_number
from sim.plugin import param
from sim.population import Column, Population


class LabAgent(HedgerAgent):
    """A lab with its training calendar."""

    period = Column(np.int64, 1, unit="months", doc="months from one training run to the next")
    phase = Column(np.int64, unit="months", doc="where in its calendar the lab stands")
    length = Column(np.int64, 1, unit="months", doc="months that a training run lasts")
    factor = Column(np.float64, 1.0, unit="multiple", doc="need in a training run over that of a quiet month")
    quiet = Column(np.float64, unit="contracts a month", doc="need in a quiet month")


class AiLab(Hedger, type="ai_lab"):
    """AI lab that buys futures for inference and, ahead of time, for training runs.

    Need is a steady flow and, for one to three months of every nine to fifteen, three to ten times that. A run is
    known two quarters ahead; beyond that the lab reckons with its average month.

    Source: Bessembinder & Lemmon 2002, retailer; bursts are judgement.
    """

    agent = LabAgent
    sector = "users"

    count: int = param(60, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: labs and start-ups that train models of their own")
    exposure: float = param(0.3, unit="share of float", low=0, high=10, source=PROTOTYPE,
                            doc="share of the world's uncommitted compute that the block needs in an average month")
    burst_least: float = param(3.0, unit="multiple", low=1, high=100, doc="smallest training burst",
                               source="judgement: compute of runs")
    burst_most: float = param(10.0, unit="multiple", low=1, high=100, doc="largest training burst",
                              source="judgement: compute of runs")
    burst_months: int = param(3, unit="months", low=1, high=12,
                              doc="longest training run; lengths are even from one month",
                              source="judgement: pre-training takes one to three months")
    period_least: int = param(9, unit="months", low=1, high=60, doc="shortest time from run to run",
                              source="judgement: model releases")
    period_most: int = param(15, unit="months", low=1, high=60, doc="longest time from run to run",
                             source="judgement: model releases")
    foresight: int = param(6, unit="months", low=0, high=36, doc="months ahead for which training is planned",
                           source="judgement: two quarters")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        most, longest = max(self.burst_most, self.burst_least), max(self.period_most, self.period_least)
        steps = longest - self.period_least + 1
        block.period[:] = self.period_least + np.floor(luck(block, "period") * steps).astype(np.int64)
        block.phase[:] = np.floor(luck(block, "phase") * block.period).astype(np.int64)
        length = 1 + np.floor(luck(block, "length") * self.burst_months).astype(np.int64)
        block.length[:] = np.minimum(length, block.period)
        block.factor[:] = self.burst_least * (most / self.burst_least) ** luck(block, "burst")
        block.quiet[:] = block.usual / (1.0 + block.length / block.period * (block.factor - 1.0))

    def use(self, me: LabAgent | Population, month: np.ndarray | int) -> np.ndarray:
        """int64[contracts] or [n, contracts]: compute used in absolute months, averaging ``usual`` over a period."""
        period, phase, length, factor, quiet = (np.asarray(getattr(me, name))[..., None] for name in
                                                ("period", "phase", "length", "factor", "quiet"))
        training = (np.asarray(month) + phase) % period < length
        return np.rint(quiet * np.where(training, factor, 1.0)).astype(np.int64)

    def needs(self, me: HedgerAgent | Population, view: View) -> np.ndarray:
        planned = view.month - month_number(view.date) <= self.foresight
        return np.where(planned, self.use(me, view.month), np.asarray(me.usual)[..., None])

    def know_month(self, block: Population, view: View) -> None:
        block.need[:] = self.use(block, month_number(view.date))[:, 0]
