"""Where even those who do not ask for the price stop: a future settles at the average of an index that all can read.

A fund that sizes by risk, trend or mood takes its profit once the price is absurd, and no strategy is run with
any amount of money. Without this, funds whose gains on paper grow with the price buy at any price, and an index of 4 $
carries futures of 400 $.
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


def capacity_of(who: str) -> Any:
    """The parameter that says up to which equity a strategy can be run."""
    return param(5.0, unit="multiple of capital", above=0, high=1000,
                 source="judgement: no firm grows beyond five times; Berk & Green 2004 (J. Polit. Econ. 112:1269) for "
                        "strategies that pay less the more money is in them",
                 doc=f"equity that backs positions of {who} at most; gains beyond it wait to be paid out")


def backing(me: Any, capacity: float) -> Any:
    """int64 or int64[n] cents: the equity that positions are sized by, up to the capacity of the strategy.

    Without a capacity funds that win nearly everything carry the whole market many times over, on gains that only
    stand in the marks which their own size has made. me : a participant or a block
    """
    return np.minimum(me.equity, capacity * me.capital).astype(np.int64)


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
