"""The rules of borrowing: arrays against one operator at a time, and what must rise or fall."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.credit import rules
from sim.credit.claims import Claims, ClaimsDoNotMatch
from sim.credit.config import CreditConfig
from sim.credit.shares import split, split_rows
from tests import naive_credit as naive

CONFIG = CreditConfig()
PRICES = st.floats(0.05, 4.0)
SHARES = st.floats(0.0, 1.0)
AGES = st.floats(0.0, 6.0)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(st.integers(0, 10**13), st.lists(st.integers(0, 10**12), min_size=1, max_size=12))
def test_cents_are_divided_to_the_cent(total, weights):
    if sum(weights) == 0:
        total = 0
    parts = split(total, np.array(weights, float))
    assert parts.sum() == total
    assert (parts[np.array(weights) == 0] == 0).all()
    if total < 2**40 and sum(weights) < 2**40:
        assert np.abs(parts - naive.split(total, weights)).max() <= 1  # floats may decide a tie the other way


def test_small_sums_are_divided_as_with_fractions():
    for total in range(30):
        for weights in ([1, 1, 1], [3, 2, 2], [5, 0, 1, 9], [1]):
            assert split(total, np.array(weights, float)).tolist() == naive.split(total, weights)


def test_paying_all_pays_every_claim_in_full():
    claims = np.array([[7, 11, 13], [10**12 + 1, 3, 999_999_999_999]])
    assert np.array_equal(split_rows(claims.sum(axis=1), claims), claims)


@FEW
@given(SHARES, PRICES, PRICES, AGES)
def test_income_of_one_operator(contracted, price, spot, age):
    got = rules.income(CONFIG.business, np.array([contracted]), np.array([price]), np.array([spot]), np.array([age]))
    assert (got.revenue[0], got.running[0]) == pytest.approx(naive.income(CONFIG.business, contracted, price, spot,
                                                                          age))


@FEW
@given(SHARES, PRICES, PRICES, AGES, st.floats(0.05, 1.0))
def test_collateral_of_one_operator(contracted, price, expected, age, discount):
    value = rules.hardware(CONFIG.business, CONFIG.collateral, np.array([expected]), np.array([age]))
    assert value[0] == pytest.approx(naive.hardware(CONFIG.business, CONFIG.collateral, expected, age))
    got = rules.collateral(CONFIG.business, np.array([contracted]), np.array([price]), value * discount)
    assert got[0] == pytest.approx(naive.collateral(CONFIG.business, contracted, price, float(value[0]) * discount))


@FEW
@given(st.integers(0, 3), st.floats(-1.0, 5.0), st.floats(0.0, 3.0))
def test_provisions_for_one_operator(grade, coverage, ratio):
    got = rules.chance_of_default(CONFIG.loans, np.array([grade]), np.array([coverage]), np.array([ratio]))
    assert got[0] == pytest.approx(naive.chance_of_default(CONFIG.loans, grade, coverage, ratio))


@FEW
@given(SHARES, PRICES, st.floats(0.05, 1.3), SHARES, st.floats(0.0, 12.0))
def test_a_sale_of_one_operators_gpus(contracted, price, value, flow, impact):
    found = rules.auction_discount(CONFIG.collateral, np.array([impact]), flow)
    assert found[0] == pytest.approx(naive.auction_price(CONFIG.collateral, impact, flow))
    got = rules.recovery(CONFIG, np.array([contracted]), np.array([price]), np.array([value]), found)
    assert got[0] == pytest.approx(naive.recovery(CONFIG, contracted, price, value, float(found[0])))


@FEW
@given(st.floats(-1.0, 5.0), st.floats(0.0, 3.0))
def test_covenants_of_one_operator(coverage, ratio):
    got = rules.may_draw(CONFIG.loans, np.array([coverage]), np.array([ratio]))
    assert bool(got[0]) is naive.may_draw(CONFIG.loans, coverage, ratio)


@FEW
@given(st.floats(0.001, 0.5), st.floats(0.01, 0.8), st.floats(0.6, 0.999))
def test_where_senior_begins(default, correlation, safe):
    found = rules.attachment(default, correlation, safe, 0.4)
    assert found == pytest.approx(naive.attachment(default, correlation, safe, 0.4), rel=1e-6)
    assert rules.boom(found) > rules.boom(found + 0.01)  # tranches that look safer: more is lent


@FEW
@given(PRICES, PRICES, AGES, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_what_must_rise_and_fall(low, high, age, flow, more):
    low, high = sorted((low, high))
    c = CONFIG.collateral
    value = lambda price, years: float(rules.hardware(CONFIG.business, c, np.array([price]), np.array([years]))[0])
    assert value(low, age) <= value(high, age)  # dearer compute: dearer GPUs
    assert value(high, age) >= value(high, age + 1.0)  # older: cheaper
    price = lambda share: float(rules.auction_discount(c, np.array([c.impact]), share)[0])
    assert c.least <= price(flow + more) <= price(flow) <= 1.0  # more at auction: lower price
    part = np.array([0.5])
    sale = lambda share: float(rules.recovery(CONFIG, part, np.array([1.0]), np.array([value(high, age)]),
                                              np.array([price(share)]))[0])
    assert sale(flow + more) <= sale(flow)
    assert rules.attachment(0.05, 0.05, 0.998, 0.4) < rules.attachment(0.05, 0.30, 0.998, 0.4)


def test_claims_say_why_they_change():
    claims = Claims(4, {"loan": (np.array([0, 1]), np.array([2, 3]))})
    claims.book("loan", np.array([[5, 0], [0, 7]]), "issued")
    claims.book("loan", np.array([[-5, 5], [0, 0]]), "sold")
    claims.book("loan", np.array([[0, -1], [0, -7]]), "written off")
    claims.check()
    assert claims.assets().tolist() == [0, 0, 0, 4] and claims.debts().tolist() == [4, 0, 0, 0]
    with pytest.raises(ValueError, match="negative"):
        Claims(4, claims.kinds).book("loan", np.array([[-1, 0], [0, 0]]), "repaid")
    with pytest.raises(ValueError, match="who holds it"):
        claims.book("loan", np.array([[1, 0], [0, 0]]), "sold")
    claims["loan"][0, 1] += 1
    with pytest.raises(ClaimsDoNotMatch):
        claims.check()
