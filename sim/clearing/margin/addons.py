"""What large or illiquid positions cost to close out, beyond the loss at prices of the day.

Plain functions of arrays. Amounts are in the unit of ``value``; size is a number of contracts without its sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def liquidity(size: np.ndarray, value: np.ndarray, spread: float) -> np.ndarray:
    """Half the quoted spread, a share of price, on the value of so many contracts."""
    return 0.5 * spread * value * size


def above_threshold(size: np.ndarray, value: np.ndarray, volatility: np.ndarray, volume: np.ndarray, *,
                    threshold: float = 1.0, pace: float = 0.2, weight: float = 1.0) -> np.ndarray:
    """A multiple of volatility over the days that closing out takes, on what exceeds a multiple of daily volume.

    threshold : multiple of the average daily volume that is free; pace : share of volume that can be traded a day
    """
    beyond = np.maximum(size - threshold * volume, 0.0)
    return weight * beyond * value * volatility * np.sqrt(days_to_close(size, volume, pace))


def square_root_impact(size: np.ndarray, value: np.ndarray, volatility: np.ndarray, volume: np.ndarray, *,
                       weight: float = 1.0) -> np.ndarray:
    """Price impact that grows with the root of size over volume, on the whole position: cost as size to the 3/2."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(size > 0, size / volume, 0.0)
    return np.where(size > 0, weight * volatility * value * size * np.sqrt(share), 0.0)


def days_to_close(size: np.ndarray, volume: np.ndarray, pace: float = 0.2) -> np.ndarray:
    """Days that so many contracts take at a share of the average daily volume; infinite where nothing trades."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size > 0, size / (pace * volume), 0.0)


def concentrated_sensitivity(risk_weight: float, sensitivities: Sequence[float], threshold: float,
                             correlation: float = 0.0) -> float:
    """Margin of one bucket whose sensitivities weigh more the further their sum is above a threshold.

    Weighted sensitivities add up with a correlation, shrunk by the ratio of their concentrations.

    Source: ISDA SIMM 2.5 (2022), commodity delta margin; every sensitivity is a risk factor of its own.
    """
    concentration = [max(1.0, math.sqrt(abs(s) / threshold)) for s in sensitivities]
    weighted = [risk_weight * s * c for s, c in zip(sensitivities, concentration, strict=True)]
    total = 0.0
    for i, one in enumerate(weighted):
        for j, other in enumerate(weighted):
            low, high = sorted((concentration[i], concentration[j]))
            total += one * other * (1.0 if i == j else correlation * low / high)
    return math.sqrt(max(total, 0.0))
