"""The commands `backtest` and `margin`: what they print and write, and what they refuse."""

import math

import pandas as pd
import pytest

from sim.cli import main
from sim.experiments.backtest import backtest
from sim.experiments.portfolio_margin import portfolio_margin

SERIES = "h100_quotes_prime_intellect"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "positions.csv").write_text("account,contract,quantity\nLab,2027-03,100\nFund,2027-03,-50\n"
                                            "Fund,2027-04,50\n")
    days = pd.bdate_range("2026-01-01", periods=120)
    near = [2.5 * math.exp(0.1 * math.sin(day * 1.7)) for day in range(120)]
    far = [2.4 * math.exp(0.08 * math.sin(day * 1.6)) for day in range(120)]
    pd.DataFrame({"date": days, "2027-03": near, "2027-04": far}).to_csv(tmp_path / "curve.csv", index=False)
    return tmp_path


def test_backtest_prints_and_writes_what_the_function_gives(folder, capsys):
    assert main(["backtest", SERIES, "--model", "historical", "--model", "fixed", "-o", "out.csv",
                 "--figure", "out.svg"]) == 0
    seen = capsys.readouterr().out
    expected = backtest(SERIES, ["historical", "fixed"]).table()
    assert pd.read_csv("out.csv")["breaches"].tolist() == expected["breaches"].tolist()
    line = next(line for line in seen.splitlines() if line.startswith("historical"))
    assert line.split()[1] == str(expected.loc["historical", "breaches"])
    assert max(map(len, seen.splitlines())) <= 100
    assert (folder / "out.svg").read_text().startswith("<?xml")


def test_margin_prints_and_writes_what_the_function_gives(folder, capsys):
    assert main(["margin", "positions.csv", "--prices", "curve.csv", "--model", "historical", "-o", "out.csv"]) == 0
    seen = capsys.readouterr().out
    total = portfolio_margin("positions.csv", "curve.csv", ["historical"]).table().loc[("historical", "Lab"), "total"]
    line = next(line for line in seen.splitlines() if line.startswith("Lab"))
    assert line.split()[-1] == f"{total:,.2f}"
    assert (folder / "out.csv").exists()


@pytest.mark.parametrize("words", [
    ["backtest", "no_such_series"], ["backtest", SERIES, "--model", "hist"], ["backtest", SERIES, "--confidence", "x"],
    ["backtest", SERIES, "--close-out", "1.5"], ["backtest", SERIES, "--position", "sideways"],
    ["backtest", SERIES, "--model", "fixed", "-o", "no/such/folder.csv"], ["margin", "positions.csv"],
    ["margin", "nobody.csv", "--prices", "curve.csv"],
    ["margin", "positions.csv", "--prices", "curve.csv", "--size", "0"]])
def test_mistakes_are_told_in_words(words, folder, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.strip() and "Traceback" not in said


def test_several_rules_stand_between_commas_and_whole_contracts_may_have_a_point(tmp_path, capsys):
    """As `stress` takes rules, and as spreadsheets write numbers."""
    days = [f"2026-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(60)]
    prices = "date,2026-06,2026-07\n" + "".join(f"{day},{100 + at % 3},{101 + at % 2}\n" for at, day in enumerate(days))
    (tmp_path / "prices.csv").write_text(prices)
    (tmp_path / "positions.csv").write_text("account,contract,quantity\na,2026-06,5.0\na,2026-07,-5.\n")
    words = ["margin", str(tmp_path / "positions.csv"), "--prices", str(tmp_path / "prices.csv")]
    assert main([*words, "--model", "ewma(window=20,decay=0.9),fixed"]) == 0
    text = capsys.readouterr().out
    assert "ewma(window=20,decay=0.9): " in text and "fixed: " in text
    (tmp_path / "positions.csv").write_text("account,contract,quantity\na,2026-06,5.5\n")
    assert main(words) == 2 and '"5.5"; a whole number of contracts' in capsys.readouterr().err
