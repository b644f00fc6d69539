"""What an index must be before contracts on it may be listed."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.plugin import param
from sim.policy.base import Policy, number


class ListingConditions(Policy, type="listing_conditions"):
    """No new contract month while the index is too young, or too few report to it; months already listed run off.

    Source: IOSCO 2013, Principles for Financial Benchmarks (FR07/13), 6 and 7: enough transactions behind a benchmark;
    CFTC Part 38 core principle 3: contracts not readily susceptible to manipulation.
    """

    panel: float = param(5.0, unit="contributors", low=0, high=10_000,
                         doc="contributors to the index, as its quarterly mean",
                         source="judgement: regulators ask for at least five to eight price reporters")
    history: int = param(250, unit="business days", low=0, high=5040, doc="days for which the index was published",
                         source="judgement: a year, the shortest window of margin models")

    def effect(self) -> str:
        return (f"New months are listed only while the index has at least {number(self.panel)} contributors and "
                f"{self.history:,} days of history{self.ending()}.")

    def may_list(self, model: Any, rules: Any, index: str) -> bool:
        economy = model.economy
        published = economy.index_history[index][: model.day + model.calendar.burn_in + 1]
        enough = int((~np.isnan(published)).sum()) >= self.history
        contributors = float(economy._index_state[index]["measures"][0])
        return enough and contributors >= self.panel
