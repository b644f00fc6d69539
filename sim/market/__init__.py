"""Contracts, order books and the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def replay(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run a flow of orders through the matching engine: (fills, resting); see ``sim.market.book_replay.replay``."""
    from sim.market.book_replay import replay as run

    return run(events)
