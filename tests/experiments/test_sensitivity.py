"""Which parameters matter: planted models are recovered, studies are analysed, mistakes are refused."""

import numpy as np
import pytest

from sim.cli import main
from sim.errors import BadInput
from sim.experiments.designs import crossed, trajectories
from sim.experiments.sensitivity import Sensitivity, indices, pruned, share_of_luck
from sim.experiments.study import load_study

pytest.importorskip("SALib", reason="SALib comes with the extra `analysis`")
NAMES = ("a", "b", "c", "d")
WEIGHTS = np.array([4.0, 2.0, 1.0, 0.0])
STUDY = """\
# What decides how much is traded?
title: What decides
base: quick
changes: {days: 2, burn_in: 12, market.warm_up: 2}
parameters:
  - {path: agents.noise_trader.count, name: noise, low: 1, high: 60, whole: true}
  - {path: clearing.house_capital, low: 0.01, high: 0.9}
design: morris
trajectories: 3
runs: 2
"""


def test_shares_of_a_planted_linear_model_lie_within_their_intervals():
    cube = crossed(512, 4, seed=3)
    assert cube.shape == (512 * 6, 4)
    found = indices("saltelli", NAMES, cube, cube @ WEIGHTS)
    truth = WEIGHTS**2 / (WEIGHTS**2).sum()
    for effect, share in zip(found, truth, strict=True):
        assert abs(effect.effect - share) <= effect.interval + 1e-3
        assert abs(effect.total - share) <= effect.total_interval + 1e-3
    assert found[0].interval < 0.2


def test_interactions_show_in_the_total_and_not_alone():
    cube = crossed(1024, 2, seed=3)
    first, second = indices("saltelli", NAMES[:2], cube, (cube[:, 0] - 0.5) * (cube[:, 1] - 0.5))
    assert abs(first.effect) < 0.1
    assert first.total > 0.8
    assert second.total > 0.8


def test_a_walk_finds_the_slopes_of_a_linear_model():
    cube = trajectories(6, 4, seed=2)
    found = indices("morris", NAMES, cube, cube @ WEIGHTS)
    assert [effect.effect for effect in found] == pytest.approx(list(WEIGHTS), abs=1e-9)
    assert [effect.spread for effect in found] == pytest.approx([0.0] * 4, abs=1e-9)


def test_what_never_varies_is_due_to_nothing():
    assert [e.effect for e in indices("morris", NAMES, trajectories(3, 4, seed=1), np.ones(15))] == [0.0] * 4


def test_the_share_of_luck_is_the_variance_within_points():
    rng = np.random.default_rng(5)
    point = np.repeat(np.arange(400), 5)
    y = rng.normal(0, 2.0, 400)[point] + rng.normal(0, 1.0, 2000)
    assert share_of_luck(point, y) == pytest.approx(0.2, abs=0.03)
    assert share_of_luck(np.arange(4), np.arange(4.0)) != share_of_luck(np.arange(4), np.arange(4.0))
    assert share_of_luck(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 2.0, 2.0])) == 0.0


def test_a_study_is_run_analysed_and_pruned(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "what.yaml").write_text(STUDY)
    words = ["sensitivity", "what.yaml", "--figure", "traded_by_speculators,open_interest", "--keep", "1"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    assert said.index("noise ") < said.index("clearing.house_capital")
    assert "luck" in said
    smaller = load_study("what_pruned.yaml")
    assert [p.label for p in smaller.study.parameters] == ["noise"]
    assert len(smaller.points) == 64 * 3
    rows = next((tmp_path / "results").glob("*/sensitivity.csv")).read_text().splitlines()
    assert len(rows) == 5
    assert main([*words, "--resume"]) == 2  # the pruned study is there, and is not written over
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize(("old", "new", "words", "reason"), [
    ("design: morris\ntrajectories: 3", "design: random", [], "must be morris or saltelli"),
    ("design: morris\ntrajectories: 3", "design: saltelli\npoints: 3", [], "write 2 or 4"),
    ("runs: 2", "runs: 1", ["--figure", "open_intrest"], "did you mean \"open_interest\""),
    ("runs: 2", "runs: 1", ["--keep", "no"], "--keep"),
])
def test_mistakes_are_refused(old, new, words, reason, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "what.yaml").write_text(STUDY.replace(old, new))
    assert main(["sensitivity", "what.yaml", *words]) == 2
    assert reason in capsys.readouterr().err


def test_only_finished_designs_can_be_pruned(tmp_path):
    (tmp_path / "what.yaml").write_text(STUDY)
    plan = load_study(tmp_path / "what.yaml")
    empty = Sensitivity("morris", (), [], {})
    text = pruned(plan, empty, 0, 8)
    (tmp_path / "none.yaml").write_text(text)
    with pytest.raises(BadInput, match="nothing is varied"):
        load_study(tmp_path / "none.yaml")
