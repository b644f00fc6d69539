"""Where in a box of severities things break: points that fill it evenly, and the corner in which most of them break."""

from __future__ import annotations

import numpy as np

PRIMES = (2, 3, 5, 7, 11, 13)
PEEL = 0.1  # share of points that one step takes away; Friedman and Fisher (1999) suggest 0.05 to 0.1
LEAST = 0.1  # share of points that a region must hold; judgement: fewer say little


def halton(count: int, dimensions: int) -> np.ndarray:
    """float64[count, dimensions]: points that fill the unit box evenly. Source: Halton (1960), in the first primes."""
    if not 1 <= dimensions <= len(PRIMES):
        raise ValueError(f"from one to {len(PRIMES)} dimensions, not {dimensions}")
    out = np.zeros((count, dimensions))
    for axis, base in enumerate(PRIMES[:dimensions]):
        for row in range(count):
            number, part = row + 1, 1.0
            while number:
                part /= base
                out[row, axis] += part * (number % base)
                number //= base
    return out


def densest_box(points: np.ndarray, broken: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Peel a box until most of what is left in it breaks.

    points : float64[n, d] in the unit box; broken : float64[n]  share of histories that broke there

    Returns
    -------
    float64[2, d] lower and upper bounds, the mean of ``broken`` inside, and the share of all breaks that it holds

    Source: Friedman and Fisher (1999), Statistics and Computing 9, "Bump hunting": the peeling half of PRIM.
    """
    bounds = np.stack([np.zeros(points.shape[1]), np.ones(points.shape[1])])
    inside = np.ones(len(points), np.bool_)
    while inside.sum() * (1 - PEEL) >= max(LEAST * len(points), 2) and broken[inside].mean() < 1.0:
        best = None
        for axis in range(points.shape[1]):
            column = points[inside, axis]
            for side, cut in ((0, np.quantile(column, PEEL)), (1, np.quantile(column, 1 - PEEL))):
                kept = inside & ((points[:, axis] > cut) if side == 0 else (points[:, axis] < cut))
                if kept.any() and (best is None or broken[kept].mean() > best[0]):
                    best = (broken[kept].mean(), side, axis, cut, kept)
        if best is None or best[0] <= broken[inside].mean():
            break
        _, side, axis, cut, inside = best
        bounds[side, axis] = cut
    total = broken.sum()
    return bounds, float(broken[inside].mean()), float(broken[inside].sum() / total) if total else 0.0
