"""Execution: how wishes become orders, quotes become ladders, and fills become positions.

Arrays over participants have one row per ledger row, arrays over contracts one entry per slot. Money is
int64 cents, price int64 ticks, position int64 contracts. Luck is keyed by participant and expiry.

In all kernels, `book` is the named tuple of a book's arrays (see ``book_kernels``), `slots` SLOT[contracts],
`position` int64[n, contracts], `basis` int64[n] cents, `traded` int64[n] contracts bought and sold today (all five
in/out), and `tick_cents` int64[contracts], the cents that a tick is worth.
"""

import math

import numpy as np

from sim.jit import borrow, combine, kernel, leaf, uniform
from sim.market.book_kernels import (
    BUY,
    IOC,
    LIMIT,
    SELL,
    best_ask,
    best_bid,
    borrow_book,
    cancel_owner,
    depth_within,
    submit,
)

STYLE = np.dtype([
    ("activity", "f8"), ("visits", "f8"), ("child", "f8"), ("aggressive", "f8"), ("reach", "f8"), ("offset", "f8"),
    ("edge", "f8"), ("participation", "f8"), ("band", "f8"), ("forced", "i8"),
])
SLOT = np.dtype([
    ("listed", "i8"), ("month", "i8"), ("rank", "i8"), ("visit", "f8"), ("mark", "i8"), ("last", "i8"),
    ("volume", "i8"), ("round_volume", "i8"), ("round_value", "i8"), ("bid", "i8"), ("ask", "i8"), ("depth", "i8"),
])
ALL, RESTING, TAKING = 0, 1, 2  # which orders a pass sends: every one, those that rest, those that take
DEPTH_BAND = 0.02  # depth is reported within 2 % of the middle
PLENTY = np.int64(1) << np.int64(40)
HIGHEST_TICK = 1.0e15  # a limit beyond this is no limit
FIRST, SECOND, THIRD = np.int64(0), np.int64(1), np.int64(2)  # numbers of draws; typed, so that leaves compile once
VOLUNTARY = np.int64(0)  # flag of an order that nobody forced


@leaf
def middle(book, slot, contract):
    """float64 ticks: the middle of the best quotes, the last mark where a side is empty. slot : SLOT record."""
    bid, ask = best_bid(book, contract), best_ask(book, contract)
    if bid > 0 and ask > 0:
        return 0.5 * (bid + ask)
    return np.float64(slot.mark)


@leaf
def book_fills(book, first, slots, position, basis, traded, tick_cents):
    """Enter the fills from number ``first`` on into positions, entry values and volumes (all in/out)."""
    for number in range(first, book.state[0].fills):
        fill = book.fills[number]
        sign = 1 if fill.side == BUY else -1
        quantity, cost = sign * fill.qty, sign * fill.qty * fill.price * tick_cents[fill.contract]
        taker, maker, contract = fill.taker_owner, fill.maker_owner, fill.contract
        position[taker, contract] += quantity
        position[maker, contract] -= quantity
        basis[taker] += cost
        basis[maker] -= cost
        traded[taker] += fill.qty
        traded[maker] += fill.qty
        slot = slots[contract]
        slot.last = fill.price
        slot.volume += fill.qty
        slot.round_volume += fill.qty
        slot.round_value += fill.qty * fill.price


@kernel
def arrive(key, round_key, style_of, styles, ready, rows, priority):
    """Who looks at the market this round, and in which order: a keyed permutation.

    key : uint64[n] luck of each row; round_key : uint64; style_of : int64[n]; styles : STYLE[k];
    ready : bool[n] may trade; rows : int64[n] out; priority : uint64[n] out, sort by it.
    Returns how many entries of rows and priority are filled.
    """
    count = 0
    for row in range(key.shape[0]):
        if not ready[row]:
            continue
        luck = combine(key[row], round_key)
        if uniform(luck, FIRST) < styles[style_of[row]].activity:
            rows[count] = row
            priority[count] = combine(luck, SECOND)
            count += 1
    return count


@leaf
def order_for(book, slot, contract, luck, gap, style, urgency, value):
    """The next order for a gap between target and position: (side, price, quantity, kind); quantity 0 for none.

    slot : SLOT record; luck : uint64; gap : int64 contracts; style : STYLE record; urgency : chance of taking;
    value : float64 ticks, own value, nan for none.
    """
    side = np.int64(BUY if gap > 0 else SELL)
    sign = 1.0 if gap > 0 else -1.0
    wanted = np.int64(math.ceil(style.child * abs(gap)))
    mid = middle(book, slot, contract)
    if uniform(luck, SECOND) < urgency:
        limit = mid * (1.0 + sign * style.reach)
        if value == value:
            own = value * (1.0 - sign * style.edge)
            limit = min(limit, own) if gap > 0 else max(limit, own)
        price = max(np.int64(1), np.int64(math.floor(limit) if gap > 0 else math.ceil(limit)))
        share = style.participation
        seen = depth_within(book, contract, np.int64(1) - side, price, np.int64(wanted / share) + 1)
        return side, price, min(wanted, np.int64(share * seen)), np.int64(IOC)
    distance = -style.offset * math.log(1.0 - uniform(luck, THIRD))
    limit = mid * (1.0 - sign * distance)
    if value == value:
        limit = min(limit, value) if gap > 0 else max(limit, value)
    price = np.int64(math.floor(limit) if gap > 0 else math.ceil(min(limit, HIGHEST_TICK)))
    return side, price, wanted if price >= 1 else np.int64(0), np.int64(LIMIT)


@kernel
def trade(book, rows, stage, target, value, urgency, style_of, styles, looks, slots, position, basis, traded, key,
          round_key, tick_cents, entered):
    """One round of orders by the participants in ``rows``, in that order.

    book : named tuple of a book's arrays, in/out; rows : int64[k]; stage : ALL, RESTING or TAKING;
    target : int64[n, contracts]; value : float64[n, contracts] ticks, nan for no own value;
    urgency : float64[n], nan for the style's; style_of : int64[n]; styles : STYLE[m];
    looks : float64[m, contracts], chance that a style looks at a contract on a visit; slots : SLOT[contracts], in/out;
    position : int64[n, contracts], basis : int64[n] cents, traded : int64[n] contracts, all in/out;
    key : uint64[n]; round_key : uint64; tick_cents : int64[contracts]; entered : int64, fills from this number on,
    those of a call auction, are entered first.

    Returns the number of orders sent. Room must have been reserved. Raises nothing: an order that the book
    refuses is not sent.
    """
    book = borrow_book(book)
    target, value, position = borrow(target), borrow(value), borrow(position)
    basis, traded, slots = borrow(basis), borrow(traded), borrow(slots)
    book_fills(book, entered, slots, position, basis, traded, tick_cents)
    sent = 0
    for number in range(rows.shape[0]):
        row = rows[number]
        style = styles[style_of[row]]
        luck = combine(key[row], round_key)
        chance = style.aggressive if urgency[row] != urgency[row] else urgency[row]
        for contract in range(slots.shape[0]):
            slot = slots[contract]
            if slot.listed == 0:
                continue
            gap = target[row, contract] - position[row, contract]
            content = abs(gap) < max(1.0, style.band * abs(target[row, contract]))
            if content and book.heads[row * slots.shape[0] + contract] < 0:
                continue  # nothing to send and nothing to withdraw: whether it looks makes no difference
            own_luck = combine(luck, slot.month)
            if uniform(own_luck, FIRST) >= looks[style_of[row], contract]:
                continue
            taking = uniform(own_luck, SECOND) < chance
            if (stage == RESTING and taking) or (stage == TAKING and not taking):
                continue
            cancel_owner(book, contract, row)
            if content:
                continue
            side, price, quantity, kind = order_for(book, slot, contract, own_luck, gap, style, chance,
                                                    value[row, contract])
            if quantity < 1:
                continue
            first = book.state[0].fills
            submit(book, contract, side, row, price, quantity, kind, np.int64(row), style.forced)
            book_fills(book, first, slots, position, basis, traded, tick_cents)
            sent += 1
    return sent


@kernel
def quote(book, order, start, bid, ask, bid_size, ask_size, step, levels, slots, position, basis, traded, tick_cents):
    """Replace the quotes of a block of market makers; a new quote that crosses a stale order trades with it.

    order : int64[k], rows of the block in order of arrival; start : int64, the block's first row in the ledger;
    bid, ask, bid_size, ask_size, step : int64[k, contracts] by row of the block, prices 0 for no quote; levels : int64.
    """
    book = borrow_book(book)
    position, basis, traded, slots = borrow(position), borrow(basis), borrow(traded), borrow(slots)
    for place in range(order.shape[0]):
        number = order[place]
        row = start + number
        for contract in range(slots.shape[0]):
            cancel_owner(book, contract, row)
            if slots[contract].listed == 0:
                continue
            for rung in range(2 * levels):
                side = np.int64(BUY if rung < levels else SELL)
                distance = (rung % levels) * step[number, contract]
                if side == BUY:
                    price, size = bid[number, contract] - distance, bid_size[number, contract]
                    quoted = bid[number, contract] > 0
                else:
                    price, size = ask[number, contract] + distance, ask_size[number, contract]
                    quoted = ask[number, contract] > 0
                if not quoted or price < 1 or size < 1:
                    continue
                first = book.state[0].fills
                submit(book, contract, side, row, price, size, np.int64(LIMIT), np.int64(row), VOLUNTARY)
                book_fills(book, first, slots, position, basis, traded, tick_cents)


@kernel
def enter_fills(book, first, slots, position, basis, traded, tick_cents):
    """Enter fills made outside ``trade`` and ``quote`` (by the call auction) from number ``first`` on."""
    book_fills(borrow_book(book), first, slots, position, basis, traded, tick_cents)


@kernel
def look(book, slots, width):
    """Best quotes, depth near the middle and marks of all contracts, into ``slots`` (in/out).

    A mark is the middle of the quotes while the spread is at most ``width`` of it; beyond that the last trade
    moved inside the quotes; where a side is empty the mark stays what it was.
    """
    book = borrow_book(book)
    for contract in range(slots.shape[0]):
        slot = slots[contract]
        bid, ask = best_bid(book, contract), best_ask(book, contract)
        slot.bid, slot.ask, slot.depth = bid, ask, 0
        if bid == 0 or ask == 0:
            continue
        mid = 0.5 * (bid + ask)
        low, high = np.int64(math.floor(mid * (1.0 - DEPTH_BAND))), np.int64(math.ceil(mid * (1.0 + DEPTH_BAND)))
        slot.depth = depth_within(book, contract, np.int64(BUY), max(low, np.int64(1)), PLENTY)
        slot.depth += depth_within(book, contract, np.int64(SELL), high, PLENTY)
        if ask - bid <= width * mid:
            slot.mark = np.int64(math.floor(mid + 0.5))
        elif slot.last > 0:
            slot.mark = min(max(slot.last, bid), ask)
