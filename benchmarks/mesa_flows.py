"""Participants as plain Mesa agents: funds whose investors chase performance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.mesa_funds import Fund
from benchmarks.mesa_people import Sheet
from sim.agents import rules
from sim.agents.leveraged_fund import DAYS
from sim.agents.macro_fund import BOOM, WINTER


class FlowFund(Fund):
    """Money comes after gains, and is asked back, with notice, after losses. What is wanted is set once a day."""

    def plan(self) -> None:
        """What is wanted today."""

    def end_of_day(self, view: Any, last: bool) -> None:
        kind, equity, flow, paid = self.kind, self.equity, self.investors(), 0
        if last:
            flow += self.judged()
        self.wait = max(self.wait - 1, 0)
        if equity > 0 and self.asked > 0 and self.wait == 0:
            free = max(self.cash + min(flow, 0), 0)
            paid = min(self.asked, round(kind.gate * equity), free)
            self.asked -= paid
            if self.asked:
                self.wait = kind.notice
        flow = flow - paid if equity > 0 else 0
        self.worth = max(self.worth + flow, 0)
        self.receive(flow)

    def judged(self) -> int:
        """Cents that come in once investors have seen the month; what they ask back is noted."""
        kind, equity, wish = self.kind, self.equity, 0
        if equity > 0 and self.worth > 0:
            gain = equity / self.worth - 1.0
            self.performance += kind.forgetting * (gain - self.performance)
            wish = round(kind.chasing * (self.performance - kind.hurdle) * equity)
        if wish < 0 and self.asked == 0:
            self.wait = kind.notice + 1
        self.asked = min(self.asked + max(-wish, 0), max(equity, 0))
        if equity > 0:
            self.worth = equity
        return max(wish, 0)


class Index(FlowFund):
    """Owns the front of the curve and rolls it on a calendar."""

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        share = kind.shares(view) * rules.leverage_caps(view, kind.leverage) * rules.lots_per_cent(view)
        sheet.per_cent = share.tolist()

    def wake(self) -> None:
        self.plan()

    def plan(self) -> None:
        equity = max(self.equity, 0)
        self.wish = [int(share * equity) for share in self.sheet.per_cent]


class Leveraged(FlowFund):
    """Borrows until perceived risk says enough."""

    ranks: Any = None  # the months that the own book was last spread over
    spread: np.ndarray

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        settle = np.maximum(view.settle, 1)
        fresh = sheet.seen_month != view.month
        sheet.known, sheet.change = not fresh.all(), np.log(settle / np.where(fresh, settle, sheet.seen))
        sheet.seen, sheet.seen_month, sheet.view = settle, view.month, view
        sheet.keep, sheet.ranks = 0.5 ** (1.0 / kind.risk_half_life), view.rank.tolist()
        sheet.caps = rules.leverage_caps(view, kind.leverage_max).tolist()
        sheet.lots = rules.lots_per_cent(view).tolist()

    def wake(self) -> None:
        sheet = self.sheet
        if self.ranks != sheet.ranks:  # once a month
            self.ranks, self.spread = sheet.ranks, self.kind.book(self, sheet.view)
        if sheet.known:
            own = float((self.spread * sheet.change).sum())
            self.risk = sheet.keep * self.risk + (1.0 - sheet.keep) * own * own
            self.aim()
        self.plan()

    def aim(self) -> None:
        """The leverage that follows from perceived risk."""
        kind = self.kind
        risk = max(self.risk * DAYS, kind.risk_least**2)
        self.perceived_risk = math.sqrt(risk)
        usual = kind.leverage_usual * float(np.array(risk / kind.risk_usual**2) ** kind.exponent)
        self.wanted_leverage = min(usual, kind.leverage_max)

    def plan(self) -> None:
        sheet, most, equity, side = self.sheet, self.wanted_leverage, max(self.equity, 0), self.side
        self.wish = [side * int(min(most, cap) * lots * equity * share) for cap, lots, share
                     in zip(sheet.caps, sheet.lots, self.spread.tolist(), strict=True)]


class Macro(FlowFund):
    """Holds a story, catches it from others, drops it when it loses."""

    @staticmethod
    def read_day(kind: Any, sheet: Sheet, view: Any) -> None:
        sheet.keep, noise = rules.persistence(kind.error_half_life)
        sheet.noise, sheet.far = kind.private_error * noise, rules.error_shape(view, kind.story_days).tolist()
        sheet.gap, sheet.caps = rules.mispricing(view).tolist(), rules.leverage_caps(view, kind.leverage_max).tolist()
        sheet.per_cent = (kind.weights(view) * rules.lots_per_cent(view)).tolist()
        settle = np.maximum(view.settle, 1)
        known = (sheet.seen_month == view.month) & (view.rank > 0)
        change = np.where(known, np.log(settle / np.where(known, sheet.seen, settle)), 0.0)
        level = np.where(view.rank > 0, view.volatility, 0.0).sum() / max(int((view.rank > 0).sum()), 1)
        weight = 1.0 / max(kind.memory, 1.0)
        scale = max(float(level), 1e-4) * math.sqrt(weight / (2.0 - weight))
        sheet.proof = sheet.proof + weight * (change.sum() / max(int(known.sum()), 1) / scale - sheet.proof)
        sheet.seen, sheet.seen_month = settle, view.month
        Macro.read_stories(kind, sheet)

    @staticmethod
    def read_stories(kind: Any, sheet: Sheet) -> None:
        """How likely each story is caught and dropped today."""
        others = max(len(sheet.people) - 1, 1)
        boom, winter = (sum(person.story == one for person in sheet.people) for one in (BOOM, WINTER))
        favour = 2.0 / (1.0 + np.exp(-kind.intensity * np.stack([sheet.proof, -sheet.proof])))
        chance = lambda rate: (1.0 - np.exp(-rate)).tolist()
        sheet.catch_boom = chance((kind.news + kind.spread * (boom / others)) * favour[0])
        sheet.catch_winter = chance((kind.news + kind.spread * (winter / others)) * favour[1])
        sheet.leave_boom, sheet.leave_winter = chance(kind.recovery * favour[1]), chance(kind.recovery * favour[0])

    def wake(self) -> None:
        kind, sheet = self.kind, self.sheet
        self.error = sheet.keep * self.error + sheet.noise * self.luck.normal(self, "error")
        self.hear(self.luck.uniform(self, "story"))
        size = (kind.boom if self.story == BOOM else kind.winter) * self.strength
        here = self.story * size + self.error
        self.belief = [here * far for far in sheet.far]
        self.plan()

    def hear(self, draw: float) -> None:
        """Catch a story or drop the own one."""
        sheet = self.sheet
        if self.story == 0:
            self.story = BOOM if draw < sheet.catch_boom else WINTER if draw >= 1.0 - sheet.catch_winter else 0
        elif draw < (sheet.leave_boom if self.story == BOOM else sheet.leave_winter):
            self.story = 0

    def plan(self) -> None:
        sheet, aggression, equity = self.sheet, self.kind.aggression, max(self.equity, 0)
        self.wish = [int(min(max((gap + belief) * aggression, -cap), cap) * per_cent * equity)
                     for gap, belief, cap, per_cent in zip(sheet.gap, self.belief, sheet.caps, sheet.per_cent,
                                                           strict=True)]
