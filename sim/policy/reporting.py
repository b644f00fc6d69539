"""What the clearing house can see of positions elsewhere, and what it does with that."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.plugin import param
from sim.policy.base import Memory, Policy, number, percent


class Reporting(Policy, type="reporting"):
    """The house sees bilateral swaps: they count under position limits, and concentrated accounts pay more margin.

    An account whose visible position in one month is above the threshold pays more margin in proportion; without
    reporting only futures are visible. Source: LME 2022: about a third of nickel was held over the counter and
    unseen (Oliver Wyman review, 2023); the add-on is linear above a threshold, as in SPAN 2.
    """

    swaps: bool = param(True, unit="yes or no", doc="whether bilateral swaps are reported to the house",
                        source="LME 2022: weekly reports of OTC positions, introduced after the event")
    other_venues: bool = param(True, unit="yes or no", source="judgement: as for swaps",
                               doc="whether hedges of positions on a perpetual venue are reported as well")
    threshold: float = param(0.05, unit="share of open interest", above=0, high=1,
                             doc="visible position over the open interest of its month from which margin rises",
                             source="judgement: one account in twenty")
    slope: float = param(1.0, unit="multiple", low=0, high=100, source="judgement: twice the size, twice the rate",
                         doc="rise of the margin rate for a position that is twice the threshold")
    highest: float = param(3.0, unit="multiple", low=1, high=100, source="judgement: keeps margin below notional",
                           doc="largest multiple of the usual margin")

    def effect(self) -> str:
        parts = ["bilateral swaps"] * self.swaps + ["positions on other venues"] * self.other_venues
        seen = " and ".join(parts) if parts else "futures alone"
        return (f"The clearing house sees {seen}; who holds more than {percent(self.threshold)} of a month's open "
                f"interest pays up to {number(self.highest)} times the margin{self.ending()}.")

    def remember(self, rows: int, months: int) -> Memory:
        return {"multiple": np.ones(rows)}

    def morning(self, model: Any, rules: Any) -> None:
        multiple = rules.memory[self.label]["multiple"]
        model.house.multiple = multiple.copy() if (multiple > 1.0).any() else None
        rules.sees_swaps |= self.swaps
        rules.sees_venues |= self.other_venues

    def evening(self, model: Any, rules: Any) -> None:
        held, seen = model.ledger.position, rules.elsewhere(model)
        total = held if seen is None else held + seen
        interest = np.maximum(model.exchange.open_interest(), 1)
        share = (np.abs(total) / interest * (held != 0)).max(axis=1)
        share[rules.unbound(model, True)] = 0.0
        multiple = rules.memory[self.label]["multiple"]
        multiple[:] = np.clip(1.0 + self.slope * (share / self.threshold - 1.0), 1.0, self.highest)
        model.house.multiple = multiple.copy() if (multiple > 1.0).any() else None
        rules.today["concentrated_accounts"] += int((multiple > 1.0).sum())
