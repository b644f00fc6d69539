"""A model that needs far fewer GPU-hours for the same tokens."""

from __future__ import annotations

from typing import Any

from sim.plugin import param
from sim.shocks.base import Spreading, in_words, number, onset


class EfficiencyGain(Spreading, type="efficiency_gain"):
    """Tokens need fewer GPU-hours: demand falls first, then cheaper tokens bring new uses.

    Whether spot ends higher or lower is decided by `compute.demand.elasticity_slow`, the Jevons dial.
    """

    factor: float = param(3.0, unit="ratio", low=0.1, high=100, doc="tokens of a GPU-hour over those before",
                          source="DeepSeek-R1, 2025-01-27: 20-50 times cheaper; 2-10 net of trend, judgement")
    onset: int = onset(5, "DeepSeek-R1, 2025-01-27: the week after its release")

    def spread(self, economy: Any, part: float) -> None:
        economy.efficiency_jump(self.factor**part)

    def effect(self) -> str:
        return (f"A GPU-hour yields {number(self.factor)} times the tokens where new models are used, "
                f"from {in_words(self.date)}{self.course()}.")
