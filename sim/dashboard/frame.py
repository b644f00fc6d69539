"""What a page shows of a run: taken down day by day while the model steps, so that nothing is read from it later.

Arrays are copies or grow at their end alone, so a page may draw them while the next day is simulated.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.scenario import Scenario

LEVELS = 40  # price levels of each side of a book that are kept
SIDES = (0, 1)  # buyers, sellers


class Month(NamedTuple):
    """One contract month at the end of a day: prices in dollars, nan where there is none."""

    label: str  # "2027-03"
    settle: float
    volume: int
    open_interest: int
    expected: float  # what participants expect the index to average in it
    rate: float  # initial margin, share of notional


class Day(NamedTuple):
    """One day: its months in order of expiry, their books before they were emptied, who held what."""

    months: tuple[Month, ...]
    books: dict[str, tuple[np.ndarray, np.ndarray]]  # month -> bids and asks, int64[levels, 2]: ticks and contracts
    held: np.ndarray  # int64[blocks, 2]: contracts long and short


class Event(NamedTuple):
    """A margin call, a forced sale, a default and the like."""

    number: int
    day: int
    round: int
    kind: str
    agent: int
    label: str
    quantity: int
    amount: float  # dollars


class Block(NamedTuple):
    """A block of participants: where its rows lie, and what its rule is in English."""

    label: str
    sector: str
    start: int
    stop: int
    rule: str


@dataclass(frozen=True)
class Accounts:
    """The books of all participants on one evening: int64[n] cents, and int64[n, months] contracts."""

    day: int
    cash: np.ndarray
    margin: np.ndarray
    equity: np.ndarray
    capital: np.ndarray
    alive: np.ndarray
    position: np.ndarray
    months: tuple[str, ...]  # label of each column of positions, "" where none is listed
    settle: np.ndarray  # dollars, by column


@dataclass(frozen=True)
class Frame:
    """A run as it stands: everything that a page draws."""

    scenario: Scenario
    seed: int
    notices: tuple[str, ...]
    blocks: tuple[Block, ...]
    tick: float  # dollars
    size: float  # GPU-hours of a contract
    dates: tuple[dt.date, ...]
    daily: dict[str, np.ndarray]
    days: list[Day]
    events: list[Event]
    causes: dict[int, list[tuple[int, float]]]
    accounts: Accounts

    @property
    def last(self) -> int:
        """The last simulated day, from 0; -1 before the first."""
        return len(self.dates) - 1

    @property
    def done(self) -> bool:
        """Whether the run has come to its end."""
        return len(self.dates) >= self.scenario.days

    def column(self, name: str) -> np.ndarray:
        """float64[days] of the daily table; nan where it is not recorded."""
        return np.asarray(self.daily.get(name, np.full(len(self.dates), np.nan)), np.float64)

    def sector_of(self, label: str) -> str:
        """The family of a block, by its label."""
        return next((block.sector for block in self.blocks if block.label == label),
                    "clearing" if "clearing" in label else "passive")

    def block_of(self, row: int) -> Block | None:
        """The block that a row belongs to."""
        return next((block for block in self.blocks if block.start <= row < block.stop), None)


class Watcher:
    """Takes a model's days down. ``model`` must not have stepped past its first reported day."""

    def __init__(self, model: Any, scenario: Scenario, notices: tuple[str, ...]) -> None:
        from sim.describe import prose

        self.model, self.scenario, self.notices = model, scenario, notices
        rule = lambda kind: " ".join(prose(type(kind))).partition(" Source:")[0]
        self.blocks = tuple(Block(kind.label, kind.sector, block.rows.start, block.rows.stop, rule(kind))
                            for kind, block in model.blocks.all)
        self.days: list[Day] = []
        self.events: list[Event] = []
        self.causes: dict[int, list[tuple[int, float]]] = {}
        self._books: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._read = {"contracts": 0, "events": 0, "causes": 0}
        settle = model.settle

        def look_and_settle() -> None:  # settling empties the books
            self._look()
            settle()

        model.settle = look_and_settle

    def step(self) -> None:
        """One more day; days before the first reported one are not kept."""
        self.before()
        self.model.step()
        self.after()

    def before(self) -> None:
        """To be called before the model steps."""
        self._books = {}

    def after(self) -> None:
        """To be called once it has stepped."""
        if self.model.day >= 0:
            self.days.append(Day(self._months(), self._books, self._held()))

    def _look(self) -> None:
        """The books at the end of trading."""
        if self.model.day < 0:
            return
        exchange = self.model.exchange
        for slot in np.flatnonzero(exchange.slots["listed"] == 1).tolist():
            bids, asks = (exchange.book.depth(slot, side, LEVELS) for side in SIDES)
            self._books[month_label(int(exchange.slots["month"][slot]))] = bids, asks

    def _months(self) -> tuple[Month, ...]:
        table = self._new("contracts")
        columns = ("contract", "settle", "volume", "open_interest", "expected", "im_rate")
        rows = zip(*(table[name] for name in columns), strict=True)
        return tuple(Month(str(label), float(settle), int(volume), int(interest), float(expected), float(rate))
                     for label, settle, volume, interest, expected, rate in rows)

    def _held(self) -> np.ndarray:
        position = self.model.ledger.position
        own = [position[block.start:block.stop] for block in self.blocks]
        return np.array([[np.maximum(p, 0).sum(), np.maximum(-p, 0).sum()] for p in own], np.int64).reshape(-1, 2)

    def _new(self, name: str) -> dict[str, np.ndarray]:
        """The rows that a table of the record has gained since the last time."""
        table: dict[str, np.ndarray] = self.model.record.table(name, self._read[name])
        self._read[name] = self.model.record.rows(name)
        return table

    def frame(self) -> Frame:
        """The run as it stands."""
        self._note_events()
        model = self.model
        daily = model.record.table("daily")
        dates = tuple(day.astype(object) for day in daily.get("date", np.zeros(0, "M8[D]"))) if self.days else ()
        contract = model.exchange.contract
        return Frame(self.scenario, model.root, self.notices, self.blocks, contract.tick, contract.size, dates,
                     daily if self.days else {}, self.days, self.events, self.causes, self._accounts())

    def _note_events(self) -> None:
        events, causes = self._new("events"), self._new("causes")
        columns = ("event", "day", "round", "kind", "agent", "agent_type", "quantity", "amount_cents")
        for number, day, round_, kind, agent, label, quantity, cents in zip(
                *(events[name] for name in columns), strict=True):
            if kind != "trade":
                self.events.append(Event(int(number), int(day), int(round_), str(kind), int(agent), str(label),
                                         int(quantity), float(cents) / 100))
        for event, cause, weight in zip(causes["event"], causes["cause"], causes["weight"], strict=True):
            self.causes.setdefault(int(event), []).append((int(cause), float(weight)))

    def _accounts(self) -> Accounts:
        ledger, exchange = self.model.ledger, self.model.exchange
        listed = exchange.slots["listed"] == 1
        months = tuple(month_label(int(month)) if there else ""
                       for month, there in zip(exchange.slots["month"], listed, strict=True))
        return Accounts(self.model.day, ledger.cash.copy(), ledger.margin.copy(), ledger.equity.copy(),
                        ledger.capital.copy(), ledger.alive.copy(), ledger.position.copy(), months,
                        exchange.settle * exchange.contract.tick)


def month_label(month: int) -> str:
    """"2027-03" of a month counted from year 0."""
    return f"{month // 12}-{month % 12 + 1:02d}"
