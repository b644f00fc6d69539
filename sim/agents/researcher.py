"""Researchers: universities and institutes whose grants are fixed in money."""

from __future__ import annotations

from sim.agents.unhedged import Unhedged
from sim.plugin import param


class Researcher(Unhedged, type="researcher"):
    """Researcher who wants a planned amount of compute, pays spot out of a fixed grant, and stops when it is spent.

    Source: judgement (no survey of how such users pay was found).
    """

    count: int = param(150, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: three researchers to five developers")
    exposure: float = param(0.1, unit="share of float", low=0, high=10,
                            source="judgement: the smaller part of the spot demand that nobody hedges",
                            doc="share of the world's uncommitted compute that the block needs each month")
    elasticity: float = param(0.3, unit="power of price", low=0, high=5,
                              doc="how use falls with spot over the price that plans were made for",
                              source="judgement: an experiment that was planned is run if it can be paid")
    budget: float = param(1.1, unit="multiple of the usual bill", above=0, high=100,
                          source="judgement: a tenth of a grant is kept for surprises",
                          doc="most that can be spent in a month, over the usual use at the planned price")
    planning: float = param(252.0, unit="business days", above=0, high=2520,
                            source="judgement: grants run for two to three years",
                            doc="half-life with which plans follow the spot price")
