"""Run a result again and say whether it comes out the same, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim import provenance, tables
from sim.folder import SCENARIO, read_manifest
from sim.record import TABLES
from sim.results import Results, open_results, scenario_text
from sim.run import Progress, run
from sim.scenario import Scenario


@dataclass
class Comparison:
    """What a second run showed.

    differences : the first difference of each table of each run that differs, in words
    changed     : what differs between then and now that may explain it: versions, source, processor
    compared    : tables that were compared
    """

    folder: Path
    runs: int = 0
    compared: int = 0
    differences: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether everything that was finished came out equal."""
        return self.compared > 0 and not self.differences

    def __str__(self) -> str:
        if not self.compared:
            return f"{self.folder} holds no finished run, so there is nothing to compare"
        head = (f"the same, bit for bit: {self.runs} run{'s' * (self.runs > 1)}, {self.compared} tables" if self.same
                else "not the same:\n" + "\n".join(f"  {text}" for text in self.differences))
        return head + "".join(f"\n  since then: {text}" for text in self.changed)


def rerun(folder: Path | str, progress: bool | Progress = False, jobs: int = 1) -> Comparison:
    """Do every finished run of a results folder again from its resolved scenario and seeds, and compare.

    Nothing is written. Raises BadInput where the folder cannot be read.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    scenario_text(folder)
    found = Comparison(folder, changed=provenance.differences(manifest["environment"], provenance.environment()))
    finished = [row for row in manifest["runs"] if row["status"] == "finished"]
    if not finished:
        return found
    again = run(Scenario.load(folder / SCENARIO), seeds=[row["seed"] for row in finished], progress=progress, jobs=jobs)
    old = open_results(folder)
    for then, now in zip(finished, again.manifest["runs"], strict=True):
        found.runs += 1
        if now["status"] != "finished":
            found.differences.append(f"run {then['run']} failed this time: {now['error'].strip().splitlines()[-1]}")
        for name in TABLES:
            found.compared += 1
            if then["digests"].get(name) != now.get("digests", {}).get(name):
                found.differences.append(_first_difference(old, again, name, then["run"], now["run"]))
    return found


def _first_difference(old: Results, again: Results, name: str, run_then: int, run_now: int) -> str:
    """Where a table of one run first differs, in words."""
    one, two = _columns(old, name, run_then), _columns(again, name, run_now)
    where = f"run {run_then}, {name}"
    if not one:
        return f"{where}: the digests differ; the table itself was not kept"
    if list(one) != list(two):
        return f"{where}: the columns were {', '.join(one)} and are {', '.join(two)}"
    rows = min(len(one["day" if "day" in one else "event"]), len(two["day" if "day" in two else "event"]))
    first: tuple[int, str] | None = None
    for column in one:
        differ = np.flatnonzero(_unequal(one[column][:rows], two[column][:rows]))
        if len(differ) and (first is None or differ[0] < first[0]):
            first = (int(differ[0]), column)
    if first is None:
        lengths = {len(next(iter(one.values()))), len(next(iter(two.values())))}
        return f"{where}: {len(next(iter(one.values())))} rows then, {len(next(iter(two.values())))} now" \
            if len(lengths) > 1 else f"{where}: the table in the folder is not what the run wrote; was it edited?"
    row, column = first
    day = f" (day {one['day'][row]})" if "day" in one else ""
    return f"{where}, row {row}{day}, column {column}: {one[column][row]!r} then, {two[column][row]!r} now"


def _columns(results: Results, name: str, number: int) -> dict[str, np.ndarray]:
    """The columns of one run's table, as they were recorded."""
    table = tables.read(results.folder, name) if results.folder else results.kept(name)
    if table is None:
        return {}
    columns: dict[str, Any] = tables.to_numpy(table)
    mine = columns["run"] == number
    return {key: column[mine] for key, column in columns.items() if key not in ("run", "seed")}


def _unequal(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    if one.dtype.kind == "f" and two.dtype.kind == "f":
        return (one != two) & ~(np.isnan(one) & np.isnan(two))
    return np.asarray(one != two)
