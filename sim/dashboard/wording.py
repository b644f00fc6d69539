"""The answer in a sentence, the key figures with what they are measured against, and the table of differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sim.dashboard.charts import front
from sim.dashboard.frame import Frame
from sim.dashboard.settings import Settings
from sim.report import words

YEAR = 252


class Key(NamedTuple):
    """A figure with its yardstick."""

    name: str
    value: str
    unit: str
    beside: str


def total(frame: Frame, column: str, at: int) -> float:
    """Sum of a daily column up to a day."""
    return float(np.nansum(frame.column(column)[: at + 1]))


def named(frame: Frame, settings: Settings) -> str:
    """A scenario with what was changed about it: “Tenfold leverage” with another luck."""
    title = frame.scenario.title or frame.scenario.name
    return f"“{title}” as changed" if settings.changes else f"“{title}”"


def answer(frames: Sequence[Frame], pair: tuple[Settings, Settings | None], at: int) -> str:
    """What the run says so far, in one sentence."""
    own = frames[0]
    when = words.day(own.dates[at])
    forced, failed = (total(own, name, at) for name in ("forced_events", "defaults"))
    if len(frames) > 1 and pair[1] is not None:
        other, there = frames[1], min(at, frames[1].last)
        parts = [difference(forced - total(other, "forced_events", there), "forced sale"),
                 difference(failed - total(other, "defaults", there), "default")]
        told = [part for part in parts if part]
        gap = float(own.column("spot_h100_us")[at] - other.column("spot_h100_us")[there])
        spot = "the same spot price" if abs(gap) < 0.005 else \
            f"spot {words.price(abs(gap))} {'higher' if gap > 0 else 'lower'}"
        what = words.listing([*told, spot]) if told else f"no more and no fewer forced sales or defaults, and {spot}"
        return f"By {when}, on the same luck, {named(own, pair[0])} has seen {what} than {named(other, pair[1])}." \
            if told or abs(gap) >= 0.005 else \
            f"By {when}, on the same luck, {named(own, pair[0])} and {named(other, pair[1])} have gone the same way."
    if not own.days[at].months:
        return f"On {when} futures are not listed yet: everybody pays or earns spot."
    if failed:
        return (f"By {when} {words.count(failed, 'participant')} {'has' if failed == 1 else 'have'} defaulted and "
                f"{words.count(forced, 'forced sale')} {'has' if forced == 1 else 'have'} been made.")
    if forced:
        return (f"By {when} nobody has defaulted; {words.count(forced, 'forced sale')} "
                f"{'has' if forced == 1 else 'have'} been made because margin could not be met.")
    return f"By {when} nobody has been forced to sell and nobody has defaulted."


def difference(value: float, noun: str) -> str:
    """"12 more forced sales"; empty where there is none."""
    if not value:
        return ""
    size = words.count(abs(value), noun)
    count, rest = size.split(" ", 1)
    return f"{count} {'more' if value > 0 else 'fewer'} {rest}"


def keys(frames: Sequence[Frame], at: int) -> list[Key]:
    """Four figures, each with something to measure it against."""
    own = frames[0]
    other, there = (frames[1], min(at, frames[1].last)) if len(frames) > 1 else (None, 0)
    spot = own.column("spot_h100_us")
    people = sum(block.stop - block.start for block in own.blocks)
    against = f"compared: {words.price(float(other.column('spot_h100_us')[there]))}" if other else \
        f"first day: {words.price(float(spot[0]))}"
    found = [Key("Spot price", words.price(float(spot[at])), "per GPU-hour", against)]
    for name, column in (("Margin calls", "margin_calls"), ("Forced sales", "forced_events"), ("Defaults", "defaults")):
        beside = f"compared: {words.count(total(other, column, there))}" if other else f"of {people:,} participants"
        found.append(Key(name, words.count(total(own, column, at)), "so far", beside))
    return found


def differences(frames: Sequence[Frame], at: int) -> list[list[str]]:
    """Rows of measure, unit, this market, the one compared with, difference."""
    own, other = frames[0], frames[1]
    rows = []
    for name, unit, measure in MEASURES:
        values = [measure(own, at), measure(other, min(at, other.last))]
        if not all(math.isfinite(value) for value in values):
            continue
        gap = values[0] - values[1]
        form = (lambda v: words.price(v)) if unit.startswith("$ per") else lambda v: words.number(v)
        shown = form(abs(gap))
        sign = "+" if gap > 0 else words.MINUS
        same = form(values[0]) == form(values[1])
        rows.append([name, unit, form(values[0]), form(values[1]), "no difference" if same else f"{sign}{shown}"])
    return rows


def _volatility(frame: Frame, at: int) -> float:
    prices = front(frame)[: at + 1]
    change = np.diff(np.log(prices))
    change = change[np.isfinite(change) & (np.abs(change) < 0.5)]
    return float(100 * np.std(change) * math.sqrt(YEAR)) if len(change) > 20 else math.nan


def _gain(sector: str) -> Callable[[Frame, int], float]:
    def gained(frame: Frame, at: int) -> float:  # what is recorded is the sum since the market opened
        return float(frame.column(f"gain_{sector}_cents")[at] - frame.column(f"gain_{sector}_cents")[0]) / 1e8

    return gained


MEASURES: list[tuple[str, str, Callable[[Frame, int], float]]] = [
    ("Spot price", "$ per GPU-hour", lambda f, at: float(f.column("spot_h100_us")[at])),
    ("Future of the second month", "$ per GPU-hour", lambda f, at: float(front(f)[at])),
    ("Volatility of that future", "% a year", _volatility),
    ("Contracts traded", "a day, on average", lambda f, at: float(np.nanmean(f.column("volume")[: at + 1]))),
    ("Margin called", "$ million", lambda f, at: total(f, "margin_call_cents", at) / 1e8),
    ("Margin calls", "number", lambda f, at: total(f, "margin_calls", at)),
    ("Forced sales", "number", lambda f, at: total(f, "forced_events", at)),
    ("Defaults", "number", lambda f, at: total(f, "defaults", at)),
    ("Gain of users on futures", "$ million", _gain("users")),
    ("Gain of speculators on futures", "$ million", _gain("speculators")),
    ("Loss of the clearing house", "$ million", lambda f, at: total(f, "house_loss_cents", at) / 1e8),
]
