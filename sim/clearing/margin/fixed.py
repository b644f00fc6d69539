"""A margin rate that never moves."""

from __future__ import annotations

import numpy as np

from sim.clearing.margin.base import MarginModel
from sim.plugin import param


class Fixed(MarginModel, type="fixed"):
    """A fixed share of notional, whatever prices do.

    In itself it is not procyclical: the cents required move with the price level only.
    """

    rate: float = param(
        0.20, unit="share of notional", low=0, high=1, doc="initial margin on an outright position",
        source="judgement: none is published for GPU-hour futures; third parties guess a fifth of notional")

    def rates(self, history: np.ndarray) -> np.ndarray:
        return np.full(history.shape[1], self.rate)
