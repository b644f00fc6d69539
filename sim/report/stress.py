"""The page of a stress test: one HTML file that opens offline, the answer first."""

from __future__ import annotations

import datetime as dt
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
<p class="soft">In the order of the framework for supervisory stress tests of central counterparties (CPMI-IOSCO, April
2018), as far as a simulated house can follow it.</p>
{% for text in failed %}<p class="note">{{ text }}</p>{% endfor %}</header><main>
<section><h2>1. Purpose and specification</h2>
<p>{{ purpose }}</p><p>{{ scaled }}</p></section>
<section><h2>2. Governance</h2><p>{{ governance }}</p>{% if command %}<pre>{{ command }}</pre>{% endif %}</section>
<section><h2>3. Stress scenarios</h2>{% for shock in shocks %}<p><strong>{{ shock.name }}</strong>: {{ shock.text }}</p>
{% endfor %}</section>
<section><h2>4. Data</h2><p>{{ data }}</p></section>
<section><h2>5. Results and measures</h2>
{% for group in groups %}<h3>{{ group.head }}</h3>{% for f in group.figures %}<figure><h4>{{ f.title }}</h4>
<p class="what">{{ f.sub }}</p>{{ f.wide | safe }}
{{ f.phone | safe }}
<figcaption><p><strong>What to see:</strong> {{ f.see }}.</p>
<p class="src">Source: {{ f.source }}</p></figcaption></figure>
{% endfor %}{% endfor %}
<h3>All measures by rule</h3>
{% for t in tables %}<h4>{{ t.name }}</h4><table class="cards disclosed"><caption>{{ t.note }}</caption><thead><tr>
<th scope="col">Rule</th>{% for name in heads %}<th scope="col" class="n">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in t.rows %}<tr><th scope="row">{{ row.rule }}</th>{% for cell in row.cells %}
<td class="n" data-label="{{ cell.head }}">{{ cell.text }}{% if cell.off %} <span class="off">*</span>{% endif %}</td>
{% endfor %}</tr>{% endfor %}</tbody></table>
{% endfor %}<p class="soft">* differs clearly from the first rule: the 90 % interval of the paired difference leaves out
zero. Every figure with its interval is in stress.csv.</p></section>
<section><h2>6. Use and disclosure</h2><p>{{ limits }}</p><p>{{ use }}</p></section></main>
<footer></footer></body></html>"""
GROUPS = {"How margin moved": ("margin", "frontier"), "Liquidity: what was demanded of participants": ("liquidity",),
          "Credit: who bore the losses": ("waterfall",)}
SHOWN = ("called", "demand", "peak_to_trough", "mean_rate", "hedgers_forced", "defaults", "house_loss")
LIMITS = ("Rules are compared at the coverage that they reached before the shock, on simulated prices; after it they "
          "may cover more or less. In the frozen world participants keep the positions of the eve and then trade on; "
          "in the adapted one they have sized them under the rule from the start.")
GOVERNANCE = ("A test in a simulated market has no parties to coordinate. What takes the place of governance is that "
              "anybody can do it again: scenario, rules, shocks and luck are kept beside this page, and the same "
              "version gives the same bits.")
USE = ("The figures say which rule is fragile under which event, and why; they are no level for a real house, whose "
       "members and positions are others. What would change the answer: other shocks, another coverage, more "
       "histories, participants who learn.")
WORLDS = {"frozen": "with the positions of the eve", "adapted": "in a market that has lived with the rule"}


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
        drawn.append({"name": name, "title": told.title, "sub": told.sub, "see": told.see, "source": told.source,
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
        style=sheet, title=found.about("title"), verdict=verdict(found), purpose=purpose(found), scaled=scaled(found),
        governance=GOVERNANCE, command=found.about("command_line") or "", data=data(found), use=USE,
        groups=list(_groups(figures)), tables=list(_tables(found)), limits=LIMITS,
        heads=[_head(found, name) for name in SHOWN],
        failed=[f"{len(found.failed)} pieces of work failed and are left out"] if found.failed else [],
        shocks=[{"name": _named(name), "text": " ".join(told) or "nothing happens; luck alone."}
                for name, told in zip(found.shocks, effects, strict=True)])
    return re.sub(r"(?<=\d) (?=%)", words.NARROW, text)


def verdict(found: Any) -> str:
    """Which rule's margin rose most and least under the first shock, and whether anybody failed."""
    mode, shock = found.modes[0], _named(found.shocks[0])
    mean = {rule: _mean(found, "peak_to_trough", mode, rule, found.shocks[0]) for rule in found.rules}
    worst, least = max(mean, key=lambda rule: mean[rule]), min(mean, key=lambda rule: mean[rule])
    failed = {rule: _mean(found, "defaults", mode, rule, found.shocks[0]) for rule in found.rules}
    most, fewest = max(failed, key=lambda rule: failed[rule]), min(failed, key=lambda rule: failed[rule])
    harm = ("nobody defaulted under any" if not failed[most] else
            f"defaults: {words.number(failed[fewest], 2)} under {fewest}, {words.number(failed[most], 2)} under {most}"
            if failed[most] > failed[fewest] else f"{words.number(failed[most], 2)} defaulted under each")
    if mean[worst] == mean[least]:
        return f"{shock}: all rules moved alike, and {harm}."
    still = "did not rise" if mean[least] < 1.005 else f"least, {mean[least]:.2f}-fold"
    return (f"{shock}: the margin of {worst} rose most, {mean[worst]:.2f}-fold from trough to peak, that of {least} "
            f"{still}; {harm}.")


def purpose(found: Any) -> str:
    """What is asked, of whom, over what."""
    first, *others = found.rules
    worlds = " and ".join(WORLDS[mode] for mode in found.modes)
    against = f" against {first}" if others else ""
    rules = f"The rule{'s' if len(others) > 1 else ''} {words.listing(others or [first])}"
    histories = words.count(int(found.about("histories")), "history", "histories")
    return (f"Which margin rule demands least when it hurts most? {rules} "
            f"{'are' if len(others) > 1 else 'is'} tested{against}, each under "
            f"{words.count(len(found.shocks), 'event')} in {histories} on the same luck, {worlds}. Each history is "
            f"followed for {words.count(int(found.about('days')), 'business day')} after "
            f"{_day(found.about('eve_date'))}.")


def data(found: Any) -> str:
    """Where positions and prices come from."""
    return (f"Positions, cash and prices are those of the simulated market “{found.about('title')}” on the evening "
            f"of {_day(found.about('eve_date'))}; nobody's confidential data are used. Cells, paths and factors lie in "
            "the ledger of this folder.")


def _day(date: Any) -> str:
    return words.day(dt.date.fromisoformat(str(date)[:10]))


def _named(shock: str) -> str:
    return words.capital(shock.replace("_", " ")).replace("Ai ", "AI ")


def _groups(figures: list[dict[str, str]]) -> Any:
    drawn = {figure["name"]: figure for figure in figures}
    for head, names in GROUPS.items():
        own = [drawn[name] for name in names if name in drawn]
        if own:
            yield {"head": head, "figures": own}


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
            note = "With the positions of the eve" if mode == "frozen" else "In a market that has lived with the rule"
            yield {"name": f"{_named(shock)}, {mode} world", "note": note, "rows": rows}
