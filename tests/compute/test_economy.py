"""The economy as its users see it: order of days, luck, copies, indices, consensus, dials, curve."""

import numpy as np
import pytest

from sim.compute.config import ComputeConfig, Prices
from sim.compute.indices.assessed import Assessed
from sim.compute.indices.base import Index
from sim.compute.indices.transaction import Transaction
from sim.compute.operators import Operators
from sim.compute.start import draw_markups
from sim.plugin import FAMILIES
from tests.compute.conftest import build_economy, some_operators


def run(economy, days, start=0, curve=None):
    """Records of some days."""
    out = []
    for day in range(start, start + days):
        economy.step(day, curve)
        out.append(economy.record())
    return out


def started(**options):
    economy = build_economy(**options)
    economy.burn_in()
    return economy


def test_one_seed_is_one_history_and_another_seed_another():
    first, again, other = (run(started(seed=s), 30) for s in (5, 5, 6))
    assert first == again
    assert first != other


def test_every_record_is_finite_and_in_range():
    for row in run(started(days=600), 300):
        assert all(np.isfinite(value) for value in row.values()), row
        assert 0 < row["utilisation"] < 1 and 0 <= row["rationed_share"] < 1 and 0 <= row["stockout_share"] <= 1
        assert row["idle_share"] == 1 - row["utilisation"]
        assert min(row["spot_us"], row["spot_cn"], row["spot_eu"], row["spot_row"], row["token_price"]) > 0


def test_a_snapshot_continues_bit_for_bit_and_may_be_used_twice(economy):
    economy.dials.float_mult = 0.8
    state = economy.snapshot()
    first = run(economy, 40, 10)
    forecast = economy.forecast["assessed"].copy()
    for _ in range(2):
        economy.restore(state)
        assert run(economy, 40, 10) == first
        assert (economy.forecast["assessed"] == forecast).all()


def test_a_snapshot_goes_into_a_fresh_economy(economy):
    other = build_economy()
    other.restore(economy.snapshot())
    assert run(other, 20, 10) == run(economy, 20, 10)


def test_nothing_uses_the_future():
    short, long = run(started(days=40), 40), run(started(days=400), 40)
    assert short == long


def test_days_come_one_by_one(economy):
    with pytest.raises(ValueError, match="day 12 follows day 9"):
        economy.step(12)


def test_one_more_operator_changes_nobody_elses_draws():
    few, many = some_operators(6), some_operators(7)
    a, b = build_economy(operators=few), build_economy(operators=many)
    a.burn_in()
    b.burn_in()
    own_few = np.r_[0:6, 6:len(a.provider)]
    own_many = np.r_[0:6, 7:len(b.provider)]
    for field in ("own", "chance", "key"):  # luck, not prices, which answer to the larger market
        assert (a.provider[field][own_few] == b.provider[field][own_many]).all(), field
    key = a.streams.key("compute.markup")
    before, after = draw_markups(a.config, a.owners, key)[0], draw_markups(b.config, b.owners, key)[0]
    assert (before[own_few] == after[own_many]).all()


def test_dials_change_prices_but_no_draw():
    calm, shocked = started(), started()
    shocked.dials.supply_mult, shocked.dials.demand_mult = 0.2, 1.3
    run(calm, 30), run(shocked, 30)
    for field in ("growth", "fast", "volatility", "jump", "squeezed", "need", "grade", "belief", "level"):
        assert calm.world[field] == shocked.world[field], field
    assert (calm.provider["own"] == shocked.provider["own"]).all()
    assert (shocked.spot > calm.spot).all()


def test_dials_have_names():
    economy = build_economy()
    with pytest.raises(AttributeError, match="no dial 'flaot_mult'"):
        economy.dials.flaot_mult = 1.0
    economy.dials.power_mult = np.array([1.0, 1.0, 6.0, 1.0])
    assert economy.dials.power_mult[2] == 6.0
    assert economy.dials.supply_mult == 1.0


@pytest.mark.parametrize(("dial", "value", "sign"), [
    ("float_mult", 0.5, 1), ("sublet_mult", 0.3, 1), ("spare_mult", 3.0, -1), ("growth_add", 2.0, 1),
    ("demand_mult", 0.8, -1), ("power_mult", 8.0, 1), ("available", 0.9, 1), ("site_mult", 0.0, 1),
    ("vacancy_add", 0.5, 1)])
def test_each_dial_moves_spot_the_right_way(dial, value, sign):
    calm, moved = started(days=100), started(days=100)
    setattr(moved.dials, dial, value)
    run(calm, 40), run(moved, 40)
    assert (sign * (moved.spot - calm.spot) > 0).all()


def test_export_control_parts_china_from_the_rest():
    calm, moved = started(days=400, burn_in=60), started(days=400, burn_in=60)
    moved.dials.export_control = 0.0
    run(calm, 250), run(moved, 250)
    ratio = moved.spot / calm.spot
    assert ratio[1] > 1.15
    assert (ratio[[0, 2, 3]] < 1.005).all()


@pytest.mark.parametrize(("elasticity", "later"), [(0.6, -1), (1.6, 1)])
def test_efficiency_saves_compute_first_and_then_jevons_decides(elasticity, later):
    config = ComputeConfig()
    config = config.model_copy(update={"demand": config.demand.model_copy(update={"elasticity_slow": elasticity})})
    calm, moved = started(days=300, config=config), started(days=300, config=config)
    moved.efficiency_jump(3.0)
    run(calm, 10), run(moved, 10)
    if elasticity < 1:  # with a large elasticity the expected rebound is in the price at once
        assert (moved.spot < calm.spot).all()
    run(calm, 190, 10), run(moved, 190, 10)
    assert (later * (moved.spot - calm.spot) > 0).all()
    assert moved.pace_of_ai > calm.pace_of_ai


# --- indices and consensus ------------------------------------------------------------------------------------


def test_indices_are_published_once_a_day_in_whole_cents():
    economy = started(days=60, burn_in=30)
    run(economy, 20)
    for name, history in economy.index_history.items():
        published = history[:50]
        assert np.isfinite(published).all() and np.isnan(history[50:]).all()
        assert (np.round(published * 100) / 100 == published).all()
        assert history[49] == economy.index_value[name]


def test_the_assessed_index_is_sticky_and_the_transaction_index_is_not():
    economy = started(days=300)
    run(economy, 250)
    change = {name: np.diff(history[20:270]) for name, history in economy.index_history.items()}
    assert (change["assessed"] == 0).mean() > 0.3
    assert (change["transaction"] == 0).mean() < 0.1
    assert change["assessed"].std() < change["transaction"].std()


def test_a_restatement_moves_the_next_value_and_stays():
    calm, moved = started(), started()
    moved.restate("assessed", 0.94)
    a, b = run(calm, 5), run(moved, 5)
    for x, y in zip(a, b, strict=True):
        assert y["index_assessed"] == pytest.approx(0.94 * x["index_assessed"], abs=0.011)
        assert y["index_transaction"] == pytest.approx(x["index_transaction"], rel=0.02)
    with pytest.raises(KeyError, match="no index 'asessed'"):
        moved.restate("asessed", 1.0)


def test_on_the_last_day_of_a_month_its_forecast_is_the_settlement():
    economy = started(days=70)
    for day in range(64):
        economy.step(day)
        month = economy.calendar.month(day)
        if day == economy.calendar.last_day(month) and day > 25:
            rows = economy.calendar.month_of[: day + 21] == month
            for name, curve in economy.forecast.items():
                assert curve[0] == pytest.approx(economy.index_history[name][: day + 21][rows].mean(), rel=1e-14)


def test_forecasts_start_at_the_index_and_are_smooth():
    economy = started(days=60)
    run(economy, 40)
    for name, curve in economy.forecast.items():
        assert curve.shape == (36,)
        assert (curve > 0).all()
        assert abs(np.log(curve[0] / economy.index_value[name])) < 0.35
        assert np.abs(np.diff(np.log(curve[1:]))).max() < 0.15


def test_indices_are_plugins_with_names():
    assert {"assessed", "transaction"} <= set(FAMILIES["index"].types)
    economy = build_economy(indices=(Assessed(), Assessed(name="small_panel", panel=5)))
    economy.burn_in()
    assert set(economy.index_value) == {"assessed", "small_panel"}
    assert economy._index_state["small_panel"]["rows"].size == 5
    with pytest.raises(ValueError, match="set `name`"):
        build_economy(indices=(Transaction(), Transaction()))
    assert issubclass(Transaction, Index)


# --- the curve ------------------------------------------------------------------------------------------------


def with_curve(gap, config=None):
    economy = started(days=200, config=config)
    for day in range(60):
        curve = economy.forecast["assessed"] * np.exp(gap)
        economy.step(day, curve)
    return economy


def test_a_high_curve_lifts_lists_and_spot_through_three_channels():
    level, high = with_curve(0.0), with_curve(0.3)
    assert np.median(high.lists / level.lists) > 1.01
    assert (high.spot > level.spot).all()


def test_each_channel_of_the_curve_can_be_zero():
    c = ComputeConfig()
    c = c.model_copy(update={
        "prices": c.prices.model_copy(update={"offers_follow_curve": 0.0}),
        "demand": c.demand.model_copy(update={"demand_follows_curve": 0.0}),
        "lists": c.lists.model_copy(update={"lists_follow_curve": 0.0}),
        "terms": c.terms.model_copy(update={"terms_follow_curve": 0.0, "reservations_follow_curve": 0.0}),
        "supply": c.supply.model_copy(update={"orders_follow_curve": 0.0})})
    level, high = with_curve(0.0, c), with_curve(0.3, c)
    assert (high.lists == level.lists).all()
    assert (high.spot == level.spot).all()


def test_a_curve_with_nothing_listed_is_no_curve():
    a, b = started(), started()
    run(a, 10)
    run(b, 10, curve=np.full(36, np.nan))
    assert (a.spot == b.spot).all()


# --- start ----------------------------------------------------------------------------------------------------


def test_at_rest_the_market_clears_at_the_reference_price():
    economy = build_economy(burn_in=0)
    still = {"world_sd": 0.0, "regional_sd": 0.0, "jump_rate": 0.0, "squeeze_rate": 0.0}
    c = economy.config.noise.model_copy(update=still)
    d = economy.config.demand.model_copy(update={"surge": 0.0, "need_sd": 0.0, "permanent_sd": 0.0, "regional_sd": 0.0,
                                                 "growth_sd": 0.0, "growth": 2.2})
    economy = build_economy(burn_in=0, config=economy.config.model_copy(update={"noise": c, "demand": d}))
    economy.step(0)
    np.testing.assert_allclose(economy.spot, 2.35, rtol=0.01)


def test_owners_split_capacity_by_kind_and_size():
    economy = build_economy(operators=some_operators(8))
    mine, kind, region = economy.capacity[:8], economy.provider["kind"], economy.provider["region"]
    us = region == 0
    us_hyperscalers = economy.capacity[us & (kind == 0)].sum() / economy.capacity[us].sum()
    assert us_hyperscalers == pytest.approx(0.62 / 0.67, rel=1e-3)  # no data centre of the scenario stands in the US
    assert mine[4] / mine[0] == pytest.approx(5.0, rel=1e-3)
    assert (kind[8:] == 2).all()


def test_a_region_without_owners_is_refused():
    c = ComputeConfig()
    c = c.model_copy(update={"fringe": c.fringe.model_copy(update={"small_cn": 0})})
    only_us = Operators(np.array([0, 1], np.int8), np.zeros(2, np.int8), np.ones(2), np.array([1, 2], np.uint64))
    with pytest.raises(ValueError, match="nobody owns capacity in CN"):
        build_economy(operators=only_us, config=c)


def test_parameters_are_frozen_and_bounded():
    with pytest.raises(ValueError, match="committed_share"):
        Prices(committed_share=1.2)
    for block in (ComputeConfig(),):
        assert block.model_config["frozen"]
