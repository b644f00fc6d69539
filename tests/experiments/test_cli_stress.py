"""``stress`` and ``reverse-stress`` from the command line."""

from __future__ import annotations

import pytest

from sim.cli import main
from sim.cli_stress import listed

SMALL = ["--set", "burn_in=15", "--set", "market.warm_up=15", "--set", "days=12"]


def test_a_stress_prints_its_answer_and_leaves_a_page(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["stress", "quick", "--margin", "fixed,ewma(decay=0.9, window=100)", "--shocks", "none", "--runs", "1",
             "--eve", "6", "--days", "4", "--world", "frozen", "--out", str(out), *SMALL]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "ewma(decay=0.9, window=100)" in printed and "Scaled to equal coverage" in printed
    assert all(len(line) <= 100 for line in printed.splitlines() if "/" not in line)
    assert (out / "stress.csv").exists() and (out / "stress.html").exists()
    assert main(words) == 0  # all of it is there already


def test_a_reverse_stress_prints_the_threshold(tmp_path, capsys):
    words = ["reverse-stress", "quick", "--until", "initial_margin_mean > 1e-6", "--along",
             "clearing.margin.rate=0.05:0.2", "--runs", "1", "--precision", "0.25", "--out", str(tmp_path / "out"),
             "--set", "burn_in=5", "--set", "market.warm_up=3", "--set", "days=2"]
    assert main(words) == 0
    assert "holds without any shock, in 1 of 1" in capsys.readouterr().out
    assert (tmp_path / "out" / "runs.csv").exists() and (tmp_path / "out" / "thresholds.csv").exists()


@pytest.mark.parametrize(("words", "reason"), [
    (["stress", "quick", "--margin", "fixxed"], "fixxed"), (["stress", "quick", "--world", "both ways"], "frozen"),
    (["stress", "quick", "--coverage", "much"], "number"),
    (["reverse-stress", "quick", "--until", "open('x')", "--along", "days=1:2"], "neither"),
    (["reverse-stress", "quick", "--until", "defaults > 0", "--along", "days"], "LOW:HIGH"),
])
def test_bad_input_ends_with_two(words, reason, capsys):
    assert main(words) == 2
    assert reason in capsys.readouterr().err


def test_names_between_commas_are_not_those_in_brackets():
    assert listed("fixed, ewma(decay=0.9, window=100) + buffer,historical") == [
        "fixed", "ewma(decay=0.9, window=100) + buffer", "historical"]
