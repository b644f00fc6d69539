"""The table of every parameter there is, as Markdown: printed from the declarations, so it cannot be out of date."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from sim.plugin import FAMILIES, Block
from sim.scenario import Scenario
from sim.shape import bounds, default_of, extra, is_family, number, plain, shape, shipped_types, unit

HEAD = """\
# Parameters

Every parameter of a scenario: its default, unit and bounds, what it means, and where the default comes from.
"Judgement" means that nobody has measured it; the words after it say why this value. Blocks are chosen by `type:`,
and any parameter is changed by `--set path=value`, such as `--set agents.ai_lab.count=30`.

This page is printed by `compute-futures parameters` from the declarations in the code. Do not edit it.
"""
COLUMNS = ("Parameter", "Default", "Unit", "Bounds", "Meaning", "Source of the default")


def places(cls: type[Block] = Scenario, path: str = "") -> dict[str, str]:
    """Where a scenario holds blocks of each family: family -> path."""
    found: dict[str, str] = {}
    for name, field in cls.model_fields.items():
        kind, inner = shape(field.annotation), f"{path}.{name}" if path else name
        if kind.cls is None:
            continue
        if is_family(kind.cls):
            found.setdefault(kind.cls.family, inner)  # type: ignore[attr-defined]
        else:
            found |= {family: place for family, place in places(kind.cls, inner).items() if family not in found}
    return found


def markdown() -> str:
    """The whole page."""
    lines = [HEAD, *_section("## The scenario", Scenario, "")]
    for name, place in places().items():
        lines += _family(name, place, FAMILIES[name])
    return "\n".join(lines).rstrip() + "\n"


def _section(heading: str, cls: type[Block], path: str) -> Iterator[str]:
    """A block's table, and after it those of the blocks within it."""
    yield f"{heading}\n"
    if path:
        yield f"{_meaning(cls)}\n"
    yield from _table(cls.model_fields)
    for name, field in cls.model_fields.items():
        kind = shape(field.annotation)
        if kind.kind == "block" and kind.cls is not None:
            inner = f"{path}.{name}" if path else name
            yield from _section(f"## `{inner}`", kind.cls, inner)


def _family(name: str, place: str, family: Any) -> Iterator[str]:
    """What all types of a family share, then each type's own and changed parameters."""
    types = shipped_types(family)
    yield f"## Types of {name}, in `{place}`\n"
    yield f"{_meaning(family)}\n"
    if not types:
        yield "None comes with the package; `plugins:` brings your own.\n"
    yield "Every type has:\n"
    yield from _table(family.model_fields)
    for key, field in family.model_fields.items():
        inner = shape(field.annotation)
        if inner.kind == "block" and inner.cls is not None:
            yield from _section(f"### `{key}` of every {name}", inner.cls, f"{place}.{key}")
    for cls in types:
        yield f"### `{cls.type_name}`\n"
        yield f"{_meaning(cls)}\n"
        own = {key: field for key, field in cls.model_fields.items() if not _same(field, family.model_fields.get(key))}
        yield from _table(own) if own else iter(["No parameters of its own.\n"])


def _meaning(cls: type) -> str:
    """A class's docstring as one paragraph a blank line, with the types' sources on their own lines."""
    text = inspect.cleandoc(cls.__doc__ or "")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).replace("``", "`")


def _same(field: FieldInfo, inherited: FieldInfo | None) -> bool:
    return inherited is not None and _cells("", field) == _cells("", inherited)


def _table(fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|" + "---|" * len(COLUMNS)
    for name, field in fields.items():
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(name, field)) + " |"
    yield ""


def _cells(name: str, field: FieldInfo) -> tuple[str, ...]:
    inner = shape(field.annotation)
    doc = field.description or (_meaning(inner.cls).split("\n")[0] if inner.cls is not None else "")
    return (f"`{name}`", default_text(field), unit(field), _range(field), doc, extra(field).get("source", ""))


def _range(field: FieldInfo) -> str:
    """Bounds as short as a table wants them: "0 to 1"."""
    words = bounds(field.metadata)
    return words.removeprefix("at least ").replace(" and at most ", " to ") if words.startswith("at least ") and (
        " and at most " in words) else words


def default_text(field: FieldInfo) -> str:
    """A default as a reader wants it: the number, the chosen types, or that it must be given."""
    return "must be given" if field.is_required() else value_text(default_of(field))


def value_text(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, Block):
        chosen = getattr(value, "type_name", "")
        changed = plain(value, everything=False)
        changed.pop("type", None)
        words = ", ".join(f"{key} {value_text(item)}" for key, item in changed.items())
        return f"{chosen} ({words})" if chosen and words else chosen or words or "as below"
    if isinstance(value, (tuple, list)):
        return ", ".join(value_text(item) for item in value) or "none"
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value)
