"""An index of executed rentals in one region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.compute.config import REGIONS
from sim.compute.indices.deals import Deals
from sim.plugin import param

if TYPE_CHECKING:
    from sim.compute.economy import Economy


class Regional(Deals, type="regional"):
    """Volume-weighted mean of executed spot deals in one region; thinner, the smaller the region."""

    region: Literal["US", "CN", "EU", "ROW"] = param("EU", unit="region", doc="where the deals are made",
                                                     source="judgement: a choice, without effect on what happens")
    deals: float = param(60.0, unit="deals per day", above=0, high=1e6, doc="deals at reference volume",
                         source="judgement: fewer than world-wide, though small regions have many small sellers")
    largest: float = param(0.30, unit="share", low=0, high=1, doc="share of the largest seller in the sample",
                           source="judgement: a regional market has a handful of sellers")

    @property
    def label(self) -> str:
        return self.name or f"{self.type_name}_{self.region.lower()}"

    @property
    def place(self) -> int:
        return REGIONS.index(self.region)

    def weights(self) -> np.ndarray:
        return (np.array(REGIONS) == self.region).astype(float)

    def transactions(self, economy: Economy, day: int) -> float:
        return super().transactions(economy, day) + self._crowding(economy)

    def expected(self, economy: Economy, state: dict[str, np.ndarray], day: int) -> np.ndarray:
        return super().expected(economy, state, day) + self._crowding(economy)

    def _crowding(self, economy: Economy) -> float:
        """What new chips have taken from old ones in the United States beyond what they have taken here."""
        crowding = economy.region["crowding"]
        return float(crowding[0] - crowding[REGIONS.index(self.region)])
