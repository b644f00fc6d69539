"""Random flows of orders for the benchmarks of the order book, in the format of ``sim.market.replay``."""

from __future__ import annotations

import numpy as np

from sim.market.book import OrderBook
from sim.market.book_replay import to_events

SHARES = {"spec": (0.60, 0.20, 0.20), "bal": (0.48, 0.30, 0.22)}  # limit orders, cancels, market orders


def flow(kind: str, n: int, seed: int, mid: int = 10_000, width: float = 40.0) -> np.ndarray:
    """int64[n, 5]: kind, side, price, qty, order number, around a middle that wanders.

    Limit prices lie an exponential distance behind the middle, about one in eight crosses it. A cancel takes
    a random earlier limit order that has not been cancelled; it may have been filled. "spec" lets the book
    grow, "bal" grows a third as fast.
    """
    random = np.random.default_rng(seed)
    limit, cancel, _ = SHARES[kind]
    draw = random.random(n)
    events = np.zeros((n, 5), np.int64)
    events[:, 0] = np.where(draw < limit, 0, np.where(draw < limit + cancel, 1, 2))
    events[:, 1] = random.integers(0, 2, n)
    middle = mid + np.cumsum(random.normal(0.0, 0.02, n))
    behind = random.exponential(width, n) - width / 8
    price = np.rint(middle + np.where(events[:, 1] == 0, -behind, behind)).astype(np.int64)
    events[:, 2] = np.where(events[:, 0] == 0, np.maximum(price, 1), 0)
    events[:, 3] = np.where(events[:, 0] == 1, 0, random.integers(1, 101, n))
    events[:, 4] = np.arange(n)
    placed: list[int] = []
    victims = []
    for number, (event, luck) in enumerate(zip(events[:, 0].tolist(), random.random(n).tolist(), strict=True)):
        if event == 0:
            placed.append(number)
        elif event == 1 and placed:
            place = int(luck * len(placed))
            victims.append((number, placed[place]))
            placed[place] = placed[-1]
            placed.pop()
        elif event == 1:
            victims.append((number, number))  # nothing to cancel yet: its own number, which never rests
    if victims:
        cancels, orders = np.array(victims).T
        events[cancels, 4] = orders
    return events


def without_late_cancels(events: np.ndarray) -> np.ndarray:
    """The flow without the cancels that find nothing: not every book from the package index survives one."""
    late = (events[:, 0] == 1) & (OrderBook(1, self_match_prevention=False).run(to_events(events)) == 0)
    number = np.cumsum(~late) - 1
    kept = events[~late]
    kept[:, 4] = number[kept[:, 4]]
    return kept
