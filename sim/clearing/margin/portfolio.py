"""What an account must hold for everything that is in it: contract months that offset each other, large positions.

A margin model is asked once after each settlement for a ``Requirement``, which then answers for any
positions and any marks. Amounts are whole cents, rounded up.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.clearing.margin.kernels import portfolio_losses
from sim.clearing.margin.tails import tail_size

Parts = dict[str, np.ndarray]


class Offsets(NamedTuple):
    """What is known beside prices, and how far months may offset each other.

    months : int64[contracts]  months until delivery; the order of the columns if left out
    volume : float64[contracts]  contracts traded on an average day; concentration is not charged if left out
    scale  : float64[contracts]  what rules against procyclicality make of one dollar of the model's margin
    spread_charge : share of the outright margin charged on legs that offset, where a model has only rates
    recognised    : largest share of the difference between summed and joint margin that is given back
    """

    months: np.ndarray | None = None
    volume: np.ndarray | None = None
    scale: np.ndarray | None = None
    spread_charge: float = 0.25
    recognised: float = 0.80

    def scaled(self, rates: np.ndarray) -> np.ndarray:
        """float64[..., contracts]: rates after the rules against procyclicality."""
        return rates if self.scale is None else rates * self.scale


def whole_cents(amount: np.ndarray) -> np.ndarray:
    """int64: amounts rounded up, those that are whole but for the noise of floats left alone."""
    return np.ceil(amount - 1e-6).astype(np.int64)


class Requirement(ABC):
    """Initial margin of accounts, from one settlement to the next."""

    @abstractmethod
    def parts(self, position: np.ndarray, value: np.ndarray) -> Parts:
        """int64[n] cents each: what ``apart`` would be needed if no months offset, the ``offset`` (negative), add-ons,
        and their sum, the ``total``.

        position : int64[n, contracts]  net positions; value : int64[contracts]  cents that a contract is worth
        """

    def cents(self, position: np.ndarray, value: np.ndarray) -> np.ndarray:
        """int64[n] cents: the total alone."""
        return self.parts(position, value)["total"]

    def at_most(self, position: np.ndarray, value: np.ndarray) -> np.ndarray | None:
        """int64[n] cents that the total never exceeds, where that is found faster than the total itself."""
        return None


class NetOfSpreads(Requirement):
    """Long and short months net against each other, and the legs that offset are charged a share.

    rates : float64[contracts]  share of notional
    """

    def __init__(self, rates: np.ndarray, offsets: Offsets) -> None:
        self.rates, self.spread = rates, round(offsets.spread_charge * 10_000)

    def parts(self, position: np.ndarray, value: np.ndarray) -> Parts:
        legs = position * whole_cents(self.rates * value)
        gross, net = np.abs(legs).sum(axis=1), np.abs(legs.sum(axis=1))
        total = net + -(-(gross - net) * self.spread // 10_000)
        return {"apart": gross, "offset": total - gross, "total": total}


class Replay(Requirement):
    """All accounts through the same scenarios: a tail of their joint losses, and part of what months lose apart.

    Margin = joint + (1 - recognised) x (sum of each month's own - joint), where the sum is the larger.

    Parameters
    ----------
    sets       : float64[contracts, scenarios] each; changes over a close-out period, a mean is taken over sets
    confidence : share of scenarios whose loss is covered
    tail       : from float64[..., deep] worst losses and the number of scenarios to the loss that counts

    Source: EMIR RTS 153/2013 Art. 27, at second hand: reductions for offsets of at most 80 % of the difference.
    """

    def __init__(self, sets: list[np.ndarray], confidence: float, tail: Callable[[np.ndarray, int], np.ndarray],
                 offsets: Offsets) -> None:
        scale = 1.0 if offsets.scale is None else offsets.scale[:, None]
        self.sets = [np.ascontiguousarray(each * scale) for each in sets]
        self.confidence, self.tail, self.recognised = confidence, tail, offsets.recognised
        contracts = len(sets[0])
        self._cached: tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] | None = None
        one = np.concatenate([np.eye(contracts), -np.eye(contracts)])
        self._extremes: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        joint, _ = self._losses(one, np.ones(contracts), np.zeros((2, contracts)))
        self.alone = joint.reshape(2, contracts)  # share, for long and for short

    def _losses(self, position: np.ndarray, value: np.ndarray, alone: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float64[n] cents each: the joint loss that counts, and what the months would need apart."""
        contracts = len(value)
        padded = -(-contracts // 4) * 4
        held = np.zeros((len(position), padded))
        held[:, :contracts] = position
        each_alone = np.zeros((2, padded))
        each_alone[:, :contracts] = alone * value
        found, apart = np.zeros(len(held)), np.empty(len(held))
        for exact, rough, slack in self._in_cents(value):
            n = len(exact)
            worst = np.empty((len(held), min(math.ceil(tail_size(n, self.confidence)) + 1, n)))
            portfolio_losses(held, exact, rough, slack, each_alone, np.empty(rough.shape[1], np.float32),
                             np.empty(64, np.float32), np.empty(worst.shape[1], np.float32), worst, apart)
            found += self.tail(worst, n)
        return np.maximum(found / len(self.sets), 0.0), apart

    def _in_cents(self, value: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Scenarios as the kernel takes them, at int64[contracts] values in cents; kept while values stay."""
        if self._cached is None or not np.array_equal(self._cached[0], value):
            self._cached = (value.copy(), [_prepared(each * value[:, None]) for each in self.sets])
        return self._cached[1]

    def cents(self, position: np.ndarray, value: np.ndarray) -> np.ndarray:
        return self._total(*self._losses(position, value, self.alone))

    def at_most(self, position: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Each month's worst scenario by itself, for the side that is held: no tail of their sums is worse."""
        long, short = self._worst(value)
        bound = np.where(position > 0, position * long, -position * short).sum(axis=1)
        return np.ceil(bound * (1.0 + 1e-9)).astype(np.int64) + 1

    def _worst(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float64[contracts] cents each: largest loss of who is long and short one contract, a mean over sets."""
        if self._extremes is None or self._extremes[0] is not value:
            ends = [(np.maximum(-each.min(axis=1), 0.0), np.maximum(each.max(axis=1), 0.0)) for each in self.sets]
            long, short = (np.mean([end[side] for end in ends], axis=0) * value for side in (0, 1))
            self._extremes = (value, long, short)
        return self._extremes[1:]

    def _total(self, joint: np.ndarray, own: np.ndarray) -> np.ndarray:
        return whole_cents(joint + (1.0 - self.recognised) * np.maximum(own - joint, 0.0))

    def parts(self, position: np.ndarray, value: np.ndarray) -> Parts:
        joint, own = self._losses(position, value, self.alone)
        total = self._total(joint, own)
        apart = np.maximum(whole_cents(own), total)
        return {"apart": apart, "offset": total - apart, "total": total}


def _prepared(moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact, rough and slack of ``portfolio_losses``, from float64[contracts, scenarios] cents.

    A rough loss rounds each position, move and product, and their sum, by at most a 2**-24th of what they come to.
    """
    contracts, n = moves.shape
    moves = moves[:, np.argsort(moves.sum(axis=0), kind="stable")]  # the worst for a one-sided book fall in many groups
    padded, columns = -(-contracts // 4) * 4, -(-n // 64) * 64
    exact, rough, slack = np.zeros((n, padded)), np.zeros((padded, columns), np.float32), np.zeros(padded)
    exact[:, :contracts] = moves.T
    rough[:contracts, :n] = moves
    slack[:contracts] = (padded + 8) * 2.0**-24 * np.abs(moves).max(axis=1)
    return exact, rough, slack
