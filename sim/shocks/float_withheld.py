"""Owners hold back what they would offer on the spot market."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, onset, percent


class FloatWithheld(Passing, type="float_withheld"):
    """Part of the uncommitted capacity is taken off the spot market by a corner; if users hoard, sublets as well."""

    share: float = param(0.4, unit="share of the float", low=0, high=1, doc="uncommitted capacity held back",
                         source="judgement (0.2-0.6); the Hunts held a third of private silver in 1980")
    sublets: float = param(0.0, unit="share of sublets", low=0, high=1,
                           doc="contracted capacity, usually offered for sublet, that its users keep",
                           source="judgement: none in a corner; as much as the float where users hoard")
    spare: float = param(0.0, unit="share of spare capacity", low=0, high=1,
                         doc="capacity that hyperscalers usually offer from their own, and keep",
                         source="judgement: none in a corner; as much as the float where users hoard")
    onset: int = onset(21, "judgement: a month to take it up")
    hold: int = hold(21, "judgement: through one delivery month")
    half_life: float | None = half_life(0.0, "judgement: a corner ends at once")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "float_mult", 1.0 - self.share * level)
        economy.dials.contribute(day, "sublet_mult", 1.0 - self.sublets * level)
        economy.dials.contribute(day, "spare_mult", 1.0 - self.spare * level)

    def effect(self) -> str:
        users = f" and {percent(self.sublets)} of sublets" if self.sublets else ""
        users += f" and {percent(self.spare)} of hyperscalers' spare capacity" if self.spare else ""
        return (f"{percent(self.share)} of uncommitted capacity{users} is withheld from the spot market "
                f"from {in_words(self.date)}{self.course()}.")
