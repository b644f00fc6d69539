"""The page of a study: means, paired differences, figures along what was varied, and where they come from."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import main
from sim.errors import BadInput
from sim.experiments.executors import Task, perform
from sim.experiments.paired import paired
from sim.experiments.store import Store
from sim.experiments.study import load_study
from sim.experiments.study_page import publish
from sim.experiments.study_table import HEADLINES, study_table
from sim.experiments.sweep import StudyResults
from sim.one_run import Outcome
from sim.scenario import Scenario

ABOUT = {"defaults": {"label": "Defaults", "unit": "a year", "better": "low"},
         "volume": {"label": "Volume <b>", "unit": "contracts", "better": "high"},
         "quiet": {"label": "Quiet", "unit": "", "better": ""}}


def made(folder, points, design="grid", seeds=6, **about):
    """A study's folder whose figures are known: defaults rise with the number of the point, volume is luck."""
    luck = np.random.default_rng(3)
    with Store(folder) as store:
        store.enter({"digest": "x", "source": "y", "environment": {"python": "3.11"}, "title": "Rates & rules",
                     "question": "Which rate?\n\nSource: judgement.", "design": design,
                     "command_line": "compute-futures sweep /home/me/rates.yaml --out /home/me/out --jobs 2",
                     "parameters": list(points[0]), "points": points} | about,
                    [(k * seeds + r, k, r, 1 + r) for k in range(len(points)) for r in range(seeds)])
        common = luck.normal(size=seeds)
        outcomes = [Outcome(k * seeds + r, 1 + r, about=ABOUT,
                            figures={"defaults": 10.0 * k + common[r] + 0.1 * luck.normal(), "volume": luck.normal(),
                                     "quiet": 0.0})
                    for k in range(len(points)) for r in range(seeds)]
        store.keep(outcomes, ())
        (folder / "study.yaml").write_text("title: Rates & rules\n")
    return StudyResults(folder)


GRID = [{"rate": rate, "exempt": exempt} for rate in (0.1, 0.2, 0.4) for exempt in (True, False)]


def test_means_and_differences_are_those_of_the_runs(tmp_path):
    study = made(tmp_path / "s", GRID)
    table = study_table(study, ["defaults", "volume"], {"rate": "0.2", "exempt": "no"})
    assert table.against == 3 and table.name(3) == "rate 0.2, exempt no"
    runs = study.runs.set_index(["point", "seed"])["defaults"]
    assert table.mean("defaults", 5)["mean"] == pytest.approx(runs[5].mean())
    found = table.difference("defaults", 5)
    assert found == paired(runs[5].tolist(), runs[3].tolist()) and found.mean == pytest.approx(20, abs=0.5)
    assert found.high - found.low < 1  # common luck cancels out
    assert table.clear()[0][0] == "defaults" and "in 6 of 6 histories" in table.verdict()
    rows = pd.read_csv(io.StringIO(table.csv()))
    assert len(rows) == 6 * 3 and rows[rows["figure"] == "defaults"]["differs_clearly"].tolist() == [1, 1, 1, 0, 1, 1]


def test_a_value_held_compares_each_point_with_its_like(tmp_path):
    study = made(tmp_path / "s", GRID)
    table = study_table(study, ["defaults"], {"rate": 0.2})
    assert [table.reference(point) for point in table.points] == [2, 3, 2, 3, 2, 3]
    assert table.difference("defaults", 5).mean == pytest.approx(20, abs=0.5) and table.others == [0, 1, 4, 5]
    assert table.compared_with == "0.2 and all else the same"
    publish(study.folder, tmp_path / "page", ["defaults"], {"rate": 0.2})
    told = (tmp_path / "page" / "README.md").read_text()
    assert "Differences are from 0.2 and all else the same" in told and "than at rate 0.2, exempt no" in told


def test_outcomes_that_are_all_or_nothing_are_told_as_shares_of_histories(tmp_path):
    study = made(tmp_path / "s", GRID, shares={"defaults": 20.0}, show=["volume"])
    table = study_table(study)
    assert table.figures == ("defaults_above", "volume")
    counts = [sum(value > 20 for value in table.values("defaults", point).values()) for point in table.points]
    for point, count in enumerate(counts):
        found = table.mean("defaults_above", point)
        assert found["mean"] == pytest.approx(100 * count / 6) and 0 <= found["low"] <= found["mean"] <= found["high"]
    assert table.mean("defaults_above", 0)["high"] == pytest.approx(31.1, abs=0.1)  # Wilson: none of six
    assert "defaults_above" in table.csv()


def test_one_parameter_of_three_alone_is_the_mean_over_the_others(tmp_path):
    points = [{"a": a, "b": b, "c": c} for a in (1, 2, 3) for b in (0, 1) for c in (0, 1)]
    study = made(tmp_path / "s", points, seeds=4, shares={"defaults": 55.0})
    table = study_table(study, ["defaults"], {"a": 2, "b": 0, "c": 0})
    found, gap = table.alone("defaults", "a", 3)
    runs = study.runs.set_index(["point", "seed"])["defaults"]
    assert found["mean"] == pytest.approx(runs[[8, 9, 10, 11]].mean()) and gap.mean == pytest.approx(40, abs=0.5)
    assert table.alone("defaults", "a", 2)[1].same
    share, _ = table.alone("defaults_above", "a", 2)
    assert 0 <= share["low"] <= share["mean"] <= share["high"] <= 100
    publish(study.folder, tmp_path / "page", ["defaults"])
    told = (tmp_path / "page" / "README.md").read_text()
    assert "one at a time, over all others" in told and "| a 3 |" in told


def test_as_many_clear_differences_as_chance_gives_are_no_finding(tmp_path):
    study = made(tmp_path / "s", [{"rate": rate} for rate in (0.1, 0.2)], seeds=8)
    assert "Of 1 difference shown 1 is clear; about 0" in study_table(study, ["defaults"]).verdict()
    table = study_table(study, ["defaults", *["volume"] * 19])
    assert 1 <= len(table.clear()) <= 2
    assert table.verdict().startswith("Of 20 differences shown") and "told from luck" in table.verdict()


def test_a_page_holds_everything_and_escapes_what_is_from_outside(tmp_path):
    study = made(tmp_path / "s", GRID, frontier=["defaults", "volume"], against={"rate": 0.1, "exempt": True})
    page = publish(study.folder, tmp_path / "page", ["defaults", "volume", "quiet"])
    names = {path.name for path in (tmp_path / "page").iterdir()}
    assert names == {"index.html", "README.md", "points.csv", "runs.csv", "study.yaml", "manifest.json"} | {
        f"{name}.{kind}" for name in ("frontier", "defaults", "volume", "quiet") for kind in ("svg", "png")}
    text = page.read_text()
    assert "Rates &amp; rules" in text and "<b>" not in text and text.count("<svg") == 8
    assert "http" not in text.replace("http://www.w3.org", "")
    told = (tmp_path / "page" / "README.md").read_text()
    assert "compute-futures sweep rates.yaml --jobs 2\n" in told and "/home" not in told
    assert "| rate 0.4, exempt no |" in told and "![Quiet: 0 everywhere](quiet.png)" in told
    manifest = json.loads((tmp_path / "page" / "manifest.json").read_text())
    assert manifest["runs"] == manifest["of"] == 36 and manifest["figures_sha256"] == study.digest()
    assert len(pd.read_csv(tmp_path / "page" / "runs.csv")) == 36


@pytest.mark.parametrize(("points", "design"), [
    ([{"rule": name} for name in ("fixed at a tenth", "by volatility", "by history")], "list"),
    ([{"a": a / 7, "b": 1.0 - a / 9, "c": a % 2} for a in range(8)], "latin_hypercube"),
    ([{"a": 1.0}], "list"),
])
def test_any_design_has_a_page(points, design, tmp_path):
    study = made(tmp_path / "s", points, design, seeds=2)
    assert publish(study.folder, tmp_path / "page", ["defaults"]).exists()


def test_what_a_study_does_not_have_is_refused(tmp_path, capsys):
    study = made(tmp_path / "s", GRID)
    with pytest.raises(BadInput, match='did you mean "volume"'):
        study_table(study, ["volum"])
    with pytest.raises(BadInput, match=r"it is never 0\.3; there are"):
        study_table(study, [], {"rate": "0.3"})
    with pytest.raises(BadInput, match="nothing of that name"):
        study_table(study, [], {"rte": "0.3"})
    assert main(["page", str(study.folder), "--against", "rate"]) == 2
    assert main(["page", str(tmp_path)]) == 2
    assert main(["report", str(study.folder)]) == 2 and "compute-futures page" in capsys.readouterr().err
    assert main(["page", str(tmp_path)]) == 2
    assert "not the folder of a study" in capsys.readouterr().err
    assert main(["page", str(study.folder), "--figures", "defaults", "--against", "exempt=no"]) == 0
    assert (study.folder / "page" / "defaults.svg").exists()


def test_the_usual_figures_are_those_of_the_terminal():
    from sim import terminal

    assert HEADLINES == terminal.HEADLINES


def test_means_of_daily_columns_are_figures(tmp_path):
    scenario = Scenario.load("quick", ["days=3", "burn_in=5", "market.warm_up=2"])
    found = perform(Task(scenario, 1, 1, ("daily",), means=(("spot_us", "Spot, mean, $ per H100-hour"),)))
    assert found.figures["mean_spot_us"] == pytest.approx(float(np.mean(found.tables["daily"]["spot_us"].to_numpy())))
    assert found.about["mean_spot_us"]["unit"] == "$ per H100-hour"
    wrong = perform(Task(scenario, 1, 1, means=(("spot_uk", "x"),)))
    assert wrong.status == "failed" and 'no daily column "spot_uk"' in wrong.error


STUDY = """\
title: Noise
base: quick
changes: {days: 2, burn_in: 5, market.warm_up: 2}
parameters: [{path: clearing.margin.rate, name: rate, values: [0.1, 0.2]}]
runs: 1
means: {spot_cn: "Spot in China, $"}
show: [mean_spot_cn, volume]
against: {rate: 0.2}
"""


def test_a_sweep_ends_with_its_page_and_words_do_not_change_the_study(tmp_path, capsys):
    file = tmp_path / "noise.yaml"
    file.write_text(STUDY)
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 0
    assert "page/index.html" in capsys.readouterr().out
    found = sim.open_study(tmp_path / "out")
    assert study_table(found).against == 1 and math.isfinite(found.runs["mean_spot_cn"].mean())
    before = load_study(file).digest()
    file.write_text(STUDY.replace("title: Noise", "title: Louder noise") + "shares: {volume: 1}\n")
    assert main(["sweep", str(file), "--out", str(tmp_path / "out"), "--resume"]) == 0  # new words for old runs
    found = sim.open_study(tmp_path / "out")
    assert found.about("title") == "Louder noise" and study_table(found).figures[0] == "volume_above"
    file.write_text(STUDY.replace("[mean_spot_cn, volume]", "[volume]").replace("{rate: 0.2}", "{rate: 0.1}"))
    assert load_study(file).digest() == before


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("[mean_spot_cn, volume]", "[volumes]", 'no figure "volumes"'), ("{rate: 0.2}", "{rate: 0.3}", "never 0.3"),
    ("{rate: 0.2}", "{rte: 0.2}", "is varied"),
    ("against:", "shares: {volumes: 3}\nagainst:", 'no figure "volumes"'),
    ("against:", "frontier: [volume]\nagainst:", "two figures"),
])
def test_bad_words_are_refused_with_their_line(old, new, reason, tmp_path):
    file = tmp_path / "noise.yaml"
    file.write_text(STUDY.replace(old, new))
    with pytest.raises(BadInput, match=reason):
        load_study(file)
