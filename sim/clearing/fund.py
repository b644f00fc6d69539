"""The default fund: sized by what the largest members would lose in a stress, paid in by all of them."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from sim.clearing.config_members import FundConfig
from sim.clearing.layers import cover, share_out
from sim.clearing.members import NEVER, NOBODY, Members
from sim.ledger import INSTITUTIONS, Ledger

FUND = INSTITUTIONS.index("default fund")
WHOLE = 10_000  # price moves are counted in ten-thousandths
TEST_EVERY = 5  # business days between looks at whether the stress has outgrown the fund; judgement: weekly
STATE = ("balance", "required", "short_since")


class Fund:
    """Contributions of all members, and what each of them should be.

    Parameters
    ----------
    config  : size, stresses and dates
    members : who pays in
    ledger  : accounts
    minimum : cents that each living member contributes at least

    Attributes
    ----------
    balance     : int64[m]  cents of each member that are in the fund
    required    : int64[m]  cents that should be
    short_since : int64[m]  day since which a member has owed the fund, ``NOBODY`` if it does not
    """

    def __init__(self, config: FundConfig, members: Members, ledger: Ledger, minimum: int) -> None:
        m = len(members.rows)
        self.config, self.members, self.ledger, self.minimum = config, members, ledger, minimum
        self.balance, self.required = np.zeros(m, np.int64), np.zeros(m, np.int64)
        self.short_since = np.full(m, NOBODY)
        self.resized = NOBODY
        self.stress = 0.0  # cents: loss over margin that the fund should cover, when last looked at

    def moves(self, rank: np.ndarray) -> np.ndarray:
        """int64[scenarios, contracts] ten-thousandths of price, for int64[contracts] ranks from the nearest month."""
        last = max(int(rank.max()), 1)
        near = np.where(rank > 0, (last - rank) / max(last - 1, 1), 0.0)
        flat = [np.full(len(rank), move) for move in self.config.parallel]
        return np.rint(np.array([*flat, *(move * near for move in self.config.tilts)]) * WHOLE).astype(np.int64)

    def stress_losses(self, value: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """float64[scenarios, m] cents that members would lose beyond margin, their clients' deficits among it.

        value : int64[contracts] cents that a contract is worth; rank : int64[contracts], 1 nearest month, 0 not listed

        A client's gain helps no other client.
        """
        ledger, members = self.ledger, self.members
        rows = np.flatnonzero((members.of != NOBODY) & (members.lost == NEVER) & ledger.position.any(axis=1))
        position, margin, of = ledger.position[rows], ledger.margin[rows], members.of[rows]
        out = []
        for move in self.moves(rank):
            beyond = np.maximum(-(position * (value * move // WHOLE)).sum(axis=1) - margin, 0)
            loss = np.zeros(len(members.rows), np.int64)
            np.add.at(loss, of, beyond)
            out.append(np.where(members.failed, 0, loss))
        return np.array(out, np.float64)

    def review(self, day: int, value: np.ndarray, rank: np.ndarray) -> None:
        """Set what members should contribute: on the date, or upwards when the stress has outgrown the fund."""
        alive = self.members.alive()
        if not len(alive):
            return
        due = self.resized == NOBODY or day - self.resized >= self.config.resize
        if not due and (day - self.resized) % TEST_EVERY:
            return
        losses = self.stress_losses(value, rank)[:, alive]
        need = cover(losses, self.config.cover, self.config.buffer)
        self.stress = need.loss
        if not due and need.loss <= self.config.breach * float(self.required[alive].sum()):
            return
        self.resized = day
        worst = losses.max(axis=0).astype(np.int64).tolist()
        shares = share_out(ceil(need.fund), worst) if any(worst) else [0] * len(alive)
        sized = np.maximum(np.array(shares, np.int64), self.minimum)
        self.required[:] = 0
        self.required[alive] = sized if due else np.maximum(sized, self.balance[alive])

    def collect(self, day: int) -> None:
        """Members pay in what is missing and get back what is too much."""
        for member in self.members.alive().tolist():
            gap = int(self.required[member] - self.balance[member])
            if gap < 0:
                row = self.members.rows[member : member + 1]
                self.ledger.post("default fund", row, np.array([-gap], np.int64), "default fund")
                self.balance[member] += gap
            elif gap > 0:
                self.balance[member] += self.members.pay("default fund", member, gap, "default fund")
            if self.balance[member] >= self.required[member]:
                self.short_since[member] = NOBODY
            elif self.short_since[member] == NOBODY:
                self.short_since[member] = day

    def late(self, day: int) -> list[int]:
        """Members that have owed the fund for longer than they may."""
        owing = (self.short_since != NOBODY) & ~self.members.failed
        return np.flatnonzero(owing & (day - self.short_since > self.config.replenish)).tolist()

    def use(self, members: np.ndarray, amounts: np.ndarray) -> None:
        """Pay int64[k] cents of members' contributions to the house."""
        self.balance[members] -= amounts
        self.ledger.transfer("default fund", "default fund", "clearing house", int(amounts.sum()))

    def refill(self, members: np.ndarray, amounts: np.ndarray) -> None:
        """Put int64[k] cents back that were used."""
        self.balance[members] += amounts
        self.ledger.transfer("default fund", "clearing house", "default fund", int(amounts.sum()))

    def give_back(self, member: int) -> int:
        """Return what a failed member's contribution was not needed for to its owner; returns cents."""
        left, owner = int(self.balance[member]), int(self.members.owner[member])
        if left and owner != NOBODY:
            self.ledger.post("default fund", np.array([owner]), np.array([left]), "default fund")
        elif left:
            self.ledger.transfer("default fund", "default fund", "outside world", left)
        self.balance[member] = self.required[member] = 0
        return left

    def check(self) -> None:
        """Raise AssertionError unless the fund holds what its members have paid in, and nobody less than nothing."""
        held = int(self.ledger.institution[FUND])
        if held != int(self.balance.sum()) or (self.balance < 0).any():
            raise AssertionError(f"the default fund holds {held} cents, contributions are {self.balance.tolist()}")

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state."""
        return {"arrays": {name: getattr(self, name).copy() for name in STATE}, "resized": self.resized,
                "stress": self.stress}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        for name, array in state["arrays"].items():
            getattr(self, name)[...] = array
        self.resized, self.stress = state["resized"], state["stress"]
