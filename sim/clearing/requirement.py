"""Margin of whole accounts in the running house: one set of scenarios for all, made anew each evening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.portfolio import Offsets, Requirement

MEMORY = 0.95  # weight of earlier days in average volume; judgement: about a month


class PortfolioMargin:
    """What every account must hold when contract months offset each other as the margin model says.

    Margin of a contract is fixed in cents from one settlement to the next, as houses publish their arrays once a day:
    during the day only accounts that have traded are margined anew.

    Parameters
    ----------
    model      : margin model
    contracts  : number of contract months
    recognised : share of the difference between summed and joint margin that is given back at most
    spread_charge : share of the outright margin charged on legs that offset, where a model has only rates

    Attributes
    ----------
    volume : float64[contracts]  contracts traded on an average day; nan while none has been seen
    """

    def __init__(self, model: MarginModel, contracts: int, recognised: float = 0.80,
                 spread_charge: float = 0.25) -> None:
        self.model, self.offsets = model, Offsets(recognised=recognised, spread_charge=spread_charge)
        self.value = np.zeros(contracts, np.int64)
        self.volume = np.full(contracts, np.nan)
        self.requirement: Requirement = model.requirement(np.empty((0, contracts)), self.offsets)
        self._held: np.ndarray | None = None  # positions that ``_cents`` is for
        self._cents = np.zeros(0, np.int64)

    def adopt(self, model: MarginModel) -> None:
        """Follow another margin model from the next settlement on."""
        self.model = model

    def renew(self, history: np.ndarray, value: np.ndarray, *, scale: np.ndarray | None = None,
              months: np.ndarray | None = None, traded: np.ndarray | None = None) -> None:
        """New scenarios after a settlement.

        Parameters
        ----------
        history : float64[days, contracts]  past settlement prices in dollars, today's last, nan where not listed
        value   : int64[contracts]  cents that a contract is worth
        scale   : float64[contracts]  what rules against procyclicality make of one dollar of the model's margin
        months  : int64[contracts]  delivery months, in any count that rises by one a month
        traded  : int64[contracts]  contracts traded today; large positions are not charged for while it is left out
        """
        if traded is not None:
            young = np.isnan(history[-2]) if len(history) > 1 else np.ones(len(traded), np.bool_)
            young |= np.isnan(self.volume)
            self.volume = np.where(young, traded, MEMORY * self.volume + (1.0 - MEMORY) * traded)
        volume = None if np.isnan(self.volume).all() else np.maximum(self.volume, 1.0)
        offsets = self.offsets._replace(months=months, volume=volume, scale=scale)
        self.requirement = self.model.requirement(history, offsets)
        self.value, self._held = np.array(value, np.int64), None

    def cents(self, position: np.ndarray, value: np.ndarray) -> np.ndarray:
        """int64[k] cents that int64[k, contracts] positions would have to hold at these values."""
        return self.requirement.cents(position, value)

    def at(self, value: np.ndarray) -> None:
        """Fix the int64[contracts] cents that contracts are worth until further notice."""
        if not np.array_equal(value, self.value):
            self.value, self._held = np.array(value, np.int64), None

    def of(self, position: np.ndarray, value: np.ndarray | None = None, watched: np.ndarray | None = None,
           spare: np.ndarray | None = None) -> np.ndarray:
        """int64[n] cents that accounts with int64[n, contracts] net positions must hold, at the fixed values or these.

        Accounts whose positions are those of the last call keep their answer, which is a function of them alone. With
        bool[n] ``watched`` the others keep theirs until values are fixed anew, even if they have traded. An account for
        which int64[n] ``spare`` cents are certainly enough is given an upper bound that they cover.
        """
        if value is not None:
            self.at(value)
        if self._held is None or self._held.shape != position.shape:
            self._held, self._cents = position.copy(), np.zeros(len(position), np.int64)
            rows = np.flatnonzero(position.any(axis=1))
        else:
            changed = np.zeros(len(position), np.bool_)  # few have: faster to count them than to reduce over months
            changed[np.flatnonzero(position != self._held) // position.shape[1]] = True
            rows = np.flatnonzero(changed if watched is None else changed & watched)
            if spare is not None and len(rows):
                rows = self._in_doubt(rows, position, spare)
            self._held[rows] = position[rows]
        if len(rows):
            self._cents[rows] = self.requirement.cents(position[rows], self.value)
        return self._cents.copy()

    def _in_doubt(self, rows: np.ndarray, position: np.ndarray, spare: np.ndarray) -> np.ndarray:
        """int64[k]: those of the rows whose bound is above what they have to spare; the others get their bound."""
        bound = self.requirement.at_most(position[rows], self.value)
        if bound is None:
            return rows
        doubt = bound > spare[rows]
        self._cents[rows[~doubt]] = bound[~doubt]
        return rows[doubt]

    # --- copies ----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state; scenarios never change once they are made, so that they are shared."""
        return {"requirement": self.requirement, "value": self.value.copy(), "volume": self.volume.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a copy."""
        self.requirement, self.volume = state["requirement"], state["volume"].copy()
        self.value, self._held = state["value"].copy(), None


class ByFamily:
    """Portfolio margin where several families of contracts are cleared: what offsets is of one family.

    Parameters
    ----------
    parts : pairs of a family's slots and its margin
    contracts : slots in all
    """

    def __init__(self, parts: Sequence[tuple[slice, PortfolioMargin]], contracts: int) -> None:
        self.parts, self.value = list(parts), np.zeros(contracts, np.int64)

    def adopt(self, model: MarginModel) -> None:
        """Follow another margin model from the next settlement on."""
        for _, part in self.parts:
            part.adopt(model)

    def renew(self, history: np.ndarray, value: np.ndarray, *, scale: np.ndarray | None = None,
              months: np.ndarray | None = None, traded: np.ndarray | None = None) -> None:
        """New scenarios after a settlement; as ``PortfolioMargin.renew``."""
        self.value = np.array(value, np.int64)
        cut = lambda array, slots: None if array is None else array[slots]
        for slots, part in self.parts:
            part.renew(history[:, slots], value[slots], scale=cut(scale, slots), months=cut(months, slots),
                       traded=cut(traded, slots))

    def cents(self, position: np.ndarray, value: np.ndarray) -> np.ndarray:
        """int64[k] cents that int64[k, contracts] positions would have to hold at these values."""
        return np.sum([part.cents(position[:, slots], value[slots]) for slots, part in self.parts], axis=0)

    def at(self, value: np.ndarray) -> None:
        """Fix the int64[contracts] cents that contracts are worth until further notice."""
        self.value = np.array(value, np.int64)
        for slots, part in self.parts:
            part.at(value[slots])

    def of(self, position: np.ndarray, value: np.ndarray | None = None, watched: np.ndarray | None = None,
           spare: np.ndarray | None = None) -> np.ndarray:
        """int64[n] cents that accounts must hold, always exactly; as ``PortfolioMargin.of``."""
        return np.sum([part.of(position[:, slots], None if value is None else value[slots], watched)
                       for slots, part in self.parts], axis=0)

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state."""
        return {"value": self.value.copy(), "parts": [part.snapshot() for _, part in self.parts]}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a copy."""
        self.value = state["value"].copy()
        for (_, part), own in zip(self.parts, state["parts"], strict=True):
            part.restore(own)
