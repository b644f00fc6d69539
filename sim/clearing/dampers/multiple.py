"""A fixed multiple of the rate."""

from __future__ import annotations

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.plugin import param


class Multiple(Damper, type="multiple"):
    """Rates times a factor, such as the one that brings several rules to equal coverage before they are compared."""

    factor: float = param(1.0, unit="multiple", above=0, high=1000, doc="what rates are multiplied by",
                          source="judgement: one leaves them as they are")

    def adjust(self, past: Past) -> np.ndarray:
        return self.factor * past.base[-1]
