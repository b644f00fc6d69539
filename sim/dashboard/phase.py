"""The phase diagram of a published study, with the place of the market that the dials describe: "you are here".

Cells, means and verdicts are the study's own, copied into the package; nothing between cells is made up.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from sim.agents.rules import MARGIN_SHARE
from sim.clearing.margin.base import MarginModel
from sim.dashboard import dials
from sim.dashboard.charts import Panel
from sim.dashboard.fitting import Refused, fit
from sim.dashboard.settings import Settings
from sim.dashboard.svg import Plot
from sim.report import palette, words
from sim.scenario import Scenario

FILE = Path(__file__).parents[1] / "data" / "phase_mixed.csv"  # a copy of results/studies/phase_mixed/cells.csv
FUNDAMENTAL = 0.5  # share of the study's speculators who trade on value
MOST_RATE = 0.2  # the study's margin: three quarters over the cap, and at most this
FILL = {"stabilises": palette.mix(palette.BETTER, "#FFFFFF", 0.55), "neutral": "#F5F1E6",
        "destabilises": palette.mix(palette.WORSE, "#FFFFFF", 0.3)}
ON_FILL, ON_DARK = "#1D2732", "#FFFFFE"  # ink of a coloured cell, which must not follow the page's theme
SUB = ("Hedgers’ cost risk with futures, as a multiple of that without: mean of the histories of a published study, "
       "and beneath it the share of histories that are worse off")


@dataclass(frozen=True)
class Cell:
    """What the study found at one cap and capital."""

    mean: float
    above: float  # share of histories in which hedgers are worse off
    histories: int
    verdict: str
    defaults: float  # a year


@dataclass(frozen=True)
class Place:
    """Where a market lies: the leverage that its rules allow, and its speculators' capital; nan where there is none."""

    leverage: float
    capital: float
    fundamental: float = math.nan  # share of speculators' capital that trades on value


@dataclass(frozen=True)
class Study:
    """Levels in order, and ``cells[capital][leverage]``."""

    leverage: tuple[float, ...]
    capital: tuple[float, ...]
    cells: tuple[tuple[Cell, ...], ...]

    def at(self, place: Place) -> tuple[float, float]:
        """Column and row of a place, which lie between cells by the ratio of values; beyond the map, at its edge."""
        def step(value: float, levels: tuple[float, ...]) -> float:
            known = np.log(levels)
            return float(np.interp(math.log(max(value, 1e-9)), known, np.arange(len(levels))))

        return step(place.leverage, self.leverage), step(place.capital, self.capital)

    def nearest(self, place: Place) -> Cell:
        """The cell that a place lies in."""
        column, row = self.at(place)
        return self.cells[int(row + 0.5)][int(column + 0.5)]

    def beyond(self, place: Place) -> bool:
        """Whether a place lies outside of what was studied, by more than half a cell."""
        return not (self.capital[0] * 0.5 <= place.capital <= self.capital[-1] * 1.5
                    and self.leverage[0] <= place.leverage <= self.leverage[-1] * 1.2)


@lru_cache(maxsize=1)
def study() -> Study:
    """The map that is kept with the program."""
    with FILE.open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["measure"] in ("hedgers", "defaults")]
    found = {(row["measure"], float(row["capital"]), float(row["leverage"])): row for row in rows}
    levels, sizes = tuple(sorted({key[2] for key in found})), tuple(sorted({key[1] for key in found}))

    def cell(size: float, level: float) -> Cell:
        own, failed = found["hedgers", size, level], found["defaults", size, level]
        return Cell(float(own["mean"]), float(own["above"]), int(own["histories"]), own["verdict"],
                    float(failed["mean"]))

    return Study(levels, sizes, tuple(tuple(cell(size, level) for level in levels) for size in sizes))


def place_of(scenario: Scenario, rate: float = math.nan) -> Place:
    """Where a scenario lies on the map.

    rate : margin as a share of notional, where the rule is not a fixed one and a market has been run
    """
    kinds = dials.investors(scenario)
    total = sum(kind.capital for kind in kinds)
    caps = [kind.leverage_max for kind in kinds if kind.capital and "leverage_max" in type(kind).model_fields]
    own = scenario.clearing.margin
    rate = own.rate if isinstance(own, MarginModel.types["fixed"]) else rate
    if not total or not caps:
        return Place(math.nan, total)
    reached = min(max(caps), MARGIN_SHARE / rate) if rate > 0 else max(caps)
    value = sum(kind.capital for kind in kinds if kind.type_name == "fundamental_speculator")
    return Place(float(reached), float(total), float(value / total))


def settings_at(number: int) -> dict[str, float]:
    """The dials of one cell, by its number: cap, capital, and the margin rate that lets the cap bind."""
    found = study()
    row, column = divmod(number, len(found.leverage))
    cap = found.leverage[column]
    return {"leverage": cap, "capital": found.capital[row], "rate": round(min(MOST_RATE, MARGIN_SHARE / cap), 6)}


def phase(own: Place, other: Place | None = None) -> Panel:
    """The map with the market of the dials on it, and a ring for what it is compared with."""
    found = study()
    columns, rows = len(found.leverage), len(found.capital)
    plot = Plot((-0.5, columns - 0.5), (-0.5, rows - 0.5), 78 + 40 * rows, left=50, top=34, bottom=44, right=8)
    for row in range(rows):
        for column in range(columns):
            _cell(plot, found.cells[row][column], column, row, row * columns + column)
    _boundary(plot, found)
    left, _, right, bottom = plot.box
    for column, cap in enumerate(found.leverage):
        plot.write(float(plot.at(column)), bottom + 16, f"{cap:g}×", anchor="middle")
    for row, size in enumerate(found.capital):
        plot.write(left - 6, float(plot.up(row)) + 4, f"{size:g}×", anchor="end")
    plot.write(right, bottom + 34, "leverage that rules allow: exposure over own capital", anchor="end")
    plot.write(2, 16, "speculators’ capital over what hedgers would hold")
    for place, hollow in ((other, True), (own, False)):
        if place is not None and math.isfinite(place.leverage):
            _mark(plot, found, place, hollow)
    title = _title(own)
    return Panel(title, SUB, plot.svg(f"{title}. {_alt(found, own, other)}"), _see(own, other))


def _cell(plot: Plot, cell: Cell, column: int, row: int, number: int) -> None:
    fill = FILL.get(cell.verdict, FILL["neutral"])
    ink = ON_DARK if palette.contrast(fill, ON_DARK) > palette.contrast(fill, ON_FILL) else ON_FILL
    x, y = float(plot.at(column)), float(plot.up(row))
    a, b = float(plot.at(column - 0.5)) + 0.8, float(plot.up(row + 0.5)) + 0.8
    wide, high = float(plot.at(column + 0.5)) - a - 0.8, float(plot.up(row - 0.5)) - b - 0.8
    mean = f"{cell.mean:.1f}×" if cell.mean < 10 else f"{cell.mean:.0f}×"
    text = f'font-size="11" text-anchor="middle" fill="{ink}" data-agent="{number}"'
    plot.parts.append(
        f'<g class="cell"><rect x="{a:.1f}" y="{b:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{fill}" '
        f'data-agent="{number}"/><text x="{x:.1f}" y="{y - 7:.1f}" {text}>{mean}</text>'
        f'<text x="{x:.1f}" y="{y + 16:.1f}" {text}>{100 * cell.above:.0f} %</text></g>')


def _boundary(plot: Plot, found: Study) -> None:
    """A heavy line between cells that destabilise and others, along their edges."""
    bad = [[cell.verdict == "destabilises" for cell in row] for row in found.cells]
    path = ""
    for row in range(len(bad)):
        for column in range(len(bad[0])):
            x, y = float(plot.at(column - 0.5)), float(plot.up(row - 0.5))
            if row and bad[row][column] != bad[row - 1][column]:
                path += f"M{x:.1f} {y:.1f}H{float(plot.at(column + 0.5)):.1f}"
            if column and bad[row][column] != bad[row][column - 1]:
                path += f"M{x:.1f} {y:.1f}V{float(plot.up(row + 0.5)):.1f}"
    if path:
        plot.parts.append(f'<path d="{path}" fill="none" stroke="var(--ink)" stroke-width="3"/>')


def _mark(plot: Plot, found: Study, place: Place, hollow: bool) -> None:
    """A filled dot for the market of the dials, a ring for the one compared with."""
    column, row = found.at(place)
    x, y = float(plot.at(column)), float(plot.up(row))
    fill = "none" if hollow else ON_FILL
    size = 8.5 if hollow else 5
    plot.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{fill}" stroke="{ON_DARK}" '
                      f'stroke-width="{4.5 if hollow else 2}"/>')
    if hollow:
        plot.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="none" stroke="{ON_FILL}" '
                          'stroke-width="2" stroke-dasharray="4 2"/>')


def _title(own: Place) -> str:
    if not own.capital:
        return "Nobody speculates here, so this market is not on the map"
    if not math.isfinite(own.leverage):
        return "No speculator here has a limit on leverage, so this market is not on the map"
    found = study()
    cell = found.nearest(own)
    harmed = f"hedgers were worse off in {words.count(cell.above * cell.histories)} of {cell.histories} histories"
    what = {"stabilises": "futures lowered hedgers’ risk", "destabilises": "futures raised hedgers’ risk"}.get(
        cell.verdict, "the study cannot tell whether futures help hedgers")
    where = "At the nearest edge of the map" if found.beyond(own) else "You are where"
    return f"{where} {what}: {harmed}" if where == "You are where" else f"{where}, {what}: {harmed}"


def _told(place: Place) -> str:
    return f"leverage up to {words.number(place.leverage, 2)} and capital {words.number(place.capital, 2)}"


def _see(own: Place, other: Place | None) -> str:
    parts = ["Blue: futures lower the risk; orange, behind the heavy line: they raise it, on average or in more than "
             "one history in eight; pale: neither is beyond doubt."]
    if math.isfinite(own.leverage):
        parts.insert(0, f"the dot is the market of the dials, {_told(own)}; choose a cell to go there.")
        who = "" if abs(own.fundamental - FUNDAMENTAL) < 0.15 else \
            f" while {words.percent(own.fundamental)} of it does here"
        parts.append(f"In the study’s market 50 % of speculators’ capital trades on value{who}, and its sizes are "
                     "others: the map says where to look, not what this history does.")
    if other is not None and math.isfinite(other.leverage):
        parts.append(f"The dashed ring is the market compared with, {_told(other)}.")
    return " ".join(parts)


def _alt(found: Study, own: Place, other: Place | None) -> str:
    number: dict[str, int] = {}
    for cell in (cell for row in found.cells for cell in row):
        number[cell.verdict] = number.get(cell.verdict, 0) + 1
    places = [f"{name}: {_told(place)}" for name, place in (("the dials", own), ("compared with", other))
              if place is not None and math.isfinite(place.leverage)]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(number.items()))
    return f"Cells: {counts}. {'; '.join(places)}"


def chosen(settings: Settings, number: int) -> Settings:
    """The dials after a click on a cell; those that a scenario does not have stay as they are."""
    scenario = dials.scenario_named(settings.scenario)
    fixed = MarginModel.types["fixed"].type_name
    settings = settings.with_change("margin", fixed, scenario.clearing.margin.type_name)
    known = {dial.key: dial for dial in dials.dials(scenario, {"margin": fixed})}
    for key, value in settings_at(number).items():
        if not known[key].idle:
            settings = settings.with_change(key, dials.short(value), known[key].default)
    return settings


@lru_cache(maxsize=64)
def place(settings: Settings | None, rate: float = math.nan) -> Place | None:
    """Where the market of some settings lies; None where there are none, or they cannot be run."""
    try:
        return None if settings is None else place_of(fit(settings).scenario, rate)
    except Refused:
        return None
