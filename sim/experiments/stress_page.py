"""Publish a stress test: ``python -m sim.experiments.stress_page RUNS FOLDER`` on a finished one.

Every kind of world and shock gets a page in which each margin rule stands against the first, history by history, with
intervals and p-values; the report with its figures lies beside them.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from sim.errors import BadInput, bad_input, shown
from sim.experiments.steps import Level, steps
from sim.experiments.steps_page import write
from sim.experiments.stress_results import StressResults


def publish(runs: Path | str, folder: Path | str) -> list[Path]:
    """Write the pages; returns their folders. Raises BadInput for a test that is not finished."""
    found, out, pages = StressResults(runs), Path(folder), []
    if not found.finished:
        raise bad_input(shown(found.folder), "this test is not finished; go on with --resume")
    done, total = found.progress
    about = {"stress": {name: found.about(name) for name in ("title", "scenario", "effects", "eve_date", "days",
                                                             "coverage", "histories", "factors", "source",
                                                             "environment")}
             | {"runs": done, "of": total, "failed": len(found.failed),
                "command_line": re.sub(r" --out \S+", " --out RUNS", str(found.about("command_line") or ""))}}
    known = {name: dict(zip(("label", "unit", "better"), (*found.label(name), ""), strict=True))
             for name in found.figures}
    reached, factors = found.reached(), found.about("factors")
    notes = ["Scaled to equal coverage of the moves before the shock: "
             + ", ".join(f"{rule} by {factor:.2f} ({100 * reached[rule]:.1f} %)"
                         for rule, factor in zip(found.rules, factors, strict=True)) + "."] if factors else []
    for mode in found.modes:
        for shock in found.shocks:
            frame = found.cells[(found.cells["mode"] == mode) & (found.cells["shock"] == shock)]
            levels = [Level(rule, {int(row["seed"]): {name: float(row[name]) for name in known}
                                   for row in frame[frame["rule"] == rule].to_dict("records")}, {})
                      for rule in found.rules]
            told = steps(levels, known, f"{found.about('title')}: margin rules, {mode}", "margin rule", tuple(known),
                         "first")
            page = out / re.sub(r"[^A-Za-z0-9]+", "-", f"{mode}-{Path(shock).stem}")
            print("\n".join(write(told, page, about, _question(mode), notes, [
                about["stress"]["command_line"], f"python -m sim.experiments.stress_page RUNS {out.as_posix()}"])))
            pages.append(page)
    for name in ("stress.csv", "stress.html"):
        if (found.folder / name).is_file():
            shutil.copy(found.folder / name, out / name)
    return pages


def _question(mode: str) -> str:
    """What a world answers."""
    if mode == "frozen":
        return ("What does each rule do when it takes over on the eve of the same blow, everybody holding what they "
                "held?")
    return "What does each rule do in a market that has lived with it from its first day, when the same blow comes?"


if __name__ == "__main__":
    try:
        publish(*sys.argv[1:3])
    except BadInput as error:
        sys.exit(str(error))
    except TypeError:
        sys.exit("two folders are needed: the finished stress test, and where the pages go")
