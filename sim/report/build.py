"""The report: one HTML file that opens offline, prints well, and says the answer first."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from sim.report import disclosure, palette, story, words, yardstick
from sim.report.answer import answer
from sim.report.figures import FIGURES, SECTIONS
from sim.report.figures.cascade import worth_showing
from sim.report.figures.clearing import harmed
from sim.report.history import History, NothingToDraw
from sim.report.page import svg
from sim.results import Results, open_results

TEMPLATE = Path(__file__).with_name("template.html")
LIMITS = ("It is a model: it shows which rules are fragile and why, not what prices will be. No future on compute has "
          "yet lived through a crisis, so the participants' rules come from other markets.")


def build(results: Results | Path | str, out: Path | str | None = None) -> Path:
    """Write ``report.html`` and ``figures/*.svg`` and return the report's path.

    Parameters
    ----------
    results : a results folder, or results in memory
    out     : where to write; the results folder if left out

    Raises BadInput if the folder holds no results; ValueError for results in memory without ``out``.
    """
    found = results if isinstance(results, Results) else open_results(results)
    folder = Path(out) if out is not None else found.folder
    if folder is None:
        raise ValueError("these results were not written; say where the report shall go: build(results, out=...)")
    try:
        history: History | None = History(found)
    except NothingToDraw:
        history = None
    folder.mkdir(parents=True, exist_ok=True)
    figures = list(_figures(history, folder / "figures")) if history else []
    path = folder / "report.html"
    path.write_text(page(found, history, figures), encoding="utf-8")
    disclosure.write(found, folder)
    return path


def page(results: Results, history: History | None, figures: list[dict[str, str]]) -> str:
    """The report as HTML; every word from outside is escaped by the template."""
    light, dark = palette.themes()
    css = lambda colours: " ".join(f"--{name}:{value};" for name, value in colours.items())
    base = yardstick.for_scenario(results.manifest)
    verdict, because, why = answer(results, history, base)
    manifest = results.manifest
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                                     lstrip_blocks=True)
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        light=css(light), dark=css(dark), title=manifest["question"] or manifest["title"] or manifest["name"],
        notes=_notes(results, figures), verdict=verdict, because=because, why=why,
        keys=story.keys(results, history, base), base=base, many=len(results.figures.runs) > 1,
        histories=words.count(len(results.figures.runs), "history", "histories"),
        period=words.span(manifest["days"]), sections=story.sections(manifest.get("description", "")),
        chapters=_chapters(figures), numbers=story.numbers(results, base), policies=story.policies(history),
        disclosed=story.disclosed(results, history), reality=story.reality(results),
        assumptions=story.assumptions(results), parameters=len(results.parameters), limits=LIMITS,
        provenance=list(_provenance(results, base)), rerun=_rerun(results))
    return re.sub(r"(?<=\d) (?=%)", words.NARROW, text)


def _chapters(figures: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Headings with their figures, numbered throughout; those without any are left out."""
    drawn, number, out = {figure["name"]: figure for figure in figures}, 0, []
    for heading, names in SECTIONS.items():
        own = [drawn[name] for name in names if name in drawn]
        if own:
            key = re.sub(r"\W+", "-", heading.lower())
            out.append({"heading": f"{heading}, in {_how_many(len(own))}", "key": key, "figures": own, "first": number})
            number += len(own)
    return out


def _figures(history: History, folder: Path) -> Iterator[dict[str, str]]:
    """Every figure that the results allow: SVG for wide pages and for phones, its words, and a file of its own."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for name, draw in FIGURES.items():
        try:
            if (name == "cascade" and not worth_showing(history)) or (name == "defaults" and not harmed(history)):
                continue
            whole = draw(history)
        except NothingToDraw:
            continue
        whole.fig.savefig(folder / f"{name}.svg", metadata={"Date": None, "Title": whole.words.title})
        text = whole.words
        yield {"name": name, "title": text.title, "sub": text.sub, "see": text.see, "source": text.source,
               "wide": _short(svg(lambda draw=draw: draw(history, bare=True), name)),
               "phone": _short(svg(lambda draw=draw: draw(history, phone=True, bare=True), f"{name}-phone"))}


def _short(text: str) -> str:
    """SVG with coordinates to a hundredth of a point: nobody can see more, and the file halves."""
    return re.sub(r"(\d\.\d\d)\d+", r"\1", text)


def _how_many(number: int) -> str:
    names = ("no figures", "one figure", "two figures", "three figures", "four figures", "five figures", "six figures",
             "seven figures", "eight figures")
    return names[number] if number < len(names) else f"{number} figures"


def _notes(results: Results, figures: list[dict[str, str]]) -> list[str]:
    """What a reader must know before anything else."""
    notes = []
    if results.manifest["status"] == "unfinished":
        notes.append("Unfinished: the run was stopped before its end")
    elif results.manifest["status"] != "finished":
        notes.append(f"{len(results.failed)} of {len(results.manifest['runs'])} histories failed and are left out")
    if len(results.figures.runs) == 1:
        notes.append("One history: another seed gives another, 30 of them give intervals")
    if not figures:
        notes.append("Days were not recorded, so there are no figures")
    return notes


def _provenance(results: Results, base: yardstick.Yardstick) -> Iterator[tuple[str, str]]:
    manifest, machine = results.manifest, results.manifest["environment"]
    done = sum(row["status"] == "finished" for row in manifest["runs"])
    seeds = manifest["seeds"]
    yield "Scenario", f"{manifest['name']}, hash {manifest['scenario_hash']}, scenario.resolved.yaml in this folder"
    yield "Histories", (f"{done} of {len(seeds)} finished, "
                        + (f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {_ranges(seeds)}"))
    yield "Command", manifest["command_line"]
    yield "Program", (f"compute-futures {machine['compute-futures']}, source hash {machine['source'][:8]}, Python "
                      f"{machine['python']}, numpy {machine['numpy']}, numba {machine['numba']}")
    yield "Machine", f"{machine['cpu']}, {machine['platform']}"
    start = dt.datetime.fromisoformat(manifest["start"])
    took = f", {manifest['wall_seconds']:.0f} seconds" if manifest["wall_seconds"] is not None else ""
    yield "Made", f"{words.day(start)} {start:%H:%M}{took}"
    yield "Checks", "cash and contracts added up to the cent on every day; a run that fails this stops"
    if manifest["plugins"]:
        yield "Own files", words.listing([f"{Path(p['path']).name} ({p['sha256'][:8]})" for p in manifest["plugins"]])
    if "series" in manifest:
        yield "Prices", f"{Path(manifest['series']['name']).name} ({manifest['series']['sha256'][:8]})"
    if base:
        yield "Baseline", base.source
    yield "Files", "summary.csv, *.parquet, parameters.csv and figures/*.svg in this folder"


def _ranges(seeds: list[int]) -> str:
    whole = seeds == list(range(seeds[0], seeds[0] + len(seeds)))
    return f"{seeds[0]} to {seeds[-1]}" if whole else words.listing([str(seed) for seed in seeds])


def _rerun(results: Results) -> str:
    name = results.folder.name if results.folder else "FOLDER"
    usual = results.folder is not None and results.folder.parent.name == "results"
    return f"compute-futures rerun {'results/' if usual else ''}{name}"
