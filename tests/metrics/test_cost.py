"""Cost of a GPU-hour with futures and without."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.metrics.cost import HOURS, Cost


def tables(gain_long):
    """Four months whose spot price is 2, 3, 4, 3 dollars; buyers and sellers have ten contracts a month each."""
    dates = pd.bdate_range("2026-10-01", "2027-01-29")
    spot = dates.month.map({10: 2.0, 11: 3.0, 12: 4.0, 1: 3.0}).to_numpy()
    daily = pd.DataFrame({"date": dates, "spot_h100_us": spot})
    months = ["2026-10", "2026-11", "2026-12", "2027-01"]
    cents = np.array(gain_long) * 100 * HOURS * 10
    deliveries = pd.DataFrame({"contract": months, "gain_cents_long": cents, "gain_cents_short": -cents,
                               "funding_cents_long": 0.0, "funding_cents_short": 0.0,
                               "need_long": 10.0, "need_short": 10.0})
    return SimpleNamespace(daily=daily, deliveries=deliveries)


def test_a_hedge_that_brings_what_the_month_costs_more_takes_all_risk_away():
    out = Cost().compute(tables([-1.0, 0.0, 1.0, 0.0]))
    assert out["spot_cost"] == pytest.approx(3.0)
    assert out["hedged_cost"] == out["hedged_revenue"] == pytest.approx(3.0)
    assert out["hedged_cost_sd"] == pytest.approx(0.0, abs=1e-12)
    assert out["risk_ratio"] == pytest.approx(0.0, abs=1e-12)


def test_a_hedge_the_wrong_way_makes_it_worse_and_margin_costs():
    run = tables([1.0, 0.0, -1.0, 0.0])
    assert Cost().compute(run)["risk_ratio"] == pytest.approx(4.0)
    run.deliveries["funding_cents_long"] = 0.02 * 100 * HOURS * 10
    out = Cost().compute(run)
    assert out["hedged_cost"] == pytest.approx(3.02)
    assert out["funding_cost"] == pytest.approx(0.01)


def test_without_futures_there_is_the_spot_price_alone():
    run = tables([0.0] * 4)
    assert set(Cost().compute(SimpleNamespace(daily=run.daily, deliveries=None))) == {"spot_cost", "spot_cost_sd"}


def test_every_figure_is_declared():
    out = Cost().compute(tables([-1.0, 0.5, 1.0, 0.0]))
    assert {name for name in out if Cost.figure(name)} == set(out) == set(Cost.figures)
