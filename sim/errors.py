"""What is told to a user whose input cannot be used: every problem at once, each with its place."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Where(NamedTuple):
    """A place in the user's input: a file and a line of it (from 1), or the words of a command line."""

    source: str
    line: int = 0  # 0 where there are no lines to count

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


class Problem(NamedTuple):
    """One thing that is wrong, and where."""

    where: Where
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


class BadInput(Exception):
    """The input cannot be used; nothing was started. ``problems`` holds everything found wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = dict.fromkeys(problems)
        files = list(dict.fromkeys(problem.where.source for problem in found))
        self.problems = tuple(sorted(found, key=lambda p: (files.index(p.where.source), p.where.line)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[BadInput], tuple[tuple[Problem, ...]]]:
        return BadInput, (self.problems,)  # so that it travels back from a worker process whole


def bad_input(source: str | Where, text: str) -> BadInput:
    """A single problem, ready to be raised."""
    return BadInput([Problem(source if isinstance(source, Where) else Where(source), text)])


def shown(path: str | Path) -> str:
    """A path as a user would write it: relative to the working directory where it lies beneath it."""
    path = Path(path)
    try:
        here = Path(os.path.abspath(path)).relative_to(Path.cwd())
    except (ValueError, OSError):
        return str(path)
    return str(here)


def quoted(names: Iterable[str]) -> str:
    """Names one after another, in their given order."""
    return ", ".join(names) or "none"


def near_miss(word: str, known: Iterable[str]) -> str:
    """'; did you mean "count"?' where a known word is close to the one written, else nothing."""
    known = list(known)
    folded = {name.lower().replace("-", "_"): name for name in known}
    close = difflib.get_close_matches(word.lower().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return f'; did you mean "{folded[close[0]]}"?' if close else ""
