"""Cash that operators lose to their hedges: what treasuries pay into futures accounts, and what made them pay.

Losses are settled from the futures account day by day; at the end of a month the treasury fills the account up again
out of the operator's cash. So losses wait here with their causes until a payment follows, and then stand behind it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.credit.blame import NEWS, Blame

FADING = 0.85  # kept from one week to the next, as of everything else that has drained an operator


class Hedges:
    """Outflow to the futures market, operator by operator.

    Parameters
    ----------
    rows : int64[firms]  rows of operators in the ledger, ascending
    """

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
        self.paid = np.zeros(len(rows), np.int64)  # cents that treasuries have paid in today, negative: taken out
        self.waiting = [Blame() for _ in rows]  # losses on futures since the treasury last moved cash, by cause
        self.drained = [Blame() for _ in rows]  # cash lately paid for them

    def charge(self, cents: np.ndarray) -> None:
        """Note int64[firms] cents that treasuries pay today (negative: take out); bills and what pays them cancel."""
        self.paid += cents

    def day(self, house: Any, open_: bool) -> None:
        """The day's settlement, if the market was open, and payments, once the house has called margin.

        house : sim.clearing.house.ClearingHouse
        """
        if open_:
            self._settle(house)
        for i in np.flatnonzero(self.paid).tolist():
            self._pay(i, float(self.paid[i]))
        self.paid[:] = 0

    def _settle(self, house: Any) -> None:
        """Losses of the day wait with their causes: the margin call that followed, else whoever moved the prices."""
        gain = house.gain[self.rows]
        if not gain.any():
            return
        move = (house.settled - house.reference) * house.tick_cents
        episodes, weights = house.flow.parents(move)
        called = (house.call[self.rows] > 0) & (not house.frozen)
        for i in np.flatnonzero(gain).tolist():
            row, cents = int(self.rows[i]), float(gain[i])
            if cents > 0:
                _lessen(self.waiting[i], cents)
            elif called[i]:
                self.waiting[i].add(int(house.call_event[row]), -cents)
            else:
                for event, weight in moved_by(house.held[row], move, episodes, weights):
                    self.waiting[i].add(event, -cents * weight)

    def _pay(self, i: int, cents: float) -> None:
        """Cash leaves for what was lost; what goes beyond losses (a dearer market needs more margin) is news."""
        waiting, drained = self.waiting[i], self.drained[i]
        if cents > 0:
            known = min(cents, waiting.total())
            for event, weight in waiting.causes():
                drained.add(event, known * weight)
            drained.add(NEWS, cents - known)
        else:
            _lessen(drained, -cents)
        waiting.cents.clear()

    def week(self) -> None:
        """A week passes."""
        for blame in self.drained:
            blame.fade(FADING)

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes between two days."""
        return {"waiting": [dict(blame.cents) for blame in self.waiting],
                "drained": [dict(blame.cents) for blame in self.drained]}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, kept in state.items():
            for blame, cents in zip(getattr(self, name), kept, strict=True):
                blame.cents = dict(cents)


def moved_by(held: np.ndarray, move: np.ndarray, episodes: np.ndarray,
             weights: np.ndarray) -> list[tuple[int, float]]:
    """The causes of one account's loss: forced traders by their part in each price move, weighted by what it cost.

    held, move : int64[contracts]  contracts, cents a contract; episodes, weights : int64[k], float64[k, contracts]
    """
    cost = np.maximum(-held * move, 0)
    total = int(cost.sum())
    if total == 0 or not len(episodes):
        return [(NEWS, 1.0)]
    shares = (weights * cost).sum(axis=1) / total
    return [*zip(episodes.tolist(), shares.tolist(), strict=True), (NEWS, max(1.0 - float(shares.sum()), 0.0))]


def _lessen(blame: Blame, cents: float) -> None:
    """Take cents off in proportion, down to nothing."""
    total = blame.total()
    if total > 0:
        blame.fade(max(1.0 - cents / total, 0.0))
