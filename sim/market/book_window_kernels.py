"""The records of the limit order book, and the window of prices in which orders are found at once.

Each side of each contract has a window of 8,192 ticks with a bit for each occupied level, a bit for each
word of bits that is not empty, and a first-in first-out list of orders in each level. Inside, prices are
*keys*, price for a buy and -price for a sell, so that a higher key is always better and one code serves
both sides. The best order of a side is always inside its window; worse ones may be outside and wait in
the `aside` list. An order better than the window moves it up; a window that empties moves down to the
best order aside. All orders of one price are either inside or aside, and every list keeps the order of
time, so matching is exactly that of an infinite grid.
"""

import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic

from sim.jit import highest_bit, kernel, leaf

BUY, SELL = 0, 1
LIMIT, CANCEL, MARKET, IOC = 0, 1, 2, 3
NEED_ORDERS, NEED_FILLS, BAD_PRICE, BAD_QUANTITY = -1, -2, -3, -4
NONE = -1
HIGHEST_PRICE = (1 << 62) - 1
HIGHEST_QUANTITY = 1 << 31
NO_KEY = -(1 << 62)
SHIFT = 13
TICKS = 1 << SHIFT
HALF = TICKS >> 1
WORDS = TICKS >> 6

SIDE = np.dtype([
    ("low", "i8"), ("best", "i8"), ("count", "i8"), ("aside_head", "i4"), ("aside_tail", "i4"), ("auction", "i8"),
    ("summary", "u8", WORDS >> 6), ("words", "u8", WORDS),
], align=True)
LEVEL = np.dtype([("qty", "i8"), ("head", "i4"), ("tail", "i4")], align=True)
ORDER = np.dtype([
    ("price", "i8"), ("qty", "i8"), ("tag", "i8"), ("next", "i4"), ("prev", "i4"), ("own_next", "i4"),
    ("own_prev", "i4"), ("owner", "i4"), ("contract", "i2"), ("side", "i1"), ("flag", "i1"),
], align=True)
FILL = np.dtype([
    ("taker", "i8"), ("maker", "i8"), ("price", "i8"), ("qty", "i8"), ("taker_owner", "i4"), ("maker_owner", "i4"),
    ("contract", "i2"), ("side", "i1"), ("taker_flag", "i1"), ("maker_flag", "i1"),
], align=True)
STATE = np.dtype([
    ("free", "i8"), ("used", "i8"), ("live", "i8"), ("fills", "i8"), ("slot", "i8"),
    ("prevent", "i8"), ("prevented", "i8"),
], align=True)

_ONE, _LOW6 = np.uint64(1), np.uint64(63)


@intrinsic
def borrow_book(typing_context, book):
    """The same named tuple of arrays, without reference counts; never return or store it."""

    def generate(context, builder, signature, arguments):
        kind = signature.args[0]
        views = []
        for part, value in zip(kind, cgutils.unpack_tuple(builder, arguments[0], len(kind)), strict=True):
            view = context.make_array(part)(context, builder, value)
            view.meminfo = cgutils.get_null_value(view.meminfo.type)
            view.parent = cgutils.get_null_value(view.parent.type)
            views.append(view._getvalue())
        return context.make_tuple(builder, kind, views)

    return book(book), generate


# --- levels and bits ------------------------------------------------------------------------------


@leaf
def mark(side, place):
    """Set the bit of a level that has become occupied. side: SIDE record, in/out."""
    word = place >> 6
    side.words[word] |= _ONE << (np.uint64(place) & _LOW6)
    side.summary[word >> 6] |= _ONE << (np.uint64(word) & _LOW6)


@leaf
def below(side, place):
    """The next occupied level under a place in the window (int64), -1 if there is none."""
    word = place >> 6
    bits = side.words[word] & ((_ONE << (np.uint64(place) & _LOW6)) - _ONE)
    if bits == np.uint64(0):
        group = word >> 6
        words = side.summary[group] & ((_ONE << (np.uint64(word) & _LOW6)) - _ONE)
        if words == np.uint64(0) and group > 0:
            group = 0
            words = side.summary[0]
        if words == np.uint64(0):
            return np.int64(NONE)
        word = (group << 6) + highest_bit(words)
        bits = side.words[word]
    return (word << 6) + highest_bit(bits)


@leaf
def append(book, row, place, slot):
    """Put an order at the end of the queue of a level inside the window."""
    side, order, level = book.sides[row], book.orders[slot], book.levels[(row << SHIFT) + place]
    tail = level.tail
    order.prev = tail
    order.next = NONE
    if tail < 0:
        level.head = slot
        mark(side, place)
    else:
        book.orders[tail].next = slot
    level.tail = slot
    level.qty += order.qty
    if place > side.best:
        side.best = place


@leaf
def append_aside(book, row, first, last):
    """Put a chain of orders (int64 slots, linked first to last) at the end of the list outside the window."""
    side = book.sides[row]
    tail = side.aside_tail
    book.orders[first].prev = tail
    book.orders[last].next = NONE
    if tail < 0:
        side.aside_head = first
    else:
        book.orders[tail].next = first
    side.aside_tail = last


@leaf
def best_aside(book, row):
    """The best key (int64) outside the window, NO_KEY if nothing is there."""
    best, slot = np.int64(NO_KEY), np.int64(book.sides[row].aside_head)
    while slot >= 0:
        order = book.orders[slot]
        best = max(best, (1 - 2 * (row & 1)) * order.price)
        slot = np.int64(order.next)
    return best


@kernel
def raise_window(book, row, key):
    """Move the window of one side (row = 2 * contract + side) up to a better key; levels below its bottom go aside."""
    side, base = book.sides[row], row << SHIFT
    shift = key - HALF - side.low
    side.low += shift
    side.best = NONE
    for group in range(WORDS >> 6):
        side.summary[group] = np.uint64(0)
    for word in range(WORDS):
        bits = side.words[word]
        side.words[word] = np.uint64(0)
        for bit in range(64 if bits else 0):
            if not (bits >> np.uint64(bit)) & _ONE:
                continue
            place = (word << 6) + bit
            level = book.levels[base + place]
            first, last, qty = level.head, level.tail, level.qty
            level.head, level.tail, level.qty = NONE, NONE, 0
            if place < shift:
                append_aside(book, row, np.int64(first), np.int64(last))
            else:
                target = book.levels[base + place - shift]
                target.head, target.tail, target.qty = first, last, qty
                mark(side, place - shift)
                side.best = place - shift


@kernel
def lower_window(book, row):
    """Move the empty window of one side (row) down to the best order aside and bring in all that now fit."""
    side = book.sides[row]
    slot = np.int64(side.aside_head)
    if slot < 0:
        return
    side.low = best_aside(book, row) - HALF
    side.aside_head = side.aside_tail = NONE
    while slot >= 0:
        order = book.orders[slot]
        following = np.int64(order.next)
        place = (1 - 2 * (row & 1)) * order.price - side.low
        if place >= 0:
            append(book, row, place, slot)
        else:
            append_aside(book, row, slot, slot)
        slot = following
