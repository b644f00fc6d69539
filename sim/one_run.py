"""One run of a scenario from its first day to its last, in this process."""

from __future__ import annotations

import gc
import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim import provenance, tables
from sim.errors import BadInput
from sim.light import mesa
from sim.record import TABLES, WRITTEN, Record
from sim.summary import Frames, figures_of, metrics_of

DAYS_A_PART = 63  # a quarter of days is lost at most when a run is killed


class CannotWrite(OSError):
    """Results could not be written any more: a full disk, a folder taken away."""


class StopRun(Exception):
    """Raised by the function that is told of each day, to end a run early and keep what there is."""


@dataclass(frozen=True)
class Job:
    """One run to be done; ``folder`` is None where nothing is to be written."""

    scenario: Any
    run: int
    seed: int
    folder: Path | None


@dataclass
class Outcome:
    """How a run ended. ``tables`` are kept where nothing is written."""

    run: int
    seed: int
    status: str = "finished"  # finished, failed or stopped
    days: int = 0
    wall_seconds: float = 0.0
    error: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    about: dict[str, dict[str, str]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """What the manifest says of the run."""
        whole = {"run": self.run, "seed": self.seed, "status": self.status, "days": self.days,
                 "wall_seconds": round(self.wall_seconds, 3), "digests": self.digests}
        return whole | ({"error": self.error} if self.error else {})


def execute(job: Job, on_day: Callable[[], None]) -> Outcome:
    """Run, write what the scenario's record level asks for, and sum up.

    An error inside the run ends in the outcome. Raises BadInput if the scenario cannot be built, and
    CannotWrite if results cannot be written.
    """
    began, outcome, model = time.perf_counter(), Outcome(job.run, job.seed), None
    try:
        model = job.scenario.build(job.seed)
        writer = _Writer(job, model.record)
        try:
            while model.day < job.scenario.days - 1:
                model.step()
                if model.day >= 0 and (model.day + 1) % DAYS_A_PART == 0:
                    writer.flush()
                on_day()
        except (StopRun, KeyboardInterrupt):
            outcome.status = "stopped"
        except CannotWrite:
            raise
        except Exception:
            outcome.status, outcome.error = "failed", traceback.format_exc()
        writer.flush(last=True)
        outcome.days = model.record.rows("daily")
        _sum_up(job, model.record, outcome)
    except (BadInput, CannotWrite):
        raise
    except Exception:
        outcome.status, outcome.error = "failed", outcome.error or traceback.format_exc()
    finally:
        mesa.Agent._ids.pop(model, None)  # Mesa 3.3.1 keeps every model alive through this table
        del model
        gc.collect()
    outcome.wall_seconds = time.perf_counter() - began
    return outcome


def _sum_up(job: Job, record: Record, outcome: Outcome) -> None:
    """Digests of all tables and, if the run went to its end, its figures."""
    whole = {name: record.table(name) for name in TABLES}
    outcome.digests = {name: provenance.digest(table) for name, table in whole.items()}
    if job.folder is None:
        outcome.tables = {name: _labelled(job, name, table) for name, table in whole.items()}
    if outcome.status == "finished":
        frames = Frames(**{name: tables.to_pandas(tables.to_arrow(table)) for name, table in whole.items()},
                        sectors={kind.label: kind.sector for kind in job.scenario.agents})
        outcome.figures, outcome.about = figures_of(metrics_of(job.scenario), frames)


def _labelled(job: Job, name: str, table: dict[str, np.ndarray]) -> pa.Table:
    """A table of one run with the run's number in front, and the seed where days are listed."""
    rows = len(next(iter(table.values())))
    label = {"run": np.full(rows, job.run)} | ({"seed": np.full(rows, job.seed)} if name == "daily" else {})
    return tables.to_arrow(label | table)


class _Writer:
    """Writes what a record has gained since the last time."""

    def __init__(self, job: Job, record: Record) -> None:
        self.job, self.record, self.part = job, record, 0
        self.written = dict.fromkeys(WRITTEN[job.scenario.record.level], 0)

    def flush(self, last: bool = False) -> None:
        """Write the rows that are not on disk yet; at last also tables without any."""
        if self.job.folder is None:
            return
        try:
            for name, start in self.written.items():
                rows = self.record.rows(name)
                if rows > start or (last and rows == 0):
                    table = _labelled(self.job, name, self.record.table(name, start))
                    tables.write_part(self.job.folder, name, self.job.run, self.part, table)
                    self.written[name] = rows
        except OSError as error:
            raise CannotWrite(error.errno, os.strerror(error.errno) if error.errno else str(error)) from error
        self.part += 1
