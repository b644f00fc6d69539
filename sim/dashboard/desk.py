"""What the parts of a page share: the view, the visitor's runs, and how to change either."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from sim.dashboard import dials
from sim.dashboard.fitting import Refused, fit
from sim.dashboard.session import FULL_SPEED, Pair, Session
from sim.dashboard.settings import START, Settings, View

FIRST_LOOK = 62  # the last day of the first quarter, which is run at once


def first_scenario() -> str:
    """The scenario that the command was given."""
    return os.environ.get(START, "baseline")


def choices() -> dict[str, str]:
    """Scenarios that may be picked, with their titles: the shipped ones, and the file that the command was given."""
    known = dials.names()
    own = first_scenario()
    return known if own in known else {own: dials.scenario_named(own).title or own, **known}


def changed_words(settings: Settings) -> str:
    """What was changed, in short: "leverage 8, margin rate 0.075"."""
    found = {dial.key: dial.label.lower() for dial in
             dials.dials(dials.scenario_named(settings.scenario), settings.raw)}
    return ", ".join(f"{found.get(key, key)} {words_ or 'none'}" for key, words_ in settings.changes)


@dataclass(frozen=True)
class Desk:
    """What the parts of a page share: the view, the visitor's runs, and how to change either."""

    view: View
    session: Session
    set_view: Callable[[View], None]
    problems: dict[str, str]
    beside_problems: dict[str, str]

    @property
    def pair(self) -> Pair:
        """What is to be run."""
        return self.view.settings, self.view.beside

    @property
    def stale(self) -> bool:
        """Whether what is shown belongs to other settings than those chosen."""
        return bool(self.session.frames) and self.session.shown != self.pair

    @property
    def at(self) -> int:
        """The day that is shown."""
        wanted = self.view.look.get("day", "")
        last = self.session.day
        return min(int(wanted), last) if wanted.isdecimal() and not self.session.busy else last

    def settings(self, settings: Settings) -> None:
        """Choose other settings; nothing is run yet."""
        self.set_view(replace(self.view, settings=settings, look=self.look(agent="")))

    def look(self, **where: str) -> dict[str, str]:
        """Where the visitor looks, with something changed."""
        return {key: value for key, value in {**self.view.look, **where}.items() if value}

    def see(self, **where: str) -> None:
        """Look elsewhere."""
        self.set_view(replace(self.view, look=self.look(**where)))

    def run(self, until: int, pace: float = FULL_SPEED, anew: bool = False) -> None:
        """Go on until a day, from the beginning if settings are new."""
        if self.problems or self.beside_problems:
            return
        self.set_view(replace(self.view, look=self.look(day="")))
        self.session.play(self.pair, until, pace, anew)


def checked(settings: Settings | None) -> dict[str, str]:
    """What is wrong with some settings."""
    if settings is None:
        return {}
    try:
        fit(settings)
    except Refused as refusal:
        return refusal.problems
    return {}
