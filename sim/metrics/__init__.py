"""Figures that sum up a run: one file for each family, and the statistics behind them as plain functions."""

from sim.metrics.branching import branching_ratio
from sim.metrics.explosiveness import bubble_test, gsadf, gsadf_critical_values
from sim.metrics.statistics import autocorrelation, half_life, hill, kurtosis, volatility

__all__ = [
    "autocorrelation", "branching_ratio", "bubble_test", "gsadf", "gsadf_critical_values", "half_life", "hill",
    "kurtosis", "volatility",
]
