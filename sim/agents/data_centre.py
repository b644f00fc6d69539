"""Data-centre operators (neoclouds): they need certain revenue to serve their debt."""

from __future__ import annotations

from sim.agents.hedging import PROTOTYPE
from sim.agents.supplier import Supplier
from sim.plugin import param


class DataCentre(Supplier, type="data_centre"):
    """Data-centre operator that sells futures against the GPU-hours it will produce.

    Source: Bessembinder & Lemmon 2002, producer; taper and window as in ``sim.agents.hedging``.
    """

    operator_kind = 1

    count: int = param(45, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: about 45 neoclouds rent GPUs by the hour")
    exposure: float = param(0.55, unit="share of float", low=0, high=10,
                            source=PROTOTYPE + ", shorts need 1.5 x the longs",
                            doc="share of the world's uncommitted compute that the block sells each month")
