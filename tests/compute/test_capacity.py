"""Decisions on capacity, who goes without, and ten years under any parameters."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sim.compute import capacity
from sim.compute.config import ComputeConfig
from sim.compute.indices.transaction import Transaction
from sim.compute.layout import REGION, derive
from tests.compute.conftest import build_economy

HYPERSCALER, DATA_CENTRE = 0, 1


def changed(**blocks):
    """A configuration with some fields of some blocks of supply and demand changed."""
    c = ComputeConfig()
    building = c.supply.capacity.model_copy(update=blocks.get("capacity", {}))
    supply = c.supply.model_copy(update={"capacity": building, **blocks.get("supply", {})})
    demand = c.demand.model_copy(update=blocks.get("demand", {}))
    prices = c.prices.model_copy(update=blocks.get("prices", {}))
    return c.model_copy(update={"supply": supply, "demand": demand, "prices": prices})


def regions(recent=0.9, habit=0.9, price=0.9):
    out = np.zeros(4, REGION)
    out["recent"], out["habit"], out["price"] = recent, habit, price
    return out


@given(neglect=st.floats(0, 1), extrapolation=st.floats(0, 1), recent=st.floats(-1, 2), habit=st.floats(-1, 2),
       strip=st.floats(-1, 2), share=st.floats(0, 1))
def test_owners_mix_the_outlook_with_what_they_have_seen(neglect, extrapolation, recent, habit, strip, share):
    p = derive(changed(capacity={"neglect": neglect, "extrapolation": extrapolation}))
    rent = capacity.expected_rent(p, regions(recent, habit), np.full(4, strip), share)
    private = neglect * (recent - strip) + extrapolation * (recent - habit)
    np.testing.assert_allclose(rent[DATA_CENTRE], strip + (1 - share) * private, atol=1e-12)
    np.testing.assert_allclose(rent[HYPERSCALER], strip + (1 - share) * p.hyperscaler_bias * private, atol=1e-12)


def test_a_project_goes_ahead_when_rent_is_a_trigger_above_cost():
    p = derive(ComputeConfig())
    cost = np.array([0.5, 1.0, 2.0, 4.0])
    at = np.log(cost) + p.trigger + p.term_discount
    np.testing.assert_allclose(capacity.pays(p, np.tile(at, (3, 1)), cost), 0.5)
    assert (capacity.pays(p, np.tile(at + 1, (3, 1)), cost) > 0.99).all()
    assert (capacity.pays(p, np.tile(at - 1, (3, 1)), cost) < 0.01).all()


def test_prices_are_remembered_over_a_quarter_and_over_years():
    p, area = derive(ComputeConfig()), regions(0.0, 0.0, 1.0)
    for _ in range(63):
        capacity.remember_prices(p, area)
    assert area["recent"][0] == pytest.approx(1 - np.exp(-1), abs=0.01)
    assert area["habit"][0] == pytest.approx(1 - np.exp(-63 / 504), abs=0.01)


def test_neglect_of_competition_makes_orders_swing():
    swings = []
    for neglect in (0.0, 1.0):
        config = changed(capacity={"neglect": neglect, "extrapolation": neglect, "hyperscaler_bias": 1.0})
        economy = build_economy(config=config, days=1010, burn_in=60, indices=())
        economy.burn_in()
        ratio = []
        for day in range(1008):
            economy.step(day)
            ratio.append(np.log(economy.orders.sum() / economy.capacity_total))
        swings.append(np.std(ratio))
    assert swings[1] > 1.2 * swings[0]


def test_orders_follow_a_liquid_curve_where_the_weight_is_not_zero():
    booked = []
    for weight in (0.0, 1.0):
        economy = build_economy(config=changed(supply={"orders_follow_curve": weight}), days=60)
        economy.burn_in()
        for day in range(40):
            economy.step(day, economy.forecast["assessed"] * 1.3)
        booked.append(economy.ordered.copy())
        assert (economy.ordered > 0).all()
    assert (booked[1] > 1.05 * booked[0]).all()


def test_a_glut_stops_projects():
    calm, glut = build_economy(days=160), build_economy(days=160)
    calm.burn_in()
    glut.burn_in()
    glut.dials.demand_mult = 0.4
    for day in range(150):
        calm.step(day)
        glut.step(day)
    assert glut.orders.sum() < 0.7 * calm.orders.sum()


@pytest.mark.slow
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(1, 10**6), growth=st.floats(0.5, 4), supply=st.floats(0.5, 4), slow=st.floats(0, 3),
       fast=st.floats(0.1, 3), neglect=st.floats(0, 1), extrapolation=st.floats(0, 1), response=st.floats(0, 3),
       trigger=st.floats(0.5, 3), committed=st.floats(0, 0.99), lead=st.integers(1, 600), vendor=st.floats(0, 1))
def test_ten_years_neither_explode_nor_die(seed, growth, supply, slow, fast, neglect, extrapolation, response, trigger,
                                           committed, lead, vendor):
    config = changed(
        capacity={"neglect": neglect, "extrapolation": extrapolation, "trigger": trigger, "hyperscaler_bias": 1.0},
        supply={"growth": supply, "order_response": response, "lead_time": lead, "vendor_response": vendor},
        demand={"growth": growth, "elasticity_slow": slow, "elasticity_fast": fast},
        prices={"committed_share": committed})
    economy = build_economy(seed=seed, days=2520, burn_in=60, config=config, indices=(Transaction(),))
    economy.burn_in()
    for day in range(2520):
        economy.step(day)
    assert all(np.isfinite(value) for value in economy.record().values())
    assert (economy.spot > 0).all() and (economy.forecast["transaction"] > 0).all()
    assert (economy.fleet >= 0).all() and (economy.waiting >= 0).all()
    assert (economy.received == economy.fleet + economy.waiting.sum(axis=0) + economy.retired).all()
    assert 0 < economy.utilisation <= 1 and economy.capacity_total > 0
