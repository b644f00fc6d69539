"""Many runs: one after another in this process, or side by side in several."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from sim import jit
from sim.errors import Where
from sim.one_run import Job, Outcome, StopRun, execute
from sim.plugin_files import activate

LOOK_AGAIN = 0.2  # seconds between two looks at how far the processes are
Show = Callable[[int, int], None]
Note = Callable[[Outcome], None]


def execute_all(jobs: Sequence[Job], processes: int, show: Show, note: Note) -> tuple[list[Outcome], bool]:
    """Do every job; returns the outcomes and whether Ctrl-C ended it early.

    show : told days done and days in all; note : told of each run that is over
    """
    if processes == 1 or len(jobs) == 1:
        return _one_after_another(jobs, show, note)
    warm(jobs[0])
    return _side_by_side(jobs, min(processes, len(jobs)), show, note)


def days_of(scenario: Any) -> int:
    """Business days that a run steps through, those before the first reported one included."""
    warm_up = getattr(getattr(scenario, "market", None), "warm_up", 0)
    return int(scenario.days + min(warm_up, getattr(scenario, "burn_in", warm_up)))


def _one_after_another(jobs: Sequence[Job], show: Show, note: Note) -> tuple[list[Outcome], bool]:
    outcomes: list[Outcome] = []
    done, total = 0, sum(days_of(job.scenario) for job in jobs)
    for job in jobs:
        base = done

        def on_day() -> None:
            nonlocal done
            done += 1
            show(done, total)

        outcome = execute(job, on_day)
        done = base + days_of(job.scenario)
        show(done, total)
        outcomes.append(outcome)
        note(outcome)
        if outcome.status == "stopped":
            return outcomes, True
    return outcomes, False


def warm(job: Job) -> None:
    """Compile every kernel once, in this process, so that the others find it in the cache."""
    if not jit.is_warm():
        days = iter(range(2))

        def on_day() -> None:
            if next(days, None) is None:
                raise StopRun

        execute(Job(job.scenario, job.run, job.seed, None), on_day)


# --- in other processes -------------------------------------------------------------------------------

_PROGRESS: Any = None  # shared with the parent: [0] is 1 when all shall stop, [run] the days done


def _begin(progress: Any, plugins: Sequence[Any]) -> None:
    """Make a new process ready; the user's own files are loaded before a scenario that uses them arrives."""
    global _PROGRESS
    _PROGRESS = progress
    activate([(Path(plugin.path), Where(plugin.path)) for plugin in plugins])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means


def _work(job: Job) -> Outcome:
    def on_day() -> None:
        _PROGRESS[job.run] += 1
        if _PROGRESS[0]:
            raise StopRun

    if _PROGRESS[0]:
        return Outcome(job.run, job.seed, status="stopped")
    return execute(job, on_day)


def _side_by_side(jobs: Sequence[Job], processes: int, show: Show, note: Note) -> tuple[list[Outcome], bool]:
    context = multiprocessing.get_context("spawn")
    progress = context.Array("q", 1 + max(job.run for job in jobs), lock=False)
    total, outcomes, stopped = sum(days_of(job.scenario) for job in jobs), [], False
    plugins = getattr(jobs[0].scenario, "plugins", ())
    with ProcessPoolExecutor(processes, context, _begin, (progress, plugins)) as pool:
        waiting: dict[Future[Outcome], Job] = {pool.submit(_work, job): job for job in jobs}
        while waiting:
            try:
                over, _ = wait(waiting, LOOK_AGAIN, FIRST_COMPLETED)
                show(min(sum(progress[1:]), total), total)
                for future in over:
                    outcome = _outcome(future, waiting.pop(future))
                    outcomes.append(outcome)
                    note(outcome)
            except KeyboardInterrupt:
                stopped, progress[0] = True, 1
            except BaseException:
                progress[0] = 1
                raise
    show(total, total)
    return outcomes, stopped


def _outcome(future: Future[Outcome], job: Job) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        reason = "the process that did this run was ended from outside, as happens when memory runs out"
        return Outcome(job.run, job.seed, status="failed", error=reason)
