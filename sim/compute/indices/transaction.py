"""An index of executed rentals, world-wide but mostly in the United States."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.compute.indices.deals import Deals
from sim.plugin import param

if TYPE_CHECKING:
    from sim.compute.economy import Economy


@lru_cache(maxsize=64)
def spread_evenly(us_weight: float) -> np.ndarray:
    """float64[4]: weight of each region, the first with `us_weight` on top of its part of the rest; read-only."""
    out = np.full(4, (1.0 - us_weight) / 4)
    out[0] += us_weight
    out.flags.writeable = False
    return out


class Transaction(Deals, type="transaction"):
    """Volume-weighted mean of executed spot deals, mostly in the United States; fast, jumpy, thin."""

    us_weight: float = param(0.65, unit="share", low=0, high=1,
                             doc="weight of US deals; the rest is spread evenly over all regions",
                             source="judgement: Ornn pools about 150 providers world-wide")

    def weights(self) -> np.ndarray:
        return spread_evenly(self.us_weight)

    def sample(self, economy: Economy) -> float:
        volume = economy.region["served"][0] / economy.region["reference_demand"][0]
        return self.deals * min(2.5, max(0.2, float(volume)))
