"""Every kernel against its plain-Python self and, where there is one, an independent slow twin."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.compute import class_kernels, forecast_kernels, generation_kernels, kernels, list_kernels, supply_kernels
from sim.compute.config import ComputeConfig
from sim.compute.layout import DIALS, WORLD, derive, pack
from tests import naive_compute as naive

P = derive(ComputeConfig())
RECORD = pack(P)
WEIGHTS = np.array([[0.1, 0.3, 0.2, 0.3, 0.1, 0.0]])
LOG_COST = np.log(np.array([[0.25, 0.19, 0.12, 0.11, 0.1, 0.2]]))

log = st.floats(-3, 3)
share = st.floats(0.001, 1.0)


@pytest.fixture
def pure_python(monkeypatch):
    """Kernels and their leaves run by the Python interpreter."""
    for module in (class_kernels, kernels, supply_kernels, forecast_kernels, list_kernels, generation_kernels):
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func") and value.py_func.__module__ == module.__name__:
                monkeypatch.setattr(module, name, value.py_func)
        if hasattr(module, "combine"):  # called from Python, a compiled leaf returns a Python integer
            compiled = module.combine
            monkeypatch.setattr(module, "combine", lambda key, number, f=compiled: np.uint64(f(key, number)))
    monkeypatch.setattr(forecast_kernels, "strip_of", kernels.strip_of)
    for name in ("mix_of", "step_classes"):
        monkeypatch.setattr(kernels, name, getattr(class_kernels, name))
    for module in (list_kernels, generation_kernels):
        monkeypatch.setattr(module, "logistic", kernels.logistic)


def price(u, overflow=0.01, slack=0.15, busy=0.85, strip=0.8, energy=0.0, floats=0.11, sublets=0.88, spares=0.05,
          start=0.8, elasticity=0.6, markup=0.0):
    return kernels.clear(RECORD[0], start, 1e-12, u, elasticity, overflow, slack, busy, strip, strip, energy, markup,
                         floats, sublets, spares, WEIGHTS, LOG_COST, 0)


@given(u=st.floats(0.001, 20), overflow=share, slack=share, busy=share, strip=log, energy=st.floats(-0.5, 2),
       floats=share, spares=share, start=log, elasticity=st.floats(0, 2), markup=st.floats(0, 2))
def test_clearing_price_is_where_bisection_finds_it(u, overflow, slack, busy, strip, energy, floats, spares, start,
                                                    elasticity, markup):
    more = {"elasticity": elasticity, "markup": markup}
    y, elastic_share, steep, response = price(u, overflow, slack, busy, strip, energy, floats, 0.88, spares, start,
                                              **more)
    slow = naive.clearing_price(P, u, elasticity, overflow, slack, busy, strip, strip, energy, markup, floats, 0.88,
                                spares, WEIGHTS[0], LOG_COST[0])
    assert y == pytest.approx(slow, abs=1e-8)
    assert 0 <= elastic_share <= 1
    assert steep > 0
    near, far = (price(u, overflow, slack, busy, strip + e, energy, floats, 0.88, spares, y, **more)[0]
                 for e in (-1e-4, 1e-4))
    assert response == pytest.approx((far - near) / 2e-4, abs=1e-3)


@given(u=st.floats(0.01, 5), more=st.floats(1.01, 10))
def test_more_demand_raises_the_price_and_more_supply_lowers_it(u, more):
    base = price(u)[0]
    assert price(u * more)[0] > base
    assert price(u, floats=0.11 * more)[0] < base
    assert price(u, slack=0.15 * more)[0] < base
    assert price(u, energy=0.2 * more)[0] > base
    assert price(u, markup=0.2 * more)[0] > base


def test_price_stays_between_avoidable_cost_and_rationing():
    # demand -86 % overnight: old chips switch off near their avoidable cost instead of giving work away
    assert 0.10 < np.exp(price(0.05 * 0.14, overflow=1e-12, slack=0.6, busy=0.4, spares=0.0)[0]) < 0.45
    # demand +49 % of all capacity overnight: a price at which the rest is rationed, but a finite one
    assert 5 < np.exp(price(0.2, overflow=0.4, slack=0.001, busy=1.0)[0]) < 60


@given(old=st.lists(log, min_size=1, max_size=36), move=st.floats(-1, 1), pull=st.floats(0, 1.5))
def test_every_month_follows_the_months_behind_it(old, move, pull):
    months = len(old)
    new, response = [x + move / (1 + m) for m, x in enumerate(old)], np.full(months + 1, pull)
    outlook, path = np.array([new]), np.zeros((1, months + 1))
    kernels.follow_strips(pack(derive(ComputeConfig()))[0], np.append(0.0, np.cumsum(old)), response, path, outlook, 0)
    slow = naive.follow_strips(old, new, [pull] * months, ComputeConfig().forecast.relaxation)
    np.testing.assert_allclose(outlook[0], slow, atol=1e-9)
    np.testing.assert_allclose(path[0, 1:], outlook[0] - new, atol=1e-12)


def test_slack_is_smooth_and_never_negative():
    x = np.linspace(0, 1.5, 151)
    slack = np.array([kernels.slack_of(RECORD[0], v) for v in x])
    assert (slack > 0).all()
    assert (np.diff(slack) < 0).all()
    assert slack[0] == pytest.approx(1.0, abs=1e-9)


def test_posted_steps_are_five_ten_or_twenty_per_cent():
    for gap, factor in ((0.06, 1.05), (0.15, 1.10), (0.5, 1.20), (-0.06, 1 / 1.05), (-2.0, 1 / 1.20)):
        assert np.exp(list_kernels.administered(gap, 0.6)) == pytest.approx(factor)


def frozen(economy):
    """Everything that kernels may change, copied."""
    return copy.deepcopy({k: getattr(economy, k) for k in (
        "world", "region", "classes", "parts", "provider", "fleet", "received", "retired", "waiting", "outlook",
        "_path", "_schedule", "_carry", "_worn", "idle", "gpus", "_weights", "_log_cost", "level", "_runs")})


def same(a, b):
    """Equal to rounding, integers exactly."""
    for name in a:
        if a[name].dtype.names:
            for field in a[name].dtype.names:
                np.testing.assert_allclose(a[name][field], b[name][field], rtol=1e-12, atol=1e-12, err_msg=field)
        elif a[name].dtype.kind == "i":
            assert (a[name] == b[name]).all(), name
        else:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-10, atol=1e-10, err_msg=name)


def test_a_day_of_compiled_kernels_is_a_day_of_plain_python(economy, pure_python, monkeypatch):
    from sim.compute import economy as module

    economy.dials.site_mult, economy.dials.float_mult = 0.7, 0.5
    before = economy.snapshot()
    economy.step(10)
    compiled = frozen(economy)
    economy.restore(before)
    for name, source in (("step_market", kernels), ("step_lists", list_kernels), ("move_fleet", supply_kernels),
                         ("rank_generations", generation_kernels)):
        monkeypatch.setattr(module, name, getattr(source, name))
    monkeypatch.setattr("sim.compute.indices.assessed.expect_lists", forecast_kernels.expect_lists)
    economy.step(10)
    assert not hasattr(module.step_market, "py_func")
    same(compiled, frozen(economy))


def test_expected_lists_follow_the_slow_twin(economy):
    economy.age_old_chips(0.2)
    out = economy.indices[0].expected(economy, economy._index_state["assessed"], 9)
    state = economy._index_state["assessed"]
    slow = naive.expected_lists(
        economy.p, economy.world["belief"][0], 0.2 + economy.world["crowding"][0], economy.region["list_reference"],
        economy.outlook, economy.world["curve_lists"][0], state["region"], 9.0,
        state["level"][0], state["restatement"][0],
        *state["panel"])
    np.testing.assert_allclose(out, slow, rtol=1e-12)


def test_panel_mean_follows_the_slow_twin(economy):
    index, state = economy.indices[0], economy._index_state["assessed"]
    members = economy.provider[state["rows"]]
    present = state["present"].copy()
    slow = naive.panel_mean(members["log_list"], members["markup"], state["weight"], present, members["chance"],
                            index.normalisation, index.missing, index.returning)
    fast = index.panel_mean(economy.provider, state["rows"], state["weight"], present)
    assert fast == pytest.approx(slow[0], rel=1e-13)
    assert list(present) == slow[1]


def test_records_are_neutral_before_the_first_day():
    assert (np.zeros(1, WORLD).view("f8") == 0).all()
    assert set(DIALS.names) >= {"supply_mult", "float_mult", "growth_add", "site_mult", "export_control"}
