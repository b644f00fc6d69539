"""How far participants rely on the index that a contract settles on."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.agents.base import View
from sim.plugin import param


def trust_needed(who: str) -> Any:
    """The parameter that says from which trust on an index is as good as any."""
    return param(0.6, unit="share", above=0, high=1, doc=f"trust in the index from which on {who} act in full",
                 source="judgement: a little below what a panel of 36 with three restatements a year earns")


def trust_exponent(who: str) -> Any:
    """The parameter that says how fast participants leave an index that they cannot rely on."""
    return param(1.0, unit="exponent", low=0, high=10, doc=f"how fast {who} step back below it; 0: they do not care",
                 source="judgement: half the trust, half the size")


def reliance(view: View, needed: float, exponent: float) -> Any:
    """Share in [0, 1] of the usual size that is left: (trust over what is needed)^exponent, at most one."""
    if view.rivals is not None:  # by contract, each after its own index
        trust = view.rivals.trust[view.rivals.of]
        return np.minimum(1.0, np.maximum(0.0, trust) / needed) ** exponent if exponent > 0 else np.ones(len(trust))
    return min(1.0, max(0.0, view.trust) / needed) ** exponent if exponent > 0 else 1.0
