"""A tree of values becomes frozen blocks, or a list of everything that is wrong with it.

Each problem says where it stands, what was written, and what would be right: the near miss, what exists,
the bound and its unit. Nothing is coerced.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pydantic
from pydantic.fields import FieldInfo

from sim.errors import Problem, Where, near_miss, quoted
from sim.plugin import Block, Plugin
from sim.shape import Shape, bounds, default_of, is_family, number, plain, shape, unit, wanted
from sim.yaml_merge import REMOVE, label
from sim.yaml_reader import Node, as_node, scalar

Steps = tuple[str | int, ...]  # keys, and numbers within lists


def place(tree: Node, path: Steps) -> tuple[Where, str]:
    """Where a path stands, as near as what was written allows, and the path in words: "agents, ai_lab"."""
    words: list[str] = []
    where = tree.where
    node: Node | None = tree
    for step in path:
        inner: Node | None = None
        value = node.value if node is not None else None
        if node is not None and isinstance(value, dict) and step in value:
            inner = value[step]
            key = node.keys[str(step)]
            where = key if key.source == inner.where.source else inner.where
        elif isinstance(value, tuple) and isinstance(step, int) and step < len(value):
            inner = value[step]
            where = inner.where
        name = label(inner) if inner is not None and isinstance(step, int) else None
        words.append(name or (f"number {step + 1}" if isinstance(step, int) else step))
        node = inner
    return where, ", ".join(words)


class Checker:
    """Builds one tree, collecting ``problems`` on the way."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.problems: list[Problem] = []

    def wrong(self, path: Steps, text: str, where: Where | None = None, joint: str = ": ") -> None:
        """Note that something is wrong at a path."""
        found, words = place(self.tree, path)
        self.problems.append(Problem(where or found, f"{words}{joint}{text}" if words else text))

    def block(self, cls: type[Block], node: Node, path: Steps = (), default: Block | None = None) -> Any:
        """The block that a map describes, or None if it has problems."""
        if not isinstance(node.value, dict):
            text = f"settings are expected here, as `key: value`, not {say(node.value)}"
            if isinstance(node.value, str) and is_family(cls):
                text += f"; write {{type: {node.value}}}"
            self.wrong(path, text)
            return None
        items = dict(node.value)
        chosen = self._class(cls, items, node, path, default)
        if chosen is None:
            return None
        if type(default) is chosen and isinstance(default, Block):  # what the default sets holds unless it is changed
            items = as_node(plain(default, everything=False), node.where).value | items
        if issubclass(chosen, Plugin):
            items.pop("type", None)
        return self._build(chosen, items, node, path)

    def _class(self, cls: type[Block], items: dict[str, Node], node: Node, path: Steps,
               default: Block | None) -> type[Block] | None:
        """The class that a map asks for by its ``type``, the default's where it names none."""
        if not is_family(cls):
            return cls
        family: Any = cls
        known = sorted(family.types)
        if "type" not in items:
            if default is None:
                self.wrong(path, f"`type` is missing; there are: {quoted(known)}")
            return type(default) if default is not None else None
        name = items["type"].value
        if isinstance(name, str) and name in family.types:
            return family.types[name]
        written = f'"{name}"' if isinstance(name, (str, int, float)) else say(name)
        near = near_miss(str(name), known) or ";"
        self.wrong(path, f"there is no {family.family} of type {written}{near} there are: {quoted(known)}",
                   node.keys["type"] if items["type"].where.source == node.keys["type"].source else None)
        return None

    def _build(self, cls: type[Block], items: dict[str, Node], node: Node, path: Steps) -> Any:
        values: dict[str, Any] = {}
        failed: set[str] = set()
        for key, item in items.items():
            field = cls.model_fields.get(key)
            if field is None:
                self._unknown(cls, key, node, path)
                failed.add("")
                continue
            found = len(self.problems)
            value = self._value(field, item, (*path, key))
            if len(self.problems) > found:
                failed.add(key)
            else:
                values[key] = value
        try:
            block = cls.model_validate(values)
        except pydantic.ValidationError as error:
            for detail in error.errors(include_url=False):
                self._explain(cls, detail, failed, items, path)
            return None
        return None if failed else block

    def _value(self, field: FieldInfo, node: Node, path: Steps) -> Any:
        """The Python value of one parameter; leaves are checked by pydantic afterwards."""
        kind: Shape = shape(field.annotation)
        if kind.kind == "leaf" or (node.value is None and kind.kind != "list"):
            return node.plain()
        if kind.kind == "list":
            if not isinstance(node.value, tuple):
                self.wrong(path, f"a list of blocks is expected, each line opening with `-`, not {say(node.value)}"
                                 + ("; write [] for none" if node.value is None else ""))
                return None
            return tuple(self.block(kind.cls, item, (*path, at)) for at, item in enumerate(node.value))  # type: ignore[arg-type]
        return self.block(kind.cls, node, path, default_of(field))  # type: ignore[arg-type]

    def _unknown(self, cls: type[Block], key: str, node: Node, path: Steps) -> None:
        known = [*(["type"] if issubclass(cls, Plugin) else []), *cls.model_fields]
        if key == REMOVE and node.value[key].value is not True:
            text = f"`remove` is {say(node.value[key].value)}; write `remove: true` to take the block out"
        elif key == REMOVE:
            text = "`remove` takes a block out of the file that `extends` names; there is no such block here"
        else:
            text = f'unknown key "{key}"{near_miss(key, known) or ";"} known here: {quoted(known)}'
        value = node.value[key].where
        self.wrong(path, text, node.keys[key] if node.keys[key].source == value.source else value)

    def _explain(self, cls: type[Block], detail: Any, failed: set[str], items: dict[str, Node], path: Steps) -> None:
        """One error of pydantic in plain words."""
        if not detail["loc"]:  # a check of several parameters together: only telling if each is right
            if not failed:
                self.wrong(path, _message(detail))
            return
        name = str(detail["loc"][0])
        field = cls.model_fields[name]
        if name in failed:
            return
        if detail["type"] == "missing" and len(detail["loc"]) == 1:
            self.wrong(path, f"`{name}` is missing: {field.description}; "
                             f"{wanted(field.annotation)} is expected{measured(field)}")
            return
        node, inner = items[name], (*path, name)
        for step in detail["loc"][1:]:
            if isinstance(node.value, tuple) and isinstance(step, int) and step < len(node.value):
                node, inner = node.value[step], (*inner, step)
            elif isinstance(node.value, dict) and step in node.value:
                node, inner = node.value[str(step)], (*inner, str(step))
            else:
                break
        failed.add(name)  # a union reports each of its alternatives; one is enough
        self.wrong(inner, _advice(detail, field, node.value), joint=" is " if node.value is not None else " ")


RANGE = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
LENGTH = {"too_short": "min_length", "too_long": "max_length"}


def _advice(detail: Any, field: FieldInfo, value: Any) -> str:
    """What was written and what would be right."""
    kind, measure, meaning = detail["type"], measured(field), field.description
    if kind in RANGE:
        limits = bounds(field.metadata) or _message(detail)
        return f"{number(value)}; it must be {limits}{measure}: {meaning}"
    if kind in LENGTH:
        bound = f"{'at least' if kind == 'too_short' else 'at most'} {detail['ctx'][LENGTH[kind]]}"
        return f"a list of {len(value)}; it must hold {bound}: {meaning}"
    if kind in ("value_error", "assertion_error"):
        return f"{say(value)}; {_message(detail)}"
    expected = wanted(field.annotation)
    if value is None:
        return f"has no value; {expected} is expected{measure}: {meaning}"
    return f"{say(value)}; {expected} is expected{measure}{_hint(value, expected)}: {meaning}"


def measured(field: FieldInfo) -> str:
    """The unit in brackets, where it tells more than the kind of value does."""
    return "" if unit(field) in ("", "text", "name", "label", "date", "yes or no") else f" ({unit(field)})"


def _message(detail: Any) -> str:
    cause = detail.get("ctx", {}).get("error")
    return str(cause) if cause is not None else str(detail["msg"])


def _hint(value: Any, expected: str) -> str:
    """A likely slip of the pen."""
    if isinstance(value, str):
        meant = scalar(value)
        if "true or false" in expected and value.lower() in ("yes", "no", "on", "off"):
            return f"; write {'true' if value.lower() in ('yes', 'on') else 'false'}"
        if not isinstance(meant, str) and meant is not None and ("number" in expected or "date" in expected):
            return "; take the quotes off"
        if value.endswith("%") and "number" in expected and isinstance(scalar(value[:-1].strip()), (int, float)):
            return f"; write {scalar(value[:-1].strip()) / 100:g}"
    elif expected.startswith("a text"):
        return "; put it in quotes"
    return ""


def say(value: Any) -> str:
    """A value as a person would call it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"the number {number(value)}"
    if isinstance(value, dt.date):
        return f"the date {value}"
    if isinstance(value, (tuple, list)):
        return "a list"
    if isinstance(value, dict):
        return "a group of settings"
    text = str(value)
    return f'the text "{text if len(text) <= 40 else text[:37] + "..."}"'
