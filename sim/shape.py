"""What a scenario may hold at each place, read from the declarations of parameters."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic.fields import FieldInfo

from sim.plugin import FAMILIES, Block, Plugin


@dataclass(frozen=True)
class Shape:
    """The kind of thing that an annotation asks for.

    kind : "block" (settings of one class), "family" (a class chosen by ``type``), "list" of either, or "leaf"
    """

    kind: str
    cls: type[Block] | None = None


def shape(annotation: Any) -> Shape:
    """The kind of thing that an annotation asks for; one that may be left out (``X | None``) counts as X."""
    inner = [part for part in parts(annotation) if part is not type(None)]
    if len(inner) == 1:
        annotation = bare(inner[0])
        if isinstance(annotation, type) and issubclass(annotation, Block):
            return Shape("family" if annotation in FAMILIES.values() else "block", annotation)
        arguments = typing.get_args(annotation)
        if typing.get_origin(annotation) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            item = shape(arguments[0])
            if item.kind in ("block", "family"):
                return Shape("list", item.cls)
    return Shape("leaf")


def bare(annotation: Any) -> Any:
    """An annotation without its ``Annotated`` wrapping."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return annotation


def parts(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of a union, or the annotation alone."""
    annotation = bare(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(inner for part in typing.get_args(annotation) for inner in parts(part))
    return (annotation,)


def is_family(cls: type[Block]) -> bool:
    """Whether a class is the base from which ``type:`` chooses."""
    return cls in FAMILIES.values()


def shipped_types(family: Any) -> list[Any]:
    """The types of a family that come with the package, by name; those of a user's own files are left out."""
    return [cls for _, cls in sorted(family.types.items()) if cls.__module__.startswith("sim.")]


def default_of(field: FieldInfo) -> Any:
    """The default of a field; None where it has none."""
    return None if field.is_required() else field.get_default(call_default_factory=True)


def plain(value: Any, everything: bool = True) -> Any:
    """A block as maps, lists and scalars that read back to an equal block.

    everything : with every parameter; False leaves out those that were never set
    """
    if isinstance(value, Block):
        out: dict[str, Any] = {"type": value.type_name} if isinstance(value, Plugin) and value.type_name else {}
        fields = type(value).model_fields
        shown = fields if everything else value.model_fields_set
        found = {name: _exact(getattr(value, name), field) for name, field in fields.items() if name in shown}
        if out and not found.get("name"):  # a block without a label of its own is called by its type
            found.pop("name", None)
        return out | {name: plain(item, everything) for name, item in found.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item, everything) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, everything) for key, item in value.items()}
    return value


def _exact(value: Any, field: FieldInfo) -> Any:
    """A value as it would be after checking: a default of 60 for a number with decimals is 60.0."""
    return float(value) if type(value) is int and field.annotation is float else value


def extra(field: FieldInfo) -> dict[str, str]:
    """Unit and source of a parameter."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}  # type: ignore[return-value]


def unit(field: FieldInfo) -> str:
    """Unit of a parameter in words."""
    return str(extra(field).get("unit", ""))


SIGNS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def bounds(metadata: Iterable[Any]) -> str:
    """The bounds that a parameter's value must keep, in words: "at least 0 and below 1"."""
    found = {sign: getattr(item, sign) for item in metadata for sign in SIGNS if getattr(item, sign, None) is not None}
    return " and ".join(f"{words} {number(found[sign])}" for sign, words in SIGNS.items() if sign in found)


def number(value: Any) -> str:
    """A number as people write it: 1,000,000 and 0.25."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}" if abs(value) >= 10_000 else f"{int(value)}"
    return f"{value:g}" if abs(value) < 1e15 else repr(value)


def wanted(annotation: Any, plural: bool = False) -> str:
    """What an annotation accepts, in plain words: "a whole number or nothing"."""
    return " or ".join(dict.fromkeys(_wanted(part, plural) for part in parts(annotation)))


def _wanted(part: Any, plural: bool) -> str:
    words = {int: ("a whole number", "whole numbers"), float: ("a number", "numbers"), str: ("a text", "texts"),
             bool: ("true or false",) * 2, type(None): ("nothing",) * 2,
             dt.date: ("a date such as 2027-01-27", "dates such as 2027-01-27")}
    if part in words:
        return words[part][plural]
    origin, arguments = typing.get_origin(part), typing.get_args(part)
    if origin is Literal:
        return "one of " + ", ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in arguments)
    if origin in (tuple, list):
        if origin is tuple and Ellipsis not in arguments:
            return f"a list of {len(arguments)} values"
        return f"a list of {wanted(arguments[0], plural=True)}"
    if origin is dict:
        return f"names with {wanted(arguments[1], plural=True)}, as `name: value`"
    found = shape(part)
    if found.kind == "leaf":
        return "a value"
    words_of = {"list": ("a list of blocks", "lists of blocks")}.get(found.kind, ("a group of settings", "groups"))
    return words_of[plural]
