"""The one who corners a month, those who live with the spot price, and the business of making markets."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agents.worlds import FIRST_MONTH, TICK_CENTS, TYPES, a_block, a_view, a_world

RANK = np.arange(1, 13)


def test_a_corner_is_built_evenly_in_one_month_and_held_to_its_end():
    kind, random = TYPES["dominant_trader"](share=0.2, build=40, capital=1.0), np.random.default_rng(1)
    world = a_world()
    block = a_block(kind, 1, world=world)
    most = round(0.2 * world.float_lots)
    slot = int(np.flatnonzero(FIRST_MONTH + RANK - 1 == 2027 * 12 + 5)[0])  # June 2027
    for left, part in ((80, 0.0), (61, 0.0), (41, 0.5), (21, 1.0), (0, 1.0)):
        view = a_view(random, rank=RANK, days_left=np.full(12, left), margin_rate=np.full(12, 0.2))
        wish = kind.target(block, view)[0]
        assert wish[slot] == int(part * most)
        assert not np.delete(wish, slot).any()
    view = view._replace(month=view.month + 12)  # that June has passed
    assert not kind.target(block, view).any()


def test_withheld_compute_is_paid_for_at_spot():
    kind, world = TYPES["dominant_trader"](delivery=dt.date(2026, 10, 20), withheld=0.1), a_world()
    block, random = a_block(kind, 1, world=world), np.random.default_rng(1)
    paid = []
    for day in range(21):
        view = a_view(random, day=day, day_of_month=day, month_length=21, first_of_month=day == 0, spot=100.0 + day)
        paid += [t.amount[0] for t in kind.transfers(block, view, block.equity) if t.flow == "compute bill"]
    lots = round(0.1 * world.float_lots)
    assert paid == [pytest.approx(-lots * 110.0 * TICK_CENTS, abs=21)]


@pytest.mark.parametrize("name", ["small_developer", "researcher"])
@given(spot=st.floats(20.0, 3000.0), dearer=st.floats(1.0, 5.0))
def test_small_users_use_less_where_compute_is_dear_and_never_spend_more_than_their_budget(name, spot, dearer):
    kind, random = TYPES[name](), np.random.default_rng(1)
    view = a_view(random, spot=spot)
    cheap, dear = (float(kind.wanted(100.0, 235.0, view._replace(spot=s))) for s in (spot, spot * dearer))
    assert dear <= cheap
    assert cheap * spot <= kind.budget * 100.0 * 235.0 * (1 + 1e-12)
    assert float(kind.wanted(100.0, 235.0, view._replace(spot=235.0))) == pytest.approx(100.0)


def test_researchers_give_up_more_of_a_rise_than_their_wish_and_refusals_are_counted():
    block, random = a_block(TYPES["researcher"](), 50), np.random.default_rng(1)
    kind = TYPES["researcher"]()
    for day in range(10):
        view = a_view(random, day=day, day_of_month=day, month_length=20, first_of_month=day == 0, spot=2 * 235.0)
        flow = kind.transfers(block, view._replace(rationed_small=0.25), block.equity)
    assert not flow
    assert (block.priced_out > 0.4 * 0.5 * block.usual).all()  # a grant of 1.1 buys 0.55 at twice the price
    assert block.refused == pytest.approx(block.served / 3)
    assert block.served + block.refused + block.priced_out == pytest.approx(block.usual * 0.5)
    assert (block.need <= 0.75 * 0.6 * block.usual + 1).all()


def traded(open_interest, days, idle_first=False):
    kind, random, world = TYPES["market_maker"](), np.random.default_rng(1), a_world()
    block = a_block(kind, 10, world=world)
    amounts = []
    for day in range(days):
        view = a_view(random, day=day, day_of_month=day % 21, month_length=21, open_interest=open_interest, rank=RANK)
        kind.wake(block, view)
        amounts.append(sum(t.amount for t in kind.transfers(block, view, block.equity)))
    return kind, block, np.array(amounts)


def test_makers_leave_where_nobody_comes_and_stay_where_trade_is_usual():
    usual = int(1.4 * a_world().hedged_lots)
    assert not traded(usual, 260)[1].idle.any()
    assert not traded(-1, 260)[1].idle.any()  # not known before futures are listed
    kind, block, _ = traded(0, 260)
    assert block.idle.all()
    few = traded(usual // 4, 600)[1]
    assert 0 < few.idle.sum() < 10
    view = a_view(np.random.default_rng(2), rank=RANK)
    block.position[:, 3] = np.arange(10) * 4 - 18
    quotes = kind.intents(block, view)
    assert ((quotes.ask_size[:, 3] > 0) == (block.position[:, 3] > 0)).all()
    assert ((quotes.bid_size[:, 3] > 0) == (block.position[:, 3] < 0)).all()
    assert not np.delete(quotes.bid_size + quotes.ask_size, 3, axis=1).any()
    for day in range(200):
        kind.transfers(block, a_view(np.random.default_rng(day), day=day, open_interest=usual), block.equity)
    assert not block.idle.any()


def test_makers_capital_follows_open_interest_and_spreads_widen_in_a_thin_market():
    usual = int(1.4 * a_world().hedged_lots)
    (kind, block, more), (_, thin, less) = traded(3 * usual, 210), traded(usual // 2, 210)
    assert more.sum() > 0 > less.sum()
    prices, calm = np.full(12, 1e5), np.full(12, 0.0173)
    view = a_view(np.random.default_rng(2), rank=RANK, fast_volatility=calm, volatility=calm, value=prices, mid=prices)
    for one in (block, thin):
        one.equity[:] = one.capital[:] = 10**13
        one.reference[:], one.seen_value[:], one.seen_month[:] = view.value, view.value, view.month
    wide, narrow = kind.quotes(thin, view), kind.quotes(block, view)
    assert (wide.ask - wide.bid > narrow.ask - narrow.bid).all()
    assert kind.widening(block) == 1.0
    assert 1.3 < kind.widening(thin) < 1.45
