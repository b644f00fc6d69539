"""A study: one scenario, what is varied in it and how, and how often each point is run. Read from a YAML file.

For example: base ``quick``, with two parameters, ``{path: agents.trend_follower.leverage_max, values: [2, 4, 8]}``
and ``{path: clearing.margin.rate, low: 0.05, high: 0.4, steps: 4}``, in a ``grid`` with 4 histories a point.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sim.errors import BadInput, Problem, near_miss
from sim.experiments.designs import DESIGNS, MOST_POINTS, size_of, spread
from sim.experiments.files import read_experiment, shipped_files
from sim.loading import find, shipped
from sim.plugin import Block, param
from sim.scenario import Scenario
from sim.shape import plain
from sim.summary import metrics_of
from sim.yaml_reader import Node

SET = "judgement: set by the study"
MOST_RUNS = 1_000_000
CHECKED = 5_000  # points looked at before anything is run; of a larger design as many, evenly spread
KEPT = 500  # scenarios held in memory at once
TOLD = ("name", "title", "question", "base", "show", "shares", "against", "frontier")  # change words, and no run
NOT_VARIED = ("seed", "name", "title", "question", "record")  # luck counts up from the scenario's seed at every point


class Parameter(Block):
    """One thing that is varied: a list of values, or a range."""

    path: str | tuple[str, ...] = param((), unit="path", source=SET,
                                        doc="what is changed, as after --set; a list of paths changes them together")
    name: str = param("", unit="name", doc="what it is called in tables; the path if left out", source=SET)
    values: tuple[Any, ...] | None = param(None, unit="values", doc="each value that it takes", source=SET)
    levels: dict[str, dict[str, Any]] | None = param(
        None, unit="paths", source=SET,
        doc="instead of a path and its values: named sets of changes, each a mapping from path to value")
    factors: tuple[float, ...] | None = param(
        None, unit="ratio", source=SET,
        doc="a multiple of the value for each of several paths, so that a sum is divided among them")
    low: float | None = param(None, unit="its own", doc="lower end of a range", source=SET)
    high: float | None = param(None, unit="its own", doc="upper end of a range", source=SET)
    steps: int | None = param(None, unit="values", low=2, high=MOST_POINTS, source=SET,
                              doc="values of a range that a grid or list takes")
    spacing: Literal["even", "ratio"] = param("even", unit="name", source="judgement: even steps are read most easily",
                                              doc="steps of a range: even, or each the same multiple of the last")
    whole: bool = param(False, unit="yes or no", doc="whether values of a range are whole numbers", source=SET)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is changed."""
        if self.levels is not None:
            return tuple(dict.fromkeys(path for changes in self.levels.values() for path in changes))
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The values that are listed, or the names of the levels; None for a range."""
        return self.values if self.levels is None else tuple(self.levels)

    def changes(self, value: Any) -> dict[str, Any]:
        """Path -> value where this parameter has a value."""
        if self.levels is not None:
            return self.levels[value]
        return {path: value if self.factors is None else float(f"{value * factor:.12g}")
                for path, factor in zip(self.paths, self.factors or [1.0] * len(self.paths), strict=True)}

    @property
    def label(self) -> str:
        """What it is called in tables."""
        return self.name or next(iter(self.paths), "")


class Study(Block):
    """What is varied in a scenario, and how often each point is run."""

    name: str = param("study", unit="name", doc="names the folder; the file's name if left out", source=SET)
    title: str = param("", unit="text", doc="what it is called", source=SET)
    question: str = param("", unit="text", doc="what it asks; the opening comment if left out", source=SET)
    base: str = param("baseline", unit="scenario", doc="a file, or a shipped scenario", source=SET)
    changes: dict[str, Any] = param(factory=dict, unit="paths", doc="changes that hold at every point", source=SET)
    parameters: tuple[Parameter, ...] = param(unit="blocks", doc="what is varied", source=SET)
    design: Literal["grid", "list", "latin_hypercube", "sobol", "random", "morris", "saltelli"] = param(
        "grid", unit="name", doc="how points are chosen: each with each, side by side, or spread over the ranges",
        source="judgement: the plainest")
    points: int = param(64, unit="points", low=1, high=MOST_POINTS, source="judgement: a power of two, as Sobol needs",
                        doc="points of a latin_hypercube, sobol or random design; a saltelli design takes so many, "
                          "times the number of parameters plus two")
    trajectories: int = param(10, unit="walks", low=2, high=10_000, doc="walks of a morris design, each one point "
                              "longer than there are parameters", source="Saltelli et al. 2008: 10 to 50 suffice")
    seed: int = param(1, unit="seed", low=0, high=2**63 - 1, doc="luck of the design itself",
                      source="judgement: any number is as good")
    runs: int = param(10, unit="histories", low=1, high=100_000, source="judgement: enough to see an interval",
                      doc="histories of each point; all points have the same seeds")
    metrics: tuple[str, ...] = param((), unit="figures", source=SET,
                                     doc="figures to keep, by their names' beginnings; all if left out")
    record: Literal["summary", "daily", "full"] = param("summary", unit="name", source="judgement: figures are small",
                                                        doc="tables to keep of each run besides its figures")
    means: dict[str, str] = param(factory=dict, unit="names", source=SET,
                                  doc="daily columns whose mean over a run's days is kept as the figure mean_..., each "
                                      "with what it is called, a comma and its unit")
    show: tuple[str, ...] = param((), unit="figures", source=SET,
                                  doc="figures that the page shows; the usual ones if left out")
    shares: dict[str, float] = param(factory=dict, unit="figures", source=SET,
                                     doc="for outcomes that are all or nothing: figure -> what it must exceed; the "
                                         "page shows the share of histories where it does")
    against: dict[str, Any] = param(factory=dict, unit="values", source=SET,
                                    doc="values at which points are compared on the page; a parameter that is not "
                                        "named keeps each point's own; the first point if left out")
    frontier: tuple[str, ...] = param((), unit="figures", source=SET,
                                      doc="two figures, less of both being better, set against each other on the page")


@dataclass
class Plan:
    """A study that has been checked: its points, and the scenario of each."""

    study: Study
    base: Path
    source: Path
    points: list[dict[str, Any]] = field(default_factory=list)  # label -> value
    _cache: dict[int, Scenario] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Runs in all."""
        return len(self.points) * self.study.runs

    def scenario(self, point: int) -> Scenario:
        """The scenario at a point. Raises BadInput where its value is refused."""
        if point not in self._cache:
            if len(self._cache) >= KEPT:
                self._cache.clear()
            self._cache[point] = Scenario.load(self.base, self.changes(point))
        return self._cache[point]

    def changes(self, point: int) -> dict[str, Any]:
        """Path -> value at a point."""
        found: dict[str, Any] = dict(self.study.changes)
        for parameter in self.study.parameters:
            found |= parameter.changes(self.points[point][parameter.label])
        return found

    def digest(self) -> str:
        """Eight hexadecimal digits of everything that decides what comes out, but for the program."""
        tree = {key: value for key, value in plain(self.study).items() if key not in TOLD}
        content = [tree, self.scenario(0).hash8(), self.scenario(0).seed, self.points]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:8]


def shipped_studies() -> dict[str, Path]:
    """Every shipped study by name."""
    return shipped_files("studies")


def load_study(source: str | Path, changes: Mapping[str, Any] | None = None) -> Plan:
    """The study of a file or of a shipped name, checked to the last point. Raises BadInput with every problem found."""
    study, tree, path = read_experiment(source, Study, "studies", "study", changes or {})
    problems = _problems(study, tree)
    if problems:
        raise BadInput(problems)
    where = tree.value["base"].where if "base" in tree.value else tree.where
    plan = Plan(study, find(study.base, path.parent, where), path)
    base = Scenario.load(plan.base, study.changes)  # told by itself, before the points
    problems = _unknown_figures(study, tree, base)
    plan.points = [dict(zip([p.label for p in study.parameters], values, strict=True)) for values in spread(study)]
    problems += _refused(plan, tree)
    if problems:
        raise BadInput(problems)
    return plan


def portable(text: str) -> str:
    """The text of a study that names its base by the shipped name, where it is a shipped one, and not by its place.

    So that a study still says what it varies when its file is copied to where its results are published.
    """
    known = shipped()
    found = re.search(r"^base:[ \t]*[\"']?(\S+?)[\"']?[ \t]*$", text, re.MULTILINE)
    stem = Path(found[1]).name.removesuffix(".yaml") if found else ""
    return text[: found.start()] + f"base: {stem}" + text[found.end():] if found and stem in known else text


def _unknown_figures(study: Study, tree: Node, base: Scenario) -> list[Problem]:
    """Figures to be shown that no metric gives, and points to compare with that there are not."""
    known = {name: None for metric in metrics_of(base) for name in type(metric).figures}
    known |= {f"mean_{column}": None for column in study.means}
    found = [Problem(tree.keys[key], f'there is no figure "{name}"{near_miss(name, known)}')
             for key in ("show", "shares", "frontier") for name in getattr(study, key)
             if not any(name == each or name.startswith(f"{each}_") for each in known)]
    if len(study.frontier) not in (0, 2):
        found.append(Problem(tree.keys["frontier"], "two figures are expected"))
    for name, value in study.against.items():
        choices = next((p.choices for p in study.parameters if p.label == name), ())
        if choices is not None and str(value) not in [str(choice) for choice in choices]:
            found.append(Problem(tree.keys["against"], f"{name} is never {value}" if choices else
                                 f'nothing of the name "{name}" is varied'))
    return found


def _problems(study: Study, tree: Node) -> list[Problem]:
    """What does not fit together."""
    rows = tree.value["parameters"].value
    found: list[Problem] = []
    if not rows:
        return [Problem(tree.keys["parameters"], "nothing is varied; give at least one parameter")]
    seen: set[str] = set()
    for parameter, row in zip(study.parameters, rows, strict=True):
        for path in sorted({*parameter.paths, parameter.label} & seen):
            found.append(Problem(row.where, f'"{path}" is varied twice'))
        seen |= {*parameter.paths, parameter.label}
        for path in parameter.paths:
            if path.split(".")[0] in NOT_VARIED:
                found.append(Problem(row.where, f"`{path}` is not varied: seeds count up from the scenario's own"))
        if not parameter.paths and parameter.levels is None:
            found.append(Problem(row.where, "`path` names nothing"))
        if parameter.levels is not None and (parameter.path or not parameter.levels or not parameter.name):
            found.append(Problem(row.where, "`levels` takes a `name`, at least one level, and no `path`"))
        if parameter.factors is not None and (len(parameter.factors) != len(parameter.paths) or parameter.levels):
            found.append(Problem(row.where, f"`factors` needs one number for each path; there are "
                                            f"{len(parameter.factors)} for {len(parameter.paths)}"))
        if parameter.factors is not None and not all(isinstance(v, int | float) for v in parameter.values or ()):
            found.append(Problem(row.where, "`factors` multiply, so `values` must be numbers"))
        found += [Problem(row.where, text) for text in _range(parameter, study.design)]
    if not found:
        size = size_of(study)
        design = tree.keys.get("design", tree.where)
        if isinstance(size, str):
            found.append(Problem(design, size))
        elif size * study.runs > MOST_RUNS:
            found.append(Problem(design, f"{size:,} points with {study.runs:,} histories each are "
                                         f"{size * study.runs:,} runs; at most {MOST_RUNS:,} are done: take fewer "
                                         f"steps, or a design of chosen `points` ({', '.join(DESIGNS[2:])})"))
    return found


def _range(p: Parameter, design: str) -> list[str]:
    """What is wrong with one parameter's values."""
    if p.choices is not None:
        wrong = [] if p.choices else ["`values` is empty"]
        wrong += ["give `values` or `levels`, not both"] if p.values is not None and p.levels is not None else []
        return wrong + (["give `values` or a range, not both"] if p.low is not None or p.high is not None else [])
    if p.low is None or p.high is None:
        return ["`values`, or a range with `low` and `high`, is missing"]
    if p.low >= p.high:
        return [f"`low` is {p.low:g} and must be below `high`, which is {p.high:g}"]
    if p.spacing == "ratio" and p.low <= 0:
        return ["a range spaced by ratio begins above 0"]
    return ["`steps` is missing: how many values of the range"] if design in DESIGNS[:2] and p.steps is None else []


def _refused(plan: Plan, tree: Node) -> list[Problem]:
    """Points whose scenario is refused: the first of each parameter's values that is, with its line."""
    found: dict[str, Problem] = {}
    lines = {p.label: row.where for p, row in zip(plan.study.parameters, tree.value["parameters"].value, strict=True)}
    step = max(1, -(-len(plan.points) // CHECKED))
    for point in range(0, len(plan.points), step):
        try:
            plan.scenario(point)
        except BadInput as error:
            for problem in error.problems:
                for p in plan.study.parameters:
                    if any(problem.where.source.startswith(f"{path}=") for path in p.paths):
                        problem = Problem(lines[p.label], f"{problem.where.source}: {problem.text}")
                        break
                found.setdefault(str(problem), problem)
            if len(found) >= 20:
                break
    return list(found.values())
