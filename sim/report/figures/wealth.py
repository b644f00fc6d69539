"""Who gained: money on account, by family of participants."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw, dollars
from sim.report.page import Page, Words, date_axis, spread_labels, styled

MILLION = 1e6


def wealth(history: History, phone: bool = False, bare: bool = False) -> Page:
    """What each family has gained from futures since the first day; money on account where gains are not recorded."""
    lines, gains = _lines(history)
    with styled():
        page = Page(_words(history, lines, gains), 3.0 if phone else 3.3, phone, bare)
        (axes,) = page.axes(left=0.66, right=1.12 if phone else 1.35, top=0.12)
        axes.axhline(0, color=p.SOFT, lw=0.8)
        for name, values in lines.items():
            axes.plot(values.index, values, color=p.FAMILY[name], lw=1.7)
        low, high = axes.get_ylim()
        ends = spread_labels([float(values.iloc[-1]) for values in lines.values()], (high - low) * 0.062)
        for (name, _), y in zip(lines.items(), ends, strict=True):
            axes.annotate(p.FAMILY_NAME[name], (1.01, y), xycoords=("axes fraction", "data"), va="center",
                          color=p.SOFT if name == "passive" else p.FAMILY[name], weight="bold",
                          size=6.9 if phone else 8.2, annotation_clip=False)
        axes.yaxis.set_major_formatter(lambda value, _: f"{'+' if value > 0 else ''}{words.number(value)}")
        axes.locator_params(axis="y", nbins=6)
        date_axis(axes, history.first, history.last, phone)
    return page


def _lines(history: History) -> tuple[dict[str, pd.Series], bool]:
    """Family to $ million since the first day, and whether these are gains from futures."""
    daily = history.daily
    for prefix, gains in (("gain_", True), ("equity_", False)):
        found = {name: f"{prefix}{name}_cents" for name in p.FAMILY if f"{prefix}{name}_cents" in daily}
        if found:
            whole = {name: pd.Series(dollars(daily[column]) / MILLION, daily.index) for name, column in found.items()}
            moved = {name: values - values.iloc[0] for name, values in whole.items()}
            return {name: values for name, values in moved.items() if np.abs(values).max() > 0} or moved, gains
    raise NothingToDraw("the daily table has no wealth by family")


def _words(history: History, lines: dict[str, pd.Series], gains: bool) -> Words:
    ends = {name: float(values.iloc[-1]) for name, values in lines.items()}
    best, worst = max(ends, key=lambda n: ends[n]), min(ends, key=lambda n: ends[n])
    amount = lambda name: words.money(abs(ends[name]) * MILLION)
    if ends[best] <= 0 or ends[worst] >= 0 or best == worst:
        title = (f"{'All' if ends[worst] >= 0 else 'No'} families ended with more on account, "
                 f"{p.FAMILY_NAME[best if ends[worst] >= 0 else worst]} with the largest change")
    elif gains:
        title = (f"{words.capital(p.FAMILY_NAME[best])} gained {amount(best)} from futures, {p.FAMILY_NAME[worst]} "
                 f"lost {amount(worst)}")
    else:
        title = (f"{words.capital(p.FAMILY_NAME[best])} ended with {amount(best)} more on account, "
                 f"{p.FAMILY_NAME[worst]} with {amount(worst)} less")
    what = ("gains and losses on futures, settled in cash every day, before fees" if gains else
            "cash and margin at the clearing house, deposits and withdrawals included")
    told = words.listing([f"{p.FAMILY_NAME[name]} {'+' if value > 0 else ''}{words.money(value * MILLION)}"
                          for name, value in sorted(ends.items(), key=lambda item: -item[1])])
    see = (f"the lines show {what}. " + (
        "A gain here is a loss there. A hedger's loss on futures comes with a cheaper bill for compute, and the other "
        "way round." if gains else
        "A hedger that needs margin draws on its parent company, so a rising line may be a deposit and not a gain."))
    return Words(title, f"Change since the first day, $ million: {what}", see, history.source,
                 f"{title}. Line chart over {history.period}; at the end: {told}.")
