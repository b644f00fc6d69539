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


@leaf
def enter(loss, worst):
    """Put a loss among the largest so far, the worst first."""
    for place in range(worst.shape[0]):
        held = worst[place]
        worst[place] = held if held > loss else loss
        loss = loss if held > loss else held


@leaf
def four_months(held, c, moves, loss, add):
    """Losses of four contract months, in place of float32[s] losses or on top of them."""
    a, b, d, e = np.float32(-held[c]), np.float32(-held[c + 1]), np.float32(-held[c + 2]), np.float32(-held[c + 3])
    first, second, third, fourth = moves[c], moves[c + 1], moves[c + 2], moves[c + 3]
    if add:
        for s in range(loss.shape[0]):
            loss[s] += (a * first[s] + b * second[s]) + (d * third[s] + e * fourth[s])
    else:
        for s in range(loss.shape[0]):
            loss[s] = (a * first[s] + b * second[s]) + (d * third[s] + e * fourth[s])


@kernel
def portfolio_losses(position, exact, rough, slack, alone, loss, group, bound, worst, apart):
    """The largest losses of every account over shared scenarios, and what its months would need apart.

    A rough pass in half the precision finds which scenarios can be among the worst; only these are summed exactly, so
    that the answer is that of a full pass. Scenarios are looked at in 64 groups: the deep-th largest of the
    groups' largest losses is certainly no more than the deep-th largest loss.

    Parameters
    ----------
    position : float64[n, contracts]  whole net positions; contracts is a multiple of four
    exact    : float64[scenarios, contracts]  cents that one contract gains in each scenario
    rough    : float32[contracts, s]  the same; s is a multiple of 64, columns beyond the scenarios are not looked at
    slack    : float64[contracts]  cents that a rough loss may be off for each contract held; zero where nothing moves
    alone    : float64[2, contracts]  cents that a contract needs by itself, long and short
    loss, group, bound : float32[s], float32[64], float32[deep]  room for one account
    worst    : float64[n, deep] out  cents, the worst first; deep <= scenarios; zero for accounts without positions
    apart    : float64[n] out  cents
    """
    rows, contracts = position.shape
    deep = worst.shape[1]
    for row in range(rows):
        held, best = position[row], worst[row]
        off, own = 0.0, 0.0
        for c in range(contracts):
            off += abs(held[c]) * slack[c]
            own += held[c] * alone[0, c] if held[c] > 0.0 else -held[c] * alone[1, c]
        apart[row] = own
        if off == 0.0:
            best[:] = 0.0
            continue
        add = False
        for c in range(0, contracts, 4):
            if held[c] != 0.0 or held[c + 1] != 0.0 or held[c + 2] != 0.0 or held[c + 3] != 0.0:
                four_months(held, c, rough, loss, add)
                add = True
        for s in range(exact.shape[0], loss.shape[0]):
            loss[s] = -np.inf
        for i in range(64):
            group[i] = loss[i]
        for start in range(64, loss.shape[0], 64):
            part = loss[start: start + 64]
            for i in range(64):
                group[i] = part[i] if part[i] > group[i] else group[i]
        bound[:] = -np.inf
        if deep <= 10:
            for i in range(16):
                enter(max(max(group[i], group[i + 16]), max(group[i + 32], group[i + 48])), bound)
        elif deep <= 64:
            for i in range(64):
                enter(group[i], bound)
        bar = np.float32(np.float64(bound[deep - 1]) - 2.0 * off)
        best[:] = -np.inf
        for i in range(64):
            if group[i] >= bar:
                for s in range(i, exact.shape[0], 64):
                    if loss[s] >= bar:
                        move, total = exact[s], 0.0
                        for c in range(0, contracts, 4):
                            total -= ((held[c] * move[c] + held[c + 1] * move[c + 1])
                                      + (held[c + 2] * move[c + 2] + held[c + 3] * move[c + 3]))
                        enter(total, best)
