"""Publish steps along one parameter: ``python -m sim.experiments.steps_page STUDY FOLDER`` on a finished study.

The folder gets a page with both tables, the tables in full precision (CSV, JSON), the figure of tails against levels
where levels are numbers, the study file, every run's figures, and a manifest of the source and packages behind them.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.errors import BadInput
from sim.experiments.steps import SHOWN, Step, Steps, levels_of, steps
from sim.experiments.study import portable
from sim.experiments.sweep import StudyResults
from sim.folder import write_text
from sim.report.words import number


def publish(study: StudyResults | Path | str, folder: Path | str, *, first_day: int = 0,
            against: str = "previous") -> Steps:
    """Write the page of one study's steps. Raises BadInput where the study lacks what it needs."""
    found, out = study if isinstance(study, StudyResults) else StudyResults(study), Path(folder)
    by = next((name for name in found.points[0] if len({str(point[name]) for point in found.points}) > 1), "level")
    levels = levels_of(found, by, first_day)
    told = steps(levels, found.about("figures") or {}, str(found.about("title") or ""), by, SHOWN, against)
    notes = [f"Figures are those from day {first_day} on."] if first_day else []
    about = described(found)
    options = (f" --from-day {first_day}" if first_day else "") + (f" --against {against}" * (against != "previous"))
    make = [*(f"{line} --out FOLDER" for line in (about["command_line"], *about["extended"])),
            f"python -m sim.experiments.steps_page FOLDER {out.as_posix()}{options}"]
    page = write(told, out, {"study": about}, str(about["question"] or ""), notes, make)
    write_text(out / "study.yaml", portable((found.folder / "study.yaml").read_text(encoding="utf-8")))
    found.runs.to_csv(out / "runs.csv", index=False, float_format="%.6g")
    print("\n".join(page))
    return told


def write(told: Steps, out: Path, about: Mapping[str, Any], question: str, notes: list[str],
          make: list[str]) -> list[str]:
    """Write tables, figure, manifest and page into a folder; returns the page's tables, line by line.

    about : what stands behind it; notes : sentences below the tables; make : the commands that make it
    """
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "levels.csv", told.table().to_csv(index=False, float_format="%.6g"))
    write_text(out / "steps.csv", told.differences().to_csv(index=False, float_format="%.6g"))
    rows = {"levels": told.table().to_dict("records"), "steps": told.differences().to_dict("records")}
    write_text(out / "steps.json", json.dumps(_finite(rows), indent=1) + "\n")
    write_text(out / "manifest.json", json.dumps(dict(about), indent=1, default=str) + "\n")
    tables = page_tables(told)
    failed = [f"{level.failed} of {level.failed + len(level.figures)} histories at {level.name} failed and are left "
              "out." for level in told.levels if level.failed]
    drawn = ["", "![Tails and defaults](tails.png)"] if _draw(told, out) else []
    text = [f"# {told.title}", "", question, *drawn, "", *tables, "", *notes, *failed, "", "Made by", "",
            "```", *make, "```", "", "`levels.csv` and `steps.csv` have every figure in full precision, "
            "`runs.csv`, where one study was made, those of every run, `manifest.json` the source and packages."]
    write_text(out / "README.md", re.sub(r"\n{3,}", "\n\n", "\n".join(text)) + "\n")
    return tables


def page_tables(told: Steps) -> list[str]:
    """Both tables as Markdown: what each level gives, and how each step differs."""
    names, count = [level.name for level in told.levels], max(len(level.figures) for level in told.levels)
    head = ["Figure", *names]
    lines = [f"Means of up to {count} histories, with 90 % intervals, by {told.by}:", "", _row(head),
             _row(["---"] + ["--:"] * len(names))]
    for name, about in told.about.items():
        cells = [told.means[level, name] for level in names]
        unit = f", {about['unit']}" if about["unit"] not in ("", "number") else ""
        lines.append(_row([about["label"] + unit, *(_value(cell) for cell in cells)]))
    pairs = list(dict.fromkeys((step.below, step.above) for step in told.steps))
    lines += ["", "Each step, on the same seeds: mean difference with its 90 % interval, p-value, seeds higher and "
              "lower; bold where p is below 0.05:", "",
              _row(["Figure", *(f"{below} to {above}" for below, above in pairs)]),
              _row(["---"] + ["--:"] * len(pairs))]
    for name, about in told.about.items():
        own = {(step.below, step.above): step for step in told.steps if step.figure == name}
        lines.append(_row([about["label"], *(_step(own[pair]) for pair in pairs)]))
    tests = sum(math.isfinite(step.p) and step.p < 1 for step in told.steps)
    return [*lines, "", f"Of {tests} differences that were looked at, about {max(1, round(tests / 20))} would be bold "
            "by chance alone."]


def described(study: StudyResults) -> dict[str, Any]:
    """What a page says of the study behind it."""
    done, total = study.progress
    return {"title": study.about("title"), "question": study.about("question"), "runs": done, "of": total,
            "failed": len(study.failed), "figures_sha256": study.digest(), "source": study.about("source"),
            "environment": study.about("environment"),
            "command_line": re.sub(r" --out \S+", "", study.about("command_line") or ""),
            "extended": [re.sub(r" --out \S+", "", line) for line in study.about("extended") or []]}


def _draw(told: Steps, out: Path) -> bool:
    """Draw tails and defaults against levels, where levels are numbers; says whether there was anything to draw."""
    import pandas as pd

    from sim.report.tails import tails

    def exponents(name: str) -> dict[float, tuple[float, float, float]]:
        known = {level.value: told.means.get((level.name, name)) for level in told.levels}
        return {value: (own["mean"], own["low"], own["high"]) for value, own in known.items() if own}

    pooled, losses = exponents("hill_either"), exponents("hill_losses")
    if len(pooled) != len(told.levels) or not all(math.isfinite(value) for value in pooled):
        return False
    rows = [{told.by: level.value, **one} for level in told.levels for one in level.figures.values()]
    sizes = [len(level.figures) for level in told.levels]
    count = f"{min(sizes)}" if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
    harm = "defaults_all" if "defaults_all" in told.about else "defaults"
    page = tails(pd.DataFrame(rows), told.by, f"{told.title}; {count} histories a level", pooled=pooled, harm=harm,
                 losses=losses if len(losses) == len(pooled) else None)
    page.fig.savefig(out / "tails.svg")
    page.fig.savefig(out / "tails.png", dpi=150)
    return True


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _value(cell: dict[str, float]) -> str:
    if not math.isfinite(cell["mean"]):
        return "-"
    if not math.isfinite(cell["low"]):
        return number(cell["mean"])
    return f"{number(cell['mean'])} ({number(cell['low'])} to {number(cell['high'])})"


def _step(step: Step) -> str:
    if not math.isfinite(step.mean):
        return "-"
    if step.mean == 0 and step.higher == step.lower == 0 and step.low == step.high:
        return "none"
    counts = f", {step.higher} up {step.lower} down" if step.higher or step.lower else ""
    span = f" ({step.low:+.3g} to {step.high:+.3g})" if math.isfinite(step.low) else ""
    text = f"{step.mean:+.3g}{span}, p {step.p:.2g}{counts}"
    return f"**{text}**" if step.p < 0.05 else text


def _finite(value: Any) -> Any:
    """Values as JSON takes them: what is not known is null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.steps_page", description=__doc__.split("\n")[0])
    parser.add_argument("study", help="folder of a finished study of one parameter")
    parser.add_argument("folder", help="where the page goes")
    parser.add_argument("--from-day", type=int, default=0, metavar="N", help="take figures from this day on")
    parser.add_argument("--against", choices=("previous", "first"), default="previous",
                        help="what each level is set against (default: the level before)")
    options = parser.parse_args(words)
    try:
        publish(options.study, options.folder, first_day=options.from_day, against=options.against)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
