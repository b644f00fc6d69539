"""Why lenders refuse: what each reason takes away, and to whom it goes back."""

import math

import numpy as np
import pytest

from sim.credit.blame import NEWS, Blame
from sim.credit.conditions import UNIT, Conditions
from sim.credit.config import CreditConfig
from sim.credit.refusal import note_strain
from sim.freezing import CHANNELS
from tests.credit.test_credit_day import STORM, go, world


def conditions():
    config = CreditConfig()
    return Conditions(config.market, config.pools.relied_on, 3)


def test_the_shock_alone_is_news():
    c = conditions()
    c.weigh_refusals(0.25)
    assert c.refuse.causes() == [(NEWS, 1.0)]
    c.weigh_refusals(1.0)
    assert c.refuse.causes() == [(NEWS, 1.0)]  # nothing is refused, so nothing inside is to blame


def test_each_reason_counts_by_the_log_that_it_takes_away():
    c = conditions()
    c.stress, c.supply = 0.35, 0.4
    c.strain.add(7, UNIT)
    c.scarce.add(9, UNIT)
    c.weigh_refusals(0.5)
    logs = {NEWS: -math.log(0.5), 7: -math.log(c.available() * c._pools()), 9: -math.log(0.35 + 0.65 * 0.4)}
    found = dict(c.refuse.causes())
    for event, size in logs.items():
        assert found[event] == pytest.approx(size / sum(logs.values()))


def test_failed_banks_stay_to_blame_for_credit_that_is_missing():
    credit = go(world("cascade_2008", *STORM, "days=30"), 12).credit
    banks = credit.banks
    banks.alive[0], banks.fail_event[0], banks.ratio[0] = False, 5, 0.0
    banks.weak[1], banks.weak_event[1], banks.ratio[1] = True, 6, banks.rules.buffer - 0.01
    note_strain(credit.conditions, credit.borrowers, banks, credit.investors, np.zeros(0, np.int64), 0.04)
    scarce = credit.conditions.scarce.cents
    assert scarce[5] == pytest.approx(UNIT * banks.size[0] / banks.size.sum())
    assert scarce[6] == pytest.approx(UNIT * banks.size[1] / banks.size.sum())


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_way_of_credit_can_be_frozen_by_itself(channel):
    model = go(world("cascade_2008", *STORM, "days=60"), 20)
    model.freeze((channel,))
    credit = model.credit
    kept = {"collateral": lambda: credit.conditions.discount.tolist(), "haircut": lambda: credit.investors.haircut,
            "interbank": lambda: (credit.banks.alive.tolist(), credit.banks.price),
            "tranches": lambda: (credit.pools.mark.tolist(), credit.pools.downgraded.tolist()),
            "lending": lambda: (credit.conditions.stress, credit.conditions.supply)}
    before, free = kept[channel](), {name: state() for name, state in kept.items() if name != channel}
    twin = model.branch()
    go(model, 60)
    go(twin, 60)
    assert kept[channel]() == before
    assert any(kept[name]() != state for name, state in free.items())
    assert twin.credit.record() == model.credit.record()


def test_stress_takes_owners_appetite_by_its_causes_and_low_rents_by_news():
    c = conditions()
    c.stress = 0.4
    c.strain.add(7, UNIT)
    assert c.gloom(0.0).causes() == [(7, 1.0)]
    found = dict(c.gloom(-1.0).causes())
    assert found[7] == pytest.approx(0.6 / (0.6 + 0.8 * 0.75))
    assert sum(found.values()) == pytest.approx(1.0)


def test_a_default_goes_back_half_to_the_drain_and_half_to_the_missing_rescue():
    firms = go(world("cascade_2008", *STORM, "days=40"), 6).credit.borrowers
    firms.gloom, firms.pressed = Blame(), Blame()
    firms.gloom.add(7, UNIT)
    firms.pressed.add(8, UNIT)
    drained = [(3, 0.6), (NEWS, 0.4)]
    for ratio, event in ((0.0, 7), (1e9, 8)):  # owners lack appetite; the value does not cover the debt
        firms.owner_ratio[0] = ratio
        assert dict(firms._why_not_rescued(0, drained)) == pytest.approx({3: 0.3, event: 0.5, NEWS: 0.2})
