"""Participants as plain Mesa agents: those who take a view with a capital that investors keep up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.mesa_people import OutOfCalm, Person, Sheet
from sim.agents import rules
from sim.agents.fundamental_speculator import MONTHS_A_DAY, STATED_FOR


class Fund(Person):
    """Trades with investors' money."""

    def end_of_day(self, view: Any, last: bool) -> None:
        self.receive(self.investors())

    def investors(self) -> int:
        """Cents that investors bring, less what they take."""
        kind, equity = self.kind, self.equity
        if equity < kind.floor * self.capital:
            raise OutOfCalm(f"{kind.label} {self.row} would close; choose other days")
        if equity <= 0:
            return 0
        excess = max(equity - kind.payout_above * self.capital, 0.0)
        out = min(round(kind.payout * excess), max(self.cash, 0))
        return round(kind.top_up * max(self.capital - equity, 0)) - out


class Fundamental(Fund):
    """Trades the gap between price and its own view of value."""

    held: list[int]  # positions when the round began

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        if kind.confidence > 0:
            raise OutOfCalm("speculators whose confidence depends on mispricing are left out here")
        sheet.keep, noise = rules.persistence(kind.error_half_life)
        sheet.noise = kind.private_error * noise
        sheet.keep_common, noise = rules.persistence(kind.common_half_life)
        sheet.noise_common = kind.common_error * noise
        sheet.shape = rules.error_shape(view, kind.error_days)
        sheet.ahead = np.where(view.rank > 0, np.maximum(view.days_left - 10, 0) / 252.0, 0.0)
        sheet.left = None

    @staticmethod
    def read_round(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.gap, sheet.value = rules.mispricing(view).tolist(), view.value.tolist()
        sheet.caps, sheet.price = kind.caps(view).tolist(), rules.price(view).tolist()
        sheet.per_cent = (rules.month_weights(view) * rules.lots_per_cent(view)).tolist()

    def wake(self) -> None:
        sheet, luck = self.sheet, self.luck
        self.error = sheet.keep * self.error + sheet.noise * luck.normal(self, "error")
        self.common = sheet.keep_common * self.common + sheet.noise_common * luck.common
        self.known += MONTHS_A_DAY
        if sheet.left is None:  # all have the same history
            sheet.left = float(np.array(STATED_FOR / self.known) ** self.kind.learning)
        belief = sheet.left * (self.error + self.common) * sheet.shape
        belief += sheet.left * self.misbelief * sheet.ahead
        self.belief, self.ratio = belief.tolist(), np.exp(belief).tolist()
        self.held = list(self.position)

    def test(self, value: list[int], charge: list[int]) -> None:
        super().test(value, charge)
        self.held = list(self.position)

    def wants(self, contract: int) -> int:
        sheet = self.sheet
        leverage, cap = (sheet.gap[contract] + self.belief[contract]) * self.aggression, sheet.caps[contract]
        leverage = cap if leverage > cap else -cap if leverage < -cap else leverage
        self.wish[contract] = wish = int(leverage * sheet.per_cent[contract] * max(self.equity, 0))
        return wish

    def value(self, contract: int) -> float | None:
        own = self.sheet.value[contract] * self.ratio[contract]
        change = self.wish[contract] - self.held[contract]
        cheap = own - self.sheet.price[contract]
        return None if (change < 0 < cheap) or (change > 0 > cheap) else own


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
