"""Margin rules on price files, and margins of positions that a user brings."""

import numpy as np
import pytest

from sim.clearing import kupiec, margin_path, procyclicality
from sim.errors import BadInput
from sim.experiments.backtest import MODELS, backtest
from sim.experiments.backtest_figure import draw
from sim.experiments.margin_rules import rule_of
from sim.experiments.portfolio_margin import portfolio_margin, read_curve
from sim.price_files import Prices, read_prices, shipped_prices


def series(days=400, seed=4, volatility=0.03):
    dates = np.datetime64("2024-01-01", "s") + np.arange(days) * np.timedelta64(1, "D")
    return Prices("made", dates, 2.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, volatility, days))))


def written(tmp_path, text, name="prices.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


# --- backtests ----------------------------------------------------------------------------------------


def test_every_shipped_series_can_be_read_and_tested():
    assert len(shipped_prices()) >= 3
    for name in shipped_prices():
        found = read_prices(name)
        assert (found.prices > 0).all() and (np.diff(found.dates) > np.timedelta64(0, "s")).all()
        result = backtest(name, ["fixed", "historical"])
        assert len(result.table()) == 2 and np.isfinite(result.table()["kupiec"]).all()


def test_a_row_by_hand():
    prices = series()
    result = backtest(prices, ["ewma(decay=0.94)"], "short", warm_up=100)
    path = margin_path(prices.prices, "ewma", side="short", decay=0.94)
    loss = np.array([prices.prices[t] / prices.prices[t - 1] - 1 for t in range(100, 400)])
    breaches = int((loss > path[100:]).sum())
    row = result.table().loc["ewma(decay=0.94)"]
    assert (row["days"], row["breaches"]) == (300, breaches)
    assert row["kupiec"] == kupiec(breaches, 300, 0.01).ratio or row["kupiec"] == pytest.approx(
        kupiec(breaches, 300, 0.01).ratio)
    rises = procyclicality(path[100:])
    assert (row["peak_to_trough"], row["trough_first"]) == (rises.peak_to_trough, rises.trough_first)
    assert [row[f"ratio_{d}d"] for d in (1, 5, 20)] == list(rises.ratio.values())
    assert row["mean_margin"] == pytest.approx(path[100:].mean())
    assert row["largest_breach"] == pytest.approx(max((loss - path[100:]).max(), 0.0))


def test_long_and_short_lose_on_opposite_days():
    long, short = (backtest(series(), ["fixed"], side, warm_up=50) for side in ("long", "short"))
    np.testing.assert_array_equal(long.outcomes[0].loss, -short.outcomes[0].loss)
    ten = backtest(series(), ["fixed"], -10, warm_up=50).table().loc["fixed"]
    one = short.table().loc["fixed"]
    assert ten["mean_margin_dollars"] == pytest.approx(10 * one["mean_margin_dollars"])


def test_close_outs_of_several_days_do_not_overlap():
    result = backtest(series(), ["historical(window=200, close_out_days=5)"], close_out_days=5, warm_up=200)
    outcome = result.outcomes[0]
    assert set(np.diff(np.flatnonzero(outcome.tested))) == {5} and result.table()["days"].iloc[0] == 40
    prices = series().prices
    assert outcome.loss[0] == pytest.approx(1 - prices[204] / prices[199])


def test_a_right_model_is_accepted_about_as_often_as_it_should():
    """Normal changes of the assumed volatility, tested against their own quantile."""
    accepted = []
    for seed in range(60):
        luck = np.random.default_rng(seed)
        hits = luck.random(1000) < 0.01
        accepted.append(kupiec(int(hits.sum()), 1000, 0.01).p_value >= 0.05)
    assert 0.85 <= np.mean(accepted) <= 1.0


def test_a_wild_model_is_told_from_a_calm_one():
    table = backtest(series(1200, volatility=0.03), ["historical", "ewma(decay=0.8)", "filtered_historical"]).table()
    assert table.loc["ewma(decay=0.8)", "peak_to_trough"] > table.loc["filtered_historical", "peak_to_trough"] > \
        table.loc["historical", "peak_to_trough"]
    assert (table["coverage"] > 0.97).all()


def test_figure_and_files(tmp_path):
    result = backtest("h100_quotes_prime_intellect", ["historical", "filtered_historical + buffer(share=0.4)"])
    for phone in (False, True):
        page = draw(result, phone)
        assert page.words.title and "–" not in page.words.alt and len(page.fig.axes) == 3
        page.fig.savefig(tmp_path / "figure.png", dpi=40)
    assert result.figure() is not None
    result.write(tmp_path / "table.csv")
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 3
    daily = result.daily()
    assert len(daily) == 2 * len(result.dates) and daily["breach"].sum() == result.table()["breaches"].sum()


def test_all_models_run_by_name():
    assert len(backtest("h100_offers_gpurentalprices", MODELS).table()) == len(MODELS)


@pytest.mark.parametrize(("text", "problems"), [
    ("date,price\n2026-01-01,1\n2026-01-02,\n2026-01-03,2\n", [":3: `price` is empty"]),
    ("date,price\n2026-01-01,1\n2026-01-02,0\n2026-01-03,-2\n2026-01-04,x\n",
     [":3: `price` is 0", ":4: `price` is -2", ':5: `price` is "x"']),
    ("date,price\n2026-01-01,1\n2026-01-01,2\n2025-12-31,2\n",
     [":3: 2026-01-01 stands twice", ":4: 2025-12-31 is before"]),
    ("date,price\n2026-01-01,1\n2026-01-02,2\n2026-01-03,2\n2026-02-03,2\n", [":5: a gap of 31 days"]),
    ("date,price\nfirst,1\n2026-01-02,2\n2026-01-03,2\n", [':2: "first" is not a date']),
    ("date,prise\n2026-01-01,1\n", [':1: there is no column "price"; did you mean "prise"?']),
    ("date,price\n2026-01-01,1\n", ["1 prices are too few"]),
    ("date,price\n2026-01-01\n", [":2: 1 cells where the header has 2"]),
    ("", [":1: there is no column"]),
    ("date,price\n2026-01-01,1\n2026-01-02,2\n2026-01-03,nan\n", [':4: `price` is "nan"']),
])
def test_bad_price_files_are_refused_line_by_line(tmp_path, text, problems):
    with pytest.raises(BadInput) as caught:
        backtest(written(tmp_path, text))
    for problem in problems:
        assert problem in str(caught.value)


def test_bad_rules_and_positions_are_refused():
    for rule, reason in (("evma", "there are"), ("ewma(decay=2)", "less than 1"), ("ewma(decay)", "name=value"),
                         ("historical(window=50)", "too few"),
                         ("ewma + stressed_weight(form=observations)", "form: margin")):
        with pytest.raises(BadInput, match=reason):
            rule_of(rule)
    for position in ("both", 0, float("nan")):
        with pytest.raises(BadInput, match="a position is"):
            backtest(series(), ["fixed"], position)
    with pytest.raises(BadInput, match="warm-up"):
        backtest(series(), ["fixed"], warm_up=395)
    with pytest.raises(BadInput, match="did you mean"):
        backtest("h100_quotes_prime_intelect")
    with pytest.raises(BadInput, match="twice"):
        backtest(series(), ["fixed", "fixed"])


# --- portfolios -----------------------------------------------------------------------------------------


def curve_file(tmp_path, long=False):
    luck = np.random.default_rng(1)
    prices = 2.0 * np.exp(np.cumsum(luck.normal(0, 0.02, (300, 1)) + luck.normal(0, 0.005, (300, 3)), axis=0))
    dates = [str(np.datetime64("2026-01-01") + day) for day in range(300)]
    names = ["2027-02", "2026-12", "2027-01"]  # not in order
    if long:
        lines = [f"{date},{name},{price:.4f}" for date, row in zip(dates, prices, strict=True)
                 for name, price in zip(names, row, strict=True)]
        return written(tmp_path, "\n".join(["date,contract,price", *lines]), "long.csv")
    cell = lambda day, name, price: "" if name == "2027-02" and day <= 200 else f"{price:.4f}"
    lines = [",".join([date, *(cell(day, name, price) for name, price in zip(names, row, strict=True))])
             for day, (date, row) in enumerate(zip(dates, prices, strict=True))]
    return written(tmp_path, "\n".join(["date," + ",".join(names), *lines]), "wide.csv")


POSITIONS = "account,contract,quantity\na,2026-12,10\na,2027-01,-8\nb,2027-02,5\na,2026-12,2\n"


@pytest.mark.parametrize("model", [*MODELS, "filtered_historical + buffer"])
def test_accounts_with_offsets(tmp_path, model):
    positions = written(tmp_path, POSITIONS, "positions.csv")
    volumes = {"2026-12": 5, "2027-01": 5, "2027-02": 5}
    found = portfolio_margin(positions, curve_file(tmp_path), [model], volumes=volumes)
    assert found.curve.contracts == ("2026-12", "2027-01", "2027-02")
    assert found.position.tolist() == [[12, -8, 0], [0, 0, 5]]
    table = found.table().loc[model]
    assert table.loc["a", "offset"] < 0 and abs(table.loc["b", "offset"]) <= 0.01
    parts = table.drop(columns=["gross_value", "total"])
    np.testing.assert_allclose(parts.sum(axis=1), table["total"], atol=1e-6)
    assert table.loc["all accounts", "total"] == pytest.approx(table.loc[["a", "b"], "total"].sum())
    alone = found.contracts()
    assert len(alone) == 3 and (alone["alone"] > 0).all()
    if not model.startswith("blended"):  # whose liquidity is charged on the account
        assert alone[alone["account"] == "a"]["alone"].sum() == pytest.approx(table.loc["a", "apart"], rel=1e-3)


def test_both_forms_of_a_price_file_are_one(tmp_path):
    wide, long = read_curve(curve_file(tmp_path)), read_curve(curve_file(tmp_path, long=True))
    assert wide.contracts == long.contracts and (wide.months == long.months).all()
    np.testing.assert_array_equal(wide.prices[201:], long.prices[201:])
    assert np.isnan(wide.prices[:201, 2]).all()


def test_a_buffer_adds_its_share(tmp_path):
    positions, prices = written(tmp_path, POSITIONS, "positions.csv"), curve_file(tmp_path)
    rules = ["historical(window=150)", "historical(window=150) + buffer(release=9)"]
    found = portfolio_margin(positions, prices, rules)
    totals = [found.table().loc[label, "total"]["b"] for label in found.parts]
    assert totals[1] == pytest.approx(1.25 * totals[0], rel=1e-4)


@pytest.mark.parametrize(("text", "problem"), [
    ("account,contract,quantity\na,2026-11,1\n", ':2: no prices of contract "2026-11"; did you mean'),
    ("account,contract,quantity\na,2026-12,1.5\n", ':2: `quantity` is "1.5"; a whole number'),
    ("account,contract,quantity\n,2026-12,1\n", ":2: `account` is empty"),
    ("account,contract\na,2026-12\n", 'no column "quantity"'),
    ("account,contract,quantity\n", "there are no positions"),
])
def test_bad_positions_are_refused_line_by_line(tmp_path, text, problem):
    with pytest.raises(BadInput) as caught:
        portfolio_margin(written(tmp_path, text, "positions.csv"), curve_file(tmp_path))
    assert problem in str(caught.value)


def test_a_hole_in_a_contracts_prices_is_refused(tmp_path):
    prices = written(tmp_path, "date,x,y\n2026-01-01,1,1\n2026-01-02,,1\n2026-01-03,1,1\n")
    with pytest.raises(BadInput, match="contract x has no price between two that it has: 2026-01-02"):
        read_curve(prices)
