"""Steps along one parameter: paired differences, p-values, pooled exponents, later days, and the page."""

import json

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import main
from sim.errors import BadInput
from sim.experiments.equal_leverage import equal_leverage, following, realised
from sim.experiments.extend import extend
from sim.experiments.steps import Level, counted, gains, levels_of, pooled_tail, sign_flips, steps
from sim.experiments.steps_page import publish
from sim.experiments.stress import stress
from sim.experiments.stress_page import publish as publish_stress
from sim.experiments.stress_results import StressResults
from sim.experiments.study import load_study

ABOUT = {"defaults": {"label": "Defaults", "unit": "a year", "better": "low"}}


def made_up(shift, tail, seeds=20):
    """Levels "1" and "3": defaults ``shift`` higher at the second, and changes with these tail exponents."""
    luck = np.random.default_rng(4)
    base = luck.normal(10, 3, seeds)
    change = lambda exponent: (1 + luck.pareto(exponent, 400)) * luck.choice([-1, 1], 400)
    moves = [{seed: change(exponent) for seed in range(seeds)} for exponent in tail]
    noise = luck.normal(0, 0.5, seeds)
    return [Level("1", {seed: {"defaults": base[seed]} for seed in range(seeds)}, moves[0]),
            Level("3", {seed: {"defaults": base[seed] + shift + noise[seed]} for seed in range(seeds)}, moves[1], 2)]


def test_a_difference_that_pairs_share_is_found_where_levels_overlap():
    found = steps(made_up(1.0, (3, 3)), ABOUT)
    step = next(step for step in found.steps if step.figure == "defaults")
    assert (step.below, step.above, step.pairs) == ("1", "3", 20)
    assert step.low < 1.0 < step.high and step.p < 0.01 and step.higher > 15
    nothing = next(s for s in steps(made_up(0.0, (3, 3)), ABOUT).steps if s.figure == "defaults")
    assert nothing.low < 0 < nothing.high and nothing.p > 0.05


def test_fatter_tails_are_told_from_equal_ones():
    fat = {s.figure: s for s in steps(made_up(0, (4, 2)), ABOUT).steps}
    assert fat["hill_either"].high < 0 and fat["hill_either"].p < 0.05
    same = {s.figure: s for s in steps(made_up(0, (3, 3)), ABOUT).steps}
    assert same["hill_either"].low < 0 < same["hill_either"].high and same["hill_either"].p > 0.05


def test_falls_and_rises_are_told_apart():
    luck = np.random.default_rng(1)
    sign = luck.choice([-1, 1], 40_000)
    x = sign * np.where(sign < 0, 1 + luck.pareto(2, 40_000), 1 + luck.pareto(6, 40_000))
    assert pooled_tail([x], "hill_falls") == pytest.approx(2, abs=0.3)
    assert pooled_tail([x], "hill_rises") > 3.5


def test_losses_are_shares_of_the_equity_of_the_day_before():
    daily = pd.DataFrame({"day": [0, 1, 2, 3], "gain_speculators_cents": [0, 50, -50, -50],
                          "equity_speculators_cents": [100, 200, 0, 10]})
    assert gains(daily).tolist() == [0.5, -0.5]
    assert gains(daily, 1).tolist() == [-0.5]
    assert len(gains(daily[["day"]])) == 0


def test_a_history_without_an_event_has_no_default():
    daily = pd.DataFrame({"closures": [0.0, 1.0], "defaults": [0.0, 2.0]})
    assert counted(daily, {}) == {"defaults_early": 0.0, "closures": 126.0, "defaults_all": 2.0}
    assert counted(daily, {"defaults_early": 5.0})["defaults_all"] == 7.0


def test_signs_are_thrown_like_coins():
    gaps = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert sign_flips(gaps) == pytest.approx(2 / 64, abs=0.006)
    assert sign_flips(np.zeros(5)) == 1.0
    assert np.isnan(sign_flips(np.array([np.nan])))


def test_one_level_is_refused():
    with pytest.raises(BadInput, match="one level"):
        steps(made_up(0, (3, 3))[:1], ABOUT)


def test_realised_leverage_is_that_of_all_funds_together():
    agents = pd.DataFrame({"agent_type": ["leveraged_fund"] * 3 + ["bank"], "alive": [True, True, False, True],
                           "equity_cents": [100, 300, 500, 1], "leverage": [4.0, 2.0, 9.0, 50.0], "day": [20] * 4})
    assert realised(agents) == pytest.approx((400 + 600) / 400)
    assert np.isnan(realised(agents.iloc[3:]))


SMALL = "base: quick\nchanges: {days: 44, burn_in: 12, market.warm_up: 2}\nruns: 2\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    place = tmp_path_factory.mktemp("steps")
    (place / "study.yaml").write_text(SMALL + (
        "title: Small\nrecord: daily\nparameters:\n"
        "  - {name: cap, levels: {'1': {clearing.margin.rate: 0.2}, '9': {clearing.margin.rate: 0.08}}}\n"))
    sim.sweep(place / "study.yaml", place / "runs")
    return place


def test_a_page_has_figure_tables_and_where_they_come_from(small, tmp_path):
    publish(small / "runs", tmp_path / "page")
    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        "README.md", "levels.csv", "steps.csv", "steps.json", "manifest.json", "study.yaml", "runs.csv", "tails.png",
        "tails.svg"}
    text = (tmp_path / "page" / "README.md").read_text()
    assert "tails.png" in text and "| Figure | 1 to 9 |" in text
    assert json.loads((tmp_path / "page" / "manifest.json").read_text())["study"]["runs"] == 4
    table = pd.read_csv(tmp_path / "page" / "levels.csv")
    assert set(table["cap"]) == {1, 9} and "hill_either" in set(table["figure"])


def test_figures_from_a_later_day_leave_out_what_was_before(small):
    study = sim.open_study(small / "runs")
    whole, later = levels_of(study), levels_of(study, first_day=22)
    assert len(later[0].moves[1]) < len(whole[0].moves[1])
    frame = study.table("daily")
    own = frame[(frame["run"] == 0) & (frame["day"] >= 22)]
    seed = int(own["seed"].iloc[0])
    assert later[0].figures[seed]["price_spot"] == pytest.approx(own["spot_us"].mean())
    assert later[0].figures[seed]["price_spot"] != whole[0].figures[seed]["price_spot"]


def test_a_study_gets_more_histories_at_some_points_and_repeats_none(small, capsys):
    plan = load_study(small / "study.yaml")
    before = sim.open_study(small / "runs").runs
    with pytest.raises(BadInput, match="points 0 to 1"):
        extend(plan, small / "runs", 3, [2])
    with pytest.raises(BadInput, match="no study was begun"):
        extend(plan, small / "elsewhere", 3)
    words = ["sweep", str(small / "study.yaml"), "--out", str(small / "runs"), "--histories", "3", "--points", "1"]
    assert main(words) == 0 and "5 of 5 runs" in capsys.readouterr().out
    after = sim.open_study(small / "runs").runs
    assert after.groupby("point").size().tolist() == [2, 3]
    assert after[after["point"] == 1]["seed"].tolist() == [1, 2, 3]
    pd.testing.assert_frame_equal(after[after["run"] < 4].reset_index(drop=True)[before.columns], before)
    assert extend(plan, small / "runs", 2) == 0
    assert main([*words[:-1], "x"]) == 2


def test_constant_leverage_is_brought_to_what_the_other_rule_holds(tmp_path):
    funds = "agents: [{type: leveraged_fund, count: 20, capital: 0.3}]"
    (tmp_path / "base.yaml").write_text(f"extends: quick\n{funds}\n")
    usual = "agents.leveraged_fund.leverage_usual"
    (tmp_path / "rules.yaml").write_text(SMALL.replace("quick", "base.yaml") + (
        f"record: full\nparameters:\n  - name: rule\n    levels:\n"
        f"      constant: {{agents.leveraged_fund.exponent: 0, {usual}: 0.7}}\n"
        f"      value at risk: {{agents.leveraged_fund.exponent: -0.5, {usual}: 1.5}}\n"))
    told, about, lines = equal_leverage(tmp_path / "rules.yaml", tmp_path / "runs")
    assert [level.name for level in told.levels] == ["constant", "value at risk"]
    assert about["constant"]["runs"] == about["other"]["runs"] == 2
    gaps = [abs(float(line.split(" holds ")[1].split()[0]) / float(line.split()[-1][:-1]) - 1) for line in lines[:4]
            if line.startswith("Round")]
    assert min(gaps) < 0.1


def test_the_next_leverage_follows_the_line_and_steps_down_where_funds_close():
    assert following([(2.0, 1.6)], 2.0) == pytest.approx(2.4)
    assert following([(2.0, 1.6), (2.4, 1.8)], 2.0) == pytest.approx(2.8)
    assert following([(2.0, 1.6), (2.4, 1.0)], 2.0) == pytest.approx(2.04)
    assert following([(2.0, 0.1)], 2.0) == 3.0


def test_every_rule_of_a_stress_test_stands_against_the_first(tmp_path):
    scenario = sim.load("quick", changes={"burn_in": 30, "market.warm_up": 20, "days": 24})
    stress(scenario, ["fixed(rate=0.2)", "ewma(decay=0.9)"], ["efficiency_gain"], runs=2, eve=8, days=6, mode="frozen",
           out=tmp_path / "runs")
    page, = publish_stress(tmp_path / "runs", tmp_path / "pages")
    table = pd.read_csv(page / "steps.csv")
    assert set(table["below"]) == {"fixed(rate=0.2)"} and set(table["above"]) == {"ewma(decay=0.9)"}
    row = StressResults(tmp_path / "runs").difference("mean_rate", "frozen", "ewma(decay=0.9)", "efficiency_gain")
    assert table.set_index("figure").loc["mean_rate", "mean"] == pytest.approx(row.mean, rel=1e-4)
    assert "equal coverage" in (page / "README.md").read_text() and (tmp_path / "pages" / "stress.csv").is_file()
