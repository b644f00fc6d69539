"""Slow twins of the execution kernels in plain Python: books of lists, participants as objects.

The benchmarks run the same twins as the day of a plain object model, so that the fast day is compared
with one that does the same trades.
"""

from __future__ import annotations

import bisect
import math
from types import SimpleNamespace

from sim.streams import combine

BUY, SELL = 0, 1
LIMIT, IOC = 0, 3
FIFTY_THREE_BITS = 2.0**-53


def uniform(key: int, number: int) -> float:
    """The draw of this number under this key, as ``sim.jit.uniform`` makes it."""
    return (combine(key, number) >> 11) * FIFTY_THREE_BITS


class PlainBook:
    """One contract: price levels as sorted lists of [owner, quantity] in order of time."""

    def __init__(self) -> None:
        self.prices: tuple[list[int], list[int]] = ([], [])  # buys by -price, sells by price: best first
        self.levels: tuple[dict[int, list], dict[int, list]] = ({}, {})
        self.owners: dict[int, list] = {}

    def best(self, side: int) -> int:
        """Best price of a side, 0 if it is empty."""
        keys = self.prices[side]
        return abs(keys[0]) if keys else 0

    def depth_within(self, side: int, limit: int) -> int:
        """Quantity of a side at the limit price or better."""
        total = 0
        worst = -limit if side == BUY else limit
        for key in self.prices[side]:
            if key > worst:
                break
            total += sum(order[1] for order in self.levels[side][abs(key)])
        return total

    def rest(self, side: int, owner: int, price: int, quantity: int) -> None:
        """Put an order at the end of its price's queue."""
        level = self.levels[side].get(price)
        if level is None:
            level = self.levels[side][price] = []
            bisect.insort(self.prices[side], -price if side == BUY else price)
        order = [owner, quantity, side, price]
        level.append(order)
        self.owners.setdefault(owner, []).append(order)

    def drop(self, order: list) -> None:
        """Take an order out."""
        owner, _, side, price = order
        level = self.levels[side][price]
        level[:] = [other for other in level if other is not order]
        mine = self.owners[owner]
        mine[:] = [other for other in mine if other is not order]
        if not level:
            del self.levels[side][price]
            keys = self.prices[side]
            keys.pop(bisect.bisect_left(keys, -price if side == BUY else price))

    def cancel_owner(self, owner: int) -> None:
        """Withdraw all orders of an owner."""
        for order in list(self.owners.get(owner, ())):
            self.drop(order)

    def submit(self, side: int, owner: int, price: int, quantity: int, kind: int) -> list[tuple]:
        """Match an order; its remainder rests if it is a limit. Returns (taker, maker, price, quantity, side)."""
        fills, other = [], side ^ 1
        while quantity and self.prices[other]:
            best = self.best(other)
            if (best > price) if side == BUY else (best < price):
                break
            order = self.levels[other][best][0]
            if order[0] == owner:  # self-match prevention: the resting order is withdrawn
                self.drop(order)
                continue
            traded = min(quantity, order[1])
            fills.append((owner, order[0], best, traded, side))
            quantity -= traded
            order[1] -= traded
            if not order[1]:
                self.drop(order)
        if quantity and kind == LIMIT:
            self.rest(side, owner, price, quantity)
        return fills


class PlainMarket:
    """Books of all contracts, with the counters that ``kernels.SLOT`` keeps; positions as lists of lists."""

    def __init__(self, slots: list[SimpleNamespace], position: list[list[int]], tick_cents: int) -> None:
        self.slots, self.position, self.tick_cents = slots, position, tick_cents
        self.books = [PlainBook() for _ in slots]
        self.basis, self.traded = [0] * len(position), [0] * len(position)
        self.fills: list[tuple] = []

    def middle(self, contract: int) -> float:
        """Middle of the best quotes, the last mark where a side is empty."""
        bid, ask = self.books[contract].best(BUY), self.books[contract].best(SELL)
        return 0.5 * (bid + ask) if bid > 0 and ask > 0 else float(self.slots[contract].mark)

    def send(self, contract: int, side: int, owner: int, price: int, quantity: int, kind: int) -> None:
        """Submit an order and enter its fills."""
        slot = self.slots[contract]
        for taker, maker, at, traded, _ in self.books[contract].submit(side, owner, price, quantity, kind):
            sign = 1 if side == BUY else -1
            self.position[taker][contract] += sign * traded
            self.position[maker][contract] -= sign * traded
            self.basis[taker] += sign * traded * at * self.tick_cents
            self.basis[maker] -= sign * traded * at * self.tick_cents
            self.traded[taker] += traded
            self.traded[maker] += traded
            slot.last = at
            slot.volume += traded
            slot.round_volume += traded
            slot.round_value += traded * at
            self.fills.append((taker, maker, contract, at, traded, side))

    def act(self, row: int, key: int, round_key: int, style: SimpleNamespace, target: list[int],
            value: list[float], urgency: float, stage: int = 0) -> None:
        """One participant's orders in one round: the twin of the inner loops of ``kernels.trade``."""
        luck = combine(key, round_key)
        chance = style.aggressive if urgency != urgency else urgency
        for contract, slot in enumerate(self.slots):
            if not slot.listed:
                continue
            own = combine(luck, slot.month)
            if style.visits > 0 and uniform(own, 0) >= 1.0 - (1.0 - slot.visit) ** style.visits:
                continue
            taking = uniform(own, 1) < chance
            if (stage == 1 and taking) or (stage == 2 and not taking):
                continue
            self.books[contract].cancel_owner(row)
            gap = target[contract] - self.position[row][contract]
            if abs(gap) < max(1.0, style.band * abs(target[contract])):
                continue
            order = self.order_for(contract, own, gap, style, taking, value[contract])
            if order[2] >= 1:
                self.send(contract, order[0], row, *order[1:])

    def order_for(self, contract: int, luck: int, gap: int, style: SimpleNamespace, taking: bool,
                  value: float) -> tuple[int, int, int, int]:
        """(side, price, quantity, kind) of the next order for a gap."""
        side, sign = (BUY, 1.0) if gap > 0 else (SELL, -1.0)
        wanted, mid = math.ceil(style.child * abs(gap)), self.middle(contract)
        better, whole = (min, math.floor) if gap > 0 else (max, math.ceil)
        if taking:
            limit = mid * (1.0 + sign * style.reach)
            if value == value:
                limit = better(limit, value * (1.0 - sign * style.edge))
            price = max(1, whole(limit))
            seen = self.books[contract].depth_within(side ^ 1, price)
            return side, price, min(wanted, int(style.participation * seen)), IOC
        limit = mid * (1.0 - sign * (-style.offset * math.log(1.0 - uniform(luck, 2))))
        if value == value:
            limit = better(limit, value)
        price = whole(min(limit, 1.0e15))
        return side, price, wanted if price >= 1 else 0, LIMIT

    def quote(self, row: int, bid: list[int], ask: list[int], bid_size: list[int], ask_size: list[int],
              step: list[int], levels: int) -> None:
        """Replace one market maker's quotes: the twin of ``kernels.quote``."""
        for contract, slot in enumerate(self.slots):
            self.books[contract].cancel_owner(row)
            if not slot.listed:
                continue
            for side, first, size, way in ((BUY, bid, bid_size, -1), (SELL, ask, ask_size, 1)):
                for rung in range(levels):
                    price = first[contract] + way * rung * step[contract]
                    if first[contract] > 0 and price >= 1 and size[contract] >= 1:
                        self.send(contract, side, row, price, size[contract], LIMIT)

    def look(self, width: float) -> None:
        """Best quotes, depth within 2 % of the middle, and marks."""
        for contract, slot in enumerate(self.slots):
            book = self.books[contract]
            slot.bid, slot.ask, slot.depth = book.best(BUY), book.best(SELL), 0
            if not slot.bid or not slot.ask:
                continue
            mid = 0.5 * (slot.bid + slot.ask)
            slot.depth = book.depth_within(BUY, max(1, math.floor(mid * 0.98)))
            slot.depth += book.depth_within(SELL, math.ceil(mid * 1.02))
            if slot.ask - slot.bid <= width * mid:
                slot.mark = math.floor(mid + 0.5)
            elif slot.last > 0:
                slot.mark = min(max(slot.last, slot.bid), slot.ask)
