"""Properties of the pieces that stand alone, and what they refuse; published cases are in tests/literature."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.clearing import christoffersen, cover, kupiec, margin_path, procyclicality, share_out, traffic_light, waterfall
from sim.clearing.margin.fixed import Fixed
from tests.clearing.test_house import Unsure

cents = st.integers(0, 10**12)


@given(cents, st.lists(cents, max_size=8))
def test_layers_pay_in_order_and_add_up_to_the_loss(loss, layers):
    paid, unpaid = waterfall(loss, layers)
    amounts = list(paid.values())
    assert sum(amounts) + unpaid == loss
    for number, (amount, available) in enumerate(zip(amounts, layers, strict=True)):
        assert 0 <= amount <= available
        assert amount == available or (not any(amounts[number + 1:]) and unpaid == 0)


def test_layers_can_be_named_in_two_ways():
    assert waterfall(5, {"a": 3, "b": 3}) == waterfall(5, [("a", 3), ("b", 3)]) == ({"a": 3, "b": 2}, 0)


@pytest.mark.parametrize(("loss", "layers", "words"), [
    (-1, [], "loss"), (1.5, [], "loss"), (1, [-1], "layer"), (1, [("a", 1), ("a", 1)], "two layers"),
])
def test_a_waterfall_refuses_what_makes_no_sense(loss, layers, words):
    with pytest.raises(ValueError, match=words):
        waterfall(loss, layers)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=9).filter(any), cents)
def test_sharing_out_is_exact_and_within_a_cent_of_proportion(claims, amount):
    shares = share_out(amount, claims)
    assert sum(shares) == amount
    assert all(abs(share * sum(claims) - amount * claim) < sum(claims)
               for share, claim in zip(shares, claims, strict=True))


def test_sharing_out_without_claims():
    assert share_out(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="claim"):
        share_out(1, [0, 0])


@given(st.integers(1, 2000), st.data(), st.floats(0.001, 0.2))
def test_coverage_tests_agree_with_scipy(n, data, p):
    breaches = data.draw(st.integers(0, min(n, 200)))
    found = kupiec(breaches, n, p)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.ratio, 1), abs=1e-12)
    assert found.one_sided == pytest.approx(stats.binom.sf(breaches - 1, n, p), abs=1e-9)
    assert traffic_light(breaches, n, p).cumulative == pytest.approx(stats.binom.cdf(breaches, n, p), abs=1e-9)


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_independence_is_defined_for_every_series(hits):
    found = christoffersen(hits, 0.05)
    assert found.ratio >= 0
    assert 0 <= found.p_value <= 1
    assert found.joint_ratio >= found.ratio
    assert sum(map(sum, found.transitions)) == len(hits) - 1


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40))
def test_peak_to_trough_is_at_least_the_rise_from_an_earlier_trough(path):
    found = procyclicality(path)
    assert found.peak_to_trough >= found.trough_first >= 1.0
    assert all(math.isnan(rise) or rise <= found.trough_first * (1 + 1e-12) for rise in found.ratio.values())
    assert str(procyclicality([math.nan, *path])) == str(found)


@given(st.lists(st.lists(st.floats(-100, 100), min_size=4, max_size=4), min_size=1, max_size=5), st.integers(1, 4))
def test_covering_more_members_never_needs_a_smaller_fund(losses, k):
    one, more = cover(losses, k), cover(losses, k + 1)
    assert more.fund >= one.fund >= one.loss >= 0
    assert one.shares.sum() == pytest.approx(1.0)
    assert (one.shares >= 0).all()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: kupiec(5, 4, 0.01), "breaches"), (lambda: kupiec(1, 4, 1.0), "chance"),
    (lambda: christoffersen([True], 0.01), "two days"), (lambda: procyclicality([1.0, math.nan, 2.0]), "gaps"),
    (lambda: procyclicality([]), "positive"), (lambda: procyclicality([1.0], windows=(0,)), "one day"),
    (lambda: cover([math.nan]), "finite"), (lambda: cover([1.0], 0), "one member"),
    (lambda: margin_path([1.0, -1.0], "fixed"), "positive"), (lambda: margin_path([1.0], "fixd"), "fixed"),
    (lambda: margin_path([1.0], "fixed", side="flat"), "side"),
])
def test_nonsense_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_path_of_a_fixed_margin_is_flat():
    np.testing.assert_array_equal(margin_path([2.0, 1.0, 4.0], "fixed", rate=0.15), [0.15] * 3)
    np.testing.assert_array_equal(margin_path([2.0, 1.0], Fixed(), side="short"), [0.2] * 2)
    with pytest.raises(TypeError, match="own"):
        margin_path([2.0], Fixed(), rate=0.3)


class Last(Fixed):
    """The last price itself, so that a look ahead would show."""

    def rates(self, history):
        return history[-1] if len(history) else np.array([np.nan])


def test_a_path_never_looks_ahead_and_keeps_the_last_known_rate():
    np.testing.assert_array_equal(margin_path([0.3, 0.1, 0.2], Last()), [np.nan, 0.3, 0.1])
    np.testing.assert_array_equal(margin_path([0.3, 0.1, 0.2], Unsure()), [0.1, 0.1, 0.1])
