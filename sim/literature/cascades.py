"""Cascades in which every event sets off a random number of others."""

from __future__ import annotations

import math

import numpy as np

from sim.literature.kernels import cascade_sizes
from sim.streams import Streams


def branching_cascades(ratio: float, *, cascades: int = 200_000, limit: int = 10_000, seed: int = 0) -> np.ndarray:
    """int64[cascades]: sizes when each event sets off a Poisson number of others with this mean; cut at the limit.

    Source: Harris 1963, The Theory of Branching Processes; below a ratio of 1 the mean size is ``1 / (1 - ratio)``.
    """
    sizes = np.empty(cascades, np.int64)
    cascade_sizes(Streams(seed).key("literature cascades"), float(ratio), limit, sizes)
    return sizes


def size_exponent(sizes: np.ndarray, low: int = 100, high: int = 10_000) -> float:
    """Exponent of the density of sizes between two sizes, from the shares of cascades that reach each."""
    reached = math.log((sizes >= low).mean() / (sizes >= high).mean())
    return 1.0 + reached / math.log(high / low)
