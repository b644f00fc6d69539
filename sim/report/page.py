"""What all figures share: size, style, a title that states the finding, captions, axes of dates, SVG for a page.

Figures are drawn without pyplot, so that nothing is kept between them and no display is needed.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import matplotlib
import matplotlib.dates as mdates
import matplotlib.patheffects as effects
import numpy as np
from matplotlib.figure import Figure

from sim.report import palette as p

WIDE, PHONE = 8.0, 3.9  # inches: 1200 px at 150 dpi, 780 px at 200 dpi
Line = tuple[str, float, str, str]  # text, size, weight, colour
STYLE: dict[str, Any] = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans", "Verdana", "Geneva", "sans-serif"],
    "font.size": 8.5, "axes.titlesize": 9, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.titlepad": 7, "axes.labelsize": 8.5, "axes.labelcolor": p.SOFT, "axes.titlecolor": p.INK,
    "text.color": p.INK, "xtick.color": p.SOFT, "ytick.color": p.SOFT, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "axes.edgecolor": p.SOFT, "axes.linewidth": 0.7, "axes.spines.top": False, "axes.spines.right": False,
    "axes.spines.left": False, "axes.grid": True, "axes.grid.axis": "y", "axes.axisbelow": True,
    "grid.color": p.GRID, "grid.linewidth": 0.6, "xtick.major.size": 3, "xtick.major.width": 0.7,
    "ytick.major.size": 0, "lines.linewidth": 1.6, "lines.solid_capstyle": "round", "patch.linewidth": 0,
    "hatch.linewidth": 0.7, "legend.frameon": False, "figure.facecolor": p.PAPER, "axes.facecolor": "none",
    "savefig.facecolor": p.PAPER, "figure.dpi": 150, "svg.fonttype": "none", "svg.hashsalt": "compute-futures",
    "pdf.fonttype": 42, "axes.unicode_minus": True, "path.simplify": True, "path.simplify_threshold": 0.3}


@lru_cache(maxsize=1)
def _style() -> dict[str, Any]:
    """Every setting of matplotlib as our style has it, checked once: checking it for each figure takes seconds."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
        return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if not name.startswith("backend")}


@contextmanager
def styled() -> Iterator[None]:
    """Our style while drawing and saving, and nobody else's."""
    style = _style()
    with matplotlib.rc_context():
        dict.update(matplotlib.rcParams, style)  # type: ignore[misc]
        yield


class Drawing(Figure):
    """A figure that keeps its style when it is saved, and shows itself in a notebook."""

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """As in matplotlib."""
        with styled():
            super().savefig(*args, **kwargs)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


@dataclass(frozen=True)
class Words:
    """What is written around a figure. The title is the finding; ``alt`` states it with its numbers."""

    title: str
    sub: str
    see: str
    source: str
    alt: str


class Page:
    """A figure with room above for title and subtitle, and below for captions (none of these when ``bare``).

    Parameters
    ----------
    words : what is written around it
    body  : height of the drawing itself, inches
    phone : narrow, with larger text for its width
    bare  : without words, for a page of HTML that writes them itself
    """

    def __init__(self, words: Words, body: float, phone: bool = False, bare: bool = False) -> None:
        self.words, self.phone = words, phone
        self.w = PHONE if phone else WIDE
        title, sub, small = (10.5, 8.2, 7.4) if phone else (13, 9, 7.8)
        above = [] if bare else [(words.title, title, "bold", p.INK), (words.sub, sub, "normal", p.SOFT)]
        below = [] if bare else [("What to see: " + words.see, small + 0.4, "normal", p.INK),
                                 ("Source: " + words.source, small, "normal", p.SOFT)]
        top, low = self._wrapped(above), self._wrapped(below)
        tall = lambda blocks, gap: sum(self._tall(text, size) + gap for text, size, *_ in blocks)
        self.head, self.tail = 0.12 + tall(top, 0.05), 0.10 + tall(low, 0.06)
        self.h = self.head + body + self.tail
        self.fig = Drawing(figsize=(self.w, self.h))
        self._write(top, self.h - 0.10, 0.05)
        self._write(low, self.tail - 0.03, 0.06)

    def _wrapped(self, blocks: list[Line]) -> list[Line]:
        room = lambda size, weight: int((self.w - 0.24) * 72 / (size * (0.6 if weight == "bold" else 0.54)))
        return [(textwrap.fill(text, room(size, weight)), size, weight, ink) for text, size, weight, ink in blocks]

    @staticmethod
    def _tall(text: str, size: float) -> float:
        return (text.count("\n") + 1) * size * 1.32 / 72

    def _write(self, blocks: list[Line], y: float, gap: float) -> None:
        for text, size, weight, colour in blocks:
            self.fig.text(0.12 / self.w, y / self.h, text, size=size, weight=weight, color=colour, va="top",
                          linespacing=1.25, parse_math=False)
            y -= self._tall(text, size) + gap

    def axes(self, rows: int = 1, heights: list[float] | None = None, left: float = 0.62, right: float = 0.15,
             top: float = 0.3, bottom: float = 0.32, gap: float = 0.5) -> list[Any]:
        """Panels one under another, margins in inches."""
        grid = self.fig.add_gridspec(rows, 1, left=left / self.w, right=1 - right / self.w,
                                     top=1 - (self.head + top) / self.h, bottom=(self.tail + bottom) / self.h,
                                     hspace=gap, height_ratios=heights or [1.0] * rows)
        return [self.fig.add_subplot(grid[row]) for row in range(rows)]


def label(axes: Any, x: Any, y: Any, text: str, colour: str = p.INK, **kwargs: Any) -> Any:
    """A direct label on a halo of paper, so that a line behind does not strike it through."""
    halo = [effects.withStroke(linewidth=2.6, foreground=p.PAPER)]
    return axes.text(x, y, text, color=colour, path_effects=halo, parse_math=False,
                     **{"size": 8.2, "va": "center", **kwargs})


def date_axis(axes: Any, first: Any, last: Any, phone: bool = False) -> None:
    """Dates from first to last, as many as fit."""
    days = (last - first).days
    axes.set_xlim(first, last + np.timedelta64(max(1, days // 60), "D"))
    if days > 75:
        steps = (1, 2, 3, 6, 12, 24, 60)
        months = next(step for step in steps if days / 30.4 / step <= (3.6 if phone else 7) or step == steps[-1])
        if months > 12:
            axes.xaxis.set_major_locator(mdates.YearLocator(months // 12))
        else:
            axes.xaxis.set_major_locator(mdates.MonthLocator(bymonth=range(1, 13, months)))
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
    else:
        axes.xaxis.set_major_locator(mdates.DayLocator(interval=max(1, days // (3 if phone else 6))))
        year = "" if phone else " %Y"
        axes.xaxis.set_major_formatter(lambda value, _: f"{mdates.num2date(value):%-d %b{year}}")


def mark_shock(panels: tuple[Any, ...], shocks: list[tuple[Any, str]], high: bool = True) -> None:
    """A thin line at the first shock, so that cause comes before effect; shocks: date and type, in time."""
    if not shocks:
        return
    for axes in panels:
        axes.axvline(shocks[0][0], color=p.INK, lw=0.9, ls=(0, (4, 2)))
    label(panels[0], shocks[0][0], 0.97 if high else 0.05, " first shock", size=7.4, va="top" if high else "bottom",
          transform=panels[0].get_xaxis_transform())


def spikes(axes: Any, dates: Any, values: Any, colour: str, width: float) -> None:
    """A thin bar a day, drawn as one line: hundreds of bars would make a page slow and large."""
    gaps = np.full(len(values), np.nan)
    heights = np.column_stack([np.zeros(len(values)), values, gaps]).ravel()
    axes.plot(np.repeat(np.asarray(dates), 3), heights, color=colour, lw=width, solid_capstyle="butt")


def spread_labels(wanted: list[float], gap: float) -> list[float]:
    """Positions as near as may be to those wanted, in the same order, at least ``gap`` apart."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[tuple[float, int]] = []  # labels that touch: where the first one lies, and how many they are
    for i in order:
        start, size = wanted[i], 1
        while groups and groups[-1][0] + gap * groups[-1][1] > start:
            before, count = groups.pop()
            start = (before * count + (start - gap * count) * size) / (count + size)
            size += count
        groups.append((start, size))
    placed = [start + gap * number for start, size in groups for number in range(size)]
    return [place for _, place in sorted(zip(order, placed, strict=True))]


def svg(draw: Callable[..., Page], key: str) -> str:
    """A figure as SVG to stand in a page: no fixed size, its own ids, alt text, colours that follow the theme."""
    page = draw()
    buffer = io.StringIO()
    page.fig.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return themed(buffer.getvalue(), key, page.words.alt)


def themed(text: str, key: str, alt: str) -> str:
    """Matplotlib's SVG made fit for a page; ``key`` makes its ids unique there."""
    text = re.sub(r"^.*?<svg", "<svg", text, flags=re.S)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    for size in ("width", "height"):
        text = re.sub(rf'(<svg[^>]*?) {size}="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{key}-", text)
    names = {value.lower(): name for name, value in reversed(p.themes()[0].items())}
    text = re.sub(r"#[0-9a-f]{6}\b", lambda m: f"var(--{names[m[0]]})" if m[0] in names else m[0], text)
    kind = "phone" if key.endswith("phone") else "wide"
    text = text.replace("<svg", f'<svg role="img" aria-label="{escape(alt, quote=True)}" class="fig-{kind}"', 1)
    return re.sub(r"\n\s*", "\n", text)
