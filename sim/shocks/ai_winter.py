"""Demand stops growing and budgets are cut: an AI winter."""

from __future__ import annotations

import math
from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, number, onset, partly, percent

BUST = "telecom bust 2000-03: bandwidth prices -61 % a year, lit fibre in use 2.6 % in 2001"


class AiWinter(Passing, type="ai_winter"):
    """Tokens grow slower than models get more efficient, so demand for compute falls; budgets for chips are cut.

    Chips already ordered still arrive: prices fall because capacity goes on growing.
    """

    token_growth: float = param(1.2, unit="times per year", above=0, high=20, doc="growth of tokens in the winter",
                                source=f"judgement (0.8-1.6) on {BUST}")
    normal_growth: float = param(4.5, unit="times per year", above=0, high=20, doc="growth of tokens before",
                                 source="Google I/O 2026 (6.7 times a year) and China's NDA (3.8), range 2.5-7")
    capex_growth: float = param(-0.4, unit="per year", above=-1, high=2, doc="growth of budgets for chips",
                                source=f"judgement (-0.6 to -0.25) on {BUST}")
    normal_capex_growth: float = param(0.29, unit="per year", above=-1, high=2, doc="growth of budgets before",
                                       source="consensus for 2027 over guidance for 2026, four hyperscalers")
    onset: int = onset(83, f"judgement: four months; {BUST}")
    hold: int = hold(621, f"judgement: two and a half years; {BUST}")
    half_life: float | None = half_life(497.0, f"judgement: two years; {BUST}")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "growth_add", math.log(self.token_growth / self.normal_growth) * level)
        orders = (1.0 + self.capex_growth) / (1.0 + self.normal_capex_growth)
        economy.dials.contribute(day, "order_mult", partly(orders, level))

    def effect(self) -> str:
        orders = (1.0 + self.capex_growth) / (1.0 + self.normal_capex_growth)
        chips = "chip orders stay normal" if orders == 1 else f"chip orders are {percent(orders)} of normal"
        return (f"Tokens grow {number(self.token_growth)} times a year instead of {number(self.normal_growth)}, and "
                f"{chips}, from {in_words(self.date)}{self.course()}.")
