"""Set parameters so that moments come out: the method of simulated moments.

Each trial runs the same histories with other parameters. Trials are chosen by optuna's tree of Parzen estimators, in
batches of a fixed size and with luck of their own for each batch, so that what is found depends neither on the number
of processes nor on whether the search was interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim import provenance
from sim.errors import bad_input, shown
from sim.experiments.calibrate_file import Plan
from sim.experiments.calibrate_moments import Goal, bootstrap, covariance, measured
from sim.experiments.calibrate_read import load_calibration
from sim.experiments.calibrate_search import Search, Tried
from sim.experiments.calibrate_worlds import WORK
from sim.experiments.executors import Runner, Task, runner
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.experiments.store import Store
from sim.folder import write_text

FRESH, REFERENCE, TRUTH = 1_000_000, 2_000_000, 3_000_000  # seeds apart from those of the trials
NUDGE = 0.05  # share of the range over which slopes are taken to either side; judgement: above the noise of luck
Point = dict[str, float]


@dataclass
class Calibrated:
    """What a calibration found.

    tried    : every trial that has ended, in order
    start, best : parameters of the base, and of the trial nearest to the goal; ``errors`` their standard errors
    moments  : name -> real value, its standard error, mean at the base's values, mean at the best, on fresh luck
    distance : J "at the base's values" and "at the best", each on the trials' luck and on fresh luck
    """

    plan: Plan
    folder: Path
    goal: Goal
    tried: list[Tried] = field(default_factory=list)
    start: Point = field(default_factory=dict)
    best: Point = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    moments: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    distance: dict[str, float] = field(default_factory=dict)
    stopped: bool = False

    @property
    def freedom(self) -> int:
        """Moments less parameters: about the J of a model that is right."""
        return len(self.goal.names) - len(self.plan.calibration.parameters)


class Interrupted(Exception):
    """Ctrl-C: what was finished is kept."""


class Laboratory:
    """Runs histories at points, and remembers in the folder's ledger what has been measured there."""

    def __init__(self, plan: Plan, store: Store, workers: Runner, stop: Callable[[], bool], told: Progress) -> None:
        self.plan, self.store, self.workers, self.stop, self.told = plan, store, workers, stop, told
        self.works = False  # whether any history has gone to its end
        c = plan.calibration
        self.names = tuple(f"{t.name}: {moment}" for t in c.targets for moment in t.wanted)
        self.options = (c.world, plan.days, *((t.name, t.simulated, plan.length(t), t.wanted) for t in c.targets))

    def outcomes(self, points: Sequence[Mapping[str, float]], seeds: Sequence[int]) -> list[list[Any]]:
        """The outcome of each history at each point. Raises Interrupted, and BadInput for what cannot be measured."""
        tasks = [Task(scenario, at * len(seeds) + number, seed, work=WORK, options=self.options)
                 for at, scenario in enumerate(map(self.plan.scenario, points)) for number, seed in enumerate(seeds)]
        done: dict[int, Any] = {}
        for outcome in self.workers.outcomes(tasks, self.stop):
            done[outcome.run] = outcome
            self.told.tell(outcome.status == "failed")
        if len(done) < len(tasks) or any(outcome.status == "stopped" for outcome in done.values()):
            raise Interrupted
        self.works |= any(outcome.status == "finished" for outcome in done.values())
        if not self.works:
            raise bad_input(shown(self.plan.source), "every history fails, the first with: "
                            + done[0].error.strip().splitlines()[-1])
        return [[done[at * len(seeds) + number] for number in range(len(seeds))] for at in range(len(points))]

    def measure(self, points: Sequence[Mapping[str, float]], seeds: Sequence[int]) -> np.ndarray:
        """float64[points, histories, moments]; nan where a history failed."""
        return np.array([[[outcome.figures.get(name, math.nan) for name in self.names] for outcome in row]
                         for row in self.outcomes(points, seeds)])

    def once(self, key: str, points: Sequence[Mapping[str, float]], seeds: Sequence[int]) -> np.ndarray:
        """As ``measure``, unless it has been measured before under this key."""
        whole = f"{key} {provenance.text_hash(repr([sorted(point.items()) for point in points]), repr(list(seeds)))}"
        known = self.store.about(whole)
        if known is None:
            known = self.measure(points, seeds).tolist()
            self.store.note(whole, known)
        return np.array(known, np.float64)

    def seeds(self, first: int = 0, count: int = 0) -> list[int]:
        """Seeds of histories: those of the trials, or others from ``first`` on."""
        start = self.plan.scenario(self.plan.start).seed + first
        return [start + number for number in range(count or self.plan.calibration.histories)]


def goal_of(laboratory: Laboratory, real: Mapping[str, np.ndarray], published: Mapping[str, float]) -> Goal:
    """What is to be met, with its covariance: by bootstrap where there are prices, else over simulated histories.

    real      : target -> its prices
    published : "target: moment" -> value, where there are none
    """
    c = laboratory.plan.calibration
    names, values = laboratory.names, []
    cover = np.zeros((len(names), len(names)))
    if published:
        samples = laboratory.once("reference", [laboratory.plan.start], laboratory.seeds(REFERENCE, c.reference))[0]
    for target in c.targets:
        own = np.array([names.index(f"{target.name}: {moment}") for moment in target.wanted])
        if target.name in real:
            prices = real[target.name]
            values += measured(prices, target.wanted)
            found = covariance(bootstrap(prices, target.wanted, target.block, c.resamples, c.seed), c.shrinkage)
        else:
            values += [published[names[at]] for at in own]
            found = covariance(samples[:, own], c.shrinkage)
        cover[np.ix_(own, own)] = found
    wrong = [name for name, value, spread in zip(names, values, np.diag(cover), strict=True)
             if not (math.isfinite(value) and math.isfinite(spread))]
    if wrong:
        raise bad_input("targets", f"{', '.join(wrong)} cannot be told from the real series, or varies without bound")
    return Goal(names, np.array(values), cover)


def fit(laboratory: Laboratory, goal: Goal, trials: int, folder: Path) -> Calibrated:
    """Search, and judge the best point on fresh luck. What Ctrl-C leaves undone is left for the next time."""
    plan = laboratory.plan
    out = Calibrated(plan, folder, goal, start=plan.start)
    with Search(folder, plan.calibration) as search:
        try:
            _explore(laboratory, goal, search, trials)
            out.tried = search.tried()
            good = [trial for trial in out.tried if math.isfinite(trial.distance)]
            if good:
                _judge(laboratory, out, min(good, key=lambda trial: trial.distance))
        except Interrupted:
            out.tried, out.stopped = search.tried(), True
    return out


def _explore(laboratory: Laboratory, goal: Goal, search: Search, trials: int) -> None:
    """Batch after batch until there are as many trials as wanted."""
    first = {p.label: p.share(laboratory.plan.start[p.label]) for p in laboratory.plan.calibration.parameters}
    inside = first if all(0 <= share <= 1 for share in first.values()) else None
    while len(search.tried()) < trials:
        asked = search.ask(inside)
        points = [{p.label: p.value(shares[p.label]) for p in laboratory.plan.calibration.parameters}
                  for shares in asked]
        found = laboratory.measure(points, laboratory.seeds())
        search.tell([goal.distance(simulated) for simulated in found], points)


def _judge(laboratory: Laboratory, out: Calibrated, trial: Tried) -> None:
    """The best trial and the base's values on fresh luck, and how well the moments tell the parameters."""
    plan, goal = out.plan, out.goal
    out.best = trial.values
    ours = laboratory.once("start", [plan.start], laboratory.seeds())[0]
    fresh = laboratory.once("fresh", [plan.start, trial.values], laboratory.seeds(FRESH))
    out.distance = {"start": goal.distance(ours), "best": trial.distance,
                    "start, fresh": goal.distance(fresh[0]), "best, fresh": goal.distance(fresh[1])}
    spread = np.sqrt(np.diag(goal.cover))
    rows = zip(goal.real, spread, fresh[0].mean(axis=0), fresh[1].mean(axis=0), strict=True)
    out.moments = {name: tuple(map(float, row)) for name, row in zip(goal.names, rows, strict=True)}  # type: ignore[misc]
    slopes = np.empty((len(goal.names), len(plan.calibration.parameters)))
    ends = []
    for parameter in plan.calibration.parameters:
        share = parameter.share(trial.values[parameter.label])
        ends += [trial.values | {parameter.label: parameter.value(float(np.clip(share + side * NUDGE, 0, 1)))}
                 for side in (-1, 1)]
    around = laboratory.once("slopes", ends, laboratory.seeds()).mean(axis=1)
    for at, parameter in enumerate(plan.calibration.parameters):
        gap = ends[2 * at + 1][parameter.label] - ends[2 * at][parameter.label]
        slopes[:, at] = (around[2 * at + 1] - around[2 * at]) / (gap or math.nan)
    out.errors = dict(zip((p.label for p in plan.calibration.parameters),
                          map(float, goal.errors(slopes, plan.calibration.histories)), strict=True))


def default_folder(plan: Plan) -> Path:
    """``results/<calibration>-<hash8>``."""
    return Path("results") / f"{plan.calibration.name}-{plan.digest()}"


def open_folder(plan: Plan, folder: Path, resume: bool, kind: str) -> Store:
    """The folder of a calibration, claimed. Raises BadInput for one of another calibration, program or user."""
    store = Store(folder)
    try:
        source, where = provenance.source_hash(), shown(store.folder)
        about = {"digest": f"{kind} {plan.digest()}", "source": source, "environment": provenance.environment(),
                 "command_line": provenance.command_line()}
        if not store.begun:
            write_text(store.folder / "calibration.yaml", plan.source.read_text(encoding="utf-8"))
            store.enter(about, [])
        elif store.about("digest") != about["digest"]:
            raise bad_input(where, "this folder holds another calibration; give --out another one")
        elif store.about("source") != source:
            raise bad_input(where, "the program has changed since this calibration was begun; give --out another one")
        elif not resume:
            raise bad_input(where, "this calibration was begun; go on with --resume, or give --out another folder")
    except BaseException:
        store.__exit__()
        raise
    return store


def calibrate(source: Plan | str | Path, trials: int | None = None, jobs: int = 1, *, out: Path | str | None = None,
              resume: bool = False, progress: bool = False) -> Calibrated:
    """Estimate a calibration's parameters, and write what was found into its folder.

    Parameters
    ----------
    source : a file, a shipped name, or what ``load_calibration`` gave
    trials : points to try (default: the file's); whole batches are done
    jobs   : processes; the bits do not depend on it
    out    : the folder; see ``default_folder``
    resume : go on with a calibration that was begun, or add trials to one

    Raises BadInput for a calibration that cannot be done, and for a folder that cannot be used.
    """
    plan = source if isinstance(source, Plan) else load_calibration(source)
    wanted = trials or plan.calibration.trials
    folder = Path(out) if out is not None else default_folder(plan)
    with open_folder(plan, folder, resume, "calibration") as store:
        told = Progress(histories(plan, wanted), shown=progress)
        base = plan.scenario(plan.start)
        with runner(None, jobs, [base]) as workers, stop_on_interrupt() as stop:
            laboratory = Laboratory(plan, store, workers, stop, told)
            published = {f"{t.name}: {name}": value for t in plan.calibration.targets
                         for name, value in t.published.items()}
            try:
                found = fit(laboratory, goal_of(laboratory, plan.prices, published), wanted, store.folder)
            except Interrupted:
                found = Calibrated(plan, store.folder, Goal((), np.empty(0), np.empty((0, 0))), stopped=True)
        told.end()
    if found.best:
        from sim.experiments.calibrate_write import write

        write(found)
    return found


def histories(plan: Plan, trials: int) -> int:
    """About how many histories a calibration takes."""
    c = plan.calibration
    reference = c.reference if any(target.published for target in c.targets) else 0
    return reference + c.histories * (-(-trials // c.batch) * c.batch + 3 + 2 * len(c.parameters))
