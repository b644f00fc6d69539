"""Bessembinder & Lemmon 2002 and Avellaneda & Stoikov 2008: the published models behind hedgers and makers."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.agents import avellaneda_stoikov, bessembinder_lemmon
from sim.agents.bessembinder_lemmon import normal_demand

CASES = json.loads((Path(__file__).parent / "data" / "hedging_and_quoting.json").read_text())["cases"]
FORWARD = [c for c in CASES if c["id"].startswith("BL02.c")]
DEALER = [c for c in CASES if c["id"].startswith("AS2008")]


def paper_market(convexity, sd, producers=20, retailers=20, mean=100.0):
    """The paper's example: scale, retail price and risk aversion follow from the convexity."""
    scale = 30.0 * (producers / mean) ** (convexity - 1)
    q, p = normal_demand(mean, sd)
    spot = float((p * scale * (q / producers) ** (convexity - 1)).sum())
    return bessembinder_lemmon(q, p, producers=producers, retailers=retailers, scale=scale, convexity=convexity,
                               retail_price=1.2 * spot, risk_aversion=0.8 / 2**convexity)


@pytest.mark.parametrize("case", FORWARD, ids=lambda c: c["id"])
def test_forward_price_and_hedge_of_the_table(case):
    got = paper_market(case["inputs"]["c"], case["inputs"]["sd_Q"])
    computed = (got.expected, got.sd, got.skewness, got.forward, 100 * got.premium, got.producer)
    for value, expected in zip(computed, case["expected"], strict=True):
        assert value == pytest.approx(expected, rel=case["tolerance"]["rel"], abs=case["tolerance"]["abs"])


def test_with_linear_marginal_cost_the_taylor_form_is_exact():
    producers, mean, sd = 20, 100.0, 10.0
    got = paper_market(2, sd, mean=mean)
    scale, aversion = 30.0 * producers / mean, 0.8 / 4
    bearing = 40 / aversion
    alpha = producers * 2 / (bearing * 2 * scale) * (got.expected - 1.2 * got.expected)
    assert got.forward == pytest.approx(got.expected + alpha * got.sd**2, rel=1e-9)
    assert got.premium < 0
    assert got.producer == pytest.approx(0.9 * mean / producers, rel=1e-9)


def test_the_premium_turns_positive_with_convexity_and_risk():
    assert paper_market(2, 20).premium < 0 < paper_market(5, 30).premium


@given(convexity=st.floats(1.2, 5.5), sd=st.floats(1.0, 30.0),
       producers=st.integers(1, 60), retailers=st.integers(1, 60))
def test_forward_sales_and_purchases_cancel(convexity, sd, producers, retailers):
    got = paper_market(convexity, sd, producers, retailers)
    size = max(1.0, abs(producers * got.producer))
    assert producers * got.producer + retailers * got.retailer == pytest.approx(0.0, abs=1e-7 * size)


def test_a_market_without_risk_or_people_is_refused():
    good = {"producers": 2, "retailers": 2, "scale": 1.0, "convexity": 3.0, "retail_price": 2.0, "risk_aversion": 0.1}
    with pytest.raises(ValueError, match="vary"):
        bessembinder_lemmon(np.ones(2), np.ones(2), **good)
    with pytest.raises(ValueError, match="somebody"):
        bessembinder_lemmon(np.array([1.0, 2.0]), np.ones(2), **{**good, "producers": 0})
    with pytest.raises(ValueError, match="positive"):
        bessembinder_lemmon(np.array([0.0, 2.0]), np.ones(2), **good)


def trade_a_day(inputs, paths=4000, seed=8):
    """The paper's simulation: mean spread, mean and sd of profit, sd of the final inventory."""
    random = np.random.default_rng(seed)
    dt, sigma, gamma, k = inputs["dt"], inputs["sigma"], inputs["gamma"], inputs["k"]
    mid, held, cash = np.full(paths, float(inputs["s0"])), np.zeros(paths), np.zeros(paths)
    spreads = []
    for step in range(round(inputs["T"] / dt)):
        quote = avellaneda_stoikov(mid, held, gamma, sigma, inputs["T"] - step * dt, k)
        centre = quote.reservation if inputs["strategy"] == "inv" else mid
        spreads.append(quote.spread)
        bid, ask = centre - quote.spread / 2, centre + quote.spread / 2
        bought = random.random(paths) < inputs["A"] * np.exp(-k * (mid - bid)) * dt
        sold = random.random(paths) < inputs["A"] * np.exp(-k * (ask - mid)) * dt
        held += bought.astype(float) - sold
        cash += np.where(sold, ask, 0.0) - np.where(bought, bid, 0.0)
        mid += sigma * np.sqrt(dt) * np.where(random.random(paths) < 0.5, 1.0, -1.0)
    profit = cash + held * mid
    return float(np.mean(spreads)), profit.mean(), profit.std(), held.std()


@pytest.mark.parametrize("case", DEALER, ids=lambda c: c["id"])
def test_a_day_of_quoting(case):
    bounds = case["tolerance"]["rel"]
    for value, expected, bound in zip(trade_a_day(case["inputs"]), case["expected"], bounds, strict=True):
        assert value == pytest.approx(expected, rel=bound)


@given(inventory=st.integers(-50, 50), gamma=st.floats(0.0, 2.0), sigma=st.floats(0.0, 5.0), left=st.floats(0.0, 1.0))
def test_a_dealer_leans_against_inventory(inventory, gamma, sigma, left):
    quote = avellaneda_stoikov(100.0, inventory, gamma, sigma, left, 1.5)
    assert quote.spread > 0
    assert (quote.reservation - 100.0) * inventory <= 0


def test_the_risk_neutral_limit_is_continuous():
    assert avellaneda_stoikov(1.0, 3, 1e-9, 2.0, 1.0, 1.5).spread == pytest.approx(2 / 1.5, rel=1e-6)
    assert avellaneda_stoikov(1.0, 3, 0.0, 2.0, 1.0, 1.5) == (1.0, 2 / 1.5)
    with pytest.raises(ValueError, match="negative"):
        avellaneda_stoikov(1.0, 0, -0.1, 1.0, 1.0, 1.0)
