"""Accounts on a perpetual venue: cash, positions at their mean entry value, liquidation and auto-deleveraging.

A purchase or sale changes `value`, the entry value of the position; what is closed is paid into cash at once. Equity
is cash + position * price - value, all in whole cents. Every rounding stays within one account.
"""

from __future__ import annotations

import numpy as np


class Accounts:
    """Isolated accounts of one venue.

    Attributes
    ----------
    cash     : int64[m] cents
    position : int64[m] contracts, long positive
    value    : int64[m] cents, what the position was entered at (negative for shorts)
    """

    def __init__(self, m: int, tick_cents: int) -> None:
        self.tick_cents = tick_cents
        self.cash, self.position, self.value = (np.zeros(m, np.int64) for _ in range(3))

    def equity(self, price: int) -> np.ndarray:
        """int64[m] cents at a price in ticks."""
        return self.cash + self.position * (price * self.tick_cents) - self.value

    def worth(self, price: int) -> np.ndarray:
        """int64[m] cents: value of the position at a price in ticks, without its sign."""
        return np.abs(self.position) * (price * self.tick_cents)

    def enter(self, rows: np.ndarray, quantity: np.ndarray, cost: np.ndarray) -> None:
        """Trades of int64[k] different rows: contracts bought (negative: sold) and cents paid for them.

        What closes realises its gain over the mean entry value; what goes through nothing opens at the trade's price.
        """
        held, value = self.position[rows], self.value[rows]
        adds = (held * quantity > 0) | ((held == 0) & (quantity != 0))
        through = ~adds & (np.abs(quantity) > np.abs(held))
        closed = np.where(through, held, -quantity)  # contracts of the old position that go
        out = np.where(held != 0, value * closed // np.where(held == 0, 1, held), 0)  # their entry value
        paid = np.where(through, cost * np.abs(held) // np.maximum(np.abs(quantity), 1), cost)
        self.cash[rows] += np.where(adds, 0, -paid - out)
        self.value[rows] = np.where(adds, value + cost, value - out + cost - paid)
        self.position[rows] = held + quantity

    def fills(self, fills: np.ndarray) -> None:
        """Enter FILL records of ``sim.market.book_kernels``."""
        if not len(fills):
            return
        rows = np.concatenate([fills["taker_owner"], fills["maker_owner"]]).astype(np.int64)
        bought = np.where(fills["side"] == 0, 1, -1) * fills["qty"].astype(np.int64)
        cost = bought * fills["price"].astype(np.int64) * self.tick_cents
        names, where = np.unique(rows, return_inverse=True)
        quantity, paid = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
        np.add.at(quantity, where, np.concatenate([bought, -bought]))
        np.add.at(paid, where, np.concatenate([cost, -cost]))
        self.enter(names, quantity, paid)

    def bankruptcy_price(self, row: int) -> int:
        """Ticks at which the account is worth nothing or barely more; at least 1, a large number where it never is."""
        held, owed = int(self.position[row]), int(self.value[row] - self.cash[row])
        if held > 0:
            return max(1, -(-owed // (held * self.tick_cents)))
        return max(1, -owed // (-held * self.tick_cents))

    def scores(self, price: int) -> np.ndarray:
        """float64[m]: rank of profit times leverage, (price / entry) * (worth / equity); -1 without equity or position.

        For shorts the ratio is entry / price. Source: Hyperliquid documentation, auto-deleveraging (2026).
        """
        equity, worth = self.equity(price), self.worth(price)
        entry = np.abs(self.value) / np.maximum(np.abs(self.position) * self.tick_cents, 1)
        ratio = np.where(self.position > 0, price / np.maximum(entry, 1e-9), entry / price)
        some = (self.position != 0) & (equity > 0)
        return np.where(some, ratio * worth / np.maximum(equity, 1), -1.0)

    def deleverage(self, row: int, mark: int) -> tuple[int, np.ndarray, np.ndarray]:
        """Close what an account holds at its bankruptcy price against the opposite accounts that rank highest.

        Those in profit at the mark come first; nobody is taken below nothing unless there is no other way.

        Returns
        -------
        price    : ticks
        rows     : int64[k] the accounts that were closed against, in order
        quantity : int64[k] contracts of each
        """
        price, held = self.bankruptcy_price(row), int(self.position[row])
        opposite = self.position * np.sign(held) < 0
        gains = self.position * (mark * self.tick_cents) - self.value > 0
        safe = self.equity(price) >= 0
        stage = np.where(gains & safe, 0, np.where(safe, 1, 2))
        rows = np.flatnonzero(opposite)
        rows = rows[np.lexsort((rows, -self.scores(mark)[rows], stage[rows]))]
        size = np.abs(self.position[rows])
        before = np.cumsum(size) - size
        take = np.clip(abs(held) - before, 0, size)
        rows, take = rows[take > 0], take[take > 0]
        side = 1 if held > 0 else -1
        cost = take * price * self.tick_cents
        self.enter(rows, side * take, side * cost)
        self.enter(np.array([row]), np.array([-side * int(take.sum())]), np.array([-side * int(cost.sum())]))
        return price, rows, take
