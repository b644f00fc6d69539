"""Which points to try next: optuna's sampler, asked in batches that can be taken up where they were left."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import bad_input
from sim.experiments.calibrate_file import Calibration

TRIALS = "trials.sqlite"
BEGIN = 10  # trials at random before the sampler learns; judgement: optuna's own choice


class Tried(NamedTuple):
    """One trial that has ended; the distance is nan where it failed."""

    number: int
    values: dict[str, float]
    distance: float


class Search:
    """Trials of one calibration, kept in the folder's SQLite file. Use it in a ``with`` block.

    Each batch is asked as a whole before any of it is told, with luck that depends on the batch's number alone. A
    batch that was cut off while it was asked is asked again; one that was asked is done again with the same points.
    """

    def __init__(self, folder: Path, calibration: Calibration) -> None:
        try:
            import optuna
        except ModuleNotFoundError:
            raise bad_input("calibrate", "optuna is needed: pip install 'compute-futures[analysis]'") from None
        self.optuna: Any = optuna
        self.calibration = calibration
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.storage = optuna.storages.RDBStorage(f"sqlite:///{folder / TRIALS}")
        self.study: Any = optuna.create_study(storage=self.storage, study_name="calibration", load_if_exists=True)
        self.asked: list[Any] = []

    def __enter__(self) -> Search:
        return self

    def __exit__(self, *error: object) -> None:
        self.storage.remove_session()
        self.storage.engine.dispose()

    def tried(self) -> list[Tried]:
        """Trials that have ended, in order."""
        return [Tried(number, trial.user_attrs["values"], trial.user_attrs["distance"] or math.nan)
                for number, trial in enumerate(self._trials("COMPLETE", "FAIL"), 1)]

    def _trials(self, *states: str) -> list[Any]:
        wanted = tuple(getattr(self.optuna.trial.TrialState, state) for state in states)
        found = self.study.get_trials(deepcopy=False, states=wanted)
        return sorted((trial for trial in found if "cut off" not in trial.user_attrs),
                      key=lambda trial: (trial.user_attrs.get("batch", -1), trial.user_attrs.get("place", -1)))

    def ask(self, first: Mapping[str, float] | None) -> list[dict[str, float]]:
        """The next points, as shares of the ranges.

        first : where the base stands, which is tried first; None where it is outside the ranges
        """
        size, over = self.calibration.batch, len(self._trials("COMPLETE", "FAIL"))
        batch, left = over // size, size - over % size
        cut = self._trials("RUNNING")
        whole = [trial for trial in cut if "place" in trial.user_attrs]
        if len(whole) < left:
            for trial in cut:
                self.storage.set_trial_user_attr(trial._trial_id, "cut off", True)
                self.study.tell(trial.number, state=self.optuna.trial.TrialState.FAIL)
            self._ask(batch, size, first)
        self.asked = [trial for trial in self._trials("RUNNING") if "place" in trial.user_attrs]
        return [dict(trial.params) for trial in self.asked]

    def _ask(self, batch: int, size: int, first: Mapping[str, float] | None) -> None:
        """Have a whole batch chosen."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an optuna before 5 calls joint sampling an experiment
            self.study.sampler = self.optuna.samplers.TPESampler(
                seed=(1_000_003 * self.calibration.seed + batch) % 2**32, multivariate=True, n_startup_trials=BEGIN)
        labels = [parameter.label for parameter in self.calibration.parameters]
        if first is not None and batch == 0 and not self._trials("WAITING"):
            self.study.enqueue_trial({label: float(first[label]) for label in labels})
        for place in range(size):
            trial = self.study.ask()
            for label in labels:
                trial.suggest_float(label, 0.0, 1.0)
            trial.set_user_attr("batch", batch)
            trial.set_user_attr("place", place)

    def tell(self, distances: Sequence[float], points: Sequence[Mapping[str, float]]) -> None:
        """How far each point of the batch that was asked is from the goal; nan where it failed."""
        states = self.optuna.trial.TrialState
        for trial, distance, point in zip(self.asked, distances, points, strict=True):
            known = math.isfinite(distance)
            self.storage.set_trial_user_attr(trial._trial_id, "values", dict(point))
            self.storage.set_trial_user_attr(trial._trial_id, "distance", distance if known else None)
            self.study.tell(trial.number, distance if known else None,
                            state=states.COMPLETE if known else states.FAIL)
