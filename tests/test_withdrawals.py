"""Money that investors take out: what it goes back to, and what goes back to it."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.agents.leveraged_fund import LeveragedFund
from sim.clearing.causes import NEWS
from sim.withdrawals import Withdrawals
from tests.clearing.driver import TICK_CENTS, Market

LONG, SELLER, FREE, OTHER = range(4)
LOTS = 100


@pytest.fixture
def world():
    """A fund that is long and has free cash for a fall of ten ticks, beside three other accounts."""
    market = Market(n=4, cash=[4_500_000, 10**9, 10**9, 10**9])
    block = SimpleNamespace(rows=slice(0, 1), alive=np.array([True]), returned=np.zeros(1, np.int64))
    drawn = Withdrawals([(LeveragedFund(count=1), block)], market.house, market.record, market.ledger.n)
    market.trade(LONG, OTHER, 0, LOTS)
    market.evening()
    drawn.evening()
    market.morning()
    return market, block, drawn


def fall(market, drawn, ticks, forced=0, free=0):
    """A day on which so many contracts are sold by force and freely before the price falls."""
    if forced:
        market.house.force(market.day, 0, SELLER, 1, [(NEWS, 1.0)])
        market.trade(OTHER, SELLER, 0, forced, forced=True, taker=SELLER)
    if free:
        market.trade(OTHER, FREE, 0, free, taker=FREE)
    market.evening(market.mark - ticks)
    drawn.evening()


def test_a_redemption_goes_back_to_what_moved_the_losses_that_are_remembered(world):
    market, block, drawn = world
    fall(market, drawn, 2, forced=30, free=10)
    block.returned[:] = 50_000
    drawn.note(market.day)
    event, = market.events("redemption")
    sale, = market.events("forced sale")
    assert (event["agent"], event["amount_cents"]) == (LONG, 50_000)
    assert dict(event["causes"]) == pytest.approx({sale["event"]: 0.75, NEWS: 0.25})
    market.morning()
    fall(market, drawn, 6)  # three times the loss, and nobody was forced
    block.returned[:] = 50_000
    drawn.note(market.day)
    keep = (1 - LeveragedFund.model_fields["forgetting"].default) ** (1 / 21)
    part = 0.75 * keep / (keep + 3)
    assert dict(market.events("redemption")[1]["causes"]) == pytest.approx({sale["event"]: part, NEWS: 1 - part})


def test_a_call_of_the_next_day_names_the_payment_beside_the_moves_and_later_ones_do_not(world):
    market, block, drawn = world
    cash = int(market.ledger.cash[LONG])
    market.ledger.post("fund flow", [LONG], np.array([-cash]), "outside world")
    block.returned[:] = cash
    drawn.note(market.day)
    block.returned[:] = 0
    payment, = market.events("redemption")
    assert dict(payment["causes"]) == {NEWS: 1.0}  # investors had lost nothing
    market.morning()
    fall(market, drawn, 5)
    call, = [event for event in market.events("margin call") if event["agent"] == LONG]
    lost = 5 * TICK_CENTS * LOTS
    assert dict(call["causes"]) == pytest.approx({payment["event"]: cash / (cash + lost), NEWS: lost / (cash + lost)})
    drawn.note(market.day)
    assert market.house.withdrawn == {}


def test_a_copy_goes_on_with_what_is_remembered(world):
    market, block, drawn = world
    fall(market, drawn, 2, forced=30, free=10)
    block.returned[:] = 50_000
    drawn.note(market.day)
    state = drawn.snapshot()
    drawn.note(market.day, frozen=True)
    assert not market.house.withdrawn
    drawn.lost[:] = 0
    drawn.behind.clear()
    drawn.restore(state)
    assert drawn.snapshot() | {"lost": None} == state | {"lost": None}
    assert (drawn.lost == state["lost"]).all()
    assert market.house.withdrawn[LONG][1] == 50_000


def test_a_fund_that_is_gone_is_forgotten(world):
    market, block, drawn = world
    fall(market, drawn, 2, forced=30)
    assert drawn.behind
    block.alive[:] = False
    drawn.evening()
    assert not drawn.behind
    assert not drawn.lost.any()
