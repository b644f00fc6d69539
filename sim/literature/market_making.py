"""What the dealer of Avellaneda and Stoikov earns, quoting as the product's market maker does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.agents import avellaneda_stoikov
from sim.streams import Streams


class DealerStudy(NamedTuple):
    """Mean spread, and mean and sd of profit and sd of final inventory over the paths."""

    spread: float
    profit: float
    profit_sd: float
    inventory_sd: float


def dealer_study(gamma: float, *, mid: float = 100.0, sigma: float = 2.0, horizon: float = 1.0, step: float = 0.005,
                 k: float = 1.5, arrival: float = 140.0, centred: bool = False, paths: int = 4000,
                 seed: int = 0) -> DealerStudy:
    """A dealer who quotes around its reservation price (or, centred, around the middle) until the horizon.

    gamma, sigma, k : as of `sim.agents.avellaneda_stoikov`; arrival : fills per time at no distance from the middle.
    Source: Avellaneda & Stoikov 2008, Quantitative Finance 8:217, section 3.3.
    """
    luck, steps = Streams(seed), round(horizon / step)
    price, cash, inventory = np.full(paths, mid), np.zeros(paths), np.zeros(paths)
    spreads = np.empty(steps)
    for now in range(steps):
        quote = avellaneda_stoikov(price, inventory, gamma, sigma, horizon - now * step, k)
        middle = price if centred else quote.reservation
        spreads[now] = half = float(quote.spread)
        bid, ask = middle - 0.5 * half, middle + 0.5 * half
        chances = [arrival * step * np.exp(-k * distance) for distance in (price - bid, ask - price)]
        bought, sold = (luck.uniform(f"literature {side}", paths, day=now) < chance
                        for side, chance in zip(("dealer buys", "dealer sells"), chances, strict=True))
        cash += sold * ask - bought * bid
        inventory += bought.astype(float) - sold
        up = luck.uniform("literature dealer price", paths, day=now) < 0.5
        price = price + np.where(up, 1.0, -1.0) * sigma * np.sqrt(step)
    profit = cash + inventory * price
    return DealerStudy(float(spreads.mean()), float(profit.mean()), float(profit.std()), float(inventory.std()))
