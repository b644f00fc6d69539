"""Whether a series grows faster than a random walk can: the bubble test of Phillips, Shi and Yu."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sim.metrics.bubble_kernels import scan, scan_with_lags, simulate, simulate_from_start
from sim.streams import Streams


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
