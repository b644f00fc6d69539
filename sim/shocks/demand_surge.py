"""More, or less, demand for tokens."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, Region, change, half_life, hold, in_words, onset, partly, places, rows, where

SURGE = "tokens of agents October 2025 to March 2026, and the squeeze of May 2026"


class DemandSurge(Passing, type="demand_surge"):
    """Demand for tokens rises, or falls for a ratio under 1; part of it becomes demand for compute."""

    tokens: float = param(1.8, unit="ratio", above=0, high=20, doc="tokens wanted over the path before",
                          source=f"judgement (1.4-2.5) on {SURGE}")
    pass_through: float = param(0.25, unit="elasticity", low=0, high=1,
                                doc="change of compute wanted, in logs, over that of tokens wanted",
                                source="judgement: growth meant fivefold tokens and 40 % more rent; models, batching "
                                       "and caching take the rest; 1 for a loss of whole customers")
    regions: tuple[Region, ...] = where()
    onset: int = onset(62, f"{SURGE}: about a quarter")
    hold: int = hold(124, f"{SURGE}: about half a year")
    half_life: float | None = half_life(None, "judgement: new uses stay")

    def compute(self) -> float:
        """Compute wanted over the path before."""
        return self.tokens**self.pass_through

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "demand_mult", partly(self.compute(), level), rows(self.regions))

    def effect(self) -> str:
        return (f"Demand for tokens {change(self.tokens)} and with it demand for compute "
                f"{change(self.compute())}{places(self.regions)} from {in_words(self.date)}{self.course()}.")
