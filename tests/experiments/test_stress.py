"""Margin rules against shocks."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import sim
import sim.experiments.store
from sim.clearing.paths import damper, margin_model
from sim.clearing.rates import RateRule
from sim.errors import BadInput
from sim.experiments.margin_rules import Rule, rule_of
from sim.experiments.stress import Plan, shocks_of, stress
from sim.experiments.stress_page import publish
from sim.experiments.stress_results import StressResults
from sim.experiments.stress_worlds import adopt, copy_of, damped, dated, figures_of, under
from sim.report.stress import build

RULES = ["fixed(rate=0.2)", "ewma(decay=0.9)"]


@pytest.fixture(scope="module")
def small():
    return sim.load("quick", changes={"burn_in": 30, "market.warm_up": 20, "days": 24})


@pytest.fixture(scope="module")
def found(small, tmp_path_factory):
    return stress(small, RULES, ["efficiency_gain", "none"], runs=2, eve=8, days=6,
                  out=tmp_path_factory.mktemp("stress") / "one")


def test_the_scenarios_own_rule_changed_on_the_eve_changes_nothing(small):
    model = small.build(seed=1)
    while model.day < 10:
        model.step()
    rule = Rule("own", small.clearing.margin, small.clearing.procyclicality)
    twin = copy_of(model, under(small, rule))
    adopt(twin, rule)
    for _ in range(5):
        model.step()
        twin.step()
    np.testing.assert_array_equal(model.ledger.cash, twin.ledger.cash)
    np.testing.assert_array_equal(model.house.required, twin.house.required)


def test_a_rule_that_is_adopted_answers_as_if_it_had_always_been_there(small):
    model = small.build(seed=1)
    rule = rule_of("ewma(decay=0.9) + speed_limit(days=2, multiple=1.01)")
    whole = RateRule(rule.model, rule.damper)
    while model.day < 10:
        model.step()
        if model.market_is_open():
            known = whole.update(model.exchange.prices())
    twin = copy_of(model, under(small, rule))
    adopt(twin, rule)
    listed = ~np.isnan(model.exchange.prices()[0])
    np.testing.assert_allclose(twin.house.rate[listed], known[listed], rtol=1e-9)


def test_worlds_rules_and_shocks_are_all_there_and_paired(found):
    cells = found.cells
    assert found.finished and not found.failed
    assert len(cells) == 2 * 2 * 2 * 2 and set(cells["mode"]) == {"frozen", "adapted"}
    assert (cells[cells["rule"] == RULES[0]]["peak_to_trough"] == 1).all()
    assert (cells[cells["rule"] == RULES[1]]["peak_to_trough"] > 1).all()
    d = found.difference("peak_to_trough", "frozen", RULES[1], "none")
    assert d.pairs == 2 and d.higher == 2 and d.second == 1
    assert len(found.table("paths")) == 16 * 7
    assert found.csv().count("\n") == 1 + 8 * len(found.figures)


def test_rules_reach_the_same_coverage(found):
    reached = list(found.reached().values())
    ratios = found.table("ratios")
    per_rule = len(ratios) // 2
    assert all(0.99 <= share < 0.99 + 2 / per_rule for share in reached)
    own = ratios[ratios["rule"] == 0]["ratio"]
    factor = found.about("factors")[0]
    assert (own <= factor).mean() >= 0.99 > (own < factor).mean()


def test_coverage_is_counted_on_the_days_after_the_rate_was_set(small):
    """A naive loop over one history: move of each listed month against yesterday's rate of a fixed rule."""
    plan = Plan(small, ["fixed(rate=0.2)"], ["none"], 1, "frozen", 0.99, 14, 5)
    from sim.experiments.executors import Task, perform
    from sim.experiments.stress_worlds import WORK, Options

    task = Task(plan.base, 1, 1, ("ratios",), WORK, tuple(Options(tuple(plan.rules), tuple(plan.shocks), 14, 5, 0)))
    ratios = perform(task).tables["ratios"]["ratio"].to_numpy()
    model, plain, last = plan.base.build(seed=1), [], None
    while model.day < 14:
        model.step()
        slots, settle = model.exchange.slots, model.exchange.settle
        now = {int(m): int(s) for m, s in zip(slots["month"], settle, strict=True)} if model.market_is_open() else None
        if last:
            plain += [abs(now[month] / last[month] - 1) / 0.2 for month in now if month in last]
        last = now
    np.testing.assert_allclose(np.sort(ratios), np.sort(plain), rtol=1e-9)


def test_what_was_done_is_not_done_again_and_two_processes_give_the_same(small, found, tmp_path):
    folder = tmp_path / "two"
    again = stress(small, RULES, ["efficiency_gain", "none"], runs=2, eve=8, days=6, out=folder, executor="threads",
                   jobs=2)
    assert again.csv() == found.csv()
    ledger = sim.experiments.store.connect(folder / "ledger.sqlite")
    ledger.execute("UPDATE runs SET status = 'pending', part = NULL WHERE point = 3")
    ledger.close()
    with pytest.raises(BadInput, match="--resume"):
        stress(small, RULES, ["efficiency_gain", "none"], runs=2, eve=8, days=6, out=folder)
    resumed = stress(small, RULES, ["efficiency_gain", "none"], runs=2, eve=8, days=6, out=folder, resume=True)
    assert resumed.csv() == found.csv()
    with pytest.raises(BadInput, match="another test"):
        stress(small, RULES, ["none"], runs=2, eve=8, days=6, out=folder, resume=True)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_test_that_was_killed_goes_on_where_it_was(jobs, small, found, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.experiments.keeping.merge", lambda *_, **__: 0)  # parts tell what was done again
    program = ("import sys, sim, sim.experiments.keeping as k; k.PUT_AWAY = 0.0; "
               "from sim.experiments.stress import stress; "
               "small = sim.load('quick', changes={'burn_in': 30, 'market.warm_up': 20, 'days': 24}); "
               f"stress(small, {RULES!r}, ['efficiency_gain', 'none'], runs=2, eve=8, days=6, out=sys.argv[1], "
               "jobs=int(sys.argv[2]), resume=True)")
    out = tmp_path / "out"
    for wanted in (1, 4):  # in the pilot, and in the worlds
        with subprocess.Popen([sys.executable, "-c", program, out, str(jobs)], stderr=subprocess.PIPE) as process:
            deadline = time.monotonic() + 120
            while len(done(out)) < wanted and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert process.poll() is None, process.stderr.read().decode()
            os.kill(process.pid, signal.SIGKILL)
    kept = done(out)
    assert 4 <= len(kept) < found.progress[1]
    with pytest.raises(BadInput, match="--resume"):
        stress(small, RULES, ["efficiency_gain", "none"], runs=2, eve=8, days=6, out=out)
    again = stress(small, RULES, ["efficiency_gain", "none"], runs=2, eve=8, days=6, out=out, resume=True)
    assert again.csv() == found.csv() and kept <= done(out)


def done(folder):
    """Pieces that the ledger of a folder says are done, each with its part and the time it took."""
    if not (folder / "ledger.sqlite").exists():
        return set()
    ledger = sim.experiments.store.connect(folder / "ledger.sqlite")
    try:
        return set(ledger.execute("SELECT run, part, seconds FROM runs WHERE status = 'done'").fetchall())
    except sqlite3.OperationalError:  # being made
        return set()
    finally:
        ledger.close()


def test_the_page_says_what_was_found(found, tmp_path):
    text = build(found, tmp_path).read_text()
    assert "ewma" in text and "<svg" in text and "http" not in text.replace("http://www.w3.org", "")
    assert (tmp_path / "figures" / "frontier.svg").exists()
    heads = re.findall(r"<h2>(.*?)</h2>", text)  # the order of the framework of CPMI-IOSCO, April 2018
    assert heads == ["1. Purpose and specification", "2. Governance", "3. Stress scenarios", "4. Data",
                     "5. Results and measures", "6. Use and disclosure"]
    assert re.search(r'class="verdict">[^<]*(defaulted|defaults)', text) and "What to see:" in text


def test_published_pages_compare_with_the_rule_that_is_named(found, tmp_path):
    """Turned round, each difference changes its sign: against the first rule, and against the second."""
    one, other = (publish(found.folder, tmp_path / f"{k}", rule) for k, rule in enumerate(RULES))
    assert [page.name for page in one] == [page.name for page in other]
    assert sorted(page.name for page in one) == ["adapted-efficiency-gain", "adapted-none", "frozen-efficiency-gain",
                                                 "frozen-none"]
    for here, there in zip(one, other, strict=True):
        a, b = (pd.read_csv(page / "steps.csv").set_index("figure") for page in (here, there))
        assert set(a["below"]) == {RULES[0]} and set(b["below"]) == {RULES[1]}
        np.testing.assert_allclose(a["mean"], -b["mean"])
        np.testing.assert_allclose(a["low"], -b["high"])
    assert "--against" not in (one[0] / "README.md").read_text()
    assert f"--against '{RULES[1]}'" in (other[0] / "README.md").read_text()
    table = pd.read_csv(tmp_path / "1" / "stress.csv")
    assert set(table["against"]) == {RULES[1]} and (table["difference"][table["rule"] == RULES[1]] == 0).all()
    with pytest.raises(BadInput, match="no such rule; did you mean"):
        publish(found.folder, tmp_path / "never", "ewma(decay=0.8)")
    assert not (tmp_path / "never").exists()


def test_a_multiple_of_a_rule_is_that_rule_times_a_factor():
    history = 2.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, (80, 2)), axis=0))
    rule = Rule("x", margin_model("ewma"), damper("buffer"))
    one, two = RateRule(rule.model, rule.damper), RateRule(rule.model, damped(rule, 1.7))
    for day in range(1, 81):
        np.testing.assert_allclose(two.update(history[:day]), 1.7 * one.update(history[:day]))


def test_figures_by_hand():
    path = {"rate": np.array([0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.3]), "margin": np.array([5.0, 6, 5, 5, 5, 5, 9]),
            "margin_call_cents": np.array([9.0, 1, 0, 0, 0, 0, 4]), "variation_margin_cents": np.ones(7),
            "margin_calls": np.arange(7.0), "defaults": np.zeros(7), "default_deficit_cents": np.zeros(7),
            "house_loss_cents": np.zeros(7), "house_shortfall_cents": np.zeros(7)}
    out = figures_of(path, 20.0)
    assert out["called"] == 5 and out["peak_call"] == 4 and out["calls"] == 21
    assert out["peak_to_trough"] == pytest.approx(3) and out["rise"] == pytest.approx(10)
    assert out["demand"] == 9 and out["demand_share"] == 45


def test_shocks_are_found_by_name_and_moved_together(small):
    blockade = shocks_of("taiwan_blockade")
    assert len(blockade) == 3 and shocks_of("none") == ()
    assert shocks_of("spot_falls") == sim.load("spot_falls").shocks
    first = small.calendar.date(15)
    assert min(shock.date for shock in dated(blockade, first)) == first
    assert len({shock.date - was.date for shock, was in zip(dated(blockade, first), blockade, strict=True)}) == 1


@pytest.mark.parametrize(("change", "reason"), [
    ({"rules": ["fixxed"]}, "fixxed"), ({"rules": ["fixed", "fixed"]}, "named twice"), ({"rules": []}, "at least one"),
    ({"shocks": ["taiwan_blokade"]}, "taiwan_blockade"), ({"shocks": ["baseline"]}, "has no shock"),
    ({"coverage": 1.2}, "share"), ({"eve": 0}, "before"),
    ({"rules": ["historical(window=50, confidence=0.995)"]}, "too few"),
    ({"rules": ["scanning(floor=0.01, tier_charge=0.05)"]}, "more than one of its legs"),
    ({"rules": ["ewma + stressed_weight(form=observations)"]}, "margin"),
])
def test_bad_input_is_refused_before_anything_runs(small, tmp_path, change, reason):
    options = {"rules": RULES, "shocks": ["none"], "eve": 14, "days": 8, "runs": 1} | change
    with pytest.raises(BadInput, match=reason):
        stress(small, out=tmp_path / "never", **options)
    assert not (tmp_path / "never").exists()


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(BadInput, match="not the folder of a stress test"):
        StressResults(tmp_path)
