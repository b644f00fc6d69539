"""What lenders see of the physical economy, and what they do to it: orders that are halted, cut or taken up again."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sim.credit.config import Business, Collateral


class Sight(NamedTuple):
    """The physical side of operators over one week; cents are of the simulated share of the world."""

    spot: np.ndarray  # float64[firms]: price of compute over the reference
    expected: np.ndarray  # float64[firms] log: price expected over a year over the reference
    fleet: np.ndarray  # float64[firms] cents: cost of the GPUs that run
    building: np.ndarray  # float64[firms] cents: cost of those that wait for a site
    bought: np.ndarray  # int64[firms] cents: delivered since the last look
    orders: np.ndarray  # float64[firms] H100-equivalents: usual orders of a week


class PhysicalSide:
    """Reads fleets and prices off an economy, and halts orders.

    Parameters
    ----------
    economy : sim.compute.economy.Economy, whose owners' table holds queues and orders
    rows    : int64[firms]  owners' rows in the economy
    scale   : simulated share of the world
    """

    def __init__(self, economy: Any, rows: np.ndarray, business: Business, rule: Collateral, scale: float) -> None:
        self.rows, self.scale, self.rule = rows, scale, rule
        self.region = economy.provider["region"][rows].astype(np.int64)
        self.cost = economy.owning_cost * business.capital_share * 8760.0 / business.annuity * 100.0 * scale  # cents
        self.reference = economy.region["habit"] + math.log(business.reference)  # log: what compute usually costs
        self.work = economy.chips["throughput"].copy()
        self.seen = economy.received[rows].copy()
        self.first_cost = self.recent = 0.0  # cents: cost of a unit of work delivered at first and lately
        self.held = np.zeros(len(rows))  # H100-equivalents: orders halted by their owners

    def look(self, economy: Any, curve_gap: float) -> Sight:
        """What has happened since the last look; `curve_gap`: log of traded futures over the public outlook."""
        received = economy.received[self.rows]
        new = received - self.seen
        bought = np.rint((new * self.cost).sum(axis=1)).astype(np.int64)
        if work := float((new * self.work).sum()):
            latest = float((new * self.cost).sum()) / work
            self.recent = self.recent + 0.05 * (latest - self.recent) if self.recent else latest
            self.first_cost = self.first_cost or self.recent
        self.seen = received.copy()
        reference = (self.reference + (math.log(self.recent / self.first_cost) if self.recent else 0.0))[self.region]
        waiting = economy.waiting[:, self.rows].sum(axis=0)
        return Sight(spot=np.exp(economy.region["price"][self.region] - reference),
                     expected=economy.region["strip"][self.region] + curve_gap - reference,
                     fleet=(economy.fleet[self.rows] * self.cost).sum(axis=1),
                     building=(waiting * self.cost).sum(axis=1), bought=bought,
                     orders=5.0 * economy.orders[self.rows])

    def steer(self, economy: Any, halted: np.ndarray, wish: np.ndarray, decay: float) -> None:
        """Set orders for the week to come: bool[firms] who builds nothing, float64[firms] orders over usual."""
        economy.provider["order_multiplier"][self.rows] = np.where(halted, 0.0, wish)
        self.held *= 1.0 - decay

    def halt(self, economy: Any, halted: np.ndarray) -> None:
        """Take what halted operators have waiting at the vendor out of the queue, and put it back when they go on."""
        if not halted.any() and not self.held.any():
            return
        queue = economy.provider["queue"]
        taken = np.where(halted, queue[self.rows], 0.0)
        back = np.where(halted, 0.0, self.held)
        queue[self.rows] += back - taken
        self.held += taken - back

    def snapshot(self) -> dict:
        """A copy of what changes."""
        return {"seen": self.seen.copy(), "held": self.held.copy(), "costs": (self.first_cost, self.recent)}

    def restore(self, state: dict) -> None:
        """Put a copy back."""
        self.seen, self.held = state["seen"].copy(), state["held"].copy()
        self.first_cost, self.recent = state["costs"]
