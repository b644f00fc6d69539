"""A surcharge that may be used up when margins rise."""

from __future__ import annotations

import math

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.plugin import param


class Buffer(Damper, type="buffer"):
    """A share on top of the rate, consumed while the rate is high, and never less than the rate.

    Rate = max(min((1 + share) x model, release), model). Above ``release`` the buffer gives way. If no level is set it
    is (1 + share) times a high quantile of the model's own earlier rates, so that rates which never rise keep it whole;
    only the past is used, as a level taken from the whole sample would know the stress before it came.

    Source: EMIR RTS 153/2013 Art. 28(1)(a): a buffer of at least 25 % that may be exhausted for a time.
    """

    share: float = param(0.25, unit="share of the rate", low=0, high=5, doc="size of the buffer",
                         source="EMIR RTS 153/2013 Art. 28(1)(a)")
    release: float = param(0.0, unit="share of notional", low=0,
                           doc="rate above which the buffer gives way; 0: found from earlier rates",
                           source="judgement: found from the past unless it is set")
    release_quantile: float = param(0.95, unit="probability", low=0.5, high=1, doc="quantile of earlier rates",
                                    source="judgement: above what is asked for on all but one day in twenty")
    release_days: int = param(2520, unit="business days", low=20, high=5040, doc="earlier rates that are looked at",
                              source="judgement: ten years, as the floor of the same rule")

    def adjust(self, past: Past) -> np.ndarray:
        today = past.base[-1]
        earlier = past.base[-self.release_days - 1:-1]
        if self.release:
            level: np.ndarray | float = self.release
        elif len(earlier):
            at = math.ceil(self.release_quantile * len(earlier)) - 1
            level = (1.0 + self.share) * np.partition(earlier, at, axis=0)[at]
        else:
            level = np.inf
        return np.maximum(np.minimum((1.0 + self.share) * today, level), today)
