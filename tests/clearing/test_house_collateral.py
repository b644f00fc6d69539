"""Margin in securities: what it costs, what it counts for, and what it brings when it is needed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clearing.closeout import HOUSE
from sim.clearing.config import ClearingConfig
from sim.clearing.config_members import CollateralConfig
from tests.clearing.driver import TICK_CENTS, Market
from tests.clearing.test_house_conserves import CONTRACTS, N, play, steps

RICH = 40_000_000
MARGIN = 100 * 250 * TICK_CENTS // 5


def market(spot=(2.0,), cash=RICH, **rules):
    """Trader 0 is 100 contracts long against trader 1; spot is what it is on each evening, the last one for good."""
    prices = iter(spot)
    now = [2.0]

    def next_spot():
        now[0] = next(prices, now[0])
        return now[0]

    world = Market(cash=cash, config=ClearingConfig(collateral=CollateralConfig(**rules)))
    world.house.spot = next_spot
    world.trade(0, 1, 0, 100)
    world.evening()
    return world


def test_bills_take_the_place_of_cash_margin_less_their_haircut():
    world = market(bills=0.5, bills_haircut=0.01)
    face = int(MARGIN * 0.5 / 0.99)
    ledger = world.ledger
    assert ledger.pledged[:3].tolist() == [face, face, 0]
    credit = int(face * 0.99)
    assert ledger.margin[:2].tolist() == [MARGIN - credit] * 2
    assert ledger.cash[0] == RICH - face - (MARGIN - credit)
    assert ledger.marked(world.mark, TICK_CENTS)[:2].tolist() == [RICH, RICH]  # nobody is poorer for it
    totals = world.house.totals()
    assert (totals["collateral_cents"], totals["collateral_credit_cents"]) == (2 * face, 2 * credit)


def test_paper_that_falls_with_compute_brings_a_call_just_then():
    world = market(spot=(2.0, 1.0), cash=6_000_000, paper=1.0, paper_haircut=0.2)
    assert not world.events("margin call")
    face = int(MARGIN / 0.8)
    assert world.ledger.margin[0] == MARGIN - int(face * 0.8)
    world.morning()
    world.evening()
    calls = world.events("margin call")
    assert [call["agent"] for call in calls] == [0, 1]
    assert calls[0]["amount_cents"] == MARGIN - (6_000_000 - face + int(face * 0.5 * 0.8))
    assert world.house.totals()["paper_price"] == 0.5


def test_the_paper_is_never_worth_more_than_its_face():
    world = market(spot=(2.0, 8.0), paper=0.5)
    world.morning()
    world.evening()
    assert world.house.totals()["paper_price"] == 1.0


@pytest.mark.parametrize(("fire_sale", "short"), [(0.1, 0.0), (0.4, 0.2)])
def test_pledges_of_a_failed_account_are_sold_and_what_they_lack_is_measured(fire_sale, short):
    world = market(cash=5_000_000, paper=1.0, paper_haircut=0.2, fire_sale=fire_sale)
    face = int(world.ledger.pledged[0])
    world.morning()
    world.check([190, 250])
    (default,) = world.events("default")
    lost = 100 * 60 * TICK_CENTS
    brought = int(np.floor(face * (1.0 - fire_sale)))
    assert default["amount_cents"] == max(0, lost - (5_000_000 - face) - brought)
    assert world.ledger.pledged[0] == 0
    assert world.house.totals()["collateral_shortfall_cents"] == pytest.approx(short * face, abs=2)
    before = int(world.ledger.institution[HOUSE])
    world.evening()
    assert before - world.ledger.institution[HOUSE] == default["amount_cents"]


def test_some_post_cash_alone():
    world = market(bills=0.5, cash_only=("trader",))
    assert not world.ledger.pledged.any()


def test_securities_cannot_cover_more_than_the_whole():
    with pytest.raises(ValueError, match="whole"):
        CollateralConfig(bills=0.6, paper=0.6)


@settings(max_examples=30)
@given(st.lists(steps, max_size=30), st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=1, max_size=10))
def test_no_cent_is_lost_where_margin_is_pledged(script, spots):
    config = ClearingConfig(collateral=CollateralConfig(bills=0.3, paper=0.5))
    world = Market(N, CONTRACTS, cash=3_000_000, config=config, notional=1e8)
    prices = iter(spots)
    world.house.spot = lambda: next(prices, spots[-1])
    play(world, script)
    world.evening()
    collateral = world.house.collateral
    assert (collateral.face >= 0).all()
    assert (world.ledger.margin >= 0).all()
    assert not world.ledger.pledged[world.house.failed].any()
    np.testing.assert_array_equal(world.ledger.pledged, np.floor(collateral.face * collateral.price).sum(axis=1))
    twin = Market(N, CONTRACTS, cash=3_000_000, config=config, notional=1e8)
    twin.ledger.restore(world.ledger.snapshot())
    twin.house.restore(world.house.snapshot())
    np.testing.assert_array_equal(twin.ledger.pledged, world.ledger.pledged)
    np.testing.assert_array_equal(twin.house.collateral.credit, collateral.credit)


def test_paper_comes_from_those_named_alone():
    everybody = market(paper=0.5, bills=0.2)
    world = market(paper=0.5, bills=0.2, paper_from=("trader",))
    np.testing.assert_array_equal(world.ledger.pledged, everybody.ledger.pledged)
    world = market(paper=0.5, bills=0.2, paper_from=("house",))  # nobody who trades
    assert not world.house.collateral.face[:, 1].any() and world.house.collateral.face[:2, 0].all()
