"""Funds: leverage within its cap, less of what is dearer, memories that end with their month, money in and out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agents.worlds import TICK_CENTS, TYPES, a_block, a_view, a_world, disturb

FUNDS = ["fundamental_speculator", "trend_follower", "noise_trader", "spread_arbitrageur"]
SEEDS = st.integers(0, 10**6)


def exposure(position, view):
    """Cents of each position at the middle of the quotes."""
    return position * (np.maximum(view.mid, 1.0) * TICK_CENTS)


@pytest.mark.parametrize("name", FUNDS)
@given(seed=SEEDS, cap=st.sampled_from([0.5, 1.0, 3.0, 10.0, 20.0]))
def test_exposure_stays_within_the_cap_and_what_margin_allows(name, seed, cap):
    random = np.random.default_rng(seed)
    kind = TYPES[name](**({"leverage": cap} if name == "noise_trader" else {"leverage_max": cap}))
    block = a_block(kind, 8, seed=seed)
    for day in range(3):
        view = a_view(random, day=day)
        kind.wake(block, view)
        disturb(block, random, view)
        block.alive[:] = True
        held, equity = np.abs(exposure(kind.target(block, view), view)), np.maximum(block.equity, 0)
        share = {"trend_follower": 0.6, "noise_trader": 2.5}.get(name, 1.0)
        slack = 0.5 * (held > 0).sum(axis=1) * view.mid.max() * TICK_CENTS if name == "noise_trader" else 1.0
        assert (held.sum(axis=1) <= share * cap * equity + slack).all()
        assert ((held * view.margin_rate).sum(axis=1) <= 0.75 * equity + slack).all()
        assert not held[equity == 0].any()


@given(seed=SEEDS, factor=st.floats(1.0, 1.5))
def test_fundamentals_hold_less_of_what_is_dearer(seed, factor):
    random = np.random.default_rng(seed)
    kind, view = TYPES["fundamental_speculator"](), a_view(random)
    block = a_block(kind, 8, seed=seed)
    kind.wake(block, view)
    dearer = view._replace(mid=view.mid * factor)
    change = exposure(kind.target(block, dearer), dearer) - exposure(kind.target(block, view), view)
    assert (change <= dearer.mid * TICK_CENTS + 1.0).all()  # up to the part of a contract that is cut off


def test_fundamentals_trade_no_further_than_their_own_value():
    kind, random = TYPES["fundamental_speculator"](), np.random.default_rng(1)
    block, view = a_block(kind, 20), a_view(random)
    kind.wake(block, view)
    wish, own = kind.target(block, view), kind.reservation(block, view)
    assert (own[wish > 0] > np.broadcast_to(view.mid, wish.shape)[wish > 0]).all()
    assert (own[wish < 0] < np.broadcast_to(view.mid, wish.shape)[wish < 0]).all()


def test_errors_keep_their_size_and_the_common_one_is_common():
    kind, random = TYPES["fundamental_speculator"](), np.random.default_rng(1)
    block = a_block(kind, 2000)
    view = a_view(random)
    for day in range(30):
        kind.wake(block, view._replace(day=day))
        assert np.ptp(block.common) == 0
    assert block.error.std() == pytest.approx(0.12, rel=0.06)
    assert abs(block.common[0]) < 0.06 * 5
    other = a_block(TYPES["fundamental_speculator"](name="others"), 2000)
    assert other.common[0] != a_block(kind, 3).common[0]


def naive_trend(alpha, gain, settles, volatility):
    """Signal of one fund in one month from its settlement prices, in plain Python."""
    average, last = 0.0, settles[0]
    for price in settles[1:]:
        average += alpha * (math.log(price / last) - average)
        last = price
    return math.tanh(gain * average / (max(volatility, 1e-4) * math.sqrt(alpha / (2 - alpha))))


def test_trend_signal_is_the_published_one_and_ends_with_its_month():
    kind, random = TYPES["trend_follower"](), np.random.default_rng(3)
    block, rank = a_block(kind, 6), np.arange(1, 13)
    settles = np.rint(200 * np.exp(np.cumsum(0.03 * random.normal(size=(30, 12)), axis=0))).astype(np.int64)
    for day, settle in enumerate(settles):
        view = a_view(random, day=day, settle=settle, rank=rank)
        kind.wake(block, view)
    for row in range(6):
        expected = [naive_trend(block.alpha[row], kind.gain, settles[:, slot].tolist(), view.volatility[slot])
                    for slot in range(12)]
        assert block.signal[row] == pytest.approx(expected, rel=1e-9)
    kind.wake(block, view._replace(month=np.where(rank == 1, view.month + 12, view.month)))
    assert not block.signal[:, 0].any()
    assert block.signal[:, 1:].all()


def test_trend_followers_buy_what_rises_and_differ_in_memory():
    kind, random = TYPES["trend_follower"](), np.random.default_rng(3)
    block = a_block(kind, 500)
    for day in range(40):
        kind.wake(block, a_view(random, day=day, settle=np.full(12, 200 + day), rank=np.arange(1, 13)))
    assert (block.signal > 0).all()
    assert block.alpha.max() / block.alpha.min() == pytest.approx(3.0, rel=0.05)


def test_moods_wander_around_nothing_and_belong_to_the_expiry():
    kind, random = TYPES["noise_trader"](), np.random.default_rng(3)
    block, turned = a_block(kind, 300), a_block(kind, 300)
    rank, other = np.arange(1, 13), np.roll(np.arange(1, 13), 5)
    for day in range(60):
        kind.wake(block, a_view(random, day=day, rank=rank))
        kind.wake(turned, a_view(random, day=day, rank=other))
    assert np.array_equal(np.roll(block.mood, 5, axis=1), turned.mood)
    assert block.mood.mean() == pytest.approx(0.0, abs=0.1)
    assert block.mood.std() == pytest.approx(1.0, abs=0.1)


def test_arbitrage_sells_the_rich_month_and_buys_its_cheap_neighbour():
    kind, random = TYPES["spread_arbitrageur"](), np.random.default_rng(3)
    block, view = a_block(kind, 4), a_view(random, rank=np.arange(1, 13))
    fair = view._replace(mid=view.value.copy(), days_left=np.arange(12) * 21 + 15)
    assert not kind.target(block, fair).any()
    rich = fair.mid.copy()
    rich[4] *= 1.08
    wish = kind.target(block, fair._replace(mid=rich))
    assert (wish[:, 4] < 0).all()
    assert (wish[:, 3] > 0).all()
    assert (wish[:, 5] > 0).all()
    assert not wish.sum(axis=1).any()
    inside = fair.mid.copy()
    inside[4] *= 1.009
    assert not kind.target(block, fair._replace(mid=inside)).any()


def test_capital_is_a_multiple_of_the_hedgers_notional():
    world = a_world()
    for name in (*FUNDS, "market_maker"):
        block = a_block(TYPES[name](), 3000, world=world)
        mean = TYPES[name]().capital * world.hedged_notional / 3000
        assert block.capital.mean() == pytest.approx(mean, rel=0.03)
        assert block.capital.min() >= 0.399 * mean
        assert block.capital.max() <= 1.601 * mean
    alone = a_block(TYPES["noise_trader"](), 10, world=world._replace(hedged_notional=0.0, hedged_lots=0.0))
    assert alone.capital.sum() > 0


@pytest.mark.parametrize("name", [*FUNDS, "market_maker"])
def test_investors_take_gains_out_make_losses_good_and_come_back(name):
    kind, random = TYPES[name](), np.random.default_rng(3)
    block, view = a_block(kind, 6), a_view(random)
    block.equity[:] = block.capital * [1, 5, 1, 0, 0, 0] + [0, 0, 0, 0, -5, 0]
    block.equity[2] = block.capital[2] // 2
    block.equity[5] = block.capital[5] // 20
    block.cash[:] = block.equity
    flow = kind.transfers(block, view, block.equity)[0].amount
    assert flow[0] == 0
    assert flow[1] == -round(0.01 * 2 * block.capital[1])
    assert flow[2] == pytest.approx(0.0005 * block.capital[2], abs=2)
    assert not flow[3:].any()  # nobody pays into what is about to close
    block.cash[1] = 7
    assert kind.transfers(block, view, block.equity)[0].amount[1] == -7
    assert kind.closes_below == 0.1
    block.alive[4] = False
    for day in range(1, kind.return_after + 1):
        kind.wake(block, view._replace(day=day))
        fresh = kind.reopen(block, view, block.equity)
        assert fresh[4] == (block.capital[4] if day == kind.return_after else 0)
        assert not np.delete(fresh, 4).any()
