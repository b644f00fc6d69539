"""The auction of a failed member's positions: what survivors bid, and who gets which lot."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.clearing.config_members import AuctionConfig


class Award(NamedTuple):
    """One lot that found a buyer."""

    bidder: int  # number of the bidder
    lot: np.ndarray  # int64[contracts]
    price: int  # cents that the house pays the bidder for taking it


def lots_of(position: np.ndarray, lots: int) -> list[np.ndarray]:
    """int64[contracts] each: a book in slices as equal as whole contracts allow, empty ones left out."""
    size, sign = np.abs(position), np.sign(position)
    slices = [sign * (size * (k + 1) // lots - size * k // lots) for k in range(lots)]
    return [piece for piece in slices if piece.any()]


def auction(config: AuctionConfig, lots: list[np.ndarray], held: np.ndarray, room: np.ndarray,
            requirement: Callable[[np.ndarray], np.ndarray]) -> list[Award]:
    """Who takes which lot, one lot after the other, each to whoever wants the least for it.

    Parameters
    ----------
    lots        : int64[contracts] each
    held        : int64[m, contracts]  positions of the bidders before
    room        : int64[m] cents  margin that each can carry on its own positions; 0 or less: it does not bid
    requirement : int64[k, contracts] -> int64[k] cents of margin

    A bidder whose margin with the lot would exceed its room does not bid. The others want ``discount`` of the margin
    that the lot adds to theirs, more with every unit of room that it fills; a lot that lowers their margin they take
    for nothing. Equal bids: the first bidder. The house refuses bids above ``reserve`` of the lot's own margin.
    """
    held, won = held.copy(), []
    for lot in lots:
        alone = int(requirement(lot[None, :])[0])
        before, after = requirement(held), requirement(held + lot)
        able = (room > 0) & (after <= room)
        burden = 1.0 + config.inventory * after / np.maximum(room, 1)
        wanted = np.where(able, np.ceil(config.discount * np.maximum(after - before, 0) * burden), np.inf)
        if not len(wanted) or wanted.min() > config.reserve * alone:
            continue
        best = int(np.argmin(wanted))
        held[best] += lot
        won.append(Award(best, lot, int(wanted[best])))
    return won
