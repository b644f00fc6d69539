"""How much compute there is and how it is used."""

from __future__ import annotations

from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric
from sim.metrics.statistics import correlation, mean
from sim.metrics.welfare import growth


class Physical(Metric, type="physical"):
    """Fleet, use, and how posted prices spread."""

    figures: ClassVar[dict[str, Figure]] = {
        "utilisation": Figure("Utilisation", "% of capacity", "high"),
        "capacity_growth": Figure("Growth of capacity", "% a year", "", "in units of one H100"),
        "demand_growth": Figure("Growth of demand", "% a year", "", "in units of one H100"),
        "orders": Figure("Compute ordered", "million units of one H100 a year", ""),
        "orders_sd": Figure("Variation of what is ordered from month to month", "sd of the log", "low"),
        "list_dispersion": Figure("Spread of list prices", "sd of the log"),
        "regional_correlation": Figure("Correlation of regional spot prices, monthly changes", "correlation"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the day's totals."""
        daily, out = run.daily, {}
        if "utilisation" in daily:
            out["utilisation"] = 100.0 * mean(daily["utilisation"])
        for name, column in (("capacity_growth", "capacity_h100e"), ("demand_growth", "demand_h100e")):
            if column in daily and len(daily) > 1:
                out[name] = 100.0 * growth(daily[column])
        if "orders_placed" in daily and len(daily) >= 63:
            orders = daily["orders_placed"].to_numpy()
            months = orders[: len(orders) // 21 * 21].reshape(-1, 21).sum(axis=1)
            out["orders"] = float(orders.mean()) * 252 / 1e6
            if (months > 0).all():
                out["orders_sd"] = float(np.std(np.log(months)))
        if "list_dispersion" in daily:
            out["list_dispersion"] = mean(daily["list_dispersion"])
        regions = [name for name in daily.columns if name.startswith("spot_")]
        if len(regions) > 1 and len(daily) >= 126:
            monthly = np.diff(np.log(daily[regions].to_numpy()[::21]), axis=0)
            pairs = [correlation(monthly[:, i], monthly[:, j]) for i, j in combinations(range(len(regions)), 2)]
            out["regional_correlation"] = mean(np.array(pairs))
        return out
