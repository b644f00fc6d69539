"""Libraries without what a run never asks for: that is imported when somebody does ask.

``import mesa`` also brings spaces, experiments, a data collector and a batch runner, and with them scipy,
networkx and pandas; numba looks at its first call whether scipy's linear algebra is there by importing it.
Together that is most of a second, before a run that needs none of it. Nothing is missing afterwards:
``mesa.space``, ``mesa.DataCollector`` and so on mean what they always mean.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

LATER = {"discrete_space": "", "experimental": "", "space": "", "batchrunner": "batch_run",
         "datacollection": "DataCollector"}  # parts of mesa, and what mesa takes out of them
ALGEBRA = ("scipy.linalg", "scipy.linalg.cython_blas")


@contextmanager
def stood_in_for(modules: dict[str, ModuleType]) -> Iterator[None]:
    """Whoever imports one of these modules gets what is given here, for as long as this lasts."""
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def import_mesa() -> None:
    """Import mesa's model and agent classes; the parts in ``LATER`` wait until they are asked for (PEP 562)."""
    parts = {f"mesa.{part}": ModuleType(f"mesa.{part}") for part in LATER}
    for part, taken in LATER.items():
        setattr(parts[f"mesa.{part}"], taken or "nothing", None)
    with stood_in_for(parts):
        mesa = importlib.import_module("mesa")
    for name in {*LATER, *LATER.values()} - {""}:
        vars(mesa).pop(name, None)
    homes = {taken: f"mesa.{part}" for part, taken in LATER.items() if taken}

    def later(name: str) -> Any:
        if name not in LATER and name not in homes:
            raise AttributeError(f"module 'mesa' has no attribute {name!r}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in a notebook without ipywidgets its progress bar complains on import
            module = importlib.import_module(homes.get(name, f"mesa.{name}"))
        value = module if name in LATER else getattr(module, name)
        setattr(mesa, name, value)
        return value

    vars(mesa)["__getattr__"] = later


def import_numba() -> None:
    """Import numba, and answer its question for scipy's linear algebra without importing that."""
    if importlib.util.find_spec("scipy") is None or any(name in sys.modules for name in ALGEBRA):
        return
    importlib.import_module("numba")
    with stood_in_for({name: ModuleType(name) for name in ALGEBRA}):
        importlib.import_module("numba.np.arraymath")


if "mesa" not in sys.modules:
    import_mesa()
if "numba.np.arraymath" not in sys.modules:
    import_numba()

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mesa

__all__ = ["mesa"]
