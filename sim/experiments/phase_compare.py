"""Boundaries of several published maps of leverage and speculation, side by side: what moves them is who speculates.

``python -m sim.experiments.phase_regions compare PAGE FOLDER...`` writes the page from folders of ``phase_page``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from sim.errors import bad_input, shown
from sim.experiments.phase import NEUTRAL, STABLE, UNSTABLE
from sim.folder import write_text
from sim.report import palette as p
from sim.report import words
from sim.report.page import Page, Words, styled

DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))  # lines are told apart in grey print too


def compare(page: Path, folders: Sequence[Path]) -> None:
    """Write a page that sets the boundaries of published maps beside each other. Raises BadInput where one is missing.

    folders : as ``phase_page`` wrote them
    """
    maps = {folder.name: _read(folder) for folder in folders}
    page.mkdir(parents=True, exist_ok=True)
    drawn = boundaries({each["who"]: each["cells"] for each in maps.values()},
                       "; ".join(f"{name}: {each['histories']} histories a cell" for name, each in maps.items()))
    drawn.fig.savefig(page / "boundaries.svg")
    drawn.fig.savefig(page / "boundaries.png", dpi=150)
    lines = ["# What moves the boundary: who the speculators are", "",
             "The same market, the same seeds, several compositions of speculators' capital.", "",
             "![Boundaries of the maps](boundaries.png)", "",
             "| Composition | Histories a cell | Cells where futures lower hedgers' risk | neither beyond doubt | "
             "raise it | the market ends |", "| --- | --: | --: | --: | --: | --: |"]
    for name, each in maps.items():
        count = each["cells"]["verdict"].value_counts()
        lines.append(f"| [{each['who']}](../{name}/README.md) | {each['histories']} | " + " | ".join(
            str(count.get(verdict, 0)) for verdict in (STABLE, NEUTRAL, UNSTABLE)) + f" | {each['ended']} |")
    lines += ["", "Below: caps on leverage by speculators' capital over what hedgers would hold; none where no cap of "
              "the map does.", "", *_tables(maps), "Made by", "", "```",
              f"python -m sim.experiments.phase_regions compare {page.as_posix()} "
              + " ".join(folder.as_posix() for folder in folders), "```"]
    write_text(page / "README.md", "\n".join(lines) + "\n")


def boundaries(maps: dict[str, Any], source: str) -> Page:
    """Draw where each map turns: a line from which on, to the right, futures raise hedgers' risk.

    maps : composition -> table of cells with ``leverage``, ``capital`` and ``verdict`` on hedgers' risk
    """
    first = next(iter(maps.values()))
    caps, capital = sorted(first["leverage"].unique()), sorted(first["capital"].unique())
    edges = {name: _edge(table, caps, capital) for name, table in maps.items()}
    bad = {name: int((table["verdict"] == UNSTABLE).sum()) for name, table in maps.items()}
    with styled():
        page = Page(_words(bad, len(first), source), 3.9)
        (axes,) = page.axes(left=1.0, right=0.15, top=0.1 + 0.2 * len(maps), bottom=0.55)
        for row, column in np.ndindex(len(capital), len(caps)):
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=p.AMOUNT[0], edgecolor=p.PAPER, lw=1.2))
        for number, (name, edge) in enumerate(edges.items()):
            aside = 0.07 * (number - (len(edges) - 1) / 2)  # lines that run together stay apart to the eye
            x = np.repeat(np.array(edge) - 0.5, 2) + aside
            y = np.repeat(np.arange(len(capital) + 1) - 0.5, 2)[1:-1] + aside
            axes.plot(x, y, color=p.VARIANT[1:][number % 3], lw=2.2, ls=DASHES[number % len(DASHES)], label=name,
                      solid_capstyle="butt", clip_on=False)
        axes.set(xlim=(-0.5, len(caps) - 0.5 + 0.15), ylim=(-0.5, len(capital) - 0.5), xticks=range(len(caps)),
                 yticks=range(len(capital)), xticklabels=[f"{value:g}×" for value in caps],
                 yticklabels=[f"{value:g}×" for value in capital],
                 xlabel="Cap on leverage (position ÷ own capital)", ylabel="Speculators' capital\n÷ hedgers' exposure")
        axes.grid(False)
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, handlelength=3.2, borderaxespad=0.2)
    return page


def _edge(table: Any, caps: list[float], capital: list[float]) -> list[int]:
    """For each capital the number of the first column that raises hedgers' risk; one past the last where none does."""
    bad = table[table["verdict"] == UNSTABLE].groupby("capital")["leverage"].min()
    return [caps.index(bad[value]) if value in bad.index else len(caps) for value in capital]


def _words(bad: dict[str, int], cells: int, source: str) -> Words:
    told = "; ".join(f"{count} where speculators are {name}" for name, count in bad.items())
    order = sorted(bad, key=lambda name: bad[name])
    if bad[order[0]] == bad[order[-1]]:
        title = f"Who speculates does not move the boundary: {bad[order[0]]} of {cells} settings do harm"
    else:
        title = (f"Who speculates decides: futures raise hedgers' risk in {bad[order[0]]} to {bad[order[-1]]} of "
                 f"{cells} settings")
    return Words(title, "To the right of a line futures raise the variance of hedgers' cost, by composition of "
                 "speculators' capital", f"settings that do harm, of {cells}: {told}. A line that ends at the right "
                 "edge is never reached at that capital.", source, f"{title}. Settings that do harm: {told}.")


def _read(folder: Path) -> dict[str, Any]:
    """A published map: who speculates, its cells, in how many the market ends, histories a cell, its boundary."""
    import pandas as pd

    if not (folder / "boundary.csv").is_file():
        raise bad_input(shown(folder), "no map was published here; phase_page does")
    cells = pd.read_csv(folder / "cells.csv")
    title = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["grid"]["title"]
    own = cells[cells["measure"] == "hedgers"]
    ended = cells[(cells["measure"] == "ended") & (cells["verdict"] == UNSTABLE)]
    least, most = own["histories"].min(), own["histories"].max()
    return {"who": str(title).partition(": ")[2] or folder.name, "cells": own, "ended": len(ended),
            "histories": f"{least}" if least == most else f"{least} to {most}",
            "boundary": pd.read_csv(folder / "boundary.csv").set_index("capital")}


def _tables(maps: dict[str, dict[str, Any]]) -> list[str]:
    """A table for each kind of boundary: capital by map."""
    import pandas as pd

    columns, lines = {each["who"]: each["boundary"] for each in maps.values()}, []
    for label in next(iter(columns.values())).columns:
        frame = pd.DataFrame({name: table[label] for name, table in columns.items()})
        lines += [f"## {words.capital(label)}", "", "| Capital | " + " | ".join(frame.columns) + " |",
                  "| --: |" + " --: |" * len(frame.columns)]
        lines += [f"| {capital:g} | " + " | ".join(f"{v:g}" if np.isfinite(v) else "none" for v in row) + " |"
                  for capital, row in zip(frame.index, frame.to_numpy(), strict=True)]
        lines.append("")
    return lines
