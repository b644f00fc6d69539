"""The road map of chips: one record a generation, those after Rubin by the trend of those before.

Every `cadence` years a generation follows. In logs, its work, power and cost lie above the last one's by the slope of
the known generations (least squares over their dates of launch) times the years between them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.compute.chips import DOMESTIC, GENERATIONS, OLD, SUCCESSORS, VENDOR
from sim.units import BUSINESS_DAYS

if TYPE_CHECKING:
    from sim.compute.config import ComputeConfig

CHIP = np.dtype((np.record, [(name, "f8") for name in (
    "throughput", "power", "retirement", "avoidable", "old", "ages_from", "own_cost", "launch", "takeover")]))
QUANTITIES = ("throughput", "power", "own_cost")


def trend(launch: list[float], values: list[float]) -> float:
    """Slope per year of log values by least squares over the years before day 0 at which each was launched."""
    years, logs = [-x for x in launch], [math.log(x) for x in values]
    middle, mean = sum(years) / len(years), sum(logs) / len(logs)
    spread = sum((x - middle) ** 2 for x in years)
    return 0.0 if spread == 0 else sum((x - middle) * (y - mean) for x, y in zip(years, logs, strict=True)) / spread


def chip_table(config: ComputeConfig) -> np.ndarray:
    """record[generations]: what a chip does, draws and costs, and when it comes.

    throughput H100e, power kW, retirement a day, avoidable cost without power $/hour, old 0 or 1, ages_from (day from
    which it loses rent with time), own_cost $/hour, launch years before day 0, takeover (day; -inf for the first).
    """
    c, s = config.chips, config.chips.successors
    out = np.zeros(len(GENERATIONS), CHIP)
    for i, name in enumerate(GENERATIONS):
        if name in SUCCESSORS:
            continue
        row = out[i]
        for block in (*QUANTITIES, "launch"):
            row[block] = getattr(getattr(c, block), name)
        row["retirement"] = getattr(c.retirement, name) / BUSINESS_DAYS
        row["old"], row["takeover"] = float(name in OLD), getattr(c.takeover, f"{name}_day", -math.inf)
    past = out[: len(VENDOR)]
    slopes = {name: trend(past["launch"].tolist(), past[name].tolist()) for name in QUANTITIES}
    for k in range(len(SUCCESSORS)):
        row, last, years = out[len(VENDOR) + k], past[-1], s.cadence * (k + 1)
        for name in QUANTITIES:
            row[name] = last[name] * math.exp(s.pace * slopes[name] * years)
        row["launch"], row["takeover"] = last["launch"] - years, last["takeover"] + years * BUSINESS_DAYS
        row["retirement"] = s.retirement / BUSINESS_DAYS
    out["avoidable"] = config.supply.other_cost * (0.5 + 0.5 * out["throughput"])
    later = np.maximum(0.0, (c.demand.old_age - out["launch"]) * BUSINESS_DAYS)
    out["ages_from"] = np.where(out["old"] > 0, 0.0, later)
    out["takeover"][DOMESTIC] = math.inf  # Chinese makers deliver beside the vendor
    return out
