"""Enterprises (car makers, drug makers): steady needs, budgets to keep."""

from __future__ import annotations

from sim.agents.hedging import PROTOTYPE, Hedger
from sim.plugin import param


class Enterprise(Hedger, type="enterprise"):
    """Company that buys futures for the compute in its budget.

    Source: Bessembinder & Lemmon 2002, retailer; taper and window as in ``sim.agents.hedging``.
    """

    sector = "users"

    count: int = param(400, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: many more than labs, and smaller")
    exposure: float = param(0.2, unit="share of float", low=0, high=10, source=PROTOTYPE,
                            doc="share of the world's uncommitted compute that the block needs each month")
