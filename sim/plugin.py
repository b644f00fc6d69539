"""The registry behind ``type:``: one file, one class, one registration on the class line.

    class Fixed(MarginModel, type="fixed"):
        '''A fixed share of notional.'''

        rate: float = param(0.2, unit="share of notional", low=0, high=1,
                            doc="initial margin per unit of notional", source="judgement")

A parameter is declared once, with unit, default, bounds, meaning and source; the reference table,
``describe``, the JSON schema and the error messages are printed from that declaration.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any, ClassVar

import pydantic
from pydantic import Field
from pydantic_core import PydanticUndefined

FAMILIES: dict[str, Any] = {}


def param(default: Any = PydanticUndefined, *, unit: str, doc: str, source: str,
          low: float | None = None, high: float | None = None, above: float | None = None,
          below: float | None = None, factory: Any = None, **extra: Any) -> Any:
    """Declare one parameter.

    unit and doc say what it is; source names where its default comes from, or says "judgement".
    low and high are inclusive bounds, above and below exclusive ones.
    """
    if not source.strip():
        raise ValueError("a parameter needs a source, or the word judgement")
    kind = {"default_factory": factory} if factory is not None else {"default": default}
    return Field(description=doc, ge=low, le=high, gt=above, lt=below,
                 json_schema_extra={"unit": unit, "source": source}, **kind, **extra)


class Block(pydantic.BaseModel):
    """A frozen part of a scenario that refuses keys it does not know and coerces nothing."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=False,
                                       defer_build=True)


class Plugin(Block):
    """A frozen bundle of parameters which knows how to do one thing, found by its ``type``."""

    family: ClassVar[str] = ""
    type_name: ClassVar[str] = ""
    types: ClassVar[dict[str, Any]] = {}

    name: str = param("", unit="name", doc="label of this block; needed where a list holds two blocks of one type",
                      source="judgement: a name is free")

    @property
    def label(self) -> str:
        """What a block is called in a scenario, in results and in messages: its name, or else its type."""
        return self.name or self.type_name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()  # the keywords are for the method below, which runs once fields are known

    @classmethod
    def __pydantic_init_subclass__(cls, *, family: str | None = None, type: str | None = None, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__()
        if kwargs:
            raise TypeError(f"{cls.__name__}: unknown class keywords {sorted(kwargs)}")
        if family:
            if family in FAMILIES:
                raise TypeError(f"two families are called {family!r}")
            cls.family, cls.types, FAMILIES[family] = family, {}, cls
        if type:
            if type in cls.types:
                raise TypeError(f"two {cls.family} classes are both called {type!r}")
            if not (cls.__doc__ or "").strip():
                raise TypeError(f"{cls.__name__} needs a docstring: its first line is what `list` shows")
            cls.type_name, cls.types[type] = type, cls

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring, for `list`."""
        return (cls.__doc__ or "").strip().splitlines()[0]


def load_families() -> None:
    """Import every file of every family that comes with the package: a folder with a ``base.py`` holds one."""
    root = Path(__file__).parent
    for base in sorted(root.rglob("base.py")):
        load_all(".".join((root.name, *base.parent.relative_to(root).parts)))


def load_all(package: str) -> None:
    """Import every module of a package, so that its classes register themselves."""
    module = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(module.__path__), key=lambda i: i.name):
        importlib.import_module(f"{package}.{info.name}")
