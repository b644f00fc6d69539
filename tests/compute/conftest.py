"""Economies for the tests, small enough to step through in milliseconds."""

import datetime as dt

import numpy as np
import pytest

from sim.calendar import Calendar
from sim.compute.config import ComputeConfig
from sim.compute.economy import Economy
from sim.compute.indices.assessed import Assessed
from sim.compute.indices.transaction import Transaction
from sim.compute.operators import Operators, no_operators
from sim.streams import Streams


def build_economy(seed=1, days=300, burn_in=20, operators=None, config=None, indices=None):
    """An economy before its first day."""
    calendar = Calendar(dt.date(2026, 10, 1), days, burn_in)
    return Economy(config or ComputeConfig(), operators or no_operators(), Streams(seed), calendar,
                   (Assessed(), Transaction()) if indices is None else indices)


def some_operators(n=6, root=77):
    """Hyperscalers and data centres in turn, spread over the regions."""
    rows = np.arange(n)
    return Operators((rows % 2).astype(np.int8), (rows % 4).astype(np.int8), 1.0 + rows,
                     np.array([root + 13 * i for i in rows], np.uint64))


@pytest.fixture
def economy():
    """Ten days after the start of a run with a short burn-in."""
    out = build_economy()
    out.burn_in()
    for day in range(10):
        out.step(day)
    return out
