"""Luck: growing, moving or adding a block changes nobody else's columns."""

import numpy as np
import pytest

from sim.population import columns
from tests.agents.worlds import TYPES, a_block, a_view, a_world

OWN = {name: [c for c in columns(kind.agent) if c not in ("cash", "margin", "basis", "equity", "position", "alive")]
       for name, kind in TYPES.items()}

NO_LUCK = {"bank", "dominant_trader", "tranche_investor"}  # one plan, and sizes by rank
# caught from others, so that a larger block tells other stories; or by place in the block
SOCIAL = {"macro_fund": {"story", "belief"}, "tranche_investor": {"kind"}}


def lived(kind, n, **more):
    block = a_block(kind, n, **more)
    for day in range(4):
        kind.wake(block, a_view(np.random.default_rng(day), day=day))
    return block


@pytest.mark.parametrize("name", TYPES)
def test_a_block_moved_within_the_ledger_is_the_same(name):
    here, there = lived(TYPES[name](), 8), lived(TYPES[name](), 8, rows_before=13)
    for column in OWN[name]:
        assert np.array_equal(getattr(here, column), getattr(there, column)), column


@pytest.mark.parametrize("name", TYPES)
def test_rows_of_a_grown_block_keep_their_luck(name):
    """The block's total stays what it was, so that each participant's share of it does not change."""
    kind, small, large = TYPES[name](), 8, 16
    world = a_world(float_lots=4e6)
    twice = world._replace(float_lots=2 * world.float_lots, hedged_notional=2 * world.hedged_notional)
    before, after = lived(kind, small, world=world), lived(kind, large, world=twice)
    for column in set(OWN[name]) - SOCIAL.get(name, set()):
        assert np.array_equal(getattr(before, column), getattr(after, column)[:small]), column


@pytest.mark.parametrize("name", sorted(set(TYPES) - NO_LUCK))
def test_a_second_block_of_a_type_has_luck_of_its_own(name):
    kind = TYPES[name]
    first, second = lived(kind(name="first"), 8), lived(kind(name="second"), 8)
    drawn = [c for c in OWN[name] if getattr(first, c).dtype == np.float64 or c in ("usual", "capital")]
    assert any(not np.array_equal(getattr(first, c), getattr(second, c)) for c in drawn)


@pytest.mark.parametrize("name", TYPES)
def test_seeds_differ_and_repeat(name):
    one, again, other = lived(TYPES[name](), 8), lived(TYPES[name](), 8), lived(TYPES[name](), 8, seed=2)
    assert all(np.array_equal(getattr(one, c), getattr(again, c)) for c in OWN[name])
    assert name in NO_LUCK or any(not np.array_equal(getattr(one, c), getattr(other, c)) for c in OWN[name])
