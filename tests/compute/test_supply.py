"""Chips: orders, allocation, sites, fleets; whole GPUs are counted with ==."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.compute import deliveries, supply
from sim.compute.chips import DOMESTIC
from sim.compute.config import ComputeConfig
from sim.compute.dials import Dials
from sim.compute.generations import BOOK
from sim.compute.layout import MONTH_DAYS, MONTHS, PROVIDER, REGION, derive
from sim.compute.roadmap import chip_table
from tests import naive_compute as naive
from tests.compute.conftest import build_economy, some_operators

P = derive(ComputeConfig())
TABLE, OPEN = chip_table(ComputeConfig()), deliveries.licences(ComputeConfig())


def books_balance(economy):
    """Received = running + waiting + retired, by owner and generation; capacity is what runs."""
    assert (economy.received == economy.fleet + economy.waiting.sum(axis=0) + economy.retired).all()
    economy.check()
    book, where = economy.gpu_book(), economy.provider["region"]
    for name, gpus in (("retired", economy.retired), ("queued", economy.waiting.sum(axis=0)), ("idle", economy.idle),
                       ("running", economy.fleet - economy.idle)):
        for r in range(4):
            assert (book[name][r] == gpus[where == r].sum(axis=0)).all(), name
    assert (sum(book[name] for name in BOOK[1:]) == book["made"]).all() and (book["exported"].sum(axis=0) == 0).all()
    assert (economy.fleet >= 0).all() and (economy.waiting >= 0).all() and (economy.retired >= 0).all()
    assert economy.capacity.tolist() == naive.capacity_of(economy.fleet.tolist(), economy.chips["throughput"].tolist())
    expected = np.zeros_like(economy._schedule)
    for r in range(4):
        here = economy.waiting[:, economy.provider["region"] == r]
        expected[r] = (here * economy.chips["throughput"]).sum(axis=(1, 2))
    np.testing.assert_allclose(economy._schedule, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("operators", [None, some_operators()])
def test_whole_gpus_add_up_every_day_under_every_disruption(operators):
    economy = build_economy(operators=operators)
    economy.burn_in()
    for day in range(120):
        if day == 20:
            economy.dials.supply_mult, economy.dials.site_mult, economy.dials.export_control = 0.3, 0.5, 0.1
            economy.dials.available = np.array([1.0, 1.0, 0.9, 1.0])
        if day == 80:
            economy.dials.supply_mult, economy.dials.site_mult, economy.dials.export_control = 1.5, 1.0, 1.0
        economy.step(day)
        books_balance(economy)


def test_capacity_grows_as_stated():
    economy = build_economy(days=504, burn_in=252)
    economy.burn_in()
    start = economy.capacity_total
    assert start == pytest.approx(44e6, rel=0.03)
    for day in range(252):
        economy.step(day)
    assert 2.05 < economy.capacity_total / start < 2.4


@given(output=st.floats(0, 1e6), queues=st.lists(st.floats(0, 1e5), min_size=2, max_size=9))
def test_allocation_follows_the_slow_twin_and_never_gives_more_than_was_ordered(output, queues):
    provider = np.zeros(len(queues), PROVIDER)
    provider["kind"] = np.arange(len(queues)) % 2
    region = np.zeros(4, REGION)
    got, taken = supply.allocate(P, output, 1.0, region, provider, np.array(queues))
    assert taken == 1.0
    slow = naive.allocate(output, P.hyperscaler_favour, queues, [k == 0 for k in provider["kind"]])
    np.testing.assert_allclose(got, slow, rtol=1e-12, atol=1e-6)
    assert got.sum() <= output * (1 + 1e-12)
    np.testing.assert_allclose(provider["queue"] + got, queues, rtol=1e-12, atol=1e-9)


def test_export_control_cancels_chinese_chips_and_sends_most_of_them_elsewhere():
    provider = np.zeros(3, PROVIDER)
    provider["kind"], provider["region"] = 1, [0, 1, 3]
    orders = np.array([100.0, 100.0, 100.0])
    free = supply.allocate(P, 150.0, 1.0, np.zeros(4, REGION), provider.copy(), orders)[0]
    shut = supply.allocate(P, 150.0, 0.0, np.zeros(4, REGION), provider.copy(), orders)[0]
    refused = P.nvidia_share_china * free[1]
    assert shut[1] == pytest.approx(free[1] - refused)
    assert shut.sum() == pytest.approx(free.sum() - (1 - P.refusal_redirected) * refused)
    dials = Dials()
    dials.export_control = 0.0
    np.testing.assert_allclose(deliveries.deliveries(P, TABLE, OPEN, 0.0, dials).mix[1], np.eye(len(TABLE))[DOMESTIC])


@pytest.mark.parametrize("day", [-252, 0, 500, 1000])
def test_the_delivery_mix_sums_to_one(day):
    dials = Dials()
    dials.export_control = 0.5
    mix = deliveries.deliveries(P, TABLE, OPEN, day, dials).mix
    np.testing.assert_allclose(mix.sum(axis=1), 1.0)
    assert (mix >= 0).all()


@given(supply_mult=st.floats(0, 2), queue=st.floats(0, 1e6), start=st.floats(0, 3e4), slope=st.floats(-50, 50),
       orders=st.floats(0, 3e4), site_mult=st.floats(0, 1))
def test_the_outlook_is_what_a_daily_queue_gives(supply_mult, queue, start, slope, orders, site_mult):
    coming = np.maximum(0.0, start + slope * np.arange(325))
    outlook = supply.Outlook(P)
    total = outlook.cumulated_deliveries(1e4, supply_mult, queue, coming, orders)
    slow = naive.deliveries(1e4, P.growth_supply, P.shock_decay, supply_mult, queue, coming.tolist(), orders,
                            MONTHS * MONTH_DAYS)
    np.testing.assert_allclose(total, slow, rtol=1e-9, atol=1e-3)
    share, schedule = np.array([0.7, 0.1, 0.1, 0.1]), np.abs(np.sin(np.arange(4 * 307.0))).reshape(4, 307) * 1e4
    months = outlook.by_month(total, share, schedule, site_mult)
    expected = naive.energisations(P, slow, share, schedule.tolist(), site_mult, MONTHS, MONTH_DAYS)
    np.testing.assert_allclose(months, expected, rtol=1e-7, atol=1.0)


def test_orders_rise_with_the_strip_and_with_the_owners_own_multiplier():
    provider = np.zeros(2, PROVIDER)
    provider["capacity"], provider["order_multiplier"] = 100.0, [1.0, 2.0]
    paying = np.ones((3, 4))
    low = supply.place_orders(P, np.full((3, 4), P.log_reference), paying, provider)
    high = supply.place_orders(P, np.full((3, 4), P.log_reference + 0.2), paying, provider)
    half = supply.place_orders(P, np.full((3, 4), P.log_reference), 0.5 * paying, provider)
    assert half == pytest.approx(0.5 * low)
    assert low[1] == 2 * low[0]
    assert high == pytest.approx(low * np.exp(0.2 * P.order_response))
