"""Cases in the form of the published ones that are not among them: other numbers, other words, fields left out."""

import math

import numpy as np
import pytest

from sim.clearing import dampen
from sim.literature import solve

RETURNS = [0.012, -0.008, 0.004, -0.021, 0.015, -0.003, 0.009, -0.035, 0.022, -0.011, 0.006, -0.017]
DEFAULT = {"loss": 300, "im_defaulter": 50, "df_defaulter": 10, "sitg1": 15, "df_survivors": {"B": 40.0, "C": 20.0},
           "assessment_cap_multiple": 1.0, "vm_gains": {"C": 90.0, "B": 30.0, "D": 60.0}, "vmgh_cap": 1.0}


@pytest.mark.parametrize(("formula", "value"), [
    ("Phi^-1(.975)", 1.959963984540054), ("Phi^-1(0.999)", 3.090232306167813),
    ("phi(z)/(1-q), q=.99", 2.665214220345808)])
def test_constants_of_any_level(formula, value):
    assert solve("normal_constants", {"formula": formula})["expected"] == pytest.approx(value, rel=1e-12)


def independence(n00, n10, n01, n11):
    """Christoffersen's ratio, written out."""
    log = lambda misses, hits, p: (misses * math.log(1 - p) if misses else 0) + (hits * math.log(p) if hits else 0)
    free = log(n00, n01, n01 / (n00 + n01)) + log(n10, n11, n11 / (n10 + n11))
    return 2 * (free - log(n00 + n10, n01 + n11, (n01 + n11) / (n00 + n01 + n10 + n11)))


@pytest.mark.parametrize("counts", [(240, 4, 4, 1), (240, 3, 4, 2), (240, 4, 3, 2), (244, 2, 3, 0)])
def test_breaches_that_begin_or_end_a_series(counts):
    n00, n10, n01, n11 = counts
    inputs = {"N": sum(counts) + 1, "x": n01 + n11 + (n10 > n01), "p": 0.01, "N00": n00, "N10": n10, "N01": n01,
              "N11": n11}
    found = solve("var_backtests", inputs)
    assert found["LR_CCI"] == pytest.approx(independence(*counts), abs=1e-10)
    assert found["LR_CC"] == pytest.approx(found["LR_POF"] + found["LR_CCI"], abs=1e-10)


def test_breaches_without_their_order_or_in_an_impossible_one():
    found = solve("var_backtests", {"N": 250, "x": 3, "p": 0.01})
    assert found["LR_POF"] == pytest.approx(0.09494012266443264, abs=1e-9) and "LR_CCI" not in found
    with pytest.raises(LookupError, match="take turns"):
        solve("var_backtests", {"N": 250, "x": 9, "p": 0.01, "N00": 200, "N10": 1, "N01": 8, "N11": 1})


@pytest.mark.parametrize("variant", ["linear (Bardoscia 2015)", "Bardoscia: uncapped W", "uncapped linear"])
def test_distress_by_the_variant_however_it_is_named(variant):
    lent, equity = np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]), np.array([10.0, 8.0, 5.0])
    start = np.array([0.2, 0.0, 0.0])
    found = solve("debtrank", {"A": lent, "equity": equity, "h0": start, "variant": variant, "weights": [1, 1, 2]})
    exact = np.linalg.solve(np.eye(3) - lent / equity[:, None], start)
    assert found["h"] == pytest.approx(exact, abs=1e-9)
    assert found["additional"] == pytest.approx(float((np.array([1, 1, 2]) / 4 * (exact - start)).sum()), abs=1e-9)


def test_every_default_in_turn_also_where_distress_is_linear():
    inputs = {"A": [[0.0, 1.0], [1.0, 0.0]], "equity": [5.0, 5.0], "weights": [1, 1], "h0": "unit vector i"}
    assert solve("debtrank", inputs | {"variant": "linear"})["1"]["h"] == pytest.approx([0.2, 1.0])


def test_one_leverage_and_one_impact_for_all():
    sale = {"assets": [100, 200], "weights": [[0.6, 0.4], [0.3, 0.7]], "shock": [-0.02, 0]}
    one = solve("fire_sales", sale | {"target_debt_to_equity": 9, "impact_per_unit_sold": 0.001})
    each = solve("fire_sales", sale | {"target_debt_to_equity": [9, 9], "impact_per_unit_sold": [0.001, 0.001]})
    assert one == each and one["AV"] > 0


def test_haircut_gains_go_by_name():
    found = solve("default_waterfall", DEFAULT)
    assert dict(found["layers"])["VMGH"] == 105.0
    assert [found["alloc"][name]["vmgh"] for name in "BCD"] == [17.5, 52.5, 35.0]
    assert [found["alloc"][name]["df"] for name in "BCD"] == [40.0, 20.0, 0.0]


def test_a_waterfall_without_gains_or_without_some_layers():
    found = solve("default_waterfall", DEFAULT | {"vm_gains": {"B": 0.0, "C": 0.0}})
    assert found["vmgh_rate"] == 0.0 and found["layers"][-1][1] == 105.0
    bare = solve("default_waterfall", {name: DEFAULT[name] for name in ("loss", "im_defaulter", "df_defaulter")})
    assert bare["layers"][-1] == ["uncovered_tearup_or_insolvency", 240.0] and bare["alloc"] == {}


@pytest.mark.parametrize("words", [
    "v_0 = mean of r^2 over the first 5 observations", "mean square of the first 5 returns",
    "v_0 = mean(r_1^2 .. r_5^2); then v=lam*v+(1-lam)*r^2 over all 12 observations"])
def test_a_variance_that_starts_from_several_returns(words):
    path = solve("margin_small_series", {"returns": RETURNS, "lambda": 0.97, "seed": words})["sigma_path"]
    assert path[0] == pytest.approx(math.sqrt(np.mean(np.square(RETURNS[:5]))), rel=1e-12)


def test_debts_to_outsiders_are_what_is_owed_beyond_the_network():
    claims, assets = [[0.0, 8.0, 2.0], [3.0, 0.0, 5.0], [4.0, 1.0, 0.0]], [1.0, 0.5, 0.2]
    found = solve("Eisenberg-Noe 2001", {"L": claims, "e": assets, "pbar": [12.0, 8.0, 5.0]})["expected"]
    shares = np.array(claims) / np.array([12.0, 8.0, 5.0])[:, None]
    assert found == pytest.approx(np.minimum([12.0, 8.0, 5.0], assets + (shares.T * found).sum(axis=1)), abs=1e-9)


def test_rises_over_several_days_and_rules_against_them():
    margin = [5, 5.2, 5.1, 5.6, 6.5, 8.0, 9.6, 9.0]
    found = solve("procyclicality", {"margin": margin})
    assert found["max_5day_ratio"] == pytest.approx(9.6 / 5.2) and found["max_1day_increase"] == pytest.approx(1.6)
    path = solve("procyclicality", {"margin": margin, "n": 1, "x": 1.1})["path"]
    naive = [5.0]
    for now in margin[1:]:
        naive.append(min(now, 1.1 * naive[-1]))
    assert path == pytest.approx(naive)
    assert solve("procyclicality", {"margin": margin, "cap": 6})["path"] == list(dampen(margin, "cap", level=6))


def test_what_has_no_answer_is_none_and_what_has_no_rule_is_refused():
    assert solve("capacity with construction lag", {"g": 0.1, "d": 0.2}) == {"expected": None}
    with pytest.raises(LookupError, match="government bonds"):
        solve("firesale_stresstest", {"shock": "20% on corporate bonds", "buffer": 0.04})


def test_one_number_where_others_have_a_list():
    assert solve("adaptive-expectations cobweb", {"w": 0.25})["expected"] == [7.0]
    inputs = {"lambda": 0.94, "sigma_low": 0.01, "sigma_high": 0.03, "n": 5}
    assert solve("ewma_impulse_response", inputs)["margin_multiple"] == [pytest.approx(1.7688, abs=5e-5)]
    spread = {"PSR": 1000, "inter_month_per_spread": 200, "positions_by_month": [10.0, -8.0]}
    assert solve("span", spread)["total"] == 3600
