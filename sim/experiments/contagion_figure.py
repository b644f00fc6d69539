"""Primary effect against contagion: prices undisturbed, after a blow, and with finance reacting; what carried it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.contagion import Contagion
from sim.experiments.contagion_words import clear, span, verdict
from sim.report import palette as p
from sim.report import words
from sim.report.page import Page, Words, date_axis, spread_labels, styled

BANDS = 5  # histories from which on bands are drawn


def draw(found: Contagion, phone: bool = False, bare: bool = False) -> Page:
    """Future and spot against the undisturbed twin, and below what each reaction carried.

    The latter are dots with intervals: of the future's further move, or where there are lenders of what they lose.
    """
    table = found.table()
    lenders = "eve_losses" in table.index
    rows = _lost(table) if lenders else _added(table)
    says = _loss_words(found, table, rows) if lenders else _words(found, table, rows)
    heights, gap = [1.75, 1.35, 0.25 + 0.3 * len(rows)], 0.6  # inches
    with styled():
        page = Page(says, sum(heights) + 2 * gap + 0.8, phone, bare)
        future, spot, low = page.axes(3, heights, left=1.35 if lenders else 1.15, right=1.1 if phone else 1.7,
                                      gap=3 * gap / sum(heights), bottom=0.5)
        _course(future, found, "price", "Future, % from its undisturbed twin", phone)
        _course(spot, found, "spot", "Spot in the United States, the same", phone)
        _carried(low, table, rows, found, phone)
        if lenders:
            low.set_xlabel("lost on loans and notes of the eve, % of them", size=7.4 if phone else 8.5)
            low.set_xlim(min(-2.0, low.get_xlim()[0]), max(2.0, low.get_xlim()[1]))
        else:
            low.set_xlabel(f"what finance adds to the future on {words.day(found.date(found.courses['price'].gap))}, %",
                           size=7.4 if phone else 8.5)
    return page


def _added(table: Any) -> list[tuple[str, str]]:
    return [("all together", "contagion_at_gap"), *((f"{name.removeprefix('carried_by_')} alone", name)
                                                    for name in table.index if name.startswith("carried_by_"))]


def _lost(table: Any) -> list[tuple[str, str]]:
    """What lenders lose as it is, with all reactions frozen, undisturbed, and with each reaction frozen alone."""
    start = "eve_losses_without_"
    return [("as it is", "eve_losses"), ("all frozen", "eve_losses_primary"), ("undisturbed", "eve_losses_undisturbed"),
            *sorted(((f"{name.removeprefix(start)} frozen", name) for name in table.index if name.startswith(start)),
                    key=lambda row: float(table.loc[row[1], "mean"]))]


def _loss_words(found: Contagion, table: Any, rows: list[tuple[str, str]]) -> Words:
    ratio = found.ratios()["loss_multiplied"]
    full, alone = (float(table.loc[name, "mean"]) for name in ("eve_losses", "eve_losses_primary"))
    title = (f"Lenders lose {words.number(full, 2)} % of their claims, and {words.number(alone, 2)} % "
             "where finance stands still")
    if math.isfinite(ratio.low) and ratio.low > 1.0:
        title = (f"Reactions of finance multiply lenders' losses {words.number(ratio.value, 2)} times "
                 f"({words.number(ratio.low, 2)} to {words.number(ratio.high, 2)})")
    share = float(table.loc["cascades", "mean"]) / 100 if "cascades" in table.index else 0.0
    many = len(found.figures)
    often = (f" In {round(share * many)} of {words.count(many, 'history', 'histories')} a quarter of operators and "
             "more default: means are made by few histories, the dots on the right." if share > 0 else "")
    see = ("lines: the dashed one is the blow by itself, the full one has finance reacting; dots on them are the days "
           f"of the largest mean gap{_bands(found)}. Each row below is the same luck, with what it names held as on "
           "the eve; undisturbed, the blow does not happen either. What takes the loss away when it is frozen has "
           f"carried it.{often}")
    alt = "; ".join(f"{told} {words.number(float(table.loc[name, 'mean']), 2)} %" for told, name in rows)
    return Words(title, f"Prices, and losses on claims of the eve, over {found.days} business days after it", see,
                 _source(found), f"{title}. {verdict(found, table)}. Mean losses: {alt}.")


def _course(axes: Any, found: Contagion, price: str, title: str, phone: bool) -> None:
    """Mean paths by the blow alone and with finance, in % of the undisturbed twin, which is the line at nought."""
    course, days = found.courses[price], pd.to_datetime(found.paths["date"].drop_duplicates().sort_values())
    when, ends = days.to_numpy(), [0.0]
    full, still = p.FAMILY["speculators"], p.FAMILY["clearing"]
    lines = (("primary", still, (0, (5, 1.6)), course.largest), ("full", full, "-", course.gap))
    means = {move: 100.0 * np.expm1(course.logs[move].mean(axis=0)) for move, *_ in lines}
    axes.axhline(0, color=p.SOFT, lw=1.4, ls=(0, (1, 1.2)))
    for move, colour, dash, at in lines:
        logs, mean = course.logs[move], means[move]
        if len(logs) >= BANDS:
            low, high = (100.0 * np.expm1(np.quantile(logs, share, axis=0)) for share in (0.1, 0.9))
            axes.fill_between(when, low, high, color=colour, alpha=0.13, lw=0)
        axes.plot(when, mean, color=colour, ls=dash, lw=1.8, zorder=3)
        axes.plot(when[at], mean[at], "o", color=colour, ms=4.5, zorder=4)
        ends.append(float(mean[np.isfinite(mean)][-1]))
    axes.fill_between(when, means["primary"], means["full"], color=full, alpha=0.22, lw=0)
    texts = [(p.SOFT, "undisturbed"), (still, "finance still" if phone else "finance stands still"), (full, "as it is")]
    gap = (0.16 if price == "spot" else 0.12) * float(np.ptp(axes.get_ylim()))
    for (colour, text), y in zip(texts, spread_labels(ends, gap), strict=True):
        axes.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), color=colour, weight="bold", va="center",
                      size=6.6 if phone else 8.2, annotation_clip=False)
    axes.set_title(title, size=7 if phone else 9)
    axes.yaxis.set_major_formatter(lambda value, _: words.signed(value))
    axes.locator_params(axis="y", nbins=5)
    date_axis(axes, days.iloc[0], days.iloc[-1], phone)


def _carried(axes: Any, table: Any, rows: list[tuple[str, str]], found: Contagion, phone: bool) -> None:
    for row, (_, name) in enumerate(rows):
        each, colour = table.loc[name], p.FAMILY["speculators"] if row == 0 else p.FAMILY["clearing"]
        values = [figures.get(name, math.nan) for figures in found.figures.values()]
        axes.scatter(values, [row + 0.24] * len(values), s=9, color=p.mix(colour, p.PAPER, 0.45), zorder=2, lw=0)
        if math.isfinite(each["low"]):
            axes.plot([each["low"], each["high"]], [row, row], color=colour, lw=2, zorder=3)
        beyond = math.isfinite(each["low"]) and not each["low"] <= 0 <= each["high"]
        axes.scatter(each["mean"], row, s=40, facecolor=colour if beyond else p.PAPER, edgecolor=colour, lw=1.3,
                     zorder=4)
        axes.annotate(f"{words.number(each['mean'], 2)}{span(each)}", (1.01, row), xycoords=("axes fraction", "data"),
                      color=colour, va="center", size=6.6 if phone else 8, annotation_clip=False)
    axes.axvline(0, color=p.SOFT, lw=0.8)
    axes.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
    axes.set_yticklabels([name for name, _ in rows], size=7.4 if phone else 8.5)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")


def _words(found: Contagion, table: Any, rows: list[tuple[str, str]]) -> Words:
    title, course = verdict(found, table), found.courses["price"]
    more = table.loc["contagion_at_gap"]
    shares = [(told, float(table.loc[name, "mean"]) / float(more["mean"])) for told, name in rows[1:] if more["mean"]]
    most = max(shares, key=lambda pair: pair[1], default=("", 0.0))
    what = f"{'most' if most[1] >= 0.5 else 'a part'} of it away."
    carried = f" Freezing {most[0]} takes {what}" if most[1] > 0 and clear(more) else ""
    see = ("what lies between nought and the dashed line is the blow by itself (calls, sales, margin rates, flows and "
           "sizes held as on the eve). What lies between the lines is contagion. Dots on lines: the days of the "
           f"largest mean gap of each{_bands(found)}. Below, filled dots differ from nought beyond doubt.{carried}")
    return Words(title, f"Mean paths (in logs) over {found.days} business days after the eve of the blow", see,
                 _source(found), f"{title}. Means over histories: " + "; ".join(
                     [f"by itself {_told(table.loc['primary'])} on {words.day(found.date(course.largest))}, as it is "
                      f"{_told(table.loc['full'])}", f"spot by itself {_told(table.loc['spot_primary'])}, as it is "
                      f"{_told(table.loc['spot_full'])}"]
                     + [f"{told} {_told(table.loc[name])}" for told, name in rows]) + ".")


def _bands(found: Contagion) -> str:
    return "; bands: eight histories of ten" if len(found.figures) >= BANDS else ""


def _told(row: Any) -> str:
    return f"{words.number(float(row['mean']), 2)} %{span(row)}"


def _source(found: Contagion) -> str:
    histories = words.count(len(found.figures), "history", "histories")
    return f"simulation, scenario “{found.scenario}”, {histories}, each with its twins on the same luck."
