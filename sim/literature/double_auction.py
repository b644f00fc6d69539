"""What an order book does by itself, when orders arrive at random."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sim.literature.double_auction_kernels import constrained_quotes, random_orders
from sim.market.book import OrderBook
from sim.streams import Streams


class ZeroIntelligence(NamedTuple):
    """What random order flow leads to.

    spread : time average times limit order rate over market order rate, a pure number
    diffusion : growth of the middle's variance per time between half the lag and the lag (quotes that bounce add a
        constant part) over ``(mu / alpha)**2 * delta * sqrt(eps)``, a pure number
    middles : float64[M] ticks, once every 1/cancel_rate; ticks : spread in ticks
    """

    spread: float
    diffusion: float
    middles: np.ndarray
    ticks: float


def zero_intelligence(eps: float, *, lifetimes: float = 2_000.0, seed: int = 0, ticks_per_price: int = 50,
                      width: int = 10, burn_in: float = 20.0, lag: int = 20) -> ZeroIntelligence:
    """Limit, market and cancel orders of one share at random on the product's order book.

    Parameters
    ----------
    eps : ``2 sigma delta / mu``, the granularity of orders: sigma size, delta cancel rate, mu market order rate
    lifetimes : run length in mean lifetimes 1/delta
    burn_in, lag : in these, what is left out and the lag of the diffusion, even
    ticks_per_price : ticks per characteristic price mu / 2 alpha; width : band of limit orders, in such prices

    Source: Daniels, Farmer, Gillemot, Iori & Smith 2003, PRL 90:108102; Smith et al. 2003, Quant. Finance 3:481.
    """
    if eps <= 0:
        raise ValueError(f"eps must be above 0, not {eps}")
    limit_rate, cancel_rate = 1.0 / (2.0 * ticks_per_price), eps / 2.0  # in units of one market order per time
    band = width * ticks_per_price
    expected = 2.0 * band * limit_rate / cancel_rate
    room = int(expected + 12.0 * math.sqrt(expected) + 200)
    book = OrderBook(1, orders=room + 1, fills=64)
    key, out, work = Streams(seed).key("literature double auction"), np.zeros(4), np.zeros((2, room), np.int64)
    ids, interval = np.arange(room, dtype=np.int64), 1.0 / cancel_rate
    middles = np.empty(int(lifetimes + burn_in) + 1)

    def run(until: float, where: np.uint64, record: np.ndarray) -> None:
        random_orders(book.arrays, where, limit_rate, 1.0, cancel_rate, band, until, interval, work[0], work[1], ids,
                      record, out)
        if out[3]:
            raise ArithmeticError("more orders rest in the book than was allowed for")

    run((lifetimes + burn_in) * interval, key, middles)
    spread = out[1] / out[2]
    kept = middles[int(burn_in):]
    near, far = (float(np.mean((kept[gap:] - kept[:-gap]) ** 2)) for gap in (lag // 2, lag))
    rate = (far - near) / ((lag - lag // 2) * interval)
    unit = (1.0 / limit_rate) ** 2 * cancel_rate * math.sqrt(eps)
    return ZeroIntelligence(spread * limit_rate, rate / unit, kept, spread)


def mean_field_spread(eps: float) -> float:
    """The published approximation to that spread, which a simulation does not reach.

    Source: Farmer, Patelli & Zovko 2005, PNAS 102:2254.
    """
    return 0.28 + 1.86 * (eps / 2.0) ** 0.75


class Efficiency(NamedTuple):
    """mean : percent of the possible surplus; sessions : float64[runs] percent; price : mean price of all trades."""

    mean: float
    sessions: np.ndarray
    price: float


def gode_sunder(buyer_values: ArrayLike, seller_costs: ArrayLike, *, traders: int = 6, highest: float = 200.0,
                quotes: int = 3000, runs: int = 200, seed: int = 0, ticks: int = 10_000) -> Efficiency:
    """Allocative efficiency of buyers and sellers who quote at random but never at a loss.

    Parameters
    ----------
    buyer_values, seller_costs : units, dealt at random to this many traders on each side
    highest : the most a seller asks; quotes : in a session; runs : sessions; ticks : per unit of price

    Source: Gode & Sunder 1993, Journal of Political Economy 101:119.
    """
    values, costs = np.asarray(buyer_values, float) * ticks, np.asarray(seller_costs, float) * ticks
    possible = float(np.maximum(np.sort(values)[::-1] - np.sort(costs), 0.0).sum())
    luck = Streams(seed)
    sessions, prices, everything = np.empty(runs), np.empty(len(values)), []
    for run in range(runs):
        deal = [np.argsort(luck.uniform(f"literature deal {side}", len(values), day=run)) for side in "bs"]
        dealt_values = np.ascontiguousarray(np.sort(values[deal[0]].reshape(traders, -1), axis=1)[:, ::-1])
        dealt_costs = np.sort(costs[deal[1]].reshape(traders, -1), axis=1)
        book = OrderBook(1, 1, orders=quotes + 1, fills=64, self_match_prevention=False)
        surplus, trades = constrained_quotes(book.arrays, luck.key("literature quotes", day=run), dealt_values,
                                             dealt_costs, highest * ticks, quotes, prices)
        sessions[run] = 100.0 * surplus / possible
        everything.append(prices[:trades] / ticks)
    return Efficiency(float(sessions.mean()), sessions, float(np.concatenate(everything).mean()))
