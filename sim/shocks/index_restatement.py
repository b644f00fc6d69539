"""The publisher of an index changes its method."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Sudden, change, in_words


class IndexRestatement(Sudden, type="index_restatement"):
    """The level of an index is restated overnight, while nothing else has changed."""

    index: str = param("assessed", unit="name", doc="the index that is restated",
                       source="judgement: the one that futures settle on")
    factor: float = param(0.94, unit="ratio", above=0, high=10, doc="new level over the old",
                          source="Silicon Data announcements: December 2025 H100 -4 to -6 %, A100 +35 to +40 %; "
                                 "range 0.9-1.38")

    def strike(self, economy: Any) -> None:
        economy.restate(self.index, self.factor)

    def effect(self) -> str:
        return f'The index "{self.index}" {change(self.factor)} on {in_words(self.date)} by a change of method.'
