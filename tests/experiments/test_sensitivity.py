"""Which parameters matter: planted models are recovered, studies are analysed, mistakes are refused."""

import math
import sys

import numpy as np
import pytest

from sim.cli import main
from sim.errors import BadInput
from sim.experiments.designs import crossed, share_of, trajectories
from sim.experiments.sensitivity import Sensitivity, indices, positions, pruned, share_of_luck
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


def test_ishigami_has_its_known_indices():
    """Source: Ishigami & Homma 1990, with a = 7 and b = 0.1, whose shares of variance are known in closed form."""
    a, b = 7.0, 0.1
    cube = crossed(4096, 3, seed=3)
    x = np.pi * (2 * cube - 1)
    found = indices("saltelli", NAMES[:3], cube, np.sin(x[:, 0]) + a * np.sin(x[:, 1])**2
                    + b * x[:, 2]**4 * np.sin(x[:, 0]))
    alone = np.array([0.5 * (1 + b * np.pi**4 / 5)**2, a**2 / 8, 0.0])
    together = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    variance = alone.sum() + together
    for effect, one, joint in zip(found, alone / variance, [together / variance, 0, together / variance], strict=True):
        assert abs(effect.effect - one) <= effect.interval + 5e-3
        assert abs(effect.total - one - joint) <= effect.total_interval + 5e-3
        assert effect.interval < 0.05 and effect.total_interval < 0.05


def test_shares_are_those_of_the_formula():
    """The estimators of Saltelli et al. 2010, table 2 (b) and (f), over blocks of a first, crossed ones and a last."""
    cube = crossed(64, 3, seed=5)
    y = np.exp(cube @ WEIGHTS[:3]) + np.random.default_rng(1).normal(0, 5.0, len(cube))
    blocks = y.reshape(64, 5)
    first, last, variance = blocks[:, 0], blocks[:, 4], np.var(blocks[:, [0, 4]])
    centred = last - y.mean()
    for number, effect in enumerate(indices("saltelli", NAMES[:3], cube, y), start=1):
        assert effect.effect == pytest.approx(np.mean(centred * (blocks[:, number] - first)) / variance)
        assert effect.total == pytest.approx(np.mean((first - blocks[:, number])**2) / 2 / variance)


def test_walks_and_crossed_samples_lie_as_the_analysis_expects():
    blocks = crossed(8, 3, seed=4).reshape(8, 5, 3)
    for number in range(3):
        same = np.arange(3) != number
        np.testing.assert_array_equal(blocks[:, number + 1, same], blocks[:, 0, same])
        np.testing.assert_array_equal(blocks[:, number + 1, number], blocks[:, 4, number])
    moved = np.diff(trajectories(5, 3, seed=0).reshape(5, 4, 3), axis=1) != 0
    assert (moved.sum(axis=1) == 1).all() and (moved.sum(axis=2) == 1).all()
    for lay_out in (trajectories, crossed):  # a seed of nought is a seed
        np.testing.assert_array_equal(lay_out(4, 3, 0), lay_out(4, 3, 0))
        assert (lay_out(4, 3, 0) != lay_out(4, 3, 1)).any()


def test_what_differs_only_in_crossed_points_has_no_known_shares_and_rare_events_no_warnings():
    cube = crossed(16, 3, seed=1)
    for row in range(10):
        y = np.zeros(len(cube))
        y[row] = 1.0
        known = [math.isfinite(effect.total) for effect in indices("saltelli", NAMES[:3], cube, y)]
        assert known == [row % 5 in (0, 4)] * 3


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


def test_lists_and_whole_numbers_are_not_stretched(tmp_path):
    """A walk's step is two thirds of a range; of a list of two it is all of it."""
    (tmp_path / "what.yaml").write_text(STUDY.replace("trajectories: 3", "trajectories: 12").replace(
        "{path: agents.noise_trader.count, name: noise, low: 1, high: 60, whole: true}",
        "{path: agents.noise_trader.count, name: noise, values: [10, 60]}\n"
        "  - {path: agents.trend_follower.count, name: trend, low: 1, high: 3, whole: true}\n"
        "  - {path: clearing.margin.rate, low: 0.1, high: 0.4, spacing: ratio}"))
    plan = load_study(tmp_path / "what.yaml")
    taken = positions(plan)
    assert [sorted(set(taken[:, axis].round(9))) for axis in (0, 1)] == [[0, 1], [0, 0.5, 1]]
    y = [point["noise"] + 7 * point["trend"] + 3 * math.log(point["clearing.margin.rate"], 4) for point in plan.points]
    found = indices("morris", NAMES, taken, np.array(y))
    assert [effect.effect for effect in found] == pytest.approx([50.0, 14.0, 3.0, 0.0], abs=1e-9)


def test_whole_numbers_of_equal_multiples_lie_where_they_are():
    from sim.experiments.study import Parameter

    parameter = Parameter.model_construct(values=None, levels=None, low=1, high=100, whole=True, spacing="ratio")
    assert [share_of(parameter, share) for share in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]
    assert share_of(parameter, 1 / 3) == pytest.approx(math.log(5, 100))  # 4.64 is taken as 5


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


def test_without_the_library_the_extra_is_named(monkeypatch):
    for name in ("SALib.analyze", "SALib.sample"):
        monkeypatch.setitem(sys.modules, name, None)
    for asked in (lambda: indices("morris", NAMES, np.zeros((5, 4)), np.arange(5.0)), lambda: trajectories(3, 2, 1),
                  lambda: crossed(4, 2, 1)):
        with pytest.raises(BadInput, match=r"compute-futures\[analysis\]"):
            asked()


def test_only_finished_designs_can_be_pruned(tmp_path):
    (tmp_path / "what.yaml").write_text(STUDY)
    plan = load_study(tmp_path / "what.yaml")
    empty = Sensitivity("morris", (), [], {})
    text = pruned(plan, empty, 0, 8)
    (tmp_path / "none.yaml").write_text(text)
    with pytest.raises(BadInput, match="nothing is varied"):
        load_study(tmp_path / "none.yaml")
