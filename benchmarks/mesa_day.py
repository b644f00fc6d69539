"""The trading day as a plain Mesa model: agents with ``step``, called by ``shuffle_do`` and ``do``.

The world outside the participants (physical economy, calendar, public news, the rules by which a day settles) is
that of the fast model and costs both the same. Everything that grows with participants is objects: accounts,
beliefs, wishes, orders, books, trades, margin, transfers.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from benchmarks.mesa_books import BUY, SELL, Book
from benchmarks.mesa_flows import Index, Leveraged, Macro
from benchmarks.mesa_funds import Arbitrageur, Fundamental, Noise, Trend
from benchmarks.mesa_hedgers import DataCentre, Enterprise, Hyperscaler, Lab, SmallUser, Unhedged
from benchmarks.mesa_luck import OwnLuck, SameLuck
from benchmarks.mesa_makers import Maker
from benchmarks.mesa_people import WHOLE, OutOfCalm, Person, Sheet
from sim.model import ComputeFutures
from sim.views import day_view, month_so_far, round_view

CLASSES = {"ai_lab": Lab, "enterprise": Enterprise, "small_user": SmallUser, "hyperscaler": Hyperscaler,
           "data_centre": DataCentre, "fundamental_speculator": Fundamental, "trend_follower": Trend,
           "noise_trader": Noise, "spread_arbitrageur": Arbitrageur, "market_maker": Maker,
           "small_developer": Unhedged, "researcher": Unhedged, "leveraged_fund": Leveraged, "macro_fund": Macro,
           "index_investor": Index}


def as_written(rule: type[Person]) -> type[Person]:
    """The same participant, who asks the rule that the product states for one participant."""
    if issubclass(rule, Maker | SmallUser):
        return rule

    def ask(self: Any) -> None:
        if rule is Noise:
            self.mood = np.array(self.mood)
        self.wish = self.kind.target_of(self, self.model.view).tolist()
        if rule is Noise:
            self.mood = self.mood.tolist()

    moment = "plan" if hasattr(rule, "plan") else "decide"
    return type(rule.__name__, (rule,), {moment: ask, "wants": Person.wants})


class MesaObjects(mesa.Model):
    """The model that continues, as objects, from where a fast model stands.

    Parameters
    ----------
    fast      : where to begin; it is copied and not changed
    same_luck : whether to use the fast model's own random numbers and order of arrival
    tuned     : whether participants work out only what they need; else each asks the rule of one participant as
                the product states it (``target_of``), for all months whenever it decides
    """

    def __init__(self, fast: ComputeFutures, same_luck: bool = False, tuned: bool = True) -> None:
        super().__init__(seed=fast.root)
        self.world = world = fast.branch()
        if world.config.opening_auction or world.house.forced.any() or world.house.pot.position.any():
            raise OutOfCalm("an opening auction, forced sales and close-outs are left out here; choose other days")
        clearing = world.scenario.clearing
        self.maintenance, self.spread = clearing.maintenance, round(clearing.spread_charge * WHOLE)
        self.tick_cents, self.outside = int(world.exchange.tick_cents[0]), 0
        self.books = [Book(slot, self.tick_cents) for slot in range(world.exchange.months)]
        self.classes = CLASSES if tuned else {name: as_written(rule) for name, rule in CLASSES.items()}
        self.luck = SameLuck(self) if same_luck else OwnLuck(self)
        self.sheets: list[tuple[type[Person], Any, Sheet]] = []
        self.styles: list[SimpleNamespace] = []
        self.people = [person for kind, block in world.blocks.all for person in self._block(kind, block)]
        for person, call in zip(self.people, world.house.call[:-1].tolist(), strict=True):
            person.luck, person.call = self.luck, call
        among = lambda rule: AgentSet([person for person in self.people if rule(person)], random=self.random)
        self.makers = among(lambda person: isinstance(person, Maker))
        self.accounts = among(lambda person: person.kind.trades)
        self.traders = among(lambda person: person.kind.trades and not isinstance(person, Maker))
        self.watched = among(lambda person: person.kind.trades and person.watched)
        self.everybody = among(lambda person: True)
        self.money = self._money()

    def _block(self, kind: Any, block: Any) -> list[Person]:
        """The participants of one type, their common style and their common sheet."""
        if kind.count == 0:
            return []
        style, sheet = SimpleNamespace(**kind.execution.model_dump(), chances=[]), Sheet()
        for name in ("seen", "seen_month", "proof"):
            if hasattr(block, name):
                setattr(sheet, name, getattr(block, name)[0].copy())
        self.styles.append(style)
        rule = self.classes[kind.type_name]
        self.sheets.append((rule, kind, sheet))
        sheet.people = [rule(self, kind, block, row, style, sheet) for row in range(kind.count)]
        return sheet.people

    # --- the day -------------------------------------------------------------------------------------

    def step(self) -> None:
        """One business day."""
        world = self.world
        world.begin_day()
        world.run_economy()
        self.open_market()
        self.accounts.do("wake")
        for number in range(world.scenario.rounds):
            self.trade_round(number)
        self.settle()
        self.end_day()

    def open_market(self) -> None:
        """New months, calls, news, what is public in the morning."""
        world, scenario = self.world, self.world.scenario
        world.exchange.open_day(world.day, world.value[0])
        self.accounts.do("morning")
        share = (-np.log(1.0 - world.streams.uniform("market.news", scenario.rounds, world.day)))
        share **= 1.0 / scenario.market.news_rounds
        world.known = np.cumsum(share) / share.sum()
        world.day_view, world.log_value = day_view(world)
        self.luck.begin_day()
        slots = world.exchange.slots
        for book, slot in zip(self.books, slots.tolist(), strict=True):
            found = dict(zip(slots.dtype.names, slot, strict=True))
            book.listed, book.month, book.volume = found["listed"] == 1, found["month"], 0
            book.mark, book.last = found["mark"], found["last"]
        for style in self.styles:
            far = [(1.0 - (1.0 - chance) ** style.visits) if style.visits > 0 else 1.0
                   for chance in slots["visit"].tolist()]
            style.chances = [(slot, chance) for slot, chance in enumerate(far) if self.books[slot].listed]
        self.view = view = round_view(world, 0)
        for person, kind, sheet in self.sheets:
            person.read_day(kind, sheet, view)

    def trade_round(self, number: int) -> None:
        """Makers quote, everybody else trades, then the watched accounts are tested."""
        self.view = view = round_view(self.world, number)
        for person, kind, sheet in self.sheets:
            person.read_round(kind, sheet, view)
        for book in self.books:
            book.round_volume = book.round_value = 0
        self.luck.begin_round(number)
        self.makers.do("think")
        self.luck.quote()
        self.luck.trade()
        self.look()
        self.watched.do("test", *self.worth(self.world.exchange.slots["mark"]))

    def look(self) -> None:
        """Best quotes and marks, as all will see them."""
        slots, width = self.world.exchange.slots, self.world.config.mark_width
        for book in self.books:
            bid, ask = book.best(BUY), book.best(SELL)
            if bid and ask:
                mid = 0.5 * (bid + ask)
                if ask - bid <= width * mid:
                    book.mark = int(mid + 0.5)
                elif book.last:
                    book.mark = min(max(book.last, bid), ask)
            slots[book.contract]["bid"], slots[book.contract]["ask"] = bid, ask
        for name in ("mark", "last", "volume", "round_volume", "round_value"):
            slots[name] = [getattr(book, name) for book in self.books]

    def worth(self, price: np.ndarray) -> tuple[list[int], list[int]]:
        """Cents that a contract is worth at int64[contracts] ticks, and cents of margin on it."""
        value = price * self.tick_cents
        return value.tolist(), np.ceil(self.world.house.rate * value - 1e-6).astype(np.int64).tolist()

    def settle(self) -> None:
        """Settlement prices, variation margin, fees, the month that ends, initial margin and calls."""
        world, exchange = self.world, self.world.exchange
        exchange.settle_day(world.day, *month_so_far(world))
        for book in self.books:
            book.clear()
        value, _ = self.worth(exchange.settle)
        self.accounts.do("settle", value, exchange.contract.exchange_fee)
        for slot in exchange.expire(world.day):
            self.accounts.do("expire", slot, value[slot], exchange.contract.settlement_fee)
        rates = np.asarray(world.scenario.clearing.margin.rates(exchange.prices()), np.float64)
        world.house.rate = np.where(np.isfinite(rates), rates, world.house.rate)
        self.accounts.do("meet_margin", *self.worth(exchange.settle))

    def end_day(self) -> None:
        """Bills, treasuries and investors; then every cent is counted."""
        world = self.world
        world.day_view, world.log_value = day_view(world)
        held = sum(max(held, 0) for person in self.accounts for held in person.position)
        view = round_view(world, world.scenario.rounds - 1)._replace(open_interest=held)
        self.everybody.do("end_of_day", view, view.day_of_month == view.month_length - 1)
        if self._money() != self.money:
            raise AssertionError("money was made or lost")

    def _money(self) -> int:
        return self.outside + sum(person.cash + person.margin for person in self.people)
