"""Exponentially weighted variance, at the end of a path, and where it starts."""

from __future__ import annotations

from typing import Literal

import numpy as np

Seed = Literal["assumed", "first", "mean", "none"]
LEAST_DECAY = 0.5  # a half-life of one day


def variance_now(changes: np.ndarray, decay: float, seed: np.ndarray) -> np.ndarray:
    """float64[contracts]: forecast of the next day's squared change, from float64[contracts, n] past ones.

    decay : weight of yesterday's forecast, the rest is yesterday's square; seed : float64[contracts]  first forecast
    """
    n = changes.shape[1]
    power = decay ** np.arange(n, -1, -1)
    return (changes * changes * ((1.0 - decay) * power[1:])).sum(axis=1) + power[0] * seed


def first_variance(changes: np.ndarray, rule: Seed, days: int, assumed: float) -> np.ndarray:
    """float64[contracts]: the forecast before the first change, by rule; the assumed one where there is no change.

    rule : "assumed"; "first", the first squared change; "mean", the mean square of the first so many days
    """
    if rule == "assumed" or not changes.shape[1]:
        return np.full(len(changes), assumed**2)
    if rule == "first":
        return changes[:, 0] ** 2
    start = changes[:, :days]
    return (start * start).mean(axis=1)
