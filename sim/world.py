"""What a scenario says about the size of its world, before anything is run."""

from __future__ import annotations

from typing import Any

from sim.agents.base import World
from sim.units import HOURS_PER_MONTH

HEDGED_AT_MOST = 0.9  # share of the next month's need that a hedger covers at most; judgement: working prototype
HORIZON = 12  # months over which the share falls to nothing


def world_of(scenario: Any) -> World:
    """The simulated share of the world: float, price level and what users would hold if they hedged in full.

    The float is the uncommitted compute of the installed base on the first day, in contracts a month.
    The hedged notional (H0 in the documents) is the yardstick of speculators' and makers' capital.
    """
    compute, contract = scenario.compute, scenario.market.contracts[0]
    lots = compute.supply.installed_base * HOURS_PER_MONTH / contract.size
    price = (scenario.first_price or compute.prices.reference) / contract.tick
    world = World(scale=scenario.scale, float_lots=lots * (1.0 - compute.prices.committed_share) * scenario.scale,
                  price=price, tick_cents=contract.tick_cents, months=contract.months, hedged_notional=0.0,
                  hedged_lots=0.0)
    need = sum(max(kind.hedge_need(world), 0.0) for kind in scenario.agents)
    cover = sum(HEDGED_AT_MOST * (1.0 - (rank - 0.5) / HORIZON) for rank in range(1, min(contract.months, HORIZON) + 1))
    hedged = need * cover
    return world._replace(hedged_lots=hedged, hedged_notional=hedged * price * contract.tick_cents)
