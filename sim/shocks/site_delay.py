"""Sites and grid connections that come late."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, partly, percent

LATE = "Sightline via semafor 2026-02-24: 30-50 % of projects late; PJM connections four years longer"


class SiteDelay(Passing, type="site_delay"):
    """Part of the chips whose site is due do not get power and wait again, half a year to a year."""

    on_time: float = param(0.6, unit="share", low=0, high=1, doc="chips due that get power", source=f"{LATE}; 0.5-0.75")
    onset: int = onset(1, "judgement: sites slip at once when a connection is refused")
    hold: int = hold(252, f"judgement: a year; {LATE}")
    half_life: float | None = half_life(252.0, f"judgement: a year; {LATE}")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "site_mult", partly(self.on_time, level))

    def effect(self) -> str:
        return (f"Only {percent(self.on_time)} of the chips whose site is due get power "
                f"from {in_words(self.date)}{self.course()}.")
