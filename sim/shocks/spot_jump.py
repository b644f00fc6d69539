"""A sudden run on the spot market."""

from __future__ import annotations

import math
from typing import Any

from sim.plugin import param
from sim.shocks.base import REGIONS, Region, Sudden, change, in_words, places, rows, where


class SpotJump(Sudden, type="spot_jump"):
    """Uncommitted demand jumps overnight and fades as all jumps of the economy do.

    How far spot moves follows from how tight the market is; docs/shocks.md gives measured figures.
    """

    demand: float = param(1.5, unit="ratio", above=0, high=20, doc="uncommitted demand over the day before",
                          source="judgement: moves US spot by about a quarter, the +24 % of B200 in March 2026 at once")
    regions: tuple[Region, ...] = where()

    def strike(self, economy: Any) -> None:
        everywhere = set(self.regions) == set(REGIONS)
        economy.demand_jump(math.log(self.demand), None if everywhere else rows(self.regions))

    def effect(self) -> str:
        return (f"Uncommitted demand {change(self.demand)}{places(self.regions)} on {in_words(self.date)} "
                f"and fades as all jumps do.")
