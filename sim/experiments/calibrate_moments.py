"""Moments of a daily price, their covariance under a block bootstrap, and the distance between two sets of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.experiments.estimators import autocorrelation, hill, mean_half_life, weekly_means
from sim.metrics.statistics import changes, kurtosis

YEAR = 252
SMALLEST = 1e-8  # variance that a moment is taken to have at least, so that a constant one weighs much and not all


class Moment(NamedTuple):
    """A figure of one daily price series.

    measure : from float64[days] prices to a number, nan where it cannot be told
    """

    label: str
    unit: str
    measure: Callable[[np.ndarray], float]


def _volatility(prices: np.ndarray) -> float:
    return float(100 * changes(prices).std() * math.sqrt(YEAR))


def _weekly(prices: np.ndarray) -> float:
    return float(100 * np.diff(weekly_means(np.log(prices))).std() * math.sqrt(YEAR / 5))


def _tail(prices: np.ndarray) -> float:
    return math.log(kurtosis(changes(prices)) + 3.0)


MOMENTS = {
    "volatility": Moment("volatility of days", "% a year", _volatility),
    "weekly_volatility": Moment("volatility of weekly means", "% a year", _weekly),
    "log_kurtosis": Moment("log of the fourth standardised moment of daily changes; 1.1 for a normal distribution",
                           "log", _tail),
    "hill": Moment("Hill exponent of the largest tenth of daily changes", "", lambda p: hill(changes(p))),
    "unchanged": Moment("days without change", "%", lambda p: float(100 * (changes(p) == 0).mean())),
    "autocorrelation": Moment("autocorrelation of daily changes, lag 1", "",
                              lambda p: autocorrelation(changes(p))),
    "autocorrelation_of_size": Moment("autocorrelation of the size of daily changes, lag 1", "",
                                      lambda p: autocorrelation(np.abs(changes(p)))),
    "half_life": Moment("half-life of deviations within 13 months", "business days",
                        lambda p: mean_half_life(np.log(p))),
}


def measured(prices: np.ndarray, names: tuple[str, ...]) -> list[float]:
    """The named moments of float64[days] prices."""
    return [float(MOMENTS[name].measure(prices)) for name in names]


def resampled(prices: np.ndarray, block: int, count: int, seed: int) -> np.ndarray:
    """float64[count, days]: price paths put together from blocks of the daily changes, in a circle, with fixed luck.

    Source: Politis & Romano 1992, circular block bootstrap; blocks keep what lasts for less than their length.
    """
    moves = changes(prices)
    luck = np.random.default_rng([seed, len(moves)])
    starts = luck.integers(0, len(moves), (count, -(-len(moves) // block)))
    places = (starts[:, :, None] + np.arange(block)).reshape(count, -1)[:, : len(moves)] % len(moves)
    return prices[0] * np.exp(np.concatenate([np.zeros((count, 1)), np.cumsum(moves[places], axis=1)], axis=1))


def bootstrap(prices: np.ndarray, names: tuple[str, ...], block: int, count: int, seed: int) -> np.ndarray:
    """float64[count, moments]: the moments of resampled paths."""
    return np.array([measured(path, names) for path in resampled(prices, block, count, seed)])


def covariance(samples: np.ndarray, shrinkage: float) -> np.ndarray:
    """float64[m, m] of float64[n, m] samples, correlations drawn towards zero so that it can be inverted.

    Samples in which a moment is unknown are left out.
    """
    known = samples[np.isfinite(samples).all(axis=1)]
    if len(known) < 3:
        return np.full((samples.shape[1], samples.shape[1]), np.nan)
    gap = known - known.mean(axis=0)
    found = (gap[:, :, None] * gap[:, None, :]).sum(axis=0) / (len(known) - 1)
    spread = np.maximum(np.diag(found), SMALLEST)
    return np.where(np.eye(len(found), dtype=bool), spread, (1 - shrinkage) * found)


@dataclass(frozen=True)
class Goal:
    """What the model is to meet.

    names : a moment each, "target: moment"
    real  : float64[m]; cover : float64[m, m], its covariance over histories as long as the real one
    """

    names: tuple[str, ...]
    real: np.ndarray
    cover: np.ndarray

    def weight(self) -> np.ndarray:
        """float64[m, m]: the inverse of the covariance."""
        return np.asarray(np.linalg.inv(self.cover))

    def distance(self, simulated: np.ndarray) -> float:
        """J of float64[histories, m]: the weighted square of the gap between the mean moments and the real ones.

        The mean of S histories is uncertain itself, which widens the covariance by 1 + 1/S; a model that is right
        has J near the number of moments less that of parameters. nan where a history has an unknown moment.
        Source: Duffie & Singleton 1993, Econometrica 61:929, simulated moments.
        """
        if not len(simulated) or not np.isfinite(simulated).all():
            return math.nan
        gap = simulated.mean(axis=0) - self.real
        return float((gap[:, None] * self.weight() * gap[None, :]).sum() / (1.0 + 1.0 / len(simulated)))

    def errors(self, slopes: np.ndarray, histories: int) -> np.ndarray:
        """float64[k]: standard errors of parameters where the mean moments change by float64[m, k] with each.

        nan where the moments cannot tell the parameters apart.
        """
        information = np.einsum("ai,ab,bj->ij", slopes, self.weight(), slopes)
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e12:
            return np.full(slopes.shape[1], math.nan)
        return np.asarray(np.sqrt(np.diag(np.linalg.inv(information)) * (1.0 + 1.0 / histories)))
