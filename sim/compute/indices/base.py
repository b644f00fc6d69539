"""What every published price index provides."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.plugin import Block, Plugin, param
from sim.units import BUSINESS_DAYS

if TYPE_CHECKING:
    from sim.compute.economy import Economy

State = dict[str, np.ndarray]


class Trust(Block):
    """How far users may rely on an index, measured from what it does."""

    contributors: float = param(5.0, unit="contributors", above=0, high=1e4,
                                doc="number of contributors at which the part for their number is one half",
                                source="judgement: regulators ask for at least five to eight price reporters")
    restated: float = param(0.5, unit="log", above=0, high=10,
                            doc="remembered restatements at which the part for them falls by a factor e",
                            source="judgement: ten changes of 5 % within a year or two end a benchmark's use")
    memory: float = param(252.0, unit="business days", above=0, high=2520,
                          doc="half-life with which restatements are forgotten", source="judgement: a year")
    gap: float = param(0.25, unit="log", above=0, high=10,
                       doc="mean distance to transactions at which the part for it falls by a factor e",
                       source="judgement: two H100 indices lay 16 % apart in 2025-26 and both were used")
    window: float = param(63.0, unit="business days", above=0, high=2520,
                          doc="time constant over which contributors and distance are averaged",
                          source="judgement: a quarter")


class Index(Plugin, family="index"):
    """A price published once per business day; $/GPU-hour rounded to $0.01 where not said otherwise.

    On a day on which too few report, yesterday's value stands. Trust is the geometric mean of four parts in [0, 1],
    measured every day: n / (n + n0) for n contributors; one less the share of the largest; e^-(restatements
    remembered / scale); e^-(mean absolute log distance to transactions / scale).

    An index holds parameters only. What it remembers from day to day is a dictionary of arrays that
    the economy keeps, so that a run can be copied and continued.
    """

    name: str = param("", unit="label", doc="name under which it is published; the type where empty",
                      source="judgement: a label, without effect on what happens")
    restatements: float = param(0.0, unit="per year", low=0, high=50, doc="changes of method that move the level",
                                source="judgement: none is known of indices of this type")
    restatement_least: float = param(0.03, unit="log", low=0, high=1, doc="least size of one, either sign",
        source="Silicon Data announcements 2025-03 to 2026-09, the only ones there are")
    restatement_most: float = param(0.07, unit="log", low=0, high=1, doc="largest size of one, either sign",
        source="Silicon Data announcements 2025-03 to 2026-09, the only ones there are")
    confidence: Trust = Trust()
    per_unit: ClassVar[int] = 100  # smallest steps of the published value in one dollar

    @property
    def label(self) -> str:
        """The name under which contracts and results know this index."""
        return self.name or self.type_name

    @property
    def place(self) -> int:
        """The one region whose rent it measures, an index into US, CN, EU, ROW; -1 for more than one."""
        return -1

    @abstractmethod
    def start(self, economy: Economy) -> State:
        """What the index remembers, before the first day."""

    @abstractmethod
    def value(self, economy: Economy, state: State, day: int) -> float:
        """The value of a day before rounding, nan if too few report; may change `state`."""

    @abstractmethod
    def expected(self, economy: Economy, state: State, day: int) -> np.ndarray:
        """float64[37]: log of the expected daily value today and 21m - 10.5 business days ahead, m = 1..36."""

    @abstractmethod
    def contributors(self, economy: Economy, state: State) -> tuple[float, float]:
        """How many contributed today, and the share of the largest."""

    @abstractmethod
    def transactions(self, economy: Economy, day: int) -> float:
        """Log level of today's transactions in what the index measures."""

    def restate(self, state: State, factor: float) -> None:
        """A change of method that multiplies the level from the next value on."""
        state["restatement"] += math.log(factor)
        state["restated"] += abs(math.log(factor))

    def change_method(self, economy: Economy, state: State, day: int) -> None:
        """Restate the index on the days on which its publisher changes the method."""
        if self.restatements <= 0:
            return
        u = economy.streams.uniform(f"index.{self.label}.restatement", 3, day)
        if u[0] < self.restatements / BUSINESS_DAYS:
            size = self.restatement_least + (self.restatement_most - self.restatement_least) * u[1]
            self.restate(state, math.exp(size if u[2] < 0.5 else -size))

    def memory(self, economy: Economy) -> State:
        """What every index remembers: its restatements, and its measures of trust."""
        return {"restatement": np.zeros(1), "restated": np.zeros(1), "measures": np.full(3, np.nan)}

    def trust(self, economy: Economy, state: State, day: int, value: float) -> float:
        """Trust in [0, 1] after today's published value."""
        c, before = self.confidence, state["measures"].tolist()
        number, largest = self.contributors(economy, state)
        gap = abs(math.log(max(value, 0.5 / self.per_unit)) - self.transactions(economy, day))
        if math.isnan(before[0]):
            before = [number, largest, gap]
        number, largest, gap = (old + (new - old) / max(1.0, c.window)
                                for old, new in zip(before, (number, largest, gap), strict=True))
        state["measures"][:] = number, largest, gap
        state["restated"] *= 2.0 ** (-1.0 / c.memory)
        kept = math.exp(-state["restated"].item() / c.restated - gap / c.gap)
        return max(0.0, number / (number + c.contributors) * (1 - largest) * kept) ** 0.25

    def leave(self, economy: Economy, state: State, providers: int) -> None:
        """The heaviest members leave the panel for good. Raises ValueError for an index without a panel."""
        raise ValueError(f"the index {self.label!r} has no panel that providers could leave")
