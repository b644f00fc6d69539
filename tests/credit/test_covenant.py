"""The hedge covenant: what a loan demands to be sold ahead binds its borrower's hedge from below, and nobody else's."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.credit import rules
from sim.credit.config import Loans
from tests import naive_credit as naive
from tests.credit.test_credit_day import go, world


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_contracts_count_before_futures(share, contracted, more):
    rule = Loans(hedge_share=share)
    found = rules.hedge_ratio_demanded(rule, np.array([contracted, min(contracted + more, 1.0)]))
    assert found[0] == pytest.approx(naive.hedge_demanded(rule, contracted))
    assert found[1] <= found[0] <= 1.0  # who has more contracts needs no more futures
    assert contracted + (1.0 - contracted) * found[0] >= share - 1e-9  # both together are what the loan demands


@pytest.fixture(scope="module")
def bound():
    model = go(world("credit", "days=40", "credit.loans.hedge_share=0.8"), 12)
    kind, block = next((kind, block) for kind, block in model.blocks.all if kind.label == "data_centre")
    return model, kind, block


def test_lenders_bind_those_without_contracts(bound):
    model, _, block = bound
    small = model.credit.borrowers.small
    assert (block.covenant[~small] == 0.0).all()
    assert block.covenant[small].min() > 0.5
    assert go(world("credit", "days=12"), 12).blocks.all[[kind.label for kind, _ in model.blocks.all].index(
        "data_centre")][1].covenant.max() == 0.0  # the default asks for nothing


def test_one_bound_operator_wants_what_its_row_wants(bound):
    model, kind, block = bound
    view = model.view(0)
    together = kind.target(block, view)
    for row, handle in enumerate(block.agents):
        assert np.array_equal(kind.target_of(handle, view), together[row])


def test_a_stricter_covenant_never_asks_for_less_and_reaches_a_year(bound):
    model = bound[0].branch()
    model.step()
    kind, block = next((kind, block) for kind, block in model.blocks.all if kind.label == "data_centre")
    kind = kind.model_copy(update={"headroom": 0.0, "window": 15})  # all may hedge today
    view = model.view(0)
    wanted = []
    for share in (0.0, 0.4, 0.85):
        block.covenant[:] = share
        wanted.append(-kind.target(block, view))
    for less, more in pairwise(wanted):
        assert (less <= more).all()
    open_ = block.alive & (kind.window_day(block.turn, view) >= 0) & (block.equity > 0)
    year = (view.rank > 0) & (view.rank <= kind.horizon)
    assert open_.any()
    assert (wanted[2][open_][:, year] >= np.floor(0.85 * block.need[open_])[:, None] - 1).all()
    beyond = view.rank > kind.horizon
    assert np.array_equal(wanted[0][:, beyond], wanted[2][:, beyond])


def test_a_loan_in_default_demands_nothing(bound):
    model = bound[0].branch()
    firms = model.credit.borrowers
    at = int(np.flatnonzero(firms.small)[0])
    firms._default(model.day, at, False, model.credit.conditions.refuse)
    go(model, 20)
    block = next(block for kind, block in model.blocks.all if kind.label == "data_centre")
    assert block.covenant[int(firms.rows[at]) - block.rows.start] == 0.0
    assert block.covenant.max() > 0.5
    model.credit.book.check()
