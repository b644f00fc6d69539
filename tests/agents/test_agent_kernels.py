"""Kernels of rules equal the same loops in plain Python."""

import numpy as np
import pytest

from sim.agents import kernels
from sim.agents.market_maker import MarketMaker

N, MONTHS = 7, 12


@pytest.mark.parametrize("seed", range(20))
def test_ladder_equals_its_loop(seed):
    luck = np.random.default_rng(seed)
    fast, slow = luck.uniform(0.001, 0.2, (2, MONTHS))
    weight = np.append(luck.dirichlet(np.ones(MONTHS - 1)), 0.0)
    inputs = (MarketMaker().dials, luck.uniform(0, 500, N), fast, slow, weight, luck.uniform(1, 400, (N, MONTHS)),
              luck.integers(-60, 60, (N, MONTHS)), luck.integers(-(10**6), 10**8, N), luck.integers(1, 10**8, N),
              luck.random(N) < 0.8, luck.uniform(1, 2, N))
    quick, plain = ([np.empty((N, MONTHS), np.int64) for _ in range(5)] for _ in range(2))
    kernels.ladder(*inputs, *quick)
    kernels.ladder.py_func(inputs[0].view(np.recarray), *inputs[1:], *plain)
    for one, other in zip(quick, plain, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", range(20))
def test_lean_on_value_equals_its_loop(seed):
    luck = np.random.default_rng(seed)
    inputs = (luck.normal(0, 0.1, MONTHS), luck.normal(0, 0.2, (N, MONTHS)), luck.uniform(20, 150, N),
              luck.uniform(1, 10, MONTHS), luck.uniform(0, 1e-5, MONTHS), luck.integers(-(10**6), 10**9, N),
              luck.random(N) < 0.8, luck.integers(-9, 9, (N, MONTHS)))
    quick, plain = np.empty((N, MONTHS), np.int64), np.empty((N, MONTHS), np.int64)
    kernels.lean_on_value(*inputs, quick)
    kernels.lean_on_value.py_func(*inputs, plain)
    np.testing.assert_array_equal(quick, plain)
