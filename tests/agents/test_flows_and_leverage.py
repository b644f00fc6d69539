"""Leverage follows perceived risk, money follows performance with notice and gate, index funds follow the calendar."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.worlds import TICK_CENTS, TYPES, a_block, a_view, disturb

SEEDS = st.integers(0, 10**6)


def exposure(position, view):
    """Cents of each position at the middle of the quotes."""
    return position * (np.maximum(view.mid, 1.0) * TICK_CENTS)


@pytest.mark.parametrize("name", ["leveraged_fund", "macro_fund", "index_investor", "dominant_trader"])
@settings(max_examples=15)
@given(seed=SEEDS, cap=st.sampled_from([0.5, 1.0, 3.0, 10.0]))
def test_exposure_stays_within_the_limit_and_what_margin_allows(name, seed, cap):
    random = np.random.default_rng(seed)
    kind = TYPES[name](**{"leverage" if name == "index_investor" else "leverage_max": cap})
    block = a_block(kind, 6, seed=seed)
    for day in range(3):
        view = a_view(random, day=day)
        kind.wake(block, view)
        disturb(block, random, view)
        block.alive[:] = True
        held, equity = np.abs(exposure(kind.target(block, view), view)), np.maximum(block.equity, 0)
        assert (held.sum(axis=1) <= cap * equity + 1.0).all()
        assert ((held * view.margin_rate).sum(axis=1) <= 0.75 * equity + 1.0).all()


@pytest.mark.parametrize(("exponent", "sign"), [(-0.5, -1), (0.0, 0), (0.5, 1)])
def test_leverage_follows_perceived_risk_with_its_exponent(exponent, sign):
    kind, random = TYPES["leveraged_fund"](exponent=exponent, leverage_max=100.0), np.random.default_rng(2)
    calm, storm = (a_block(kind, 30) for _ in range(2))
    rank = np.arange(1, 13)
    for day in range(120):
        for block, size in ((calm, 0.004), (storm, 0.03)):
            move = size * (1 if day % 2 else -1)
            kind.wake(block, a_view(random, day=day, rank=rank, settle=np.full(12, round(10**6 * math.exp(move)))))
    assert (storm.perceived_risk > 3 * calm.perceived_risk).all()
    assert (np.sign(np.round(storm.wanted_leverage - calm.wanted_leverage, 9)) == sign).all()
    expected = kind.leverage_usual * (storm.perceived_risk / kind.risk_usual) ** (2 * exponent)
    assert storm.wanted_leverage == pytest.approx(expected)


def test_perceived_risk_is_the_exponential_mean_of_the_own_book():
    kind, random = TYPES["leveraged_fund"](), np.random.default_rng(4)
    block, rank = a_block(kind, 5), np.arange(1, 13)
    settles = np.rint(20_000 * np.exp(np.cumsum(0.02 * random.normal(size=(40, 12)), axis=0))).astype(np.int64)
    for day, settle in enumerate(settles):
        kind.wake(block, a_view(random, day=day, settle=settle, rank=rank))
    keep = 0.5 ** (1 / kind.risk_half_life)
    for row in range(5):
        weight = [0.0] + [math.exp(-r / block.tilt[row]) for r in range(2, 13)]
        variance = kind.risk_usual**2 / 252
        for before, now in pairwise(settles):
            move = sum(w / sum(weight) * math.log(b / a) for w, a, b in zip(weight, before, now, strict=True))
            variance = keep * variance + (1 - keep) * move**2
        assert block.perceived_risk[row] == pytest.approx(math.sqrt(252 * variance))


def month_end(random, day):
    return a_view(random, day=day, day_of_month=20, month_length=21, first_of_month=False)


def mid_month(random, day):
    return a_view(random, day=day, day_of_month=10, month_length=21, first_of_month=False)


@pytest.mark.parametrize("name", ["leveraged_fund", "macro_fund", "index_investor"])
def test_money_comes_after_gains_and_goes_after_notice_within_the_gate(name):
    kind, random = TYPES[name](payout_above=100.0), np.random.default_rng(3)
    block = a_block(kind, 3)
    start = block.capital.copy()
    block.equity[:] = start * [6, 2, 5] // [4, 2, 10]  # up by half, unchanged, down by half
    block.cash[:] = block.equity
    flow = kind.transfers(block, month_end(random, 0), block.equity)[0].amount
    performance = 0.3 * np.array([0.5, 0.0, -0.5])
    wish = kind.chasing * (performance - kind.hurdle) * block.equity
    assert flow[0] == pytest.approx(wish[0], abs=2)
    assert flow[1] == flow[2] == 0
    assert block.asked[1:] == pytest.approx(-wish[1:], abs=2)
    paid = [kind.transfers(block, mid_month(random, day), block.equity)[0].amount for day in range(1, 60)]
    days = np.flatnonzero([p[2] for p in paid])
    assert days[0] + 1 == kind.notice
    assert paid[days[0]][2] == -min(round(-wish[2]), round(kind.gate * block.equity[2]))
    assert sum(p[2] for p in paid) == pytest.approx(wish[2], abs=2)


def test_redemptions_never_exceed_free_cash():
    kind, random = TYPES["leveraged_fund"](notice=0, gate=1.0), np.random.default_rng(3)
    block = a_block(kind, 4)
    block.equity[:] = block.capital // 2
    block.cash[:] = [0, 5, -100, 10**9]
    kind.transfers(block, month_end(random, 0), block.equity)
    for day in range(1, 5):
        flow = kind.transfers(block, mid_month(random, day), block.equity)[0].amount
        assert (flow >= -np.maximum(block.cash, 0)).all()
        block.cash[:] += flow
    assert block.cash[:3].tolist() == [0, 0, -100]


def test_index_funds_roll_over_five_days_whatever_the_price():
    kind, random, rank = TYPES["index_investor"](), np.random.default_rng(3), np.arange(1, 13)
    block = a_block(kind, 2)
    for day, later in ((0, 0.0), (3, 0.0), (4, 0.2), (6, 0.6), (8, 1.0), (20, 1.0)):
        view = a_view(random, rank=rank, day_of_month=day, month_length=21, margin_rate=np.full(12, 0.2))
        held = exposure(kind.target(block, view), view)
        assert held[:, 1] == pytest.approx(later * block.equity, abs=2 * view.mid[1] * TICK_CENTS)
        assert held[:, 0] == pytest.approx((1 - later) * block.equity, abs=2 * view.mid[0] * TICK_CENTS)
        assert not held[:, 2:].any()
