"""A largest multiple by which rates may rise over some days."""

from __future__ import annotations

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.plugin import param


class SpeedLimit(Damper, type="speed_limit"):
    """At most so many times the rate of some days ago; what the model asks for above stays uncovered for a while."""

    days: int = param(5, unit="business days", low=1, high=252, doc="days over which the rise is limited",
                      source="judgement: a week in which members can find cash")
    multiple: float = param(1.25, unit="multiple", above=1, high=100, doc="largest ratio to the rate of those days ago",
                            source="judgement: a quarter a week")

    def adjust(self, past: Past) -> np.ndarray:
        today = past.base[-1]
        if len(past.final) < self.days:
            return today
        return np.fmin(today, self.multiple * past.final[-self.days])
