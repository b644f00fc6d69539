"""What can be seen of a limit order book: best prices, depth, an owner's own orders."""

import numpy as np

from sim.jit import leaf
from sim.market.book_window_kernels import HIGHEST_PRICE, SHIFT, TICKS, below


@leaf
def best_bid(book, contract):
    """The highest buy price (int64 ticks), 0 if nobody buys."""
    side = book.sides[2 * contract]
    return side.low + side.best if side.best >= 0 else np.int64(0)


@leaf
def best_ask(book, contract):
    """The lowest sell price (int64 ticks), 0 if nobody sells."""
    side = book.sides[2 * contract + 1]
    return -(side.low + side.best) if side.best >= 0 else np.int64(0)


@leaf
def depth_at(book, contract, side_number, price):
    """The quantity (int64) resting on one side at exactly this price."""
    row = 2 * contract + side_number
    key = (1 - 2 * side_number) * price
    place = key - book.sides[row].low
    if place >= TICKS or book.sides[row].best < 0:
        return np.int64(0)
    if place >= 0:
        return book.levels[(row << SHIFT) + place].qty
    return _aside_depth(book, row, key, key)


@leaf
def depth_within(book, contract, side_number, limit, enough):
    """The quantity (int64) resting on one side at the limit price or better; counting stops once it is enough."""
    row = 2 * contract + side_number
    side = book.sides[row]
    key = (1 - 2 * side_number) * limit
    total, place = np.int64(0), side.best
    while place >= 0 and side.low + place >= key and total < enough:
        total += book.levels[(row << SHIFT) + place].qty
        place = below(side, place)
    if key < side.low and total < enough:
        total += _aside_depth(book, row, key, np.int64(HIGHEST_PRICE))
    return total


@leaf
def _aside_depth(book, row, low, high):
    """The quantity (int64) outside the window of one side whose keys lie from low to high."""
    total, slot = np.int64(0), np.int64(book.sides[row].aside_head)
    while slot >= 0:
        order = book.orders[slot]
        if low <= (1 - 2 * (row & 1)) * order.price <= high:
            total += order.qty
        slot = np.int64(order.next)
    return total


@leaf
def resting_of(book, contract, side_number, owner):
    """The quantity (int64) that an owner has resting on one side of a contract."""
    slot = np.int64(book.heads[owner * (book.sides.shape[0] >> 1) + contract])
    total = np.int64(0)
    while slot >= 0:
        order = book.orders[slot]
        if order.side == side_number:
            total += order.qty
        slot = np.int64(order.own_next)
    return total
