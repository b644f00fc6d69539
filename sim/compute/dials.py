"""The primitives that a shock or a policy may set, by name; all neutral at the start.

A dial has two layers. What is set by name (``dials.float_mult = 0.7``) stays until it is set again: policies do
this. What shocks contribute holds for one day, and several shocks compose: multipliers multiply, additions add.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compute.chips import GENERATIONS
from sim.compute.config import REGIONS
from sim.compute.config_classes import CLASSES
from sim.compute.layout import CLASS_DIALS, DIALS, GENERATION_DIALS, KIND_DIALS, REGION_DIALS
from sim.compute.operators import KINDS

TABLES = {"world": (DIALS, 1), "regional": (REGION_DIALS, len(REGIONS)), "kinds": (KIND_DIALS, len(KINDS)),
          "generations": (GENERATION_DIALS, len(GENERATIONS)), "classes": (CLASS_DIALS, len(CLASSES))}
TABLE_OF = {name: table for table, (kind, _) in TABLES.items() for name in kind.names or ()}
NEVER = -(10 ** 9)  # a day on which no shock was


def added(name: str) -> bool:
    """Whether contributions add up and are neutral at 0; otherwise they multiply and are neutral at 1."""
    return name.endswith("_add")


class Dials:
    """Multipliers and additions read by the rules each day.

    supply_mult    : float  vendor output over its path
    domestic_mult  : float  chips made in China for China, over normal
    float_mult     : float  capacity offered uncommitted, over normal
    sublet_mult    : float  contracted capacity that may be sublet, over normal
    spare_mult     : float  hyperscaler spare capacity, over normal
    site_mult      : float  energisations over what is due; the rest waits again
    export_control : float  export-controlled chips that reach China, over normal
    leak_add       : float  share of what export control stops that arrives all the same
    sooner_add     : float  business days by which the newest generation comes earlier than planned
    lasting_add    : float  part of missing vendor output that the public knows to be lost for good
    token_mult     : float  posted token prices, over what labs would post
    vacancy_add    : float  share of the float that stands empty besides the normal vacancy
    panel_add      : float  log by which the heaviest reporter to each panel of list prices reports too much
    growth_add     : float  log per year added to the growth of demand
    demand_mult    : float64[4]  demand by region, over its path
    power_mult     : float64[4]  power price by region, over normal
    available      : float64[4]  share of the fleet that may run, by region (curtailment)
    class_mult     : float64[4]  demand by class (training, large, small, research), over its path
    mobile_mult    : float64[4]  demand that may move to or from a region, over normal
    order_mult     : float64[3]  chip orders by kind of owner (hyperscaler, data centre, small), over normal
    cost_mult      : float64[3]  cost of owning by kind of owner, over normal
    reach_mult     : float64[g]  chips of a generation that reach China, over normal, besides `export_control`
    grey_add       : float64[g]  share of what is stopped of a generation that arrives all the same
    licence_add    : float64[g]  part of a barred generation that may be sold to China
    """

    __slots__ = ("_day", "_own", "_shocks", "classes", "generations", "kinds", "regional", "world")
    world: np.ndarray
    regional: np.ndarray
    kinds: np.ndarray
    generations: np.ndarray
    classes: np.ndarray
    _own: dict[str, np.ndarray]
    _shocks: dict[str, np.ndarray]
    _day: int

    def __init__(self) -> None:
        for table, (kind, rows) in TABLES.items():
            object.__setattr__(self, table, np.zeros(rows, kind))
        object.__setattr__(self, "_own", {})
        object.__setattr__(self, "_shocks", {})
        object.__setattr__(self, "_day", NEVER)
        for name in TABLE_OF:
            neutral = np.full(len(getattr(self, TABLE_OF[name])), 0.0 if added(name) else 1.0)
            self._own[name], self._shocks[name] = neutral, neutral.copy()
            self._combine(name)

    def _combine(self, name: str) -> None:
        own, shocks = self._own[name], self._shocks[name]
        getattr(self, TABLE_OF[name])[name] = own + shocks if added(name) else own * shocks

    def __getattr__(self, name: str) -> Any:
        if name not in TABLE_OF:
            raise AttributeError(f"no dial {name!r}; there are {', '.join(TABLE_OF)}")
        values = getattr(self, TABLE_OF[name])[name]
        if TABLE_OF[name] == "world":
            return float(values[0])
        values.flags.writeable = False  # a dial is set as a whole, so that both layers know
        return values

    def __setattr__(self, name: str, value: float | np.ndarray) -> None:
        if name not in TABLE_OF:
            raise AttributeError(f"no dial {name!r}; there are {', '.join(TABLE_OF)}")
        self._own[name][:] = value
        self._combine(name)

    def begin(self, day: int) -> None:
        """What shocks contributed on another day is over."""
        if day == self._day or self._day == NEVER:
            return
        for name, shocks in self._shocks.items():
            shocks[:] = 0.0 if added(name) else 1.0
            self._combine(name)
        object.__setattr__(self, "_day", NEVER)

    def contribute(self, day: int, name: str, value: float, rows: list[int] | None = None) -> None:
        """What one shock does to a dial on one day, everywhere or in some regions (or kinds of owner, or
        generations).

        Raises KeyError for an unknown dial.
        """
        self.begin(day)
        object.__setattr__(self, "_day", day)
        chosen = slice(None) if rows is None else rows
        if added(name):
            self._shocks[name][chosen] += value
        else:
            self._shocks[name][chosen] *= value
        self._combine(name)

    @property
    def reaching_china(self) -> float:
        """Export-controlled chips that reach China over normal, leaks included."""
        control = self.export_control
        return control + min(1.0, self.leak_add) * (1.0 - control) if control < 1 else control

    def snapshot(self) -> tuple:
        """Both layers, copied."""
        return ({name: values.copy() for name, values in self._own.items()},
                {name: values.copy() for name, values in self._shocks.items()}, self._day)

    def restore(self, state: tuple) -> None:
        """Return to a snapshot, which may be used again."""
        own, shocks, day = state
        object.__setattr__(self, "_day", day)
        for name in TABLE_OF:
            self._own[name][:], self._shocks[name][:] = own[name], shocks[name]
            self._combine(name)
