"""Laying one scenario over another, and changing single values by their path.

Maps merge; lists of blocks merge by label (``name``, or ``type`` where there is no name); ``remove: true``
takes a block out; anything else is replaced. A block whose ``type`` changes starts afresh, since the old
type's parameters say nothing to the new one. Every value keeps the place it was written at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.errors import Problem, Where, bad_input, near_miss, quoted
from sim.plugin import Block
from sim.shape import default_of, plain, shape
from sim.yaml_reader import Node, as_node

REMOVE = "remove"


def label(node: Node) -> str | None:
    """What a block is called: its name, else its type."""
    if isinstance(node.value, dict):
        for key in ("name", "type"):
            if key in node.value and isinstance(node.value[key].value, str) and node.value[key].value:
                return str(node.value[key].value)
    return None


def is_blocks(node: Node) -> bool:
    """Whether a value is a list of labelled blocks."""
    return isinstance(node.value, tuple) and bool(node.value) and all(label(item) is not None for item in node.value)


def repeated_labels(node: Node, path: str = "") -> list[Problem]:
    """A problem for every block of a list that is called as an earlier one of the same list."""
    problems: list[Problem] = []
    if isinstance(node.value, dict):
        for key, item in node.value.items():
            problems += repeated_labels(item, key)
    elif isinstance(node.value, tuple):
        first: dict[str, Where] = {}
        for item in node.value:
            problems += repeated_labels(item, path)
            name = label(item)
            if name in first:
                problems.append(Problem(item.where, f'{path}: two blocks are called "{name}" (the first on line '
                                                    f"{first[name].line}); give each its own `name`"))
            elif name is not None:
                first[name] = item.where
    return problems


def merge(base: Node, over: Node, problems: list[Problem]) -> Node:
    """One tree laid over another; adds to ``problems`` what cannot be done."""
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        if "type" in base.value and "type" in over.value and base.value["type"].value != over.value["type"].value:
            return over
        return _merge_maps(base, over, problems)
    if is_blocks(base) and is_blocks(over):
        return _merge_blocks(base, over, problems)
    return over


def _removes(node: Node) -> bool:
    return isinstance(node.value, dict) and REMOVE in node.value and node.value[REMOVE].value is True


def _merge_maps(base: Node, over: Node, problems: list[Problem]) -> Node:
    items, keys = dict(base.value), dict(base.keys)
    for key, node in over.value.items():
        keys[key] = over.keys[key]
        if _removes(node) and key in items:
            del items[key], keys[key]
        else:
            items[key] = merge(items[key], node, problems) if key in items else node
    return Node(items, over.where, keys)


def _merge_blocks(base: Node, over: Node, problems: list[Problem]) -> Node:
    items = {label(item): item for item in base.value}
    for node in over.value:
        name = label(node)
        if _removes(node):
            if items.pop(name, None) is None:
                problems.append(Problem(node.where, _no_block(str(name), base, "to take out")))
        else:
            items[name] = merge(items[name], node, problems) if name in items else node
    return Node(tuple(items.values()), over.where)


def _no_block(name: str, blocks: Node, purpose: str = "here") -> str:
    known = [str(label(item)) for item in blocks.value]
    return f'there is no block "{name}" {purpose}{near_miss(name, known) or ";"} there are: {quoted(known)}'


def assign(tree: Node, cls: type[Block], path: str, value: Node) -> Node:
    """The tree with one value changed, named by its path: ``agents.ai_lab.count``, ``shocks.0.factor``.

    Blocks of a list are named by label or by number, from 0. Where the path leads into a default, the
    default is written out first. Raises BadInput where the path leads nowhere.
    """
    steps = path.split(".")
    if not all(steps):
        raise bad_input(value.where, f'"{path}" is no path; write it as agents.ai_lab.count')
    return _assign(tree, cls, None, steps, value)


def _assign(node: Node | None, cls: type[Block] | None, default: Any, steps: list[str], value: Node) -> Node:
    if not steps:
        return value
    where, step = value.where, steps[0]
    if node is None:
        node = as_node(plain(default, everything=False) if default is not None else {}, where)
    if isinstance(node.value, tuple):
        at = _index(node, step, where)
        items = list(node.value)
        items[at] = _assign(items[at], cls, None, steps[1:], value)  # ``cls`` is that of the items
        return replace(node, value=tuple(items))
    if not isinstance(node.value, dict):
        raise bad_input(where, f'"{step}" cannot be set: what stands before it is a single value')
    if step == "type" and len(steps) == 1 and node.value.get("type", value).value != value.value:
        kept = {key: item for key, item in node.value.items() if key == "name"} | {"type": value}
        return Node(kept, where, {key: node.keys.get(key, where) for key in kept})
    inner, inner_default = _inside(node, cls, default, step)
    changed = _assign(node.value.get(step), inner, inner_default, steps[1:], value)
    keys = node.keys if step in node.keys and len(steps) > 1 else node.keys | {step: where}
    return Node(node.value | {step: changed}, node.where, keys)


def _index(blocks: Node, step: str, where: Where) -> int:
    """Which item of a list a step of a path means."""
    labels = [label(item) for item in blocks.value]
    if step in labels:
        return labels.index(step)
    if step.isdecimal():
        if int(step) < len(labels):
            return int(step)
        raise bad_input(where, f"there is no block {step}: the list has {len(labels)}, counted from 0")
    raise bad_input(where, _no_block(step, blocks))


def _inside(node: Node, cls: type[Block] | None, default: Any, step: str) -> tuple[type[Block] | None, Any]:
    """Class and default of what a step of a path leads to; nothing where they are not known."""
    chosen = node.value.get("type")
    if cls is not None and chosen is not None and isinstance(chosen.value, str):
        cls = getattr(cls, "types", {}).get(chosen.value, cls)
    elif isinstance(default, Block):
        cls = type(default)
    field = cls.model_fields.get(step) if cls is not None else None
    if field is None:
        return None, None
    inner = getattr(default, step) if type(default) is cls else default_of(field)
    return shape(field.annotation).cls, inner
