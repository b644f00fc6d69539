"""Used GPUs fall in value while the price of compute stays."""

from __future__ import annotations

import math
from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, in_words, onset, percent


class ResaleFall(Passing, type="resale_fall"):
    """Lenders expect used GPUs to fetch less; spot prices are untouched; nothing where credit is off."""

    fall: float = param(0.5, unit="share", low=0, high=0.95, doc="by which GPUs are thought to be worth less",
                        source="judgement: H100 list prices fell by about half between 2024 and 2026; 0.7 is severe")
    onset: int = onset(21, "judgement: a month")
    half_life: float | None = half_life(504.0, "judgement: two years")

    def apply(self, model: Any, day: int) -> None:
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            model.credit.dials.contribute(day, "resale_add", level * math.log(1.0 - self.fall))

    def contribute(self, economy: Any, day: int, level: float) -> None:
        """The physical economy feels it through lenders alone."""

    def effect(self) -> str:
        return f"GPUs are thought to be worth {percent(self.fall)} less from {in_words(self.date)}{self.course()}."
