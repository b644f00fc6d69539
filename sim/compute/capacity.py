"""Decisions on capacity: what rent owners expect from a new GPU, whether it pays, and how many they order."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from sim.compute.layout import HYPERSCALER
from sim.compute.operators import KINDS


def remember_prices(p: SimpleNamespace, region: np.ndarray) -> None:
    """Owners remember the spot price of the last quarter and of the last years (log $, by region)."""
    region["recent"] += p.recent_gain * (region["price"] - region["recent"])
    region["habit"] += p.habit_gain * (region["price"] - region["habit"])


def expected_rent(p: SimpleNamespace, region: np.ndarray, strip: np.ndarray, curve_share: float) -> np.ndarray:
    """float64[3, 4] log $/H100e-hour: rent that each kind of owner expects in each region from what is ordered today.

    strip       : float64[4] log $  the public outlook of the next 12 months with the traded curve's part in it
    curve_share : float             weight of the traded curve times the share of months that are listed

    The public outlook knows what others build. Who neglects competition puts the price of the last quarter in its
    place, and where no liquid curve corrects him, he takes what prices have done for what they will do.
    """
    private = p.neglect * (region["recent"] - strip) + p.extrapolation * (region["recent"] - region["habit"])
    bias = np.ones(len(KINDS))
    bias[HYPERSCALER] = p.hyperscaler_bias
    return strip + (1.0 - curve_share) * bias[:, None] * private


def pays(p: SimpleNamespace, rent: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """float64[3, 4]: share of projects whose rent lies above the trigger over the cost of owning (float64[4] $)."""
    margin = (rent - p.term_discount - np.log(cost) - p.trigger) / p.trigger_width
    return 1.0 / (1.0 + np.exp(-np.minimum(60.0, np.maximum(-60.0, margin))))
