"""Hyperscalers: few and large, they smooth the revenue of spare capacity."""

from __future__ import annotations

from sim.agents.hedging import PROTOTYPE
from sim.agents.supplier import Supplier
from sim.plugin import param


class Hyperscaler(Supplier, type="hyperscaler"):
    """Hyperscaler that sells futures against its spare capacity.

    Source: Bessembinder & Lemmon 2002, producer; taper and window as in ``sim.agents.hedging``.
    """

    operator_kind = 0

    count: int = param(6, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: three American, one Chinese, one European, one elsewhere")
    exposure: float = param(0.2, unit="share of float", low=0, high=10,
                            source=PROTOTYPE + ", shorts need 1.5 x the longs",
                            doc="share of the world's uncommitted compute that the block sells each month")
    size_sd: float = param(0.6, unit="log", low=0, high=3, doc="sd of log size: heavy-tailed, mean one",
                           source="judgement: capital spending of the big four within a factor of two (2026 guidance)")
    regions: tuple[float, float, float, float] = param(
        (0.5, 0.17, 0.17, 0.16), unit="shares of US, CN, EU, ROW", doc="share of the participants in each region",
        source="judgement: three of six in the United States")
    running_cost: float = param(0.3, unit="$ per GPU-hour", low=0, high=100,
                                doc="energy, staff and space for an hour sold",
                                source="judgement: a little below a data centre's, from scale")
