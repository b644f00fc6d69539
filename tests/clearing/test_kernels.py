"""The compiled account tests and settlement against plain loops over Python integers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.clearing.kernels import settle_accounts, weigh_accounts
from tests.naive_clearing import settle_account, weigh_account

positions = st.integers(-10**5, 10**5)
money = st.integers(-10**13, 10**13)


@st.composite
def books(draw):
    n, contracts = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(positions, min_size=contracts, max_size=contracts), min_size=n, max_size=n))
    value = draw(st.lists(st.integers(1, 10**7), min_size=contracts, max_size=contracts))
    charge = draw(st.lists(st.integers(0, 10**7), min_size=contracts, max_size=contracts))
    cash, margin, basis = (draw(st.lists(money, min_size=n, max_size=n)) for _ in range(3))
    return [np.array(a, np.int64) for a in (rows, value, charge, cash, margin, basis)]


def weigh(position, value, charge, spread, cash, margin, basis, function=weigh_accounts):
    equity, required = np.zeros(len(cash), np.int64), np.zeros(len(cash), np.int64)
    function(position, value, charge, spread, cash, margin, basis, equity, required)
    return equity, required


@given(books(), st.integers(0, 10_000))
def test_worth_and_requirement_are_those_of_plain_loops(book, spread):
    position, value, charge, cash, margin, basis = book
    for function in (weigh_accounts, weigh_accounts.py_func):
        equity, required = weigh(position, value, charge, spread, cash, margin, basis, function)
        for row in range(len(cash)):
            expected = weigh_account(position[row].tolist(), value.tolist(), charge.tolist(), spread,
                                     int(cash[row]), int(margin[row]), int(basis[row]))
            assert (equity[row], required[row]) == expected


@given(books())
def test_settlement_is_that_of_plain_loops(book):
    position, value, _, _, _, basis = book
    for function in (settle_accounts, settle_accounts.py_func):
        after, gain = basis.copy(), np.zeros(len(basis), np.int64)
        function(position, value, after, gain)
        for row in range(len(basis)):
            assert (gain[row], after[row]) == settle_account(position[row].tolist(), value.tolist(), int(basis[row]))


@given(books(), st.integers(0, 10_000))
def test_the_requirement_is_symmetric_and_between_net_and_gross(book, spread):
    position, value, charge, cash, margin, basis = book
    _, required = weigh(position, value, charge, spread, cash, margin, basis)
    _, mirrored = weigh(-position, value, charge, spread, cash, margin, basis)
    np.testing.assert_array_equal(required, mirrored)
    legs = position * charge
    assert (required >= np.abs(legs.sum(axis=1))).all()
    assert (required <= np.abs(legs).sum(axis=1)).all()


@given(books(), st.integers(0, 10_000), st.integers(0, 10**5))
def test_a_higher_charge_never_lowers_the_requirement_of_an_outright_account(book, spread, more):
    position, value, charge, cash, margin, basis = book
    position = np.abs(position)
    _, low = weigh(position, value, charge, spread, cash, margin, basis)
    _, high = weigh(position, value, charge + more, spread, cash, margin, basis)
    assert (high >= low).all()
