"""Memory is short: fewer chips, and dearer ones."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, change, half_life, hold, in_words, onset, partly

SQUEEZE = "DRAM contract prices times 4.6 in three quarters, Q4 2025 to Q2 2026"


class MemoryShortage(Passing, type="memory_shortage"):
    """Memory limits how many chips can be made and makes each dearer, so that budgets buy fewer."""

    output: float = param(0.8, unit="ratio", low=0, high=1, doc="chips delivered over what was planned",
                          source=f"judgement (0.65-0.9); {SQUEEZE}")
    chip_price: float = param(1.3, unit="ratio", low=1, high=10, doc="price of a chip over normal",
                              source=f"1.15-1.6: memory 25-30 % of a rack's cost (Morgan Stanley 2026); {SQUEEZE}")
    onset: int = onset(41, f"judgement: two months of stock; {SQUEEZE}")
    hold: int = hold(252, "judgement: a year, as HBM is sold out 12-24 months ahead (Digitimes 2025-11-26)")
    half_life: float | None = half_life(186.0, "judgement: nine months for new memory lines")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "supply_mult", partly(self.output, level))
        economy.dials.contribute(day, "order_mult", 1.0 / partly(self.chip_price, level))

    def effect(self) -> str:
        return (f"For want of memory chip output {change(self.output)} and the price of a chip "
                f"{change(self.chip_price)} from {in_words(self.date)}{self.course()}.")
