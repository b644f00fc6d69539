"""The clearing house's kernels once more, as plain loops over Python integers."""

from __future__ import annotations

from fractions import Fraction
from math import ceil


def weigh_account(position, value, charge, spread, cash, margin, basis):
    """(equity, requirement) of one account in cents, as ``sim.clearing.kernels.weigh_accounts`` has them."""
    equity = cash + margin + sum(p * v for p, v in zip(position, value, strict=True)) - basis
    long = sum(p * c for p, c in zip(position, charge, strict=True) if p > 0)
    short = sum(-p * c for p, c in zip(position, charge, strict=True) if p < 0)
    net, gross = abs(long - short), long + short
    return equity, net + ceil(Fraction(spread, 10_000) * (gross - net))


def settle_account(position, value, basis):
    """(gain, new basis) of one account in cents, as ``sim.clearing.kernels.settle_accounts`` has them."""
    worth = sum(p * v for p, v in zip(position, value, strict=True))
    return worth - basis, worth
