"""Results and studies as files that other programs open: a workbook, or a file a table."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sim import tables
from sim.errors import bad_input, near_miss, quoted, shown
from sim.folder import MANIFEST
from sim.results import open_results

FORMATS = ("xlsx", "csv", "parquet")
MOST_ROWS = 1_048_575  # of a worksheet below its header; Source: Microsoft, Excel specifications and limits
LONGEST_NAME = 31  # of a worksheet; the same source
RUN_TABLES = ("daily", "contracts", "events", "causes", "agents")


class Export(NamedTuple):
    """What was written, and what does not fit into the format."""

    files: list[Path]
    left_out: list[str]


def export(folder: Path | str, to: str, out: Path | str | None = None) -> Export:
    """Write every table of a results or study folder anew.

    to  : "xlsx", one workbook with a sheet a table; "csv" or "parquet", a file a table
    out : the workbook, or the folder of the files; ``export.xlsx`` or ``export-<to>`` in the folder if left out

    Raises BadInput for an unknown format, a folder that holds neither, a table that cannot be read, a place that cannot
    be written, and a workbook without openpyxl.
    """
    folder = Path(folder)
    if to not in FORMATS:
        raise bad_input(f"--to {to}", f"there is no such format{near_miss(to, FORMATS) or ';'} "
                                      f"there are: {quoted(FORMATS)}")
    found = list(_tables(folder))
    target = Path(out) if out is not None else folder / ("export.xlsx" if to == "xlsx" else f"export-{to}")
    try:
        return _workbook(target, found) if to == "xlsx" else _files(target, found, to)
    except OSError as error:
        raise bad_input(shown(target), f"this cannot be written: {error.strerror or error}") from None


def _tables(folder: Path) -> Iterator[tuple[str, Any]]:
    """Name and data frame of every table that is not empty."""
    from sim.experiments.store import LEDGER, PARTS
    from sim.experiments.sweep import open_study

    if (folder / LEDGER).is_file():
        study = open_study(folder)
        kept = [path.name for path in sorted((folder / PARTS).glob("*")) if path.is_dir() and path.name != "figures"]
        found = {"runs": study.runs} | {name: study.table(name) for name in kept}
    elif (folder / MANIFEST).is_file():
        results = open_results(folder)
        known = dict.fromkeys([*RUN_TABLES, *sorted(path.stem for path in folder.glob("*.parquet"))])
        found = {"summary": results.summary.reset_index()}
        for name in known:
            try:
                found[name] = tables.to_pandas(tables.read(folder, name))
            except (OSError, ValueError) as error:  # what pyarrow raises for a damaged file
                raise bad_input(shown(folder), f"the table {name} cannot be read: {error}") from None
        found["parameters"] = results.parameters
    else:
        raise bad_input(shown(folder), "this is neither a results folder nor that of a study; nothing was written")
    yield from ((name, frame) for name, frame in found.items() if len(frame.columns) and len(frame))


def _files(target: Path, found: list[tuple[str, Any]], to: str) -> Export:
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in found:
        path = target / f"{name}.{to}"
        if to == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
        written.append(path)
    return Export(written, [])


def _workbook(target: Path, found: list[tuple[str, Any]]) -> Export:
    import pandas as pd

    try:
        importlib.import_module("openpyxl")  # with which pandas writes workbooks
    except ModuleNotFoundError:
        raise bad_input("--to xlsx", "openpyxl is needed: pip install 'compute-futures[analysis]'") from None
    left_out: list[str] = []
    target.parent.mkdir(parents=True, exist_ok=True)
    with pd.ExcelWriter(target, engine="openpyxl") as writer:
        for name, frame in found:
            if len(frame) > MOST_ROWS:
                left_out.append(f"{name}: {len(frame):,} rows, where a sheet holds {MOST_ROWS:,}; export it as csv")
            else:
                frame.to_excel(writer, sheet_name=name[:LONGEST_NAME], index=False, freeze_panes=(1, 0))
        if not writer.sheets:
            pd.DataFrame({"nothing": left_out or ["no table holds a row"]}).to_excel(writer, index=False)
    return Export([target], left_out)
