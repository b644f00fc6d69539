"""A tax on each trade."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.plugin import param
from sim.policy.base import Policy, number

WHOLE = 10_000_000  # rates are kept in thousandths of a basis point


class TransactionTax(Policy, type="transaction_tax"):
    """Each side of a trade pays a share of its value, and everybody trades with the tax in mind.

    Takers want a gain that much larger and reach that much less far, makers quote that much wider (to the tick, by
    luck in proportion). Source: Westerhoff & Dieci 2006 (J. Econ. Dyn. Control 30:293) for a tax in the decisions of
    traders.
    """

    rate: float = param(5.0, unit="basis points a side", low=0, high=1000, doc="tax on the value of a trade",
                        source="judgement: between the 2 of the EU's 2013 proposal for derivatives (0.01 % a side: 1) "
                               "and the 50 of the stamp duty on UK shares")
    makers_exempt: bool = param(True, unit="yes or no", source="UK stamp duty: intermediaries' relief",
                                doc="whether market makers and arbitrageurs pay nothing")

    def effect(self) -> str:
        who = "Each side but market makers and arbitrageurs" if self.makers_exempt else "Each side"
        return f"{who} pays {number(self.rate)} basis points of the value of a trade as a tax{self.ending()}."

    @property
    def share(self) -> float:
        """The rate as a share of value."""
        return self.rate / 10_000.0

    def morning(self, model: Any, rules: Any) -> None:
        styles = model.desk.styles[:-1]  # whoever is forced has no choice
        payers = np.ones(len(styles), np.bool_)
        if self.makers_exempt:
            payers = ~rules.maker_blocks(model)
        styles["edge"][payers] += self.share
        styles["reach"][payers] = np.maximum(styles["reach"][payers] - self.share, 0.0)
        styles["offset"][payers] += self.share

    def shape(self, model: Any, rules: Any, block: Any, quotes: Any) -> None:
        if self.makers_exempt:
            return
        luck = block.streams.uniform(f"{self.label}.{block.label}", block.n, model.day, rules.number)[:, None]
        for price, sign in ((quotes.bid, -1), (quotes.ask, 1)):
            wider = np.floor(price * self.share + luck).astype(np.int64)
            price[:] = np.where(price > 0, np.maximum(price + sign * wider, 1), 0)

    def evening(self, model: Any, rules: Any) -> None:
        per_value = round(self.rate * 1000)
        due = (rules.value_traded * per_value + WHOLE // 2) // WHOLE
        due[rules.unbound(model, self.makers_exempt)] = 0
        if due.any():
            model.ledger.post("transaction tax", slice(None), -due, "outside world")
        rules.today["transaction_tax_cents"] += int(due.sum())
        rules.today["taxed_value_cents"] += int(rules.value_traded[due > 0].sum())
