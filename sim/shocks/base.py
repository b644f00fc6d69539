"""What a shock must provide."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any

from sim.plugin import Plugin, param


class Shock(Plugin, family="shock"):
    """Something that happens to the world on a known date."""

    date: dt.date = param(unit="date", doc="the day on which it begins", source="judgement: set by the scenario")

    @abstractmethod
    def apply(self, model: Any, day: int) -> None:
        """Change the world; called every day from the first day of the shock on, before anything else happens."""

    @abstractmethod
    def effect(self) -> str:
        """One English sentence that says what will change."""
