"""The published flow of orders gives exactly its published fills and final book."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim.market
from tests.naive_book import NaiveBook

CASE = Path(__file__).parent.parent / "data" / "orderbook"


def load(name: str, columns: list[int]) -> np.ndarray:
    return np.loadtxt(CASE / name, delimiter=",", skiprows=1, dtype=np.int64)[:, columns]


@pytest.fixture(scope="module")
def events() -> np.ndarray:
    return np.load(CASE / "events.npz")["events"]


def test_replay_equals_the_published_case(events):
    fills, resting = sim.market.replay(events)
    assert fills.dtype == resting.dtype == np.int64
    assert np.array_equal(fills, load("trades_ref.csv", [1, 3, 4, 5]))
    assert np.array_equal(resting, load("final_book_ref.csv", [0, 1, 2, 3]))


def test_slow_twin_equals_the_published_case(events):
    """So that a mistake shared by both books would show."""
    twin = NaiveBook(prevent=False)
    for kind, side, price, qty, number in events[:1500].tolist():
        if kind == 1:
            twin.cancel(number)
        else:
            twin.submit(0, side, -1, price, qty, kind, number, 0)
    fills = load("trades_ref.csv", [1, 3, 4, 5])
    assert [fill[:4] for fill in twin.fills] == [tuple(fill) for fill in fills[fills[:, 0] < 1500].tolist()]


def test_nothing_in_nothing_out():
    fills, resting = sim.market.replay(np.zeros((0, 5), np.int64))
    assert fills.shape == resting.shape == (0, 4)


def test_a_price_far_away_is_matched_like_any_other():
    far = 10**15
    fills, resting = sim.market.replay(np.array([
        [0, 0, 1, 5, 0], [0, 0, far, 5, 1], [0, 0, 2, 5, 2], [2, 1, 0, 7, 3], [0, 1, 1, 4, 4], [1, 0, 0, 0, 0]]))
    assert fills.tolist() == [[3, 1, far, 5], [3, 2, 2, 2], [4, 2, 2, 3], [4, 0, 1, 1]]
    assert resting.tolist() == []


@pytest.mark.parametrize("event", [
    [0, 0, 0, 5, 1], [0, 0, -3, 5, 1], [0, 0, 5, 0, 1], [0, 2, 5, 5, 1], [3, 0, 5, 5, 1], [-1, 0, 5, 5, 1],
    [0, 0, 5, 5, 7], [1, 0, 0, 0, -1], [1, 0, 0, 0, 2], [0, 0, 1 << 62, 5, 1], [2, 0, 0, 1 << 40, 1]])
def test_bad_event_is_named(event):
    with pytest.raises(ValueError, match="event 1 is not"):
        sim.market.replay(np.array([[0, 0, 100, 5, 0], event]))


@pytest.mark.parametrize("events", [np.zeros((3, 4), np.int64), np.zeros(5, np.int64), np.zeros((3, 5))])
def test_wrong_array_is_refused(events):
    with pytest.raises(ValueError, match="shape"):
        sim.market.replay(events)
