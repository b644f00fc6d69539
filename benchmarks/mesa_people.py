"""Participants as plain Mesa agents: the account and the orders that all share.

Everything that is the same for all participants of a type (mispricing, caps, weights) is read once a round into
the type's ``Sheet`` and handed round, and each participant works out only what it needs: the books it looks at,
and, on days outside its window, only whether a hedge is rich. That is what makes an object model quick.
"""

from __future__ import annotations

import math
from operator import mul
from types import SimpleNamespace
from typing import Any

import mesa

from benchmarks.mesa_books import BUY, SELL, Order
from sim.population import columns

WHOLE = 10_000  # the spread charge is counted in ten-thousandths


class OutOfCalm(RuntimeError):
    """Somebody is called upon in a way that this model leaves out: forced sales, defaults, closures."""


class Sheet(SimpleNamespace):
    """What all participants of one type read off the market in the same way; shared by them."""


class Person(mesa.Agent):
    """An account at the clearing house, with every column of the fast model as an ordinary attribute."""

    watched = True  # tested after every round; the others once a day

    def __init__(self, model: Any, kind: Any, block: Any, row: int, style: Any, sheet: Sheet) -> None:
        super().__init__(model)
        self.kind, self.row, self.style, self.sheet = kind, row, style, sheet
        self.books, self.luck = model.books, None
        for name in columns(kind.agent):
            setattr(self, name, getattr(block, name)[row].tolist())
        if not self.alive:
            raise OutOfCalm(f"{kind.label} {row} is closed; choose other days")
        self.key, self.traded, self.required, self.call, self.gain = int(block.key[row]), 0, 0, 0, 0
        self.orders: list[Order | None] = [None] * len(self.position)
        self.chance = kind.execution.aggressive
        self.wish = list(self.position)

    # --- what a type knows ---------------------------------------------------------------------------

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        """Bring the sheet up to date once a day."""

    @staticmethod
    def read_round(kind: Any, sheet: Sheet, view: Any) -> None:
        """Bring the sheet up to date once a round."""

    def wake(self) -> None:
        """Revise beliefs, once a day."""

    def decide(self) -> None:
        """Work out what is wanted, on looking at the market, where that is done for all months at once."""

    def wants(self, contract: int) -> int:
        """The position wanted in one contract."""
        return self.wish[contract]

    def value(self, contract: int) -> float | None:
        """The own value beyond which no order goes."""
        return None

    # --- orders --------------------------------------------------------------------------------------

    def step(self) -> None:
        """Look at some contracts and trade towards what is wanted in them."""
        luck = self.luck
        if not luck.looks(self):
            return
        self.decide()
        style, position, orders = self.style, self.position, self.orders
        for contract in luck.visits(self):
            order, book = orders[contract], self.books[contract]
            if order is not None:
                if order.left:
                    book.cancel(order)
                orders[contract] = None
            target = self.wants(contract)
            gap = target - position[contract]
            if gap and abs(gap) >= style.band * abs(target):
                if luck.takes(self, contract) < self.chance:
                    self.take(book, contract, gap)
                else:
                    self.rest(book, contract, gap)

    def take(self, book: Any, contract: int, gap: int) -> None:
        """Take part of what the other side shows within reach."""
        style, value, wanted = self.style, self.value(contract), math.ceil(self.style.child * abs(gap))
        if gap > 0:
            limit = book.middle() * (1.0 + style.reach)
            if value is not None:
                limit = min(limit, value * (1.0 - style.edge))
            price, side = max(1, math.floor(limit)), BUY
        else:
            limit = book.middle() * (1.0 - style.reach)
            if value is not None:
                limit = max(limit, value * (1.0 + style.edge))
            price, side = max(1, math.ceil(limit)), SELL
        seen = book.depth(1 - side, price, wanted / style.participation + 1.0)
        quantity = min(wanted, int(style.participation * seen))
        if quantity:
            book.submit(side, self, price, quantity, False)

    def rest(self, book: Any, contract: int, gap: int) -> None:
        """Place an order some way from the middle."""
        style, value, wanted = self.style, self.value(contract), math.ceil(self.style.child * abs(gap))
        distance = -style.offset * math.log(1.0 - self.luck.distance(self, contract))
        if gap > 0:
            limit = book.middle() * (1.0 - distance)
            price = math.floor(limit if value is None else min(limit, value))
        else:
            limit = book.middle() * (1.0 + distance)
            price = math.ceil(limit if value is None else max(limit, value))
        if price >= 1:
            self.orders[contract] = book.submit(BUY if gap > 0 else SELL, self, price, wanted, True)

    # --- money ---------------------------------------------------------------------------------------

    def receive(self, amount: int) -> None:
        """Money from outside the market, negative if paid."""
        self.cash += amount
        self.model.outside -= amount

    def weigh(self, value: list[int], charge: list[int]) -> None:
        """Worth and requirement at marks: cents per contract, and cents of margin per contract."""
        position = self.position
        self.equity = self.cash + self.margin - self.basis + sum(map(mul, position, value))
        legs = list(map(mul, position, charge))
        net = abs(sum(legs))
        spread = sum(map(abs, legs)) - net
        self.required = net + (spread * self.model.spread + (WHOLE - 1)) // WHOLE if spread else net

    def test(self, value: list[int], charge: list[int]) -> None:
        """After a round: whoever is worth too little would be forced to sell."""
        self.weigh(value, charge)
        if self.equity < self.model.maintenance * self.required or (self.equity <= 0 and self.basis):
            raise OutOfCalm(f"{self.kind.label} {self.row} would be forced to sell; choose other days")

    def morning(self) -> None:
        """Pay last evening's call."""
        if self.call:
            if self.cash < self.call:
                raise OutOfCalm(f"{self.kind.label} {self.row} cannot pay a margin call; choose other days")
            self.cash -= self.call
            self.margin += self.call
            self.call = 0
        self.equity = self.cash + self.margin

    def settle(self, value: list[int], fee: int) -> None:
        """Variation margin and trading fees."""
        worth = sum(map(mul, self.position, value))
        self.gain = worth - self.basis
        self.cash += self.gain
        self.basis = worth
        if self.traded:
            self.cash -= fee * self.traded
            self.model.outside += fee * self.traded
            self.traded = 0

    def expire(self, slot: int, value: int, fee: int) -> None:
        """Final settlement of the month that ends."""
        held = self.position[slot]
        if held:
            self.cash -= fee * abs(held)
            self.model.outside += fee * abs(held)
            self.basis -= held * value
            self.position[slot] = 0

    def meet_margin(self, value: list[int], charge: list[int]) -> None:
        """Initial margin for tonight's positions, and a call for what is lacking."""
        self.weigh(value, charge)
        change = min(max(self.equity, 0), self.required) - self.margin
        self.cash -= change
        self.margin += change
        if self.required or self.gain:
            self.call = max(self.required - self.equity, 0)

    def end_of_day(self, view: Any, last: bool) -> None:
        """Money that participants move themselves. last : whether this is the last day of a month."""
