"""Publish a study: a page that opens offline, a figure for each metric, every number, and what made them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from sim.experiments.paired import Difference
from sim.experiments.study import portable
from sim.experiments.study_figures import along, frontier, scattered, spread_out
from sim.experiments.study_table import StudyTable, number, study_table, text
from sim.experiments.sweep import StudyResults
from sim.folder import write_text
from sim.report import palette, words
from sim.report.build import TEMPLATE
from sim.report.page import Page, svg

MOST_POINTS = 40  # of a table on a page; all of them are in points.csv
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{{ title }}</title><style>{{ style | safe }}</style></head>
<body><header><h1>{{ title }}</h1><p class="verdict">{{ verdict }}</p>
{% for part in question %}<p>{{ part }}</p>{% endfor %}<p>{{ counted }}</p></header><main>
{% for f in figures %}<figure><h3>{{ f.title }}</h3><p class="what">{{ f.sub }}</p>{{ f.wide | safe }}
{{ f.phone | safe }}
<figcaption><p><strong>What to see:</strong> {{ f.see }}</p><p class="src">{{ f.source }}</p></figcaption></figure>
{% endfor %}
<h2>Numbers</h2>{% for t in tables %}<h3>{{ t.name }}</h3><table class="cards"><thead><tr>
{% for head in heads %}<th{% if not loop.first %} class="n"{% endif %}>{{ head }}</th>{% endfor %}</tr></thead><tbody>
{% for row in t.rows %}<tr><th>{{ row[0] }}</th>{% for cell in row[1:] %}
<td class="n" data-label="{{ heads[loop.index] }}">{{ cell }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
{% endfor %}
<p class="soft">{{ note }}</p>
<h2>Where it is from</h2><dl class="from">{% for name, said in origin.items() %}<dt>{{ name }}</dt><dd>{{ said }}</dd>
{% endfor %}</dl></main><footer></footer></body></html>"""
MARKDOWN = """# {{ title }}

{% for part in question %}{{ part }}

{% endfor %}**What came out.** {{ verdict }} {{ counted }}

{% for f in figures %}![{{ f.title }}]({{ f.file }}.png)

{% endfor %}## Numbers
{% for t in tables %}
**{{ t.name }}**

| {{ heads | join(" | ") }} |
|---|{{ "---:|" * (heads | length - 1) }}
{% for row in t.rows %}| {{ row | join(" | ") }} |
{% endfor %}{% endfor %}
{{ note }}

## How it was made

```
{{ commands }}
```

`points.csv` has every figure of every point with its difference, `runs.csv` every figure of every run, `study.yaml` the
study, `manifest.json` the source and packages behind it. `index.html` is this page with figures that adapt to a screen.
"""
HEADS = ("", "mean", "90 % interval", "difference", "90 % interval of the difference", "higher in")


def publish(folder: Path | str, out: Path | str, figures: Sequence[str] = (), against: Mapping[str, str] | None = None
            ) -> Path:
    """Write the page of a study into a folder; returns the page's path.

    figures, against : see ``study_table``

    The folder gets ``index.html``, ``README.md``, a figure for each metric as SVG and PNG, ``points.csv``,
    ``runs.csv``, ``study.yaml`` and ``manifest.json``. Raises BadInput for a folder that holds no study, or one without
    runs.
    """
    study, place = StudyResults(folder), Path(out)
    table = study_table(study, figures, against)
    place.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, draw in _drawings(table).items():
        page = draw()
        page.fig.savefig(place / f"{name}.svg", metadata={"Date": None, "Title": page.words.title})
        page.fig.savefig(place / f"{name}.png", dpi=130)
        told = page.words
        drawn.append({"file": name, "title": told.title, "sub": told.sub, "see": told.see, "source": told.source,
                      "wide": svg(lambda draw=draw: draw(bare=True), name),
                      "phone": svg(lambda draw=draw: draw(phone=True, bare=True), f"{name}-phone")})
    write_text(place / "points.csv", table.csv())
    study.runs.to_csv(place / "runs.csv", index=False, float_format="%.6g")
    write_text(place / "study.yaml", portable((study.folder / "study.yaml").read_text(encoding="utf-8")))
    write_text(place / "manifest.json", json.dumps(manifest(study), indent=1, default=str) + "\n")
    content = _content(table, drawn, place)
    write_text(place / "README.md", _rendered(MARKDOWN, content, False))
    write_text(place / "index.html", re.sub(r"(?<=\d) (?=%)", words.NARROW, _rendered(PAGE, content, True)))
    return place / "index.html"


def manifest(study: StudyResults) -> dict[str, Any]:
    """What made a study: runs, failures, digest of every figure, source, packages and command."""
    done, total = study.progress
    return {"title": study.about("title"), "question": study.about("question"), "runs": done, "of": total,
            "failed": len(study.failed), "figures_sha256": study.digest(), "source": study.about("source"),
            "environment": study.about("environment"), "command_line": _command(study)}


def _drawings(table: StudyTable) -> dict[str, Any]:
    """Name of the file -> what draws it."""
    one = scattered if spread_out(table) else along

    def draws(name: str) -> Any:
        return lambda **how: one(table, name, **how)

    found: dict[str, Any] = {}
    pair = table.study.about("frontier") or ()
    if len(pair) == 2 and all(name in table.about for name in pair):

        def edge(phone: bool = False, bare: bool = False) -> Page:
            return frontier(table, pair, phone, bare)

        found["frontier"] = edge
    return found | {name: draws(name) for name in table.figures}


def _content(table: StudyTable, drawn: list[dict[str, Any]], place: Path) -> dict[str, Any]:
    study = table.study
    done, total = study.progress
    fewest, most = table.histories
    count = "1 history" if most == 1 else f"{most} histories" if fewest == most else f"{fewest} to {most} histories"
    left = "is left out" if len(study.failed) == 1 else "are left out"
    failed = f" {words.count(len(study.failed), 'run')} failed and {left}." if study.failed else ""
    open_ = f" Only {done:,} of {total:,} runs are done." if done + len(study.failed) < total else ""
    light, dark = palette.themes()
    css = lambda colours: " ".join(f"--{name}:{value};" for name, value in colours.items())
    style = re.search(r"<style>(.*?)</style>", TEMPLATE.read_text(encoding="utf-8"), re.S)
    assert style is not None
    environment = {str(name).replace("_", " ").capitalize(): said for name, said in study.about("environment").items()
                   if isinstance(said, str | int | float)}
    command = _command(study)
    return {
        "title": study.about("title"), "verdict": table.verdict(), "figures": drawn, "heads": HEADS,
        "style": jinja2.Environment(autoescape=False).from_string(style[1]).render(light=css(light), dark=css(dark)),
        "question": [" ".join(part.split()) for part in re.split(r"\n\s*\n", study.about("question") or "") if part],
        "counted": f"{len(table.points)} points, {count} each, on the same luck at every point."
                   f"{failed}{open_}",
        "tables": [{"name": head, "rows": rows(table, name)} for name in table.figures for head, rows in (
            *([(f"{_head(table, name)}: one at a time, over all others", _alone)] if table.crossed else []),
            (_head(table, name), _rows))],
        "note": f"Differences are from {table.compared_with}, history by history; * is clear: its 90 % interval "
                "leaves out zero." + (f" The first {MOST_POINTS} points are shown." if len(table.points) > MOST_POINTS
                                     else ""),
        "commands": f"{command}\ncompute-futures page STUDY_FOLDER --out {place.name}",
        "origin": {"Command": command, "Runs": f"{done:,} of {total:,}", "Source": str(study.about("source"))[:16],
                   **environment, "Tables": "points.csv has every figure of every point, runs.csv every run"}}


def _rendered(template: str, content: Mapping[str, Any], html: bool) -> str:
    environment = jinja2.Environment(autoescape=html, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(template).render(content)


def _rows(table: StudyTable, figure: str) -> list[tuple[str, ...]]:
    """A row a point."""
    out = []
    for point in table.points[:MOST_POINTS]:
        name = ", ".join(f"{key} {text(value)}" if len(table.parameters) > 1 else text(value)
                         for key, value in table.study.points[point].items())
        d = None if point == table.reference(point) else table.difference(figure, point)
        out.append(_row(name, table.mean(figure, point), d))
    return out


def _alone(table: StudyTable, figure: str) -> list[tuple[str, ...]]:
    """A row for each value of each parameter, over all values of the others."""
    out = []
    for parameter in table.parameters:
        for value in table.choices(parameter):
            found, d = table.alone(figure, parameter, value)
            own = value == table.study.points[table.against][parameter]
            out.append(_row(f"{parameter} {text(value)}", found, None if own else d))
    return out


def _row(name: str, found: Mapping[str, float], d: Difference | None) -> tuple[str, ...]:
    """A name, a mean with its interval, and the difference from what it is compared with, if there is one."""
    span = lambda low, high: f"{number(low)} to {number(high)}" if math.isfinite(high - low) else "not known"
    if d is None:
        gap: tuple[str, ...] = ("-", "-", "-")
    elif d.same or not d.pairs:
        gap = ("none" if d.pairs else "not known", "-", "-")
    else:
        gap = (number(d.mean) + (" *" if d.clear else ""), span(d.low, d.high), f"{d.higher} of {d.pairs}")
    return (name, number(found["mean"]), span(found["low"], found["high"]), *gap)


def _head(table: StudyTable, figure: str) -> str:
    unit = table.about[figure].get("unit", "")
    return f"{table.about[figure]['label']}{f', {unit}' if unit else ''}"


def _command(study: StudyResults) -> str:
    """What the study was started with, without the places that it happened to lie in."""
    told = re.sub(r" (--out \S+|--resume)", "", study.about("command_line") or "sim.sweep(...)")
    return re.sub(r"(?<= )\S*/(\S+\.yaml)", r"\1", told)
