"""Margin in securities: bought with cash, valued every evening less a haircut, sold when an account fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.clearing.config_members import CollateralConfig
from sim.ledger import Ledger

BAND = 0.1  # holdings that are off by less than this share are left alone; judgement: saves trading every day
PAPER = 1


class Collateral:
    """Bills and compute-backed paper that accounts have pledged.

    Parameters
    ----------
    config    : which part of margin, and the haircuts
    ledger    : accounts; ``ledger.pledged`` is the value of what each has pledged
    row_label : name of the block of each row
    house_row : the close-out account, which pledges nothing

    Attributes
    ----------
    face   : int64[n, 2]  cents of bills and of paper at par
    price  : float64[2]   of a cent of face
    credit : int64[n]     cents that the house counts towards margin
    """

    def __init__(self, config: CollateralConfig, ledger: Ledger, row_label: Sequence[str], house_row: int) -> None:
        self.config, self.ledger = config, ledger
        self.may = ~np.isin(np.array(row_label, object), config.cash_only)
        self.may[house_row] = False
        self.share = np.tile([config.bills, config.paper], (ledger.n, 1))
        if config.paper_from:
            self.share[~np.isin(np.array(row_label, object), config.paper_from), PAPER] = 0.0
        self.haircut = np.array([config.bills_haircut, config.paper_haircut])
        self.face, self.price = np.zeros((ledger.n, 2), np.int64), np.ones(2)
        self.credit = np.zeros(ledger.n, np.int64)
        self.first_spot = np.nan
        self.shortfall = 0  # cents by which pledges of failed accounts brought less today than they were counted for

    def mark(self, spot: float) -> None:
        """Value everything anew; spot: $/GPU-hour, nan where it is not known."""
        if np.isnan(self.first_spot):
            self.first_spot = spot
        if spot > 0 and self.first_spot > 0:
            self.price[PAPER] = min(1.0, (spot / self.first_spot) ** self.config.paper_sensitivity)
        self._value()

    def _value(self) -> None:
        self.ledger.pledged[:] = np.floor(self.face * self.price).astype(np.int64).sum(axis=1)
        self.credit = self._credit(self.face)

    def _credit(self, face: np.ndarray) -> np.ndarray:
        return np.floor(face * self.price * (1.0 - self.haircut)).astype(np.int64).sum(axis=1)

    def rebalance(self, required: np.ndarray, open_: np.ndarray) -> None:
        """Buy and sell securities towards the wanted shares of int64[n] requirements, where bool[n] and where paid for.

        Cash margin is released as far as securities take its place, and posted again when they are sold.
        """
        worth = self.price * (1.0 - self.haircut)
        want = np.floor(required[:, None] * self.share / worth).astype(np.int64)
        off = np.abs(want - self.face).max(axis=1) > BAND * np.maximum(want, self.face).max(axis=1)
        rows = np.flatnonzero(off & self.may & open_)
        if not len(rows):
            return
        face, ledger = want[rows], self.ledger
        cost = np.ceil((face - self.face[rows]) * self.price).astype(np.int64).sum(axis=1)
        gain = self._credit(face) - self.credit[rows]
        margin = -np.minimum(gain, ledger.margin[rows])  # cents of cash margin to be posted
        able = ledger.cash[rows] - cost - margin >= 0
        rows, face, cost, margin = rows[able], face[able], cost[able], margin[able]
        ledger.post("collateral", rows, -cost, "outside world")
        ledger.post_margin(rows, margin)
        self.face[rows] = face
        self._value()

    def sell(self, rows: np.ndarray, hurry: bool = True) -> np.ndarray:
        """Turn what int64[k] accounts have pledged into cash; returns int64[k] cents more than it was counted for."""
        discount = np.array([0.0, self.config.fire_sale if hurry else 0.0])
        brings = np.floor(self.face[rows] * self.price * (1.0 - discount)).astype(np.int64).sum(axis=1)
        more = brings - self.credit[rows]
        if hurry:
            self.shortfall += int(np.maximum(-more, 0).sum())
        self.ledger.post("collateral", rows, brings, "outside world")
        self.face[rows] = 0
        self._value()
        return more

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state."""
        return {"face": self.face.copy(), "price": self.price.copy(), "first": self.first_spot,
                "shortfall": self.shortfall}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        self.face[...], self.price[...] = state["face"], state["price"]
        self.first_spot, self.shortfall = state["first"], state["shortfall"]
        self._value()
