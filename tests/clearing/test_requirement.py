"""Portfolio margin in the running house."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.clearing.config import ClearingConfig
from sim.clearing.margin.portfolio import Offsets
from sim.clearing.paths import damper, margin_model
from sim.clearing.requirement import PortfolioMargin
from sim.clearing.weighing import Weighing
from tests.clearing.driver import TICK_CENTS, Market

PORTFOLIO = {"offsets": "portfolio", "margin": margin_model("historical", window=200)}


def plain(position, history, value, window=200, confidence_places=2, recognised=0.8):
    """One account, as a person would do it: replay, take the loss at 99 %, give back four fifths of the difference."""
    changes = np.diff(np.log(history[-window - 1:]), axis=0)
    tail = lambda held: max(sorted((-(changes * value * held).sum(axis=1)).tolist())[-confidence_places], 0.0)
    joint = tail(position)
    apart = sum(tail(np.where(np.arange(len(value)) == c, position, 0)) for c in range(len(value)))
    return joint + (1 - recognised) * max(apart - joint, 0.0)


def prices(days=300, contracts=3, seed=4):
    luck = np.random.default_rng(seed)
    return 2.5 * np.exp(np.cumsum(luck.normal(0, 0.02, (days, 1)) + luck.normal(0, 0.008, (days, contracts)), axis=0))


def test_every_account_holds_what_a_recomputation_by_itself_finds():
    history = prices()
    rule = PortfolioMargin(margin_model("historical", window=200), 3)
    value = np.round(history[-1] * 73_000).astype(np.int64)
    rule.renew(history, value)
    position = np.random.default_rng(2).integers(-40, 41, (50, 3))
    wanted = [plain(each, history, value) for each in position]
    np.testing.assert_allclose(rule.of(position), wanted, atol=1.01)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["historical", "fixed", "scanning", "blended"]))
def test_what_is_remembered_is_what_a_fresh_rule_finds(seed, name):
    luck = np.random.default_rng(seed)
    history, value = prices(seed=seed), np.array([100_000, 120_000, 90_000])
    model = margin_model(name)
    rule = PortfolioMargin(model, 3)
    rule.renew(history, value, traded=np.array([50, 0, 9]))
    position = luck.integers(-5, 6, (8, 3))
    for _ in range(4):
        position[luck.integers(0, 8), luck.integers(0, 3)] += 1
        if luck.integers(0, 3) == 0:
            value = value + 500
            rule.at(value)
        fresh = model.requirement(history, Offsets(volume=np.array([50.0, 1.0, 9.0]))).cents(position, value)
        np.testing.assert_array_equal(rule.of(position), fresh)


def test_in_the_house_a_spread_needs_less_and_the_day_changes_nothing_but_trades():
    market = Market(n=3, contracts=2, config=ClearingConfig(**PORTFOLIO))
    luck = np.random.default_rng(1)
    for _ in range(60):
        market.evening(np.maximum(market.mark + luck.integers(-4, 5), 100))
        market.morning()
    needed = lambda: market.house.portfolio.of(market.ledger.position)
    market.trade(0, 1, 0, 10)
    market.trade(2, 0, 1, 10)
    market.check()
    before = needed()
    spread, outright, other = before[:3]
    assert 0 < spread < 0.5 * outright and other > 0
    market.check(market.mark + 3)
    np.testing.assert_array_equal(needed(), before)
    market.trade(0, 1, 0, 1)
    market.check()
    assert needed()[1] > before[1] and needed()[2] == before[2]
    assert needed()[1] == pytest.approx(11 / 10 * before[1], abs=2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["value_at_risk", "expected_shortfall"]), st.sampled_from([1, 5]))
def test_the_bound_is_never_below_the_requirement(seed, measure, days):
    luck = np.random.default_rng(seed)
    model = margin_model("historical", window=200, measure=measure, close_out_days=days, multi_day="buckets",
                         confidence=0.95)
    value = luck.integers(1, 10**6, 3)
    requirement = model.requirement(prices(seed=seed), Offsets(recognised=float(luck.random())))
    position = luck.integers(-40, 41, (40, 3)) * luck.integers(0, 2, (40, 3))
    assert (requirement.at_most(position, value) >= requirement.cents(position, value)).all()


def test_accounts_that_certainly_have_enough_are_not_margined_anew_and_nothing_else_changes(monkeypatch):
    """A market near distress with the short cut, and with every account margined exactly after every round."""
    seen, exact = [], Weighing._spare
    for spare in (exact, lambda house: np.full(house.ledger.n, -1)):
        monkeypatch.setattr(Weighing, "_spare", spare)
        model = sim.load("quick", changes=[
            "clearing.offsets=portfolio", "clearing.margin={type: historical, window: 250, confidence: 0.9}",
            "shocks=[{type: demand_surge, date: 2026-10-19, tokens: 4.0, pass_through: 1.0}]",
            "market.contracts.gpu_hour_future.index=transaction",
            "agents.fundamental_speculator.leverage_max=25", "agents.trend_follower.leverage_max=25"]).build(seed=3)
        while model.day < 25:
            model.step()
        events = model.record.table("events")
        seen.append((model.ledger.cash.copy(), model.house.required.copy(), model.ledger.position.copy(),
                     events["kind"].tolist(), events["amount_cents"].tolist()))
    for short, full in zip(*seen, strict=True):
        np.testing.assert_array_equal(short, full)
    assert "forced sale" in seen[0][3] and "margin call" in seen[0][3]


def test_accounts_that_nobody_watches_wait_for_the_evening():
    market = Market(n=3, contracts=2, config=ClearingConfig(**PORTFOLIO), intraday=[True, False, True])
    market.evening()
    market.morning()
    market.trade(0, 1, 0, 10)
    market.check()
    assert market.house.required[0] > 0 and market.house.required[1] == 0
    market.evening()
    assert market.house.required[1] == pytest.approx(market.house.required[0], rel=0.3)


def test_dampers_reach_whole_accounts():
    found = []
    for rule in (None, {"type": "buffer", "share": 0.25}):
        config = ClearingConfig(**PORTFOLIO, procyclicality=damper(rule))
        market = Market(n=2, contracts=1, price=10_000, config=config)
        market.trade(0, 1, 0, 10)
        market.evening()
        found.append(int(market.house.required[0]))
    assert found[1] == pytest.approx(1.25 * found[0], abs=2) and found[0] > 10 * TICK_CENTS


def test_a_branch_of_a_market_with_portfolio_margin_goes_on_alike():
    model = sim.load("quick", changes=["clearing.offsets=portfolio",
                                       "clearing.margin={type: historical, window: 250}"]).build(seed=3)
    for _ in range(8):
        model.step()
    twin = model.branch()
    for _ in range(4):
        model.step()
        twin.step()
    np.testing.assert_array_equal(model.house.required, twin.house.required)
    np.testing.assert_array_equal(model.ledger.cash, twin.ledger.cash)
    assert model.house.required.any()
