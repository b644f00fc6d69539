"""Capital from outside sleeps while prices are sane, comes late, is limited, leaves; nobody follows absurd prices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.reason import within_reason
from sim.scenario import Scenario
from tests.agents.worlds import TICK_CENTS, TYPES, a_block, a_view, disturb

RANK = np.arange(1, 13)
SMALL = ("days=40", "burn_in=30", "market.warm_up=20", "agents.small_developer.count=0", "agents.researcher.count=0",
         "agents.enterprise.count=10", "agents.ai_lab.count=6", "agents.data_centre.count=8",
         "agents.fundamental_speculator.count=8", "agents.trend_follower.count=6", "agents.noise_trader.count=8",
         "agents.market_maker.count=3", "agents.spread_arbitrageur.count=2", "agents.macro_fund.count=3",
         "agents.leveraged_fund.count=4")


def priced(random, day, ratio, **changes):
    """A market in which every month costs ``ratio`` times its consensus."""
    view = a_view(random, day=day, rank=RANK, **changes)
    mid = view.value * ratio
    return view._replace(mid=mid, settle=np.rint(mid).astype(np.int64))


def a_day(kind, block, view):
    """Wake, take what is wanted at the middle, and move money; returns what came in, cents."""
    kind.wake(block, view)
    wish = kind.target(block, view)
    for row, handle in enumerate(block.agents):
        assert np.array_equal(kind.target_of(handle, view), wish[row])
    block.position[:] = wish
    moved = np.zeros(block.n, np.int64)
    for transfer in kind.transfers(block, view, block.equity):
        moved += transfer.amount
    block.cash[:] += moved
    block.equity[:] = block.cash
    return moved


@given(st.integers(0, 10**6), st.floats(0.8, 1.25))
@settings(max_examples=10)
def test_it_sleeps_while_prices_are_sane(seed, ratio):
    kind, random = TYPES["outside_capital"](), np.random.default_rng(seed)
    block = a_block(kind, 5, seed=seed)
    assert not block.capital.any()  # nothing is paid in at the start
    for day in range(150):
        assert not a_day(kind, block, priced(random, day, ratio)).any()
        assert not block.position.any()


@pytest.mark.parametrize("ratio", [3.0, 1 / 3])
def test_it_comes_after_weeks_up_to_its_limit_bets_on_consensus_and_takes_its_money_home(ratio):
    kind, random = TYPES["outside_capital"](), np.random.default_rng(3)
    block = a_block(kind, 8)
    money = []
    for day in range(100):
        money.append(a_day(kind, block, priced(random, day, ratio)))
        assert (block.position * (1 if ratio < 1 else -1) >= 0).all()
    came = [int(np.flatnonzero(column)[0]) for column in np.array(money).T]
    assert min(came) >= kind.patience_least - 1
    assert max(came) <= kind.patience_most
    assert max(came) - min(came) > 10  # not all at once
    total = np.sum(money, axis=0)
    assert np.array_equal(total, block.limit)
    assert max(np.max(day / block.limit) for day in money) <= kind.pace + 1e-6
    assert block.position.any(axis=1).all()
    for day in range(100, 160):
        money.append(a_day(kind, block, priced(random, day, 1.02)))
    assert not block.position.any()
    assert not block.here.any()
    assert not np.sum(money, axis=0).any()  # every cent has gone home


def test_exposure_is_entered_at_low_leverage_and_kept_until_the_price_is_back():
    kind, random = TYPES["outside_capital"](patience_least=1, patience_most=1, pace=1.0), np.random.default_rng(5)
    block = a_block(kind, 4)
    for day in range(3):
        view = priced(random, day, 2.5, margin_rate=np.full(12, 0.1))
        a_day(kind, block, view)
        held = (np.abs(block.position) * view.mid * TICK_CENTS).sum(axis=1)
        assert (held <= kind.leverage * np.maximum(block.brought, 1) + 1).all()
    before = block.position.copy()
    assert (before.sum(axis=1) < 0).all()
    block.cash //= 2  # a loss shrinks what could be entered today, but nobody leaves a position that gets better
    a_day(kind, block, priced(random, 3, 2.5, margin_rate=np.full(12, 0.1)))
    assert (block.position <= before).all()


def test_it_goes_home_where_the_market_has_ended():
    kind, random = TYPES["outside_capital"](patience_least=2, patience_most=2), np.random.default_rng(4)
    block = a_block(kind, 3)
    for day in range(6):
        a_day(kind, block, priced(random, day, 3.0))
    assert (block.cash > 0).all()
    block.position[:] = 0
    view = priced(random, 6, 3.0)._replace(listed=np.zeros(12, bool), rank=np.zeros(12, np.int64))
    home = kind.transfers(block, view, block.equity)[0].amount
    assert np.array_equal(home, -block.cash)
    assert not block.here.any()


def test_after_a_default_somebody_else_comes_if_there_is_still_something_to_gain():
    kind, random = TYPES["outside_capital"](patience_least=2, patience_most=2, return_after=3), np.random.default_rng(6)
    block = a_block(kind, 3)
    for day in range(4):
        a_day(kind, block, priced(random, day, 3.0))
    block.alive[0] = False
    fresh = []
    for day in range(4, 9):
        view = priced(random, day, 3.0)
        a_day(kind, block, view)
        fresh.append(kind.reopen(block, view, block.equity))
    fresh = np.array(fresh)
    assert not fresh[:, 1:].any()
    assert not fresh[:2].any()
    assert fresh[-1, 0] == round(kind.pace * block.limit[0])
    for day in range(9, 14):
        view = priced(random, day, 1.0)
        a_day(kind, block, view)
    assert not kind.reopen(block, view, block.equity).any()


@given(st.integers(0, 10**6), st.floats(0.05, 20.0), st.floats(0.05, 2.0))
@settings(max_examples=30)
def test_reason_cuts_only_what_bets_on_more_of_an_absurd_price(seed, ratio, absurd):
    random = np.random.default_rng(seed)
    view = priced(random, 0, ratio)
    wish = random.integers(-1000, 1000, (6, 12))
    kept = within_reason(wish, view, absurd)
    gap = np.log(view.mid / view.value)
    for row in range(6):
        for month in range(12):
            bets = wish[row, month] * gap[month] > 0
            share = min(max(2.0 - abs(gap[month]) / absurd, 0.0), 1.0) if bets else 1.0
            assert kept[row, month] == pytest.approx(wish[row, month] * share, abs=1.0)
            assert abs(kept[row, month]) <= abs(wish[row, month])
    if np.abs(gap).max() <= absurd:
        assert kept is wish


@pytest.mark.parametrize("name", ["leveraged_fund", "trend_follower", "noise_trader"])
@pytest.mark.parametrize("ratio", [0.2, 0.5, 2.0, 5.0])
def test_one_and_all_agree_on_absurd_prices_and_hold_nothing_beyond_them(name, ratio):
    kind, random = TYPES[name](), np.random.default_rng(8)
    block = a_block(kind, 12)
    for day in range(12):
        view = priced(random, day, ratio)
        kind.wake(block, view)
        disturb(block, random, view)
        wish = kind.target(block, view)
        for row, handle in enumerate(block.agents):
            assert np.array_equal(kind.target_of(handle, view), wish[row])
        if abs(np.log(ratio)) >= 2 * kind.absurd:
            assert (wish[block.alive] * np.log(ratio) <= 0).all()


@pytest.mark.parametrize("name", ["leveraged_fund", "trend_follower", "macro_fund", "fundamental_speculator"])
def test_gains_beyond_capacity_back_no_positions(name):
    kind, random = TYPES[name](capacity=2.0), np.random.default_rng(9)
    block, view = a_block(kind, 10), a_view(random, rank=RANK)
    kind.wake(block, view)
    block.alive[:] = True
    sized = []
    for multiple in (1, 2, 3, 50):
        block.equity[:] = multiple * block.capital
        sized.append(np.abs(kind.target(block, view)).sum())
        for row, handle in enumerate(block.agents):
            assert np.array_equal(kind.target_of(handle, view), kind.target(block, view)[row])
    assert sized[0] < sized[1] == sized[2] == sized[3] or not any(sized)


def test_where_prices_stay_sane_the_market_is_the_same_without_it():
    paths = []
    for count in (0, 5):
        scenario = Scenario.load("leverage", changes=[*SMALL, f"agents.outside_capital.count={count}"])
        model = scenario.build(3)
        rows = np.array([at for at, label in enumerate(model.blocks.label_of) if label != "outside_capital"])
        path = []
        while model.day < 39:
            model.step()
            path.append((model.exchange.settle.tobytes(), model.ledger.cash[rows].tobytes(),
                         model.ledger.position[rows].tobytes()))
        gap = np.abs(np.log(model.exchange.settle / model.value[1, 0][: len(model.exchange.settle)]))
        assert np.isfinite(gap).all()
        paths.append(path)
    assert paths[0] == paths[1]
