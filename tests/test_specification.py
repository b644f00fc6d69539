"""The rule for a whole block is the rule for each participant: for every registered type, in markets of all sorts."""

import numpy as np
import pytest

from tests.agents.worlds import TYPES, a_block, a_view, disturb, edge_views


def assert_rows_agree(kind, block, view):
    together = kind.target(block, view)
    assert together.dtype == np.int64
    assert together.shape == block.position.shape
    for row, handle in enumerate(block.agents):
        alone = kind.target_of(handle, view)
        assert alone.dtype == np.int64
        assert np.array_equal(alone, together[row]), f"row {row}: {alone} alone, {together[row]} in the block"
    return together


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("months", [12, 1, 2, 36])
def test_block_and_participant_want_the_same(name, months):
    kind, random = TYPES[name](), np.random.default_rng([7, months])
    block = a_block(kind, 7, months)
    wishes = 0
    for day in range(25):
        view = a_view(random, months, day=day, number=day % 6, shift=day // 8)
        kind.wake(block, view)
        disturb(block, random, view)
        wishes += int(np.abs(assert_rows_agree(kind, block, view) - block.position).sum())
    assert wishes > 0 or not kind.trades or name == "market_maker" or (name, months) == ("spread_arbitrageur", 1)


@pytest.mark.parametrize("name", TYPES)
def test_block_and_participant_agree_at_the_edge(name):
    kind, random = TYPES[name](), np.random.default_rng(11)
    block = a_block(kind, 7)
    for view in edge_views(random):
        kind.wake(block, view)
        disturb(block, random, view)
        assert_rows_agree(kind, block, view)


@pytest.mark.parametrize("name", TYPES)
def test_nobody_wants_what_is_not_listed_and_the_closed_want_what_they_have(name):
    kind, random = TYPES[name](), np.random.default_rng(3)
    block = a_block(kind, 9)
    for view in [*edge_views(random), *(a_view(random, day=day) for day in range(20))]:
        kind.wake(block, view)
        disturb(block, random, view)
        wish = kind.target(block, view)
        assert not wish[:, view.rank == 0].any()
        assert np.array_equal(wish[~block.alive], block.position[~block.alive])


@pytest.mark.parametrize("name", TYPES)
def test_an_empty_block_is_no_trouble(name):
    kind, random = TYPES[name](count=0), np.random.default_rng(5)
    block = a_block(kind, 0)
    for view in [*edge_views(random), a_view(random)]:
        kind.wake(block, view)
        assert kind.target(block, view).shape == (0, 12)
        value, urgency, quotes = kind.reservation(block, view), kind.urgency(block, view), kind.intents(block, view)
        assert value is None or value.shape == (0, 12)
        assert urgency is None or urgency.shape == (0,)
        assert quotes is None or quotes.bid.shape == (0, 12)
        kind.transfers(block, view, block.equity)
        fresh = kind.reopen(block, view, block.equity)
        assert fresh is None or fresh.shape == (0,)


@pytest.mark.parametrize("name", TYPES)
def test_a_rule_changes_nothing_that_others_own(name):
    kind, random = TYPES[name](), np.random.default_rng(9)
    block = a_block(kind, 5)
    for view in (a_view(random), a_view(random, day_of_month=20, month_length=21)):
        disturb(block, random, view)
        shared = ("cash", "margin", "basis", "position", "capital", "equity", "alive")
        before = {field: getattr(block, field).copy() for field in shared}
        seen = {field: value.copy() for field, value in view._asdict().items() if isinstance(value, np.ndarray)}
        kind.wake(block, view)
        for answer in (kind.target, kind.reservation, kind.urgency, kind.intents):
            answer(block, view)
        kind.transfers(block, view, block.equity)
        kind.reopen(block, view, block.equity)
        assert all(np.array_equal(getattr(block, field), value) for field, value in before.items())
        assert all(np.array_equal(getattr(view, field), value) for field, value in seen.items())
