"""Estimators of the validation table, as plain functions of one history's daily series."""

from __future__ import annotations

import math

import numpy as np

from sim.metrics.statistics import autocorrelation as _autocorrelation

YEAR, WINDOW = 252, 273  # business days of a year, and of about 13 months
Run = dict[str, np.ndarray]


def changes(level: np.ndarray) -> np.ndarray:
    """float64[n-1]: log changes."""
    return np.diff(np.log(level))


def autocorrelation(x: np.ndarray, lag: int = 1) -> float:
    """Sample autocorrelation; nan for a constant series."""
    return float(_autocorrelation(x, [lag])[0])


def hill(x: np.ndarray, share: float = 0.10) -> float:
    """Hill exponent of the largest ``share`` of absolute values, at least five of them."""
    tail = np.sort(np.abs(x))[::-1]
    k = max(5, int(share * tail.size))
    if k >= tail.size or tail[k] <= 0:
        return math.nan
    return float(1.0 / np.mean(np.log(tail[:k] / tail[k])))


def mean_half_life(level: np.ndarray, window: int = WINDOW) -> float:
    """Median half-life of an AR(1) fitted to non-overlapping windows of about 13 months, in business days."""
    out = []
    for start in range(0, level.size - window + 1, window):
        x = level[start:start + window]
        a, b = x[:-1] - x[:-1].mean(), x[1:] - x[1:].mean()
        slope = (a * b).sum() / (a * a).sum()
        out.append(math.log(0.5) / math.log(slope) if 0 < slope < 1 else 500.0)
    return float(np.median(out)) if out else math.nan


def month_means(level: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Mean of each whole month."""
    return np.array([level[month == m].mean() for m in range(1, int(month.max()))])


def weekly_means(level: np.ndarray) -> np.ndarray:
    """Mean of each five days."""
    return level[: level.size // 5 * 5].reshape(-1, 5).mean(axis=1)


def squared_correlation(one: np.ndarray, two: np.ndarray, month: np.ndarray, step: int) -> float:
    """R2 of changes of monthly means of logs over ``step`` months."""
    a, b = (month_means(np.log(level), month) for level in (one, two))
    return float(np.corrcoef(a[step:] - a[:-step], b[step:] - b[:-step])[0, 1] ** 2)


def basis(one: np.ndarray, two: np.ndarray) -> float:
    """Mean sd of the log of one series over another in windows of 13 months."""
    x = np.log(one / two)
    return float(np.mean([x[s:s + WINDOW].std() for s in range(0, x.size - WINDOW + 1, WINDOW)]))


def regional_correlation(run: Run) -> float:
    """Mean pairwise correlation of monthly changes of regional spot prices."""
    means = [month_means(np.log(run[f"spot_{name}"]), run["month"]) for name in ("us", "cn", "eu", "row")]
    return float(np.corrcoef(np.diff(np.array(means), axis=1))[np.triu_indices(4, 1)].mean())


def growth(level: np.ndarray) -> float:
    """Factor by which a series grows in a year."""
    return float((level[-1] / level[0]) ** (YEAR / (level.size - 1)))


def forecast_errors(run: Run, name: str, ahead: int) -> np.ndarray:
    """ln(forecast / realised month average) by month, on first days of months, so many months ahead."""
    month, value = run["month"], run[f"index_{name}"]
    realised = {m: value[month == m].mean() for m in range(1, int(month.max()))}
    first = [int(np.argmax(month == m)) for m in range(1, int(month.max()))]
    return np.array([math.log(run[f"curve_{name}"][day, ahead] / realised[month[day] + ahead])
                     for day in first if month[day] + ahead in realised])


def consensus_changes(run: Run, name: str, ahead: int) -> np.ndarray:
    """Daily log changes of the consensus for one delivery month, ``ahead`` months away on the second of two days."""
    curve, rows = np.log(run[f"curve_{name}"]), np.arange(1, run["month"].size)
    return curve[rows, ahead] - curve[rows - 1, ahead + np.diff(run["month"])]


def investment(run: Run) -> tuple[float, float]:
    """Correlation of a year's orders per unit of capacity with the next year's price change, and their high over low.

    Years begin every quarter; the price is the log mean of the United States' spot price, and a change is that of
    one year's mean over the mean of the year before.
    """
    step, last = 63, run["orders_placed"].size - 2 * YEAR
    starts = range(0, last + 1, step)
    price = np.log(run["spot_us"])
    put = np.array([run["orders_placed"][s:s + YEAR].sum() / run["capacity_h100e"][s] for s in starts])
    after = np.array([price[s + YEAR:s + 2 * YEAR].mean() - price[s:s + YEAR].mean() for s in starts])
    if put.size < 8 or put.std() == 0 or put.min() <= 0:
        return math.nan, math.nan
    return float(np.corrcoef(put, after)[0, 1]), float(put.max() / put.min())
