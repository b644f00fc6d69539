"""Who is named as the cause of a move, a loss and a default."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clearing.causes import NEWS, ForcedFlow, blend, complete, loss_causes


def flow():
    """Contract 0: 100 sold, 60 of them by episode 7 and 10 by 9, and 50 bought; contract 1: 20 sold freely."""
    made = ForcedFlow(2)
    made.note(np.array([0, 0, 1]), np.array([1, 0, 1]), np.array([100, 50, 20]))
    made.note_forced(7, 0, 1, 60)
    made.note_forced(9, 0, 1, 10)
    return made


def test_parents_have_their_share_of_what_was_taken_in_the_direction_of_the_move():
    episodes, weights = flow().parents(np.array([-5, -5]))
    assert episodes.tolist() == [7, 9]
    np.testing.assert_allclose(weights, [[0.6, 0.0], [0.1, 0.0]])


@pytest.mark.parametrize("move", [[5, 5], [0, 0], [0, -5]])
def test_a_move_against_the_forced_trades_or_no_move_has_no_parents(move):
    assert not flow().parents(np.array(move))[1].any()


def test_a_loss_weighs_its_contracts_by_what_each_lost():
    move = np.array([-5, -5])
    causes = loss_causes(np.array([30, 10]), move, *flow().parents(move))  # 150 lost on 0, 50 on 1
    assert dict(causes) == pytest.approx({7: 0.6 * 0.75, 9: 0.1 * 0.75, NEWS: 0.475})


def test_a_gain_on_one_contract_does_not_hide_the_loss_on_another():
    move = np.array([-5, -5])
    causes = loss_causes(np.array([30, -40]), move, *flow().parents(move))
    assert dict(causes) == pytest.approx({7: 0.6, 9: 0.1, NEWS: 0.3})


def test_without_a_loss_nobody_is_to_blame():
    move = np.array([-5, -5])
    assert loss_causes(np.array([-30, -40]), move, *flow().parents(move)) == [(NEWS, 1.0)]
    assert loss_causes(np.array([30, 40]), move, *ForcedFlow(2).parents(move)) == [(NEWS, 1.0)]


def test_after_settlement_earlier_trades_move_nothing():
    cleared = flow()
    cleared.clear()
    assert len(cleared.parents(np.array([-5, -5]))[0]) == 0


def test_blending_weighs_by_size():
    assert dict(blend([(3.0, [(1, 1.0)]), (1.0, [(1, 0.5), (NEWS, 0.5)])])) == pytest.approx({1: 0.875, NEWS: 0.125})
    assert blend([(0.0, [(1, 1.0)])]) == [(NEWS, 1.0)]


weights = st.lists(st.tuples(st.integers(-1, 6), st.floats(0, 1)), max_size=12)


@given(weights)
def test_causes_always_sum_to_one(causes):
    done = complete(causes)
    assert sum(weight for _, weight in done) == pytest.approx(1.0, abs=1e-9)
    assert all(weight > 0 for _, weight in done)
    names = [cause for cause, _ in done]
    assert names == sorted(set(names))


@given(st.lists(st.tuples(st.floats(0, 1e9), weights), min_size=1, max_size=5))
def test_blended_causes_sum_to_one(parts):
    done = blend([(size, complete(causes)) for size, causes in parts])
    assert sum(weight for _, weight in done) == pytest.approx(1.0, abs=1e-9)


fills = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(1, 50), st.integers(-1, 3)), max_size=30)


three = lambda size: st.lists(st.integers(-size, size), min_size=3, max_size=3)


@given(fills, three(9), three(99))
def test_shares_of_a_move_never_exceed_the_whole(trades, move, position):
    made, plain = ForcedFlow(3), {}
    for slot, side, quantity, episode in trades:
        made.note(np.array([slot]), np.array([side]), np.array([quantity]))
        plain[slot, side] = plain.get((slot, side), 0) + quantity
        if episode >= 0:
            made.note_forced(episode, slot, side, quantity)
    move, position = np.array(move), np.array(position)
    episodes, shares = made.parents(move)
    assert (shares.sum(axis=0) <= 1.0 + 1e-12).all()
    for number, episode in enumerate(episodes.tolist()):
        for slot in range(3):
            side = 0 if move[slot] > 0 else 1
            own = sum(q for s, d, q, e in trades if (s, d, e) == (slot, side, episode))
            expected = own / plain[slot, side] if own and move[slot] else 0.0
            assert shares[number, slot] == pytest.approx(expected)
    assert sum(w for _, w in loss_causes(position, move, episodes, shares)) == pytest.approx(1.0)
