"""DebtRank, fire sales and tranches: closed forms, conservation and order; published cases are in tests/literature."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, stats

from sim.credit import additional_distress, debtrank, fire_sale, market_depth, threshold_sales, tranche_loss

LENT = [[0.0, 2.0, 1.0], [1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]


def test_linear_distress_is_the_closed_form_while_nobody_defaults():
    equity, shock = np.array([10.0, 8.0, 5.0]), np.array([0.2, 0.0, 0.0])
    leverage = np.array(LENT) / equity[:, None]
    np.testing.assert_allclose(debtrank(LENT, equity, shock), np.linalg.solve(np.eye(3) - leverage, shock), atol=1e-14)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0.5, 20))
@example([0.0, 0.0, 0.25], 2.5)  # here rounding alone kept distress rising
def test_linear_distress_is_never_less_than_single_hit(shock, equity):
    linear, once = (debtrank(LENT, equity, shock, kind) for kind in ("linear", "single_hit"))
    assert np.all(linear >= once - 1e-12)
    assert np.all((once >= shock) & (linear <= 1))
    assert additional_distress(once, shock, [1, 1, 1]) >= 0


@pytest.mark.parametrize(("arguments", "words"), [
    (([[0.0]], [0.0], [0.1]), "equity"), (([[0.0]], [1.0], [1.1]), "share"),
    (([[-1.0]], [1.0], [0.1]), "negative"), (([[0.0]], [1.0], [0.1], "twice"), "kind"),
])
def test_distress_refuses_what_makes_no_sense(arguments, words):
    with pytest.raises(ValueError, match=words):
        debtrank(*arguments)


@given(st.lists(st.floats(-0.3, 0.0), min_size=2, max_size=2), st.floats(0, 30))
def test_systemicness_sums_to_aggregate_vulnerability(shock, leverage):
    outcome = fire_sale([100.0, 200.0], [[0.6, 0.4], [0.3, 0.7]], [leverage, 9.0], [1e-4, 5e-5], shock)
    assert outcome.systemicness.sum() == pytest.approx(outcome.aggregate_vulnerability, abs=1e-12)
    assert np.all(outcome.sales >= -np.array([100.0, 200.0]))


def test_without_debt_nobody_sells():
    outcome = fire_sale([100.0], [[1.0]], [0.0], [1e-3], [-0.5])
    assert outcome.aggregate_vulnerability == 0
    assert outcome.direct_vulnerability.tolist() == [0.5]


def test_threshold_selling_stops_and_lowers_leverage():
    depth = market_depth(50.0, 0.02, 0.4, 20.0)
    rounds = threshold_sales([90.0, 70.0], [8.0, 20.0], [2.0, 4.5], depth=depth, maximum=33.3, target=31.635)
    assert rounds[-1].sold == 0
    assert np.all(rounds[-1].leverage <= 33.3)
    assert [each.price for each in rounds] == sorted((each.price for each in rounds), reverse=True)


def test_a_firm_without_capital_sells_everything():
    first = threshold_sales([90.0], [8.0], [-1.0], depth=1e4, maximum=30.0, target=25.0)[0]
    assert first.share_sold.tolist() == [1.0]


@pytest.mark.parametrize("rho", [0.0, 1e-4, 0.05, 0.3, 0.7, 0.999, 1.0])
@pytest.mark.parametrize("lgd", [0.6, 1.0])
def test_tranches_together_lose_what_the_pool_loses(rho, lgd):
    edges = np.array([0.0, 0.03, 0.07, 0.15, 0.5, 1.0])
    losses = tranche_loss(edges[:-1], edges[1:], 0.04, rho, lgd)
    assert (losses * np.diff(edges)).sum() == pytest.approx(0.04 * lgd, abs=1e-10)
    assert np.all(np.diff(losses) <= 1e-12)


@pytest.mark.parametrize(("attach", "detach", "p", "rho", "lgd"),
                         [(0.0, 0.05, 0.05, 0.1, 0.6), (0.05, 0.15, 0.05, 0.3, 0.6), (0.15, 1.0, 0.1, 0.3, 0.6)])
def test_tranche_agrees_with_an_independent_integral(attach, detach, p, rho, lgd):
    def lost(z):
        pool = lgd * stats.norm.cdf((stats.norm.ppf(p) + math.sqrt(rho) * z) / math.sqrt(1 - rho))
        return (min(pool, detach) - min(pool, attach)) / (detach - attach) * stats.norm.pdf(z)

    expected = integrate.quad(lost, -9, 9, limit=500, epsabs=1e-12, epsrel=1e-11)[0]
    assert tranche_loss(attach, detach, p, rho, lgd) == pytest.approx(expected, abs=1e-9)


def test_a_tranche_must_be_one():
    with pytest.raises(ValueError, match="attaches"):
        tranche_loss(0.2, 0.1, 0.05, 0.3)
    with pytest.raises(ValueError, match="shares"):
        tranche_loss(0.0, 0.1, 1.5, 0.3)
