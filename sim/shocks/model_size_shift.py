"""Users move from large models to small ones, or the other way."""

from __future__ import annotations

from typing import Any, Literal

from sim.plugin import param
from sim.shocks.base import Spreading, in_words, number, onset, percent


class ModelSizeShift(Spreading, type="model_size_shift"):
    """Part of the tokens of large (or small) models moves to models of the other size: demand for compute changes.

    Cheaper tokens then bring new uses, by the elasticity of those who move; dearer ones cost some.
    """

    share: float = param(0.3, unit="share of tokens", low=0, high=0.95,
                         doc="tokens that move, of the class that they leave",
                         source="judgement: open-weight models carry 30 % of tokens (a16z State of AI 2025)")
    ratio: float = param(9.0, unit="ratio", low=1, high=1000,
                         doc="compute per token of the large model over the small one",
                         source="judgement: compute grows with active parameters, 70 against 8 billion")
    towards: Literal["small", "large"] = param("small", unit="direction", doc="where the tokens move",
                                               source="judgement: agents split work and send most to small models")
    onset: int = onset(126, "judgement: half a year, about the life of a model at the top")

    def spread(self, economy: Any, part: float) -> None:
        moved = 1.0 - (1.0 - self.share) ** part  # of the tokens that are still there
        economy.shift_models(moved if self.towards == "small" else -moved, self.ratio)

    def effect(self) -> str:
        size = f"models with {number(self.ratio)} times {'less' if self.towards == 'small' else 'more'} compute a token"
        left = "large" if self.towards == "small" else "small"
        return f"{percent(self.share)} of the tokens of {left} models move to {size} from {in_words(self.date)}" \
               f"{self.course()}."
