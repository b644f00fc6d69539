"""What a tranche of a large pool of loans loses when defaults share one cause (Vasicek)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from sim.jit import normal_quantile

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_FAR = 9.0  # standard deviations beyond which the normal distribution holds 1e-19
_quantile = normal_quantile.py_func


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _loss(z: float, p: float, rho: float, lgd: float) -> float:
    """Loss of the pool when the common cause is at z (high is bad)."""
    return lgd * _normal_cdf((_quantile(p) + math.sqrt(rho) * z) / math.sqrt(1.0 - rho))


def _cause(loss: float, p: float, rho: float, lgd: float) -> float:
    """The common cause at which the pool loses this much, held within the range that matters."""
    share = loss / lgd
    if share <= 0.0:
        return -_FAR
    if share >= 1.0:
        return _FAR
    z = (_quantile(share) * math.sqrt(1.0 - rho) - _quantile(p)) / math.sqrt(rho)
    return min(max(z, -_FAR), _FAR)


def _edges(low: float, high: float, p: float, rho: float) -> np.ndarray:
    """Where to cut the range of the common cause: finely where a small change of it decides the whole pool."""
    middle, width = -_quantile(p) / math.sqrt(rho), 8.5 * math.sqrt((1.0 - rho) / rho)
    cuts = np.concatenate([np.linspace(low, high, 40), np.linspace(middle - width, middle + width, 40)])
    return np.unique(np.clip(cuts, low, high))


def _expected_loss(attach: float, detach: float, p: float, rho: float, lgd: float) -> float:
    width = detach - attach
    if not 0.0 <= attach < detach:
        raise ValueError(f"a tranche attaches below where it detaches, not at {attach} and {detach}")
    if p in (0.0, 1.0) or rho == 0.0:
        return min(max(lgd * p - attach, 0.0), width) / width
    if rho == 1.0:
        return p * min(max(lgd - attach, 0.0), width) / width
    low, high = _cause(attach, p, rho, lgd), _cause(detach, p, rho, lgd)
    total = width * _normal_cdf(-high)
    if detach > lgd:  # the tranche cannot be lost whole: its part above the pool's greatest loss is safe
        total = max(lgd - attach, 0.0) * _normal_cdf(-high)
    for left, right in pairwise(_edges(low, high, p, rho)):
        half = 0.5 * (right - left)
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            z = left + half * (node + 1.0)
            density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
            total += half * weight * density * max(_loss(z, p, rho, lgd) - attach, 0.0)
    return total / width


def tranche_loss(attach: ArrayLike, detach: ArrayLike, p: float, rho: float, lgd: float = 1.0) -> float | np.ndarray:
    """The expected loss of a tranche, as a share of the tranche.

    Parameters
    ----------
    attach, detach : number or array, share of the pool  where the tranche begins and stops to lose
    p : probability  that a loan defaults during the life of the tranche
    rho : 0 to 1  correlation of the firms' asset values
    lgd : share  lost of a loan in default

    Returns
    -------
    float, or float64 of the shape of attach and detach

    Source: Vasicek 2002, "The distribution of loan portfolio value", Risk 15:160.
    """
    if not (0.0 <= p <= 1.0 and 0.0 <= rho <= 1.0 and 0.0 < lgd <= 1.0):
        raise ValueError(f"p and rho are shares, lgd is above 0 and at most 1, not {p}, {rho}, {lgd}")
    lows, highs = np.broadcast_arrays(np.asarray(attach, dtype=float), np.asarray(detach, dtype=float))
    losses = [_expected_loss(float(a), float(d), p, rho, lgd) for a, d in zip(lows.flat, highs.flat, strict=True)]
    return losses[0] if lows.ndim == 0 else np.array(losses).reshape(lows.shape)
