"""Does the calibration find what is known? Truth is drawn, data are simulated from it, and it is estimated anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sim.experiments.calibrate import (
    TRUTH,
    Calibrated,
    Interrupted,
    Laboratory,
    Point,
    default_folder,
    fit,
    goal_of,
    histories,
    open_folder,
)
from sim.experiments.calibrate_file import Plan
from sim.experiments.calibrate_read import load_calibration
from sim.experiments.calibrate_write import recovery_csv
from sim.experiments.executors import runner
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.folder import write_text

INNER = (0.15, 0.85)  # of each range, where truth is drawn: at a bound an estimate could err to one side only


@dataclass
class Recovery:
    """Truth against estimates, one calibration for each truth."""

    plan: Plan
    folder: Path
    truths: list[Point] = field(default_factory=list)
    found: list[Calibrated] = field(default_factory=list)
    stopped: bool = False

    def rows(self) -> list[tuple[int, str, float, float, float]]:
        """(truth's number, parameter, truth, estimate, standard error)."""
        return [(number, label, truth[label], found.best[label], found.errors[label])
                for number, (truth, found) in enumerate(zip(self.truths, self.found, strict=False), 1)
                if found.best for label in truth]


def truths_of(plan: Plan, count: int) -> list[Point]:
    """Points inside the ranges, with luck of the calibration's seed."""
    luck = np.random.default_rng([plan.calibration.seed, TRUTH])
    shares = luck.uniform(*INNER, (count, len(plan.calibration.parameters)))
    return [{p.label: p.value(float(share)) for p, share in zip(plan.calibration.parameters, row, strict=True)}
            for row in shares]


def recover(source: Plan | str | Path, truths: int = 3, trials: int | None = None, jobs: int = 1, *,
            out: Path | str | None = None, resume: bool = False, progress: bool = False) -> Recovery:
    """Estimate known parameters from one simulated history each, as long as the real series and with other luck.

    The same moments, weights, trials and seeds are used as for the real data. See ``calibrate`` for the arguments.
    """
    plan = source if isinstance(source, Plan) else load_calibration(source)
    wanted = trials or plan.calibration.trials
    top = Path(out) if out is not None else Path(f"{default_folder(plan)}-recovery")
    result = Recovery(plan, top, truths_of(plan, truths))
    base = plan.scenario(plan.start)
    with runner(None, jobs, [base]) as workers, stop_on_interrupt() as stop:
        for number, truth in enumerate(result.truths, 1):
            folder = top / f"truth-{number}"
            with open_folder(plan, folder, resume and folder.exists(), f"recovery {number}") as store:
                told = Progress(histories(plan, wanted) + 1, shown=progress)
                laboratory = Laboratory(plan, store, workers, stop, told)
                try:
                    data = laboratory.outcomes([truth], laboratory.seeds(TRUTH + number, 1))[0][0]
                    with_prices = {name: data.tables[name]["price"].to_numpy() for name in plan.prices}
                    found = fit(laboratory, goal_of(laboratory, with_prices, data.figures), wanted, store.folder)
                except Interrupted:
                    result.stopped = True
                told.end()
            if result.stopped or found.stopped:
                result.stopped = True
                break
            result.found.append(found)
    write_text(top / "recovery.csv", recovery_csv(result.rows()))
    return result
