"""Money is conserved flow by flow, and the ledger notices when it is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ledger import FLOWS, INSTITUTIONS, BooksDoNotBalance, Ledger

CENTS = st.integers(-(10**12), 10**12)


def make(sectors=(0, 0, 1, 1, 1), contracts=3) -> Ledger:
    ledger = Ledger(len(sectors), contracts)
    ledger.set_sectors(["users", "funds"], np.array(sectors))
    return ledger


@given(st.lists(st.tuples(st.sampled_from(FLOWS), st.lists(CENTS, min_size=5, max_size=5),
                          st.sampled_from(INSTITUTIONS)), max_size=12))
def test_every_posting_balances_and_is_booked_in_the_matrix(postings):
    ledger = make()
    for flow, amounts, institution in postings:
        paid = ledger.post(flow, slice(None), np.array(amounts), institution)
        assert paid == sum(amounts)
        ledger.check()
    assert (ledger.matrix >= 0).all()
    assert ledger.cash.sum() + ledger.institution.sum() == 0


def test_matrix_says_who_paid_whom():
    ledger = make()
    ledger.post("variation margin", slice(None), np.array([-5, 2, 7, -4, 0]), "clearing house")
    book = ledger.matrix[FLOWS.index("variation margin")]
    house = ledger.sector_names.index("clearing house")
    assert book[0, house] == 5 and book[house, 0] == 2  # users
    assert book[1, house] == 4 and book[house, 1] == 7  # funds
    assert book.sum() == 18


def test_initial_margin_is_held_by_the_house_for_its_owner():
    ledger = make()
    ledger.post("opening capital", slice(None), np.full(5, 100), "outside world")
    ledger.post_margin(np.array([1, 3]), np.array([40, 60]))
    ledger.post_margin(np.array([3]), np.array([-10]))
    assert ledger.cash.tolist() == [100, 60, 100, 50, 100] and ledger.margin.tolist() == [0, 40, 0, 50, 0]
    ledger.check()


def test_transfer_between_institutions():
    ledger = make()
    ledger.transfer("house capital", "outside world", "clearing house", 1_000)
    ledger.check()
    assert ledger.institution[INSTITUTIONS.index("clearing house")] == 1_000


@pytest.mark.parametrize("break_it", ["cash", "margin", "position", "basis", "institution", "matrix"])
def test_a_cent_or_contract_out_of_nowhere_is_found(break_it):
    ledger = make()
    ledger.post("opening capital", slice(None), np.full(5, 100), "outside world")
    ledger.check()
    getattr(ledger, break_it).flat[1] += 1
    with pytest.raises(BooksDoNotBalance):
        ledger.check()


def test_a_swap_between_flows_is_found_although_the_total_is_right():
    ledger = make()
    ledger.post("opening capital", slice(None), np.full(5, 100), "outside world")
    ledger.cash[0] += 7
    ledger.cash[4] -= 7  # another sector: the total still balances
    with pytest.raises(BooksDoNotBalance, match="named flows"):
        ledger.check()


def test_floats_are_refused():
    with pytest.raises(TypeError, match="int64"):
        make().post("interest", slice(None), np.full(5, 0.5), "outside world")


@given(st.integers(1, 10**6), st.integers(-1000, 1000), st.integers(1, 5000), st.integers(1, 5000))
def test_equity_counts_gains_since_the_entry(cash, quantity, entry, mark):
    ledger = make()
    ledger.post("opening capital", np.array([0]), np.array([cash]), "outside world")
    ledger.position[0, 1], ledger.position[2, 1] = quantity, -quantity
    ledger.basis[0], ledger.basis[2] = quantity * entry * 730, -quantity * entry * 730
    ledger.check()
    equity = ledger.marked(np.array([1, mark, 1]), 730)
    assert equity[0] == cash + quantity * (mark - entry) * 730
    assert equity.sum() == cash


def test_snapshot_restores_every_array():
    ledger = make()
    ledger.post("opening capital", slice(None), np.full(5, 100), "outside world")
    state = ledger.snapshot()
    ledger.post("fund flow", slice(None), np.full(5, -30), "outside world")
    ledger.position[0, 0] = 9
    ledger.restore(state)
    ledger.check()
    assert ledger.cash.tolist() == [100] * 5 and not ledger.position.any()


def test_an_account_that_whole_cents_would_soon_not_hold_stops_the_run():
    ledger = make()
    ledger.post("fund flow", slice(None), np.array([2**53, 0, 0, 0, 0]), "outside world")
    ledger.check()
    ledger.post("fund flow", slice(None), np.array([1, 0, 0, 0, 0]), "outside world")
    with pytest.raises(OverflowError, match="lower leverage"):
        ledger.check()
