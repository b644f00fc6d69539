"""Export controls on chips for China: tightened, loosened, or leaking."""

from __future__ import annotations

from typing import Any, Literal

from sim.plugin import param
from sim.shocks.base import Passing, half_life, hold, in_words, number, onset, partly, percent

Chip = Literal["a100", "h100", "h200", "b200", "gb300", "vr200", "next1", "next2", "next3", "next4", "next5", "next6",
               "next7", "next8"]
RULES = "BIS rules of October 2022, October 2023, April 2025 and June 2026"


class ExportControl(Passing, type="export_control"):
    """Fewer, or more, export-controlled chips may go to China; some of what is stopped may leak.

    Orders that are stopped are cancelled and most of the chips go to other regions. A `reach` above 1 loosens the
    control: Chinese orders that waited are served out of what others would have got. With `reach` 1 and a `leak`,
    another block's control leaks. A `licence` lets China buy barred generations, in place of the export chip it gets
    for them. Where `generations` are named, all this is about them alone.
    """

    reach: float = param(0.1, unit="ratio", low=0, high=10,
                         doc="export-controlled chips that may go to China over normal; above 1 loosens",
                         source=f"judgement (0-0.3) on {RULES}: H20 sales nil in the quarter after the ban")
    leak: float = param(0.0, unit="share", low=0, high=1,
                        doc="part of what export controls stop that arrives through the grey market",
                        source="judgement: none in the shock itself; press reports of 2024 put it at 10-50 %")
    licence: float = param(0.0, unit="share", low=0, high=1,
                           doc="part of barred generations that may be sold to China",
                           source="judgement: none unless said; H200 was allowed in January 2026, with a fee")
    generations: tuple[Chip, ...] = param((), unit="generations", doc="which chips; all if none is named",
                                          source="judgement: rules go by what a chip can do")
    onset: int = onset(2, f"{RULES}: in force within days")
    hold: int = hold(252, f"{RULES}: a rule stands for about a year before the next")
    half_life: float | None = half_life(252.0, "judgement: licences come back slowly")

    def contribute(self, economy: Any, day: int, level: float) -> None:
        chips = economy.rows_of(self.generations)
        if chips:
            economy.dials.contribute(day, "reach_mult", partly(self.reach, level), chips)
            economy.dials.contribute(day, "grey_add", self.leak * level, chips)
        else:
            economy.dials.contribute(day, "export_control", partly(self.reach, level))
            economy.dials.contribute(day, "leak_add", self.leak * level)
        if self.licence:
            economy.dials.contribute(day, "licence_add", self.licence * level, chips or None)

    def effect(self) -> str:
        start, which = in_words(self.date), self.which()
        if self.reach == 1 and self.licence:
            text = f"{percent(self.licence)} of barred {which} may be sold to China from {start}"
        elif self.reach == 1:
            text = f"Of the {which} that export controls stop, {percent(self.leak)} reach China from {start}"
        elif self.reach > 1:
            text = (f"Export controls are loosened from {start}: up to {number(self.reach)} times as many controlled "
                    f"{which} go to China, out of what others would have got")
        else:
            text = (f"Export controls are tightened from {start}: {percent(self.reach)} of the controlled {which} "
                    f"still go to China")
        if self.reach < 1 and self.leak > 0:
            text += f" and {percent(self.leak)} of the rest leak through"
        if self.reach != 1 and self.licence:
            text += f" and {percent(self.licence)} of barred ones get a licence"
        return f"{text}{self.course()}."

    def which(self) -> str:
        """"chips", or the named ones."""
        names = [name.upper() for name in dict.fromkeys(self.generations)]
        if not names:
            return "chips"
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
