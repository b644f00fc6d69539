"""Families of contracts in one market: rings of months side by side in the slots, and who looks at which.

A family is a future on one index with its own lot, tick and fees. Its months lie in a ring of slots: month m of a
family that begins at slot s has slot s + m mod months.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.market.base import Contract
from sim.plugin import Block, param

STRIDE = 1 << 20  # month numbers of one family to the next where tables name both in one number


class Family(NamedTuple):
    """Where one contract's months lie among the slots."""

    number: int
    contract: Contract
    start: int

    @property
    def months(self) -> int:
        """Contract months listed at a time."""
        return self.contract.months

    @property
    def slots(self) -> slice:
        """Its part of arrays over slots."""
        return slice(self.start, self.start + self.months)

    def slot(self, month: int) -> int:
        """The slot of an absolute month."""
        return self.start + month % self.months


class Competition(Block):
    """How those who trade everything spread their attention over several families; idle with one."""

    floor: float = param(0.2, unit="share", low=0, high=1,
                         doc="attention and capital that go to all families alike; the rest follows open positions",
                         source="judgement: a new venue is watched by some from its first day")
    half_life: float = param(42.0, unit="business days", above=0, high=5040, source="judgement: two months",
                             doc="half-life with which attention follows what is open in cents")


class Families:
    """All families of a market, in the order in which the scenario names them.

    Attributes
    ----------
    of         : int64[slots]     the family of each slot
    tick_cents : int64[slots]     cents that a tick is worth
    tick       : float64[slots]   dollars of a tick
    before     : int64[slots]     the slot of the month before, in the same ring
    token      : bool[families]   whether it is on tokens instead of GPU-hours
    attention  : float64[families]  shares in attention and capital, summing to one
    """

    def __init__(self, contracts: tuple[Contract, ...], rules: Competition) -> None:
        self.rules, self.all = rules, []
        start = 0
        for number, contract in enumerate(contracts):
            self.all.append(Family(number, contract, start))
            start += contract.months
        self.many, self.slots = len(contracts) > 1, start
        months = [family.months for family in self.all]
        self.of = np.repeat(np.arange(len(months)), months)
        self.tick_cents = np.repeat(np.array([c.tick_cents for c in contracts], np.int64), months)
        self.tick = np.repeat(np.array([c.tick for c in contracts]), months)
        self.before = np.concatenate([family.start + np.roll(np.arange(family.months), 1) for family in self.all])
        self.token = np.array([contract.underlying == "token" for contract in contracts])
        self.attention = np.full(len(months), 1.0 / len(months))

    def sums(self, amount: np.ndarray) -> np.ndarray:
        """float64[families]: sum of an array over slots in each family."""
        return np.bincount(self.of, amount, len(self.all))

    def attend(self, worth: np.ndarray) -> None:
        """Attention follows what is open: float64[slots] cents."""
        if not self.many:
            return
        held = self.sums(worth)
        even, keep = 1.0 / len(self.all), 0.5 ** (1.0 / self.rules.half_life)
        share = held / held.sum() if held.sum() > 0 else np.full(len(self.all), even)
        wanted = self.rules.floor * even + (1.0 - self.rules.floor) * share
        self.attention = keep * self.attention + (1.0 - keep) * wanted

    def consensus(self, forecast: dict[str, np.ndarray]) -> np.ndarray:
        """float64[families, 36] ticks: what each index is expected to average, by months ahead."""
        return np.stack([forecast[one.contract.index] / one.contract.tick for one in self.all])

    def lots(self, economy: Any) -> np.ndarray:
        """float64[families]: contracts of each that hold as much compute as one of the first, as is known today."""
        hours = self.all[0].contract.size
        return np.array([hours * one.contract.per_gpu_hour(economy) / one.contract.size for one in self.all])

    def partners(self, month: np.ndarray, listed: np.ndarray) -> np.ndarray:
        """int64[families, slots]: the listed slot of each family with the same delivery month, -1 if there is none."""
        found = np.full((len(self.all), self.slots), -1)
        for family in self.all:
            at = family.start + month % family.months
            same = listed & listed[at] & (month[at] == month)
            found[family.number] = np.where(same, at, -1)
        return found

    def named(self, month: np.ndarray) -> np.ndarray:
        """int64[slots]: month numbers that name the family as well; see ``STRIDE``."""
        return month + STRIDE * self.of

    @property
    def labels(self) -> tuple[str, ...]:
        """What tables call each family; empty where there is only one."""
        return tuple(family.contract.label for family in self.all) if self.many else ()
