"""Haircuts on tranches of GPU loans rise."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, percent


class HaircutRise(Passing, type="haircut_rise"):
    """Repo lenders ask for more margin on tranches of GPU loans; nothing where credit is off."""

    rise: float = param(0.15, unit="share", low=0, high=0.9, doc="added to the haircut",
                        source="Gorton and Metrick 2012 (JFE 104:425): 0 to 25 % and more in 2007-08")
    onset: int = onset(126, "judgement: haircuts of 2007-08 rose over half a year")
    hold: int = hold(126, "judgement: half a year")
    half_life: float | None = half_life(126.0, "judgement: half a year")

    def apply(self, model: Any, day: int) -> None:
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            model.credit.dials.contribute(day, "haircut_add", self.rise * level)

    def contribute(self, economy: Any, day: int, level: float) -> None:
        """The physical economy feels it through lenders alone."""

    def effect(self) -> str:
        return (f"Haircuts on tranches of GPU loans rise by {percent(self.rise)} "
                f"from {in_words(self.date)}{self.course()}.")
