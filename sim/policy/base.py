"""What a policy may do: a rule with a first and a last day, and the points of the day at which it can act.

A policy holds parameters alone. What it remembers from day to day are arrays in ``rules.memory``, which the model
copies, so that a run can be branched. A hook that a type leaves as it is here costs nothing.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import model_validator

from sim.plugin import Plugin, param

FILING = "NYMEX submission 26-370 (2026-08-11)"
Memory = dict[str, np.ndarray]


class Policy(Plugin, family="policy"):
    """A rule that a regulator or an exchange sets from a date on."""

    binds: ClassVar[bool] = False  # whether positions beyond ``clip`` must be reduced once ``grace`` is over

    date: dt.date | None = param(None, unit="date", doc="the day from which it holds; the first day if left out",
                                 source="judgement: set by the scenario")
    until: dt.date | None = param(None, unit="date", doc="the day from which it no longer holds; it lasts if left out",
                                  source="judgement: set by the scenario")

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.date is not None and self.until is not None and self.until <= self.date:
            raise ValueError(f"`until` is {self.until}, but the rule begins on {self.date}; choose a later day")
        return self

    def in_force(self, date: dt.date) -> bool:
        """Whether it holds on a date."""
        return (self.date is None or date >= self.date) and (self.until is None or date < self.until)

    @abstractmethod
    def effect(self) -> str:
        """One English sentence that says what the rule does."""

    def effect_at(self, scale: float, float_lots: float) -> str:
        """The same with sizes at a scenario's scale; float_lots: uncommitted compute of a month, contracts."""
        return self.effect()

    def strangers(self, people: list[str]) -> Iterable[tuple[tuple[str, ...], str]]:
        """Names of blocks in the rule that nobody among the participants has: where, and what to do."""
        return ()

    def ending(self) -> str:
        """The end of that sentence: until when it holds."""
        return f", until {self.until.day} {self.until:%b %Y}" if self.until is not None else ""

    # --- points of the day at which a rule can act: ``rules`` is sim.policy.rules.Rules ---------------

    def remember(self, rows: int, months: int) -> Memory:
        """What it remembers, before the first day."""
        return {}

    def morning(self, model: Any, rules: Any) -> None:
        """Set what holds all day; called on every day in force, before anything else."""

    def may_list(self, model: Any, rules: Any, index: str) -> bool:
        """Whether new months of contracts on an index may be listed today."""
        return True

    def clip(self, model: Any, rules: Any, wish: np.ndarray) -> None:
        """Cut wishes, int64[n, contracts], to what is allowed, in place."""

    def shape(self, model: Any, rules: Any, block: Any, quotes: Any) -> None:
        """Change the quotes of a block of makers (``sim.agents.base.Quotes``) in place."""

    def band(self, model: Any, rules: Any, band: np.ndarray) -> None:
        """Narrow int64[2, contracts], the lowest and the highest price in ticks at which orders may stand."""

    def halted(self, model: Any, rules: Any, number: int, halted: np.ndarray) -> None:
        """Set bool[contracts] for what may not be traded in a round."""

    def after_round(self, model: Any, rules: Any, number: int) -> None:
        """Look at a round that is over."""

    def settlement(self, model: Any, rules: Any, price: np.ndarray, before: np.ndarray) -> None:
        """Change the day's settlement prices, int64[contracts] ticks, in place; before: yesterday's."""

    def evening(self, model: Any, rules: Any) -> None:
        """Charge and count, after gains and losses are paid and before margin is called."""


def number(value: float) -> str:
    """A number without needless decimals."""
    return f"{value:,.10g}"


def percent(value: float) -> str:
    """"15 %"."""
    return f"{float(f'{100 * value:.3g}'):g} %"


def contracts(lots: float, scale: float, float_lots: float) -> str:
    """A size in lots of the world, at a scenario's scale: "75 contracts at this scale, 0.14 % of a month's float"."""
    share = percent(lots * scale / float_lots)
    return f"{number(round(lots * scale))} contracts at this scale, {share} of a month's uncommitted compute"
