"""Traders without intelligence on the product's own order book. Compiled when first called, not by a run."""

import math

import numpy as np

from sim.jit import kernel, uniform
from sim.market.book_kernels import (
    BUY,
    LIMIT,
    MARKET,
    SELL,
    best_ask,
    best_bid,
    borrow_book,
    cancel_order,
    cancel_owner,
    submit,
)

TIME, SPREAD_TIME, TWO_SIDED, FULL = 0, 1, 2, 3


@kernel
def random_orders(book, key, limit_rate, market_rate, cancel_rate, width, until, interval, slots, where, ids, middles,
                  out):
    """Limit, market and cancel orders of one contract that arrive at random (Poisson) times.

    book : BookArrays of one empty contract; key : uint64; limit_rate : orders per tick and time and side;
    market_rate : orders per time, both sides together; cancel_rate : per order and time; width : int64, ticks beyond
    the opposite best price in which limit orders arrive; until : time; interval : time between entries of middles;
    slots, where, ids : int64[capacity] work space, ids filled with 0, 1, 2, ...;
    middles : float64[M] out, ticks, middle of bid and ask; out : float64[4] in/out, time, spread times time of both
    sides present, time of both sides present, 1 if the work space was full
    """
    book = borrow_book(book)
    bid, ask, live, draw, taken = np.int64(1 << 40), np.int64((1 << 40) + 1), 0, 0, 0
    while out[TIME] < until:
        placing = 2.0 * limit_rate * width
        rate = placing + market_rate + cancel_rate * live
        wait = -math.log(1.0 - uniform(key, draw)) / rate
        high, low = best_bid(book, 0), best_ask(book, 0)
        if high > 0 and low > 0:
            out[SPREAD_TIME] += wait * (low - high)
            out[TWO_SIDED] += wait
        bid, ask = (high if high > 0 else bid), (low if low > 0 else ask)
        out[TIME] += wait
        while taken < middles.shape[0] and taken * interval <= out[TIME]:
            middles[taken] = 0.5 * (bid + ask)
            taken += 1
        luck = uniform(key, draw + 1) * rate
        side = BUY if uniform(key, draw + 2) < 0.5 else SELL
        place = uniform(key, draw + 3)
        draw += 4
        if luck >= placing + market_rate:
            chosen = min(np.int64(place * live), live - 1)
            name = ids[chosen]
            cancel_order(book, slots[name], name)
            live -= 1
            ids[chosen], ids[live] = ids[live], name
            where[ids[chosen]] = chosen
            continue
        kind, price, name = MARKET, np.int64(0), np.int64(-1)
        if luck < placing:
            away = 1 + min(np.int64(place * width), width - 1)
            kind, price = LIMIT, (ask - away if side == BUY else bid + away)
            if live == ids.shape[0]:
                out[FULL] = 1.0
                return
            name = ids[live]
        book.state[0].fills = 0
        filled = submit(book, 0, side, -1, price, 1, kind, name, 0)
        if filled == 1:
            gone = where[book.fills[0].maker]
            live -= 1
            last = ids[live]
            ids[live] = ids[gone]
            ids[gone] = last
            where[last] = gone
        elif kind == LIMIT:
            slots[name], where[name] = book.state[0].slot, live
            live += 1


@kernel
def constrained_quotes(book, key, values, costs, highest, quotes, prices):
    """One session of buyers and sellers who quote at random but never at a loss.

    book : BookArrays of one empty contract; key : uint64; values : float64[B, K] falling along each row, ticks;
    costs : float64[S, K] rising; highest : ticks, the most a seller asks; quotes : int64, how many are made;
    prices : float64[B * K] out.
    Returns (surplus float64 ticks, trades int64). A trade takes place in the middle of bid and ask and clears the book.
    """
    book = borrow_book(book)
    buyers, sellers, units = values.shape[0], costs.shape[0], values.shape[1]
    bought, sold = np.zeros(buyers, np.int64), np.zeros(sellers, np.int64)
    surplus, trades = 0.0, 0
    for quote in range(quotes):
        trader = np.int64(uniform(key, 2 * quote) * (buyers + sellers))
        luck = uniform(key, 2 * quote + 1)
        side = BUY if trader < buyers else SELL
        owner = trader if side == BUY else trader - buyers
        if (bought[owner] if side == BUY else sold[owner]) == units:
            continue
        if side == BUY:
            price = np.int64(1 + luck * (values[owner, bought[owner]] - 1))
        else:
            price = np.int64(math.ceil(highest - luck * (highest - costs[owner, sold[owner]])))
        book.state[0].fills = 0
        if submit(book, 0, side, 0, price, 1, LIMIT, trader, 0) == 0:
            continue
        fill = book.fills[0]
        buyer = owner if side == BUY else fill.maker
        seller = owner if side == SELL else fill.maker - buyers
        surplus += values[buyer, bought[buyer]] - costs[seller, sold[seller]]
        prices[trades] = 0.5 * (price + fill.price)
        bought[buyer] += 1
        sold[seller] += 1
        trades += 1
        cancel_owner(book, 0, 0)
    return surplus, trades
