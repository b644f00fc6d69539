"""The classic case: margin rules through 2008 on the S&P 500, a series of the package ``arch`` (extra ``analysis``)."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sim.experiments.backtest import backtest


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with warnings.catch_warnings():  # those of the packages that arch brings along
        warnings.simplefilter("ignore")
        sp500 = pytest.importorskip("arch.data.sp500", reason="arch is in the extra `analysis`, which is not installed")
        close = sp500.load()["Adj Close"].loc["2003":"2012"].dropna()
    path = tmp_path_factory.mktemp("sp500") / "sp500.csv"
    close.rename_axis("date").rename("price").to_csv(path)
    return backtest(path, ["historical", "filtered_historical", "ewma(decay=0.97)",
                           "filtered_historical + floor", "filtered_historical + buffer"])


def test_filtering_follows_the_crisis_and_plain_history_lags_behind(found):
    rows = {row["rule"]: row for row in map(found.row, found.outcomes)}
    plain, filtered = rows["historical"], rows["filtered_historical"]
    assert plain["days"] > 1_900
    assert plain["one_sided_p"] < 0.01  # history without filtering was too small too often
    assert filtered["breaches"] < plain["breaches"] and filtered["one_sided_p"] > 0.01
    assert filtered["peak_to_trough"] > 1.5 * plain["peak_to_trough"]  # Murphy, Vasios and Vause (2014): 6.2 and 2.2
    assert rows["ewma(decay=0.97)"]["peak_to_trough"] > plain["peak_to_trough"]
    for tool in ("floor", "buffer"):
        tamed = rows[f"filtered_historical + {tool}"]
        assert tamed["peak_to_trough"] < filtered["peak_to_trough"] and tamed["mean_margin"] > filtered["mean_margin"]


def test_the_worst_weeks_are_those_of_2008(found):
    outcome = next(each for each in found.outcomes if each.rule.label == "filtered_historical")
    peak = found.dates[int(np.argmax(outcome.rate))]
    assert np.datetime64("2008-09-15") < peak < np.datetime64("2009-01-31")
