"""Participants as plain Mesa agents: those who make the market, as a business that must pay."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.mesa_books import BUY, SELL
from benchmarks.mesa_funds import Fund
from benchmarks.mesa_people import Sheet
from sim.agents import rules
from sim.agents.trust import reliance


class Maker(Fund):
    """Quotes both sides of every month."""

    @staticmethod
    def read_round(kind: Any, sheet: Sheet, view: Any) -> None:
        weight, price = rules.month_weights(view), rules.price(view)
        sheet.price, sheet.value = price.tolist(), np.maximum(view.value, 1.0).tolist()
        sheet.months = view.month.tolist()
        sheet.anchor = np.maximum(kind.anchor, view.fixed_share * view.fixed_share).tolist()
        sheet.notional = max(float((weight * price).sum()) * view.tick_cents, 1.0)
        rate = max(float((view.margin_rate * (view.rank > 0)).max(initial=0.0)), 0.01)
        trusted = reliance(view, kind.trust_needed, kind.trust_exponent)
        sheet.limit = min(kind.inventory, rules.MARGIN_SHARE / rate) * trusted
        sheet.fast, sheet.slow = view.fast_volatility.tolist(), view.volatility.tolist()
        sheet.width = np.minimum(np.maximum(view.fast_volatility / kind.calm, 0.25), kind.widest).tolist()
        sheet.lean, sheet.weight = (0.3 / np.maximum(weight, 1e-9)).tolist(), weight.tolist()

    def think(self) -> None:
        """Work out all quotes before anybody sends any: side, price, distance of the next level, size."""
        kind, sheet = self.kind, self.sheet
        self.follow_market()
        limit, net = sheet.limit * max(self.equity, 0) / sheet.notional, sum(self.position)
        full, base = net / max(limit, 1.0), self.level_size(limit)
        lean = [held * share / max(limit, 1.0) + 0.8 * full
                for held, share in zip(self.position, sheet.lean, strict=True)]
        away = np.exp([-kind.skew * min(max(x, -4.0), 4.0) for x in lean]).tolist()
        leg = self.overloaded_leg(full, net) if base > 0.0 else -1
        buys, sells = min(max(1.0 - full, 0.0), 1.0), min(max(1.0 + full, 0.0), 1.0)
        thin, self.quotes = self.widening(), []
        half_spread, ladder = kind.half_spread * thin, kind.step * thin
        for contract in range(len(self.books)):
            stressed = sheet.fast[contract] > self.nerve * sheet.slow[contract]
            middle, width = self.reference[contract] * away[contract], sheet.width[contract]
            half = middle * min(half_spread * width * (kind.stress_spread if stressed else 1.0), 0.9)
            bid, ask = int(middle - half), int(middle + half) + 1
            step = max(int(ladder * width * middle), 1)
            size = base * (sheet.weight[contract] * (kind.stress_size if stressed else 1.0))
            bids, asks = int(size * buys), int(size * sells)
            if self.idle:
                bid, bids, ask, asks = self.leave(contract)
            elif contract == leg:
                bid, bids, ask, asks = self.lay_off(contract, net, bid, ask)
            self.quotes.append(((BUY, bid, -step, bids), (SELL, ask, step, asks)))

    def quote(self) -> None:
        """Replace all quotes."""
        levels = self.kind.levels
        for contract, book in enumerate(self.books):
            for order in self.orders[contract] or ():
                if order.left:
                    book.cancel(order)
            self.orders[contract] = resting = []
            if not book.listed:
                continue
            for side, first, step, size in self.quotes[contract]:
                if size and first > 0:
                    for price in range(first, first + levels * step, step):
                        if price >= 1:
                            order = book.submit(side, self, price, size, True)
                            if order is not None:
                                resting.append(order)

    def follow_market(self) -> None:
        """Move the reference towards the market, then with the news, then a little to consensus value."""
        sheet, follow = self.sheet, self.kind.follow
        reference, seen = self.reference, self.seen_value
        for contract, value in enumerate(sheet.value):
            fresh = self.seen_month[contract] != sheet.months[contract]
            own = value if fresh else reference[contract]
            own += follow * (sheet.price[contract] - own)
            if not fresh:
                own *= value / seen[contract]
            reference[contract] = own + sheet.anchor[contract] * (value - own)
        self.seen_value, self.seen_month = sheet.value, sheet.months

    def level_size(self, limit: float) -> float:
        """Contracts at one level over all months."""
        kind, equity, capital = self.kind, self.equity, self.capital
        if equity <= kind.stops * capital or self.idle:
            return 0.0
        size = kind.depth * limit * min(equity / max(capital, 1), 1.0)
        return size * (kind.weak_size if equity < kind.weak * capital else 1.0)

    def overloaded_leg(self, full: float, net: int) -> int:
        """The contract of which a part is laid off, -1 while inventory is within its limit."""
        if abs(full) <= self.kind.overload:
            return -1
        sizes = self.position if net > 0 else [-held for held in self.position]
        return sizes.index(max(sizes))

    def lay_off(self, contract: int, net: int, bid: int, ask: int) -> tuple[int, int, int, int]:
        """Bid, its size, ask, its size of a leg that is offered through the market."""
        kind, reference, held = self.kind, self.reference[contract], self.position[contract]
        size = math.ceil(kind.lay_off * abs(held) / kind.levels)
        if net > 0:
            return bid, 0, max(1, math.floor(reference * (1.0 - kind.lay_off_reach))), size
        return max(1, math.ceil(reference * (1.0 + kind.lay_off_reach))), size, ask, 0

    def leave(self, contract: int) -> tuple[int, int, int, int]:
        """The same once the market has been given up: what is still held, a part at a time."""
        held, middle = self.position[contract], max(self.reference[contract], 1.0)
        part = math.ceil(self.kind.lay_off * abs(held) / self.kind.levels)
        return math.floor(middle), part if held < 0 else 0, math.ceil(middle), part if held > 0 else 0

    # --- the business --------------------------------------------------------------------------------

    def widening(self) -> float:
        """How much wider spreads are than in a market of the usual size."""
        if not self.usual or not self.kind.thin_spread:
            return 1.0
        return min(max(self.usual / max(self.remembered, 1.0), 1.0) ** self.kind.thin_spread, 3.0)

    def end_of_day(self, view: Any, last: bool) -> None:
        self.judge(view.open_interest)
        kind, equity, flow = self.kind, self.equity, self.investors()
        if self.idle:
            flow = min(flow, 0)
        cost = change = 0
        if last and equity > 0:
            free = max(self.cash + min(flow, 0), 0)
            full = 0 if self.idle else round(kind.desk_cost / 12.0 * self.capital)
            cost, change = min(full, free), self.rescale(free - full)
        self.receive(flow)
        self.receive(-cost)
        self.receive(change)

    def rescale(self, free: int) -> int:
        """Cents that bring capital nearer to what open interest deserves."""
        kind, capital = self.kind, self.capital
        size = self.remembered / max(self.usual, 1.0) if self.usual > 0 else 1.0
        wanted = kind.smallest * capital if self.idle else capital * min(max(size, kind.smallest), kind.largest)
        return max(round(kind.scaling * (wanted - self.equity)), -max(free, 0))

    def judge(self, open_interest: int) -> None:
        """Learn what there is to trade; leave where that does not pay, come back where it has grown."""
        keep, _ = rules.persistence(self.kind.patience)
        self.remembered = keep * self.remembered + (1.0 - keep) * open_interest
        if self.idle:
            self.idle = self.remembered <= self.kind.revival * max(self.left_at, 1.0)
        elif self.remembered < self.threshold * self.usual:
            self.idle, self.left_at = True, self.remembered
