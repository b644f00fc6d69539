"""What every published price index provides."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from sim.plugin import Plugin, param

if TYPE_CHECKING:
    from sim.compute.economy import Economy

State = dict[str, np.ndarray]


class Index(Plugin, family="index"):
    """A price in $/GPU-hour published once per business day, rounded to $0.01.

    An index holds parameters only. What it remembers from day to day is a dictionary of arrays that
    the economy keeps, so that a run can be copied and continued.
    """

    name: str = param("", unit="label", doc="name under which it is published; the type where empty",
                      source="judgement: a label, without effect on what happens")

    @property
    def label(self) -> str:
        """The name under which contracts and results know this index."""
        return self.name or self.type_name

    @abstractmethod
    def start(self, economy: Economy) -> State:
        """What the index remembers, before the first day."""

    @abstractmethod
    def value(self, economy: Economy, state: State, day: int) -> float:
        """The value of a day in $/GPU-hour before rounding; may change `state`."""

    @abstractmethod
    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        """float64[37]: log of the expected daily value today and 21m - 10.5 business days ahead, m = 1..36."""

    def restate(self, state: State, factor: float) -> None:
        """A change of method that multiplies the level from the next value on."""
        state["restatement"] += np.log(factor)

    def leave(self, economy: Economy, state: State, providers: int) -> None:
        """The heaviest members leave the panel for good. Raises ValueError for an index without a panel."""
        raise ValueError(f"the index {self.label!r} has no panel that providers could leave")
