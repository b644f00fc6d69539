"""What the world gets out of its compute."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.metrics.base import Figure, Metric
from sim.metrics.statistics import mean


class Welfare(Metric, type="welfare"):
    """Compute that was wanted and not had, compute that stood idle, and how far AI came."""

    figures: ClassVar[dict[str, Figure]] = {
        "rationed": Figure("Demand that found no compute at the posted price", "% of open demand", "low"),
        "small_refused": Figure("Demand of researchers and small developers that found nothing", "% of theirs", "low"),
        "small_paid": Figure("What they paid for the hours that they got", "$ per H100-hour", "low"),
        "idle": Figure("Compute that stood idle", "% of capacity", "low"),
        "stockout": Figure("Providers sold out", "% of providers", "low"),
        "pace_of_ai": Figure("Training done since the first day, efficiency counted", "thousand H100-years", "high"),
        "token_price_change": Figure("Price of tokens", "% a year", "low"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the day's totals."""
        daily = run.daily
        shares = {"rationed": "rationed_share", "idle": "idle_share", "stockout": "stockout_share"}
        out = {name: 100.0 * mean(daily[column]) for name, column in shares.items() if column in daily}
        if {"rationed_research", "spot_h100_us"} <= set(daily):
            got = 1.0 - daily["rationed_research"]
            out["small_refused"] = 100.0 * (1.0 - mean(got))
            out["small_paid"] = float((daily["spot_h100_us"] * got).sum() / got.sum())
        if "pace_of_ai" in daily and len(daily):
            out["pace_of_ai"] = float(daily["pace_of_ai"].iloc[-1]) / 1e3
        if "token_price" in daily and len(daily) > 1:
            out["token_price_change"] = 100.0 * growth(daily["token_price"])
        return out


def growth(series: Any, days: int = 252) -> float:
    """Growth a year of a positive series, as a share."""
    first, last = float(series.iloc[0]), float(series.iloc[-1])
    return (last / first) ** (days / (len(series) - 1)) - 1.0 if first > 0 and last > 0 else float("nan")
