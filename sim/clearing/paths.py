"""The rate that a margin model would have asked for, day by day, on any series of prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import sim.clearing.dampers
import sim.clearing.margin
from sim.clearing.dampers.base import Damper, Past, Undamped
from sim.clearing.margin.base import LONG, SHORT, MarginModel
from sim.clearing.rates import RateRule
from sim.errors import near_miss
from sim.plugin import load_all

Choice = str | Mapping[str, Any]


def margin_path(prices: Sequence[float] | np.ndarray, model: Choice | MarginModel, *, side: str = "long",
                procyclicality: Choice | Damper | Sequence[Choice | Damper] | None = None, **params: Any) -> np.ndarray:
    """Margin rate in force on each day for one contract.

    Parameters
    ----------
    prices : float64[days]  positive settlement prices, oldest first
    model  : name of a margin model, a mapping with its ``type`` and parameters, or one with its parameters
    side   : "long" or "short"; symmetric models ask the same of both
    procyclicality : rule against procyclicality that acts on the model, named likewise; or several, in their order
    params : the model's parameters, where it is named

    Returns
    -------
    float64[days]  share of notional; the rate of a day is found from the prices of earlier days alone
    """
    series = np.asarray(prices, np.float64)
    if series.ndim != 1 or not (np.isfinite(series).all() and (series > 0).all()):
        raise ValueError("prices are positive numbers, one a day, without gaps")
    if side not in ("long", "short"):
        raise ValueError(f"a side is long or short, not {side!r}")
    at = LONG if side == "long" else SHORT
    rule = RateRule(margin_model(model, **params), damper(procyclicality), lambda sides: sides[at])
    column = series[:, None]
    return np.array([rule.update(column[:day])[0] for day in range(len(series))])


def dampen(path: Sequence[float] | np.ndarray, procyclicality: Choice | Damper | Sequence[Choice | Damper],
           **params: Any) -> np.ndarray:
    """What a rule against procyclicality makes of any path of margins, day by day.

    path : float64[days]  margins, in any unit; params : of the rule, where it is named

    Rules that look at prices (a floor, a stressed weight) cannot act on a path alone and raise ValueError.
    """
    now = np.asarray(path, np.float64)[:, None]
    for rule in damper(procyclicality, **params).chain():
        final = np.empty_like(now)
        for day in range(len(now)):
            final[day] = rule.adjust(Past(now[: day + 1], final[:day], np.empty((0, 1)), None, lambda sides: sides[0]))
        now = final
    return now[:, 0]


def margin_model(choice: Choice | MarginModel, **params: Any) -> MarginModel:
    """The margin model of a name, of a mapping with ``type``, or itself. Raises ValueError where there is none."""
    load_all(sim.clearing.margin.__name__)
    return _chosen(MarginModel, "margin model", choice, params)


def damper(choice: Choice | Damper | Sequence[Choice | Damper] | None, **params: Any) -> Damper:
    """The rule against procyclicality of a name, of a mapping with ``type``, of several of these, or itself."""
    load_all(sim.clearing.dampers.__name__)
    if choice is None:
        return Undamped()
    if isinstance(choice, Sequence) and not isinstance(choice, str):
        rules = tuple(_chosen(Damper, "rule against procyclicality", each, {}) for each in choice)
        return Damper.types["several"](rules=rules)
    return _chosen(Damper, "rule against procyclicality", choice, params)


def _chosen(family: Any, what: str, choice: Any, params: dict[str, Any]) -> Any:
    if isinstance(choice, family):
        if params:
            raise TypeError(f"parameters belong to a {what} that is named, this one has its own")
        return choice
    named = {"type": choice} if isinstance(choice, str) else dict(choice)
    name = named.pop("type", None)
    if name not in family.types:
        near = near_miss(str(name), family.types) or ";"
        raise ValueError(f"no {what} is called {name!r}{near} there are {', '.join(sorted(family.types))}")
    cls = family.types[name]
    values = named | params
    unknown = sorted(set(values) - set(cls.model_fields))
    if unknown:
        near = near_miss(unknown[0], cls.model_fields) or ";"
        raise ValueError(f"{name} has no parameter {unknown[0]!r}{near} it has {', '.join(sorted(cls.model_fields))}")
    return cls(**{key: _inner(family, what, cls.model_fields[key].annotation, value) for key, value in values.items()})


def _inner(family: Any, what: str, annotation: Any, value: Any) -> Any:
    """Models within models and lists of rules may be written as mappings too; whole numbers are numbers."""
    if isinstance(value, Mapping):
        return _chosen(family, what, value, {})
    if isinstance(value, (list, tuple)):
        return tuple(_inner(family, what, annotation, each) for each in value)
    return float(value) if annotation is float and type(value) is int else value
