"""What a margin model must provide."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from sim.clearing.margin.portfolio import NetOfSpreads, Offsets, Requirement
from sim.plugin import Plugin

LONG, SHORT = 0, 1


class MarginModel(Plugin, family="margin"):
    """The share of notional that must be held as initial margin, from prices up to today's settlement."""

    @abstractmethod
    def rates(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts]: the rates in force from now on, the same for both sides of a contract.

        Parameters
        ----------
        history : float64[days, contracts]  past settlement prices in dollars, oldest first; the last row
            is the last settlement known, nan where a contract was not listed; no rows before the first settlement,
            where a model answers from what it assumes of a young contract

        Returns
        -------
        float64[contracts]  nan where no rate can be said: the house then keeps the one it has
        """

    def sides(self, history: np.ndarray) -> np.ndarray:
        """float64[2, contracts]: the rates for who is long and for who is short; the same unless a model says more."""
        return np.stack([self.rates(history)] * 2)

    def unconditional(self, history: np.ndarray, days: int) -> np.ndarray:
        """float64[2, contracts]: as ``sides``, with all of the last so many days weighing the same."""
        return self.over(days, history).sides(history)

    def over(self, days: int, history: np.ndarray) -> MarginModel:
        """The same model looking back so many days, or as far as is known if that is less, but no less than it does."""
        window = getattr(self, "window", 0)
        return self.looking_back(max(window, min(days, len(history) - 1)))

    def looking_back(self, days: int) -> MarginModel:
        """The same model with a lookback of so many days; one without a lookback is its own answer."""
        return self.model_copy(update={"window": days}) if "window" in type(self).model_fields else self

    def stressed(self, stress: np.ndarray, days: int) -> np.ndarray:
        """float64[2, contracts]: as ``sides``, after a stretch of so many days of stress and nothing else."""
        return self.looking_back(days).sides(stress)

    def requirement(self, history: np.ndarray, offsets: Offsets) -> Requirement:
        """What whole accounts must hold until the next settlement; see ``sim.clearing.margin.portfolio``."""
        return NetOfSpreads(offsets.scaled(self.rates(history)), offsets)
