"""Funding of a perpetual venue: what ties its price to the oracle."""

from __future__ import annotations

import numpy as np

from sim.market.perpetual_config import PerpetualConfig


def impact_price(levels: np.ndarray, size: float, mark: int) -> float:
    """Mean price in ticks of so many contracts traded against int64[k, 2] levels of a side; the mark if there are none.

    levels : price and contracts, best first
    """
    if not len(levels):
        return float(mark)
    price, shown = levels[:, 0].astype(np.float64), levels[:, 1].astype(np.float64)
    taken = np.clip(size - (np.cumsum(shown) - shown), 0.0, shown)
    return float((price * taken).sum() / max(taken.sum(), 1e-9))


def funding_rate(config: PerpetualConfig, bid: float, ask: float, oracle: float) -> float:
    """Per eight hours: P + clamp(i - P, -d, d), P the premium of the mean impact price over the oracle; capped.

    Source: Hyperliquid documentation, funding (2026), with the premium of its builder-deployed markets.
    """
    premium = 0.5 * (bid + ask) / oracle - 1.0
    rate = premium + min(max(config.interest - premium, -config.damper), config.damper)
    return min(max(rate, -8 * config.funding_cap), 8 * config.funding_cap)
