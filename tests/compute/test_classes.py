"""Classes of demand by region: their mix, their answers, who goes without, and small users as the yardstick."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.compute import class_kernels
from sim.compute.classes import (
    LARGE,
    RESEARCH,
    SMALL_MODELS,
    TRAINING,
    by_class,
    class_rows,
    class_shares,
)
from sim.compute.config import ComputeConfig
from sim.compute.config_classes import CLASSES
from sim.compute.layout import HORIZON, by_region, derive
from tests import naive_compute as naive
from tests.compute.conftest import build_economy

CONFIG = ComputeConfig()
P, SHARES = derive(CONFIG), class_shares(CONFIG)


def with_classes(**blocks):
    """A configuration with some fields of the classes' blocks changed."""
    classes = CONFIG.demand.classes
    new = {name: getattr(classes, name).model_copy(update=fields) for name, fields in blocks.items()}
    demand = CONFIG.demand.model_copy(update={"classes": classes.model_copy(update=new)})
    return CONFIG.model_copy(update={"demand": demand})


def after(days, config=None, act=None, **options):
    """An economy some days after day 0; `act` is done to it before its first day."""
    economy = build_economy(days=max(days, 70), config=config, **options)
    economy.burn_in()
    if act:
        act(economy)
    for day in range(days):
        economy.step(day)
    return economy


def test_the_means_over_classes_are_those_of_demand():
    rows, where = class_rows(CONFIG, P, SHARES, 0), by_region(CONFIG.supply.shares)
    need, spot = (where[:, None] / where.sum() * SHARES).sum(axis=1)
    np.testing.assert_allclose(SHARES.sum(axis=2), 1)
    assert (rows["elasticity"] * need).sum() == pytest.approx(CONFIG.demand.elasticity_slow)
    assert (rows["fast"] * spot).sum() == pytest.approx(CONFIG.demand.elasticity_fast)
    assert (rows["reach"] * need).sum() == pytest.approx(1)
    assert (rows["drift"] * need).sum() == pytest.approx(0, abs=1e-15)
    assert need[TRAINING] == pytest.approx(0.34, abs=0.01)  # Deloitte 2026-02
    assert spot[RESEARCH] == pytest.approx(0.15, abs=0.02)  # small users on the spot market
    with pytest.raises(ValueError, match="some class must want compute"):
        class_shares(with_classes(spot=dict.fromkeys(CLASSES, 0.0)))


@given(values=st.lists(st.floats(-1, 1), min_size=24, max_size=24), days=st.floats(0, 800), slow=st.floats(-2, 2),
       left=st.floats(0, 1), region=st.integers(0, 3))
def test_the_mix_follows_its_slow_twin(values, days, slow, left, region):
    rows, numbers = class_rows(CONFIG, P, SHARES, 0), np.array(values).reshape(6, 4)
    for name, row in zip(("level", "saving", "saving_target", "rebound", "rebound_target", "pushed"), numbers,
                         strict=True):
        rows[name] = row
    h, parts = np.zeros(1, HORIZON), np.zeros((2, 4, 4))
    h["days"], h["saving"], h["rebound"], h["shock"] = days, left, left, left
    fast = class_kernels.mix_of(rows, SHARES, h[0], slow, region, parts, True)
    twin = naive.mix(rows, SHARES, region, days, slow, left, left, left)
    np.testing.assert_allclose(fast, twin, rtol=1e-12)
    np.testing.assert_allclose(parts[:, region].sum(axis=1), 1)
    assert rows["fast"].min() - 1e-9 <= fast[2] <= rows["fast"].max() + 1e-9


def test_classes_that_are_alike_are_one():
    alike = dict.fromkeys(CLASSES, 1.0)
    rows = class_rows(with_classes(elasticity=alike, elasticity_fast=alike, growth=alike), P, SHARES, -100)
    h = np.zeros(1, HORIZON)
    for slow in (-0.5, 0.0, 0.7):
        need, spot, fast = class_kernels.mix_of(rows, SHARES, h[0], slow, 1, np.zeros((2, 4, 4)), False)
        assert need == pytest.approx(math.exp(-P.elasticity_slow * slow))
        assert spot == pytest.approx(math.exp(-(P.elasticity_slow - P.elasticity_fast) * slow))
        assert fast == pytest.approx(P.elasticity_fast)


def test_the_mix_shifts_and_the_sum_does_not():
    fast = with_classes(growth={"training": 0.5, "large": 1.0, "small": 2.0, "research": 1.0},
                        elasticity=dict.fromkeys(CLASSES, 1.0), elasticity_fast=dict.fromkeys(CLASSES, 1.0))
    still = with_classes(growth=dict.fromkeys(CLASSES, 1.0), elasticity=dict.fromkeys(CLASSES, 1.0),
                         elasticity_fast=dict.fromkeys(CLASSES, 1.0))
    a, b = after(120, fast), after(120, still)
    np.testing.assert_allclose(a.spot, b.spot, rtol=1e-6)  # only the mix differs
    share = a.class_demand.sum(axis=0) / b.class_demand.sum(axis=0)
    assert share[TRAINING] < 0.85 < 1.2 < share[SMALL_MODELS]
    assert a.training_compute < b.training_compute


def test_demand_of_the_classes_adds_up_to_demand(economy):
    assert economy.class_demand.sum() == pytest.approx(economy.world["demand"][0])
    figures = economy.demand_figures()
    assert tuple(figures) == tuple(f"demand_{name}" for name in CLASSES)
    share = economy.training_compute / (economy.utilisation * economy.capacity_total)
    assert 0.25 < share < 0.40
    assert (economy.class_tokens > 0).all()


@pytest.mark.parametrize("kind", range(4))
def test_a_class_that_is_pushed_wants_more_and_moves_spot(kind):
    push = np.ones(4)
    push[kind] = 1.3
    calm = after(30)
    moved = after(30, act=lambda e: setattr(e.dials, "class_mult", push))
    assert (moved.spot > calm.spot).all()
    more = moved.class_demand.sum(axis=0) / calm.class_demand.sum(axis=0)
    assert more.argmax() == kind and more[kind] > 1.1


def test_a_freeze_of_training_slows_ai_and_frees_compute():
    frozen = after(60, act=lambda e: setattr(e.dials, "class_mult", np.array([0.2, 1.0, 1.0, 1.0])))
    calm = after(60)
    assert frozen.training_compute < 0.5 * calm.training_compute
    assert frozen.pace_of_ai < calm.pace_of_ai
    assert (frozen.spot < calm.spot).all() and frozen.utilisation < calm.utilisation


@pytest.mark.parametrize(("elasticity", "later"), [(0.6, -1), (1.8, 1)])
def test_smaller_models_save_compute_and_jevons_decides(elasticity, later):
    demand = CONFIG.demand.model_copy(update={"elasticity_slow": elasticity})
    config = CONFIG.model_copy(update={"demand": demand})
    calm, moved = after(260, config), after(260, config, act=lambda e: e.shift_models(0.3))
    assert (later * (moved.spot - calm.spot) > 0).all()
    change = moved.class_demand.sum(axis=0) / calm.class_demand.sum(axis=0)
    assert change[LARGE] < 0.9 and change[SMALL_MODELS] > 1.02


def test_a_move_back_to_large_models_needs_more_compute_until_users_count_the_cost():
    calm, moved = after(12), after(12, act=lambda e: e.shift_models(-0.3))
    change = moved.class_demand.sum(axis=0) / calm.class_demand.sum(axis=0)
    assert change[LARGE] > 1.0 > change[SMALL_MODELS]
    assert (moved.spot > calm.spot).all()


# --- who goes without -------------------------------------------------------------------------------------------


def test_everyone_who_goes_without_is_counted_once(economy):
    economy.dials.demand_mult = 1.8
    economy.step(10)
    lost, wanted = economy.unserved()
    area = economy.region
    np.testing.assert_allclose(lost.sum(axis=(0, 2)), area["rationed"] * area["capacity"], rtol=1e-9)
    assert (lost <= wanted).all() and (lost >= 0).all()
    share = economy.rationed()
    assert share["rationed_research"] > share["rationed_large"] > 0
    assert economy.refused == pytest.approx(share["rationed_research"])
    assert set(share) <= set(economy.record())
    total = (lost.sum() / wanted.sum())
    assert total == pytest.approx(economy.rationed_share, rel=1e-6)
    for r, name in enumerate(("us", "cn", "eu", "row")):
        of_region = lost[:, r].sum() / wanted[:, r].sum()
        assert share[f"rationed_{name}"] == pytest.approx(of_region)
        assert share[f"rationed_research_{name}"] == pytest.approx(lost[:, r, RESEARCH].sum()
                                                                   / wanted[:, r, RESEARCH].sum())


@pytest.mark.parametrize("part", [0.01, 0.3, 0.8, 0.97])
def test_who_has_lost_all_passes_the_rest_on(economy, part):
    area = economy.region
    total = (area["served"] + area["rationed"]).copy()
    area["rationed"], area["served"] = part * total, (1 - part) * total
    lost, wanted = economy.unserved()
    odds = np.array([economy.config.demand.rationing_committed, 1.0])[:, None] * by_class(
        economy.config.demand.classes.rationing)
    for r in range(4):
        slow = naive.without(part * wanted[:, r].sum(), wanted[:, r].ravel().tolist(), odds.ravel().tolist())
        np.testing.assert_allclose(lost[:, r].ravel(), slow, rtol=5e-3, atol=1e-6 * wanted[:, r].sum())
