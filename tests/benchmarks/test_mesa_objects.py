"""The plain object model of the benchmarks makes the same trades as the model."""

import pytest

from benchmarks.mesa_day import MesaObjects
from benchmarks.mesa_objects import same
from benchmarks.populations import baseline
from sim.scenario import Scenario

CALM = ["market.opening_auction=false", "burn_in=30", "market.warm_up=10", "days=40"]


@pytest.mark.parametrize("tuned", [True, False])
@pytest.mark.parametrize(("before", "days"), [(0, 14), (24, 10)])  # each with the end of a month
def test_same_luck_same_trades(before, days, tuned):
    fast = Scenario.load("quick", CALM).build(seed=2)
    for _ in range(before):
        fast.step()
    plain = MesaObjects(fast, same_luck=True, tuned=tuned)
    months = set()
    for _ in range(days):
        fast.step()
        plain.step()
        months.add(fast.calendar.month(fast.day))
        assert same(fast, plain)
        assert fast.exchange.slots["volume"].sum() > 0
    assert len(months) > 1


@pytest.mark.parametrize("tuned", [True, False])
def test_every_type_of_the_baseline_makes_the_same_trades(tuned):
    fast = baseline(200, *CALM).build(seed=3)
    plain = MesaObjects(fast, same_luck=True, tuned=tuned)
    for _ in range(13):  # the end of a month among them
        fast.step()
        plain.step()
        assert same(fast, plain)
    traded = {person.kind.type_name for person in plain.people if any(person.position)}
    assert {"leveraged_fund", "macro_fund", "index_investor", "enterprise"} <= traded


def test_own_luck_balances_and_trades():
    fast = Scenario.load("quick", CALM).build(seed=2)
    plain = MesaObjects(fast)
    for _ in range(5):
        plain.step()
        assert plain.world.exchange.slots["volume"].sum() > 0
        for held in zip(*(person.position for person in plain.people), strict=True):
            assert sum(held) == 0
