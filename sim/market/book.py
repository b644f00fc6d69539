"""The limit order books of many contracts in one object: its arrays, how they grow, and calls from Python."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.market import book_entry_kernels as entry
from sim.market import book_kernels as rules
from sim.market.book_entry_kernels import EVENT
from sim.market.book_kernels import BUY, CANCEL, IOC, LIMIT, MARKET, SELL, TICKS

__all__ = ["BUY", "CANCEL", "EVENT", "IOC", "LIMIT", "MARKET", "SELL", "BookArrays", "OrderBook", "Outcome"]

REFUSALS = {
    rules.BAD_PRICE: f"the price is not within 1 to {rules.HIGHEST_PRICE} ticks",
    rules.BAD_QUANTITY: f"the quantity is not within 1 to {rules.HIGHEST_QUANTITY} contracts",
    entry.BAD_EVENT: "the tag, contract, owner, kind or side does not exist",
}


class BookArrays(NamedTuple):
    """The arrays of a book, the one argument by which kernels take it; see ``book_kernels``."""

    sides: np.ndarray
    levels: np.ndarray
    orders: np.ndarray
    heads: np.ndarray
    fills: np.ndarray
    state: np.ndarray


class Outcome(NamedTuple):
    """What became of an order, in contracts: filled at once, resting in the book, or dropped."""

    filled: int
    resting: int
    dropped: int


def auction_price(low: int, high: int, reference: int, bids: np.ndarray, asks: np.ndarray) -> int:
    """The uniform price of a call auction, once the crossing orders have been taken out.

    Every price from ``low`` (last seller served) to ``high`` (last buyer served) trades the most. Between
    the best bid and ask left nobody stays unserved; in reach of one of them its quantity does. The least
    unserved wins, then the price nearest to the reference, then the lower one.

    bids, asks : int64[k, 2]  price and quantity of the two best levels left (fewer if there are no more)
    """
    bid, next_bid = [*bids[:, 0].tolist(), 0, 0][:2]
    ask, next_ask = [*asks[:, 0].tolist(), rules.HIGHEST_PRICE + 1, rules.HIGHEST_PRICE + 1][:2]
    found = []
    for first, last, unserved in ((bid + 1, ask - 1, 0), (next_bid + 1, bid, bids[:1, 1].sum()),
                                  (ask, next_ask - 1, asks[:1, 1].sum())):
        first, last = max(first, low), min(last, high)
        if first <= last:
            price = min(max(reference, first), last)
            found.append((int(unserved), abs(price - reference), price))
    return min(found)[2]


class OrderBook:
    """Price-time priority books of several contracts.

    Parameters
    ----------
    contracts : int  number of books, 1 to 32,767
    accounts : int  owners are rows 0 to accounts - 1, or -1 for nobody
    orders, fills : int  room at the start; both grow
    self_match_prevention : bool  withdraw a resting order that would trade with its own owner
    """

    def __init__(self, contracts: int, accounts: int = 0, *, orders: int = 1024, fills: int = 1024,
                 self_match_prevention: bool = True) -> None:
        if not 1 <= contracts < 1 << 15:
            raise ValueError(f"a book holds 1 to 32767 contracts, not {contracts}")
        self.contracts, self.accounts = contracts, accounts
        sides = np.zeros(2 * contracts, rules.SIDE)
        for name in ("best", "aside_head", "aside_tail"):
            sides[name] = rules.NONE
        levels = np.zeros(2 * contracts * TICKS, rules.LEVEL)
        levels["head"] = levels["tail"] = rules.NONE
        state = np.zeros(1, rules.STATE)
        state["free"] = state["slot"] = rules.NONE
        state["prevent"] = self_match_prevention
        self.arrays = BookArrays(
            sides, levels, np.zeros(max(orders, 1), rules.ORDER), np.full(accounts * contracts, rules.NONE, np.int32),
            np.zeros(max(fills, 1), rules.FILL), state)
        self.where = np.full(0, rules.NONE, np.int32)
        self._event, self._done = np.zeros(1, EVENT), np.zeros(1, np.int64)

    # --- room ---

    def reserve(self, orders: int) -> None:
        """Make room so that no kernel runs out while at most this many further orders are submitted.

        A fill either completes an order that rests or is the last of an order that never will, so n orders
        make at most n more fills than there are resting orders, with an auction among them or not. Memory
        that is reserved and not used is never touched, and costs nothing.
        """
        state = self.arrays.state[0]
        self._grow("orders", int(state["live"]) + orders)
        self._grow("fills", int(state["fills"]) + int(state["live"]) + orders)

    def _grow(self, name: str, size: int) -> None:
        room = len(getattr(self.arrays, name))
        if size >= 1 << 31:
            raise MemoryError(f"a book has room for 2**31 - 1 {name}, not {size}")
        if size > room:
            self.arrays = self.arrays._replace(**{name: self._resized(name, min(max(size, 2 * room), (1 << 31) - 1))})

    def _resized(self, name: str, room: int) -> np.ndarray:
        """A copy of the orders or fills with this room; only what has been used is read and written."""
        old, used = getattr(self.arrays, name), int(self.arrays.state[0]["used" if name == "orders" else "fills"])
        new = np.zeros(room, old.dtype)
        new[:used] = old[:used]
        return new

    def _grow_for(self, quantity: int) -> None:
        """Room for one more order of this quantity, and for all the fills that it can make."""
        count = min(quantity, int(self.arrays.sides["count"].max()))
        self._grow("orders", int(self.arrays.state["live"][0]) + 1)
        self._grow("fills", int(self.arrays.state["fills"][0]) + count)

    # --- orders ---

    def run(self, events: np.ndarray) -> np.ndarray:
        """Send EVENT[n] in order; tags number the orders (0, 1, 2, … below 2**31), a cancel names its victim's.

        Returns int64[n]: contracts filled (orders), withdrawn (cancels), or a negative status for an
        event that was refused (``BAD_PRICE``, ``BAD_QUANTITY``, ``BAD_EVENT``).
        """
        if events.dtype != EVENT:
            raise TypeError(f"events must be an array of EVENT, not of {events.dtype}")
        events = np.ascontiguousarray(events)
        done = np.zeros(len(events), np.int64)
        if len(events):
            self._number(int(events["tag"].max()))
        self.reserve(len(events))
        entry.run_events(self.arrays, events, self.where, done, 0)
        return done

    def _number(self, tag: int) -> None:
        if tag >= 1 << 31:
            raise ValueError(f"tags must be below 2**31 here, not {tag}")
        if tag >= len(self.where):
            where = np.full(max(tag + 1, 2 * len(self.where)), rules.NONE, np.int32)
            where[:len(self.where)] = self.where
            self.where = where

    def submit(self, contract: int, side: int, price: int, qty: int, *, kind: int = LIMIT, owner: int = -1,
               tag: int = 0, flag: int = 0) -> Outcome:
        """Send one order; raises ValueError, with nothing done, where it is refused."""
        self._event[0] = (price, qty, tag, owner, contract, kind, side, flag)
        self._number(tag)
        filled = self._send(qty)
        if filled < 0:
            raise ValueError(f"order refused: {REFUSALS[filled]}")
        rests = int(self.arrays.state["slot"][0]) >= 0
        return Outcome(filled, (qty - filled) * rests, (qty - filled) * (not rests))

    def cancel(self, tag: int) -> int:
        """Withdraw the order with this tag; returns its remaining quantity, 0 if it is no longer there."""
        self._event[0] = (0, 0, tag, -1, 0, CANCEL, 0, 0)
        return self._send(0)

    def _send(self, quantity: int) -> int:
        while entry.run_events(self.arrays, self._event, self.where, self._done, 0) == 0:
            self._grow_for(quantity)
        return int(self._done[0])

    def clear(self, contract: int = -1, owner: int = -1) -> int:
        """Withdraw the orders of one owner (-1: everybody) in one contract (-1: all); returns their quantity."""
        if not -1 <= contract < self.contracts or not -1 <= owner < self.accounts:
            raise ValueError(f"no contract {contract} or no owner {owner}")
        return int(entry.withdraw(self.arrays, contract, owner))

    def take_fills(self) -> np.ndarray:
        """The trades since the last call (FILL[m], a copy), and begin again."""
        fills = self.arrays.fills[:int(self.arrays.state["fills"][0])].copy()
        self.arrays.state["fills"] = 0
        return fills

    # --- call auction ---

    def open_auction(self, contract: int) -> None:
        """From now on limit orders of this contract rest even if they cross, until ``uncross``."""
        self.arrays.sides["auction"][2 * contract:2 * contract + 2] = 1

    def uncross(self, contract: int, reference: int) -> tuple[int, int]:
        """End the call auction: what crosses trades at one price; (volume, price in ticks), both 0 if nothing does.

        The price maximises the volume, then leaves the least unserved, then lies nearest to the reference
        (ticks), then is the lower one. Orders are served by price and time, what is left rests. Self-match
        prevention does not act, as the price is made by all orders together.
        """
        sides, state = self.arrays.sides[2 * contract:2 * contract + 2], self.arrays.state
        sides["auction"] = 0
        start = int(state["fills"][0])
        self._grow("fills", start + int(sides["count"].sum()))
        volume, low, high = entry.cross(self.arrays, contract)
        if not volume:
            return 0, 0
        price = auction_price(low, high, reference, *(self.depth(contract, side, 2) for side in (BUY, SELL)))
        self.arrays.fills["price"][start:int(state["fills"][0])] = price
        return volume, price

    # --- what can be seen ---

    def quotes(self) -> np.ndarray:
        """int64[contracts, 4]: best bid, best ask (ticks, 0 if none), quantity at the bid, at the ask."""
        sides = self.arrays.sides
        some = sides["best"] >= 0
        rows = np.arange(len(sides))
        price = np.where(some, (sides["low"] + sides["best"]) * (1 - 2 * (rows & 1)), 0)
        qty = np.where(some, self.arrays.levels["qty"][rows * TICKS + np.maximum(sides["best"], 0)], 0)
        return np.concatenate([price.reshape(-1, 2), qty.reshape(-1, 2)], axis=1)

    def count(self) -> np.ndarray:
        """int64[contracts, 2]: number of resting orders, buys and sells."""
        return self.arrays.sides["count"].reshape(-1, 2).copy()

    def resting(self, contract: int, side: int) -> np.ndarray:
        """ORDER[k], a copy: the orders of one side in price-time order."""
        row = 2 * contract + side
        slots = np.zeros(int(self.arrays.sides["count"][row]), np.int64)
        entry.list_resting(self.arrays, row, slots)
        orders = self.arrays.orders.take(slots)
        if self.arrays.sides["aside_head"][row] < 0:
            return orders
        return orders[np.argsort((2 * side - 1) * orders["price"], kind="stable")]

    def depth(self, contract: int, side: int, levels: int = 10) -> np.ndarray:
        """int64[k, 2]: price and quantity of the best levels (at most this many), best first."""
        row, sign = 2 * contract + side, 1 - 2 * side
        window = self.arrays.levels["qty"][row * TICKS:(row + 1) * TICKS]
        places = np.flatnonzero(window)[::-1][:levels]
        if len(places) < levels and self.arrays.sides["aside_head"][row] >= 0:
            orders = self.resting(contract, side)
            price, first = np.unique(sign * -orders["price"], return_index=True)
            return np.stack([np.abs(price), np.add.reduceat(orders["qty"], first)], axis=1)[:levels]
        return np.stack([sign * (places + self.arrays.sides["low"][row]), window[places]], axis=1)

    def copy(self) -> OrderBook:
        """An independent copy."""
        twin = object.__new__(OrderBook)
        twin.contracts, twin.accounts = self.contracts, self.accounts
        sides, levels, orders, heads, fills, state = self.arrays
        twin.arrays = BookArrays(sides.copy(), levels.copy(), self._resized("orders", len(orders)), heads.copy(),
                                 self._resized("fills", len(fills)), state.copy())
        twin.where, twin._event, twin._done = self.where.copy(), self._event.copy(), self._done.copy()
        return twin
