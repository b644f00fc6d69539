"""The worst stretch that prices have been through so far."""

from __future__ import annotations

import numpy as np

from sim.clearing.margin.changes import known_changes


def worst_stretch(history: np.ndarray, days: int) -> np.ndarray:
    """float64[days + 1, contracts]: the prices of the stretch with the largest squared changes, all months together.

    Everything that is known where that is less. Only the past is looked at: a worse stretch counts once it is over.
    """
    changes = known_changes(history, len(history))
    known = changes.shape[1]
    if known <= days:
        return history
    total = np.concatenate([[0.0], np.cumsum((changes * changes).mean(axis=0))])
    start = len(history) - known - 1 + int((total[days:] - total[:-days]).argmax())
    return history[start: start + days + 1]
