"""The validation table: rows and verdicts on histories made by hand, two tiny worlds, the page and the command."""

import math

import numpy as np
import pandas as pd
import pytest

from sim import cli
from sim.errors import BadInput
from sim.experiments import estimators, validate_market, validate_physical
from sim.experiments import validate as module
from sim.experiments.validate import Finding, Row, Validation, declared, rows_of, validate
from sim.experiments.validate_page import BLOCK, laid_in, markdown_table, text, write_page

TINY = ["burn_in=25", "market.warm_up=5", "days=70", "scale=0.001", "rounds=2"]


def row(low=None, high=None, section="One", key="a"):
    return Row(key, "height", "m", "nowhere", float, "a book", low, high, "1.8", section)


@pytest.mark.parametrize(("low", "high", "values", "verdict"), [
    (1, 2, [1.0, 2.0], "in"), (1, 2, [0.5, 1.0], "low"), (1, 2, [2.0, 2.5], "high"), (None, 2, [-50.0], "in"),
    (1, None, [0.0, 3.0], "in"), (None, None, [3.0], "reported"), (1, 2, [math.nan], "unknown"),
    (1, 2, [math.nan, 1.5], "in"), (1, 2, [], "unknown"),
])
def test_the_verdict_is_by_the_mean_of_what_is_known(low, high, values, verdict):
    assert Finding(row(low, high), values).verdict == verdict


def test_every_row_is_complete_and_has_a_name_of_its_own():
    rows, worlds = declared()
    assert len({one.key for one in rows}) == len(rows)
    for one in rows:
        assert one.label and one.source.strip() and one.section
        assert one.world in worlds and (not one.against or one.against in worlds)
        assert one.low is None or one.high is None or one.low < one.high


def test_parts_are_known_by_name():
    assert {*rows_of("physical"), *rows_of("market")} == set(rows_of("all"))
    with pytest.raises(BadInput, match='did you mean "physical"'):
        rows_of("fysical")
    with pytest.raises(BadInput, match="at least one history"):
        validate("physical", 0)


def test_estimators_find_what_was_put_in():
    days = np.arange(1100)
    noise = np.random.default_rng(1).standard_normal((2, 1100))
    level = np.zeros(1100)
    for day in days[1:]:
        level[day] = 0.93 * level[day - 1] + noise[0, day]
    assert estimators.mean_half_life(level) == pytest.approx(math.log(0.5) / math.log(0.93), rel=0.35)
    tail = (1 - np.linspace(0, 1, 20_000, endpoint=False)) ** (-1 / 3)
    assert estimators.hill(tail, 0.05) == pytest.approx(3, rel=0.03)
    assert estimators.growth(2.0 ** (days / 252)) == pytest.approx(2)
    month = days // 21
    one = np.exp(0.01 * np.cumsum(noise[0]))
    assert estimators.squared_correlation(one, one**2, month, 1) == pytest.approx(1)
    assert estimators.basis(one, one) == 0
    curve = np.full((1100, 36), 2.0)
    run = {"month": month, "index_x": np.full(1100, 1.0), "curve_x": curve}
    assert np.allclose(estimators.forecast_errors(run, "x", 6), math.log(2))
    assert (estimators.consensus_changes(run, "x", 3) == 0).all()


def test_investment_that_lowers_prices_is_seen():
    years = 10
    wave = np.sin(np.arange(252 * years) / 252 * 2 * math.pi / 4)
    price = np.exp(-np.cumsum(wave) / 500)
    run = {"orders_placed": 2 + wave, "capacity_h100e": np.full(wave.size, 1.0), "spot_us": price}
    correlation, swing = estimators.investment(run)
    assert correlation < -0.5 and 1.5 < swing < 3
    assert math.isnan(estimators.investment({name: x[:600] for name, x in run.items()})[0])


def history_of(settle, index=2.0):
    """A market history with one contract each month whose prices are given by day."""
    dates = pd.bdate_range("2026-10-01", periods=len(settle))
    daily = pd.DataFrame({"day": range(len(settle)), "date": dates, "rationed_share": 0.02, "idle_share": 0.05,
                          "defaults": 1})
    names = dates.strftime("%Y-%m")
    expiry = pd.Series(dates, index=names).groupby(level=0).max()
    table = pd.DataFrame({"day": daily["day"], "date": dates, "contract": names, "settle": settle, "rank": 1,
                          "expiry": [expiry[name] for name in names], "im_rate": 0.1})
    table["change"] = table.groupby("contract")["settle"].transform(lambda s: np.log(s).diff())
    return validate_market.History(daily, table, {}, pd.Series(np.broadcast_to(index, len(settle)), daily["day"]))


def test_market_estimators_on_a_history_by_hand():
    settle = np.full(64, 2.0)
    settle[10:15] = 2.4  # up by a fifth, and back: two days of 64 beyond a margin of a tenth
    run = history_of(settle)
    assert validate_market.final_gap(run) == pytest.approx(0.0, abs=1e-12)
    assert validate_market.last_change(run) == 0.0
    moves = len(run.ranked["change"].dropna())
    assert validate_market.beyond_margin(run) == pytest.approx(100 * 2 / moves)
    assert validate_market.wasted(run) == pytest.approx(7.0)
    assert validate_market.per_year("defaults")(run) == pytest.approx(252)
    assert len(validate_market.losses(history_of(settle))) == 0  # there is no third month
    assert validate_market.final_gap(history_of(settle, index=2.5)) == pytest.approx(0.5)


def test_two_seeds_of_tiny_worlds():
    wanted = {"futures on transaction: turnover", "discovery", "leverage cap 1: Hill"}
    rows = [one for one in rows_of("market") if one.key in wanted]
    found = validate(rows, 2, changes=TINY)
    assert not found.failed and found.seeds == [1, 2]
    by_key = {finding.row.key: finding for finding in found.findings}
    assert len(by_key["futures on transaction: turnover"].known) == 2
    assert len(by_key["discovery"].known) == 2  # one world less the other
    assert len(by_key["leverage cap 1: Hill"].values) == 1  # pooled
    assert by_key["futures on transaction: turnover"].mean > 0


def test_the_physical_economy_runs_alone():
    short = validate_physical.simulate(3, 1)
    assert {"month", "lists", "curve_assessed"} <= set(short) and len(short["spot_us"]) == 252
    assert (validate_physical.simulate(3, 1)["spot_us"] == short["spot_us"]).all()


def test_a_history_that_fails_is_told(monkeypatch):
    bad = Row("bad", "bad", "", "leverage cap 1", lambda run: run.nothing, "-")
    worlds = declared()[1]
    monkeypatch.setattr(module, "declared", lambda: ((bad,), worlds))
    found = validate([bad], 1, changes=TINY)
    assert found.failed[0][:2] == ("leverage cap 1", 1) and "nothing" in found.failed[0][2]
    assert found.findings[0].verdict == "unknown" and "seed 1, failed: AttributeError" in text(found)


# --- the page ----------------------------------------------------------------------------------------------------


def some(sections=("One", "Two")):
    return Validation([Finding(row(1, 2, name, name), [1.5, 3.5]) for name in sections], [1, 2])


def test_the_terminal_shows_each_row_and_what_is_out_of_range():
    shown = text(some())
    assert "height, m" in shown and "1 to 2" in shown and "2.5 [1.7, 3.3]" in shown
    assert "0 of 2 figures with a range are in it" in shown and "too high: One, height: 2.5, wanted 1 to 2" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_tables_are_laid_between_the_words_of_a_page():
    page = "# Page\n\nWords before.\n\n<!-- table: One -->\nold\n<!-- end of table -->\n\nWords after.\n"
    first = laid_in(page, some())
    assert "old" not in first and "Words before." in first and "Words after." in first
    assert first.index("Words after.") < first.index("## Two")  # what the page lacked comes last
    assert laid_in(first, some()) == first
    kept = laid_in(first, some(["One"]))
    assert len(BLOCK.findall(kept)) == 2  # tables of parts that were not measured stay
    assert "| height, m | 1 to 2 | 1.8 | 2.5 [1.7, 3.3] | **high** | a book |" in markdown_table(some().findings, 2)


def test_a_page_is_begun_where_there_is_none(tmp_path):
    write_page(some(), tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text().startswith("# What emerges")
    with pytest.raises(BadInput, match="cannot be written"):
        write_page(some(), tmp_path)


@pytest.mark.parametrize(("arguments", "words"), [
    (["--rows", "markt"], 'did you mean "market"'), (["--runs", "0"], "a whole number from 1"),
    (["--jobs", "x"], "a whole number from 1"), (["more"], "unrecognized arguments"),
])
def test_the_command_refuses_what_it_cannot_do(arguments, words, capsys):
    assert cli.main(["validate", *arguments]) == cli.BAD
    assert words in capsys.readouterr().err


@pytest.mark.slow
def test_processes_change_nothing():
    rows = [one for one in rows_of("market") if one.key in ("futures on transaction: turnover", "leverage cap 1: Hill")]
    alone, together = validate(rows, 2, changes=TINY), validate(rows, 2, jobs=2, changes=TINY)
    for one, other in zip(alone.findings, together.findings, strict=True):
        assert one.values == pytest.approx(other.values, rel=0, nan_ok=True)


@pytest.mark.slow
def test_the_command_prints_and_writes_the_page(tmp_path, capsys):
    page = tmp_path / "page.md"
    assert cli.main(["validate", "--rows", "physical", "--runs", "1", "-o", str(page)]) == cli.FINE
    assert "figures with a range are in it, by the mean of 1 history" in capsys.readouterr().out.replace("\n", " ")
    assert "<!-- table: Capacity, ten years -->" in page.read_text()
