"""Published results short enough to be one function each."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np


def fire_sale_multiplier(leverage: float, assets_over_depth: float) -> float:
    """Total price fall per unit of exogenous fall when one fund holds its leverage by selling into a linear market.

    leverage : assets over wealth; assets_over_depth : assets over currency of sales per unit of relative price fall.
    Infinite where selling feeds on itself without end.
    """
    feedback = (leverage - 1.0) * assets_over_depth
    # A fall of exactly one round's size repeated for ever is explosive too; rounding must not hide it.
    return 1.0 / (1.0 - feedback) if feedback < 1.0 - 1e-12 else math.inf


def fire_sale_rounds(leverage: float, assets_over_depth: float, rounds: int = 1000) -> float:
    """The same multiplier, round by round: every fall sets off sales that set off the next one."""
    total, fall = 0.0, 1.0
    for _ in range(rounds):
        total += fall
        fall *= (leverage - 1.0) * assets_over_depth
    return total


def kyle(value_sd: float, noise_sd: float) -> tuple[float, float]:
    """Price impact per unit of order flow, and expected profit of the insider.

    Source: Kyle 1985, Econometrica 53:1315.
    """
    return value_sd / (2.0 * noise_sd), value_sd * noise_sd / 2.0


def investment_trigger(rate: float, payout: float, volatility: float) -> float:
    """Project value over cost at which to invest when waiting is possible.

    rate, payout : 1/year; volatility : of project value, 1/sqrt(year).
    Source: Dixit & Pindyck 1994, Investment under Uncertainty, chapter 5.
    """
    slope = (rate - payout) / volatility**2 - 0.5
    root = -slope + math.sqrt(slope**2 + 2.0 * rate / volatility**2)
    return root / (root - 1.0)


def cobweb_limit(weight: float) -> float:
    """Ratio of supply to demand slope below which a cobweb with adaptive expectations settles.

    weight : of the last price in expectations, 0 to 1.
    """
    return 2.0 / weight - 1.0


def critical_lag(gain: float, depreciation: float) -> tuple[float, float]:
    """Building time beyond which capacity swings without end, and the period of the swing, in the unit of 1/gain.

    Capacity deviates by K with ``dK/dt = -depreciation K(t) - gain K(t - lag)``; gain above depreciation.
    """
    if gain <= depreciation:
        raise ValueError("with a gain at or below depreciation no building time makes capacity swing")
    speed = math.sqrt(gain**2 - depreciation**2)
    return math.acos(-depreciation / gain) / speed, 2.0 * math.pi / speed


def capacity_with_lag(gain: float, depreciation: float, lag: float, *, until: float, step: float = 1e-3) -> np.ndarray:
    """The deviation of capacity, float64, from 1 for all time before 0, in steps of this size."""
    delay, count = round(lag / step), round(until / step)
    path = np.ones(delay + count + 1)
    for now in range(delay, delay + count):
        path[now + 1] = path[now] - step * (depreciation * path[now] + gain * path[now - delay])
    return path[delay:]


def leverage_without_and_with(good: float, bad: float) -> tuple[float, float]:
    """Price of an asset worth good or bad: optimists cannot borrow, or borrow its bad value against it.

    Beliefs in the good outcome are uniform on 0 to 1, everybody starts with one asset and one unit of cash.
    Source: Geanakoplos 2010, NBER Macroeconomics Annual 24:1.
    """
    spread, prices = good - bad, []
    for borrowed in (0.0, bad):  # the marginal buyer a: (1 - a) + borrowed = a (bad + spread a)
        linear, constant = 1.0 + bad, -(1.0 + borrowed)
        buyer = (-linear + math.sqrt(linear**2 - 4.0 * spread * constant)) / (2.0 * spread)
        prices.append(bad + spread * buyer)
    return prices[0], prices[1]


def geanakoplos_cycle(good: float = 1.0, bad: float = 0.2) -> dict[str, float]:
    """Prices and leverage before and after bad news in three periods.

    Entries: prices p0 and pD, marginal buyers a and b, leverage0 and leverageD.

    Source: Geanakoplos 2010, as above; one unknown (the price after bad news), found by bisection.
    """
    spread = good - bad

    def solve(after: float) -> tuple[float, dict[str, float]]:
        second = (after - bad) / spread
        first = second * (1.0 + after) / (1.0 + bad)
        before = ((1.0 - first) + after) / first
        gap = first * (good - after) / (before - after) - first - (1.0 - first) * first * spread / (after - bad)
        return gap, {"p0": before, "pD": after, "a": first, "b": second, "leverage0": before / (before - after),
                     "leverageD": after / (after - bad)}

    low, high = bad + 1e-9 * spread, good - 1e-9 * spread
    grid = [low + (high - low) * k / 400 for k in range(401)]
    signs = [(left, right) for left, right in pairwise(grid)
             if solve(left)[0] * solve(right)[0] < 0 and 0 < solve(left)[1]["a"] < 1]
    low, high = signs[0]
    rising = solve(high)[0] > 0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if (solve(middle)[0] > 0) == rising else (middle, high)
    return solve(0.5 * (low + high))[1]


def ewma_margin_multiple(memory: float, calm: float, stressed: float, days: int) -> float:
    """How many times its calm level a margin from exponentially weighted variance is so long after a jump."""
    kept = memory**days
    return math.sqrt(calm**2 * kept + stressed**2 * (1.0 - kept)) / calm


def stepped_limit(open_interest: float, *, first: float = 50_000, share: float = 0.10, above: float = 0.025) -> float:
    """Position limit of the older federal rule: a share of the first contracts of open interest, less of the rest.

    Source: CFTC, Position Limits for Derivatives, 86 FR 3236 (2021).
    """
    return share * min(open_interest, first) + above * max(open_interest - first, 0.0)
