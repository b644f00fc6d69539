"""Luck of the plain object model: Mesa's own random numbers, or those of the fast model for comparing both.

Timing uses the first, which is what a Mesa author would use and much the quicker of the two in plain Python.
"""

from __future__ import annotations

from typing import Any

from sim.streams import combine

FIFTY_THREE_BITS = 2.0**-53
EXPIRIES = 36  # expiries with a mood of their own


class OwnLuck:
    """Draws from ``model.random``; participants come in the order of ``shuffle_do``."""

    def __init__(self, model: Any) -> None:
        self.model, self.random = model, model.random

    def begin_day(self) -> None:
        """The common error of the day."""
        self.common = self.random.gauss(0.0, 1.0)

    def begin_round(self, number: int) -> None:
        """Nothing to do: every draw is new."""

    def looks(self, person: Any) -> bool:
        """Whether somebody looks at the market in this round."""
        return self.random.random() < person.style.activity

    def visits(self, person: Any) -> list[int]:
        """The contracts that somebody looks at in this round."""
        random, chances = self.random.random, person.style.chances
        return [contract for contract, chance in chances if random() < chance]

    def takes(self, person: Any, contract: int) -> float:
        """The draw that decides between taking and resting."""
        return self.random.random()

    def distance(self, person: Any, contract: int) -> float:
        """The draw that sets how far from the middle an order rests."""
        return self.random.random()

    def normal(self, person: Any, name: str) -> float:
        """A standard normal draw of the day."""
        return self.random.gauss(0.0, 1.0)

    def uniform(self, person: Any, name: str) -> float:
        """An even draw of the day."""
        return self.random.random()

    def moods(self, person: Any) -> list[float]:
        """A standard normal draw of the day for each contract."""
        gauss = self.random.gauss
        return [gauss(0.0, 1.0) for _ in self.model.books]

    def trade(self) -> None:
        """Everybody has a turn."""
        self.model.traders.shuffle_do("step")

    def quote(self) -> None:
        """Every maker has a turn."""
        self.model.makers.shuffle_do("quote")


class SameLuck:
    """The draws of the fast model, keyed by participant and expiry; participants come in its order of arrival."""

    def __init__(self, model: Any) -> None:
        self.model, self.streams = model, model.world.streams

    def begin_day(self) -> None:
        self.day, self.round, self.drawn = self.model.world.day, 0, {}
        self.common = float(self.streams.normal("fundamental_speculator.common", 1, self.day)[0])

    def begin_round(self, number: int) -> None:
        self.round, self.key = number, int(self.streams.key("market.round", self.day, number))

    def _uniform(self, key: int, number: int) -> float:
        return (combine(key, number) >> 11) * FIFTY_THREE_BITS

    def looks(self, person: Any) -> bool:
        return self._uniform(combine(person.key, self.key), 0) < person.style.activity

    def visits(self, person: Any) -> list[int]:
        return [contract for contract, chance in person.style.chances
                if self._uniform(self._own(person, contract), 0) < chance]

    def _own(self, person: Any, contract: int) -> int:
        return combine(combine(person.key, self.key), self.model.books[contract].month)

    def takes(self, person: Any, contract: int) -> float:
        return self._uniform(self._own(person, contract), 1)

    def distance(self, person: Any, contract: int) -> float:
        return self._uniform(self._own(person, contract), 2)

    def normal(self, person: Any, name: str) -> float:
        return self._block(person, name, 1)[person.row]

    def uniform(self, person: Any, name: str) -> float:
        return self._block(person, name, 1, self.streams.uniform)[person.row]

    def moods(self, person: Any) -> list[float]:
        draws, start = self._block(person, "mood", EXPIRIES), person.row * EXPIRIES
        return [draws[start + book.month % EXPIRIES] for book in self.model.books]

    def _block(self, person: Any, name: str, each: int, draw: Any = None) -> list[float]:
        label = f"{person.kind.label}.{name}"
        if label not in self.drawn:
            self.drawn[label] = (draw or self.streams.normal)(label, each * person.kind.count, self.day).tolist()
        return self.drawn[label]

    def trade(self) -> None:
        for person in sorted(self.model.traders, key=lambda p: combine(combine(p.key, self.key), 1)):
            person.step()

    def quote(self) -> None:
        luck = {label: self.streams.uniform(f"{label}.arrival", n, self.day, self.round)
                for label, n in {(maker.kind.label, maker.kind.count) for maker in self.model.makers}}
        for maker in sorted(self.model.makers, key=lambda m: luck[m.kind.label][m.row]):
            maker.quote()
