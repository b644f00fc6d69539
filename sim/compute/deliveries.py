"""Which generations are delivered where: the vendor's mix, and what of it China gets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from sim.compute.chips import DOMESTIC, EXPORT, GENERATIONS, SUCCESSORS, VENDOR
from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.dials import Dials

CHINA = REGIONS.index("CN")
TRANSIT = REGIONS.index("ROW")  # smuggled chips are first sold here
SHIPPING = 5  # business days
NEWEST = GENERATIONS.index("vr200")  # what comes sooner or later than planned, with all that follow it


class Deliveries(NamedTuple):
    """Deliveries of a day by generation.

    mix     : float64[4, g]  share of each generation in the work delivered to a region
    reach   : float          chips of the vendor that reach China over what would without a shock
    smuggled: float64[g]     part of the chips delivered to China that came through another country
    """

    mix: np.ndarray
    reach: float
    smuggled: np.ndarray


def licences(config: ComputeConfig) -> np.ndarray:
    """float64[g]: part of each generation that may be sold to China."""
    block = config.supply.export.licence
    return np.array([getattr(block, "successors" if name in SUCCESSORS else name) if name != "ascend" else 1.0
                     for name in GENERATIONS])


def cost_of_work(config: ComputeConfig, chips: np.ndarray) -> np.ndarray:
    """float64[4, g] $ per H100e-hour of owning: dearer in China by the fee or by what smugglers take."""
    e, capital = config.supply.export, 1.0 - config.chips.demand.site_share
    out = np.tile(chips["own_cost"] / chips["throughput"], (len(REGIONS), 1))
    out[CHINA, EXPORT] *= 1.0 + e.fee * capital
    out[CHINA, EXPORT + 1:DOMESTIC] *= 1.0 + e.grey_premium * capital
    return out


def vendor_mix(p: SimpleNamespace, chips: np.ndarray, day: float, sooner: float = 0.0) -> np.ndarray:
    """float64[g]: share of each generation in the work that the vendor makes; a logistic curve each, newest first."""
    first = EXPORT + 1
    since = day - chips["takeover"][first:DOMESTIC]
    since[NEWEST - first:] += sooner
    come = 1.0 / (1.0 + np.exp(-np.clip(since / p.takeover_width, -60.0, 60.0)))
    left = np.append(np.cumprod((1.0 - come)[::-1])[::-1], 1.0)
    out = np.zeros(len(GENERATIONS))
    out[EXPORT], out[first:DOMESTIC] = left[0], come * left[1:]
    out[out < p.least_share] = 0.0
    return out / out.sum()


class Route:
    """Deliveries of the day, remembered as long as nothing that they follow has changed."""

    def __init__(self, p: SimpleNamespace, chips: np.ndarray, open_share: np.ndarray) -> None:
        self._given, self._key = (p, chips, open_share), b""
        self._found: Deliveries | None = None

    def today(self, day: int, d: Dials) -> Deliveries:
        """What is delivered: chips are shipped by the week, and rules and disruptions hold at once."""
        week = day - day % SHIPPING
        key = week.to_bytes(8, "big", signed=True) + d.world.tobytes() + d.generations.tobytes()
        if self._found is None or key != self._key:
            self._key, self._found = key, deliveries(*self._given, week, d)
        return self._found


def deliveries(p: SimpleNamespace, chips: np.ndarray, open_share: np.ndarray, day: float, d: Dials) -> Deliveries:
    """What of each generation is delivered to each region, after export control.

    Without a shock China gets of a barred generation what is smuggled, and the export chip for the rest. A shock lets
    a share of every flow through, or grants licences; what it stops leaks as the dials say. Chinese makers deliver
    the remaining part of Chinese work.
    """
    vendor = vendor_mix(p, chips, day, d.sooner_add)
    control = d.generations
    licensed = np.clip(open_share + control["licence_add"], 0.0, 1.0)
    official, grey = vendor * licensed, vendor * (1.0 - licensed) * p.grey
    official[EXPORT] += (vendor - official - grey).sum()
    reach = d.export_control * control["reach_mult"]
    leak = np.minimum(1.0, d.leak_add + control["grey_add"]) * np.maximum(0.0, 1.0 - reach)
    through, around = (official + grey) * reach, grey * reach + (official + grey) * leak
    passed = through + (official + grey) * leak
    total = float(passed.sum())
    mix = np.empty((len(REGIONS), len(GENERATIONS)))
    mix[:] = vendor
    nvidia, domestic = p.nvidia_share_china * total, d.domestic_mult * (1.0 - p.nvidia_share_china)
    share = nvidia / (nvidia + domestic) if nvidia + domestic > 0 else 0.0
    mix[CHINA] = passed * (share / total) if total > 0 else 0.0
    mix[CHINA, DOMESTIC] = 1.0 - share
    smuggled = np.divide(around, passed, out=np.zeros_like(passed), where=passed > 0)
    return Deliveries(mix, total, smuggled)


assert GENERATIONS[: len(VENDOR)] == VENDOR
