"""Files that describe experiments: studies and calibrations are found, read and checked alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from sim.checking import Checker
from sim.errors import BadInput, bad_input, near_miss, quoted
from sim.loading import read, shipped_folder
from sim.plugin import Block
from sim.yaml_merge import assign
from sim.yaml_reader import Node, as_node

Kind = TypeVar("Kind", bound=Block)


def shipped_files(folder: str) -> dict[str, Path]:
    """Every shipped file of one kind by name."""
    return {path.stem: path for path in sorted((shipped_folder() / folder).glob("*.yaml"))}


def read_experiment(source: str | Path, cls: type[Kind], folder: str, word: str,
                    changes: Mapping[str, Any]) -> tuple[Kind, Node, Path]:
    """A file, or a shipped one by name, as a checked block with its tree and its place.

    cls : what it describes; folder : of the shipped ones; word : what it is called, "study" or "calibration"

    Its name is the file's and its question the opening comment where it does not give them. Raises BadInput with
    every problem found.
    """
    known, path = shipped_files(folder), Path(source).expanduser()
    if not path.exists() and str(source) not in known:
        raise bad_input(str(source), f"there is no such file, and no shipped {word} of that name"
                                     f"{near_miss(str(source), known) or ';'} shipped are: {quoted(known)}")
    path = path if path.exists() else known[str(source)]
    text = read(path, cls, changes)
    tree = text.tree
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", text.name).strip("-.") or word
    for key, value in (("name", name), ("question", text.question)):
        if key not in tree.value:
            tree = assign(tree, cls, key, as_node(value, tree.where))
    checker = Checker(tree)
    found = checker.block(cls, tree)
    problems = [*text.problems, *checker.problems]
    if found is None or problems:
        raise BadInput(problems)
    return found, tree, path
