"""Where in the space of its parameters a study looks: each with each, side by side, or points spread over ranges."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from sim.errors import bad_input
from sim.streams import Streams

DESIGNS = ("grid", "list", "latin_hypercube", "sobol", "random", "morris", "saltelli")
MORRIS_LEVELS = 4  # values that a Morris design takes of each range; source: Morris 1991, Technometrics 33:161
MOST_POINTS = 1_000_000
INSTALL = "pip install 'compute-futures[analysis]'"


def size_of(study: Any) -> int | str:
    """Points of a study's design, or what is wrong with it; nothing is laid out."""
    counts = [len(p.choices) if p.choices is not None else p.steps or 0 for p in study.parameters]
    if study.design == "grid":
        return math.prod(counts)
    if study.design == "list":
        return counts[0] if len(set(counts)) == 1 else (
            f"a list takes the parameters' values side by side, so each needs as many; there are {counts}")
    if study.design in ("sobol", "saltelli") and study.points & (study.points - 1):
        near = 1 << (study.points.bit_length() - 1)
        return f"a {study.design} design has a power of two of points; write {near} or {2 * near} instead of " \
               f"{study.points}"
    if study.design == "morris":
        return int(study.trajectories) * (len(study.parameters) + 1)
    if study.design == "saltelli":
        return int(study.points) * (len(study.parameters) + 2)
    return int(study.points)


def spread(study: Any) -> list[tuple[Any, ...]]:
    """Every point: the value of each parameter, in the order of the study."""
    if study.design in ("grid", "list"):
        axes = [steps(parameter) for parameter in study.parameters]
        return list(itertools.product(*axes) if study.design == "grid" else zip(*axes, strict=True))
    cube = cube_of(study)
    columns = [[at(p, float(u)) for u in cube[:, number]] for number, p in enumerate(study.parameters)]
    return list(zip(*columns, strict=True))


def cube_of(study: Any) -> np.ndarray:
    """float64[points, parameters] in [0, 1]: where the points of a design lie that are spread over ranges."""
    dimensions = len(study.parameters)
    if study.design == "morris":
        return trajectories(study.trajectories, dimensions, study.seed)
    if study.design == "saltelli":
        return crossed(study.points, dimensions, study.seed)
    return unit_cube(study.design, study.points, dimensions, study.seed)


def steps(parameter: Any) -> tuple[Any, ...]:
    """The values that a grid or a list takes of one parameter."""
    if parameter.choices is not None:
        return tuple(parameter.choices)
    return tuple(at(parameter, number / (parameter.steps - 1)) for number in range(parameter.steps))


def at(parameter: Any, share: float) -> Any:
    """The value of a parameter at a share of its range, or of its list of values."""
    if parameter.choices is not None:
        return parameter.choices[min(int(share * len(parameter.choices)), len(parameter.choices) - 1)]
    low, high = parameter.low, parameter.high
    if share >= 1:  # the end itself, not what rounding makes of it
        value = high
    else:
        value = low * (high / low) ** share if parameter.spacing == "ratio" else low + share * (high - low)
    return round(value) if parameter.whole else float(f"{value:.12g}")  # 0.3, not 0.30000000000000004


def share_of(parameter: Any, share: float) -> float:
    """Where the value that a parameter takes at a share really lies: whole numbers and lists have gaps."""
    if parameter.choices is not None:
        return min(int(share * len(parameter.choices)), len(parameter.choices) - 1) / max(len(parameter.choices) - 1, 1)
    if not parameter.whole:
        return share
    value, low, high = at(parameter, share), parameter.low, parameter.high
    if parameter.spacing == "ratio":
        return math.log(value / low) / math.log(high / low)
    return float((value - low) / (high - low))


def unit_cube(design: str, points: int, dimensions: int, seed: int) -> np.ndarray:
    """float64[points, dimensions] in [0, 1): the same for the same seed on every machine.

    Source: McKay, Beckman & Conover 1979, Technometrics 21:239 (Latin hypercube); Sobol 1967, shifted at random as
    Cranley & Patterson 1976, SIAM J. Numerical Analysis 13:904.
    """
    luck = Streams(seed)
    if design == "sobol":
        try:
            from scipy.stats import qmc  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            raise bad_input("design: sobol", f"scipy is needed: {INSTALL}") from None
        base = qmc.Sobol(dimensions, scramble=False).random(points)
        return (base + luck.uniform("sobol shift", dimensions)) % 1.0
    columns = []
    for number in range(dimensions):
        inside = luck.uniform("design", points, day=number)
        if design == "latin_hypercube":
            order = np.argsort(luck.uniform("design order", points, day=number), kind="stable")
            inside = (order + inside) / points
        columns.append(inside)
    return np.column_stack(columns)


def trajectories(number: int, dimensions: int, seed: int) -> np.ndarray:
    """float64[number * (dimensions + 1), dimensions] in [0, 1]: walks that change one coordinate at a time.

    Source: Morris 1991, Technometrics 33:161, as the library SALib lays them out.
    """
    try:
        from SALib.sample import morris
    except ImportError:
        raise bad_input("design: morris", f"SALib is needed: {INSTALL}") from None
    return np.asarray(morris.sample(problem(dimensions), number, num_levels=MORRIS_LEVELS, seed=seed % 2**32))


def crossed(points: int, dimensions: int, seed: int) -> np.ndarray:
    """float64[points * (dimensions + 2), dimensions] in [0, 1): two samples, and the first with columns of the second.

    Source: Saltelli et al. 2010, Computer Physics Communications 181:259, as the library SALib lays it out.
    """
    try:
        from SALib.sample import sobol
    except ImportError:
        raise bad_input("design: saltelli", f"SALib is needed: {INSTALL}") from None
    return np.asarray(sobol.sample(problem(dimensions), points, calc_second_order=False, seed=seed % 2**32))


def problem(dimensions: int) -> dict[str, Any]:
    """What SALib calls the problem: coordinates by number, each from 0 to 1."""
    return {"num_vars": dimensions, "names": [str(n) for n in range(dimensions)], "bounds": [[0.0, 1.0]] * dimensions}
