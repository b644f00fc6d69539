"""Daily price limits: caps, pauses, expansions, and an early close."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from pydantic import model_validator

from sim.plugin import param
from sim.policy.base import Memory, Policy, number, percent


class PriceLimit(Policy, type="price_limit"):
    """No trade beyond a share of the prior settlement; at the limit trading goes on, pauses, widens or ends.

    A day on which only buyers are left settles at its upper limit (and the other way round), so what is owed comes
    in instalments. The final settlement to the mean of the index knows no limit.
    Source: CME and LME rule books: 15 % a day at the LME since March 2022; NYMEX energy limits widen three times.
    """

    limit: float = param(0.15, unit="share of prior settlement", above=0, high=100, doc="width on either side",
                         source="LME from 16 March 2022: 15 % a day for base metals")
    on_hit: Literal["cap", "pause", "expand", "close"] = param(
        "cap", unit="rule", source="judgement: as at the LME",
        doc="at the limit: trading goes on within it, pauses, pauses and goes on within a wider one, or ends")
    pause: int = param(1, unit="rounds", low=0, high=100, doc="length of a pause",
                       source="judgement: CME pauses for minutes; a round is about an hour")
    expansions: tuple[float, ...] = param((0.30, 0.45, 0.60), unit="shares of prior settlement",
                                          doc="widths after the first, second, … hit (expand)",
                                          source="NYMEX energy: three expansions of the first width")
    after_lock: float = param(1.0, unit="multiple", low=1, high=10, source="judgement: as wide as every day",
                              doc="how much wider the limit is on the day after one that settled at it")
    together: bool = param(True, unit="yes or no", source="CME: associated contracts follow the primary one",
                           doc="whether the month with the largest open interest decides for all")
    spot_month: bool = param(True, unit="yes or no", source="judgement: as at the LME, for all dates",
                             doc="whether the month that expires next has limits too")

    @model_validator(mode="after")
    def _widths_grow(self) -> Self:
        widths = (self.limit, *self.expansions)
        if self.on_hit == "expand" and any(b <= a for a, b in pairwise(widths)):
            raise ValueError(f"`expansions` must each be wider than the one before, and than `limit`: {widths}")
        if self.on_hit == "expand" and not self.expansions:
            raise ValueError("`expansions` is empty, so there is nothing to widen to; choose another `on_hit`")
        return self

    def effect(self) -> str:
        hit = {"cap": "trading goes on within it", "pause": f"trading pauses for {self.pause} rounds",
               "expand": f"trading pauses for {self.pause} rounds and the limit widens to "
                         f"{', '.join(percent(width) for width in self.expansions)}",
               "close": "the day ends"}[self.on_hit]
        wider = f", {number(self.after_lock)} times that after a day that settled at it" if self.after_lock > 1 else ""
        return (f"No trade more than {percent(self.limit)} from the prior settlement{wider}; at the limit "
                f"{hit}{self.ending()}.")

    def remember(self, rows: int, months: int) -> Memory:
        return {"stage": np.zeros(months, np.int64), "open_again": np.zeros(months, np.int64),
                "locked": np.zeros(months, np.bool_), "hit": np.zeros(months, np.bool_)}

    def morning(self, model: Any, rules: Any) -> None:
        memory = rules.memory[self.label]
        for name in ("stage", "open_again", "hit"):
            memory[name][:] = 0

    def limits(self, model: Any, rules: Any) -> np.ndarray:
        """int64[2, contracts] ticks: today's lowest and highest price, as far as the limit has widened by now."""
        memory, settle = rules.memory[self.label], model.exchange.settle
        widths = np.array([self.limit, *self.expansions])[memory["stage"]]
        width = widths * np.where(memory["locked"], self.after_lock, 1.0)
        low = np.minimum(np.ceil(settle * np.maximum(1.0 - width, 0.0) - 1e-9), settle - 1).astype(np.int64)
        high = np.maximum(np.floor(settle * (1.0 + width) + 1e-9), settle + 1).astype(np.int64)
        bounds = np.stack([np.maximum(low, 1), high])
        if not self.spot_month:
            bounds[:, model.exchange.slots["rank"] == 1] = rules.WIDE[:, None]
        return bounds

    def band(self, model: Any, rules: Any, band: np.ndarray) -> None:
        low, high = self.limits(model, rules)
        np.maximum(band[0], low, out=band[0])
        np.minimum(band[1], high, out=band[1])

    def halted(self, model: Any, rules: Any, number: int, halted: np.ndarray) -> None:
        halted |= number < rules.memory[self.label]["open_again"]

    def at_limit(self, model: Any, rules: Any) -> tuple[np.ndarray, np.ndarray]:
        """bool[contracts] each: only buyers are left and bid the upper limit; only sellers, at the lower one."""
        slots, (low, high) = model.exchange.slots, self.limits(model, rules)
        bid, ask, open_ = slots["bid"], slots["ask"], slots["listed"] == 1
        up = open_ & (bid >= high) & ((ask == 0) | (ask > high))
        return up, open_ & (ask > 0) & (ask <= low) & ((bid == 0) | (bid < low))

    def after_round(self, model: Any, rules: Any, number: int) -> None:
        slots, memory = model.exchange.slots, rules.memory[self.label]
        low, high = self.limits(model, rules)
        np.clip(slots["mark"], low, high, out=slots["mark"])
        up, down = self.at_limit(model, rules)
        traded = slots["round_volume"] > 0
        hit = (slots["listed"] == 1) & (number >= memory["open_again"])
        hit &= up | down | (traded & ((slots["last"] >= high) | (slots["last"] <= low)))
        if not hit.any():
            return
        if self.together:
            interest = model.exchange.open_interest() * (slots["listed"] == 1)
            for family in model.families.all:
                own = family.slots
                hit[own] = hit[own][int(np.argmax(interest[own]))] & (slots["listed"][own] == 1)
            if not hit.any():
                return
        for slot in np.flatnonzero(hit & ~memory["hit"])[: 1 if self.together else None].tolist():
            rules.event(model, "price limit", -1, 0, slot=slot, round_=number)
        memory["hit"] |= hit
        if self.on_hit in ("pause", "expand"):
            memory["open_again"][hit] = number + 1 + self.pause
        elif self.on_hit == "close":
            memory["open_again"][hit] = model.scenario.rounds
        if self.on_hit == "expand":
            memory["stage"][hit] = np.minimum(memory["stage"][hit] + 1, len(self.expansions))

    def settlement(self, model: Any, rules: Any, price: np.ndarray, before: np.ndarray) -> None:
        low, high = self.limits(model, rules)
        up, down = self.at_limit(model, rules)
        listed = model.exchange.slots["listed"] == 1
        price[up], price[down] = high[up], low[down]
        price[listed] = np.clip(price, low, high)[listed]
        memory = rules.memory[self.label]
        memory["locked"][:] = listed & ((price >= high) | (price <= low))
        rules.today["limit_months"] += int(memory["hit"].sum())
        rules.today["locked_months"] += int((up | down).sum())
