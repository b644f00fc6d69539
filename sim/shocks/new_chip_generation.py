"""A chip generation that arrives early and does more for its price."""

from __future__ import annotations

import math
from typing import Any

from sim.plugin import param
from sim.shocks.base import Passing, change, half_life, in_words, number, onset, partly

RUBIN = "SemiAnalysis Vera Rubin 2026-09-14"


class NewChipGeneration(Passing, type="new_chip_generation"):
    """The newest generation takes over earlier; old chips lose rent against it.

    What an H100-hour earns falls against the work of new chips by `ln(advantage)` times `passed_on`, for good.
    """

    sooner: int = param(126, unit="business days", low=-504, high=504,
                        doc="how much earlier the newest generation takes over deliveries; negative: later",
                        source="judgement: half a year, the slip of recent ramps the other way round")
    output: float = param(1.1, unit="ratio", low=0.5, high=3,
                          doc="work of all chips delivered over what was planned",
                          source="judgement: packaging limits the number of chips, and each does more work")
    advantage: float = param(2.0, unit="ratio", low=1, high=20,
                             doc="tokens per dollar of the new generation over the old",
                             source=f"{RUBIN}: 1.4-3 times GB300 per dollar of owning")
    passed_on: float = param(1.0, unit="share", low=0, high=1,
                             doc="part of that advantage, in logs, which old chips lose in rent",
                             source="judgement: in the end buyers pay for tokens, not for chips")
    onset: int = onset(249, "V100 rent fell by 60 % in 18 months after the A100; a year, judgement")
    half_life: float | None = half_life(None, "a generation does not go away")

    def apply(self, model: Any, day: int) -> None:
        super().apply(model, day)
        since = day - model.calendar.day_on(self.date)
        if 0 <= since < self.onset:
            model.economy.age_old_chips(self.passed_on * math.log(self.advantage) / self.onset)

    def contribute(self, economy: Any, day: int, level: float) -> None:
        economy.dials.contribute(day, "sooner_add", self.sooner * level)
        economy.dials.contribute(day, "supply_mult", partly(self.output, level))

    def effect(self) -> str:
        text = f"A new chip generation with {number(self.advantage)} times the tokens per dollar arrives"
        if self.sooner:
            text += f" {abs(self.sooner)} business days {'sooner' if self.sooner > 0 else 'later'}"
        lost = self.advantage ** -self.passed_on
        return (f"{text} from {in_words(self.date)}: chip output {change(self.output)} and the rent of an H100-hour "
                f"{change(lost)} against newer chips{self.course()}.")
