"""Fewer or more chips: a blockade, a lost fab, or domestic makers who grow."""

from __future__ import annotations

from typing import Any, Literal

from sim.plugin import param
from sim.shocks.base import Passing, change, half_life, hold, in_words, onset, partly, percent

BLOCKADE = "Bloomberg Economics 2024-01, blockade of Taiwan, which makes about 90 % of leading-edge chips"


class ChipSupply(Passing, type="chip_supply"):
    """Chip makers deliver less, or more, than planned; orders wait.

    Spot answers after months, because the chips that run stay: early spikes come from owners who hold back
    (see `float_withheld`).
    """

    makers: Literal["vendors", "china"] = param(
        "vendors", unit="makers", doc="who delivers less: vendors to all the world, or Chinese makers to China",
        source="judgement: the largest maker is the case that matters most")
    output: float = param(0.15, unit="ratio", low=0, high=5, doc="chips delivered over what was planned",
                          source=f"judgement (0.05-0.3) on {BLOCKADE}")
    destroyed: float = param(0.0, unit="share", low=0, high=1,
                             doc="part of the missing vendors' output that everybody knows not to come back soon",
                             source="judgement: a blockade may end any day, a fab takes years to build")
    onset: int = onset(10, f"judgement: two weeks of transit; {BLOCKADE}")
    hold: int = hold(124, f"judgement: half a year; {BLOCKADE}")
    half_life: float | None = half_life(252.0, "judgement: alternative capacity takes 2-5 years")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        name = "supply_mult" if self.makers == "vendors" else "domestic_mult"
        economy.dials.contribute(day, name, partly(self.output, level))
        if self.destroyed:
            economy.dials.contribute(day, "lasting_add", self.destroyed * level)

    def effect(self) -> str:
        what = "Vendors' output of chips" if self.makers == "vendors" else "Output of Chinese chip makers"
        known = f", {percent(self.destroyed)} of it known to be lost for years" if self.destroyed else ""
        return f"{what} {change(self.output)}{known} from {in_words(self.date)}{self.course()}."
