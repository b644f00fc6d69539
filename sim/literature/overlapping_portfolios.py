"""Banks that hold the same bonds and sell when leverage runs out of its buffer (Farmer and co-authors)."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np


class Banks(NamedTuple):
    """Balance sheets in million euro, float64[i]; bonds [i, 2] are government, corporate; others cannot be sold."""

    cash: np.ndarray
    bonds: np.ndarray
    other: np.ndarray
    loans: np.ndarray
    fixed_debt: np.ndarray


def eba_banks() -> Banks:
    """The 48 banks of the EU-wide stress test of 2018; cash is 5 % of assets and half of the debt can be repaid early.

    Source: European Banking Authority, results of the 2018 EU-wide stress test, as used by Farmer, Kleinnijenhuis,
    Nahai-Williamson & Wetzer 2020, Foundations of system-wide financial stress testing, Bank of England SWP 861.
    """
    text = resources.files("sim.literature").joinpath("data/eba_2018.csv").read_text()
    rows = np.array([[float(cell) for cell in line.split(",")[1:]] for line in text.split()[1:]])
    equity, securities, government = rows[:, 0], rows[:, 2], rows[:, 3]
    assets = equity / (rows[:, 1] / 100.0)
    debt = assets - equity
    bonds = np.stack([government, securities - government], axis=1)
    return Banks(0.05 * assets, bonds, assets - securities - 0.05 * assets, 0.5 * debt, 0.5 * debt)


def overlapping_portfolios(banks: Banks, shock: float, impact: float, *, minimum: float = 0.03, buffer: float = 0.04,
                           target: float = 0.05, rounds: int = 6, depth: float = 0.05) -> tuple[float, float]:
    """Share of banks that default, and share of all bonds sold, after government bonds lose value.

    Parameters
    ----------
    shock : share of value lost; impact : share by which the price falls when the share ``depth`` of all is sold
    minimum, buffer, target : equity over assets; under the buffer a bank repays loans from cash and offers bonds
        for the rest, until it would be at the target; under the minimum it defaults and offers all its bonds

    Bonds offered in one round are sold in the next, at the middle of the prices before and after.
    """
    slope = -np.log1p(-impact) / depth
    cash, loans, held = banks.cash.copy(), banks.loans.copy(), banks.bonds.copy()
    outstanding = held.sum(axis=0)
    offered, alive = np.zeros_like(held), np.ones(len(cash), bool)
    price, sold = np.array([1.0 - shock, 1.0]), np.zeros(2)
    for _ in range(rounds):
        total = offered.sum(axis=0)
        before, price = price, price * np.exp(-slope * total / outstanding)
        sold += total
        cash += (offered * 0.5 * (before + price)).sum(axis=1)
        held, offered = held - offered, np.zeros_like(held)
        value = (held * price).sum(axis=1)
        assets = cash + value + banks.other
        equity = assets - loans - banks.fixed_debt
        failed = alive & (equity < minimum * assets)
        alive &= ~failed
        excess = np.where(alive & (equity < buffer * assets), np.maximum(assets - equity / target, 0.0), 0.0)
        repaid = np.minimum(np.minimum(excess, cash), loans)
        cash, loans = cash - repaid, loans - repaid
        short = np.where(cash < excess - repaid, excess - repaid - cash, 0.0)
        part = np.divide(np.minimum(short, value), value, out=np.zeros_like(value), where=value > 0)
        share = np.where(failed, 1.0, part)
        offered = share[:, None] * held
    return float((~alive).mean()), float(sold.sum() / outstanding.sum())
