"""Where a result came from: hashes of scenario, program and tables; versions; the machine."""

from __future__ import annotations

import csv
import hashlib
import io
import platform
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from sim.plugin import Block, Plugin

PACKAGE = Path(__file__).parent
PACKAGES = ("numpy", "numba", "llvmlite", "pandas", "pyarrow", "pydantic", "mesa", "matplotlib")
MATTERS_FOR_BITS = ("source", "python", "numpy", "numba", "llvmlite", "cpu", "platform")


def text_hash(*texts: str) -> str:
    """Hexadecimal SHA-256 of texts in this order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{len(text)}:".encode() + text.encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def source_hash() -> str:
    """SHA-256 of everything the package consists of: its code, its data and its templates."""
    digest = hashlib.sha256()
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for path in sorted(files, key=lambda path: path.relative_to(PACKAGE).as_posix()):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def cpu() -> str:
    """The processor's name, as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def environment() -> dict[str, str]:
    """Versions and machine, as plain words."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    try:
        program = metadata.version("compute-futures")
    except metadata.PackageNotFoundError:
        program = "from source"
    return {"compute-futures": program, "source": source_hash(), "python": platform.python_version(), **versions,
            "platform": platform.platform(), "cpu": cpu()}


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """One sentence for each thing that may change a floating-point number and has changed."""
    return [f"{name} was {then.get(name, 'unknown')} and is {now.get(name, 'unknown')}"
            for name in MATTERS_FOR_BITS if then.get(name) != now.get(name)]


def digest(table: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a table's content: names, kinds and values, in the order in which they stand.

    The same content gives the same digest whatever file it was kept in; every nan counts as the same.
    """
    total = hashlib.sha256()
    for name, column in table.items():
        for piece in _bytes(np.asarray(column)):
            total.update(piece)
        total.update(f"\0{name}\0{len(column)}\n".encode())
    return total.hexdigest()


def _bytes(column: np.ndarray) -> Iterable[bytes]:
    if column.dtype.kind == "f":
        values = column.astype("<f8")
        values[np.isnan(values)] = np.nan
        yield b"float" + values.tobytes()
    elif column.dtype.kind in "iu":
        yield b"int" + column.astype("<i8").tobytes()
    elif column.dtype.kind == "b":
        yield b"bool" + column.astype(np.uint8).tobytes()
    elif column.dtype.kind == "M":
        yield b"date" + column.astype("M8[D]").astype("<i8").tobytes()
    else:
        yield b"text"
        for value in column.tolist():
            yield b"-" if value is None else b"+" + str(value).encode() + b"\0"


def command_line() -> str:
    """The words with which the program was started."""
    program = Path(sys.argv[0]).name or "python"
    return shlex.join(["compute-futures" if program in ("__main__.py", "compute-futures") else program, *sys.argv[1:]])


def parameter_table(block: Block) -> str:
    """``parameters`` as text of comma-separated values."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ("path", "value", "set", "unit", "meaning", "source"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(parameters(block))
    return out.getvalue()


def parameters(block: Block, path: str = "") -> Iterator[dict[str, Any]]:
    """Every parameter of a scenario: path, value, whether it is the default, unit, meaning and source."""
    for name, field in type(block).model_fields.items():
        value, at = getattr(block, name), f"{path}.{name}" if path else name
        if isinstance(value, Block):
            yield from parameters(value, at)
        elif isinstance(value, tuple) and value and all(isinstance(item, Block) for item in value):
            for number, item in enumerate(value):
                label = getattr(item, "label", None) or (item.type_name if isinstance(item, Plugin) else number)
                yield from parameters(item, f"{at}.{label}")
        else:
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            yield {"path": at, "value": value if isinstance(value, int | float | str) else str(value),
                   "set": field.is_required() or value != default, "unit": str(extra.get("unit", "")),
                   "meaning": field.description or "", "source": str(extra.get("source", ""))}
