"""A rate that is never exceeded."""

from __future__ import annotations

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.plugin import param


class Cap(Damper, type="cap"):
    """A rate that is never exceeded, whatever the model asks for: what is above stays uncovered."""

    level: float = param(0.25, unit="share of notional", above=0, doc="the highest rate",
                         source="judgement: a quarter of notional, above the fifth that is guessed for this market")

    def adjust(self, past: Past) -> np.ndarray:
        return np.minimum(past.base[-1], self.level)
