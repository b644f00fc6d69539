"""Recursive unit-root regressions for the bubble test. Compiled when first called, not by a run."""

import math

import numpy as np

from sim.jit import kernel, leaf, normal


@leaf
def statistic(count, sx, sy, sxx, sxy, syy):
    """Dickey-Fuller t-statistic (float64) of the slope, from sums over a window."""
    mx, my = sx / count, sy / count
    xx, xy, yy = sxx - sx * mx, sxy - sx * my, syy - sy * my
    slope = xy / xx
    rest = max(yy - slope * xy, 1e-300)
    return slope / math.sqrt(rest / (count - 2) / xx)


@kernel
def scan(y, window, sequence):
    """Statistics over all windows of a series, lag 0.

    y : float64[T]; window : int64, fewest observations; sequence : float64[T] out, the highest statistic of windows
    that end here (-inf before the first). Returns (adf of the whole, highest that starts at 0, highest of all).
    """
    length = y.shape[0]
    for end in range(length):
        sequence[end] = -np.inf
    whole, from_start = 0.0, -np.inf
    for start in range(length - window + 1):
        sx = sy = sxx = sxy = syy = 0.0
        base = y[start]
        for end in range(start + 1, length):
            x, move = y[end - 1] - base, y[end] - y[end - 1]
            sx += x
            sy += move
            sxx += x * x
            sxy += x * move
            syy += move * move
            if end - start + 1 < window:
                continue
            value = statistic(end - start, sx, sy, sxx, sxy, syy)
            sequence[end] = max(sequence[end], value)
            if start == 0:
                whole = value
                from_start = max(from_start, value)
    highest = -np.inf
    for end in range(length):
        highest = max(highest, sequence[end])
    return whole, from_start, highest


@kernel
def simulate(key, length, window, out):
    """The statistics of random walks with drift 1/T.

    key : uint64; length : int64, T; window : int64, fewest observations; out : float64[repetitions, 3] out, as `scan`
    returns them.
    """
    y, sequence = np.empty(length), np.empty(length)
    draw = 0
    for repetition in range(out.shape[0]):
        level = 0.0
        for time in range(length):
            level += 1.0 / length + normal(key, draw)
            draw += 1
            y[time] = level
        out[repetition, 0], out[repetition, 1], out[repetition, 2] = scan(y, window, sequence)


@kernel
def simulate_from_start(key, length, window, out):
    """The first two of them alone, which need one pass.

    key, length, window : as above; out : float64[repetitions, 2] out, as `scan` returns them.
    """
    draw = 0
    for repetition in range(out.shape[0]):
        x = sx = sy = sxx = sxy = syy = 0.0
        highest = value = -np.inf
        draw += 1
        for time in range(1, length):
            move = 1.0 / length + normal(key, draw)
            draw += 1
            sx += x
            sy += move
            sxx += x * x
            sxy += x * move
            syy += move * move
            x += move
            if time + 1 >= window:
                value = statistic(time, sx, sy, sxx, sxy, syy)
                highest = max(highest, value)
        out[repetition, 0], out[repetition, 1] = value, highest


@kernel
def scan_with_lags(y, lag, window, sequence):
    """The same as `scan` with lagged moves among the regressors, by normal equations in every window.

    y : float64[T]; lag : int64, lagged moves; window : int64; sequence : float64[T] out, as above.
    """
    length, size = y.shape[0], lag + 2
    for end in range(length):
        sequence[end] = -np.inf
    whole, from_start = 0.0, -np.inf
    sums, work, row = np.empty((size + 1, size + 1)), np.empty((size, size + 2)), np.empty(size + 1)
    for start in range(length - window + 1):
        for i in range(size + 1):
            for j in range(size + 1):
                sums[i, j] = 0.0
        base = y[start]
        for end in range(start + lag + 1, length):
            row[0], row[1] = y[end - 1] - base, 1.0
            for k in range(lag):
                row[2 + k] = y[end - 1 - k] - y[end - 2 - k]
            row[size] = y[end] - y[end - 1]
            for i in range(size + 1):
                for j in range(size + 1):
                    sums[i, j] += row[i] * row[j]
            if end - start + 1 < window:
                continue
            for i in range(size):  # columns: regressors, moves, and a unit vector for the variance of the slope
                for j in range(size + 1):
                    work[i, j] = sums[i, j]
                work[i, size + 1] = 1.0 if i == 0 else 0.0
            for i in range(size):
                for other in range(size):
                    if other != i:
                        ratio = work[other, i] / work[i, i]
                        for j in range(i, size + 2):
                            work[other, j] -= ratio * work[i, j]
            rest = sums[size, size]
            for i in range(size):
                rest -= work[i, size] / work[i, i] * sums[i, size]
            variance = max(rest, 1e-300) / (end - start - lag - size) * work[0, size + 1] / work[0, 0]
            value = work[0, size] / work[0, 0] / math.sqrt(variance)
            sequence[end] = max(sequence[end], value)
            if start == 0:
                whole = value
                from_start = max(from_start, value)
    highest = -np.inf
    for end in range(length):
        highest = max(highest, sequence[end])
    return whole, from_start, highest
