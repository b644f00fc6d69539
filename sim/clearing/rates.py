"""The rates of every day: a margin model and the rules against procyclicality that act on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.clearing.margin.base import MarginModel

Pick = Callable[[np.ndarray], np.ndarray]


def larger_side(sides: np.ndarray) -> np.ndarray:
    """float64[contracts]: the rate that covers either side, from float64[2, contracts]."""
    return sides.max(axis=0)


class RateRule:
    """Asks the model once for every settlement, and each rule in turn; remembers what they answered.

    Parameters
    ----------
    model  : margin model
    damper : rule against procyclicality
    pick   : which of the rates for long and short are meant
    """

    def __init__(self, model: MarginModel, damper: Damper, pick: Pick = larger_side) -> None:
        damper.check(model)
        self.model, self.rules, self.pick = model, damper.chain(), pick
        self.before: np.ndarray | None = None  # int64[contracts], the month before each; None: the slot before
        self.days = 0
        self.paths = np.empty((1 + len(self.rules), 0, 0))  # [model and rules, days, contracts]

    def update(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts]: rates in force from now on, from prices as ``MarginModel.rates`` takes them.

        nan where neither the model nor an earlier day has an answer.
        """
        self._room(history.shape[1])
        self._inherit(history)
        day, paths = self.days, self.paths
        today = self.model.rates(history) if self.pick is larger_side else self.pick(self.model.sides(history))
        today = np.asarray(today, np.float64)
        paths[0, day] = np.where(np.isfinite(today), today, paths[0, day - 1] if day else np.nan)
        for stage, rule in enumerate(self.rules, 1):
            past = Past(paths[stage - 1, : day + 1], paths[stage, :day], history, self.model, self.pick)
            paths[stage, day] = rule.adjust(past)
        self.days += 1
        return paths[-1, day].copy()

    def scale(self) -> np.ndarray:
        """float64[contracts]: what the rules make of one dollar of the model's margin today."""
        model, final = self.paths[0, self.days - 1], self.paths[-1, self.days - 1]
        return np.divide(final, model, out=np.ones_like(final), where=model > 0)

    def _room(self, contracts: int) -> None:
        """A row for today; room doubles, so that a day rarely moves memory."""
        stages, held, _ = self.paths.shape
        if self.days == held:
            room = np.full((stages, max(64, 2 * held), contracts), np.nan)
            room[:, :held] = self.paths if held else 0.0
            self.paths = room

    def _inherit(self, history: np.ndarray) -> None:
        """A month listed since yesterday takes over the rates of the month before it, as its prices do."""
        if len(history) < 2 or not self.days or not self.rules:
            return
        for contract in np.flatnonzero(np.isnan(history[-2]) & ~np.isnan(history[-1])):
            near = contract - 1 if self.before is None else self.before[contract]
            self.paths[:, : self.days, contract] = self.paths[:, : self.days, near]

    # --- copies ----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of what has been answered."""
        return {"days": self.days, "paths": self.paths[:, : self.days].copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a copy."""
        self.days, self.paths = state["days"], state["paths"].copy()
