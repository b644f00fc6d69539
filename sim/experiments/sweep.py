"""Run a study: every point with the same seeds, kept in a folder that survives whatever ends the program."""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc

from sim import provenance, tables
from sim.errors import bad_input, shown
from sim.experiments.executors import Task, perform, runner
from sim.experiments.keeping import PART, keep_all
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.experiments.store import PARTS, LedgerReader, Store, figures_table, read_parts
from sim.experiments.study import Plan, load_study
from sim.folder import write_text
from sim.record import WRITTEN
from sim.summary import AGGREGATES, interval


class Estimate(NamedTuple):
    """What a study will take: its size, and time and disk from one run of its middle point."""

    points: int
    runs: int
    seconds: float  # with the given number of jobs
    megabytes: float
    pilot: float  # seconds of the run that was measured


def default_folder(plan: Plan) -> Path:
    """``results/<study>-<hash8>``."""
    return Path("results") / f"{plan.study.name}-{plan.digest()}"


def estimate(study: Plan | str | Path, jobs: int = 1) -> Estimate:
    """Run the middle point once and say what the whole study will take; nothing is kept."""
    plan = study if isinstance(study, Plan) else load_study(study)
    middle = plan.scenario(len(plan.points) // 2)
    with runner("serial" if jobs == 1 else "processes", jobs, [middle]):
        task = Task(middle, 0, middle.seed, WRITTEN[plan.study.record])
        perform(Task(middle.model_copy(update={"days": 1, "shocks": (), "policies": ()}), 0, middle.seed))  # compiles
        outcome = perform(task)
    if outcome.status != "finished":
        raise bad_input(shown(plan.source), "the pilot run failed: " + outcome.error.strip().splitlines()[-1])
    with tempfile.TemporaryDirectory() as place:
        size = 600.0  # of a row of the ledger
        for name, table in {"figures": figures_table([outcome] * PART, plan.study.metrics), **outcome.tables}.items():
            path = Path(place) / f"{name}.parquet"
            tables.write(path, table)
            size += path.stat().st_size / (PART if name == "figures" else 1)
    return Estimate(len(plan.points), plan.total, plan.total * outcome.wall_seconds / jobs,
                    plan.total * size / 1e6, outcome.wall_seconds)


def sweep(study: Plan | str | Path, out: Path | str | None = None, jobs: int = 1, *, resume: bool = False,
          executor: str | None = None, cluster: str | None = None, progress: bool = False) -> StudyResults:
    """Do every run of a study that is not done yet.

    Parameters
    ----------
    study    : a file, a shipped name, or what ``load_study`` gave
    out      : the study's folder; see ``default_folder``
    jobs     : processes; ``executor`` chooses "serial", "threads" or "processes" instead. The bits are the same
    cluster  : address of a Dask scheduler, or "local:4", that does the runs instead
    resume   : go on with a study that was begun; runs that had failed are tried again

    Ctrl-C finishes what is running. A run that fails leaves the others alone; see ``StudyResults.failed``.
    Raises BadInput before anything is run: a bad study, a folder of another one or in use, a study begun before
    where ``resume`` is not asked for. Raises CannotWrite when the disk is full; what was finished is kept.
    """
    plan = study if isinstance(study, Plan) else load_study(study)
    if jobs < 1:
        raise bad_input("jobs", "at least one process is needed")
    folder = Path(out) if out is not None else default_folder(plan)
    with Store(folder) as store:
        _check(store, plan, resume)
        with runner(executor, jobs, [plan.scenario(0)], cluster) as workers, stop_on_interrupt() as stop:
            _enter(store, plan)
            pending = store.pending()
            entered, = store.ledger.execute("SELECT count(*) FROM runs").fetchone()
            total = max(plan.total, entered)  # it may have grown
            shown_ = Progress(total, total - len(pending), progress)
            keep_all(store, workers.outcomes(_tasks(store, plan, pending), stop), shown_, stop, plan.study.metrics)
        store.stop()
        results = StudyResults(store.folder)
        write_text(store.folder / "summary.csv", results.summary_csv())
        return results


def _check(store: Store, plan: Plan, resume: bool) -> None:
    """Refuse a folder of another study, of another program, or one begun before where that is not asked for."""
    if not store.begun:
        return
    where = shown(store.folder)
    if store.about("digest") != plan.digest():
        raise bad_input(where, "this folder holds another study; give --out another one")
    if store.about("source") != provenance.source_hash():
        raise bad_input(where, "the program has changed since this study was begun, and its runs would not be alike; "
                               "give --out another folder to begin anew")
    done, total = StudyResults(store.folder).progress
    if not resume and done < total:
        raise bad_input(where, f"this study was begun: {done:,} of {total:,} runs are done; go on with --resume, or "
                               "give --out another folder to begin anew")


def _enter(store: Store, plan: Plan) -> None:
    """Enter the study, or take it up where it was left; not before there is somebody to do its runs."""
    told = lambda point: {k: v if isinstance(v, int | float) else str(v) for k, v in point.items()}
    words = {"title": plan.study.title or plan.study.name, "question": plan.study.question,
             "show": list(plan.study.show), "shares": plan.study.shares, "against": told(plan.study.against),
             "frontier": list(plan.study.frontier)}
    if store.begun:
        for name, said in words.items():
            store.note(name, said)
        done, total = StudyResults(store.folder).progress
        if done < total:
            store.take_up()
        return
    seed = plan.scenario(0).seed
    runs = [(point * plan.study.runs + repeat, point, repeat, seed + repeat)
            for point in range(len(plan.points)) for repeat in range(plan.study.runs)]
    write_text(store.folder / "study.yaml", plan.source.read_text(encoding="utf-8"))
    write_text(store.folder / "base.resolved.yaml", plan.scenario(0).resolved_yaml())
    store.enter({"digest": plan.digest(), "source": provenance.source_hash(), "environment": provenance.environment(),
                 "command_line": provenance.command_line(), "parameters": list(plan.points[0]),
                 "design": plan.study.design, "points": [told(point) for point in plan.points]} | words, runs)


def _tasks(store: Store, plan: Plan, pending: list[tuple[int, int, int]]) -> Iterator[Task]:
    """What is to be done, noted in the ledger as it is begun."""
    for run, point, seed in pending:
        store.start(run)
        yield Task(plan.scenario(point), run, seed, WRITTEN[plan.study.record], means=tuple(plan.study.means.items()))


class StudyResults(LedgerReader):
    """What a study's folder holds: only runs that are done. It may be read while the study goes on."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(folder, "study")

    def about(self, key: str) -> Any:
        """What was noted of the study: "title", "question", "parameters", "figures", "environment" and so on."""
        return {name: json.loads(value) for name, value in self._rows("SELECT key, value FROM about")}.get(key)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Runs that failed: run, point, seed and the traceback."""
        rows = self._rows("SELECT run, point, seed, error FROM runs WHERE status = 'failed' ORDER BY run")
        return [dict(zip(("run", "point", "seed", "error"), row, strict=True)) for row in rows]

    @property
    def points(self) -> list[dict[str, Any]]:
        """The value of each parameter at each point."""
        return list(self.about("points"))

    def table(self, name: str) -> Any:
        """A table of all runs that are done, as a data frame: "figures", "daily", "contracts" and so on."""
        return tables.to_pandas(self._arrow(name))

    def _arrow(self, name: str) -> Any:
        parts = [row[0] for row in self._rows("SELECT DISTINCT part FROM runs WHERE status = 'done'")]
        found = read_parts(self.folder, name, parts)
        if found is None:
            return None
        if name == "figures":  # the same order whoever was first
            found = found.select(["run", "seed", *sorted(set(found.column_names) - {"run", "seed"})])
        return found.take(pc.sort_indices(found, [("run", "ascending")]))

    @cached_property
    def runs(self) -> Any:
        """A row a run: point, seed, the parameters' values and every figure."""
        import pandas as pd

        where = pd.DataFrame(self._rows("SELECT run, point FROM runs WHERE status = 'done' ORDER BY run"),
                             columns=["run", "point"])
        points = pd.DataFrame(self.points).rename_axis("point").reset_index()
        frame = self.table("figures")
        return where.merge(points, on="point").merge(frame, on="run") if len(frame) else where

    def sql(self, query: str) -> Any:
        """The answer to a query, as a data frame, over what is done.

        Its tables are ``runs`` (a row a run: point, seed, the parameters' values, figures) and those that the study
        keeps of each run: ``daily``, ``contracts`` and so on, joined by ``run``. It is asked with DuckDB, which reads
        only the columns that a query names. Raises BadInput for a query that fails.
        """
        try:
            import duckdb
        except ModuleNotFoundError:
            raise bad_input("sql", "DuckDB is needed: pip install 'compute-futures[analysis]'") from None
        parts = sorted(row[0] for row in self._rows("SELECT DISTINCT part FROM runs WHERE status = 'done'"))
        with duckdb.connect() as database:
            database.register("runs", self.runs)
            for place in sorted((self.folder / PARTS).glob("*")):
                files = [str(path) for path in (place / f"{part:06d}.parquet" for part in parts) if path.exists()]
                if files:
                    names = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
                    database.execute(f"CREATE VIEW {place.name} AS SELECT * FROM "
                                     f"read_parquet([{names}], union_by_name = true)")
            try:
                return database.execute(query).df()
            except duckdb.Error as error:
                raise bad_input("sql", str(error).strip()) from None

    def digest(self) -> str:
        """SHA-256 of every figure of every run: equal for equal studies, however they were run."""
        found = self._arrow("figures")
        return provenance.digest(tables.to_numpy(found)) if found is not None else provenance.text_hash()

    def summary_csv(self) -> str:
        """A row for each point and figure: the parameters' values, mean, interval and quantiles."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        parameters, about, frame = self.about("parameters"), self.about("figures") or {}, self.runs
        writer.writerow(["point", *parameters, "figure", "unit", "histories", *AGGREGATES])
        figures, points = [name for name in about if name in frame.columns], self.points
        for point, rows in frame.groupby("point") if figures else ():
            for name in figures:
                values = interval(rows[name].tolist())
                writer.writerow([point, *(points[point][p] for p in parameters), name, about[name]["unit"], len(rows),
                                 *(v if math.isfinite(v) else "" for v in values.values())])
        return out.getvalue()


def open_study(folder: Path | str) -> StudyResults:
    """Read a study's folder, finished or not. Raises BadInput if it is none."""
    return StudyResults(folder)
