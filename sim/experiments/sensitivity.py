"""Which parameters matter: screening by Morris, variance shares by Sobol, and how much is left to luck.

A study with the design ``morris`` says which parameters matter at all, cheaply; one with ``saltelli`` says which part
of the variance of a figure each of them brings, alone and together with others. Both work on the mean over a
point's histories; how far histories of one point differ is told besides, for no parameter explains that.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import bad_input, near_miss, quoted, shown
from sim.experiments.designs import INSTALL, MORRIS_LEVELS, cube_of, problem, share_of
from sim.experiments.study import Plan
from sim.experiments.sweep import StudyResults

DESIGNS = ("morris", "saltelli")
CONFIDENCE = 0.9
RESAMPLES = 500  # of the bootstrap behind the intervals; judgement: they then move by a few per cent
COLUMNS = ("figure", "parameter", "effect", "interval", "total", "total_interval", "spread")


@dataclass(frozen=True)
class Effect:
    """What one parameter does to one figure.

    Morris: ``effect`` is the mean absolute change of the figure as the parameter crosses its range (mu*), ``spread``
    the standard deviation of that change (sigma), large where it depends on the other parameters.
    Saltelli: ``effect`` is the share of variance the parameter brings alone, ``total`` with all its interactions.
    ``interval`` and ``total_interval`` reach to either side, at 90 %.
    """

    figure: str
    parameter: str
    effect: float
    interval: float
    total: float = math.nan
    total_interval: float = math.nan
    spread: float = math.nan


@dataclass
class Sensitivity:
    """Effects of all parameters on some figures, the strongest first, and the share of variance left to luck."""

    design: str
    figures: tuple[str, ...]
    effects: list[Effect]
    luck: dict[str, float]  # figure -> share of a single history's variance that is between histories of a point

    def of(self, figure: str) -> list[Effect]:
        """The effects on one figure, the strongest first."""
        key = lambda e: -(e.total if self.design == "saltelli" else e.effect)
        return sorted((e for e in self.effects if e.figure == figure), key=key)

    def table(self) -> Any:
        """A row for each figure and parameter, as a data frame."""
        import pandas as pd

        rows = [[getattr(e, name) for name in COLUMNS] for figure in self.figures for e in self.of(figure)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def as_csv(self) -> str:
        """The same rows as comma-separated values, in full precision."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for figure in self.figures:
            for e in self.of(figure):
                values = [getattr(e, name) for name in COLUMNS]
                writer.writerow(["" if isinstance(v, float) and not math.isfinite(v) else v for v in values])
        return out.getvalue()


def sensitivity(study: StudyResults, plan: Plan, figures: Sequence[str]) -> Sensitivity:
    """Analyse a study that is done. Raises BadInput for another design, unknown figures, and missing points."""
    design = plan.study.design
    if design not in DESIGNS:
        raise bad_input(shown(plan.source), f"design is {design}; sensitivity needs {' or '.join(DESIGNS)}")
    frame, about = study.runs, study.about("figures") or {}
    for name in figures:
        if name not in about or name not in frame.columns:
            raise bad_input("--figure", f'the study has no figure "{name}"{near_miss(name, about) or ";"} '
                                        f"it has: {quoted(sorted(about))}")
    effects, luck, taken = [], {}, positions(plan)
    for name in figures:
        groups = frame.groupby("point")[name]
        means = groups.mean().reindex(range(len(plan.points))).to_numpy(dtype=float)
        if not np.isfinite(means).all():
            raise bad_input(shown(study.folder), f'"{name}" is unknown at {int((~np.isfinite(means)).sum())} of '
                                                 f"{len(means)} points; every point is needed")
        effects += indices(design, [p.label for p in plan.study.parameters], taken, means, name)
        luck[name] = share_of_luck(frame["point"].to_numpy(), frame[name].to_numpy())
    return Sensitivity(design, tuple(figures), effects, luck)


def positions(plan: Plan) -> np.ndarray:
    """float64[points, parameters] in [0, 1]: where in their ranges and lists the values lie that each point takes."""
    cube = cube_of(plan.study)
    return np.column_stack([[share_of(parameter, float(share)) for share in cube[:, number]]
                            for number, parameter in enumerate(plan.study.parameters)])


def indices(design: str, names: Sequence[str], cube: np.ndarray, y: np.ndarray, figure: str = "") -> list[Effect]:
    """The effect of each parameter.

    Parameters
    ----------
    design : "morris" or "saltelli"
    names  : of the parameters
    cube   : float64[points, parameters] in [0, 1], in the order in which the design laid them out
    y      : float64[points], finite

    Source: Campolongo et al. 2007, Env. Modelling & Software 22:1509 (mu*); Saltelli et al. 2010, Computer Physics
    Communications 181:259 (indices); as the library SALib computes them.
    """
    try:
        from SALib.analyze import morris, sobol
    except ImportError:
        raise bad_input("sensitivity", f"SALib is needed: {INSTALL}") from None
    if np.ptp(y) == 0:  # nothing varies, so nothing matters
        return [Effect(figure, name, 0.0, 0.0, 0.0 if design == "saltelli" else math.nan) for name in names]
    if design == "morris":
        found = morris.analyze(problem(len(names)), cube, y, num_resamples=RESAMPLES, conf_level=CONFIDENCE,
                               num_levels=MORRIS_LEVELS, seed=1)
        rows = np.array([found[key] for key in ("mu_star", "mu_star_conf", "sigma")], dtype=float) * stretch(cube)
        return [Effect(figure, name, mu, conf, spread=sigma) for name, (mu, conf, sigma)
                in zip(names, rows.T.tolist(), strict=True)]
    free = y.reshape(-1, len(names) + 2)[:, [0, -1]]  # the two samples, of which the variance is taken
    if np.ptp(free) <= np.finfo(float).eps * np.std(y):
        return [Effect(figure, name, math.nan, math.nan) for name in names]
    found = sobol.analyze(problem(len(names)), y, calc_second_order=False, num_resamples=RESAMPLES,
                          conf_level=CONFIDENCE, seed=1)
    columns = [np.asarray(found[key], dtype=float).tolist() for key in ("S1", "S1_conf", "ST", "ST_conf")]
    return [Effect(figure, name, *row) for name, row in zip(names, zip(*columns, strict=True), strict=True)]


def stretch(cube: np.ndarray) -> np.ndarray:
    """float64[parameters]: the step that SALib divides by, over the mean step that a walk takes along each parameter.

    One where values lie without gaps; two thirds for a list of two, which every step of a walk crosses whole.
    """
    moved = np.abs(np.diff(cube.reshape(-1, cube.shape[1] + 1, cube.shape[1]), axis=1)).sum(axis=1).mean(axis=0)
    return MORRIS_LEVELS / (2 * (MORRIS_LEVELS - 1)) / np.where(moved > 0, moved, np.inf)


def share_of_luck(point: np.ndarray, y: np.ndarray) -> float:
    """Share of the variance of single histories that lies between histories of one point; nan with one a point."""
    known = np.isfinite(y)
    point, y = point[known], y[known]
    if not len(y):
        return math.nan
    _, where, count = np.unique(point, return_inverse=True, return_counts=True)
    free = int((count - 1).sum())
    if free == 0:
        return math.nan
    means = np.bincount(where, y) / count
    within = float(((y - means[where]) ** 2).sum()) / free
    size = float(np.mean(count))
    between = max(float(np.var(means, ddof=1)) - within / size, 0.0) if len(means) > 1 else 0.0
    return within / (within + between) if within + between > 0 else 0.0


def pruned(plan: Plan, found: Sensitivity, keep: int, points: int) -> str:
    """A study like this one with only the strongest parameters, in a ``saltelli`` design of that base size.

    A parameter is as strong as its largest effect on any figure, as a share of the strongest one's.
    """
    strength: dict[str, float] = {}
    for figure in found.figures:
        rows = found.of(figure)
        top = max((max(row.effect, row.total if row.total == row.total else 0.0) for row in rows), default=0.0)
        for row in rows:
            size = max(row.effect, row.total if row.total == row.total else 0.0)
            strength[row.parameter] = max(strength.get(row.parameter, 0.0), size / top if top > 0 else 0.0)
    strongest = sorted(strength, key=lambda name: (-strength[name], name))[:keep]
    from ruamel.yaml import YAML

    yaml = YAML()
    tree = yaml.load(Path(plan.source).read_text(encoding="utf-8"))
    tree["base"] = str(plan.base) if Path(str(tree.get("base", ""))).suffix else tree.get("base", "baseline")
    tree["parameters"] = [row for row, p in zip(tree["parameters"], plan.study.parameters, strict=True)
                          if p.label in strongest]
    tree["design"], tree["points"] = "saltelli", points
    tree.pop("trajectories", None)
    tree.pop("name", None)
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()
