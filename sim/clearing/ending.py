"""The end of the market: when nobody stands behind the contracts any more they all end at the last settlement.

Every position of every account ends on the evening itself, at the settlement price that has just been paid, so that
nobody gains or loses by it. Margin, pledges and what members keep for clients go back to their owners; who still owes
money fails at once, and the layers pay for it as for every default; what is left of the fund goes back to its members.

Source: CPMI-IOSCO (2014), Recovery of financial market infrastructures: full tear-up as the last of the tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.clearing.causes import NEWS, Causes, blend

if TYPE_CHECKING:
    from sim.clearing.house import ClearingHouse
    from sim.clearing.tiers import Tiers


def over(house: ClearingHouse) -> Causes | None:
    """Why the market cannot go on after this evening, as causes; None: it goes on."""
    rule, tiers = house.config.closes, house.tiers
    if rule == "never" or house.frozen or house.closed:
        return None
    if tiers and tiers.members.failed.all():
        return blend([(1.0, [(int(event), 1.0)]) for event in tiers.event])
    if rule == "insolvent" and house.today["house_shortfall_cents"]:
        return [(house.insolvent, 1.0)]
    return None


def end_market(house: ClearingHouse, day: int, causes: Causes) -> None:
    """End every contract at the last settlement and settle what anybody still owes."""
    ledger, settle = house.ledger, house.settled
    size = int(np.maximum(ledger.position, 0).sum())
    ledger.basis[:] -= (ledger.position * (settle * house.tick_cents)).sum(axis=1)
    ledger.position[:] = 0
    if ledger.basis.any():
        raise AssertionError("contracts that end at the settlement price are worth what they were settled at")
    event = house.record.event(day, -1, "market closed", agent=house.house_row,
                               agent_type=house.row_label[house.house_row], quantity=size, causes=causes)
    if house.collateral:
        house.collateral.sell(np.flatnonzero(house.collateral.face.any(axis=1)), hurry=False)
    if house.tiers:
        house.tiers.members.advance[:] = 0
    ledger.post_margin(slice(None), -ledger.margin)
    house._weigh(settle)
    house.forced[:] = False
    house.call = np.where(house.plain & ~house.failed, np.maximum(-house.equity, 0), 0)
    house.call[house.house_row] = 0
    house.call_event[house.call > 0] = event
    house._fail(day, -1, house.call > 0, settle)
    if house.tiers:
        _members(house, house.tiers, day, event)
    else:
        house.cover(day)
    house.call[:], house.waited[:], house.call_event[:] = 0, 0, NEWS
    house.closed = True


def _members(house: ClearingHouse, tiers: Tiers, day: int, event: int) -> None:
    """What members and their fund owe and are owed when there is nothing left to clear."""
    members, ledger = tiers.members, house.ledger
    for member in members.alive()[ledger.cash[members.rows[members.alive()]] < 0].tolist():
        tiers.fail(member, day, -1, -int(ledger.cash[members.rows[member]]), [(event, 1.0)])
    members.leave(np.zeros(len(members.rows), np.int64))
    tiers.pay_debt(day)
    house.today["close_out_gain_cents"] += tiers.recovery.settle_up()
    tiers.fund.required[:] = 0
    tiers.fund.collect(day)
    tiers.unwinding[:] = False
    tiers.check()
