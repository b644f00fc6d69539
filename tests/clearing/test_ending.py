"""The end of the market: what everybody gets when all contracts end at the last settlement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.clearing.closeout import HOUSE
from sim.clearing.config import ClearingConfig
from sim.clearing.config_members import FundConfig, MembersConfig, RecoveryConfig
from sim.clearing.fund import FUND
from sim.clearing.members import KEPT
from tests.clearing.driver import TICK_CENTS, Market

WILD = ["clearing.margin.rate=0.04", "agents.fundamental_speculator.leverage_max=25", "days=40",
        "agents.trend_follower.leverage_max=25", "market.contracts.gpu_hour_future.index=transaction",
        "shocks=[{type: demand_surge, date: 2026-10-26, tokens: 4.0, pass_through: 1.0}]"]


def tiers(cash, members, closes="no members", **rules):
    fund = FundConfig(minimum=0.01, parallel=(0.0,), tilts=())
    return Market(n=len(cash), cash=cash, members=members, notional=1e8, config=ClearingConfig(
        fund=fund, members=MembersConfig(count=len(members)), closes=closes, **rules))


def ruin(world):
    """Both members fail: each guarantees a client that loses far more than it has."""
    world.evening()
    world.morning()
    world.trade(0, 2, 0, 100)
    world.trade(1, 2, 0, 100)
    world.trade(2, 3, 1, 7)
    world.check([90, 250])
    world.evening()
    return world


def test_all_contracts_end_when_the_last_member_has_failed_and_everybody_keeps_what_they_are_worth():
    world = ruin(tiers([4_000_000, 4_000_000, 90_000_000, 90_000_000], [1_500_000, 1_500_000]))
    assert len(world.events("member default")) == 2
    (end,) = world.events("market closed")
    assert sum(end["causes"].values()) == pytest.approx(1.0) and set(end["causes"]) == {
        event["event"] for event in world.events("member default")}
    ledger = world.ledger
    assert not ledger.position.any() and not ledger.basis.any() and not ledger.margin.any()
    (loss,) = {event["amount_cents"] for event in world.events("house loss")}
    gain = 200 * 160 * TICK_CENTS
    assert loss == gain - 8_000_000 - 2 * 500_000
    cut = int(world.house.totals()["layer_gains_haircut_cents"])
    assert ledger.cash[2] == 90_000_000 + gain - cut  # the winner loses what nobody could pay, and no margin
    assert ledger.cash[3] == 90_000_000
    assert ledger.institution[FUND] == ledger.institution[KEPT] == ledger.institution[HOUSE] == 0


def test_a_house_told_never_to_close_goes_on():
    world = ruin(tiers([4_000_000, 4_000_000, 90_000_000, 90_000_000], [1_500_000, 1_500_000], closes="never"))
    assert not world.events("market closed") and world.ledger.position.any()


def test_survivors_get_their_fund_back_when_an_insolvent_house_closes():
    world = tiers([4_000_000, 40_000_000, 90_000_000, 90_000_000], [1_500_000, 30_000_000], closes="insolvent",
                  recovery=RecoveryConfig(order=("defaulter fund",), tear_up=False))
    world.evening()
    world.morning()
    world.trade(0, 1, 0, 100)
    world.check([90, 250])
    world.evening()
    assert [event["kind"] for event in world.events()][-2:] == ["insolvency", "market closed"]
    assert world.ledger.cash[5] == 30_000_000 and world.ledger.institution[FUND] == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 1), st.integers(1, 60)), max_size=8),
       st.integers(30, 600), st.booleans())
def test_the_end_moves_no_money_but_debts(trades, mark, simple):
    """Whoever is not in debt has, to the cent, what it was worth; positions, margin and pledges are gone."""
    config = ClearingConfig(closes="insolvent", house_capital=0.0) if simple else None
    world = Market(n=5, cash=5_000_000, config=config) if simple else tiers([5_000_000] * 5, [1_100_000, 1_100_000])
    for buyer, seller, slot, size in trades:
        if buyer != seller:
            world.trade(buyer, seller, slot, size)
    world.evening(mark)
    if not world.house.closed:
        return
    assert not world.ledger.position.any() and not world.ledger.margin.any() and (world.ledger.cash >= 0).all()
    assert int(world.ledger.cash.sum() + world.ledger.institution.sum()) == 0
    cut = sum(event["amount_cents"] for event in world.events("gains haircut"))
    alive = world.ledger.alive[:5]
    worth = 5_000_000 + world.house.gain[:5]
    assert abs(int((world.ledger.cash[:5] - worth)[alive].sum())) <= cut


@pytest.mark.parametrize("rules", [
    ["clearing.closes=insolvent", "clearing.house_capital=0.0"],
    ["clearing.members.count=4", "clearing.members.capital=0.15"]])
def test_a_closed_market_stays_closed_and_the_run_goes_on(rules):
    model = sim.load("quick", [*WILD, *rules]).build(seed=1)
    while not model.house.closed:
        model.step()
        assert model.day < 35
    closed, twin = model.day, model.branch()
    while model.day < 38:
        model.step()
        twin.step()
    np.testing.assert_array_equal(model.ledger.cash, twin.ledger.cash)
    assert twin.house.closed and not model.ledger.position.any() and not model.exchange.slots["listed"].any()
    assert max(model.record.table("contracts")["day"]) == closed
    days = model.record.table("daily")
    after = np.array(days["day"]) > closed
    assert after.any() and not np.array(days["volume"])[after].any() and not np.array(days["defaults"])[after].any()


def test_swaps_end_with_the_market():
    model = sim.load("quick", [*WILD, "clearing.closes=insolvent", "clearing.house_capital=0.0",
                               "market.swaps={share: 0.5}"]).build(seed=1)
    while not model.house.closed:
        model.step()
        assert model.day < 35
    assert model.venues.swaps.held.any()
    model.step()
    swaps = model.venues.swaps
    assert not (swaps.held.any() or swaps.cost.any() or swaps.collateral.any() or swaps.worth.any())


def test_the_summary_says_in_words_that_the_market_ended(tmp_path):
    from sim.run import run
    from sim.terminal import outcome

    scenario = sim.load("quick", [*WILD, "clearing.closes=insolvent", "clearing.house_capital=0.0"])
    result = run(scenario, out=tmp_path / "end")
    text = outcome(scenario, result, None).replace("\n", " ")
    assert "a loss of the house stayed unpaid on 2026-" in text and "nothing was traded afterwards" in text
