"""The close-out account: positions of those who failed, traded out of by the clearing house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.clearing.causes import NEWS, Causes, blend, losing_legs
from sim.clearing.layers import share_out
from sim.ledger import INSTITUTIONS, Ledger

HOUSE = INSTITUTIONS.index("clearing house")


@dataclass
class Estate:
    """What one failed account left: its positions when taken over, and what it has cost since the last covering."""

    position: np.ndarray  # int64[contracts]
    loss: int  # cents
    guarantor: int = -1  # number of the clearing member that answers for it, -1 for none


class CloseOut:
    """The row of the ledger that holds defaulted positions, and the house's capital that stands behind it.

    Estates are kept in one pot. While it holds positions, what it loses is paid from the house's capital each
    evening; once it is flat, a surplus first returns what capital had paid, the remainder goes to the estates'
    owners.

    Parameters
    ----------
    ledger     : the ledger
    row        : the close-out account
    tick_cents : int64[contracts]  cents that a tick is worth
    """

    def __init__(self, ledger: Ledger, row: int, tick_cents: np.ndarray) -> None:
        self.ledger, self.row, self.tick_cents = ledger, row, tick_cents
        self.estates: dict[int, Estate] = {}  # by the event of the default
        self.hedged = False  # whether this round's trading hedges what waits for an auction
        self.advanced = 0  # cents that capital has paid since the account was last flat

    @property
    def position(self) -> np.ndarray:
        """int64[contracts]: what is still to be traded away."""
        return self.ledger.position[self.row]

    def take_over(self, row: int, event: int, equity: int, guarantor: int = -1) -> None:
        """Move an account's positions, margin and cash into the pot, as the named flow "default loss"."""
        ledger = self.ledger
        self.estates[event] = Estate(ledger.position[row].copy(), max(0, -equity), guarantor)
        self.sweep(np.array([row]))

    def sweep(self, rows: np.ndarray) -> None:
        """Move everything that int64[k] failed accounts hold."""
        ledger, own = self.ledger, np.array([self.row])
        ledger.post_margin(rows, -ledger.margin[rows])
        cash = ledger.cash[rows].copy()
        ledger.post("default loss", rows, -cash, "clearing house")
        ledger.post("default loss", own, np.array([cash.sum()]), "clearing house")
        for column in (ledger.position, ledger.basis):
            column[self.row] += column[rows].sum(axis=0)
            column[rows] = 0

    def target(self, pace: float) -> np.ndarray:
        """int64[contracts]: positions after one round's trading, at least one contract less where any is held."""
        size = np.abs(self.position)
        less = np.maximum(np.ceil(size * pace - 1e-9).astype(np.int64), 1)
        return np.sign(self.position) * np.maximum(size - less, 0)

    def shares(self, slot: int) -> list[tuple[int, float]]:
        """The defaults behind the pot's trading in one contract: who brought it, on the side that it is held."""
        side = np.sign(self.position[slot]) or 1
        brought = {event: max(0, int(estate.position[slot] * side)) for event, estate in self.estates.items()}
        total = sum(brought.values())
        if total == 0:  # the last contract has just gone: whoever held any
            brought = {event: abs(int(estate.position[slot])) for event, estate in self.estates.items()}
            total = sum(brought.values())
        if total == 0 and self.hedged:
            brought = {event: int(np.abs(estate.position).sum()) for event, estate in self.estates.items()}
            total = sum(brought.values())
        return [(event, size / total) for event, size in brought.items() if size] if total else []

    def attribute(self, move: np.ndarray) -> None:
        """Charge the day's move, int64[contracts] cents a contract, to the estates in the pot."""
        held = self.position != 0
        for estate in self.estates.values():
            estate.loss += int(losing_legs(np.where(held, estate.position, 0), move).sum())

    def causes(self) -> Causes:
        """The defaults behind what the pot has lost since the last covering."""
        parts = [(float(estate.loss), [(event, 1.0)]) for event, estate in self.estates.items()]
        if parts and not any(size for size, _ in parts):
            parts = [(1.0, causes) for _, causes in parts]
        return blend(parts) if parts else [(NEWS, 1.0)]

    def parts(self, debt: int) -> dict[int, int]:
        """Whole cents of a debt that each estate stands for, by what its positions lost since the last covering."""
        losses = [estate.loss for estate in self.estates.values()]
        shares = share_out(debt, losses if any(losses) else [1] * len(losses)) if losses else []
        return dict(zip(self.estates, shares, strict=True))

    def receive(self, amount: int) -> None:
        """Take cents that the house has for the pot."""
        self.ledger.post("default loss", np.array([self.row]), np.array([amount], np.int64), "clearing house")

    def flat(self) -> bool:
        """Whether nothing is left to be traded away."""
        return not self.position.any() and self.ledger.basis[self.row] == 0

    def forget_losses(self) -> None:
        """Start to attribute anew: everything up to now is covered."""
        for estate in self.estates.values():
            estate.loss = 0

    def cover(self, elsewhere: int = 0) -> tuple[int, int, int]:
        """Pay the pot's debt, or hand on its surplus once it is flat.

        elsewhere : cents of the margin that the house has not got itself, since members keep it

        Returns
        -------
        (loss, unpaid, gain)  cents: paid into the pot; of it, what capital could not bear and the owners of the
        house put in; surplus of a flat pot
        """
        ledger, own = self.ledger, np.array([self.row])
        cash = int(ledger.cash[self.row])
        if cash < 0:
            ledger.post("default loss", own, np.array([-cash]), "clearing house")
            self.advanced -= cash
            unpaid = max(0, -int(ledger.institution[HOUSE]) - elsewhere)
            if unpaid:
                ledger.transfer("house capital", "outside world", "clearing house", unpaid)
            cash, loss, gain = 0, -cash, 0
        else:
            loss, unpaid, gain = 0, 0, 0
        self.forget_losses()
        if self.flat():
            gain = cash
            back = min(cash, self.advanced)
            if back:
                ledger.post("default loss", own, np.array([-back]), "clearing house")
            if cash > back:
                ledger.post("close-out gain", own, np.array([back - cash]), "outside world")
            self.estates.clear()
            self.advanced = 0
        return loss, unpaid, gain

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state that is not in the ledger."""
        return {"advanced": self.advanced,
                "estates": {event: (e.position.copy(), e.loss, e.guarantor) for event, e in self.estates.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        self.advanced = state["advanced"]
        self.estates = {event: Estate(position.copy(), *rest) for event, (position, *rest) in state["estates"].items()}
