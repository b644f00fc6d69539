"""Equilibrium forward price of a good that cannot be stored, between producers and retailers who hedge.

Source: Bessembinder & Lemmon 2002, Equilibrium pricing and optimal hedging in electricity forward markets,
J. Finance 57:1347. The exact covariance form is used; its Taylor expansion fails where costs are very convex.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ForwardMarket(NamedTuple):
    """The equilibrium. Quantities are sales: positive for a forward sale, negative for a purchase."""

    expected: float  # mean spot price
    sd: float  # standard deviation of the spot price
    skewness: float  # of the spot price
    forward: float  # equilibrium forward price
    premium: float  # forward over expected spot, less one
    producer: float  # forward sale of each producer
    retailer: float  # forward sale of each retailer


def normal_demand(mean: float, sd: float, nodes: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Values and probabilities of normal demand cut off at zero, by Gauss-Hermite quadrature."""
    x, weight = np.polynomial.hermite.hermgauss(nodes)
    value = mean + np.sqrt(2.0) * sd * x
    keep = value > 0
    return value[keep], weight[keep] / weight[keep].sum()


def bessembinder_lemmon(demand: np.ndarray, probability: np.ndarray, *, producers: int, retailers: int, scale: float,
                        convexity: float, retail_price: float, risk_aversion: float) -> ForwardMarket:
    """Forward price and hedges when producers' cost is ``scale / convexity * output ** convexity``.

    Parameters
    ----------
    demand        : float64[k]  values of total demand, positive
    probability   : float64[k]  their probabilities (scaled to sum to one)
    producers, retailers : how many of each, all alike
    scale         : of marginal cost
    convexity     : exponent of cost, above 1 (2: marginal cost is a straight line)
    retail_price  : what retailers' customers pay, fixed
    risk_aversion : of everybody, per unit of money: utility is mean less half of this times variance

    Raises
    ------
    ValueError  where a number is out of range or the spot price does not vary
    """
    q, p = np.asarray(demand, float), np.asarray(probability, float)
    if convexity <= 1 or scale <= 0 or risk_aversion <= 0 or producers < 1 or retailers < 1:
        raise ValueError("convexity must be above 1, scale and risk aversion positive, and each side needs somebody")
    if (q <= 0).any() or (p < 0).any() or p.sum() <= 0:
        raise ValueError("demand must be positive, with probabilities that are not negative")
    p = p / p.sum()
    mean = lambda x: float((p * x).sum())
    spot = scale * (q / producers) ** (convexity - 1.0)
    expected = mean(spot)
    moved = spot - expected
    variance = mean(moved * moved)
    if not variance > 0:
        raise ValueError("the spot price must vary")
    x = 1.0 / (convexity - 1.0)
    with_spot = lambda y: mean((y - mean(y)) * moved)
    pressure = convexity * retail_price * with_spot(spot**x) - with_spot(spot ** (x + 1.0))
    bearing = (producers + retailers) / risk_aversion
    forward = expected - producers / (bearing * convexity * scale**x) * pressure
    output, sold = q / producers, q / retailers
    produce = spot * output - scale / convexity * output**convexity
    retail = (retail_price - spot) * sold
    view = (forward - expected) / (risk_aversion * variance)
    return ForwardMarket(expected, variance**0.5, mean(moved**3) / variance**1.5, forward, forward / expected - 1.0,
                         view + with_spot(produce) / variance, view + with_spot(retail) / variance)
