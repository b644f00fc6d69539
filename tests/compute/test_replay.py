"""Replayed prices: the file to the digit, branches and reruns, and every file that cannot be used."""

import datetime as dt
import json
import math
import pickle

import numpy as np
import pytest

import sim
from sim.calendar import Calendar
from sim.compute.indices.assessed import Assessed
from sim.compute.indices.transaction import Transaction
from sim.compute.operators import no_operators
from sim.compute.replay import Replay, ReplayedEconomy
from sim.errors import BadInput
from sim.price_files import read_prices, shipped_prices
from sim.rerun import rerun
from sim.scenario import Scenario
from sim.streams import Streams

START = dt.date(2026, 10, 5)
SMALL = ["burn_in=30", "market.warm_up=10", "days=12"]


def price_file(path, days=120, first="2026-09-01", header="date,price"):
    dates = np.arange(np.datetime64(first), np.datetime64(first) + days)
    prices = 2.0 + 0.003711 * np.arange(days) + 0.4 * (np.arange(days) > 40)
    path.write_text("\n".join([header, *(f"{d},{p:.6f}" for d, p in zip(dates, prices, strict=True))]) + "\n")
    return dict(zip(dates.astype(object), np.round(prices, 6), strict=True))


def scenario_file(folder, series="prices.csv", more=""):
    path = folder / "mine.yaml"
    path.write_text(f"extends: quick\ncompute: {{type: replay, series: {series}{more}}}\n")
    return path


def economy(prices, calendar, **changes):
    return ReplayedEconomy(Replay(series="none", **changes), no_operators(), Streams(1), calendar,
                           (Assessed(), Transaction()), prices)


def test_spot_and_first_index_are_those_of_the_file(tmp_path):
    prices = price_file(tmp_path / "prices.csv")
    scenario = Scenario.load(scenario_file(tmp_path), SMALL)
    assert scenario.first_price == prices[START]
    daily = sim.run(scenario, record="daily").daily
    known = [prices[date.date()] for date in daily["date"]]
    assert daily["spot_us"].tolist() == known
    assert daily["index_assessed"].tolist() == [math.floor(100 * p + 0.5) / 100 for p in known]
    assert daily["list_median"].isna().all()
    assert (daily["spot_cn"] != daily["spot_us"]).all()


def test_business_days_are_counted_from_the_first_date(tmp_path):
    prices = price_file(tmp_path / "prices.csv", first="2025-03-03")
    scenario = Scenario.load(scenario_file(tmp_path, more=", first_date: 2025-04-10"), SMALL)
    then = Calendar(dt.date(2025, 4, 10), 12, 30)
    model = scenario.build()
    assert model.economy.prices[30:].tolist() == [prices[then.date(day)] for day in range(12)]
    assert model.economy.prices[0] == prices[dt.date(2025, 3, 3)]  # before the file begins its first price holds


def test_the_last_price_of_a_day_counts_and_stands_on_days_without_one(tmp_path):
    (tmp_path / "prices.csv").write_text("date,price\n2026-10-05T09:00,2\n2026-10-05T18:00,3\n2026-10-08,4\n"
                                         "2026-10-09,5\n")
    scenario = Scenario.load(scenario_file(tmp_path), ["burn_in=2", "market.warm_up=0", "days=5"])
    assert scenario.build().economy.prices.tolist() == [2, 2, 3, 3, 3, 4, 5]


def test_the_consensus_returns_to_a_drifting_average():
    calendar = Calendar(START, 40, 10)
    prices = np.full(50, 2.0)
    prices[30:] = 4.0
    one = economy(prices, calendar, half_life=20.0, average_half_life=1e-6, drift=0.0)
    two = economy(prices, calendar, half_life=20.0, average_half_life=2520.0, drift=-0.2)
    for world in (one, two):
        for day in range(-10, 22):
            world.step(day)
    assert np.allclose(one.forecast["assessed"][1:], 4.0)  # an average that is the price itself expects no change
    level, away = two._average, math.log(4.0) - two._average
    ahead = calendar.last_day(calendar.month(21)) - 21 + 21 * 12 - 10.5
    expected = math.exp(level + away * 0.5 ** (ahead / 20) - 0.2 * ahead / 252)
    assert two.forecast["assessed"][12] == pytest.approx(expected, rel=1e-9)
    assert (np.diff(two.forecast["assessed"][1:]) < 0).all()


def test_a_month_that_is_half_over_is_half_known():
    calendar = Calendar(START, 40, 5)
    world = economy(np.linspace(2, 3, 45), calendar, drift=0.0)
    for day in range(-5, 15):
        world.step(day)
    seen = np.floor(100 * world.prices[5 - 2:20] + 0.5) / 100  # two days of October lie before the first
    left = calendar.last_day(calendar.month(14)) - 14
    rest = (world.forecast["assessed"][0] * (len(seen) + left) - seen.sum()) / left
    assert calendar.first_day(calendar.month(14)) == -2
    assert 2.0 < rest < 2.6


def test_snapshots_continue_bit_for_bit(tmp_path):
    price_file(tmp_path / "prices.csv")
    model = Scenario.load(scenario_file(tmp_path), SMALL).build()
    while model.day < 4:
        model.step()
    twin = model.branch()
    for _ in range(5):
        model.step()
        twin.step()
    assert model.economy.record() == pytest.approx(twin.economy.record(), rel=0, nan_ok=True)
    assert (model.ledger.cash == twin.ledger.cash).all()
    assert (model.economy.forecast["transaction"] == twin.economy.forecast["transaction"]).all()


def test_results_keep_the_file_and_run_again_without_the_original(tmp_path):
    price_file(tmp_path / "prices.csv")
    scenario = Scenario.load(scenario_file(tmp_path), SMALL)
    results = sim.run(scenario, out=tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["series"]["sha256"] == scenario.replayed.sha256
    assert (tmp_path / "out" / "series" / "prices.csv").read_bytes() == (tmp_path / "prices.csv").read_bytes()
    (tmp_path / "prices.csv").unlink()
    assert rerun(tmp_path / "out").same
    assert Scenario.load(tmp_path / "out" / "scenario.resolved.yaml").hash8() == results.manifest["scenario_hash"]


def test_the_hash_follows_what_is_in_the_file(tmp_path):
    price_file(tmp_path / "prices.csv")
    one = Scenario.load(scenario_file(tmp_path), SMALL)
    price_file(tmp_path / "other.csv")
    assert Scenario.load(scenario_file(tmp_path, "other.csv"), SMALL).hash8() == one.hash8()
    price_file(tmp_path / "prices.csv", days=121)
    assert Scenario.load(scenario_file(tmp_path), SMALL).hash8() != one.hash8()
    assert pickle.loads(pickle.dumps(one)).replayed == one.replayed


@pytest.mark.parametrize("name", sorted(shipped_prices()))
def test_shipped_series_can_be_replayed(name):
    first = read_prices(name).dates[0].astype("datetime64[D]")
    changes = {"compute.type": "replay", "compute.series": name, "compute.first_date": first.astype(object), "days": 5}
    model = Scenario.load("quick", {**changes, "burn_in": 5, "market.warm_up": 2}).build()
    model.step()
    assert model.economy.chip_spot == read_prices(name).prices[0]


@pytest.mark.parametrize(("series", "more", "words"), [
    ("nowhere.csv", "", 'there is no file "'), ("h100_spot_gogle_us_central1", "", "did you mean"),
    ("prices.csv", ", column: bid", 'there is no column "bid"'),
    ("prices.csv", ", first_date: 2026-12-20", "lower `days` to 6, or choose an earlier `first_date`"),
    ("prices.csv", ", first_date: 2026-08-03", "from 2026-09-01 on"),
    ("prices.csv", ", first_date: 1999-08-03", "the calendar knows 2015 to 2100"),
    ("empty.csv", "", 'there is no column "date"'), ("wrong.csv", "", "`price` is -1"),
    ("wrong.csv", "", "2026-10-05 stands twice"), ("wrong.csv", "", "`price` is empty"),
    ("prices.csv", ", half_life: 0", "half_life is 0; it must be above 0"), ("''", "", "series"),
])
def test_what_cannot_be_replayed_is_refused(tmp_path, series, more, words):
    price_file(tmp_path / "prices.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "wrong.csv").write_text("date,price\n2026-10-05,2\n2026-10-05,-1\n2026-10-06,\n2026-10-07,3\n")
    with pytest.raises(BadInput, match=words.replace("(", r"\(").replace("[", r"\[")):
        Scenario.load(scenario_file(tmp_path, series, more), SMALL)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_words_that_name_no_file_are_refused(name):
    with pytest.raises(BadInput, match=r"not the name of a file|there is no file"):
        Scenario.load("quick", {"compute.type": "replay", "compute.series": name})


def test_a_file_shorter_than_the_run_is_refused_with_dates(tmp_path):
    price_file(tmp_path / "prices.csv")
    with pytest.raises(BadInput) as error:
        Scenario.load(scenario_file(tmp_path), ["days=504"])
    text = str(error.value)
    assert "mine.yaml:2" in text and "prices.csv runs from 2026-09-01 to 2026-12-29" in text
    assert "504 days of the run need prices from 2026-10-05 to 2028-10-04; lower `days` to 60" in text


def test_shocks_to_the_physical_economy_are_refused(tmp_path):
    price_file(tmp_path / "prices.csv")
    path = scenario_file(tmp_path)
    path.write_text(path.read_text() + "shocks: [{type: demand_surge, date: 2026-10-08}]\n")
    with pytest.raises(BadInput, match="prices follow the file, so a shock to the physical economy cannot move them"):
        Scenario.load(path, SMALL)


def test_an_economy_needs_a_price_for_every_day():
    for prices in (np.ones(3), np.zeros(45)):
        with pytest.raises(ValueError, match="45 positive prices"):
            economy(prices, Calendar(START, 40, 5))


def test_the_description_names_the_series_and_its_first_day():
    text = " ".join(Scenario.load("replay_h100").describe().split())
    assert 'Prices are those of the series "h100_spot_google_us_central1" from 1 Aug 2024 on, whatever happens' in text
    assert "Prices are those of" not in Scenario.load("quick").describe()


def test_scenarios_without_a_type_stay_physical():
    assert Scenario.load("quick").compute.type_name == "physical"
    assert Scenario.load("quick", ["compute.prices.reference=3.0"]).compute.prices.reference == 3.0
    assert Scenario.load("quick").replayed is None
