"""A floor under initial margin."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.policy.base import Policy, percent


class MinimumMargin(Policy, type="minimum_margin"):
    """Initial margin is never below a share of notional, whatever the house's model says.

    Source: minimum rates in clearing rules, such as 9.3 % of an index future at NSE Clearing.
    """

    rate: float = param(0.10, unit="share of notional", low=0, high=1, doc="lowest initial margin",
                        source="judgement: half of the usual fixed rate of a fifth")

    def effect(self) -> str:
        return f"Initial margin is at least {percent(self.rate)} of notional{self.ending()}."

    def morning(self, model: Any, rules: Any) -> None:
        model.house.least_rate = max(model.house.least_rate, self.rate)
