"""A reporter to an index's panel quotes what suits its position."""

from __future__ import annotations

import math
from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, change, half_life, hold, in_words, onset


class BenchmarkPush(Passing, type="benchmark_push"):
    """The heaviest reporter to the panels of list prices reports a price that it does not ask of its customers.

    Place it beside a ``dominant_trader`` who holds the delivery month that settles on it.
    """

    quote: float = param(1.3, unit="ratio", above=0, high=10, doc="reported over true price of the heaviest reporter",
                         source="judgement: within the spread of list prices, 0.4 to 0.6 in logs, so that nobody is "
                                "struck; LIBOR quotes of 2005-09 strayed less, on a benchmark watched more")
    onset: int = onset(5, "judgement: a week, so that no day stands out")
    hold: int = hold(21, "judgement: through one delivery month")
    half_life: float | None = half_life(0.0, "judgement: it ends when the contract has settled")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "panel_add", level * math.log(self.quote))

    def effect(self) -> str:
        return (f"What the heaviest reporter to the panels of list prices reports {change(self.quote)} "
                f"from {in_words(self.date)}{self.course()}.")
