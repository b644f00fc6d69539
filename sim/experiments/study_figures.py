"""Figures of a study: each metric along what was varied, and two metrics against each other."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from sim.experiments.study_table import StudyTable, amount, number, text
from sim.report import palette as p
from sim.report.page import Page, Words, label, styled

COLOURS = (p.VARIANT[1], p.VARIANT[2], p.VARIANT[3], p.PRICE["futures"], p.REGION["us"][0], p.VARIANT[0])
MARKS = "osD^vP"
TICKS = FuncFormatter(lambda value, _: number(value))
LONG = 9  # characters of a value that is written beside its row, and not below its column
SEE = ("the mean of the histories, and the line its 90 % interval; filled dots differ clearly from {against} on the "
       "same luck, hollow ones do not")
DASHED = "; the dashed line is the mean there"
AVERAGED = "; large dots are means over all values of the others, with 90 % intervals over histories"


def along(table: StudyTable, figure: str, phone: bool = False, bare: bool = False) -> Page:
    """One metric along the parameter with most values, a mark for each value of the second."""
    first, others = _order(table)
    rows = table.choices(first)
    groups = {name: points for name, points in _groups(table, others).items()
              if any(math.isfinite(table.mean(figure, point)["mean"]) for point in points)}
    names = [text(value) for value in rows]
    lying = max(len(name) for name in names) > LONG or (phone and len(names) > 5)
    with styled():
        body = (0.34 * len(rows) + 0.12 * len(rows) * (len(groups) - 1) + 0.75) if lying else 2.6
        page = Page(_words(table, figure, first, others), body + 0.2 * len(groups) * (len(groups) > 1), phone, bare)
        side = 0.35 + 0.075 * min(max(len(name) for name in names), 30)
        axes, = page.axes(left=side if lying else 0.75, bottom=0.5,
                          top=0.15 + 0.2 * len(groups) * (len(groups) > 1), right=0.2)
        (axes.xaxis if lying else axes.yaxis).set_major_formatter(TICKS)
        if _one_reference(table):
            reference = table.mean(figure, table.against)["mean"]
            (axes.axvline if lying else axes.axhline)(reference, color=p.SOFT, lw=0.9, ls=(0, (4, 3)), zorder=1)
        for index, (name, points) in enumerate(groups.items()):
            shift = (index - (len(groups) - 1) / 2) * 0.7 / max(len(groups), 2)
            _marks(axes, table, figure, [(rows.index(table.study.points[k][first]) + shift, k) for k in points],
                   COLOURS[index % len(COLOURS)], MARKS[index % len(MARKS)], lying)
            if len(groups) > 1:
                axes.text(0, 1.04 + 0.2 * (len(groups) - 1 - index) / body, name, transform=axes.transAxes, size=8,
                          color=COLOURS[index % len(COLOURS)], parse_math=False)
        unit = table.about[figure].get("unit", "")
        told = f"{table.about[figure]['label']}{f', {unit}' if unit else ''}"
        if lying:
            axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(len(rows) - 0.4, -0.6),
                     xlabel=_short(told, phone))
            axes.grid(True, axis="x")
            axes.grid(False, axis="y")
        else:
            axes.set(xticks=range(len(rows)), xticklabels=names, xlim=(-0.6, len(rows) - 0.4), xlabel=first)
    return page


def _marks(axes: Any, table: StudyTable, figure: str, places: list[tuple[float, int]], colour: str, mark: str,
           lying: bool) -> None:
    """Means with intervals; filled where the difference from the point compared with is clear."""
    for place, point in places:
        found = table.mean(figure, point)
        if not math.isfinite(found["mean"]):
            continue
        d = table.difference(figure, point)
        ends = [found["low"], found["high"]]
        line = (ends, [place] * 2) if lying else ([place] * 2, ends)
        if math.isfinite(ends[0]):
            axes.plot(*line, color=colour, lw=1.6, zorder=2)
        dot = (found["mean"], place) if lying else (place, found["mean"])
        filled = point == table.reference(point) or (d.clear and not d.same)
        axes.plot(*dot, mark, ms=5.5, mec=colour, mew=1.3, mfc=colour if filled else p.PAPER, zorder=3)


def scattered(table: StudyTable, figure: str, phone: bool = False, bare: bool = False) -> Page:
    """One metric against each parameter, a dot for each point: for designs that spread points over ranges."""
    shown = table.parameters[:6]
    columns = 1 if phone else min(len(shown), 3)
    rows = -(-len(shown) // columns)
    with styled():
        page = Page(_words(table, figure, shown[0], shown[1:]), 1.9 * rows + 0.4, phone, bare)
        grid = page.fig.add_gridspec(rows, columns, left=0.7 / page.w, right=1 - 0.15 / page.w, hspace=0.55,
                                     wspace=0.28, top=1 - (page.head + 0.3) / page.h,
                                     bottom=(page.tail + 0.5) / page.h)
        means = [table.mean(figure, point)["mean"] for point in table.points]
        for index, name in enumerate(shown):
            axes = page.fig.add_subplot(grid[index // columns, index % columns])
            choices = table.choices(name)
            numeric = all(isinstance(value, int | float) for value in choices)
            at = [table.study.points[k][name] if numeric else choices.index(table.study.points[k][name])
                  for k in table.points]
            axes.plot(at, means, "o", ms=3, color=p.SOFT if table.crossed else COLOURS[0], mew=0)
            for place, value in enumerate(choices if table.crossed else ()):
                found, _ = table.alone(figure, name, value)
                x = value if numeric else place
                axes.plot([x, x], [found["low"], found["high"]], color=COLOURS[0], lw=1.6)
                axes.plot(x, found["mean"], "o", ms=6, color=COLOURS[0], mew=0)
            if not numeric:
                axes.set(xticks=range(len(choices)), xticklabels=[_short(text(value), True) for value in choices])
            axes.set_title(name if len(name) < 34 else f"...{name[-30:]}", size=8, parse_math=False)
            axes.locator_params(axis="y", nbins=4)
    return page


def frontier(table: StudyTable, pair: Sequence[str], phone: bool = False, bare: bool = False) -> Page:
    """Two metrics against each other, a dot for each point: those beside which no other is lower in both stand out."""
    x, y = pair
    means = {point: (table.mean(x, point)["mean"], table.mean(y, point)["mean"]) for point in table.points}
    known = {point: at for point, at in means.items() if all(math.isfinite(each) for each in at)}
    best = [point for point, at in known.items()
            if not any(all(np.less_equal(other, at)) and other != at for other in known.values())]
    told = [f"{table.about[name]['label']}, {table.about[name].get('unit', '')}" for name in (x, y)]
    names = "; ".join(table.name(point) for point in sorted(best, key=lambda k: known[k]))
    words = Words(f"On the edge: {names}", "Means over histories with 90 % intervals; lower and further left is better",
                  "filled dots are on the edge: no other has less of both. Where intervals overlap, the order may be "
                  "luck", _source(table),
                  f"{' and '.join(told)}: "
                  + "; ".join(f"{table.name(k)}: {number(a)} and {number(b)}" for k, (a, b) in known.items()))
    with styled():
        page = Page(words, 3.6, phone, bare)
        axes, = page.axes(left=0.8, bottom=0.5, top=0.15, right=1.5 if phone else 2.3)
        rank = {point: place for place, point in enumerate(sorted(known, key=lambda k: known[k]), 1)}
        for point, (a, b) in known.items():
            colour = COLOURS[0] if point in best else p.SOFT
            for name, line in ((x, lambda found, b=b: ([found["low"], found["high"]], [b, b])),
                               (y, lambda found, a=a: ([a, a], [found["low"], found["high"]]))):
                axes.plot(*line(table.mean(name, point)), color=colour, lw=1, alpha=0.6)
            axes.plot(a, b, "o", ms=6, mec=colour, mew=1.3, mfc=colour if point in best else p.PAPER, zorder=3)
            axes.annotate(str(rank[point]), (a, b), xytext=(6, 6), textcoords="offset points", size=8, color=colour)
            name = textwrap.fill(f"{rank[point]}  {table.name(point)}", 24 if phone else 32, max_lines=2)
            axes.text(1.03, 1 - (rank[point] - 0.5) / max(len(known), 8), name, transform=axes.transAxes, va="center",
                      size=6.4 if phone else 7.6, color=colour, parse_math=False)
        axes.margins(x=0.1, y=0.12)
        if all(min(each) >= 0 for each in known.values()):
            axes.set(xlim=(0, None), ylim=(0, None))
        axes.xaxis.set_major_formatter(TICKS)
        axes.yaxis.set_major_formatter(TICKS)
        axes.set(xlabel=_short(told[0], phone), ylabel=_short(told[1], phone))
        label(axes, 0.01, 0.03, "better", p.SOFT, transform=axes.transAxes, size=7.6)
    return page


def _one_reference(table: StudyTable) -> bool:
    """Whether all points are compared with the same one."""
    return len({table.reference(point) for point in table.points}) == 1


def _order(table: StudyTable) -> tuple[str, list[str]]:
    """The parameter with most values, and the others."""
    names = sorted(table.parameters, key=lambda name: -len(table.choices(name)))
    return names[0], [name for name in table.parameters if name != names[0]]


def _groups(table: StudyTable, others: list[str]) -> dict[str, list[int]]:
    """Points by what the other parameters are, at most as many groups as there are marks."""
    found: dict[str, list[int]] = {}
    for point in table.points:
        name = ", ".join(f"{other}: {text(table.study.points[point][other])}" for other in others)
        found.setdefault(name, []).append(point)
    return dict(list(found.items())[: len(MARKS)])


def spread_out(table: StudyTable) -> bool:
    """Whether points are spread over ranges, or more than two parameters vary, so that lines would say nothing."""
    return table.design not in ("grid", "list") or len(table.parameters) > 2


def _words(table: StudyTable, figure: str, first: str, others: Sequence[str]) -> Words:
    about = table.about[figure]
    unit = about.get("unit", "")
    means = {point: table.mean(figure, point)["mean"] for point in table.points}
    known = {point: mean for point, mean in means.items() if math.isfinite(mean)}
    clear = any(name == figure for name, _, _ in table.clear())
    told = lambda mean: amount(mean, unit)
    if not known or len(set(known.values())) == 1:
        title = f"{about['label']}: {told(next(iter(known.values()), math.nan))} everywhere"
    elif spread_out(table):
        title = (f"{about['label']}: {number(min(known.values()))} to {told(max(known.values()))} over "
                 f"{len(known)} points")
    elif not clear and table.histories[1] > 1:
        title = f"{about['label']}: no clear difference from {table.compared_with}"
    else:
        low, high = min(known, key=lambda k: known[k]), max(known, key=lambda k: known[k])
        title = (f"{about['label']}: {told(known[high])} at {table.name(high)}, "
                 f"against {number(known[low]) if unit != 'share' else told(known[low])} at {table.name(low)}")
    see = ("each dot is the mean over the histories of one point of the design" + AVERAGED * table.crossed
           if spread_out(table) else SEE.format(against=table.compared_with) + DASHED * _one_reference(table))
    what = f"{about['label']}{f', {unit}' if unit else ''}, by {' and '.join([first, *others][:3])}"
    return Words(title, what, see, _source(table),
                 f"{title}. {what}: "
                 + "; ".join(f"{table.name(k)}: {number(mean)}" for k, mean in list(known.items())[:20]))


def _source(table: StudyTable) -> str:
    fewest, most = table.histories
    count = f"{most}" if fewest == most else f"{fewest} to {most}"
    each = "history" if count == "1" else "histories"
    return f"{table.study.about('title')}; {count} {each} a point, the same luck at every point"


def _short(told: str, phone: bool) -> str:
    return told if not phone or len(told) < 46 else told[:43] + "..."
