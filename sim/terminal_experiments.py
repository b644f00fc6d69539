"""What ``compare`` and ``sweep`` print: plain text of at most a hundred columns, the answer first."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from sim.errors import shown
from sim.terminal import HEADLINES, digits

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison
    from sim.experiments.paired import Difference

WIDTH, LABEL = 100, 40
MOST_ROWS = 7


def comparison(found: Comparison) -> str:
    """Header, answer, a table for each scenario compared with, what more histories would tell, where the rest is."""
    count, years = len(found.seeds), found.days / 252
    clock = f"{years:.1f} years".replace(".0 ", " ") if years >= 1 else f"{found.days} days"
    note = f"{count} {'history' if count == 1 else 'histories'}, {clock}, paired"
    lines: list[str] = []
    figures = headlines(found)
    for against, title in zip(found.names[1:], found.titles[1:], strict=True):
        head = f"{found.titles[0]} against {title}"
        room = WIDTH - len(note) - 2
        head = head if len(head) <= room else head[: room - 3] + "..."
        lines += [*([""] if lines else []), f"{head:<{WIDTH - len(note)}}{note}"]
        pairs = {name: found.difference(name, None, against) for name in figures}
        lines += [answer(found, pairs, title), "", *table(found, pairs, against)]
    lines += ["", "Means of histories, and the 90 % interval of the mean paired difference.", *outlook(found, figures)]
    lines += [f"{name}, seed {seed}, failed: {error.strip().splitlines()[-1]}"
              for name, seed, error in found.failed[:10]]
    lines += [f"and {len(found.failed) - 10} more failed"] if len(found.failed) > 10 else []
    if found.folder is not None:
        lines += ["", f"results  {shown(found.folder)}"]
    return "\n".join(lines)


def headlines(found: Comparison) -> list[str]:
    """The figures that are shown: the usual ones, or the first that both scenarios know."""
    named = [name for name in HEADLINES if name in found.about]
    return (named or list(found.about))[:MOST_ROWS]


def answer(found: Comparison, pairs: dict[str, Difference], title: str) -> str:
    """One sentence: the clearest difference, or that there is none."""
    clear = {name: d for name, d in pairs.items() if d.clear and not d.same}
    if not clear:
        count = max((d.pairs for d in pairs.values()), default=0)
        return f"No clear difference in {len(pairs)} figures after {count} histories."
    valued = {name: d for name, d in clear.items() if found.about[name]["better"]} or clear
    name, d = max(valued.items(), key=lambda item: abs(item[1].effect) if math.isfinite(item[1].effect) else math.inf)
    about, way = found.about[name], "higher" if d.mean > 0 else "lower"
    share = d.higher if d.mean > 0 else d.lower
    span = sorted((abs(d.low), abs(d.high)))
    return (f"{about['label']} is {digits(abs(d.mean))} {about['unit']} {way} "
            f"({digits(span[0])} to {digits(span[1])}), in {share} of {d.pairs} histories.")


def table(found: Comparison, pairs: dict[str, Difference], against: str) -> list[str]:
    """A line for each figure: both means, the difference with its interval, in how many histories it is better."""
    first, second = (name if len(name) <= 10 else name[:9] + "." for name in (found.names[0], against))
    lines = [f"{'':<{LABEL}}{first:>11}{second:>12}{'difference':>29}{'better':>8}"]
    for name, d in pairs.items():
        about = found.about[name]
        head, *rest = textwrap.wrap(f"{about['label']}, {about['unit']}", LABEL - 1, subsequent_indent="  ")
        better = {"high": d.higher, "low": d.lower}.get(about["better"])
        count = f"{better}/{d.pairs}" if better is not None else ""
        lines.append(f"{head:<{LABEL}}{digits(d.first):>11}{digits(d.second):>12}{gap(d):>29}{count:>8}".rstrip())
        lines += rest
    return lines


def gap(d: Difference) -> str:
    """A difference with its interval, rounded to what is known."""
    if d.same:
        return "none"
    if d.pairs < 2 or not math.isfinite(d.low):
        return "unknown"
    if not d.clear:
        return "no clear difference"
    places = rounding(d.high - d.low)
    return f"{signed(d.mean, places)}  {signed(d.low, places)} to {signed(d.high, places)}"


def rounding(width: float) -> int:
    """Decimal places that an interval of this width leaves meaningful, below zero for tens and hundreds.

    Half the interval keeps one digit, or two where the first is 1 or 2.
    """
    if width <= 0:
        return 3
    size = math.floor(math.log10(width / 2))
    return -size + (width / 2 / 10**size < 3)


def signed(value: float, places: int) -> str:
    """A number with its sign, a true minus where it is below zero."""
    return f"{round(value, places):+,.{max(places, 0)}f}".replace("-", "−")


def outlook(found: Comparison, figures: list[str]) -> list[str]:
    """How many histories it takes to know the figures shown more precisely."""
    needed = {name: found.difference(name).needed(found.precision) for name in figures}
    needed = {name: value for name, value in needed.items() if math.isfinite(value)}
    if not needed:
        return []
    name, most = max(needed.items(), key=lambda item: item[1])
    share = f"{100 * found.precision:g} %"
    if most <= len(found.seeds):
        return [f"Every difference shown is known to {share} of its level."]
    return [f"To know every difference to {share} of its level takes {digits(most)} histories, for "
            f"{found.about[name]['label'].lower()}."]
