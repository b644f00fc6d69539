"""Small developers: start-ups and freelancers who rent by the hour, with customers of their own."""

from __future__ import annotations

from sim.agents.unhedged import Unhedged
from sim.plugin import param


class SmallDeveloper(Unhedged, type="small_developer"):
    """Small developer who pays spot by credit card and scales use with its price.

    Source: judgement (no survey of how such users pay was found); about 95 % of them pay as they go.
    """

    count: int = param(250, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: five developers to three researchers")
    exposure: float = param(0.25, unit="share of float", low=0, high=10,
                            source="judgement: most of the spot demand that nobody hedges",
                            doc="share of the world's uncommitted compute that the block needs each month")
    elasticity: float = param(1.1, unit="power of price", low=0, high=5,
                              doc="how use falls with spot over the price that plans were made for",
                              source="judgement: as all demand for tokens in the short run")
    budget: float = param(1.5, unit="multiple of the usual bill", above=0, high=100,
                          source="judgement: half as much again before a card limit or a founder says stop",
                          doc="most that can be spent in a month, over the usual use at the planned price")
