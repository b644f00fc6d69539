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
    from sim.experiments.study import Plan
    from sim.experiments.sweep import Estimate, StudyResults

WIDTH, LABEL = 100, 38
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
    return (f"{about['label']}: {digits(abs(d.mean))} {about['unit']} {way} "
            f"({digits(span[0])} to {digits(span[1])}), in {share} of {d.pairs} histories.")


def table(found: Comparison, pairs: dict[str, Difference], against: str) -> list[str]:
    """A line for each figure: both means, the difference with its interval, in how many histories it is better."""
    first, second = (name if len(name) <= 10 else name[:9] + "." for name in (found.names[0], against))
    lines = [f"{'':<{LABEL}}{first:>11}{second:>12}{'difference':>31}{'better':>8}"]
    for name, d in pairs.items():
        about = found.about[name]
        head, *rest = textwrap.wrap(f"{about['label']}, {about['unit']}", LABEL - 1, subsequent_indent="  ")
        better = {"high": d.higher, "low": d.lower}.get(about["better"])
        count = f"{better}/{d.pairs}" if better is not None else ""
        lines.append(f"{head:<{LABEL}}{digits(d.first):>11}{digits(d.second):>12}  {gap(d):>29}{count:>8}".rstrip())
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


def estimated(plan: Plan, found: Estimate, jobs: int) -> str:
    """What a study will take."""
    from sim.experiments.progress import duration

    names = ", ".join(parameter.label for parameter in plan.study.parameters)
    size = f"about {found.megabytes:,.0f} MB" if found.megabytes >= 1 else "under 1 MB"
    each = "process" if jobs == 1 else "processes"
    histories = "history" if plan.study.runs == 1 else "histories"
    return "\n".join([f"{plan.study.title or plan.study.name}: {plan.study.design.replace('_', ' ')} over {names}",
                      f"runs  {found.runs:,}  ({found.points:,} points, {plan.study.runs:,} {histories} each)",
                      f"time  about {duration(found.seconds)} with {jobs} {each}  (one run took {found.pilot:.2g} s)",
                      f"disk  {size}"])


def swept(plan: Plan, found: StudyResults) -> str:
    """What came out of a study: where each headline figure is lowest and highest, what failed, where the rest is."""
    done, total = found.progress
    head, note = plan.study.title or plan.study.name, f"{len(plan.points):,} points, {done:,} of {total:,} runs"
    lines = [f"{head[:WIDTH - len(note) - 2]:<{WIDTH - len(note)}}{note}"]
    frame, about = found.runs, found.about("figures") or {}
    names = [name for name in (*HEADLINES, *about) if name in about and name in frame.columns]
    names = list(dict.fromkeys(names))[:MOST_ROWS] if "point" in frame else []
    if names:
        lines += ["", f"{'means over the histories of a point':<{LABEL}}{'lowest':>10}  {'at':<18}{'highest':>10}  at"]
    for name in names:
        means = frame.groupby("point")[name].mean().dropna()
        if means.empty:
            continue
        head, *rest = textwrap.wrap(f"{about[name]['label']}, {about[name]['unit']}", LABEL - 1, subsequent_indent="  ")
        low, high = means.idxmin(), means.idxmax()
        if means[low] == means[high]:
            lines.append(f"{head:<{LABEL}}{digits(means[low]):>10}  everywhere")
        else:
            lines.append(f"{head:<{LABEL}}{digits(means[low]):>10}  {place(found, low):<18}"
                         f"{digits(means[high]):>10}  {place(found, high)}")
        lines += rest
    failed = found.failed
    lines += [f"run {row['run']} (point {row['point']}, seed {row['seed']}) failed: "
              f"{row['error'].strip().splitlines()[-1]}" for row in failed[:10]]
    lines += [f"and {len(failed) - 10} more failed"] if len(failed) > 10 else []
    return "\n".join([*lines, "", f"results  {shown(found.folder)}"])


def place(found: StudyResults, point: int) -> str:
    """A point by its parameters' values, in their order."""
    values = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in found.points[point].values()]
    text = ", ".join(values)
    return text if len(text) <= 18 else text[:15] + "..."
