"""The exchange: which months of each contract are listed, what trades, and at which price a day settles.

Contract months live in rings of slots, one for each family of contracts: a month is cleared on its last day, and its
slot is listed again for the next far month on the day after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.calendar import Calendar
from sim.ledger import Ledger, column_sums
from sim.market import kernels
from sim.market.book import OrderBook
from sim.market.config import MarketConfig
from sim.market.families import Families, Family
from sim.streams import Streams

NO_RANK = 1 << 20  # rank of a slot that holds no listed month: after all others
TIERS = ("average of the month", "closing trades", "middle of the quotes", "neighbouring months", "prior settlement")


Adjustment = Callable[[np.ndarray, np.ndarray], None]


class Desk(NamedTuple):
    """How the rows of the ledger trade: who may, in which style, with which luck."""

    key: np.ndarray  # uint64[n]
    style_of: np.ndarray  # int64[n], an index into styles
    styles: np.ndarray  # kernels.STYLE[m], the last one for forced orders
    trades: np.ndarray  # bool[n], whether the row ever trades through wishes


class Exchange:
    """Slots, books and prices of all contract families.

    Parameters
    ----------
    config   : the market's rules and its contracts, of which the first is the leading one
    ledger   : whose positions, entry values and cash change
    calendar : expiries
    streams  : order of arrival
    """

    def __init__(self, config: MarketConfig, ledger: Ledger, calendar: Calendar, streams: Streams) -> None:
        self.config, self.contract = config, config.contracts[0]
        self.ledger, self.calendar, self.streams = ledger, calendar, streams
        self.families = Families(config.contracts, config.competition)
        self.tick_cents, self.months = self.families.tick_cents, self.families.slots
        self.book = OrderBook(self.months, ledger.n)
        self.slots = np.zeros(self.months, kernels.SLOT)
        if self.families.many:
            self.slots["month"] = -1  # a venue that opens later stands for no month before
        self.traded = np.zeros(ledger.n, np.int64)  # contracts bought and sold today, by row
        self.traded_in = np.zeros((len(config.contracts), ledger.n), np.int64)  # the same by family, where many
        self.settle = np.zeros(self.months, np.int64)  # last settlement price, ticks
        self.tier = np.zeros(self.months, np.int64)  # which rule set it, an index into TIERS
        first = config.first_volatility**2
        self.variance = np.full((2, self.months), first)  # of daily log changes, slow and fast
        self.days_left = np.zeros(self.months, np.int64)
        self.history = np.full((calendar.days + calendar.burn_in, self.months), np.nan)  # settlement prices, dollars
        self.settled_days = 0
        self._looks: np.ndarray | None = None  # float64[styles, contracts], chances of a look; worked out once a day

    # --- the trading day ---------------------------------------------------------------------------

    def open_day(self, day: int, value: np.ndarray, may_list: bool | Sequence[bool] = True) -> None:
        """List the months of this day.

        value : float64[36] or [families, 36]  consensus in ticks by months ahead; a new month opens there, or as far
            from it as the month before is
        may_list : whether new months are listed, by family; without them those that are listed run off
        """
        current, value = self.calendar.month(day), np.atleast_2d(value)
        may = [may_list] * len(self.families.all) if isinstance(may_list, bool) else may_list
        for family in self.families.all:
            self._list(family, day, current, value[family.number], may[family.number])
        listed = self.slots["listed"] == 1
        rank = np.where(listed, self.slots["month"] - current + 1, NO_RANK)
        self.slots["rank"] = rank
        weight = np.where(listed, np.exp(-rank / self.config.nearness), 0.0)
        if self.families.many:
            weight *= self.families.attention[self.families.of]
            self.traded_in[:] = 0
        self.slots["visit"], self._looks = weight / max(weight.sum(), 1e-300), None
        for name in ("volume", "round_volume", "round_value"):
            self.slots[name] = 0
        self.traded[:] = 0
        self.book.arrays.state["fills"] = 0

    def _list(self, family: Family, day: int, current: int, value: np.ndarray, may_list: bool) -> None:
        """List the months of one family, at float64[36] ticks by months ahead."""
        old = self.slots["listed"] == 1
        if self.families.many and not old[family.slots].any():  # a venue that opens has no past
            self.variance[:, family.slots] = self.config.first_volatility**2
            self.settle[family.slots] = 1
        for month in range(current, current + family.months):
            slot = family.slot(month)
            record = self.slots[slot]
            if record["month"] != month or not record["listed"]:
                if not may_list:
                    continue
                record["listed"], record["month"], record["last"] = 1, month, 0
                self.history[: self.settled_days, slot] = np.nan  # those were prices of the month before it
                near, worth = family.slot(month - 1), float(value[month - current])
                if month > current and old[near]:
                    worth *= float(self.settle[near]) / float(value[month - 1 - current])  # as rich as its neighbour
                    self.variance[:, slot] = self.variance[:, near]
                self.settle[slot] = record["mark"] = max(1, round(worth))
            self.days_left[slot] = self.calendar.last_day(month) - day

    def open_round(self) -> None:
        """Start counting the trades of a new round, in which the fills of the last one are no longer kept."""
        self.slots["round_volume"] = self.slots["round_value"] = 0
        self.book.arrays.state["fills"] = 0

    def quote(self, start: int, order: np.ndarray, quotes: Any) -> None:
        """Replace the quotes of a block that begins at ledger row ``start``, its int64[k] rows in this order."""
        self.book.reserve(2 * quotes.levels * self.months * len(order))
        kernels.quote(self.book.arrays, order, start, quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size,
                      quotes.step, quotes.levels, self.slots, self.ledger.position, self.ledger.basis, self.traded,
                      self.tick_cents)

    def arrivals(self, desk: Desk, forced: np.ndarray, day: int, round_: int) -> np.ndarray:
        """int64[k]: the rows that look at the market in this round, in the order in which they arrive."""
        ready = (desk.trades & self.ledger.alive) | forced
        rows, priority = np.empty(len(ready), np.int64), np.empty(len(ready), np.uint64)
        style = np.where(forced, len(desk.styles) - 1, desk.style_of)
        count = kernels.arrive(desk.key, self.streams.key("market.round", day, round_), style, desk.styles, ready,
                               rows, priority)
        return rows[:count][np.argsort(priority[:count])]  # no two are equal

    def trade(self, desk: Desk, rows: np.ndarray, forced: np.ndarray, target: np.ndarray, value: np.ndarray,
              urgency: np.ndarray, day: int, round_: int) -> None:
        """Turn the wishes of the arriving rows into orders; see ``kernels.trade`` for shapes and units."""
        self.book.reserve(len(rows) * self.months)
        style = np.where(forced, len(desk.styles) - 1, desk.style_of)
        luck = self.streams.key("market.round", day, round_)
        stages = (kernels.RESTING, kernels.TAKING) if round_ == 0 and self.config.opening_auction else (kernels.ALL,)
        if self._looks is None:
            visits = desk.styles["visits"][:, None]
            self._looks = np.where(visits > 0, 1.0 - (1.0 - self.slots["visit"]) ** visits, 1.0)
        entered = int(self.book.arrays.state["fills"][0])  # an auction's fills come after these
        for stage in stages:
            if stage == kernels.RESTING:
                for slot in range(self.months):
                    self.book.open_auction(slot)
            elif stage == kernels.TAKING:  # its fills are entered with the first order that takes
                for slot, mark in enumerate(self.slots["mark"].tolist()):
                    self.book.uncross(slot, mark)
            kernels.trade(self.book.arrays, rows, stage, target, value, urgency, style, desk.styles, self._looks,
                          self.slots, self.ledger.position, self.ledger.basis, self.traded, desk.key, luck,
                          self.tick_cents, entered)

    def look(self) -> None:
        """Bring best quotes, depth and marks up to date."""
        kernels.look(self.book.arrays, self.slots, self.config.mark_width)
        if self.families.many:
            fills = self.fills()
            family = self.families.of[fills["contract"].astype(np.int64)]
            for side in ("taker_owner", "maker_owner"):
                np.add.at(self.traded_in, (family, fills[side].astype(np.int64)), fills["qty"].astype(np.int64))

    def fills(self) -> np.ndarray:
        """FILL[k]: the trades of this round, a view that the next round overwrites."""
        return self.book.arrays.fills[: int(self.book.arrays.state["fills"][0])]

    # --- the end of the day ------------------------------------------------------------------------

    def settle_day(self, day: int, average: float | np.ndarray, fixed_share: float | np.ndarray,
                   adjust: Adjustment | None = None) -> None:
        """Set the day's settlement prices and empty the books.

        average : ticks, by family, mean of the index days of the delivery month published so far; fixed_share : the
        share of the month that they are. On its last day a month settles at its average, for good.
        adjust : what rules make of the prices of other days, a change in place given yesterday's
        """
        before, slots = self.settle.copy(), self.slots
        traded, quoted = slots["round_volume"] > 0, (slots["bid"] > 0) & (slots["ask"] > 0)
        vwap = np.where(traded, slots["round_value"] / np.maximum(slots["round_volume"], 1), 0.0)
        price = np.where(traded, np.floor(vwap + 0.5), np.where(quoted, slots["mark"], 0)).astype(np.int64)
        self.tier[:] = np.where(traded, 1, np.where(quoted, 2, 3))
        means, shares = (np.broadcast_to(x, len(self.families.all)).tolist() for x in (average, fixed_share))
        fronts = [self._fill_gaps(family, price, before, mean, share)
                  for family, mean, share in zip(self.families.all, means, shares, strict=True)]
        if adjust is not None:
            adjust(price, before)
        for front, mean in zip(fronts, means, strict=True):
            if self.days_left[front] == 0 and slots["listed"][front]:
                price[front], self.tier[front] = max(1, int(np.floor(mean + 0.5))), 0
        self._learn(np.maximum(price, 1))
        if self.families.many:
            self.families.attend(self.open_interest() * (self.settle * self.tick_cents).astype(np.float64))
        self.book.clear()

    def _fill_gaps(self, family: Family, price: np.ndarray, before: np.ndarray, average: float, share: float) -> int:
        """Price the months of one family that have none (int64[slots] in place, 0 for none); returns its front slot."""
        by_rank = family.start + np.argsort(self.slots["rank"][family.slots], kind="stable")
        known = [s for s in by_rank if price[s] > 0]
        for slot in by_rank:
            if price[slot] == 0:
                price[slot], self.tier[slot] = self._from_neighbours(slot, known, price, before)
        front = int(by_rank[0])
        if self.tier[front] >= 3 and self.slots["rank"][front] == 1:  # only what is averaged may be read off the index
            price[front] = round(share * average + (1.0 - share) * float(price[front]))
        return front

    def _from_neighbours(self, slot: int, known: list[int], price: np.ndarray, before: np.ndarray) -> tuple[int, int]:
        """Price (ticks) and tier of a month without trades or quotes: a neighbour's change, or none."""
        near = [k for k in known if abs(int(self.slots["rank"][k]) - int(self.slots["rank"][slot])) <= 1]
        if not near:
            return int(before[slot]), 4
        return max(1, int(before[slot]) + round(float(np.mean([price[k] - before[k] for k in near])))), 3

    def _learn(self, price: np.ndarray) -> None:
        """Take int64[contracts] settlement prices over, and learn volatility from their changes."""
        change = np.log(price / self.settle)
        half = (self.config.volatility_half_life, self.config.fast_volatility_half_life)
        for number, days in enumerate(half):
            keep = 0.5 ** (1.0 / days)
            self.variance[number] = keep * self.variance[number] + (1.0 - keep) * change**2
        self.settle[:] = price
        self.slots["mark"] = price
        self.history[self.settled_days] = np.where(self.slots["listed"] == 1, price * self.families.tick, np.nan)
        self.settled_days += 1

    def expire(self, day: int) -> list[int]:
        """The slots whose last day this was; they are no longer listed."""
        gone = [int(s) for s in np.flatnonzero((self.days_left == 0) & (self.slots["listed"] == 1))]
        for slot in gone:
            self.slots[slot]["listed"] = self.slots[slot]["rank"] = 0
        return gone

    def close(self) -> None:
        """Nothing is listed or traded any more."""
        for name in ("listed", "rank", "bid", "ask", "depth", "volume", "round_volume", "round_value"):
            self.slots[name] = 0
        self.traded[:] = 0

    def fees(self, gone: Sequence[int]) -> np.ndarray:
        """int64[n] cents: what each row owes for today's trades and for positions in slots that are settled."""
        families = self.families
        if families.many:
            fees = sum(self.traded_in[one.number] * one.contract.exchange_fee for one in families.all)
        else:
            fees = self.traded * self.contract.exchange_fee
        for slot in gone:
            contract = families.all[families.of[slot]].contract
            fees = fees + np.abs(self.ledger.position[:, slot]) * contract.settlement_fee
        return np.asarray(fees)

    def prices(self) -> np.ndarray:
        """float64[days, contracts]: settlement prices in dollars of the months now in the slots, nan before listing."""
        return self.history[: self.settled_days]

    def open_interest(self) -> np.ndarray:
        """int64[contracts]: contracts held long (and as many short)."""
        return column_sums(np.maximum(self.ledger.position, 0))

    # --- copies ------------------------------------------------------------------------------------

    def snapshot(self) -> dict:
        """A copy of all state."""
        arrays = ("slots", "traded", "traded_in", "settle", "tier", "variance", "days_left", "history")
        return {**{name: getattr(self, name).copy() for name in arrays}, "book": self.book.copy(),
                "settled_days": self.settled_days, "attention": self.families.attention.copy()}

    def restore(self, state: dict) -> None:
        """Continue from a copy."""
        self._looks = None
        for name, value in state.items():
            if name == "book":
                self.book = value.copy()
            elif name == "settled_days":
                self.settled_days = value
            elif name == "attention":
                self.families.attention = value.copy()
            else:
                getattr(self, name)[...] = value
