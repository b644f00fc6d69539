"""Scanning a portfolio over a fixed set of price moves, and charging spreads between contract months.

Source: the sixteen scenarios as published by NSE Clearing for SPAN; SPAN is a mark of CME Group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.clearing.margin.portfolio import Offsets, Parts, Requirement, whole_cents


class Scenario(NamedTuple):
    """A move: of price in scan ranges, of volatility in volatility ranges (futures do not feel it), share covered."""

    number: int
    price: float
    volatility: float
    covered: float


def scenarios(extreme: float = 2.0, covered: float = 0.35) -> list[Scenario]:
    """The sixteen scenarios; the last two are extreme moves of which a share is covered."""
    steps = [move for size in (0, 1 / 3, 2 / 3, 1) for move in ((size,) if size == 0 else (size, -size))]
    moves = [(price, volatility, 1.0) for price in steps for volatility in (1.0, -1.0)]
    moves += [(extreme, 0.0, covered), (-extreme, 0.0, covered)]
    return [Scenario(number, *move) for number, move in enumerate(moves, 1)]


def scanning_risk(position: np.ndarray, scan_range: np.ndarray, extreme: float = 2.0,
                  covered: float = 0.35) -> np.ndarray:
    """The worst scenario's loss of int64[n, contracts] positions, in the unit of the [contracts] scan ranges."""
    net = (position * scan_range).sum(axis=1)
    weight = np.array([move.price * move.covered for move in scenarios(extreme, covered)])
    return np.maximum((-net[:, None] * weight).max(axis=1), 0.0)


class Spreads(NamedTuple):
    """Spreads between months: how many each account has, and what they are charged."""

    formed: np.ndarray
    charge: np.ndarray


def inter_month(position: np.ndarray, tier: np.ndarray, charges: Sequence[tuple[int, int, float]]) -> Spreads:
    """Pair long with short contracts of the tiers, the cheapest pairs of tiers first.

    Parameters
    ----------
    position : int64[n, contracts]
    tier     : int64[contracts]  tier of each month, from 0
    charges  : (tier, tier, charge for a spread) for each pair of tiers between which spreads are recognised

    Returns
    -------
    formed : int64[n]; charge : [n], in the unit of the charges
    """
    tiers = max([int(tier.max()), *(max(a, b) for a, b, _ in charges)]) + 1
    sides = [np.stack([np.maximum(sign * position[:, tier == at], 0).sum(axis=1) for at in range(tiers)], axis=1)
             for sign in (1, -1)]
    formed, total = np.zeros(len(position), np.int64), np.zeros(len(position))
    for a, b, charge in sorted(charges, key=lambda row: row[2]):
        for long, short in ((a, b),) if a == b else ((a, b), (b, a)):
            pairs = np.minimum(sides[0][:, long], sides[1][:, short])
            sides[0][:, long] -= pairs
            sides[1][:, short] -= pairs
            formed += pairs
            total += pairs * charge
    return Spreads(formed, total)


class Scan(Requirement):
    """Scanning risk of the netted months plus a charge for every spread between them, never more than apart.

    Parameters
    ----------
    ranges  : float64[contracts]  scan range, share of notional
    tier    : int64[contracts]
    charges : share of the dearer leg for each pair of tiers
    """

    def __init__(self, ranges: np.ndarray, tier: np.ndarray, charges: Sequence[tuple[int, int, float]],
                 extreme: tuple[float, float], offsets: Offsets) -> None:
        self.ranges, self.tier, self.charges, self.extreme = offsets.scaled(ranges), tier, charges, extreme

    def parts(self, position: np.ndarray, value: np.ndarray) -> Parts:
        scan_range = whole_cents(self.ranges * value)
        apart = np.abs(position * scan_range).sum(axis=1)
        dearest = lambda a, b: value[(self.tier == a) | (self.tier == b)].max(initial=0)
        table = [(a, b, float(whole_cents(share * dearest(a, b)))) for a, b, share in self.charges]
        joint = whole_cents(scanning_risk(position, scan_range, *self.extreme))
        total = np.minimum(joint + inter_month(position, self.tier, table).charge.astype(np.int64), apart)
        return {"apart": apart, "offset": total - apart, "total": total}
