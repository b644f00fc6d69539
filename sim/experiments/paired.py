"""Two scenarios on the same luck: what differs, how sure that is, and how many histories would make it surer.

Both are run with the same seeds, so that a history of one is compared with the same history of the other and
whatever luck they share cancels out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.streams import Streams
from sim.summary import student

RESAMPLES = 2000  # of the bootstrap; judgement: its ends then move by a few per cent of the interval's width
MOST_NEEDED = 10**9


@dataclass(frozen=True)
class Difference:
    """One figure of a scenario against another, over histories in which both have it.

    pairs : histories; first, second : means; mean : of the differences, first less second
    low, high : 90 % interval of that mean, by Student's t for pairs; boot_low, boot_high : by bootstrap
    sd : of the differences; higher, lower : histories in which the first is higher, or lower
    effect : mean over sd, "how many times the noise of one history"; nan where there is no noise
    """

    pairs: int
    first: float
    second: float
    mean: float
    low: float
    high: float
    boot_low: float
    boot_high: float
    sd: float
    higher: int
    lower: int

    @property
    def effect(self) -> float:
        """The mean difference over the standard deviation of one history's difference."""
        return self.mean / self.sd if self.sd > 0 else math.nan

    @property
    def same(self) -> bool:
        """Whether no history differs."""
        return self.pairs > 0 and self.higher == self.lower == 0

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return bool(self.low > 0 or self.high < 0)

    def needed(self, precision: float) -> float:
        """Histories after which the interval reaches at most ``precision`` times the level to either side.

        The level is the larger of the two means. nan where that cannot be said, as at a level of zero.
        """
        width = precision * max(abs(self.first), abs(self.second))
        return histories_needed(self.sd, width)

    def needed_to_tell(self) -> float:
        """Histories after which the interval leaves out zero, if the mean difference stays as it is."""
        return histories_needed(self.sd, abs(self.mean))


def histories_needed(sd: float, width: float) -> float:
    """Smallest number of pairs whose 90 % interval reaches at most ``width`` to either side of its mean."""
    if not (math.isfinite(sd) and math.isfinite(width)):
        return math.nan
    if sd == 0:
        return 2
    if width <= 0:
        return math.nan
    number = max(2, int((1.6448 * sd / width) ** 2)) if sd / width < 1e4 else MOST_NEEDED
    while number < MOST_NEEDED and student(number - 1) * sd / math.sqrt(number) > width:
        number += max(1, number // 1000)
    return float(number)


def paired(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Compare history by history; those in which either figure is unknown are left out.

    first, second : float[histories], in the same order
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    gap, nan = a - b, math.nan
    count = len(gap)
    if count == 0:
        return Difference(0, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0)
    mean = float(np.mean(gap))
    higher, lower = int(np.sum(gap > 0)), int(np.sum(gap < 0))
    if count == 1:
        return Difference(1, float(a[0]), float(b[0]), mean, nan, nan, nan, nan, nan, higher, lower)
    sd = float(np.std(gap, ddof=1)) if higher or lower else 0.0
    half = student(count - 1) * sd / math.sqrt(count)
    boot_low, boot_high = bootstrap(gap)
    return Difference(count, float(np.mean(a)), float(np.mean(b)), mean, mean - half, mean + half, boot_low, boot_high,
                      sd, higher, lower)


def bootstrap(values: np.ndarray) -> tuple[float, float]:
    """90 % interval of the mean from resampled means; the same values always give the same interval.

    values : float64[n]. Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, 13.3 (percentile interval).
    """
    count = len(values)
    block = max(1, 1_000_000 // count)  # resamples drawn at once, so that memory stays small
    means = [np.mean(values[_draws(count, start, min(block, RESAMPLES - start))], axis=1)
             for start in range(0, RESAMPLES, block)]
    low, high = np.quantile(np.concatenate(means), [0.05, 0.95])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _draws(count: int, start: int, resamples: int) -> np.ndarray:
    """int64[resamples, count]: which histories each resample takes."""
    return Streams(0).integers("bootstrap", resamples * count, 0, count, day=start).reshape(resamples, count)
