"""What the rules share: row luck, weights over the months, mispricing and persistent errors.

Every function gives the same numbers for one participant as for a block: the one-agent rules use them too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from sim.agents.base import View, World
from sim.population import Population

HEDGED_FLOAT = 0.5  # share of the float that counts as hedged where a scenario has no hedgers at all; judgement
MARGIN_SHARE = 0.75  # share of equity that may be tied up as initial margin; judgement: working prototype


def luck(block: Population, name: str) -> np.ndarray:
    """float64[n] in [0, 1): the draw of that name that each row keeps for the whole run."""
    return block.streams.uniform(f"{block.label}.luck.{name}", block.n)


def normal_luck(block: Population, name: str) -> np.ndarray:
    """float64[n], standard normal: as ``luck``."""
    return block.streams.normal(f"{block.label}.luck.{name}", block.n)


def sizes(block: Population, sd: float) -> np.ndarray:
    """float64[n]: heavy-tailed relative sizes of mean one in expectation, so that no row depends on the others."""
    return np.exp(sd * normal_luck(block, "size") - 0.5 * sd * sd)


def whole(amount: np.ndarray | float) -> Any:
    """int64: the nearest whole number of cents or contracts."""
    return np.rint(amount).astype(np.int64)


def hedgeable_notional(world: World) -> float:
    """Cents: what hedgers would hold if they hedged in full; half of the float where a scenario has no hedgers."""
    if world.hedged_notional > 0:
        return world.hedged_notional
    return HEDGED_FLOAT * world.float_lots * full_cover(0.9, 12, world.months) * world.price * world.tick_cents


def full_cover(most: float, horizon: int, months: int) -> float:
    """Months' worth of need that a full hedge holds: the sum of the ideal hedge ratios over the listed months."""
    return sum(most * max(0.0, 1.0 - (rank - 0.5) / horizon) for rank in range(1, months + 1))


class _Seen:
    """What has been worked out for one view, so that the types that see it share the result."""

    __slots__ = ("known", "view")

    def __init__(self, view: View | None) -> None:
        self.view, self.known = view, dict[str, np.ndarray]()


_last = _Seen(None)


def once_a_view(rule: Callable[[View], np.ndarray]) -> Callable[[View], np.ndarray]:
    """The same function, worked out once for each view; its result is read-only."""

    @wraps(rule)
    def shared(view: View) -> np.ndarray:
        global _last
        seen = _last
        if seen.view is not view:
            seen = _last = _Seen(view)
        result = seen.known.get(rule.__name__)
        if result is None:
            result = seen.known[rule.__name__] = rule(view)
            result.setflags(write=False)
        return result

    return shared


@once_a_view
def month_weights(view: View) -> np.ndarray:
    """float64[contracts]: how capital is spread over the listed months, e^(-rank/4) scaled to sum to one; else 0."""
    weight = np.where(view.rank > 0, np.exp(-view.rank / 4.0), 0.0)
    if view.rivals is not None:
        weight *= view.rivals.attention
    return weight / max(float(weight.sum()), 1e-300)


@once_a_view
def slots_by_rank(view: View) -> np.ndarray:
    """int64[k]: the listed slots, nearest month first."""
    return np.argsort(view.rank, kind="stable")[len(view.rank) - int((view.rank > 0).sum()):]


@once_a_view
def price(view: View) -> np.ndarray:
    """float64[contracts] ticks: the middle of the quotes, at least one tick."""
    return np.maximum(view.mid, 1.0)


@once_a_view
def mispricing(view: View) -> np.ndarray:
    """float64[contracts]: log of consensus value over price; 0 where nothing is listed."""
    return np.where(view.rank > 0, np.log(np.maximum(view.value, 1.0) / price(view)), 0.0)


@once_a_view
def lots_per_cent(view: View) -> np.ndarray:
    """float64[contracts]: contracts that one cent of exposure buys."""
    return 1.0 / (price(view) * cents(view))


def cents(view: View) -> Any:
    """Cents that a tick is worth: int64[contracts] where families compete, else one int."""
    return view.tick_cents if view.rivals is None else view.rivals.cents


def attention(view: View) -> Any:
    """float64[contracts]: the share of its family in attention and capital; 1 where there is only one family."""
    return 1.0 if view.rivals is None else view.rivals.attention


def months_listed(view: View) -> int:
    """Slots of contract months, those of the longest family where several compete."""
    return len(view.rank) if view.rivals is None else view.rivals.months


def leverage_caps(view: View, cap: float | np.ndarray) -> np.ndarray:
    """float64[contracts]: the largest leverage: the own limit, or what margin leaves if that is less."""
    return np.minimum(cap, MARGIN_SHARE / np.maximum(view.margin_rate, 0.01))


def error_shape(view: View, days: float) -> np.ndarray:
    """float64[contracts]: how much of a private error applies to a month, 1 - e^(-tau/days), tau days to its middle."""
    tau = np.maximum(view.days_left - 10, 0)
    return np.where(view.rank > 0, 1.0 - np.exp(-tau / days), 0.0)


def persistence(half_life: float) -> tuple[float, float]:
    """What is kept of a deviation from one day to the next, and the noise that keeps its standard deviation at one."""
    keep = 0.5 ** (1.0 / half_life)
    return keep, math.sqrt(1.0 - keep * keep)


def last_of_month(view: View) -> bool:
    """Whether this is the last business day of a month."""
    return view.day_of_month == view.month_length - 1
