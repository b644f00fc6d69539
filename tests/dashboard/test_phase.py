"""The phase diagram: the published study's own cells, and a market put where its rules allow it to be."""

import csv
import math
from pathlib import Path

import pytest

from sim.dashboard import dials, phase
from sim.dashboard.fitting import fit
from sim.dashboard.settings import Settings

PUBLISHED = Path(__file__).parents[2] / "results" / "studies" / "phase_mixed" / "cells.csv"
QUICK = Settings("quick")


def changed(**words):
    settings = QUICK
    for key, value in words.items():
        settings = settings.with_change(key, value, "")
    return settings


def test_the_map_is_the_published_one():
    assert phase.FILE.read_bytes() == PUBLISHED.read_bytes(), f"cp {PUBLISHED} {phase.FILE}"
    found = phase.study()
    assert found.leverage == tuple(sorted(found.leverage)) and found.capital == tuple(sorted(found.capital))
    with PUBLISHED.open() as text:
        rows = [row for row in csv.DictReader(text) if row["measure"] == "hedgers"]
    assert len(rows) == sum(map(len, found.cells))
    for row in rows:
        cell = found.nearest(phase.Place(float(row["leverage"]), float(row["capital"])))
        assert (cell.mean, cell.above, cell.verdict) == (float(row["mean"]), float(row["above"]), row["verdict"])


def test_a_market_lies_where_its_cap_and_its_margin_allow():
    own = phase.place(changed(leverage="9", rate="0.05", capital="1.5"))
    assert (own.leverage, own.capital) == (9.0, 1.5)
    assert phase.place(changed(leverage="9", rate="0.25")).leverage == pytest.approx(3.0)  # the margin binds
    assert phase.place(changed(leverage="2", rate="0.05")).leverage == 2.0
    assert phase.place(None) is None and phase.place(changed(leverage="lots")) is None
    column, row = phase.study().at(phase.Place(math.sqrt(6 * 10), 0.3))
    assert (column, row) == pytest.approx((4.5, 1.0))  # half-way by ratio


@pytest.mark.parametrize("number", [0, 17, 41])
def test_a_click_on_a_cell_leads_there(number):
    found = phase.study()
    row, column = divmod(number, len(found.leverage))
    settings = phase.chosen(changed(margin="ewma"), number)
    fit(settings)
    place = phase.place(settings)
    assert place.leverage == pytest.approx(found.leverage[column], rel=1e-4)
    assert place.capital == pytest.approx(found.capital[row])
    assert found.nearest(place) is found.cells[row][column]


def test_the_finding_is_that_of_the_cell():
    bad, good = phase.Place(10, 3, 0.5), phase.Place(2, 0.3, 0.9)
    cell = phase.study().nearest(bad)
    assert cell.verdict == "destabilises"
    panel = phase.phase(bad, good)
    assert "raised hedgers’ risk" in panel.title and f"of {cell.histories} histories" in panel.title
    assert "lowered" in phase.phase(good).title and "dashed ring" in panel.see and "90\u00a0%" in phase.phase(good).see
    assert panel.chart.count("<circle") == 3 and "aria-label" in panel.chart and "nan" not in panel.chart
    assert phase.phase(phase.Place(50, 30, 0.5)).title.startswith("At the nearest edge of the map")


def test_a_market_without_speculators_is_not_on_the_map():
    place = phase.place_of(dials.scenario_named("hedgers_only"))
    panel = phase.phase(place)
    assert "not on the map" in panel.title and "<circle" not in panel.chart
    for name in dials.names():
        assert phase.phase(phase.place_of(dials.scenario_named(name))).title
