"""Random flows of orders for the benchmarks of the order book, in the format of ``sim.market.replay``."""

from __future__ import annotations

import numpy as np

SHARES = {"spec": (0.60, 0.20, 0.20), "bal": (0.48, 0.30, 0.22)}  # limit orders, cancels, market orders


def flow(kind: str, n: int, seed: int, mid: int = 10_000, width: float = 40.0) -> np.ndarray:
    """int64[n, 5]: kind, side, price, qty, order number, around a middle that wanders.

    Limit prices lie an exponential distance behind the middle, one in eight crosses it. A cancel names an
    earlier limit order at random, one that may be gone; where none has been placed yet, the event is a limit order.
    """
    random = np.random.default_rng(seed)
    limit, cancel, _ = SHARES[kind]
    draw = random.random(n)
    events = np.zeros((n, 5), np.int64)
    events[:, 0] = np.where(draw < limit, 0, np.where(draw < limit + cancel, 1, 2))
    events[0, 0] = 0
    events[:, 1] = random.integers(0, 2, n)
    middle = mid + np.cumsum(random.normal(0.0, 0.02, n))
    behind = random.exponential(width, n) - width * 0.125
    price = np.rint(middle + np.where(events[:, 1] == 0, -behind, behind)).astype(np.int64)
    events[:, 2] = np.where(events[:, 0] == 0, np.maximum(price, 1), 0)
    events[:, 3] = np.where(events[:, 0] == 1, 0, random.integers(1, 101, n))
    events[:, 4] = np.arange(n)
    placed = np.flatnonzero(events[:, 0] == 0)
    cancels = np.flatnonzero(events[:, 0] == 1)
    known = np.searchsorted(placed, cancels)
    recent = np.minimum(random.geometric(1e-3, len(cancels)), known)
    events[cancels, 4] = placed[known - recent]
    return events
