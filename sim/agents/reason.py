"""Where even those who do not ask for the price stop: a future settles at the average of an index that all can read.

A fund that sizes by risk, trend or mood takes its profit once the price is absurd. Without this, funds whose gains on
paper grow with the price buy at any price, and an index of 4 $ carries futures of 400 $.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.agents.base import View
from sim.agents.rules import mispricing
from sim.plugin import param


def absurd_from(who: str) -> Any:
    """The parameter that says from which distance of price from consensus on a position is given up."""
    return param(0.5, unit="log", above=0, high=100,
                 source="judgement: two thirds more than the public expects, or two fifths less; the shipped baseline "
                        "does not come near",
                 doc=f"distance of price from consensus from which on {who} hold less of what bets on more of it; "
                     "nothing from twice that distance on")


def within_reason(wish: np.ndarray, view: View, absurd: float) -> np.ndarray:
    """Wishes, int64[contracts] or [n, contracts], less what would be held long absurdly dear or short absurdly cheap.

    With g = log(price / consensus) of a month, longs where g > 0 and shorts where g < 0 are multiplied by
    clip(2 - |g| / absurd, 0, 1). Nearly always that is one everywhere, and the wish is returned as it came.
    """
    gap = mispricing(view)
    if gap.min() >= -absurd and gap.max() <= absurd:
        return wish
    share = np.minimum(np.maximum(2.0 - np.abs(gap) / absurd, 0.0), 1.0)
    return np.where(wish * np.sign(gap).astype(np.int64) < 0, (wish * share).astype(np.int64), wish)
