"""Tails against leverage, from a study: the Hill exponent of changes, and defaults, at each level of leverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import NothingToDraw
from sim.report.page import Page, Words, styled

Interval = tuple[float, float, float]  # mean and the two ends
Pooled = dict[float, Interval]

HARM = {"defaults": "Defaults a year", "defaults_all": "Defaults in a history"}

# histories -> 95 % quantile of Student's t
STUDENT = {2: 6.314, 3: 2.920, 4: 2.353, 5: 2.132, 8: 1.895, 10: 1.833, 15: 1.761, 20: 1.729, 30: 1.699, 60: 1.671}


def tails(table: Any, leverage: str, source: str, tail: str = "tail_second_month", harm: str = "defaults",
          phone: bool = False, bare: bool = False, pooled: Pooled | None = None, losses: Pooled | None = None) -> Page:
    """Draw a study's figures by leverage.

    Parameters
    ----------
    table    : a row a history: the level of leverage, and the two figures
    leverage : its column of levels; tail: Hill exponents, lower is fatter; harm: a count a year
    source   : which study it is
    pooled   : level -> exponent of all histories put together and its interval, drawn instead of each history's own
    losses   : the same of speculators' daily losses over their equity, drawn beside it

    Raises NothingToDraw for fewer than two levels.
    """
    levels = _levels(table, leverage, (tail, harm))
    for level, (value, low, high) in (pooled or {}).items():
        levels[level][tail] = (value, low, high)
    with styled():
        page = Page(_words(levels, tail, harm, source, bool(pooled), losses), 3.6 if phone else 3.4, phone, bare)
        top, low = page.axes(2, [1.2, 1.0], gap=0.5, left=0.6, right=0.35, bottom=0.5)
        at = np.arange(len(levels))
        for axes, name, title in ((top, tail, "Hill exponent of daily changes (lower: fatter tails)"),
                                  (low, harm, HARM.get(harm, harm))):
            colour = p.FAMILY["speculators"] if name == tail else p.WORSE
            mean, below, above = (np.array([each[name][kind] for each in levels.values()]) for kind in range(3))
            dots = () if pooled and name == tail else table.groupby(leverage)[name]
            for k, (level, values) in enumerate(dots):
                axes.scatter(np.full(len(values), at[list(levels).index(level)]) + 0.12, values, s=7, linewidth=0,
                             color=p.mix(colour, p.PAPER, 0.55), zorder=2, label=None if k else name)
            if losses and name == tail:
                _beside(axes, at + 0.12, [losses[level] for level in levels], phone)
                title = "Hill exponent (lower: fatter tails): prices, and speculators' losses (squares)"
            axes.vlines(at, below, above, color=colour, lw=2.2)
            axes.plot(at, mean, "o-", color=colour, lw=1.0, ms=5)
            for x, y in zip(at, mean, strict=True):
                axes.annotate(words.number(float(y), 2), (x, y), (-7, 7), textcoords="offset points", ha="right",
                              color=colour, size=7.4 if phone else 8.2, weight="bold")
            axes.set_title(title, size=7.6 if phone else 9)
            axes.set_xlim(-0.5, len(levels) - 0.5)
            axes.set_xticks(at, [f"{level:g}×" for level in levels])
            axes.locator_params(axis="y", nbins=5)
        low.set_ylim(bottom=0)
        low.set_xlabel("leverage: exposure over own capital, at most", size=7.6 if phone else 8.5)
    return page


def _beside(axes: Any, at: np.ndarray, values: list[Interval], phone: bool) -> None:
    """A second exponent, a little to the right of the first."""
    mean, below, above = (np.array(column) for column in zip(*values, strict=True))
    axes.vlines(at, below, above, color=p.WORSE, lw=2.2)
    axes.plot(at, mean, "s--", color=p.WORSE, lw=1.0, ms=4.5)
    for x, y in zip(at, mean, strict=True):
        axes.annotate(words.number(float(y), 2), (x, y), (6, 6), textcoords="offset points", ha="left", color=p.WORSE,
                      size=7.4 if phone else 8.2, weight="bold")


def _levels(table: Any, leverage: str, names: tuple[str, ...]) -> dict[float, dict[str, Interval]]:
    """Level -> figure -> mean and its 90 % interval, levels ascending."""
    out: dict[float, dict[str, Interval]] = {}
    for level, rows in table.groupby(leverage):
        own = {}
        for name in names:
            values = pd.Series(rows[name]).dropna()
            spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
            mean, half = float(values.mean()), _quantile(len(values)) * spread / math.sqrt(max(len(values), 1))
            own[name] = (mean, mean - half, mean + half)
        out[float(level)] = own
    if len(out) < 2:
        raise NothingToDraw("a study needs at least two levels of leverage")
    return out


def _quantile(histories: int) -> float:
    """Student's quantile at the next smaller number of histories that is listed: never too narrow."""
    known = [size for size in STUDENT if size <= histories]
    return STUDENT[max(known)] if known else math.nan


def _words(levels: dict[float, dict[str, Interval]], tail: str, harm: str, source: str, pooled: bool,
           losses: Pooled | None = None) -> Words:
    first, *_, last = levels
    (a, *span_a), (b, *span_b) = levels[first][tail], levels[last][tail]
    gap, doubt = b - a, math.hypot((span_a[1] - span_a[0]) / 2, (span_b[1] - span_b[0]) / 2)
    number = lambda value: words.number(value, 2)
    if not math.isfinite(doubt) or abs(gap) <= doubt:
        title = f"Tails at {last:g}-fold leverage do not differ clearly from those at {first:g}-fold"
    else:
        way = "fatter" if gap < 0 else "thinner"
        title = f"Tails grow {way} with leverage: exponent {number(a)} at {first:g}-fold, {number(b)} at {last:g}-fold"
    if losses and losses[last][2] < losses[first][1]:
        title = (f"Speculators' losses have fatter tails at {last:g}-fold leverage: exponent {number(losses[last][0])} "
                 f"after {number(losses[first][0])}")
    how = "exponents are those of all histories put together" if pooled else "dots are histories"
    see = (f"{how}, bars 90 % intervals. At an exponent of 3 a change twice as large is "
           f"eight times less frequent, at 2 four times. Defaults go from {number(levels[first][harm][0])} to "
           f"{number(levels[last][harm][0])} {'a year' if harm == 'defaults' else 'in a history'}.")
    told = "; ".join(f"{level:g}-fold: exponent {number(own[tail][0])}, defaults {number(own[harm][0])}"
                     for level, own in levels.items())
    return Words(title, "Tails of futures prices and defaults against leverage", see, source, f"{title}. {told}.")
