"""Banks that hold to value at risk make cycles of their own (Aymanns and co-authors)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.literature.kernels import leverage_cycle, leverage_cycle_step
from sim.streams import Streams

WEAK_NOISE, STRONG_NOISE = (1e-3, 0.016, 0.87), (1e-3, 0.04, 0.95)


class LeverageCycle(NamedTuple):
    """A path, float64[steps] each: variance in 1/year, debt and equity in currency, share of the asset at the bank."""

    price: np.ndarray
    perceived_variance: np.ndarray
    share: np.ndarray
    debt: np.ndarray
    equity: np.ndarray
    leverage: np.ndarray
    step: float

    @property
    def returns(self) -> np.ndarray:
        """float64[steps - 1]: log returns a step."""
        return np.diff(np.log(self.price))

    def period(self, fall: float = 0.35) -> float:
        """Mean years between peaks: each is followed by a fall, the next needs a rise, of this share of the range."""
        peaks = peaks_of(self.price, fall)
        return float(np.diff(peaks).mean() * self.step) if len(peaks) > 1 else float("nan")


def peaks_of(price: np.ndarray, fall: float) -> np.ndarray:
    """int64: where running highs precede falls of this share of the full range."""
    need = fall * (price.max() - price.min())
    peaks, rising, high, low = [], True, 0, 0
    for now, level in enumerate(price):
        if rising:
            if level > price[high]:
                high = now
            elif price[high] - level > need:
                peaks.append(high)
                rising, low = False, now
        elif level < price[low]:
            low = now
        elif level - price[low] > need:
            rising, high = True, now
    return np.array(peaks, dtype=np.int64)


def aymanns(*, steps: int = 50_000, burn_in: int = 5_000, seed: int = 0,
            noise: tuple[float, float, float] | None = WEAK_NOISE, exponent: float = -0.5, appetite: float = 0.075,
            variance_floor: float = 1e-6, leverage_speed: float = 10.0, equity_speed: float = 10.0,
            equity_target: float = 2.27, memory: float = 0.5, horizon: float = 0.1, step: float = 0.1,
            bank_weight: float = 0.3, fundamental: float = 25.0, fund_speed: float = 0.1,
            fund_weight: float = 0.5, first_leverage: float = 5.8) -> LeverageCycle:
    """A bank whose target leverage is ``appetite * (variance + floor) ** exponent``, and a fund.

    Parameters
    ----------
    steps, burn_in : counts, the burn-in is left out; step : years
    noise : base, reaction and persistence of the variance of the fund's demand (GARCH); None for none
    exponent : -0.5 is value at risk (leverage falls when risk rises), 0 constant, 0.5 countercyclical
    leverage_speed, equity_speed, memory, fund_speed : 1/year; horizon : years; equity_target, fundamental : currency

    The published model lets the bank go on with negative equity, and so does this one.
    Source: Aymanns, Caccioli, Farmer & Tan 2016, Journal of Financial Stability 27:263.
    """
    dials = np.array([step, memory, horizon, leverage_speed, equity_speed, appetite, exponent, variance_floor,
                      equity_target, bank_weight, fundamental, fund_speed])
    variance = (appetite / first_leverage) ** 2
    leverage = appetite * (variance + variance_floor) ** exponent
    state = np.array([variance, fund_weight, fundamental * 1.001, leverage * equity_target * bank_weight / fundamental,
                      (leverage - 1.0) * equity_target, fundamental])
    path = np.empty((burn_in + steps, 6))
    key = Streams(seed).key("literature leverage cycle")
    leverage_cycle(key, dials, np.array(noise or (0.0, 0.0, 0.0)), state, path)
    kept = path[burn_in:]
    assets = kept[:, 2] * kept[:, 3] / bank_weight
    equity = assets - kept[:, 4]
    target = appetite * (kept[:, 0] + variance_floor) ** exponent
    return LeverageCycle(kept[:, 2], kept[:, 0], kept[:, 3], kept[:, 4], equity, target, step)


def critical_leverage(*, equity_target: float = 2.27, leverage_speed: float = 10.0, equity_speed: float = 10.0,
                      exponent: float = -0.5, variance_floor: float = 1e-6, memory: float = 0.5, horizon: float = 0.1,
                      step: float = 0.1, bank_weight: float = 0.3, fundamental: float = 25.0, fund_speed: float = 0.1,
                      fund_weight: float = 0.5) -> float:
    """The leverage above which calm is not stable: where an eigenvalue of the model without noise leaves the circle."""

    def radius(leverage: float) -> float:
        appetite = leverage * variance_floor ** (-exponent)
        dials = np.array([step, memory, horizon, leverage_speed, equity_speed, appetite, exponent, variance_floor,
                          equity_target, bank_weight, fundamental, fund_speed])
        point = np.array([0.0, fund_weight, fundamental, leverage * equity_target * bank_weight / fundamental,
                          (leverage - 1.0) * equity_target, fundamental])
        jacobian, up, down = np.empty((6, 6)), np.empty(6), np.empty(6)
        for column in range(6):
            gap = 1e-8 if column == 0 else 1e-6 * point[column]
            leverage_cycle_step(point + gap * (np.arange(6) == column), dials, 0.0, up)
            leverage_cycle_step(point - gap * (np.arange(6) == column), dials, 0.0, down)
            jacobian[:, column] = (up - down) / (2.0 * gap)
        return float(np.abs(np.linalg.eigvals(jacobian)).max())

    low, high = 1.01, fundamental / (equity_target * bank_weight) * 0.999
    for leverage in np.linspace(low, high, 200):
        if radius(float(leverage)) > 1.0 + 1e-6:
            high = float(leverage)
            break
        low = float(leverage)
    else:
        return float("inf")
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if radius(middle) > 1.0 + 1e-6 else (middle, high)
    return 0.5 * (low + high)
