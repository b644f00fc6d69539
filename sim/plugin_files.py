"""The user's own agents, shocks, margin rules and metrics: Python files that a scenario names.

Loading a file registers its classes, as importing one of our own files does. A file that has not changed
is not loaded twice, and types of files which a scenario does not name are taken out of the registry, so
that two scenarios in one process never see each other's.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from sim.errors import BadInput, Problem, Where, bad_input, shown
from sim.plugin import FAMILIES, load_families

LARGEST_FILE = 1_000_000  # bytes


class PluginFile(NamedTuple):
    """A file of the user's, as it was when it was loaded."""

    path: str  # absolute
    sha256: str


class _Loaded(NamedTuple):
    sha256: str
    module: ModuleType
    types: list[tuple[str, str, Any]]  # family, type, class


_LOADED: dict[str, _Loaded] = {}


def activate(files: Iterable[tuple[Path, Where]]) -> tuple[PluginFile, ...]:
    """Make exactly these files' types available. Raises BadInput with every problem found.

    Types that are there already stay where they are, so that a run in another thread never misses them.
    """
    files = list(files)
    _withdraw({str(path.absolute()) for path, _ in files})
    found: list[PluginFile] = []
    problems: list[Problem] = []
    for path, where in files:
        try:
            plugin = _activate(path, where)
        except BadInput as error:
            problems += error.problems
        else:
            if plugin not in found:
                found.append(plugin)
    if problems:
        raise BadInput(problems)
    return tuple(found)


def activate_sources(files: Iterable[tuple[PluginFile, bytes]]) -> None:
    """Make exactly these files' types available from their text, where the files themselves are not at hand."""
    files = list(files)
    _withdraw({plugin.path for plugin, _ in files})
    for plugin, source in files:
        known = _LOADED.get(plugin.path)
        if known is None or known.sha256 != plugin.sha256:
            _take_out(known)
            known = _LOADED[plugin.path] = _execute(Path(plugin.path), source, plugin.sha256)
        for family, name, cls in known.types:
            FAMILIES[family].types[name] = cls


def _activate(path: Path, where: Where) -> PluginFile:
    path = path.absolute()
    try:
        if path.suffix != ".py":
            raise bad_input(where, f"{shown(path)}: a plug-in is a Python file, whose name ends in .py")
        source = path.read_bytes() if path.stat().st_size <= LARGEST_FILE else None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise bad_input(where, f"the plug-in {shown(path)} cannot be read: {reason}") from None
    if source is None:
        raise bad_input(where, f"the plug-in {shown(path)} is larger than {LARGEST_FILE / 1e6:.0f} MB")
    digest = hashlib.sha256(source).hexdigest()
    known = _LOADED.get(str(path))
    if known is None or known.sha256 != digest:
        _take_out(known)
        known = _LOADED[str(path)] = _execute(path, source, digest)
    for family, name, cls in known.types:
        other = FAMILIES[family].types.setdefault(name, cls)
        if other is not cls:
            raise bad_input(where, f'{shown(path)}: a {family} called "{name}" is already in {shown(_file_of(other))}')
    return PluginFile(str(path), digest)


def _execute(path: Path, source: bytes, digest: str) -> _Loaded:
    """Run a file and note what it registered. Raises BadInput with the line at which it fails."""
    load_families()  # a file may build on any of them, in a process that has imported none yet
    name = f"sim_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    before = {(family, kind): cls for family, base in FAMILIES.items() for kind, cls in base.types.items()}
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    module.__file__ = str(path)
    sys.modules[name] = module  # classes look themselves up there
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's file raises, exits included
        for family, kind, _ in _new(before):
            del FAMILIES[family].types[kind]
        raise BadInput([_failure(error, path)]) from None
    types = _new(before)
    if not types:
        raise bad_input(shown(path), "this plug-in registers nothing; a class registers itself by "
                                     '`class MyRule(AgentType, type="my_rule")`')
    for _, _, cls in types:
        _declared_in_full(cls, path)
    return _Loaded(digest, module, types)


def _new(before: dict[tuple[str, str], Any]) -> list[tuple[str, str, Any]]:
    return [(family, kind, cls) for family, base in FAMILIES.items() for kind, cls in base.types.items()
            if (family, kind) not in before]


def _declared_in_full(cls: Any, path: Path) -> None:
    """Refuse a class that leaves out a method its family needs: it could never be built."""
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        del FAMILIES[cls.family].types[cls.type_name]
        raise bad_input(shown(path), f'the {cls.family} "{cls.type_name}" lacks {", ".join(missing)}')


def _failure(error: BaseException, path: Path) -> Problem:
    """What went wrong in a user's file, and on which of its lines."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return Problem(Where(shown(path), error.lineno or 0), f"this is not Python: {error.msg}")
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    said = str(error).strip().splitlines()
    return Problem(Where(shown(path), lines[-1] or 0 if lines else 0),
                   f"the plug-in fails with {type(error).__name__}" + (f": {said[0]}" if said else ""))


def fault(error: BaseException) -> Problem | None:
    """The problem behind an error that a user's file raised while it was used; None if it was none of theirs."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in _LOADED:
            return _failure(error, Path(frame.filename))
    return None


def _withdraw(but: set[str]) -> None:
    """Take every user's type out of the registry, except those of some files; the loaded files are kept."""
    for path, loaded in _LOADED.items():
        if path not in but:
            _take_out(loaded)


def _take_out(loaded: _Loaded | None) -> None:
    """Take a file's types out of the registry."""
    for family, name, cls in loaded.types if loaded is not None else ():
        if FAMILIES[family].types.get(name) is cls:
            del FAMILIES[family].types[name]


def _file_of(cls: type) -> str:
    return str(getattr(sys.modules.get(cls.__module__), "__file__", None) or cls.__module__)
