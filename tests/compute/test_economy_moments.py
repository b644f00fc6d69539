"""What must emerge from the physical economy, over a few seeds; wide bands, but bands that can be missed."""

import numpy as np
import pytest

from sim.experiments.estimators import autocorrelation, consensus_changes, forecast_errors
from sim.experiments.validate_physical import ROWS, simulate

MEASURES = {row.key: row.measure for row in ROWS}


@pytest.fixture(scope="module")
def runs():
    return [simulate(seed, 4) for seed in range(1, 9)]


BANDS = {
    "transaction: volatility": (40, 60), "transaction: excess kurtosis": (1.5, 15), "transaction: Hill": (2, 4),
    "transaction: half-life": (15, 80), "assessed: volatility": (13, 25), "assessed: zero-change days": (35, 65),
    "assessed: AC1": (-0.2, 0.0), "R2 of monthly changes": (0, 0.10), "lists: sd(log)": (0.38, 0.6),
    "lists: hyperscaler / data centre": (1.8, 3.3), "lists: changes per day": (1, 5),
    "regions: monthly correlation": (0.25, 0.7), "utilisation": (82, 97), "stock-out": (30, 70),
    "capacity growth": (2.05, 2.4), "transaction: 12-month forward": (-25, -2),
}
ERRORS = {  # index, months ahead, and the bands of mean and root mean square
    ("transaction", 1): ((-0.03, 0.06), None), ("transaction", 6): ((-0.10, 0.14), None),
    ("transaction", 12): ((-0.15, 0.20), None), ("transaction", 3): (None, (0.10, 0.24)),
    ("assessed", 1): ((-0.03, 0.03), (0.02, 0.08)), ("assessed", 12): ((-0.2, 0.2), None),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BANDS)
def test_moment_in_band(runs, name):
    value, (low, high) = np.mean([MEASURES[name](run) for run in runs]), BANDS[name]
    assert low <= value <= high, f"{name} = {value:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize(("index", "ahead"), ERRORS)
def test_forecast_errors_in_band(runs, index, ahead):
    errors = [forecast_errors(run, index, ahead) for run in runs]
    found = (np.mean([e.mean() for e in errors]), np.mean([np.sqrt((e * e).mean()) for e in errors]))
    for value, band in zip(found, ERRORS[index, ahead], strict=True):
        assert band is None or band[0] <= value <= band[1]


@pytest.mark.slow
@pytest.mark.parametrize("index", ["transaction", "assessed"])
@pytest.mark.parametrize("ahead", [1, 3, 6, 11])
def test_the_consensus_changes_by_news_alone(runs, index, ahead):
    assert abs(np.mean([autocorrelation(consensus_changes(run, index, ahead)) for run in runs])) <= 0.08


@pytest.mark.slow
def test_first_year_level_and_prices_without_accidents(runs):
    assert 2.2 <= np.mean([run["index_transaction"][:252].mean() for run in runs]) <= 3.6
    for run in runs:
        assert run["spot_us"].min() > 0 and np.isfinite(run["spot_us"]).all()
