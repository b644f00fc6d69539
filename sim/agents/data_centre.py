"""Data-centre operators (neoclouds): they need certain revenue to serve their debt."""

from __future__ import annotations

import numpy as np

from sim.agents.base import View
from sim.agents.hedging import PROTOTYPE, HedgerAgent
from sim.agents.supplier import Supplier, SupplierAgent
from sim.plugin import param
from sim.population import Column, Population


class DataCentreAgent(SupplierAgent):
    """A data-centre operator, perhaps with a loan."""

    covenant = Column(np.float64, unit="share of need", doc="that its lenders want sold in futures of the next year")


class DataCentre(Supplier, type="data_centre"):
    """Data-centre operator that sells futures against the GPU-hours it will produce.

    Source: Bessembinder & Lemmon 2002, producer; taper and window as in ``sim.agents.hedging``.
    """

    agent = DataCentreAgent
    operator_kind = 1

    count: int = param(45, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: about 45 neoclouds rent GPUs by the hour")
    exposure: float = param(0.55, unit="share of float", low=0, high=10,
                            source=PROTOTYPE + ", shorts need 1.5 x the longs",
                            doc="share of the world's uncommitted compute that the block sells each month")

    def least_ratio(self, me: HedgerAgent | Population, view: View) -> float | np.ndarray:
        if not np.any(me.covenant):
            return 0.0
        least = np.asarray(me.covenant)[..., None]
        return np.where((view.rank > 0) & (view.rank <= self.horizon), least, 0.0)
