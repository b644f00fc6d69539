"""What a margin model must provide."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from sim.plugin import Plugin


class MarginModel(Plugin, family="margin"):
    """The share of notional that must be held as initial margin, from prices up to today's settlement."""

    @abstractmethod
    def rates(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts]: the rates in force from now on.

        Parameters
        ----------
        history : float64[days, contracts]  past settlement prices in dollars, oldest first; the last row
            is the last settlement known, nan where a contract was not listed; no rows before the first settlement,
            where a model answers from what it assumes of a young contract

        Returns
        -------
        float64[contracts]  nan where no rate can be said: the house then keeps the one it has
        """
