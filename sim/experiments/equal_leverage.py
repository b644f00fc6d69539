"""Two rules of leverage at the same realised mean: ``python -m sim.experiments.equal_leverage STUDY RUNS PAGE``.

A rule that follows calm and one that stands still differ in mean leverage too, which alone would make a difference.
So the study is run first; then the constant level is set so that what its funds really hold, the mean over histories
and month ends of exposure over equity of all of them together, is that of the other rule; and only then are both set
beside each other, history by history.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import BadInput, bad_input
from sim.experiments.steps import Level, Steps, levels_of, steps
from sim.experiments.steps_page import described, write
from sim.experiments.study import Plan, load_study
from sim.experiments.sweep import StudyResults, sweep

FUND, USUAL = "leveraged_fund", "agents.leveraged_fund.leverage_usual"
CLOSE, ROUNDS = 0.03, 4  # judgement: a thirtieth of leverage is far below what moves any figure; two rounds suffice
FAR = 0.1  # judgement: beyond a tenth the two rules differ in how much, too


def realised(agents: Any) -> float:
    """Exposure over equity of all leveraged funds together, mean over month ends. agents : the table of one run."""
    funds = agents[(agents["agent_type"] == FUND) & agents["alive"] & (agents["equity_cents"] > 0)]
    if not len(funds):
        return math.nan
    sums = funds.assign(exposure=funds["leverage"] * funds["equity_cents"]).groupby("day")[["exposure", "equity_cents"]]
    totals = sums.sum()
    return float((totals["exposure"] / totals["equity_cents"]).mean())


def by_level(study: StudyResults) -> list[float]:
    """Realised mean leverage at each point of a study. Raises BadInput where it kept no participants."""
    agents, frame = study.table("agents"), study.runs
    if agents is None:
        raise bad_input("record", "realised leverage is read from participants' month ends: `record: full` keeps them")
    own = {run: realised(table) for run, table in agents.groupby("run")}
    return [float(np.nanmean([own.get(run, math.nan) for run in frame["run"][frame["point"] == point]] or [math.nan]))
            for point in range(len(study.points))]


def only(plan: Plan, level: str, usual: float | None = None) -> Plan:
    """The study with one of its levels alone, at another usual leverage if one is given."""
    parameter = plan.study.parameters[0]
    own = {**(parameter.levels or {})[level], **({} if usual is None else {USUAL: usual})}
    changed = parameter.model_copy(update={"levels": {level: own}})
    study = plan.study.model_copy(update={"parameters": (changed,)})
    return Plan(study, plan.base, plan.source, [{parameter.label: level}])


def equal_leverage(source: str | Path, runs_folder: Path, jobs: int = 1, runs: int | None = None) -> tuple[
        Steps, dict[str, Any], list[str]]:
    """Run a study of two levels, the first with constant leverage, and bring that to the realised mean of the second.

    Returns the comparison, what stands behind it, and a line for each round. Whatever was run is kept in
    ``runs_folder`` and not repeated. Raises BadInput for a study of another form.
    """
    plan = load_study(source, {} if runs is None else {"runs": runs})
    found = [parameter.levels for parameter in plan.study.parameters]
    if len(found) != 1 or found[0] is None or len(found[0]) != 2 or USUAL not in next(iter(found[0].values())):
        raise bad_input(str(source), f"one parameter with two levels is expected, the first of which sets `{USUAL}`")
    constant, other = found[0]
    begun = sweep(only(plan, other), runs_folder / "other", jobs, resume=True, progress=True)
    second, wanted = levels_of(begun, plan.study.parameters[0].label)[0], by_level(begun)[0]
    if not wanted > 0:
        raise bad_input(str(source), f'funds hold nothing at "{other}", so there is no mean to be equal to')
    usual, tried, best = round(wanted, 3), [], None
    lines, about = [], {"other": described(begun)}
    for number in range(1, ROUNDS + 1):
        done = sweep(only(plan, constant, usual), runs_folder / f"constant-{number}", jobs, resume=True, progress=True)
        reached = by_level(done)[0]
        tried.append((usual, reached))
        lines.append(f"Round {number}: {constant} at {usual:g} holds {reached:.3f} times equity on average, {other} "
                     f"{wanted:.3f}.")
        if best is None or abs(reached - wanted) < abs(best[0] - wanted):
            best = (reached, levels_of(done, plan.study.parameters[0].label)[0])
            about["constant"] = described(done)
        if abs(reached / wanted - 1) <= CLOSE:
            break
        usual = following(tried, wanted)
    if best is None or abs(best[0] / wanted - 1) > FAR:
        lines.append("No constant leverage holds as much on average: what follows does not compare like with like.")
    first = best[1] if best is not None else Level(constant, {}, {})
    by, title = plan.study.parameters[0].label, str(begun.about("title"))
    return steps([first, second], begun.about("figures") or {}, title, by), about, lines


def following(tried: Sequence[tuple[float, float]], wanted: float) -> float:
    """The usual leverage to try next: along the line through the last two, never beyond half or one and a half of it.

    tried : usual leverage and what was then held. Where more leverage held less, because funds closed, it steps down.
    """
    usual, reached = tried[-1]
    slope = 1.0
    if len(tried) > 1 and usual != tried[-2][0]:
        slope = (reached - tried[-2][1]) / (usual - tried[-2][0])
    step = (wanted - reached) / slope if slope > 0.2 else -0.15 * usual
    return round(min(max(usual + step, wanted / 2), 1.5 * wanted), 3)


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.equal_leverage",
                                     description="Compare two rules of leverage at the same realised mean.")
    parser.add_argument("study", help="a study file, or a shipped one such as var_leverage")
    parser.add_argument("runs_folder", type=Path, help="where runs are kept; nothing there is repeated")
    parser.add_argument("page", type=Path, help="where the page goes")
    parser.add_argument("--runs", type=int, help="histories of each level (default: the study's)")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(words)
    try:
        told, about, lines = equal_leverage(options.study, options.runs_folder, options.jobs, options.runs)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    question = load_study(options.study).study.question
    command = (f"python -m sim.experiments.equal_leverage {options.study} RUNS {options.page.as_posix()}"
               f"{f' --runs {options.runs}' if options.runs else ''} --jobs {options.jobs}")
    print("\n".join([*lines, "", *write(told, options.page, about, question, lines, [command])]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
