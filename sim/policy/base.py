"""What a policy must provide."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any

from sim.plugin import Plugin, param


class Policy(Plugin, family="policy"):
    """A rule that a regulator or an exchange sets from a date on."""

    date: dt.date | None = param(None, unit="date", doc="the day from which it holds; the first day if left out",
                                 source="judgement: set by the scenario")

    @abstractmethod
    def apply(self, model: Any, day: int) -> None:
        """Put the rule into force; called once, on its first day."""

    @abstractmethod
    def effect(self) -> str:
        """One English sentence that says what the rule does."""
