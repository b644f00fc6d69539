"""compute-futures: a market simulator for futures on GPU-hours and AI tokens.

    import sim
    result = sim.run("baseline", seed=1)
    model = sim.load("baseline").build(seed=1)
    sim.clearing.kupiec(breaches=5, n=250, p=0.01)

Nothing is imported before it is asked for, so that ``import sim`` and ``--help`` cost next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sim.errors import BadInput
    from sim.experiments.backtest import backtest
    from sim.experiments.compare import compare
    from sim.experiments.reverse_stress import reverse_stress
    from sim.experiments.stress import stress
    from sim.experiments.sweep import open_study, sweep
    from sim.results import Results, open_results
    from sim.run import run
    from sim.scenario import Scenario

__all__ = ["BadInput", "Results", "Scenario", "backtest", "compare", "load", "open_results", "open_study",
           "reverse_stress", "run", "stress", "sweep"]

HOMES = {"BadInput": "sim.errors", "Results": "sim.results", "Scenario": "sim.scenario", "run": "sim.run",
         "backtest": "sim.experiments.backtest", "compare": "sim.experiments.compare",
         "open_results": "sim.results", "open_study": "sim.experiments.sweep",
         "reverse_stress": "sim.experiments.reverse_stress", "stress": "sim.experiments.stress",
         "sweep": "sim.experiments.sweep"}
PACKAGES = ("agents", "clearing", "compute", "credit", "experiments", "literature", "market", "metrics", "policy",
            "report", "shocks")  # sim.clearing.kupiec(...) needs no import of its own


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
    if name in PACKAGES:
        return importlib.import_module(f"sim.{name}")
    if name not in HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(importlib.import_module(HOMES[name]), name)
    globals()[name] = value  # also where a module of the same name was just imported
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *PACKAGES})
