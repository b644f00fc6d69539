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

How it is built. Each side of each contract has a window of 8,192 ticks with a bit for each occupied
level, a bit for each occupied word, and a first-in first-out list of orders in each level. Inside,
prices are *keys*, price for a buy and -price for a sell, so that a higher key is always better and one
code serves both sides. The best order of a side is always inside its window, worse ones may be outside:
those wait in the `aside` list. An order better than the window moves it up; a window that empties moves
down to the best order aside. All orders of one price are either inside or aside, and both lists keep
their order, so matching is exactly that of an infinite grid.
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
    """Move the window up to a better key; the levels that fall out at the bottom go aside."""
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
    """Move an empty window down to the best order aside and bring in all that now fit."""
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


# --- what can be seen ----------------------------------------------------------------------------


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
