"""Generations: what their work fetches, what stands still, what a used one is worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.compute.config import ComputeConfig
from sim.compute.generation_kernels import rank_generations
from sim.compute.layout import REGION, REGION_DIALS, WORLD, derive, pack
from sim.compute.roadmap import chip_table
from tests import naive_compute as naive
from tests.compute.conftest import build_economy

P = derive(ComputeConfig())
RECORD, CHIPS = pack(P), chip_table(ComputeConfig())
A100, H100, H200, B200, GB300, RUBIN = range(6)
ASCEND = len(CHIPS) - 1
ALL = [A100, H100, B200, GB300, RUBIN, ASCEND]  # those that the tables of these tests name


def rank(mix, weights, price=0.85, day=100.0, rate=0.08, mult=1.0, aged=0.0, coming=0.5):
    """Level, log cost and running share of one region by the kernel, and its record."""
    world, region, dials = np.zeros(1, WORLD), np.zeros(1, REGION), np.ones(1, REGION_DIALS)
    world["aged"], region["price"], region["coming"], dials["power_mult"] = aged, price, coming, mult
    level, cost, runs, share, fleet = (np.zeros((1, len(CHIPS))) for _ in range(5))
    share[0, ALL], fleet[0, ALL] = mix, weights
    rank_generations(RECORD, dials, CHIPS, world, region, np.array([rate]), share, fleet, level, cost, runs, day)
    return level[0], cost[0], runs[0], region[0]


shares = st.lists(st.floats(0.001, 1), min_size=6, max_size=6).map(lambda x: [v / sum(x) for v in x])


@given(mix=shares, weights=shares, price=st.floats(-3, 3), day=st.floats(-252, 2520), mult=st.floats(0.1, 20),
       aged=st.floats(0, 1), coming=st.floats(0, 3))
def test_the_ranking_follows_the_slow_twin(mix, weights, price, day, mult, aged, coming):
    level, cost, runs, area = rank(mix, weights, price, day, 0.08, mult, aged, coming)
    slow = naive.rank_generations(P, CHIPS[ALL], mix, weights, price, day, 0.08, mult, aged, coming)
    for fast, expected in zip((level, cost, runs), slow, strict=False):
        np.testing.assert_allclose(fast[ALL], expected, rtol=1e-10, atol=1e-12)
    assert area["energy"] == pytest.approx(slow[3], abs=1e-12)
    assert area["crowding"] >= 0


def test_a_generation_is_dear_while_it_is_rarer_than_in_deliveries_and_makes_others_cheap():
    fleet = [0.1, 0.4, 0.5, 0.0, 0.0, 0.0]
    alone, late = rank([0, 0, 1, 0, 0, 0], fleet, day=0.0)[0], rank([0, 0, 0.2, 0, 0.8, 0], fleet, day=0.0)[0]
    assert late[RUBIN] > late[B200] > late[H100]
    assert late[B200] < alone[B200]
    ripe = rank([0, 0, 0, 0, 1, 0], [0.0, 0.1, 0.1, 0.1, 0.7, 0.0], day=0.0)[0]
    assert ripe[RUBIN] < late[RUBIN]
    assert ripe[H100] < 0


def test_old_chips_stop_first_when_power_is_dear():
    runs = rank([0, 0, 1, 0, 0, 0], [0.2, 0.4, 0.4, 0, 0, 0], mult=7.0, rate=0.20)[2]
    assert runs[A100] < 0.5 * runs[H100] < runs[H100] < 0.9 * runs[B200]
    calm = rank([0, 0, 1, 0, 0, 0], [0.2, 0.4, 0.4, 0, 0, 0])[2]
    assert calm[ALL].min() > 0.99


def test_dark_machines_leave_the_fleet_sooner_and_no_gpu_is_lost():
    calm, dear = build_economy(days=140), build_economy(days=140)
    for economy in (calm, dear):
        economy.burn_in()
    dear.dials.power_mult = np.array([1.0, 1.0, 14.0, 1.0])
    for day in range(120):
        calm.step(day)
        dear.step(day)
    europe = dear.provider["region"] == 2
    assert dear.retired[europe, A100].sum() > 1.2 * calm.retired[europe, A100].sum()
    assert dear.generation_idle[2, A100] > 0.05 * dear.generation_fleet[2, A100]
    assert dear.generation_utilisation[2, A100] < dear.generation_utilisation[2, GB300]
    assert (dear.received == dear.fleet + dear.waiting.sum(axis=0) + dear.retired).all()
    assert (dear.generation_idle <= dear.generation_fleet).all()


def test_markups_over_the_cost_of_owning_rise_with_the_generation():
    markups = []
    for seed in range(1, 5):
        economy = build_economy(seed=seed, days=10, burn_in=252)
        for day in range(-252, -60):
            economy.step(day)
        markups.append(economy.generation_markup[0])
    h100, b200, gb300, rubin = np.mean(markups, axis=0)[[H100, B200, GB300, RUBIN]]
    assert 1.1 < h100 < 1.5
    assert 1.6 < gb300 < 2.3 and 1.6 < b200 < 2.3
    assert 2.0 < rubin < 2.7
    assert h100 < gb300 < rubin


def resale_of(economy, r, g):
    """The value of one used GPU, month by month: the naive rule."""
    c, chip, obsolescence = economy.config.chips.demand, economy.chips[g], economy.config.prices.obsolescence
    age = max(0.0, chip["launch"] + max(0, economy.day) / 252)
    left = max(1.0, c.life - age / 2)
    site = c.site_share * economy.owning_cost[g]
    dearer = chip["power"] * economy.p.pue * economy.power_price[r] * (economy.dials.power_mult[r] - 1)
    rent, used, capital, earned = economy.expected_rent(72)[r, g], economy.region["used"][r], 0.0, 0.0
    late, wait = 0.0, (126 + 252) / 2 / 252
    for month in range(72):
        years = (month + 0.5) / 12
        stays = np.exp(-(c.discount + chip["retirement"] * 252) * years)
        capital += stays * (economy._cost_of_work[r, g] * chip["throughput"] - site)
        part = min(1.0, max(0.0, 0.5 + 12 * (left - years)))
        got = stays * part * max(0.0, rent[month] * used * np.exp(-c.term_discount) - site - dearer)
        earned, late = earned + got, late + (got if years < wait else 0.0)
    value = min(earned, capital * np.exp(-obsolescence * age) / min(1.0, economy.dials.supply_mult))
    return 730 * value * (1 - max(0.0, 1 - economy.dials.site_mult) * late / earned)


@pytest.mark.parametrize(("fall", "missing", "on_time"), [(0.0, 1.0, 1.0), (0.6, 1.0, 0.6), (0.0, 0.15, 1.0)])
def test_resale_values_are_those_of_one_gpu_at_a_time(economy, fall, missing, on_time):
    economy.outlook -= fall
    economy.dials.site_mult = on_time
    economy.dials.supply_mult = missing
    economy.dials.power_mult = 1.5
    wanted = [[resale_of(economy, r, g) for g in range(len(CHIPS))] for r in range(4)]
    np.testing.assert_allclose(economy.resale_value, wanted, rtol=1e-9)


def test_used_chips_cost_what_the_market_says_and_follow_rent_once_it_falls(economy):
    value = economy.resale_value
    new = economy.resale_value[0] / np.exp(-0.08 * np.maximum(0.0, economy.chips["launch"] + economy.day / 252))
    assert 0.5 <= value[0, H100] / new[H100] <= 0.8  # asked for used ones over new ones in 2026: 50 to 76 %
    assert 15e3 < value[0, H100] < 25e3 and 4e3 < value[0, A100] < 15e3 and 30e3 < value[0, B200] < 45e3
    assert (value[:, H100] > value[:, A100]).all() and (value[:, RUBIN] > value[:, GB300]).all()
    assert value[1, GB300] > 1.5 * value[0, GB300]  # smuggled
    economy.dials.supply_mult = 0.15
    short = economy.resale_value
    assert (short[0, [H100, B200]] > 1.2 * value[0, [H100, B200]]).all()  # no new ones to be had
    economy.dials.supply_mult, economy.dials.site_mult = 1.0, 0.6
    assert (economy.resale_value[0, [H100, B200]] < 0.97 * value[0, [H100, B200]]).all()  # chips wait for power
    economy.dials.site_mult = 1.0
    economy.outlook -= 0.7
    assert (economy.resale_value[0, [A100, H100]] < 0.8 * value[0, [A100, H100]]).all()
    economy.outlook -= 4.0
    assert (economy.resale_value[:, H100] == 0).all()


def test_fleet_prices_and_use_are_kept_by_month(economy):
    for day in range(10, 60):
        economy.step(day)
    kept = economy.generation_history
    done = ~np.isnan(kept["price"][:, 0, 0])
    assert done.sum() == 3
    np.testing.assert_allclose((kept["fleet"][done] * economy.chips["throughput"]).sum(axis=(1, 2)),
                               np.sort((kept["fleet"][done] * economy.chips["throughput"]).sum(axis=(1, 2))))
    assert (kept["utilisation"][done] <= 1).all() and (kept["price"][done] > 0).all()
    record = economy.record()
    assert record["gpu_price_h100"] == pytest.approx(np.exp(economy.region["price"][0] + economy.grade_level(59)))
    assert record["gpu_price_h100"] == economy.generation_price[0, H100]


def test_the_uncommitted_float_grows_with_the_world():
    economy = build_economy(days=260)
    economy.burn_in()
    economy.step(0)
    assert economy.float_growth == 1
    for day in range(1, 252):
        economy.step(day)
    assert 2.0 < economy.float_growth < 2.5


def test_old_chips_in_europe_stand_still_when_power_costs_six_times_as_much():
    calm, dear = build_economy(days=90), build_economy(days=90)
    for economy in (calm, dear):
        economy.burn_in()
    dear.dials.power_mult = np.array([1.0, 1.0, 6.0, 1.0])
    for day in range(60):
        calm.step(day)
        dear.step(day)
    europe = 2
    share = dear.generation_idle[europe] / np.maximum(1, dear.generation_fleet[europe])
    usual = calm.generation_idle[europe] / np.maximum(1, calm.generation_fleet[europe])
    assert share[A100] > 0.02 and share[A100] > 5 * usual[A100]
    assert share[A100] > 2 * share[H100] > 2 * share[GB300]
    np.testing.assert_allclose(dear.generation_idle[0], calm.generation_idle[0], rtol=0.1, atol=200)
    assert (dear.gpu_book()["idle"][europe] == dear.idle[dear.provider["region"] == europe].sum(axis=0)).all()


def test_generations_after_rubin_follow_the_trend_of_those_before():
    first, years = CHIPS[RUBIN + 1], 1.2
    known = CHIPS[: RUBIN + 1]
    for name in ("throughput", "power", "own_cost"):
        slope = np.polyfit(-known["launch"], np.log(known[name]), 1)[0]
        assert np.log(first[name] / CHIPS[name][RUBIN]) == pytest.approx(years * slope)
    assert first["launch"] == CHIPS["launch"][RUBIN] - years
    assert first["takeover"] == CHIPS["takeover"][RUBIN] + years * 252
    assert (np.diff(CHIPS["own_cost"][RUBIN:ASCEND] / CHIPS["throughput"][RUBIN:ASCEND]) < 0).all()  # work gets cheaper
    steady = ComputeConfig()
    flat = steady.chips.model_copy(update={"successors": steady.chips.successors.model_copy(update={"pace": 0.0})})
    same = chip_table(steady.model_copy(update={"chips": flat}))
    assert (same["throughput"][RUBIN:ASCEND] == same["throughput"][RUBIN]).all()


def test_ten_years_see_several_generations_come_and_go():
    economy = build_economy(days=2520, indices=())
    newest = []
    for day in range(-20, 2520):
        economy.step(day)
        if day % 252 == 0:
            newest.append(int(np.flatnonzero(economy.generation_fleet[0, :ASCEND]).max()))
    assert newest == sorted(newest) and newest[-1] >= RUBIN + 6
    fleet, rent = economy.generation_fleet[0], economy.generation_price[0] / economy.chips["throughput"]
    assert fleet[A100] < 0.2 * fleet[GB300]
    assert rent[A100] < rent[H100] * 1.01 and rent[H100] < 0.8 * rent[RUBIN + 5]
    output = economy.generation_history["output"]
    assert (np.diff(output[~np.isnan(output[:, 0, 0])], axis=0) >= 0).all()  # what was delivered stays delivered
