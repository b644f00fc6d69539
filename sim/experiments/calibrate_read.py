"""A calibration is read from its file, and refused with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import BadInput, Problem, near_miss, quoted
from sim.experiments.calibrate_file import Calibration, Plan, Target
from sim.experiments.calibrate_moments import MOMENTS
from sim.experiments.files import read_experiment, shipped_files
from sim.experiments.study import NOT_VARIED
from sim.loading import find
from sim.price_files import found as price_file
from sim.price_files import read_prices
from sim.scenario import Scenario
from sim.yaml_reader import Node

FEWEST_DAYS = 60  # judgement: moments of less than a quarter say nothing


def shipped_calibrations() -> dict[str, Path]:
    """Every shipped calibration by name."""
    return shipped_files("calibrations")


def load_calibration(source: str | Path, changes: Mapping[str, Any] | None = None) -> Plan:
    """The calibration of a file or of a shipped name. Raises BadInput with every problem found."""
    found, tree, path = read_experiment(source, Calibration, "calibrations", "calibration", changes or {})
    problems = [*_parameters(found, tree), *_targets(found, tree)]
    prices: dict[str, np.ndarray] = {}
    for target, row in zip(found.targets, tree.value["targets"].value, strict=True):
        if target.prices:
            try:
                prices[target.name] = _prices(target, row, path.parent)
            except BadInput as error:
                problems += error.problems
    if problems:
        raise BadInput(problems)
    where = tree.value["base"].where if "base" in tree.value else tree.where
    plan = Plan(found, find(found.base, path.parent, where), path, prices, {})
    plan.start = _start(plan, tree)
    for end in ("low", "high"):
        plan.scenario({p.label: getattr(p, end) for p in found.parameters})  # the corners are accepted
    return plan


def _parameters(found: Calibration, tree: Node) -> list[Problem]:
    """What is wrong with the parameters."""
    problems: list[Problem] = []
    seen: set[str] = set()
    if not found.parameters:
        return [Problem(tree.keys["parameters"], "nothing is estimated; give at least one parameter")]
    for parameter, row in zip(found.parameters, tree.value["parameters"].value, strict=True):
        wrong = []
        if not all(parameter.paths) or not parameter.paths:
            wrong.append("`path` names nothing")
        elif any(path.split(".")[0] in (*NOT_VARIED, "days") for path in parameter.paths):
            wrong.append(f"`{parameter.label}` is not estimated: the calibration sets it")
        wrong += [f'"{one}" is estimated twice' for one in sorted({*parameter.paths, parameter.label} & seen)]
        if parameter.low >= parameter.high:
            wrong.append(f"`low` is {parameter.low:g} and must be below `high`, which is {parameter.high:g}")
        elif parameter.spacing == "ratio" and parameter.low <= 0:
            wrong.append("a range spaced by ratio begins above 0")
        seen |= {*parameter.paths, parameter.label}
        problems += [Problem(row.where, text) for text in wrong]
    return problems


def _targets(found: Calibration, tree: Node) -> list[Problem]:
    """What is wrong with the targets."""
    problems: list[Problem] = []
    names: set[str] = set()
    for target, row in zip(found.targets, tree.value["targets"].value, strict=True):
        wrong = [f'"{target.name}" stands twice'] if target.name in names else []
        names.add(target.name)
        for moment in target.wanted:
            if moment not in MOMENTS:
                near = near_miss(moment, MOMENTS) or ";"
                wrong.append(f'there is no moment "{moment}"{near} there are: {quoted(MOMENTS)}')
        if bool(target.prices) == bool(target.published):
            wrong.append("give either `prices` or `published` moments")
        elif target.prices and not target.moments:
            wrong.append(f"`moments` is missing; there are: {quoted(MOMENTS)}")
        elif target.published and (target.moments or target.days < FEWEST_DAYS or not target.source):
            wrong.append(f"`published` moments need `days` (at least {FEWEST_DAYS}), a `source`, and no `moments`")
        problems += [Problem(row.where, text) for text in wrong]
    count = sum(len(target.wanted) for target in found.targets)
    if not problems and count < len(found.parameters):
        problems.append(Problem(tree.keys["targets"], f"{count} moments cannot tell {len(found.parameters)} "
                                                      "parameters apart; give as many at least"))
    if not problems and any(target.published for target in found.targets) and found.reference < 4 * count:
        problems.append(Problem(tree.where, f"`reference` is {found.reference}; the covariance of {count} moments "
                                            f"needs {4 * count} histories at least"))
    return problems


def _prices(target: Target, row: Node, folder: Path) -> np.ndarray:
    """The real prices of a target. Raises BadInput for a file that cannot be used."""
    own = folder / target.prices
    read_in = read_prices(own if own.is_file() else price_file(target.prices), target.column)
    step = float(np.median(np.diff(read_in.dates).astype(np.int64))) / 86400
    if len(read_in.prices) < FEWEST_DAYS or not 0.9 <= step <= 1.5:
        raise BadInput([Problem(row.where, f"{target.prices} has {len(read_in.prices)} prices, {step:.3g} days apart; "
                                           f"at least {FEWEST_DAYS} daily ones are needed")])
    return read_in.prices


def _start(plan: Plan, tree: Node) -> dict[str, float]:
    """The base's own value of each parameter. Raises BadInput for a path that leads nowhere, or to no number."""
    base, problems = Scenario.load(plan.base, plan.calibration.changes), []
    found: dict[str, float] = {}
    for parameter, row in zip(plan.calibration.parameters, tree.value["parameters"].value, strict=True):
        try:
            middle = parameter.value(0.5)
            changes: dict[str, Any] = dict(plan.calibration.changes)
            changes |= dict.fromkeys(parameter.paths, int(middle) if parameter.whole else middle)
            Scenario.load(plan.base, changes)
            found[parameter.label] = _value(base, parameter.paths[0])
        except BadInput as error:
            problems += [Problem(row.where, f"{each.where.source}: {each.text}") for each in error.problems]
        except (TypeError, ValueError):
            problems.append(Problem(row.where, f"`{parameter.paths[0]}` is no number in {plan.calibration.base}"))
    if problems:
        raise BadInput(problems)
    return found


def _value(block: Any, path: str) -> float:
    """The number at a path of a scenario; blocks of a list by label, type or number."""
    for step in path.split("."):
        if isinstance(block, tuple):
            named = [each for each in block if step in (getattr(each, "label", None), getattr(each, "type_name", None))]
            block = named[0] if named else block[int(step)]
        else:
            block = getattr(block, step)
    return float(block)
