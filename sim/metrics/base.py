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


def leading(contracts: Any) -> Any:
    """The rows of the first family of contracts under the names of their months; all, where there is only one.

    contracts : data frame of one run, in which several families are told apart as in "deals 2026-10"
    """
    if not len(contracts) or "contract" not in contracts or " " not in str(contracts["contract"].iloc[0]):
        return contracts
    parts = contracts["contract"].str.rsplit(" ", n=1)
    own = contracts[parts.str[0] == parts.iloc[0][0]]
    return own.assign(contract=own["contract"].str.rsplit(" ", n=1).str[1])


class Metric(Plugin, family="metric"):
    """A few numbers of one kind that sum up a run.

    ``figures`` declares each by name; a name with something behind it (``volatility_index_assessed``) is
    covered by the declaration of its beginning (``volatility``).
    """

    figures: ClassVar[dict[str, Figure]] = {}
    every_family: ClassVar[bool] = False  # whether ``run.contracts`` has all families; else the leading one alone

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
