"""The primitives that a shock or a policy may set, by name; all neutral at the start."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compute.config import REGIONS
from sim.compute.layout import DIALS, REGION_DIALS

WORLD_NAMES, REGION_NAMES = tuple(DIALS.names or ()), tuple(REGION_DIALS.names or ())
ADDED = ("vacancy_add", "growth_add")  # neutral at 0; all others multiply and are neutral at 1


class Dials:
    """Multipliers read by the kernels each day.

    supply_mult    : float  vendor output over its path
    float_mult     : float  capacity offered uncommitted, over normal
    sublet_mult    : float  contracted capacity that may be sublet, over normal
    spare_mult     : float  hyperscaler spare capacity, over normal
    site_mult      : float  energisations over what is due; the rest waits again
    export_control : float  share of export-controlled chips that still reach China (1: all)
    vacancy_add    : float  share of the float that stands empty besides the normal vacancy
    growth_add     : float  log per year added to the growth of demand
    demand_mult    : float64[4]  demand by region, over its path
    power_mult     : float64[4]  power price by region, over normal
    available      : float64[4]  share of the fleet that may run, by region (curtailment)
    """

    __slots__ = ("regional", "world")
    world: np.ndarray
    regional: np.ndarray

    def __init__(self) -> None:
        object.__setattr__(self, "world", np.zeros(1, DIALS))
        object.__setattr__(self, "regional", np.zeros(len(REGIONS), REGION_DIALS))
        for name in WORLD_NAMES + REGION_NAMES:
            setattr(self, name, 0.0 if name in ADDED else 1.0)

    def __getattr__(self, name: str) -> Any:
        if name in WORLD_NAMES:
            return float(self.world[name][0])
        if name in REGION_NAMES:
            return self.regional[name]
        raise AttributeError(f"no dial {name!r}; there are {', '.join(WORLD_NAMES + REGION_NAMES)}")

    def __setattr__(self, name: str, value: float | np.ndarray) -> None:
        if name in WORLD_NAMES:
            self.world[name] = value
        elif name in REGION_NAMES:
            self.regional[name] = value
        else:
            raise AttributeError(f"no dial {name!r}; there are {', '.join(WORLD_NAMES + REGION_NAMES)}")
