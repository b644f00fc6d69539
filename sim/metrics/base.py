"""What a summary metric must provide."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

from sim.plugin import Plugin


class Figure(NamedTuple):
    """What one figure of a summary is."""

    label: str  # as a table shows it
    unit: str
    better: str = ""  # "low", "high" or "" where neither is better
    doc: str = ""


class Metric(Plugin, family="metric"):
    """A few numbers of one kind that sum up a run.

    ``figures`` declares each by name; a name with something behind it (``volatility_index_assessed``) is
    covered by the declaration of its beginning (``volatility``).
    """

    figures: ClassVar[dict[str, Figure]] = {}

    @abstractmethod
    def compute(self, run: Any) -> dict[str, float]:
        """Name to value, from the frames of one run: ``run.daily``, ``contracts``, ``events``, ``causes``, ``agents``.

        What cannot be computed is left out or nan.
        """

    @classmethod
    def figure(cls, name: str) -> Figure:
        """The declaration of a figure. Raises KeyError for a name that is not declared."""
        known = [key for key in cls.figures if name == key or name.startswith(f"{key}_")]
        if not known:
            raise KeyError(f"the metric {cls.type_name!r} gives {name!r} but does not declare it")
        key = max(known, key=len)
        figure, rest = cls.figures[key], name[len(key) + 1 :].replace("_", " ")
        if rest.startswith("index "):
            rest = f"{rest.removeprefix('index ')} index"
        return figure._replace(label=f"{figure.label}, {rest}") if rest else figure
