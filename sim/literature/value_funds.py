"""Leverage causes fat tails and clustered volatility (Thurner, Farmer & Geanakoplos)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.literature.kernels import leveraged_value_funds
from sim.metrics import hill
from sim.streams import Streams


class ValueFunds(NamedTuple):
    """log_price : float64[steps]; defaults, fund_steps, at_limit : counts, fund_steps of live funds only."""

    log_price: np.ndarray
    defaults: int
    fund_steps: int
    at_limit: int

    @property
    def returns(self) -> np.ndarray:
        """float64[steps - 1]: log returns."""
        return np.diff(self.log_price)

    def tail_exponent(self, share: float = 0.01, *, value: float = 1.0, losses: bool = True) -> float:
        """Hill exponent of the worst (or best) share of returns of one sign that end at a price below value."""
        cheap = self.log_price[1:] < np.log(value)
        returns = self.returns[cheap] * (-1 if losses else 1)
        return hill(returns[returns > 0], share)


def thurner(limit: float = 10.0, *, steps: int = 50_000, burn_in: int = 2_000, seed: int = 0,
            aggression: Sequence[float] = tuple(range(5, 55, 5)), value: float = 1.0, supply: float = 1000.0,
            persistence: float = 0.99, noise: float = 0.035, wealth: float = 2.0, benchmark: float = 0.005,
            averaging: float = 0.1, sensitivity: float = 0.15, absence: int = 100, floor: float = 0.1) -> ValueFunds:
    """Value funds that borrow against what they buy, in a market with noise traders.

    Parameters
    ----------
    limit : times wealth  greatest leverage; 0 leaves the noise traders alone
    steps, burn_in : counts; seed : of the noise
    aggression : leverage per unit of mispricing of each fund; value, supply : of the asset
    persistence, noise : of the log of what noise traders spend, a step
    wealth : of a fund at entry; benchmark, averaging, sensitivity : of the flows of its investors
    absence : steps until a failed fund is replaced; floor : share of wealth at entry under which it fails

    Source: Thurner, Farmer & Geanakoplos 2012, Quantitative Finance 12:695.
    """
    dials = np.array([value, supply, persistence, noise, limit, wealth, benchmark, averaging, sensitivity, absence,
                      floor], dtype=float)
    log_price, counts = np.empty(burn_in + steps), np.zeros(3, np.int64)
    leveraged_value_funds(Streams(seed).key("literature value funds"), dials, np.array(aggression, dtype=float),
                          log_price, counts)
    return ValueFunds(log_price[burn_in:], *(int(count) for count in counts))
