"""At which price a day settles."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from sim.plugin import param
from sim.policy.base import Policy, percent

WORDS = {"last_trade": "at the last trade, however far it went",
         "vwap": "at the mean price of the last {window} rounds by volume",
         "prior_close": "at the prior day's price where the move is larger than {beyond}"}


class SettlementRule(Policy, type="settlement_rule"):
    """A day settles at its last trade, at a mean over more rounds, or at the prior close after a large move.

    The final settlement of a month to the mean of the index is never touched.
    Source: London Metal Exchange, nickel, 8 March 2022 (prior close against the spike).
    """

    rule: Literal["last_trade", "vwap", "prior_close"] = param(
        "vwap", unit="rule", doc="which price is taken", source="judgement: windows make a price hard to push")
    window: int = param(3, unit="rounds", low=1, high=100, doc="rounds over which the mean is taken (vwap)",
                        source="judgement: half of the day")
    beyond: float = param(0.2, unit="log", low=0, high=10, source="judgement: above any ordinary day",
                          doc="move since the prior close beyond which that close stands (prior_close)")

    def effect(self) -> str:
        said = WORDS[self.rule].format(window=self.window, beyond=percent(self.beyond))
        return f"Each day settles {said}{self.ending()}."

    def settlement(self, model: Any, rules: Any, price: np.ndarray, before: np.ndarray) -> None:
        slots = model.exchange.slots
        if self.rule == "last_trade":
            traded = (slots["volume"] > 0) & (slots["last"] > 0)
            price[traded] = slots["last"][traded]
        elif self.rule == "vwap":
            volume, value = (np.sum(part[-self.window:], axis=0) for part in (rules.volumes, rules.values))
            traded = volume > 0
            price[traded] = np.floor(value[traded] / volume[traded] + 0.5).astype(np.int64)
        else:
            moved = (before > 0) & (np.abs(np.log(np.maximum(price, 1) / np.maximum(before, 1))) > self.beyond)
            price[moved] = before[moved]
            rules.today["prior_close_months"] += int((moved & (slots["listed"] == 1)).sum())
