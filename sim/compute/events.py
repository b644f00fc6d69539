"""What a shock does to the compute economy at once; lasting disturbances are dials."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np

from sim.compute.indices.base import Index, State

if TYPE_CHECKING:
    from sim.compute.economy import Economy


class Events:
    """Events that change the state of an economy on the day they happen."""

    p: SimpleNamespace
    world: np.ndarray
    region: np.ndarray
    indices: tuple[Index, ...]
    _index_state: dict[str, State]

    def demand_jump(self, size: float, regions: list[int] | None = None) -> None:
        """Uncommitted demand jumps by `size` in logs, everywhere or in some regions, and fades as all jumps do."""
        if regions is None:
            self.world["jump"] += size
        else:
            self.region["jump"][regions] += size

    def age_old_chips(self, size: float) -> None:
        """An H100-hour loses `size` in logs against the work of newer chips, for good."""
        self.world["aged"] += size

    def _index(self, name: str) -> Index:
        for one in self.indices:
            if one.label == name:
                return one
        raise KeyError(f"no index {name!r}; there are {', '.join(self._index_state)}")

    def restate(self, index: str, factor: float) -> None:
        """A change of method multiplies the level of an index from its next value on. Raises KeyError if unknown."""
        self._index(index).restate(self._index_state[index], factor)

    def leave_panel(self, index: str, providers: int) -> None:
        """The heaviest providers leave the panel of an index for good. Raises KeyError if unknown."""
        self._index(index).leave(cast("Economy", self), self._index_state[index], providers)
