"""What distress of operators and funds goes back to: hedges that cost cash, and the end of who owed a prime broker."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clearing.causes import loss_causes
from sim.credit.blame import NEWS, Blame
from sim.credit.hedges import FADING, Hedges, moved_by
from tests.credit.test_credit_day import go, world

SURGE = ("shocks=[{type: demand_surge, date: 2026-11-09, tokens: 1.2, pass_through: 1.0, onset: 5, hold: 252}]",
         "agents.data_centre.buffer=0.05", "agents.data_centre.speculation=0", "agents.data_centre.headroom=0",
         "credit.owners.cash=1")


def house(gain, held, settled, call=(), call_event=(), forced=None):
    """A clearing house after the evening's call: two accounts, two contracts that cost 100 ticks this morning."""
    parents = forced or (np.zeros(0, np.int64), np.zeros((0, 2)))
    return SimpleNamespace(
        gain=np.array(gain), held=np.array(held), settled=np.array(settled), reference=np.array([100, 100]),
        tick_cents=np.array([10, 10]), call=np.array([*call, 0, 0][:2]), call_event=np.array([*call_event, -1, -1][:2]),
        frozen=False, flow=SimpleNamespace(parents=lambda move: parents))


def test_cash_paid_into_a_futures_account_goes_back_to_who_moved_the_price():
    hedges = Hedges(np.array([0, 1]))
    forced = np.array([7]), np.array([[0.25, 0.0]])  # episode 7 took a quarter of what moved the first contract
    hedges.day(house([-400, 0], [[-4, 0], [0, 0]], [110, 100], forced=forced), True)
    assert hedges.waiting[0].cents == pytest.approx({7: 100.0, NEWS: 300.0})
    assert not hedges.drained[0].cents  # nothing has been paid yet
    hedges.charge(np.array([600, -5]))  # the treasury pays more than was lost: margin has become dearer
    hedges.day(house([0, 0], [[0, 0], [0, 0]], [100, 100]), True)
    assert hedges.drained[0].cents == pytest.approx({7: 100.0, NEWS: 500.0})
    assert not hedges.waiting[0].cents and not hedges.drained[1].cents
    hedges.charge(np.array([-300, 0]))  # half of it comes back
    hedges.day(house([0, 0], [[0, 0], [0, 0]], [100, 100]), True)
    hedges.week()
    assert hedges.drained[0].cents == pytest.approx({7: 50.0 * FADING, NEWS: 250.0 * FADING})


def test_a_margin_call_stands_behind_the_loss_that_brought_it_and_gains_take_losses_back():
    hedges = Hedges(np.array([0, 1]))
    hedges.day(house([-400, -50], [[-4, 0], [0, -1]], [110, 105], call=(90,), call_event=(31,)), True)
    assert hedges.waiting[0].cents == {31: 400.0}
    hedges.day(house([100, -50], [[-4, 0], [0, -1]], [97, 105]), True)
    assert hedges.waiting[0].cents == {31: 300.0}
    assert hedges.waiting[1].cents == {NEWS: 100.0}
    hedges.day(house([-999, -999], [[-4, 0], [0, -1]], [97, 105]), False)  # the market is closed: figures are old
    assert hedges.waiting[0].total() == 300.0
    twin = Hedges(hedges.rows)
    twin.restore(hedges.snapshot())
    hedges.waiting[0].cents.clear()
    assert twin.waiting[0].cents == {31: 300.0}


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=3), st.lists(st.integers(-9, 9), min_size=3, max_size=3),
       st.lists(st.floats(0.0, 0.5), min_size=6, max_size=6))
def test_losses_of_operators_are_explained_as_the_house_explains_those_of_its_accounts(held, move, shares):
    episodes, weights = np.array([3, 8]), np.array(shares).reshape(2, 3)
    ours = dict(moved_by(np.array(held), np.array(move), episodes, weights))
    theirs = dict(loss_causes(np.array(held), np.array(move), episodes, weights))
    assert sum(ours.values()) == pytest.approx(1.0)
    for event in {*ours, *theirs}:
        assert ours.get(event, 0.0) == pytest.approx(theirs.get(event, 0.0), abs=1e-8)


@pytest.fixture(scope="module")
def surge():
    return go(world("credit", "days=60", *SURGE), 60)


def test_a_hedge_that_drains_an_operator_stands_in_the_record(surge):
    events, causes = surge.record.table("events"), surge.record.table("causes")
    operators = set(surge.credit.borrowers.rows.tolist())
    short = [event for event in events["event"][np.isin(events["kind"], ["rescue", "loan default"])]
             if events["agent"][event] in operators]
    of = lambda event: causes["cause"][causes["event"] == event]
    call = lambda cause, event: events["kind"][cause] == "margin call" and events["agent"][cause] == event
    own = [event for event in short for cause in of(event) if cause >= 0 and call(cause, events["agent"][event])]
    assert own  # hedge -> margin call -> missing cash -> rescue or default of the same operator
    weights = np.bincount(causes["event"], causes["weight"], len(events["event"]))
    np.testing.assert_allclose(weights[short], 1.0)


def test_rents_that_were_not_earned_are_news(surge):
    firms = surge.branch().credit.borrowers
    firms.hedges.drained[0].cents.clear()
    firms.lack[0], firms.halt_event[0], firms.breach_event[0] = (0.0, 0.0, 900.0), 5, NEWS
    assert firms._why(0, Blame()) == [(NEWS, 1.0)]
    firms.lack[0] = (0.0, 100.0, 900.0)
    assert dict(firms._why(0, Blame())) == pytest.approx({5: 0.1, NEWS: 0.9})
    firms.hedges.drained[0].add(4, 1000.0)
    assert dict(firms._why(0, Blame())) == pytest.approx({4: 0.5, 5: 0.05, NEWS: 0.45})


def test_a_loss_of_a_prime_broker_goes_back_to_the_end_of_the_account(surge):
    model = surge.branch()
    prime, ledger = model.credit.prime, model.ledger
    at = int(np.flatnonzero(prime.book.claims["prime loan"].sum(axis=1))[0])
    row = int(prime.book.fund_rows[at])
    end = model.record.event(model.day, -1, "default", agent=row, agent_type="leveraged_fund")
    model.record.event(model.day, -1, "default", agent=row + 1, agent_type="leveraged_fund")
    ledger.post_margin(np.array([row]), -ledger.margin[[row]])
    ledger.post("fund flow", np.array([row]), -ledger.cash[[row]], "outside world")  # nothing is left to repay from
    ledger.alive[row] = False
    owed = prime.book.claims["prime loan"][at].copy()
    prime.collect(model.day, model.house, np.zeros(ledger.n, bool))
    events, causes = model.record.table("events"), model.record.table("causes")
    loss = int(events["event"][-1])
    assert events["kind"][loss] == "prime loan loss" and events["amount_cents"][loss] == owed.sum()
    assert causes["cause"][causes["event"] == loss].tolist() == [end]
    assert not prime.book.claims["prime loan"][at].any()
    for bank in np.flatnonzero(owed[:-1]):
        assert prime.banks.blame[bank].cents[loss] == owed[bank]
    prime.book.check()


def test_a_prime_call_goes_back_to_missing_banks_and_marks_as_far_as_they_cut_the_line(surge):
    prime = surge.branch().credit.prime
    scarce, marks = Blame(), Blame()
    scarce.add(4, 1.0)
    marks.add(9, 1.0)
    prime.line = 0.5 * 0.8
    found = dict(prime._causes(float(-np.log(0.4)), 0.5, 0.8, scarce, marks))
    assert found == pytest.approx({4: np.log(0.5) / np.log(0.4), 9: np.log(0.8) / np.log(0.4)})
    found = dict(prime._causes(float(-np.log(0.2)), 0.5, 1.0, scarce, marks))  # half the fall is the fund's own
    assert found == pytest.approx({4: np.log(0.4) / np.log(0.2), NEWS: np.log(0.5) / np.log(0.2)})
    prime.line = 1.0
    assert prime._causes(0.3, 1.0, 1.0, scarce, marks) == [(NEWS, 1.0)]
