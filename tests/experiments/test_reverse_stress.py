"""The smallest shock that breaks something, and conditions in words."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.cli_stress import reversed_
from sim.errors import BadInput
from sim.experiments.boxes import densest_box, halton
from sim.experiments.conditions import condition
from sim.experiments.reverse_stress import Along, path_of, reverse_stress, smallest

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


def test_points_fill_the_box_and_a_planted_corner_is_found():
    points = halton(240, 2)
    assert np.abs(np.histogram(points[:, 1], 10, (0, 1))[0] - 24).max() <= 3
    broken = ((points[:, 0] > 0.6) & (points[:, 1] > 0.3)).astype(float)
    bounds, inside, held = densest_box(points, broken)
    assert inside > 0.95 and held > 0.6
    assert 0.55 <= bounds[0, 0] <= 0.75 and 0.25 <= bounds[0, 1] <= 0.55
    assert densest_box(points, np.zeros(240))[2] == 0.0


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


def test_several_paths_give_a_region(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.experiments.reverse_stress.POINTS", 3)
    found = reverse_stress("quick", "initial_margin_mean > 0.001 or defaults > 1e9",
                           [Along("clearing.margin.rate", 0.05, 0.3), Along("clearing.house_capital", 0.0, 0.1)],
                           runs=1, precision=0.25, changes=("burn_in=5", "market.warm_up=3", "days=2"),
                           out=tmp_path / "out")
    assert found.region is not None and found.threshold == {1: 0.0}
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


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_search_that_was_killed_goes_on_where_it_was(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.experiments.reverse_stress.POINTS", 2)
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
    np.testing.assert_array_equal(again.region[0], whole.region[0])
    for name in ("runs.csv", "thresholds.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    study = sim.open_study(out)
    assert len(study.runs) == len(whole.rows) and "clearing.margin.rate" in study.runs
    assert reverse_stress(*SEARCH, **SMALL, out=out).threshold == whole.threshold  # all of it is there
    with pytest.raises(BadInput, match="another search"):
        reverse_stress(*SEARCH, **SMALL | {"runs": 3}, out=out)


def done(folder):
    """Runs that the ledger of a folder says are done."""
    try:
        with sqlite3.connect(f"file:{folder / 'ledger.sqlite'}?mode=ro", uri=True, timeout=5) as ledger:
            found = ledger.execute("SELECT run, part, seconds FROM runs WHERE status = 'done'").fetchall()
        ledger.close()
    except sqlite3.OperationalError:  # not made yet
        return set()
    return set(found)


def wait_until(condition, process):
    deadline = time.monotonic() + 240
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
