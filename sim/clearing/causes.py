"""Who caused a loss: forced trades since the last settlement, and the accounts that their price moves hit.

An episode is the number of the event that began a stretch of forced trading: a forced sale, a closure or a
default. The move of a price since the last settlement has as parents the episodes that traded *in the
direction of the move*, each with its share of all contracts taken in that direction; the rest is voluntary
trading and news, ``NEWS``. A loss of several contracts weighs them by the cents that each one lost. So the
events and causes that a run writes down form a graph whose weights sum to one at every event.
"""

from __future__ import annotations

import numpy as np

NEWS = -1  # the cause of what no forced trade explains
TRIFLE = 1e-9  # causes that weigh less are left out
Causes = list[tuple[int, float]]


class ForcedFlow:
    """Contracts taken since the last settlement, by direction, and how many of them each episode took.

    Parameters
    ----------
    contracts : slots of contracts
    """

    def __init__(self, contracts: int) -> None:
        self.contracts = contracts
        self.fills: list[tuple[np.ndarray, np.ndarray]] = []  # cells of side and contract, and contracts taken there
        self.forced: dict[int, np.ndarray] = {}  # episode -> float64[2, contracts] that it bought and sold

    def note(self, contract: np.ndarray, side: np.ndarray, quantity: np.ndarray) -> None:
        """Add fills: int64[k] slots, taker sides (0 bought, 1 sold) and contracts."""
        self.fills.append((side * self.contracts + contract, quantity))

    def note_forced(self, episode: int, contract: int, side: int, quantity: float) -> None:
        """Say that an episode stands behind some of what ``note`` was told."""
        if episode not in self.forced:
            self.forced[episode] = np.zeros((2, self.contracts))
        self.forced[episode][side, contract] += quantity

    def clear(self) -> None:
        """Start anew: prices are settled, earlier trades moved them before."""
        self.fills.clear()
        self.forced.clear()

    def taken(self) -> np.ndarray:
        """float64[2, contracts]: what all takers bought and sold."""
        if not self.fills:
            return np.zeros((2, self.contracts))
        cells, quantities = (np.concatenate(parts) for parts in zip(*self.fills, strict=True))
        return np.bincount(cells, quantities, 2 * self.contracts).reshape(2, self.contracts)

    def parents(self, move: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The episodes behind a move of each price.

        Parameters
        ----------
        move : int64[contracts]  change since the last settlement, any unit

        Returns
        -------
        episodes : int64[k], ascending
        weights  : float64[k, contracts]  share of the move of each contract; what is missing to 1 is ``NEWS``
        """
        episodes = np.array(sorted(self.forced), np.int64)
        if not len(episodes):
            return episodes, np.zeros((0, len(move)))
        side = np.where(move > 0, 0, 1)
        slots = np.arange(len(move))
        taken = self.taken()[side, slots]
        weights = np.zeros((len(episodes), len(move)))
        for number, episode in enumerate(episodes.tolist()):
            own = self.forced[episode][side, slots]
            weights[number] = np.where((taken > 0) & (move != 0), own / np.maximum(taken, 1.0), 0.0)
        return episodes, weights

    def snapshot(self) -> dict[str, object]:
        """A copy of the state."""
        return {"fills": list(self.fills), "forced": {key: value.copy() for key, value in self.forced.items()}}

    def restore(self, state: dict) -> None:
        """Put a snapshot back."""
        self.fills = list(state["fills"])
        self.forced = {key: value.copy() for key, value in state["forced"].items()}


def losing_legs(position: np.ndarray, move: np.ndarray) -> np.ndarray:
    """int64[contracts] cents lost on each contract: positions times their move in cents, where negative."""
    return np.maximum(-(position * move), 0)


def loss_causes(position: np.ndarray, move: np.ndarray, episodes: np.ndarray, weights: np.ndarray) -> Causes:
    """The causes of one account's loss since the last settlement.

    Parameters
    ----------
    position : int64[contracts]
    move     : int64[contracts]  cents that one contract gained
    episodes : int64[k] and weights float64[k, contracts], as from ``ForcedFlow.parents``
    """
    legs = losing_legs(position, move)
    total = int(legs.sum())
    if total == 0 or len(episodes) == 0:
        return [(NEWS, 1.0)]
    shares = (weights * legs).sum(axis=1) / total
    return complete([(int(e), float(s)) for e, s in zip(episodes, shares, strict=True)])


def complete(causes: Causes) -> Causes:
    """The same causes without empty ones, brought to a sum of one by ``NEWS`` (or scaled down if above)."""
    known: dict[int, float] = {}
    for cause, weight in causes:
        if cause != NEWS and weight > TRIFLE:
            known[cause] = known.get(cause, 0.0) + weight
    total = sum(known.values())
    scale = 1.0 if total <= 1.0 else 1.0 / total
    rest = 1.0 - total * scale
    out = [(cause, weight * scale) for cause, weight in sorted(known.items())]
    return out if out and rest <= TRIFLE else [(NEWS, rest), *out]


def blend(parts: list[tuple[float, Causes]]) -> Causes:
    """Several lists of causes in proportion to their sizes (not all zero), as one that sums to one."""
    total = sum(size for size, _ in parts)
    if total <= 0.0:
        return [(NEWS, 1.0)]
    return complete([(cause, weight * size / total) for size, causes in parts for cause, weight in causes])
