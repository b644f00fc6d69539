"""Margin models and rules against procyclicality: published cases, plain twins, and what must always hold."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.clearing import dampen, margin_path, procyclicality
from sim.clearing.config import ClearingConfig
from sim.clearing.dampers.base import Damper
from sim.clearing.margin import kernels
from sim.clearing.margin.addons import above_threshold, concentrated_sensitivity, liquidity, square_root_impact
from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.changes import assumed, filled_changes
from sim.clearing.margin.portfolio import Offsets, _prepared
from sim.clearing.margin.scan import inter_month, scanning_risk, scenarios
from sim.clearing.margin.stress import worst_stretch
from sim.clearing.margin.tails import both_sides, multiplier, tail_loss, weighted_tail_loss
from sim.clearing.paths import damper, margin_model
from sim.clearing.rates import RateRule
from tests import naive_margin as naive

FILE = Path(__file__).parents[1] / "literature" / "data" / "clearing_cases.json"
TOPICS = json.loads(FILE.read_text())["topics"]
CASES = {case["id"]: (case["inputs"], case["expected"]) for cases in TOPICS.values() for case in cases}
RETURNS = CASES["M20-ewma094"][0]["returns"]
MODELS = ("fixed", "reviewed_fixed", "ewma", "historical", "filtered_historical", "scanning", "blended")


def prices_of(returns, start=2.0):
    return start * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))


def rate(model, returns=RETURNS, side=0, **params):
    return margin_model(model, **params).sides(prices_of(returns)[:, None])[side, 0]


def stressed_prices(seed=3, days=900, calm=0.02, wild=0.08):
    """Fat-tailed returns with one stretch of high volatility."""
    draws = np.random.default_rng(seed).standard_t(5, days) * 0.77
    wild_days = (np.arange(days) >= 500) & (np.arange(days) < 560)
    return prices_of(draws * np.where(wild_days, wild, calm))


# --- published cases ---------------------------------------------------------------------------------


def test_twenty_returns_by_ewma():
    expected = CASES["M20-ewma094"][1]
    like = {"decay": 0.94, "seed": "first"}
    found = [rate("ewma", **like), rate("ewma", confidence=0.995, **like), rate("ewma", close_out_days=2, **like)]
    assert found == pytest.approx([expected[name] for name in ("VaR99", "VaR99_5", "VaR99_MPOR2")], rel=1e-12)
    path = margin_path([*prices_of(RETURNS), 1.0], "ewma", **like)[2:] / multiplier(0.99)
    np.testing.assert_allclose(path, expected["sigma_path"][1:], atol=1e-10)
    weighted = rate("ewma", decay=0.94, seed="none") / multiplier(0.99)
    assert weighted == pytest.approx(CASES["M20-ewma094-normalised"][1]["sigma"], rel=1e-12)


@pytest.mark.parametrize(("case", "figure", "params"), [
    ("M20-hs-kth", "VaR", {}), ("M20-hs-linear", "VaR", {"quantile": "linear"}),
    ("M20-es-meank", "ES", {"measure": "expected_shortfall"})])
def test_twenty_returns_by_history(case, figure, params):
    name = case if case in CASES else next(key for key in CASES if key.startswith("M20-hs") and "linear" not in key)
    for q in (90, 95):
        found = rate("historical", window=20, confidence=q / 100, **params)
        assert found == pytest.approx(CASES[name][1][f"{figure}{q}"], rel=1e-12)


def test_twenty_returns_by_filtered_history():
    expected = CASES["M20-fhs-full"][1]
    like = {"window": 20, "decay": 0.94, "seed": "first"}
    assert rate("filtered_historical", confidence=0.95, **like) == pytest.approx(expected["VaR95"], rel=1e-12)
    assert rate("filtered_historical", confidence=0.90, **like) == pytest.approx(expected["VaR90"], rel=1e-12)
    es = rate("filtered_historical", confidence=0.90, measure="expected_shortfall", **like)
    assert es == pytest.approx(expected["ES90"], rel=1e-12)


def test_constants_of_the_normal_and_of_student():
    assert multiplier(0.99) == pytest.approx(CASES["NC-z99"][1], rel=1e-12)
    assert multiplier(0.995) == pytest.approx(CASES["NC-z99_5"][1], rel=1e-12)
    stats = pytest.importorskip("scipy.stats")
    for degrees in (2.5, 3, 4, 7.3, 30, 400):
        for q in (0.9, 0.99, 0.999):
            wanted = stats.t.ppf(q, degrees) * np.sqrt((degrees - 2) / degrees)
            assert multiplier(q, degrees) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("case", ["IR-0.94", "IR-0.99"])
def test_response_of_ewma_to_a_step_in_volatility(case):
    """Squares at their expectation, so the recursion is the closed form."""
    given_, expected = CASES[case]
    low, high = given_["sigma_low"], given_["sigma_high"]
    for n, multiple in zip(given_["n"], expected["margin_multiple"], strict=True):
        found = rate("ewma", [low] * 400 + [high] * n, decay=given_["lambda"], seed="first")
        assert found / (multiplier(0.99) * low) == pytest.approx(multiple, abs=5e-5)


def test_scanning_cases():
    table = CASES["SPAN-scenarios"][1]["scenarios"]
    np.testing.assert_allclose([tuple(move) for move in scenarios()], table, atol=1e-12)
    for name in ("SPAN-1", "SPAN-2", "SPAN-4"):
        given_, expected = CASES[name]
        position = np.array([given_["positions_by_month"]])
        scan = scanning_risk(position, np.full(2, given_["PSR"]))[0]
        spreads = inter_month(position, np.zeros(2, int), [(0, 0, given_["inter_month_per_spread"])])
        assert (scan, spreads.formed[0], scan + spreads.charge[0]) == (
            expected["scan_risk"], expected["spreads_formed"], expected["total"])


def test_spreads_take_the_cheapest_pairs_first():
    position = np.array([[5, -3, -4, 2]])
    found = inter_month(position, np.array([0, 0, 1, 1]), [(0, 1, 30.0), (0, 0, 10.0), (1, 1, 20.0)])
    assert (found.formed[0], found.charge[0]) == (3 + 2 + 2, 3 * 10 + 2 * 20 + 2 * 30)


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("SIMM")])
def test_concentrated_sensitivities(case):
    given_, expected = CASES[case]
    found = concentrated_sensitivity(given_["RW"], given_["s"], given_["T"], given_.get("rho", 0.0))
    assert found == pytest.approx(expected, abs=1)


def test_buffer_of_the_published_path():
    given_, expected = CASES["PT-toy-buffer"]
    found = dampen(given_["margin"], "buffer", share=given_["buffer"], release=given_["Rel"])
    np.testing.assert_allclose(found, expected["path"], atol=1e-12)


# --- plain twins ------------------------------------------------------------------------------------------

some_returns = st.lists(st.floats(-0.2, 0.2), min_size=30, max_size=60)


@settings(max_examples=25)
@given(some_returns, st.sampled_from(["full", "mid", "one_sided", "floored"]))
def test_filtered_history_is_its_plain_twin(returns, scaling):
    model = margin_model("filtered_historical", window=len(returns), confidence=0.9, decay=0.94, scaling=scaling)
    prices = prices_of(returns)
    returns = np.diff(np.log(prices)).tolist()
    seed = sum(r * r for r in returns[:20]) / 20
    twin = naive.filtered(returns, 0.94, seed, scaling)
    np.testing.assert_allclose(model.daily(prices[:, None])[0], twin, rtol=1e-9, atol=1e-15)
    found = model.sides(prices[:, None])[:, 0]
    wanted = [max(naive.kth_worst([sign * x for x in twin], 1000), 0.0) for sign in (-1, 1)]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-15)


@settings(max_examples=25)
@given(some_returns, st.floats(0.8, 0.99))
def test_kernels_are_their_plain_twins(returns, decay):
    changes = np.array([returns, returns[::-1]])
    path = np.empty((2, len(returns) + 1))
    kernels.volatility_path(changes, decay, np.array([1e-4, 4e-4]), 0.0, path)
    np.testing.assert_allclose(path[0], naive.ewma_path(returns, decay, 1e-4), rtol=1e-12, atol=1e-300)
    falls, rises = np.empty((2, 7)), np.empty((2, 7))
    kernels.worst_changes(changes, falls, rises)
    assert falls[0].tolist() == sorted((-x for x in returns), reverse=True)[:7]
    assert rises[1].tolist() == sorted(returns, reverse=True)[:7]
    out, slow = np.empty_like(changes), np.empty_like(changes)
    now = np.array([0.01, 0.5])
    for rule in (kernels.FULL, kernels.MID, kernels.ONE_SIDED):
        kernels.rescale(changes, np.maximum(path, 1e-3), now, rule, 5.0, out)
        kernels.rescale.py_func(changes, np.maximum(path, 1e-3), now, rule, 5.0, slow)
        np.testing.assert_array_equal(out, slow)


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(6, 200), st.sampled_from([1, 2, 6, 12, 80]),
       st.sampled_from([1.0, 0.01, 1e-7]), st.integers(0, 2**32 - 1))
def test_losses_of_accounts_are_their_plain_twin(contracts, rows, scenarios, deep, noise, seed):
    luck = np.random.default_rng(seed)
    position = luck.integers(-5, 6, (rows, contracts)) * luck.integers(0, 2, (rows, contracts)) * 3_000
    common = luck.integers(-2, 3, scenarios)  # many scenarios that are alike but for little noise, or quite alike
    moves = 1e6 * (common + noise * luck.normal(size=(contracts, scenarios)) * luck.integers(0, 2, scenarios))
    deep, padded = min(deep, scenarios), -(-contracts // 4) * 4
    held, alone = np.zeros((rows, padded)), np.zeros((2, padded))
    held[:, :contracts] = position
    alone[:, :contracts] = luck.integers(1, 100, (2, contracts))
    exact, rough, slack = _prepared(moves)
    worst, apart = np.empty((rows, deep)), np.empty(rows)
    kernels.portfolio_losses(held, exact, rough, slack, alone, np.empty(rough.shape[1], np.float32),
                             np.empty(64, np.float32), np.empty(deep, np.float32), worst, apart)
    for row in range(rows):
        plain = naive.worst_losses(position[row], moves, deep)
        np.testing.assert_allclose(worst[row], plain, rtol=1e-12, atol=1e-12 * 1e6 * 3_000 * 5 * contracts)
        own = sum(n * alone[0, c] if n > 0 else -n * alone[1, c] for c, n in enumerate(position[row].tolist()))
        assert apart[row] == own


@settings(max_examples=40)
@given(st.integers(1, 5), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_missing_days_are_borrowed_round_the_ring(contracts, days, seed):
    luck = np.random.default_rng(seed)
    prices = np.exp(luck.normal(0, 0.1, (days, contracts)))
    for column, first in enumerate(luck.integers(0, days + 1, contracts)):
        prices[:first, column] = np.nan
    twin = naive.changes_with_proxies([[None if np.isnan(p) else p for p in row] for row in prices.tolist()], 20,
                                      (0.03 * assumed(20)).tolist())
    found = filled_changes(prices, 20, 0.03)
    np.testing.assert_allclose(found, twin, rtol=1e-9, atol=1e-12)


def test_a_gap_in_settlement_prices_is_refused():
    prices = np.array([[1.0], [np.nan], [1.1]])
    with pytest.raises(ValueError, match="gap"):
        filled_changes(prices, 20, 0.03)


def test_assumed_changes_are_balanced():
    whole = assumed(500)
    assert abs(whole.mean()) < 1e-12 and whole.std() == pytest.approx(1.0, abs=0.02)
    assert all(abs(whole[:n].mean()) < 0.15 and 0.8 < whole[:n].std() < 1.1 for n in range(60, 500, 20))


# --- tails --------------------------------------------------------------------------------------------------


def test_the_place_in_the_tail_is_counted_exactly():
    """20 x (1 - 0.95) is a little more than one in floats; the answer is the worst, not the second worst."""
    losses = np.arange(20.0)[::-1].copy()
    assert tail_loss(losses, 20, 0.95) == 19.0
    for n, q, k in ((500, 0.99, 5), (1250, 0.995, 7), (1000, 0.999, 1), (100, 0.9, 10)):
        assert tail_loss(np.arange(float(n))[::-1], n, q) == n - k


@settings(max_examples=50)
@given(st.lists(st.floats(-1, 1), min_size=20, max_size=80, unique=True), st.sampled_from([0.9, 0.925, 0.95]))
def test_quantile_rules(values, q):
    losses = np.array(values)
    found = lambda **rule: both_sides(losses[None], q, **rule)[1, 0]
    assert found(quantile="linear") == pytest.approx(np.quantile(losses, q), rel=1e-9, abs=1e-12)
    k = len(losses) * round(1000 * (1 - q)) / 1000
    if k != int(k):  # where it is whole, floats lead numpy to one neighbour or the other
        assert found(quantile="type2") == np.quantile(losses, q, method="averaged_inverted_cdf")
    else:
        assert found(quantile="type2") == pytest.approx(np.sort(losses)[::-1][int(k) - 1:int(k) + 1].mean())
    worst = np.sort(losses)[::-1]
    size = len(losses) * (1 - q)
    whole, rest = int(size + 1e-9), size - int(size + 1e-9)
    tasche = (worst[:whole].sum() + (rest * worst[whole] if rest > 1e-9 else 0.0)) / size
    assert found(measure="expected_shortfall", tail="fractional") == pytest.approx(tasche, rel=1e-9, abs=1e-12)
    equal = np.full(len(losses), 1 / len(losses))
    assert weighted_tail_loss(losses[None], equal, q)[0] == found()
    assert found(measure="expected_shortfall") >= found() - 1e-15


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_expected_shortfall_is_subadditive(seed):
    luck = np.random.default_rng(seed)
    a, b = luck.standard_t(2, (2, 60))
    shortfall = lambda x: both_sides(x[None], 0.9, "expected_shortfall")[0, 0]
    assert shortfall(a + b) <= shortfall(a) + shortfall(b) + 1e-9


def test_value_at_risk_is_not_subadditive():
    a, b = np.zeros(40), np.zeros(40)
    a[:3], b[3:6] = -1.0, -1.0  # each loses on 7.5 % of days, the two together on 15 %
    at_risk = lambda x: both_sides(x[None], 0.9)[0, 0]
    assert at_risk(a) + at_risk(b) == 0.0 < at_risk(a + b)


# --- what must always hold ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("side", ["long", "short"])
def test_no_model_looks_ahead(model, side):
    prices = stressed_prices(days=330)
    other = prices.copy()
    other[200:] *= np.exp(np.random.default_rng(9).normal(0, 0.2, len(other) - 200))
    first, second = (margin_path(each[:260], model, side=side) for each in (prices, other))
    np.testing.assert_array_equal(first[:201], second[:201])
    assert model == "fixed" or not np.array_equal(first, second)
    assert np.isfinite(first).all() and (first > 0).all()


RULES = ({"type": "buffer"}, {"type": "floor"}, {"type": "cap", "level": 0.08}, {"type": "speed_limit"},
         {"type": "stressed_weight"}, {"type": "stressed_weight", "form": "observations"},
         {"type": "several", "rules": [{"type": "cap", "level": 0.3}, {"type": "floor"}]})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["type"] + rule.get("form", ""))
def test_no_rule_looks_ahead(rule):
    prices = stressed_prices(days=320)
    other = np.concatenate([prices[:250], prices[:70] * 1.5])
    first, second = (margin_path(each, "historical", window=120, procyclicality=rule) for each in (prices, other))
    np.testing.assert_array_equal(first[:251], second[:251])


@pytest.mark.parametrize("model", ["ewma", "historical", "filtered_historical"])
def test_more_confidence_asks_for_more(model):
    history = stressed_prices(days=600)[:, None]
    asked = [margin_model(model, confidence=q).sides(history) for q in (0.9, 0.95, 0.99, 0.995)]
    assert all((high >= low).all() and (high > low).any() for low, high in pairwise(asked))


@pytest.mark.parametrize("model", ["ewma", "historical", "filtered_historical", "scanning"])
def test_a_longer_close_out_asks_for_its_root_more(model):
    history = stressed_prices(days=600)[:, None]
    params = {"floor": 0.0, "tier_charge": 0.0, "cross_charge": 0.0} if model == "scanning" else {}
    one, four = (margin_model(model, close_out_days=h, **params).rates(history)[0] for h in (1, 4))
    assert four == pytest.approx(2 * one)


def test_days_that_overlap_and_days_in_buckets():
    model = margin_model("historical", window=20, confidence=0.9, close_out_days=3, multi_day="overlapping")
    history = prices_of(RETURNS)[:, None]
    sums = [sum(RETURNS[i:i + 3]) for i in range(18)]
    assert model.sides(history)[0, 0] == pytest.approx(sorted(sums)[1] * -1)
    buckets = model.model_copy(update={"multi_day": "buckets", "confidence": 0.8})
    wanted = []
    for start in range(3):
        apart = [sum(RETURNS[i:i + 3]) for i in range(start, start + 18, 3)]
        wanted.append(-sorted(apart)[1])
    assert buckets.sides(history)[0, 0] == pytest.approx(np.mean(wanted))


def test_long_and_short_differ_only_where_history_does():
    skewed = np.where(np.arange(500) % 50 == 7, -0.1, 0.002)
    for model in ("historical", "filtered_historical"):
        assert rate(model, skewed, side=0) > rate(model, skewed, side=1)
    for model in ("fixed", "ewma", "scanning"):
        assert rate(model, skewed, side=0) == rate(model, skewed, side=1)


def test_a_standstill_does_not_blow_filtered_history_up():
    still = np.concatenate([np.zeros(480), [0.05] * 20])
    model = margin_model("filtered_historical")
    assert rate("filtered_historical", still, side=1) <= 0.05 * model.cap
    assert rate("filtered_historical", np.zeros(500)) == 0.0


def test_reviews():
    prices = stressed_prices(days=200)
    path = margin_path(prices, "reviewed_fixed", review_days=10, notice_days=2, dead_band=0.1, step=0.01)
    changed = np.flatnonzero(np.diff(path) != 0) + 1
    assert len(changed) and set(changed % 10) == {2}  # on the second day after a review
    moved = path[changed] / path[changed - 1] - 1
    assert (np.abs(moved) > 0.05).all()
    np.testing.assert_allclose(path * 100, np.round(path * 100), atol=1e-9)
    again = margin_path(prices, "reviewed_fixed", review_days=10, notice_days=2, dead_band=0.1, step=0.01)
    np.testing.assert_array_equal(path, again)


def test_blended_is_what_it_says():
    history = stressed_prices()[:, None]
    model = margin_model("blended", model={"type": "historical", "window": 300}, hypothetical=0.0, spread=0.02)
    calm = margin_model("historical", window=300).sides(history)
    bad = margin_model("historical", window=250).sides(worst_stretch(history, 250))
    np.testing.assert_allclose(model.sides(history), 0.75 * calm + 0.25 * bad + 0.01, rtol=1e-12)
    assert (bad > calm).all()


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_at_every_age(model):
    """The house asks before the first settlement, and in the middle of a ring of young months."""
    model = margin_model(model)
    history = np.repeat(stressed_prices(days=300)[:, None], 6, axis=1) * np.linspace(1, 1.2, 6)
    for column, first in enumerate([0, 60, 120, 200, 250, 300]):
        history[:first, column] = np.nan
    for days in (0, 1, 2, 30, len(history)):
        rates = model.rates(history[:days][:, : 6 if days == len(history) else 1])
        assert np.isfinite(rates).all() and (rates > 0).all()


# --- rules against procyclicality ----------------------------------------------------------------------------


def test_ordering_of_models_and_rules_on_a_stress():
    prices = stressed_prices()
    lead = 250
    found = lambda model, rule=None, **params: procyclicality(
        margin_path(prices, model, procyclicality=rule, **params)[lead:])
    fhs, hs = found("filtered_historical"), found("historical")
    assert fhs.peak_to_trough > 2 * hs.peak_to_trough
    assert found("ewma", decay=0.94).peak_to_trough > found("ewma", decay=0.97).peak_to_trough > \
        found("ewma", decay=0.99).peak_to_trough
    for rule in ("buffer", "floor", "stressed_weight", {"type": "cap", "level": 0.15}):
        assert found("filtered_historical", rule).peak_to_trough < fhs.peak_to_trough
    for rule in ("buffer", "floor", "stressed_weight"):
        assert found("filtered_historical", rule).mean > fhs.mean
    limited = found("filtered_historical", {"type": "speed_limit", "days": 20, "multiple": 1.5})
    assert limited.ratio[20] <= 1.5 + 1e-12 < fhs.ratio[20]
    both = found("filtered_historical", [{"type": "cap", "level": 0.15}, "floor"])
    assert both.peak_to_trough < min(found("filtered_historical", {"type": "cap", "level": 0.15}).peak_to_trough * 1.2,
                                     fhs.peak_to_trough)


def test_a_buffer_lowers_peak_to_trough_at_equal_coverage():
    """Mean margin is brought to that of the buffered path: with the same money the buffered one moves less."""
    prices = stressed_prices()
    plain, buffered = (margin_path(prices, "ewma", procyclicality=rule)[250:] for rule in (None, "buffer"))
    raised = plain * buffered.mean() / plain.mean()
    assert procyclicality(buffered).peak_to_trough < procyclicality(raised).peak_to_trough
    loss = -np.diff(np.log(prices))[250 - 1:][: len(plain)]
    assert abs(int((loss > buffered).sum()) - int((loss > raised).sum())) <= 3


def test_a_floor_does_nothing_above_itself():
    prices = stressed_prices()
    plain, floored = (margin_path(prices, "ewma", procyclicality=rule) for rule in (None, "floor"))
    assert (floored >= plain).all()
    high = floored == plain
    assert high[520:560].all() and not high.all()


margins = st.lists(st.floats(0.01, 10.0), min_size=3, max_size=60)


@settings(max_examples=60)
@given(margins, st.floats(0.0, 1.0), st.floats(1.01, 3.0), st.integers(1, 10))
def test_properties_of_rules_on_any_path(path, share, multiple, days):
    path = np.array(path)
    assert (dampen(path, "buffer", share=share) >= path).all()
    assert (dampen(path, "buffer", share=share) <= (1 + share) * path + 1e-12).all()
    assert (dampen(path, "cap", level=2.0) == np.minimum(path, 2.0)).all()
    limited = dampen(path, "speed_limit", days=days, multiple=multiple)
    assert (limited <= path).all()
    assert (limited[days:] <= multiple * limited[:-days] * (1 + 1e-12)).all()
    assert (dampen(path, "none") == path).all()
    chained = dampen(path, [{"type": "cap", "level": 2.0}, {"type": "buffer", "share": share}])
    np.testing.assert_array_equal(chained, dampen(np.minimum(path, 2.0), "buffer", share=share))


def test_a_rate_that_never_moves_keeps_its_buffer():
    assert dampen(np.full(50, 0.2), "buffer") == pytest.approx(0.25)


def test_rules_that_need_prices_say_so():
    for rule in ("floor", "stressed_weight"):
        with pytest.raises(ValueError, match="prices"):
            dampen([1.0, 2.0], rule)


# --- the house -----------------------------------------------------------------------------------------------


def test_a_copy_of_the_rates_goes_on_alike():
    prices = np.repeat(stressed_prices(days=200)[:, None], 3, axis=1)
    prices[:120, 1] = np.nan
    rule, other = (RateRule(margin_model("ewma"), damper(["buffer", "speed_limit"])) for _ in range(2))
    for day in range(100):
        rule.update(prices[:day])
    other.restore(rule.snapshot())
    for day in range(100, 150):
        np.testing.assert_array_equal(rule.update(prices[:day]), other.update(prices[:day]))
    np.testing.assert_allclose(rule.scale() * rule.paths[0, 149], rule.paths[-1, 149])


def test_bad_rules_are_refused_with_a_reason():
    with pytest.raises(ValidationError, match="too few for a confidence"):
        margin_model("historical", window=50)
    with pytest.raises(ValidationError, match="cost more than one of its legs"):
        margin_model("scanning", tier_charge=0.2)
    with pytest.raises(ValidationError, match="no variance"):
        margin_model("ewma", degrees=1.5)
    with pytest.raises(ValueError, match="form: margin"):
        ClearingConfig(margin=margin_model("ewma"), procyclicality=damper({"type": "stressed_weight",
                                                                           "form": "observations"}))
    with pytest.raises(ValueError, match="too few for a confidence"):
        ClearingConfig(margin=margin_model("historical", confidence=0.995),
                       procyclicality=damper({"type": "stressed_weight", "days": 100}))
    with pytest.raises(ValueError, match="no parameter"):
        margin_path([1.0, 2.0], "historical", lookback=3)
    with pytest.raises(ValueError, match="there are"):
        margin_path([1.0, 2.0], "span")
    with pytest.raises(ValueError, match="without gaps"):
        margin_path([1.0, 0.0], "ewma")


def test_every_model_states_its_proxy():
    for name in MODELS:
        cls = MarginModel.types[name]
        assert name == "fixed" or "young contract" in cls.__doc__.lower()
    assert set(MODELS) <= set(MarginModel.types)
    assert {"none", "buffer", "floor", "cap", "speed_limit", "stressed_weight", "several"} <= set(Damper.types)


# --- whole accounts -----------------------------------------------------------------------------------------


def market(contracts=5, days=400, seed=2):
    luck = np.random.default_rng(seed)
    common = luck.normal(0, 0.02, (days, 1)) + luck.normal(0, 0.006, (days, contracts))
    return 2.0 * np.exp(np.cumsum(common, axis=0))


@pytest.mark.parametrize("model", MODELS)
def test_offsets_never_cost_and_nothing_is_free(model):
    history = market()
    value = np.round(history[-1] * 73_000).astype(np.int64)
    requirement = margin_model(model).requirement(history, Offsets(volume=np.full(5, 40.0)))
    position = np.random.default_rng(1).integers(-200, 200, (60, 5))
    position[0] = 0
    parts = requirement.parts(position, value)
    assert all(part.dtype == np.int64 for part in parts.values())
    assert (parts["offset"] <= 0).all() and (parts["total"][1:] > 0).all() and parts["total"][0] == 0
    np.testing.assert_array_equal(sum(part for name, part in parts.items() if name != "total"), parts["total"])
    single = np.eye(5, dtype=np.int64) * 7
    alone = requirement.parts(single, value)
    assert (np.abs(alone["offset"]) <= 1).all()  # one month has nothing to offset


def test_one_contract_needs_its_rate():
    history = market()
    value = np.round(history[-1] * 73_000).astype(np.int64)
    for name in ("historical", "filtered_historical"):
        model = margin_model(name, window=300)
        one = np.concatenate([np.eye(5, dtype=np.int64), -np.eye(5, dtype=np.int64)])
        cents = model.requirement(history, Offsets()).cents(one, value)
        np.testing.assert_allclose(cents, (model.sides(history) * value).ravel(), atol=1.0)


def test_at_most_four_fifths_of_the_difference_is_given_back():
    history = market()
    value = np.full(5, 100_000)
    model = margin_model("historical", window=300)
    spread = np.array([[10, -10, 0, 0, 0]])
    all_back, some = (model.requirement(history, Offsets(recognised=share)).parts(spread, value)
                      for share in (1.0, 0.8))
    apart, joint = int(some["apart"][0]), int(all_back["total"][0])
    assert some["total"][0] == pytest.approx(joint + 0.2 * (apart - joint), abs=2)
    assert joint < some["total"][0] < apart


def test_replay_is_the_tail_of_each_account_alone():
    history = market()
    value = np.round(history[-1] * 73_000).astype(np.int64)
    model = margin_model("historical", window=300)
    requirement = model.requirement(history, Offsets(recognised=1.0))
    changes = np.diff(np.log(history[-301:]), axis=0)
    for position in np.random.default_rng(5).integers(-30, 30, (20, 5)):
        losses = -(changes * (position * value)).sum(axis=1)
        wanted = max(np.sort(losses)[::-1][2], 0.0)  # 1 % of 300
        assert requirement.cents(position[None], value)[0] == pytest.approx(wanted, abs=1.0)


def test_charges_for_size():
    size, value = np.array([0.0, 10.0, 20.0, 40.0]), 100.0
    volume, volatility = np.full(4, 20.0), np.full(4, 0.02)
    linear = above_threshold(size, value, volatility, volume, threshold=1.0, pace=0.5)
    assert linear.tolist() == pytest.approx([0, 0, 0, 20 * 100 * 0.02 * np.sqrt(4)])
    root = square_root_impact(size, value, volatility, volume)
    assert root.tolist() == pytest.approx([0, *(0.02 * 100 * n * np.sqrt(n / 20) for n in (10, 20, 40))])
    assert root[3] > 2 * root[2]  # splitting a position over two houses lowers the charge
    assert liquidity(size, value, 0.01).tolist() == pytest.approx([0, 5, 10, 20])
