"""Indices: panels, trimming, missing days, restatements, trust, tokens, regions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.compute.indices.assessed import Assessed, trim
from sim.compute.indices.regional import Regional
from sim.compute.indices.token import Token
from sim.compute.indices.transaction import Transaction
from tests.compute.conftest import build_economy


def run(indices, days=60, **options):
    """An economy with some indices, after some days, and the trust of each day."""
    economy, trust = build_economy(indices=indices, days=max(days, 70), **options), []
    economy.burn_in()
    for day in range(days):
        economy.step(day)
        trust.append(dict(economy.trust))
    return economy, trust


@given(quotes=st.lists(st.floats(0.5, 9), min_size=1, max_size=20), share=st.floats(0.01, 0.49))
def test_trimming_cuts_the_same_weight_at_both_ends(quotes, share):
    quotes = np.array(quotes)
    weight = np.arange(1.0, len(quotes) + 1)
    kept = trim(quotes, weight, share)
    assert kept.sum() == pytest.approx((1 - 2 * share) * weight.sum())
    assert ((kept >= 0) & (kept <= weight + 1e-12)).all()
    assert quotes.min() <= (kept * quotes).sum() / kept.sum() + 1e-9
    mirrored = trim(-quotes[::-1], weight[::-1], share)[::-1]
    if len(set(quotes.tolist())) == len(quotes):
        np.testing.assert_allclose(kept, mirrored, atol=1e-9)


def test_a_trimmed_panel_does_not_follow_one_absurd_quote():
    values = []
    for trimmed in (0.0, 0.1):
        economy, _ = run((Assessed(trimmed=trimmed, concentration=0.0, missing=0.0, restatements=0.0),), 5)
        state = economy._index_state["assessed"]
        before = economy.indices[0].value(economy, state, 4)
        economy.provider["log_list"][state["rows"][3]] += 3.0
        values.append(economy.indices[0].value(economy, state, 4) / before)
    assert values[0] > 1.2
    assert values[1] < 1.05


def test_with_too_few_reports_yesterdays_value_stands():
    economy, _ = run((Transaction(least=1e5),), 10)  # there never was a value that could stand, but the market's own
    history = economy.index_history["transaction"][:30]
    assert (history == history[0]).all() and 1.5 < history[0] < 4
    economy, _ = run((Assessed(least=1.0, missing=0.3),), 40)
    history = economy.index_history["assessed"][:60]
    assert np.isfinite(history[5:]).all()
    assert (np.diff(history[5:]) == 0).mean() > 0.9


def test_trust_lies_between_nothing_and_one_and_answers_to_what_it_measures():
    calm, trust = run((Assessed(restatements=0.0), Transaction(), Assessed(name="small", panel=3, restatements=0.0)))
    assert all(0 <= value <= 1 for row in trust for value in row.values())
    assert calm.trust["small"] < calm.trust["assessed"] < calm.trust["transaction"]
    restated, _ = run((Assessed(restatements=0.0),))
    for _ in range(4):
        restated.restate("assessed", 1.06)
        restated.restate("assessed", 1 / 1.06)
    restated.step(60)
    calm.step(60)
    assert restated.trust["assessed"] < 0.95 * calm.trust["assessed"]
    assert calm.record()["trust_small"] == calm.trust["small"]
    far, _ = run((Assessed(restatements=0.0),), 10)
    far.restate("assessed", 1.0)
    far._index_state["assessed"]["restatement"] += 0.8
    near = far.trust["assessed"]
    for day in range(10, 60):
        far.step(day)
    assert far.trust["assessed"] < near


def test_trust_falls_when_the_panel_shrinks():
    economy, _ = run((Assessed(restatements=0.0),), 5)
    before = economy.trust["assessed"]
    economy.leave_panel("assessed", 33)
    for day in range(5, 65):
        economy.step(day)
    assert economy.trust["assessed"] < before


def test_a_region_has_its_own_index():
    economy, _ = run((Regional(), Regional(region="CN"), Transaction(us_weight=1.0)), 40)
    assert set(economy.index_value) == {"regional_eu", "regional_cn", "transaction"}
    economy.dials.demand_mult = np.array([1.0, 1.0, 1.5, 1.0])
    before = dict(economy.index_value)
    for day in range(40, 60):
        economy.step(day)
    change = {name: economy.index_value[name] / before[name] for name in before}
    assert change["regional_eu"] > 1.2 * change["regional_cn"]
    assert economy.forecast["regional_eu"][0] > economy.forecast["regional_cn"][0]


def test_tokens_stand_still_for_days_and_fall_for_years():
    economy, _ = run((Token(),), 260, burn_in=120)
    history = economy.index_history["token"][120:380]
    assert (np.diff(history) == 0).mean() > 0.8
    assert 0.03 < history[-1] / history[0] < 0.3
    assert history[-1] < economy.token_price  # the geometric mean lies below the arithmetic one
    curve = economy.forecast["token"]
    assert (np.diff(curve) < 0).all()
    economy.dials.token_mult = 0.5
    now = economy.index_value["token"]
    economy.step(260)
    assert economy.index_value["token"] == pytest.approx(now / 2, rel=0.25)


def test_the_expected_token_price_is_what_comes_on_average():
    errors = []
    for seed in range(1, 9):
        economy, _ = run((Token(),), 1, seed=seed, burn_in=120)
        expected = economy.forecast["token"][2]
        month = economy.calendar.month(0) + 2
        prints = []
        for day in range(1, 70):
            economy.step(day)
            if economy.calendar.month(day) == month:
                prints.append(economy.index_value["token"])
        errors.append(math.log(expected / np.mean(prints)))
    assert abs(np.mean(errors)) < 0.15


def noise_of(index, days=240):
    """Log distance of an index of deals from the market, day by day, and how unsettled demand was."""
    economy, out, state = build_economy(indices=(index,), days=days), [], []
    economy.burn_in()
    for day in range(days):
        economy.step(day)
        out.append(math.log(economy.index_value[index.label]) - index.transactions(economy, day))
        state.append(float((index.weights() * economy.region["volatility"]).sum()))
    return np.array(out), np.array(state)


def test_winsorising_keeps_stray_deals_out():
    cut, plain = (noise_of(Transaction(winsorised=share))[0].std() for share in (0.05, 0.0))
    none = noise_of(Transaction(strays=0.0))[0].std()
    assert plain > 1.2 * cut
    assert cut == pytest.approx(none, rel=0.1)


def test_deals_differ_more_while_demand_is_unsettled():
    for unsettled, sign in ((1.0, 1), (0.0, 0)):
        noise, state = noise_of(Transaction(unsettled=unsettled, composition_sd=0.0, strays=0.0, deal_sd=0.6))
        wild = state > np.median(state)
        ratio = noise[wild].std() / noise[~wild].std()
        assert ratio > 1.4 if sign else 0.75 < ratio < 1.33


@pytest.mark.parametrize("index", [Transaction, Regional, Token, Assessed])
def test_any_index_may_be_restated_by_its_publisher(index):
    economy, _ = run((index(restatements=50.0, restatement_least=0.05, restatement_most=0.05),), 60)
    state = economy._index_state[economy.indices[0].label]
    assert state["restated"][0] > 0.05
    steps = state["restatement"][0] / 0.05
    assert steps == pytest.approx(round(steps), abs=1e-9)
    economy, _ = run((index(restatements=0.0),), 60)
    assert economy._index_state[economy.indices[0].label]["restatement"][0] == 0


def test_a_token_index_stands_where_too_few_lists_can_be_read():
    economy, _ = run((Token(missing=1.0),), 10)
    history = economy.index_history["token"][:30]
    assert (history == history[0]).all()
    economy, _ = run((Token(concentration=3.0),), 5)
    largest = economy.indices[0].contributors(economy, economy._index_state["token"])[1]
    assert largest > 0.8
