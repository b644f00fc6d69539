"""How freely lenders lend: stress in the system becomes refusal, dearer money and caution."""

from __future__ import annotations

import math

import numpy as np

from sim.credit.blame import NEWS, Blame
from sim.credit.config import Market

UNIT = 1e12  # stress is kept in the same unit as cents of loss


class Conditions:
    """The mood of lenders, as it stands at the end of a week.

    Parameters
    ----------
    rule      : parameters
    relied_on : share of lending that needs pools to be sold
    firms     : number of operators
    """

    def __init__(self, rule: Market, relied_on: float, firms: int) -> None:
        self.rule, self.relied_on = rule, relied_on
        self.stress, self.supply, self.demand = 0.05, 1.0, 1.0
        self.flow = 0.0  # share of operators' capacity lately auctioned
        self.discount = np.ones(firms)  # price over value at auction
        self.refuse = Blame()  # what makes lenders refuse this week
        self.strain, self.scarce = Blame(), Blame()  # what stress, and the lack of bank credit, go back to
        self.sales: dict[int, float] = {}  # auction -> its part of the flow

    def update(self, expected_loss: float, gated: float, supply: float, defaulted: float, haircut_rise: float,
               discount: float) -> None:
        """A week passes: shares of loans expected to be lost and newly in default, of private credit gated."""
        raw = self.rule.stress * (4.0 * max(expected_loss - 0.05, 0.0) + 0.5 * gated + 0.8 * (1.0 - supply)
                                  + 1.5 * defaulted)
        self.stress = 0.85 * self.stress + 0.15 * raw
        self.supply = supply
        clip = lambda x: min(max(x, 0.0), 1.0)
        cheap = clip(1.0 - (haircut_rise - 0.03) / 0.25)
        self.demand = clip(1.0 - 2.5 * self.stress) * cheap * clip(1.0 - 4.0 * discount)

    def weigh_refusals(self, offered: float) -> None:
        """What makes lenders refuse, who offer so much of the usual: each in proportion to the log it takes away."""
        self.refuse = Blame()
        self.refuse.add(NEWS, -UNIT * math.log(max(offered, 1e-6)))
        for blame, left in ((self.strain, self.available() * max(self._pools(), 1e-6)),
                            (self.scarce, 0.35 + 0.65 * self.supply)):
            for event, weight in blame.causes():
                self.refuse.add(event, -UNIT * weight * math.log(left))

    def refinanced(self, rollover: float) -> float:
        """Share of maturing debt that is refinanced when lenders offer `rollover` of the usual."""
        return self.available(rollover) * self._pools() * (1.0 - 0.4 * (1.0 - self.supply))

    def drawn(self, draws: float) -> float:
        """Chance that a draw is met when lenders honour `draws` of the usual."""
        return self.available(draws) * (0.35 + 0.65 * self.supply) * self._pools()

    def available(self, offered: float = 1.0) -> float:
        """Share of what is asked for that is lent at all."""
        return offered * max(0.05, 1.0 - self.rule.rationing * max(self.stress - 0.05, 0.0))

    def mood(self, log_spot: float) -> float:
        """Owners' appetite for more equity."""
        return min(max(1.0 - 1.5 * self.stress - 0.8 * max(-log_spot - 0.25, 0.0), 0.0), 1.0)

    def gloom(self, log_spot: float) -> Blame:
        """What has taken owners' appetite for equity, in proportion: stress by its causes, and rents."""
        blame = Blame()
        for event, weight in self.strain.causes():
            blame.add(event, UNIT * 1.5 * max(self.stress, 0.0) * weight)
        blame.add(NEWS, UNIT * 0.8 * max(-log_spot - 0.25, 0.0))
        return blame

    def spread(self) -> float:
        """A year, on top of contracts' margins."""
        return 0.04 * (1.0 - self.supply) + 0.03 * max(self.stress, 0.0)

    def _pools(self) -> float:
        return 1.0 - self.relied_on * (1.0 - self.demand)

    def pressed(self, value_fall: float) -> Blame:
        """What has pressed the value of collateral: auctions, and the fall of its price outside them (log)."""
        blame, total = Blame(), sum(self.sales.values())
        fall = float(-np.log(np.maximum(self.discount, 1e-6)).mean())
        for event, part in self.sales.items():
            blame.add(event, UNIT * fall * part / total if total > 0 else 0.0)
        blame.add(NEWS, UNIT * max(value_fall, 0.0))
        return blame

    def snapshot(self) -> dict:
        """A copy of what changes."""
        return {"numbers": (self.stress, self.supply, self.demand, self.flow), "discount": self.discount.copy(),
                "blame": [dict(each.cents) for each in (self.refuse, self.strain, self.scarce)],
                "sales": dict(self.sales)}

    def restore(self, state: dict) -> None:
        """Put a copy back."""
        self.stress, self.supply, self.demand, self.flow = state["numbers"]
        self.discount = state["discount"].copy()
        for each, cents in zip((self.refuse, self.strain, self.scarce), state["blame"], strict=True):
            each.cents = dict(cents)
        self.sales = dict(state["sales"])
