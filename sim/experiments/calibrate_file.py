"""A calibration: which parameters are to be set so that which moments come out.

For example: base ``baseline``, the parameter ``compute.noise.jump_sd`` between 0.05 and 0.4, and as target the
prices of ``my_prices.csv`` with their ``volatility`` and ``hill``, to be met by the simulated ``index_transaction``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from sim.experiments.designs import at
from sim.plugin import Block, param
from sim.scenario import Scenario
from sim.shape import plain

SET = "judgement: set by the calibration"


class Fitted(Block):
    """One parameter that is estimated, within bounds."""

    path: str | tuple[str, ...] = param(unit="path", source=SET,
                                        doc="what is changed, as after --set; a list of paths changes them together")
    name: str = param("", unit="name", doc="what it is called in tables; the path if left out", source=SET)
    low: float = param(unit="its own", doc="lower bound", source=SET)
    high: float = param(unit="its own", doc="upper bound", source=SET)
    spacing: Literal["even", "ratio"] = param("even", unit="name", source="judgement: even steps are read most easily",
                                              doc="how the range is searched: evenly, or by ratios")
    whole: bool = param(False, unit="yes or no", doc="whether it is a whole number", source=SET)

    choices: ClassVar[None] = None  # it has a range, for whoever lays out points

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is changed."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def label(self) -> str:
        """What it is called in tables."""
        return self.name or self.paths[0]

    def value(self, share: float) -> float:
        """The value at a share of the range."""
        return float(at(self, share))

    def share(self, value: float) -> float:
        """Where in the range a value lies: 0 to 1 inside."""
        if self.spacing == "ratio":
            return float(np.log(value / self.low) / np.log(self.high / self.low)) if value > 0 else -np.inf
        return (value - self.low) / (self.high - self.low)


class Target(Block):
    """A real series, or what was published of one, and the simulated series that is to be like it."""

    name: str = param(unit="name", doc="what it is called in tables", source=SET)
    simulated: str = param("index_transaction", unit="series", doc="daily figure of the simulation", source=SET)
    prices: str = param("", unit="file", source=SET,
                        doc="a CSV file of daily prices, or a series that comes with the package")
    column: str = param("price", unit="column", doc="the column that holds the price", source=SET)
    moments: tuple[str, ...] = param((), unit="moments", doc="which moments of those prices count", source=SET)
    block: int = param(20, unit="business days", low=1, high=1000, doc="length of the blocks that are resampled",
                       source="judgement: a month, which keeps spells of calm and of storm together")
    published: dict[str, float] = param(factory=dict, unit="moments", source=SET,
                                        doc="instead of prices: moments by name, where the prices are not public")
    days: int = param(0, unit="business days", low=0, high=10_000, source=SET,
                      doc="length of the series behind published moments")
    source: str = param("", unit="text", doc="where published moments are from", source=SET)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The moments that count."""
        return tuple(self.published) or self.moments


class Calibration(Block):
    """What is to be estimated, on what, and how much work is put into it."""

    name: str = param("calibration", unit="name", doc="names the folder; the file's name if left out", source=SET)
    title: str = param("", unit="text", doc="what it is called", source=SET)
    question: str = param("", unit="text", doc="what it asks; the opening comment if left out", source=SET)
    base: str = param("baseline", unit="scenario", doc="a file, or a shipped scenario", source=SET)
    changes: dict[str, Any] = param(factory=dict, unit="paths", doc="changes that hold throughout", source=SET)
    world: Literal["economy", "market"] = param(
        "economy", unit="name", source="judgement: the economy alone takes a second a year",
        doc="economy runs the physical economy alone, market the whole of it")
    parameters: tuple[Fitted, ...] = param(unit="blocks", doc="what is estimated", source=SET)
    targets: tuple[Target, ...] = param(unit="blocks", doc="what is to be met", source=SET)
    histories: int = param(8, unit="histories", low=2, high=1000, doc="of each trial, with the same seeds in all",
                           source="judgement: their noise adds an eighth to the variance of the real moments")
    trials: int = param(60, unit="trials", low=1, high=100_000, doc="points that are tried",
                        source="judgement: about fifteen for each of four parameters")
    batch: int = param(4, unit="trials", low=1, high=1000, source="judgement: a few, so that each learns from most",
                       doc="trials that are chosen together; what is found depends on it, and not on processes")
    seed: int = param(1, unit="seed", low=0, high=2**31 - 1, doc="luck of the search and of the bootstrap",
                      source="judgement: any number is as good")
    resamples: int = param(1000, unit="paths", low=50, high=100_000, doc="bootstrap paths of each series of prices",
                           source="judgement: their own noise is then a few per cent of a standard error")
    reference: int = param(40, unit="histories", low=5, high=100_000, source="judgement: four to eight a moment",
                           doc="histories at the base's values that tell how far published moments vary by luck")
    shrinkage: float = param(0.2, unit="share", low=0, below=1, source="judgement: keeps the inverse away from noise",
                             doc="share by which correlations between moments are drawn to zero")


@dataclass
class Plan:
    """A calibration that has been checked, with the real prices of each target that has them.

    start : value of each parameter in the base
    """

    calibration: Calibration
    base: Path
    source: Path
    prices: dict[str, np.ndarray]
    start: dict[str, float]

    def scenario(self, values: Mapping[str, float]) -> Scenario:
        """The scenario at a point. Raises BadInput where a value is refused."""
        found: dict[str, Any] = dict(self.calibration.changes)
        for parameter in self.calibration.parameters:
            value: float | int = values[parameter.label]
            found |= dict.fromkeys(parameter.paths, int(value) if parameter.whole else value)
        return Scenario.load(self.base, found)

    def length(self, target: Target) -> int:
        """Days of a target's series."""
        return len(self.prices[target.name]) if target.name in self.prices else target.days

    @property
    def days(self) -> int:
        """Days of a history: those of the longest target."""
        return max(self.length(target) for target in self.calibration.targets)

    def digest(self) -> str:
        """Eight hexadecimal digits of everything that decides what comes out, but for the program and the trials."""
        tree = {key: value for key, value in plain(self.calibration).items()
                if key not in ("name", "title", "question", "base", "trials")}
        real = {name: hashlib.sha256(series.tobytes()).hexdigest() for name, series in self.prices.items()}
        content = [tree, Scenario.load(self.base, self.calibration.changes).hash8(), real]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:8]
