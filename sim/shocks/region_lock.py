"""Work that may no longer cross a border."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, Region, half_life, in_words, onset, percent, places, rows, where


class RegionLock(Passing, type="region_lock"):
    """Demand that could move to a cheaper region must stay: a law on data, or a cut cable."""

    share: float = param(1.0, unit="share", low=0, high=1, doc="mobile demand that can no longer move",
                         source="judgement: a full lock shows the effect; 35 % of demand is locked already")
    regions: tuple[Region, ...] = where(source="judgement: all borders unless said")
    onset: int = onset(21, "judgement: contracts are moved within a month")
    half_life: float | None = half_life(None, "judgement: a law stays")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "mobile_mult", 1.0 - self.share * level, rows(self.regions))

    def effect(self) -> str:
        return (f"{percent(self.share)} of the demand that could move to another region must stay"
                f"{places(self.regions)} from {in_words(self.date)}{self.course()}.")
