"""Cutting positions to limits, for all accounts at once; whole contracts, always towards nothing."""

from __future__ import annotations

import numpy as np


def clip_months(wish: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Keep each month of int64[n, contracts] within int64 bounds of that shape, or of one that spreads to it."""
    np.minimum(wish, high, out=wish)
    np.maximum(wish, low, out=wish)


def clip_net(wish: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Keep the sum of each row within int64[n] bounds (low <= 0 <= high): its legs on the heavier side shrink alike."""
    net = wish.sum(axis=1)
    rows = np.flatnonzero((net > high) | (net < low))
    if len(rows):
        sign = np.sign(net[rows])[:, None]
        excess = np.where(net[rows] > 0, net[rows] - high[rows], low[rows] - net[rows])
        wish[rows] -= sign * spread_over(np.maximum(wish[rows] * sign, 0), excess)


def clip_path(wish: np.ndarray, held: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Cut what is to be bought (sold) so that the sum of each row stays within int64[n] bounds on the way as well.

    Some legs may trade before others: all purchases alone must fit below ``high``, all sales alone above ``low``.
    held : int64[n, contracts]  positions today
    """
    net, more = held.sum(axis=1), wish - held
    for sign, room in ((1, high - net), (-1, net - low)):
        legs = np.maximum(sign * more, 0)
        excess = np.clip(legs.sum(axis=1) - np.maximum(room, 0), 0, None)
        rows = np.flatnonzero(excess)
        if len(rows):
            wish[rows] -= sign * spread_over(legs[rows], excess[rows])


def clip_gross(wish: np.ndarray, value: np.ndarray, most: np.ndarray) -> None:
    """Shrink rows whose notional, at int64[contracts] cents a contract, is above float64[n] cents, towards nothing."""
    gross = (np.abs(wish) * value).sum(axis=1).astype(np.float64)
    rows = np.flatnonzero(gross > most)
    if len(rows):
        keep = np.maximum(most[rows], 0.0) / gross[rows]
        wish[rows] = np.trunc(wish[rows] * keep[:, None]).astype(np.int64)


def spread_over(legs: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """int64[k, contracts] >= 0 that sums to int64[k] ``excess``, in proportion to the legs and no larger than they.

    Shares are rounded on running sums, so that nothing is lost. Needs excess <= sum of legs.
    """
    total = np.maximum(legs.sum(axis=1), 1)[:, None]
    running = np.cumsum(legs, axis=1) * excess[:, None] // total
    return np.diff(running, axis=1, prepend=0)
