"""The trading day. Read `ComputeFutures.step` first: the order of its lines is the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim import freezing
from sim.agents.base import View
from sim.blocks import Blocks, everybody
from sim.calendar import Calendar
from sim.clearing.house import ClearingHouse
from sim.credit.system import credit_of
from sim.deliveries import Deliveries
from sim.light import mesa
from sim.market.exchange import Exchange
from sim.market.venues import Venues
from sim.policy.rules import Rules
from sim.record import Record
from sim.replaying import economy_of
from sim.scenario import Scenario
from sim.streams import Streams
from sim.views import FORECAST_MONTHS, day_view, month_so_far, round_view, spot_of_chip, traded_curve
from sim.withdrawals import Withdrawals
from sim.world import world_of
from sim.writing import write_contracts, write_down, write_trades


class ComputeFutures(mesa.Model):
    """A market in compute, run from one scenario.

    Parameters
    ----------
    scenario : what to run
    seed     : the run's luck; the scenario's own if left out
    start    : whether to run the economy's burn-in (left out when a copy's state follows)
    """

    def __init__(self, scenario: Scenario, *, seed: int | None = None, start: bool = True) -> None:
        self.root = scenario.seed if seed is None else seed
        super().__init__(seed=self.root)
        self.scenario, self.config = scenario, scenario.market
        self.streams = Streams(self.root)
        self.calendar = Calendar(scenario.start, scenario.days, scenario.burn_in)
        self.world, slots = world_of(scenario), sum(contract.months for contract in scenario.market.contracts)
        self.blocks = Blocks(self, everybody(scenario), slots, self.streams, self.world)
        self.ledger = self.blocks.ledger
        self.exchange = Exchange(scenario.market, self.ledger, self.calendar, self.streams)
        self.families = self.exchange.families
        self.record = Record(scenario.days, self.exchange.months, scenario.record.level, self.families.labels)
        self.house = ClearingHouse(
            scenario.clearing, self.ledger, self.blocks.house_row, self.blocks.label_of, self.exchange.tick_cents,
            self.streams, self.record, self.world.hedged_notional, self.blocks.intraday,
            self.blocks.members(scenario.credit.on))
        self.house.know(self.exchange.slots, self.families, lambda: spot_of_chip(self))
        self.desk = self.blocks.desk(scenario.clearing)
        self.deliveries = Deliveries(self.ledger, self.blocks.all, self.exchange.months, self.exchange.tick_cents,
                                     self.config.funding_rate, self.record)
        self.withdrawals = Withdrawals(self.blocks.all, self.house, self.record, self.ledger.n)
        self.economy = economy_of(scenario.compute, scenario.replayed, self.blocks.operators(), self.streams,
                                  self.calendar, scenario.indices)
        rows, months = self.ledger.n, self.exchange.months
        self.wish = np.zeros((rows, months), np.int64)  # positions that participants want, contracts
        self.own_value = np.full((rows, months), np.nan)  # what they think a contract is worth, ticks
        self.urgency = np.full(rows, np.nan)
        self.value = np.zeros((2, len(self.families.all), FORECAST_MONTHS))  # consensus, ticks: last evening's, today's
        self.known = np.ones(scenario.rounds)  # share of the day's news that is public, by round
        self.rules = Rules(scenario.policies, self.blocks, self.desk.styles, scenario.start)
        self.venues = Venues(self)
        self.still: tuple[str, ...] = ()  # reactions that are frozen, and the equity on the eve of that, cents
        self.eve: np.ndarray | None = None
        self.first_day = -min(scenario.market.warm_up, scenario.burn_in)
        self.credit = credit_of(scenario.credit, self)
        self.day = -scenario.burn_in - 1
        if start:
            while self.day < self.first_day - 1:
                self.begin_day()
                self.run_economy()

    # --- the day -----------------------------------------------------------------------------------

    def step(self) -> None:
        """One business day, from top to bottom."""
        self.begin_day()
        self.apply_shocks_and_policies()
        self.run_economy()
        if self.market_is_open():
            self.open_market()
            self.update_beliefs()
            for number in range(self.scenario.rounds):
                self.trade_round(number)
            self.settle()
            self.call_margin()
        elif self.house.closed:
            self.venues.close(self)
        self.move_money()
        self.credit.step(self)
        self.close_and_reopen()
        self.withdrawals.note(self.day, "flows" in self.still)
        self.check_books()
        write_down(self)

    def begin_day(self) -> None:
        """The calendar moves to the next business day."""
        self.day += 1

    def apply_shocks_and_policies(self) -> None:
        """Shocks that have begun act on the world; policies are in force from their dates to their ends."""
        for shock in self.scenario.shocks:
            if self.calendar.date(self.day) >= shock.date:
                shock.apply(self, self.day)
        self.rules.begin(self)

    def run_economy(self) -> None:
        """Chips arrive, demand meets supply, lists and indices are published, the consensus is formed anew."""
        last = self.value[1].copy()
        self.economy.step(self.day, traded_curve(self))
        self.value[1] = self.families.consensus(self.economy.forecast)
        if self.day > -self.calendar.burn_in and self.calendar.month(self.day) != self.calendar.month(self.day - 1):
            last = np.append(last[:, 1:], last[:, -1:], axis=1)
        self.value[0] = last if last.any() else self.value[1]

    def open_market(self) -> None:
        """New months are listed; calls made last evening fall due; the day's news is dealt out over its rounds."""
        self.exchange.open_day(self.day, self.value[0], self.rules.may_list(self))
        self.venues.begin(self)
        self.house.open_day(self.day, self.exchange.slots["mark"])
        luck = self.streams.uniform("market.news", self.scenario.rounds, self.day)
        share = (-np.log(1.0 - luck)) ** (1.0 / self.config.news_rounds)
        self.known = np.cumsum(share) / share.sum()  # share of today's news that is public, by round

    def update_beliefs(self) -> None:
        """Everybody revises private beliefs, once a day."""
        if self.eve is not None:
            self.ledger.equity[:] = self.eve
        self.day_view, self.log_value = day_view(self)
        self.morning = view = self.view(0)
        for kind, block in self.blocks.trading:
            kind.wake(block, view)

    def trade_round(self, number: int) -> None:
        """Makers quote, everybody else trades towards what they want, then marks and calls."""
        self.exchange.open_round()
        self.ledger.equity[:] = self.venues.with_worth(self.house.equity) if self.eve is None else self.eve
        view = self.view(number) if number else self.morning  # nothing has changed since
        self.ask_for_targets(view)
        forced, target, own_value = np.zeros(self.ledger.n, np.bool_), self.rules.wishes(self, number), self.own_value
        rows, targets = self.rules.forced(self, *self.house.forced_targets())
        if len(rows):
            target, own_value = target.copy(), own_value.copy()
            forced[rows], target[rows], own_value[rows] = True, targets, np.nan
        target, own_value = self.rules.orders(self, target, own_value)
        arrivals = self.exchange.arrivals(self.desk, forced, self.day, number)
        self.show_quotes(view, forced)
        self.exchange.trade(self.desk, arrivals, forced, target, own_value, self.urgency, self.day, number)
        self.venues.trade(self, number)
        self.exchange.look()
        self.rules.after_round(self)
        self.house.note_trades(self.exchange.fills(), self.day, number)
        self.deliveries.note(self.exchange.fills())
        if self.scenario.record.trades and self.day >= 0:
            write_trades(self, number)
        self.house.check(self.day, number, self.exchange.slots["mark"])

    def ask_for_targets(self, view: View) -> None:
        """Collect the wishes of those who decide in this round."""
        for kind, block in self.blocks.trading:
            if kind.rhythm == "day" and view.round > 0:
                continue
            self.wish[block.rows] = kind.target(block, view)
            value, urgency = kind.reservation(block, view), kind.urgency(block, view)
            if value is not None:
                self.own_value[block.rows] = value
            if urgency is not None:
                self.urgency[block.rows] = urgency

    def show_quotes(self, view: View, forced: np.ndarray) -> None:
        """Market makers replace their quotes, in an order drawn for each round; who is forced to sell shows none."""
        for kind, block in self.blocks.quoting:
            quotes = self.venues.quotes(kind, block, view)
            if quotes is not None:
                self.rules.shape(self, block, quotes)
                luck = self.streams.uniform(f"{kind.label}.arrival", block.n, self.day, view.round)
                if len(rows := np.flatnonzero(forced[block.rows])):
                    quotes.bid_size[rows] = quotes.ask_size[rows] = 0
                self.exchange.quote(block.rows.start, np.argsort(luck, kind="stable"), quotes)

    def settle(self) -> None:
        """Daily settlement, variation margin, final settlement of the month that ends, fees."""
        average, share = month_so_far(self)
        self.exchange.settle_day(self.day, average, share, self.rules.settlement(self))
        self.house.settle(self.day, self.exchange.settle)
        self.deliveries.settle(self.exchange.settle)
        self.withdrawals.evening()
        self.venues.evening(self)
        self.rules.evening(self)
        write_contracts(self)
        gone = self.exchange.expire(self.day)
        fees = self.exchange.fees(gone)
        for slot in gone:
            self.house.expire(slot, int(self.exchange.settle[slot]))
        self.deliveries.expire(self.day, self.exchange.slots["month"], gone)
        self.ledger.post("exchange fees", slice(None), -fees, "exchange")

    def call_margin(self) -> None:
        """New margin rates and requirements; who cannot meet them is called; the house closes its day."""
        self.house.call_margin(self.day, self.exchange.prices(), self.exchange.settle)
        self.house.close_out(self.day)

    def move_money(self) -> None:
        """Treasuries, investors' flows, bills: money that participants move themselves at the end of the day."""
        marked = self.ledger.marked(self.exchange.settle, self.exchange.tick_cents)
        self.ledger.equity[:] = self.venues.with_worth(marked)
        self.day_view, self.log_value = day_view(self)
        self.evening = view = self.view(self.scenario.rounds - 1)
        for kind, block in self.blocks.all:
            for transfer in kind.transfers(block, view, block.equity):
                if transfer.flow == "fund flow" and "flows" in self.still:
                    continue
                amount = np.where(block.alive, transfer.amount, 0)
                if amount.any():
                    self.ledger.post(transfer.flow, block.rows, amount, "outside world")
                    self.credit.charge(kind, block.rows, amount)

    def check_books(self) -> None:
        """Every cent and every contract is accounted for, exactly."""
        self.ledger.check()
        self.venues.check()

    def close_and_reopen(self) -> None:
        """Funds that have lost nearly everything close; those away long enough return with fresh capital."""
        if "flows" in self.still:
            return
        closing = self.blocks.closing(self.ledger.equity)
        for row in np.flatnonzero(closing & ~self.house.closing):
            self.house.close(int(row), self.day)
        rows = np.flatnonzero(self.house.closing & self.ledger.alive)
        rows = rows[~self.ledger.position[rows].any(axis=1) & (self.ledger.cash[rows] + self.ledger.margin[rows] >= 0)]
        if len(rows):
            self.house.release(rows)
            self.ledger.post("fund flow", rows, -self.ledger.cash[rows], "outside world")
            self.ledger.alive[rows] = False
        if self.ledger.alive.all():
            return
        for kind, block in self.blocks.trading:
            capital = kind.reopen(block, self.evening, block.equity)
            if capital is not None and capital.any():
                back = block.rows.start + np.flatnonzero(capital)
                self.ledger.post("fund flow", back, capital[capital != 0], "outside world")
                self.ledger.capital[back], self.ledger.alive[back] = capital[capital != 0], True
                self.house.welcome(back)

    # --- what participants and files see -------------------------------------------------------------

    def market_is_open(self) -> bool:
        """Whether futures are traded today."""
        opens = self.config.opens
        early = self.day < self.first_day or (opens is not None and self.calendar.date(self.day) < opens)
        early = early or self.house.closed
        return not early and (bool(self.exchange.slots["listed"].any()) or any(self.rules.may_list(self)))

    def traded_curve(self) -> np.ndarray | None:
        """Last settlements by months ahead."""
        return traded_curve(self)

    def view(self, number: int) -> View:
        """What participants see in one round."""
        return round_view(self, number)

    # --- copies of the world -------------------------------------------------------------------------

    def freeze(self, reactions: Sequence[str] = freezing.REACTIONS) -> None:
        """From now on finance does not react, or not in some ways: see ``sim.freezing``."""
        freezing.freeze(self, reactions)

    def snapshot(self) -> dict[str, Any]:
        """All state, copied: what ``restore`` needs to continue bit for bit."""
        own = ("wish", "own_value", "urgency", "value")
        return {"day": self.day, "steps": self.steps, "frozen": freezing.snapshot(self),
                "arrays": {name: getattr(self, name).copy() for name in own},
                "parts": {name: getattr(self, name).snapshot()
                          for name in ("blocks", "exchange", "house", "deliveries", "withdrawals", "economy", "record",
                                       "rules", "venues", "credit")}}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a snapshot of the same scenario and seed."""
        self.day, self.steps = state["day"], state["steps"]
        for name, array in state["arrays"].items():
            getattr(self, name)[...] = array
        for name, part in state["parts"].items():
            getattr(self, name).restore(part)
        freezing.restore(self, state["frozen"])

    def branch(self) -> ComputeFutures:
        """A second world that is the same up to now and goes its own way from here."""
        twin = ComputeFutures(self.scenario, seed=self.root, start=False)
        twin.restore(self.snapshot())
        return twin
