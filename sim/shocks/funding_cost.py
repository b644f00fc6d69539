"""Dearer money for those who build."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import HYPERSCALERS, OTHERS, Passing, change, half_life, hold, in_words, number, onset, percent


def annuity(rate: float, years: float) -> float:
    """Yearly payment for a loan of 1."""
    return 1.0 / years if rate == 0 else rate / (1.0 - (1.0 + rate) ** -years)


class FundingCost(Passing, type="funding_cost"):
    """Interest rates or spreads rise; a chip costs more to own, lenders refuse projects, and fewer chips are ordered.

    The cost of owning is a loan over the life of a chip; orders answer to it as they answer to the price of compute
    (`compute.supply.order_response`), and projects that no longer cover it stop. Hyperscalers pay the base rate only,
    others the spread as well; lenders refuse part of the others' projects for every point of spread. Orders of
    projects that have stopped are cancelled or put off as far as contracts allow.
    """

    base_rate: float = param(300.0, unit="basis points", low=-1000, high=5000, doc="added to the base rate",
                             source="200-400; CoreWeave 10-Q 2026 gives the cost of +300 basis points")
    spread: float = param(0.0, unit="basis points", low=-1000, high=5000, doc="added to the spread of data centres",
                          source="judgement: none unless said; 150-500 in the catalogue of shocks")
    normal_rate: float = param(0.10, unit="per year", low=0, high=1, doc="rate paid before",
                               source="judgement: GPU loans of 2025-26 at SOFR + 4 to 6 points, rounded")
    life: float = param(5.0, unit="years", above=0, high=30, doc="years over which a chip is paid for",
                        source="judgement: loans run 5-6 years")
    capital: float = param(0.75, unit="share", low=0, high=1, doc="share of capital in the cost of owning",
                           source="judgement: power and colocation 12-20 % (SemiAnalysis 2026), staff the rest")
    refused: float = param(0.1, unit="share per 100 basis points", low=0, high=1,
                           doc="projects of data centres that lenders refuse when spreads rise",
                           source="judgement: draws on GPU loans stop in bad times (DDTL 5.0 s. 2.05)")
    onset: int = onset(83, "judgement: four months, as loans are repriced")
    hold: int = hold(252, "judgement: a year")
    half_life: float | None = half_life(252.0, "judgement: a year")

    def cost(self, points: float) -> float:
        """Cost of owning a chip over normal when money costs so many basis points more."""
        rate = max(0.0, self.normal_rate + points / 1e4)
        return 1.0 + self.capital * (annuity(rate, self.life) / annuity(self.normal_rate, self.life) - 1.0)

    def contribute(self, economy: Any, day: int, level: float) -> None:
        for points, owners in ((self.base_rate, HYPERSCALERS), (self.base_rate + self.spread, OTHERS)):
            economy.dials.contribute(day, "cost_mult", self.cost(points * level), owners)
        economy.dials.contribute(day, "order_mult", self.lent(level), OTHERS)

    def lent(self, level: float) -> float:
        """Share of data centres' projects that still find a lender."""
        return (1.0 - self.refused) ** (max(0.0, self.spread) * level / 100.0)

    def effect(self) -> str:
        changes = {"interest rates": self.base_rate, "data centres' spreads": self.spread}
        parts = [f"{name} {'rise' if points > 0 else 'fall'} by {number(abs(points))} basis points"
                 for name, points in changes.items() if points]
        cost = self.cost(self.base_rate + self.spread)
        text = " and ".join(parts) or "interest rates stay as they are"
        left = self.lent(1.0)
        refused = f" while lenders refuse {percent(1.0 - left)} of their projects" if left < 1 else ""
        return (f"{text[0].upper()}{text[1:]}, and the cost of a data centre's chips {change(round(cost, 3))}"
                f"{refused}, from {in_words(self.date)}{self.course()}.")
