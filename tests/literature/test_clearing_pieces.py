"""Coverage tests, procyclicality, waterfall and cover against published and derived numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.clearing import christoffersen, cover, kupiec, procyclicality, share_out, traffic_light, waterfall

TOPICS = json.loads((Path(__file__).parent / "data" / "clearing_pieces.json").read_text())["topics"]
CASES = {case["id"]: (case["inputs"], case["expected"]) for cases in TOPICS.values() for case in cases}


def test_mathworks_proportion_of_failures_and_independence():
    given, expected = CASES["POF-matlab"]
    calm = [0] * (given["N00"] + 1)
    runs = [[1] * (given["N11"] + 1)] + [[1]] * (given["N01"] - 1)  # one run of breaches, the others single
    hits = calm + [flag for run in runs for flag in (*run, 0)]
    found = christoffersen(hits, given["p"])
    assert found.transitions == ((given["N00"], given["N01"]), (given["N10"], given["N11"]))
    assert (len(hits), sum(hits)) == (given["N"], given["x"])
    alone = kupiec(given["x"], given["N"], given["p"])
    assert alone.ratio == pytest.approx(expected["LR_POF_full"], abs=1e-10)
    assert found.ratio == pytest.approx(expected["LR_CCI_full"], abs=1e-10)
    printed = [alone.ratio, alone.p_value, found.ratio, found.p_value, found.joint_ratio, found.joint_p_value]
    names = ["LR_POF", "p_POF", "LR_CCI", "p_CCI", "LR_CC", "p_CC"]
    assert printed == pytest.approx([expected[name] for name in names], abs=1e-5)


def test_mathworks_three_breaches_in_a_year():
    given, expected = CASES["POF-matlab2"]
    for p, ratio, reject in zip(given["p"], expected["LR"], expected["reject"], strict=True):
        found = kupiec(given["x"], given["N"], p)
        assert found.ratio == pytest.approx(ratio, abs=1e-9)
        assert (found.p_value < 0.05) == bool(reject)


def test_kupiec_acceptance_regions():
    given, expected = CASES["POF-acceptance"]
    for (n, p), region in zip(given["rows_N_p"], expected["accept_lo_hi"], strict=True):
        accepted = [x for x in range(60) if kupiec(x, n, p).p_value >= given["size"]]
        assert [accepted[0], accepted[-1]] == region
        assert accepted == list(range(region[0], region[1] + 1))


def test_no_breach_at_all_is_too_few():
    assert kupiec(0, 750, 0.01).ratio == pytest.approx(-1500 * np.log(0.99), abs=1e-10)
    assert kupiec(0, 750, 0.01).one_sided == 1.0


def test_basel_traffic_light():
    given, expected = CASES["traffic-light"]
    for breaches, percent in zip(given["x"], expected["cum_pct"], strict=True):
        assert 100 * traffic_light(breaches, given["n"], given["p"]).cumulative == pytest.approx(percent, abs=0.005)
    for zone, (low, high) in expected["zones"].items():
        assert {traffic_light(x).zone for x in range(low, min(high, 40) + 1)} == {zone}
    plus = {str(x): traffic_light(x).plus for x in range(5, 10)} | {"10+": traffic_light(17).plus}
    assert plus == expected["plus_factor"]
    assert traffic_light(4).plus == 0.0


def test_a_margin_path_by_hand():
    given, expected = CASES["PT-toy-1"]
    found = procyclicality(given["margin"])
    assert found.peak_to_trough == pytest.approx(expected["P2T_any"], abs=1e-12)
    assert found.ratio[1] == pytest.approx(expected["max_1day_ratio"], abs=1e-12)


def test_the_trough_may_have_to_come_first():
    found = procyclicality([8.0, 6.0, 9.0, 3.0], windows=(1, 2, 9))
    assert (found.peak_to_trough, found.trough_first) == (3.0, 1.5)
    assert (found.ratio[2], found.increase[2]) == (9 / 8, 1.0)
    assert np.isnan(found.ratio[9])


@pytest.mark.parametrize("name", ["WF-48", "WF-58", "WF-150", "WF-420"])
def test_the_waterfall_pays_in_order(name):
    given, expected = CASES[name]
    cents = lambda amount: round(amount * 100)
    funds = {who: cents(amount) for who, amount in given["df_survivors"].items()}
    gains = {who: cents(amount * given["vmgh_cap"]) for who, amount in given["vm_gains"].items()}
    calls = {who: round(amount * given["assessment_cap_multiple"]) for who, amount in funds.items()}
    layers = {"defaulter_IM": cents(given["im_defaulter"]), "defaulter_DF": cents(given["df_defaulter"]),
              "SITG1": cents(given["sitg1"]), "mutual_DF": sum(funds.values()), "assessments": sum(calls.values()),
              "SITG2": 0, "VMGH": sum(gains.values())}
    found = waterfall(cents(given["loss"]), layers)
    assert [*found.paid.items(), ("uncovered_tearup_or_insolvency", found.unpaid)] == [
        (layer, cents(amount)) for layer, amount in expected["layers"]]
    own = [layers[x] - found.paid[x] for x in ("defaulter_IM", "defaulter_DF")]
    assert sum(own) == cents(expected["estate_return"])
    assert found.paid["VMGH"] / sum(gains.values()) == expected["vmgh_rate"]
    for layer, claims, key in (("mutual_DF", funds, "df"), ("assessments", calls, "assess"), ("VMGH", gains, "vmgh")):
        shares = share_out(found.paid[layer], list(claims.values()))
        assert sum(shares) == found.paid[layer]
        for who, share in zip(claims, shares, strict=True):
            assert abs(share - expected["alloc"][who][key] * 100) <= 1


def test_nasdaq_2018_used_64_percent_of_its_fund():
    given, expected = CASES["NASDAQ-2018"]
    found = waterfall(given["loss_beyond_defaulter_resources_EURm"],
                      {"house": given["sitg_EURm"], "fund": given["default_fund_EURm"]})
    assert (found.paid["house"], found.paid["fund"]) == (expected["sitg_used"], expected["mutual_used"])
    assert 100 * found.paid["fund"] / given["default_fund_EURm"] == pytest.approx(expected["mutual_used_pct"], abs=1e-4)
    assert given["default_fund_EURm"] - found.paid["fund"] == expected["mutual_left"]


def test_cover_one_and_two():
    given, expected = CASES["COV-sloim"]
    assert cover(given["stress_loss"], 1, margin=given["im"]).loss == expected["cover1"]
    two = cover(given["stress_loss"], 2, margin=given["im"])
    assert two.loss == expected["cover2"]
    assert cover(expected["sloim"]).loss == expected["cover2"]
    assert two.fund == pytest.approx(CASES["COV-fund"][1]["fund"], abs=1e-9)
    np.testing.assert_allclose(two.shares, np.array(expected["sloim"]) / 160)
