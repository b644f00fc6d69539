"""Publish a phase diagram: ``python -m sim.experiments.phase_page GRID WORLDS FOLDER`` on two finished studies.

The folder gets the figure (SVG and PNG), every cell as CSV, the two study files, and a manifest that says how many
runs stand behind it and with which source and packages they were made.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sim.errors import BadInput
from sim.experiments.phase import NEUTRAL, STABLE, UNSTABLE, PhaseDiagram, phase_diagram
from sim.experiments.phase_figure import phase
from sim.experiments.phase_regions import boundary, regions, tables
from sim.experiments.steps_page import described
from sim.experiments.study import portable
from sim.experiments.sweep import StudyResults
from sim.folder import write_text


def publish(grid: Path | str, worlds: Path | str, folder: Path | str) -> Path:
    """Write the page of one phase diagram. Raises BadInput where a study lacks what it needs."""
    studies = {"grid": StudyResults(grid), "worlds": StudyResults(worlds)}
    diagram, out = phase_diagram(studies["grid"], studies["worlds"]), Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    runs = studies["grid"].runs
    sizes = runs[runs["seed"].isin(studies["worlds"].runs["seed"])].groupby("point").size()
    count = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    source = f"{diagram.title}; {count} histories a cell, each against the same history without futures"
    page = phase(diagram, source)
    page.fig.savefig(out / "phase.svg")
    page.fig.savefig(out / "phase.png", dpi=150)
    write_text(out / "cells.csv", diagram.table().to_csv(index=False))
    write_text(out / "boundary.csv", boundary(diagram).to_csv(index=False))
    write_text(out / "regions.csv", regions(diagram).to_csv(index=False, float_format="%.6g"))
    about = {}
    for name, study in studies.items():
        about[name] = described(study)
        write_text(out / f"{name}.yaml", portable((study.folder / "study.yaml").read_text(encoding="utf-8")))
        study.runs.to_csv(out / f"{name}_runs.csv", index=False, float_format="%.6g")
    write_text(out / "manifest.json", json.dumps(about, indent=1, default=str) + "\n")
    write_text(out / "README.md", "\n".join(_page(diagram, about, count, out)) + "\n")
    return out


def _page(diagram: PhaseDiagram, about: dict[str, dict[str, Any]], count: str, out: Path) -> list[str]:
    """The page, line by line: what was asked, the map, its boundary, what the unhedged pay, how it was made."""
    verdicts, failed = diagram.count("hedgers"), about["grid"]["failed"]
    total, open_ = about["grid"]["of"], about["grid"]["of"] - about["grid"]["runs"] - failed
    lost = (f" {failed} of {total} runs failed and are left out." if failed else "") + (
        f" {open_} of {total} runs are still to be done." if open_ else "")
    return [f"# {diagram.title}", "", about["grid"]["question"] or "", "", "![Phase diagram](phase.png)", "",
            f"{count} histories a cell, each set against the same history without futures.{lost} Futures lower the "
            f"variance of hedgers' cost in {verdicts[STABLE]} cells, raise it in {verdicts[UNSTABLE]}, and do neither "
            f"beyond doubt in {verdicts[NEUTRAL]}.", "", *tables(diagram), "", "How it was made:", "", "```",
            *(f"{line} --out {name}" for name in ("worlds", "grid")
              for line in (about[name]["command_line"], *about[name]["extended"])),
            f"python -m sim.experiments.phase_page grid worlds {out.as_posix()}", "```", "",
            "`cells.csv` has every measure of every cell, `boundary.csv` and `regions.csv` the tables above, "
            "`*_runs.csv` every figure of every run, `manifest.json` the source and packages they were made with."]


if __name__ == "__main__":
    try:
        print(publish(*sys.argv[1:4]))
    except BadInput as error:
        sys.exit(str(error))
    except TypeError:
        sys.exit("three folders are needed: the study of the grid, that of the worlds, and where the page goes")
