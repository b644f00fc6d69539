"""What must be true of a house with members at the end of every day; a breach is a defect of the program."""

from __future__ import annotations

import numpy as np

from sim.clearing.fund import Fund
from sim.clearing.members import KEPT, Members
from sim.clearing.recovery import Recovery
from sim.ledger import Ledger


def check(ledger: Ledger, members: Members, fund: Fund, recovery: Recovery) -> None:
    """Raise AssertionError where what members, fund and house hold is not what their books say.

    That variation margin, money and contracts sum to zero is asserted where they move and by ``Ledger.check``.
    """
    fund.check()
    kept = int(ledger.institution[KEPT])
    if kept != int(members.kept.sum()) or (members.kept < 0).any():
        raise AssertionError(f"members hold {kept} cents of clients' margin, their books say {members.kept.tolist()}")
    if (recovery.assessed > np.floor(recovery.config.assessments * recovery.base)).any():
        raise AssertionError("a survivor was assessed beyond its cap")
    if recovery.own_capital() < 0 or recovery.debt():
        raise AssertionError("the house ends the day in debt")
    if (ledger.margin < 0).any():
        raise AssertionError("an account holds less than no margin")
    if members.advance[members.failed].any() or members.kept[members.failed].any():
        raise AssertionError("a member that has failed still answers for clients")
