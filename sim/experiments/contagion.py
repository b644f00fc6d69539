"""How much of what follows a shock is finance reacting: one world goes on, its twin goes on without the reactions.

On the eve of the first shock the world is copied. In the copy calls, forced sales, defaults, margin rates, closures,
investors' flows and the equity that sizes positions stay as they were, while everybody's voluntary rules and luck go
on: what it shows is the primary effect. The difference between the two worlds is contagion. Freezing one
reaction alone says what that reaction carries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from sim import tables
from sim.errors import bad_input
from sim.experiments.executors import Task, runner
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.freezing import REACTIONS
from sim.model import ComputeFutures
from sim.one_run import Outcome
from sim.scenario import Scenario
from sim.summary import interval

WORK = "sim.experiments.contagion:pair_of_worlds"
RANK = 3  # the contract that is followed: the third listed month on the eve, or the first that outlives the stretch
COUNTS = ("forced_events", "defaults", "margin_calls", "closures", "forced_volume")
MONEY = ("margin_call_cents", "default_deficit_cents", "house_loss_cents")
CREDIT = ("loan_defaults", "bank_failures", "eve_losses_cents", "other_losses_cents", "loans_cents")  # stocks
ABOUT = {  # figure -> label, unit
    "primary": ("Move of the price without reactions, at its largest", "%"),
    "full": ("Move of the price on the same day with them", "%"),
    "contagion": ("Further move that the reactions add, at its largest", "log points x 100"),
    "amplification": ("Further move over the primary one", "ratio"),
    "forced_events": ("Participants forced to sell", "number"),
    "defaults": ("Defaults", "number"),
    "margin_calls": ("Margin calls", "number"),
    "closures": ("Funds that closed", "number"),
    "forced_volume": ("Contracts traded by force", "contracts"),
    "margin_call_cents": ("Money called", "$ million"),
    "default_deficit_cents": ("Debts of defaulters beyond their margin", "$ million"),
    "house_loss_cents": ("Losses that fell on the clearing house", "$ million"),
    "loan_defaults": ("Operators that defaulted on their loans", "number"),
    "bank_failures": ("Banks that failed", "number"),
    "loan_losses": ("Losses on loans and on what stands on them", "% of loans on the eve"),
    "open_interest": ("Open interest at the end", "% of the eve"),
}


def eve_of(scenario: Scenario) -> int:
    """The last day before the first shock. Raises BadInput if there is none, or none while the market is open."""
    if not scenario.shocks:
        raise bad_input(scenario.name, "it has no shock, so there is nothing whose contagion could be told")
    first = min(shock.date for shock in scenario.shocks)
    if first <= scenario.start:
        raise bad_input(scenario.name, f"its first shock, on {first}, comes before its second day")
    return first_day(scenario, first) - 1


def first_day(scenario: Scenario, date: Any) -> int:
    """The number of a date's business day."""
    from sim.calendar import Calendar

    return Calendar(scenario.start, scenario.days, scenario.burn_in).day_on(date)


def follow(model: ComputeFutures, days: int, month: int) -> dict[str, np.ndarray]:
    """Step for some days; name to float64[days + 1] from the eve on: the month's price, spot, open interest, counts."""
    rows: list[dict[str, float]] = []

    def look() -> None:
        slot = np.flatnonzero(model.exchange.slots["month"] == month)
        price = float(model.exchange.settle[slot[0]]) * model.exchange.contract.tick if len(slot) else math.nan
        totals, credit = model.house.totals(), model.credit.record()
        rows.append({"price": price, "spot": model.economy.record()["spot_us"],
                     "open_interest": float(model.exchange.open_interest().sum()),
                     **{name: totals.get(name, 0.0) for name in (*COUNTS, *MONEY)},
                     **{name: credit[name] for name in CREDIT if name in credit}})

    look()
    for _ in range(days):
        model.step()
        look()
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def month_to_follow(model: ComputeFutures, days: int) -> int:
    """The third listed month, or the first after it that is still traded when the stretch ends; else the last one."""
    slots = model.exchange.slots
    listed = np.sort(slots["month"][slots["listed"] == 1])
    if not len(listed):
        raise bad_input(model.scenario.name, "no futures are listed on the eve of its first shock")
    alive = [int(month) for month in listed[RANK - 1 :] if model.calendar.last_day(int(month)) > model.day + days]
    return alive[0] if alive else int(listed[-1])


def pair_of_worlds(task: Task) -> Outcome:
    """One history: to the eve, then the world and its frozen twins for ``options[0]`` days.

    options : days, then the names of reactions that are also frozen one at a time
    """
    days, single = int(task.options[0]), tuple(task.options[1:])
    model = task.scenario.build(task.seed)
    made = [model]
    eve = eve_of(task.scenario)
    if eve < model.first_day or eve + days > task.scenario.days - 1:
        raise bad_input(task.scenario.name, f"{days} days after the eve of the first shock end after its last day")
    while model.day < eve:
        model.step()
    month = month_to_follow(model, days)
    paths = {}
    for name, reactions in (("primary", REACTIONS), *((f"without_{one}", (one,)) for one in single)):
        twin = model.branch()
        twin.freeze(reactions)
        paths[name] = follow(twin, days, month)
        made.append(twin)
    paths["full"] = follow(model, days, month)
    dates = [model.calendar.date(eve + step) for step in range(days + 1)]
    for world in made:
        mesa.Agent._ids.pop(world, None)  # Mesa 3.3.1 keeps every model alive through this table
    outcome = Outcome(task.run, task.seed, days=days, figures=figures_of(paths))
    columns = {f"{world}_{name}": values for world, path in paths.items() for name, values in path.items()}
    which = {"run": np.full(days + 1, task.run), "seed": np.full(days + 1, task.seed)}
    outcome.tables = {"paths": tables.to_arrow(which | {"date": np.array(dates, "M8[D]")} | columns)}
    return outcome


def figures_of(paths: dict[str, dict[str, np.ndarray]]) -> dict[str, float]:
    """What one history's worlds tell.

    The price's primary move is taken where it is largest; contagion is the largest gap between the worlds in the
    direction of that move.
    """
    primary = np.log(paths["primary"]["price"] / paths["primary"]["price"][0])
    full = np.log(paths["full"]["price"] / paths["full"]["price"][0])
    known = np.isfinite(primary) & np.isfinite(full)
    at = int(np.argmax(np.where(known, np.abs(primary), -1.0)))
    sign = 1.0 if primary[at] >= 0 else -1.0
    gap = lambda other: float(np.nanmax(sign * (full - other)))
    out = {"primary": 100 * math.expm1(primary[at]), "full": 100 * math.expm1(full[at]),
           "contagion": 100 * gap(primary)}
    out["amplification"] = out["contagion"] / (100 * abs(primary[at])) if primary[at] else math.nan
    for world, path in paths.items():
        mark = "" if world == "full" else f"_{world}"
        for name in COUNTS:
            out[name + mark] = float(path[name][1:].sum())
        for name in MONEY:
            out[name + mark] = float(path[name][1:].sum()) / 1e8
        if "loans_cents" in path:
            owed = max(float(path["loans_cents"][0]), 1.0)
            for name in ("loan_defaults", "bank_failures"):
                out[name + mark] = float(path[name][-1] - path[name][0])
            lost = path["eve_losses_cents"] + path["other_losses_cents"]
            out["loan_losses" + mark] = 100 * float(lost[-1] - lost[0]) / owed
        out["open_interest" + mark] = 100 * float(path["open_interest"][-1] / max(path["open_interest"][0], 1.0))
        if world.startswith("without_"):
            other = np.log(path["price"] / path["price"][0])
            out["carried_by_" + world.removeprefix("without_")] = 100 * gap(other)
    return out


@dataclass
class Contagion:
    """What a shock did with and without the reactions of finance, over many histories.

    figures : a mapping of figures for each history that was finished, by seed
    paths   : a row for each history and day: price, spot, open interest and counts of each world
    """

    scenario: str
    days: int
    figures: dict[int, dict[str, float]] = field(default_factory=dict)
    failed: list[tuple[int, str]] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)

    @property
    def paths(self) -> Any:
        """The paths as a data frame, by run and date."""
        import pandas as pd

        frames = [tables.to_pandas(part) for part in self.parts]
        return pd.concat(frames).sort_values(["run", "date"], ignore_index=True) if frames else pd.DataFrame()

    def table(self) -> Any:
        """Mean, 90 % interval of the mean and quantiles of each figure over the histories, as a data frame."""
        import pandas as pd

        names = list(next(iter(self.figures.values()), {}))
        rows = {name: interval([figures.get(name, math.nan) for _, figures in sorted(self.figures.items())])
                for name in names}
        frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("figure")
        frame.insert(0, "unit", [_about(name)[1] for name in names])
        frame.insert(0, "label", [_about(name)[0] for name in names])
        return frame


def _about(name: str) -> tuple[str, str]:
    """Label and unit of a figure, those of single worlds included."""
    if name.startswith("carried_by_"):
        return f"Of the further move, carried by {name.removeprefix('carried_by_')}", "log points x 100"
    for known, (label, unit) in ABOUT.items():
        if name == known:
            return label, unit
        if name.startswith(f"{known}_"):
            return f"{label} ({name.removeprefix(known + '_').replace('_', ' ')})", unit
    return name, ""


def contagion(scenario: Scenario | str | Path, runs: int = 30, jobs: int = 1, *, days: int = 60,
              reactions: Sequence[str] = (), executor: str | None = None, progress: bool = False) -> Contagion:
    """Run a shock with and without the reactions of finance.

    Parameters
    ----------
    scenario  : with at least one shock
    runs      : histories; jobs: processes
    days      : business days after the eve of the first shock
    reactions : of "margin", "flows", "sizing" and "credit", those that are also frozen one at a time

    Raises BadInput for a scenario without a shock, a stretch that does not fit in, or an unknown reaction.
    """
    found = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    unknown = [name for name in reactions if name not in REACTIONS]
    if unknown:
        raise bad_input("reactions", f"there is no reaction {unknown[0]!r}; there are: {', '.join(REACTIONS)}")
    eve = eve_of(found)
    if eve + days > found.days - 1:
        raise bad_input(found.name, f"{days} days from the eve of its first shock end after its last, {found.days}")
    tasks = [Task(found, number, found.seed + number - 1, ("paths",), WORK, (days, *reactions))
             for number in range(1, runs + 1)]
    out = Contagion(found.name, days)
    shown, done = Progress(len(tasks), shown=progress), []
    with runner(executor, jobs, [found]) as workers, stop_on_interrupt() as stop:
        for outcome in workers.outcomes(tasks, stop):
            done.append(outcome)
            shown.tell(outcome.status == "failed")
    shown.end()
    for outcome in sorted(done, key=lambda each: each.run):  # the same order whoever was first
        if outcome.status == "failed":
            out.failed.append((outcome.seed, outcome.error))
        else:
            out.figures[outcome.seed] = outcome.figures
            out.parts.append(outcome.tables["paths"])
    return out
