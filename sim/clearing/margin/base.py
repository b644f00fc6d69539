"""What a margin model must provide."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from sim.plugin import Plugin


class MarginModel(Plugin, family="margin"):
    """The share of notional that must be held as initial margin, from prices up to yesterday."""

    @abstractmethod
    def rate(self, history: np.ndarray) -> np.ndarray:
        """float64[contracts]: the rate in force, from float64[days, contracts] past settlement prices in dollars.

        The last row is the last settlement known; nan where a contract was not yet listed.
        """
