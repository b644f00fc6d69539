"""The map of leverage and speculation: verdicts, ratios against a world without futures, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

import sim
from sim.errors import BadInput
from sim.experiments.phase import NEUTRAL, STABLE, UNSTABLE, cell, measures, phase_diagram
from sim.experiments.phase_compare import boundaries
from sim.experiments.phase_figure import phase
from sim.experiments.phase_page import publish
from sim.experiments.phase_regions import boundary, compare, main, points_beside, regions
from sim.summary import least_share


class Study:
    """A finished study with these runs."""

    folder = "made up"

    def __init__(self, frame):
        self.runs = frame

    def about(self, key):
        return "Made up" if key == "title" else None


def made_up(ratio, seeds=8):
    """A grid of two by two whose hedgers' variance is ``ratio(leverage, capital)`` of what it is without futures."""
    rng = np.random.default_rng(1)
    rows, none = [], []
    for seed in range(seeds):
        sd = 0.3 + 0.1 * rng.random()
        none.append({"world": "none", "seed": seed, "spot_cost_sd": sd, "spot_cost": 2.0, "volatility_spot": 50.0,
                     "orders_sd": 0.2, "pace_of_ai": 10.0, "rationed": 1.0, "small_paid": 2.0, "small_refused": 1.0})
        none.append({"world": "hedgers", "seed": seed, "spot_cost_sd": 9.0, "spot_cost": 9.0})
        for cap in ("1", "10"):
            for capital in (0.1, 1.0):
                noise = np.exp(0.05 * rng.standard_normal())
                risk = sd * np.sqrt(ratio(float(cap), capital)) * noise
                rows.append({"leverage cap": cap, "capital": capital, "seed": seed, "point": len(rows) % 4,
                             "small_paid": 2.0 * (1 + 0.1 * (cap == "10")) * noise, "small_refused": 1.5,
                             "hedged_cost_sd": risk, "hedged_revenue_sd": risk, "spot_cost_sd": sd, "spot_cost": 2.0,
                             "hedged_cost": 2.1, "volatility_spot": 50.0, "orders_sd": 0.1, "pace_of_ai": 11.0,
                             "rationed": 3.0, "defaults": 5.0 if cap == "10" else 0.0, "branching": 0.1})
    return Study(pd.DataFrame(rows)), Study(pd.DataFrame(none))


def test_cells_are_judged_against_the_same_history_without_futures():
    found = phase_diagram(*made_up(lambda cap, capital: 0.2 if cap == 1 else 1.0 if capital < 1 else 3.0))
    assert (found.leverage, found.capital) == ([1.0, 10.0], [0.1, 1.0])
    hedgers = found.cells["hedgers"]
    assert [one.verdict for one in hedgers.ravel()] == [STABLE, NEUTRAL, STABLE, UNSTABLE]
    assert hedgers[0, 0].mean == pytest.approx(0.2, rel=0.1)
    assert hedgers[1, 1].above == 1.0
    assert {one.mean for one in found.cells["built"].ravel()} == {0.5}
    assert found.cells["cost"][0, 0].mean == pytest.approx(1.05)
    assert found.cells["rationed"][0, 0].mean == pytest.approx(2.0)
    assert [one.verdict for one in found.cells["defaults"].ravel()] == [STABLE, UNSTABLE] * 2
    assert len(found.table()) == len(found.cells) * 4
    assert found.count("hedgers") == {STABLE: 2, NEUTRAL: 1, UNSTABLE: 1}


def test_a_histories_own_world_is_what_it_is_measured_by():
    part = pd.DataFrame({"seed": [1, 2], "hedged_cost_sd": [1.0, 2.0], "hedged_revenue_sd": [1.0, 2.0]})
    none = pd.DataFrame({"spot_cost_sd": [2.0, 4.0]}, index=[1, 2])
    assert measures(part, none)["hedgers"].tolist() == [0.25, 0.25]
    assert np.isnan(measures(part, none)["spot"]).all()


def test_few_or_wild_histories_are_not_judged():
    assert cell("hedgers", np.array([0.1])).verdict == NEUTRAL
    assert cell("hedgers", np.array([0.1, 4.0, 0.2])).verdict == NEUTRAL
    assert cell("spot", np.array([1.01, 1.02, 1.015, 1.01])).verdict == NEUTRAL  # beyond doubt, and no effect


def test_harm_in_the_tail_counts_where_the_mean_is_known_badly():
    assert cell("hedgers", np.array([0.3, 0.2, 60.0, 3.0, 8.0, 0.3])).verdict == UNSTABLE
    assert cell("hedgers", np.array([0.3, 0.2, 0.3, 0.3, 0.3, 0.2])).verdict == STABLE
    assert least_share(0.5, 100) == pytest.approx(0.419, abs=0.001)
    assert least_share(0.0, 6) == pytest.approx(0.0, abs=1e-12)


def test_unknown_values_are_left_out():
    assert cell("hedgers", np.array([np.nan])).histories == 0


def test_what_does_not_fit_is_refused():
    grid, worlds = made_up(lambda cap, capital: 1.0)
    with pytest.raises(BadInput, match="does not vary"):
        phase_diagram(grid, worlds, leverage="cap")
    with pytest.raises(BadInput, match="is called \"none\""):
        phase_diagram(grid, Study(worlds.runs[worlds.runs["world"] != "none"]))
    with pytest.raises(BadInput, match="no seed"):
        phase_diagram(grid, Study(worlds.runs.assign(seed=99)))


def test_the_map_is_drawn_with_its_boundary():
    found = phase_diagram(*made_up(lambda cap, capital: 0.2 if cap == 1 else 3.0))
    page = phase(found, "made up, 8 histories a cell")
    assert page.words.title == "Futures lower hedgers' risk in 2 of 4 settings and raise it in 2"
    heavy = [line for line in page.fig.axes[0].lines if line.get_linewidth() > 2]
    assert sorted(line.get_xdata()[0] for line in heavy) == [0.5, 0.5]
    assert len(page.fig.axes) == 4


def test_the_boundary_and_the_points_beside_it():
    found = phase_diagram(*made_up(lambda cap, capital: 3.0 if cap > 1 and capital > 0.5 else 0.2))
    edge = boundary(found).set_index("capital")
    assert edge["first cap that raises hedgers' risk"].tolist()[1] == 10.0 and np.isnan(edge.iloc[0, 0])
    assert edge["first cap with defaults"].tolist() == [10.0, 10.0]
    assert edge["last cap that lowers it"].tolist() == [10.0, 1.0]
    assert points_beside(found) == [0, 1, 2, 3]  # defaults make all of the second column harmful


def test_the_unhedged_are_told_by_region_and_a_history_counts_once():
    found = phase_diagram(*made_up(lambda cap, capital: 0.2 if cap == 1 else 3.0))
    table = regions(found).set_index(["region", "measure"])
    calm, wild = table.loc[(STABLE, "small_paid")], table.loc[(UNSTABLE, "small_paid")]
    assert (calm["cells"], calm["histories"]) == (2, 8)
    assert calm["low"] < 1.0 < calm["high"] and calm["p"] > 0.05
    assert wild["low"] > 1.0 and wild["p"] < 0.05 and wild["mean"] == pytest.approx(1.1, abs=0.05)
    assert table.loc[(UNSTABLE, "small_refused"), "mean"] == pytest.approx(0.5)


def test_cells_whose_market_ended_are_a_region_of_their_own():
    grid, worlds = made_up(lambda cap, capital: 0.2)
    ended = (grid.runs["leverage cap"] == "10") & (grid.runs["capital"] == 1.0)
    grid.runs["market_ended"] = np.where(ended, 1.0, np.nan)
    found = phase_diagram(grid, worlds)
    assert found.cells["ended"][1, 1].mean == 1.0 and found.cells["ended"][0, 0].mean == 0.0
    table = regions(found).set_index(["region", "measure"])
    assert table.loc[("market ended", "small_paid"), "cells"] == 1
    assert table.loc[(STABLE, "small_paid"), "cells"] == 3 and table.loc[(NEUTRAL, "small_paid"), "cells"] == 0


def test_maps_are_set_side_by_side(tmp_path):
    for name, bad in (("one", 1), ("two", 10), ("none", 99)):
        found = phase_diagram(*made_up(lambda cap, capital, bad=bad: 3.0 if cap >= bad and capital > 0.5 else 0.2))
        (tmp_path / name).mkdir()
        found.table().to_csv(tmp_path / name / "cells.csv", index=False)
        boundary(found).to_csv(tmp_path / name / "boundary.csv", index=False)
        (tmp_path / name / "manifest.json").write_text(json.dumps({"grid": {"title": f"Map: mostly {name}"}}))
    compare(tmp_path / "page", [tmp_path / name for name in ("one", "two", "none")])
    text = (tmp_path / "page" / "README.md").read_text()
    assert "| [mostly two](../two/README.md) | 8 | 3 | 0 | 1 | 0 |" in text
    assert "| Capital | mostly one | mostly two | mostly none |" in text
    assert "| 0.1 | none | none | none |" in text and "| 1 | 1 | 10 | none |" in text
    assert (tmp_path / "page" / "boundaries.png").stat().st_size > 10_000
    with pytest.raises(BadInput, match="no map"):
        compare(tmp_path / "page", [tmp_path / "three"])


def test_a_line_runs_along_the_cells_that_do_harm():
    maps = {name: phase_diagram(*made_up(lambda cap, capital, bad=bad: 3.0 if cap >= bad and capital > 0.5 else 0.2))
            .table().query("measure == 'hedgers'") for name, bad in (("trend", 1), ("value", 10))}
    page = boundaries(maps, "made up")
    assert page.words.title == "Who speculates decides: futures raise hedgers' risk in 1 to 2 of 4 settings"
    trend, value = page.fig.axes[0].lines
    assert np.allclose(trend.get_xdata(), [1.465, 1.465, -0.535, -0.535])  # never at little capital, always at much
    assert np.allclose(value.get_xdata(), [1.535, 1.535, 0.535, 0.535])
    assert np.allclose(trend.get_ydata(), [-0.535, 0.465, 0.465, 1.465])


def test_a_page_holds_figure_cells_and_where_they_come_from(tmp_path):
    common = "base: quick\nchanges: {days: 90, burn_in: 12, market.warm_up: 2}\nruns: 2\n"
    (tmp_path / "grid.yaml").write_text(common + (
        "title: Small\nparameters:\n"
        "  - {name: leverage cap, levels: {'1': {clearing.margin.rate: 0.2}, '3': {clearing.margin.rate: 0.1}}}\n"
        "  - {path: agents.trend_follower.capital, name: capital, values: [0.1]}\n"))
    (tmp_path / "worlds.yaml").write_text(common + (
        "title: Worlds\nparameters:\n  - {name: world, levels: {none: {market.opens: 2027-02-05}, all: {}}}\n"))
    for name in ("grid", "worlds"):
        sim.sweep(tmp_path / f"{name}.yaml", tmp_path / name)
    out = publish(tmp_path / "grid", tmp_path / "worlds", tmp_path / "page")
    assert {path.name for path in out.iterdir()} == {
        "README.md", "phase.svg", "phase.png", "cells.csv", "boundary.csv", "regions.csv", "manifest.json", "grid.yaml",
        "worlds.yaml", "grid_runs.csv", "worlds_runs.csv"}
    cells = pd.read_csv(out / "cells.csv")
    assert set(cells["leverage"]) == {1.0, 3.0}
    assert (cells[cells["measure"] == "hedgers"]["histories"] == 2).all()
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["grid"]["runs"] == 4 and manifest["worlds"]["figures_sha256"]
    assert main(["near", str(tmp_path / "grid"), str(tmp_path / "worlds")]) == 0
    assert main(["near"]) == 2
    text = (out / "README.md").read_text()
    assert text.count(" --out ") == 2 and "2 histories a cell" in text and "| Region | Cells |" in text
