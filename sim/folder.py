"""A results folder while it is being made: claimed by one process, filled, and put in place when whole.

A folder's name follows from what is run (the resolved scenario and the seeds), so running the same again
comes out in the same place. An unfinished folder is written anew. A finished one is replaced only by a
finished one: until then the new files lie beside it under ``<name>.unfinished``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.errors import BadInput, bad_input, shown

try:
    import fcntl
except ImportError:  # not a Unix: two processes on one folder are then not noticed
    fcntl = None  # type: ignore[assignment]

MANIFEST, SCENARIO, PARAMETERS, LOCK = "manifest.json", "scenario.resolved.yaml", "parameters.csv", ".lock"


def write_text(path: Path, text: str) -> None:
    """Write a whole file under another name, then give it its own."""
    hidden = path.with_name(f".{path.name}.writing")
    try:
        hidden.write_text(text, encoding="utf-8")
        os.replace(hidden, path)
    except BaseException:
        with contextlib.suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a results folder. Raises BadInput where there is none that can be read."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise bad_input(shown(folder), f"this is not a results folder: it has no {MANIFEST}") from None
    except (OSError, ValueError) as error:
        raise bad_input(shown(path), f"this manifest cannot be read: {error}") from None
    if not isinstance(found, dict) or "runs" not in found:
        raise bad_input(shown(path), "this is not the manifest of a results folder")
    return found


def replaces(target: Path, scenario_hash: str, seeds: Sequence[int]) -> str:
    """A line for whoever replaces finished results of another scenario or of other seeds; "" where none are."""
    try:
        old = read_manifest(target)
        if old["status"] != "finished" or (old["scenario_hash"], old["seeds"]) == (scenario_hash, list(seeds)):
            return ""
        count = len(old["seeds"])
        drawn = f"seed {old['seeds'][0]}" if count == 1 else f"{count} seeds"
        return (f"{shown(target)} holds the results of another run: {old['name']}, {drawn}, {old['days']} days, "
                f"finished {old['end'][:10]}. They are replaced once this one is finished.\n")
    except (BadInput, KeyError, TypeError):
        return ""


class ResultsFolder:
    """The folder that runs write into.

    Parameters
    ----------
    target : where the results shall be in the end

    Raises BadInput, before anything is written, where that cannot be: no permission, not a folder, a folder
    of something else, or another process at work in it.
    """

    def __init__(self, target: Path) -> None:
        self.target = Path(os.path.abspath(Path(target).expanduser()))
        self.created = not self.target.exists()
        try:
            self.target.mkdir(parents=True, exist_ok=True)
            if not self.created and any(self.target.iterdir()) and not self._is_ours(self.target):
                raise bad_input(shown(target), "this folder holds something else; nothing was written")
            self._lock = self._claim(self.target / LOCK)
            self.path = self._workplace()
        except OSError as error:
            raise bad_input(shown(target), f"results cannot be written here: {error.strerror or error}") from None

    @staticmethod
    def _is_ours(path: Path) -> bool:
        leftover = (LOCK, f".{MANIFEST}.writing")  # of a process killed in its first moments
        return (path / MANIFEST).exists() or all(entry.name in leftover for entry in path.iterdir())

    def _claim(self, path: Path) -> int:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                raise bad_input(shown(self.target), "another process is writing results here") from None
        return handle

    def _workplace(self) -> Path:
        """An empty folder to work in: the target, or one beside it while the target holds finished results."""
        finished = False
        if (self.target / MANIFEST).exists():
            with contextlib.suppress(Exception):
                finished = read_manifest(self.target)["status"] != "unfinished"
        path = self.target.with_name(self.target.name + ".unfinished") if finished else self.target
        path.mkdir(exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        for entry in path.iterdir():
            if entry.name != LOCK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        return path

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Bring the manifest on disk up to date."""
        write_text(self.path / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

    def finish(self, replace: bool) -> Path:
        """Put the results in place and let the folder go; returns where they are.

        replace : whether they may take the place of finished ones; else they stay beside them
        """
        if self.path != self.target and replace:
            old = self.target.with_name(f".{self.target.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            self.target.rename(old)
            self.path.rename(self.target)
            shutil.rmtree(old, ignore_errors=True)
            self.path = self.target
        self.release()
        return self.path

    def discard(self) -> None:
        """Nothing was run: take away what was made for it."""
        shutil.rmtree(self.path if self.created or self.path != self.target else "", ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Let another process have the folder."""
        with contextlib.suppress(OSError):
            (self.target / LOCK).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)
