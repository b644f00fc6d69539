"""Who does the runs of an experiment: this process, its threads, or other processes. The results are the same.

An executor takes tasks one at a time as it has room for them, and hands back outcomes as they come. A run that
fails, or that takes its process down with it, ends in its own outcome and leaves the others alone.
"""

from __future__ import annotations

import importlib
import math
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sim.errors import BadInput, Where, bad_input, near_miss, quoted
from sim.one_run import Job, Outcome, execute
from sim.plugin_files import PluginFile, activate
from sim.pool import warm

LOOK_AGAIN = 0.2  # seconds between two looks at whether to stop
ENDED = "the process that did this run was ended from outside, as happens when memory runs out"
Stopping = Callable[[], bool]


@dataclass(frozen=True)
class Task:
    """One run: ``run`` is its number in the experiment, ``keep`` the tables to hand back besides its figures.

    work    : "module:function" of what is done instead of a plain run: a function of the task that gives an Outcome
    options : what that function needs to know besides, as values that a process can be sent
    means   : daily columns whose mean over the days is a figure besides, each with what it is called and its unit
    """

    scenario: Any
    run: int
    seed: int
    keep: tuple[str, ...] = ()
    work: str = ""
    options: tuple[Any, ...] = ()
    means: tuple[tuple[str, str], ...] = ()


def perform(task: Task) -> Outcome:
    """Do one run; whatever goes wrong ends in its outcome."""
    try:
        if task.work:
            module, function = task.work.split(":")
            return _guarded(getattr(importlib.import_module(module), function), task)
        outcome = execute(Job(task.scenario, task.run, task.seed, None), lambda: None)
    except BadInput as error:
        outcome = Outcome(task.run, task.seed, status="failed", error=str(error))
    if outcome.status == "finished" and task.means:
        _add_means(outcome, task.means)
    outcome.tables = {name: outcome.tables[name] for name in task.keep if name in outcome.tables}
    return outcome


def _add_means(outcome: Outcome, means: Sequence[tuple[str, str]]) -> None:
    """Make figures of daily columns; a run without one of them has failed."""
    daily = outcome.tables["daily"]
    for column, told in means:
        if column not in daily.column_names:
            outcome.status, outcome.error = "failed", (
                f'there is no daily column "{column}"{near_miss(column, daily.column_names) or ""}')
            return
        label, _, unit = told.rpartition(", ")
        values = daily[column].to_numpy().astype(float)
        known = values[~np.isnan(values)]
        outcome.figures[f"mean_{column}"] = float(np.mean(known)) if len(known) else math.nan
        outcome.about[f"mean_{column}"] = {"label": label or told, "unit": unit if label else "", "better": "",
                                           "doc": "", "metric": "mean"}


def _guarded(work: Callable[[Task], Outcome], task: Task) -> Outcome:
    """What a piece of work gives; an error inside it is the outcome of that task alone."""
    try:
        return work(task)
    except BadInput:
        raise
    except Exception:
        return Outcome(task.run, task.seed, status="failed", error=traceback.format_exc())


class Runner(Protocol):
    """What every executor does. It is used in a ``with`` block, which ends what it started."""

    def __enter__(self) -> Runner: ...

    def __exit__(self, *error: object) -> None: ...

    def outcomes(self, tasks: Iterable[Task], stopping: Stopping = lambda: False) -> Iterator[Outcome]:
        """The outcome of each task, in the order in which they end.

        stopping : asked now and then; once it says yes, nothing more is begun and what runs is finished
        """
        ...


class Serial:
    """One run after another, in this process."""

    def __enter__(self) -> Serial:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def outcomes(self, tasks: Iterable[Task], stopping: Stopping = lambda: False) -> Iterator[Outcome]:
        """See Runner."""
        for task in tasks:
            yield perform(task)
            if stopping():
                return


class Threads:
    """Runs side by side in this process: kernels let one another through, the Python between them does not."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.pool: Executor | None = None

    def start(self, workers: int) -> Executor:
        """A new pool."""
        return ThreadPoolExecutor(workers, thread_name_prefix="run")

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
            self.pool = None

    def outcomes(self, tasks: Iterable[Task], stopping: Stopping = lambda: False) -> Iterator[Outcome]:
        """See Runner."""
        source, waiting = iter(tasks), dict[Future[Outcome], Task]()
        more = True
        while True:
            while more and not stopping() and len(waiting) < self.jobs + 1:  # one ahead, so that nobody waits
                task = next(source, None)
                more = task is not None
                if task is not None:
                    waiting[self.submit(task)] = task
            if not waiting:
                return
            over, _ = wait(waiting, LOOK_AGAIN, FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenProcessPool) for future in over):
                yield from self.one_by_one(waiting)
                waiting = {}
                continue
            for future in over:
                del waiting[future]
                yield future.result()
            if stopping():
                waiting = {future: task for future, task in waiting.items() if not future.cancel()}

    def submit(self, task: Task) -> Future[Outcome]:
        """Hand a task to the pool; one that has just broken says so through the answer."""
        self.pool = self.pool or self.start(self.jobs)
        try:
            return self.pool.submit(perform, task)
        except BrokenProcessPool as error:
            broken: Future[Outcome] = Future()
            broken.set_exception(error)
            return broken

    def one_by_one(self, suspects: dict[Future[Outcome], Task]) -> Iterator[Outcome]:
        """A process died and took its neighbours along: each run in hand is done alone, to find whose it was."""
        self.__exit__()
        for future, task in suspects.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                yield future.result()
                continue
            with self.start(1) as alone:
                try:
                    yield alone.submit(perform, task).result()
                except BrokenProcessPool:
                    yield Outcome(task.run, task.seed, status="failed", error=ENDED)


class Processes(Threads):
    """Runs side by side in processes of their own, which are started anew and find compiled code in the cache."""

    def __init__(self, jobs: int, plugins: Sequence[PluginFile] = ()) -> None:
        super().__init__(jobs)
        self.plugins = tuple(plugins)

    def start(self, workers: int) -> Executor:
        """A new pool."""
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, context, _begin, (self.plugins,))


def _begin(plugins: Sequence[PluginFile]) -> None:
    """Make a new process ready: the user's own files, and Ctrl-C left to the parent, with whom it ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    activate([(Path(plugin.path), Where(plugin.path)) for plugin in plugins])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody is left to hand a result to


KINDS = ("serial", "threads", "processes")


def runner(kind: str | None, jobs: int, scenarios: Sequence[Any], cluster: str | None = None) -> Runner:
    """The executor that is meant, with compiled code and the user's own files ready.

    kind    : "serial", "threads" or "processes"; for None processes if there are several jobs
    cluster : address of a Dask scheduler, or "local:4"; then neither ``kind`` nor ``jobs`` counts
    """
    kind = kind or ("processes" if jobs > 1 else "serial")
    if kind not in KINDS:
        raise bad_input("executor", f'there is no executor "{kind}"{near_miss(kind, KINDS) or ";"} '
                                    f"there are: {quoted(KINDS)}")
    if jobs < 1:
        raise bad_input("jobs", "at least one process is needed")
    plugins = tuple(dict.fromkeys(plugin for scenario in scenarios for plugin in scenario.plugins))
    activate([(Path(plugin.path), Where(plugin.path)) for plugin in plugins])
    if cluster is not None:
        from sim.experiments.cluster import Cluster  # the one executor that needs a package of its own

        made = Cluster(cluster, plugins)
        if made.workers_wanted:
            warm(Job(scenarios[0], 1, scenarios[0].seed, None))  # workers of this machine share its cache
        return made
    if kind == "serial":
        return Serial()
    warm(Job(scenarios[0], 1, scenarios[0].seed, None))
    return Threads(jobs) if kind == "threads" else Processes(jobs, plugins)
