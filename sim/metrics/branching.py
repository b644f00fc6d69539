"""How many further events an event sets off, and how large cascades grow."""

from __future__ import annotations

from typing import Any

import numpy as np

FEWEST = 20  # cascades from which an exponent is read; judgement: with fewer its standard error is above a tenth


def _causes(events: Any) -> np.ndarray:
    """The cause of each event as a row number, -1 for none: from rows, or from a table with ``event`` and ``cause``."""
    if not hasattr(events, "columns"):
        causes = np.asarray(events)
        if causes.ndim != 1 or (causes.size and not np.issubdtype(causes.dtype, np.integer)):
            raise ValueError("events are int64[n]: the row of each event's cause, -1 for none")
        if np.any(causes >= np.arange(len(causes))):
            raise ValueError("an event cannot come before its cause")
        return causes.astype(np.int64)
    names = np.asarray(events["event"])
    row = {name: number for number, name in enumerate(names.tolist())}
    return np.array([row.get(cause, -1) for cause in np.asarray(events["cause"]).tolist()], dtype=np.int64)


def branching_ratio(events: Any, weights: Any = None) -> float:
    """The mean number of events that one event sets off: below 1 cascades die out, mean size ``1 / (1 - n)``.

    Parameters
    ----------
    events : int64[n]  the row of each event's cause, -1 where the cause lies outside; or a table with the columns
        ``event`` and ``cause``
    weights : float64[n], 0 to 1  the part of each event that its cause explains; 1 if left out

    Returns
    -------
    float, not a number if there are no events
    """
    causes = _causes(events)
    if not len(causes):
        return float("nan")
    share = np.ones(len(causes)) if weights is None else np.asarray(weights, dtype=float)
    return float(share[causes >= 0].sum() / len(causes))


def cascade_sizes(events: Any) -> np.ndarray:
    """int64[cascades]: how many events go back to each event whose cause lies outside; ``events`` as above."""
    causes = _causes(events)
    first = np.arange(len(causes))
    for event, cause in enumerate(causes):
        if cause >= 0:
            first[event] = first[cause]
    return np.bincount(first, minlength=len(causes))[causes < 0]


def zeta(exponent: float) -> float:
    """The sum of k^-exponent over all whole k, for exponents above one: 19 terms and Euler-Maclaurin for the rest."""
    first, last = np.arange(1.0, 20.0), 20.0
    rest = last ** (1 - exponent) / (exponent - 1) + last**-exponent / 2 + exponent * last ** (-exponent - 1) / 12
    return float(np.sum(first**-exponent)) + rest


def size_exponent(sizes: Any) -> float:
    """Exponent a of a power law s^-a of int64[n] cascade sizes, by maximum likelihood from size one on.

    3/2 is a branching process at its critical point, whatever sets it going; sizes below that point fall faster. Not a
    number for fewer than twenty cascades, or if all of them have size one. Source: Clauset, Shalizi & Newman 2009 (SIAM
    Review 51:661).
    """
    sizes = np.asarray(sizes)
    if len(sizes) < FEWEST or not np.any(sizes > 1):
        return float("nan")
    mean = float(np.mean(np.log(sizes)))
    low, high = 1.0001, 20.0
    for _ in range(80):  # the loss a mean + log zeta(a) is convex
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if left * mean + np.log(zeta(left)) < right * mean + np.log(zeta(right)):
            high = right
        else:
            low = left
    return (low + high) / 2
