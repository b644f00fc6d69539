"""One large tenant of data centres fails: its contracts end, and its demand is gone."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, partly, percent


class AnchorDefault(Passing, type="anchor_default"):
    """An AI lab that rents a fifth of what is under contract fails; its compute comes back to the market.

    Which operators it rents from, and how much of their contracts, is set by `credit.business.anchor_share` and
    `anchor_spread`. Where credit is off, only demand falls and compute is offered.
    """

    lost: float = param(1.0, unit="share", low=0, high=1, doc="of its contracts that end",
                        source="judgement: contracts of an insolvent tenant are rejected")
    demand: float = param(0.11, unit="share of demand", low=0, high=1, doc="demand for compute that is gone",
                          source="judgement: a fifth of committed compute, of which half is needed by others")
    released: float = param(0.03, unit="share of all capacity", low=0, high=0.5,
                            doc="contracted capacity that is offered on the spot market",
                            source="judgement: operators re-let the rest by contract at once")
    onset: int = onset(5, "judgement: a week")
    hold: int = hold(126, "judgement: half a year until re-letting begins")
    half_life: float | None = half_life(378.0, "judgement: re-let over three years")

    def apply(self, model: Any, day: int) -> None:
        super().apply(model, day)
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            model.credit.dials.contribute(day, "tenant_lost", self.lost * level)

    def contribute(self, economy: Any, day: int, level: float) -> None:
        dials, committed = economy.dials, economy.config.prices.committed_share
        dials.contribute(day, "demand_mult", partly(1.0 - self.demand, level))
        dials.contribute(day, "float_mult", 1.0 + level * self.released / (1.0 - committed))

    def effect(self) -> str:
        return (f"A large AI lab fails: {percent(self.lost)} of its contracts with data centres end, "
                f"{percent(self.demand)} of demand is gone and {percent(self.released)} of all capacity is offered, "
                f"from {in_words(self.date)}{self.course()}.")
