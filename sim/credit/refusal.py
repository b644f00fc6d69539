"""Why lenders refuse: what stress and the lack of bank credit go back to, in proportion to what each takes away."""

from __future__ import annotations

import numpy as np

from sim.credit import bank_rules
from sim.credit.banks import Banks
from sim.credit.blame import Blame
from sim.credit.borrowers import Borrowers
from sim.credit.conditions import UNIT, Conditions
from sim.credit.investors import PRIVATE, Investors


def note_strain(c: Conditions, firms: Borrowers, banks: Banks, funds: Investors, gone: np.ndarray,
                expected_loss: float) -> None:
    """A week adds to the causes of stress as ``Conditions.update`` adds to stress; int64[k] firms failed in it."""
    c.strain.fade(0.85)
    owed = firms.book.loans.sum(axis=1) / max(float(firms.book.loans.sum()), 1.0)
    excess = 4.0 * max(expected_loss - 0.05, 0.0) / max(expected_loss, 1e-9)
    failed = banks.rules.loss_given_default * np.where(firms.alive, 0.0, owed)
    for i in np.flatnonzero(failed):
        c.strain.add(int(firms.default_event[i]), UNIT * excess * float(failed[i]))
    for event, weight in firms.pressed.causes():
        c.strain.add(event, UNIT * excess * weight * (expected_loss - float(failed.sum())))
    for i in gone:
        c.strain.add(int(firms.default_event[i]), UNIT * 1.5 * float(owed[i]))
    private = max(int((funds.kind == PRIVATE).sum()), 1)
    for fund in np.flatnonzero(funds.gated):
        c.strain.add(int(funds.gate_event[fund]), UNIT * 0.5 / private)
    c.scarce = _scarcity(banks)
    for event, weight in c.scarce.causes():
        c.strain.add(event, UNIT * 0.8 * weight * (1.0 - banks.supply()))


def _scarcity(banks: Banks) -> Blame:
    """Who keeps bank credit short: banks that have failed or are thin; of others, what has made them thinner."""
    out, room = Blame(), bank_rules.room(banks.rules, banks.ratio) * banks.alive
    for bank in np.flatnonzero(room < 1.0):
        lacks = UNIT * float(banks.size[bank] * (1.0 - room[bank]) / banks.size.sum())
        own = int(banks.weak_event[bank] if banks.alive[bank] else banks.fail_event[bank])
        if own >= 0 and (banks.weak[bank] or not banks.alive[bank]):
            out.add(own, lacks)
        else:
            for event, weight in banks.blame[bank].causes():
                out.add(event, lacks * weight)
    return out
