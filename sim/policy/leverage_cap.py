"""A cap on exposure over equity."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.plugin import param
from sim.policy.base import Policy, number, percent
from sim.policy.clipping import clip_gross


class LeverageCap(Policy, type="leverage_cap"):
    """Nobody may hold futures worth more than a multiple of the equity in the account.

    Source: `notional / equity <= L` as brokers and the Basel leverage ratio apply it (BCBS 2014, d270).
    """

    binds = True

    most: float = param(5.0, unit="multiple of equity", above=0, high=1000,
                        doc="largest sum of the notionals of all months, long and short, over equity",
                        source="judgement: what a fifth of notional as initial margin allows")
    tolerance: float = param(0.1, unit="share of the cap", low=0, high=10,
                             doc="how far prices may carry an account above the cap before it must shrink",
                             source="judgement: accounts at the cap would otherwise trade with every tick")
    hedgers_exempt: bool = param(True, unit="yes or no", source="judgement: a hedge is not leverage",
                                 doc="whether users and suppliers are exempt")
    makers_exempt: bool = param(True, unit="yes or no", source="judgement: makers have limits of their own",
                                doc="whether market makers and arbitrageurs are exempt")
    grace: int = param(1, unit="business days", low=0, high=252, source="judgement: a day's notice",
                       doc="evenings above the cap after which a position is reduced by force")

    def effect(self) -> str:
        free = [who for who, exempt in (("hedgers", self.hedgers_exempt), ("makers", self.makers_exempt)) if exempt]
        said = f"; {' and '.join(free)} are exempt" if free else ""
        return (f"Nobody may hold futures worth more than {number(self.most)} times the equity of the account, with "
                f"{percent(self.tolerance)} of tolerance for prices{said}{self.ending()}.")

    def allowed(self, model: Any, rules: Any, tolerance: float = 0.0) -> np.ndarray:
        """float64[n] cents of notional."""
        most = self.most * (1.0 + tolerance) * np.maximum(model.house.equity, 0)
        free = rules.unbound(model, self.makers_exempt)
        if self.hedgers_exempt:
            free = free | (rules.sides != 0)
        most[free] = np.inf
        return most

    def clip(self, model: Any, rules: Any, wish: np.ndarray) -> None:
        value = model.exchange.slots["mark"] * model.exchange.tick_cents
        clip_gross(wish, value, self.allowed(model, rules))

    def exceeded(self, model: Any, rules: Any) -> np.ndarray:
        """bool[n]: who is above the cap and its tolerance this evening."""
        value = model.exchange.settle * model.exchange.tick_cents
        gross = (np.abs(model.ledger.position) * value).sum(axis=1)
        return gross > self.allowed(model, rules, self.tolerance)

    def shape(self, model: Any, rules: Any, block: Any, quotes: Any) -> None:
        if self.makers_exempt:
            return
        value = model.exchange.slots["mark"] * model.exchange.tick_cents
        gross = (np.abs(block.position) * value).sum(axis=1)
        full = (gross >= self.allowed(model, rules)[block.rows])[:, None]
        quotes.bid_size[full & (block.position >= 0)] = 0
        quotes.ask_size[full & (block.position <= 0)] = 0
