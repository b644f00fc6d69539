"""Where a dealer quotes who dislikes inventory.

Source: Avellaneda & Stoikov 2008, High-frequency trading in a limit order book, Quant. Finance 8:217.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Dealer(NamedTuple):
    """Reservation price and total spread, in the unit of the price; bid and ask lie half a spread to either side."""

    reservation: np.ndarray | float
    spread: np.ndarray | float


def avellaneda_stoikov(mid: np.ndarray | float, inventory: np.ndarray | float, gamma: float, sigma: float,
                       time_left: np.ndarray | float, k: float) -> Dealer:
    """Reservation price and spread of a dealer with exponential utility.

    Parameters
    ----------
    mid       : float[...]  middle of the market
    inventory : float[...]  contracts held, long positive
    gamma     : risk aversion, per unit of money; 0 is the risk-neutral limit
    sigma     : sd of the middle per square root of time
    time_left : float[...]  time to the end of trading
    k         : decay of the rate of fills with the distance of a quote

    Raises
    ------
    ValueError  where gamma or time_left is negative, or k is not positive
    """
    if gamma < 0 or k <= 0 or np.any(np.asarray(time_left) < 0):
        raise ValueError("gamma and time_left cannot be negative, k must be positive")
    risk = gamma * sigma * sigma * time_left
    edge = 2.0 / k if gamma == 0 else 2.0 / gamma * np.log1p(gamma / k)
    return Dealer(mid - inventory * risk, risk + edge)
