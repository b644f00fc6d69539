"""Statistics of a series, as plain functions of arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def changes(prices: np.ndarray) -> np.ndarray:
    """float64[n-1]: daily log changes of float64[n] prices; days without a price are left out first."""
    prices = np.asarray(prices, np.float64)
    return np.diff(np.log(prices[np.isfinite(prices) & (prices > 0)]))


def volatility(prices: np.ndarray, days: int = 252) -> float:
    """Standard deviation of log changes, a year: 0.4 is 40 %."""
    x = changes(prices)
    return float(np.std(x) * np.sqrt(days)) if len(x) > 1 else float("nan")


def kurtosis(x: np.ndarray) -> float:
    """Fourth standardised moment less that of a normal distribution, 0 for the normal one."""
    x = np.asarray(x, np.float64)
    spread = float(np.std(x)) if len(x) > 3 else 0.0
    return float(np.mean(((x - np.mean(x)) / spread) ** 4) - 3.0) if spread > 0 else float("nan")


def hill(x: np.ndarray, share: float = 0.01) -> float:
    """Tail exponent of |x| from its largest ``share`` of observations; lower is a fatter tail.

    Source: Hill 1975, Annals of Statistics 3, 1163; nan where fewer than five observations are in the tail.
    """
    size = np.sort(np.abs(np.asarray(x, np.float64)))
    size = size[np.isfinite(size)]
    k = round(len(size) * share)
    if k < 5 or k >= len(size) or size[-k - 1] <= 0:
        return float("nan")
    mean = float(np.mean(np.log(size[-k:] / size[-k - 1])))
    return 1.0 / mean if mean > 0 else float("nan")


def autocorrelation(x: np.ndarray, lags: int | Iterable[int]) -> np.ndarray:
    """float64[k]: autocorrelation of float64[n] at lags 1 to ``lags``, or at the lags given; nan where undefined.

    Sums of products are divided by the sum of squares of the whole series (Box & Jenkins 1976, section 2.1).
    """
    x = np.asarray(x, np.float64)
    wanted = list(lags) if isinstance(lags, Iterable) else range(1, lags + 1)
    x = x - np.mean(x) if len(x) else x
    whole = float(np.sum(x * x))
    short = lambda lag: lag < 0 or lag >= len(x) or whole == 0.0
    return np.array([np.nan if short(lag) else float(np.sum(x[lag:] * x[: len(x) - lag])) / whole for lag in wanted])


def half_life(x: np.ndarray) -> float:
    """Steps in which a deviation of float64[n] from its mean halves, by its lag-one autocorrelation; inf if never."""
    lag = float(autocorrelation(x, 1)[0]) if len(x) > 2 else float("nan")
    if np.isnan(lag):
        return float("nan")
    return float("inf") if lag >= 1.0 else float(np.log(0.5) / np.log(lag)) if lag > 0.0 else 0.0


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Correlation of two float64[n]; nan where one of them does not move."""
    x, y = x - np.mean(x), y - np.mean(y)
    scale = float(np.sqrt(np.sum(x * x) * np.sum(y * y)))
    return float(np.sum(x * y)) / scale if scale > 0 else float("nan")


def mean(x: np.ndarray) -> float:
    """Mean of what is known; nan where nothing is."""
    x = np.asarray(x, np.float64)
    x = x[np.isfinite(x)]
    return float(np.mean(x)) if len(x) else float("nan")
