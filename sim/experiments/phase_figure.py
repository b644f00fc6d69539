"""The map of leverage and speculation, drawn: a panel for each measure, the boundary along the edges of cells."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.patches import Rectangle

from sim.experiments.phase import MEASURES, RATIOS, STABLE, UNSTABLE, PhaseDiagram
from sim.report import palette as p
from sim.report.page import Page, Words, styled

SHOWN = ("hedgers", "defaults", "ended", "spot")
RATIO = (p.mix(p.BETTER, "#FFFFFF", 0.55), p.mix(p.BETTER, "#FFFFFF", 0.78), "#F5F1E6",
         p.mix(p.WORSE, "#FFFFFF", 0.55), p.mix(p.WORSE, "#FFFFFF", 0.3))  # better to worse
AMOUNT = ("#F5F1E6", "#7A5B00")  # one-directional quantities: more is darker
ON_FILL = "#1D2732"  # ink on a coloured cell: it must not follow a page's theme


def phase(diagram: PhaseDiagram, source: str, measures: tuple[str, ...] = SHOWN, phone: bool = False,
          bare: bool = False) -> Page:
    """Draw the map. ``source`` says which study it is, how many histories a cell has, and how long they are."""
    shown = [name for name in measures if name in diagram.cells]
    columns = 1 if phone else min(2, len(shown))
    rows = -(-len(shown) // columns)
    with styled():
        page = Page(_words(diagram, shown, source), (3.1 if phone else 3.05) * rows, phone, bare)
        grid = page.fig.add_gridspec(
            rows, columns, left=0.86 / page.w, right=1 - 0.1 / page.w, top=1 - (page.head + 0.34) / page.h,
            bottom=(page.tail + 0.5) / page.h, hspace=0.42, wspace=0.18)
        for number, name in enumerate(shown):
            axes = page.fig.add_subplot(grid[number // columns, number % columns])
            _panel(axes, diagram, name, number % columns == 0, number // columns == rows - 1, phone)
    return page


def _panel(axes: Any, diagram: PhaseDiagram, name: str, first: bool, last: bool, phone: bool) -> None:
    cells = diagram.cells[name]
    rows, columns = cells.shape
    crowded = columns > 6 or phone
    for row in range(rows):
        for column in range(columns):
            cell = cells[row, column]
            face = fill(name, cell)
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, edgecolor="#FFFFFE", lw=1.2))
            ink = "#FFFFFE" if p.contrast(face, "#FFFFFE") > p.contrast(face, ON_FILL) else ON_FILL
            small = small_text(name, cell)
            axes.text(column, row + (0.14 if small else 0), number_text(name, cell.mean), ha="center", va="center",
                      size=7.4 if crowded else 8.6, color=ink)
            if small:
                axes.text(column, row - 0.2, small, ha="center", va="center", size=5.8 if crowded else 6.8, color=ink)
    _boundary(axes, cells)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5), xticks=range(columns), yticks=range(rows),
             xticklabels=[f"{value:g}×" for value in diagram.leverage],
             yticklabels=[f"{value:g}×" for value in diagram.capital] if first else [])
    axes.grid(False)
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
    if last or phone:
        axes.set_xlabel("Cap on leverage (position ÷ own capital)")
    if first:
        axes.set_ylabel("Speculators' capital\n÷ hedgers' exposure")
    axes.set_title(TITLES.get(name, MEASURES[name][0]))


TITLES = {"hedgers": "Hedgers' cost risk; share worse off (small)", "defaults": "Defaults a year",
          "ended": "Histories in which the market ended",
          "spot": "Volatility of spot", "built": "Variation of what is ordered",
          "unhedged": "Cost risk of those who pay spot", "branching": "Brought down by one in distress",
          "cost": "Cost to those who hedge", "cost_unhedged": "Cost at spot", "rationed": "Rationed, percentage points",
          "pace": "Pace of AI"}


def fill(name: str, cell: Any) -> str:
    """Colour of a cell: by verdict where the measure has one, else by size."""
    if not cell.histories:
        return "#FFFFFF"
    if name in RATIOS:
        if cell.verdict == STABLE:
            return RATIO[0] if cell.mean < 0.5 else RATIO[1]
        if cell.verdict == UNSTABLE:
            return RATIO[4] if cell.mean > 1.5 else RATIO[3]
        return RATIO[2]
    steps = (0.05, 1.0, 5.0, 20.0) if name == "defaults" else (0.01, 0.1, 0.3, 0.6)
    level = sum(abs(cell.mean) >= step for step in steps)
    return p.mix(AMOUNT[0], AMOUNT[1], level / len(steps))


def number_text(name: str, value: float) -> str:
    """A mean, rounded to what a few dozen histories can tell."""
    if not math.isfinite(value):
        return "–"
    if name == "ended":
        return f"{100 * value:.0f} %"
    if name in RATIOS:
        fine = value < 10 and name != "hedgers"
        return f"{value:.2f}×" if fine else f"{value:.1f}×" if value < 10 else f"{value:.0f}×"
    return f"{value:.0f}" if abs(value) >= 10 or value == 0 else f"{value:.1f}" if abs(value) >= 0.05 else "<0.1"


def small_text(name: str, cell: Any) -> str:
    """The tail: share of histories above one, for risks."""
    return f"{100 * cell.above:.0f} %" if name in ("hedgers", "unhedged") and cell.histories else ""


def _boundary(axes: Any, cells: Any) -> None:
    """A heavy line between cells that destabilise and others; nothing is interpolated."""
    bad = [[cell.verdict == UNSTABLE for cell in row] for row in cells]
    for row in range(len(bad)):
        for column in range(len(bad[0])):
            if row and bad[row][column] != bad[row - 1][column]:
                axes.plot([column - 0.5, column + 0.5], [row - 0.5] * 2, color=ON_FILL, lw=2.4, zorder=3,
                          solid_capstyle="projecting")
            if column and bad[row][column] != bad[row][column - 1]:
                axes.plot([column - 0.5] * 2, [row - 0.5, row + 0.5], color=ON_FILL, lw=2.4, zorder=3,
                          solid_capstyle="projecting")


def _words(diagram: PhaseDiagram, shown: list[str], source: str) -> Words:
    main = "hedgers" if "hedgers" in diagram.cells else shown[0]
    count, total = diagram.count(main), len(diagram.leverage) * len(diagram.capital)
    stable, bad = count[STABLE], count[UNSTABLE]
    if stable and not bad:
        title = f"Futures lower hedgers' risk in {stable} of {total} settings, and raise it in none beyond doubt"
    elif bad and not stable:
        title = f"Futures raise hedgers' risk in {bad} of {total} settings, and lower it in none beyond doubt"
    elif bad:
        title = f"Futures lower hedgers' risk in {stable} of {total} settings and raise it in {bad}"
    else:
        title = f"In none of {total} settings is it beyond doubt that futures change hedgers' risk"
    defaults = diagram.cells.get("defaults")
    most = max((cell.mean for cell in defaults.ravel() if cell.histories), default=0.0) if defaults is not None else 0.0
    alt = f"{title}. Defaults reach {most:.1f} a year. " + "; ".join(
        f"{MEASURES[name][0]}: {diagram.count(name)[STABLE]} stabilise, {diagram.count(name)[UNSTABLE]} destabilise"
        for name in shown)
    return Words(title, "A market with futures against the same histories without: mean over histories of the ratio",
                 "blue: lower by a twentieth or more, beyond doubt; orange, behind the heavy line: higher on average, "
                 "or in more than one history in eight; pale: neither. The small figure is the share of histories in "
                 "which hedgers are worse off: the harm sits in the tail, and where ratios are large their size is "
                 "known badly. Behind the line too: beyond doubt more than one default a year, or more than one "
                 "history in eight in which nobody was left to stand behind the contracts and the market ended.",
                 source, alt)
