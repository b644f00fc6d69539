"""The compute that users buy and suppliers sell, month by month, outside the futures market.

A participant that needs N lots a month buys or sells one business day's share of them each day at the
last spot price. Bills are paid on the last business day. For users the money comes from their own
customers; what suppliers earn beyond running costs goes to their parent companies: so the flows between
sectors are there, and the trading account is left as it was.
"""

from __future__ import annotations

import numpy as np

from sim.agents.base import Transfer, View
from sim.agents.rules import last_of_month, whole
from sim.population import Column, Participant, Population


class ComputeUser(Participant):
    """Somebody with physical compute to buy or to sell."""

    need = Column(np.int64, unit="contracts a month", doc="compute used or sold in this delivery month")
    usual = Column(np.int64, unit="contracts a month", doc="compute used or sold in an average month")
    cost_physical = Column(np.int64, unit="cents",
                           doc="spot value of the compute used or sold so far in this delivery month")


def accrue(block: Population, view: View, served: float = 1.0) -> None:
    """Add one day's compute at the last spot price to the month's bill; a new month starts a new bill.

    served : share of the compute that was wanted and could be had
    """
    if view.first_of_month:
        block.cost_physical[:] = 0
    block.cost_physical[:] += whole(block.need * (served * view.spot * view.tick_cents / view.month_length))


def pay_bills(block: Population, view: View) -> list[Transfer]:
    """Users' bills on the last business day of the month, paid out of what their customers pay."""
    if not last_of_month(view):
        return []
    return [Transfer("customers", block.cost_physical.copy()), Transfer("compute bill", -block.cost_physical)]


def sell_compute(block: Population, view: View, running_cost: float) -> list[Transfer]:
    """Suppliers' sales on the last business day; running costs in cents a lot, the rest to the parent company."""
    if not last_of_month(view):
        return []
    revenue, costs = block.cost_physical.copy(), whole(block.need * running_cost)
    return [Transfer("compute revenue", revenue), Transfer("running costs", -costs),
            Transfer("treasury", costs - revenue)]
