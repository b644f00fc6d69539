"""Lenders refinance less, and honour fewer draws."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, partly, percent


class RolloverStop(Passing, type="rollover_stop"):
    """Lenders of data-centre operators stop to refinance and to honour draws; nothing where credit is off."""

    rollover: float = param(0.25, unit="share of usual", low=0, high=1, doc="maturing debt that is refinanced",
                            source="judgement: asset-backed commercial paper in 2007 rolled over a quarter; 2008 none")
    draws: float = param(0.25, unit="share of usual", low=0, high=1, doc="draws on granted loans that are honoured",
                         source="judgement: as strong as the rollover, since draws need new money as well")
    onset: int = onset(10, "judgement: two weeks from the first refusal to all")
    hold: int = hold(252, "judgement: a year")
    half_life: float | None = half_life(63.0, "judgement: lenders come back over half a year")

    def apply(self, model: Any, day: int) -> None:
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            model.credit.dials.contribute(day, "rollover", partly(self.rollover, level))
            model.credit.dials.contribute(day, "draws", partly(self.draws, level))

    def contribute(self, economy: Any, day: int, level: float) -> None:
        """The physical economy feels it through operators alone."""

    def effect(self) -> str:
        return (f"Lenders refinance {percent(self.rollover)} of the maturing debt that they used to, and honour "
                f"{percent(self.draws)} of draws, from {in_words(self.date)}{self.course()}.")
