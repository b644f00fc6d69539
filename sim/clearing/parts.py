"""What the pieces of a house with members share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.clearing.members import NEVER

if TYPE_CHECKING:
    from sim.clearing.accounts import Accounts
    from sim.clearing.config import ClearingConfig
    from sim.clearing.fund import Fund
    from sim.clearing.members import Members
    from sim.clearing.recovery import Recovery
    from sim.ledger import Ledger
    from sim.streams import Streams


class Parts:
    """The parts that ``sim.clearing.tiers.Tiers`` makes, for those who work with them."""

    house: Accounts
    config: ClearingConfig
    ledger: Ledger
    members: Members
    fund: Fund
    recovery: Recovery
    streams: Streams
    event: np.ndarray  # int64[m]: the event of each member's default
    unwinding: np.ndarray  # bool[n]: clients without a member whose positions are traded away
    today: dict[str, int]
    attempts: int  # auctions held for what is in the pot

    def _room(self) -> np.ndarray:
        """int64[m] cents of margin that each member can still take on."""
        members = self.members
        load = members.total(np.where(members.lost == NEVER, self.house.required, 0)) - members.advance
        room = np.floor(self.config.porting.capacity * self._equity()).astype(np.int64) - load
        return np.where(members.failed, -1, room)

    def _equity(self) -> np.ndarray:
        """int64[m] cents: what each member has, its contribution to the fund among it; gains of the day left out."""
        rows = self.members.rows
        return self.ledger.cash[rows] + self.ledger.margin[rows] + self.fund.balance
