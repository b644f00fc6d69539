"""Market makers: two sides that never cross, a lean against inventory, less in stress, nothing near ruin."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.agents.worlds import TICK_CENTS, TYPES, a_block, a_view, disturb, edge_views

MAKER = TYPES["market_maker"]()
SEEDS = st.integers(0, 10**6)


def naive_reference(maker, view, slot):
    """The reference price of one maker in one month after this round, in plain Python."""
    value, mid = max(view.value[slot], 1.0), max(view.mid[slot], 1.0)
    fresh = maker.seen_month[slot] != view.month[slot]
    reference = value if fresh else maker.reference[slot]
    reference = reference + MAKER.follow * (mid - reference)
    reference *= 1.0 if fresh else value / maker.seen_value[slot]
    return reference + max(MAKER.anchor, view.fixed_share[slot] ** 2) * (value - reference)


def naive_quote(maker, view, slot):
    """(bid, ask, size to buy, size to sell) of one maker in one month, without laying off, in plain Python."""
    total = sum(math.exp(-r / 4) for r in view.rank if r > 0)
    weight = [math.exp(-r / 4) / total if r > 0 else 0.0 for r in view.rank]
    notional = max(sum(w * max(m, 1.0) for w, m in zip(weight, view.mid, strict=True)) * TICK_CENTS, 1.0)
    rate = max([0.01, *(k for k, r in zip(view.margin_rate, view.rank, strict=True) if r > 0)])
    limit = min(MAKER.inventory, 0.75 / rate) * max(maker.equity, 0) / notional
    net = sum(maker.position)
    full = net / max(limit, 1.0)
    stressed = view.fast_volatility[slot] > maker.nerve * view.volatility[slot]
    width = min(max(view.fast_volatility[slot] / MAKER.calm, 0.25), MAKER.widest)
    lean = 0.8 * full + 0.3 * maker.position[slot] / max(limit, 1.0) / max(weight[slot], 1e-9)
    middle = maker.reference[slot] * math.exp(-MAKER.skew * min(max(lean, -4.0), 4.0))
    half = middle * min(MAKER.half_spread * width * (MAKER.stress_spread if stressed else 1.0), 0.9)
    size = MAKER.depth * limit * min(maker.equity / max(maker.capital, 1), 1.0)
    size *= MAKER.weak_size if maker.equity < MAKER.weak * maker.capital else 1.0
    if not maker.alive or maker.equity <= MAKER.stops * maker.capital:
        size = 0.0
    size *= weight[slot] * (MAKER.stress_size if stressed else 1.0)
    buy, sell = int(size * min(max(1 - full, 0), 1)), int(size * min(max(1 + full, 0), 1))
    return (int(middle - half) if buy else 0, int(middle + half) + 1 if sell else 0, buy, sell), abs(full)


def assert_close(got, expected, what):
    """Equal but for a number cut off on the other side of a whole one by the last digit of a float."""
    assert all(abs(int(g) - e) <= 1 for g, e in zip(got, expected, strict=True)), f"{what}: {got} for {expected}"


@given(seed=SEEDS)
def test_quotes_are_those_of_a_plain_loop(seed):
    random = np.random.default_rng(seed)
    block = a_block(MAKER, 5, seed=seed)
    exact = checked = 0
    for day in range(3):
        view = a_view(random, day=day)
        disturb(block, random, view)
        expected = [[naive_reference(maker, view, slot) for slot in range(12)] for maker in block.agents]
        quotes = MAKER.intents(block, view)
        assert np.allclose(block.reference, expected, rtol=1e-12)
        for row, maker in enumerate(block.agents):
            for slot in range(12):
                plain, full = naive_quote(maker, view, slot)
                if full > MAKER.overload:
                    continue
                got = tuple(a[row, slot] for a in (quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size))
                assert_close(got, plain, f"row {row}, slot {slot}")
                exact, checked = exact + (got == plain), checked + 1
    assert exact >= 0.98 * checked


@given(seed=SEEDS, edge=st.integers(0, 12))
def test_quotes_never_cross_themselves_and_have_sizes(seed, edge):
    random = np.random.default_rng(seed)
    block = a_block(MAKER, 6, seed=seed)
    views = [*edge_views(random), *(a_view(random, day=d) for d in range(4))]
    view = views[edge]
    disturb(block, random, view)
    quotes = MAKER.intents(block, view)
    both = (quotes.bid > 0) & (quotes.ask > 0)
    assert (quotes.bid[both] < quotes.ask[both]).all()
    assert (quotes.bid >= 0).all()
    assert (quotes.ask >= 0).all()
    assert (quotes.bid_size >= 0).all()
    assert (quotes.ask_size >= 0).all()
    assert (quotes.step >= 1).all()
    shown = (quotes.bid > 0) | (quotes.ask > 0)
    assert not shown[:, view.rank == 0].any()
    assert not shown[~block.alive].any()
    assert not shown[block.equity <= MAKER.stops * block.capital].any()
    for array in quotes[:5]:
        assert array.dtype == np.int64
        assert array.flags.c_contiguous


def calm_view(random, **changes):
    return a_view(random, **{"rank": np.arange(1, 13), "days_left": np.arange(12) * 21 + 9,
                             "volatility": np.full(12, 0.02), "fast_volatility": np.full(12, 0.0173),
                             "margin_rate": np.full(12, 0.2), "fixed_share": np.zeros(12), **changes})


def test_makers_step_back_in_stress():
    block, random = a_block(MAKER, 5), np.random.default_rng(1)
    calm = calm_view(random)
    before = MAKER.intents(block, calm)
    wild = MAKER.intents(block, calm._replace(fast_volatility=np.full(12, 0.0173 * 2.1)))
    assert (wild.bid_size.sum(axis=1) <= 0.25 * before.bid_size.sum(axis=1)).all()
    assert (wild.ask - wild.bid)[:, 0].min() > 3 * (before.ask - before.bid)[:, 0].max()


def test_makers_lean_against_what_they_hold():
    block, random = a_block(MAKER, 3), np.random.default_rng(1)
    view = calm_view(random)
    flat = MAKER.intents(block, view)
    limit = MAKER.limit(block, view)
    block.position[0, :] = np.rint(0.05 * limit[0])
    block.position[1, :] = -np.rint(0.05 * limit[1])
    lean = MAKER.intents(block, view._replace(mid=block.reference[2]))
    middle = lambda q: (q.bid + q.ask)[:, 0]
    assert middle(lean)[0] < middle(flat)[0]
    assert middle(lean)[1] > middle(flat)[1]
    assert lean.bid_size[0].sum() < flat.bid_size[0].sum()
    assert np.abs(lean.ask_size[0] - flat.ask_size[0]).max() <= 1  # the limit is worth a little less or more now


def test_an_overloaded_maker_sells_a_fifth_of_its_largest_leg_through_the_market():
    block, random = a_block(MAKER, 2), np.random.default_rng(1)
    view = calm_view(random)
    MAKER.intents(block, view)
    limit = int(MAKER.limit(block, view)[0])
    block.position[0, 3], block.position[1, 2] = int(0.9 * limit), -int(0.9 * MAKER.limit(block, view)[1])
    quotes = MAKER.intents(block, view._replace(mid=block.reference[0]))
    leg = block.position[0, 3]
    assert 5 * quotes.ask_size[0, 3] >= 0.2 * leg
    assert 5 * quotes.ask_size[0, 3] < 0.2 * leg + 5
    assert quotes.ask[0, 3] < block.reference[0, 3]
    assert quotes.bid[0, 3] == 0
    assert quotes.bid[1, 2] > block.reference[1, 2]
    assert quotes.ask[1, 2] == 0


def test_capacity_follows_current_equity_and_margin():
    block, random = a_block(MAKER, 2), np.random.default_rng(1)
    view = calm_view(random)
    full = MAKER.limit(block, view)[0]
    block.equity[0] //= 2
    assert abs(MAKER.limit(block, view)[0] / full - 0.5) < 1e-6
    dear = MAKER.limit(block, view._replace(margin_rate=np.full(12, 0.6)))[1]
    assert abs(dear / MAKER.limit(block, view)[1] - 0.5) < 1e-9


def test_in_the_delivery_month_the_reference_becomes_the_average():
    block, random = a_block(MAKER, 2), np.random.default_rng(1)
    view = calm_view(random)
    late = view._replace(fixed_share=np.where(view.rank == 1, 1.0, 0.0))
    MAKER.intents(block, late)
    assert np.allclose(block.reference[:, 0], view.value[0])
