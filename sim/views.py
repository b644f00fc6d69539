"""What participants see of a market: made once a day, and brought up to date every round.

The functions receive the model; they read it and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sim.agents.base import Rivals, View

FORECAST_MONTHS = 36
NEAR_MONTHS = 3  # months whose quotes say how wide a family trades


def month_so_far(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """float64[families] each: mean of the index days of this month published so far (ticks), their share of it."""
    found = [_month_so_far(model, family) for family in model.families.all]
    return np.array([mean for mean, _ in found]), np.array([share for _, share in found])


def _month_so_far(model: Any, family: Any) -> tuple[float, float]:
    calendar, contract, month = model.calendar, family.contract, model.calendar.month(model.day)
    history = model.economy.index_history[contract.index]
    published = history[calendar.first_day(month) + calendar.burn_in : model.day + calendar.burn_in + 1]
    published = published[~np.isnan(published)]
    if len(published) == 0:
        return float(model.value[1, family.number, 0]), 0.0
    mean = float(np.floor(published / contract.tick + 0.5).sum()) / len(published)
    return mean, len(published) / calendar.length(month)


def spot_of_chip(model: Any) -> float:
    """$ for an hour of the H100 that contracts are on, in the United States: what users pay and suppliers earn."""
    return float(model.economy.chip_spot)


def day_view(model: Any) -> tuple[View, np.ndarray]:
    """What stays the same all day: calendar, listed months, last settlements, volatility, index and spot.

    Returns the view, its quotes still empty, and float64[2, contracts]: log consensus value in ticks, last
    evening's and today's.
    """
    exchange, slots, month = model.exchange, model.exchange.slots, model.calendar.month(model.day)
    listed = slots["listed"] == 1
    ahead = np.minimum(np.maximum(slots["month"] - month, 0), FORECAST_MONTHS - 1)
    fixed = np.where(listed & (slots["month"] == month), month_so_far(model)[1][exchange.families.of], 0.0)
    tick, nothing, day_of_month = exchange.contract.tick, np.zeros(0), model.calendar.day_of_month(model.day)
    view = View(
        day=model.day, round=0, date=model.calendar.date(model.day), first_of_month=day_of_month == 0,
        day_of_month=day_of_month, month_length=model.calendar.length(month), tick_cents=int(exchange.tick_cents[0]),
        listed=listed, rank=np.where(listed, slots["rank"], 0), month=slots["month"].copy(),
        days_left=exchange.days_left.copy(), settle=exchange.settle.copy(), mid=nothing, bid=nothing, ask=nothing,
        value=nothing, fixed_share=fixed, volatility=np.sqrt(exchange.variance[0]),
        fast_volatility=np.sqrt(exchange.variance[1]),
        index=model.economy.index_value[exchange.contract.index] / tick, spot=spot_of_chip(model) / tick,
        margin_rate=model.house.rate.copy(), rationed_small=model.economy.refused,
        trust=model.economy.trust[exchange.contract.index],
        open_interest=open_interest(model) if model.market_is_open() else -1,
        rivals=rivals(model, listed, slots["month"]) if exchange.families.many else None)
    values = model.value[:, exchange.families.of, ahead] if exchange.families.many else model.value[:, 0][:, ahead]
    protect(view)
    return view, np.log(values)


def open_interest(model: Any) -> int:
    """Contracts held long, all months together; where families compete, in lots of the first."""
    held = model.exchange.open_interest()
    return round(float((model.families.sums(held) / model.families.lots(model.economy)).sum())) if model.families.many \
        else int(held.sum())


def rivals(model: Any, listed: np.ndarray, month: np.ndarray) -> Rivals:
    """What participants know of the families that compete in one market."""
    exchange, families = model.exchange, model.families
    places = {index.label: index.place for index in model.economy.indices}
    slots, settle = exchange.slots, np.maximum(exchange.settle, 1)
    worth = exchange.open_interest() * (exchange.settle * exchange.tick_cents).astype(np.float64)
    shown = (slots["rank"] <= NEAR_MONTHS) & listed & (slots["bid"] > 0) & (slots["ask"] > 0)
    width = families.sums(np.where(shown, (slots["ask"] - slots["bid"]) / settle, 0.0))
    return Rivals(
        of=families.of, cents=families.tick_cents, attention=families.attention[families.of],
        partner=families.partners(month, listed), months=int(max(family.months for family in families.all)),
        trust=np.array([model.economy.trust[family.contract.index] for family in families.all]),
        open=families.sums(worth), width=width / np.maximum(families.sums(shown.astype(np.float64)), 1.0),
        lots=families.lots(model.economy), token=families.token,
        region=np.array([places[family.contract.index] for family in families.all]))


def protect(arrays: Iterable[Any]) -> None:
    """Make those of the values that are arrays read-only."""
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.setflags(write=False)


def round_view(model: Any, number: int) -> View:
    """The day's view with the quotes of a round and the news that is public by then; its arrays are read-only."""
    slots, known = model.exchange.slots, model.known[number]
    bid, ask = slots["bid"].copy(), slots["ask"].copy()
    mid = np.where((bid > 0) & (ask > 0), 0.5 * (bid + ask), slots["mark"].astype(np.float64))
    value = np.exp((1.0 - known) * model.log_value[0] + known * model.log_value[1])
    protect((bid, ask, mid, value))
    view: View = model.day_view._replace(round=number, bid=bid, ask=ask, mid=mid, value=value)
    return view


def traded_curve(model: Any) -> np.ndarray | None:
    """float64[36] $/GPU-hour by months ahead, last settlements of the first family, nan where not listed; or None."""
    first = model.families.all[0].slots
    slots = model.exchange.slots[first]
    if not slots["listed"].any():
        return None
    curve = np.full(FORECAST_MONTHS, np.nan)
    ahead = slots["month"] - model.calendar.month(model.day)
    shown = (slots["listed"] == 1) & (ahead >= 0) & (ahead < FORECAST_MONTHS)
    curve[ahead[shown]] = model.exchange.settle[first][shown] * model.exchange.contract.tick
    return curve
