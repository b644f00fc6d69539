"""Primary distress in a frozen world: who is counted, what it costs whom, and that no price hears of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clearing.absorber import Absorber
from sim.freezing import REACTIONS
from sim.scenario import Scenario
from tests.clearing.driver import TICK_CENTS, Market

THIN = ("clearing.margin.rate=0.04", "agents.fundamental_speculator.leverage_max=25",
        "agents.trend_follower.leverage_max=25", "days=40", "market.contracts.gpu_hour_future.index=transaction")


def frozen(market, weak=lambda equity: np.zeros(len(equity), bool)):
    market.house.frozen = True
    market.house.absorber = Absorber(market.house, weak)
    return market.house.absorber


def test_who_is_short_hands_over_what_it_cannot_bear_and_keeps_its_position_in_the_ledger():
    market = Market(cash=4_000_000)
    market.trade(0, 1, 0, 100)
    absorber = frozen(market)
    market.check([229, 250])
    equity, required = 4_000_000 - 21 * 100 * TICK_CENTS, 100 * 229 * TICK_CENTS // 5
    assert equity < 0.75 * required < 4_000_000
    (sale,) = market.events("forced sale")
    assert (sale["agent"], sale["amount_cents"], sale["causes"]) == (0, required - equity, {-1: 1.0})
    assert absorber.keep[0] == pytest.approx(equity / (1.5 * required))
    assert market.ledger.position[0, 0] == 100
    assert absorber.own()[0] == pytest.approx(equity, abs=1)
    assert market.house.totals()["forced_volume"] == round(100 * (1 - absorber.keep[0]))


def test_a_default_costs_the_house_the_debt_and_later_losses_nobody():
    market = Market(cash=4_000_000)
    market.trade(0, 1, 0, 100)
    absorber = frozen(market)
    market.check([190, 250])
    debt = 60 * 100 * TICK_CENTS - 4_000_000
    (default,) = market.events("default")
    assert (default["agent"], default["amount_cents"]) == (0, debt)
    assert market.house.totals()["default_deficit_cents"] == market.house.totals()["house_loss_cents"] == debt
    market.check([150, 250])
    assert len(market.events()) == 1
    assert absorber.own()[0] == 0 and absorber.gone[0]


def test_who_closes_hands_over_once():
    market = Market(cash=4_000_000)
    market.trade(0, 1, 0, 10)
    absorber = frozen(market, lambda equity: np.arange(len(equity)) == 0)
    for _ in range(2):
        market.evening()
        market.morning()
    assert [event["kind"] for event in market.events()] == ["closure"]
    assert absorber.gone.tolist().count(True) == 1


def test_who_sizes_positions_by_equity_shrinks_before_it_can_be_forced():
    for sized, sales in ((0, 1), (4_000_000, 0)):
        market = Market(cash=4_000_000)
        market.trade(0, 1, 0, 100)
        absorber = frozen(market)
        absorber.sized[0] = sized
        for mark in range(249, 219, -1):
            market.evening(mark)
            market.morning()
        assert len(market.events("forced sale")) == sales
        assert absorber.keep[0] < 1.0
    assert absorber.keep[0] == pytest.approx(absorber.own()[0] / 4_000_000, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(180, 320), min_size=1, max_size=6), st.integers(1, 120), st.booleans())
def test_an_account_bears_its_share_of_every_move_and_no_more(marks, size, watched):
    """A naive twin for one account: its own means by hand, move by move."""
    market = Market(cash=6_000_000, intraday=[watched] * 5)
    market.trade(0, 1, 0, size)
    absorber, last, means = frozen(market), 250, 6_000_000.0
    for mark in marks:
        keep = absorber.keep[0]
        market.evening(mark)
        market.morning()
        means += keep * size * (mark - last) * TICK_CENTS
        last = mark
        if absorber.gone[0]:
            assert absorber.own()[0] == 0
            break
        assert absorber.own()[0] == pytest.approx(means, abs=2 + len(marks))
        assert 0.0 <= absorber.keep[0] <= keep
        assert absorber.needed()[0] <= max(absorber.own()[0], 0) + 1


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """The same three weeks after a surge of demand: as it is, frozen, and frozen with nobody to hand over to."""
    path = tmp_path_factory.mktemp("absorber") / "surge.yaml"
    path.write_text("extends: quick.yaml\nshocks:\n  - {type: demand_surge, date: 2026-10-26, tokens: 4.0, "
                    "pass_through: 1.0}\n", encoding="utf-8")
    full = Scenario.load(path, THIN).build(1)
    while full.day < 14:
        full.step()
    handed, alone = full.branch(), full.branch()
    handed.freeze(REACTIONS)
    alone.freeze(REACTIONS)
    alone.house.absorber = None
    for world in (full, handed, alone):
        for _ in range(15):
            world.step()
    return full, handed, alone


def kinds(world):
    table = world.record.table("events")
    return table["kind"][table["day"] > 14].tolist()


def test_no_price_and_no_account_hears_of_what_is_handed_over(worlds):
    _, handed, alone = worlds
    np.testing.assert_array_equal(handed.exchange.settle, alone.exchange.settle)
    np.testing.assert_array_equal(handed.ledger.cash, alone.ledger.cash)
    assert not kinds(alone)


def test_the_shock_alone_forces_some_and_reactions_bring_down_more(worlds):
    full, handed, _ = worlds
    assert kinds(handed).count("forced sale") > 0
    assert 0 < kinds(handed).count("default") < kinds(full).count("default")
    causes = handed.record.table("causes")
    first = len(kinds(handed))
    assert (causes["cause"][-first:] == -1).all()


def test_a_copy_of_a_frozen_world_goes_on_alike(worlds):
    _, handed, _ = worlds
    twin = handed.branch()
    for world in (handed, twin):
        for _ in range(5):
            world.step()
    np.testing.assert_array_equal(twin.house.absorber.keep, handed.house.absorber.keep)
    np.testing.assert_array_equal(twin.house.absorber.absorbed, handed.house.absorber.absorbed)
    assert kinds(twin) == kinds(handed)
