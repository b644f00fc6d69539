"""Columns and handles are one state; blocks are views; luck belongs to the row."""

import gc
import types

import mesa
import numpy as np
import pytest

from sim.population import Column, Participant, Population, columns
from sim.streams import Streams


class Trader(Participant):
    mood = Column(np.float64, 0.5, unit="share", doc="how it feels")
    plan = Column(np.int64, unit="contracts", doc="what it wants", shape="contracts")


def world(count=4, label="trader", seed=1):
    model = mesa.Model(seed=1)
    ledger = Population(Participant, 10, 3)
    block = Population(Trader, count, 3, ledger, 2, label, Streams(seed))
    block.agents = [Trader(model, block, row) for row in range(count)]
    return model, ledger, block


def test_a_handle_reads_and_writes_its_cell_of_the_shared_ledger():
    _, ledger, block = world()
    block.agents[1].cash += 7
    assert ledger.cash[3] == block.cash[1] == block.agents[1].cash == 7
    block.agents[1].position[2] = -4
    assert ledger.position[3, 2] == -4
    ledger.alive[2] = False
    assert not block.agents[0].alive


def test_own_columns_belong_to_the_block_and_have_their_defaults():
    _, ledger, block = world()
    assert not hasattr(ledger, "mood") and (block.mood == 0.5).all() and block.plan.shape == (4, 3)
    assert block.own == ["mood", "plan"]


def test_two_models_do_not_share_state():
    _, _, first = world()
    _, _, second = world()
    first.agents[0].cash = 5
    assert second.agents[0].cash == 0


def test_columns_are_documented():
    for name, column in columns(Trader).items():
        assert column.unit, name
        assert column.__doc__, name


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_luck_depends_on_row_label_day_and_round_only(name):
    view = types.SimpleNamespace(day=5, round=2)
    small, large = world(count=3)[2], world(count=8)[2]
    draw = getattr(small, name)("size", view)
    np.testing.assert_array_equal(draw, getattr(large, name)("size", view)[:3])
    np.testing.assert_array_equal(small.key, large.key[:3])
    assert getattr(small.agents[2], name)("size", view) == draw[2]
    for other in (world(3, "other")[2], world(3, seed=2)[2]):
        assert not np.array_equal(draw, getattr(other, name)("size", view))
    for day, round_ in ((6, 2), (5, 3)):
        later = types.SimpleNamespace(day=day, round=round_)
        assert not np.array_equal(draw, getattr(small, name)("size", later))


def test_snapshot_is_a_copy_and_restore_keeps_views_valid():
    _, ledger, block = world()
    view_of_cash, state = block.cash, ledger.snapshot()
    own = block.snapshot()
    block.cash[:], block.mood[:] = 9, 0.1
    ledger.restore(state)
    block.restore(own)
    assert (view_of_cash == 0).all() and (block.mood == 0.5).all()
    assert view_of_cash.base is ledger.cash or np.shares_memory(view_of_cash, ledger.cash)


def test_handles_are_mesa_agents():
    model, _, block = world()
    assert len(model.agents) == 4
    block.cash[:] = [1, 2, 3, 4]
    assert model.agents.select(lambda a: a.cash > 2).agg("cash", sum) == 7
    gc.collect()
