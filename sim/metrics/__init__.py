"""Figures that sum up a run: one file for each family, and the statistics behind them as plain functions."""

from sim.metrics.statistics import autocorrelation, half_life, hill, kurtosis, volatility

__all__ = ["autocorrelation", "half_life", "hill", "kurtosis", "volatility"]
