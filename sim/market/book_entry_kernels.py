"""The limit order book from Python: a batch of events, withdrawals, call auctions, the list of what rests."""

import numpy as np

from sim.jit import kernel
from sim.market.book_kernels import (
    BUY,
    CANCEL,
    IOC,
    LIMIT,
    NEED_FILLS,
    NEED_ORDERS,
    SHIFT,
    borrow_book,
    cancel_order,
    remove,
    submit,
)
from sim.market.book_window_kernels import below

BAD_EVENT = -5
EVENT = np.dtype([
    ("price", "i8"), ("qty", "i8"), ("tag", "i8"), ("owner", "i4"), ("contract", "i2"),
    ("kind", "i1"), ("side", "i1"), ("flag", "i1"),
], align=True)


@kernel
def run_events(book, events, where, done, start):
    """Send events to the book in order; returns the first event (int64) that needs more room, len(events) if none.

    book : named tuple, see book_kernels, in/out; events : EVENT[n], a CANCEL names its victim by `tag`;
    where : int32[highest tag + 1], in/out, slot in which each tag came to rest, -1 if it never did;
    done : int64[n] contracts, out: filled (orders), withdrawn (cancels) or the negative status of a refusal;
    start : int64, the first event to send.
    """
    book = borrow_book(book)
    state = book.state[0]
    contracts = book.sides.shape[0] >> 1
    accounts = book.heads.shape[0] // contracts
    for number in range(start, events.shape[0]):
        event = events[number]
        tag, contract, owner = event.tag, np.int64(event.contract), np.int64(event.owner)
        kind, side = np.int64(event.kind), np.int64(event.side)
        if kind == CANCEL:
            done[number] = cancel_order(book, np.int64(where[tag]), tag) if 0 <= tag < where.shape[0] else 0
            continue
        if (not 0 <= tag < where.shape[0] or not 0 <= contract < contracts or owner < -1 or owner >= accounts
                or kind < LIMIT or kind > IOC or side < 0 or side > 1):
            done[number] = BAD_EVENT
            continue
        result = submit(book, contract, side, owner, event.price, event.qty, kind, tag, event.flag)
        if result == NEED_ORDERS or result == NEED_FILLS:
            return number
        done[number] = result
        where[tag] = state.slot
    return events.shape[0]


@kernel
def withdraw(book, contract, owner):
    """Withdraw the orders of one owner (-1: everybody) in one contract (-1: all); returns their quantity (int64)."""
    book = borrow_book(book)
    contracts = book.sides.shape[0] >> 1
    first, last = 2 * contract, 2 * contract + 2
    if contract < 0:
        first, last = 0, 2 * contracts
    total = np.int64(0)
    for row in range(first, last):
        side = book.sides[row]
        while side.count > 0:
            if owner >= 0:
                slot = np.int64(book.heads[owner * contracts + (row >> 1)])
            elif side.aside_head >= 0:
                slot = np.int64(side.aside_head)
            else:
                slot = np.int64(book.levels[(row << SHIFT) + side.best].head)
            if slot < 0:
                break
            total += book.orders[slot].qty
            remove(book, slot)
    return total


@kernel
def list_resting(book, row, slots):
    """List the orders of one side (row = 2 * contract + side): from the best level to the worst, then those aside.

    slots : int64[count], out. Orders of one price stand in order of time everywhere, prices aside do not.
    """
    book = borrow_book(book)
    side = book.sides[row]
    number, place = 0, side.best
    slot = np.int64(side.aside_head if place < 0 else book.levels[(row << SHIFT) + place].head)
    while slot >= 0:
        slots[number] = slot
        number += 1
        slot = np.int64(book.orders[slot].next)
        if slot < 0 and place >= 0:
            place = below(side, place)
            slot = np.int64(side.aside_head if place < 0 else book.levels[(row << SHIFT) + place].head)


@kernel
def cross(book, contract):
    """Serve the crossing orders of a call auction by price and time; returns (volume, lowest, highest price), int64.

    contract : int64, the one whose auction ends.

    As many contracts trade as at any one price. That price lies between the last seller served (lowest) and the
    last buyer served (highest) and is written into the fills by the caller; the buyer stands as taker. What is
    left rests. (NEED_FILLS, 0, 0) asks for more room, with nothing touched.
    """
    book = borrow_book(book)
    state = book.state[0]
    row = 2 * contract
    bids, asks = book.sides[row], book.sides[row + 1]
    if book.fills.shape[0] - state.fills < bids.count + asks.count:
        return np.int64(NEED_FILLS), np.int64(0), np.int64(0)
    volume, low, high = np.int64(0), np.int64(0), np.int64(0)
    while bids.best >= 0 and asks.best >= 0 and bids.low + bids.best + asks.low + asks.best >= 0:
        buy_slot = np.int64(book.levels[(row << SHIFT) + bids.best].head)
        sell_slot = np.int64(book.levels[((row + 1) << SHIFT) + asks.best].head)
        buy, sell = book.orders[buy_slot], book.orders[sell_slot]
        high, low = buy.price, sell.price
        traded = min(buy.qty, sell.qty)
        volume += traded
        fill = book.fills[state.fills]
        state.fills += 1
        fill.taker, fill.maker, fill.qty = buy.tag, sell.tag, traded
        fill.taker_owner, fill.maker_owner, fill.contract = buy.owner, sell.owner, contract
        fill.side, fill.taker_flag, fill.maker_flag = BUY, buy.flag, sell.flag
        for turn in range(2):
            slot = buy_slot if turn == 0 else sell_slot
            order = book.orders[slot]
            if order.qty == traded:
                remove(book, slot)
            else:
                order.qty -= traded
                book.levels[((row + turn) << SHIFT) + book.sides[row + turn].best].qty -= traded
    return volume, low, high
