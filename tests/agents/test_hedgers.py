"""Hedgers: a ratio between nothing and 0.9, more where the price is good, calm outside their window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.agents.rules import full_cover
from sim.calendar import month_number
from tests.agents.worlds import FIRST_MONTH, TICK_CENTS, TYPES, a_block, a_view, a_world

HEDGERS = ["ai_lab", "enterprise", "hyperscaler", "data_centre"]
SEEDS = st.integers(0, 10**6)


def in_window(kind, block, view):
    day = kind.window_day(block.turn, view)
    return (day >= 0) & (day < kind.window)


@pytest.mark.parametrize("name", HEDGERS)
@given(seed=SEEDS)
def test_hedge_ratio_stays_between_nothing_and_the_most(name, seed):
    random = np.random.default_rng(seed)
    kind = TYPES[name](speculation=float(random.choice([0.0, 2.0, 50.0])))
    block, view = a_block(kind, 8, seed=seed), a_view(random)
    held = kind.side * kind.target(block, view)
    needs = kind.needs(block, view)
    assert (held >= 0).all()
    assert (held <= kind.hedge_most * needs + 0.5).all()


@pytest.mark.parametrize("name", HEDGERS)
@given(seed=SEEDS, factor=st.floats(1.0, 2.0))
def test_a_richer_price_is_sold(name, seed, factor):
    random = np.random.default_rng(seed)
    kind, view = TYPES[name](), a_view(random)
    block = a_block(kind, 8, seed=seed)
    block.position[:] = kind.side * np.rint(0.3 * block.usual[:, None] * (view.rank > 0)).astype(np.int64)
    assert (kind.target(block, view._replace(mid=view.mid * factor)) <= kind.target(block, view)).all()


@pytest.mark.parametrize("name", HEDGERS)
def test_everyone_gets_a_whole_window_each_month(name):
    kind, random = TYPES[name](), np.random.default_rng(2)
    block = a_block(kind, 50)
    for length in (19, 21, 23):
        days = sum(in_window(kind, block, a_view(random, day_of_month=d, month_length=length)).astype(int)
                   for d in range(length))
        assert (days == kind.window).all()


@pytest.mark.parametrize("name", HEDGERS)
def test_outside_the_window_only_rich_hedges_are_lifted(name):
    kind, random = TYPES[name](private_error=0.0), np.random.default_rng(4)
    block, view = a_block(kind, 40), a_view(random, rank=np.arange(1, 13))
    quiet = ~in_window(kind, block, view)
    block.position[:] = kind.side * np.rint(0.9 * block.usual[:, None] * np.ones(12)).astype(np.int64)
    near = view._replace(mid=view.value * (1.0 - 0.1 * kind.side))  # a good price tempts nobody outside the window
    assert np.array_equal(kind.target(block, near)[quiet], block.position[quiet])
    rich = view._replace(mid=view.value * (1.0 + 0.3 * kind.side))
    lifted, held = np.abs(kind.target(block, rich)[quiet]), np.abs(block.position[quiet])
    assert (lifted <= held).all()
    assert lifted.sum() < 0.7 * held.sum()


@pytest.mark.parametrize("name", HEDGERS)
def test_no_new_hedge_without_headroom(name):
    kind, random = TYPES[name](), np.random.default_rng(4)
    block, view = a_block(kind, 40), a_view(random)
    block.position[:] = kind.side * (view.rank > 0)
    block.margin[:] = block.equity / 1.2
    assert (np.abs(kind.target(block, view)) <= np.abs(block.position)).all()
    block.margin[:], block.equity[:] = 0, 0
    assert (np.abs(kind.target(block, view)) <= np.abs(block.position)).all()


@pytest.mark.parametrize("name", HEDGERS)
def test_urgency_rises_over_the_window(name):
    kind, random = TYPES[name](), np.random.default_rng(4)
    block = a_block(kind, 30)
    block.turn[:] = 0.0
    chances = [kind.urgency(block, a_view(random, day_of_month=d, month_length=21))[0] for d in range(8)]
    assert chances[0] == pytest.approx(0.2)
    assert chances[5] == pytest.approx(0.8)
    assert chances[:6] == sorted(chances[:6])
    assert chances[6] == chances[7] == kind.execution.aggressive


@pytest.mark.parametrize("name", [*HEDGERS, "small_user"])
def test_a_block_needs_its_share_of_the_float(name):
    kind = TYPES[name](count=4000)
    block = a_block(kind, 4000, world=a_world(float_lots=4e7))
    assert block.usual.sum() == pytest.approx(kind.exposure * 4e7, rel=0.1)
    assert kind.hedge_need(a_world()) == pytest.approx(getattr(kind, "side", 0) * kind.exposure * 38_000)
    assert block.usual.max() > 10 * np.median(block.usual) or name == "hyperscaler"


def test_shorts_need_half_as_much_again_as_longs():
    world = a_world()
    needs = [TYPES[name]().hedge_need(world) for name in HEDGERS]
    assert -sum(n for n in needs if n < 0) == pytest.approx(1.5 * sum(n for n in needs if n > 0))
    assert TYPES["ai_lab"](count=0).hedge_need(world) == 0


def test_a_lab_uses_its_usual_amount_on_average_and_knows_its_runs_two_quarters_ahead():
    kind, random = TYPES["ai_lab"](), np.random.default_rng(1)
    block = a_block(kind, 200)
    for row, lab in enumerate(block.agents):
        months = FIRST_MONTH + np.arange(lab.period)
        use = kind.use(lab, months)
        assert use.mean() == pytest.approx(lab.usual, abs=0.5)
        training = use > use.min() if lab.quiet > 3 else slice(0, 0)
        assert np.array_equal(kind.use(block, months)[row], use)
        assert len(use[training]) in (0, lab.length)
    assert (block.length >= 1).all()
    assert (block.length <= 3).all()
    assert (block.factor >= 3).all()
    assert (block.factor <= 10).all()
    view = a_view(random)
    far = view.month - month_number(view.date) > 6
    assert far.any()
    assert (kind.needs(block, view)[:, far] == block.usual[:, None]).all()
    assert np.array_equal(kind.needs(block, view)[:, ~far], kind.use(block, view.month[~far]))


@pytest.mark.parametrize("name", [*HEDGERS, "small_user"])
def test_bills_are_paid_at_the_month_end_and_leave_the_account_as_it_was(name):
    kind, random = TYPES[name](), np.random.default_rng(6)
    block, length = a_block(kind, 9), 20
    for day in range(length):
        view = a_view(random, day_of_month=day, month_length=length, first_of_month=day == 0, spot=200.0 + day)
        flows = kind.transfers(block, view, block.equity)
        assert bool(flows) == (day == length - 1)
    spent = sum(np.rint(block.need * ((200.0 + d) * TICK_CENTS / length)).astype(np.int64) for d in range(length))
    assert np.array_equal(block.cost_physical, spent)
    assert np.array_equal(np.abs(flows[0].amount), spent)
    assert all(flow.amount.dtype == np.int64 for flow in flows)
    business = flows if name == "small_user" else flows[:-1]
    assert not sum(flow.amount for flow in business).any()
    kind.transfers(block, a_view(random, first_of_month=True, day_of_month=0), block.equity)
    assert (block.cost_physical < spent).all()


@pytest.mark.parametrize("name", HEDGERS)
def test_the_treasury_restores_the_buffer_from_free_cash_only(name):
    kind, random = TYPES[name](), np.random.default_rng(6)
    block = a_block(kind, 9)
    wanted = 0.8 * block.liquidity * block.usual * full_cover(0.9, 12, 12) * 235.0 * TICK_CENTS
    assert np.abs(block.capital - wanted).max() <= 1
    view = a_view(random, day_of_month=20, month_length=21, index=235.0)
    block.equity[:] = block.capital // 3
    block.equity[0], block.cash[0], block.alive[1] = 2 * block.capital[0], 5, False
    amount = kind.treasury(block, view, block.equity)[0].amount
    assert amount[0] == -5
    assert amount[1] == 0
    assert np.array_equal((block.equity + amount)[2:], block.capital[2:])


@pytest.mark.parametrize("name", HEDGERS)
def test_a_new_account_is_opened_after_twenty_days(name):
    kind, random = TYPES[name](), np.random.default_rng(6)
    block = a_block(kind, 3)
    block.alive[1] = False
    for day in range(1, 22):
        view = a_view(random, day=day, index=235.0)
        kind.wake(block, view)
        fresh = kind.reopen(block, view, block.equity)
        assert fresh[0] == fresh[2] == 0
        assert (fresh[1] > 0) == (day >= 20)
    assert fresh[1] == block.capital[1]


def test_owners_of_gpus_stand_in_every_region():
    block = a_block(TYPES["hyperscaler"](), 6)
    assert np.bincount(block.region, minlength=4).tolist() == [3, 1, 1, 1]
    many = a_block(TYPES["data_centre"](), 1000)
    assert np.bincount(many.region, minlength=4) / 1000 == pytest.approx([0.57, 0.14, 0.14, 0.15], abs=0.005)
    assert (many.size > 0).all()
