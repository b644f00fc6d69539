"""Investors in private-credit funds ask for their money."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, percent


class RedemptionWave(Passing, type="redemption_wave"):
    """Investors ask private-credit funds for part of their money every quarter; nothing where credit is off.

    Beyond `credit.pools.gate` the funds close their gates, lend no more, and other lenders take fright.
    """

    asked: float = param(0.15, unit="share of value a quarter", low=0, high=1, doc="asked back, besides the usual",
                         source="judgement: non-traded credit and property funds of 2022-26 were asked for 5-20 %")
    onset: int = onset(63, "judgement: a quarter")
    hold: int = hold(126, "judgement: half a year")
    half_life: float | None = half_life(126.0, "judgement: half a year")

    def apply(self, model: Any, day: int) -> None:
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            model.credit.dials.contribute(day, "asked_add", self.asked * level)

    def contribute(self, economy: Any, day: int, level: float) -> None:
        """The physical economy feels it through lenders alone."""

    def effect(self) -> str:
        return (f"Investors ask private-credit funds for {percent(self.asked)} of their money a quarter "
                f"from {in_words(self.date)}{self.course()}.")
