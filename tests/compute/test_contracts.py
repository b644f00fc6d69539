"""Contracts: take-or-pay and sublets, term prices, hyperscalers' mark-up, and each way from the curve to spot."""

import numpy as np
import pytest

from sim.compute import kernels
from sim.compute.config import ComputeConfig
from sim.compute.contracts import concentration
from sim.compute.indices.transaction import Transaction
from sim.compute.layout import PROVIDER, REGION, derive, pack
from tests.compute.conftest import build_economy, some_operators

OFF = {"prices": {"offers_follow_curve": 0.0}, "demand": {"demand_follows_curve": 0.0},
       "lists": {"lists_follow_curve": 0.0}, "supply": {"orders_follow_curve": 0.0},
       "terms": {"terms_follow_curve": 0.0, "reservations_follow_curve": 0.0}}


def configured(**blocks):
    """The default configuration with some fields of some blocks changed."""
    config = ComputeConfig()
    return config.model_copy(update={name: getattr(config, name).model_copy(update=fields)
                                     for name, fields in blocks.items()})


def after(days, config=None, gap=None, act=None, operators=None):
    """An economy some days after day 0, on a curve `gap` above the consensus."""
    economy = build_economy(days=max(days, 70), config=config, operators=operators)
    economy.burn_in()
    if act:
        act(economy)
    for day in range(days):
        curve = None if gap is None else economy.forecast["assessed"] * np.exp(gap)
        economy.step(day, curve)
    return economy


# --- the channels of the curve --------------------------------------------------------------------------------

CHANNELS = [("prices", "offers_follow_curve"), ("demand", "demand_follows_curve"), ("lists", "lists_follow_curve"),
            ("supply", "orders_follow_curve"), ("terms", "terms_follow_curve"), ("terms", "reservations_follow_curve")]


def price_of(economy, block):
    """What a channel moves: list prices, chips ordered, or spot."""
    return {"lists": economy.lists.mean(), "supply": economy.ordered.sum()}.get(block, economy.spot[0])


@pytest.mark.parametrize(("block", "dial"), CHANNELS)
def test_each_channel_of_the_curve_lifts_what_it_should_and_can_be_zero(block, dial):
    one = {name: dict(fields) for name, fields in OFF.items()}
    level = after(40, configured(**one), 0.0)
    none = after(40, configured(**one), 0.3)
    assert price_of(none, block) == price_of(level, block)
    one[block][dial] = 1.0
    level, high, low = (after(40, configured(**one), gap) for gap in (0.0, 0.3, -0.3))
    assert price_of(high, block) > price_of(level, block)
    if dial == "reservations_follow_curve":  # nobody reserves ahead on a low curve
        assert price_of(low, block) == pytest.approx(price_of(level, block), rel=1e-4)
    else:
        assert price_of(low, block) < price_of(level, block)


def test_reservations_hold_part_of_the_float_and_end_with_their_reason():
    one = {name: dict(fields) for name, fields in OFF.items()}
    one["terms"]["reservations_follow_curve"] = 1.0
    economy = after(60, configured(**one), 0.3)
    held = economy.contract_figures()["reserved_share"]
    assert held == pytest.approx(economy.p.reserve_share * 0.3, rel=0.1)
    for day in range(60, 100):
        economy.step(day, economy.forecast["assessed"])
    assert 0 < economy.contract_figures()["reserved_share"] < 0.2 * held


# --- term contracts -------------------------------------------------------------------------------------------


def test_new_contracts_follow_rents_and_old_ones_slowly_follow_new_ones():
    economy = after(1)
    area = economy.region
    rent = economy.outlook.mean(axis=1)
    p, index = economy.p, economy.world["index_level"][0]
    np.testing.assert_allclose(area["term"], (1 - p.term_index) * rent + p.term_index * index - p.term_discount)
    dear = after(80, act=lambda e: setattr(e.dials, "demand_mult", 1.3))
    calm = after(80)
    assert (dear.term_price > calm.term_price).all()
    assert (dear.contract_price > calm.contract_price).all()
    assert (dear.contract_price / calm.contract_price < dear.term_price / calm.term_price).all()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_contracts_may_be_priced_off_the_index(share):
    change = lambda e: e.restate("assessed", 1.2)
    plain, moved = (after(5, configured(terms={"index_share": share}), act=act) for act in (None, change))
    ratio = moved.term_price[0] / plain.term_price[0]
    assert ratio == pytest.approx(1.2, rel=0.02) if share else ratio == 1.0


def test_contracted_capacity_is_used_sublet_or_paid_for_and_idle():
    calm, glut = after(30), after(30, act=lambda e: setattr(e.dials, "demand_mult", 0.5))
    for economy in (calm, glut):
        assert ((economy.paid_idle >= 0) & (economy.paid_idle <= 1)).all()
        figures = economy.contract_figures()
        assert 0 < figures["sublet_share"] < 1 and 0 <= figures["contract_idle"] < 1
        assert set(figures) <= set(economy.record())
    assert (glut.paid_idle > calm.paid_idle + 0.2).all()  # take or pay: the bill stays


# --- strategic withholding ------------------------------------------------------------------------------------


def test_concentration_is_one_for_one_owner_and_falls_with_their_number():
    rows = np.zeros(5, PROVIDER)
    rows["region"], rows["capacity"], rows["kind"] = [0, 0, 1, 1, 2], [3.0, 1.0, 2.0, 5.0, 4.0], [0, 0, 0, 1, 1]
    np.testing.assert_allclose(concentration(rows), [10 / 16, 1.0, 0.0, 0.0])


def test_the_markup_is_that_of_cournot():
    p, area = pack(derive(configured(prices={"conduct": 1.0})))[0], np.zeros(1, REGION)[0]
    area["hyperscaler_share"], area["concentration"] = 0.5, 0.4
    y, supply, steep, floats, spares = p["log_reference"], 0.16, 1.6, 0.1, 0.05
    offered = 1 / (1 + np.exp(-(y - p["spare_ask"]) / p["spare_width"]))
    others = steep * supply - spares * offered * (1 - offered) / p["spare_width"]
    lerner = 0.4 * (0.5 * floats + spares * offered) / others
    assert kernels.markup_of(p, area, y, supply, steep, floats, spares, 0.0) == pytest.approx(-np.log(1 - lerner))


def test_market_power_raises_spot_and_none_means_none():
    take, half, full = (after(30, configured(prices={"conduct": conduct})) for conduct in (0.0, 0.5, 1.0))
    assert (take.region["markup"] == 0).all()
    assert ((full.region["markup"] > half.region["markup"]) & (half.region["markup"] > 0)).all()
    assert (full.spot > half.spot).all() and (half.spot > take.spot).all()
    assert (full.spot < 1.1 * take.spot).all()  # spare capacity is a small part of supply


def test_many_owners_have_less_market_power_than_few():
    def owned(n):
        operators = some_operators(n)
        operators.kind[:] = 0
        operators.region[:] = 0
        operators.size[:] = 1.0
        return build_economy(operators=operators)
    few, many = owned(2), owned(20)
    for economy in (few, many):
        economy.burn_in()
        economy.step(0)
    assert few.region["markup"][0] > 3 * many.region["markup"][0] > 0


def test_a_token_index_prices_no_contract():
    from sim.compute.indices.token import Token

    economy = build_economy(days=70, indices=(Token(), Transaction()))
    economy.burn_in()
    economy.step(0)
    assert economy.world["index_level"][0] == economy.p.log_reference
