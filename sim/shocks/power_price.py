"""A power crisis: dearer power, and data centres that must switch off."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import (
    Passing,
    Region,
    change,
    half_life,
    hold,
    in_words,
    onset,
    partly,
    percent,
    places,
    rows,
    where,
)

CRISIS = "European gas and power, August 2022: German day-ahead power 6 times the year before, futures 14 times normal"


class PowerPrice(Passing, type="power_price"):
    """The price of power changes; old chips idle where it exceeds their rent. Some sites may be switched off."""

    factor: float = param(6.0, unit="ratio", low=0, high=100, doc="price of power over normal",
                          source=f"{CRISIS}; range 3-14")
    curtailed: float = param(0.0, unit="share", low=0, below=1, doc="running capacity that is ordered off",
                             source="judgement: none unless said; 0-25 % in the catalogue of shocks")
    regions: tuple[Region, ...] = where(("EU",), CRISIS)
    onset: int = onset(62, f"{CRISIS}; three months")
    hold: int = hold(41, f"{CRISIS}; two months")
    half_life: float | None = half_life(62.0, f"{CRISIS}; gas -88 % within a year of the peak")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "power_mult", partly(self.factor, level), rows(self.regions))
        economy.dials.contribute(day, "available", 1.0 - self.curtailed * level, rows(self.regions))

    def effect(self) -> str:
        text = f"The price of power {change(self.factor)}"
        if self.curtailed:
            text += f" and {percent(self.curtailed)} of capacity is switched off"
        return f"{text}{places(self.regions)} from {in_words(self.date)}{self.course()}."
