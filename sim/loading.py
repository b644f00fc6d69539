"""From a file, or the name of a shipped scenario, to one tree of values: ``extends``, changes, plug-ins.

Nothing here knows what a scenario contains; the class to be built is handed in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import BadInput, Problem, Where, bad_input, near_miss, quoted, shown
from sim.plugin import Block
from sim.plugin_files import PluginFile, activate
from sim.yaml_merge import assign, merge, repeated_labels
from sim.yaml_reader import Node, as_node, read_file, read_text

SUFFIXES = (".yaml", ".yml")
LONGEST_CHAIN = 20  # files that extend one another
ABOUT_FILES = ("extends", "plugins")  # keys that say which other files to read


class Change(NamedTuple):
    """A change asked for by an option of its own."""

    text: str  # path=value
    said: str  # how the user wrote it, for messages: "--days 30"


Changes = Iterable[str | Change] | Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """What the files of one scenario hold together, before it is checked."""

    name: str  # the file's name without its ending
    question: str  # what the opening comment asks
    tree: Node
    plugins: tuple[PluginFile, ...] = ()
    problems: tuple[Problem, ...] = ()


def shipped_folder() -> Path:
    """Where the scenarios that come with the package are."""
    installed = Path(__file__).parent / "_scenarios"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "scenarios"


def shipped() -> dict[str, Path]:
    """Every shipped scenario by name."""
    return {path.stem: path for path in sorted(shipped_folder().glob("*.yaml"))}


def find(name: str | Path, folder: Path | None = None, where: Where | None = None) -> Path:
    """The file that is meant: a path, relative to ``folder``, or the name of a shipped scenario."""
    where = where or Where(str(name))
    if "\0" in str(name):
        raise bad_input(where, "this is not the name of a file")
    try:
        path = (folder or Path()) / Path(name).expanduser()
        if path.exists() or path.is_symlink():
            if path.is_dir() and str(name) in shipped():
                return shipped()[str(name)]
            return path
    except (OSError, ValueError, RuntimeError):  # a name too long, or of an unknown user
        raise bad_input(where, "this is not the name of a file") from None
    known = shipped()
    word = str(name)
    stem = word.removesuffix(".yaml").removesuffix(".yml")
    if stem in known:
        return known[stem]
    mentioned = "" if where.source == word else f'"{word}": '
    raise bad_input(where, f"{mentioned}there is no such file, and no shipped scenario of that name"
                           f"{near_miss(stem, known) or ';'} shipped are: {quoted(known)}")


def read(source: str | Path, cls: type[Block], changes: Changes = ()) -> Source:
    """Read a scenario with everything it extends, and make the changes asked for.

    source  : a path, or the name of a shipped scenario
    cls     : the class that the tree is meant for; it says what the defaults are
    changes : "path=value" as on the command line, or a mapping from path to value

    Problems that leave the rest readable are handed on in the answer; others raise BadInput at once.
    """
    path = find(source)
    files = _Files()
    tree, question = files.chain(path, [])
    loaded: tuple[PluginFile, ...] = ()
    try:
        loaded = activate(files.plugins)
    except BadInput as error:
        files.fail(error)
    if files.incomplete:  # what is missing would be taken for further errors
        raise BadInput(files.problems)
    for step, value in _changes(changes, files.problems):
        try:
            if step in ABOUT_FILES:
                raise bad_input(value.where, f"`{step}` belongs in a scenario file")
            tree = assign(tree, cls, step, value)
        except BadInput as error:
            files.problems += error.problems
    return Source(path.stem, question, tree, loaded, tuple(files.problems))


class _Files:
    """The files of one scenario: what they name, and what is wrong with them."""

    def __init__(self) -> None:
        self.plugins: list[tuple[Path, Where]] = []
        self.problems: list[Problem] = []
        self.incomplete = False  # a file is missing, so the tree is

    def fail(self, error: BadInput) -> None:
        self.problems += error.problems
        self.incomplete = True

    def chain(self, path: Path, above: list[Path], where: Where | None = None) -> tuple[Node, str]:
        """The tree of a file laid over those it extends, and its question."""
        real = Path(os.path.realpath(path))
        if real in above or len(above) >= LONGEST_CHAIN:
            circle = [*above[above.index(real) if real in above else 0:], real]
            raise bad_input(where or Where(shown(path)),
                            f"the files go round in a circle: {' extends '.join(shown(file) for file in circle)}")
        text, tree = read_file(path)
        if tree.value is None:
            raise bad_input(shown(path), "the file is empty; a scenario has at least a title and what it extends")
        if not isinstance(tree.value, dict):
            raise bad_input(tree.where, "a scenario is made of lines `key: value`")
        self.problems += repeated_labels(tree)
        items = dict(tree.value)
        parent, named = items.pop("extends", None), items.pop("plugins", None)
        over, question = Node(items, tree.where, tree.keys), opening_comment(text)
        if parent is not None:
            over, question = self.extend(path, parent, over, question, [*above, real])
        if named is not None:
            self.name_plugins(named, path.parent)
        return over, question

    def extend(self, path: Path, parent: Node, over: Node, question: str, above: list[Path]) -> tuple[Node, str]:
        """Lay a file over the one it extends; on a problem there, go on with the file alone."""
        try:
            if not isinstance(parent.value, str) or not parent.value:
                raise bad_input(parent.where, "extends: the name of one scenario file is expected")
            base, asked = self.chain(find(parent.value, path.parent, parent.where), above, parent.where)
        except BadInput as error:
            self.fail(error)
            return over, question
        return merge(base, over, self.problems), question or asked

    def name_plugins(self, named: Node, folder: Path) -> None:
        """Note the plug-ins that a file names, relative to its own folder."""
        items = named.value if isinstance(named.value, tuple) else ()
        if named.value != () and not (items and all(isinstance(item.value, str) and item.value for item in items)):
            self.fail(bad_input(named.where, "plugins: a list of Python files is expected, such as [my_rule.py]"))
            return
        self.plugins += [(folder / item.value, item.where) for item in items]


def _changes(changes: Changes, problems: list[Problem]) -> list[tuple[str, Node]]:
    """Path and value of each change; those that cannot be read are added to the problems."""
    if isinstance(changes, Mapping):
        return [(path, as_node(value, Where(f"{path}={value}"))) for path, value in changes.items()]
    found: list[tuple[str, Node]] = []
    for change in changes:
        text, said = change if isinstance(change, Change) else (change, f"--set {change}")
        where = Where(said)
        path, sign, value = text.partition("=")
        if not sign or not path.strip():
            problems.append(Problem(where, "a change is written path=value, such as agents.ai_lab.count=30"))
            continue
        try:
            found.append((path.strip(), read_text(value, where.source, first_line=0)))
        except BadInput as error:
            problems += error.problems
    return found


def opening_comment(text: str) -> str:
    """The first paragraph of the comment that a file opens with; lines for editors are left out."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words = line.lstrip("#").strip()
        if re.match(r"(yaml-language-server|vim|-\*-)\b", words) or words.startswith("-*-"):
            continue
        if not words and lines:
            break
        if words:
            lines.append(words)
    return " ".join(lines)
