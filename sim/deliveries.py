"""What a hedge brought for the month it was meant for: gains of futures by delivery month, not by calendar month.

A hedger who gives up a hedge in a squeeze keeps the loss, though the hedge was for a month that is long to come. So
gains are kept by delivery month, as they come in, until that month is settled: then what hedgers pay or earn for an
hour of it is its spot price and these gains over the hours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.ledger import Ledger, column_sums
from sim.market.book_kernels import FILL
from sim.record import Record

LONG, SHORT, REST = 0, 1, 2  # those who buy forward, those who sell forward, everybody else
SIDES = ("long", "short")


class Deliveries:
    """Gains of those who hedge on each contract month that is not settled yet, and what their margin costs them.

    Parameters
    ----------
    ledger     : positions and margin
    blocks     : pairs of a type and its block
    months     : slots of contracts
    tick_cents : int64[slots] cents that a tick is worth
    rate       : a year's cost of money that lies as margin, share
    record     : where a settled month is written down
    """

    def __init__(self, ledger: Ledger, blocks: Any, months: int, tick_cents: np.ndarray, rate: float,
                 record: Record) -> None:
        self.ledger, self.rate, self.record = ledger, rate, record
        self.tick_cents = np.asarray(tick_cents, np.float64)
        self.side = np.full(ledger.n, REST)
        self.need = np.zeros(2)  # contracts a month that each side buys or sells in the physical market
        for kind, block in blocks:
            side = getattr(kind, "side", 0)
            if side and kind.trades:
                at = LONG if side > 0 else SHORT
                self.side[block.rows] = at
                self.need[at] += float(block.usual.sum())
        self.rows = [np.flatnonzero(self.side == at) for at in (LONG, SHORT)]
        self.any = any(map(len, self.rows))
        self.fills: list[np.ndarray] = []  # today's trades by round
        self.months = months
        self.worth = np.zeros((2, months))  # cents: of positions at the last settlement
        self.held = np.zeros((2, months))  # contracts, net
        self.bought = np.zeros((2, months))  # contracts traded since then, net
        self.paid = np.zeros((2, months))  # cents: paid for contracts less received, since then
        self.gain = np.zeros((2, months))  # cents
        self.funding = np.zeros((2, months))  # cents

    def note(self, fills: np.ndarray) -> None:
        """Keep the trades of a round: FILL records of ``sim.market.book_kernels``."""
        if self.any and len(fills):
            self.fills.append(fills.view(np.uint8).copy())  # as bytes: records are copied field by field

    def _add_up(self) -> None:
        """Add today's trades to what was bought and paid."""
        if not self.fills:
            return
        fills = np.concatenate(self.fills).view(FILL)
        self.fills.clear()
        slot, size = fills["contract"].astype(np.int64), np.where(fills["side"] == 0, 1.0, -1.0) * fills["qty"]
        amount = size * fills["price"] * self.tick_cents[slot]
        for name, sign in (("taker_owner", 1.0), ("maker_owner", -1.0)):
            cell = self.side[fills[name]] * self.months + slot
            for total, part in ((self.bought, size), (self.paid, amount)):
                total += sign * np.bincount(cell, part, 3 * self.months).reshape(3, self.months)[:REST]

    def settle(self, settle: np.ndarray) -> None:
        """The day's gains at int64[contracts] settlement prices in ticks, and the cost of a day's margin.

        Positions that went without a trade, as those of a defaulter do, went at the settlement price.
        """
        if not self.any:
            return
        self._add_up()
        price = settle * self.tick_cents
        for at, rows in enumerate(self.rows):
            held = self.ledger.position.take(rows, axis=0)
            now = column_sums(held)
            taken = self.held[at] + self.bought[at] - now  # contracts that went without a trade
            self.gain[at] += (now + taken) * price - self.worth[at] - self.paid[at]
            self.worth[at], self.held[at] = now * price, now
            size = column_sums(np.abs(held, out=held))
            total = float(size.sum())
            if total > 0:
                margin = float(self.ledger.margin[rows].sum())
                self.funding[at] += margin * self.rate / 252 * size / total
        self.paid[:] = self.bought[:] = 0.0

    def expire(self, day: int, months: np.ndarray, slots: list[int]) -> None:
        """Write a settled month down, the contracts of all families together, and start their slots anew.

        months : int64[contracts]  month numbers; slots: those that are settled, none on most days
        """
        if slots:
            self._write(day, int(months[slots[0]]), slots)

    def rest(self, day: int, month: int, months: np.ndarray) -> None:
        """A month that ends after the market has: what was gained on it while it was listed, if it ever was.

        months : int64[contracts]  month numbers of the slots
        """
        self._write(day, month, np.flatnonzero(months == month).tolist())

    def _write(self, day: int, month: int, slots: list[int]) -> None:
        if self.any:
            values = {f"{name}_{side}": float(array[at, slots].sum()) for name, array in (
                ("gain_cents", self.gain), ("funding_cents", self.funding)) for at, side in enumerate(SIDES)}
            values |= {f"need_{side}": float(self.need[at]) for at, side in enumerate(SIDES)}
            self.record.delivery(day, month, values)
        for array in (self.gain, self.funding, self.worth, self.held, self.paid, self.bought):
            array[:, slots] = 0.0

    def snapshot(self) -> dict[str, np.ndarray]:
        """A copy of the state."""
        return {name: getattr(self, name).copy() for name in ("worth", "held", "bought", "paid", "gain", "funding")}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put a snapshot back."""
        for name, array in state.items():
            getattr(self, name)[...] = array
