"""What stands for credit in a world without it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.credit.dials import CreditDials


class NoCredit:
    """A world in which operators own what they have: every call returns at once."""

    def __init__(self) -> None:
        self.dials = CreditDials()  # shocks to credit set them in vain
        self.frozen = False  # what is not there cannot react
        self.kept: frozenset[str] = frozenset()

    def step(self, model: Any) -> None:
        """Nothing happens."""

    def charge(self, kind: Any, rows: slice, amount: np.ndarray) -> None:
        """Parent companies outside pay."""

    def record(self) -> dict[str, float]:
        """No figures."""
        return {}

    def snapshot(self) -> dict[str, Any]:
        """Nothing changes."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing changes."""
