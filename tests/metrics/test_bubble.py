"""Mispricing, air and motives of trading."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.metrics.bubble import Bubble, by_motive, mispricing, uncovered


def contracts(settle, expected, rate=0.1):
    """Days by months of settlement prices; the first month is the one being averaged."""
    days, months = np.shape(settle)
    expiry = pd.to_datetime(["2026-10-30", "2026-11-30", "2026-12-31"][:months])
    return pd.DataFrame({"day": np.repeat(range(days), months), "expiry": np.tile(expiry, days),
                         "settle": np.ravel(settle).astype(float), "expected": np.ravel(expected).astype(float),
                         "im_rate": rate})


def test_mispricing_leaves_the_month_out_that_is_being_averaged():
    table = contracts([[5.0, 2.2, 3.0]], [[1.0, 2.0, 3.0]])
    assert mispricing(table) == pytest.approx([np.log(1.1), 0.0])


def test_moves_beyond_the_margin_of_the_day_before_are_counted_either_way():
    table = contracts([[2.0, 2.0], [2.21, 2.0], [2.21, 1.7]], np.ones((3, 2)))
    assert uncovered(table) == pytest.approx(2 / 4)
    assert uncovered(table.assign(im_rate=0.2)) == 0.0


def test_air_is_what_those_without_compute_hold_over_what_the_others_hold():
    daily = pd.DataFrame({"held_users": [60.0], "held_suppliers": [40.0], "held_speculators": [30.0],
                          "held_liquidity": [20.0], "traded_users": [1.0], "traded_speculators": [3.0]})
    out = by_motive(daily)
    assert out["air"] == pytest.approx(0.5)
    assert (out["traded_by_users"], out["traded_by_speculators"]) == (25.0, 75.0)
    assert "air" not in by_motive(daily.drop(columns=["held_users", "held_suppliers"]))


def test_every_figure_is_declared():
    table = contracts([[2.0, 2.1], [2.0, 2.3]], np.full((2, 2), 2.0))
    daily = pd.DataFrame({"held_users": [60.0, 1.0], "traded_users": [1.0, 2.0]})
    out = Bubble().compute(SimpleNamespace(contracts=table, daily=daily))
    assert {name for name in out if Bubble.figure(name)} == set(out)
    assert out["mispricing_worst"] == pytest.approx(100 * np.log(1.15))
