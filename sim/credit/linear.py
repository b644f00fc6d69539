"""Small linear systems, without a library whose sums depend on the machine and its threads."""

from __future__ import annotations

import numpy as np


class Singular(ArithmeticError):
    """A system has no single solution."""


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """float64[n]: the solution of float64[n, n] ``matrix`` times x = float64[n] ``right``, by elimination with pivots.

    Raises Singular.
    """
    rows = np.column_stack([matrix, right]).astype(float)
    n = len(right)
    for step in range(n):
        pivot = step + int(np.argmax(np.abs(rows[step:, step])))
        if rows[pivot, step] == 0.0:
            raise Singular(f"column {step} has no pivot")
        rows[[step, pivot]] = rows[[pivot, step]]
        rows[step] /= rows[step, step]
        for other in range(n):
            if other != step:
                rows[other] -= rows[other, step] * rows[step]
    return rows[:, n]
