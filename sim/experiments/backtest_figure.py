"""The figure of a backtest: prices, and margin against losses, a panel for each rule."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import numpy as np

from sim.experiments.backtest import Backtest, Outcome
from sim.report import palette as p
from sim.report.page import Page, Words, date_axis, label, styled


def draw(result: Backtest, phone: bool = False, bare: bool = False) -> Page:
    """Prices on top; below, each rule's margin as a line, losses as bars, breaches marked."""
    rows = 1 + len(result.outcomes)
    days = result.dates.astype("datetime64[s]").astype(object)
    top = 105 * max(max(float(each.rate.max()), float(each.loss.max())) for each in result.outcomes)
    with styled():
        page = Page(_words(result), (0.95 if phone else 0.88) * rows + 0.4, phone, bare)
        first, *others = page.axes(rows, [1.2] + [1.0] * (rows - 1), gap=0.62)
        first.plot(days, result.prices.prices[result.before: result.before + len(days)], color=p.INK)
        first.set_title("Price, $")
        first.locator_params(axis="y", nbins=4)
        for axes, outcome in zip(others, result.outcomes, strict=True):
            _panel(axes, days, outcome, top, phone)
        span = (days[-1] - days[0]).days
        for axes in (first, *others):
            date_axis(axes, days[0], days[-1], phone)
            if span <= 75:  # days: as many as have room for their year
                axes.xaxis.set_major_locator(mdates.DayLocator(interval=max(1, -(-span // (2 if phone else 5)))))
            if axes is not others[-1]:
                axes.set_xticklabels([])
    return page


def _panel(axes: Any, days: Any, outcome: Outcome, top: float, phone: bool) -> None:
    lost, breach = outcome.loss > 0, outcome.breaches
    axes.vlines(days[lost], 0, 100 * outcome.loss[lost], color=p.VARIANT[0], lw=0.8)
    axes.plot(days, 100 * outcome.rate, color=p.FAMILY["clearing"], lw=1.4, drawstyle="steps-post")
    axes.scatter(days[breach], 100 * outcome.loss[breach], s=20, marker="X", color=p.WORSE, zorder=3, clip_on=False)
    axes.set_ylim(0, top)
    axes.locator_params(axis="y", nbins=3)
    n, x = int(outcome.tested.sum()), int(breach.sum())
    name = outcome.rule.label if len(outcome.rule.label) < (30 if phone else 60) else outcome.rule.label[:27] + "…"
    axes.set_title(f"{name}: margin, % of value", parse_math=False)
    label(axes, days[-1], 0.86 * top, f"{x} of {n} uncovered", p.WORSE if x else p.SOFT, ha="right")


def _words(result: Backtest) -> Words:
    rows = [result.row(outcome) for outcome in result.outcomes]
    days = rows[0]["days"]
    daily = np.median(np.diff(result.dates)) >= np.timedelta64(12, "h")
    time = "days" if daily else "periods"
    allowed = days * (1.0 - result.confidence)
    short = [row for row in rows if row["one_sided_p"] < 0.05]
    worst = max(rows, key=lambda row: row["breaches"])
    if len(rows) == 1:
        title = f"{worst['rule']} was too small on {worst['breaches']} of {days} {time}"
    elif not short:
        title = f"None of {len(rows)} margin rules was clearly too small on {days} {time}"
    elif len(short) == len(rows):
        title = f"All {len(rows)} margin rules were too small too often on {days} {time}"
    else:
        title = f"{len(short)} of {len(rows)} margin rules were too small too often on {days} {time}"
    rises = [row for row in rows if np.isfinite(row["peak_to_trough"])]
    steep = max(rises, key=lambda row: row["peak_to_trough"], default=None)
    see = (f"bars are losses of who is {result.side}, the line is the margin held against them, crosses are losses "
           f"that it did not cover; {allowed:.1f} are to be expected at {100 * result.confidence:g} %.")
    if steep:
        see += (f" The margin of {steep['rule']} moved most: its highest was {steep['peak_to_trough']:.1f} times its "
                f"lowest.")
    period = f"{np.datetime_as_string(result.dates[0], 'D')} to {np.datetime_as_string(result.dates[-1], 'D')}"
    source = (f"own calculation on {result.prices.name}, {period}; {result.before} earlier prices were only learnt "
              f"from. No margin knows the price that it is tested on.")
    alt = f"{title}. Price and margins by rule, {period}. " + "; ".join(
        f"{row['rule']}: {row['breaches']} uncovered, mean {100 * row['mean_margin']:.1f} %" for row in rows) + "."
    return Words(title, f"Margin of a {result.side} position, {period}", see, source, alt)
