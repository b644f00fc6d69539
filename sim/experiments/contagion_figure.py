"""Primary effect against contagion: a price with and without finance reacting, and what each reaction carried."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.contagion import Contagion
from sim.report import palette as p
from sim.report import words
from sim.report.page import Page, Words, date_axis, spread_labels, styled


def draw(found: Contagion, phone: bool = False, bare: bool = False) -> Page:
    """The future's mean path in both worlds, and a dot with its interval for each way in which finance reacted."""
    table, paths = found.table(), found.paths
    if "eve_losses" in table.index:
        return _losses(found, table, phone, bare)
    rows = [("all together", "contagion"), *((f"{name.removeprefix('carried_by_')} alone", name)
                                            for name in table.index if name.startswith("carried_by_"))]
    with styled():
        page = Page(_words(found, table, rows), 2.7 + 0.3 * len(rows) + (0.35 if phone else 0.0), phone, bare)
        top, low = page.axes(2, [2.0, 0.3 * len(rows) + 0.25], left=1.15, right=1.1 if phone else 1.7, gap=0.32,
                             bottom=0.5)
        _paths(top, paths, phone)
        _carried(low, table, rows, found, phone)
    return page


def _losses(found: Contagion, table: Any, phone: bool, bare: bool) -> Page:
    """Where there are lenders: what they lose as it is, with all reactions frozen, and with each frozen alone."""
    start = "eve_losses_without_"
    rows = [("as it is", "eve_losses"), ("all frozen", "eve_losses_primary"),
            *sorted(((f"{name.removeprefix(start)} frozen", name) for name in table.index if name.startswith(start)),
                    key=lambda row: float(table.loc[row[1], "mean"]))]
    with styled():
        page = Page(_loss_words(found, table, rows), 0.7 + 0.3 * len(rows), phone, bare)
        (axes,) = page.axes(1, [1.0], left=1.35, right=1.1 if phone else 1.5, gap=0.3, bottom=0.5)
        _carried(axes, table, rows, found, phone)
        axes.set_xlabel("lost on loans and notes of the eve, % of them", size=7.4 if phone else 8.5)
        axes.set_xlim(left=min(-2.0, axes.get_xlim()[0]))
    return page


def _loss_words(found: Contagion, table: Any, rows: list[tuple[str, str]]) -> Words:
    ratio, many = found.ratios()["loss_multiplied"], len(found.figures)
    full, alone = (float(table.loc[name, "mean"]) for name in ("eve_losses", "eve_losses_primary"))
    title = (f"Lenders lose {words.number(full, 2)} % of their claims, and {words.number(alone, 2)} % "
             "where finance stands still")
    if math.isfinite(ratio.low) and ratio.low > 1.0:
        title = (f"Reactions of finance multiply lenders' losses {words.number(ratio.value, 2)} times "
                 f"({words.number(ratio.low, 2)} to {words.number(ratio.high, 2)})")
    share = float(table.loc["cascades", "mean"]) if "cascades" in table.index else math.nan
    often = (f" In {words.number(share, 2)} % of histories a quarter of operators and more default: means are made by "
             "few histories, which are the dots on the right." if share > 0 else "")
    see = ("each row is the same shock on the same luck, with what it names held as on the eve. What takes the loss "
           f"away when it is frozen has carried it.{often}")
    histories = words.count(many, "history", "histories")
    return Words(title, f"Losses on claims that existed on the eve, over {found.days} business days after it", see,
                 f"simulation, scenario “{found.scenario}”, {histories}, each with its twins on the same luck.",
                 f"{title}. Means over {histories}: " + "; ".join(
                     f"{told} {words.number(float(table.loc[name, 'mean']), 2)} %" for told, name in rows) + ".")


def _moves(paths: pd.DataFrame, world: str) -> pd.DataFrame:
    """% from the eve's price, a column for each history, by date."""
    price = paths.pivot_table(index="date", columns="run", values=f"{world}_price")
    return 100 * (price / price.iloc[0] - 1)


def _paths(axes: Any, paths: pd.DataFrame, phone: bool) -> None:
    lines = {"primary": (p.SOFT, (0, (5, 1.6)), "finance still" if phone else "finance stands still"),
             "full": (p.FAMILY["speculators"], "-", "as it is")}
    ends = []
    for world, (colour, dash, _) in lines.items():
        moves = _moves(paths, world)
        when = pd.to_datetime(moves.index)
        if moves.shape[1] >= 5:
            axes.fill_between(when, moves.quantile(0.1, axis=1), moves.quantile(0.9, axis=1), color=colour, alpha=0.13,
                              lw=0)
        mean = moves.mean(axis=1)
        axes.plot(when, mean, color=colour, ls=dash, lw=1.8)
        ends.append(float(mean.dropna().iloc[-1]))
    full, primary = _moves(paths, "full").mean(axis=1), _moves(paths, "primary").mean(axis=1)
    axes.fill_between(when, primary, full, color=p.FAMILY["speculators"], alpha=0.25, lw=0)
    axes.axhline(0, color=p.SOFT, lw=0.7)
    gap = 0.1 * float(np.ptp(axes.get_ylim()))
    for (colour, _, text), y in zip(lines.values(), spread_labels(ends, gap), strict=True):
        axes.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), color=colour, weight="bold", va="center",
                      size=6.6 if phone else 8.2, annotation_clip=False)
    axes.set_title("Price of the future, % from the eve", size=8 if phone else 9)
    axes.yaxis.set_major_formatter(lambda value, _: words.signed(value))
    axes.locator_params(axis="y", nbins=5)
    date_axis(axes, when[0], when[-1], phone)


def _carried(axes: Any, table: Any, rows: list[tuple[str, str]], found: Contagion, phone: bool) -> None:
    for row, (_, name) in enumerate(rows):
        each, colour = table.loc[name], p.FAMILY["speculators"] if row == 0 else p.FAMILY["clearing"]
        values = [figures.get(name, math.nan) for figures in found.figures.values()]
        axes.scatter(values, [row] * len(values), s=9, color=p.mix(colour, p.PAPER, 0.55), zorder=2, linewidth=0)
        if math.isfinite(each["low"]):
            axes.plot([each["low"], each["high"]], [row, row], color=colour, lw=2, zorder=3)
        clear = not each["low"] <= 0 <= each["high"]
        axes.scatter(each["mean"], row, s=40, facecolor=colour if clear else p.PAPER, edgecolor=colour, zorder=4)
        axes.annotate(f"{words.number(each['mean'], 2)}{_span(each)}", (1.01, row), xycoords=("axes fraction", "data"),
                      color=colour, va="center", size=6.6 if phone else 8, annotation_clip=False)
    axes.axvline(0, color=p.SOFT, lw=0.8)
    axes.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
    axes.set_yticklabels([name for name, _ in rows], size=7.4 if phone else 8.5)
    axes.set_xlabel("further move, % in logs", size=7.4 if phone else 8.5)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")


def _span(each: Any) -> str:
    return f" ({words.number(each['low'], 2)} to {words.number(each['high'], 2)})" if math.isfinite(each["low"]) else ""


def _words(found: Contagion, table: Any, rows: list[tuple[str, str]]) -> Words:
    mean = lambda name: float(table.loc[name, "mean"])
    primary, full, more = mean("primary"), mean("full"), table.loc["contagion"]
    many = len(found.figures)
    clear = math.isfinite(more["low"]) and more["low"] > 0
    one = many == 1 or not math.isfinite(more["low"])
    way = "rose" if primary > 0 else "fell"
    move = f"{way} by {words.number(abs(primary), 2)}{words.NARROW}% without finance reacting"
    if one:
        title = f"The price {move}, and stood at {words.number(full, 2)}{words.NARROW}% with it"
    elif clear:
        title = f"The price {move}; reactions moved it {words.number(more['mean'], 2)}{words.NARROW}% further, in logs"
    else:
        title = f"The price {move}; whether reactions add to that cannot be told"
    alone = [(told, mean(name)) for told, name in rows[1:]]
    most = max(alone, key=lambda pair: pair[1], default=("", 0.0))
    part = "most" if most[1] >= 0.5 * float(more["mean"]) else "a part"
    carried = f" Freezing {most[0]} takes {part} of it away." if alone and most[1] > 0 else ""
    see = ("the dashed line is the shock's own effect: calls, sales, margin rates, flows and sizes stay as on the eve. "
           f"What lies between the lines is contagion. Filled dots differ from nought beyond doubt.{carried}")
    histories = words.count(many, "history", "histories")
    return Words(title, f"Primary effect and contagion over {found.days} business days after the eve of the shock", see,
                 f"simulation, scenario “{found.scenario}”, {histories}, each with its twin on the same luck.",
                 f"{title}. Means over {histories}: primary {words.number(primary, 2)} %, with reactions "
                 f"{words.number(full, 2)} % on the same day; " + "; ".join(
                     f"{told} {words.number(mean(name), 2)}{_span(table.loc[name])}" for told, name in rows) + ".")
