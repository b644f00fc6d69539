"""Clearing vectors: three ways to the same numbers, and what must hold for every network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.credit import clear, settle
from sim.credit.payments import _greatest, _least, _Network, _unchanging


def picard(liabilities, assets, external, alpha, beta, seniority="pari_passu", least=False, rounds=200_000):
    """Repeat the definition, firm by firm, until nothing moves: the naive twin."""
    n = len(liabilities)
    senior = external if seniority == "external_senior" else [0.0] * n
    owed = [sum(liabilities[i]) + (0.0 if seniority == "external_senior" else external[i]) for i in range(n)]
    payments = [0.0] * n if least else list(owed)
    for _ in range(rounds):
        new = []
        for i in range(n):
            inflow = sum(liabilities[j][i] / owed[j] * payments[j] for j in range(n) if owed[j] > 0)
            if assets[i] + inflow - senior[i] >= owed[i] - 1e-12 * (owed[i] + senior[i]):
                new.append(owed[i])
            else:
                new.append(min(owed[i], max(0.0, alpha * assets[i] + beta * inflow - senior[i])))
        if max(abs(a - b) for a, b in zip(new, payments, strict=True)) < 1e-15:
            break
        payments = new
    return np.array(payments)


@st.composite
def networks(draw):
    n = draw(st.integers(1, 6))
    whole = st.integers(0, 12)
    claims = [[draw(whole) * draw(st.integers(0, 1)) if i != j else 0 for j in range(n)] for i in range(n)]
    assets = [draw(whole) + 0.375 for _ in range(n)]
    external = [draw(whole) * draw(st.integers(0, 1)) for _ in range(n)]
    return [[float(x) for x in row] for row in claims], assets, [float(x) for x in external]


@pytest.mark.parametrize("seniority", ["pari_passu", "external_senior"])
@pytest.mark.parametrize("least", [False, True])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.5, 0.5), (0.9, 0.3)])
@given(networks())
def test_agrees_with_the_naive_twin(seniority, least, alpha, beta, network):
    ours = clear(*network, alpha, beta, "least" if least else "greatest", seniority)
    np.testing.assert_allclose(ours, picard(*network, alpha, beta, seniority, least), rtol=0, atol=1e-8)


@given(networks(), st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_what_holds_in_every_network(network, alpha, beta):
    claims, assets, external = network
    greatest = settle(claims, assets, external, alpha, beta)
    least = settle(claims, assets, external, alpha, beta, "least")
    assert np.all(greatest.payments <= greatest.owed)
    assert np.all(least.payments >= 0)
    assert np.all(least.payments <= greatest.payments + 1e-9)
    richer = settle(claims, np.array(assets) + 1.0, external, alpha, beta)
    assert np.all(richer.payments >= greatest.payments - 1e-9)
    assert not np.any(greatest.default & (greatest.value > 0))
    no_costs = settle(claims, assets, external)
    np.testing.assert_allclose(no_costs.equity.sum() + no_costs.payments.sum() - np.array(assets).sum(),
                               _received(claims, external, no_costs).sum(), atol=1e-8)


def _received(claims, external, outcome):
    shares = np.divide(claims, outcome.owed[:, None], out=np.zeros((len(claims), len(claims))),
                       where=outcome.owed[:, None] > 0)
    return shares.T @ outcome.payments


def test_ring_without_money_pays_all_or_nothing():
    ring = [[0.0, 1.0], [1.0, 0.0]]
    assert clear(ring, [0.0, 0.0]).tolist() == [1.0, 1.0]
    assert clear(ring, [0.0, 0.0], solution="least").tolist() == [0.0, 0.0]


def test_a_drop_of_money_goes_round_a_ring_until_somebody_is_done():
    """Plain iteration would need a thousand million rounds."""
    ring = [[0.0, 1e9, 0.0], [0.0, 0.0, 1e9], [1e9, 0.0, 0.0]]
    np.testing.assert_allclose(clear(ring, [1.0, 0.0, 0.0], solution="least"), [1e9, 1e9, 1e9], rtol=1e-9)


def test_central_counterparty_pays_every_winner_the_same_share():
    """A house between two losers and two winners, with 10 of its own and no equity left."""
    claims = np.zeros((5, 5))
    claims[0, 4], claims[1, 4] = 100.0, 60.0
    claims[4, 2], claims[4, 3] = 120.0, 40.0
    outcome = settle(claims, [70.0, 60.0, 0.0, 0.0, 10.0])
    np.testing.assert_allclose(outcome.payments, [70.0, 60.0, 0.0, 0.0, 140.0])
    np.testing.assert_allclose(outcome.payments[4] / outcome.owed[4] * claims[4, 2:4], [105.0, 35.0])
    assert outcome.rounds == [[0], [4]]


@pytest.mark.parametrize(("change", "words"), [
    ({"liabilities": [[1.0, 0.0], [0.0, 0.0]]}, "oneself"),
    ({"liabilities": [[0.0, np.nan], [0.0, 0.0]]}, "numbers"),
    ({"assets": [-1.0, 0.0]}, "negative"),
    ({"external": [np.inf, 0.0]}, "numbers"),
    ({"alpha": 0.0}, "recovery"),
    ({"solution": "some"}, "greatest"),
    ({"seniority": "junior"}, "seniority"),
])
def test_refuses_what_makes_no_sense(change, words):
    arguments = {"liabilities": [[0.0, 1.0], [0.0, 0.0]], "assets": [1.0, 1.0]} | change
    with pytest.raises(ValueError, match=words):
        clear(**arguments)


def chain(n):
    """Each firm owes the next all it has coming, and the first lacks one: they fall one after another."""
    claims = np.zeros((n, n))
    claims[np.arange(n - 1), np.arange(1, n)] = 10.0
    external = np.zeros(n)
    external[-1] = 10.0
    return _Network(claims, [9.0] + [0.0] * (n - 1), external, 1.0, 1.0, "pari_passu")


def test_a_search_from_above_ends_at_its_bound_and_no_earlier():
    net = chain(6)
    payments, rounds = _greatest(net, 7)  # as many rounds as firms, and one that finds nobody new: the bound
    assert rounds == [[0], [1], [2], [3], [4], [5]]
    assert payments.tolist() == [9.0] * 6
    assert np.array_equal(_greatest(net)[0], payments)
    with pytest.raises(ArithmeticError, match="firms still default after 6 rounds"):
        _greatest(net, 6)


def test_a_search_from_below_that_has_not_ended_says_so_instead_of_handing_back_what_it_has():
    net = chain(6)
    with pytest.raises(ArithmeticError, match="payments still rise after 1 passes"):
        _least(net, 1)
    assert _least(net).tolist() == [9.0] * 6


def test_members_that_never_settle_are_an_error():
    with pytest.raises(ArithmeticError, match="who pays still changes after 5 rounds"):
        _unchanging(lambda members: ~members, np.zeros(3, bool), 5, "who pays")


@pytest.mark.parametrize("seniority", ["pari_passu", "external_senior"])
@given(networks(), st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_the_stated_bounds_are_enough(seniority, network, alpha, beta):
    net = _Network(*network, alpha, beta, seniority)
    n = len(net.owed)
    _, rounds = _greatest(net)
    assert len(rounds) <= n
    _least(net, 2 * n + 2)  # what exact arithmetic needs
