"""Lenders stop believing the index and the curve that they value collateral by."""

from __future__ import annotations

import math
from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, percent


class IndexCredibility(Passing, type="index_credibility"):
    """Lenders count on less than published prices say when they value GPUs; nothing where credit is off."""

    discount: float = param(0.15, unit="share", low=0, high=0.9, doc="by which they mark published prices down",
                            source="judgement: the gap between two H100 indices reached that size in 2025-26")
    onset: int = onset(5, "judgement: a week")
    hold: int = hold(126, "judgement: half a year")
    half_life: float | None = half_life(126.0, "judgement: trust returns over a year")

    def apply(self, model: Any, day: int) -> None:
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            model.credit.dials.contribute(day, "mark_add", level * math.log(1.0 - self.discount))

    def contribute(self, economy: Any, day: int, level: float) -> None:
        """The physical economy feels it through lenders alone."""

    def effect(self) -> str:
        return (f"Lenders value GPUs as if compute were {percent(self.discount)} cheaper than the index says, "
                f"from {in_words(self.date)}{self.course()}.")
