"""The execution kernels and their plain twins send the same orders and make the same trades."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.market import kernels
from sim.market.book import OrderBook
from sim.streams import combine
from tests.naive_market import PlainMarket, uniform

PEOPLE, CONTRACTS, TICK = 12, 3, 730
TICKS = np.full(CONTRACTS, TICK)


class Pair:
    """One market twice: arrays with kernels, and plain Python."""

    def __init__(self, seed: int, listed: list[int]) -> None:
        self.luck = np.random.default_rng(seed)
        self.book = OrderBook(CONTRACTS, PEOPLE)
        self.slots = np.zeros(CONTRACTS, kernels.SLOT)
        self.slots["listed"], self.slots["month"] = listed, 24_300 + np.arange(CONTRACTS)
        self.slots["visit"], self.slots["mark"] = 0.4, self.luck.integers(3, 400, CONTRACTS)
        self.position = np.zeros((PEOPLE, CONTRACTS), np.int64)
        self.basis, self.traded = np.zeros(PEOPLE, np.int64), np.zeros(PEOPLE, np.int64)
        self.key = np.array([combine(seed, row) for row in range(PEOPLE)], np.uint64)
        self.styles = np.zeros(3, kernels.STYLE)
        self.styles[0] = (0.7, 2, 0.4, 0.4, 0.05, 0.02, 0.004, 0.3, 0.05, 0)
        self.styles[1] = (0.9, 0, 1.0, 0.9, 0.10, 0.01, 0.0, 0.5, 0.0, 0)
        self.styles[2] = (1.0, 0, 1.0, 1.0, 0.04, 0.0, 0.0, 0.5, 0.0, 1)
        self.style_of = self.luck.integers(0, 3, PEOPLE)
        names = kernels.SLOT.names
        self.plain = PlainMarket([SimpleNamespace(**{n: self.slots[c][n].item() for n in names})
                                  for c in range(CONTRACTS)], self.position.tolist(), TICK)

    def quotes(self) -> None:
        rows = self.luck.permutation(3)
        mid = self.luck.integers(2, 400, (3, CONTRACTS))
        bid, ask = mid - self.luck.integers(0, 4, mid.shape), mid + self.luck.integers(0, 4, mid.shape)
        size, step = self.luck.integers(0, 9, (2, 3, CONTRACTS)), self.luck.integers(1, 4, mid.shape)
        self.book.reserve(6 * 3 * CONTRACTS)
        kernels.quote(self.book.arrays, rows, 0, bid, ask, size[0], size[1], step, 3, self.slots, self.position,
                      self.basis, self.traded, TICKS)
        for row in rows.tolist():
            shown = (part[row].tolist() for part in (bid, ask, size[0], size[1], step))
            self.plain.quote(row, *shown, 3)

    def round(self, number: int) -> None:
        round_key = np.uint64(combine(99, number))
        rows, priority = np.zeros(PEOPLE, np.int64), np.zeros(PEOPLE, np.uint64)
        ready = self.luck.random(PEOPLE) < 0.8
        count = kernels.arrive(self.key, round_key, self.style_of, self.styles, ready, rows, priority)
        luck = [combine(int(k), int(round_key)) for k in self.key]
        activity = self.styles["activity"][self.style_of]
        expected = [r for r in range(PEOPLE) if ready[r] and uniform(luck[r], 0) < activity[r]]
        assert rows[:count].tolist() == expected
        assert priority[:count].tolist() == [combine(luck[r], 1) for r in expected]
        order = rows[:count][np.argsort(priority[:count], kind="stable")]
        target = self.luck.integers(-40, 40, (PEOPLE, CONTRACTS))
        value = np.where(self.luck.random(target.shape) < 0.5, np.nan, self.luck.uniform(1, 400, target.shape))
        urgency = np.where(self.luck.random(PEOPLE) < 0.5, np.nan, self.luck.random(PEOPLE))
        self.book.reserve(PEOPLE * CONTRACTS)
        visits = self.styles["visits"][:, None]
        looks = np.where(visits > 0, 1.0 - (1.0 - self.slots["visit"]) ** visits, 1.0)
        kernels.trade(self.book.arrays, order, kernels.ALL, target, value, urgency, self.style_of, self.styles, looks,
                      self.slots, self.position, self.basis, self.traded, self.key, round_key, TICKS,
                      int(self.book.arrays.state["fills"][0]))
        for row in order.tolist():
            style = SimpleNamespace(**{n: self.styles[self.style_of[row]][n].item() for n in kernels.STYLE.names})
            self.plain.act(row, int(self.key[row]), int(round_key), style, target[row].tolist(), value[row].tolist(),
                           float(urgency[row]))
        kernels.look(self.book.arrays, self.slots, 0.1)
        self.plain.look(0.1)

    def compare(self) -> None:
        assert self.position.tolist() == self.plain.position
        assert self.basis.tolist() == self.plain.basis
        assert self.traded.tolist() == self.plain.traded
        for name in kernels.SLOT.names:
            assert self.slots[name].tolist() == [getattr(slot, name) for slot in self.plain.slots], name
        assert not self.position.sum(axis=0).any()
        assert self.basis.sum() == 0


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 1), min_size=CONTRACTS, max_size=CONTRACTS))
def test_kernels_equal_their_plain_twins(seed, listed):
    pair = Pair(seed, listed)
    for number in range(6):
        pair.quotes()
        pair.round(number)
        pair.compare()


def one_taker(share: float, target: int, depth: int, value: float = float("nan")) -> int:
    """What a single eager buyer gets from a book of ten levels of ``depth`` each from 100 ticks up."""
    book = OrderBook(1, 2)
    slots = np.zeros(1, kernels.SLOT)
    slots["listed"], slots["mark"] = 1, 100
    styles = np.zeros(1, kernels.STYLE)
    styles[0] = (1, 0, 1.0, 1.0, 0.05, 0.0, 0.0, share, 0.0, 0)
    position, basis, traded = np.zeros((2, 1), np.int64), np.zeros(2, np.int64), np.zeros(2, np.int64)
    full = lambda number: np.full((1, 1), number)
    book.reserve(100)
    kernels.quote(book.arrays, np.array([0]), 1, full(0), full(100), full(0), full(depth), full(1), 10, slots, position,
                  basis, traded, TICKS[:1])
    kernels.trade(book.arrays, np.array([0]), kernels.ALL, np.array([[target], [0]]), np.array([[value], [np.nan]]),
                  np.full(2, np.nan), np.zeros(2, np.int64), styles, np.ones((1, 1)), slots, position, basis, traded,
                  np.ones(2, np.uint64), np.uint64(3), TICKS[:1], 0)
    return int(position[0, 0])


@given(st.floats(0.05, 1.0), st.integers(1, 500), st.integers(1, 50))
@settings(deadline=None, max_examples=50)
def test_a_taker_never_takes_more_than_its_share_of_what_it_sees(share, target, depth):
    taken = one_taker(share, target, depth)
    seen = 6 * depth  # a limit of 105 ticks shows six levels
    assert 0 <= taken <= min(target, share * seen + 1e-9)
    assert taken == min(target, int(share * seen))


@pytest.mark.parametrize(("value", "expected"), [(99.0, 0), (102.4, 9), (200.0, 18)])
def test_no_order_goes_beyond_the_own_value(value, expected):
    assert one_taker(0.3, 100, 10, value) == expected


def test_one_more_participant_changes_nobody_elses_luck():
    """Arrival of the others, whoever else is there: common random numbers across populations."""
    styles = np.zeros(1, kernels.STYLE)
    styles["activity"] = 0.5
    keys = np.array([combine(7, row) for row in range(40)], np.uint64)
    seen = []
    for count in (30, 40):
        rows, priority = np.zeros(count, np.int64), np.zeros(count, np.uint64)
        found = kernels.arrive(keys[:count], np.uint64(5), np.zeros(count, np.int64), styles, np.ones(count, np.bool_),
                               rows, priority)
        order = rows[:found][np.argsort(priority[:found], kind="stable")]
        seen.append([row for row in order.tolist() if row < 30])
    assert seen[0] == seen[1]
