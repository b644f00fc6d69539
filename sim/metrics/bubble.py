"""How far prices stand from what is expected of them, and how much of the market has nothing to hedge."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric
from sim.metrics.statistics import mean

PHYSICAL = ("users", "suppliers")  # sectors that have compute to buy or to sell
FRONT = 1  # the month that is being averaged is left out: its price is mostly known


class Bubble(Metric, type="bubble"):
    """Mispricing against the consensus forecast, the air in open interest, who trades, and margin that failed.

    The consensus is formed with the model's own parameters from what is public, so a price away from it is
    a premium for risk, a private belief or a bubble; a premium is small and steady, a bubble is neither.
    """

    figures: ClassVar[dict[str, Figure]] = {
        "mispricing": Figure("Price of futures over what the index is expected to average, mean", "%"),
        "mispricing_sd": Figure("Price of futures against expectation, standard deviation", "%", "low"),
        "mispricing_worst": Figure("Price of futures against expectation, largest gap", "%", "low"),
        "air": Figure("Open interest of those without compute to buy or sell over that of those with", "ratio", "low",
                      "0: only hedgers hold futures"),
        "traded_by": Figure("Share of contracts traded by", "% of volume"),
        "uncovered": Figure("Days on which a month moved by more than its margin", "% of days and months", "low",
                            "what a margin for one day should keep under one minus its confidence"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From contracts at settlement, and the day's positions and trades by sector."""
        out: dict[str, float] = {}
        if len(run.contracts) and "expected" in run.contracts:
            gap = mispricing(run.contracts)
            if len(gap):
                out = {"mispricing": 100.0 * mean(gap), "mispricing_sd": 100.0 * float(np.std(gap)),
                       "mispricing_worst": 100.0 * float(np.max(np.abs(gap)))}
            out |= {"uncovered": 100.0 * uncovered(run.contracts)}
        return out | by_motive(run.daily)


def mispricing(contracts: Any) -> np.ndarray:
    """float64[k]: log settlement over expectation for each day and month, the month being averaged left out."""
    ahead = contracts.groupby("day")["expiry"].rank(method="dense")
    later = contracts[ahead > FRONT]
    settle, expected = later["settle"].to_numpy(), later["expected"].to_numpy()
    known = (settle > 0) & (expected > 0)
    return np.log(settle[known] / expected[known])


def uncovered(contracts: Any) -> float:
    """Share of days and months on which the settlement moved by more than yesterday's margin rate, either way."""
    settle = contracts.pivot_table(index="day", columns="expiry", values="settle", sort=True).to_numpy()
    rate = contracts.pivot_table(index="day", columns="expiry", values="im_rate", sort=True).to_numpy()
    if len(settle) < 2 or rate.shape != settle.shape:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        move = np.abs(settle[1:] / settle[:-1] - 1.0)
    known = np.isfinite(move) & np.isfinite(rate[:-1])
    return float(np.mean(move[known] > rate[:-1][known])) if known.any() else float("nan")


def by_motive(daily: Any) -> dict[str, float]:
    """The air in open interest and each sector's share of volume, from the columns ``held_`` and ``traded_``."""
    held = {name.removeprefix("held_"): float(daily[name].sum()) for name in daily if name.startswith("held_")}
    traded = {name.removeprefix("traded_"): float(daily[name].sum()) for name in daily if name.startswith("traded_")}
    physical = sum(held.get(name, 0.0) for name in PHYSICAL)
    out = {"air": sum(held.values()) / physical - 1.0} if physical > 0 else {}
    total = sum(traded.values())
    if total > 0:
        out |= {f"traded_by_{name}": 100.0 * value / total for name, value in traded.items()}
    return out
