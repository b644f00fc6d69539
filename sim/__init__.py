"""compute-futures: a market simulator for futures on GPU-hours and AI tokens.

    import sim
    result = sim.run("baseline", seed=1)
    model = sim.load("baseline").build(seed=1)

Nothing is imported before it is asked for, so that ``import sim`` and ``--help`` cost next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sim.errors import BadInput
    from sim.experiments.compare import compare
    from sim.experiments.sweep import open_study, sweep
    from sim.results import Results
    from sim.run import run
    from sim.scenario import Scenario

__all__ = ["BadInput", "Results", "Scenario", "compare", "load", "open_study", "run", "sweep"]

HOMES = {"BadInput": "sim.errors", "Results": "sim.results", "Scenario": "sim.scenario", "run": "sim.run",
         "compare": "sim.experiments.compare", "open_study": "sim.experiments.sweep", "sweep": "sim.experiments.sweep"}


def load(source: str | Path, changes: Iterable[str] | Mapping[str, Any] = ()) -> Scenario:
    """The scenario of a file, or of a shipped name such as "baseline".

    changes : "path=value" as after ``--set``, or a mapping such as {"agents.ai_lab.count": 30}

    Raises BadInput, which lists everything that is wrong with its file and line.
    """
    from sim.pause import no_collection

    with no_collection():
        from sim.scenario import Scenario

        return Scenario.load(source, changes)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(importlib.import_module(HOMES[name]), name)
    globals()[name] = value  # also where a module of the same name was just imported
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
