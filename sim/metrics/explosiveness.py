"""Whether a series grows faster than a random walk can: the bubble test of Phillips, Shi and Yu."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sim.metrics.bubble_kernels import scan, scan_with_lags, simulate, simulate_from_start
from sim.streams import Streams

# Observations -> what 5 % of random walks exceed, windows of `smallest_window` and more, lag 0. Source: 20,000 walks by
# `gsadf_critical_values`, 16,000 at 504 (standard error 0.02); the cases in tests/literature have 1.99 at 100.
CRITICAL = {50: 1.881, 75: 1.972, 100: 2.001, 150: 2.076, 200: 2.103, 300: 2.165, 504: 2.245}


class BubbleTest(NamedTuple):
    """Right-tailed unit-root statistics of one series.

    adf : of the whole; sadf : highest over windows from the start; gsadf : highest over all windows
    sequence : float64[T]  highest over windows that end at each time, -inf before the first
    window : fewest observations
    """

    adf: float
    sadf: float
    gsadf: float
    sequence: np.ndarray
    window: int


def smallest_window(length: int) -> int:
    """The rule of the paper: ``(0.01 + 1.8 / sqrt(T)) * T`` observations."""
    return int((0.01 + 1.8 / math.sqrt(length)) * length)


def bubble_test(y: ArrayLike, lag: int = 0, window: int | None = None) -> BubbleTest:
    """All statistics of the test.

    y : [T], such as price over fundamental; lag : lagged moves in the regression; window : fewest observations.
    Raises ValueError for a series too short or not finite.
    Source: Phillips, Shi & Yu 2015, International Economic Review 56:1043.
    """
    series = np.ascontiguousarray(y, dtype=float)
    least = smallest_window(len(series)) if window is None else int(window)
    if series.ndim != 1 or not np.all(np.isfinite(series)):
        raise ValueError("the bubble test needs one series of finite numbers")
    if lag < 0 or least < 2 * lag + 5 or len(series) < least:
        raise ValueError(f"{len(series)} observations in windows of {least} are too few for lag {lag}")
    sequence = np.empty(len(series))
    adf, sadf, highest = scan(series, least, sequence) if lag == 0 else scan_with_lags(series, lag, least, sequence)
    return BubbleTest(adf, sadf, highest, sequence, least)


def gsadf(y: ArrayLike, lag: int = 0, window: int | None = None) -> float:
    """The generalised supremum ADF statistic: compare with `gsadf_critical_values` of the same length.

    y : [T]; lag : lagged moves in the regression; window : fewest observations. See `bubble_test`.
    """
    return bubble_test(y, lag, window).gsadf


def highest_statistic(y: ArrayLike) -> float:
    """The same with lag 0 and the smallest window of the paper by whole arrays, so that a run need not compile for it.

    y : [T], a few hundred observations at most: all windows are held at once.
    """
    series = np.asarray(y, float)
    before, move = series[:-1] - series.mean(), np.diff(series)
    start, end = np.arange(len(series))[:, None], np.arange(len(series))[None, :]  # a window's moves: start to end - 1
    sums = [np.concatenate([[0.0], np.cumsum(each)]) for each in (
        before, move, before * before, before * move, move * move)]
    sx, sy, sxx, sxy, syy = (each[end] - each[start] for each in sums)
    count = np.maximum(end - start, 3)
    xx, xy, yy = sxx - sx * sx / count, sxy - sx * sy / count, syy - sy * sy / count
    told = (end - start >= smallest_window(len(series)) - 1) & (xx > 1e-12 * sums[2][-1])  # a price that stands still
    xx = np.where(told, xx, 1.0)
    slope = xy / xx
    rest = np.maximum(yy - slope * xy, 1e-300)
    return float(np.max(slope / np.sqrt(rest / (count - 2) / xx), where=told, initial=-np.inf))


def critical_value(length: int) -> float:
    """What 5 % of random walks of so many observations exceed: `CRITICAL`, between its lengths by their logarithm."""
    return float(np.interp(math.log(length), np.log(list(CRITICAL)), list(CRITICAL.values())))


@lru_cache(maxsize=64)
def _null(length: int, window: int, repetitions: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    key = Streams(seed).key("bubble test under the null")
    every, cheap = np.empty((repetitions, 3)), np.empty((50 * repetitions, 2))
    simulate(key, length, window, every)
    simulate_from_start(key, length, window, cheap)
    return cheap[:, 0], cheap[:, 1], every[:, 2]


def gsadf_critical_values(length: int, window: int | None = None, *, repetitions: int = 2000, seed: int = 0,
                          levels: tuple[float, ...] = (0.9, 0.95, 0.99)) -> dict[str, np.ndarray]:
    """Quantiles of ``adf``, ``sadf`` and ``gsadf`` for random walks with drift 1/T: float64[levels] each, lag 0.

    repetitions : random walks behind ``gsadf``; fifty times as many behind the other two, which cost less.
    """
    draws = _null(length, smallest_window(length) if window is None else int(window), repetitions, seed)
    return {name: np.quantile(each, levels) for name, each in zip(("adf", "sadf", "gsadf"), draws, strict=True)}
