"""Prices when traders switch to the forecast that has paid (Brock & Hommes)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from sim.literature.kernels import adaptive_beliefs, lyapunov, next_deviation
from sim.streams import Streams

_next = next_deviation.py_func


def brock_hommes(intensity: float, *, trend: Sequence[float] = (0.0, 1.2), bias: Sequence[float] = (0.0, 0.0),
                 cost: Sequence[float] = (1.0, 0.0), gross_rate: float = 1.1, start: float = 0.1,
                 steps: int = 10_000, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Deviations of the price from its fundamental, float64[steps], currency.

    Parameters
    ----------
    intensity : of choice; trend, bias, cost : of each type's forecast ``trend * x + bias``
    gross_rate : 1 + riskless rate a step; start : the deviation before the first step; noise : sd of the price

    Risk aversion times return variance is 1. The defaults are fundamentalists who pay for their knowledge
    against trend followers. Source: Brock & Hommes 1998, JEDC 22:1235, sections 4.1 to 4.3.
    """
    path = np.full(3 + steps, float(start))
    luck = noise * Streams(seed).normal("literature adaptive beliefs", steps) if noise else np.zeros(steps)
    adaptive_beliefs(gross_rate, float(intensity), *_types(trend, bias, cost), luck, path)
    return path[3:]


def lyapunov_exponent(intensity: float, *, trend: Sequence[float], bias: Sequence[float], gross_rate: float,
                      cost: Sequence[float] | None = None, start: float = 0.1, steps: int = 200_000,
                      skip: int = 5_000) -> float:
    """Largest Lyapunov exponent, natural log a step: above 0 two close paths part (chaos)."""
    cost = [0.0] * len(trend) if cost is None else cost
    return float(lyapunov(gross_rate, float(intensity), *_types(trend, bias, cost), float(start), steps, skip))


def _types(trend: ArrayLike, bias: ArrayLike, cost: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (np.array(trend, dtype=float), np.array(bias, dtype=float), np.array(cost, dtype=float))


def pitchfork(trend: float, cost: float, gross_rate: float) -> float:
    """Intensity of choice at which the price leaves its fundamental: costly fundamentalists against a trend above R."""
    return math.log(gross_rate / (trend - gross_rate)) / cost


def period_doubling(trend: float, cost: float, gross_rate: float) -> float:
    """Intensity of choice at which costly fundamentalists against contrarians (trend below -R) begin to alternate."""
    return math.log(gross_rate / (abs(trend) - gross_rate)) / cost


def hopf_of_biases(bias: ArrayLike) -> float:
    """Intensity of choice at which the fundamental price gives way to a cycle, beliefs differing by free constants."""
    return 1.0 / float(np.var(np.asarray(bias, dtype=float)))


def steady_deviation(intensity: float, trend: float, cost: float, gross_rate: float) -> float:
    """The positive steady deviation above the pitchfork."""
    excess = cost - math.log(gross_rate / (trend - gross_rate)) / intensity
    return math.sqrt(max(excess, 0.0) / ((gross_rate - 1.0) * trend))


def spectral_radius(intensity: float, trend: float, cost: float, gross_rate: float) -> float:
    """Largest modulus of the eigenvalues at the steady deviation of the two-type model; above 1 it is unstable."""
    types = (np.array([0.0, trend]), np.zeros(2), np.array([cost, 0.0]))
    point = np.full(3, steady_deviation(intensity, trend, cost, gross_rate))
    jacobian = np.zeros((3, 3))
    jacobian[1, 0] = jacobian[2, 1] = 1.0
    for column in range(3):
        gap = 1e-6 * (np.arange(3) == column)
        up, down = (_next(x[0], x[1], x[2], gross_rate, intensity, *types) for x in (point + gap, point - gap))
        jacobian[0, column] = (up - down) / 2e-6
    return float(np.abs(np.linalg.eigvals(jacobian)).max())


def neimark_sacker(trend: float, cost: float, gross_rate: float) -> float:
    """Intensity of choice above the pitchfork at which the steady deviation becomes a cycle, by bisection."""
    low = pitchfork(trend, cost, gross_rate) * 1.001
    high = low
    while spectral_radius(high, trend, cost, gross_rate) < 1.0:
        high *= 1.05
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spectral_radius(middle, trend, cost, gross_rate) < 1.0 else (low, middle)
    return 0.5 * (low + high)


def cobweb_doubling(demand_slope: float, supply_slope: float, cost: float) -> float:
    """Intensity of choice at which a cobweb of costly foresight against naive expectations begins to alternate.

    Source: Brock & Hommes 1997, Econometrica 65:1059.
    """
    return 2.0 / cost * math.atanh(demand_slope / supply_slope)


def cobweb_path(intensity: float, *, demand_slope: float = 0.5, supply_slope: float = 1.35, cost: float = 1.0,
                start: float = 0.1, steps: int = 1000) -> np.ndarray:
    """Prices less their steady value in that cobweb, float64[steps]."""
    price, difference = start, math.tanh(-0.5 * intensity * cost)
    out = np.empty(steps)
    for step in range(steps):
        slope = supply_slope * (1.0 - difference) / (2.0 * demand_slope + supply_slope * (1.0 + difference))
        difference = math.tanh(0.5 * intensity * (0.5 * supply_slope * (slope + 1.0) ** 2 * price**2 - cost))
        price = out[step] = -slope * price
    return out
