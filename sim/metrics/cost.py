"""What an hour of compute costs those who hedge it and those who cannot, month of delivery by month of delivery."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric

HOURS = 730  # GPU-hours of one contract; NYMEX submission 26-370 (2026-08-11)
SIDES = ("long", "short")


class Cost(Metric, type="cost"):
    """Cost and revenue of a GPU-hour with the gains of its futures, whenever these were made, and with margin paid for.

    The spread is over delivery months of one history. A study compares it with the same history without futures.
    """

    figures: ClassVar[dict[str, Figure]] = {
        "spot_cost": Figure("Cost of a GPU-hour at spot, mean of months", "$ per GPU-hour", "low"),
        "spot_cost_sd": Figure("Cost of a GPU-hour at spot, spread over months", "$ per GPU-hour", "low"),
        "hedged_cost": Figure("Cost of a GPU-hour with futures, buyers", "$ per GPU-hour", "low"),
        "hedged_cost_sd": Figure("Cost of a GPU-hour with futures, buyers, spread over months", "$ per GPU-hour",
                                 "low"),
        "hedged_revenue": Figure("Revenue of a GPU-hour with futures, sellers", "$ per GPU-hour", "high"),
        "hedged_revenue_sd": Figure("Revenue of a GPU-hour with futures, sellers, spread over months",
                                    "$ per GPU-hour", "low"),
        "risk_ratio": Figure("Variance of hedgers' cost and revenue against that of spot", "ratio", "low",
                             "mean of buyers and sellers; above 1 futures made it riskier"),
        "funding_cost": Figure("What margin costs hedgers", "$ per GPU-hour", "low"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the spot price of each month and what hedgers gained on its futures."""
        if "spot_h100_us" not in run.daily or len(run.daily) < 42:
            return {}
        months = by_month(run.daily, run.deliveries)
        if len(months) < 3:
            return {}
        spot = months["spot"]
        out = {"spot_cost": float(spot.mean()), "spot_cost_sd": float(np.std(spot))}
        ratios, funding = [], []
        for side, name in zip(SIDES, ("hedged_cost", "hedged_revenue"), strict=True):
            if f"gain_{side}" not in months:
                continue
            value = spot + (months[f"funding_{side}"] - months[f"gain_{side}"]) * (1.0 if side == "long" else -1.0)
            out[name], out[f"{name}_sd"] = float(value.mean()), float(np.std(value))
            funding.append(float(months[f"funding_{side}"].mean()))
            if np.var(spot) > 0:
                ratios.append(float(np.var(value) / np.var(spot)))
        if ratios:
            out["risk_ratio"] = float(np.mean(ratios))
            out["funding_cost"] = float(np.mean(funding))
        return out


def by_month(daily: Any, deliveries: Any) -> Any:
    """A row for each whole month: mean spot, and what a GPU-hour of it gained and cost in margin, in dollars.

    Months before futures were listed for long enough count too: nothing was gained on them.
    """
    import pandas as pd  # half a second that a run's start does not need

    label = pd.to_datetime(daily["date"]).dt.strftime("%Y-%m")
    out = daily["spot_h100_us"].groupby(label.to_numpy()).mean().rename("spot").to_frame()
    if deliveries is None or not len(deliveries):
        return out
    table = deliveries.set_index("contract")
    out = out.join(table[[name for name in table if name.startswith(("gain_", "funding_", "need_"))]], how="inner")
    for side in SIDES:
        if f"need_{side}" in out and (out[f"need_{side}"] > 0).all():
            hours = out[f"need_{side}"] * HOURS
            for name in ("gain", "funding"):
                out[f"{name}_{side}"] = out[f"{name}_cents_{side}"] / 100.0 / hours
    return out
