"""Labs undercut each other."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, change, half_life, hold, in_words, onset, partly

WAR = "price cuts of May 2024 (Doubao -99 %, Qwen -97 %) and May 2026 (DeepSeek -75 %)"


class TokenPriceWar(Passing, type="token_price_war"):
    """Posted token prices change without a change of cost; users answer with more, or fewer, tokens."""

    price: float = param(0.35, unit="ratio", above=0, high=10, doc="posted token prices over what labs would post",
                         source=f"judgement (0.1-0.6) on {WAR}")
    elasticity: float = param(1.1, unit="elasticity", low=0, high=5, doc="tokens wanted in answer to their price",
                              source="The Emerging Market for Intelligence 2025-12 (unverified): 0.5-1.5")
    pass_through: float = param(0.25, unit="elasticity", low=0, high=1,
                                doc="change of compute wanted, in logs, over that of tokens wanted",
                                source="judgement: as in a demand surge; models, batching and caching take the rest")
    answer: int = param(126, unit="business days", low=1, high=2520, doc="days until users have answered in full",
                        source="judgement: half a year; tokens in China rose tenfold in the year after May 2024")
    onset: int = onset(7, f"{WAR}: rivals followed within ten days")
    hold: int = hold(124, "judgement: half a year")
    half_life: float | None = half_life(None, f"{WAR}: cuts were not taken back")

    def compute(self) -> float:
        """Compute wanted over the path before."""
        return self.price ** (-self.elasticity * self.pass_through)

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "token_mult", partly(self.price, level))
        answered = min(1.0, (day - economy.calendar.day_on(self.date) + 1) / self.answer)
        economy.dials.contribute(day, "demand_mult", partly(self.compute(), level * answered))

    def effect(self) -> str:
        text = f"The posted price of tokens {change(self.price)} from {in_words(self.date)}{self.course()}"
        if self.compute() != 1:
            text += f", while demand for compute {change(self.compute())} within {self.answer} business days"
        return f"{text}."
