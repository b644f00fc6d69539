"""What ``sensitivity`` prints: a table for each figure, the strongest parameter first."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from sim.errors import shown
from sim.terminal import digits

if TYPE_CHECKING:
    from sim.experiments.sensitivity import Effect, Sensitivity
    from sim.experiments.study import Plan
    from sim.experiments.sweep import StudyResults

WIDTH, NAME, MOST_ROWS = 100, 44, 12
MEANING = {
    "morris": "Effect: mean absolute change of the figure as the parameter crosses its range, with its 90 % interval. "
              "Spread: how much that change depends on the other parameters.",
    "saltelli": "Alone: share of the variance between points that the parameter explains by itself; total: with all it "
                "does together with others; 90 % intervals. Luck: the part of a single history's variance that no "
                "parameter explains.",
}


def effects(plan: Plan, study: StudyResults, found: Sensitivity) -> str:
    """Header, a table for each figure, what the columns mean, where the rest is."""
    title = plan.study.title or plan.study.name
    note = f"{len(plan.points):,} points, {plan.study.runs:,} {'history' if plan.study.runs == 1 else 'histories'} each"
    lines = [f"{title[:WIDTH - len(note) - 2]:<{WIDTH - len(note)}}{note}"]
    about, still = study.about("figures") or {}, list[str]()
    for figure in found.figures:
        what = about[figure]
        luck = found.luck[figure]
        share = f"luck {100 * luck:.0f} % of a history's variance" if math.isfinite(luck) else ""
        told = f"{what['label']}, {what['unit']}"[:WIDTH - len(share) - 2]
        rows = found.of(figure)
        if not any(each.effect or each.total > 0 for each in rows):
            still.append(what["label"])
            continue
        lines += ["", (told.ljust(WIDTH - len(share)) + share).rstrip()]
        lines += [f"{'':<{NAME}}" + ("".join(f"{head:>18}" for head in heads(found.design)))]
        lines += [row(found.design, each) for each in rows[:MOST_ROWS]]
        if len(rows) > MOST_ROWS:
            lines.append(f"  and {len(rows) - MOST_ROWS} weaker ones")
    if still:
        lines += ["", *textwrap.wrap(f"Moved by none of these parameters: {'; '.join(still)}.", WIDTH)]
    meaning = textwrap.fill(MEANING[found.design], WIDTH)
    return "\n".join([*lines, "", meaning, "", f"results  {shown(study.folder / 'sensitivity.csv')}"])


def heads(design: str) -> tuple[str, ...]:
    """Column heads."""
    return ("effect", "spread") if design == "morris" else ("alone, %", "total, %")


def row(design: str, each: Effect) -> str:
    """One parameter."""
    name = each.parameter if len(each.parameter) < NAME else "..." + each.parameter[-NAME + 4:]
    if design == "morris":
        effect = f"{digits(each.effect)} ± {digits(each.interval)}"
        return f"{name:<{NAME}}{effect:>18}{digits(each.spread):>18}".rstrip()
    share = lambda value, half: f"{100 * value:.0f} ± {100 * half:.0f}" if math.isfinite(value) else "unknown"
    return f"{name:<{NAME}}{share(each.effect, each.interval):>18}{share(each.total, each.total_interval):>18}"
