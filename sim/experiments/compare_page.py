"""The page of a comparison: one HTML file that opens offline, the answer first."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jinja2

from sim.experiments.paired import Difference
from sim.report import palette, words
from sim.report.build import TEMPLATE

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison

MOST_SHOWN = 8  # figures above the fold where nobody said which matter
WIDE = 120  # of the drawing of an interval
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{{ first }} compared</title>
<style>{{ style | safe }} .compared .n{white-space:normal} .compared tbody th{min-width:10rem}</style></head>
<body><header><h1>{{ first }}, compared on the same luck</h1></header><main>
{% for part in parts %}<section aria-label="against {{ part.title }}">
{% if loop.first %}<p class="verdict">{{ part.answer }}</p>{% else %}<h2>Against {{ part.title }}</h2>
<p><strong>{{ part.answer }}</strong></p>{% endif %}
<p>{{ first }} against {{ part.title }}: {{ histories }} of {{ days }} business days, each with the same luck in both.
{{ part.chance }}</p>
{% for text in part.failed %}<p class="note">{{ text }}</p>{% endfor %}
{{ table(part.shown, "The figures that were asked for") if part.shown }}
{% if part.rest %}<details><summary>{{ part.rest | length }} more figures</summary>
{{ table(part.rest, "Every other figure, the clearest first") }}</details>{% endif %}</section>{% endfor %}
<section><h2>How to read it</h2><p>Difference: mean over histories of {{ first }} less the other, with its 90 % interval
by Student's t for pairs. The bar is that interval, the line through it zero, each row on a scale of its own. Better:
in how many histories {{ first }} is better, where a figure has a better side. Needed: histories after which the
interval reaches {{ precision }} of the level to either side.</p></section>
<section><h2>Where it is from</h2><dl class="from">{% for name, text in origin.items() %}<dt>{{ name }}</dt>
<dd>{{ text }}</dd>{% endfor %}</dl></section></main><footer></footer></body></html>"""
TABLE = """{% macro table(rows, caption) %}<table class="cards compared"><caption>{{ caption }}</caption><thead><tr>
<th>Figure</th><th class="n">{{ first }}</th><th class="n">other</th><th class="n">difference</th><th>interval</th>
<th class="n">better</th><th class="n">needed</th></tr></thead><tbody>{% for row in rows %}<tr>
<th>{{ row.label }}{% if row.unit %}, {{ row.unit }}{% endif %}</th>
<td class="n" data-label="{{ first }}">{{ row.first }}</td><td class="n" data-label="other">{{ row.second }}</td>
<td class="n{{ ' now' if row.clear }}" data-label="difference">{{ row.gap }}</td><td>{{ row.bar | safe }}</td>
<td class="n" data-label="better">{{ row.better }}</td><td class="n" data-label="needed">{{ row.needed }}</td>
</tr>{% endfor %}</tbody></table>{% endmacro %}"""


def page(found: Comparison, manifest: Mapping[str, Any]) -> str:
    """The page as HTML; every word from outside is escaped.

    manifest : what the results folder says of the program, the seeds and the scenarios
    """
    light, dark = palette.themes()
    css = lambda colours: " ".join(f"--{name}:{value};" for name, value in colours.items())
    style = re.search(r"<style>(.*?)</style>", TEMPLATE.read_text(encoding="utf-8"), re.S)
    assert style is not None
    sheet = jinja2.Environment(autoescape=False).from_string(style[1]).render(light=css(light), dark=css(dark))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    parts = [_part(found, against, title) for against, title in zip(found.names[1:], found.titles[1:], strict=True)]
    text = environment.from_string(TABLE + PAGE).render(
        style=sheet, first=found.titles[0], parts=parts, days=f"{found.days:,}",
        precision=words.percent(found.precision),
        histories=words.count(len(found.seeds), "history", "histories"), origin=_origin(found, manifest))
    return re.sub(r"(?<=\d) (?=%)", words.NARROW, text)


def _part(found: Comparison, against: str, title: str) -> dict[str, Any]:
    """What the page says of the first scenario against one other."""
    pairs = {name: found.difference(name, None, against) for name in found.about}
    asked = [name for name in found.headlines if name in pairs]
    order = sorted(pairs, key=lambda name: -_strength(pairs[name]))
    shown = asked or order[:MOST_SHOWN]
    told = [name for name, d in pairs.items() if d.pairs >= 2 and not d.same]
    clear = sum(pairs[name].clear for name in told)
    luck = words.number(len(told) / 10, 2)
    chance = (f"Of {len(told)} figures that differ at all, {clear} differ clearly; about {luck} "
              "would by chance alone, so that a lone clear figure far from the question says little.")
    rows = lambda names: [_row(found, pairs[name], name) for name in names]
    failed = [f"{name}, seed {seed}, failed: {error.strip().splitlines()[-1]}"
              for name, seed, error in found.failed if name in (found.names[0], against)]
    return {"title": title, "answer": answer(found, {name: pairs[name] for name in shown}, title), "chance": chance,
            "shown": rows(shown), "rest": rows([name for name in order if name not in shown]), "failed": failed}


def answer(found: Comparison, pairs: Mapping[str, Difference], title: str) -> str:
    """In one line the clearest difference among figures with a better side, or that there is none."""
    clear = {name: d for name, d in pairs.items() if d.clear and not d.same}
    if not clear:
        count = words.count(max((d.pairs for d in pairs.values()), default=0), "history", "histories")
        return f"No clear difference from {title} in {len(pairs)} figures after {count}."
    valued = {name: d for name, d in clear.items() if found.about[name]["better"]} or clear
    name = max(valued, key=lambda name: _strength(valued[name]))
    d, about = valued[name], found.about[name]
    unit = f" {about['unit']}" if about["unit"] else ""
    low, high = sorted((abs(d.low), abs(d.high)))
    way = "higher" if d.mean > 0 else "lower"
    return (f"{about['label']}: {words.number(abs(d.mean))}{unit} {way} than in {title} "
            f"({words.number(low)} to {words.number(high)}), in {d.higher if d.mean > 0 else d.lower} of {d.pairs} "
            "histories.")


def _strength(d: Difference) -> float:
    """How far the difference stands out of its noise; that of no history without noise is largest."""
    if not d.pairs or d.same or not math.isfinite(d.mean):
        return -1.0
    return abs(d.effect) if math.isfinite(d.effect) else math.inf


def _row(found: Comparison, d: Difference, name: str) -> dict[str, Any]:
    about = found.about[name]
    better = {"high": d.higher, "low": d.lower}.get(about["better"])
    needed = d.needed(found.precision)
    known = d.pairs >= 2 and math.isfinite(d.low)
    gap = "none" if d.same else f"{words.number(d.mean)} ({words.number(d.low)} to {words.number(d.high)})" if known \
        else "not known"
    return {"label": about["label"], "unit": about["unit"], "first": words.number(d.first),
            "second": words.number(d.second), "gap": gap, "clear": d.clear and not d.same,
            "bar": _bar(d) if known and not d.same else "",
            "better": f"{better} of {d.pairs}" if better is not None and d.pairs else "",
            "needed": words.count(needed) if math.isfinite(needed) else ""}


def _bar(d: Difference) -> str:
    """The interval of a difference about zero, as a drawing."""
    most = max(abs(d.low), abs(d.high)) * 1.05
    if most == 0:
        return ""
    at = lambda value: round(WIDE / 2 * (1 + value / most), 1)
    colour = "var(--variant1)" if d.clear else "var(--soft)"
    said = "the interval leaves out zero" if d.clear else "the interval holds zero"
    return (f'<svg viewBox="0 0 {WIDE} 14" width="{WIDE}" height="14" role="img" aria-label="{said}">'
            f'<line x1="{WIDE / 2}" y1="0" x2="{WIDE / 2}" y2="14" stroke="var(--ink)" stroke-width="1"/>'
            f'<line x1="{at(d.low)}" y1="7" x2="{at(d.high)}" y2="7" stroke="{colour}" stroke-width="5"/>'
            f'<circle cx="{at(d.mean)}" cy="7" r="4" fill="{colour}"/></svg>')


def _origin(found: Comparison, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Provenance, for whoever wants the same page."""
    seeds = found.seeds
    out = {"Scenarios": ", ".join(f"{name} ({about['hash']})" for name, about in manifest["scenarios"].items()),
           "Seeds": f"{min(seeds)} to {max(seeds)}, the same in all" if seeds else "none",
           "Command": str(manifest["command_line"])}
    named = {"source": "Source", "python": "Python", "platform": "Platform", "cpu": "Processor"}
    out |= {named.get(str(name), str(name)): str(text) for name, text in manifest["environment"].items()
            if isinstance(text, str | int | float)}
    return out | {"Tables": "comparison.csv has every figure in full precision, runs.csv every run"}
