"""Providers stop reporting to an index."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Sudden, in_words


class ProviderLeavesPanel(Sudden, type="provider_leaves_panel"):
    """The heaviest providers leave the panel of an assessed index for good, and the others gain their weight."""

    index: str = param("assessed", unit="name", doc="the index whose panel they leave",
                       source="judgement: the one that futures settle on")
    providers: int = param(1, unit="providers", low=1, high=1000, doc="how many of the heaviest leave",
                           source="judgement: the largest contributor is the test; Silicon Data's membership change of "
                                  "2026-04-06 moved the level by -3 to -7 %")

    def strike(self, economy: Any) -> None:
        economy.leave_panel(self.index, self.providers)

    def effect(self) -> str:
        who = "The heaviest provider leaves" if self.providers == 1 else (
            f"The {self.providers} heaviest providers leave")
        return f'{who} the panel of the index "{self.index}" on {in_words(self.date)}, for good.'
