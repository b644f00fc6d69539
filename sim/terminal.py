"""What commands print: plain text of at most a hundred columns, the answer first and paths last."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import bad_input, shown
from sim.loading import opening_comment, shipped
from sim.plugin import FAMILIES
from sim.yaml_reader import read_file

if TYPE_CHECKING:
    from sim.results import Results
    from sim.scenario import Scenario

HEADLINES = ("volatility_spot", "hedge_effectiveness", "open_interest", "margin_calls", "forced_events", "defaults",
             "rationed")


def catalogue() -> str:
    """Shipped scenarios and every type, a line each."""
    from sim.reference import places

    lines = ["Scenarios"]
    for name, path in shipped().items():
        text, tree = read_file(path)
        title = tree.value["title"].value if isinstance(tree.value, dict) and "title" in tree.value else ""
        lines += row(name, opening_comment(text) or str(title))
    where = {family: f"Types of {family}, in `{path}`" for family, path in places().items()}
    for family, heading in (where | {"metric": "Metrics, all of which every run computes"}).items():
        types = FAMILIES[family].types
        lines += ["", heading]
        lines += [line for name, cls in sorted(types.items()) for line in row(name, cls.summary())]
        if not types:
            lines.append("  none comes with the package; `plugins:` brings your own")
    return "\n".join(lines)


def row(name: str, text: str) -> list[str]:
    """A name and what it is, wrapped beside it."""
    from sim.describe import wrap

    head = f"  {name:<28}"
    return wrap(text, head, " " * len(head)) or [head.rstrip()]


def outcome(scenario: Scenario, results: Results, report: Path | None) -> str:
    """What came out of a run: the finding, a few figures, where the rest is."""
    runs, years = len(results.figures.runs), scenario.days / 252
    clock = f"{years:.1f} years".replace(".0 ", " ") if years >= 1 else f"{scenario.days} days"
    head = f"{runs} {'history' if runs == 1 else 'histories'}, {clock}"
    lines = [f"{scenario.title or scenario.name:<60}{head:>40}"]
    totals = results.figures.aggregate()
    if runs:
        lines += [finding({name: values["mean"] for name, values in totals.items()}), ""]
        lines += [figure(results, name, totals[name]) for name in HEADLINES if name in totals]
    lines += wrapped(results.ended) if runs else []
    lines += [f"history {row_['run']} failed: {row_['error'].strip().splitlines()[-1]}" for row_ in results.failed]
    if results.folder is not None:
        lines += ["", f"report   {shown(report)}" if report else f"results  {shown(results.folder)}"]
    return "\n".join(lines)


def wrapped(sentences: list[str]) -> list[str]:
    """Sentences in lines of at most a hundred columns."""
    from sim.describe import wrap

    return [line for sentence in sentences for line in wrap(sentence, "", "")]


def finding(mean: dict[str, float]) -> str:
    """One sentence that answers what the product asks: did hedging help, and did anybody fail?"""
    parts = []
    gain = mean.get("hedge_effectiveness", math.nan)
    if math.isfinite(gain):
        parts.append(f"Futures took away {gain:.0f} % of the variance of hedgers' cost" if gain >= 5 else
                     f"Futures added {-gain:.0f} % to the variance of hedgers' cost" if gain <= -5 else
                     "Futures hardly changed the variance of hedgers' cost")
    defaults = mean.get("defaults", math.nan)
    if math.isfinite(defaults):
        parts.append("nobody defaulted" if defaults == 0 else f"there were {digits(defaults)} defaults a year")
    members = mean.get("member_defaults", math.nan)
    if members > 0:
        parts.append(f"clearing members failed {digits(members)} times a year")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else "The run came to its end."


def figure(results: Results, name: str, values: dict[str, float]) -> str:
    """One line: what it is, its unit, its mean and the interval of the mean."""
    about = results.figures.about[name]
    label = f"{about['label']}, {about['unit']}"
    span = f"{digits(values['low'])} to {digits(values['high'])}" if math.isfinite(values["low"]) else ""
    return f"{label:<66}{digits(values['mean']):>12}  {span}".rstrip()


def digits(value: float) -> str:
    """At most three significant digits; a true minus sign."""
    if not math.isfinite(value):
        return "unknown"
    text = f"{float(f'{value:.3g}'):,.10g}"
    return text.replace("-", "−")


def folder_of(path: str) -> Path:
    """A results folder that a user names. Raises BadInput if there is none."""
    folder = Path(path)
    if not folder.is_dir():
        raise bad_input(path, "there is no such folder")
    return folder


def table(rows: list[tuple[str, Any]], width: int = 22) -> str:
    """Names and values in two columns."""
    return "\n".join(f"{name:<{width}}{value}" for name, value in rows)
