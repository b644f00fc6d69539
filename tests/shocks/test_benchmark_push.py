"""A pushed benchmark: the index moves by the reporter's weight, list prices and spot do not, and it ends."""

import math

import numpy as np
import pytest

from sim.compute.indices.assessed import Assessed
from tests.shocks.test_shocks import make, run


def test_only_the_heaviest_quote_is_pushed():
    kind, rows = Assessed(normalisation=0.0, missing=0.0), np.arange(3)
    provider = np.zeros(3, [("log_list", "f8"), ("markup", "f8"), ("chance", "f8")])
    provider["log_list"], provider["chance"] = np.log([2.0, 3.0, 4.0]), 1.0
    weight = np.array([0.3, 0.5, 0.2])
    plain = kind.panel_mean(provider, rows, weight, np.ones(3, bool))
    pushed = kind.panel_mean(provider, rows, weight, np.ones(3, bool), math.log(1.2))
    assert plain == pytest.approx(0.6 + 1.5 + 0.8)
    assert pushed == pytest.approx(plain + 0.5 * 3.0 * 0.2)


def test_index_is_pushed_while_prices_are_not_and_it_ends():
    calm, pushed = run(days=70), run([make("benchmark_push", quote=1.5, onset=1, hold=20)], days=70)
    index = np.array([[day["index_assessed"] for day in days] for days in (calm, pushed)])
    assert np.array_equal(index[0, :20], index[1, :20])
    assert 1.05 < (index[1, 20:40] / index[0, 20:40]).mean() < 1.5
    assert np.abs(np.log(index[1, 45:] / index[0, 45:])).max() < 0.01
    assert [day["list_median"] for day in calm] == [day["list_median"] for day in pushed]
