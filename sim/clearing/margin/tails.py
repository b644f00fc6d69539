"""How large a loss is at a confidence: quantiles of a distribution and of a sample, and the mean beyond them."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np

from sim.clearing.margin.kernels import worst_changes

Measure = Literal["value_at_risk", "expected_shortfall"]
Quantile = Literal["kth_worst", "linear", "type2"]
Tail = Literal["whole", "fractional"]


@lru_cache(maxsize=64)
def tail_share(confidence: float) -> Fraction:
    """One minus the confidence as it is written: 0.95 leaves exactly a twentieth, which floats do not."""
    return 1 - Fraction(repr(confidence))


@lru_cache(maxsize=256)
def tail_size(n: int, confidence: float) -> Fraction:
    """How many of n scenarios lie in the tail; raises ValueError where that is not even one."""
    size = n * tail_share(confidence)
    if size < 1:
        least = math.ceil(1 / tail_share(confidence))
        raise ValueError(f"{n} scenarios are too few for a confidence of {confidence:g}: it takes at least {least}")
    return size


def both_sides(scenarios: np.ndarray, confidence: float, measure: Measure = "value_at_risk",
               quantile: Quantile = "kth_worst", tail: Tail = "whole") -> np.ndarray:
    """float64[2, contracts]: loss of who is long and who is short one contract, over float64[contracts, n] changes."""
    n = scenarios.shape[1]
    deep = min(math.ceil(tail_size(n, confidence)) + 1, n)
    worst = np.empty((2, len(scenarios), deep))
    worst_changes(np.ascontiguousarray(scenarios), worst[0], worst[1])
    return tail_loss(worst, n, confidence, measure, quantile, tail)


def tail_loss(worst: np.ndarray, n: int, confidence: float, measure: Measure = "value_at_risk",
              quantile: Quantile = "kth_worst", tail: Tail = "whole") -> np.ndarray:
    """Value at risk or expected shortfall from the largest of n losses, the worst first along the last axis.

    quantile : "kth_worst", the k-th of them with k = n (1 - confidence) rounded up; "linear", interpolated as numpy
        does by default; "type2", the mean of two where k is a whole number (Hyndman and Fan 1996)
    tail     : expected shortfall as the mean of the "whole" k worst, or with the last counted for the "fractional"
        rest of k (Acerbi and Tasche 2002)
    """
    size = tail_size(n, confidence)
    k = math.ceil(size)
    if measure == "expected_shortfall":
        if tail == "whole" or k == size:
            return worst[..., :k].mean(axis=-1)
        rest = float(size - (k - 1))
        return (worst[..., : k - 1].sum(axis=-1) + rest * worst[..., k - 1]) / float(size)
    if quantile == "kth_worst" or (quantile == "type2" and k != size):
        return worst[..., k - 1]
    if quantile == "type2":
        return (worst[..., k - 1] + worst[..., min(k, n - 1)]) / 2.0
    place = (n - 1) * tail_share(confidence)
    at = math.floor(place)
    return worst[..., at] + float(place - at) * (worst[..., at + 1] - worst[..., at])


def weighted_tail_loss(losses: np.ndarray, weights: np.ndarray, confidence: float,
                       measure: Measure = "value_at_risk") -> np.ndarray:
    """As ``tail_loss`` for float64[contracts, n] losses that count float64[n] times each; weights sum to one.

    The loss at which the weight of it and of all larger ones first reaches the tail; equal weights give the k-th worst.
    """
    share = float(tail_share(confidence))
    order = np.argsort(-losses, axis=1, kind="stable")
    worst, weight = np.take_along_axis(losses, order, axis=1), weights[order]
    reached = np.cumsum(weight, axis=1)
    k = (reached < share * (1.0 - 1e-12)).sum(axis=1)
    if measure == "value_at_risk":
        return worst[np.arange(len(losses)), k]
    inside = np.clip(share - (reached - weight), 0.0, weight)
    return (inside * worst).sum(axis=1) / inside.sum(axis=1)


@lru_cache(maxsize=64)
def multiplier(confidence: float, degrees: float = 0.0) -> float:
    """Standard deviations up to a confidence: of a normal, or of a Student distribution scaled to variance one."""
    if not degrees:
        return NormalDist().inv_cdf(confidence)
    return _student_quantile(confidence, degrees) * math.sqrt((degrees - 2.0) / degrees)


def _student_quantile(confidence: float, degrees: float) -> float:
    """By bisection on the distribution function, for a confidence above a half."""
    low, high = 0.0, 1.0
    while _student_cdf(high, degrees) < confidence:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if _student_cdf(middle, degrees) < confidence else (low, middle)
    return 0.5 * (low + high)


def _student_cdf(x: float, degrees: float) -> float:
    """Chance that a Student variable is at most x >= 0: 1 - I(degrees / (degrees + x^2); degrees / 2, 1 / 2) / 2."""
    return 1.0 - 0.5 * _incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + x * x))


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function. Source: its continued fraction, by Lentz's method."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1000):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / (1.0 + term * d)
        c = 1.0 + term / c
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return front * (value - 1.0)
