"""Hyperscalers cut their budgets and sublet what they hold."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import HYPERSCALERS, OTHERS, Passing, half_life, hold, in_words, onset, partly, percent

SELL_OFF = "guidance week of February 2026; CoreWeave's 2025 guidance cut by 40 % (2025-11-11)"


class CapexCut(Passing, type="capex_cut"):
    """Hyperscalers order fewer chips and offer part of what they hold; data centres win fewer contracts."""

    capex_growth: float = param(-0.3, unit="per year", above=-1, high=2, doc="growth of hyperscalers' budgets",
                                source=f"judgement (-0.5 to -0.15) on {SELL_OFF}")
    normal_capex_growth: float = param(0.29, unit="per year", above=-1, high=2, doc="growth of budgets before",
                                       source="consensus for 2027 over guidance for 2026, four hyperscalers")
    others: float = param(0.3, unit="ratio", low=0, high=2, doc="chip orders of data centres over normal",
                          source=f"judgement (0.1-0.6): they lose hyperscalers' contracts; {SELL_OFF}")
    released: float = param(0.03, unit="share of all capacity", low=0, high=0.5,
                            doc="contracted capacity that is offered on the spot market",
                            source=f"judgement (0.01-0.06) on {SELL_OFF}")
    onset: int = onset(62, f"judgement: a quarter, from guidance to orders; {SELL_OFF}")
    hold: int = hold(252, "judgement: one budget year")
    half_life: float | None = half_life(252.0, "judgement: the next budget year")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        dials, committed = economy.dials, economy.config.prices.committed_share
        dials.contribute(day, "order_mult", partly(self.orders(), level), HYPERSCALERS)
        dials.contribute(day, "order_mult", partly(self.others, level), OTHERS)
        dials.contribute(day, "float_mult", 1.0 + level * self.released / (1.0 - committed))

    def orders(self) -> float:
        """Hyperscalers' orders over normal."""
        return (1.0 + self.capex_growth) / (1.0 + self.normal_capex_growth)

    def effect(self) -> str:
        others = f" and others {percent(self.others)}" if self.others != 1 else ""
        sublet = f", and {percent(self.released)} of all capacity is offered for sublet" if self.released else ""
        return (f"Hyperscalers order {percent(self.orders())} of their usual chips{others}{sublet}, "
                f"from {in_words(self.date)}{self.course()}.")
