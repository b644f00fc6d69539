"""Orders at the vendor: what becomes due, what is dropped when projects stop, what is put off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.compute.config import ComputeConfig
from sim.compute.layout import PROVIDER, derive
from sim.compute.order_book import CLASSES, OrderBook
from tests.compute.conftest import build_economy

P = derive(ComputeConfig())
LEAD, OWNERS = 6, 5
KIND, REGION = np.array([0, 1, 1, 2, 1]), np.array([0, 0, 1, 3, 0])


def going(level):
    return np.full((3, 4), level)


@settings(max_examples=30)
@given(levels=st.lists(st.floats(0, 1.5), min_size=1, max_size=30), seed=st.integers(0, 100))
def test_the_book_is_a_list_of_orders_of_which_parts_are_struck_off(levels, seed):
    rng = np.random.default_rng(seed)
    book = OrderBook(rng.uniform(0, 9, (LEAD, OWNERS)), KIND, REGION, P.cancellable)
    provider = np.zeros(OWNERS, PROVIDER)
    orders = [[day, owner, book.placed[day, owner]] for day in range(LEAD) for owner in range(OWNERS)]
    classes = KIND * 4 + REGION
    usual, may_go, dropped, queue = 1.0, P.cancellable, 0.0, np.zeros(OWNERS)
    for day, level in enumerate([1.0, *levels]):
        due = [sum(x[2] for x in orders if x[0] == day and x[1] == owner) for owner in range(OWNERS)]
        np.testing.assert_allclose(book.due(day % LEAD), due, rtol=1e-9, atol=1e-12)
        orders = [x for x in orders if x[0] != day]
        queue += due
        provider["queue"] += due
        book.placed[day % LEAD] = 0.0
        book.place(day % LEAD, np.zeros(OWNERS))
        book.review(P, going(level), provider)
        unwanted = max(0.0, 1 - level / usual - P.cancel_tolerance)
        usual += (level - usual) / LEAD
        if dropped > 0:
            may_go += (P.cancellable - may_go) / LEAD
        part = min(may_go, unwanted) * P.cancel_gain
        if part > 0:
            may_go = max(0.0, (may_go - part) / (1 - part))
        dropped += part * (queue.sum() + sum(x[2] for x in orders))
        queue *= 1 - part
        orders = [[x[0], x[1], x[2] * (1 - part)] for x in orders]
        new = rng.uniform(0, 9, OWNERS)
        book.place(day % LEAD, new)
        orders += [[day + LEAD, owner, new[owner]] for owner in range(OWNERS)]
        np.testing.assert_allclose(provider["queue"], queue, rtol=1e-9, atol=1e-12)
        assert book.dropped.sum() == pytest.approx(dropped, abs=1e-9)
        left = np.bincount(classes, queue, CLASSES)
        for _, owner, amount in orders:
            left[classes[owner]] += amount
        np.testing.assert_allclose(book.outstanding(provider), left, rtol=1e-9, atol=1e-9)
        assert book.coming((day + 1) % LEAD).sum() == pytest.approx(sum(x[2] for x in orders))
        assert (book.may_go >= 0).all() and (book.may_go <= P.cancellable + 1e-12).all()


def test_no_more_is_cancelled_than_contracts_allow():
    book = OrderBook(np.ones((LEAD, OWNERS)), KIND, REGION, P.cancellable)
    provider = np.zeros(OWNERS, PROVIDER)
    provider["queue"] = 10.0
    book.review(P, going(1.0), provider)
    for _ in range(2000):
        book.review(P, going(0.0), provider)
    assert provider["queue"].min() >= 10.0 * (1 - P.cancellable) ** 40  # only what new orders make up for
    assert book.accepted(P) is None or book.accepted(P).min() >= 1 - P.deferrable


def cut(days, level, **fields):
    """An economy in which nobody, or everybody, stops most projects on day 0."""
    config = ComputeConfig()
    block = config.supply.capacity.model_copy(update=fields)
    config = config.model_copy(update={"supply": config.supply.model_copy(update={"capacity": block})})
    economy = build_economy(days=days + 1, burn_in=60, config=config)
    economy.burn_in()
    economy.dials.order_mult = np.full(3, level)
    for day in range(days):
        economy.step(day)
    return economy


def test_a_cut_of_budgets_reaches_capacity_within_a_year_because_chips_are_put_off():
    calm, stopped = cut(252, 1.0), cut(252, 0.3)
    bound = cut(252, 0.3, cancellable=0.0, deferrable=0.0)  # who must take what he has ordered
    assert stopped.book.dropped.sum() > 0 and bound.book.dropped.sum() == 0
    assert stopped.capacity_total < 0.93 * calm.capacity_total
    assert bound.capacity_total > 0.97 * calm.capacity_total
    assert stopped.book.outstanding(stopped.provider).sum() < 0.9 * bound.book.outstanding(bound.provider).sum()
    assert stopped.pipeline[:12].sum() < calm.pipeline[:12].sum()  # the public sees it
    assert (stopped.spot > calm.spot).all()


def test_quiet_times_touch_no_order():
    calm = cut(60, 1.0)
    assert calm.book.dropped.sum() == 0 and calm.book.accepted(calm.p) is None and calm._taken == 1.0


def test_dearer_money_stops_projects_of_those_who_borrow():
    calm, dear = build_economy(days=70, burn_in=60), build_economy(days=70, burn_in=60)
    for economy in (calm, dear):
        economy.burn_in()
    dear.dials.cost_mult = np.array([1.0, 1.6, 1.6])
    for day in range(60):
        calm.step(day)
        dear.step(day)
    large = calm.provider["kind"] == 0
    np.testing.assert_allclose(dear.orders[large], calm.orders[large], rtol=0.02)
    assert dear.orders[~large].sum() < 0.8 * calm.orders[~large].sum()
