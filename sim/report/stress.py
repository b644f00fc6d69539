"""The page of a stress test: one HTML file that opens offline, the answer first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

from sim.report import palette, words
from sim.report.build import TEMPLATE
from sim.report.history import NothingToDraw
from sim.report.page import svg
from sim.report.stress_figures import FIGURES

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{{ title }} · stress test</title><style>{{ style }}</style></head>
<body><header><h1>Stress test of {{ title }}</h1><p class="verdict">{{ verdict }}</p>
<p>{{ histories }}, followed for {{ days }} business days after {{ eve }}. {{ scaled }}</p>
{% for text in failed %}<p class="note">{{ text }}</p>{% endfor %}</header><main>
{% for f in figures %}<figure><h3>{{ f.title }}</h3><p class="what">{{ f.sub }}</p>{{ f.wide | safe }}
{{ f.phone | safe }}
<figcaption><p><strong>What to see:</strong> {{ f.see }}</p><p class="src">{{ f.source }}</p></figcaption></figure>
{% endfor %}
<h2>Numbers</h2>
{% for t in tables %}<h3>{{ t.name }}</h3><table class="cards"><caption>{{ t.note }}</caption><thead><tr>
<th>Rule</th>{% for name in heads %}<th class="n">{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in t.rows %}<tr><th>{{ row.rule }}</th>{% for cell in row.cells %}<td class="n" data-label="{{ cell.head }}">
{{ cell.text }}{% if cell.off %} <span class="off">*</span>{% endif %}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
{% endfor %}<p class="soft">* differs clearly from the first rule: the 90 % interval of the paired difference leaves out
zero. Every figure with its interval is in stress.csv.</p>
<h2>What happens</h2>{% for shock in shocks %}<p><strong>{{ shock.name }}</strong>: {{ shock.text }}</p>{% endfor %}
<h2>Limits</h2><p>{{ limits }}</p></main><footer></footer></body></html>"""
SHOWN = ("called", "demand", "peak_to_trough", "mean_rate", "hedgers_forced", "defaults", "house_loss")
LIMITS = ("Rules are compared at the coverage that they reached before the shock, on simulated prices; after it they "
          "may cover more or less. In the frozen world participants keep the positions of the eve and then trade on; "
          "in the adapted one they have sized them under the rule from the start.")


def build(found: Any, out: Path | str | None = None) -> Path:
    """Write ``stress.html`` and ``figures/*.svg`` beside a stress test's results; returns the page's path."""
    folder = Path(out) if out is not None else found.folder
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, draw in FIGURES.items():
        try:
            whole = draw(found)
        except NothingToDraw:
            continue
        whole.fig.savefig(folder / "figures" / f"{name}.svg", metadata={"Date": None, "Title": whole.words.title})
        told = whole.words
        drawn.append({"title": told.title, "sub": told.sub, "see": told.see, "source": told.source,
                      "wide": svg(lambda draw=draw: draw(found, bare=True), name),
                      "phone": svg(lambda draw=draw: draw(found, phone=True, bare=True),
                                   f"{name}-phone")})
    path = folder / "stress.html"
    path.write_text(page(found, drawn), encoding="utf-8")
    return path


def page(found: Any, figures: list[dict[str, str]]) -> str:
    """The page as HTML; every word from outside is escaped."""
    light, dark = palette.themes()
    css = lambda colours: " ".join(f"--{name}:{value};" for name, value in colours.items())
    style = re.search(r"<style>(.*?)</style>", TEMPLATE.read_text(encoding="utf-8"), re.S)
    assert style is not None
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    sheet = jinja2.Environment(autoescape=False).from_string(style[1]).render(light=css(light), dark=css(dark))
    effects = found.about("effects")
    text = environment.from_string(PAGE.replace("{{ style }}", "{{ style | safe }}")).render(
        style=sheet, title=found.about("title"), verdict=verdict(found), days=found.about("days"),
        histories=words.count(int(found.about("histories")), "history", "histories").capitalize(),
        eve=found.about("eve_date"), scaled=scaled(found), figures=figures, tables=list(_tables(found)),
        heads=[_head(found, name) for name in SHOWN], limits=LIMITS,
        failed=[f"{len(found.failed)} pieces of work failed and are left out"] if found.failed else [],
        shocks=[{"name": name.replace("_", " "), "text": " ".join(told) or "nothing happens; luck alone."}
                for name, told in zip(found.shocks, effects, strict=True)])
    return re.sub(r"(?<=\d) (?=%)", words.NARROW, text)


def verdict(found: Any) -> str:
    """One sentence: which rule's margin rose most and least under the first shock."""
    mode, shock = found.modes[0], found.shocks[0].replace("_", " ")
    mean = {rule: _mean(found, "peak_to_trough", mode, rule, found.shocks[0]) for rule in found.rules}
    worst, least = max(mean, key=lambda rule: mean[rule]), min(mean, key=lambda rule: mean[rule])
    if mean[worst] == mean[least]:
        return f"Under {shock} all rules moved alike."
    return (f"Under {shock} the margin of {worst} rose most, {mean[worst]:.2f}-fold from trough to peak, that of "
            f"{least} least, {mean[least]:.2f}-fold.")


def scaled(found: Any) -> str:
    """What rules were multiplied by, and the coverage that they then reached."""
    factors, reached = found.about("factors"), found.reached()
    if not factors:
        return "Rules are as they were given: their coverage differs."
    parts = [f"{rule} × {factor:.2f} ({100 * reached[rule]:.1f} %)"
             for rule, factor in zip(found.rules, factors, strict=True)]
    return f"Scaled to equal coverage of the daily moves before the shock: {', '.join(parts)}."


def _mean(found: Any, figure: str, mode: str, rule: str, shock: str) -> float:
    return float(found.mean(figure, mode, rule, shock)["mean"])


def _head(found: Any, name: str) -> str:
    told, unit = found.label(name)
    return f"{told}, {unit}" if unit != "number" else told


def _tables(found: Any) -> Any:
    for mode in found.modes:
        for shock in found.shocks:
            rows = []
            for rule in found.rules:
                cells = [{"head": _head(found, name), "text": words.number(_mean(found, name, mode, rule, shock)),
                          "off": found.difference(name, mode, rule, shock).clear} for name in SHOWN]
                rows.append({"rule": rule, "cells": cells})
            note = "positions of the eve" if mode == "frozen" else "a market that has lived with the rule"
            yield {"name": f"{shock.replace('_', ' ')}, {mode}", "note": note, "rows": rows}
