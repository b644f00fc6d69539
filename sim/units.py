"""Units at the edge: inside, money is integer cents, price integer ticks, positions integer contracts."""

from __future__ import annotations

import numpy as np

HOURS_PER_MONTH = 730  # GPU-hours of one GPU in one month; NYMEX submission 26-370 (2026-08-11)
BUSINESS_DAYS = 252  # business days a year


def cents(dollars: float) -> int:
    """Whole cents of a sum in dollars, half away from zero."""
    return int(np.floor(abs(dollars) * 100 + 0.5)) * (1 if dollars >= 0 else -1)


def dollars(cents_: int | np.ndarray) -> float | np.ndarray:
    """Dollars of a sum in cents."""
    return cents_ / 100


def ticks(price: float | np.ndarray, tick: float) -> int | np.ndarray:
    """Whole ticks of a price in dollars (nearest; half up)."""
    rounded = np.floor(np.asarray(price) / tick + 0.5).astype(np.int64)
    return rounded if rounded.ndim else int(rounded)
