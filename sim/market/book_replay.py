"""The matching engine on a given flow of events, for comparison with other engines."""

from __future__ import annotations

import numpy as np

from sim.market.book import BUY, CANCEL, EVENT, LIMIT, MARKET, SELL, OrderBook

COLUMNS = ("kind", "side", "price", "qty", "tag")


def to_events(flow: np.ndarray) -> np.ndarray:
    """EVENT[n] of nobody's orders in contract 0, from int64[n, 5] kind, side, price, qty, order number."""
    events = np.zeros(len(flow), EVENT)
    for column, name in enumerate(COLUMNS):
        events[name] = flow[:, column]
    events["owner"] = -1
    return events


def replay(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run a flow of events through one book without self-match prevention.

    Parameters
    ----------
    events : int64[n, 5]  kind (0 limit, 1 cancel, 2 market), side (0 buy, 1 sell), price (ticks), qty, order
        number: the event's own index, for a cancel that of its victim

    Returns
    -------
    fills : int64[m, 4]  taker's event, maker's order number, price, quantity, as they happened
    resting : int64[k, 4]  side, order number, price, remaining quantity: buys, then sells, in price-time order

    Raises
    ------
    ValueError  if the array has another shape or type, or an event is refused
    """
    flow = np.asarray(events)
    if flow.ndim != 2 or flow.shape[1] != 5 or flow.dtype.kind not in "iu":
        raise ValueError(f"events must be integers of shape (n, 5), not {flow.dtype} of shape {flow.shape}")
    number = np.arange(len(flow))
    wrong = (flow[:, 0] < LIMIT) | (flow[:, 0] > MARKET) | (flow[:, 1] < BUY) | (flow[:, 1] > SELL)
    wrong |= (flow[:, 4] < 0) | np.where(flow[:, 0] == CANCEL, flow[:, 4] >= len(flow), flow[:, 4] != number)
    if not wrong.any():
        book = OrderBook(1, self_match_prevention=False)
        wrong = book.run(to_events(flow)) < 0
    if wrong.any():
        first = int(wrong.argmax())
        raise ValueError(f"event {first} is not a valid order or cancel: {flow[first].tolist()}")
    fills = book.take_fills()
    sides = [book.resting(0, side) for side in (BUY, SELL)]
    resting = np.concatenate(sides)
    return (np.stack([fills[name] for name in ("taker", "maker", "price", "qty")], axis=1),
            np.stack([resting[name].astype(np.int64) for name in ("side", "tag", "price", "qty")], axis=1))
