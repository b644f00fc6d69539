"""The JSON Schema of a scenario file, from which editors complete keys and types.

An overlay may name a block and change one parameter of it, so the schema demands little; that everything
needed is there, and fits together, is for ``compute-futures check`` to say.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import pydantic
from pydantic.fields import FieldInfo

from sim.plugin import Block, Plugin
from sim.scenario import Scenario
from sim.shape import default_of, extra, is_family, parts, plain, shape, shipped_types, unit

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILE_NAME = "scenario.schema.json"
ABOUT_FILES: dict[str, Any] = {
    "extends": {"type": "string", "description": "The scenario that this one is laid over: a file beside it, or a "
                                                 "shipped one by name."},
    "plugins": {"type": "array", "items": {"type": "string"},
                "description": "Python files with your own types, relative to this file."}}
REMOVE = {"const": True, "description": "Take this block out of the scenario that `extends` names."}


def schema() -> dict[str, Any]:
    """The schema as plain maps and lists (JSON Schema, draft 2020-12)."""
    definitions: dict[str, Any] = {}
    top = _object(Scenario, definitions)
    top["properties"] = ABOUT_FILES | top["properties"]
    return {"$schema": DRAFT, "title": "compute-futures scenario",
            "description": "A market in compute: who takes part, what is traded and what happens.",
            **top, "$defs": dict(sorted(definitions.items()))}


def text() -> str:
    """The schema as a JSON text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False, default=str) + "\n"


def _object(cls: type[Block], definitions: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _property(field, definitions) for name, field in cls.model_fields.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _reference(cls: type[Block], definitions: dict[str, Any]) -> dict[str, str]:
    """A pointer to the definition of a block or family, which is written on its first use."""
    name = f"any {cls.family}" if isinstance(cls, type) and issubclass(cls, Plugin) and is_family(cls) else cls.__name__
    if name not in definitions:
        definitions[name] = {}  # so that a block within itself ends
        definitions[name] = _any_type(cls, definitions) if name.startswith("any ") else {
            "description": (cls.__doc__ or "").strip().split("\n")[0], **_object(cls, definitions)}
    return {"$ref": f"#/$defs/{name}".replace(" ", "%20")}


def _any_type(family: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """One of the types of a family, told apart by ``type``; or, without one, a change to a block that is there."""
    choices = []
    for cls in shipped_types(family):
        block = _object(cls, definitions)
        block["properties"] = {"type": {"const": cls.type_name}, **block["properties"], "remove": REMOVE}
        name = f"{family.family} {cls.type_name}"
        definitions[name] = {"title": cls.type_name, "description": cls.summary(), **block, "required": ["type"]}
        choices.append({"$ref": f"#/$defs/{name}".replace(" ", "%20")})
    known = {"properties": _object(family, definitions)["properties"]} if family.type_name else {}  # the usual type
    change = {"title": "a change to a block that is there", "type": "object", "not": {"required": ["type"]}, **known}
    return {"description": (family.__doc__ or "").strip().split("\n")[0], "type": "object",
            "properties": {"type": {"enum": [cls.type_name for cls in shipped_types(family)]}},
            "oneOf": [*choices, change]}


def _property(field: FieldInfo, definitions: dict[str, Any]) -> dict[str, Any]:
    kind = shape(field.annotation)
    if kind.kind in ("block", "family") and kind.cls is not None:
        found: dict[str, Any] = _reference(kind.cls, definitions)
        if type(None) in parts(field.annotation):
            found = {"anyOf": [found, {"type": "null"}]}
    elif kind.kind == "list" and kind.cls is not None:
        found = {"type": "array", "items": _reference(kind.cls, definitions)}
    else:
        annotation: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        found = pydantic.TypeAdapter(annotation).json_schema()
    about = _description(field)
    if about:
        found = {"description": about, **found}
    if not field.is_required() and kind.kind == "leaf":
        found["default"] = json.loads(json.dumps(plain(default_of(field)), default=str))
    return found


def _description(field: FieldInfo) -> str:
    """Meaning, unit and source in one line."""
    words = [field.description or "", f"Unit: {unit(field)}." if unit(field) else "",
             f"Source: {extra(field).get('source')}." if extra(field).get("source") else ""]
    return " ".join(part if part.endswith(".") else f"{part}." for part in words if part)


