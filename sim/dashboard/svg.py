"""Small charts as SVG, drawn by hand so that a dozen of them can follow a run while it goes on.

Each has its unit at its head, named axes and an alternative text; colours are the page's own variables, so that they
follow its theme. Texts are as large as the viewBox says, which is about the width of a panel and of a phone.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

WIDE = 440  # units of the viewBox
LETTER = 7.0  # width of a letter of 12 units


class Plot:
    """One chart: a rectangle with two scales, and what has been drawn on it.

    Parameters
    ----------
    x, y   : first and last value of each scale
    height : units of the viewBox, which is 440 wide
    left, right, top, bottom : margins
    """

    def __init__(self, x: tuple[float, float], y: tuple[float, float], height: float = 220, left: float = 44,
                 right: float = 14, top: float = 26, bottom: float = 40) -> None:
        self.height = height
        self.box = (left, top, WIDE - right, height - bottom)
        self.x, self.y = _spread(x), _spread(y)
        self.parts: list[str] = []

    def at(self, x: Any) -> Any:
        """Horizontal place of a value."""
        left, _, right, _ = self.box
        return left + (np.asarray(x, float) - self.x[0]) / (self.x[1] - self.x[0]) * (right - left)

    def up(self, y: Any) -> Any:
        """Vertical place of a value."""
        _, top, _, bottom = self.box
        return bottom - (np.asarray(y, float) - self.y[0]) / (self.y[1] - self.y[0]) * (bottom - top)

    # --- marks -----------------------------------------------------------------------------------------

    def line(self, x: Any, y: Any, colour: str, width: float = 1.8, dash: str = "") -> None:
        """A line, broken where a value is missing."""
        xs, ys = self.at(x), self.up(y)
        good = np.isfinite(ys)
        path, pen = [], "M"
        if good.sum() == 1:  # a first day is no line yet
            self.dot(float(np.asarray(x)[good][0]), float(np.asarray(y)[good][0]), colour)
        for a, b, drawn in zip(xs.tolist(), ys.tolist(), good.tolist(), strict=True):
            if drawn:
                path.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L" if drawn else "M"
        if path:
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            self.parts.append(f'<path d="{"".join(path)}" fill="none" stroke="var(--{colour})" stroke-width="{width}" '
                              f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>')

    def spikes(self, x: Any, y: Any, colour: str, width: float = 1.6, dash: str = "") -> None:
        """A thin bar for each value above zero."""
        zero = float(self.up(0))
        path = "".join(f"M{a:.1f} {zero:.1f}V{b:.1f}" for a, b, value in
                       zip(self.at(x).tolist(), self.up(y).tolist(), np.asarray(y, float).tolist(), strict=True)
                       if value > 0)
        if path:
            self.parts.append(f'<path d="{path}" fill="none" stroke="var(--{colour})" stroke-width="{width}"/>')

    def bar(self, x0: float, x1: float, y0: float, y1: float, colour: str, hollow: bool = False) -> None:
        """A rectangle between values of both scales."""
        a, b = sorted((float(self.at(x0)), float(self.at(x1))))
        c, d = sorted((float(self.up(y0)), float(self.up(y1))))
        fill = f'fill="none" stroke="var(--{colour})" stroke-width="1.4" stroke-dasharray="3 2"' if hollow else \
            f'fill="var(--{colour})"'
        self.parts.append(f'<rect x="{a:.1f}" y="{c:.1f}" width="{max(b - a, 0.5):.1f}" height="{max(d - c, 0.5):.1f}" '
                          f'{fill}/>')

    def area(self, x: Sequence[float], y: Sequence[float], colour: str) -> None:
        """The surface between a line and zero."""
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(self.at(x).tolist(), self.up(y).tolist(), strict=True))
        zero = float(self.up(0))
        first, last = float(self.at(x[0])), float(self.at(x[-1]))
        self.parts.append(f'<polygon points="{first:.1f},{zero:.1f} {points} {last:.1f},{zero:.1f}" '
                          f'fill="var(--{colour})" fill-opacity="0.16"/>')

    def dot(self, x: float, y: float, colour: str, radius: float = 3.5, hollow: bool = False) -> None:
        """A round mark."""
        self.mark("o", float(self.at(x)), float(self.up(y)), colour, radius, hollow)

    def mark(self, shape: str, a: float, b: float, colour: str, radius: float, hollow: bool = False) -> None:
        """A mark at a place of the drawing: o round, s square, x cross, d diamond."""
        fill = "var(--paper)" if hollow else f"var(--{colour})"
        look = f'fill="{fill}" stroke="var(--{colour})" stroke-width="1.4"'
        r = radius
        shapes = {"o": f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{r:.1f}" {look}/>',
                  "s": f'<rect x="{a - r:.1f}" y="{b - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" {look}/>',
                  "d": f'<path d="M{a:.1f} {b - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z" {look}/>',
                  "x": f'<path d="M{a - r:.1f} {b - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} '
                       f'{2 * r:.1f}" fill="none" stroke="var(--{colour})" stroke-width="2.6"/>'}
        self.parts.append(shapes[shape])

    def arc(self, a: tuple[float, float], b: tuple[float, float], colour: str, width: float) -> None:
        """A bent line between two places of the drawing."""
        lift = min(26.0, 6 + abs(b[0] - a[0]) * 0.25)
        middle = (a[0] + b[0]) / 2, min(a[1], b[1]) - lift
        self.parts.append(f'<path d="M{a[0]:.1f} {a[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {b[0]:.1f} {b[1]:.1f}" '
                          f'fill="none" stroke="var(--{colour})" stroke-opacity="0.45" stroke-width="{width:.1f}"/>')

    def write(self, a: float, b: float, text: str, colour: str = "soft", anchor: str = "start", size: int = 12,
              bold: bool = False) -> None:
        """Text at a place of the drawing, on a halo of paper."""
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(f'<text x="{a:.1f}" y="{b:.1f}" font-size="{size}" text-anchor="{anchor}"{weight} '
                          f'fill="var(--{colour})" class="halo">{escape(text)}</text>')

    def label(self, x: float, y: float, text: str, colour: str, anchor: str = "start") -> None:
        """Text beside a value."""
        self.write(float(self.at(x)), float(self.up(y)), text, colour, anchor, bold=True)

    # --- scales ----------------------------------------------------------------------------------------

    def scale_y(self, unit: str, form: Any = None, count: int = 5) -> None:
        """Horizontal rules with their values, and the unit at the head."""
        left, top, right, _ = self.box
        form = form or plain
        for value in ticks(*self.y, count):
            place = float(self.up(value))
            self.parts.insert(0, f'<path d="M{left} {place:.1f}H{right}" stroke="var(--grid)" stroke-width="1"/>')
            self.write(left - 6, place + 4, form(value), anchor="end")
        self.write(2, top - 12, unit)

    def scale_x(self, values: Sequence[float], words: Sequence[str], name: str = "") -> None:
        """Marks and their words below, and what they are."""
        left, _, right, bottom = self.box
        self.parts.append(f'<path d="M{left} {bottom}H{right}" stroke="var(--soft)" stroke-width="1"/>')
        free = -math.inf  # where the last word ended
        for value, text in zip(values, words, strict=True):
            place, half = float(self.at(value)), len(text) * LETTER / 2
            self.parts.append(f'<path d="M{place:.1f} {bottom}v4" stroke="var(--soft)" stroke-width="1"/>')
            middle = min(max(place, half + 1), WIDE - half - 1)
            if middle - half > free + 6:
                self.write(middle, bottom + 17, text, anchor="middle")
                free = middle + half
        if name:
            self.write(right, bottom + 33, name, anchor="end")

    def dates(self, dates: Sequence[dt.date], first: int = 0) -> None:
        """Months along the bottom; positions are day numbers from ``first``."""
        values, words = date_marks(dates, first)
        self.scale_x(values, words, "date")

    def cursor(self, x: float) -> None:
        """A line at the day that the rest of the page shows."""
        _, top, _, bottom = self.box
        place = float(self.at(x))
        self.parts.append(f'<path d="M{place:.1f} {top}V{bottom}" stroke="var(--soft)" stroke-width="1" '
                          f'stroke-dasharray="2 3"/>')

    def svg(self, alt: str) -> str:
        """The whole chart."""
        return (f'<svg role="img" aria-label="{escape(alt, quote=True)}" viewBox="0 0 {WIDE} {self.height:g}" '
                f'xmlns="http://www.w3.org/2000/svg" class="chart">{"".join(self.parts)}</svg>')


def _spread(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(end) if math.isfinite(end) else 0.0 for end in ends)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round values between two ends, about as many as asked for."""
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    start = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(start, math.floor(high / step + 1e-9) + 1)]


def plain(value: float) -> str:
    """A value of a scale: 1,500; 12 k; 0.25."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:g} m".replace("-", "−")
    if size >= 1e4:
        return f"{value / 1e3:g} k".replace("-", "−")
    return f"{value:,.10g}".replace("-", "−")


def date_marks(dates: Sequence[dt.date], first: int = 0) -> tuple[list[float], list[str]]:
    """Where months begin, at most four of them: day numbers and words; days where the stretch is short."""
    if len(dates) <= 45:
        step = max(1, -(-len(dates) // 4))
        return ([float(first + n) for n in range(0, len(dates), step)],
                [f"{dates[n].day} {dates[n]:%b %Y}" if n == 0 else f"{dates[n].day} {dates[n]:%b}"
                 for n in range(0, len(dates), step)])
    starts = [n for n in range(1, len(dates)) if dates[n].month != dates[n - 1].month]
    for step in (1, 2, 3, 6, 12):
        chosen = [n for n in starts if (dates[n].month - 1) % step == 0]
        if len(chosen) <= 4:
            break
    chosen = chosen or starts[:1]
    return [float(first + n) for n in chosen], [f"{dates[n]:%b %Y}" for n in chosen]


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Places moved down until each is at least ``gap`` below the one before it, in their order."""
    order = sorted(range(len(places)), key=lambda n: places[n])
    out, last = list(places), -math.inf
    for n in order:
        out[n] = last = max(places[n], last + gap)
    return out
