"""The limit order book from Python: a batch of events, withdrawals, the call auction, the list of what rests."""

import numpy as np

from sim.jit import kernel, leaf
from sim.market.book_kernels import (
    CANCEL,
    IOC,
    LIMIT,
    NEED_FILLS,
    NEED_ORDERS,
    NO_KEY,
    SHIFT,
    below,
    best_aside,
    borrow_book,
    cancel_order,
    cancel_owner,
    clear_contract,
    remove,
    submit,
    write_fill,
)

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
    done : int64[n] contracts, out: filled (orders), withdrawn (cancels) or the negative status of a refusal.
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
    """Withdraw the orders of one owner, or of everybody (-1), in one contract or in all (-1); returns their quantity."""
    book = borrow_book(book)
    first, last = contract, contract + 1
    if contract < 0:
        first, last = 0, book.sides.shape[0] >> 1
    total = np.int64(0)
    for number in range(first, last):
        total += cancel_owner(book, number, owner) if owner >= 0 else clear_contract(book, number)
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


# --- the call auction -----------------------------------------------------------------------------


@leaf
def best_key(side):
    """The best key (int64) of a side, NO_KEY if it is empty."""
    return side.low + side.best if side.best >= 0 else np.int64(NO_KEY)


@leaf
def second_key(book, row):
    """The key (int64) of the second best level of a side, NO_KEY if there is none."""
    side = book.sides[row]
    place = below(side, side.best) if side.best >= 0 else np.int64(-1)
    return side.low + place if place >= 0 else best_aside(book, row)


@leaf
def reduce_order(book, slot, traded):
    """Take a traded quantity off a resting order that stands inside its window."""
    order = book.orders[slot]
    row = 2 * np.int64(order.contract) + np.int64(order.side)
    if traded == order.qty:
        remove(book, slot)
    else:
        order.qty -= traded
        book.levels[(row << SHIFT) + book.sides[row].best].qty -= traded


@leaf
def auction_price(book, contract, low, high, reference):
    """The uniform price (int64 ticks), once the crossing orders have been taken out.

    Every price from low (last seller served) to high (last buyer served) trades the most. Between the
    best orders left nobody is left unserved; where no such price exists, a bid or an ask is, and
    the smaller quantity wins, then the price nearer to the reference, then the lower one.
    """
    row = 2 * contract
    bid, ask = best_key(book.sides[row]), -best_key(book.sides[row + 1])
    first, last = max(low, bid + 1), min(high, ask - 1)
    if first <= last:
        return min(max(reference, first), last)
    first, last = max(low, second_key(book, row) + 1), min(high, bid)
    under = min(max(reference, first), last)
    has_under = first <= last
    first, last = max(low, ask), min(high, -second_key(book, row + 1) - 1)
    over = min(max(reference, first), last)
    if not has_under:
        return over
    if first > last:
        return under
    bids = book.levels[(row << SHIFT) + book.sides[row].best].qty
    asks = book.levels[((row + 1) << SHIFT) + book.sides[row + 1].best].qty
    if bids != asks:
        return under if bids < asks else over
    return under if abs(under - reference) <= abs(over - reference) else over


@kernel
def uncross(book, contract, reference):
    """End the call auction of a contract: trade all that crosses at one price; returns (volume, price), int64.

    The price maximises the volume, then leaves the least unserved, then lies nearest to the reference
    (ticks), then is the lower one. Orders are served by price and time; in the fills the buyer stands as
    taker. Self-match prevention does not act, as the price is made by all orders together. What
    is left rests. (NEED_FILLS, 0) asks for more room, with nothing touched; without a cross (0, 0).
    """
    book = borrow_book(book)
    state = book.state[0]
    row = 2 * contract
    bids, asks = book.sides[row], book.sides[row + 1]
    if book.fills.shape[0] - state.fills < bids.count + asks.count:
        return np.int64(NEED_FILLS), np.int64(0)
    bids.auction, asks.auction = 0, 0
    start, volume, low, high = state.fills, np.int64(0), np.int64(0), np.int64(0)
    while bids.best >= 0 and asks.best >= 0 and best_key(bids) + best_key(asks) >= 0:
        buy_slot = np.int64(book.levels[(row << SHIFT) + bids.best].head)
        sell_slot = np.int64(book.levels[((row + 1) << SHIFT) + asks.best].head)
        buy, sell = book.orders[buy_slot], book.orders[sell_slot]
        high, low = buy.price, sell.price
        traded = min(buy.qty, sell.qty)
        volume += traded
        write_fill(book, buy.tag, sell.tag, low, traded, buy.owner, sell.owner, contract, 0, buy.flag, sell.flag)
        for slot in (buy_slot, sell_slot):
            reduce_order(book, slot, traded)
    if volume == 0:
        return np.int64(0), np.int64(0)
    price = auction_price(book, contract, low, high, reference)
    for number in range(start, state.fills):
        book.fills[number].price = price
    return volume, price
