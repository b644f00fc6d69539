"""The order book once more, slow and obvious: one list of orders, searched from end to end each time."""

from __future__ import annotations

from dataclasses import dataclass, field

BUY, SELL = 0, 1
LIMIT, CANCEL, MARKET, IOC = 0, 1, 2, 3


@dataclass
class Order:
    contract: int
    side: int
    owner: int
    price: int
    qty: int
    tag: int
    flag: int

    @property
    def rank(self) -> int:
        """Smaller is served earlier; the list keeps the order of time."""
        return -self.price if self.side == BUY else self.price


@dataclass
class NaiveBook:
    prevent: bool = True
    orders: list[Order] = field(default_factory=list)
    fills: list[tuple] = field(default_factory=list)
    auctions: set[int] = field(default_factory=set)
    prevented: int = 0

    def resting(self, contract: int, side: int) -> list[Order]:
        mine = [order for order in self.orders if (order.contract, order.side) == (contract, side)]
        return sorted(mine, key=lambda order: order.rank)

    def trade(self, taker: Order, maker: Order, price: int) -> None:
        qty = min(taker.qty, maker.qty)
        self.fills.append((taker.tag, maker.tag, price, qty, taker.owner, maker.owner, taker.contract, taker.side,
                           taker.flag, maker.flag))
        for order in (taker, maker):
            order.qty -= qty
        self.orders = [order for order in self.orders if order.qty]

    def submit(self, contract, side, owner, price, qty, kind, tag, flag) -> int:
        taker = Order(contract, side, owner, price, qty, tag, flag)
        while taker.qty and contract not in self.auctions:
            makers = self.resting(contract, 1 - side)
            if not makers:
                break
            maker = makers[0]
            if kind != MARKET and (maker.price > price if side == BUY else maker.price < price):
                break
            if self.prevent and owner >= 0 and maker.owner == owner:
                self.prevented += maker.qty
                self.orders.remove(maker)
            else:
                self.trade(taker, maker, maker.price)
        filled = qty - taker.qty
        if taker.qty and kind == LIMIT:
            self.orders.append(taker)
        return filled

    def withdraw(self, wanted) -> int:
        gone = sum(order.qty for order in self.orders if wanted(order))
        self.orders = [order for order in self.orders if not wanted(order)]
        return gone

    def cancel(self, tag: int) -> int:
        return self.withdraw(lambda order: order.tag == tag)

    def uncross(self, contract: int, reference: int) -> tuple[int, int]:
        self.auctions.discard(contract)
        buys, sells = self.resting(contract, BUY), self.resting(contract, SELL)
        near = {order.price + step for order in buys + sells for step in (-1, 0, 1)} | {reference}

        def judge(price: int) -> tuple[int, int, int, int]:
            demand = sum(order.qty for order in buys if order.price >= price)
            supply = sum(order.qty for order in sells if order.price <= price)
            return -min(demand, supply), abs(demand - supply), abs(price - reference), price

        judged = min((judge(price) for price in near if price >= 1), default=(0, 0, 0, 0))
        volume, price = -judged[0], judged[3]
        if not volume:
            return 0, 0
        left = volume
        while left:
            buy, sell = self.resting(contract, BUY)[0], self.resting(contract, SELL)[0]
            left -= min(buy.qty, sell.qty)
            self.trade(buy, sell, price)
        return volume, price

    def depth_within(self, contract: int, side: int, limit: int) -> int:
        inside = [order for order in self.resting(contract, side)
                  if (order.price >= limit if side == BUY else order.price <= limit)]
        return sum(order.qty for order in inside)
