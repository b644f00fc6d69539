"""What a summary metric must provide."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from sim.plugin import Plugin


class Metric(Plugin, family="metric"):
    """One number, or a few, that sum up a run."""

    unit: ClassVar[str] = ""
    better: ClassVar[str] = ""  # "low", "high" or "" where neither is better

    @abstractmethod
    def compute(self, run: Any) -> dict[str, float]:
        """Name to value, from the tables of one run (``run.daily``, ``run.contracts``, ``run.events``, ``run.agents``)."""
