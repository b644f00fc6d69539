"""What a clearing house publishes every quarter."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from sim.clearing import disclosure
from sim.clearing.disclosure import ITEMS


def tables(days=70):
    dates = np.arange("2026-11-20", "2027-12-31", dtype="M8[D]")
    dates = dates[np.is_busday(dates)][:days]
    luck = np.random.default_rng(1)
    daily = pd.DataFrame({
        "day": np.arange(days), "date": dates, "initial_margin": luck.integers(1, 9, days) * 10**9,
        "variation_margin_cents": luck.integers(0, 9, days) * 10**8,
        "margin_call_cents": luck.integers(0, 3, days) * 10**8,
        "defaults": (np.arange(days) == 40) * 2.0, "house_loss_cents": (np.arange(days) == 40) * 5 * 10**8,
        "house_shortfall_cents": 0, "house_capital_cents": 7 * 10**8})
    rows = []
    for month, drift in (("2027-03", 0.0), ("2027-06", 0.01)):
        price = 2.0 * np.exp(np.cumsum(luck.normal(drift, 0.05, days)))
        rows += [{"day": d, "contract": month, "settle": price[d], "im_rate": 0.06 + 0.001 * d}
                 for d in range(days) if month == "2027-06" or d < 50]
    return daily, pd.DataFrame(rows)


def test_rows_are_quarters_and_figures_are_those_of_a_plain_loop():
    daily, contracts = tables()
    rows = disclosure(daily, contracts, model="historical")
    assert [row["quarter"] for row in rows] == ["2026Q4", "2027Q1"]
    assert sum(row["days"] for row in rows) == 70 and rows[0]["model"] == "historical"
    assert set(ITEMS) <= set(rows[0])
    first = rows[0]["days"]
    held = {(int(r.day), r.contract): (r.settle, r.im_rate) for r in contracts.itertuples()}
    for number, row in enumerate(rows):
        days = range(first) if number == 0 else range(first, 70)
        beyond, tested = [], 0
        for (day, month), (price, _) in held.items():
            if day in days and (day - 1, month) in held:
                before, rate = held[day - 1, month]
                tested += 1
                if abs(price / before - 1) > rate:
                    beyond.append(abs(price / before - 1) - rate)
        assert row["tested"] == tested and row["breaches"] == len(beyond)
        assert row["coverage"] == pytest.approx(100 * (1 - len(beyond) / tested))
        assert row["largest_breach"] == pytest.approx(100 * max(beyond, default=0))
        part = daily.iloc[list(days)]
        assert row["variation_peak"] == part["variation_margin_cents"].max() / 1e8
        assert row["call_peak"] == part["margin_call_cents"].max() / 1e8
        assert row["defaults"] == part["defaults"].sum() and row["loss"] == part["house_loss_cents"].sum() / 1e8
    assert rows[0]["breaches"] > 0 and math.isnan(rows[0]["default_fund"])


def test_margin_that_rises_with_volatility_responds_one_for_one():
    days = 60
    daily = pd.DataFrame({"day": np.arange(days), "date": pd.bdate_range("2027-01-04", periods=days).to_numpy(),
                          "initial_margin": 10**9,
                          "variation_margin_cents": 0, "margin_call_cents": 0, "defaults": 0.0})
    luck = np.random.default_rng(3)
    price = 2.0 * np.exp(np.cumsum(luck.normal(0, np.linspace(0.01, 0.08, days))))
    moves = np.abs(price[1:] / price[:-1] - 1)
    variance = [moves[0] ** 2]
    for move in moves[1:]:
        variance.append(0.94 * variance[-1] + 0.06 * move * move)
    rate = 3 * np.sqrt(np.array([variance[0], *variance]))
    contracts = pd.DataFrame({"day": np.arange(days), "contract": "2027-12", "settle": price, "im_rate": rate})
    for row in disclosure(daily, contracts):
        assert row["responsiveness"] == pytest.approx(1.0) and row["rate_rise"] > 50


def test_concentration_is_of_the_last_months_end():
    daily, contracts = tables(30)
    agents = pd.DataFrame({"day": [5] * 3 + [25] * 12, "margin_cents": [1, 1, 1, 50, 10, 10, 10, 10, *[1] * 6, 4]})
    last = disclosure(daily[daily["day"] >= 25], contracts, agents)[0]
    assert last["largest_account"] == pytest.approx(50.0) and last["largest_five"] == pytest.approx(90.0)


def test_a_report_brings_the_table(tmp_path):
    from sim.report import build
    from sim.run import run
    from sim.scenario import Scenario

    scenario = Scenario.load("quick", ["days=6", "burn_in=5", "market.warm_up=3", "clearing.margin={type: ewma}"])
    build(run(scenario, [1], out=tmp_path / "r"))
    text = (tmp_path / "r" / "disclosure.csv").read_text().splitlines()
    assert text[0].startswith("# CPMI-IOSCO item") and text[2].startswith("run,seed,quarter,days")
    frame = pd.read_csv(tmp_path / "r" / "disclosure.csv", comment="#")
    assert frame["model"].tolist() == ["ewma"] and frame["tested"][0] > 0
