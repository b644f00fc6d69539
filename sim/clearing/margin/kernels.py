"""Arithmetic of margin models over all contract months or all accounts: one pass each."""

from __future__ import annotations

import math

import numpy as np

from sim.jit import kernel, leaf

FULL, MID, ONE_SIDED = 0, 1, 2  # how a past change is rescaled; FLOORED is FULL with its own volatility of today


@leaf
def keep_largest(losses, sign, worst):
    """The largest of sign x float64[n] losses, the worst first, into float64[deep].

    A loss that enters is carried down past all that are kept, without asking where it belongs: a wrong guess of the
    processor would cost more than the few comparisons.
    """
    deep = worst.shape[0]
    worst[:] = -np.inf
    bar = -np.inf  # a loss must be above it to enter
    for s in range(losses.shape[0]):
        loss = sign * losses[s]
        if loss > bar:
            for place in range(deep):
                held = worst[place]
                worst[place] = max(held, loss)
                loss = min(held, loss)
            bar = worst[deep - 1]


@kernel
def worst_changes(changes, falls, rises):
    """The largest falls and rises of each contract.

    Parameters
    ----------
    changes : float64[contracts, n]
    falls, rises : float64[contracts, deep] out  losses of who is long and short, the worst first; deep <= n
    """
    for contract in range(changes.shape[0]):
        keep_largest(changes[contract], -1.0, falls[contract])
        keep_largest(changes[contract], 1.0, rises[contract])


@kernel
def volatility_path(changes, decay, seed, least, path):
    """Exponentially weighted volatility forecast before each day, and for the next one.

    Parameters
    ----------
    changes : float64[contracts, n]
    decay   : float64  weight of yesterday's forecast of the variance
    seed    : float64[contracts]  first forecast of the variance
    least   : float64  forecasts of the volatility are reported to be at least this
    path    : float64[contracts, n + 1] out
    """
    contracts, n = changes.shape
    for contract in range(contracts):
        variance = seed[contract]
        for day in range(n):
            path[contract, day] = max(math.sqrt(variance), least)
            change = changes[contract, day]
            variance = decay * variance + (1.0 - decay) * change * change
        path[contract, n] = max(math.sqrt(variance), least)


@kernel
def rescale(changes, path, now, rule, cap, out):
    """Past changes as they would be in today's volatility.

    Parameters
    ----------
    changes : float64[contracts, n]
    path    : float64[contracts or 1, n + 1]  volatility forecast before each day
    now     : float64[contracts or 1]  volatility of today
    rule    : int64  FULL, MID or ONE_SIDED
    cap     : float64  largest factor, and one over the smallest
    out     : float64[contracts, n] out
    """
    contracts, n = changes.shape
    for contract in range(contracts):
        own = min(contract, path.shape[0] - 1)
        for day in range(n):
            factor = now[own] / path[own, day]
            if rule == MID:
                factor = (1.0 + factor) / 2.0
            elif rule == ONE_SIDED:
                factor = max(factor, 1.0)
            out[contract, day] = changes[contract, day] * min(max(factor, 1.0 / cap), cap)


@kernel
def portfolio_losses(position, scenarios, loss, worst):
    """The largest losses of every account over shared scenarios.

    Parameters
    ----------
    position  : int64[n, contracts]  net positions
    scenarios : float64[contracts, s]  cents that one contract gains in each scenario
    loss      : float64[s]  room for one account
    worst     : float64[n, deep] out  cents, the worst first; deep <= s; zero for accounts without positions
    """
    rows, contracts = position.shape
    whole = contracts - contracts % 4  # four months at a time, so that the sums pass through memory less often
    for row in range(rows):
        worst[row, :] = 0.0
        held = position[row]
        empty = True
        loss[:] = 0.0
        for c in range(0, whole, 4):
            if held[c] | held[c + 1] | held[c + 2] | held[c + 3]:
                empty = False
                a, b = np.float64(held[c]), np.float64(held[c + 1])
                d, e = np.float64(held[c + 2]), np.float64(held[c + 3])
                first, second, third, fourth = scenarios[c], scenarios[c + 1], scenarios[c + 2], scenarios[c + 3]
                for s in range(loss.shape[0]):
                    loss[s] -= (a * first[s] + b * second[s]) + (d * third[s] + e * fourth[s])
        for c in range(whole, contracts):
            if held[c]:
                empty = False
                a, first = np.float64(held[c]), scenarios[c]
                for s in range(loss.shape[0]):
                    loss[s] -= a * first[s]
        if not empty:
            keep_largest(loss, 1.0, worst[row])
