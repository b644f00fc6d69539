"""Comparisons on common random numbers: the arithmetic against scipy, what is written, and any executor the same."""

import csv
import json
import os

import numpy as np
import pytest
from scipy import stats

import sim
from sim.cli import main
from sim.errors import BadInput
from sim.experiments.compare import compare
from sim.experiments.executors import Processes, Serial, Task, Threads
from sim.experiments.paired import histories_needed, paired
from sim.scenario import Scenario
from sim.terminal_experiments import comparison, rounding, signed

SMALL = {"days": 3, "burn_in": 12, "market.warm_up": 2}


@pytest.fixture(scope="module")
def pair():
    return {"calm": Scenario.load("quick", SMALL),
            "eager": Scenario.load("quick", SMALL | {"agents.noise_trader.count": 40})}


@pytest.fixture(scope="module")
def found(pair):
    return sim.compare(pair, runs=3)


def test_intervals_are_those_of_scipy():
    a, b = np.array([3.0, 5.0, 4.0, 8.0, 6.5]), np.array([2.0, 5.5, 2.0, 7.0, 6.5])
    d = paired(a, b)
    expected = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert (d.low, d.high) == pytest.approx((expected.low, expected.high), rel=1e-3)
    assert (d.mean, d.first, d.second) == pytest.approx((0.7, 5.3, 4.6))
    assert (d.pairs, d.higher, d.lower) == (5, 3, 1)
    assert d.effect == pytest.approx(0.7 / np.std(a - b, ddof=1))
    boot = stats.bootstrap((a - b,), np.mean, confidence_level=0.9, method="percentile", rng=1).confidence_interval
    assert (d.boot_low, d.boot_high) == pytest.approx(tuple(boot), abs=0.15)
    assert paired(a, b) == d


@pytest.mark.parametrize(("a", "b", "pairs", "same", "clear"), [
    ([], [], 0, False, False), ([1.0], [2.0], 1, False, False), ([1.0, np.nan, 3.0], [1.0, 2.0, 3.0], 2, True, False),
    ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], 3, False, True)])
def test_few_histories_and_unknown_figures(a, b, pairs, same, clear):
    d = paired(a, b)
    assert (d.pairs, d.same, d.clear) == (pairs, same, clear)


def test_the_number_of_histories_needed_is_the_first_that_is_enough():
    for sd, width in ((1.0, 0.5), (2.0, 0.3), (1.0, 3.0), (5.0, 0.11)):
        number = histories_needed(sd, width)
        half = lambda n, sd=sd: stats.t.ppf(0.95, n - 1) * sd / np.sqrt(n)
        assert half(number) <= width * 1.001
        assert number == 2 or number > 2000 or half(number - 1) > width * 0.999
    assert histories_needed(0.0, 0.0) == 2
    assert np.isnan(histories_needed(1.0, 0.0))
    assert np.isnan(histories_needed(np.nan, 1.0))


def test_numbers_are_rounded_to_what_is_known():
    assert [rounding(width) for width in (5200, 40, 4, 0.8, 0.02, 0)] == [-2, 0, 1, 1, 3, 3]
    assert signed(5793.2, -2) == "+5,800"
    assert signed(-0.041, 2) == "−0.04"


def test_a_comparison_pairs_equal_seeds(found, pair):
    assert found.seeds == [1, 2, 3]
    table = found.table()
    alone = sim.run(pair["calm"], seeds=(1, 2, 3)).figures.runs
    assert found.values("calm", "open_interest") == [figures["open_interest"] for _, _, figures in alone]
    row = table.loc["open_interest"]
    assert row["difference"] == pytest.approx(row["mean"] - row["mean_against"])
    assert row["histories"] == 3
    assert table.loc["capacity_growth", "difference"] == pytest.approx(0, abs=1)


def test_a_scenario_against_itself_differs_in_nothing(pair):
    same = compare({"a": pair["calm"], "b": pair["calm"]}, runs=2)
    assert all(same.difference(name).same for name in ("open_interest", "price_spot"))
    assert "No clear difference" in comparison(same)


@pytest.mark.parametrize("executor", [Threads(2), Processes(2)])
def test_any_executor_gives_the_same_bits(executor, pair):
    tasks = [Task(scenario, number, 5 + number, ("daily",)) for number, scenario in enumerate([*pair.values()] * 2)]
    with Serial() as one, executor as many:
        expected = {outcome.run: outcome for outcome in one.outcomes(tasks)}
        seen = {outcome.run: outcome for outcome in many.outcomes(tasks)}
    assert sorted(seen) == sorted(expected)
    for run, outcome in seen.items():
        assert outcome.status == "finished", outcome.error
        assert outcome.digests == expected[run].digests
        assert repr(outcome.figures) == repr(expected[run].figures)
        assert list(outcome.tables) == ["daily"]


class Deadly:
    """A scenario whose runs take their process with them."""

    plugins = ()
    seed = 1

    def build(self, seed):
        os._exit(1)


def test_a_process_that_dies_takes_no_other_run_along(pair):
    tasks = [Task(Deadly() if number == 1 else pair["calm"], number, 1) for number in range(4)]
    with Processes(2) as workers:
        seen = {outcome.run: outcome for outcome in workers.outcomes(tasks)}
    assert {run: outcome.status for run, outcome in seen.items()} == {
        0: "finished", 1: "failed", 2: "finished", 3: "finished"}
    assert "ended from outside" in seen[1].error


def test_it_stops_once_precise_enough(pair):
    found = compare(pair, runs=30, precision=5.0, figures=("price_spot",))
    assert len(found.seeds) == 8


@pytest.mark.parametrize("wrong", [
    lambda pair: compare({"a": pair["calm"]}), lambda pair: compare(pair, runs=1), lambda pair: compare(pair, jobs=0),
    lambda pair: compare([pair["calm"], pair["calm"]]), lambda pair: compare(pair, executor="thread"),
    lambda pair: compare(pair, precision=0.0), lambda pair: compare(["quick", "no_such_scenario"])])
def test_what_cannot_be_compared_is_refused(wrong, pair):
    with pytest.raises(BadInput):
        wrong(pair)


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eager.yaml").write_text("title: Eager\nextends: quick\nagents:\n  - {type: noise_trader, count: 40}\n")
    words = ["compare", "eager.yaml", "quick", "--runs", "3", "--days", "3", "--set", "burn_in=12",
             "--set", "market.warm_up=2"]
    assert main(words) == 0
    seen = capsys.readouterr().out
    assert seen.startswith("Eager against A small market for learning")
    assert max(map(len, seen.splitlines())) <= 100
    folder = tmp_path / seen.splitlines()[-1].split()[-1]
    rows = list(csv.DictReader((folder / "comparison.csv").read_text().splitlines()))
    assert {row["figure"] for row in rows} >= {"open_interest", "price_spot"}
    assert len((folder / "runs.csv").read_text().splitlines()) == 7
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["seeds"] == [1, 2, 3]
    assert main([*words, "--runs", "0"]) == 2
    assert main(["compare", "quick"]) == 2
    assert main(["compare", "quick", "quick"]) == 2
    (tmp_path / "mine.yaml").write_text("extends: quick\n")
    assert main(["compare", "mine.yaml", str(tmp_path / "mine.yaml")]) == 2  # one file in two words
    assert main([*words, "--precision", "much"]) == 2
