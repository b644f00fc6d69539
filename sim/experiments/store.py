"""The folder of a study: a ledger that knows how each run stands, and Parquet parts with what the runs gave.

A run counts once its row in the ledger says "done", which is written after the part that holds it is whole on
disk. Whatever ends the program between the two leaves a part that nobody counts, and that run is done again.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim import tables
from sim.errors import bad_input, shown
from sim.one_run import CannotWrite, Outcome

try:
    import fcntl
except ImportError:  # not a Unix: two processes on one study are then not noticed
    fcntl = None  # type: ignore[assignment]

LEDGER, PARTS, LOCK = "ledger.sqlite", "parts", ".lock"
SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE runs (run INTEGER PRIMARY KEY, point INTEGER NOT NULL, repeat INTEGER NOT NULL, seed INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending', part INTEGER, seconds REAL, error TEXT, digests TEXT);
"""


class Store:
    """A study's folder, claimed by this process. Use it in a ``with`` block.

    Raises BadInput where another process is at work in the folder or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder.expanduser()))
        self._made = not self.folder.exists()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            holds = [entry.name for entry in self.folder.iterdir() if entry.name != LOCK]
            if holds and LEDGER not in holds:
                raise bad_input(shown(self.folder), "this folder holds something else; nothing was written")
            self._lock = os.open(self.folder / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise bad_input(shown(folder), f"a study cannot be written here: {error.strerror or error}") from None
        if fcntl is not None:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                raise bad_input(shown(self.folder), "another process is at work on this study") from None
        self.ledger = connect(self.folder / LEDGER)
        self._merged: list[Path] = []  # files whose content stands in another part since

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        left = not self.begun  # nothing was entered, so nothing stays behind
        self._remove_merged()
        self.ledger.close()
        if left and self._made:
            with contextlib.suppress(OSError):
                for name in (LEDGER, LOCK):
                    (self.folder / name).unlink()
                self.folder.rmdir()
        os.close(self._lock)

    # --- the ledger ----------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether a study has been entered."""
        rows = self.ledger.execute("SELECT name FROM sqlite_master WHERE name = 'runs'").fetchall()
        return bool(rows) and self.about("digest") is not None

    def about(self, key: str) -> Any:
        """Something that was noted of the study; None where nothing was."""
        row = self.ledger.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def note(self, key: str, value: Any) -> None:
        """Note something of the study."""
        with self._writing():
            self.ledger.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, json.dumps(value)))

    def enter(self, about: dict[str, Any], runs: Iterable[tuple[int, int, int, int]]) -> None:
        """Enter a new study and all its runs (run, point, repeat, seed), or nothing of it."""
        with self._writing():
            for statement in SCHEMA.split(";"):
                self.ledger.execute(statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
            self.ledger.executemany("INSERT INTO runs (run, point, repeat, seed) VALUES (?, ?, ?, ?)", runs)
            self.ledger.executemany("INSERT INTO about VALUES (?, ?)", [(k, json.dumps(v)) for k, v in about.items()])

    def extend(self, about: dict[str, Any], runs: Iterable[tuple[int, int, int, int]]) -> None:
        """Enter more runs of a study that finds out as it goes what to do, and what is noted of them, together."""
        with self._writing():
            self.ledger.executemany("INSERT INTO runs (run, point, repeat, seed) VALUES (?, ?, ?, ?)", runs)
            self.ledger.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)",
                                    [(k, json.dumps(v)) for k, v in about.items()])

    def take_up(self) -> None:
        """What was running or had failed is to be done again; parts that no run counts are thrown away."""
        with self._writing():
            self.ledger.execute("UPDATE runs SET status = 'pending', error = NULL "
                                "WHERE status IN ('running', 'failed')")
        counted = {row[0] for row in self.ledger.execute("SELECT DISTINCT part FROM runs WHERE status = 'done'")}
        for path in (self.folder / PARTS).glob("*/*"):
            if path.name.startswith(".") or int(path.stem) not in counted:
                path.unlink()

    def pending(self) -> list[tuple[int, int, int]]:
        """Run, point and seed of what is to be done: the first history of every point, then the second."""
        query = "SELECT run, point, seed FROM runs WHERE status = 'pending' ORDER BY repeat, point"
        return self.ledger.execute(query).fetchall()

    def start(self, run: int) -> None:
        """A run was begun."""
        with self._writing():
            self.ledger.execute("UPDATE runs SET status = 'running' WHERE run = ?", (run,))

    def stop(self) -> None:
        """What was begun and not finished is to be done again."""
        with self._writing():
            self.ledger.execute("UPDATE runs SET status = 'pending' WHERE status = 'running'")

    # --- what runs gave ------------------------------------------------------------------------------

    def keep(self, outcomes: list[Outcome], wanted: Iterable[str]) -> None:
        """Put away what runs gave, all of it or nothing. Raises CannotWrite for a full disk and the like.

        wanted : beginnings of the names of figures to keep; all for none
        """
        good = [outcome for outcome in outcomes if outcome.status == "finished"]
        part = 1 + (self.ledger.execute("SELECT max(part) FROM runs").fetchone()[0] or 0)
        prefixes = tuple(wanted)
        with self._writing():
            if good:
                self._write("figures", part, figures_table(good, prefixes))
                for name in {name for outcome in good for name in outcome.tables}:
                    found = [outcome.tables[name] for outcome in good if name in outcome.tables]
                    self._write(name, part, tables.together(found))
                about = self.about("figures") or {}
                about |= {name: what for o in good for name, what in o.about.items() if name not in about}
                self.ledger.execute("INSERT OR REPLACE INTO about VALUES ('figures', ?)", (json.dumps(about),))
            self.ledger.executemany(
                "UPDATE runs SET status = ?, part = ?, seconds = ?, error = ?, digests = ? WHERE run = ?",
                [("done", part, o.wall_seconds, None, json.dumps(o.digests), o.run) if o.status == "finished" else
                 ("failed", None, o.wall_seconds, o.error, None, o.run) for o in outcomes])

    def replace(self, parts: list[int]) -> None:
        """Put several parts together into a new one, or leave all as it was. Raises CannotWrite."""
        part = 1 + self.ledger.execute("SELECT max(part) FROM runs").fetchone()[0]
        with self._writing():
            for place in sorted((self.folder / PARTS).glob("*")):
                found = [path for old in parts if (path := place / f"{old:06d}.parquet").exists()]
                if found:
                    tables.join(found, place / f"{part:06d}.parquet")
                    _to_disk(place / f"{part:06d}.parquet")
            self.ledger.executemany("UPDATE runs SET part = ? WHERE part = ?", [(part, old) for old in parts])
        self._remove_merged()  # of the last time: whoever reads this time's has had a while
        self._merged = [path for old in parts for path in (self.folder / PARTS).glob(f"*/{old:06d}.parquet")]

    def _remove_merged(self) -> None:
        for path in self._merged:
            path.unlink(missing_ok=True)
        self._merged = []

    def _write(self, name: str, part: int, table: pa.Table) -> None:
        place = self.folder / PARTS / name
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{part:06d}.parquet"
        tables.write(path, table)
        _to_disk(path)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """All that is written to the ledger meanwhile, or nothing."""
        try:
            self.ledger.execute("BEGIN IMMEDIATE")
            yield
            self.ledger.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self.ledger.execute("ROLLBACK")
            if isinstance(error, OSError | sqlite3.OperationalError):
                reason = getattr(error, "strerror", None) or error
                raise CannotWrite(f"{shown(self.folder)}: writing failed ({reason}); "
                                  "what was finished before is kept: make room and go on with --resume") from error
            raise


def _to_disk(path: Path) -> None:
    """Wait until a file is on disk, before the ledger says so."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def connect(path: Path) -> sqlite3.Connection:
    """The ledger of a study. Raises BadInput where the file is no ledger."""
    ledger = sqlite3.connect(path, isolation_level=None)
    try:
        ledger.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        ledger.close()
        raise bad_input(shown(path), f"this ledger cannot be read: {error}") from None
    return ledger


def figures_table(outcomes: list[Outcome], prefixes: tuple[str, ...]) -> pa.Table:
    """A row a run: its number, its seed and its figures."""
    names = sorted({name for outcome in outcomes for name in outcome.figures
                    if not prefixes or name.startswith(prefixes)})
    columns = {"run": np.array([o.run for o in outcomes]), "seed": np.array([o.seed for o in outcomes])}
    return tables.to_arrow(columns | {name: np.array([o.figures.get(name, np.nan) for o in outcomes])
                                      for name in names})


def read_parts(folder: Path, name: str, counted: Iterable[int]) -> pa.Table | None:
    """A table of all runs that are done; None where there is none."""
    paths = [folder / PARTS / name / f"{part:06d}.parquet" for part in sorted(counted)]
    found = [pq.read_table(path) for path in paths if path.exists()]
    return tables.together(found)


class LedgerReader:
    """Reads the ledger of a folder, also while somebody writes it.

    kind : what the folder should be, for the message where it has no ledger
    """

    def __init__(self, folder: Path | str, kind: str) -> None:
        self.folder = Path(folder)
        if not (self.folder / LEDGER).is_file():
            raise bad_input(shown(self.folder), f"this is not the folder of a {kind}")

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        ledger = connect(self.folder / LEDGER)
        try:
            return ledger.execute(query).fetchall()
        finally:
            ledger.close()

    @property
    def progress(self) -> tuple[int, int]:
        """Pieces of work done, and in all."""
        done, total = self._rows("SELECT coalesce(sum(status = 'done'), 0), count(*) FROM runs")[0]
        return int(done), int(total)
