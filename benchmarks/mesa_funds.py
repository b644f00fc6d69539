"""Participants as plain Mesa agents: those who take a view, and those who make the market."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.mesa_books import BUY, SELL
from benchmarks.mesa_people import OutOfCalm, Person, Sheet
from sim.agents import rules


class Fund(Person):
    """Trades with investors' money."""

    def end_of_day(self, view: Any, last: bool) -> None:
        kind, equity = self.kind, self.equity
        if equity < kind.floor * self.capital:
            raise OutOfCalm(f"{kind.label} {self.row} would close; choose other days")
        excess = max(equity - kind.payout_above * self.capital, 0.0)
        out = min(round(kind.payout * excess), max(self.cash, 0))
        if equity > 0:
            self.receive(round(kind.top_up * max(self.capital - equity, 0)) - out)


class Fundamental(Fund):
    """Trades the gap between price and its own view of value."""

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.keep, noise = rules.persistence(kind.error_half_life)
        sheet.noise = kind.private_error * noise
        sheet.keep_common, noise = rules.persistence(kind.common_half_life)
        sheet.noise_common = kind.common_error * noise
        sheet.shape = rules.error_shape(view, kind.error_days)

    @staticmethod
    def read_round(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.gap, sheet.value = rules.mispricing(view).tolist(), view.value.tolist()
        sheet.caps = rules.leverage_caps(view, kind.leverage_max).tolist()
        sheet.per_cent = (rules.month_weights(view) * rules.lots_per_cent(view)).tolist()

    def wake(self) -> None:
        sheet, luck = self.sheet, self.luck
        self.error = sheet.keep * self.error + sheet.noise * luck.normal(self, "error")
        self.common = sheet.keep_common * self.common + sheet.noise_common * luck.common
        belief = (self.error + self.common) * sheet.shape
        self.belief, self.ratio = belief.tolist(), np.exp(belief).tolist()

    def wants(self, contract: int) -> int:
        sheet = self.sheet
        leverage, cap = (sheet.gap[contract] + self.belief[contract]) * self.aggression, sheet.caps[contract]
        leverage = cap if leverage > cap else -cap if leverage < -cap else leverage
        return int(leverage * sheet.per_cent[contract] * max(self.equity, 0))

    def value(self, contract: int) -> float:
        return self.sheet.value[contract] * self.ratio[contract]


class Trend(Fund):
    """Buys what has risen."""

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        settle = np.maximum(view.settle, 1)
        fresh = sheet.seen_month != view.month
        sheet.change = np.log(settle / np.where(fresh, settle, sheet.seen)).tolist()
        sheet.fresh, sheet.seen, sheet.seen_month = fresh.tolist(), settle, view.month
        sheet.sd = np.maximum(view.volatility, 1e-4).tolist()

    @staticmethod
    def read_round(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.full = kind.full_size(view).tolist()

    def wake(self) -> None:
        sheet, alpha, gain = self.sheet, self.alpha, self.kind.gain
        root = math.sqrt(alpha / (2.0 - alpha))
        self.average = average = [0.0 if fresh else was + alpha * (change - was)
                                  for was, change, fresh in zip(self.average, sheet.change, sheet.fresh, strict=True)]
        self.signal = np.tanh([gain * mean / (sd * root) for mean, sd in zip(average, sheet.sd, strict=True)]).tolist()

    def wants(self, contract: int) -> int:
        return int(self.signal[contract] * self.sheet.full[contract] * max(self.equity, 0))


class Noise(Fund):
    """Has reasons of its own."""

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.keep, sheet.noise = rules.persistence(kind.half_life)
        sheet.fresh, sheet.seen_month = (sheet.seen_month != view.month).tolist(), view.month
        sheet.caps = rules.leverage_caps(view, kind.mood_most * kind.leverage).tolist()
        sheet.per_cent = (rules.month_weights(view) * rules.lots_per_cent(view)).tolist()

    def wake(self) -> None:
        sheet = self.sheet
        keep, noise = sheet.keep, sheet.noise
        self.mood = [(0.0 if fresh else keep * mood) + noise * draw
                     for fresh, mood, draw in zip(sheet.fresh, self.mood, self.luck.moods(self), strict=True)]
        self.plan()

    def plan(self) -> None:
        """What is wanted today."""
        sheet, leverage, equity = self.sheet, self.kind.leverage, max(self.equity, 0)
        self.wish = [round(min(max(mood * leverage, -cap), cap) * per_cent * equity)
                     for mood, cap, per_cent in zip(self.mood, sheet.caps, sheet.per_cent, strict=True)]


class Arbitrageur(Fund):
    """Sells the rich and buys the cheap of two neighbouring months."""

    @staticmethod
    def read_round(kind: Any, sheet: Sheet, view: Any) -> None:
        order, size = kind.spread_sizes(view)
        sheet.pairs = list(zip(order[:-1].tolist(), order[1:].tolist(), size.tolist(), strict=True))

    def decide(self) -> None:
        equity = max(self.equity, 0)
        self.wish = wish = [0] * len(self.position)
        for near, far, size in self.sheet.pairs:
            contracts = int(size * equity)
            wish[near] += contracts
            wish[far] -= contracts


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
        sheet.limit = min(kind.inventory, rules.MARGIN_SHARE / rate)
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
        self.quotes = []
        for contract in range(len(self.books)):
            stressed = sheet.fast[contract] > self.nerve * sheet.slow[contract]
            middle, width = self.reference[contract] * away[contract], sheet.width[contract]
            half = middle * min(kind.half_spread * width * (kind.stress_spread if stressed else 1.0), 0.9)
            bid, ask = int(middle - half), int(middle + half) + 1
            step = max(int(kind.step * width * middle), 1)
            size = base * (sheet.weight[contract] * (kind.stress_size if stressed else 1.0))
            bids, asks = int(size * buys), int(size * sells)
            if contract == leg:
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
        if equity <= kind.stops * capital:
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
