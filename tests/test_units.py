"""Converting at the edge: dollars to cents, prices to ticks, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.units import BUSINESS_DAYS, HOURS_PER_MONTH, cents, dollars, ticks


@pytest.mark.parametrize(("amount", "expected"), [
    (0.0, 0), (0.01, 1), (-0.01, -1), (1.23, 123), (0.005, 1), (-0.005, -1), (0.004, 0), (-0.004, 0),
    (7.30, 730), (0.29, 29), (19.99, 1999), (1e9, 100_000_000_000), (-2.5, -250),
])
def test_cents_round_half_away_from_zero(amount, expected):
    assert cents(amount) == expected
    assert type(cents(amount)) is int


@given(st.integers(-10**14, 10**14))
def test_a_sum_in_cents_survives_the_way_through_dollars(amount):
    assert cents(dollars(amount)) == amount


def test_dollars_takes_arrays():
    np.testing.assert_array_equal(dollars(np.array([0, 1, -250], np.int64)), [0.0, 0.01, -2.5])


@pytest.mark.parametrize(("price", "tick", "expected"), [
    (2.50, 0.01, 250), (2.506, 0.01, 251), (2.375, 0.25, 10),
    (0.0, 0.01, 0), (-0.004, 0.01, 0), (-0.006, 0.01, -1), (2.5, 0.25, 10),
])
def test_ticks_round_to_the_nearest(price, tick, expected):
    assert ticks(price, tick) == expected
    assert type(ticks(price, tick)) is int


@given(st.lists(st.integers(-10**9, 10**9), min_size=1, max_size=20), st.sampled_from([0.01, 0.001, 0.05, 0.25, 1.0]))
def test_whole_ticks_survive_the_way_through_dollars(count, tick):
    out = ticks(np.array(count) * tick, tick)
    assert out.dtype == np.int64
    np.testing.assert_array_equal(out, count)


def test_the_constants_of_the_contract():
    assert HOURS_PER_MONTH == 730  # 365 days of 24 hours over 12 months
    assert HOURS_PER_MONTH * 12 == 365 * 24
    assert BUSINESS_DAYS == 252
