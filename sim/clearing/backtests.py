"""Was the margin enough, and how fast did it rise: coverage tests and measures of procyclicality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BASEL_PLUS = {5: 0.40, 6: 0.50, 7: 0.65, 8: 0.75, 9: 0.85}  # for 250 days at 99 %


class Kupiec(NamedTuple):
    """Proportion of failures: likelihood ratio, its p-value, and the chance of at least so many breaches."""

    ratio: float
    p_value: float
    one_sided: float


class Christoffersen(NamedTuple):
    """Independence of breaches, and the joint test with their proportion."""

    ratio: float
    p_value: float
    joint_ratio: float
    joint_p_value: float
    transitions: tuple[tuple[int, int], tuple[int, int]]  # [from][to], 1 is a breach


class TrafficLight(NamedTuple):
    """Supervisory zone, the chance of at most so many breaches, and the plus factor (nan unless 250 days at 99 %)."""

    zone: str
    cumulative: float
    plus: float


class Procyclicality(NamedTuple):
    """How a margin path rises; ratios and increases by number of days, nan where the path is too short."""

    peak_to_trough: float  # largest over smallest, in any order
    trough_first: float  # largest over the smallest before it
    ratio: dict[int, float]  # largest rise over so many days, as a multiple
    increase: dict[int, float]  # the same as a difference
    mean: float


def kupiec(breaches: int, n: int, p: float) -> Kupiec:
    """Whether breaches are as frequent as they should be.

    Parameters
    ----------
    breaches : days on which the loss exceeded the margin
    n        : days
    p        : chance of a breach on a day if the model is right, such as 0.01

    Source: Kupiec (1995), Journal of Derivatives 3(2); two-sided, so it rejects no breaches in 750 days at 1 %.
    """
    breaches, n = _check(breaches, n, p)
    share = breaches / n
    ratio = -2.0 * (_likelihood(n - breaches, breaches, p) - _likelihood(n - breaches, breaches, share))
    ratio = max(ratio, 0.0)
    above = 1.0 - _binomial(breaches - 1, n, p) if breaches else 1.0
    return Kupiec(ratio, _chi_squared(ratio, 1), max(above, 0.0))


def christoffersen(hits: Sequence[bool] | np.ndarray, p: float) -> Christoffersen:
    """Whether a breach makes a breach on the next day more likely.

    Parameters
    ----------
    hits : bool[days], true on a breach
    p    : chance of a breach on a day if the model is right; enters the joint test alone

    Source: Christoffersen (1998), International Economic Review 39(4).
    """
    days = np.asarray(hits, np.bool_)
    if days.ndim != 1 or len(days) < 2:
        raise ValueError("breaches must be one flag a day, for at least two days")
    before, after = days[:-1], days[1:]
    n00, n01 = int((~before & ~after).sum()), int((~before & after).sum())
    n10, n11 = int((before & ~after).sum()), int((before & after).sum())
    overall = (n01 + n11) / len(before)
    from_0 = n01 / (n00 + n01) if n00 + n01 else 0.0
    from_1 = n11 / (n10 + n11) if n10 + n11 else 0.0
    free = _likelihood(n00, n01, from_0) + _likelihood(n10, n11, from_1)
    ratio = max(-2.0 * (_likelihood(n00 + n10, n01 + n11, overall) - free), 0.0)
    joint = ratio + kupiec(int(days.sum()), len(days), p).ratio
    return Christoffersen(ratio, _chi_squared(ratio, 1), joint, _chi_squared(joint, 2), ((n00, n01), (n10, n11)))


def traffic_light(breaches: int, n: int = 250, p: float = 0.01) -> TrafficLight:
    """The supervisory zone: yellow from a cumulative chance of 95 %, red from 99.99 %.

    Source: Basel Committee (1996), Supervisory framework for the use of backtesting; MAR32.
    """
    breaches, n = _check(breaches, n, p)
    cumulative = _binomial(breaches, n, p)
    zone = "green" if cumulative < 0.95 else "yellow" if cumulative < 0.9999 else "red"
    plus = math.nan
    if (n, p) == (250, 0.01):
        plus = 0.0 if zone == "green" else BASEL_PLUS.get(breaches, 1.0)
    return TrafficLight(zone, cumulative, plus)


def procyclicality(path: Sequence[float] | np.ndarray, windows: Sequence[int] = (1, 5, 20)) -> Procyclicality:
    """Peak to trough, and the largest rise over some days, of a margin path.

    Parameters
    ----------
    path    : float64[days]  margin, positive; leading nan (before the first rate) is left out
    windows : business days over which rises are measured

    Source: Murphy, Vasios and Vause (2014), Bank of England Financial Stability Paper 29, and its variants.
    """
    margin = np.asarray(path, np.float64)
    if margin.ndim != 1:
        raise ValueError("a margin path has one value a day")
    known = np.flatnonzero(~np.isnan(margin))
    margin = margin[known[0]:] if len(known) else margin[:0]
    if not len(margin) or not (np.isfinite(margin).all() and (margin > 0).all()):
        raise ValueError("a margin path needs positive values, without gaps once it has begun")
    if any(window < 1 for window in windows):
        raise ValueError("rises are measured over one day or more")
    ratio, increase = {}, {}
    for window in windows:
        later, earlier = margin[window:], margin[:-window]
        ratio[window] = float((later / earlier).max()) if len(later) else math.nan
        increase[window] = float((later - earlier).max()) if len(later) else math.nan
    lowest = np.minimum.accumulate(margin)
    return Procyclicality(float(margin.max() / margin.min()), float((margin / lowest).max()), ratio, increase,
                          float(margin.mean()))


def _check(breaches: int, n: int, p: float) -> tuple[int, int]:
    """Breaches and days as whole numbers; a sum of flags may come as 5.0."""
    if not 0 <= breaches <= n or n < 1 or breaches != int(breaches) or n != int(n):
        raise ValueError(f"{breaches} breaches in {n} days make no sense")
    if not 0.0 < p < 1.0:
        raise ValueError(f"the chance of a breach is between 0 and 1, not {p}")
    return int(breaches), int(n)


def _likelihood(misses: int, hits: int, p: float) -> float:
    """Log likelihood of independent trials, with 0 log 0 = 0."""
    return (misses * math.log1p(-p) if misses else 0.0) + (hits * math.log(p) if hits else 0.0)


def _chi_squared(x: float, degrees: int) -> float:
    """Chance that a chi-squared variable of 1 or 2 degrees of freedom exceeds x."""
    return math.erfc(math.sqrt(x / 2.0)) if degrees == 1 else math.exp(-x / 2.0)


def _binomial(k: int, n: int, p: float) -> float:
    """Chance of at most k successes in n trials."""
    whole, odds = math.lgamma(n + 1), (math.log(p), math.log1p(-p))
    return min(math.fsum(math.exp(whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * odds[0] + (n - i) * odds[1])
                         for i in range(k + 1)), 1.0)
