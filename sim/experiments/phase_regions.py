"""What the map of leverage and speculation says by region: where its boundary runs, and what the unhedged pay there.

``python -m sim.experiments.phase_regions near GRID WORLDS`` prints the points beside the boundary, whose histories
are worth multiplying (``sweep --histories 100 --points ...``); ``... compare PAGE FOLDER...`` writes a page that sets
the boundaries of several published maps side by side.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import BadInput
from sim.experiments.phase import MEASURES, NEUTRAL, STABLE, UNSTABLE, PhaseDiagram, phase_diagram
from sim.experiments.phase_compare import compare
from sim.experiments.steps import sign_flips
from sim.summary import interval

UNHEDGED = ("small_paid", "small_refused", "cost_unhedged", "unhedged", "rationed", "pace", "spot", "built", "ended")
ENDED = "market ended"
OVER_ONE = ("small_paid", "cost_unhedged", "unhedged", "pace", "spot", "built")  # ratios: no effect is one


def harmful(diagram: PhaseDiagram) -> np.ndarray:
    """bool[rows, columns]: where futures harm those who hedge: in cost risk, by defaults or by the market's end."""
    bad = np.zeros((len(diagram.capital), len(diagram.leverage)), bool)
    for name in ("hedgers", "defaults", "ended"):
        if name in diagram.cells:
            bad |= np.vectorize(lambda cell: cell.verdict == UNSTABLE, otypes=[bool])(diagram.cells[name])
    return bad


def beside(diagram: PhaseDiagram) -> list[tuple[int, int]]:
    """Cells with a neighbour, to a side or above or below, on the other side of the boundary."""
    bad, out = harmful(diagram), []
    for row, column in np.ndindex(bad.shape):
        around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        inside = [at for at in around if 0 <= at[0] < bad.shape[0] and 0 <= at[1] < bad.shape[1]]
        if any(bad[at] != bad[row, column] for at in inside):
            out.append((row, column))
    return out


def points_beside(diagram: PhaseDiagram) -> list[int]:
    """Numbers of the study's points beside the boundary."""
    return sorted({int(diagram.values[at]["point"][0]) for at in beside(diagram) if at in diagram.values})


def boundary(diagram: PhaseDiagram) -> Any:
    """For each capital the first cap on leverage that raises hedgers' risk, and the first with defaults; a data frame.

    Nothing (nan) where no cap of the map does.
    """
    import pandas as pd

    rows = []
    for row, capital in enumerate(diagram.capital):
        found: dict[str, float] = {"capital": capital}
        for name, label in (("hedgers", "first cap that raises hedgers' risk"),
                            ("defaults", "first cap with defaults"),
                            ("ended", "first cap at which the market ends in more than one history in eight")):
            cells = diagram.cells[name][row] if name in diagram.cells else ()
            found[label] = next((diagram.leverage[k] for k, cell in enumerate(cells) if cell.verdict == UNSTABLE),
                                float("nan"))
        lower = [diagram.leverage[k] for k, cell in enumerate(diagram.cells["hedgers"][row]) if cell.verdict == STABLE]
        found["last cap that lowers it"] = max(lower, default=float("nan"))
        rows.append(found)
    return pd.DataFrame(rows)


def regions(diagram: PhaseDiagram, measures: Sequence[str] = UNHEDGED) -> Any:
    """What those who do not hedge go through in each region of the map, as a data frame.

    A region is the cells of one verdict on hedgers' risk; cells whose market ends beyond doubt in more than one history
    in eight are a region of their own. A history counts once, with the mean over its cells there; intervals and
    p-values (flipped signs) are over histories, against no effect.
    """
    import pandas as pd

    rows = []
    judged, ended = diagram.cells["hedgers"], diagram.cells["ended"]
    for verdict in (STABLE, NEUTRAL, UNSTABLE, ENDED):
        places = [at for at in diagram.values
                  if verdict == (ENDED if ended[at].verdict == UNSTABLE else judged[at].verdict)]
        for name in measures:
            seeds: dict[int, list[float]] = {}
            for at in places:
                for seed, value in zip(diagram.values[at]["seed"], diagram.values[at][name], strict=True):
                    if np.isfinite(value):
                        seeds.setdefault(int(seed), []).append(float(value))
            values = np.array([np.mean(seeds[seed]) for seed in sorted(seeds)])
            found, effect = interval(values.tolist()), values - (1.0 if name in OVER_ONE else 0.0)
            rows.append({"region": verdict, "cells": len(places), "measure": name, "label": MEASURES[name][0],
                         "unit": MEASURES[name][1], "histories": len(values), **found, "p": sign_flips(effect)})
    return pd.DataFrame(rows)


def tables(diagram: PhaseDiagram) -> list[str]:
    """Boundary and regions as Markdown, line by line."""
    number = lambda value: f"{value:g}" if np.isfinite(value) else "none"
    edge, lines = boundary(diagram), []
    lines += ["| Speculators' capital over hedgers' exposure | " + " | ".join(edge.columns[1:]) + " |",
              "| --: |" + " --: |" * (len(edge.columns) - 1)]
    lines += ["| " + " | ".join(number(value) for value in row) + " |" for row in edge.to_numpy()]
    lines += ["", "Those who do not hedge, by what futures do to hedgers' risk (mean, 90 % interval, p-value against "
              "no effect; ratios to the same history without futures unless said otherwise):", "",
              "| Region | Cells | Measure | Mean | Interval | p |", "| --- | --: | --- | --: | --: | --: |"]
    for row in regions(diagram).to_dict("records"):
        if row["histories"]:
            unit = "" if row["measure"] in OVER_ONE else f" ({row['unit']})"
            lines.append(f"| {row['region']} | {row['cells']} | {row['label']}{unit} | {row['mean']:.4g} | "
                         f"{row['low']:.4g} to {row['high']:.4g} | {row['p']:.2g} |")
    return lines


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    try:
        if words[:1] == ["near"] and len(words) == 3:
            print(",".join(map(str, points_beside(phase_diagram(words[1], words[2])))))
            return 0
        if words[:1] == ["compare"] and len(words) > 2:
            compare(Path(words[1]), [Path(word) for word in words[2:]])
            return 0
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    print("near GRID WORLDS, or compare PAGE FOLDER... is expected", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
