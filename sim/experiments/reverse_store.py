"""The folder of a search: runs are entered as they are asked for, and none that is done is ever done again.

What is asked next depends on what came out before and on nothing else, so that a search that is taken up again asks
the same questions in the same order and finds the first of them answered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim import provenance, tables
from sim.errors import bad_input, shown
from sim.experiments.executors import Runner, Task
from sim.experiments.keeping import keep_all
from sim.experiments.progress import Progress, Stop
from sim.experiments.store import Store, read_parts
from sim.one_run import Outcome
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.experiments.reverse_stress import Reverse

Point = tuple[float, ...]


def check(store: Store, digest: str, resume: bool) -> None:
    """Refuse a folder of another search, of another program, or one begun before where that is not asked for."""
    if not store.begun:
        return
    where = shown(store.folder)
    if store.about("digest") != digest:
        raise bad_input(where, "this folder holds another search; give --out another one")
    if store.about("source") != provenance.source_hash():
        raise bad_input(where, "the program has changed since this search was begun; give --out another folder")
    if not store.about("finished") and not resume:
        done, = store.ledger.execute("SELECT count(*) FROM runs WHERE status = 'done'").fetchone()
        raise bad_input(where, f"this search was begun: {done:,} runs are done; go on with --resume")


def enter(store: Store, digest: str, resume: bool, about: dict[str, Any]) -> None:
    """Begin a search, or take up the one that is there; not before there is somebody to do its runs."""
    if not store.begun:
        store.enter({"digest": digest, "source": provenance.source_hash(), "kind": "reverse-stress", "severities": [],
                     "points": [], "environment": provenance.environment(),
                     "command_line": provenance.command_line()} | about, ())
    elif resume:
        store.take_up()


class Looker:
    """Says of points and seeds whether they break, from the ledger or by a run.

    scenario_at : the scenario at a point, which holds a severity from 0 to 1 for each path
    """

    def __init__(self, store: Store, workers: Runner, stop: Stop, found: Reverse,
                 scenario_at: Callable[[Point], Scenario], progress: bool) -> None:
        self.store, self.workers, self.stop, self.found = store, workers, stop, found
        self.scenario_at, self.progress = scenario_at, progress
        self.points: list[Point] = [tuple(point) for point in store.about("severities")]
        self.number: dict[tuple[Point, int], int] = {}
        self.figures: dict[int, dict[str, float]] = {}  # those that the condition looks at, by run
        self.failed: dict[int, tuple[int, str]] = {}
        rows = store.ledger.execute("SELECT run, point, seed, status, part, error FROM runs ORDER BY run").fetchall()
        for run, point, seed, status, _, error in rows:
            self.number[self.points[point], seed] = run
            if status == "failed":
                self.failed[run] = (seed, error)
        self._read({row[4] for row in rows if row[3] == "done"}, {row[0] for row in rows if row[3] == "done"})

    def __call__(self, wanted: Sequence[tuple[Point, int]]) -> list[bool | None]:
        """Whether each of some (point, seed) breaks; None where its run failed or was not done before a stop."""
        self._enter([each for each in dict.fromkeys(wanted) if each not in self.number])
        new = [each for each in dict.fromkeys(wanted) if not self._known(self.number[each])]
        if new and not self.stop():
            scenarios = {point: self.scenario_at(point) for point in dict.fromkeys(point for point, _ in new)}

            def tasks() -> Any:
                for point, seed in new:
                    self.store.start(self.number[point, seed])
                    yield Task(scenarios[point], self.number[point, seed], seed)

            keep_all(self.store, self.workers.outcomes(tasks(), self.stop), Progress(len(new), shown=self.progress),
                     self.stop, (), self._note)
        self.found.stopped |= any(not self._known(self.number[each]) for each in new)
        return [self.found.condition.holds(self.figures[self.number[each]])
                if self.number[each] in self.figures else None for each in wanted]

    def rows(self) -> list[dict[str, Any]]:
        """Every run that is done: seed, values, whether it broke, the figures looked at."""
        out = []
        for (point, seed), run in sorted(self.number.items(), key=lambda item: item[1]):
            if run in self.figures:
                looked = self.figures[run]
                broken = self.found.condition.holds(looked)
                out.append({"seed": seed, **self._values(point), "broken": broken, **looked})
        return out

    def failures(self) -> list[tuple[int, str]]:
        """Seed and error of runs that failed."""
        return [self.failed[run] for run in sorted(self.failed)]

    def _known(self, run: int) -> bool:
        return run in self.figures or run in self.failed

    def _values(self, point: Point) -> dict[str, float]:
        return {each.path: each.value(severity) for each, severity in zip(self.found.along, point, strict=True)}

    def _enter(self, new: list[tuple[Point, int]]) -> None:
        if not new:
            return
        self.points += [point for point in dict.fromkeys(point for point, _ in new) if point not in self.points]
        first, at = len(self.number), {point: number for number, point in enumerate(self.points)}
        entered = [(first + k, at[point], 0, seed) for k, (point, seed) in enumerate(new)]
        self.store.extend({"severities": self.points, "points": [self._values(point) for point in self.points]},
                          entered)
        self.number |= {each: row[0] for each, row in zip(new, entered, strict=True)}

    def _note(self, outcome: Outcome) -> None:
        if outcome.status == "finished":
            self.figures[outcome.run] = self._looked(outcome.figures)
        else:
            self.failed[outcome.run] = (outcome.seed, outcome.error)

    def _read(self, parts: set[int], done: set[int]) -> None:
        """The figures of runs that were done before."""
        table = read_parts(self.store.folder, "figures", parts) if done else None
        if table is None:
            return
        columns = tables.to_numpy(table)
        for row, run in enumerate(columns["run"].tolist()):
            if run in done:
                self.figures[run] = self._looked({name: float(values[row]) for name, values in columns.items()})

    def _looked(self, figures: Mapping[str, float]) -> dict[str, float]:
        """The figures that the condition looks at and that are known."""
        names = self.found.condition.names
        return {name: figures[name] for name in names if name in figures and not math.isnan(figures[name])}
