"""How well futures can be traded."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric
from sim.metrics.statistics import mean


class Liquidity(Metric, type="liquidity"):
    """Spread, depth, volume and open interest of the futures."""

    figures: ClassVar[dict[str, Figure]] = {
        "spread_front": Figure("Bid-ask spread, nearest month", "% of price", "low"),
        "depth": Figure("Contracts shown near the best quotes", "contracts a month", "high"),
        "volume": Figure("Volume", "contracts a day", "high"),
        "open_interest": Figure("Open interest", "contracts", "", "mean over the days"),
        "turnover": Figure("Volume against open interest", "% a day"),
        "quoted": Figure("Contract months quoted on both sides at the close", "% of contract-days", "high"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the contracts at the close of each day, and the day's totals."""
        daily, contracts, out = run.daily, run.contracts, {}
        if len(contracts):
            both = contracts["best_bid"].notna() & contracts["best_ask"].notna()
            near = contracts.sort_values("expiry", kind="stable").groupby("day").head(1)
            out["spread_front"] = 100.0 * mean((near["best_ask"] - near["best_bid"]) / near["settle"])
            out["depth"], out["quoted"] = mean(contracts["depth"]), 100.0 * float(both.mean())
        if {"volume", "open_interest"} <= set(daily.columns):
            out["volume"], out["open_interest"] = mean(daily["volume"]), mean(daily["open_interest"])
            held = float(np.sum(daily["open_interest"]))
            out["turnover"] = 100.0 * float(np.sum(daily["volume"])) / held if held else float("nan")
        return out
