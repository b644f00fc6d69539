"""How losses of equity travel from borrowers to lenders before anybody defaults: DebtRank."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

ROUNDS = 1_000_000  # reached only by a network that hardly moves and never settles


def debtrank(exposures: ArrayLike, equity: ArrayLike, shock: ArrayLike, kind: str = "linear") -> np.ndarray:
    """The share of its equity that each firm has lost once distress has travelled through the network.

    Parameters
    ----------
    exposures : [n, n] currency  what the firm of the row has lent to the firm of the column
    equity : [n] currency  above 0
    shock : [n] or one number, 0 to 1  share of equity lost at the start
    kind : "linear"  every round passes on every new loss until a firm has nothing left to lose;
        "single_hit"  each firm passes its loss on once, and no firm can lose more than all to one borrower

    Returns
    -------
    float64[n]  0 (unhurt) to 1 (default)

    Source: Battiston et al. 2012, Scientific Reports 2:541 (single hit); Bardoscia et al. 2015, PLoS ONE 10:e0130406.
    """
    lent = np.array(exposures, dtype=float)
    n = len(lent)
    capital = np.broadcast_to(np.asarray(equity, dtype=float), n)
    start = np.broadcast_to(np.asarray(shock, dtype=float), n)
    if lent.shape != (n, n) or np.any(lent < 0):
        raise ValueError("exposures must be a square matrix without negative entries")
    if np.any(capital <= 0):
        raise ValueError("equity must be above 0: leave out firms that have none")
    if np.any(start < 0) or np.any(start > 1):
        raise ValueError("a shock is a share of equity, 0 to 1")
    leverage = lent / capital[:, None]
    if kind == "linear":
        return _linear(leverage, start)
    if kind == "single_hit":
        return _single_hit(np.minimum(leverage, 1.0), start)
    raise ValueError(f"kind is 'linear' or 'single_hit', not {kind!r}")


def _linear(leverage: np.ndarray, start: np.ndarray) -> np.ndarray:
    distress, before = start.copy(), np.zeros_like(start)
    for _ in range(ROUNDS):
        after = np.minimum(1.0, distress + (leverage * (distress - before)).sum(axis=1))
        if (after - distress).max(initial=0.0) <= np.finfo(float).eps:  # a last digit may go on rising by itself
            return after
        distress, before = after, distress
    raise ArithmeticError(f"distress still travels after {ROUNDS} rounds")


def _single_hit(leverage: np.ndarray, start: np.ndarray) -> np.ndarray:
    distress, passing, done = start.copy(), start > 0, np.zeros(len(start), bool)
    while passing.any():
        distress = np.minimum(1.0, distress + (leverage * np.where(passing, distress, 0.0)).sum(axis=1))
        done |= passing
        passing = (distress > 0) & ~done
    return distress


def additional_distress(distress: ArrayLike, shock: ArrayLike, weights: ArrayLike) -> float:
    """The weighted share of equity lost beyond the shock itself; weights need not sum to 1."""
    share = np.asarray(weights, dtype=float)
    return float((share / share.sum() * (np.asarray(distress, dtype=float) - np.asarray(shock, dtype=float))).sum())
