"""What must emerge from the physical economy, over a few seeds; wide bands, but bands that can be missed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "economy_moments.py"


@pytest.fixture(scope="module")
def runs():
    spec = importlib.util.spec_from_file_location("economy_moments", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [module.figures(module.simulate(seed, 4)) for seed in range(1, 9)]


BANDS = {
    "transaction: volatility": (0.40, 0.60), "transaction: excess kurtosis": (1.5, 15),
    "transaction: Hill": (2, 4),
    "transaction: half-life": (15, 80), "assessed: volatility": (0.13, 0.25),
    "assessed: zero-change days": (0.35, 0.65),
    "assessed: AC1": (-0.2, 0.0), "R2 of monthly changes": (0, 0.10), "lists: sd(log)": (0.38, 0.6),
    "lists: hyperscaler / data centre": (1.8, 3.3), "lists: changes per day": (0.01, 0.05),
    "regions: monthly correlation": (0.25, 0.7), "transaction: first-year mean": (2.2, 3.6),
    "utilisation": (0.82, 0.97),
    "list stock-out share": (0.3, 0.7), "capacity growth": (2.05, 2.4),
    "transaction: 12-month forward over spot, first year": (-0.25, -0.02),
    "transaction forecast error 1m: mean": (-0.03, 0.06), "transaction forecast error 6m: mean": (-0.10, 0.14),
    "transaction forecast error 12m: mean": (-0.15, 0.20),
    "transaction forecast error 3m: root mean square": (0.10, 0.24),
    "assessed forecast error 1m: mean": (-0.03, 0.03), "assessed forecast error 12m: mean": (-0.2, 0.2),
    "assessed forecast error 1m: root mean square": (0.02, 0.08),
    **{f"{name} consensus {ahead}m: AC1 of changes": (-0.08, 0.08) for name in ("transaction", "assessed")
       for ahead in (1, 3, 6, 11)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BANDS)
def test_moment_in_band(runs, name):
    low, high = BANDS[name]
    mean = np.mean([run[name] for run in runs])
    assert low <= mean <= high
