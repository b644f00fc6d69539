"""Elimination with pivots solves what can be solved, and says so where nothing can."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.credit.linear import Singular, solve


@given(st.integers(0, 10_000), st.integers(1, 8))
def test_solution_satisfies_the_system(seed, n):
    luck = np.random.default_rng(seed)
    matrix, known = luck.normal(size=(n, n)) + 3 * np.eye(n), luck.normal(size=n)
    right = (matrix * known).sum(axis=1)
    np.testing.assert_allclose((matrix * solve(matrix, right)).sum(axis=1), right, rtol=1e-8, atol=1e-8)


def test_a_pivot_of_zero_is_swapped_away():
    np.testing.assert_array_equal(solve(np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([6.0, 5.0])), [5.0, 3.0])


def test_a_singular_system_is_refused():
    with pytest.raises(Singular):
        solve(np.array([[1.0, 2.0], [2.0, 4.0]]), np.ones(2))
