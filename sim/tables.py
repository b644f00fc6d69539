"""Tables on disk: written in parts while a run goes, one Parquet file when it is over.

While runs go, ``daily.parquet`` is a directory of parts, each whole; pandas and pyarrow read it by the same
name. At the end one file takes its place. A killed run leaves the parts that it had written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_GROUP = 1 << 17


def to_arrow(columns: Mapping[str, np.ndarray]) -> pa.Table:
    """An Arrow table of arrays; words become text, days become dates."""
    arrays = []
    for column in columns.values():
        column = np.asarray(column)
        kind = pa.string() if column.dtype.kind in "OU" else pa.date32() if column.dtype.kind == "M" else None
        arrays.append(pa.array(column.tolist() if kind == pa.string() else column, kind))
    return pa.table(arrays, names=list(columns))


def to_numpy(table: pa.Table) -> dict[str, np.ndarray]:
    """Arrays of an Arrow table, as ``to_arrow`` took them."""
    out = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_string(column.type):
            out[name] = np.array(column.to_pylist(), object)
        elif pa.types.is_date(column.type):
            out[name] = column.cast(pa.int32()).to_numpy().astype("M8[D]")
        else:
            out[name] = column.to_numpy()
    return out


def _settings(schema: pa.Schema) -> dict[str, object]:
    """How columns are packed: floats byte by byte, everything else by dictionary."""
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    others = [field.name for field in schema if not pa.types.is_floating(field.type)]
    return {"compression": "zstd", "compression_level": 3, "use_dictionary": others or False,
            "use_byte_stream_split": floats or False}


def write(path: Path, table: pa.Table) -> None:
    """Write a whole file: under another name first, so that ``path`` never holds half a table."""
    hidden = path.with_name(f".{path.name}.writing")
    try:
        pq.write_table(table, hidden, row_group_size=ROWS_PER_GROUP, **_settings(table.schema))
        os.replace(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def write_part(folder: Path, name: str, run: int, part: int, table: pa.Table) -> None:
    """Add rows of one run to a table that is still being written."""
    directory = folder / f"{name}.parquet"
    directory.mkdir(exist_ok=True)
    write(directory / f"run-{run:06d}-{part:06d}.parquet", table)


def parts(folder: Path, name: str) -> list[Path]:
    """The files of a table, in order: one if it is whole, its parts if it is not, none if there is no table."""
    path = folder / f"{name}.parquet"
    if path.is_file():
        return [path]
    aside = _aside(folder, name)
    return sorted((path if path.is_dir() else aside).glob("run-*.parquet"))


def _aside(folder: Path, name: str) -> Path:
    return folder / f".{name}.parts"


def join(found: list[Path], path: Path) -> None:
    """Write the files of a table into one, which is whole or not there; little memory is needed for it."""
    os.replace(_joined(found, path), path)


def _joined(found: list[Path], path: Path) -> Path:
    """The same under another name, which is returned."""
    schema = pa.unify_schemas([pq.read_schema(part) for part in found], promote_options="permissive")
    none, hidden = schema.empty_table(), path.with_name(f".{path.name}.writing")
    try:
        with pq.ParquetWriter(hidden, schema, **_settings(schema)) as writer:
            waiting: list[pa.Table] = []
            for part in found:  # a column that a part does not have is empty there
                waiting.append(together([none, pq.read_table(part)]))
                if sum(len(table) for table in waiting) >= ROWS_PER_GROUP:
                    writer.write_table(pa.concat_tables(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting))
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    return hidden


def merge(folder: Path, name: str) -> None:
    """Put the parts of a table together in one file; little memory is needed however large they are."""
    path, found = folder / f"{name}.parquet", parts(folder, name)
    if path.is_file() or not found:
        return
    hidden = _joined(found, path)
    if path.is_dir():
        path.rename(_aside(folder, name))
    os.replace(hidden, path)
    shutil.rmtree(_aside(folder, name), ignore_errors=True)


def read(folder: Path, name: str) -> pa.Table | None:
    """A table, whole or as far as it was written; None where there is none."""
    found = parts(folder, name)
    if not found:
        return None
    return pa.concat_tables([pq.read_table(part) for part in found], promote_options="permissive")


def together(found: list[pa.Table]) -> pa.Table | None:
    """Tables of several runs as one; None where there are none."""
    return pa.concat_tables(found, promote_options="permissive") if found else None


def to_pandas(table: pa.Table | None) -> Any:
    """A data frame; days are timestamps, so that they can be compared and plotted. Empty for None."""
    import pandas as pd  # not needed to write

    if table is None:
        return pd.DataFrame()
    frame = table.to_pandas(date_as_object=False)
    return frame
