"""Order books of plain Python objects, made as quick as lists, dictionaries and queues allow.

The rules are those of ``sim.market``: price-time priority, an incoming order withdraws own resting orders that
it meets. Prices are ticks. Inside, a buy has the key ``price`` and a sell the key ``-price``, so that higher is
better on both sides and the best key stands at the end of a sorted list, where taking it off is free.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import Any

BUY, SELL = 0, 1


class Level:
    """The orders of one price; a withdrawn order stays in the queue, empty, until it comes to the front."""

    __slots__ = ("key", "queue", "side", "total")

    def __init__(self, side: int, key: int) -> None:
        self.side, self.key, self.total = side, key, 0
        self.queue: deque[Order] = deque()


class Order:
    """A resting order: whose it is, how much is left of it, and at which price it stands."""

    __slots__ = ("left", "level", "owner")

    def __init__(self, owner: Any, left: int, level: Level) -> None:
        self.owner, self.left, self.level = owner, left, level


class Book:
    """One contract month: resting orders, counters of the day and of the round, the last mark."""

    def __init__(self, contract: int, tick_cents: int) -> None:
        self.contract, self.tick_cents = contract, tick_cents
        self.keys: tuple[list[int], list[int]] = ([], [])
        self.levels: tuple[dict[int, Level], dict[int, Level]] = ({}, {})
        self.mark = self.last = self.volume = self.round_volume = self.round_value = self.month = 0
        self.listed = False

    def clear(self) -> None:
        """Withdraw everything, at the end of a day."""
        for keys, levels in zip(self.keys, self.levels, strict=True):
            for level in levels.values():
                for order in level.queue:
                    order.left = 0
            keys.clear()
            levels.clear()

    def best(self, side: int) -> int:
        """Best price of a side, 0 if it is empty."""
        keys = self.keys[side]
        return abs(keys[-1]) if keys else 0

    def middle(self) -> float:
        """Middle of the best quotes, the last mark where a side is empty."""
        bids, asks = self.keys
        return 0.5 * (bids[-1] - asks[-1]) if bids and asks else float(self.mark)

    def depth(self, side: int, price: int, enough: float) -> int:
        """Quantity of a side at the price or better, counted no further than ``enough``."""
        bound, total, levels = price if side == BUY else -price, 0, self.levels[side]
        for key in reversed(self.keys[side]):
            if key < bound or total > enough:
                break
            total += levels[key].total
        return total

    def cancel(self, order: Order) -> None:
        """Withdraw what is left of an order."""
        level = order.level
        level.total -= order.left
        order.left = 0
        if not level.total:
            keys = self.keys[level.side]
            if keys[-1] == level.key:
                keys.pop()
            else:
                del keys[bisect_left(keys, level.key)]
            del self.levels[level.side][level.key]

    def submit(self, side: int, owner: Any, price: int, quantity: int, rests: bool) -> Order | None:
        """Match an order and enter its trades; what remains rests if it may. Returns the resting order."""
        keys, levels = self.keys[1 - side], self.levels[1 - side]
        bound = -price if side == BUY else price
        while quantity and keys and keys[-1] >= bound:
            level = levels[keys[-1]]
            quantity = self._match(level, side, owner, quantity)
            if not level.total:
                del levels[keys.pop()]
        return self._rest(side, owner, -bound, quantity) if quantity and rests else None

    def _match(self, level: Level, side: int, owner: Any, quantity: int) -> int:
        """Trade with the orders of one price, oldest first; returns what is left to trade."""
        queue, contract, price, sign = level.queue, self.contract, abs(level.key), 1 if side == BUY else -1
        while quantity and level.total:
            order = queue[0]
            left, maker = order.left, order.owner
            traded = min(quantity, left)
            if maker is owner:
                level.total -= left
                order.left = 0
            elif traded:
                quantity -= traded
                level.total -= traded
                order.left -= traded
                signed = sign * traded
                cost = signed * price * self.tick_cents
                owner.position[contract] += signed
                maker.position[contract] -= signed
                owner.basis += cost
                maker.basis -= cost
                owner.traded += traded
                maker.traded += traded
                self.last = price
                self.volume += traded
                self.round_volume += traded
                self.round_value += traded * price
            if not order.left:
                queue.popleft()
        return quantity

    def _rest(self, side: int, owner: Any, key: int, quantity: int) -> Order:
        level = self.levels[side].get(key)
        if level is None:
            level = self.levels[side][key] = Level(side, key)
            insort(self.keys[side], key)
        order = Order(owner, quantity, level)
        level.queue.append(order)
        level.total += quantity
        return order
