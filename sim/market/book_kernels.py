"""The limit order book: its records, and the leaves from which trading kernels are made.

One object holds the books of many contracts. Another kernel file uses it like this::

    from sim.jit import kernel
    from sim.market.book_kernels import BUY, IOC, SELL, borrow_book, cancel_owner, depth_within, submit

    @kernel
    def take(book, contract, owners, quantity):
        book = borrow_book(book)                    # first statement of every entry kernel
        state = book.state[0]
        for owner in owners:
            cancel_owner(book, contract, owner)
            seen = depth_within(book, contract, SELL, 250, quantity)
            first = state.fills                     # fills written so far
            filled = submit(book, contract, BUY, owner, 250, min(seen, quantity), IOC, 7, 0)
            for number in range(first, state.fills):
                fill = book.fills[number]           # fill.maker_owner, fill.price, fill.qty, ...

    take(order_book.arrays, 0, owners, 10)          # order_book: sim.market.book.OrderBook

``book`` is one argument, a named tuple of six arrays (`OrderBook.arrays`):

    sides   SIDE[2 C]         row 2 * contract + side: window, best level, counts
    levels  LEVEL[2 C * 8192] row * 8192 + place in the window
    orders  ORDER[capacity]   resting orders and, linked through `next`, the free slots
    heads   int32[accounts * C]  owner * C + contract: newest resting order of that owner, -1 if none
    fills   FILL[capacity]    what has been traded, in order; the caller may set `state.fills` back to 0
    state   STATE[1]          counters

Prices are ticks (int64, 1 to 2**62 - 1), quantities contracts (int64, 1 to 2**31). A buy is side 0, a sell 1.
`submit` returns the quantity filled, or a negative status *before touching anything*. After it,
`state.slot` is where the remainder rests, -1 if nothing rests: what a market or IOC order did not fill
is dropped. `NEED_ORDERS` and `NEED_FILLS` ask for larger arrays and cannot occur after
`OrderBook.reserve(n)` while at most n orders are submitted. Call `submit` in one place of a kernel: it
is inlined. A cancel names slot and tag, and does nothing if that order is no longer there.

How it is built: see `book_window_kernels`.
"""

import numpy as np

from sim.jit import leaf
from sim.market.book_view_kernels import best_ask, best_bid, depth_at, depth_within, resting_of
from sim.market.book_window_kernels import (
    BAD_PRICE,
    BAD_QUANTITY,
    BUY,
    CANCEL,
    FILL,
    HALF,
    HIGHEST_PRICE,
    HIGHEST_QUANTITY,
    IOC,
    LEVEL,
    LIMIT,
    MARKET,
    NEED_FILLS,
    NEED_ORDERS,
    NONE,
    ORDER,
    SELL,
    SHIFT,
    SIDE,
    STATE,
    TICKS,
    append,
    append_aside,
    below,
    borrow_book,
    lower_window,
    raise_window,
)

__all__ = [
    "BAD_PRICE", "BAD_QUANTITY", "BUY", "CANCEL", "FILL", "HIGHEST_PRICE", "HIGHEST_QUANTITY", "IOC", "LEVEL",
    "LIMIT", "MARKET", "NEED_FILLS", "NEED_ORDERS", "NONE", "ORDER", "SELL", "SHIFT", "SIDE", "STATE", "TICKS",
    "best_ask", "best_bid", "borrow_book", "cancel_order", "cancel_owner", "depth_at", "depth_within", "remove",
    "rest", "resting_of", "submit",
]

_ONE, _LOW6 = np.uint64(1), np.uint64(63)


# --- one order in, one order out ------------------------------------------------------------------


@leaf
def rest(book, contract, side_number, owner, price, qty, tag, flag):
    """Place an order into the book without matching; returns its slot (int64). Room must have been checked."""
    state = book.state[0]
    slot = state.free
    if slot >= 0:
        state.free = book.orders[slot].next
    else:
        slot = state.used
        state.used = slot + 1
    order = book.orders[slot]
    order.price, order.qty, order.tag, order.owner = price, qty, tag, owner
    order.contract, order.side, order.flag = contract, side_number, flag
    if owner >= 0:
        place = owner * (book.sides.shape[0] >> 1) + contract
        newest = book.heads[place]
        order.own_next, order.own_prev = newest, NONE
        if newest >= 0:
            book.orders[newest].own_prev = slot
        book.heads[place] = slot
    row = 2 * contract + side_number
    side = book.sides[row]
    key = (1 - 2 * side_number) * price
    if side.best < 0:
        side.low = key - HALF
    elif key - side.low >= TICKS:
        raise_window(book, row, key)
    if key >= side.low:
        append(book, row, key - side.low, slot)
    else:
        append_aside(book, row, slot, slot)
    side.count += 1
    state.live += 1
    return slot


@leaf
def remove(book, slot):
    """Take a resting order out of the book and free its slot."""
    state, order = book.state[0], book.orders[slot]
    row = 2 * np.int64(order.contract) + np.int64(order.side)
    side = book.sides[row]
    place = (1 - 2 * (row & 1)) * order.price - side.low
    before, after = order.prev, order.next
    if place < 0:
        if before < 0:
            side.aside_head = after
        else:
            book.orders[before].next = after
        if after < 0:
            side.aside_tail = before
        else:
            book.orders[after].prev = before
    else:
        level = book.levels[(row << SHIFT) + place]
        level.qty -= order.qty
        if before < 0:
            level.head = after
        else:
            book.orders[before].next = after
        if after < 0:
            level.tail = before
        else:
            book.orders[after].prev = before
        if before < 0 and after < 0:
            word = place >> 6
            side.words[word] &= ~(_ONE << (np.uint64(place) & _LOW6))
            if side.words[word] == np.uint64(0):
                side.summary[word >> 6] &= ~(_ONE << (np.uint64(word) & _LOW6))
            if place == side.best:
                side.best = below(side, place)
                if side.best < 0:
                    lower_window(book, row)
    if order.owner >= 0:
        older, newer = order.own_next, order.own_prev
        if newer < 0:
            book.heads[np.int64(order.owner) * (book.sides.shape[0] >> 1) + np.int64(order.contract)] = older
        else:
            book.orders[newer].own_next = older
        if older >= 0:
            book.orders[older].own_prev = newer
    side.count -= 1
    state.live -= 1
    order.qty = 0
    order.next = state.free
    state.free = slot


@leaf
def match(book, contract, side_number, owner, key, qty, tag, flag):
    """Trade an incoming order against the other side down to its limit; returns the quantity left (int64)."""
    state = book.state[0]
    row = (2 * contract + side_number) ^ 1
    other = book.sides[row]
    left = np.int64(qty)
    while left > 0 and other.best >= 0 and key + other.low + other.best >= 0:
        level = book.levels[(row << SHIFT) + other.best]
        slot = np.int64(level.head)
        maker = book.orders[slot]
        gone = state.prevent != 0 and owner >= 0 and maker.owner == owner
        if gone:
            state.prevented += maker.qty
        else:
            traded = min(left, maker.qty)
            fill = book.fills[state.fills]
            state.fills += 1
            fill.taker, fill.maker, fill.price, fill.qty = tag, maker.tag, maker.price, traded
            fill.taker_owner, fill.maker_owner, fill.contract = owner, maker.owner, contract
            fill.side, fill.taker_flag, fill.maker_flag = side_number, flag, maker.flag
            left -= traded
            gone = traded == maker.qty
            if not gone:
                maker.qty -= traded
                level.qty -= traded
        if gone:
            remove(book, slot)
    return left


@leaf
def submit(book, contract, side, owner, price, qty, kind, tag, flag):
    """Send one order to the book; returns the quantity filled (int64) or a negative status.

    contract, side : BUY or SELL; owner : row of the account, -1 for nobody; price : ticks, ignored for MARKET;
    qty : contracts; kind : LIMIT, MARKET or IOC; tag : int64, the caller's name for the order;
    flag : int8, copied to the order and its fills. While the contract is in auction nothing matches:
    limit orders rest, others are dropped whole.
    """
    state, own = book.state[0], book.sides[2 * contract + side]
    state.slot = NONE
    if qty < 1 or qty > HIGHEST_QUANTITY:
        return np.int64(BAD_QUANTITY)
    if kind != MARKET and (price < 1 or price > HIGHEST_PRICE):
        return np.int64(BAD_PRICE)
    if kind == LIMIT and state.free < 0 and state.used == book.orders.shape[0]:
        return np.int64(NEED_ORDERS)
    left = np.int64(qty)
    if own.auction == 0:
        if book.fills.shape[0] - state.fills < min(left, book.sides[(2 * contract + side) ^ 1].count):
            return np.int64(NEED_FILLS)
        key = np.int64(HIGHEST_PRICE) if kind == MARKET else (1 - 2 * side) * price
        left = match(book, contract, side, owner, key, qty, tag, flag)
    if left > 0 and kind == LIMIT:
        state.slot = rest(book, contract, side, owner, price, left, tag, flag)
    return qty - left


@leaf
def cancel_order(book, slot, tag):
    """Withdraw the order with this tag from this slot; returns its quantity (int64), 0 if it is no longer there."""
    if slot < 0 or book.orders[slot].tag != tag:
        return np.int64(0)
    qty = book.orders[slot].qty
    if qty > 0:
        remove(book, slot)
    return qty


@leaf
def cancel_owner(book, contract, owner):
    """Withdraw all orders of an owner in one contract, newest first; returns their quantity (int64)."""
    place = owner * (book.sides.shape[0] >> 1) + contract
    total = np.int64(0)
    while book.heads[place] >= 0:
        slot = np.int64(book.heads[place])
        total += book.orders[slot].qty
        remove(book, slot)
    return total
