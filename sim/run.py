"""Runs of a scenario, one or many, and the results folder that they leave behind.

Tables are written as a run goes; whatever ends it early (Ctrl-C, a full disk, kill -9) leaves the days it
had finished readable, and a manifest that says "unfinished".
"""

from __future__ import annotations

import datetime as dt
import operator
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sim import provenance, tables
from sim.errors import BadInput, bad_input
from sim.folder import PARAMETERS, SCENARIO, ResultsFolder, write_text
from sim.one_run import CannotWrite, Job, Outcome
from sim.pool import execute_all
from sim.record import TABLES, WRITTEN
from sim.results import Results, open_results
from sim.scenario import Scenario
from sim.shape import bounds
from sim.summary import Summary

Progress = Callable[[int, int], None]
FORMAT = 1  # of a results folder
PLUGINS = "plugins"  # where the user's own files are kept in it


class Stopped(KeyboardInterrupt):
    """Ctrl-C during a run; what was finished has been put away in ``folder``."""

    def __init__(self, message: str, folder: Path) -> None:
        super().__init__(message)
        self.folder = folder


def default_folder(scenario: Scenario, seeds: Sequence[int] | None = None, parent: Path | str = "results") -> Path:
    """``results/<scenario>-<hash8>``: the same scenario and seeds always have the same folder."""
    own = seeds is None or tuple(seeds) == (scenario.seed,)
    digits = scenario.hash8() if own else provenance.text_hash(scenario.hash8(), repr(tuple(seeds or ())))[:8]
    return Path(parent) / f"{scenario.name}-{digits}"


def run(scenario: Scenario | str | Path, seeds: Sequence[int] | int | None = None, out: Path | str | None = None,
        record: str | None = None, progress: bool | Progress = False, jobs: int = 1, command_line: str | None = None,
        *, seed: int | None = None, days: int | None = None) -> Results:
    """Run a scenario with each seed and give back what the runs leave behind.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped one
    seeds    : one run for each; the scenario's own if left out (``seed`` is the same for a single one)
    out      : the results folder; nothing is written if left out. See ``default_folder``
    record   : "summary", "daily" or "full" instead of what the scenario says
    progress : True for a bar on standard error, or a function of (days done, days in all)
    jobs     : processes; the results are the same for any number of them
    days     : instead of the scenario's own

    Raises
    ------
    BadInput    before anything is run: a bad scenario, repeated seeds, a folder that cannot be written
    CannotWrite when the disk fills up; what was written stays readable
    Stopped     on Ctrl-C, once everything finished has been put away

    A run that fails with an error is recorded with its traceback and the others go on: see ``Results.failed``.
    """
    scenario = _prepare(scenario, record, days)
    seeds = _seeds(scenario, (seed,) if seed is not None else seeds)
    if whole("jobs", jobs) < 1:
        raise bad_input("jobs", "at least one process is needed")
    manifest = _manifest(scenario, seeds, jobs, command_line)
    folder = None if out is None else ResultsFolder(Path(out))
    work = [Job(scenario, number, seed, folder.path if folder else None) for number, seed in enumerate(seeds, 1)]
    try:
        if folder:
            folder.write_manifest(manifest)
            _keep_scenario(folder.path, scenario)
        with _bar(progress, scenario) as show:
            outcomes, stopped = execute_all(work, jobs, show, lambda done: _note(folder, manifest, done))
        results = _finish(folder, scenario, manifest, outcomes, stopped)
    except BadInput:
        if folder:
            folder.discard()
        raise
    except KeyboardInterrupt:  # between two runs, or while results were put away
        if folder:
            folder.release()
        raise Stopped(_stopped_text(manifest, folder.path if folder else None), Path(out or "")) from None
    except OSError as error:
        assert folder is not None, error
        raise _full(folder, error) from error
    if stopped:
        raise Stopped(_stopped_text(manifest, results.folder), results.folder or Path())
    return results


class _Callable(ModuleType):
    """So that ``sim.run(...)`` runs a scenario although ``sim.run`` is also this file."""

    def __call__(self, *args: Any, **kwargs: Any) -> Results:
        return run(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable


# --- before -------------------------------------------------------------------------------------------


def _prepare(scenario: Scenario | str | Path, record: str | None, days: int | None) -> Scenario:
    if isinstance(scenario, str | Path):
        scenario = Scenario.load(scenario)
    if not isinstance(scenario, Scenario):
        raise bad_input("scenario", f"a scenario, a file or the name of a shipped one is expected, not {scenario!r}")
    changes: dict[str, Any] = {} if days is None else {"days": whole("days", days)}
    limits = Scenario.model_fields["days"].metadata
    if changes and not all(getattr(at, "ge", 1) <= changes["days"] <= getattr(at, "le", 2**63) for at in limits):
        raise bad_input("days", f"{days} is out of reach; it must be {bounds(limits)}")
    if record is not None:
        if record not in WRITTEN:
            raise bad_input("record", f'"{record}" is none of {", ".join(WRITTEN)}')
        changes["record"] = scenario.record.model_copy(update={"level": record})
    return scenario.model_copy(update=changes) if changes else scenario


def _keep_scenario(folder: Path, scenario: Scenario) -> None:
    """The resolved scenario, its parameters with their sources, and the user's own files: enough to run it again."""
    write_text(folder / SCENARIO, scenario.resolved_yaml(PLUGINS))
    write_text(folder / PARAMETERS, provenance.parameter_table(scenario))
    for plugin in scenario.plugins:
        (folder / PLUGINS).mkdir(exist_ok=True)
        shutil.copyfile(plugin.path, folder / PLUGINS / Path(plugin.path).name)
    if scenario.replayed is not None and not scenario.replayed.shipped:
        scenario.replayed.write(folder / scenario.replayed.kept_as)


def _seeds(scenario: Scenario, seeds: Sequence[int] | int | None) -> tuple[int, ...]:
    given = scenario.seed if seeds is None else seeds
    found = tuple(whole("seeds", each) for each in (given if isinstance(given, Iterable) else (given,)))
    if not found or len(set(found)) < len(found):
        raise bad_input("seeds", "at least one seed is needed, and none twice: equal seeds give equal runs")
    if min(found) < 0 or max(found) >= 2**63:
        raise bad_input("seeds", "a seed is a whole number from 0 to 2**63 - 1")
    return found


def whole(name: str, value: Any) -> int:
    """A whole number of any kind, numpy's too; nothing is rounded. Raises BadInput for anything else."""
    try:
        return operator.index(value)
    except TypeError:
        raise bad_input(name, f"{value!r} is no whole number") from None


def _manifest(scenario: Scenario, seeds: tuple[int, ...], jobs: int, command_line: str | None) -> dict[str, Any]:
    return {
        "format": FORMAT, "status": "unfinished", "name": scenario.name, "title": scenario.title,
        "question": scenario.question, "scenario_hash": scenario.hash8(),
        "plugins": [{"path": plugin.path, "sha256": plugin.sha256} for plugin in scenario.plugins],
        **({"series": scenario.replayed.provenance} if scenario.replayed else {}),
        "command_line": command_line or provenance.command_line(), "seeds": list(seeds), "days": scenario.days,
        "sectors": {kind.label: kind.sector for kind in scenario.agents}, "record": scenario.record.level,
        "jobs": jobs, "start": _now(), "end": None, "wall_seconds": None,
        "environment": provenance.environment(), "description": scenario.describe(),
        "runs": [{"run": number, "seed": seed, "status": "unfinished"} for number, seed in enumerate(seeds, 1)],
        "began": time.time()}


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


@contextmanager
def _bar(progress: bool | Progress, scenario: Scenario) -> Iterator[Progress]:
    """What is told about days done: nothing, a bar on standard error, or the caller's own function."""
    if callable(progress):
        yield progress
    elif not progress:
        yield lambda done, total: None
    else:
        from tqdm import tqdm  # imported where a bar is wanted

        with tqdm(desc=scenario.name, unit="day", file=sys.stderr, dynamic_ncols=True, leave=False) as bar:
            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield show


# --- after --------------------------------------------------------------------------------------------


def _note(folder: ResultsFolder | None, manifest: dict[str, Any], outcome: Outcome) -> None:
    """One more run is over: the manifest says so at once."""
    manifest["runs"][outcome.run - 1] = outcome.as_dict()
    if folder:
        folder.write_manifest(manifest)


def _finish(folder: ResultsFolder | None, scenario: Scenario, manifest: dict[str, Any], outcomes: list[Outcome],
            stopped: bool) -> Results:
    """Tables in one piece, summary, final manifest; then the folder is put in place."""
    states = {row["status"] for row in manifest["runs"]}
    manifest["status"] = ("unfinished" if stopped else "finished" if states == {"finished"}
                          else "some runs failed" if "finished" in states else "failed")
    manifest["end"], manifest["wall_seconds"] = _now(), round(time.time() - manifest.pop("began"), 3)
    good = sorted((o for o in outcomes if o.status == "finished"), key=lambda o: o.run)
    about = {name: what for outcome in good for name, what in outcome.about.items()}
    summary = Summary([(o.run, o.seed, o.figures) for o in good], about)
    if folder is None:
        kept = {name: _together(outcomes, name) for name in TABLES}
        return Results(manifest, summary, kept, list(provenance.parameters(scenario)))
    for name in WRITTEN[manifest["record"]]:
        tables.merge(folder.path, name)
    write_text(folder.path / "summary.json", summary.as_json())
    write_text(folder.path / "summary.csv", summary.as_csv())
    folder.write_manifest(manifest)
    return open_results(folder.finish(replace=manifest["status"] == "finished"))


def _together(outcomes: list[Outcome], name: str) -> Any:
    parts = [outcome.tables[name] for outcome in sorted(outcomes, key=lambda o: o.run) if name in outcome.tables]
    return tables.together(parts)


def _full(folder: ResultsFolder, error: OSError) -> CannotWrite:
    """The disk is full or gone: the manifest on it already says "unfinished"."""
    folder.release()
    reason = os.strerror(error.errno) if error.errno else error
    return CannotWrite(f"{folder.path}: writing failed ({reason}); what had been written before can be read")


def _stopped_text(manifest: dict[str, Any], folder: Path | None) -> str:
    finished = sum(row["status"] == "finished" for row in manifest["runs"])
    days = ", ".join(f"{row.get('days', 0)} of {manifest['days']} days of run {row['run']}" for row in manifest["runs"]
                     if row["status"] == "stopped")
    where = f"; kept in {folder}" if folder else ""
    return f"stopped with {finished} of {len(manifest['runs'])} runs finished{f' and {days}' if days else ''}{where}"
