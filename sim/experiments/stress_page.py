"""Publish a stress test: ``python -m sim.experiments.stress_page RUNS FOLDER`` on a finished one.

Every kind of world and shock gets a page in which each margin rule stands against the first, or the one that
``--against`` names, history by history, with intervals and p-values; the report with its figures lies beside them.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
from pathlib import Path

from sim.errors import BadInput, bad_input, near_miss, quoted, shown
from sim.experiments.steps import Level, steps
from sim.experiments.steps_page import write
from sim.experiments.stress_results import StressResults
from sim.folder import write_text
from sim.report.words import capital


def publish(runs: Path | str, folder: Path | str, against: str = "") -> list[Path]:
    """Write the pages; returns their folders.

    against : the rule that all others are compared with; the first of the test if left out

    Raises BadInput for a test that is not finished, or has no such rule.
    """
    found, out, pages = StressResults(runs), Path(folder), []
    if not found.finished:
        raise bad_input(shown(found.folder), "this test is not finished; go on with --resume")
    against = against or found.rules[0]
    if against not in found.rules:
        raise bad_input(f"--against {against}", f"this test has no such rule{near_miss(against, found.rules) or ';'} "
                                                f"there are: {quoted(found.rules)}")
    order = [against, *(rule for rule in found.rules if rule != against)]
    asked = f" --against {shlex.quote(against)}" if against != found.rules[0] else ""
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
    make = [about["stress"]["command_line"], f"python -m sim.experiments.stress_page RUNS {out.as_posix()}{asked}"]
    for mode in found.modes:
        for shock, effects in zip(found.shocks, found.about("effects"), strict=True):
            frame = found.cells[(found.cells["mode"] == mode) & (found.cells["shock"] == shock)]
            levels = [Level(rule, {int(row["seed"]): {name: float(row[name]) for name in known}
                                   for row in frame[frame["rule"] == rule].to_dict("records")}, {})
                      for rule in order]
            called = capital(Path(shock).stem.replace("_", " "))
            told = steps(levels, known, f"{called}: margin rules, {mode}", "margin rule", tuple(known), "first")
            page = out / re.sub(r"[^A-Za-z0-9]+", "-", f"{mode}-{Path(shock).stem}")
            print("\n".join(write(told, page, about, " ".join([_question(mode), *effects]), notes, make)))
            pages.append(page)
    write_text(out / "stress.csv", found.csv(against))
    if (found.folder / "stress.html").is_file():
        shutil.copy(found.folder / "stress.html", out / "stress.html")
    return pages


def _question(mode: str) -> str:
    """What a world answers."""
    if mode == "frozen":
        return ("What does each rule do when it takes over on the eve of the same blow, everybody holding what they "
                "held?")
    return "What does each rule do in a market that has lived with it from its first day, when the same blow comes?"


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.stress_page",
                                     description=(__doc__ or "").split("\n")[0])
    parser.add_argument("runs", help="folder of a finished stress test")
    parser.add_argument("folder", help="where the pages go")
    parser.add_argument("--against", default="", metavar="RULE",
                        help="what the others are compared with, such as filtered_historical (default: the first rule)")
    options = parser.parse_args(words)
    try:
        publish(options.runs, options.folder, options.against)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
