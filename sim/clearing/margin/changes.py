"""Past price changes of each contract month, and what stands in for those that are missing.

A contract month is younger than most lookbacks. The days that it lacks are borrowed from the month before
it (the column to the left, the first one after the last: months live in a ring), on which the same news fell;
days before any month was listed are filled with changes as a normal distribution of an assumed volatility has them.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np


def known_changes(history: np.ndarray, window: int, simple: bool = False) -> np.ndarray:
    """float64[contracts, known]: the last daily changes, at most ``window``, borrowed from older months where missing.

    Parameters
    ----------
    history : float64[days, contracts]  settlement prices in dollars, nan before a contract's first day
    window  : changes wanted
    simple  : changes as shares of the earlier price, in place of logarithms

    All contracts have as many as the oldest of them. Raises ValueError where prices are missing in between.
    """
    prices = np.ascontiguousarray(history[-window - 1:].T)
    contracts, days = prices.shape
    if days < 2:
        return np.empty((contracts, 0))
    missing = np.isnan(prices)
    age = days - missing.sum(axis=1)  # prices known
    if (np.where(age > 0, missing.argmin(axis=1), days) != days - age).any():
        raise ValueError("a contract's settlement prices have a gap")
    if simple:
        changes = prices[:, 1:] / prices[:, :-1] - 1.0
    else:
        logs = np.log(prices)
        changes = logs[:, 1:] - logs[:, :-1]
    oldest = int(age.argmax())
    first = days - np.maximum(age, 1)  # of the changes that are the contract's own
    for step in range(1, contracts):
        at = (oldest + step) % contracts
        changes[at, : first[at]] = changes[at - 1, : first[at]]
    return changes[:, first[oldest]:]


def filled_changes(history: np.ndarray, window: int, volatility: float, simple: bool = False) -> np.ndarray:
    """float64[contracts, window]: as ``known_changes``, the missing beginning filled with assumed ones."""
    known = known_changes(history, window, simple)
    lacking = window - known.shape[1]
    if not lacking:
        return np.ascontiguousarray(known)
    out = np.empty((len(known), window))
    out[:, :lacking] = volatility * assumed(window)[:lacking]
    out[:, lacking:] = known
    return out


@lru_cache(maxsize=64)
def assumed(count: int) -> np.ndarray:
    """float64[count]: evenly spaced standard normal quantiles, in an order in which each stretch is balanced.

    Source: van der Corput (1935), the sequence that reverses binary digits, ranks it.
    """
    bits = max(1, (count - 1).bit_length())
    order = sorted(range(count), key=lambda i: int(f"{i:0{bits}b}"[::-1], 2))
    quantile = NormalDist().inv_cdf
    out = np.empty(count)
    for rank, place in enumerate(order):
        out[place] = quantile((rank + 0.5) / count)
    out.flags.writeable = False
    return out
