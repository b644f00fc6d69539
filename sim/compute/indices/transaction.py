"""An index of executed rentals, world-wide but mostly in the United States."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.compute.indices.deals import Deals
from sim.plugin import param

if TYPE_CHECKING:
    from sim.compute.economy import Economy


class Transaction(Deals, type="transaction"):
    """Volume-weighted mean of executed spot deals, mostly in the United States; fast, jumpy, thin."""

    us_weight: float = param(0.65, unit="share", low=0, high=1,
                             doc="weight of US deals; the rest is spread evenly over all regions",
                             source="judgement: Ornn pools about 150 providers world-wide")

    def weights(self) -> np.ndarray:
        out = np.full(4, (1.0 - self.us_weight) / 4)
        out[0] += self.us_weight
        return out

    def sample(self, economy: Economy) -> float:
        volume = economy.region["served"][0] / economy.region["reference_demand"][0]
        return self.deals * min(2.5, max(0.2, float(volume)))
