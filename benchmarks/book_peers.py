"""Order books from the package index, driven one call an event: each takes a flow and returns its fills."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable

import numpy as np

Fills = Callable[[], list[tuple[int, int, int, int]]]


def bourse(events: list[list[int]]) -> Fills:
    from bourse.core import OrderBook

    book = OrderBook(0, 1)
    place, cancel, tick = book.place_order, book.cancel_order, book.set_time
    theirs: dict[int, int] = {}
    ours: list[int] = []
    for number, (kind, side, price, qty, order) in enumerate(events):
        if kind == 0:
            theirs[order] = place(side == 0, qty, 0, price=price)
            ours.append(order)
        elif kind == 2:
            place(side == 0, qty, 0)
            ours.append(order)
        else:
            cancel(theirs[order])
        tick(number + 1)
    return lambda: [(ours[taker], ours[maker], price, qty) for _, _, price, qty, taker, maker in book.get_trades()]


def lightmatchingengine(events: list[list[int]]) -> Fills:
    from lightmatchingengine.lightmatchingengine import LightMatchingEngine

    engine = LightMatchingEngine()
    theirs: dict[int, int] = {}
    ours: dict[int, int] = {}
    traded = []
    for kind, side, price, qty, order in events:
        if kind == 1:
            engine.cancel_order(theirs[order], "X")
            continue
        placed, trades = engine.add_order("X", price, qty, side + 1)  # a price of 0 is a market order
        theirs[order] = placed.order_id
        ours[placed.order_id] = order
        if kind == 2 and placed.leaves_qty:
            engine.cancel_order(placed.order_id, "X")  # it would rest at a price of 0
        if trades:
            traded.append((placed.order_id, trades))
    return lambda: [(ours[taker], ours[trade.order_id], trade.trade_price, trade.trade_qty)
                    for taker, trades in traded for trade in trades if trade.order_id != taker]


def pyorderbook(events: list[list[int]]) -> Fills:
    from pyorderbook.book import Book
    from pyorderbook.order import ask, bid

    logging.disable(logging.CRITICAL)
    book = Book()
    theirs, ours, traded = {}, {}, []
    for kind, side, price, qty, order in events:
        if kind == 1:
            book.cancel(theirs[order])
            continue
        if kind == 2:
            price = 10**9 if side == 0 else 0  # it knows no market orders: a price that takes everything
        placed = (bid if side == 0 else ask)("X", price, qty)
        theirs[order] = placed
        ours[placed.id] = order
        result = book.match(placed)
        if result.trades:
            traded.append((order, result.trades))
        if kind == 2 and placed.quantity:
            book.cancel(placed)
    return lambda: [(taker, ours[trade.standing_order_id], int(trade.fill_price), trade.fill_quantity)
                    for taker, trades in traded for trade in trades]


PEERS: dict[str, tuple[Callable[[list[list[int]]], Fills], int]] = {
    "bourse": (bourse, 200_000),
    "lightmatchingengine": (lightmatchingengine, 20_000),
    "pyorderbook": (pyorderbook, 20_000),
}  # and how many events a round


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def as_array(fills: Fills) -> np.ndarray:
    return np.array(fills(), np.int64).reshape(-1, 4)
