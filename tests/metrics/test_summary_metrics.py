import numpy as np
import pandas as pd
import pytest

import sim.metrics
from sim.metrics.base import Figure, Metric
from sim.metrics.clearing import Clearing
from sim.metrics.hedging import Hedging
from sim.metrics.liquidity import Liquidity
from sim.metrics.physical import Physical
from sim.metrics.prices import Prices, curve_slope, second_month_changes
from sim.metrics.statistics import changes, correlation, half_life, hill, kurtosis, mean, volatility
from sim.metrics.welfare import Welfare
from sim.run import run
from sim.scenario import Scenario
from sim.summary import Frames, Summary, figures_of, interval, metrics_of, student


def frames(daily=None, contracts=None, events=None, causes=None, agents=None):
    return Frames(*(pd.DataFrame(table or {}) for table in (daily, contracts, events, causes, agents)))


# --- statistics -------------------------------------------------------------------------------------------


def test_hill_finds_the_exponent_of_a_pareto_tail():
    x = (1 - (np.arange(100_000) + 0.5) / 100_000) ** (-1 / 3)
    assert hill(x, 0.01) == pytest.approx(3.0, rel=0.03)
    assert hill(-x, 0.05) == pytest.approx(3.0, rel=0.01)
    assert np.isnan(hill(x[:100], 0.01))  # one observation is no tail
    assert sim.metrics.hill is hill


def test_autocorrelation():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert sim.metrics.autocorrelation(x, 1).tolist() == [0.25]
    assert sim.metrics.autocorrelation(x, [0, 3, 4])[:2].tolist() == [1.0, pytest.approx(-0.45)]
    assert np.isnan(sim.metrics.autocorrelation(x, [4])).all()
    assert np.isnan(sim.metrics.autocorrelation(np.ones(5), 2)).all()
    alternating = np.tile([1.0, -1.0], 500)
    assert sim.metrics.autocorrelation(alternating, 2) == pytest.approx([-0.999, 0.998])


def test_moments():
    assert volatility(np.exp(np.tile([0.0, 0.01], 200))) == pytest.approx(0.01 * np.sqrt(252), rel=1e-3)
    assert kurtosis(np.tile([-1.0, 1.0], 50)) == pytest.approx(-2.0)
    assert np.isnan(kurtosis(np.ones(9)))
    assert changes(np.array([1.0, np.nan, 0.0, np.e])).tolist() == [1.0]
    assert np.isnan(mean(np.array([np.nan])))
    assert correlation(np.arange(5.0), -2 * np.arange(5.0)) == pytest.approx(-1.0)


def test_half_life_of_a_decay():
    x = 0.9 ** np.arange(400.0)
    decay = np.concatenate([x, -x])
    assert half_life(decay) == pytest.approx(np.log(0.5) / np.log(0.9), rel=0.01)
    assert half_life(np.tile([1.0, -1.0], 10)) == 0.0


# --- families ---------------------------------------------------------------------------------------------


def two_contracts():
    """Three days; the nearest contract expires after the second."""
    return {"day": [0, 0, 1, 1, 2, 2], "contract": ["2026-10", "2026-11", "2026-10", "2026-11", "2026-11", "2026-12"],
            "expiry": pd.to_datetime(["2026-10-30", "2026-11-30"] * 2 + ["2026-11-30", "2026-12-31"]),
            "settle": [2.0, 4.0, 2.2, 4.4, 4.4, 5.5], "best_bid": [1.9, 3.9, np.nan, 4.3, 4.3, 5.4],
            "best_ask": [2.1, 4.1, 2.3, 4.5, 4.5, 5.6], "depth": [10] * 6}


def test_changes_stay_within_one_contract():
    table = pd.DataFrame(two_contracts())
    assert second_month_changes(table).tolist() == pytest.approx([np.log(1.1), 0.0])  # November throughout
    assert curve_slope(table).tolist() == pytest.approx([1.0, 1.0, 0.25])


def test_liquidity():
    found = Liquidity().compute(frames({"volume": [10.0, 20.0], "open_interest": [100.0, 200.0]}, two_contracts()))
    assert found["turnover"] == pytest.approx(10.0)
    assert found["quoted"] == pytest.approx(100 * 5 / 6)
    assert found["spread_front"] == pytest.approx(100 * np.mean([0.1, 0.2 / 4.4]))


def test_clearing_counts_and_who_stood_behind():
    days = 252
    daily = {"margin_calls": [2.0] + [0.0] * (days - 1), "margin_call_cents": [5 * 10**8] + [0] * (days - 1),
             "defaults": [1.0] + [0.0] * (days - 1), "volume": [100.0] * days, "forced_volume": [1.0] * days,
             "initial_margin": [1e10] * days, "house_loss_cents": [10**8] + [0] * (days - 1)}
    events = {"event": [0, 1, 2], "day": [0, 1, 1], "kind": ["margin call", "forced sale", "default"]}
    causes = {"event": [0, 1, 2, 2], "cause": [-1, -1, 1, -1], "weight": [1.0, 1.0, 0.5, 0.5]}
    found = Clearing().compute(frames(daily, events=events, causes=causes))
    assert found["margin_calls"] == 2.0
    assert found["margin_call_peak"] == 5.0
    assert found["initial_margin_peak"] == 100.0
    assert found["forced_share"] == pytest.approx(1.0)
    assert found["house_loss"] == 1.0
    assert found["triggered_share"] == pytest.approx(25.0)


def hedge_tables(basis):
    """A year of months: futures at 2 always; spot 2 +- 0.5 by month; settlement equal to spot but for ``basis``."""
    dates = pd.bdate_range("2026-10-01", "2027-12-31")
    month = dates.to_period("M")
    level = dict(zip(month.unique(), 2 + 0.5 * np.tile([1, -1], 8)[: month.nunique()], strict=True))
    daily = {"day": np.arange(len(dates)), "date": dates, "spot_us": [level[m] for m in month]}
    rows = []
    for number, (when, own) in enumerate(zip(dates, month, strict=True)):
        for delivery in pd.period_range(own, periods=5, freq="M"):
            end = pd.bdate_range(delivery.start_time, delivery.end_time)[-1]
            settled = level[delivery] + basis * (-1) ** delivery.month if when == end else 2.0
            rows.append((number, str(delivery), end, settled))
    return daily, pd.DataFrame(rows, columns=["day", "contract", "expiry", "settle"]).to_dict("list")


def test_a_perfect_hedge_takes_all_risk_and_basis_leaves_some():
    perfect = Hedging().compute(frames(*hedge_tables(0.0)))
    assert perfect["hedge_effectiveness"] == pytest.approx(100.0)
    assert perfect["cost_risk_unhedged"] == pytest.approx(0.5, rel=0.02)
    loose = Hedging().compute(frames(*hedge_tables(0.25)))
    assert loose["hedge_effectiveness"] == pytest.approx(75.0, abs=1.0)


def test_cover_of_users():
    agents = {"need_contracts": [100, 0, -50], "long_contracts": [150, 7, 0]}
    assert Hedging().compute(frames(agents=agents)) == {"users_cover": 150.0}


def test_welfare_and_physical():
    daily = {"rationed_share": [0.1, 0.3], "idle_share": [0.0, 0.1], "token_price": [4.0, 2.0],
             "utilisation": [0.9, 0.8], "capacity_h100e": [1.0, 1.1]}
    assert Welfare().compute(frames(daily))["rationed"] == pytest.approx(20.0)
    assert Welfare().compute(frames(daily))["token_price_change"] == pytest.approx(-100.0)
    assert Physical().compute(frames(daily))["utilisation"] == pytest.approx(85.0)


@pytest.mark.parametrize("metric", [Prices, Liquidity, Clearing, Hedging, Welfare, Physical])
def test_nothing_recorded_gives_no_figure(metric):
    assert all(np.isnan(value) or value == 0 for value in metric().compute(frames()).values())


def test_every_figure_of_a_run_is_declared_with_a_unit():
    scenario = Scenario.load("quick", {"days": 30, "burn_in": 10, "market.warm_up": 3})
    results = run(scenario)
    assert {"volatility_spot", "defaults", "spread_front", "utilisation", "rationed"} <= set(results.units)
    for name, about in results.figures.about.items():
        assert about["unit"], name
        assert about["label"], name
        assert about["better"] in ("low", "high", ""), name


def test_a_figure_that_is_not_declared_is_refused():
    class Careless(Metric):
        """A metric that gives what it does not declare."""

        figures = {"known": Figure("Known", "units", "low")}

        def compute(self, run):
            return {"known_index_assessed": 1.0, "unknown": 2.0}

    assert Careless.figure("known_index_assessed").label == "Known, assessed index"
    with pytest.raises(KeyError, match="'unknown' but does not declare it"):
        figures_of([Careless()], frames())


def test_all_registered_metrics_are_used():
    assert {"prices", "liquidity", "clearing", "hedging", "welfare", "physical"} <= {
        metric.type_name for metric in metrics_of(Scenario.load("quick"))}


# --- over runs --------------------------------------------------------------------------------------------


def test_student_quantiles_against_scipy():
    from scipy.stats import t

    for freedom in (1, 2, 3, 5, 29, 500):
        assert student(freedom) == pytest.approx(t.ppf(0.95, freedom), abs=2e-3)


def test_interval_of_the_mean():
    found = interval([1.0, 2.0, 3.0, float("nan")])
    assert found["mean"] == 2.0
    assert found["high"] - found["mean"] == pytest.approx(2.92 / np.sqrt(3), abs=1e-3)
    assert np.isnan(interval([5.0])["low"])
    assert interval([5.0])["mean"] == 5.0


def test_a_summary_survives_its_file():
    about = {"a": {"label": "A", "unit": "%", "better": "low", "doc": "", "metric": "m"}}
    summary = Summary([(1, 7, {"a": 1.5}), (2, 8, {"a": float("nan")}), (3, 9, {})], about)
    again = Summary.from_json(summary.as_json())
    assert again.about == about
    assert again.runs[0] == (1, 7, {"a": 1.5})
    assert again.aggregate()["a"]["mean"] == 1.5
    assert summary.as_csv().splitlines()[:2] == ["run,seed,a [%]", "1,7,1.5"]
