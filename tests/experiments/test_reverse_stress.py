"""The smallest shock that breaks something, and conditions in words."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.cli_stress import regions, reversed_
from sim.errors import BadInput
from sim.experiments.boxes import Box, divided, even
from sim.experiments.conditions import condition
from sim.experiments.reverse_stress import Along, Reverse, path_of, reverse_stress, smallest

several = pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn comes with the extra `analysis`")
KNOWN = {"defaults": None, "house_loss": None, "volatility": None}


# --- conditions ---------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_a_condition_is_what_it_says(defaults, loss, level):
    found = condition(f"defaults > {level} and not (house_loss <= 1 or -2 < defaults < 2)", KNOWN)
    wanted = defaults > level and not (loss <= 1 or -2 < defaults < 2)
    assert found.holds({"defaults": defaults, "house_loss": loss}) is wanted
    assert found.names == ("defaults", "house_loss")


def test_what_is_unknown_breaks_nothing():
    assert not condition("defaults > 0", KNOWN).holds({})
    assert not condition("defaults > 0", KNOWN).holds({"defaults": math.nan})
    assert condition("volatility_index_assessed > 10", KNOWN).holds({"volatility_index_assessed": 11.0})


@pytest.mark.parametrize(("text", "reason"), [
    ("default > 0", 'did you mean "defaults"'), ("defaults >", "cannot be read"), ("", "cannot be read"),
    ("defaults", "a comparison is expected"), ("1", "a comparison is expected"),
    ("__import__('os').system('ls') > 0", "neither a comparison"), ("defaults + 1 > 0", "neither"),
    ("defaults.real > 0", "neither"), ("[x for x in 'a'] == 1", "neither"), ("defaults is 1", "compare figures"),
    ("defaults > 'a'", "neither"), ("True > defaults", "neither"), ("defaults > 0 and 1", "neither"),
    ("lambda: 0", "neither"), ("(defaults := 3) > 1", "neither"), ("f'{defaults}' > 0", "neither"),
])
def test_anything_but_comparisons_is_refused(text, reason):
    with pytest.raises(BadInput, match=reason):
        condition(text, KNOWN)


# --- the search ---------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.lists(st.floats(0.001, 1.3), min_size=1, max_size=6), st.sampled_from([0.02, 0.005]))
def test_a_planted_threshold_is_found(planted, precision):
    seeds = list(range(len(planted)))
    asked = []

    def broken(wanted):
        asked.extend(wanted)
        return [point[0] >= planted[seed] for point, seed in wanted]

    found = smallest(broken, seeds, (1.0,), precision)
    for seed in seeds:
        if planted[seed] > 1:
            assert found[seed] == math.inf
        else:
            assert abs(found[seed] - planted[seed]) <= precision
    assert len(asked) <= len(seeds) * (5 + math.ceil(math.log2(0.25 / precision)))


def test_a_break_that_a_worse_shock_does_not_bring_is_found_and_failures_are_not_thresholds():
    found = smallest(lambda wanted: [None if seed == 2 else 0.45 <= point[0] <= 0.6 for point, seed in wanted],
                     [1, 2], (1.0,), 0.01)
    assert found[1] == pytest.approx(0.45, abs=0.01) and math.isnan(found[2])
    assert smallest(lambda wanted: [True] * len(wanted), [1], (1.0,), 0.01) == {1: 0.0}


@several
def test_points_fill_the_box_evenly():
    points = even(240, 2)
    assert points[0].tolist() == [1 / 2, 1 / 3]
    assert np.abs(np.histogram(points[:, 1], 10, (0, 1))[0] - 24).max() <= 3
    assert even(3, 9).shape == (3, 9)


@several
def test_a_planted_corner_is_found_through_luck():
    points = even(240, 2)
    inside = (points[:, 0] > 0.6) & (points[:, 1] > 0.3)
    broken = np.random.default_rng(4).binomial(8, np.where(inside, 0.95, 0.03))
    boxes = divided(points, broken, np.full(240, 8))
    worst = boxes[0]
    assert worst.share > 0.9 and worst.broken > 0.85 * broken.sum()
    assert worst.bounds[0] == pytest.approx([0.6, 0.3], abs=0.02) and worst.bounds[1].tolist() == [1.0, 1.0]
    assert sum(box.runs for box in boxes) == 240 * 8 and sum(box.broken for box in boxes) == broken.sum()
    assert sum(np.prod(box.bounds[1] - box.bounds[0]) for box in boxes) == pytest.approx(1.0)  # nothing left out
    for box in boxes:
        within = ((points > box.bounds[0]) & (points <= box.bounds[1])).all(axis=1)
        assert (box.runs, box.broken) == (8 * within.sum(), broken[within].sum())
    again = divided(points, broken, np.full(240, 8))
    assert [box.bounds.tolist() for box in again] == [box.bounds.tolist() for box in boxes]


@several
def test_two_corners_are_two_regions_and_luck_alone_is_none():
    points = even(240, 2)
    corners = ((points[:, 0] > 0.7) & (points[:, 1] > 0.5)) | ((points[:, 0] < 0.2) & (points[:, 1] < 0.6))
    found = [box for box in divided(points, 4 * corners.astype(int), np.full(240, 4)) if box.share > 0.9]
    assert len(found) == 2 and sum(box.broken for box in found) == 4 * corners.sum()
    for broken in (np.random.default_rng(2).binomial(4, 0.3, 240), np.zeros(240, int), np.full(240, 4)):
        only, = divided(points, broken, np.full(240, 4))
        assert (only.broken, only.bounds.tolist()) == (broken.sum(), [[0, 0], [1, 1]])


@several
def test_runs_that_failed_are_left_out():
    points = even(40, 2)
    runs = np.where(points[:, 0] > 0.5, 3, 0)
    boxes = divided(points, runs, runs)
    assert [(box.share, box.runs) for box in boxes] == [(1.0, runs.sum())]
    assert divided(points, runs * 0, runs * 0) == []


def test_a_region_is_said_in_a_sentence():
    along = (Along("shocks.ai_winter.tokens", 1.0, 0.2), Along("shocks.chip_supply.output", 0.0, 1.0))
    found = Reverse("A winter", condition("defaults > 0", KNOWN), along, (1.0, 1.0), regions=[
        Box(np.array([[0.75, 0.25], [1.0, 0.5]]), 64, 61), Box(np.array([[0.0, 0.0], [0.75, 1.0]]), 128, 0)])
    assert regions(found) == [
        "", "Where defaults > 0 holds:",
        "   95 % of 64 runs where shocks.ai_winter.tokens is below 0.4 and shocks.chip_supply.output is",
        "        between 0.25 and 0.5; 100 % of all breaks",
        "    0 % of 128 runs where shocks.ai_winter.tokens is above 0.4"]
    head, *rows = found.regions_csv().splitlines()
    assert head.endswith("tokens low,shocks.ai_winter.tokens high,"
                         "shocks.chip_supply.output low,shocks.chip_supply.output high")
    assert [[float(cell) for cell in row.split(",")] for row in rows] == [
        pytest.approx([64, 61, 0.2, 0.4, 0.25, 0.5]), pytest.approx([128, 0, 0.4, 1.0, 0.0, 1.0])]
    assert regions(Reverse("Calm", found.condition, along, regions=[Box(np.array([[0, 0], [1, 1]]), 9, 0)])) == []


# --- in the market ---------------------------------------------------------------------------------------------------


QUICK = ("burn_in=20", "market.warm_up=10", "days=6")


def test_the_margin_rate_at_which_the_market_holds_a_sum_is_found(tmp_path):
    """Initial margin held grows with the rate as long as nobody is limited by it: a threshold that can be computed."""
    from sim.one_run import Job, execute
    from sim.scenario import Scenario

    at = lambda rate: execute(Job(Scenario.load("quick", [*QUICK, f"clearing.margin.rate={rate}"]), 1, 1, None),
                              lambda: None).figures["initial_margin_mean"]
    wanted = at(0.10)
    found = reverse_stress("quick", f"initial_margin_mean > {wanted!r}", [Along("clearing.margin.rate", 0.05, 0.15)],
                           runs=2, precision=0.02, changes=QUICK, out=tmp_path / "out")
    rate = found.values(found.threshold[1])["clearing.margin.rate"]
    assert rate == pytest.approx(0.10, rel=0.03)
    assert found.chance(1.0) == 1.0 and found.chance(0.0) == 0.0 and 0 < found.quantile(0.5) < 1
    text = reversed_(found)
    assert "first holds at clearing.margin.rate" in text and "50 %" in text


@several
def test_several_paths_give_regions(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.experiments.reverse_stress.POINTS", 3)
    found = reverse_stress("quick", "initial_margin_mean > 0.001 or defaults > 1e9",
                           [Along("clearing.margin.rate", 0.05, 0.3), Along("clearing.house_capital", 0.0, 0.1)],
                           runs=1, precision=0.25, changes=("burn_in=5", "market.warm_up=3", "days=2"),
                           out=tmp_path / "out")
    assert [(box.runs, box.broken) for box in found.regions] == [(6, 6)] and found.threshold == {1: 0.0}
    assert "100 % of 6 runs anywhere" in reversed_(found)
    assert (tmp_path / "out" / "regions.csv").read_text().splitlines()[1] == "6,6,0.05,0.3,0.0,0.1"
    head = (tmp_path / "out" / "runs.csv").read_text()
    assert head.startswith("seed,clearing.margin.rate,clearing.house_capital,broken")


@pytest.mark.parametrize(("until", "along", "reason"), [
    ("defalts > 0", "clearing.margin.rate=0.1:0.2", "defaults"),
    ("defaults > 0", "clearing.margn.rate=0.1:0.2", "marg"),
    ("defaults > 0", "clearing.margin.rate=0.1:9", "rate"), ("defaults > 0", "clearing.margin.rate=0.1", "LOW:HIGH"),
    ("defaults > 0", "clearing.margin.rate=0.1:0.1", "two different"),
])
def test_bad_input_is_refused_before_anything_runs(until, along, reason, tmp_path):
    with pytest.raises(BadInput, match=reason):
        reverse_stress("quick", until, [path_of(along)], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_several_paths_without_the_libraries_are_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    with pytest.raises(BadInput, match=r"compute-futures\[analysis\]"):
        reverse_stress(*SEARCH, **SMALL, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- a folder that survives ------------------------------------------------------------------------------------------

SEARCH = ("quick", "initial_margin_mean > 30 or defaults > 0", [Along("clearing.margin.rate", 0.05, 0.3),
                                                                 Along("clearing.house_capital", 0.0, 0.1)])
SMALL = {"runs": 2, "precision": 0.1, "changes": ("burn_in=5", "market.warm_up=3", "days=2")}
PROGRAM = """
import sys
import sim.experiments.keeping, sim.experiments.reverse_stress as r
sim.experiments.keeping.PUT_AWAY = 0.0
r.POINTS = 2
r.reverse_stress({0!r}, {1!r}, [r.Along(*each) for each in {2!r}], jobs=int(sys.argv[2]), out=sys.argv[1], resume=True,
                 **{3!r})
"""


@several
@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_search_that_was_killed_goes_on_where_it_was(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.experiments.reverse_stress.POINTS", 2)
    monkeypatch.setattr("sim.experiments.keeping.merge", lambda *_, **__: 0)  # parts tell what was done again
    whole = reverse_stress(*SEARCH, **SMALL, out=tmp_path / "whole")
    out = tmp_path / "out"
    program = PROGRAM.format(SEARCH[0], SEARCH[1], [tuple(each) for each in SEARCH[2]], SMALL)
    for wanted in (3, len(whole.rows) - 3):  # while it looks at the box, and while it halves
        with subprocess.Popen([sys.executable, "-c", program, out, str(jobs)], stderr=subprocess.PIPE) as process:
            wait_until(lambda wanted=wanted: len(done(out)) >= wanted, process)
            assert process.poll() is None, process.stderr.read().decode()
            os.kill(process.pid, signal.SIGKILL)
    kept = done(out)
    assert len(whole.rows) - 3 <= len(kept) < len(whole.rows)
    with pytest.raises(BadInput, match="--resume"):
        reverse_stress(*SEARCH, **SMALL, out=out)
    again = reverse_stress(*SEARCH, **SMALL, out=out, resume=True)
    assert kept <= done(out)  # the same part and the same time: not done again
    assert (again.threshold, again.ray, again.rows) == (whole.threshold, whole.ray, whole.rows)
    for name in ("runs.csv", "thresholds.csv", "regions.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    study = sim.open_study(out)
    assert len(study.runs) == len(whole.rows) and "clearing.margin.rate" in study.runs
    assert reverse_stress(*SEARCH, **SMALL, out=out).threshold == whole.threshold  # all of it is there
    with pytest.raises(BadInput, match="another search"):
        reverse_stress(*SEARCH, **SMALL | {"runs": 3}, out=out)


def done(folder):
    """Runs that the ledger of a folder says are done."""
    try:
        with sqlite3.connect(f"file:{folder / 'ledger.sqlite'}?mode=rw", uri=True, timeout=5) as ledger:
            found = ledger.execute("SELECT run, part, seconds FROM runs WHERE status = 'done'").fetchall()
        ledger.close()
    except sqlite3.OperationalError:  # not made yet
        return set()
    return set(found)


def wait_until(condition, process):
    deadline = time.monotonic() + 240
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
