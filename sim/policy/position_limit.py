"""Position limits and accountability: how large one participant may be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Self

import numpy as np
from pydantic import model_validator

from sim.errors import near_miss
from sim.plugin import param
from sim.policy.base import FILING, Memory, Policy, contracts, number, percent
from sim.policy.clipping import clip_months, clip_net, clip_path

FREE = np.int64(1) << np.int64(40)  # contracts: no limit


class PositionLimit(Policy, type="position_limit"):
    """Nobody may hold more than so many contracts in the spot month, in one month, or net over all months.

    Wishes and quotes are cut to the limit; who is above it when it begins to hold has a few days of grace, then must
    trade down. Sizes are those of the whole world and shrink with the scenario's scale.
    Source: NYMEX submission 26-370 (2026-08-11) for the spot month; CFTC Part 150 (86 FR 3236) for the form.
    """

    binds = True

    spot_month: int | None = param(7500, unit="lots of the world", low=0, doc="limit in the month that expires next",
                                   source=f"{FILING}: 7,500 lots")
    spot_days: int = param(3, unit="business days", low=0, high=30, source=f"{FILING}: three days",
                           doc="days before the last trade from which the limit of the spot month holds")
    single_month: int | None = param(None, unit="lots of the world", low=0, doc="limit in any one month",
                                     source=f"{FILING}: none, only an accountability level")
    all_months: int | None = param(None, unit="lots of the world", low=0, doc="limit on the sum over all months",
                                   source=f"{FILING}: none, only an accountability level")
    hedgers_exempt: bool = param(True, unit="yes or no", source="CFTC Part 150: bona-fide hedges are exempt",
                                 doc="whether users may hold as much long, and suppliers short, as they need or make")
    makers_exempt: bool = param(True, unit="yes or no", source="judgement: exchanges exempt makers on request",
                                doc="whether market makers and arbitrageurs are exempt")
    one_owner: tuple[str, ...] = param(
        (), unit="names of blocks", source="CFTC Part 150.4: accounts under common ownership or control are added up",
        doc="blocks whose participants belong to one owner each: the limit binds their positions together, without "
            "exemption; what is too much is cut from all of them alike")
    grace: int = param(1, unit="business days", low=0, high=252, source="judgement: a day's notice",
                       doc="evenings above the limit after which a position is reduced by force")

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        named = [(name, getattr(self, name)) for name in ("spot_month", "single_month", "all_months")]
        given = [(name, value) for name, value in named if value is not None]
        if not given:
            raise ValueError("no limit is given; set `spot_month`, `single_month` or `all_months`")
        for (narrow, small), (wide, large) in pairwise(given):
            if small > large:
                raise ValueError(f"`{narrow}` ({small:,}) is above `{wide}` ({large:,}), so it could never bind; "
                                 f"lower it or raise `{wide}`")
        return self

    def effect(self) -> str:
        return self._said(lambda lots: f"{number(lots)} lots of the world")

    def effect_at(self, scale: float, float_lots: float) -> str:
        return self._said(lambda lots: f"{number(lots)} lots ({contracts(lots, scale, float_lots)})")

    def _said(self, words: Any) -> str:
        parts = []
        if self.spot_month is not None:
            parts.append(f"{words(self.spot_month)} in the spot month (its last {self.spot_days} days)")
        if self.single_month is not None:
            parts.append(f"{words(self.single_month)} in one month")
        if self.all_months is not None:
            parts.append(f"{words(self.all_months)} net over all months")
        exempt = [who for who, free in (("hedges of one's own need", self.hedgers_exempt),
                                        ("makers", self.makers_exempt)) if free]
        owners = "".join(f" All of {name.replace('_', ' ')} count as one owner." for name in self.one_owner)
        return (f"No participant may hold more than {', '.join(parts)}; {' and '.join(exempt) if exempt else 'nobody'} "
                f"{'are' if exempt else 'is'} exempt{self.ending()}.{owners}")

    def strangers(self, people: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        for name in self.one_owner:
            if name not in people:
                yield ("one_owner",), (f'nobody who takes part is called "{name}"{near_miss(name, people) or ";"} '
                                       f'there are: {", ".join(people)}')

    def limits(self, model: Any, family: Any) -> tuple[np.ndarray, int]:
        """int64[months] contracts in each month of a family, and in all of them, before exemptions."""
        exchange, scale, slots = model.exchange, model.scenario.scale, family.slots
        month = np.full(family.months, FREE)
        if self.single_month is not None:
            month[:] = round(self.single_month * scale)
        if self.spot_month is not None:
            near = (exchange.slots["listed"][slots] == 1) & (exchange.days_left[slots] <= self.spot_days)
            month[near] = np.minimum(month[near], round(self.spot_month * scale))
        return month, int(FREE) if self.all_months is None else round(self.all_months * scale)

    def _add_up(self, model: Any, family: Any, wish: np.ndarray) -> None:
        """Cut what the accounts of one owner want together, in int64[n, months] wishes of one family."""
        month, total = self.limits(model, family)
        for kind, block in model.blocks.trading:
            if kind.label in self.one_owner:
                mine = np.ascontiguousarray(wish[block.rows].T)
                held = np.ascontiguousarray(block.position[:, family.slots].T)
                ends = np.array([-total]), np.array([total])
                clip_net(mine, -month, month)
                clip_net(mine.reshape(1, -1), *ends)
                clip_path(mine, held, -month, month)  # some accounts may trade before others
                clip_path(mine.reshape(1, -1), held.reshape(1, -1), *ends)
                wish[block.rows] = mine.T

    def bounds(self, model: Any, rules: Any, family: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """int64[n, months] lowest and highest position in each month of a family, int64[n] of their sum."""
        slots, (month, total) = family.slots, self.limits(model, family)
        listing, rows = model.exchange.slots["listed"][slots] == 1, model.ledger.n
        high = np.repeat(month[None], rows, axis=0)
        low, top, bottom = -high, np.full(rows, total), np.full(rows, -total)
        need = rules.exempt_need(model, self.hedgers_exempt, family)  # users positive, suppliers negative
        listed = int(listing.sum())
        np.maximum(high, need[:, None], out=high)
        np.minimum(low, need[:, None], out=low)
        np.maximum(top, need * listed, out=top)
        np.minimum(bottom, need * listed, out=bottom)
        free = rules.unbound(model, self.makers_exempt)
        high[free], low[free], top[free], bottom[free] = FREE, -FREE, FREE, -FREE
        seen = rules.elsewhere(model)
        seen = None if seen is None else seen[:, slots]
        if seen is not None:  # what is held elsewhere uses the limit up; it forces nobody to the other side
            high, low = np.maximum(high - seen, 0), np.minimum(low - seen, 0)
            top, bottom = np.maximum(top - seen.sum(axis=1), 0), np.minimum(bottom - seen.sum(axis=1), 0)
        return low, high, bottom, top

    def clip(self, model: Any, rules: Any, wish: np.ndarray) -> None:
        for family in model.families.all:
            low, high, bottom, top = self.bounds(model, rules, family)
            own = wish[:, family.slots]
            clip_months(own, low, high)
            clip_net(own, bottom, top)
            if self.all_months is not None:
                clip_path(own, model.ledger.position[:, family.slots], bottom, top)
            if self.one_owner:
                self._add_up(model, family, own)

    def shape(self, model: Any, rules: Any, block: Any, quotes: Any) -> None:
        if self.makers_exempt:
            return
        for family in model.families.all:
            slots = family.slots
            low, high, bottom, top = (bound[block.rows] for bound in self.bounds(model, rules, family))
            held = block.position[:, slots]
            for size, room, all_room in ((quotes.bid_size[:, slots], high - held, top - held.sum(axis=1)),
                                         (quotes.ask_size[:, slots], held - low, held.sum(axis=1) - bottom)):
                np.minimum(size, np.maximum(room, 0) // quotes.levels, out=size)
                shown = (size * quotes.levels).sum(axis=1)
                keep = np.clip(all_room / np.maximum(shown, 1), 0.0, 1.0)
                size[:] = np.floor(size * keep[:, None]).astype(np.int64)


class Accountability(Policy, type="accountability"):
    """Above a level a participant must answer to the exchange, and may grow only slowly.

    Source: NYMEX submission 26-370 (2026-08-11): levels of 15,000 lots in one month and 22,500 in all.
    """

    single_month: int = param(15000, unit="lots of the world", low=0, doc="level in any one month",
                              source=f"{FILING}: 15,000 lots")
    all_months: int = param(22500, unit="lots of the world", low=0, doc="level of the sum over all months",
                            source=f"{FILING}: 22,500 lots")
    growth: float = param(0.05, unit="share of the level a day", low=0, high=1,
                          doc="how much a position beyond the level may still grow in a day",
                          source="judgement: the exchange may order that nothing is added")

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        if self.single_month > self.all_months:
            raise ValueError(f"`single_month` ({self.single_month:,}) is above `all_months` ({self.all_months:,}), "
                             "so it could never bind; lower it")
        return self

    def effect(self) -> str:
        return self.effect_at(1.0, 0.0)

    def effect_at(self, scale: float, float_lots: float) -> str:
        one = contracts(self.single_month, scale, float_lots) if float_lots else f"{number(self.single_month)} lots"
        every = contracts(self.all_months, scale, float_lots) if float_lots else f"{number(self.all_months)} lots"
        return (f"Who holds more than {one} in one month or {every} in all must answer to the exchange, and grows by "
                f"no more than {percent(self.growth)} of the level a day{self.ending()}.")

    def remember(self, rows: int, months: int) -> Memory:
        return {"above": np.zeros(rows, np.bool_), "start": np.zeros((rows, months), np.int64)}

    def morning(self, model: Any, rules: Any) -> None:
        rules.memory[self.label]["start"][:] = model.ledger.position

    def levels(self, model: Any) -> tuple[int, int]:
        """Contracts at the scenario's scale: in one month, in all."""
        return round(self.single_month * model.scenario.scale), round(self.all_months * model.scenario.scale)

    def clip(self, model: Any, rules: Any, wish: np.ndarray) -> None:
        start = rules.memory[self.label]["start"]
        one, every = self.levels(model)
        step, more = round(self.growth * one), round(self.growth * every)
        free = rules.unbound(model, False)
        before = wish[free]
        clip_months(wish, np.minimum(start, -one) - step, np.maximum(start, one) + step)
        for family in model.families.all:
            net = start[:, family.slots].sum(axis=1)
            clip_net(wish[:, family.slots], np.minimum(net, -every) - more, np.maximum(net, every) + more)
        wish[free] = before

    def evening(self, model: Any, rules: Any) -> None:
        held, above = model.ledger.position, rules.memory[self.label]["above"]
        one, every = self.levels(model)
        now = np.abs(held).max(axis=1) > one
        for family in model.families.all:
            now |= np.abs(held[:, family.slots].sum(axis=1)) > every
        now[rules.unbound(model, False)] = False
        for row in np.flatnonzero(now & ~above).tolist():
            rules.event(model, "accountability", row, int(np.abs(held[row]).sum()))
        above[:] = now
        rules.today["accountable_participants"] += int(now.sum())
