"""YAML 1.2 text becomes a tree in which every value knows the file and line it was written on.

ruamel.yaml splits the text into events; this file makes the tree. Plain words follow YAML 1.2 (``no`` is
a word, ``1e-3`` a number) and dates are dates. What has no place in a scenario is refused with its
line: tags, a key written twice, a second document, values nested or repeated without end.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.errors import BadInput, Problem, Where, bad_input, shown

LARGEST_FILE = 1_000_000  # bytes; a scenario of ten thousand lines is smaller
DEEPEST = 40  # levels of nesting
MOST_VALUES = 50_000  # values in a file, those repeated by an alias counted each time

INTEGER = re.compile(r"[-+]?[0-9][0-9_]*|0x[0-9a-fA-F]+|0o[0-7]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None,
         "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the place it was written: a scalar, a dict of nodes by key, or a tuple of nodes."""

    value: Any
    where: Where
    keys: dict[str, Where] = field(default_factory=dict)  # where each key of a dict stands
    size: int = 1  # values in it, itself included

    def plain(self) -> Any:
        """The same value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return tuple(node.plain() for node in self.value) if isinstance(self.value, tuple) else self.value


def as_node(value: Any, where: Where) -> Node:
    """A tree in which everything stands at one place, from plain Python."""
    if isinstance(value, dict):
        items = {str(key): as_node(item, where) for key, item in value.items()}
        return Node(items, where, dict.fromkeys(items, where))
    if isinstance(value, (list, tuple)):
        return Node(tuple(as_node(item, where) for item in value), where)
    return Node(value, where)


def read_file(path: Path) -> tuple[str, Node]:
    """Text and tree of a file. Raises BadInput for anything that is not a readable YAML file."""
    name = shown(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise bad_input(name, "this is a folder; a scenario is a file")
        if not path.is_file():
            raise bad_input(name, "this is not an ordinary file")
        if size > LARGEST_FILE:
            raise bad_input(name, f"the file has {size / 1e6:,.1f} MB; a scenario has at most 1 MB")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise bad_input(name, "there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise bad_input(name, f"the file cannot be read: {reason}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise bad_input(Where(name, line), "this is not a text file in UTF-8") from None
    if "\0" in text:
        raise bad_input(name, "this is a binary file; a scenario is a text file")
    return text, read_text(text, name)


def read_text(text: str, source: str, first_line: int = 1) -> Node:
    """The tree of a YAML text; ``source`` names it in messages. Raises BadInput with every problem found."""
    reader = _Reader(source, first_line)
    try:
        tree = reader.document(YAML(typ="safe", pure=True).parse(text))
    except YAMLError as error:
        raise BadInput([*reader.problems, _syntax(error, source, first_line, text)]) from None
    if reader.problems:
        raise BadInput(reader.problems)
    return tree


class _Reader:
    """Turns a stream of events into one tree, collecting what is wrong on the way."""

    def __init__(self, source: str, first_line: int) -> None:
        self.source, self.first_line = source, first_line
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node] = {}
        self.seen = 0

    def where(self, event: Any) -> Where:
        return Where(self.source, event.start_mark.line + self.first_line if self.first_line else 0)

    def wrong(self, event: Any, text: str) -> None:
        self.problems.append(Problem(self.where(event), text))

    def document(self, events: Iterator[Any]) -> Node:
        kind = ""
        tree = Node(None, Where(self.source, self.first_line))
        documents = 0
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    self.wrong(event, "a second document starts here (`---`); a scenario is one document")
                    break
                if getattr(event, "version", None) not in (None, (1, 2)):
                    self.wrong(event, "scenarios are written in YAML 1.2; take the %YAML line out")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                tree = self.node(event, events, 0)
        return tree

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            if event.anchor not in self.anchors:
                self.wrong(event, f"*{event.anchor} refers to &{event.anchor}, which is not written above it")
            node = self.anchors.get(event.anchor, Node(None, self.where(event)))
        else:
            if depth > DEEPEST:
                raise bad_input(self.where(event), f"nested more than {DEEPEST} levels deep")
            if event.tag is not None:
                tag = event.tag.replace("tag:yaml.org,2002:", "!!")
                self.wrong(event, f"tags such as {tag} are not used in a scenario")
            if kind == "ScalarEvent":
                node = Node(scalar(event.value) if event.style is None else event.value, self.where(event))
            elif kind == "SequenceStartEvent":
                node = self.sequence(event, events, depth)
            else:
                node = self.mapping(event, events, depth)
            if event.anchor:
                self.anchors[event.anchor] = node
        self.seen += node.size if kind == "AliasEvent" else 1
        if max(self.seen, node.size) > MOST_VALUES:
            raise bad_input(self.where(event), f"more than {MOST_VALUES:,} values, repeated ones included")
        return node

    def sequence(self, start: Any, events: Iterator[Any], depth: int) -> Node:
        items: list[Node] = []
        while type(event := next(events)).__name__ != "SequenceEndEvent":
            items.append(self.node(event, events, depth + 1))
        return Node(tuple(items), self.where(start), size=1 + sum(item.size for item in items))

    def mapping(self, start: Any, events: Iterator[Any], depth: int) -> Node:
        items: dict[str, Node] = {}
        keys: dict[str, Where] = {}
        while type(event := next(events)).__name__ != "MappingEndEvent":
            key_node = self.node(event, events, depth + 1)
            value = self.node(next(events), events, depth + 1)
            if isinstance(key_node.value, (dict, tuple)) or key_node.value is None:
                self.wrong(event, "a key is one word")
                continue
            key = str(getattr(event, "value", key_node.value))
            if key in keys:
                self.wrong(event, f'"{key}" is written twice here; the first is on line {keys[key].line}')
                continue
            items[key], keys[key] = value, self.where(event)
        return Node(items, self.where(start), keys, 1 + sum(item.size for item in items.values()))


def scalar(text: str) -> Any:
    """A plain word of YAML 1.2 as Python: nothing, yes or no, a number, a date, or the word itself."""
    if text in WORDS:
        return WORDS[text]
    if len(text) > 400:
        return text
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text.replace("_", ""))
    if NUMBER.fullmatch(text):
        number = float(text.replace("_", ""))
        return number if math.isfinite(number) else text
    if DATE.fullmatch(text):
        try:
            return dt.date(*(int(part) for part in text.split("-")))
        except ValueError:
            return text
    return text


PLAIN = (  # what ruamel says, and what a reader can act on
    ("'\\t' that cannot start", "a tab; YAML is indented with spaces"),
    ("that cannot start any token", "a value cannot start with this character; put it in quotes"),
    ("mapping values are not allowed", "a colon that fits nothing: is the line indented as its neighbours, "
                                       "or does a text with a colon need quotes?"),
    ("expected ',' or ']'", "a list in [ ] is not closed, or a comma is missing"),
    ("expected ',' or '}'", "a group in { } is not closed, or a comma is missing"),
    ("expected <block end>", "this line is not indented as those above it"),
    ("unexpected end of stream", "a text in quotes is not closed"),
    ("could not find expected ':'", "a key without its colon"),
)


def _syntax(error: YAMLError, source: str, first_line: int, text: str) -> Problem:
    """The problem behind an error of ruamel."""
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line if mark is not None else text.count("\n", 0, position) if isinstance(position, int) else 0
    for sign, plain in PLAIN:
        if sign in said:
            return Problem(Where(source, line + first_line if first_line else 0), f"this is not YAML: {plain}")
    return Problem(Where(source, line + first_line if first_line else 0), f"this is not YAML: {said.splitlines()[0]}")
