"""What a run writes down while it runs: a row a day, a row a contract and day, events and their causes.

Everything is appended to arrays that grow by doubling, so that a day costs a few microseconds;
``table`` turns any stretch of rows into named columns for files and data frames.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from sim.calendar import Calendar
from sim.market.families import STRIDE
from sim.plugin import Block, param

Level = Literal["summary", "daily", "full"]
TABLES = ("daily", "contracts", "deliveries", "generations", "events", "causes", "agents")
WRITTEN: dict[str, tuple[str, ...]] = {  # which tables each level leaves in the results folder
    "summary": (), "daily": TABLES[:-1], "full": TABLES}
DELIVERY = tuple(f"{name}_{side}" for name in ("gain_cents", "funding_cents", "need") for side in ("long", "short"))
NEWS = -1  # the cause of an event that nothing inside the market triggered

_CONTRACT = np.dtype([("day", "i8"), ("month", "i8"), ("settle", "i8"), ("tick", "f8"), ("volume", "i8"),
                      ("open_interest", "i8"), ("bid", "i8"), ("ask", "i8"), ("depth", "i8"), ("rate", "f8"),
                      ("expected", "f8")])
_EVENT = np.dtype([("day", "i8"), ("round", "i8"), ("kind", "i8"), ("agent", "i8"), ("agent_type", "i8"),
                   ("counterparty", "i8"), ("month", "i8"), ("quantity", "i8"), ("price", "i8"), ("amount", "i8")])
_CAUSE = np.dtype([("event", "i8"), ("cause", "i8"), ("weight", "f8")])


class RecordConfig(Block):
    """How much a run writes down."""

    level: Level = param("full", unit="level", source="judgement: one run is small, studies ask for daily",
                         doc="summary keeps figures alone; daily adds days, contracts and events; full balance sheets")
    trades: bool = param(False, unit="yes or no", source="judgement: trades are many, and their sums are kept anyway",
                         doc="whether each trade is written down as an event")


class _Rows:
    """A structured array with room to grow: ``data[:n]`` holds what was written."""

    def __init__(self, dtype: np.dtype, room: int) -> None:
        self.data, self.n = np.zeros(room, dtype), 0

    def reserve(self, more: int) -> slice:
        """The next rows, to be filled by the caller."""
        end = self.n + more
        if end > len(self.data):
            grown = np.zeros(max(end, 2 * len(self.data)), self.data.dtype)
            grown[: self.n] = self.data[: self.n]
            self.data = grown
        rows, self.n = slice(self.n, end), end
        return rows

    def copy(self) -> _Rows:
        """The same rows in arrays of their own."""
        twin = _Rows(self.data.dtype, len(self.data))
        twin.data[: self.n], twin.n = self.data[: self.n], self.n
        return twin


class Record:
    """Everything that one run writes down.

    Parameters
    ----------
    days  : business days expected; more are kept as well
    slots : contract months listed at a time
    level : how much of it goes to files: summary, daily or full
    families : what contracts of each family are called; nothing where there is only one
    """

    def __init__(self, days: int, slots: int, level: str = "full", families: Sequence[str] = ()) -> None:
        if level not in WRITTEN:
            raise ValueError(f"record level {level!r} is none of {', '.join(WRITTEN)}")
        self.level, self.tick, self.families = level, np.full(max(len(families), 1), np.nan), tuple(families)
        self._room, self._rows = max(days, 1), 0
        self._names: tuple[str, ...] = ()
        self._values, self._days, self._dates = np.zeros((0, 0)), np.zeros(0, "i8"), np.zeros(0, "M8[D]")
        self._contracts = _Rows(_CONTRACT, max(days * slots, 16))
        self._events, self._causes = _Rows(_EVENT, 256), _Rows(_CAUSE, 256)
        self._words: dict[str, int] = {}  # kinds and agent types, by number
        self._sheets: list[tuple[int, int, dict[str, np.ndarray]]] = []
        self._chips: list[tuple[int, int, dict[str, np.ndarray]]] = []
        self._deliveries: list[tuple[int, int, dict[str, float]]] = []

    # --- writing -----------------------------------------------------------------------------------

    def day(self, day: int, date: dt.date, values: dict[str, float]) -> None:
        """One row of the daily table; every day must bring the same names. Sums of money end in ``_cents``."""
        if tuple(values) != self._names:
            if self._rows:
                differ = ", ".join(sorted(set(values) ^ set(self._names))) or "the order of columns"
                raise ValueError(f"day {day} is recorded unlike the days before: {differ}")
            self._names = tuple(values)
            self._values = np.zeros((self._room, len(values)))
            self._days, self._dates = np.zeros(self._room, "i8"), np.zeros(self._room, "M8[D]")
        if self._rows == len(self._days):
            double = lambda a: np.concatenate([a, np.zeros_like(a)])
            self._values, self._days, self._dates = double(self._values), double(self._days), double(self._dates)
        self._values[self._rows] = np.fromiter(values.values(), np.float64, len(values))
        self._days[self._rows], self._dates[self._rows] = day, date
        self._rows += 1

    def contracts(self, day: int, month: np.ndarray, listed: np.ndarray, settle: np.ndarray, tick: np.ndarray | float,
                  volume: np.ndarray, open_interest: np.ndarray, bid: np.ndarray, ask: np.ndarray, depth: np.ndarray,
                  rate: np.ndarray, expected: np.ndarray) -> None:
        """One row for each listed contract, in order of expiry.

        Parameters
        ----------
        month, settle, volume, open_interest : int64[slots]  month number (``Families.named``), ticks, contracts twice
        listed          : bool[slots]
        tick            : float64[slots] or float  dollars
        bid, ask, depth : int64[slots]  ticks (0: none), ticks (0: none), contracts
        rate            : float64[slots]  initial margin, share of notional
        expected        : float64[slots]  consensus of what the index will average in the month, ticks
        """
        tick = np.broadcast_to(tick, len(month))
        slots = np.flatnonzero(listed)
        self.tick[month[slots] // STRIDE] = tick[slots]
        slots = slots[np.argsort(month[slots], kind="stable")]
        at = self._contracts.reserve(len(slots))  # first, since it may replace the array
        rows = self._contracts.data[at]
        rows["day"], rows["tick"] = day, tick[slots]
        for name, array in (("month", month), ("settle", settle), ("volume", volume), ("open_interest", open_interest),
                            ("bid", bid), ("ask", ask), ("depth", depth), ("rate", rate), ("expected", expected)):
            rows[name] = array[slots]

    def event(self, day: int, round: int, kind: str, agent: int = -1, agent_type: str = "", counterparty: int = -1,
              contract: int = -1, quantity: int = 0, price: int = 0, amount: int = 0,
              causes: Sequence[tuple[int, float]] = ()) -> int:
        """One event and its weighted causes; returns its number, to be named as a cause later.

        Parameters
        ----------
        agent, counterparty : rows of the ledger, -1 for none
        contract : month number of the expiry, -1 for none
        quantity : contracts; price: ticks, 0 for none; amount: cents
        causes   : (number of an earlier event, weight); ``NEWS`` for what came from outside
        """
        row = self._events.reserve(1)
        self._events.data[row.start] = (day, round, self._word(kind), agent, self._word(agent_type), counterparty,
                                        contract, quantity, price, amount)
        for cause, weight in causes:
            at = self._causes.reserve(1)
            self._causes.data[at.start] = (row.start, cause, weight)
        return row.start

    def trades(self, day: int, round: int, buyer: np.ndarray, seller: np.ndarray, month: np.ndarray, price: np.ndarray,
               quantity: np.ndarray) -> None:
        """One event of kind "trade" for each fill: int64[k] rows, month numbers, ticks and contracts."""
        at = self._events.reserve(len(buyer))  # first, since it may replace the array
        rows = self._events.data[at]
        rows["day"], rows["round"], rows["kind"], rows["agent_type"] = day, round, self._word("trade"), self._word("")
        for name, array in (("agent", buyer), ("counterparty", seller), ("month", month), ("price", price),
                            ("quantity", quantity)):
            rows[name] = array

    def agents(self, day: int, month: int, columns: dict[str, np.ndarray]) -> None:
        """The monthly balance sheets: arrays with one entry for each participant, ``agent`` among them."""
        self._sheets.append((day, month, {name: np.array(array) for name, array in columns.items()}))

    def generations(self, day: int, month: int, columns: dict[str, np.ndarray]) -> None:
        """The chips of a month's last day: arrays with one entry for each region and generation."""
        self._chips.append((day, month, {name: np.array(array) for name, array in columns.items()}))

    def delivery(self, day: int, month: int, values: dict[str, float]) -> None:
        """One delivery month that is settled: what hedgers gained on it, by the names in ``DELIVERY``."""
        self._deliveries.append((day, month, values))

    def _word(self, text: str) -> int:
        return self._words.setdefault(text, len(self._words))

    # --- reading -----------------------------------------------------------------------------------

    def rows(self, name: str) -> int:
        """How many rows a table has so far (months for ``agents`` and ``generations``)."""
        counts = {"daily": self._rows, "contracts": self._contracts.n, "events": self._events.n,
                  "causes": self._causes.n, "agents": len(self._sheets), "generations": len(self._chips),
                  "deliveries": len(self._deliveries)}
        return counts[name]

    def table(self, name: str, start: int = 0) -> dict[str, np.ndarray]:
        """Name to array, the columns of a table from row ``start`` (for ``agents`` and ``generations`` a month) on."""
        return getattr(self, f"_{name}_table")(start)

    def _daily_table(self, start: int) -> dict[str, np.ndarray]:
        rows = slice(start, self._rows)
        table: dict[str, np.ndarray] = {"day": self._days[rows].copy(), "date": self._dates[rows].copy()}
        for number, name in enumerate(self._names):
            column = self._values[rows, number].copy()
            whole = name.endswith("_cents") and bool(np.isfinite(column).all())
            table[name] = column.astype(np.int64) if whole else column
        return table

    def _contracts_table(self, start: int) -> dict[str, np.ndarray]:
        rows = self._contracts.data[start : self._contracts.n]
        price = lambda name: _dollars(rows[name], rows["tick"])
        count = lambda name: rows[name].copy()
        return {"day": count("day"), "contract": self._labels(rows["month"]),
                "expiry": _expiries(rows["month"] % STRIDE), "settle": price("settle"),
                "volume": count("volume"), "open_interest": count("open_interest"), "best_bid": price("bid"),
                "best_ask": price("ask"), "depth": count("depth"), "im_rate": count("rate"),
                "expected": np.round(rows["expected"] * rows["tick"], 10)}

    def _events_table(self, start: int) -> dict[str, np.ndarray]:
        rows = self._events.data[start : self._events.n]
        words = np.array([*self._words, ""], object)
        return {"event": np.arange(start, self._events.n), "day": rows["day"].copy(), "round": rows["round"].copy(),
                "kind": words[rows["kind"]], "agent": rows["agent"].copy(), "agent_type": words[rows["agent_type"]],
                "counterparty": rows["counterparty"].copy(), "contract": self._labels(rows["month"]),
                "quantity": rows["quantity"].copy(),
                "price": _dollars(rows["price"], self.tick[np.maximum(rows["month"], 0) // STRIDE]),
                "amount_cents": rows["amount"].copy()}

    def _labels(self, named: np.ndarray) -> np.ndarray:
        """object[n] "2027-03", or "token_future 2027-03" where families compete; None where there is no month."""
        if not self.families:
            return _month_labels(named)
        known, where = np.unique(named, return_inverse=True)
        names = [f"{self.families[m // STRIDE]} {_month_labels(np.array([m % STRIDE]))[0]}" if m >= 0 else None
                 for m in known.tolist()]
        return np.array([*names, None], object)[where]

    def _causes_table(self, start: int) -> dict[str, np.ndarray]:
        rows = self._causes.data[start : self._causes.n]
        return {"event": rows["event"].copy(), "cause": rows["cause"].copy(), "weight": rows["weight"].copy()}

    def _deliveries_table(self, start: int) -> dict[str, np.ndarray]:
        rows = self._deliveries[start:]
        table = {"day": np.array([row[0] for row in rows], "i8"),
                 "contract": _month_labels(np.array([row[1] for row in rows], "i8"))}
        return table | {name: np.array([row[2][name] for row in rows], float) for name in DELIVERY}

    def _agents_table(self, start: int) -> dict[str, np.ndarray]:
        return _sheets_table(self._sheets[start:], "agent")

    def _generations_table(self, start: int) -> dict[str, np.ndarray]:
        return _sheets_table(self._chips[start:], "gpus")

    # --- copies of the world -------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of everything written so far."""
        return {"rows": self._rows, "names": self._names, "tick": self.tick.copy(), "words": dict(self._words),
                "days": (self._values.copy(), self._days.copy(), self._dates.copy()),
                "parts": (self._contracts.copy(), self._events.copy(), self._causes.copy()),
                "sheets": list(self._sheets), "chips": list(self._chips), "deliveries": list(self._deliveries)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a snapshot, of this record or of another one with the same columns."""
        self._rows, self._names, self.tick = state["rows"], state["names"], state["tick"].copy()
        self._words, self._sheets = dict(state["words"]), list(state["sheets"])
        self._chips = list(state["chips"])
        self._deliveries = list(state["deliveries"])
        self._values, self._days, self._dates = (array.copy() for array in state["days"])
        self._contracts, self._events, self._causes = (part.copy() for part in state["parts"])


def _sheets_table(sheets: list[tuple[int, int, dict[str, np.ndarray]]], first: str) -> dict[str, np.ndarray]:
    """Monthly sheets one below the other; `first` is a column of whole numbers that each of them has."""
    if not sheets:
        return {"day": np.zeros(0, "i8"), "month": np.zeros(0, object), first: np.zeros(0, "i8")}
    repeat = lambda number: np.repeat([sheet[number] for sheet in sheets], [len(s[2][first]) for s in sheets])
    table = {"day": repeat(0), "month": _month_labels(repeat(1))}
    return table | {name: np.concatenate([sheet[2][name] for sheet in sheets]) for name in sheets[0][2]}


def _dollars(price: np.ndarray, tick: np.ndarray | float) -> np.ndarray:
    """float64[n] dollars of int64[n] ticks, nan where there is no price; as short as the tick is written."""
    return np.where(price > 0, np.round(price * tick, 10), np.nan)


def _month_labels(months: np.ndarray) -> np.ndarray:
    """object[n] "2027-03" for int64[n] month numbers, None where there is none."""
    known, where = np.unique(months, return_inverse=True)
    names = [f"{m // 12:04d}-{m % 12 + 1:02d}" if m >= 0 else None for m in known.tolist()]
    return np.array([*names, None], object)[where]


def _expiries(months: np.ndarray) -> np.ndarray:
    """datetime64[n, day]: the last business day of each month, on which its contract is last traded."""
    known, where = np.unique(months, return_inverse=True)
    return np.array([_expiry(month) for month in known.tolist()], "M8[D]")[where]


@lru_cache(maxsize=4096)
def _expiry(month: int) -> dt.date:
    calendar = Calendar(dt.date(month // 12, month % 12 + 1, 1), 1, ahead=2)
    return calendar.date(calendar.last_day(month))
