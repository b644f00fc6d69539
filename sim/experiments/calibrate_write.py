"""What a calibration leaves in its folder: tables as CSV, and a scenario with what was found."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sim.experiments.calibrate_moments import MOMENTS
from sim.folder import write_text

if TYPE_CHECKING:
    from sim.experiments.calibrate import Calibrated


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([cell if not isinstance(cell, float) or math.isfinite(cell) else "" for cell in row]
                     for row in rows)
    return out.getvalue()


def write(found: Calibrated) -> None:
    """``trials.csv``, ``parameters.csv``, ``moments.csv``, ``distance.csv`` and ``calibrated.yaml``."""
    c, folder = found.plan.calibration, found.folder
    labels = [parameter.label for parameter in c.parameters]
    write_text(folder / "trials.csv", _csv(
        ["trial", "distance", *labels],
        [(trial.number, trial.distance, *(trial.values[label] for label in labels)) for trial in found.tried]))
    write_text(folder / "parameters.csv", _csv(
        ["parameter", "low", "high", "base", "best", "standard_error"],
        [(p.label, p.low, p.high, found.start[p.label], found.best[p.label], found.errors[p.label])
         for p in c.parameters]))
    write_text(folder / "moments.csv", _csv(
        ["moment", "unit", "real", "real_standard_error", "base", "best"],
        [(name, MOMENTS[name.rsplit(": ", 1)[1]].unit, *row) for name, row in found.moments.items()]))
    write_text(folder / "distance.csv", _csv(["point", "distance"], list(found.distance.items())))
    write_text(folder / "calibrated.yaml", scenario_text(found))


def scenario_text(found: Calibrated) -> str:
    """A scenario that extends the base and sets what was found."""
    plan = found.plan
    values: dict[str, float | int] = {}
    for p in plan.calibration.parameters:
        values |= dict.fromkeys(p.paths, int(found.best[p.label]) if p.whole else found.best[p.label])
    tree: dict[str, Any] = {}
    for path, value in values.items():
        at = tree
        *above, last = path.split(".")
        for step in above:
            at = at.setdefault(step, {})
        at[last] = value
    base = os.path.relpath(plan.base.absolute(), found.folder)
    lines = [f"# {plan.calibration.title or plan.calibration.name}: what {len(found.tried)} trials found.",
             f"extends: {base}", *_lines(tree, "")]
    return "\n".join(lines) + "\n"


def _lines(tree: dict[str, Any], indent: str) -> Iterable[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: {value!r}"


def recovery_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Truth against estimates."""
    return _csv(["truth_number", "parameter", "truth", "estimate", "standard_error"], list(rows))
