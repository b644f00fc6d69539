"""How far a blow moved prices by itself and with finance reacting, against a twin of the world that it never reached.

Each world's price is divided, day by day, by that of another world on the same luck, so that what luck does to all of
them cancels. Three moves follow, in logs their sum is exact: primary (the blow, finance frozen) over undisturbed
(no blow, finance frozen), full (the blow, finance reacting) over primary, which is contagion, and full over
undisturbed. The blow goes the way of the mean primary path over histories on the day on which that mean is farthest
from nought. This day is one for all histories. Choosing it in each history would choose the extreme of its own random
walk, of either sign, which is large without any blow. A day chosen on the mean of K histories flatters the move by
a standard error or two, which fall with the root of K; so does the day of the largest mean contagion, sought in the
direction of the blow. Averages over all days after the eve choose nothing: whether reactions add anything is decided
on them alone. With one history its own path is the mean, and no interval is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

PRICES = {"price": ("", "future"), "spot": ("spot_", "spot")}  # column -> mark of its figures, what it is called
MOVES = {"primary": ("primary", "undisturbed"), "full": ("full", "undisturbed"), "contagion": ("full", "primary")}
WHEN = {"": "on the day of the largest mean primary move", "_at_gap": "on the day of the largest mean contagion",
        "_average": "averaged over all days after the eve"}
TOLD = {"primary": "by the blow alone, over the undisturbed twin",
        "full": "by the blow and finance, over the undisturbed twin", "contagion": "by finance, over the frozen world"}
ABOUT = {f"{mark}{move}{when}": (f"Move of {'the future' if name == 'future' else name} {TOLD[move]}, {told}", "%")
         for mark, name in PRICES.values() for when, told in WHEN.items() for move in MOVES}


class Course(NamedTuple):
    """Moves of one price, and the two days on which they are told.

    logs   : of "primary", "full" and "contagion", float64[histories, days + 1] from the eve on; nan where not known
    largest : number of days after the eve on which the mean primary move is largest
    gap    : the same of mean contagion, in the direction of the blow
    sign   : direction of the blow: 1, -1, or 0 where it moves nothing
    """

    logs: dict[str, np.ndarray]
    largest: int
    gap: int
    sign: int


def course(paths: Any, price: str) -> Course:
    """The course of "price" or "spot" from the paths of all histories, a data frame with a row for each and day."""
    logs = {move: log_ratio(paths, above, below, price) for move, (above, below) in MOVES.items()}
    mean = _mean(logs["primary"])
    largest = int(np.argmax(np.abs(mean)))
    sign = int(np.sign(mean[largest]))
    further = _mean(logs["contagion"])
    return Course(logs, largest, int(np.argmax(sign * further if sign else np.abs(further))), sign)


def log_ratio(paths: Any, above: str, below: str, price: str) -> np.ndarray:
    """Log of one world's price over another's, float64[histories, days + 1], histories in order of their seeds."""
    first, second = (paths.pivot(index="seed", columns="date", values=f"{world}_{price}").to_numpy(float)
                     for world in (above, below))
    known = (first > 0) & (second > 0)
    out = np.full(first.shape, math.nan)
    out[known] = np.log(first[known] / second[known])
    return out


def _mean(logs: np.ndarray) -> np.ndarray:
    """Mean over histories, float64[days + 1]; nought on days that some history does not know, as on the eve."""
    known = np.isfinite(logs).all(axis=0)
    return np.where(known, np.where(known, logs, 0.0).mean(axis=0), 0.0)


def moves(courses: dict[str, Course], seeds: Sequence[int]) -> dict[int, dict[str, float]]:
    """Every figure of ``ABOUT`` for each history, in %."""
    out: dict[int, dict[str, float]] = {seed: {} for seed in seeds}
    for price, (mark, _) in PRICES.items():
        found = courses[price]
        for when in WHEN:
            for move, logs in found.logs.items():
                for seed, row in zip(seeds, logs, strict=True):
                    known = row[1:][np.isfinite(row[1:])]
                    value = {"": float(row[found.largest]), "_at_gap": float(row[found.gap]),
                             "_average": float(np.mean(known)) if len(known) else math.nan}[when]
                    out[seed][f"{mark}{move}{when}"] = 100.0 * math.expm1(value)
    return out


def carried(paths: Any, found: Course, world: str, seeds: Sequence[int]) -> dict[int, float]:
    """What one reaction adds to the future in each history, %: full over the world without it, where the gap is."""
    logs = log_ratio(paths, "full", world, "price")[:, found.gap]
    return {seed: 100.0 * math.expm1(value) for seed, value in zip(seeds, logs.tolist(), strict=True)}


def averaged_in_logs(name: str) -> bool:
    """Whether a figure is a move of a price: a fall by a third undoes a rise by half, so means are taken in logs."""
    return name in ABOUT or name.startswith("carried_by_")
