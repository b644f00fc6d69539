"""Money that investors take out of funds, as events: what cost a fund their trust, and what its account lacked after.

Only free cash is paid out, so a payment by itself leaves no account short of margin. It takes away what would have
met the next loss: a call, forced sale, closure or default of the following day has the payment as a cause, with its
cents beside the cents that the day's moves cost.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.agents.flows import FlowFund
from sim.credit.blame import NEWS, Blame

MONTH = 21  # business days


class Withdrawals:
    """Redemptions of funds whose investors chase performance.

    Parameters
    ----------
    blocks : pairs of a type and its block
    house, record, n : the clearing house, where events go, rows of the ledger
    """

    def __init__(self, blocks: Any, house: Any, record: Any, n: int) -> None:
        self.house, self.record = house, record
        self.funds = [(kind, block) for kind, block in blocks if isinstance(kind, FlowFund) and kind.count]
        self.lost = np.zeros(n)  # cents that investors remember: losses of days, forgotten as performance is
        self.behind: dict[int, Blame] = {}  # row -> the part of them that goes back to forced trading

    def evening(self) -> None:
        """Remember what the day's settlement cost each fund, and which forced trading stands behind it."""
        for kind, block in self.funds:
            keep = (1.0 - kind.forgetting) ** (1.0 / MONTH)
            cost = np.maximum(-self.house.gain[block.rows], 0)
            lost = self.lost[block.rows]
            lost *= keep
            lost += cost
            lost[~block.alive] = 0.0
            for row in [row for row in self.behind if block.rows.start <= row < block.rows.stop]:
                self.behind[row].fade(keep)
                if not self.behind[row].cents or not block.alive[row - block.rows.start]:
                    del self.behind[row]
            if self.house.flow.forced:
                for at in np.flatnonzero(cost * block.alive).tolist():
                    self._blame(block.rows.start + at, float(cost[at]))

    def _blame(self, row: int, cents: float) -> None:
        """Say what moved the contracts on which a fund lost so many cents today."""
        for event, weight in self.house.causes_of(self.house.held[row], self.house.settled):
            if event != NEWS:
                self.behind.setdefault(row, Blame()).add(event, weight * cents)

    def note(self, day: int, frozen: bool = False) -> None:
        """Write down what was paid out this evening, and tell the house, whose calls of tomorrow it may explain.

        Comes after the evening's closures, which go by what accounts held before. frozen : whether nothing was paid
        """
        self.house.withdrawn = {}
        for kind, block in self.funds if not frozen else ():
            for at in np.flatnonzero(block.returned).tolist():
                row, cents = block.rows.start + at, int(block.returned[at])
                event = self.record.event(day, -1, "redemption", agent=row, agent_type=kind.label, amount=cents,
                                          causes=self._causes(row))
                self.house.withdrawn[row] = (event, cents)

    def _causes(self, row: int) -> list[tuple[int, float]]:
        """Forced trading behind the losses that investors remember; the rest of them, or no loss at all, is news."""
        why = Blame()
        why.cents = dict(self.behind[row].cents) if row in self.behind else {}
        why.add(NEWS, float(self.lost[row]) - why.total())
        return why.causes()

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state."""
        return {"lost": self.lost.copy(), "behind": {row: dict(blame.cents) for row, blame in self.behind.items()},
                "withdrawn": dict(self.house.withdrawn)}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        self.lost[:], self.behind = state["lost"], {}
        self.house.withdrawn = dict(state["withdrawn"])
        for row, cents in state["behind"].items():
            self.behind[row] = Blame()
            self.behind[row].cents = dict(cents)
