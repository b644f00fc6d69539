"""What a shock must provide, and the three courses that shocks take: passing, spreading for good, sudden.

A shock sets primitives of the economy (its dials and levers) and never a price. It is a rule without memory: what
it does on a day follows from the day alone, so that a run can be copied and continued. On dials several shocks
compose: multipliers multiply, additions add up, and all is forgotten when the day is over.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any, Literal

import numpy as np

from sim.calendar import holidays
from sim.plugin import Plugin, param

Region = Literal["US", "CN", "EU", "ROW"]
REGIONS: tuple[Region, ...] = ("US", "CN", "EU", "ROW")  # in the order of the economy's rows
REGION_WORDS = {"US": "the United States", "CN": "China", "EU": "Europe", "ROW": "the rest of the world"}
HYPERSCALERS, OTHERS = [0], [1, 2]  # rows of the kinds of owner: data centres and small providers are the others


class Shock(Plugin, family="shock"):
    """Something that happens to the world on a known date."""

    date: dt.date = param(unit="date", doc="the day on which it begins", source="judgement: set by the scenario")

    @abstractmethod
    def apply(self, model: Any, day: int) -> None:
        """Change the world; called every day from the first day of the shock on, before anything else happens."""

    @abstractmethod
    def effect(self) -> str:
        """One English sentence that says what will change."""


# --- parameters that many shocks have ------------------------------------------------------------------------


def onset(default: int, source: str) -> Any:
    """Parameter: days until a shock has its full size."""
    return param(default, unit="business days", low=1, high=2520, source=source,
                 doc="days until it has its full size, in equal steps; 1: at once")


def hold(default: int, source: str) -> Any:
    """Parameter: days at full size."""
    return param(default, unit="business days", low=0, high=5040, doc="days that it stays at full size", source=source)


def half_life(default: float | None, source: str) -> Any:
    """Parameter: how a shock fades."""
    return param(default, unit="business days", low=0, high=5040, source=source,
                 doc="half-life of the return to normal after that; 0: at once; nothing: it lasts")


def where(default: tuple[Region, ...] = REGIONS, source: str = "judgement: a world-wide event unless said") -> Any:
    """Parameter: the regions that a shock reaches."""
    return param(default, unit="regions", doc="where it happens", source=source, min_length=1)


# --- courses -----------------------------------------------------------------------------------------------------


class Passing(Shock):
    """A shock that builds up, stays and fades."""

    onset: int = onset(1, "judgement: at once unless a type says otherwise")
    hold: int = hold(0, "judgement: set by each type")
    half_life: float | None = half_life(None, "judgement: it lasts unless a type says otherwise")

    def level(self, since: int) -> float:
        """Part of the full size, 0 to 1, `since` business days after the first day (0)."""
        if since < 0:
            return 0.0
        over = since + 1 - self.onset - self.hold
        if over <= 0 or self.half_life is None:
            return min(1.0, (since + 1) / self.onset)
        return 0.0 if self.half_life == 0 else 2.0 ** (-over / self.half_life)

    def apply(self, model: Any, day: int) -> None:
        level = self.level(day - model.calendar.day_on(self.date))
        if level > 0:
            self.contribute(model.economy, day, level)

    @abstractmethod
    def contribute(self, economy: Any, day: int, level: float) -> None:
        """Set the dials of one day to the part `level` of the full size."""

    def course(self) -> str:
        """How it goes on, as the end of a sentence."""
        full = day_after(self.date, self.onset - 1)
        parts = [f"it builds up until {in_words(full)}"] if self.onset > 1 else []
        if self.half_life is None:
            return f"; {parts[0]} and then lasts" if parts else "; it lasts"
        end = in_words(day_after(full, self.hold))
        fades = f"fades with a half-life of {number(self.half_life)} business days"
        if not parts:
            stays = f"it lasts until {end}"
            return f"; {stays}" if self.half_life == 0 else f"; {stays} and then {fades}"
        if self.half_life == 0:
            return f"; {parts[0]} and ends after {end}"
        return f"; {parts[0]}, stays until {end} and then {fades}"


class Spreading(Shock):
    """A change that spreads over some days and then stays."""

    onset: int = onset(1, "judgement: at once unless a type says otherwise")

    def apply(self, model: Any, day: int) -> None:
        since = day - model.calendar.day_on(self.date)
        if 0 <= since < self.onset:
            self.spread(model.economy, 1.0 / self.onset)

    @abstractmethod
    def spread(self, economy: Any, part: float) -> None:
        """Change the world by a part of the whole, once a day until all of it is done."""

    def course(self) -> str:
        """How it goes on, as the end of a sentence."""
        if self.onset == 1:
            return ", for good"
        return f"; it spreads until {in_words(day_after(self.date, self.onset - 1))} and stays"


class Sudden(Shock):
    """Something that happens on one day."""

    def apply(self, model: Any, day: int) -> None:
        if day == model.calendar.day_on(self.date):
            self.strike(model.economy)

    @abstractmethod
    def strike(self, economy: Any) -> None:
        """Change the world, once."""


# --- words -------------------------------------------------------------------------------------------------------


def partly(full: float, level: float) -> float:
    """A multiplier of which only a part has come: 1 at level 0, `full` at level 1."""
    return 1.0 + (full - 1.0) * level


def day_after(date: dt.date, days: int) -> dt.date:
    """The business day `days` after the first one on or after a date."""
    closed = [day for year in range(date.year - 1, date.year + days // 250 + 3) for day in holidays(year)]
    later: dt.date = np.busday_offset(np.datetime64(date, "D"), days, roll="forward", holidays=closed).astype(object)
    return later


def in_words(date: dt.date) -> str:
    """"5 Oct 2026"."""
    return f"{date.day} {date:%b %Y}"


def number(value: float) -> str:
    """A number without needless decimals."""
    return f"{value:,.10g}"


def percent(value: float) -> str:
    """"15 %"."""
    return f"{round(100 * value, 1):g} %"


def change(multiple: float) -> str:
    """What a multiplier does, as a verb: "falls by 85 %", "rises 6-fold"."""
    if multiple == 1:
        return "stays as it is"
    if multiple >= 2:
        return f"rises {number(round(multiple, 2))}-fold"
    return f"{'rises' if multiple > 1 else 'falls'} by {percent(abs(multiple - 1))}"


def places(regions: tuple[Region, ...]) -> str:
    """"in Europe and China"; nothing where it is everywhere."""
    if set(regions) == set(REGIONS):
        return ""
    words = [REGION_WORDS[name] for name in dict.fromkeys(regions)]
    return " in " + (words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1])


def rows(regions: tuple[Region, ...]) -> list[int]:
    """The economy's rows of some regions, each once."""
    return sorted({REGIONS.index(name) for name in regions})
