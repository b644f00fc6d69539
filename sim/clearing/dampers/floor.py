"""A rate that is never below that of a long lookback."""

from __future__ import annotations

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.clearing.margin.base import MarginModel
from sim.plugin import param


class Floor(Damper, type="floor"):
    """Never below what the same measure asks for over a long lookback in which all days weigh the same.

    It does nothing once the rate is above it. Until so many days are known it uses those that are; the proxy of a
    young contract is that of the margin model.

    Source: EMIR RTS 153/2013 Art. 28(1)(c): volatility over ten years.
    """

    days: int = param(2520, unit="business days", low=100, high=5040, doc="length of the long lookback",
                      source="EMIR RTS 153/2013 Art. 28(1)(c): ten years")

    def adjust(self, past: Past) -> np.ndarray:
        if past.model is None:
            raise ValueError("a floor of a long lookback needs the margin model and its prices")
        return np.maximum(past.base[-1], past.pick(past.model.unconditional(past.history, self.days)))

    def check(self, model: MarginModel) -> None:
        model.unconditional(np.empty((0, 1)), self.days)
