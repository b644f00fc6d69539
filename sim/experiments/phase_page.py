"""Publish a phase diagram: ``python -m sim.experiments.phase_page GRID WORLDS FOLDER`` on two finished studies.

The folder gets the figure (SVG and PNG), every cell as CSV, the two study files, and a manifest that says how many
runs stand behind it and with which source and packages they were made.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from sim.errors import BadInput
from sim.experiments.phase import phase_diagram
from sim.experiments.phase_figure import phase
from sim.experiments.sweep import StudyResults
from sim.folder import write_text


def publish(grid: Path | str, worlds: Path | str, folder: Path | str) -> Path:
    """Write the page of one phase diagram. Raises BadInput where a study lacks what it needs."""
    studies = {"grid": StudyResults(grid), "worlds": StudyResults(worlds)}
    diagram, out = phase_diagram(studies["grid"], studies["worlds"]), Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    runs = studies["grid"].runs
    least = int(runs.groupby("point").size().min())
    source = f"{diagram.title}; {least} histories a cell, each against the same history without futures"
    page = phase(diagram, source)
    page.fig.savefig(out / "phase.svg")
    page.fig.savefig(out / "phase.png", dpi=150)
    write_text(out / "cells.csv", diagram.table().to_csv(index=False))
    about = {}
    for name, study in studies.items():
        done, total = study.progress
        about[name] = {"title": study.about("title"), "question": study.about("question"), "runs": done, "of": total,
                       "failed": len(study.failed), "figures_sha256": study.digest(), "source": study.about("source"),
                       "environment": study.about("environment"),
                       "command_line": re.sub(r" --out \S+", "", study.about("command_line") or "")}
        shutil.copy(study.folder / "study.yaml", out / f"{name}.yaml")
        study.runs.to_csv(out / f"{name}_runs.csv", index=False, float_format="%.6g")
    write_text(out / "manifest.json", json.dumps(about, indent=1, default=str) + "\n")
    return out


if __name__ == "__main__":
    try:
        print(publish(*sys.argv[1:4]))
    except BadInput as error:
        sys.exit(str(error))
    except TypeError:
        sys.exit("three folders are needed: the study of the grid, that of the worlds, and where the page goes")
