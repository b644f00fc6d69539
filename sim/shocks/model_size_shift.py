"""Users move from large models to small ones, or the other way."""

from __future__ import annotations

from typing import Any, Literal

from sim.plugin import param
from sim.shocks.base import Spreading, in_words, number, onset, percent


class ModelSizeShift(Spreading, type="model_size_shift"):
    """Part of all tokens moves to models of another size, so that demand for compute changes.

    Cheaper tokens then bring new uses, as with any gain in efficiency; dearer ones cost some.
    """

    share: float = param(0.3, unit="share of tokens", low=0, high=0.95, doc="tokens that move",
                         source="judgement: open-weight models carry 30 % of tokens (a16z State of AI 2025)")
    ratio: float = param(9.0, unit="ratio", low=1, high=1000,
                         doc="compute per token of the large model over the small one",
                         source="judgement: compute grows with active parameters, 70 against 8 billion")
    towards: Literal["small", "large"] = param("small", unit="direction", doc="where the tokens move",
                                               source="judgement: agents split work and send most to small models")
    onset: int = onset(126, "judgement: half a year, about the life of a model at the top")

    def factor(self) -> float:
        """Tokens of a GPU-hour after the move over those before."""
        if self.towards == "small":
            return 1.0 / (1.0 - self.share * (1.0 - 1.0 / self.ratio))
        return 1.0 / (1.0 + self.share * (self.ratio - 1.0))

    def spread(self, economy: Any, part: float) -> None:
        economy.efficiency_jump(self.factor()**part, share=1.0)

    def effect(self) -> str:
        size = f"models with {number(self.ratio)} times {'less' if self.towards == 'small' else 'more'} compute a token"
        return f"{percent(self.share)} of tokens move to {size} from {in_words(self.date)}{self.course()}."
