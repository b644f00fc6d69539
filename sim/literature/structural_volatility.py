"""Fundamentalists and chartists whose noise sets volatility (Franke & Westerhoff), and a trend in continuous time."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.literature.kernels import structural_volatility
from sim.metrics import autocorrelation, hill
from sim.streams import Streams

# S&P 500, 1980 to 2007: value and 95 % interval of the nine moments (table A1 of the paper)
MOMENTS = (
    ("autocorrelation of returns, lag 1", -0.008, -0.042, 0.027), ("inverse Hill exponent, 5 %", 0.301, 0.269, 0.334),
    ("mean absolute return, %", 0.713, 0.672, 0.754),
    ("autocorrelation of absolute returns, lag 1", 0.193, 0.106, 0.28),
    ("lag 5", 0.187, 0.142, 0.231), ("lag 10", 0.159, 0.118, 0.2), ("lag 25", 0.128, 0.095, 0.162),
    ("lag 50", 0.112, 0.074, 0.148), ("lag 100", 0.074, 0.041, 0.105),
)


class StructuralVolatility(NamedTuple):
    """log_price : float64[steps]; fundamentalists : float64[steps], their share after each step."""

    log_price: np.ndarray
    fundamentalists: np.ndarray

    @property
    def returns(self) -> np.ndarray:
        """float64[steps - 1]: percent."""
        return 100.0 * np.diff(self.log_price)


def franke_westerhoff(*, steps: int = 7_750, burn_in: int = 1_000, seed: int = 0, noise: np.ndarray | None = None,
                      impact: float = 0.01, intensity: float = 1.0, phi: float = 0.12, chi: float = 1.5,
                      sigma_f: float = 0.758, sigma_c: float = 2.087, alpha_0: float = -0.327, alpha_n: float = 1.79,
                      alpha_p: float = 18.43, alpha_w: float = 0.0, eta: float = 0.987, fundamental: float = 0.0,
                      start: float | None = None, switching: str = "discrete_choice",
                      flexibility: float = 0.05) -> StructuralVolatility:
    """Log prices of fundamentalists and chartists who change sides; defaults: herding, predisposition, misalignment.

    Parameters
    ----------
    steps, burn_in : days, the burn-in is left out; noise : float64[steps + burn_in - 1, 2] to use as it stands
    phi, chi : reaction of fundamentalists to misalignment, of chartists to the last move; sigma_f, sigma_c : noise
    alpha_0, alpha_n, alpha_p, alpha_w, eta : predisposition, herding, misalignment, past wealth and its memory
    switching : "discrete_choice" (with intensity) or "transition" (with flexibility)

    Source: Franke & Westerhoff 2012, JEDC 36:1193.
    """
    if switching not in ("discrete_choice", "transition"):
        raise ValueError(f"switching is 'discrete_choice' or 'transition', not {switching!r}")
    first = fundamental if start is None else start
    dials = np.array([impact, intensity, phi, chi, alpha_0, alpha_n, alpha_p, alpha_w, eta, flexibility, fundamental,
                      first])
    total = burn_in + steps
    if noise is None:
        luck = Streams(seed).normal("literature structural volatility", 2 * (total - 1)).reshape(-1, 2)
        noise = luck * np.array([sigma_f, sigma_c])
    path, shares = np.empty(total), np.empty(total)
    structural_volatility(dials, int(switching == "transition"), np.ascontiguousarray(noise, dtype=float), path, shares)
    return StructuralVolatility(path[burn_in:], shares[burn_in:])


def nine_moments(returns: np.ndarray) -> np.ndarray:
    """float64[9]: the moments of `MOMENTS` for returns in percent; lags from 5 on are means of three lags."""
    size = np.abs(returns)
    lags = [1, *(lag for centre in (5, 10, 25, 50, 100) for lag in (centre - 1, centre, centre + 1))]
    correlations = autocorrelation(size, lags)
    return np.array([autocorrelation(returns, [1])[0], 1.0 / hill(size, 0.05), size.mean(),
                     correlations[0], *correlations[1:].reshape(5, 3).mean(axis=1)])


def moment_coverage(runs: int = 3000, length: int = 6750, **parameters: float) -> tuple[float, np.ndarray]:
    """Share of runs with all nine moments inside the intervals of the S&P 500, and float64[9] moment by moment."""
    low, high = (np.array([moment[place] for moment in MOMENTS]) for place in (2, 3))
    inside = np.empty((runs, 9), bool)
    for run in range(runs):
        moments = nine_moments(franke_westerhoff(steps=length + 1, seed=run, **parameters).returns)  # type: ignore[arg-type]
        inside[run] = (low <= moments) & (moments <= high)
    return float(inside.all(axis=1).mean()), inside.mean(axis=0)


def chiarella_onset(reversion: float, decay: float) -> tuple[float, float]:
    """Trend demand (its slope times saturation) at which mispricing turns into a cycle, and that cycle's period.

    reversion : of price to value, a step; decay : of the trend signal, a step.
    Source: Majewski, Ciliberti & Bouchaud 2018 (extended Chiarella model).
    """
    return 1.0 + reversion / decay, 2.0 * math.pi / math.sqrt(decay * reversion)


def chiarella_path(strength: float, *, reversion: float, decay: float, saturation: float = 1.0, start: float = 1e-3,
                   step: float = 0.02, steps: int = 100_000) -> np.ndarray:
    """Mispricing without noise, float64[steps], by small Euler steps; strength is slope times saturation."""
    price, trend, out = start, 0.0, np.empty(steps)
    slope = strength / saturation
    for now in range(steps):
        move = (-reversion * price + slope * math.tanh(saturation * trend)) * step
        trend += -decay * trend * step + decay * move
        price = out[now] = price + move
    return out
