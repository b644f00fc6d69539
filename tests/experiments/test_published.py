"""Published runs come out again, figure by figure, and one that does not is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.errors import BadInput
from sim.experiments.published import main, published, repeat
from sim.experiments.study import load_study, portable
from sim.experiments.study_page import publish

STUDY = """\
title: Noise
base: ../../scenarios/quick.yaml
changes: {days: 3, burn_in: 5, market.warm_up: 2}
parameters: [{path: clearing.margin.rate, name: rate, values: [0.1, 0.2]}]
runs: 2
"""
FOLDERS = sorted((Path(__file__).parents[2] / "results" / "studies").glob("*/"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A study that was run and published, far from where its base lies."""
    place = tmp_path_factory.mktemp("published")
    (place / "noise.yaml").write_text(STUDY.replace("../../scenarios/quick.yaml", "quick"))
    study = sim.sweep(place / "noise.yaml", place / "runs")
    return publish(study.folder, place / "page").parent


def test_every_figure_comes_out_as_published(page, capsys):
    (study, runs), = published(page)
    found = list(repeat(study, runs, count=3))
    assert len(found) == 3 and all(one.figures > 40 and not one.differ for one in found)
    assert main([str(page)]) == 0 and "all the same" in capsys.readouterr().out


def test_a_figure_that_has_changed_is_told_with_both_values(page, tmp_path, capsys):
    for name in ("study.yaml", "runs.csv"):
        (tmp_path / name).write_text((page / name).read_text())
    table = pd.read_csv(tmp_path / "runs.csv")
    table["open_interest"] *= 1.0001
    table.to_csv(tmp_path / "runs.csv", index=False)
    assert main([str(tmp_path)]) == 1 and "1 differ: open_interest" in capsys.readouterr().out
    table["rate"] += 0.1
    table.to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(BadInput, match="is not what study"):
        list(repeat(tmp_path / "study.yaml", tmp_path / "runs.csv"))
    assert main([str(tmp_path / "runs.csv")]) == 2


def test_a_shipped_base_is_named_and_another_left_alone():
    assert "base: quick\n" in portable(STUDY)
    assert portable("base: ../mine.yaml\n") == "base: ../mine.yaml\n" and portable("title: x\n") == "title: x\n"


@pytest.mark.parametrize("study", [study for folder in FOLDERS for study, _ in published(folder)],
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_published_studies_can_be_read_where_they_lie(study):
    assert load_study(study).points


@pytest.mark.slow
@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if published(folder)], ids=lambda path: path.name)
def test_a_run_of_every_published_study_comes_out_again(folder):
    for study, runs in published(folder):
        assert all(not one.differ for one in repeat(study, runs))
