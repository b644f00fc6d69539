"""How much of what follows a shock is finance reacting: one world goes on, its twin goes on without the reactions.

On the eve of the first shock the world is copied. In the copy margin rates, investors' flows, the equity that sizes
positions and lenders' terms stay as they were, and what must be sold all the same goes to an outsider unseen, while
everybody's voluntary rules and luck go on. In a second copy, the undisturbed twin, the same holds and no shock happens.
Between these two lies the primary effect, and between the first and the world as it is lies contagion, day by day on
the same luck. Freezing one reaction alone says what that reaction carries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim import provenance, tables
from sim.errors import bad_input, shown
from sim.experiments import contagion_moves
from sim.experiments.contagion_worlds import eve_of
from sim.experiments.executors import Task, runner
from sim.experiments.keeping import keep_all
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.experiments.store import Store, read_parts
from sim.freezing import CHANNELS, REACTIONS
from sim.scenario import Scenario
from sim.summary import interval, student

WORK = "sim.experiments.contagion_worlds:one_history"
ABOUT = contagion_moves.ABOUT | {  # figure -> label, unit
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
    "eve_losses": ("Losses on loans and notes of the eve", "% of them"),
    "operators_failed": ("Operators that defaulted on their loans", "% of the eve's"),
    "cascades": ("Histories that cascade", "%"),
    "distress": ("Participants in distress", "number"),
    "brought": ("Of them, brought into it by others, by causes", "number"),
    "n_by_causes": ("Branching ratio n, by weighted causes", "number"),
    "n_by_frozen": ("Branching ratio n, 1 - primary / all", "number"),
    "open_interest": ("Open interest at the end", "% of the eve"),
}


class Ratio(NamedTuple):
    """A ratio of sums over histories, and the 90 % interval that leaving out one history at a time gives."""

    value: float
    low: float
    high: float
    histories: int


@dataclass
class Contagion:
    """What a shock did with and without the reactions of finance, over many histories.

    figures : a mapping of figures for each history that was finished, by seed
    paths   : a row for each history and day: price, spot, open interest and counts of each world
    courses : how the future ("price") and "spot" moved, once histories are summed up
    """

    scenario: str
    days: int
    figures: dict[int, dict[str, float]] = field(default_factory=dict)
    failed: list[tuple[int, str]] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    courses: dict[str, contagion_moves.Course] = field(default_factory=dict)

    def sum_up(self) -> Contagion:
        """Tell the moves of prices, on days that are the same for all histories, and add them to each one's figures."""
        if not self.figures:
            return self
        paths, seeds = self.paths, sorted(self.figures)
        self.courses = {price: contagion_moves.course(paths, price) for price in contagion_moves.PRICES}
        moves = contagion_moves.moves(self.courses, seeds)
        for column in paths.columns:
            if column.startswith("without_") and column.endswith("_price"):
                world = column.removesuffix("_price")
                parts = contagion_moves.carried(paths, self.courses["price"], world, seeds)
                for seed, part in parts.items():
                    moves[seed][f"carried_by_{world.removeprefix('without_')}"] = part
        self.figures = {seed: moves[seed] | self.figures[seed] for seed in seeds}
        return self

    def date(self, day: int) -> Any:
        """The date some business days after the eve."""
        return self.paths["date"].drop_duplicates().sort_values().iloc[day]

    @property
    def paths(self) -> Any:
        """The paths as a data frame, by run and date."""
        import pandas as pd

        frames = [tables.to_pandas(part) for part in self.parts]
        return pd.concat(frames).sort_values(["run", "date"], ignore_index=True) if frames else pd.DataFrame()

    def histories(self) -> Any:
        """Every figure of every history, as a data frame with a row each."""
        import pandas as pd

        return pd.DataFrame([{"seed": seed, **figures} for seed, figures in sorted(self.figures.items())])

    def table(self) -> Any:
        """Mean, 90 % interval of the mean, quantiles and median of each figure over the histories, as a data frame.

        Means of moves of prices are taken in logs.
        """
        import pandas as pd

        names = list(dict.fromkeys(name for figures in self.figures.values() for name in figures))
        rows = {name: _summed(name, [figures.get(name, math.nan) for _, figures in sorted(self.figures.items())])
                for name in names}
        frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("figure")
        frame.insert(0, "unit", [_about(name)[1] for name in names])
        frame.insert(0, "label", [_about(name)[0] for name in names])
        return frame

    def ratio(self, above: Sequence[str], below: Sequence[str], less: float = 0.0) -> Ratio:
        """Sum of some figures over the sum of others, over all histories that know them, less a number.

        A sign before a name subtracts it: ``ratio(["distress", "-distress_primary"], ["distress"])``.
        """
        rows = [[sum((-1.0 if name[0] == "-" else 1.0) * figures.get(name.lstrip("-"), math.nan) for name in names)
                 for names in (above, below)] for _, figures in sorted(self.figures.items())]
        known = np.array([row for row in rows if all(math.isfinite(value) for value in row)]).reshape(-1, 2)
        total, count = known.sum(axis=0), len(known)
        if not count or total[1] == 0:
            return Ratio(math.nan, math.nan, math.nan, count)
        value = float(total[0] / total[1]) - less
        others = total - known
        if count < 3 or (others[:, 1] == 0).any():
            return Ratio(value, math.nan, math.nan, count)
        left = others[:, 0] / others[:, 1]
        half = student(count - 1) * math.sqrt((count - 1) / count * float(((left - left.mean()) ** 2).sum()))
        return Ratio(value, value - half, value + half, count)

    def ratios(self) -> dict[str, Ratio]:
        """What finance multiplies losses by, which part of the further loss each way carries, and n told in two ways.

        Sums over all histories are compared, as outcomes are all or none.
        """
        names = set().union(*self.figures.values())
        out = {"n_by_causes": self.ratio(["brought"], ["distress"]),
               "n_by_frozen": self.ratio(["distress", "-distress_primary"], ["distress"])}
        singles = sorted(name.removeprefix("distress_without_") for name in names if "distress_without_" in name)
        loss = "eve_losses" if "eve_losses" in names else "default_deficit_cents"
        out |= {"loss_multiplied": self.ratio([loss], [f"{loss}_primary"])}
        for one in singles:
            out[f"loss_multiplied_by_{one}"] = self.ratio([loss], [f"{loss}_without_{one}"])
            out[f"share_of_contagion_{one}"] = self.ratio([loss, f"-{loss}_without_{one}"], [loss, f"-{loss}_primary"])
            out[f"distress_carried_by_{one}"] = self.ratio(["distress", f"-distress_without_{one}"],
                                                           ["distress", "-distress_primary"])
        return out


def _summed(name: str, values: list[float]) -> dict[str, float]:
    """Mean, interval, quantiles and median of one figure over histories."""
    known = np.array([value for value in values if math.isfinite(value)])
    median = {"median": float(np.median(known)) if len(known) else math.nan}
    if not contagion_moves.averaged_in_logs(name):
        return interval(values) | median
    whole = interval(np.log1p(known / 100.0).tolist())
    return {key: 100.0 * math.expm1(value) for key, value in whole.items()} | median


def _about(name: str) -> tuple[str, str]:
    """Label and unit of a figure, those of single worlds included."""
    if name in ABOUT:
        return ABOUT[name]
    if name.startswith("carried_by_"):
        way = name.removeprefix("carried_by_")
        return f"Move of the future by {way}, over the world that lacks it alone, on the day of the largest gap", "%"
    for known, (label, unit) in ABOUT.items():
        if name.startswith(f"{known}_"):
            return f"{label} ({name.removeprefix(known + '_').replace('_', ' ')})", unit
    return name, ""


def default_reactions(scenario: Scenario) -> list[str]:
    """What is frozen one at a time unless something else is asked for: where there are lenders, their ways as well."""
    return [*REACTIONS, *CHANNELS] if scenario.credit.on else [one for one in REACTIONS if one != "credit"]


def contagion(scenario: Scenario | str | Path, runs: int = 30, jobs: int = 1, *, days: int = 60,
              reactions: Sequence[str] = (), executor: str | None = None, progress: bool = False,
              out: Path | str | None = None, resume: bool = False) -> Contagion:
    """Run a shock with and without the reactions of finance.

    Parameters
    ----------
    scenario  : with at least one shock
    runs      : histories; jobs: processes
    days      : business days after the eve of the first shock
    reactions : of ``sim.freezing.REACTIONS`` and ``CHANNELS``, those that are also frozen one at a time
    out       : a folder in which histories are kept as they are done; ``resume`` goes on with what is there

    Raises BadInput for a scenario without a shock, a stretch that does not fit in, an unknown reaction, or a folder
    of something else.
    """
    found = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    known = [*REACTIONS, *CHANNELS]
    unknown = [name for name in reactions if name not in known]
    if unknown:
        raise bad_input("reactions", f"there is no reaction {unknown[0]!r}; there are: {', '.join(known)}")
    eve = eve_of(found)
    if eve + days > found.days - 1:
        raise bad_input(found.name, f"{days} days from the eve of its first shock end after its last, {found.days}")
    tasks = [Task(found, number, found.seed + number - 1, ("paths",), WORK, (days, *reactions))
             for number in range(1, runs + 1)]
    if out is not None:
        return _kept(found, tasks, jobs, days, list(reactions), executor, progress, Path(out), resume)
    told = Contagion(found.name, days)
    shown_, done = Progress(len(tasks), shown=progress), []
    with runner(executor, jobs, [found]) as workers, stop_on_interrupt() as stop:
        for outcome in workers.outcomes(tasks, stop):
            done.append(outcome)
            shown_.tell(outcome.status == "failed")
    shown_.end()
    for outcome in sorted(done, key=lambda each: each.run):  # the same order whoever was first
        if outcome.status == "failed":
            told.failed.append((outcome.seed, outcome.error))
        else:
            told.figures[outcome.seed] = outcome.figures
            told.parts.append(outcome.tables["paths"])
    return told.sum_up()


def _kept(scenario: Scenario, tasks: list[Task], jobs: int, days: int, reactions: list[str], executor: str | None,
          progress: bool, folder: Path, resume: bool) -> Contagion:
    """The same, with every history put away in a folder as it is done."""
    about = {"kind": "contagion", "digest": provenance.text_hash(scenario.hash8(), str(scenario.seed), str(days),
                                                                *reactions), "source": provenance.source_hash()}
    by_run = {task.run: task for task in tasks}
    with Store(folder) as store:
        if not store.begun:
            store.enter(about | {"environment": provenance.environment(), "command_line": provenance.command_line()},
                        ((task.run, 0, task.run - 1, task.seed) for task in tasks))
        elif any(store.about(name) != about[name] for name in about):
            raise bad_input(shown(folder), "this folder holds something else, or was made by another version of the "
                                           "program; give --out another one")
        else:
            status = dict(store.ledger.execute("SELECT run, status FROM runs"))
            if not resume and any(status.get(run) != "done" for run in by_run):
                raise bad_input(shown(folder), "not all of this is done; go on with --resume, or give --out another "
                                               "folder")
            store.take_up()
            store.extend({}, [(run, 0, run - 1, task.seed) for run, task in by_run.items() if run not in status])
        pending = [by_run[run] for run, _, _ in store.pending() if run in by_run]
        with runner(executor, jobs, [scenario]) as workers, stop_on_interrupt() as stop:
            keep_all(store, workers.outcomes((_begun(store, task) for task in pending), stop),
                     Progress(len(tasks), len(tasks) - len(pending), progress), stop)
        store.stop()
        return _read(store, Contagion(scenario.name, days))


def _begun(store: Store, task: Task) -> Task:
    store.start(task.run)
    return task


def _read(store: Store, told: Contagion) -> Contagion:
    """Everything that a folder holds."""
    rows = store.ledger.execute("SELECT seed, status, part, error FROM runs ORDER BY run").fetchall()
    parts = sorted({row[2] for row in rows if row[1] == "done"})
    told.failed = [(row[0], row[3]) for row in rows if row[1] == "failed"]
    figures, paths = read_parts(store.folder, "figures", parts), read_parts(store.folder, "paths", parts)
    if figures is not None and paths is not None:
        frame = tables.to_pandas(figures).sort_values("run").drop(columns="run")
        told.figures = {int(row.pop("seed")): row for row in frame.to_dict("records")}
        told.parts = [paths]
    return told.sum_up()
