"""Orders at the vendor: placed, due after the lead time, cancelled and deferred when projects stop paying.

An order is dropped when the project behind it stops. Of the projects in the book the share `unwanted` would not be
begun today: rent no longer covers cost, budgets are cut, or lenders refuse. Within a quarter an owner cancels of it
what contracts let him; of the rest he puts part off, so that chips offered to him go to others, or are not made.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from sim.compute.config import REGIONS
from sim.compute.operators import KINDS

CLASSES = len(KINDS) * len(REGIONS)  # owners of a kind in a region decide alike


class OrderBook:
    """Orders by day and owner, and what each class of owners has dropped.

    placed  : float64[lead, n] H100e  as ordered; row of a day is its number modulo the lead time
    dropped : float64[12] H100e       cancelled since the start, by class
    waiting : float64[12] H100e       ordered and not yet due, as ordered
    """

    def __init__(self, placed: np.ndarray, kind: np.ndarray, region: np.ndarray, cancellable: float) -> None:
        self.placed = placed
        self.classes = kind.astype(np.int64) * len(REGIONS) + region.astype(np.int64)
        self.by_class = np.array([np.bincount(self.classes, row, CLASSES) for row in placed])
        self.since = np.ones_like(self.by_class)  # what was left of all orders of the class when these were placed
        self.left = np.ones(CLASSES)  # what is left of orders that have stood in the book since the start
        self.may_go = np.full(CLASSES, cancellable)  # share of the orders that stand that may still be cancelled
        self.usual: np.ndarray | None = None  # share of projects that went ahead when these orders were placed
        self.unwanted, self.dropped = np.zeros(CLASSES), np.zeros(CLASSES)
        self.total = self.by_class.sum(axis=1)  # as long as nothing is dropped
        self.touched = False

    def due(self, slot: int) -> np.ndarray:
        """float64[n] H100e: what is left of the orders of a day."""
        if not self.touched:
            return self.placed[slot].copy()
        out: np.ndarray = self.placed[slot] * (self.left / self.since[slot])[self.classes]
        return out

    def place(self, slot: int, orders: np.ndarray) -> None:
        """Book the orders of today (float64[n] H100e) in place of those that have become due."""
        self.placed[slot], self.total[slot] = orders, orders.sum()
        self.by_class[slot] = np.bincount(self.classes, orders, CLASSES)
        self.since[slot] = self.left

    def coming(self, slot: int) -> np.ndarray:
        """float64[lead] H100e: orders that become due, the day of row `slot` first."""
        rows = self.total if not self.touched else (self.by_class * (self.left / self.since)).sum(axis=1)
        return np.concatenate([rows[slot:], rows[:slot]])

    def review(self, p: SimpleNamespace, going: np.ndarray, provider: np.ndarray) -> None:
        """Drop orders of projects that are not wanted any more.

        going : float64[3, 4]  share of usual projects that would be begun today, by kind of owner and region
        """
        going = going.ravel()
        if self.usual is None:
            self.usual = going.copy()
        less = 1.0 - p.cancel_tolerance - going / np.maximum(self.usual, 1e-300)
        self.unwanted = np.maximum(0.0, less)
        self.usual += (going - self.usual) / len(self.placed)
        if self.touched:
            self.may_go += (p.cancellable - self.may_go) / len(self.placed)  # new orders may be cancelled again
        if less.max() <= 0.0:
            return
        part = np.minimum(self.may_go, self.unwanted) * p.cancel_gain
        stay = 1.0 - part
        self.dropped += part * self.outstanding(provider)
        self.may_go = np.maximum(0.0, (self.may_go - part) / stay)
        self.left = self.left * stay
        provider["queue"] *= stay[self.classes]
        self.touched = True
        if self.left.min() < 1e-6:  # many years of winters
            self.placed *= (self.left / self.since)[:, self.classes]
            self.by_class *= self.left / self.since
            self.since[:], self.left[:] = 1.0, 1.0

    def outstanding(self, provider: np.ndarray) -> np.ndarray:
        """float64[12] H100e: orders not yet delivered, by class."""
        queued = np.bincount(self.classes, provider["queue"], CLASSES)
        return queued + (self.by_class * (self.left / self.since)).sum(axis=0)

    def accepted(self, p: SimpleNamespace) -> np.ndarray | None:
        """float64[n]: share of the chips offered that each owner takes now; None where all take all."""
        if not self.unwanted.any():
            return None
        out: np.ndarray = (1.0 - p.deferrable * np.minimum(1.0, self.unwanted))[self.classes]
        return out
