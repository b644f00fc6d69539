"""Whole cents in proportion: floor and largest remainder, ties to who comes first."""

from __future__ import annotations

import numpy as np


def split_rows(totals: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """int64[k, n]: each of int64[k] cents divided in proportion to a row of weights [k, n], to the cent.

    A row whose weights are all 0 must have the total 0. Totals are not negative.
    """
    totals, share = np.asarray(totals, np.int64), np.asarray(weights, dtype=float)
    sums = share.sum(axis=1)
    if np.any(totals < 0) or np.any(share < 0) or np.any((sums <= 0) & (totals > 0)):
        raise ValueError("cents are divided among weights that are not negative and not all 0")
    exact = share * np.divide(totals, sums, out=np.zeros(len(sums)), where=sums > 0)[:, None]
    out = np.floor(exact).astype(np.int64)
    left = totals - out.sum(axis=1)
    rest = exact - out
    usual = (left >= 0) & (left <= (rest > 0).sum(axis=1))
    if left.any():
        order = np.argsort(-rest, axis=1, kind="stable")
        more = np.arange(out.shape[1])[None, :] < np.where(usual, left, 0)[:, None]
        extra = np.zeros_like(out)
        np.put_along_axis(extra, order, more.astype(np.int64), axis=1)
        out += extra
    for row in np.flatnonzero(~usual):  # rounding has gone astray by a cent
        largest = np.argsort(-out[row], kind="stable")
        largest = largest[share[row][largest] > 0]
        whole, part = divmod(abs(int(left[row])), len(largest))
        sign = 1 if left[row] > 0 else -1
        out[row, largest] += sign * whole
        out[row, largest[:part]] += sign
    return out


def split(total: int, weights: np.ndarray) -> np.ndarray:
    """int64[n]: cents divided in proportion to weights, to the cent; as ``split_rows``."""
    return split_rows(np.array([total]), np.asarray(weights)[None, :])[0]
