"""Primary distress: who would be forced to sell, or fail, through the shock alone.

In a world whose finance does not react, whoever is short of margin hands the part that must be sold to somebody
outside, at the last marks. That one goes on trading it exactly as its owner would have, so no price hears of the
sale and nobody else is hurt by it; what the part gains or loses from then on is no longer the owner's. Rates are those
of the eve. What is counted here is therefore primary: the same tests, on prices that no forced order has moved. Where
the equity that sizes positions is frozen too, who has lost a part of it hands the same part of its positions over of
its own will, every morning and uncounted: it would have traded that away.

Clearing members are left out; who has failed or closed does not come back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.clearing.causes import NEWS

if TYPE_CHECKING:
    from sim.clearing.accounts import Accounts

STATE = ("keep", "most", "sized", "absorbed", "call", "waited", "gone")
PACE = 0.25  # a day: judgement, after funds' execution: six rounds, 0.3 of them looked at, 0.15 of the rest sent then


class Absorber:
    """The outside holder of what had to be sold, seen from the accounts of a frozen house.

    Attributes
    ----------
    keep     : float64[n]  share of its positions that an account still bears itself; most: what force has left of it
    sized    : int64[n]  cents of equity by which positions are sized, 0 for accounts that size them otherwise
    absorbed : int64[n]  cents that the outside holder has gained with the rest by the last settlement
    gone     : bool[n]  accounts that have failed, or were closed: they bear nothing any more
    call     : int64[n]  cents called last evening and unpaid; waited: int64[n] rounds for which that has been so

    Parameters
    ----------
    house : the accounts, as they stand on the eve; who is being sold out then is handed over first, uncounted
    weak  : gives bool[n], who closes at int64[n] cents of equity without any being closed in earnest
    sized : see above; all 0 if left out
    """

    def __init__(self, house: Accounts, weak: Callable[[np.ndarray], np.ndarray],
                 sized: np.ndarray | None = None) -> None:
        n = house.ledger.n
        self.house, self.weak = house, weak
        self.keep, self.most, self.absorbed = np.ones(n), np.ones(n), np.zeros(n, np.int64)
        self.sized = np.zeros(n, np.int64) if sized is None else np.maximum(sized, 0)
        self.call, self.waited, self.gone = house.call.copy(), house.waited.copy(), house.failed | house.closing
        rows = np.flatnonzero(house.forced | self.gone)
        self._part(rows, np.where(self.gone[rows], 0.0, self._fit(rows)))
        self.most[:] = self.keep

    # --- the day -------------------------------------------------------------------------------------------

    def open_day(self, day: int, mark: np.ndarray) -> None:
        """Last evening's calls fall due at int64[contracts] marks in ticks."""
        self.house._weigh(mark)
        self._close(day)
        late = self._press(0)
        self._fail(day, -1, late | self.house.intraday)
        self._force(day, -1, late)
        rows = np.flatnonzero((self.sized > 0) & ~self.gone)
        aim = np.clip(self.own()[rows] / np.maximum(self.sized[rows], 1), 0.0, 1.0)
        self._part(rows, np.clip(self.keep[rows] + PACE * (aim - self.keep[rows]), 0.0, self.most[rows]))

    def check(self, day: int, round: int, mark: np.ndarray) -> None:
        """Test the watched accounts after a round of trading, at int64[contracts] marks in ticks."""
        house = self.house
        house._weigh(mark)
        if house.config.due + house.config.grace and self.call.any():
            late = self._press(round + 1)
            self._fail(day, round, late)
            self._force(day, round, late)
        own, needed = self.own(), self.needed()
        if not (house.intraday & (own < np.maximum(house.config.maintenance * needed, 1.0))).any():
            return
        self._fail(day, round, house.intraday)
        self._force(day, round, house.intraday & (self.own() < house.config.maintenance * self.needed()))

    def settle(self, gain: np.ndarray) -> None:
        """Take over what int64[n] cents that accounts have gained since the last settlement belongs to the rest."""
        self.absorbed += np.rint((1.0 - self.keep) * gain).astype(np.int64)

    def evening(self) -> None:
        """Call whoever falls short of the requirement for what it still bears."""
        short = np.maximum(self.needed() - self.own(), 0)
        self.call = np.where(self.house.plain & ~self.gone & (self.needed() > 0), short, 0)
        self.waited[self.call == 0] = 0
        self.house.today["margin_calls"] += int((self.call > 0).sum())
        self.house.today["margin_call_cents"] += int(self.call.sum())

    # --- accounts without what was handed over --------------------------------------------------------------

    def own(self) -> np.ndarray:
        """int64[n] cents that accounts are worth without what the outside holder has gained, at the last marks."""
        return self.house.equity - self.absorbed - np.rint((1.0 - self.keep) * self._open_gain()).astype(np.int64)

    def needed(self) -> np.ndarray:
        """int64[n] cents required for what accounts still bear."""
        return np.ceil(self.keep * self.house.required).astype(np.int64)

    def _open_gain(self) -> np.ndarray:
        """int64[n] cents that positions have gained since the last settlement."""
        house, ledger = self.house, self.house.ledger
        credit = house.collateral.credit if house.collateral else 0
        gain: np.ndarray = house.equity - credit - ledger.cash - ledger.margin
        return gain

    def _fit(self, rows: np.ndarray) -> np.ndarray:
        """float64[k]: shares that int64[k] accounts can bear with what they are worth."""
        wanted = np.maximum(self.house.config.restore * self.house.required[rows], 1.0)
        return np.clip(self.own()[rows] / wanted, 0.0, self.keep[rows])

    def _part(self, rows: np.ndarray, share: np.ndarray | float) -> None:
        """Int64[k] accounts keep float64[k] shares; what they are worth now stays theirs."""
        if not len(rows):
            return
        before = self.own()[rows]
        self.keep[rows] = share
        self.absorbed[rows] += self.own()[rows] - before

    # --- distress ---------------------------------------------------------------------------------------------

    def _press(self, passed: int) -> np.ndarray:
        """bool[n]: whose calls are beyond grace once so many rounds have passed; as ``ClearingHouse._press``."""
        open_ = self.call > 0
        if passed < self.house.config.due or not open_.any():
            return np.zeros(len(open_), np.bool_)
        self.call = np.where(open_, np.clip(self.needed() - self.own(), 0, self.call), 0)
        open_ = self.call > 0
        self.waited[open_] += passed > self.house.config.due
        return open_ & (self.waited >= self.house.config.grace)

    def _force(self, day: int, round: int, short: np.ndarray) -> None:
        """Accounts among bool[n] hand over what they cannot bear."""
        house = self.house
        rows = house.holding(short & house.plain & ~self.gone & (self.needed() > self.own()))
        if not len(rows):
            return
        missing, before = self.needed()[rows] - self.own()[rows], self.keep[rows].copy()
        self._part(rows, self._fit(rows))
        self.most[rows] = self.keep[rows]
        size = np.abs(house.ledger.position[rows]).sum(axis=1)
        for row, cents in zip(rows.tolist(), missing.tolist(), strict=True):
            self._tell(day, round, "forced sale", row, cents)
        self.call[rows] = self.waited[rows] = 0
        house.today["forced_events"] += len(rows)
        house.today["forced_volume"] += int(np.rint((before - self.keep[rows]) * size).sum())

    def _fail(self, day: int, round: int, tested: np.ndarray) -> None:
        """Accounts among bool[n] that are worth nothing hand everything over; their debts are the house's loss."""
        house = self.house
        rows = np.flatnonzero(tested & (self.own() <= 0) & house.plain & ~self.gone)
        rows = rows[house.ledger.position[rows].any(axis=1) | (self.call[rows] > 0)]
        if not len(rows):
            return
        debt = -self.own()[rows]
        self._part(rows, 0.0)
        self.absorbed[rows] -= debt
        self.gone[rows] = True
        self.call[rows] = self.waited[rows] = 0
        for row, cents in zip(rows.tolist(), debt.tolist(), strict=True):
            self._tell(day, round, "default", row, cents)
        for name in ("default_deficit_cents", "house_loss_cents"):
            house.today[name] += int(debt.sum())
        house.today["defaults"] += len(rows)

    def _close(self, day: int) -> None:
        """Accounts that have lost nearly everything hand the rest over."""
        own = self.own()
        rows = np.flatnonzero(self.weak(own) & ~self.gone & (own > 0))
        for row in rows.tolist():
            self._tell(day, -1, "closure", row, int(own[row]))
        self._part(rows, 0.0)
        self.gone[rows] = True
        self.house.today["closures"] += len(rows)

    def _tell(self, day: int, round: int, kind: str, row: int, amount: int) -> None:
        size = int(np.rint(self.keep[row] * np.abs(self.house.ledger.position[row]).sum()))
        self.house.record.event(day, round, kind, agent=row, agent_type=self.house.row_label[row], quantity=size,
                                amount=amount, causes=[(NEWS, 1.0)])

    # --- copies -----------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        return {name: getattr(self, name).copy() for name in STATE}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, array in state.items():
            setattr(self, name, array.copy())
