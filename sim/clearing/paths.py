"""The rate that a margin model would have asked for, day by day, on any series of prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import sim.clearing.margin
from sim.clearing.margin.base import MarginModel
from sim.plugin import load_all


def margin_path(prices: Sequence[float] | np.ndarray, model: str | MarginModel, *, side: str = "long",
                **params: Any) -> np.ndarray:
    """Margin rate in force on each day for one contract.

    Parameters
    ----------
    prices : float64[days]  positive settlement prices, oldest first
    model  : name of a margin model, or one with its parameters
    side   : "long" or "short"; symmetric models ask the same of both
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
    if isinstance(model, str):
        load_all(sim.clearing.margin.__name__)
        if model not in MarginModel.types:
            raise ValueError(f"no margin model is called {model!r}; there are {', '.join(sorted(MarginModel.types))}")
        model = MarginModel.types[model](**params)
    elif params:
        raise TypeError("parameters belong to a model that is named, this one has its own")
    assert isinstance(model, MarginModel)
    column = series[:, None]
    path = np.empty(len(series))
    now = np.nan
    for day in range(len(series)):
        rate = float(model.rates(column[:day])[0])
        now = path[day] = rate if np.isfinite(rate) else now
    return path
