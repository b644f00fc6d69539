"""Participants as plain Mesa agents: those who use compute and those who make it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.mesa_people import Person, Sheet
from sim.agents import rules
from sim.agents.hedging import ERROR_DAYS
from sim.agents.supplier import HOURS


class ComputeUser(Person):
    """Somebody with compute to buy or to sell outside the futures market."""

    def end_of_day(self, view: Any, last: bool) -> None:
        if view.first_of_month:
            self.cost_physical = 0
        self.accrue(view)
        if last:
            self.pay_bills()

    def accrue(self, view: Any) -> None:
        """Add one day's compute to the month's bill."""
        self.add_to_bill(view, view.spot)

    def add_to_bill(self, view: Any, price: float) -> None:
        """Add one day of what is needed at a price in ticks."""
        self.cost_physical += round(self.need * (price * view.tick_cents / view.month_length))

    def pay_bills(self) -> None:
        """What customers pay goes to those who make compute."""
        self.receive(self.cost_physical)
        self.receive(-self.cost_physical)


class SmallUser(ComputeUser):
    """Pays spot for what it is served, holds no futures."""

    def accrue(self, view: Any) -> None:
        """Add what was served today to the month's bill."""
        self.add_to_bill(view, (1.0 - view.rationed_small) * view.spot)


class Unhedged(SmallUser):
    """Wants less where compute is dear, and no more than its budget pays for."""

    def accrue(self, view: Any) -> None:
        kind, usual, day, refused = self.kind, self.usual, 1.0 / view.month_length, view.rationed_small
        if view.first_of_month:
            self.served = self.priced_out = self.refused = 0.0
        dear = max(view.spot, 1e-9) / max(self.anchor, 1e-9)
        wanted = usual * min(float(np.power(dear, -kind.elasticity)), kind.budget / dear)
        self.refused += day * wanted * refused
        self.served += day * wanted * (1.0 - refused)
        self.priced_out += day * max(usual - wanted, 0.0)
        keep, _ = rules.persistence(kind.planning)
        self.anchor = keep * self.anchor + (1.0 - keep) * view.spot
        self.need = max(round(wanted * (1.0 - refused)), 0)
        self.add_to_bill(view, view.spot)


class Hedger(ComputeUser):
    """Covers a share of its need, in a few days of each month."""

    watched, side = False, 1

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.keep, noise = rules.persistence(kind.error_half_life)
        sheet.noise = kind.private_error * noise
        sheet.gap, sheet.shape = rules.mispricing(view).tolist(), rules.error_shape(view, ERROR_DAYS).tolist()
        sheet.taper = (kind.hedge_most * (1.0 - (view.rank - 0.5) / kind.horizon)).tolist()
        sheet.most = np.where(view.rank > 0, kind.hedge_most, 0.0).tolist()
        sheet.months, sheet.month = view.month.tolist(), month_of(view)
        sheet.room, sheet.day = max(view.month_length - kind.window + 1, 1), view.day_of_month

    def wake(self) -> None:
        kind, sheet = self.kind, self.sheet
        self.error = sheet.keep * self.error + sheet.noise * self.luck.normal(self, "error")
        self.day = day = sheet.day - math.floor(self.turn * sheet.room)
        in_window = 0 <= day < kind.window
        self.chance = 0.2 + 0.6 * day / max(kind.window - 1, 1) if in_window else kind.execution.aggressive
        self.plan()

    def plan(self) -> None:
        """What is wanted today; outside the own window only rich hedges are looked at more closely."""
        kind, sheet, side, error = self.kind, self.sheet, self.side, self.error
        in_window, rich, speculation = 0 <= self.day < kind.window, -kind.rich, kind.speculation
        short = self.equity < kind.headroom * self.margin or self.equity <= 0
        gap, shape, taper, most = sheet.gap, sheet.shape, sheet.taper, sheet.most
        needs, wish = self.needs(), self.wish
        for contract, held in enumerate(self.position):
            x = gap[contract] + error * shape[contract]
            if side < 0:
                x, held = -x, -held
            if in_window or x < rich:
                ratio = min(max(taper[contract] + speculation * x, 0.0), most[contract])
                wanted = round(ratio * needs[contract])
                if short or not in_window:
                    wanted = min(wanted, held)
                wish[contract] = side * wanted
            else:
                wish[contract] = side * held

    def needs(self) -> list[int]:
        """Compute needed in each delivery month."""
        return [self.usual] * len(self.position)

    def end_of_day(self, view: Any, last: bool) -> None:
        super().end_of_day(view, last)
        if last:
            cover = rules.full_cover(self.kind.hedge_most, self.kind.horizon, len(self.position))
            wanted = round(self.kind.buffer * (cover * view.index * view.tick_cents) * self.liquidity * self.usual)
            self.receive(max(wanted - self.equity, -max(self.cash, 0)))


def month_of(view: Any) -> int:
    """The absolute month of the view's date."""
    return view.date.year * 12 + view.date.month - 1


class Enterprise(Hedger):
    """Steady needs."""


class Lab(Hedger):
    """Needs that jump with training runs."""

    planned: tuple[int, list[int]] = (-1, [])

    def use(self, month: int) -> int:
        """Compute used in a month."""
        training = (month + self.phase) % self.period < self.length
        return round(self.quiet * (self.factor if training else 1.0))

    def needs(self) -> list[int]:
        sheet = self.sheet
        if self.planned[0] != sheet.month:  # months are listed on the first day of a month and stay until its last
            self.planned = sheet.month, [self.use(month) if month - sheet.month <= self.kind.foresight else self.usual
                                         for month in sheet.months]
        return self.planned[1]

    def end_of_day(self, view: Any, last: bool) -> None:
        self.need = self.use(month_of(view))
        super().end_of_day(view, last)


class Supplier(Hedger):
    """Sells part of its output forward."""

    side = -1

    def pay_bills(self) -> None:
        costs = round(self.need * (100.0 * HOURS * self.kind.running_cost))
        self.receive(self.cost_physical)
        self.receive(-costs)
        self.receive(costs - self.cost_physical)


class Hyperscaler(Supplier):
    """Few and large."""


class DataCentre(Supplier):
    """Certain revenue to serve its debt."""
